//! What sources have in common: one way to ask and decode, and the keys of their tables.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;

use super::SourceError;
#[cfg(test)]
pub(super) use super::shape::changed;
pub(super) use super::shape::{List, Pairs, Text, Wrong, time, time_or_oldest};
pub(super) use crate::net::encoded;
use crate::net::{Client, Response, decode};
use crate::secret::unsaid;
use crate::settings::Table;

/// What a page for people is called where an API was expected.
pub(super) const WEB_PAGE: &str = "a web page";

impl Wrong {
    pub(super) fn at(self, url: String, what: &'static str) -> SourceError {
        // What was decoded, or refused, may hold what we told the server.
        match self {
            Self::Strange(reason) => SourceError::Strange { url, what, reason: unsaid(&reason).into_owned() },
            Self::Refused(reason) => SourceError::Refused { url, reason: unsaid(&reason).into_owned() },
        }
    }
}

/// Asks for `path` and decodes what comes; `what` is the API that is expected to answer.
pub(super) async fn ask<T: Send + 'static>(
    client: &Client,
    what: &'static str,
    path: &str,
    query: &[(&str, &str)],
    parse: impl FnOnce(&str) -> Result<T, Wrong> + Send + 'static,
) -> Result<T, SourceError> {
    let response = if query.iter().map(|(_, value)| value.len()).sum::<usize>() > 2000 {
        client.post_form(path, query).await?
    } else {
        client.get(path, query, HeaderMap::new()).await?
    };
    read(client, what, path, response, parse).await
}

/// Decodes an answer from `path`.
pub(super) async fn read<T: Send + 'static>(
    client: &Client,
    what: &'static str,
    path: &str,
    response: Response,
    parse: impl FnOnce(&str) -> Result<T, Wrong> + Send + 'static,
) -> Result<T, SourceError> {
    let is_page = response.is_html();
    let parsed = if is_page {
        Err(Wrong::Strange(WEB_PAGE.to_owned()))
    } else {
        // Checking UTF-8 once and reading a text is twice as fast as reading bytes.
        decode(response.body, |body| str::from_utf8(body).map_err(Wrong::strange).and_then(parse)).await
    };
    parsed.map_err(|wrong| wrong.at(client.endpoint().join(path), what))
}

/// The `interval` of a source's fast feeds.
pub(super) fn interval(table: &Table<'_>, default: Duration) -> Duration {
    let sensible = Duration::from_millis(100)..=Duration::from_hours(1);
    let read = |interval: Duration| {
        if sensible.contains(&interval) {
            Ok(interval)
        } else {
            Err("an interval from 100ms to 1h".to_owned())
        }
    };
    table.get_with("interval", read).unwrap_or(default)
}

/// The `site` of a source; empty when it names none.
pub(super) fn site(table: &Table<'_>) -> Arc<str> {
    table.get::<String>("site").unwrap_or_default().into()
}
