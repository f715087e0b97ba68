//! Runs what was planned and confirmed: here through bash, there through ssh. What it says is
//! harmless, without secrets and in bounded memory before anybody sees it; a stop ends all of it,
//! here and there, or says what it could not end.

mod clean;
mod hints;
mod order;
mod process;
mod report;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::domain::run::{End, Order, Told};
use crate::mask::Mask;

/// How long the steps of a stop wait for each other: asked to stop, told to, killed.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// From the first signal to TERM.
    pub term: Duration,
    /// From the first signal to KILL.
    pub kill: Duration,
    /// What a run that is over may still say.
    pub rest: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { term: Duration::from_secs(3), kill: Duration::from_secs(8), rest: Duration::from_millis(500) }
    }
}

/// A run that goes on.
#[derive(Debug)]
pub struct Running {
    /// What is heard of it; the last is its end.
    pub told: mpsc::Receiver<Told>,
    /// Ends it when it is sent or dropped.
    pub stop: Stop,
}

/// Ends a run when it is dropped, or told to.
#[derive(Debug)]
pub struct Stop(Option<oneshot::Sender<()>>);

impl Stop {
    /// Ends the run.
    pub fn now(&mut self) {
        if let Some(stop) = self.0.take() {
            // Whoever is not there any more has ended already.
            let _told = stop.send(());
        }
    }
}

/// So many reports may wait; each holds a bounded number of lines.
const QUEUE: usize = 4;

/// Starts what was confirmed. It runs on the runtime in which this is called.
pub fn start(order: Arc<Order>, mask: Mask, patience: Patience) -> Running {
    let (to, told) = mpsc::channel(QUEUE);
    let (stop, stopped) = oneshot::channel();
    tokio::spawn(async move {
        let own = format!("wardroom-{:016x}-", unguessable());
        let end = match order::launch(&order, &own) {
            Ok(launch) => process::run(&order, &launch, mask, patience, stopped, &to).await,
            Err(why) => End::refused(why),
        };
        // Nobody listens any more: the journal has heard of it by another way.
        let _sent = to.send(Told::Ended(end)).await;
    });
    Running { told, stop: Stop(Some(stop)) }
}

/// The command of an order that is to get the terminal.
///
/// # Errors
/// When its words are not those that were confirmed.
pub fn handed_over(order: &Order) -> Result<std::process::Command, String> {
    order::launch(&Order { requires: Vec::new(), ..order.clone() }, "")?;
    let (program, arguments) = order.argv.split_first().ok_or("there is nothing to run")?;
    let mut command = std::process::Command::new(program);
    // It is the operator's own terminal and theirs to use: only what we know ourselves stays here.
    command.args(arguments);
    Ok(command)
}

/// The login on whose prompt the command of an order is put; for this machine a shell. It asks nothing:
/// what is typed into it must not be taken for an answer.
///
/// # Errors
/// When the words of the order are not those that were confirmed.
pub fn login(order: &Order) -> Result<Vec<String>, String> {
    order::launch(&Order { requires: Vec::new(), ..order.clone() }, "")?;
    let Some((_command, login)) =
        order.argv.split_last().filter(|_| order.argv.first().is_some_and(|first| first == "ssh"))
    else {
        return Ok(vec!["bash".to_owned()]);
    };
    let word = |word: &String| if word == "-T" { "-tt".to_owned() } else { word.clone() };
    Ok(login.iter().map(word).collect())
}

/// A number that what runs cannot know beforehand.
fn unguessable() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}
