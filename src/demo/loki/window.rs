//! The span that a query looks at: times, limit and direction, and what the server refuses of them.

use std::ops::Range;

use chrono::{DateTime, Utc};

use super::super::script::logs::{KEPT, Logs};
use super::super::serve::Ask;
use super::super::span::{self, SECOND};

/// The server's limits.
const MOST_LINES: i64 = 5_000;
pub const LONGEST_RANGE: i64 = (30 * 24 + 1) * 3_600 * SECOND;

/// The span that a query looks at, and how.
#[derive(Debug)]
pub struct Window {
    /// As asked, in nanoseconds.
    pub asked: Range<i64>,
    /// The part of it that has lines.
    pub kept: Range<i64>,
    pub limit: usize,
    pub forward: bool,
}

impl Window {
    /// Reads it from the parameters; the error is Loki's text.
    pub fn read(ask: &Ask, now: DateTime<Utc>) -> Result<Self, String> {
        let now = now.timestamp_nanos_opt().unwrap_or(0);
        let end = time(ask, "end")?.unwrap_or(now);
        let since = ask.get("since").and_then(span::parse).unwrap_or(3_600 * SECOND);
        let start = time(ask, "start")?.unwrap_or(end - since);
        let limit = limit(ask)?;
        let forward = match ask.get("direction").unwrap_or("").to_ascii_lowercase().as_str() {
            "" | "backward" => false,
            "forward" => true,
            _ => return Err(format!("invalid direction '{}'", ask.get("direction").unwrap_or(""))),
        };
        if end < start {
            return Err("end timestamp must not be before or equal to start time".to_owned());
        }
        if limit > MOST_LINES {
            return Err(format!(
                "max entries limit per query exceeded, limit > max_entries_limit_per_query ({limit} > {MOST_LINES})"
            ));
        }
        if end - start > LONGEST_RANGE {
            return Err(too_long(end - start));
        }
        let kept = kept(start..end, now);
        Ok(Self { asked: start..end, kept, limit: usize::try_from(limit).unwrap_or(100), forward })
    }
}

/// The part of a span of which there are lines.
pub fn kept(span: Range<i64>, now: i64) -> Range<i64> {
    span.start.max(now - KEPT * SECOND)..span.end.min(Logs::end(now))
}

/// Why a span is refused.
pub fn too_long(span: i64) -> String {
    let minutes = span / SECOND / 60;
    let (hours, minutes, seconds) = (minutes / 60, minutes % 60, span / SECOND % 60);
    let fraction = match span % SECOND {
        0 => String::new(),
        rest => format!(".{rest:09}").trim_end_matches('0').to_owned(),
    };
    format!(
        "the query time range exceeds the limit (query length: {hours}h{minutes}m{seconds}{fraction}s, limit: 30d1h)"
    )
}

/// How many lines are asked for.
pub fn limit(ask: &Ask) -> Result<i64, String> {
    let Some(text) = ask.get("limit").filter(|text| !text.is_empty()) else { return Ok(100) };
    let number = text.parse().map_err(|_| format!("strconv.Atoi: parsing {text:?}: invalid syntax"))?;
    if number < 1 { Err("limit must be a positive value".to_owned()) } else { Ok(number) }
}

/// A time in nanoseconds: up to ten digits are seconds, more are nanoseconds already; with a dot
/// they are seconds with a fraction.
pub fn time(ask: &Ask, name: &str) -> Result<Option<i64>, String> {
    let Some(text) = ask.get(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    let number = if text.contains('.') && !text.contains(':') {
        text.parse().ok().map(span::nanoseconds)
    } else {
        text.parse::<i64>().ok().map(|number| if text.len() <= 10 { number * SECOND } else { number })
    };
    let at = number.or_else(|| DateTime::parse_from_rfc3339(text).ok()?.timestamp_nanos_opt());
    let wrong =
        || format!("could not parse '{name}' parameter: strconv.ParseInt: parsing {text:?}: invalid syntax");
    at.map(Some).ok_or_else(wrong)
}
