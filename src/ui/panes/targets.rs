//! The scrape targets: down first, with the reason in a few words.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Listing, Pane, STALE, Standing, count, draw_lines, join_notes, nothing_matches};
use crate::action::Action;
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::sites;
use crate::domain::store::{SourceState, Store};
use crate::domain::subject::Subject;
use crate::domain::target::{ErrorClass, Samples, Scrape, Target, TargetHealth, samples};
use crate::keymap::Context;
use crate::text;
use crate::ui::census::Census;
use crate::ui::filter::Hay;
use crate::ui::glyphs;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::columns::{Column, EXTRA};
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::sign::{self, Sign, sign};
use crate::ui::widgets::table::{Item, Row, Table};

const COLUMNS: [Column; 8] = [
    Column::text("job", 1, 6, 20),
    Column::text("instance", 0, 10, 40),
    Column::text("last scrape", 2, 18, 34),
    Column::number("good", 3, 12),
    Column::number("took", EXTRA, 12),
    Column::number("samples", EXTRA + 1, 8),
    Column::number("every", EXTRA + 2, 6),
    Column::text("error", EXTRA + 3, 24, 60),
];

/// A scrape that takes this share of its time-out will soon fail.
pub const NEARLY_LATE: f64 = 0.8;

const UP: Sign = sign(glyphs::OK, Role::Ok, "up");
const DOWN: Sign = sign(glyphs::FAILED, Role::Critical, "down");
const HOLLOW: Sign = sign(glyphs::WARNING, Role::Warning, "without samples");
const NEW: Sign = sign(glyphs::UNKNOWN, Role::Unknown, "never scraped");

/// A target's row.
#[derive(Debug)]
struct Entry {
    subject: Subject,
    /// All targets of its source, and which of them it is: thousands are not copied for their rows.
    all: Arc<[Target]>,
    at: usize,
    /// How many samples the targets of its source bring.
    samples: Arc<[Samples]>,
    sign: Sign,
    /// The last scrape that succeeded.
    good: Option<DateTime<Utc>>,
    /// It goes up and down.
    flaps: bool,
    stale: bool,
    group: Option<Arc<str>>,
    /// Its site, where another has a target of that name too.
    site: Option<Arc<str>>,
    now: DateTime<Utc>,
}

impl Entry {
    /// Its target.
    fn target(&self) -> &Target {
        &self.all[self.at]
    }

    /// How many samples its last scrape brought, if that is known.
    fn samples(&self) -> Option<f64> {
        samples(&self.samples, self.target())
    }

    /// How it compares with another when the rows are sorted by a column: what wants somebody first.
    fn order(&self, other: &Self, column: usize) -> Ordering {
        let (one, two) = (self.target(), other.target());
        match column {
            0 => one.job.cmp(&two.job),
            1 => one.instance.cmp(&two.instance),
            2 => (self.place(), short(one)).cmp(&(other.place(), short(two))),
            // The longest ago first, and never before all.
            3 => self.good.cmp(&other.good),
            4 => two.took.total_cmp(&one.took),
            // What brings little is more remarkable than what brings much; what is not known is last.
            5 => {
                let key = |entry: &Self| entry.samples().unwrap_or(f64::INFINITY);
                key(self).total_cmp(&key(other))
            }
            6 => two.interval.total_cmp(&one.interval),
            _ => two
                .error
                .is_empty()
                .cmp(&one.error.is_empty())
                .reverse()
                .then_with(|| one.error.cmp(&two.error)),
        }
    }

    /// Down first, then what is not known, then what is hollow, then up.
    fn place(&self) -> Option<usize> {
        [DOWN, NEW, HOLLOW, UP].iter().position(|have| *have == self.sign)
    }

    fn is_trouble(&self) -> bool {
        self.sign != UP || self.stale || self.flaps
    }
}

