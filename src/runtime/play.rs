//! What is taken down while it is seen, and played again: recordings, and the last that was seen before
//! the start.

use std::collections::BTreeSet;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::{Ended, Loop, Screen};
use crate::app::App;
use crate::border::{Effect, Msg};
use crate::clock::Now;
use crate::replay::{Control, Moment};

/// A disk that takes longer hangs: those who answer now are to be heard.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is read while the first frame is drawn.
#[derive(Debug)]
pub struct Later {
    read: oneshot::Receiver<Vec<Moment>>,
    until: Instant,
}

/// What was read; nothing when it takes too long.
pub async fn read(later: &mut Option<Later>) -> Vec<Moment> {
    match later {
        Some(later) => {
            timeout_at(later.until, &mut later.read).await.ok().and_then(Result::ok).unwrap_or_default()
        }
        None => pending().await,
    }
}

impl<S: Screen> Loop<S> {
    /// Shows what was seen before the start when it is read, after the first frame.
    pub fn remember_later(&mut self, read: impl FnOnce() -> Vec<Moment> + Send + 'static) {
        let (to, later) = oneshot::channel();
        self.feeds.network().spawn_blocking(move || {
            // A loop that is gone needs it no more.
            let _gone = to.send(read());
        });
        self.later = Some(Later { read: later, until: Instant::now() + PATIENCE });
    }

    /// Shows what was seen before the start, each at its own time.
    pub fn remember(&mut self, moments: Vec<Moment>) {
        let now = self.clock.now();
        if let Some(latest) = &self.latest {
            latest.know(&moments);
        }
        for moment in moments {
            let effects = self.app.update(moment.msg, Now { wall: moment.at, ..now });
            // To join many alerts takes a while; nothing else is to be done for what is over.
            for effect in effects.into_iter().filter(|effect| matches!(effect, Effect::Compute(_))) {
                self.carry_out(effect);
            }
        }
    }

    pub(super) fn take_down(&mut self, msg: &Msg) {
        if let Some(latest) = &self.latest {
            latest.take(msg, self.clock.now().wall);
        }
        if let Some(tape) = &mut self.tape {
            tape.take(msg, self.clock.now().wall);
        }
    }

    /// Plays one step of the recording.
    pub(super) fn play(&mut self) -> Option<Ended> {
        let msg = self.player.as_mut()?.step()?;
        self.take(msg)
    }

    /// Plays the recording up to its end.
    pub fn play_out(&mut self) {
        while self.player.as_ref().is_some_and(|player| !player.is_over()) {
            self.play();
        }
    }

    /// Plays up to the next alert that begins, or to the end.
    fn play_to_alert(&mut self) {
        let names = |app: &App| -> BTreeSet<Arc<str>> {
            app.store().alerts().iter().map(|listed| Arc::clone(listed.alert.key())).collect()
        };
        let before = names(&self.app);
        while self.player.as_ref().is_some_and(|player| !player.is_over()) {
            self.play();
            if !names(&self.app).is_subset(&before) {
                return;
            }
        }
    }

    pub(super) fn control(&mut self, control: Control) {
        if control == Control::NextAlert {
            self.play_to_alert();
        }
        if let Some(player) = &mut self.player {
            let told = player.obey(control);
            self.app.tell(told, self.clock.now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_disk_that_hangs_holds_up_nobody_who_answers() {
        let (_hangs, read) = oneshot::channel();
        let mut later = Some(Later { read, until: Instant::now() + PATIENCE });
        assert_eq!(super::read(&mut later).await, []);
    }
}
