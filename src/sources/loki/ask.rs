//! Questions to Loki: a window of lines, page by page, and which label every stream has.

use std::sync::Arc;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::wire::{self, Row};
use crate::clock::Clock;
use crate::domain::question::Window;
use crate::net::{Client, NetError};
use crate::sources::SourceError;
use crate::sources::wire::{Wrong, read};
use crate::text::sanitise;

/// What the answers should be.
pub(super) const API: &str = "Loki's API";

/// Lines in one answer.
const PAGE: u32 = 1000;

/// The most lines that a stock Loki puts into one answer.
const LARGEST_PAGE: u32 = 5000;

/// Labels that streams commonly have, the most telling first: every query needs one.
const LABELS: [&str; 5] = ["service_name", "job", "unit", "host", "container"];

/// Keeps a stream's labels apart from what was found in its lines; else every trace id would make
/// a stream of its own, and a live line would lack what the same line has in a query.
pub(super) const FLAGS: (HeaderName, HeaderValue) = (
    HeaderName::from_static("x-loki-response-encoding-flags"),
    HeaderValue::from_static("categorize-labels"),
);

/// Which end of a window comes first when not all of it fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::AsRefStr)]
#[strum(serialize_all = "lowercase")]
pub(super) enum Direction {
    /// The oldest lines.
    Forward,
    /// The newest lines.
    Backward,
}

/// The lines since a time, and what of them is still to be had, or never.
#[derive(Debug, Default)]
pub(super) struct Filled {
    /// The lines, some of them perhaps twice.
    pub rows: Vec<Row>,
    /// From when on there is more, in nanoseconds: it was too much for one go.
    pub rest: Option<i64>,
    /// Instants of which there are more lines than the server hands out, in nanoseconds.
    pub crowded: Vec<i64>,
}

/// One Loki, asked by queries.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    client: Arc<Client>,
}

impl Asker {
    pub const fn new(client: Arc<Client>) -> Self {
        Self { client }
    }

    pub const fn door(&self) -> &Arc<Client> {
        &self.client
    }

    /// The same, to be asked.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Asks for lines of `query` since `start`, in nanoseconds; without one, of the last hour.
    pub async fn lines(
        &self,
        query: &str,
        start: Option<i64>,
        limit: u32,
        direction: Direction,
    ) -> Result<Vec<Row>, SourceError> {
        let (start, limit) = (start.map(|start| start.to_string()), limit.to_string());
        let mut asked = vec![("query", query), ("limit", limit.as_str()), ("direction", direction.as_ref())];
        asked.extend(start.as_deref().map(|start| ("start", start)));
        self.ask("/loki/api/v1/query_range", &asked, wire::page).await
    }

    /// Asks for all lines of `query` since `start`, in at most `pages` pages.
    ///
    /// A page begins at the instant at which the one before ended, since a page may end amid lines
    /// of the same instant; so some lines come twice. Full pages are followed by larger ones.
    pub async fn since(&self, query: &str, start: i64, pages: usize) -> Result<Filled, SourceError> {
        let mut filled = Filled::default();
        let (mut cursor, mut limit, mut most) = (start, PAGE, LARGEST_PAGE);
        for _ in 0..pages {
            let page = match self.lines(query, Some(cursor), limit, Direction::Forward).await {
                Ok(page) => page,
                Err(error) => {
                    match smaller(&error, limit) {
                        Some(smaller) => limit = smaller,
                        // What was had is kept: of many pages one nearly always fails.
                        None if !filled.rows.is_empty() => break,
                        None => return Err(error),
                    }
                    most = limit;
                    continue;
                }
            };
            let is_last = page.len() < limit as usize;
            let ends = page.first().zip(page.last()).map(|(first, last)| (first.line.at, last.line.at));
            filled.rows.extend(page);
            match ends {
                Some((first, last)) if !is_last && first == last && limit >= most => {
                    filled.crowded.push(last);
                    cursor = last + 1;
                }
                Some((_, last)) if !is_last => {
                    limit = (limit * 5).min(most);
                    cursor = last;
                }
                _ => return Ok(filled),
            }
        }
        filled.rest = Some(cursor);
        Ok(filled)
    }

    /// Asks for the newest lines of `query` of the last hour, at most `limit`.
    pub async fn newest(&self, query: &str, limit: u32) -> Result<Filled, SourceError> {
        let mut limit = limit;
        loop {
            match self.lines(query, None, limit, Direction::Backward).await {
                Ok(rows) => return Ok(Filled { rows, ..Filled::default() }),
                Err(error) => limit = smaller(&error, limit).ok_or(error)?,
            }
        }
    }

