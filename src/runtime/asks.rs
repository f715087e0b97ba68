//! What is asked, done and worked out on demand: each question in a task of its own, the older in a place
//! dropped for the newer; deeds are carried out once and never dropped.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use super::pen::Pen;
use crate::actions;
use crate::border::Msg;
use crate::clock::Clock;
use crate::domain::deed::Deed;
use crate::domain::feed::{Failure, FailureKind};
use crate::domain::question::{Ask, Slot};
use crate::domain::store::Relating;
use crate::sources::{Source, SourceError};

/// A selection that runs through rows asks only where it rests.
const REST: Duration = Duration::from_millis(120);

/// A question that takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(15);

/// A deed that takes longer may have been done.
const DEED_PATIENCE: Duration = Duration::from_secs(20);

/// So many answers may wait for the loop.
const QUEUE: usize = 64;

/// What is under way.
#[derive(Debug)]
pub struct Asks {
    /// What came of it.
    pub answers: mpsc::Receiver<Msg>,
    network: Handle,
    running: HashMap<Slot, AbortHandle>,
    to: mpsc::Sender<Msg>,
}

impl Asks {
    /// Nothing is under way. `network` is the runtime that will ask.
    pub fn new(network: Handle) -> Self {
        let (to, answers) = mpsc::channel(QUEUE);
        Self { answers, network, running: HashMap::new(), to }
    }

    /// Where others put their answers.
    pub fn sender(&self) -> mpsc::Sender<Msg> {
        self.to.clone()
    }

    /// Asks; `source` is the one that the question names, if it is there.
    pub fn ask(&mut self, id: u64, ask: Ask, source: Option<Arc<dyn Source>>, clock: &Clock) {
        let Ask { slot, source: name, question } = ask;
        // A clock that stands still belongs to a picture: nobody's fingers are to be waited for.
        let rest = if clock.is_fixed() { Duration::ZERO } else { REST };
        let (to, now, place) = (self.to.clone(), clock.now().wall, slot.clone());
        let task = self.network.spawn(async move {
            sleep(rest).await;
            let answered = async {
                match source {
                    Some(source) => source.answer(question, now).await,
                    None => Err(gone(&name)),
                }
            };
            let result = bounded(&name, PATIENCE, answered).await;
            let _ended = to.send(Msg::Answered { slot: place, id, result }).await;
        });
        if let Some(older) = self.running.insert(slot, task.abort_handle()) {
            older.abort();
        }
    }

    /// Does it, and has it written down; `source` is the one that the deed names, if it is there.
    pub fn call(&self, id: u64, deed: Deed, source: Option<Arc<dyn Source>>, pen: Pen) {
        let to = self.to.clone();
        self.network.spawn(async move {
            let done = async {
                match source {
                    Some(source) => actions::carry_out(&deed, source.doors()).await,
                    None => Err(gone(&deed.source)),
                }
            };
            let result = pen.record(id, &deed, bounded(&deed.source, DEED_PATIENCE, done)).await;
            let _ended = to.send(Msg::Done { id, result }).await;
        });
    }

    /// Finds away from the loop what takes its time.
    pub fn compute(&self, relating: Relating) {
        let to = self.to.clone();
        self.network.spawn_blocking(move || {
            let number = relating.number;
            let related = std::panic::catch_unwind(AssertUnwindSafe(|| Arc::new(relating.run()))).ok();
            let _ended = to.blocking_send(Msg::Computed { number, related });
        });
    }

    /// The answer in this place is waited for no longer.
    pub fn forget(&mut self, slot: &Slot) {
        if let Some(running) = self.running.remove(slot) {
            running.abort();
        }
    }
}

fn gone(source: &impl ToString) -> SourceError {
    SourceError::Missing { url: source.to_string(), reason: "it is no longer configured".to_owned() }
}

/// An answer, or why there is none: a time-out and a fault of our own are failures like any other.
async fn bounded<T>(
    source: &impl ToString,
    patience: Duration,
    work: impl Future<Output = Result<T, SourceError>>,
) -> Result<T, Failure> {
    match timeout(patience, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(done)) => done.map_err(|error| error.failure()),
        Ok(Err(_panic)) => Err(Failure {
            kind: FailureKind::Other,
            short: "a fault in wardroom".into(),
            text: format!(
                "{}: wardroom broke while it read the answer; the log says where",
                source.to_string()
            )
            .into(),
        }),
        Err(_late) => Err(Failure {
            kind: FailureKind::Timeout,
            short: format!("no answer after {} s", patience.as_secs()).into(),
            text: format!("{}: no answer within {} s", source.to_string(), patience.as_secs()).into(),
        }),
    }
}
