//! Which keys write something to a server, and the dialogue that each opens.

use crate::action::Action;

/// Whether an action writes, or leads to writing.
pub const fn is_one(action: Action) -> bool {
    matches!(
        action,
        Action::Silence
            | Action::Acknowledge
            | Action::Extend
            | Action::Edit
            | Action::Expire
            | Action::UndoMine
    )
}
