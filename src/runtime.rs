//! The loop: the only place where things are waited for, and the only one that touches `App`.
//!
//! It has a thread of its own. What takes time (network, big answers, files) happens on another
//! runtime and comes back as a message, so that nothing ever stands between a key and its frame.

mod asks;
mod feeds;
mod latest;
mod network;
mod pen;
mod placed;
mod play;
mod retired;
mod runs;
mod saves;
mod screen;
mod shelf;
mod signals;
mod tape;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Timelike as _};
use tokio::sync::mpsc::UnboundedReceiver;

use self::asks::Asks;
pub use self::feeds::{Feeds, Load, Loaded};
pub use self::latest::{Latest, kept as latest, values as latest_values};
pub use self::network::{Network, network};
pub use self::pen::Pen;
use self::play::Later;
use self::retired::Retired;
use self::runs::Runs;
use self::saves::Saves;
pub use self::screen::{Live, Paper, Screen};
use self::shelf::Shelves;
pub use self::signals::{listen, listen_for_the_deaf, stop};
pub use self::tape::Tape;
use crate::app::App;
use crate::border::{Effect, Msg};
use crate::clock::{Clock, Now};
use crate::domain::log::export::Wanted;
use crate::domain::run::{Order, Told};
use crate::replay::Player;
use crate::state;
use crate::terminal::{Call, Input};

/// When messages come without a pause, a frame is drawn in between after this time.
const LATEST: Duration = Duration::from_millis(50);

/// The servers that are near answer within this time.
const ANSWERED: Duration = Duration::from_millis(35);

/// A step of the clock that is larger says that the machine slept or its clock was set.
const STEP: TimeDelta = TimeDelta::seconds(5);

/// Why the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The operator left.
    Quit,
    /// A signal, by its number.
    Signal(i32),
    /// The terminal is gone.
    Gone,
}

/// The dashboard and all that it hangs on. Everything is handed in, so that a test and a picture
/// run the same loop as the screen.
pub struct Loop<S> {
    /// The state.
    pub app: App,
    /// Where it is drawn.
    pub screen: S,
    /// What time it is.
    pub clock: Clock,
    /// What is typed.
    pub inputs: UnboundedReceiver<Input>,
    /// What is polled.
    pub feeds: Feeds,
    /// A recording that is played.
    pub player: Option<Player>,
    /// Where what is heard is taken down.
    pub tape: Option<Tape>,
    /// What keeps the last that was heard, for the next start.
    pub latest: Option<Latest>,
    /// More that was heard before the start, which is still read.
    later: Option<Later>,
    asks: Asks,
    saves: Saves,
    shelves: Shelves,
    retired: Retired,
    runs: Runs,
    last: Now,
    tick: Option<Instant>,
    /// Since when the screen is not what it should be, if it is not.
    dirty_since: Option<Instant>,
    suspended: bool,
    /// What the terminal is to be handed over to.
    handing: Option<(u64, Arc<Order>)>,
}

impl<S: std::fmt::Debug> std::fmt::Debug for Loop<S> {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("Loop")
            .field("screen", &self.screen)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

impl<S: Screen> Loop<S> {
    /// A loop that is about to begin.
    pub fn new(app: App, screen: S, clock: Clock, inputs: UnboundedReceiver<Input>, feeds: Feeds) -> Self {
        let last = clock.now();
        let tick = next_second(&clock, last);
        let asks = Asks::new(feeds.network());
        let saves = Saves::new(feeds.network(), asks.sender());
        let mut shelves =
            Shelves::new(feeds.network(), feeds.state.as_deref(), feeds.incidents.as_deref(), &clock);
        shelves.watch(app.files(), feeds.state.as_deref());
        let runs = Runs::new(feeds.network(), feeds.state.as_deref(), &clock);
        Self {
            app,
            screen,
            clock,
            inputs,
            feeds,
            player: None,
            tape: None,
            latest: None,
            later: None,
            asks,
            saves,
            shelves,
            retired: Retired::default(),
            runs,
            last,
            tick,
            dirty_since: None,
            suspended: false,
            handing: None,
        }
    }

