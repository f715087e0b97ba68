//! A pane that is a table of what one feed of one kind of server says, or says why there is none.

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Listing, Pane, Standing, draw_lines, nothing, nothing_matches};
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::columns::Column;
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::table::{Item, Row, Table};

/// What such a pane is made of.
pub trait Rows {
    /// A row's thing.
    type Entry: Item;

    /// Its name.
    const TITLE: &'static str;
    /// Which servers have it.
    const KIND: SourceKind;
    /// All kinds that its rows come from.
    const MADE_OF: &'static [SourceKind] = &[Self::KIND];
    /// Which feed brings it.
    const FEED: Feed;
    /// Its columns.
    const COLUMNS: &'static [Column];
    /// What it means that there is none although all is fresh.
    const NOTHING: &'static str;
    /// Whether rows change with time alone.
    const AGES: bool = true;

    /// Everything that has a row, in its order.
    fn entries(store: &Store, now: DateTime<Utc>) -> Vec<Self::Entry>;

    /// What one opens, or acts on, in a row.
    fn opens(entry: &Self::Entry) -> Subject {
        entry.subject().clone()
    }

    /// A row.
    fn row(entry: &Self::Entry, scene: &Scene<'_>) -> Row;

    /// What the title counts, at length and in short.
    fn counts(_entries: &[Self::Entry], _scene: &Scene<'_>) -> (Vec<Piece>, Vec<Piece>) {
        (Vec::new(), Vec::new())
    }
}

/// The pane.
#[derive(Debug)]
pub struct Listed<R: Rows> {
    table: Table<R::Entry>,
}

impl<R: Rows> Default for Listed<R> {
    fn default() -> Self {
        Self { table: Table::default() }
    }
}

impl<R: Rows> Pane for Listed<R> {
    fn title(&self, scene: &Scene<'_>) -> Title {
        let (counts, short) = R::counts(self.table.items(), scene);
        let mut right = self.table.notes();
        let badge = standing::<R>(scene).badge();
        if !right.is_empty() && !badge.is_empty() {
            right.push(piece("  ", Role::Muted));
        }
        right.extend(badge);
        Title { counts, short, right, ..Title::new(R::TITLE) }
    }

    fn made_of(&self) -> &'static [SourceKind] {
        R::MADE_OF
    }

    fn ages(&self) -> bool {
        R::AGES
    }

    fn refresh(&mut self, scene: &Scene<'_>) {
        self.table.offer(R::entries(scene.store, scene.wall()), scene.held);
    }

    fn list(&self) -> Option<&dyn Listing> {
        Some(&self.table)
    }

    fn list_mut(&mut self) -> Option<&mut dyn Listing> {
        Some(&mut self.table)
    }

    fn subject(&self, scene: &Scene<'_>) -> Option<Subject> {
        let selected = self.table.selected().map(R::opens);
        selected.or_else(|| standing::<R>(scene).culprit())
    }

    fn draw(&mut self, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        if !self.table.is_empty() {
            return self.table.draw(R::COLUMNS, |entry| R::row(entry, scene), area, buffer, scene);
        }
        let (filter, _) = Listing::filter(&self.table);
        let lines = if filter.is_empty() {
            standing::<R>(scene).explain(R::KIND, nothing(R::NOTHING))
        } else {
            nothing_matches(filter)
        };
        draw_lines(&lines, area, buffer, scene);
    }
}

fn standing<R: Rows>(scene: &Scene<'_>) -> Standing {
    Standing::of(scene, R::KIND, R::FEED)
}
