//! The last good value of every feed, and its freshness. It lives on the loop; nobody else reads it.

mod ended;
mod relate;
mod source;

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::alert::{Alert, At};
use super::cause::Cause;
use super::clocks::Clocks;
use super::correlate::Joined;
use super::digest::Looked;
use super::drill::Drill;
use super::exercise::Exercised;
use super::feed::{Failure, Feed, FeedState, Freshness, SourceId, SourceKind};
use super::hosts::Host;
use super::layer::Boot;
use super::log::{RingLimits, Tail};
use super::observation::Observation;
use super::ran::Ran;
use super::routine::Done;
use super::sites;
use super::slo::{Account, Window};
use super::subject::Subject;
use super::target::Target;
use super::thresholds::Thresholds;

pub use super::correlate::Listed;
pub use ended::Resolved;
use relate::Relations;
pub use relate::{Causes, Related, Relating};
pub use source::{Data, SourceState};

/// What the store must know of a source before it has said anything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expected {
    /// Which source.
    pub id: SourceId,
    /// Its site.
    pub site: Arc<str>,
    /// Its feeds, each with its interval in seconds.
    pub feeds: Vec<(Feed, f64)>,
    /// Its tails, by name, with their queries.
    pub tails: Vec<(Arc<str>, Arc<str>)>,
}

/// An alert that vanished while the Prometheus that could have resolved it was not heard.
#[derive(Clone, Debug)]
pub struct Vanished {
    /// The alert as it last was.
    pub alert: Alert,
    /// Which source had it.
    pub source: SourceId,
    /// Since when it is gone.
    pub since: DateTime<Utc>,
}

/// Everything that is known.
#[derive(Clone, Debug)]
pub struct Store {
    /// The sources, in the order of the config.
    pub sources: Vec<SourceState>,
    /// The numbers that turn measurements into states.
    pub thresholds: Thresholds,
    /// Alerts that vanished unheard.
    pub vanished: Vec<Vanished>,
    /// The restores that were tried.
    pub drills: Vec<Drill>,
    /// The drills on the demo lab that were done.
    pub exercised: Vec<Exercised>,
    /// The routines that were worked through.
    pub routines: Vec<Done>,
    /// The times in which maintenance was planned before, as they were written down.
    pub maintained: Vec<Window>,
    /// When the operator last looked at what had happened.
    pub looked: Option<Looked>,
    /// What the journal told last, the oldest first.
    pub ran: Vec<Ran>,
    /// The starts of the lab that were seen, the newest last.
    pub boots: Vec<Boot>,
    /// The queries that were typed, the newest last.
    pub queries: Vec<String>,
    /// Alerts that ended while somebody looked, the newest last.
    pub resolved: VecDeque<Resolved>,
    /// What became of the objectives, by name, or why that is not known.
    accounts: BTreeMap<Arc<str>, Result<Account, Failure>>,
    hosts: Arc<[Host]>,
    causes: Arc<Causes>,
    joined: Arc<Joined>,
    relations: Relations,
}

/// What came of taking something in.
#[must_use]
#[derive(Debug)]
pub struct Taken {
    /// Something is different now, beside the age of the feed.
    pub changed: bool,
    /// The alerts were joined anew.
    pub joined: bool,
    /// What is to be found elsewhere, and given to [`Store::take_related`].
    pub relating: Option<Relating>,
}

impl Store {
    /// A store that waits for `sources`.
    pub fn new(
        sources: impl IntoIterator<Item = Expected>,
        thresholds: Thresholds,
        ring: RingLimits,
    ) -> Self {
        let sources: Vec<Expected> = sources.into_iter().collect();
        let named = sources.iter().map(|source| &source.site).filter(|site| !site.is_empty());
        let is_several = named.collect::<BTreeSet<_>>().len() > 1;
        let sources = sources.into_iter().map(|expected| SourceState {
            id: expected.id,
            apart: if is_several { Arc::clone(&expected.site) } else { Arc::default() },
            site: expected.site,
            feeds: expected
                .feeds
                .into_iter()
                .map(|(feed, interval)| (feed, Freshness::pending(interval)))
                .collect(),
            data: Data {
                tails: expected.tails.into_iter().map(|(name, query)| Tail::new(name, query, ring)).collect(),
                ..Data::default()
            },
        });
        Self {
            sources: sources.collect(),
            thresholds,
            vanished: Vec::new(),
            drills: Vec::new(),
            exercised: Vec::new(),
            maintained: Vec::new(),
            routines: Vec::new(),
            looked: None,
            ran: Vec::new(),
            boots: Vec::new(),
            queries: Vec::new(),
            resolved: VecDeque::new(),
            accounts: BTreeMap::new(),
            hosts: Arc::default(),
            causes: Arc::default(),
            joined: Arc::default(),
            relations: Relations::default(),
        }
    }