    /// Who is at the keyboard, as far as they have said.
    pub fn operator(&self) -> Option<&str> {
        Some(self.app.operator()).filter(|name| !name.is_empty())
    }

    /// Runs until it ends.
    ///
    /// # Errors
    /// When the screen cannot be drawn.
    pub async fn run(&mut self) -> io::Result<Ended> {
        loop {
            if let Some(ended) = self.turn().await? {
                self.settle().await;
                tokio::join!(self.runs.end(), self.shelves.end(), self.feeds.end());
                return Ok(ended);
            }
        }
    }

    /// Waits for the next thing, and does it. What is typed comes first; a frame is drawn when
    /// nothing else is to be done.
    ///
    /// # Errors
    /// When the screen cannot be drawn.
    pub async fn turn(&mut self) -> io::Result<Option<Ended>> {
        let is_dirty = self.app.is_dirty();
        self.dirty_since = is_dirty.then(|| self.dirty_since.unwrap_or_else(Instant::now));
        let dirty_since = self.dirty_since.unwrap_or_else(Instant::now);
        let due = self.screen.next(dirty_since).unwrap_or(dirty_since);
        let overdue = due.max(dirty_since + LATEST);
        let step = self.player.as_ref().and_then(Player::due);
        tokio::select! {
            biased;
            input = self.inputs.recv() => return self.typed(input.unwrap_or(Input::Gone)).await,
            () = until(overdue), if is_dirty => self.draw()?,
            // What is newer is not heard before what is older.
            Some(event) = self.feeds.events.recv(), if self.later.is_none() => {
                let crate::sources::Event { source, feed, result, took, place: _held } = event;
                if let Ok(seen) = &result {
                    self.retired.keep(&source, feed, seen);
                }
                let seen = Msg::Observed { source, feed, result, took };
                self.take_down(&seen);
                return Ok(self.take(seen));
            }
            Some(answer) = self.asks.answers.recv() => {
                self.take_down(&answer);
                if let Msg::Computed { related: Some(related), .. } = &answer {
                    self.retired.keep_related(related);
                }
                return Ok(self.take(answer));
            }
            Some(told) = self.shelves.messages.recv() => return Ok(self.take(told)),
            Some(told) = self.runs.messages.recv() => return Ok(self.take(told)),
            Some(loaded) = self.feeds.loads.recv() => self.reloaded(loaded),
            () = until(step.unwrap_or(due)), if step.is_some() => return Ok(self.play()),
            () = until(self.tick.unwrap_or(due)), if self.tick.is_some() => {
                self.screen.ripen();
                let ended = self.take(Msg::Tick);
                self.tick = next_second(&self.clock, self.last);
                return Ok(ended);
            }
            () = until(due), if is_dirty => self.draw()?,
            moments = play::read(&mut self.later) => {
                self.later = None;
                self.remember(moments);
            }
        }
        Ok(None)
    }

    /// Hands a message to the state, and carries out what it asks for.
    pub fn take(&mut self, msg: Msg) -> Option<Ended> {
        let now = self.clock.now();
        let jumped = has_jumped(self.last, now);
        self.last = now;
        let mut effects = if jumped { self.app.update(Msg::Jumped, now) } else { Vec::new() };
        effects.extend(self.app.update(msg, now));
        effects.into_iter().fold(None, |ended, effect| ended.or(self.carry_out(effect)))
    }

    /// Draws a frame, and asks what it still wants to know.
    ///
    /// # Errors
    /// When the screen cannot be drawn.
    pub fn draw(&mut self) -> io::Result<()> {
        let now = self.clock.now();
        self.screen.draw(&mut self.app, now)?;
        for effect in self.app.asks(now) {
            self.carry_out(effect);
        }
        self.retired.bury(self.app.take_gone());
        self.retired.drop_elsewhere(&self.feeds.network());
        Ok(())
    }

