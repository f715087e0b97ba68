//! A test alert, posted to Alertmanager as Prometheus would.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

use super::silence::refusal;
use crate::domain::deed::{Receipt, TestAlert};
use crate::net::Client;
use crate::sources::SourceError;

const PATH: &str = "/api/v2/alerts";

/// Posts it.
pub(super) async fn post(door: &Client, test: &TestAlert) -> Result<Receipt, SourceError> {
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
    let posted = json!([{
        "labels": test.labels,
        "annotations": {"summary": test.summary},
        "startsAt": time(test.starts_at),
        "endsAt": time(test.ends_at),
    }]);
    door.post_json(PATH, &posted).await.map_err(refusal)?;
    Ok(Receipt { id: test.receiver.clone() })
}