impl Hay for Entry {
    fn text(&self) -> Cow<'_, str> {
        let Target { job, instance, error, labels, .. } = self.target();
        let site = self.site.as_deref().unwrap_or_default();
        format!("{} {job} {instance} {error} {labels} {site}", self.sign.word).into()
    }

    fn says(&self, test: &dyn Fn(&str) -> bool) -> bool {
        let target = self.target();
        // Job and instance are among the labels.
        test(self.sign.word)
            || target.labels.iter().any(|(name, value)| test(value) || test(name))
            || test(&target.error)
            || self.site.as_deref().is_some_and(test)
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        match name {
            "health" => Some(self.target().health.as_ref().into()),
            "error" => self.target().error_class().map(|class| class.as_ref().to_owned().into()),
            "pool" => Some((&*self.target().pool).into()),
            name => self.target().labels.get(name).map(Cow::from),
        }
    }

    fn span(&self, name: &str) -> Option<TimeDelta> {
        match name {
            "took" => TimeDelta::from_std(Duration::try_from_secs_f64(self.target().took).ok()?).ok(),
            "age" => self.good.map(|good| self.now - good),
            _ => None,
        }
    }
}

impl Item for Entry {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> Sign {
        if self.stale { STALE } else { self.sign }
    }

    fn group(&self) -> Option<&Arc<str>> {
        self.group.as_ref()
    }

    fn is_calm(&self) -> bool {
        !self.is_trouble()
    }
}

/// The pane.
#[derive(Debug)]
pub struct Targets {
    table: Table<Entry>,
    by_job: bool,
    only_trouble: bool,
    /// Scrape pools without any target.
    empty: Vec<String>,
    /// How many targets were found and are not scraped.
    dropped: u64,
    /// How many there are of each state, counted when the rows came.
    counts: Vec<(Sign, usize)>,
}

impl Default for Targets {
    fn default() -> Self {
        Self {
            table: Table::default(),
            by_job: true,
            only_trouble: false,
            empty: Vec::new(),
            dropped: 0,
            counts: Vec::new(),
        }
    }
}

impl Pane for Targets {
    fn title(&self, scene: &Scene<'_>) -> Title {
        let (counts, short) = count(&self.counts);
        let mut right = self.table.notes();
        if let Some(column) = self.table.sorted.and_then(|at| COLUMNS.get(at)).filter(|_| scene.whole) {
            join_notes(&mut right, vec![piece(format!("by {}", column.title), Role::Muted)]);
        }
        if !self.empty.is_empty() && scene.whole {
            let words = format!("no target in {}", self.empty.join(", "));
            join_notes(&mut right, vec![piece(text::truncate(&words, 50), Role::Warning)]);
        }
        if self.dropped > 0 && scene.whole && self.empty.is_empty() {
            join_notes(&mut right, vec![piece(format!("{} dropped", self.dropped), Role::Muted)]);
        }
        join_notes(&mut right, standing(scene).badge());
        Title { counts, short, right, ..Title::new("Targets") }
    }