    fn carry_out(&mut self, effect: Effect) -> Option<Ended> {
        match effect {
            Effect::Refresh(only) => self.feeds.refresh(only.as_ref()),
            Effect::Ask { id, ask } => {
                if let Some(player) = &mut self.player {
                    let answer = player.answer(id, &ask)?;
                    return self.take(answer);
                }
                if let Some(tape) = &mut self.tape {
                    tape.asked(id, &ask);
                }
                let source = self.feeds.source(&ask.source);
                self.asks.ask(id, ask, source, &self.clock);
            }
            Effect::Forget(slot) => self.asks.forget(&slot),
            Effect::Call { id, deed } => {
                let source = self.feeds.source(&deed.source);
                self.asks.call(id, deed, source, self.runs.pen(self.app.operator()));
            }
            Effect::Compute(join) => self.asks.compute(*join),
            Effect::KeepClocks(clocks) => self.feeds.keep_clocks(clocks),
            Effect::Trust { file, sha256 } => self.shelves.trust(file, sha256),
            Effect::Recall(incident) => self.shelves.remember(incident),
            Effect::RecallAll => self.shelves.remember_all(),
            Effect::Record(entries) => self.shelves.record(entries, self.app.operator()),
            Effect::Report { incident, text } => self.shelves.report(incident, text),
            Effect::ReadJournal => self.runs.tell(),
            Effect::ReadPast => self.runs.tell_past(),
            Effect::KeepMaintained(window) => {
                self.feeds.keep("a maintenance", move |root| state::keep_maintained(root, window));
            }
            Effect::KeepLooked(looked) => {
                self.feeds.keep("that somebody looked", move |root| state::keep_looked(root, &looked));
            }
            Effect::Run { id, order } => self.runs.start(id, order),
            Effect::HandOver { id, order } => self.handing = Some((id, order)),
            Effect::Place(order) => self.runs.place(order),
            Effect::Stop(id) => self.runs.stop(id),
            Effect::KeepRecent(lines) => {
                self.feeds.keep("what was asked for by name", move |root| state::keep_recent(root, &lines));
            }
            Effect::KeepDrill(drill) => self.feeds.keep_drill(drill, self.runs.voice()),
            Effect::KeepRoutine(done) => self.feeds.keep_routine(done, self.runs.voice()),
            Effect::KeepExercise(done) => self.feeds.keep_exercise(done, self.runs.voice()),
            Effect::KeepBookmark(place) => self.feeds.keep_bookmark(place, self.runs.voice()),
            Effect::ForgetBookmark(name) => self.feeds.forget_bookmark(name, self.runs.voice()),
            Effect::KeepBoot(boot) => {
                self.feeds.keep("the start of the lab", move |root| state::keep_boot(root, &boot));
            }
            Effect::KeepQuery(query) => {
                self.feeds.keep("a query", move |root| state::keep_query(root, &query));
            }
            Effect::Save(export) => {
                let source = match &export.what {
                    Wanted::Range { source, .. } => self.feeds.source(source),
                    Wanted::Entries(_) => None,
                };
                self.saves.start(export, source, self.clock.now().wall);
            }
            Effect::StopSaving => self.saves.stop(),
            Effect::Copy(text) => {
                if let Err(error) = self.screen.copy(&text) {
                    tracing::warn!(%error, "nothing was copied");
                }
            }
            Effect::Ring { text, how } => {
                if let Err(error) = self.screen.ring(&text, how) {
                    tracing::warn!(%error, "nobody was told of {text}");
                }
            }
            Effect::Mouse(on) => {
                if let Err(error) = self.screen.point(on) {
                    tracing::warn!(%error, "the mouse was not heeded");
                }
            }
            Effect::Replay(control) => self.control(control),
            Effect::Suspend => self.suspended = true,
            Effect::Reload => self.feeds.reload(),
            Effect::Site(site) => self.feeds.show_site(site.map(|site| site.to_string())),
            Effect::Quit => return Some(Ended::Quit),
        }
        None
    }

