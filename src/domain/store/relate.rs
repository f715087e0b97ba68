//! What is found anew when a feed has said something: the alerts of all sources as one list, the hosts, and
//! what follows from what. Not with every frame, which may come often; and away from the loop where there
//! is so much of it that a key would wait.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{SourceState, Store};
use crate::domain::cause::{self, Cause};
use crate::domain::chain;
use crate::domain::correlate::{Join, Joined, Part};
use crate::domain::feed::{Feed, SourceId, SourceKind};
use crate::domain::hosts::{self, Host};
use crate::domain::log::{Lines, Tail};
use crate::domain::verdict::{Verdict, judge_ahead};

/// What follows from what, by [`Alert::key`](crate::domain::alert::Alert::key) of what follows.
pub type Causes = BTreeMap<Arc<str>, Cause>;

/// So few alerts take less than to have them joined elsewhere.
const FEW: usize = 500;

/// So few values of hosts, likewise.
const FEW_VALUES: usize = 2_000;

/// The response clocks are told at least so often that what they are about is still there.
const TELL: TimeDelta = TimeDelta::seconds(15);

/// A verdict that nothing has changed but the time is made anew so often.
const REJUDGE: TimeDelta = TimeDelta::seconds(5);

/// What is to be found anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a set of parts, each stale or not")]
struct Stale {
    alerts: bool,
    hosts: bool,
    causes: bool,
    /// Of a large lab: one that is small is judged where it is drawn.
    verdict: bool,
}

impl Stale {
    const fn or(self, other: Self) -> Self {
        Self {
            alerts: self.alerts || other.alerts,
            hosts: self.hosts || other.hosts,
            causes: self.causes || other.causes,
            verdict: self.verdict || other.verdict,
        }
    }

    const fn is_any(self) -> bool {
        self.alerts || self.hosts || self.causes || self.verdict
    }
}

/// How far what is known is found.
#[derive(Clone, Debug, Default)]
pub(super) struct Relations {
    stale: Stale,
    /// What is being found elsewhere, by its number.
    under_way: Option<(u64, Stale)>,
    /// The number of the last that was given away.
    last: u64,
    /// When the alerts were joined last.
    joined_at: DateTime<Utc>,
    /// When all of it was last given away to be judged.
    judged_at: DateTime<Utc>,
}

/// What is to be found anew, away from the loop.
#[derive(Clone, Debug)]
pub struct Relating {
    /// Which one; the result comes back with it.
    pub number: u64,
    join: Option<Join>,
    stale: Stale,
    /// When the verdict is to be on it.
    now: DateTime<Utc>,
    /// What is known, the lines of the logs left out.
    known: Box<Store>,
}

impl Relating {
    /// Finds it.
    pub fn run(mut self) -> Related {
        let stale = self.stale;
        self.known.find(self.join, stale);
        Related {
            joined: stale.alerts.then(|| Arc::clone(&self.known.joined)),
            hosts: stale.hosts.then(|| Arc::clone(&self.known.hosts)),
            causes: Arc::clone(&self.known.causes),
            verdict: judge_ahead(&self.known, self.now),
        }
    }
}

/// By its number: one is never given away twice.
impl PartialEq for Relating {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Related {
    /// The alerts, if they were joined anew.
    pub joined: Option<Arc<Joined>>,
    /// The hosts, if they were.
    pub hosts: Option<Arc<[Host]>>,
    causes: Arc<Causes>,
    /// The verdict on all of it.
    pub verdict: Verdict,
}

impl Related {
    /// Takes over what is newer, and gives back what it replaces.
    #[must_use]
    pub fn renew(&mut self, newer: &Self) -> Self {
        Self {
            joined: newer.joined.as_ref().and_then(|joined| self.joined.replace(Arc::clone(joined))),
            hosts: newer.hosts.as_ref().and_then(|hosts| self.hosts.replace(Arc::clone(hosts))),
            causes: std::mem::replace(&mut self.causes, Arc::clone(&newer.causes)),
            verdict: Verdict::default(),
        }
    }
}

impl Store {
    /// Notes what a feed's answer makes stale; whether anything is. What is told by the rules alone is found
    /// at once.
    ///
    /// `changed`: it says something new; `moved`: of hosts, too. `before`: what the source brought to the join
    /// before.
    pub(super) fn note_stale(
        &mut self,
        id: &SourceId,
        (feed, changed, moved): (Feed, bool, bool),
        before: &Part,
        now: DateTime<Utc>,
    ) -> bool {
        let Some(source) = self.sources.iter_mut().find(|source| source.id == *id) else { return false };
        if changed && id.kind == SourceKind::Prometheus && matches!(feed, Feed::Rules | Feed::Status) {
            source.data.blind = chain::blind(&source.data).into();
            source.data.uncovered = chain::uncovered(&source.data).into();
        }
        let is_old = feed == Feed::Alerts && now - self.relations.joined_at >= TELL;
        let stale = Stale {
            alerts: !source.part().is(before) || is_old,
            hosts: moved,
            causes: changed && matches!(feed, Feed::Rules | Feed::Guests),
            // That a target was scraped again makes no other verdict; that time passes is judged now and then.
            verdict: (moved || changed && feed != Feed::Targets) && self.is_large(),
        };
        self.relations.stale = self.relations.stale.or(stale);
        stale.is_any()
    }

    /// The numbers have changed.
    pub(super) fn note_all_stale(&mut self) {
        self.relations.stale = Stale { alerts: true, hosts: true, causes: true, verdict: self.is_large() };
    }

