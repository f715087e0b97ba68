//! What runs: each command in a task of its own, written down before it begins and after it ended.

use std::collections::{HashMap, VecDeque};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::io::retry_on_intr;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use super::pen::Pen;
use super::placed;
use crate::border::Msg;
use crate::clock::Clock;
use crate::domain::run::{End, Order, Told};
use crate::journal::{Entry, Journal, Kept, LAST, refuge, told};
use crate::mask::Mask;
use crate::runner::{self, Patience};
use crate::secret::{ExposeSecret, keep_from, revealed};
use crate::terminal::{Call, Input};

/// When all is stopped before the program leaves, it waits so long for the ends.
const LEAVING: Duration = Duration::from_secs(12);

/// So many of the newest entries of the journal are shown.
const SHOWN: usize = 500;

/// What goes on.
#[derive(Debug)]
pub struct Runs {
    /// What is heard.
    pub messages: mpsc::UnboundedReceiver<Msg>,
    to: mpsc::UnboundedSender<Msg>,
    network: Handle,
    clock: Clock,
    /// `None` where nothing is kept: then nothing is run either.
    journal: Option<Arc<Mutex<Journal>>>,
    going: HashMap<u64, (oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Runs {
    /// Nothing runs. The journal is kept under `root`.
    pub fn new(network: Handle, root: Option<&Path>, clock: &Clock) -> Self {
        let (to, messages) = mpsc::unbounded_channel();
        let journal = root.map(|root| Arc::new(Mutex::new(Journal::new(root.join("journal"), refuge()))));
        Self { messages, to, network, clock: clock.clone(), journal, going: HashMap::new() }
    }

    /// Where something can be said to the loop from away of it.
    pub fn voice(&self) -> mpsc::UnboundedSender<Msg> {
        self.to.clone()
    }

    /// Starts what was confirmed.
    pub fn start(&mut self, id: u64, order: Arc<Order>) {
        self.going.retain(|_, (_, task)| !task.is_finished());
        let (stop, stopped) = oneshot::channel();
        let run = Run {
            name: format!("{}-{}-{id}", self.clock.now().wall.timestamp_millis(), std::process::id()),
            order,
            mask: mask(),
            journal: self.journal.clone(),
            clock: self.clock.clone(),
            to: self.to.clone(),
        };
        let told = self.to.clone();
        let task = self.network.spawn(async move {
            let end = run.live(id, stopped).await;
            // A loop that is gone needs to hear no more.
            let _gone = told.send(Msg::Ran { id, told: Told::Ended(end) });
        });
        self.going.insert(id, (stop, task));
    }

    /// What writes down what `operator` does on servers.
    pub fn pen(&self, operator: &str) -> Pen {
        Pen { journal: self.journal.clone(), clock: self.clock.clone(), operator: operator.to_owned() }
    }

    /// Reads the journal, and says what it tells.
    pub fn tell(&self) {
        let Some(journal) = self.journal.clone() else {
            let why = "nothing is written down here: there is no journal".to_owned();
            // A loop that is gone needs to hear no more.
            let _gone = self.to.send(Msg::Unread(why));
            return;
        };
        let to = self.to.clone();
        self.network.spawn_blocking(move || {
            let read = journal.lock().unwrap_or_else(PoisonError::into_inner).newest();
            let msg = match read {
                Ok((entries, torn)) => {
                    let mut ran = told(&entries);
                    ran.drain(..ran.len().saturating_sub(SHOWN));
                    Msg::Journal { ran, torn }
                }
                Err(error) => Msg::Unread(format!("the journal cannot be read: {error}")),
            };
            let _gone = to.send(msg);
        });
    }

    /// Puts a command on a prompt in tmux.
    pub fn place(&self, order: Arc<Order>) {
        let (to, journal, clock) = (self.to.clone(), self.journal.clone(), self.clock.clone());
        self.network.spawn(async move {
            let placed = placed::place(&order, journal, &clock).await;
            // A loop that is gone needs to hear no more.
            let _gone = to.send(Msg::Placed(placed));
        });
    }

    /// Says what the journal tells of lately; nothing where there is none.
    pub fn tell_past(&self) {
        let Some(journal) = self.journal.clone() else { return };
        let to = self.to.clone();
        self.network.spawn_blocking(move || {
            let read = journal.lock().unwrap_or_else(PoisonError::into_inner).newest();
            let msg = match read {
                Ok((entries, _)) => Msg::Past(told(&entries)),
                Err(error) => Msg::Unread(format!("the journal cannot be read: {error}")),
            };
            // A loop that is gone needs to hear no more.
            let _gone = to.send(msg);
        });
    }

    /// Stops a run.
    pub fn stop(&mut self, id: u64) {
        if let Some((stop, task)) = self.going.remove(&id) {
            // One that has ended needs no stop.
            let _ended = stop.send(());
            let (idle, _) = oneshot::channel();
            self.going.insert(id, (idle, task));
        }
    }

    /// Stops all, and waits for the ends.
    pub async fn end(&mut self) {
        let ids: Vec<u64> = self.going.keys().copied().collect();
        for id in ids {
            self.stop(id);
        }
        let tasks = self.going.drain().map(|(_, (_, task))| task);
        let _late = timeout(LEAVING, futures_util::future::join_all(tasks)).await;
    }

    /// Runs a command on the terminal itself, and waits for it. A signal that ends us ends it first,
    /// and is answered.
    pub async fn hand_over(
        &mut self,
        order: &Order,
        inputs: &mut mpsc::UnboundedReceiver<Input>,
    ) -> (End, Option<i32>) {
        let name = format!("{}-{}-h", self.clock.now().wall.timestamp_millis(), std::process::id());
        let began = Entry::began(&name, order, &mask(), self.clock.now().wall).handed_over();
        if let Err(why) = keep(self.journal.as_ref(), began, order).await {
            return (End::refused(why), None);
        }
        let start = Instant::now();
        let mut signal = None;
        let command = runner::handed_over(order).map(|mut command| {
            keep_from(&mut command);
            spawn(command)
        });
        let end = match command {
            Ok(Ok(mut child)) => {
                let status = loop {
                    tokio::select! {
                        status = child.wait() => break status.ok(),
                        input = inputs.recv() => match input {
                            // Ctrl-C and Ctrl-\ are the child's.
                            Some(Input::Signal(Call::End(number))) if number != 2 && number != 3 => {
                                signal = Some(number);
                                let _killed = child.kill().await;
                            }
                            // No shell would tell a child that stopped itself to go on.
                            Some(Input::Signal(Call::Stop)) => go_on(child.id()),
                            #[cfg(debug_assertions)]
                            Some(Input::Signal(Call::Resized)) => break_down(),
                            None => break None,
                            _ => {}
                        },
                    }
                };
                let exit = status.and_then(|status| status.code());
                let by = status.and_then(|status| status.signal());
                End { trouble: None, exit, signal: by, took: start.elapsed(), ..End::refused("") }
            }
            Ok(Err(error)) => End::refused(format!("it could not be started: {error}")),
            Err(why) => End::refused(why),
        };
        let ended = Entry::ended(
            &name,
            &end,
            vec!["(the output was not captured)".to_owned()],
            self.clock.now().wall,
        );
        let _kept = keep(self.journal.as_ref(), ended, order).await;
        (end, signal)
    }
}

/// Lets a child that is being stopped go on: once it has stopped, for before that it would not hear.
fn go_on(id: Option<u32>) {
    let Some(child) = id.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) else { return };
    spawn_blocking(move || {
        // One that does not stop ends some day, and is left for the loop to hear of.
        let options = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let seen = retry_on_intr(|| waitid(WaitId::Pid(child), options));
        if seen.ok().flatten().is_some_and(|status| status.stopped()) {
            // It may have been ended since.
            let _sent = kill_process(child, Signal::CONT);
        }
    });
}

/// Lets tests see what becomes of the terminal when the program breaks while somebody else has it.
#[cfg(debug_assertions)]
fn break_down() {
    let how = std::env::var("WARDROOM_PANIC").unwrap_or_default();
    assert!(how != "handed", "WARDROOM_PANIC asked for this");
}

fn spawn(mut command: Command) -> std::io::Result<tokio::process::Child> {
    command.stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
    tokio::process::Command::from(command).kill_on_drop(true).spawn()
}

pub(super) fn mask() -> Mask {
    let secrets = revealed();
    Mask::new(secrets.iter().map(ExposeSecret::expose_secret))
}

/// Writes an entry. An error: it is not written, and the order asks for that it is.
pub(super) async fn keep(
    journal: Option<&Arc<Mutex<Journal>>>,
    entry: Entry,
    order: &Order,
) -> Result<Option<String>, String> {
    let Some(journal) = journal.cloned() else {
        return Err("there is no place for a journal: nothing is run".to_owned());
    };
    let kept =
        spawn_blocking(move || journal.lock().unwrap_or_else(PoisonError::into_inner).add(entry)).await;
    match kept {
        Ok(Kept::Home) => Ok(None),
        Ok(Kept::Refuge(place, why)) => {
            Ok(Some(format!("{why}; it is written to {} for now", place.display())))
        }
        Ok(Kept::Memory(why)) if !order.changes() || order.is_unrecorded => Ok(Some(why)),
        Ok(Kept::Memory(why)) => Err(format!("it cannot be written down, so it was not run: {why}")),
        Err(_panic) => Err("the journal broke: the log says where".to_owned()),
    }
}

/// One run.
struct Run {
    name: String,
    order: Arc<Order>,
    mask: Mask,
    journal: Option<Arc<Mutex<Journal>>>,
    clock: Clock,
    to: mpsc::UnboundedSender<Msg>,
}

impl Run {
    async fn live(self, id: u64, mut stopped: oneshot::Receiver<()>) -> End {
        let began = Entry::began(&self.name, &self.order, &self.mask, self.clock.now().wall);
        match keep(self.journal.as_ref(), began, &self.order).await {
            Ok(standing) => self.say(Msg::Unrecorded(standing)),
            Err(why) => {
                self.say(Msg::Unrecorded(Some(why.clone())));
                return End::refused(why);
            }
        }
        let mut running = runner::start(Arc::clone(&self.order), self.mask.clone(), Patience::default());
        let mut last: VecDeque<String> = VecDeque::new();
        let mut is_asked = false;
        let end = loop {
            tokio::select! {
                asked = &mut stopped, if !is_asked => {
                    is_asked = true;
                    if asked.is_ok() {
                        running.stop.now();
                    }
                }
                told = running.told.recv() => match told {
                    Some(Told::Ended(end)) => break end,
                    Some(told) => {
                        if let Told::Lines { lines, .. } = &told {
                            last.extend(lines.iter().map(|line| line.text.to_string()));
                            last.drain(..last.len().saturating_sub(LAST));
                        }
                        self.say(Msg::Ran { id, told });
                    }
                    None => break End::refused("wardroom broke while it ran; the log says where"),
                },
            }
        };
        let ended = Entry::ended(&self.name, &end, last.into(), self.clock.now().wall);
        if let Ok(standing) = keep(self.journal.as_ref(), ended, &self.order).await {
            self.say(Msg::Unrecorded(standing));
        }
        end
    }

    fn say(&self, msg: Msg) {
        // A loop that is gone needs to hear no more.
        let _gone = self.to.send(msg);
    }
}