    fn made_of(&self) -> &'static [SourceKind] {
        &[SourceKind::Prometheus]
    }

    fn ages(&self) -> bool {
        false
    }

    fn refresh(&mut self, scene: &Scene<'_>) {
        let mut entries = entries(scene.store, scene.wall());
        if scene.whole {
            if let Some(column) = self.table.sorted {
                entries.sort_by(|one, other| one.order(other, column));
            }
            if self.by_job {
                for entry in &mut entries {
                    entry.group = Some(Arc::clone(&entry.target().job));
                }
            }
        }
        self.table.offer(entries, scene.held);
        let mut counts = [UP, DOWN, HOLLOW, NEW, STALE].map(|sign| (sign, 0));
        for entry in self.table.items() {
            if let Some((_, count)) = counts.iter_mut().find(|(sign, _)| *sign == entry.state()) {
                *count += 1;
            }
        }
        self.counts = counts.into();
        self.empty = empty_pools(scene.store);
        let dropped = scene.store.of(SourceKind::Prometheus).flat_map(|source| source.data.dropped.iter());
        self.dropped = dropped.map(|(_, count)| count).sum();
    }

    fn context(&self) -> Context {
        Context::Targets
    }

    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool {
        match action {
            Action::Group => self.by_job = !self.by_job,
            Action::Sort => {
                let next = self.table.sorted.map_or(0, |at| at + 1);
                self.table.sorted = (next < COLUMNS.len()).then_some(next);
            }
            Action::OnlyTrouble => {
                self.only_trouble = !self.only_trouble;
                self.table.show_only(self.only_trouble.then_some(Entry::is_trouble));
            }
            _ => return self.table.act(action),
        }
        self.refresh(&Scene { held: false, ..*scene });
        true
    }

    fn census(&self, all: bool) -> Census {
        let mut census = Census::default();
        for entry in self.table.counted(all) {
            census.row();
            census.label("health", entry.target().health.as_ref());
            if let Some(class) = entry.target().error_class() {
                census.label("error", class.as_ref());
            }
            for (name, value) in entry.target().labels.iter() {
                census.label(name, value);
            }
        }
        census
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
            None => self.table.meant().first().map(|entry| entry.subject.clone()),
        }
    }

    fn draw(&mut self, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        if self.table.is_empty() {
            let (filter, _) = Listing::filter(&self.table);
            let lines = if filter.is_empty() {
                let none =
                    if self.only_trouble { "every target is up" } else { "Prometheus has no active target" };
                standing(scene).explain(SourceKind::Prometheus, super::nothing(none))
            } else {
                nothing_matches(filter)
            };
            return draw_lines(&lines, area, buffer, scene);
        }
        self.table.draw(&COLUMNS, |entry| row(entry, scene), area, buffer, scene);
    }
}

/// The pools in which nothing is scraped, and how much of what was found there was dropped.
fn empty_pools(store: &Store) -> Vec<String> {
    let of = |source: &SourceState| {
        let told = |pool: &Arc<str>| match source.data.dropped(pool) {
            Some(count) => format!("{pool} ({count} dropped)"),
            None => pool.to_string(),
        };
        source.data.empty_pools().map(told).collect::<Vec<_>>()
    };
    store.of(SourceKind::Prometheus).flat_map(of).collect()
}

fn standing(scene: &Scene<'_>) -> Standing {
    Standing::of(scene, SourceKind::Prometheus, Feed::Targets)
}

fn entries<'s>(store: &'s Store, now: DateTime<Utc>) -> Vec<Entry> {
    let mut all = Vec::new();
    let named = |of: &'s SourceState| of.data.targets.iter().map(|one| (&*one.instance, &*of.apart));
    let shared = sites::shared(store.of(SourceKind::Prometheus).flat_map(named));
    for source in store.of(SourceKind::Prometheus) {
        let stale = !source.is_fresh(Feed::Targets, now);
        let scrapes: HashMap<(&str, &str), &Scrape> =
            source.data.scrapes.iter().map(|scrape| ((&*scrape.job, &*scrape.instance), scrape)).collect();
        for (at, target) in source.data.targets.iter().enumerate() {
            let scrape = scrapes.get(&(&*target.job, &*target.instance));
            let hollow = scrape.is_some_and(|scrape| scrape.hollow);
            let (sign, good) = match target.health {
                TargetHealth::Up if hollow => (HOLLOW, target.last_scrape),
                TargetHealth::Up => (UP, target.last_scrape),
                TargetHealth::Down => (DOWN, scrape.and_then(|scrape| scrape.last_success)),
                TargetHealth::Unknown => (NEW, None),
            };
            let subject = Subject::Target {
                source: source.id.clone(),
                pool: target.pool.clone(),
                instance: target.instance.clone(),
            };
            let flaps = scrape.is_some_and(|scrape| scrape.flaps());
            let (targets, samples) = (Arc::clone(&source.data.targets), Arc::clone(&source.data.samples));
            all.push(Entry {
                subject,
                all: targets,
                at,
                samples,
                sign,
                good,
                flaps,
                stale,
                group: None,
                site: shared.contains(&*target.instance).then(|| Arc::clone(&source.apart)),
                now,
            });
        }
    }
    // Stable: within a state the order stays that of the source.
    all.sort_by_key(Entry::place);
    all
}

