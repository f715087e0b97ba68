//! What is done on a server is written down as what is run is: before it is done, and after.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::runs::{keep, mask};
use crate::clock::Clock;
use crate::domain::chore::Chore;
use crate::domain::deed::{Deed, Receipt, What};
use crate::domain::feed::{Failure, FailureKind};
use crate::domain::job::JobKind;
use crate::domain::run::{End, Order};
use crate::journal::{Entry, Journal};

/// Writes down what is done on servers.
#[derive(Clone, Debug)]
pub struct Pen {
    /// `None` where nothing is kept.
    pub journal: Option<Arc<Mutex<Journal>>>,
    /// What time it is.
    pub clock: Clock,
    /// Who does it.
    pub operator: String,
}

impl Pen {
    /// Does `work`, which is the deed, between two entries. When the first cannot be written it is
    /// not done.
    pub async fn record(
        self,
        id: u64,
        deed: &Deed,
        work: impl Future<Output = Result<Receipt, Failure>>,
    ) -> Result<Receipt, Failure> {
        if self.journal.is_none() {
            return work.await;
        }
        let order = order(deed, self.operator);
        let name = format!("{}-{}-d{id}", self.clock.now().wall.timestamp_millis(), std::process::id());
        let began = Entry::began(&name, &order, &mask(), self.clock.now().wall);
        if let Err(why) = keep(self.journal.as_ref(), began, &order).await {
            return Err(Failure {
                kind: FailureKind::Other,
                short: "it cannot be written down".into(),
                text: why.into(),
            });
        }
        let start = Instant::now();
        let result = work.await;
        let end = End { took: start.elapsed(), ..end(&result) };
        let receipt = result.iter().map(|receipt| receipt.id.to_string()).collect();
        let ended = Entry::ended(&name, &end, receipt, self.clock.now().wall);
        if let Err(why) = keep(self.journal.as_ref(), ended, &order).await {
            tracing::warn!(why, "what came of it was not written down");
        }
        result
    }
}

fn end(result: &Result<Receipt, Failure>) -> End {
    match result {
        Ok(_) => End { trouble: None, exit: Some(0), ..End::refused("") },
        Err(failure) => End::refused(failure.text.to_string()),
    }
}

/// The deed as the journal knows a command.
fn order(deed: &Deed, operator: String) -> Order {
    let (title, level) = about(&deed.what);
    let text = serde_json::to_string(&deed.what).unwrap_or_default();
    Order {
        title: title.to_owned(),
        confirmed: crate::runbooks::sha256(text.as_bytes()),
        text,
        host: deed.source.to_string(),
        provenance: "api".to_owned(),
        level: level.to_owned(),
        how: "in its dialogue".to_owned(),
        operator,
        ..Order::default()
    }
}

/// What a deed is in a few words, and its level.
const fn about(what: &What) -> (&'static str, &'static str) {
    match what {
        What::Silence(_) => ("silence", "L1"),
        What::Expire { .. } => ("end a silence", "L1"),
        What::Reload => ("reload Prometheus", "L1"),
        What::Test(_) => ("send a test alert", "L1"),
        What::Annotate(_) => ("annotate in Grafana", "L1"),
        What::Chore(Chore::Verify { .. }) => ("verify a snapshot", "L1"),
        What::Chore(Chore::Protect { on: true, .. }) => ("protect a snapshot", "L1"),
        What::Chore(Chore::Protect { on: false, .. }) => ("let go of a snapshot", "L2"),
        What::Chore(Chore::Run { kind, .. }) => match kind {
            JobKind::Verify => ("run a verify job", "L1"),
            JobKind::Sync => ("run a sync job", "L1"),
            JobKind::Gc => ("collect garbage", "L2"),
            JobKind::Prune => ("run a prune job", "L3"),
        },
    }
}
