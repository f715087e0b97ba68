//! What can be done to a Prometheus: let it read its config and rules again.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;

use crate::domain::deed::Receipt;
use crate::net::{Client, NetError};
use crate::sources::SourceError;

/// With many rules it takes a while.
const PATIENCE: Duration = Duration::from_mins(1);

/// Lets it read its config and rules again (`POST /-/reload`).
///
/// # Errors
/// When its lifecycle API is off, and when what it reads is wrong: it goes on with the old then.
pub(super) async fn reload(door: &Arc<Client>) -> Result<Receipt, SourceError> {
    let url = || door.endpoint().join("/-/reload");
    let refused = |reason: &str| SourceError::Refused { url: url(), reason: reason.to_owned() };
    match door.send_form(Method::POST, "/-/reload", &[], PATIENCE).await {
        Ok(_) => Ok(Receipt { id: "".into() }),
        Err(NetError::Unauthorised { status: 403, text, .. }) if text.contains("ifecycle") => Err(refused(
            "its lifecycle API is off: start it with --web.enable-lifecycle, or send it a signal: systemctl \
             reload prometheus",
        )),
        Err(NetError::Status { status: 500, text, .. }) => Err(refused(&text)),
        Err(NetError::Status { status: 404 | 405, .. }) => {
            Err(refused("it knows no such thing: is it another server with this API, or behind a proxy?"))
        }
        Err(error) => Err(error.into()),
    }
}
