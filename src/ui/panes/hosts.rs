//! The hosts: a row each, joined from every exporter, the worst first. What nobody measures is blank.

mod rows;

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Listing, Pane, STALE, Standing, count, draw_lines, join_notes, nothing, nothing_matches};
use crate::action::Action;
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::health::Health;
use crate::domain::hosts::{Host, identity, is_measured};
use crate::domain::question::{Ask, Question, Series};
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::keymap::Context;
use crate::text;
use crate::ui::filter::Hay;
use crate::ui::glyphs;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::sign::{self, Sign, sign};
use crate::ui::widgets::table::{Item, Table};
use rows::{COLUMNS, row};

/// The spans that the little bars can tell.
const SPANS: [TimeDelta; 4] =
    [TimeDelta::hours(1), TimeDelta::hours(6), TimeDelta::hours(24), TimeDelta::days(7)];

/// So many little bars tell a span.
pub const BARS: i64 = 12;

/// The measures that have little bars.
const SPARKED: [&str; 2] = ["cpu", "memory"];

const DOWN: Sign = sign(glyphs::FAILED, Role::Critical, "down");
const AWAY: Sign = sign(glyphs::SILENCED, Role::Muted, "away");

/// A host's row.
#[derive(Debug)]
struct Entry {
    subject: Subject,
    host: Host,
    /// Alerts about it that nobody hides: how many are critical, and how many a warning.
    alerts: (usize, usize),
    stale: bool,
}

impl Hay for Entry {
    fn text(&self) -> Cow<'_, str> {
        let faults: Vec<&str> = self.host.faults.iter().map(|fault| fault.text.as_str()).collect();
        format!("{} {} {}", self.state().word, self.host.name, faults.join(" ")).into()
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        match name {
            "host" => Some((&*self.host.name).into()),
            "state" => Some(self.state().word.into()),
            "instance" => self.host.instances.first().map(|instance| (&**instance).into()),
            _ => None,
        }
    }

    fn has(&self, name: &str, test: &dyn Fn(&str) -> bool) -> bool {
        name == "instance" && self.host.instances.iter().any(|instance| test(instance))
    }
}

impl Entry {
    fn is_trouble(&self) -> bool {
        self.stale || self.host.health() != Health::Ok
    }
}

impl Item for Entry {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> Sign {
        match self.host.health() {
            _ if self.stale => STALE,
            _ if self.host.down && self.host.sometimes => AWAY,
            _ if self.host.down => DOWN,
            health => sign::of_health(health),
        }
    }
}

/// The pane.
#[derive(Debug, Default)]
pub struct Hosts {
    table: Table<Entry>,
    /// Which of the spans is told.
    span: usize,
    only_trouble: bool,
}

impl Hosts {
    fn span(&self) -> TimeDelta {
        SPANS.get(self.span).copied().unwrap_or(SPANS[0])
    }
}

fn entries(store: &Store, now: DateTime<Utc>) -> Vec<Entry> {
    let stale = !is_measured(store, now);
    let rule = identity::alerts_by_host(store);
    let all = store.hosts().iter().map(|host| Entry {
        subject: Subject::Host(Arc::clone(&host.name)),
        alerts: rule.get(&host.name).copied().unwrap_or_default(),
        host: host.clone(),
        stale,
    });
    all.collect()
}

/// What is asked for the little bars of a measure: the past of all hosts at once, the same question
/// until the next bar begins.
pub fn past(measure: &str, slot: String, span: TimeDelta, bars: i64, scene: &Scene<'_>) -> Option<Ask> {
    let source = scene.store.of(SourceKind::Prometheus).find_map(|source| {
        let measured = source.data.measured.iter().find(|measured| &*measured.measure.name == measure)?;
        Some((source.id.clone(), Arc::clone(&measured.measure.query)))
    });
    let (source, query) = source?;
    let step = (span.num_seconds() / bars).max(1);
    let to = DateTime::from_timestamp(scene.wall().timestamp().div_euclid(step) * step, 0)?;
    let from = to - TimeDelta::seconds(step * (bars - 1));
    let step = u32::try_from(step).ok()?;
    Some(Ask { slot: slot.into(), source, question: Question::Series { query, from, to, step } })
}

