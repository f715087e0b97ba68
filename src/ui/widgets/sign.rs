//! States as a person reads them: a glyph, a colour and a word that always say the same.

use chrono::{DateTime, Utc};

use crate::domain::alert::{Alert, AlertState, Severity};
use crate::domain::backup::BackupState;
use crate::domain::feed::FeedState;
use crate::domain::health::Health;
use crate::domain::log::Level;
use crate::domain::store::SourceState;
use crate::text;
use crate::ui::glyphs;
use crate::ui::scene::{Piece, piece};
use crate::ui::theme::Role;

/// A glyph, its colour and its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sign {
    /// One cell.
    pub glyph: &'static str,
    /// The colour.
    pub role: Role,
    /// The word.
    pub word: &'static str,
}

/// A sign.
pub const fn sign(glyph: &'static str, role: Role, word: &'static str) -> Sign {
    Sign { glyph, role, word }
}

/// The sign of what nobody knows.
pub const UNKNOWN: Sign = sign(glyphs::UNKNOWN, Role::Unknown, "unknown");

/// How well something is.
pub const fn of_health(health: Health) -> Sign {
    match health {
        Health::Ok => sign(glyphs::OK, Role::Ok, "ok"),
        Health::Warning => sign(glyphs::WARNING, Role::Warning, "warning"),
        Health::Unknown => UNKNOWN,
        Health::Critical => sign(glyphs::CRITICAL, Role::Critical, "critical"),
    }
}

/// The one state of an alert, and how loud it is.
pub const fn of_alert(alert: &Alert) -> Sign {
    match (alert.state, alert.rank) {
        (AlertState::Pending, _) => sign(glyphs::PENDING, Role::Muted, "pending"),
        (AlertState::Inhibited, _) => sign(glyphs::SILENCED, Role::Muted, "inhibited"),
        (AlertState::Silenced, _) => sign(glyphs::SILENCED, Role::Muted, "silenced"),
        (AlertState::Acknowledged, _) => sign(glyphs::ACKNOWLEDGED, Role::Info, "acked"),
        (AlertState::Firing, Severity::Critical) => of_health(Health::Critical),
        (AlertState::Firing, Severity::Warning) => of_health(Health::Warning),
        (AlertState::Firing, Severity::Info) => sign(glyphs::OK, Role::Info, "info"),
    }
}

/// A guest's backup.
pub const fn of_backup(state: BackupState, health: Health) -> Sign {
    match (state, health) {
        (BackupState::Exempt, _) => sign(glyphs::SILENCED, Role::Muted, "exempt"),
        (BackupState::Ok, _) => sign(glyphs::OK, Role::Ok, "ok"),
        (BackupState::Running, Health::Ok) => sign(glyphs::RUNNING, Role::Info, "running"),
        (BackupState::Running, _) => sign(glyphs::RUNNING, Role::Warning, "running"),
        (BackupState::Unverified, _) => sign(glyphs::WARNING, Role::Warning, "unverified"),
        (BackupState::Ambiguous, _) => sign(glyphs::WARNING, Role::Warning, "ambiguous"),
        (BackupState::Late, Health::Critical) => sign(glyphs::FAILED, Role::Critical, "late"),
        (BackupState::Late, _) => sign(glyphs::WARNING, Role::Warning, "late"),
        (BackupState::Failed, Health::Critical) => sign(glyphs::FAILED, Role::Critical, "failed"),
        (BackupState::Failed, _) => sign(glyphs::WARNING, Role::Warning, "failed"),
        (BackupState::Unknown, _) => UNKNOWN,
    }
}

/// How a feed or source stands.
pub const fn of_feed(state: FeedState) -> Sign {
    match state {
        FeedState::Fresh => sign(glyphs::OK, Role::Ok, "fresh"),
        FeedState::Pending => sign(glyphs::PENDING, Role::Unknown, "asking"),
        FeedState::Stale => sign(glyphs::UNKNOWN, Role::Unknown, "stale"),
        FeedState::Down => sign(glyphs::FAILED, Role::Critical, "down"),
        FeedState::Unauthorised => sign(glyphs::FAILED, Role::Warning, "unauthorised"),
    }
}

/// The colour of a log line.
pub const fn of_level(level: Level) -> Role {
    match level {
        Level::Critical | Level::Error => Role::LogError,
        Level::Warning => Role::LogWarning,
        Level::Info | Level::Unknown => Role::LogInfo,
        Level::Debug => Role::LogDebug,
    }
}

/// What is to be said of a source beside its sign: its age, or its trouble and for how long.
pub fn standing(source: &SourceState, now: DateTime<Utc>) -> Piece {
    let state = source.state(now);
    match (state, source.failure(now)) {
        (FeedState::Fresh, _) => piece(text::age_of(source.age(now)), Role::Muted),
        (FeedState::Pending, _) => piece("asking", Role::Muted),
        (FeedState::Stale, _) => piece(format!("stale {}", text::age_of(source.age(now))), Role::Unknown),
        (_, Some((failure, since))) => {
            piece(format!("{} {}", failure.short, text::age(now - since)), of_feed(state).role)
        }
        (state, None) => piece(of_feed(state).word, of_feed(state).role),
    }
}
