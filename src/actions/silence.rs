//! Silences on Alertmanager: made, changed, ended.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::domain::deed::{Draft, Receipt};
use crate::domain::labels::Labels;
use crate::domain::silence::Matcher;
use crate::net::{Client, NetError};
use crate::sources::SourceError;
use crate::text;

const PATH: &str = "/api/v2/silences";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Posted<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    matchers: Vec<Value>,
    starts_at: String,
    ends_at: String,
    created_by: &'a str,
    comment: &'a str,
    #[serde(skip_serializing_if = "Labels::is_empty")]
    annotations: &'a Labels,
}

#[derive(Deserialize)]
struct Made {
    #[serde(rename = "silenceID")]
    id: String,
}

/// Makes a silence, or changes the one that the draft names: then the server may give it another
/// identity, which is the one that is answered.
pub(super) async fn post(door: &Client, draft: &Draft) -> Result<Receipt, SourceError> {
    let matcher = |matcher: &Matcher| {
        let Matcher { name, value, is_regex, is_equal } = matcher;
        json!({"name": name, "value": value, "isRegex": is_regex, "isEqual": is_equal})
    };
    let posted = Posted {
        id: draft.id.as_deref(),
        matchers: draft.matchers.iter().map(matcher).collect(),
        starts_at: time(draft.starts_at),
        ends_at: time(draft.ends_at),
        created_by: &draft.author,
        comment: &draft.comment,
        annotations: &draft.annotations,
    };
    let answer = door.post_json(PATH, &posted).await.map_err(refusal)?;
    let made = serde_json::from_slice::<Made>(&answer.body)
        .map_err(|error| SourceError::strange(door.endpoint().join(PATH), "Alertmanager's API", &error))?;
    Ok(Receipt { id: text::sanitise(&made.id).as_ref().into() })
}

/// Ends a silence now.
pub(super) async fn expire(door: &Client, id: &str) -> Result<Receipt, SourceError> {
    // An identity has no character that a path would need to escape; one that does is none.
    if id.is_empty() || !id.chars().all(|char| char.is_ascii_alphanumeric() || char == '-') {
        let reason = format!("{id:?} is no identity of a silence");
        return Err(SourceError::Refused { url: door.endpoint().join("/api/v2/silence"), reason });
    }
    door.delete(&format!("/api/v2/silence/{id}")).await.map_err(refusal)?;
    Ok(Receipt { id: id.into() })
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// What the server says against it, in its own words.
pub(super) fn refusal(error: NetError) -> SourceError {
    match error {
        NetError::Status { url, status: 400..=499, text } if !text.is_empty() => {
            SourceError::Refused { url, reason: text }
        }
        other => other.into(),
    }
}