    async fn typed(&mut self, input: Input) -> io::Result<Option<Ended>> {
        let ended = match input {
            Input::Msg(msg) => {
                self.screen.hurry();
                self.take(msg)
            }
            Input::Answered => {
                self.screen.answered();
                None
            }
            Input::Gone => Some(Ended::Gone),
            Input::Signal(Call::Resized) => match self.screen.resized()? {
                Some((width, height)) => {
                    self.screen.hurry();
                    self.take(Msg::Resize { width, height })
                }
                None => None,
            },
            Input::Signal(Call::Continue) => {
                self.screen.take()?;
                self.screen.hurry();
                self.take(Msg::Focus(true))
            }
            Input::Signal(Call::Stop) => {
                self.suspended = true;
                None
            }
            Input::Signal(Call::End(signal)) => {
                self.take(Msg::Terminate);
                Some(Ended::Signal(signal))
            }
        };
        if let (Some((id, order)), None) = (self.handing.take(), ended) {
            return self.hand_over(id, &order).await;
        }
        if std::mem::take(&mut self.suspended) && ended.is_none() {
            return self.suspend().await;
        }
        Ok(ended)
    }

    /// Gives the terminal to a command, and takes it back when that has ended.
    async fn hand_over(&mut self, id: u64, order: &Order) -> io::Result<Option<Ended>> {
        self.settle().await;
        self.screen.give_back();
        signals::elsewhere(true);
        let (end, signal) = self.runs.hand_over(order, &mut self.inputs).await;
        signals::elsewhere(false);
        if let Some(signal) = signal {
            return Ok(Some(Ended::Signal(signal)));
        }
        self.screen.take()?;
        Ok(self.take(Msg::Ran { id, told: Told::Ended(end) }).or(self.take(Msg::Tick)))
    }

    /// Gives the terminal to the shell, and takes it back when the operator returns.
    async fn suspend(&mut self) -> io::Result<Option<Ended>> {
        self.settle().await;
        self.screen.give_back();
        if stop() {
            // The signal that wakes us up also says so in the queue; it may be ended instead.
            while let Some(input) = self.inputs.recv().await {
                match input {
                    Input::Signal(Call::Continue) => break,
                    Input::Signal(Call::End(signal)) => return Ok(Some(Ended::Signal(signal))),
                    _ => {}
                }
            }
        }
        self.screen.take()?;
        Ok(self.take(Msg::Tick))
    }

    fn reloaded(&mut self, loaded: Result<Loaded, Vec<String>>) {
        if loaded.as_ref().is_ok_and(|loaded| !self.feeds.is_wanted(loaded)) {
            return;
        }
        let outcome = loaded.map(|loaded| {
            self.feeds.watch(&loaded.sources, &self.clock);
            for effect in self.app.reconfigure(loaded.setup, self.clock.now()) {
                self.carry_out(effect);
            }
            self.shelves.watch(self.app.files(), self.feeds.state.as_deref());
        });
        self.take(Msg::Reloaded(outcome));
    }

    /// Waits for the answer that is still under way: the shell would take it for something typed.
    async fn settle(&mut self) {
        while let Some(patience) = self.screen.outstanding() {
            match tokio::time::timeout(patience, self.inputs.recv()).await {
                Ok(Some(Input::Answered)) => self.screen.answered(),
                Ok(None | Some(Input::Gone)) | Err(_) => return,
                // What was typed after the end was meant for nobody.
                Ok(Some(_)) => {}
            }
        }
    }
}

async fn until(instant: Instant) {
    if instant > Instant::now() {
        tokio::time::sleep_until(instant.into()).await;
    }
}

/// When the wall clock shows its next second, and who was asked with it has answered; a clock that stands
/// still never does.
fn next_second(clock: &Clock, now: Now) -> Option<Instant> {
    let rest = 1_000_u64.saturating_sub(u64::from(now.wall.nanosecond() / 1_000_000));
    (!clock.is_fixed()).then(|| Instant::now() + Duration::from_millis(rest) + ANSWERED)
}

/// Whether the machine slept or its clock was set between two looks. The loop looks every second.
fn has_jumped(last: Now, now: Now) -> bool {
    let wall = now.wall - last.wall;
    let mono = TimeDelta::from_std(now.mono.saturating_sub(last.mono)).unwrap_or(TimeDelta::MAX);
    (wall - mono).abs() > STEP || mono > STEP
}

#[cfg(test)]
#[path = "runtime/tests.rs"]
mod tests;
