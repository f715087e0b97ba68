//! What `wardroom due` says.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::SCHEMA;
use super::rows::round;
use crate::domain::feed::seconds;
use crate::domain::horizon::{self, Due, Kind, When};
use crate::domain::store::Store;
use crate::text;

/// What comes due within a span. Serialised it is schema 1.
#[derive(Clone, Debug, Serialize)]
pub struct Horizon {
    /// [`SCHEMA`].
    pub schema: u32,
    /// When it was measured.
    pub at: DateTime<Utc>,
    /// How far was looked, in seconds.
    pub within: f64,
    /// What comes due: what is overdue first, then what is due now, what nobody can say, then by date.
    pub due: Vec<DueRow>,
    /// The first of all that comes later.
    pub next: Option<DueRow>,
}

/// Something that comes due.
#[derive(Clone, Debug, Serialize)]
pub struct DueRow {
    /// What kind of end.
    pub kind: Kind,
    /// Of what.
    pub what: Arc<str>,
    /// What happens then.
    pub then: Arc<str>,
    /// When; what is due now bears the time of the look; null when nobody can say.
    pub at: Option<DateTime<Utc>>,
    /// Seconds until then, negative when it is past; null when nobody can say.
    pub left: Option<f64>,
    /// Why nobody can say; null when it is known.
    pub unknown: Option<Arc<str>>,
}

impl DueRow {
    fn of(due: &Due, now: DateTime<Utc>) -> Self {
        let (at, unknown) = match &due.at {
            When::At(at) => (Some(*at), None),
            When::Now(_) => (Some(now), None),
            When::Unknown(why) => (None, Some(Arc::clone(why))),
        };
        let then = match &due.at {
            When::Now(why) => format!("{}: {why}", due.then).into(),
            _ => Arc::clone(&due.then),
        };
        Self {
            kind: due.kind,
            what: Arc::clone(&due.what),
            then,
            at,
            left: at.map(|at| round(seconds(at - now))),
            unknown,
        }
    }

    /// When, for people.
    fn when(&self, now: DateTime<Utc>) -> String {
        match self.at {
            Some(at) if at == now => "now".to_owned(),
            Some(at) if at < now => format!("overdue {}", text::age(now - at)),
            Some(at) => format!("in {}", text::age(at - now)),
            None => "unknown".to_owned(),
        }
    }
}

impl Horizon {
    /// What `store` knows at `now` of what comes due `within` a span.
    pub fn of(store: &Store, within: TimeDelta, now: DateTime<Utc>) -> Self {
        let (near, far): (Vec<Due>, Vec<Due>) =
            horizon::horizon(store, now).into_iter().partition(|due| due.is_within(within, now));
        Self {
            schema: SCHEMA,
            at: now,
            within: seconds(within),
            due: near.iter().map(|due| DueRow::of(due, now)).collect(),
            next: far.first().map(|due| DueRow::of(due, now)),
        }
    }

    /// What a program may go by: 2 when something is overdue, else 3 when something cannot be said,
    /// else 1 when something comes due or is due now, else 0.
    pub fn exit_code(&self) -> u8 {
        let is_overdue = |row: &DueRow| row.left.is_some_and(|left| left < 0.0);
        if self.due.iter().any(is_overdue) {
            2
        } else if self.due.iter().any(|row| row.unknown.is_some()) {
            3
        } else {
            u8::from(!self.due.is_empty())
        }
    }

    /// For programs.
    pub fn json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// For people: a line for each, and what comes next after them.
    pub fn text(&self) -> String {
        let mut told = String::new();
        let widest = |words: &dyn Fn(&DueRow) -> usize| self.due.iter().map(words).max().unwrap_or(0).min(40);
        let what = widest(&|row| text::width(&row.what));
        let when = widest(&|row| text::width(&row.when(self.at)));
        for row in &self.due {
            let pad = " ".repeat(what.saturating_sub(text::width(&row.what)));
            let day = row.at.map_or_else(|| "          ".to_owned(), |at| at.format("%Y-%m-%d").to_string());
            let why = row.unknown.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            let kind = row.kind.as_ref();
            let line = format!(
                "{day}  {:when$}  {kind:<11}  {}{pad}  {}{why}",
                row.when(self.at),
                row.what,
                row.then
            );
            let _infallible = writeln!(told, "{}", line.trim_end());
        }
        let span = text::span(self.within);
        if self.due.is_empty() {
            let _infallible = writeln!(told, "nothing comes due within {span}");
        }
        if let Some(next) = &self.next {
            let when = next.when(self.at);
            let _infallible = writeln!(told, "next after {span}: {} {} {when}", next.what, next.then);
        }
        told
    }
}
