//! Loki: range and instant queries, labels, series and the live tail. Errors are plain text.

mod logql;
mod metric;
mod pushed;
pub mod tail;
mod window;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use axum::http::{HeaderMap, Method, StatusCode};
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Dialect;
use super::script::Script;
use super::script::logs::{Line, Logs, Stream, Wanted};
use super::serve::{Answer, Api, Ask};
use crate::domain::labels::Labels;
use logql::{Query, Selection};
use pushed::Pushed;
use window::Window;
use wire::{Data, Found, Listed, Server, Value, Wrong};

const JSON: &str = "application/json; charset=UTF-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// The header by which a client asks for labels in their categories.
const FLAGS: &str = "X-Loki-Response-Encoding-Flags";
const CATEGORIZE: &str = "categorize-labels";

/// The server.
#[derive(Debug)]
pub struct Loki {
    script: Arc<Script>,
    dialect: Dialect,
    pushed: Pushed,
    /// Tails that are open.
    tails: AtomicUsize,
}

impl Loki {
    pub fn new(script: Arc<Script>, dialect: Dialect) -> Self {
        let pushed = Pushed::new(script.logs.streams.len(), dialect == Dialect::Three);
        Self { script, dialect, pushed, tails: AtomicUsize::new(0) }
    }

    fn logs(&self) -> &Logs {
        &self.script.logs
    }

    /// The labels that this Loki indexes a stream by.
    const fn labels<'s>(&self, stream: &'s Stream) -> &'s Labels {
        match self.dialect {
            Dialect::Three => &stream.labels,
            Dialect::Two => &stream.plain,
        }
    }

    /// For each stream whether it is selected.
    fn selected(&self, selection: &Selection) -> Vec<bool> {
        self.logs().streams.iter().map(|stream| selection.selects(self.labels(stream))).collect()
    }

    /// Whether the client gets labels in their categories.
    fn categorizes(&self, headers: &HeaderMap) -> bool {
        let flags = headers.get(FLAGS).and_then(|flags| flags.to_str().ok()).unwrap_or("");
        self.dialect == Dialect::Three && flags.split(',').any(|flag| flag.trim() == CATEGORIZE)
    }

    fn query_range(&self, ask: &Ask, now: DateTime<Utc>) -> Result<Answer, String> {
        let window = Window::read(ask, now)?;
        match logql::parse(ask.get("query").unwrap_or(""))? {
            Query::Count(count) => metric::matrix(self, &count, &window, ask),
            Query::Lines(selection) => {
                let lines = self.lines(&selection, &window);
                Ok(self.streams(&lines, self.categorizes(&ask.headers)))
            }
        }
    }

    /// The lines of a window: newest first, or oldest first when it runs forward.
    fn lines(&self, selection: &Selection, window: &Window) -> Vec<Line> {
        let streams = self.selected(selection);
        let wanted = Wanted { streams: &streams, text: &|text| selection.passes(text) };
        let pushed = self.pushed.lines(&window.asked, selection, window.forward, window.limit);
        let mut lines = if window.forward {
            self.logs().oldest(&window.kept, &wanted, window.limit)
        } else {
            self.logs().newest(&window.kept, &wanted, window.limit)
        };
        if !pushed.is_empty() {
            lines.extend(pushed);
            lines.sort_by_key(|line| if window.forward { line.at } else { -line.at });
            lines.truncate(window.limit);
        }
        lines
    }

    /// The answer that holds lines, by stream.
    fn streams(&self, lines: &[Line], categorized: bool) -> Answer {
        let mut streams: BTreeMap<String, Found<'_>> = BTreeMap::new();
        for line in lines {
            let stream = self.stream(line, !categorized);
            let found =
                streams.entry(stream.to_string()).or_insert_with(|| Found { stream, values: Vec::new() });
            found.values.push(Value::of(line, categorized));
        }
        let flags = categorized.then_some([CATEGORIZE]);
        let found: Vec<_> = streams.into_values().collect();
        self.done(&Data { result_type: "streams", encoding_flags: flags, result: found }, lines.len())
    }

    /// The labels that a line's stream is shown with.
    fn stream(&self, line: &Line, with_level: bool) -> Labels {
        let scripted = self.logs().streams.get(line.stream);
        let labels = scripted.map(|stream| self.labels(stream).clone());
        let labels = labels.unwrap_or_else(|| self.pushed.labels(line.stream));
        if with_level && self.dialect == Dialect::Three {
            labels.iter().chain([("detected_level", line.level)]).chain(line.more.iter()).collect()
        } else {
            labels
        }
    }

    /// A successful answer with its statistics.
    fn done(&self, data: &impl Serialize, found: usize) -> Answer {
        let stats = match self.dialect {
            Dialect::Three => include_str!("stats-3.json"),
            Dialect::Two => include_str!("stats-2.json"),
        };
        let stats = stats.trim_end().replacen(
            "\"totalEntriesReturned\":0",
            &format!("\"totalEntriesReturned\":{found}"),
            1,
        );
        let mut answer = Answer::json(JSON, data);
        answer.body.pop();
        answer.body = format!("{{\"status\":\"success\",\"data\":{},\"stats\":{stats}}}}}\n", answer.body);
        answer
    }

    fn query(&self, ask: &Ask, now: DateTime<Utc>) -> Result<Answer, String> {
        match logql::parse(ask.get("query").unwrap_or(""))? {
            Query::Count(count) => metric::vector(self, &count, ask, now),
            Query::Lines(_) if self.dialect == Dialect::Three => {
                Err("log queries are not supported as an instant query type, please change your query to a range query type".to_owned())
            }
            Query::Lines(selection) => {
                let window = Window::read(ask, now)?;
                Ok(self.streams(&self.lines(&selection, &window), false))
            }
        }
    }

    /// The streams that a parameter's selectors pick; all when there is none.
    fn matching(&self, ask: &Ask, parameter: &str) -> Result<Vec<Labels>, String> {
        let selections = ask.all(parameter).map(|text| match logql::parse(text)? {
            Query::Lines(selection) => Ok(selection),
            Query::Count(_) => Err("only label matchers are supported".to_owned()),
        });
        let selections: Vec<Selection> = selections.collect::<Result<_, String>>()?;
        let streams = self.logs().streams.iter().map(|stream| self.labels(stream).clone());
        let streams = streams.chain(self.pushed.streams());
        Ok(streams
            .filter(|labels| selections.is_empty() || selections.iter().any(|one| one.selects(labels)))
            .collect())
    }

    fn names(&self, ask: &Ask) -> Result<Answer, String> {
        let streams = self.matching(ask, "query")?;
        let names: BTreeSet<&str> =
            streams.iter().flat_map(|labels| labels.iter().map(|(name, _)| name)).collect();
        Ok(listed(&names))
    }

    fn values(&self, name: &str, ask: &Ask) -> Result<Answer, String> {
        let streams = self.matching(ask, "query")?;
        let values: BTreeSet<&str> = streams.iter().filter_map(|labels| labels.get(name)).collect();
        Ok(listed(&values))
    }

    fn series(&self, ask: &Ask) -> Result<Answer, String> {
        let series = self.matching(ask, "match[]")?;
        Ok(lined(Answer::json(JSON, &Listed { status: "success", data: &series })))
    }

    fn format(ask: &Ask) -> Answer {
        const JSON: &str = "application/json; charset=utf-8";
        match logql::parse(ask.get("query").unwrap_or("")) {
            Ok(query) => {
                lined(Answer::json(JSON, &Listed { status: "success", data: &logql::pretty(&query) }))
            }
            Err(error) => {
                let wrong = Wrong { status: "invalid-query", error };
                Answer { status: StatusCode::BAD_REQUEST, ..lined(Answer::json(JSON, &wrong)) }
            }
        }
    }

    fn build(&self) -> Answer {
        let (version, revision, user) = match self.dialect {
            Dialect::Three => ("3.7.6", "5003600d7c", "wardroom demo lab"),
            Dialect::Two => ("2.9.17", "ffcd570f81", ""),
        };
        lined(Answer::json(
            "application/json",
            &Server { version, revision, branch: "HEAD", build_user: user, build_date: "", go_version: "" },
        ))
    }
}

