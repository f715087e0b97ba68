//! A place with a name: a view, a pane of it, and what its rows are filtered by.

use serde::{Deserialize, Serialize};

/// The place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bookmark {
    /// Its name.
    pub name: String,
    /// The view.
    pub view: String,
    /// The pane that has the focus; empty for the first.
    #[serde(default)]
    pub pane: String,
    /// As it would be typed after `/`; empty for none.
    #[serde(default)]
    pub filter: String,
}

impl Bookmark {
    /// Whether this can be the name of one: a few words on one line.
    pub fn is_name(text: &str) -> bool {
        !text.trim().is_empty() && text.chars().count() <= 40 && !text.contains(char::is_control)
    }
}
