//! The sources: how fresh what they say is, and why not.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Listing, Pane, draw_lines, nothing_matches};
use crate::domain::feed::{FeedState, SourceKind};
use crate::domain::store::{SourceState, Store};
use crate::domain::subject::Subject;
use crate::text;
use crate::ui::filter::Hay;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::columns::Column;
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::sign::{self, Sign};
use crate::ui::widgets::table::{Item, Row, Table};

const COLUMNS: [Column; 5] = [
    Column::text("source", 0, 8, 30),
    Column::word("state", 1, 12),
    Column::number("age", 2, 5),
    Column::number("took", 3, 6),
    Column::text("error", 2, 16, 60),
];

/// A source's row.
#[derive(Debug)]
struct Entry {
    subject: Subject,
    name: String,
    state: FeedState,
    age: Option<f64>,
    took: f64,
    error: String,
}

impl Hay for Entry {
    fn text(&self) -> Cow<'_, str> {
        format!("{} {} {}", self.name, self.state, self.error).into()
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        (name == "state").then(|| self.state.as_ref().into())
    }
}

impl Item for Entry {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> Sign {
        sign::of_feed(self.state)
    }
}

/// The pane.
#[derive(Debug, Default)]
pub struct Sources {
    table: Table<Entry>,
}

impl Pane for Sources {
    fn title(&self, _scene: &Scene<'_>) -> Title {
        Title { right: self.table.notes(), ..Title::new("Sources") }
    }

    fn made_of(&self) -> &'static [SourceKind] {
        SourceKind::ALL
    }

    fn refresh(&mut self, scene: &Scene<'_>) {
        self.table.offer(entries(scene.store, scene.wall()), scene.held);
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
                vec![vec![piece("no source is configured", Role::Muted)]]
            } else {
                nothing_matches(filter)
            };
            return draw_lines(&lines, area, buffer, scene);
        }
        self.table.draw(&COLUMNS, row, area, buffer, scene);
    }
}

fn entries(store: &Store, now: DateTime<Utc>) -> Vec<Entry> {
    let all = store.sources.iter().map(|source| Entry {
        subject: Subject::Source(source.id.clone()),
        name: source.id.to_string(),
        state: source.state(now),
        age: source.age(now),
        took: source.took(),
        error: trouble(source, now),
    });
    all.collect()
}

/// What is wrong with it, and for how long; else what it does not offer.
fn trouble(source: &SourceState, now: DateTime<Utc>) -> String {
    match source.failure(now) {
        Some(_) if source.state(now) == FeedState::Fresh => {
            let lacking: Vec<String> = source.lacking().map(|feed| feed.to_string()).collect();
            format!("does not offer {}", lacking.join(", "))
        }
        Some((failure, since)) => format!("{} for {}", failure.short, text::age(now - since)),
        None => String::new(),
    }
}

fn row(entry: &Entry) -> Row {
    let sign = sign::of_feed(entry.state);
    Row {
        sign,
        cells: vec![
            piece(entry.name.clone(), Role::Text),
            piece(sign.word, sign.role),
            piece(text::age_of(entry.age), Role::Text),
            piece(if entry.took > 0.0 { text::took(entry.took) } else { String::new() }, Role::Muted),
            piece(entry.error.clone(), Role::Text),
        ],
        stale: false,
    }
}
