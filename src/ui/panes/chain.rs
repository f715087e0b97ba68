//! The chain that carries alerts, link by link, and where it is broken, in one sentence.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Listing, Pane, count, draw_lines, nothing, nothing_matches};
use crate::domain::chain::{self, Link};
use crate::domain::feed::SourceKind;
use crate::domain::health::Health;
use crate::domain::subject::Subject;
use crate::ui::filter::Hay;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::columns::Column;
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::paint::{put, put_pieces};
use crate::ui::widgets::prose::wrap;
use crate::ui::widgets::sign::{self, Sign};
use crate::ui::widgets::table::{Item, Row, Table};

const COLUMNS: [Column; 4] = [
    Column::text("from", 1, 8, 16),
    Column::text("to", 0, 8, 24),
    Column::text("how it is", 2, 16, 160),
    Column::number("since", 3, 12),
];

/// A link's row.
#[derive(Debug)]
struct Entry {
    subject: Subject,
    link: Link,
}

impl Hay for Entry {
    fn text(&self) -> Cow<'_, str> {
        format!("{} {} {} {}", self.link.state, self.link.from, self.link.to, self.link.text).into()
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        match name {
            "from" => Some((&*self.link.from).into()),
            "to" => Some((&*self.link.to).into()),
            "state" => Some(self.link.state.as_ref().into()),
            _ => None,
        }
    }
}

impl Item for Entry {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> Sign {
        sign::of_health(self.link.state)
    }
}

/// The pane.
#[derive(Debug, Default)]
pub struct Chain {
    table: Table<Entry>,
    /// Where it is broken, and how badly.
    sentence: (String, Health),
}

impl Pane for Chain {
    fn title(&self, _scene: &Scene<'_>) -> Title {
        let of =
            |health: Health| self.table.items().iter().filter(|entry| entry.link.state == health).count();
        let states = [Health::Critical, Health::Unknown, Health::Warning, Health::Ok];
        let (counts, short) = count(&states.map(|health| (sign::of_health(health), of(health))));
        Title { counts, short, right: self.table.notes(), ..Title::new("Chain") }
    }

    fn made_of(&self) -> &'static [SourceKind] {
        SourceKind::ALL
    }

    fn refresh(&mut self, scene: &Scene<'_>) {
        let links = chain::links(scene.store, scene.wall());
        let state = chain::first_broken(&links).map_or(Health::Ok, |link| link.state);
        self.sentence = (chain::sentence(&links), state);
        let entries = links.into_iter().map(|link| Entry {
            subject: Subject::Link { from: link.from.clone(), to: link.to.clone() },
            link,
        });
        self.table.offer(entries.collect(), scene.held);
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
                vec![nothing("no server of the chain is configured")]
            } else {
                nothing_matches(filter)
            };
            return draw_lines(&lines, area, buffer, scene);
        }
        let (text, state) = &self.sentence;
        let sign = sign::of_health(*state);
        let room = area.width.saturating_sub(3);
        let mut lines = wrap(&[piece(text, sign.role)], usize::from(room));
        // The sentence has a second line where the rows do not want it.
        let spare = usize::from(area.height).saturating_sub(self.table.items().len() + 1);
        if lines.len() > spare.clamp(1, 2) {
            lines = vec![vec![piece(text, sign.role)]];
        }
        let taken = u16::try_from(lines.len()).unwrap_or(1).min(area.height);
        if taken > 0 {
            put(buffer, (area.x + 1, area.y), sign.glyph, 1, scene.style(sign.role));
        }
        for (y, line) in (area.y..area.y + taken).zip(&lines) {
            put_pieces(buffer, (area.x + 3, y), line, room, scene);
        }
        let rest = Rect { y: area.y + taken, height: area.height - taken, ..area };
        self.table.draw(&COLUMNS, |entry| row(entry, scene), rest, buffer, scene);
    }
}

fn row(entry: &Entry, scene: &Scene<'_>) -> Row {
    let link = &entry.link;
    let sign = entry.state();
    let role = if link.state == Health::Ok { Role::Muted } else { sign.role };
    let since = link.since.map_or_else(String::new, |since| scene.times.since(since, scene.wall()));
    Row {
        sign,
        cells: vec![
            piece(&*link.from, Role::Text),
            // The scheme says little, and takes seven cells.
            piece(link.to.split_once("://").map_or(&*link.to, |(_, rest)| rest), Role::Text),
            piece(link.text.clone(), role),
            piece(since, Role::Muted),
        ],
        stale: false,
    }
}
