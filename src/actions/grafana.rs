//! Annotations on Grafana: a mark of its organisation, of no dashboard; those that ask for its tags show it.

use serde::Deserialize;
use serde_json::json;

use super::silence::refusal;
use crate::domain::deed::{Annotation, Receipt};
use crate::net::{Client, NetError};
use crate::sources::SourceError;

const PATH: &str = "/api/annotations";

#[derive(Deserialize)]
struct Added {
    id: i64,
}

/// Makes one; the receipt bears its number.
///
/// # Errors
/// When the token may not, or Grafana refuses.
pub(super) async fn annotate(door: &Client, annotation: &Annotation) -> Result<Receipt, SourceError> {
    let mut posted = json!({
        "text": annotation.text,
        "tags": annotation.tags,
        "time": annotation.from.timestamp_millis(),
    });
    if let (Some(to), Some(posted)) = (annotation.to, posted.as_object_mut()) {
        posted.insert("timeEnd".to_owned(), to.timestamp_millis().into());
    }
    let answer = match door.post_json(PATH, &posted).await {
        Err(NetError::Unauthorised { url, status: 403, text }) => {
            let said = if text.is_empty() { text } else { format!(" ({text})") };
            let reason = format!(
                "its token may only look{said}: give its service account the role Editor, or the permission \
                 annotations:create"
            );
            return Err(SourceError::Refused { url, reason });
        }
        answered => answered.map_err(refusal)?,
    };
    let added = serde_json::from_slice::<Added>(&answer.body)
        .map_err(|error| SourceError::strange(door.endpoint().join(PATH), "Grafana's API", &error))?;
    Ok(Receipt { id: added.id.to_string().into() })
}
