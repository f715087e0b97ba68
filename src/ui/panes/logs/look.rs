//! Lines that a server was asked for: around an alert or a line, or of a query that was typed. They
//! are walked through like those of a tail, but do not move.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::feed::SourceId;
use crate::domain::labels::Labels;
use crate::domain::log::pattern::Patterns;
use crate::domain::log::selector::exactly;
use crate::domain::log::{Entry, Level, Line, RingLimits, Tail};
use crate::domain::question::{Answer, Ask, Known, Question, Series, Window};
use crate::ui::scene::Scene;

const SECOND: i64 = 1_000_000_000;
const HOUR: i64 = 3_600 * SECOND;

/// The spans that `+` and `-` go through, in seconds.
const SPANS: [i64; 11] = [60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800];

/// Lines on each side at the most.
const LIMIT: u32 = 2_500;

/// Lines of before, for what is new.
const EARLIER: u32 = 5_000;

/// Bars of the volume.
const BARS: i64 = 60;

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Look {
    source: SourceId,
    /// What it is about: `HostDown vm102`.
    pub name: String,
    /// The alert whose logs these are, until its labels have become a query.
    alert: Option<Labels>,
    query: Option<Arc<str>>,
    /// The instant that it is around, in nanoseconds; else it ends at `end`.
    pub pivot: Option<i64>,
    end: i64,
    /// Its place in [`SPANS`].
    span: usize,
    /// The lines.
    pub tail: Tail,
    filled: Vec<bool>,
    earlier: Option<Patterns>,
    /// It goes by a name of the operator's.
    pub is_named: bool,
    /// Why there is nothing to be seen.
    pub fault: Option<String>,
}

impl Look {
    fn new(source: SourceId, name: String, query: Option<Arc<str>>, now: DateTime<Utc>) -> Self {
        let end = now.timestamp_nanos_opt().unwrap_or(i64::MAX - HOUR);
        let tail = empty();
        let filled = Vec::new();
        Self {
            source,
            name,
            alert: None,
            query,
            pivot: None,
            end,
            span: 4,
            tail,
            filled,
            earlier: None,
            is_named: false,
            fault: None,
        }
    }

    /// The logs of an alert around its start.
    pub fn at_alert(
        source: SourceId,
        name: String,
        labels: Labels,
        start: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Self {
        let pivot = start.timestamp_nanos_opt();
        Self { alert: Some(labels), pivot, span: 2, ..Self::new(source, name, None, now) }
    }

    /// What stands around a line in its stream, also what was never received.
    pub fn around(source: SourceId, line: &Line, now: DateTime<Utc>) -> Self {
        let query = exactly(&line.stream).into();
        Self { pivot: Some(line.at), span: 1, ..Self::new(source, "context".to_owned(), Some(query), now) }
    }

    /// The newest lines of a query.
    pub fn of_query(source: SourceId, query: &str, now: DateTime<Utc>) -> Self {
        Self::new(source, String::new(), Some(query.into()), now)
    }

    /// The same under a name of the operator's.
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self.is_named = true;
        self
    }

    /// The same around another time, in nanoseconds.
    pub fn moved_to(mut self, time: i64) -> Self {
        self.pivot = Some(time);
        self.forget();
        self
    }

    /// Another span around the same; `false` at the last one.
    pub fn widen(&mut self, longer: bool) -> bool {
        let span = if longer { self.span + 1 } else { self.span.wrapping_sub(1) };
        if span >= SPANS.len() {
            return false;
        }
        self.span = span;
        self.forget();
        true
    }

    fn forget(&mut self) {
        self.tail = empty();
        self.filled.clear();
        self.earlier = None;
    }

    /// The LogQL, once it is known.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// Whose lines these are.
    pub const fn source(&self) -> &SourceId {
        &self.source
    }

    /// The span, in seconds.
    pub fn span(&self) -> i64 {
        SPANS.get(self.span).copied().unwrap_or(3_600)
    }

    /// From when to when, in nanoseconds.
    pub fn range(&self) -> (i64, i64) {
        let span = self.span() * SECOND;
        match self.pivot {
            Some(pivot) => (pivot - span, (pivot + span).min(self.end.max(pivot + SECOND))),
            None => (self.end - span, self.end),
        }
    }

    /// Whether everything was answered.
    pub fn is_filled(&self) -> bool {
        !self.filled.is_empty() && self.filled.iter().all(|filled| *filled)
    }

    fn ask(&self, slot: &'static str, question: Question) -> Ask {
        Ask { slot: slot.into(), source: self.source.clone(), question }
    }

    fn windows(&self) -> Vec<Ask> {
        let Some(query) = &self.query else { return Vec::new() };
        let (from, to) = self.range();
        let window = |from, to, newest| Window { query: Arc::clone(query), from, to, limit: LIMIT, newest };
        match self.pivot {
            Some(pivot) => vec![
                self.ask("logs.before", Question::Lines(window(from, pivot, true))),
                self.ask("logs.after", Question::Lines(window(pivot, to, false))),
            ],
            None => vec![self.ask("logs.lines", Question::Lines(window(from, to, true)))],
        }
    }

