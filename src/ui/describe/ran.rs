//! What was run or done, as a text: the command, who confirmed it and how, and what came of it.

use chrono::{DateTime, Utc};

use super::{Description, when};
use crate::domain::ran::Ran;
use crate::text::{sanitise, sanitise_lines};
use crate::ui::panes::journal::sign_of;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::prose::Prose;

/// What the journal tells of a command that was confirmed at a time; nothing when it tells nothing.
pub fn of_past(what: &str, at: DateTime<Utc>, scene: &Scene<'_>) -> Option<Description> {
    let ran = scene.store.ran.iter().find(|ran| ran.at == at && ran.text == what)?;
    Some(of_ran(ran, scene))
}

fn of_ran(ran: &Ran, scene: &Scene<'_>) -> Description {
    let sign = sign_of(ran);
    let came = if ran.is_well() { Role::Text } else { sign.role };
    let clean = |text: &str| sanitise(text).into_owned();
    let mut told = vec![
        Prose::Pair(
            "came to".into(),
            vec![piece(format!("{} ", sign.glyph), sign.role), piece(clean(&ran.came_to()), came)],
        ),
        Prose::pair("at", when(ran.at, scene)),
        Prose::pair("by", clean(&ran.operator)),
        Prose::pair("on", clean(&ran.host)),
        Prose::pair("level", format!("{}, confirmed by {}", clean(&ran.level), clean(&ran.how))),
        Prose::pair("output", clean(&ran.output)),
    ];
    if let Some(trouble) = &ran.trouble {
        let words = sanitise_lines(trouble);
        told.push(Prose::Pair("trouble".into(), vec![piece(words, Role::Critical)]));
    }
    told.extend([Prose::Blank, Prose::Head("Command".to_owned())]);
    told.push(Prose::plain(sanitise_lines(&ran.text)));
    if !ran.last.is_empty() {
        told.extend([Prose::Blank, Prose::Head("Last lines".to_owned())]);
        told.extend(ran.last.iter().map(|line| Prose::Line(vec![piece(clean(line), Role::Muted)])));
    }
    Description { sign: Some(sign), name: clean(&ran.title), text: told }
}
