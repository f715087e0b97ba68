//! Since when somebody should have responded to an alert: kept per alert, because the time at
//! which a server says that it began is lost with the server's memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::alert::{Alert, AlertState};

/// An alert that comes back within this time was never gone.
const SAME_EPISODE: TimeDelta = TimeDelta::minutes(10);

/// A clock that was not seen for so long is of no use to anybody.
const FORGOTTEN: TimeDelta = TimeDelta::days(2);

/// How old a note of "it is still there" may be before it is written down again.
const NOTED: TimeDelta = TimeDelta::minutes(5);

/// The clock of one alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// Of which: its fingerprint, with the site where there are several.
    pub fingerprint: Arc<str>,
    /// When its episode began.
    pub since: DateTime<Utc>,
    /// When it was last there.
    pub seen: DateTime<Utc>,
}

/// The clocks of all alerts. A clone shares them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Clocks(Arc<BTreeMap<Arc<str>, Clock>>);

impl Clocks {
    /// The clocks that were written down; of several of one alert the last counts.
    pub fn of(written: impl IntoIterator<Item = Clock>) -> Self {
        let all = written.into_iter().map(|clock| (Arc::clone(&clock.fingerprint), clock)).collect();
        Self(Arc::new(all))
    }

    /// When the episode of an alert began, which never is later than its server says.
    pub fn since(&self, alert: &Alert) -> DateTime<Utc> {
        let known = self.0.get(alert.key()).filter(|clock| is_same(clock, alert));
        known.map_or(alert.starts_at, |clock| clock.since.min(alert.starts_at))
    }

    /// Takes notice of the alerts that are there. `measured`: what is not among them is resolved;
    /// otherwise it may only be unheard, and its clock goes on.
    pub fn hear<'a>(
        &mut self,
        alerts: impl IntoIterator<Item = &'a Alert>,
        measured: bool,
        now: DateTime<Utc>,
    ) {
        let all = Arc::make_mut(&mut self.0);
        if !measured {
            let running = all.values_mut().filter(|clock| now - clock.seen <= SAME_EPISODE);
            running.for_each(|clock| clock.seen = now);
        }
        for alert in alerts {
            if alert.state == AlertState::Pending {
                continue;
            }
            let begun = Clock { fingerprint: Arc::clone(alert.key()), since: alert.starts_at, seen: now };
            match all.get_mut(alert.key()) {
                Some(clock) if is_same(clock, alert) => {
                    *clock = Clock { since: clock.since.min(alert.starts_at), ..begun };
                }
                Some(clock) => *clock = begun,
                None => {
                    all.insert(Arc::clone(alert.key()), begun);
                }
            }
        }
        all.retain(|_, clock| now - clock.seen <= FORGOTTEN);
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Clock> {
        self.0.values()
    }
}

/// Which clocks were written down, and as of when.
#[derive(Debug, Default)]
pub struct Noted(BTreeMap<Arc<str>, DateTime<Utc>>);

impl Noted {
    /// The clocks that are to be written down: those that were not for some time.
    pub fn due(&mut self, clocks: &Clocks) -> Vec<Clock> {
        self.0.retain(|fingerprint, _| clocks.0.contains_key(fingerprint));
        let is_due =
            |clock: &&Clock| self.0.get(&clock.fingerprint).is_none_or(|at| clock.seen - *at >= NOTED);
        let due: Vec<Clock> = clocks.iter().filter(is_due).cloned().collect();
        self.0.extend(due.iter().map(|clock| (Arc::clone(&clock.fingerprint), clock.seen)));
        due
    }
}

/// Whether the alert goes on where the clock was seen last.
fn is_same(clock: &Clock, alert: &Alert) -> bool {
    alert.starts_at - clock.seen <= SAME_EPISODE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::correlate::tests::alert;

    fn time(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::minutes(minutes)
    }

    fn begun(minutes: i64) -> Alert {
        Alert { starts_at: time(minutes), ..alert("HostDown", "a") }
    }

    #[test]
    fn a_beginning_that_is_reset_restarts_no_clock() {
        let mut clocks = Clocks::default();
        clocks.hear(&[begun(0)], true, time(1));
        clocks.hear(&[begun(0)], true, time(60));
        clocks.hear(&[begun(63)], true, time(64));
        assert_eq!(clocks.since(&begun(63)), time(0));
        let written: Vec<Clock> = clocks.iter().cloned().collect();
        assert_eq!(Clocks::of(written).since(&begun(70)), time(0), "nor does a new program");
    }

    #[test]
    fn a_new_episode_is_a_new_clock() {
        let mut clocks = Clocks::default();
        clocks.hear(&[begun(0)], true, time(1));
        clocks.hear(&[], true, time(2));
        assert_eq!(clocks.since(&begun(30)), time(30));
    }

    #[test]
    fn an_alert_that_is_not_heard_keeps_its_clock() {
        let mut clocks = Clocks::default();
        clocks.hear(&[begun(0)], true, time(1));
        for minute in 2..40 {
            clocks.hear(&[], false, time(minute));
        }
        assert_eq!(clocks.since(&begun(41)), time(0));
    }

    #[test]
    fn what_is_written_down_is_not_written_again_at_once() {
        let mut clocks = Clocks::default();
        let mut noted = Noted::default();
        clocks.hear(&[begun(0)], true, time(1));
        assert_eq!(noted.due(&clocks).len(), 1);
        clocks.hear(&[begun(0)], true, time(2));
        assert!(noted.due(&clocks).is_empty());
        clocks.hear(&[begun(0)], true, time(7));
        assert_eq!(noted.due(&clocks).len(), 1);
        clocks.hear(&[], true, time(5 * 24 * 60));
        assert_eq!(clocks.iter().count(), 0);
        assert!(noted.due(&clocks).is_empty());
    }
}