    fn before(&self) -> Option<Ask> {
        let (Some(query), Some(pivot), Some(_)) = (&self.query, self.pivot, &self.alert) else { return None };
        let query = Arc::clone(query);
        let window = Window {
            query,
            from: pivot - HOUR - self.span() * SECOND,
            to: self.range().0,
            limit: EARLIER,
            newest: true,
        };
        Some(self.ask("logs.earlier", Question::Lines(window)))
    }

    fn volume(&self) -> Option<Ask> {
        let query = Arc::clone(self.query.as_ref()?);
        let (from, to) = self.range();
        let step = u32::try_from((to - from) / SECOND / BARS).unwrap_or(1).max(1);
        let [from, to] = [from, to].map(DateTime::from_timestamp_nanos);
        Some(self.ask("logs.volume", Question::Volume { query, from, to, step }))
    }

    /// What is to be asked.
    pub fn wants(&self) -> Vec<Ask> {
        if self.query.is_none() && self.fault.is_none() {
            return vec![self.ask("logs.labels", Question::Labels)];
        }
        self.windows().into_iter().chain(self.before()).chain(self.volume()).collect()
    }

    /// Takes in what was answered; whether it is whole now and was not before.
    pub fn advance(&mut self, scene: &Scene<'_>) -> bool {
        if let (None, None, Some(labels)) = (&self.query, &self.fault, &self.alert) {
            match scene.answers.get(&self.ask("logs.labels", Question::Labels)) {
                Known::Answer(Answer::Names(have)) => {
                    match scene.store.thresholds.log_labels.selector(labels, have) {
                        Some(query) => self.query = Some(query.into()),
                        None => {
                            self.fault = Some(
                                "no label of this alert is one of Loki's: Q asks by a query of yours, [[logs.labels]] \
                                 in the config maps them"
                                    .to_owned(),
                            );
                        }
                    }
                }
                Known::Failed(failure) => self.fault = Some(failure.text.to_string()),
                _ => {}
            }
            return false;
        }
        let was_filled = self.is_filled();
        let windows = self.windows();
        self.filled.resize(windows.len(), false);
        for (at, ask) in windows.iter().enumerate() {
            if self.filled.get(at).is_none_or(|filled| *filled) {
                continue;
            }
            match scene.answers.get(ask) {
                Known::Answer(Answer::Lines(lines)) => {
                    self.take(lines, ask);
                    if let Some(filled) = self.filled.get_mut(at) {
                        *filled = true;
                    }
                }
                Known::Failed(failure) => self.fault = Some(failure.text.to_string()),
                _ => {}
            }
        }
        if let (None, Some(ask)) = (&self.earlier, self.before())
            && let Known::Answer(Answer::Lines(lines)) = scene.answers.get(&ask)
        {
            self.earlier = Some(Patterns::of(lines.iter()));
        }
        !was_filled && self.is_filled()
    }

    fn take(&mut self, lines: &[Line], ask: &Ask) {
        self.fault = None;
        let Question::Lines(window) = &ask.question else { return };
        if lines.len() >= window.limit as usize {
            // What lies beyond is not here.
            let end = if window.newest { lines.first() } else { lines.last() };
            let at = end.map_or(window.from, |line| line.at);
            let (from, to) = if window.newest { (window.from, at - 1) } else { (at, window.to) };
            self.tail.extend([Entry::Skipped { from, to, count: 0 }]);
        }
        self.tail.extend(lines.iter().cloned().map(Entry::Line));
    }

    /// Whether a line's like did not occur in the hour before; never, while that is not known.
    pub fn is_new(&self, line: &Line) -> bool {
        self.earlier.as_ref().is_some_and(|earlier| earlier.lack(line))
    }

    /// How many lines are new; `None` while that is not known.
    pub fn news(&self) -> Option<usize> {
        let earlier = self.earlier.as_ref()?;
        let lines = self.tail.entries().iter();
        Some(lines.filter(|entry| matches!(entry, Entry::Line(line) if earlier.lack(line))).count())
    }

    /// How many lines of each level there were along the range, as the server counted them.
    pub fn counted<'a>(&self, scene: &Scene<'a>) -> Option<&'a [Series]> {
        match scene.answers.get(&self.volume()?) {
            Known::Answer(Answer::Series(series)) if !series.is_empty() => Some(series),
            _ => None,
        }
    }
}

/// The level that a series counts.
pub(super) fn level(series: &Series) -> Level {
    let named = ["detected_level", "level"].iter().find_map(|name| series.labels.get(name));
    named.map_or(Level::Unknown, Level::of)
}

fn empty() -> Tail {
    Tail::new("asked".into(), Arc::default(), RingLimits { lines: 20_000, bytes: 64 << 20 })
}
