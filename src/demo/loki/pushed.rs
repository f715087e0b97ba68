//! What others push into the lab's Loki: kept beside what the script says, in the order in which it
//! came, which is the order of the live tail.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;
use tokio::sync::watch;

use super::super::script::logs::{Line, Stream};
use super::super::serve::{Answer, Ask};
use super::super::span::SECOND;
use super::TEXT;
use super::logql::Selection;
use crate::domain::labels::Labels;

/// So far ahead of the server's clock a line may be stamped, in seconds.
const GRACE: i64 = 600;

/// The longest line, in bytes.
const LONGEST: usize = 256 << 10;

/// The most lines that are kept.
const MOST: usize = 1_000_000;

/// Lines from outside.
#[derive(Debug)]
pub struct Pushed {
    kept: Mutex<Kept>,
    /// How many lines there are, for the tails that wait for more.
    count: watch::Sender<usize>,
    /// Loki 3 names a service for every stream, and keeps what a line has beside its text.
    is_three: bool,
}

#[derive(Debug, Default)]
struct Kept {
    /// The place of the first stream: before it stand those of the script.
    first: usize,
    streams: Vec<Stream>,
    /// In the order in which they came.
    lines: Vec<Line>,
    /// By time, then as they came.
    order: BTreeSet<(i64, usize)>,
}

#[derive(Deserialize)]
struct Push {
    #[serde(default)]
    streams: Vec<Batch>,
}

#[derive(Deserialize)]
struct Batch {
    stream: BTreeMap<String, String>,
    values: Vec<Value>,
}

#[derive(Deserialize)]
struct Value(String, String, #[serde(default)] BTreeMap<String, String>);

impl Pushed {
    /// Nothing was pushed yet; the script has so many streams.
    pub fn new(first: usize, is_three: bool) -> Self {
        let kept = Mutex::new(Kept { first, ..Kept::default() });
        Self { kept, count: watch::channel(0).0, is_three }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing panics while it holds this; if it did, what is kept would still be whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many lines came so far, and a way to wait for more.
    pub fn arrivals(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }

    /// The labels of a stream, by its place among all streams.
    pub fn labels(&self, stream: usize) -> Labels {
        let kept = self.kept();
        let found = stream.checked_sub(kept.first).and_then(|at| kept.streams.get(at));
        found.map(|stream| self.shown(stream).clone()).unwrap_or_default()
    }

    const fn shown<'s>(&self, stream: &'s Stream) -> &'s Labels {
        if self.is_three { &stream.labels } else { &stream.plain }
    }

    /// The labels of all streams.
    pub fn streams(&self) -> Vec<Labels> {
        self.kept().streams.iter().map(|stream| self.shown(stream).clone()).collect()
    }

    /// Lines of `range` that pass, oldest first or newest first, at most `limit`.
    pub fn lines(&self, range: &Range<i64>, selection: &Selection, forward: bool, limit: usize) -> Vec<Line> {
        let kept = self.kept();
        if range.is_empty() {
            return Vec::new();
        }
        let found = kept.order.range((range.start, 0)..(range.end, 0)).map(|(_, at)| *at);
        let passes = |at: usize| kept.lines.get(at).filter(|line| kept.passes(line, selection)).cloned();
        if forward {
            found.filter_map(passes).take(limit).collect()
        } else {
            found.rev().filter_map(passes).take(limit).collect()
        }
    }

    /// Lines that pass and came after so many others.
    pub fn since(&self, count: usize, selection: &Selection) -> Vec<Line> {
        let kept = self.kept();
        let fresh = kept.lines.iter().skip(count);
        fresh.filter(|line| kept.passes(line, selection)).cloned().collect()
    }

    /// Takes what `ask` pushes.
    pub fn take(&self, ask: &Ask, now: DateTime<Utc>) -> Answer {
        let Ok(push) = serde_json::from_slice::<Push>(&ask.body) else {
            return wrong(StatusCode::BAD_REQUEST, "loghttp.PushRequest: unexpected token");
        };
        if push.streams.is_empty() {
            let text = "error at least one valid stream is required for ingestion";
            return wrong(StatusCode::UNPROCESSABLE_ENTITY, text);
        }
        let mut kept = self.kept();
        for batch in push.streams {
            if let Err(answer) = self.add(&mut kept, batch, now) {
                return answer;
            }
        }
        let count = kept.lines.len();
        drop(kept);
        self.count.send_replace(count);
        Answer::new(StatusCode::NO_CONTENT, "", "")
    }

    fn add(&self, kept: &mut Kept, batch: Batch, now: DateTime<Utc>) -> Result<(), Answer> {
        let refused = |text: String| Err(wrong(StatusCode::BAD_REQUEST, &text));
        if let Some(text) = bad_name(&batch.stream) {
            return refused(text);
        }
        let latest = now.timestamp_nanos_opt().unwrap_or(i64::MAX).saturating_add(GRACE * SECOND);
        let stream = kept.stream(batch.stream, self.is_three);
        let labels = kept.streams.get(stream).map(|stream| stream.labels.clone()).unwrap_or_default();
        for Value(at, text, more) in batch.values {
            let Ok(at) = at.parse::<i64>() else { return refused(format!("invalid timestamp {at:?}")) };
            if at > latest {
                let at = DateTime::from_timestamp_nanos(at).to_rfc3339_opts(SecondsFormat::Secs, true);
                return refused(format!("entry for stream '{labels}' has timestamp too new: {at}"));
            }
            if text.len() > LONGEST {
                let length = text.len();
                return refused(format!(
                    "max entry size '{LONGEST}' bytes exceeded for stream '{labels}' while adding an entry with \
                     length '{length}' bytes"
                ));
            }
            if !more.is_empty() && !self.is_three {
                return refused(
                    "stream contains structured metadata, which schema v12 does not keep".to_owned(),
                );
            }
            if kept.lines.len() >= MOST {
                return Err(wrong(StatusCode::TOO_MANY_REQUESTS, "ingestion rate limit exceeded"));
            }
            let (stream, more) = (kept.first + stream, more.into_iter().collect());
            kept.add(Line { at, stream, level: level(&text), text, more });
        }
        Ok(())
    }
}

