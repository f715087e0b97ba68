//! Telling somebody of a change, once, when nobody but a timer looks.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::health::Health;

/// What was told last, and when it was last tried to tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The state that was told; `None` when nothing ever was: then all is taken to have been well.
    pub state: Option<Health>,
    /// When something was last run.
    pub tried: Option<DateTime<Utc>>,
}

/// What a new state comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is as it was.
    Nothing,
    /// It changed into what nobody wants to be told of: only kept.
    Keep,
    /// It changed, and was told of too lately: the next look tells.
    Wait,
    /// It changed: tell, and what it was.
    Tell(Health),
}

impl Told {
    /// What is to be done when the state is `state` at `now`; `only` is the one state to be told of.
    pub fn next(&self, state: Health, only: Option<Health>, rate: TimeDelta, now: DateTime<Utc>) -> Next {
        let before = self.state.unwrap_or(Health::Ok);
        if state == before {
            return if self.state.is_none() { Next::Keep } else { Next::Nothing };
        }
        if only.is_some_and(|only| only != state) {
            return Next::Keep;
        }
        // A clock that was set back does not silence it.
        let lately = |tried: DateTime<Utc>| tried <= now && now - tried < rate;
        if self.tried.is_some_and(lately) { Next::Wait } else { Next::Tell(before) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_once_and_not_too_often() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        let told = |state: Option<Health>, ago: Option<i64>| Told {
            state,
            tried: ago.map(|ago| now - TimeDelta::seconds(ago)),
        };
        let (ok, bad, grey) = (Health::Ok, Health::Critical, Health::Unknown);
        for (before, state, only, next) in [
            (told(None, None), ok, None, Next::Keep),
            (told(None, None), bad, None, Next::Tell(ok)),
            (told(Some(ok), None), ok, None, Next::Nothing),
            (told(Some(ok), Some(90)), bad, None, Next::Tell(ok)),
            (told(Some(ok), Some(20)), bad, None, Next::Wait),
            (told(Some(bad), Some(90)), bad, None, Next::Nothing),
            (told(Some(bad), Some(60)), grey, None, Next::Tell(bad)),
            (told(Some(bad), Some(-600)), ok, None, Next::Tell(bad)),
            (told(Some(ok), None), grey, Some(bad), Next::Keep),
            (told(Some(grey), None), bad, Some(bad), Next::Tell(grey)),
            (told(Some(bad), None), ok, Some(bad), Next::Keep),
            (told(Some(ok), None), ok, Some(ok), Next::Nothing),
        ] {
            assert_eq!(before.next(state, only, TimeDelta::minutes(1), now), next, "{before:?} {state}");
        }
    }
}
