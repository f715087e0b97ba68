//! What Loki says, turned into lines. Anything may be missing from an answer, every text is
//! somebody else's.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::level;
use super::seen::Key;
use crate::domain::instant;
use crate::domain::labels::{Interner, Labels};
use crate::domain::log::Line;
use crate::domain::question::Series;
use crate::sources::wire::Wrong;
use crate::text::{LONGEST, bytes, sanitise};

/// A query that brings numbers.
const METRIC: &str = "the query of a tail must ask for lines";

/// A line, and what tells it from others.
#[derive(Debug)]
pub(super) struct Row {
    pub line: Line,
    pub key: Key,
}

/// One message of the live tail.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Its lines, in no order.
    pub rows: Vec<Row>,
    /// What the server could not send: the first time in nanoseconds, and how many lines.
    pub dropped: Option<(i64, u64)>,
}

type Map = BTreeMap<String, String>;

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow)]
    streams: Option<Vec<Stream<'a>>>,
    dropped_entries: Option<Vec<Dropped<'a>>>,
}

#[derive(Deserialize)]
struct Stream<'a> {
    #[serde(default)]
    stream: Map,
    #[serde(borrow, default)]
    values: Vec<Value<'a>>,
}

/// Nanoseconds, text, and, if the server knows the flag, what does not belong to the stream.
#[derive(Deserialize)]
struct Value<'a>(
    #[serde(borrow)] Cow<'a, str>,
    #[serde(borrow)] Cow<'a, str>,
    #[serde(default)] Option<Extra>,
);

#[derive(Default, Deserialize)]
struct Extra {
    #[serde(default, rename = "structuredMetadata")]
    metadata: Map,
    #[serde(default)]
    parsed: Map,
}

#[derive(Deserialize)]
struct Dropped<'a> {
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Answer<T> {
    status: String,
    data: Option<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind<'a> {
    #[serde(borrow)]
    result_type: Cow<'a, str>,
    #[serde(rename = "result")]
    _result: IgnoredAny,
}

#[derive(Deserialize)]
struct Streams<'a> {
    #[serde(borrow)]
    result: Option<Vec<Stream<'a>>>,
}

#[derive(Deserialize)]
struct Matrix {
    #[serde(default)]
    result: Vec<Along>,
}

#[derive(Deserialize)]
struct Along {
    #[serde(default)]
    metric: Map,
    #[serde(default)]
    values: Vec<(f64, String)>,
}

#[derive(Deserialize)]
struct Build {
    version: String,
}

/// Reads a message of the tail.
pub(super) fn frame(body: &str) -> Result<Batch, Wrong> {
    let frame: Frame<'_> = serde_json::from_str(body).map_err(Wrong::strange)?;
    let dropped = frame.dropped_entries.filter(|dropped| !dropped.is_empty()).map(|dropped| {
        let first = dropped.iter().filter_map(|entry| entry.timestamp.parse().ok()).min();
        (first.unwrap_or(0), dropped.len() as u64)
    });
    Ok(Batch { rows: rows(frame.streams)?, dropped })
}

/// Reads the lines of `query_range`, oldest first.
pub(super) fn page(body: &str) -> Result<Vec<Row>, Wrong> {
    let answer: Answer<Kind<'_>> = serde_json::from_str(body).map_err(Wrong::strange)?;
    match answer.data {
        _ if answer.status != "success" => return Err(Wrong::strange("no success")),
        None => return Ok(Vec::new()),
        Some(Kind { result_type, .. }) => match &*result_type {
            "streams" => {}
            "matrix" | "vector" | "scalar" => return Err(Wrong::Refused(METRIC.to_owned())),
            other => return Err(Wrong::strange(format!("{other:?} is no kind of result"))),
        },
    }
    let answer: Answer<Streams<'_>> = serde_json::from_str(body).map_err(Wrong::strange)?;
    let mut rows = rows(answer.data.and_then(|data| data.result))?;
    rows.sort_by_key(|row| row.line.at);
    Ok(rows)
}