fn wrong(status: StatusCode, text: &str) -> Answer {
    Answer::new(status, TEXT, format!("{text}\n"))
}

impl Kept {
    fn passes(&self, line: &Line, selection: &Selection) -> bool {
        let stream = line.stream.checked_sub(self.first).and_then(|at| self.streams.get(at));
        stream.is_some_and(|stream| selection.selects(&stream.labels)) && selection.passes(&line.text)
    }

    /// The place of a stream among those from outside.
    fn stream(&mut self, plain: BTreeMap<String, String>, names_services: bool) -> usize {
        let plain: Labels = plain.into_iter().collect();
        if let Some(known) = self.streams.iter().position(|stream| stream.plain == plain) {
            return known;
        }
        let service = ["service_name", "service", "app", "application", "name", "job"];
        let service = service.iter().find_map(|name| plain.get(name)).unwrap_or("unknown_service").to_owned();
        let labels = if names_services && plain.get("service_name").is_none() {
            plain.iter().chain([("service_name", service.as_str())]).collect()
        } else {
            plain.clone()
        };
        self.streams.push(Stream { labels, plain });
        self.streams.len() - 1
    }

    /// Keeps a line, unless it is there already.
    fn add(&mut self, line: Line) {
        let same = self.order.range((line.at, 0)..(line.at + 1, 0)).map(|(_, at)| *at);
        if same.filter_map(|at| self.lines.get(at)).any(|have| *have == line) {
            return;
        }
        self.order.insert((line.at, self.lines.len()));
        self.lines.push(line);
    }
}

/// Why Loki would not take these labels.
fn bad_name(labels: &BTreeMap<String, String>) -> Option<String> {
    labels.keys().find_map(|name| {
        let at = name.find(|char: char| !char.is_ascii_alphanumeric() && char != '_')?;
        let char = name.get(at..)?.chars().next()?;
        let column = at + 2;
        Some(format!(
            "couldn't parse labels: 1:{column}: parse error: unexpected character inside braces: '{char}'"
        ))
    })
}

/// The level that Loki finds in a text.
fn level(text: &str) -> &'static str {
    let text = text.to_ascii_lowercase();
    let words = ["fatal", "critical", "error", "warn", "info", "debug", "trace"];
    words.into_iter().find(|word| text.contains(word)).unwrap_or("unknown")
}