/// The values of a series, one for each step that was asked for; what was not measured is no number.
pub fn grid(ask: &Ask, series: &Series) -> Vec<f64> {
    let Question::Series { from, to, step, .. } = &ask.question else { return Vec::new() };
    let step = i64::from(*step).max(1);
    let place = |at: DateTime<Utc>| usize::try_from((at - *from).num_seconds() / step).ok();
    let mut values = vec![f64::NAN; place(*to).map_or(0, |last| last + 1)];
    for (at, value) in &series.points {
        if let Some(slot) = place(*at).and_then(|at| values.get_mut(at)) {
            *slot = *value;
        }
    }
    values
}

fn spark_ask(measure: &str, span: TimeDelta, scene: &Scene<'_>) -> Option<Ask> {
    past(measure, format!("hosts/{measure}"), span, BARS, scene)
}

impl Pane for Hosts {
    fn title(&self, scene: &Scene<'_>) -> Title {
        let of =
            |sign: Sign| self.table.items().iter().filter(|entry| entry.state().word == sign.word).count();
        let signs = [
            DOWN,
            sign::of_health(Health::Critical),
            sign::of_health(Health::Warning),
            sign::of_health(Health::Ok),
        ];
        let (counts, short) = count(&signs.map(|sign| (sign, of(sign))));
        let mut right = self.table.notes();
        join_notes(&mut right, vec![piece(format!("bars {}", text::age(self.span())), Role::Muted)]);
        join_notes(&mut right, standing(scene).badge());
        Title { counts, short, right, ..Title::new("Hosts") }
    }

    fn made_of(&self) -> &'static [SourceKind] {
        &[SourceKind::Prometheus, SourceKind::Alertmanager]
    }

    fn ages(&self) -> bool {
        false
    }

    fn refresh(&mut self, scene: &Scene<'_>) {
        self.table.offer(entries(scene.store, scene.wall()), scene.held);
    }

    fn wants(&self, scene: &Scene<'_>) -> Vec<Ask> {
        SPARKED.iter().filter_map(|measure| spark_ask(measure, self.span(), scene)).collect()
    }

    fn list(&self) -> Option<&dyn Listing> {
        Some(&self.table)
    }

    fn list_mut(&mut self) -> Option<&mut dyn Listing> {
        Some(&mut self.table)
    }

    fn context(&self) -> Context {
        Context::Hosts
    }

    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool {
        match action {
            Action::Longer => self.span = (self.span + 1).min(SPANS.len() - 1),
            Action::Shorter => self.span = self.span.saturating_sub(1),
            Action::OnlyTrouble => {
                self.only_trouble = !self.only_trouble;
                self.table.show_only(self.only_trouble.then_some(Entry::is_trouble));
                self.refresh(&Scene { held: false, ..*scene });
            }
            _ => return self.table.act(action),
        }
        true
    }

    fn subject(&self, scene: &Scene<'_>) -> Option<Subject> {
        let selected = self.table.selected().map(|entry| entry.subject.clone());
        selected.or_else(|| standing(scene).culprit())
    }

    fn draw(&mut self, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        if self.table.is_empty() {
            let (filter, _) = Listing::filter(&self.table);
            let lines = if filter.is_empty() {
                standing(scene)
                    .explain(SourceKind::Prometheus, nothing("no exporter says anything of a host"))
            } else {
                nothing_matches(filter)
            };
            return draw_lines(&lines, area, buffer, scene);
        }
        let sparks = rows::Sparks::of(&SPARKED.map(|measure| spark_ask(measure, self.span(), scene)), scene);
        self.table.draw(&COLUMNS, |entry| row(entry, &sparks), area, buffer, scene);
    }
}

fn standing(scene: &Scene<'_>) -> Standing {
    Standing::of(scene, SourceKind::Prometheus, Feed::Measures)
}