    /// Finds what is stale: at once if there is little of it. Else what is given back is to be run, and
    /// its result given to [`Store::take_related`]; one at a time.
    pub(super) fn relate(&mut self, now: DateTime<Utc>) -> Option<Relating> {
        let Relations { stale, under_way, .. } = self.relations;
        if under_way.is_some() || !stale.is_any() {
            return None;
        }
        self.relations.stale = Stale::default();
        let join = stale.alerts.then(|| self.join(now));
        if self.is_little(stale) {
            let earlier = Arc::clone(&self.joined);
            self.find(join, stale);
            self.note_joined(stale.alerts, &earlier, now);
            return None;
        }
        self.relations.last += 1;
        self.relations.judged_at = now;
        let number = self.relations.last;
        self.relations.under_way = Some((number, stale));
        Some(Relating { number, join, stale, now, known: Box::new(self.without_lines()) })
    }

    /// Takes what was found elsewhere; one that is out of date says nothing. What has become stale since
    /// is to be found next.
    pub fn take_related(&mut self, number: u64, related: &Related, now: DateTime<Utc>) -> Option<Relating> {
        let (_, stale) = self.relations.under_way.take_if(|(under_way, _)| *under_way == number)?;
        let earlier = Arc::clone(&self.joined);
        if let Some(joined) = &related.joined {
            self.joined = Arc::clone(joined);
        }
        if let Some(hosts) = &related.hosts {
            self.hosts = Arc::clone(hosts);
        }
        self.causes = Arc::clone(&related.causes);
        self.note_joined(stale.alerts, &earlier, now);
        self.relate(now)
    }

    /// Has a large lab judged again now and then, for time has passed; at once when a feed stands otherwise
    /// than a second ago.
    pub fn rejudge(&mut self, is_otherwise: bool, now: DateTime<Utc>) -> Option<Relating> {
        let is_due = is_otherwise || now - self.relations.judged_at >= REJUDGE;
        self.relations.stale.verdict |= is_due && self.is_large();
        self.relate(now)
    }

    /// It was not found: it is still stale.
    pub fn forget_relating(&mut self, number: u64) {
        if let Some((_, stale)) = self.relations.under_way.take_if(|(under_way, _)| *under_way == number) {
            self.relations.stale = self.relations.stale.or(stale);
        }
    }

    /// Whether what is found elsewhere under this number is waited for.
    pub fn awaits(&self, number: u64) -> bool {
        self.relations.under_way.is_some_and(|(under_way, _)| under_way == number)
    }

    /// Whether something is being found elsewhere.
    pub const fn is_relating(&self) -> bool {
        self.relations.under_way.is_some()
    }

    /// What another store has found, or is having found, is none of this one's.
    pub(super) fn found_after(&mut self, other: &Self) {
        self.relations.last = other.relations.last;
    }

    fn find(&mut self, join: Option<Join>, stale: Stale) {
        if stale.hosts {
            self.hosts = hosts::hosts(self).into();
        }
        if let Some(join) = join {
            self.joined = Arc::new(Join { twins: self.twins(), ..join }.run());
        }
        if stale.alerts || stale.hosts || stale.causes {
            self.causes = Arc::new(cause::causes(self));
        }
    }

    fn note_joined(&mut self, is_joined: bool, earlier: &Joined, now: DateTime<Utc>) {
        if is_joined {
            self.relations.joined_at = now;
            self.note_resolved(&earlier.alerts, now);
        }
    }

    /// Whether there is so much that it is judged away from the loop.
    pub fn is_large(&self) -> bool {
        !self.is_little(Stale { hosts: true, verdict: true, ..Stale::default() })
    }

    /// Whether it takes no longer than a frame may.
    fn is_little(&self, stale: Stale) -> bool {
        let alerts = |source: &SourceState| {
            source.data.alerts.len() + source.data.raised.len() + source.data.silences.len()
        };
        let groups = |source: &SourceState| source.data.groups.len();
        let values = |source: &SourceState| {
            let readings = source.data.measured.iter().map(|measured| measured.readings.len());
            source.data.targets.len() + readings.sum::<usize>()
        };
        // What follows from what is found of all alerts each time.
        self.sources.iter().map(alerts).sum::<usize>() <= FEW
            && (!stale.verdict || self.sources.iter().map(groups).sum::<usize>() <= FEW)
            && (!(stale.hosts || stale.verdict)
                || self.sources.iter().map(values).sum::<usize>() <= FEW_VALUES)
    }

    fn join(&self, now: DateTime<Utc>) -> Join {
        let measured = self.sources.iter().all(|source| {
            source.feeds.get(&Feed::Alerts).is_none_or(|alerts| alerts.is_fresh(now))
                || source.lacks(Feed::Alerts)
        });
        let watching = self.sources.iter().filter(|source| source.id.kind.watches());
        Join {
            parts: watching.map(SourceState::part).collect(),
            thresholds: self.thresholds.clone(),
            clocks: self.joined.clocks.clone(),
            measured,
            twins: BTreeSet::new(),
            now,
        }
    }

    /// The names that hosts of several sites have.
    fn twins(&self) -> BTreeSet<Arc<str>> {
        let twins = self.hosts.iter().filter(|host| host.is_twin());
        twins.map(|host| Arc::clone(&host.known_as)).collect()
    }

    /// All that is known but the lines of the logs: they are many, and nothing rests on them.
    fn without_lines(&mut self) -> Self {
        let lines: Vec<Lines> = self.tails_mut().map(Tail::take_lines).collect();
        let copy = self.clone();
        for (tail, lines) in self.tails_mut().zip(lines) {
            tail.put_lines(lines);
        }
        copy
    }

    fn tails_mut(&mut self) -> impl Iterator<Item = &mut Tail> {
        self.sources.iter_mut().flat_map(|source| &mut source.data.tails)
    }
}

#[cfg(test)]
#[path = "relate_tests.rs"]
mod tests;
