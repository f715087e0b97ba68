//! A log line: its text, its fields, and what the server knows of it.

use super::{Description, labels, when};
use crate::domain::feed::SourceId;
use crate::domain::log::fields::fields;
use crate::domain::log::{Entry, Line, Tail};
use crate::ui::scene::{Scene, piece};
use crate::ui::widgets::prose::Prose;
use crate::ui::widgets::sign;

/// Describes a line of a tail.
pub(super) fn of_line(line: &Line, (source, tail): (&SourceId, &str), scene: &Scene<'_>) -> Description {
    let mut told = vec![Prose::plain(&*line.text), Prose::Blank];
    told.push(Prose::pair("time", when(line.time(), scene)));
    told.push(Prose::Pair("level".into(), vec![piece(line.level.as_ref(), sign::of_level(line.level))]));
    told.push(Prose::pair("tail", format!("{tail} of {source}")));
    let tails = scene.store.source(source).into_iter().flat_map(|source| &source.data.tails);
    if let Some(tail) = tails.into_iter().find(|have| &*have.name == tail) {
        told.push(Prose::pair("query", &*tail.query));
        told.push(Prose::pair("rate", of_stream(line, tail)));
    }
    let fields = fields(&line.text);
    if !fields.is_empty() {
        told.extend([Prose::Blank, Prose::Head("Fields".to_owned())]);
        told.extend(fields.into_iter().map(|(name, value)| Prose::pair(name, value)));
    }
    labels("Stream", &line.stream, &[], &mut told);
    labels("Metadata", &line.more, &[], &mut told);
    Description { sign: None, name: "Log line".into(), text: told }
}

/// How many lines of the same stream there were in the minute up to it, as far as they are kept.
fn of_stream(line: &Line, tail: &Tail) -> String {
    let entries = tail.entries();
    let until = entries.partition_point(|entry| entry.at() <= line.at);
    let since = entries.partition_point(|entry| entry.at() <= line.at.saturating_sub(MINUTE));
    let is_alike = |entry: &&Entry| matches!(entry, Entry::Line(other) if other.stream == line.stream);
    let count = entries.range(since.min(until)..until).filter(is_alike).count();
    format!("{count}/min in its stream")
}

/// In nanoseconds.
const MINUTE: i64 = 60_000_000_000;
