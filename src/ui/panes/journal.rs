//! The journal: what was run and done, by whom, where, and what came of it, the newest first.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Listing, Pane, draw_lines, nothing, nothing_matches};
use crate::domain::digest::Kind;
use crate::domain::feed::SourceKind;
use crate::domain::health::Health;
use crate::domain::ran::Ran;
use crate::domain::subject::Subject;
use crate::text::{number, sanitise};
use crate::ui::filter::Hay;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::columns::Column;
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::sign::{self, Sign};
use crate::ui::widgets::table::{Item, Row, Table};

const COLUMNS: [Column; 6] = [
    Column::number("at", 0, 12),
    Column::text("what", 0, 14, 50),
    Column::text("on", 2, 4, 16),
    Column::text("came to", 0, 10, 30),
    Column::word("level", 4, 5),
    Column::text("by", 3, 4, 16),
];

/// How it went.
pub fn sign_of(ran: &Ran) -> Sign {
    sign::of_health(match &ran.end {
        _ if ran.is_well() => Health::Ok,
        None => Health::Warning,
        Some(_) => Health::Critical,
    })
}

/// What tells it from all else that happened.
pub fn identity(ran: &Ran) -> Subject {
    Subject::Past { kind: Kind::Action, what: ran.text.as_str().into(), at: ran.at }
}

/// Something that was run or done.
#[derive(Debug)]
struct Entry {
    identity: Subject,
    ran: Ran,
}

impl Hay for Entry {
    fn text(&self) -> Cow<'_, str> {
        let Ran { title, text, host, operator, .. } = &self.ran;
        format!("{title} {text} {host} {operator} {}", self.ran.came_to()).into()
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        match name {
            "host" => Some(self.ran.host.as_str().into()),
            "by" => Some(self.ran.operator.as_str().into()),
            "level" => Some(self.ran.level.as_str().into()),
            _ => None,
        }
    }
}

impl Item for Entry {
    fn subject(&self) -> &Subject {
        &self.identity
    }

    fn state(&self) -> Sign {
        sign_of(&self.ran)
    }
}

/// The pane.
#[derive(Debug, Default)]
pub struct Journal {
    table: Table<Entry>,
}

impl Pane for Journal {
    fn title(&self, _scene: &Scene<'_>) -> Title {
        let entries = self.table.items();
        let mut counts = vec![piece(number(entries.len(), "entry", "entries"), Role::Muted)];
        let bad = entries.iter().filter(|entry| !entry.ran.is_well()).count();
        if bad > 0 {
            counts.push(piece(format!(" {bad} not well"), Role::Warning));
        }
        Title { short: counts.clone(), counts, right: self.table.notes(), ..Title::new("Journal") }
    }

    fn made_of(&self) -> &'static [SourceKind] {
        &[]
    }

    fn ages(&self) -> bool {
        false
    }

    fn refresh(&mut self, scene: &Scene<'_>) {
        let entry = |ran: &Ran| Entry { identity: identity(ran), ran: ran.clone() };
        self.table.offer(scene.store.ran.iter().rev().map(entry).collect(), scene.held);
    }

    fn list(&self) -> Option<&dyn Listing> {
        Some(&self.table)
    }

    fn list_mut(&mut self) -> Option<&mut dyn Listing> {
        Some(&mut self.table)
    }

    fn draw(&mut self, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        if self.table.is_empty() {
            let (filter, _) = Listing::filter(&self.table);
            let lines = if filter.is_empty() {
                vec![
                    nothing("nothing was run yet, and nothing done on a server"),
                    nothing("I lists the incidents, D tells what else happened"),
                ]
            } else {
                nothing_matches(filter)
            };
            return draw_lines(&lines, area, buffer, scene);
        }
        self.table.draw(&COLUMNS, |entry| row(&entry.ran, scene), area, buffer, scene);
    }
}

fn row(ran: &Ran, scene: &Scene<'_>) -> Row {
    let sign = sign_of(ran);
    let muted = |text: &str| piece(sanitise(text), Role::Muted);
    let came = if ran.is_well() { Role::Text } else { sign.role };
    let cells = vec![
        muted(&scene.times.short(ran.at, scene.wall())),
        piece(sanitise(&ran.title), Role::Text),
        muted(&ran.host),
        piece(sanitise(&ran.came_to()), came),
        muted(&ran.level),
        muted(&ran.operator),
    ];
    Row { sign, cells, stale: false }
}