/// Reads numbers along a time. A level may be told in two ways: the one that Loki found counts.
#[expect(clippy::cast_possible_truncation, reason = "a cast of a float saturates, and no time is beyond it")]
pub(super) fn matrix(body: &str) -> Result<Vec<Series>, Wrong> {
    let answer: Answer<Matrix> = serde_json::from_str(body).map_err(Wrong::strange)?;
    if answer.status != "success" {
        return Err(Wrong::strange("no success"));
    }
    let mut names = Interner::default();
    let series = answer.data.map(|data| data.result).unwrap_or_default().into_iter().map(|series| {
        let point = |(at, value): (f64, String)| {
            let at = instant::of_milliseconds((at * 1000.0) as i64)?;
            Some((at, value.parse().ok()?))
        };
        let points = series.values.into_iter().filter_map(point).collect();
        Series { labels: clean(&series.metric, &mut names), points }
    });
    Ok(series.collect())
}

/// Reads what a parser made of a query.
pub(super) fn pretty(body: &str) -> Result<(), Wrong> {
    let answer: Answer<String> = serde_json::from_str(body).map_err(Wrong::strange)?;
    if answer.status == "success" { Ok(()) } else { Err(Wrong::strange("no success")) }
}

/// Reads the names of the labels.
pub(super) fn labels(body: &str) -> Result<Vec<String>, Wrong> {
    let answer: Answer<Vec<String>> = serde_json::from_str(body).map_err(Wrong::strange)?;
    Ok(answer.data.unwrap_or_default())
}

/// Reads the server's version.
pub(super) fn version(body: &str) -> Result<String, Wrong> {
    let build: Build = serde_json::from_str(body).map_err(Wrong::strange)?;
    Ok(sanitise(&build.version).into_owned())
}

fn rows(streams: Option<Vec<Stream<'_>>>) -> Result<Vec<Row>, Wrong> {
    let mut names = Interner::default();
    let mut rows = Vec::new();
    // The tail repeats a stream's labels with every line of it, and what is known of a line is mostly
    // known of many: there is one of each.
    let mut known: HashMap<Map, Labels> = HashMap::new();
    let mut more = Labels::default();
    for stream in streams.unwrap_or_default() {
        let labels = match known.get(&stream.stream) {
            Some(labels) => labels.clone(),
            None => clean(&stream.stream, &mut names),
        };
        for value in &stream.values {
            rows.push(row(&stream.stream, &labels, value, &mut more)?);
        }
        known.insert(stream.stream, labels);
    }
    Ok(rows)
}

/// What is known of a line beside its stream; `last` is what was known of the one before it.
fn more_of(extra: &Extra, last: &mut Labels) -> Labels {
    if extra.metadata.is_empty() && extra.parsed.is_empty() {
        return Labels::default();
    }
    let all = || {
        extra
            .metadata
            .iter()
            .chain(extra.parsed.iter().filter(|(name, _)| !extra.metadata.contains_key(*name)))
    };
    let is_last = all().count() == last.len() && all().all(|(name, value)| last.get(name) == Some(value));
    if !is_last {
        *last =
            all().map(|(name, value)| (sanitise(name).into_owned(), sanitise(value).into_owned())).collect();
    }
    last.clone()
}

fn clean(map: &Map, names: &mut Interner) -> Labels {
    map.iter().map(|(name, value)| (names.intern(&sanitise(name)), names.intern(&sanitise(value)))).collect()
}

/// A line's text, harmless. One of megabytes is cut, and says so.
fn shown(raw: &str) -> Cow<'_, str> {
    let text = sanitise(raw);
    if raw.len() <= LONGEST {
        return text;
    }
    format!("{text}… cut, {} in all", bytes(raw.len() as u64)).into()
}