    /// A query for everything, by the first usual label that this Loki has.
    pub async fn everything(&self) -> Result<String, SourceError> {
        let path = "/loki/api/v1/labels";
        let names = self.ask(path, &[], wire::labels).await?;
        let label = LABELS.iter().find(|label| names.iter().any(|name| name == *label));
        label.map(|label| format!("{{{label}=~\".+\"}}")).ok_or_else(|| {
            let reason = if names.is_empty() {
                "it has no logs of the last hours".to_owned()
            } else {
                let names = names.iter().map(|name| sanitise(name)).collect::<Vec<_>>().join(", ");
                format!("no query was given, and it has none of the usual labels, only {names}; set `tails`")
            };
            SourceError::Refused { url: self.client.endpoint().join(path), reason }
        })
    }

    /// The lines of a window, oldest first; fewer than asked for where that is too much.
    pub async fn window(&self, window: &Window) -> Result<Vec<Row>, SourceError> {
        let direction = if window.newest { Direction::Backward } else { Direction::Forward };
        let (from, to) = (window.from.to_string(), window.to.to_string());
        let mut limit = window.limit.clamp(1, LARGEST_PAGE);
        loop {
            let most = limit.to_string();
            let asked = [
                ("query", &*window.query),
                ("start", from.as_str()),
                ("end", to.as_str()),
                ("limit", most.as_str()),
                ("direction", direction.as_ref()),
            ];
            match self.ask("/loki/api/v1/query_range", &asked, wire::page).await {
                Ok(rows) => return Ok(rows),
                Err(error) => limit = smaller(&error, limit).ok_or(error)?,
            }
        }
    }

    /// The server's version.
    pub async fn version(&self) -> Result<String, SourceError> {
        self.ask("/loki/api/v1/status/buildinfo", &[], wire::version).await
    }

    pub(super) async fn ask<T: Send + 'static>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        parse: fn(&str) -> Result<T, Wrong>,
    ) -> Result<T, SourceError> {
        let headers = HeaderMap::from_iter([FLAGS]);
        let answer = self.client.get(path, query, headers).await.map_err(refusal)?;
        read(&self.client, API, path, answer, parse).await
    }
}

/// The time now, in nanoseconds since 1970.
pub(super) fn now(clock: &Clock) -> i64 {
    clock.now().wall.timestamp_nanos_opt().unwrap_or(i64::MAX)
}

/// Loki's 400 is its answer to the question, in its own words.
fn refusal(error: NetError) -> SourceError {
    match error {
        NetError::Status { url, status: 400, text } => SourceError::Refused { url, reason: text },
        other => other.into(),
    }
}

/// The limit to ask with instead, when `limit` was too much for the server.
fn smaller(error: &SourceError, limit: u32) -> Option<u32> {
    let less = match error {
        // `... (100 > 50)`
        SourceError::Refused { reason, .. } if reason.starts_with("max entries limit") => {
            let (_, most) = reason.rsplit_once('>')?;
            most.trim().trim_end_matches(')').parse().ok()?
        }
        SourceError::Net(NetError::Status { status: 500, text, .. })
            if text.contains("ResourceExhausted") =>
        {
            limit / 10
        }
        _ => return None,
    };
    (1..limit).contains(&less).then_some(less)
}

/// Whether the window was too long for the server.
pub(super) fn is_too_far_back(error: &SourceError) -> bool {
    matches!(error, SourceError::Refused { reason, .. } if reason.contains("time range exceeds the limit"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_is_too_large_shrinks() {
        let refused = |reason: &str| SourceError::Refused { url: String::new(), reason: reason.to_owned() };
        let text = "max entries limit per query exceeded, limit > max_entries_limit_per_query (100 > 50)";
        assert_eq!(smaller(&refused(text), 100), Some(50));
        assert_eq!(smaller(&refused(text), 50), None, "never round and round");
        assert_eq!(smaller(&refused("parse error at line 1"), 100), None);
        let exhausted = |text: &str| {
            SourceError::Net(NetError::Status { url: String::new(), status: 500, text: text.to_owned() })
        };
        let text = "rpc error: code = ResourceExhausted desc = trying to send message larger than max";
        assert_eq!(smaller(&exhausted(text), 1000), Some(100));
        assert_eq!(smaller(&exhausted(text), 5), None);
    }
}