fn row(entry: &Entry, scene: &Scene<'_>) -> Row {
    let target = entry.target();
    let outcome = match entry.sign {
        // The last error may be over, and nobody knows.
        sign if entry.stale => piece(format!("was {}", sign.word), Role::Muted),
        UP if entry.flaps => piece("up, but flapping", Role::Warning),
        UP if scene.whole => piece("up", Role::Muted),
        UP => piece(text::took(target.took), Role::Muted),
        HOLLOW => piece("up, but 0 samples", Role::Warning),
        NEW => piece("not scraped yet", Role::Unknown),
        _ if entry.flaps => piece(format!("{}, flapping", short(target)), Role::Text),
        _ => piece(short(target), Role::Text),
    };
    let good = entry.good.map_or_else(|| "–".to_owned(), |at| scene.times.since(at, scene.wall()));
    // The scheme says little, and takes eight cells.
    let instance = target.instance.split_once("://").map_or(&*target.instance, |(_, rest)| rest);
    let instance =
        entry.site.as_ref().map_or(instance.into(), |site| Cow::from(sites::beside(instance, site)));
    // Not every server with this API tells it.
    let every =
        if scene.whole && target.interval > 0.0 { text::span(target.interval) } else { String::new() };
    let late = target.timeout > 0.0 && target.took >= target.timeout * NEARLY_LATE;
    let took = if scene.whole {
        let limit = if target.timeout > 0.0 { text::span(target.timeout) } else { "–".to_owned() };
        format!("{} / {limit}", text::took(target.took))
    } else {
        String::new()
    };
    let brought = entry.samples().filter(|_| scene.whole);
    let brought = brought.map_or_else(String::new, |count| format!("{count:.0}"));
    Row {
        sign: entry.state(),
        cells: vec![
            piece(&*target.job, Role::Text),
            piece(instance, Role::Text),
            outcome,
            piece(good, Role::Muted),
            piece(took, if late { Role::Warning } else { Role::Muted }),
            piece(brought, Role::Muted),
            piece(every, Role::Muted),
            piece(&*target.error, Role::Muted),
        ],
        stale: entry.stale,
    }
}

/// A scrape's error in the two or three words that tell it from the others.
pub fn short(target: &Target) -> Cow<'_, str> {
    let error = &*target.error;
    match target.error_class() {
        None => "down".into(),
        Some(ErrorClass::Refused) => "connection refused".into(),
        Some(ErrorClass::Dns) => "no such host".into(),
        Some(ErrorClass::Timeout) => format!("no answer in {}", text::span(target.timeout)).into(),
        Some(ErrorClass::Tls) => "TLS failed".into(),
        Some(ErrorClass::Http) => match error.split_once("HTTP status ") {
            Some((_, status)) => format!("HTTP {status}").into(),
            None => "HTTP error".into(),
        },
        Some(ErrorClass::Parse) => "no metrics in the answer".into(),
        Some(ErrorClass::Limit) => "over a scrape limit".into(),
        Some(ErrorClass::Other) => error.rsplit(": ").next().unwrap_or(error).into(),
    }
}

/// How well a target is, as its row says.
pub fn sign_of(target: &Target, hollow: bool) -> Sign {
    match target.health {
        TargetHealth::Up if hollow => HOLLOW,
        TargetHealth::Up => UP,
        TargetHealth::Down => DOWN,
        TargetHealth::Unknown => sign::UNKNOWN,
    }
}
