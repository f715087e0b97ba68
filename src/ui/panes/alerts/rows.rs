//! The rows of the alerts.

use chrono::{DateTime, Utc};

use super::entry::Entry;
use crate::domain::alert::AlertState;
use crate::domain::correlate::Keeper;
use crate::domain::rule::Rule;
use crate::domain::store::Store;
use crate::text;
use crate::ui::panes::STALE;
use crate::ui::panes::silences::SOON;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::columns::{Column, EXTRA};
use crate::ui::widgets::sign::Sign;
use crate::ui::widgets::table::Row;

/// The columns. Where there are several sites, what a subject is called may end with its own.
pub fn columns(store: &Store) -> [Column; 6] {
    let is_several = store.sources.iter().any(|source| !source.apart.is_empty());
    [
        Column::word("state", 3, 9),
        Column::text("alert", 0, 10, 34),
        Column::text("subject", 1, if is_several { 14 } else { 6 }, 24),
        Column::number("since", 2, 12),
        Column::text("response", 2, 10, 24),
        Column::text("summary", EXTRA, 18, 48),
    ]
}

/// A row.
pub fn row(entry: &Entry, scene: &Scene<'_>) -> Row {
    let Some(alert) = entry.alert() else {
        return match entry.rule() {
            Some(rule) => broken(entry, rule, scene),
            None => Row { sign: entry.sign, cells: Vec::new(), stale: entry.stale },
        };
    };
    // It is dimmed below its cause, and counted as ever.
    let caused = entry.cause.is_some();
    let quiet = caused || entry.sign.role == Role::Muted;
    let plain = if quiet { Role::Muted } else { Role::Text };
    let sign = if entry.stale { STALE } else { entry.sign };
    let sign = if caused { Sign { role: Role::Muted, ..sign } } else { sign };
    let follows = caused || (!scene.whole && entry.follows);
    if follows && !scene.whole && !entry.folded.is_empty() {
        let text = format!("└ {} alerts follow", entry.folded.len() + 1);
        let cells = [piece("caused", plain), piece(text, plain)];
        return Row { sign, cells: cells.into(), stale: entry.stale };
    }
    let name = if follows { format!("└ {}", alert.name) } else { alert.name.to_string() };
    Row {
        sign,
        cells: vec![
            piece(entry.sign.word, if caused { Role::Muted } else { entry.sign.role }),
            piece(name, plain),
            piece(alert.subject(), plain),
            piece(scene.times.since(entry.since, scene.wall()), plain),
            note(entry, alert.state, scene),
            match &entry.during {
                Some(during) => piece(format!("while {during}"), Role::Info),
                None => piece(alert.summary(), Role::Muted),
            },
        ],
        stale: entry.stale,
    }
}

fn broken(entry: &Entry, rule: &Rule, scene: &Scene<'_>) -> Row {
    Row {
        sign: if entry.stale { STALE } else { entry.sign },
        cells: vec![
            piece(entry.sign.word, entry.sign.role),
            piece(&*rule.name, Role::Text),
            piece(&*rule.group, Role::Text),
            piece(scene.times.since(entry.since, scene.wall()), Role::Text),
            piece("blind: cannot fire", entry.sign.role),
            piece(&*rule.error, Role::Muted),
        ],
        stale: entry.stale,
    }
}

/// How the response stands, or who sees to it.
fn note(entry: &Entry, state: AlertState, scene: &Scene<'_>) -> Piece {
    let now = scene.wall();
    let until = |at: &DateTime<Utc>| scene.times.short(*at, now);
    if entry.vanished {
        return piece("vanished unheard", Role::Unknown);
    }
    if entry.listed().is_some_and(|listed| listed.split) {
        return piece("peers disagree", Role::Warning);
    }
    let keeper = entry.listed().filter(|_| !entry.follows).and_then(|listed| listed.keeper.as_ref());
    match (keeper, state, entry.due) {
        (Some(Keeper { who, until: Some(at) }), AlertState::Silenced, _) => {
            let by = if scene.whole { format!(" by {who}") } else { String::new() };
            let soon = *at - now < SOON;
            piece(format!("until {}{by}", until(at)), if soon { Role::Warning } else { Role::Muted })
        }
        (Some(Keeper { who, until: Some(at) }), ..) => {
            let until = if scene.whole { format!(" until {}", until(at)) } else { String::new() };
            piece(format!("by {who}{until}"), Role::Info)
        }
        (Some(Keeper { who, until: None }), ..) => piece(format!("by {who}"), Role::Muted),
        (None, AlertState::Firing, Some(due)) if due < now => {
            piece(format!("over {}", text::age(now - due)), entry.sign.role)
        }
        (None, AlertState::Firing, Some(due)) => {
            piece(format!("due in {}", text::age(due - now)), Role::Muted)
        }
        _ => piece("", Role::Muted),
    }
}