fn row(
    stream: &Map,
    labels: &Labels,
    Value(at, raw, extra): &Value<'_>,
    last: &mut Labels,
) -> Result<Row, Wrong> {
    let at: i64 = at.parse().map_err(|_| Wrong::strange(format!("{at:?} is no time in nanoseconds")))?;
    let none = Extra::default();
    let extra = extra.as_ref().unwrap_or(&none);
    let text = shown(raw);
    let level = [stream, &extra.metadata, &extra.parsed]
        .iter()
        .find_map(|map| level::labelled(map))
        .unwrap_or_else(|| level::in_text(&text));
    let hash = |seed: u8| {
        let mut hash = DefaultHasher::new();
        (seed, stream, raw, &extra.metadata).hash(&mut hash);
        u128::from(hash.finish())
    };
    let key = Key { at, hash: hash(0) << 64 | hash(1) };
    let more = more_of(extra, last);
    Ok(Row { line: Line { more, ..Line::new(at, labels.clone(), text, level) }, key })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::log::Level;

    #[test]
    fn a_value_may_have_two_or_three_elements() {
        let body = r#"{"streams":[{"stream":{"job":"a"},"values":[["1","x"],["2","y",{"structuredMetadata":{"detected_level":"warn"}}],["3","z",{}]]}]}"#;
        let batch = frame(body).expect("a frame");
        let levels: Vec<Level> = batch.rows.iter().map(|row| row.line.level).collect();
        assert_eq!(levels, [Level::Unknown, Level::Warning, Level::Unknown]);
        assert_eq!(batch.dropped, None);
    }

    #[test]
    fn lines_that_differ_in_anything_are_two() {
        let key = |body: &str| frame(body).expect("a frame").rows.remove(0).key;
        let plain = key(r#"{"streams":[{"stream":{"job":"a"},"values":[["1","x"]]}]}"#);
        let same = key(r#"{"streams":[{"stream":{"job":"a"},"values":[["1","x",{"parsed":{"y":"1"}}]]}]}"#);
        assert_eq!(plain, same, "what is parsed out of a line is no part of it");
        for other in [
            r#"{"streams":[{"stream":{"job":"b"},"values":[["1","x"]]}]}"#,
            r#"{"streams":[{"stream":{"job":"a"},"values":[["1","y"]]}]}"#,
            r#"{"streams":[{"stream":{"job":"a"},"values":[["1","x",{"structuredMetadata":{"id":"1"}}]]}]}"#,
        ] {
            assert_ne!(plain, key(other), "{other}");
        }
    }

    #[test]
    fn whatever_a_line_holds_it_is_shown_safely() {
        let line = |text: &str| {
            let body =
                serde_json::json!({ "streams": [{ "stream": { "job": "a" }, "values": [["1", text]] }] });
            frame(&body.to_string()).expect("a frame").rows.remove(0).line
        };
        let huge = line(&"x".repeat(5 << 20));
        assert!(huge.text.len() < 70_000 && huge.text.ends_with("… cut, 5.0M in all"), "{}", huge.text.len());
        for (raw, text, level) in [
            ("\u{1b}[1;31mERROR\u{1b}[0m disk", "ERROR disk", Level::Error),
            ("\u{1b}[33mlevel\u{1b}[0m=warn x=1", "level=warn x=1", Level::Warning),
            ("{\"level\": \"\u{1b}[36minfo\u{1b}[0m\"}", "{\"level\": \"info\"}", Level::Info),
            ("\u{1b}]52;c;aGk=\u{7}x", "·]52;c;aGk=·x", Level::Unknown),
            ("a\0b\tc 10%\r20%\r100%", "a·b c 10% 20% 100%", Level::Unknown),
            ("bad \u{fffd} bytes", "bad \u{fffd} bytes", Level::Unknown),
        ] {
            let line = line(raw);
            assert_eq!((&*line.text, line.level), (text, level), "{raw:?}");
        }
    }

    #[test]
    fn numbers_along_a_time_are_read() {
        let body = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"detected_level":"error"},"values":[[1795206747,"3"],[1795206748.5,"NaN"]]}]}}"#;
        let series = matrix(body).expect("numbers");
        assert_eq!(series[0].labels.get("detected_level"), Some("error"));
        assert_eq!(series[0].points[0].1.to_string(), "3");
        assert_eq!(series[0].points[1].0.timestamp_subsec_millis(), 500);
        assert!(matches!(matrix("<html>"), Err(Wrong::Strange(_))));
    }

    #[test]
    fn what_is_no_answer_is_told() {
        assert!(matches!(frame("<html>"), Err(Wrong::Strange(_))));
        assert!(matches!(
            frame(r#"{"streams":[{"stream":{},"values":[["x","y"]]}]}"#),
            Err(Wrong::Strange(_))
        ));
        assert!(matches!(page(r#"{"status":"error"}"#), Err(Wrong::Strange(_))));
        assert_eq!(page(r#"{"status":"success"}"#).map(|rows| rows.len()), Ok(0));
        let matrix = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"2"]]}]}}"#;
        assert!(matches!(page(matrix), Err(Wrong::Refused(_))));
        let names = r#"{"status":"success","data":["app","nas"]}"#;
        assert!(matches!(page(names), Err(Wrong::Strange(_))), "a list is no object");
        assert_eq!(labels(r#"{"status":"success"}"#), Ok(Vec::new()));
    }
}
