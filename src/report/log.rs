//! Log lines, and what is missing between them, as text and as lines of JSON.

use std::io::{self, Write};

use chrono::{DateTime, SecondsFormat};
use serde::Serialize;

use super::SCHEMA;
use crate::domain::labels::Labels;
use crate::domain::log::{Entry, Level, Line};

/// What stands in a line of JSON.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Said<'a> {
    Line { schema: u32, time: String, level: Level, labels: &'a Labels, metadata: &'a Labels, text: &'a str },
    Gap { schema: u32, from: String, to: String },
    Dropped { schema: u32, time: String, at_least: u64 },
    Skipped { schema: u32, from: String, to: String, count: u64 },
}

/// A time in nanoseconds since 1970, as RFC 3339 with all of them.
pub fn log_time(at: i64) -> String {
    DateTime::from_timestamp_nanos(at).to_rfc3339_opts(SecondsFormat::Nanos, true)
}

/// Writes an entry as a line of JSON.
///
/// # Errors
/// When it cannot be written.
pub fn log_json(entry: &Entry, to: &mut impl Write) -> io::Result<()> {
    let said = match entry {
        Entry::Line(line) => Said::Line {
            schema: SCHEMA,
            time: log_time(line.at),
            level: line.level,
            labels: &line.stream,
            metadata: &line.more,
            text: &line.text,
        },
        Entry::Gap { from, to } => Said::Gap { schema: SCHEMA, from: log_time(*from), to: log_time(*to) },
        Entry::Dropped { at, count } => {
            Said::Dropped { schema: SCHEMA, time: log_time(*at), at_least: *count }
        }
        Entry::Skipped { from, to, count } => {
            Said::Skipped { schema: SCHEMA, from: log_time(*from), to: log_time(*to), count: *count }
        }
    };
    serde_json::to_writer(&mut *to, &said)?;
    to.write_all(b"\n")
}

/// Writes an entry as text; what is missing as a line that begins with `#`.
///
/// # Errors
/// When it cannot be written.
pub fn log_text(entry: &Entry, to: &mut impl Write) -> io::Result<()> {
    match entry {
        Entry::Line(line) => log_line(line, ("", ""), to),
        Entry::Gap { from, to: until } => {
            writeln!(to, "# gap: lines may be missing from {} to {}", log_time(*from), log_time(*until))
        }
        Entry::Dropped { at, count } => {
            writeln!(to, "# dropped: the server left out {count} lines or more at {}", log_time(*at))
        }
        Entry::Skipped { from, to: until, count: 0 } => {
            writeln!(to, "# there are more lines from {} to {}", log_time(*from), log_time(*until))
        }
        Entry::Skipped { from, to: until, count } => {
            writeln!(to, "# {count} lines are left out from {} to {}", log_time(*from), log_time(*until))
        }
    }
}

/// Writes a line as text; its own text between what switches a colour on and off.
///
/// # Errors
/// When it cannot be written.
pub fn log_line(line: &Line, (on, off): (&str, &str), to: &mut impl Write) -> io::Result<()> {
    let at = line.time().to_rfc3339_opts(SecondsFormat::Millis, true);
    writeln!(to, "{at} {:<8} {} {on}{}{off}", line.level, line.stream, line.text)
}