    /// The sources of a kind.
    pub fn of(&self, kind: SourceKind) -> impl Iterator<Item = &SourceState> {
        self.sources.iter().filter(move |source| source.id.kind == kind)
    }

    /// A source by its identity.
    pub fn source(&self, id: &SourceId) -> Option<&SourceState> {
        self.sources.iter().find(|source| source.id == *id)
    }

    /// All alerts that are true, wherever they were seen, each once, in their default order. The
    /// Watchdog is not among them.
    pub fn alerts(&self) -> &Arc<[Listed]> {
        &self.joined.alerts
    }

    /// An alert of the list by its identity, [`Alert::key`].
    pub fn listed(&self, key: &str) -> Option<&Listed> {
        self.joined.alerts.get(*self.joined.places.get(key)?)
    }

    /// The site of a source, where there are several; else nothing.
    pub fn site_of(&self, id: &SourceId) -> &str {
        self.source(id).map_or("", |source| &source.apart)
    }

    /// What a site is called.
    pub fn title<'s>(&'s self, site: &'s Arc<str>) -> &'s Arc<str> {
        self.thresholds.titles.get(site).unwrap_or(site)
    }

    /// The sources of a kind that may know something of this site.
    pub fn near<'s>(&'s self, kind: SourceKind, site: &'s str) -> impl Iterator<Item = &'s SourceState> {
        self.of(kind).filter(move |source| sites::meet(&source.apart, site))
    }

    /// The Watchdog, wherever it arrives: an alert that fires when all is well.
    pub fn heartbeats(&self) -> &[Listed] {
        &self.joined.heartbeats
    }

    /// Since when the alerts are there, whatever their servers say.
    pub fn clocks(&self) -> &Clocks {
        &self.joined.clocks
    }

    /// Takes the response clocks that were kept.
    pub fn take_clocks(&mut self, clocks: Clocks) {
        Arc::make_mut(&mut self.joined).clocks = clocks;
    }

    /// Takes the place of another store: the clocks go on, and what it has had joined is not taken
    /// for its own.
    #[must_use]
    pub fn instead_of(mut self, other: &Self) -> Self {
        self.take_clocks(other.clocks().clone());
        self.drills.clone_from(&other.drills);
        self.exercised.clone_from(&other.exercised);
        self.looked = other.looked;
        self.routines.clone_from(&other.routines);
        self.maintained.clone_from(&other.maintained);
        self.ran.clone_from(&other.ran);
        self.boots.clone_from(&other.boots);
        self.queries.clone_from(&other.queries);
        self.accounts.clone_from(&other.accounts);
        self.found_after(other);
        self
    }

    /// What became of an objective, or why that is not known; nothing while nobody has asked.
    pub fn account(&self, goal: &str) -> Option<&Result<Account, Failure>> {
        self.accounts.get(goal)
    }

    /// Takes what became of an objective. A failure takes the place of nothing but a failure: what was
    /// counted before tells itself how old it is.
    pub fn take_account(&mut self, goal: &str, counted: Result<Account, Failure>) {
        let known = self.accounts.get(goal).is_some_and(Result::is_ok);
        if counted.is_ok() || !known {
            self.accounts.insert(goal.into(), counted);
        }
    }

    /// How many alerts a silence covers; `None` when it is not known here.
    pub fn covers(&self, source: &SourceId, silence: &str) -> Option<usize> {
        self.joined.covers.get(&source.name)?.get(silence).copied()
    }

    /// The hosts, the worst first.
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// The host of this name.
    pub fn host(&self, name: &str) -> Option<&Host> {
        self.hosts.iter().find(|host| *host.name == *name)
    }

    /// What alerts follow from, by [`Alert::key`]; those that stand on their own are absent.
    pub fn causes(&self) -> &Causes {
        &self.causes
    }

