//! The only place that writes to a server. What is done here was seen and confirmed.

mod alert;
mod backup;
mod grafana;
mod prometheus;
mod silence;

use std::sync::Arc;

use crate::domain::deed::{Deed, Receipt, What};
use crate::net::{Client, NetError};
use crate::sources::SourceError;

/// Does it, at the first of `doors` that can be reached. A door that was reached is the only one:
/// what it did not answer to in time it may have done.
///
/// # Errors
/// When no door is open, or the server refuses.
pub async fn carry_out(deed: &Deed, doors: &[Arc<Client>]) -> Result<Receipt, SourceError> {
    let mut closed = None;
    for door in doors {
        let done = match &deed.what {
            What::Silence(draft) => silence::post(door, draft).await,
            What::Expire { id } => silence::expire(door, id).await,
            What::Test(test) => alert::post(door, test).await,
            What::Chore(chore) => backup::carry_out(door, chore).await,
            What::Reload => prometheus::reload(door).await,
            What::Annotate(annotation) => grafana::annotate(door, annotation).await,
        };
        match done {
            Err(error) if never_arrived(&error) => closed = closed.or(Some(error)),
            done => return done,
        }
    }
    Err(closed.unwrap_or_else(|| SourceError::Missing {
        url: deed.source.to_string(),
        reason: "nothing can be written to it".to_owned(),
    }))
}

/// Whether the server cannot have seen the request.
const fn never_arrived(error: &SourceError) -> bool {
    matches!(
        error,
        SourceError::Net(NetError::Refused { .. } | NetError::Dns { .. } | NetError::Secret { .. })
    )
}