impl Api for Loki {
    fn answer(&self, ask: &Ask, now: DateTime<Utc>) -> Answer {
        let parts = ask.parts();
        let answer = match parts.as_slice() {
            ["ready"] => return Answer::new(StatusCode::OK, TEXT, "ready\n"),
            ["loki", "api", "v1", _, ..] if !matches!(ask.method, Method::GET | Method::POST) => {
                return Answer::new(StatusCode::METHOD_NOT_ALLOWED, "", "");
            }
            ["loki", "api", "v1", "push"] => return self.pushed.take(ask, now),
            ["loki", "api", "v1", "query_range"] => self.query_range(ask, now),
            ["loki", "api", "v1", "query"] => self.query(ask, now),
            ["loki", "api", "v1", "labels" | "label"] => self.names(ask),
            ["loki", "api", "v1", "label", name, "values"] => self.values(name, ask),
            ["loki", "api", "v1", "series"] => self.series(ask),
            ["loki", "api", "v1", "format_query"] => return Self::format(ask),
            ["loki", "api", "v1", "status", "buildinfo"] => return self.build(),
            _ => return Answer::new(StatusCode::NOT_FOUND, TEXT, "404 page not found\n"),
        };
        answer.unwrap_or_else(|error| Answer::new(StatusCode::BAD_REQUEST, TEXT, error))
    }
}

fn lined(mut answer: Answer) -> Answer {
    answer.body.push('\n');
    answer
}

/// A list of names; Loki leaves it out when it is empty.
fn listed(names: &BTreeSet<&str>) -> Answer {
    if names.is_empty() {
        return Answer::new(StatusCode::OK, JSON, "{\"status\":\"success\"}\n");
    }
    lined(Answer::json(JSON, &Listed { status: "success", data: names }))
}
