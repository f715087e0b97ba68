//! The alerts: firing ones first, what hides or acknowledges them, and how late the response is.

mod entry;
mod rows;

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Listing, Pane, Standing, count, draw_lines, join_notes, nothing_matches};
use crate::action::Action;
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::health::Health;
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::keymap::Context;
use crate::ui::census::Census;
use crate::ui::glyphs;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::sign::{self, Sign};
use crate::ui::widgets::table::Table;
use entry::{Entry, below, entries, fold};
use rows::{columns, row};

/// What the rows are grouped by, one after the other; any other label is chosen from the overview.
const GROUPINGS: [&str; 4] = [entry::ROUTE, "receiver", "severity", "alertname"];

/// What the title counts.
const COUNTED: [Sign; 5] = [
    sign::of_health(Health::Critical),
    sign::UNKNOWN,
    sign::of_health(Health::Warning),
    entry::BROKEN,
    sign::sign(glyphs::ACKNOWLEDGED, Role::Info, "acked"),
];

/// The pane.
#[derive(Debug, Default)]
pub struct Alerts {
    table: Table<Entry>,
    /// The label that the rows are grouped by.
    by: Option<Arc<str>>,
    only_trouble: bool,
    /// How many there are of each sort, counted when the rows came.
    counts: Vec<(Sign, usize)>,
}

impl Alerts {
    /// The next of the usual groupings, after the last one none.
    fn next_grouping(&self) -> Option<Arc<str>> {
        let at = self.by.as_ref().map(|by| GROUPINGS.iter().position(|have| *have == &**by));
        match at {
            None => GROUPINGS.first(),
            Some(Some(at)) => GROUPINGS.get(at + 1),
            Some(None) => None,
        }
        .map(|label| Arc::from(*label))
    }

    fn look_again(&mut self, scene: &Scene<'_>) {
        self.refresh(&Scene { held: false, ..*scene });
    }
}

impl Pane for Alerts {
    fn title(&self, scene: &Scene<'_>) -> Title {
        let (mut counts, mut short) = count(&self.counts);
        if !standing(scene).is_fresh() {
            for (_, role) in counts.iter_mut().chain(&mut short) {
                *role = Role::Stale;
            }
        }
        let mut right = self.table.notes();
        if let Some(by) = self.by.as_ref().filter(|_| scene.whole) {
            join_notes(&mut right, vec![piece(format!("by {by}"), Role::Muted)]);
        }
        let hidden = scene.verdict.counts.hidden;
        let badge = standing(scene).badge();
        if self.table.notes().is_empty() && hidden > 0 && badge.is_empty() {
            join_notes(&mut right, vec![piece(format!("{hidden} hidden"), Role::Muted)]);
        }
        join_notes(&mut right, badge);
        Title { counts, short, right, ..Title::new("Alerts") }
    }

    fn made_of(&self) -> &'static [SourceKind] {
        &[SourceKind::Alertmanager, SourceKind::Prometheus]
    }

    fn ages(&self) -> bool {
        self.table.filter().asks_age()
    }

    fn refresh(&mut self, scene: &Scene<'_>) {
        let mut entries = entries(scene.store, scene.wall());
        // What is folded below its cause is counted too: the title says what the verdict says.
        let mut counts = COUNTED.map(|sign| (sign, 0));
        for entry in &entries {
            if let Some((_, count)) = counts.iter_mut().find(|(sign, _)| sign.word == entry.sign.word) {
                *count += 1;
            }
        }
        self.counts = counts.into();
        if !scene.whole {
            if self.table.filter().is_empty() {
                entries = fold(entries);
            }
        } else if let Some(by) = &self.by {
            for entry in &mut entries {
                entry.group = Some(entry.group_by(by));
            }
        } else {
            entries = below(entries);
        }
        self.table.offer(entries, scene.held);
    }

    fn context(&self) -> Context {
        Context::Alerts
    }

    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool {
        match action {
            Action::Group => self.by = self.next_grouping(),
            Action::OnlyTrouble => {
                self.only_trouble = !self.only_trouble;
                self.table.show_only(self.only_trouble.then_some(Entry::is_trouble));
            }
            _ => return self.table.act(action),
        }
        self.look_again(scene);
        true
    }

    fn list(&self) -> Option<&dyn Listing> {
        Some(&self.table)
    }

    fn list_mut(&mut self) -> Option<&mut dyn Listing> {
        Some(&mut self.table)
    }

    fn subject(&self, scene: &Scene<'_>) -> Option<Subject> {
        match self.table.selected() {
            Some(entry) => Some(entry.subject.clone()),
            None if self.table.is_empty() => standing(scene).culprit(),
            // On the head of a group the first of its alerts is told.
            None => self.table.meant().first().map(|entry| entry.subject.clone()),
        }
    }

    fn meant(&self, _scene: &Scene<'_>) -> Vec<Subject> {
        let meant = self.table.meant().into_iter();
        meant.flat_map(|entry| entry.folded.iter().chain([&entry.subject])).cloned().collect()
    }

    fn census(&self, all: bool) -> Census {
        let mut census = Census::default();
        for entry in self.table.counted(all) {
            entry.count(&mut census);
        }
        census
    }

    fn group_by(&mut self, label: &str, scene: &Scene<'_>) {
        self.by = Some(label.into());
        self.look_again(scene);
    }

    fn draw(&mut self, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        if self.table.is_empty() {
            let (filter, _) = Listing::filter(&self.table);
            let lines = if filter.is_empty() {
                let none = if self.only_trouble { "nothing wants anybody" } else { "no alert is firing" };
                let nothing = vec![piece(format!("{} ", glyphs::OK), Role::Ok), piece(none, Role::Text)];
                standing(scene).explain(kind(scene.store), nothing)
            } else {
                nothing_matches(filter)
            };
            return draw_lines(&lines, area, buffer, scene);
        }
        self.table.draw(&columns(scene.store), |entry| row(entry, scene), area, buffer, scene);
    }
}

/// Alerts come from Alertmanager; where there is none, from Prometheus itself.
fn kind(store: &Store) -> SourceKind {
    let routed = store.of(SourceKind::Alertmanager).next().is_some();
    if routed { SourceKind::Alertmanager } else { SourceKind::Prometheus }
}

fn standing(scene: &Scene<'_>) -> Standing {
    Standing::of(scene, kind(scene.store), Feed::Alerts)
}