    /// What an alert follows from; nothing of what stands on its own, or is no alert.
    pub fn cause_of(&self, subject: Option<&Subject>) -> Option<&Cause> {
        match subject? {
            Subject::Alert { fingerprint, .. } => self.causes.get(fingerprint),
            _ => None,
        }
    }

    /// Takes in the outcome of a poll. On failure the old rows stay, and the feed says why.
    ///
    /// `took`: seconds.
    pub fn apply(
        &mut self,
        id: &SourceId,
        feed: Feed,
        result: Result<Vec<Observation>, Failure>,
        took: f64,
        now: DateTime<Utc>,
    ) {
        let mut next = self.observe(id, feed, result, took, now).relating;
        while let Some(relating) = next {
            let number = relating.number;
            next = self.take_related(number, &relating.run(), now);
        }
    }

    /// The same, but what takes its time to be found is left to the caller.
    pub fn observe(
        &mut self,
        id: &SourceId,
        feed: Feed,
        result: Result<Vec<Observation>, Failure>,
        took: f64,
        now: DateTime<Utc>,
    ) -> Taken {
        let Some(source) = self.sources.iter_mut().find(|source| source.id == *id) else {
            return Taken { changed: false, joined: false, relating: None };
        };
        let (before, targets) = (source.part(), Arc::clone(&source.data.targets));
        let changed = source.take(feed, result, took, now);
        let moved = match feed {
            Feed::Targets => changed && !are_as(&targets, &source.data.targets),
            _ => changed && matches!(feed, Feed::Scrapes | Feed::Measures),
        };
        let is_stale = self.note_stale(id, (feed, changed, moved), &before, now);
        if feed == Feed::Alerts && id.kind == SourceKind::Alertmanager {
            self.note_vanished(id, &before.alerts, now);
        }
        let earlier = Arc::clone(&self.joined);
        let relating = self.relate(now);
        let joined = !Arc::ptr_eq(&earlier, &self.joined);
        // What is being found is told when it is.
        Taken { changed: changed && !(is_stale && self.is_relating()), joined, relating }
    }

    /// The numbers have changed.
    pub fn take_thresholds(&mut self, thresholds: Thresholds, now: DateTime<Utc>) -> Option<Relating> {
        self.thresholds = thresholds;
        self.note_all_stale();
        self.relate(now)
    }

    /// How every feed stands, in the order of the sources.
    pub fn states(&self, now: DateTime<Utc>) -> Vec<FeedState> {
        let feeds = self.sources.iter().flat_map(|source| source.feeds.values());
        feeds.map(|feed| feed.state(now)).collect()
    }

    /// After the machine slept or its clock was set nothing is known to be fresh.
    pub fn doubt(&mut self) {
        for source in &mut self.sources {
            source.feeds.values_mut().for_each(|feed| feed.doubted = true);
            source.data.tails.iter_mut().for_each(|tail| tail.doubted = true);
        }
    }

    /// An alert that is gone is resolved only if the Prometheus that says so was heard.
    fn note_vanished(&mut self, id: &SourceId, before: &Arc<[Alert]>, now: DateTime<Utc>) {
        let is_heard =
            |source: &SourceState| source.lacks(Feed::Alerts) || source.is_fresh(Feed::Alerts, now);
        let site = Arc::from(self.site_of(id));
        let heard = self.near(SourceKind::Prometheus, &site).all(is_heard);
        if heard {
            return self.vanished.retain(|ghost| ghost.source != *id);
        }
        let Some(after) = self.source(id).map(|source| Arc::clone(&source.data.alerts)) else { return };
        if Arc::ptr_eq(before, &after) {
            return;
        }
        let present: HashSet<&str> = after.iter().map(|alert| &*alert.fingerprint).collect();
        let is_present = |alert: &Alert| present.contains(&*alert.fingerprint);
        self.vanished.retain(|ghost| ghost.source != *id || !is_present(&ghost.alert));
        let gone = before.iter().filter(|alert| !is_present(alert));
        self.vanished.extend(gone.map(|alert| Vanished {
            alert: Alert { at: At::of(&site, &alert.fingerprint), ..alert.clone() },
            source: id.clone(),
            since: now,
        }));
    }
}

/// Whether two looks at targets say the same of their hosts.
fn are_as(earlier: &[Target], targets: &[Target]) -> bool {
    earlier.len() == targets.len() && earlier.iter().zip(targets).all(|(one, other)| one.is_as(other))
}
