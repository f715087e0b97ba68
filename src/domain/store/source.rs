//! One source: its feeds, how fresh they are, and what they said last.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::alert::{Alert, RaisedAlert};
use crate::domain::archive::Archive;
use crate::domain::backup::{BackupGroup, Unreadable};
use crate::domain::cluster::Cluster;
use crate::domain::correlate::Part;
use crate::domain::datastore::Datastore;
use crate::domain::feed::{Failure, FailureKind, Feed, FeedState, Freshness, SourceId, SourceKind};
use crate::domain::job::Job;
use crate::domain::labels::Labels;
use crate::domain::log::Tail;
use crate::domain::measure::Measured;
use crate::domain::observation::{Observation, Peer, Route, Split};
use crate::domain::probe::Probe;
use crate::domain::rule::Rule;
use crate::domain::server::Server;
use crate::domain::silence::Silence;
use crate::domain::target::{Samples, Scrape, Target};
use crate::domain::task::Task;

/// What one source said last, feed by feed.
#[derive(Clone, Debug, Default)]
pub struct Data {
    /// Prometheus' targets.
    pub targets: Arc<[Target]>,
    /// What is remarkable about their scrapes.
    pub scrapes: Arc<[Scrape]>,
    /// Prometheus' rules.
    pub rules: Arc<[Rule]>,
    /// What it measured of hosts and of the chain.
    pub measured: Arc<[Measured]>,
    /// The rules that cannot fire, each with a metric that nobody exports.
    pub blind: Arc<[(Arc<str>, Arc<str>)]>,
    /// The jobs of which no rule would say that they do not answer.
    pub uncovered: Arc<[Arc<str>]>,
    /// The names of all metrics of the last 7 days; empty when they were not told.
    pub names: Arc<[Arc<str>]>,
    /// Prometheus' own alerts.
    pub raised: Arc<[RaisedAlert]>,
    /// Prometheus' external labels; `None` while they are not known.
    pub external: Option<Labels>,
    /// Alertmanager's alerts.
    pub alerts: Arc<[Alert]>,
    /// Alerts on which Alertmanager's peers disagree.
    pub splits: Arc<[Split]>,
    /// Where Alertmanager sends its alerts.
    pub routes: Arc<[Route]>,
    /// How many targets each scrape pool dropped, by pool; nothing where that is not told.
    pub dropped: Arc<[(Arc<str>, u64)]>,
    /// How many samples each target's last scrape brought, by job and instance.
    pub samples: Arc<[Samples]>,
    /// The scrape pools of Prometheus' configuration.
    pub pools: Arc<[Arc<str>]>,
    /// Alertmanager's silences.
    pub silences: Arc<[Silence]>,
    /// Alertmanager's peers.
    pub peers: Arc<[Peer]>,
    /// Loki's tails.
    pub tails: Vec<Tail>,
    /// The server's version, where it said so.
    pub version: Arc<str>,
    /// Why Loki says that it is not ready although it answers.
    pub unready: Option<Arc<str>>,
    /// PBS' backup groups.
    pub groups: Arc<[BackupGroup]>,
    /// What PBS would not show.
    pub unreadable: Arc<[Unreadable]>,
    /// PBS' datastores.
    pub datastores: Arc<[Datastore]>,
    /// PBS' tasks.
    pub tasks: Arc<[Task]>,
    /// What PVE says.
    pub cluster: Cluster,
    /// Backups that lie in files.
    pub files: Arc<[Archive]>,
    /// Backups that programs tell of, and repositories.
    pub programs: Arc<[Archive]>,
    /// Backups that metrics tell of.
    pub kept: Arc<[Archive]>,
    /// PBS' jobs.
    pub jobs: Arc<[Job]>,
    /// PBS' backup runs of the last days.
    pub runs: Arc<[Task]>,
    /// Which kinds of PBS' jobs may not be read, and why.
    pub hidden_jobs: Arc<[Arc<str>]>,
    /// What was found at each door.
    pub probes: Arc<[Probe]>,
    /// The PBS server itself.
    pub server: Option<Arc<Server>>,
}

/// A configured source: its feeds and what they said.
#[derive(Clone, Debug)]
pub struct SourceState {
    /// Which.
    pub id: SourceId,
    /// The site it belongs to; empty when there is one site only.
    pub site: Arc<str>,
    /// The same, where there are several sites and their things are to be told apart; else empty.
    pub apart: Arc<str>,
    /// Freshness of each feed.
    pub feeds: BTreeMap<Feed, Freshness>,
    /// What was said.
    pub data: Data,
}

/// A feed that is asked at least once in so many seconds is asked often.
const OFTEN: f64 = 20.0;

impl SourceState {
    /// A source stands as badly as its worst feed. One that it does not offer says nothing of it, unless
    /// it offers none.
    pub fn state(&self, now: DateTime<Utc>) -> FeedState {
        let offered = self.feeds.iter().filter(|(feed, _)| !self.lacks(**feed));
        let worst = offered.map(|(_, feed)| feed.state(now)).max();
        worst.unwrap_or(if self.feeds.is_empty() { FeedState::Pending } else { FeedState::Down })
    }

    /// Seconds since the oldest of its worst feeds was good; `None` when one never was. What is asked
    /// seldom is old by nature, and says nothing of the server beside what is asked often.
    pub fn age(&self, now: DateTime<Utc>) -> Option<f64> {
        let state = self.state(now);
        let worst = || self.feeds.values().filter(|feed| feed.state(now) == state);
        let often = worst().any(|feed| feed.interval <= OFTEN);
        let counted = worst().filter(|feed| !often || feed.interval <= OFTEN);
        counted.map(|feed| feed.age(now)).try_fold(0.0, |oldest: f64, age| Some(oldest.max(age?)))
    }

    /// How long its slowest feed took last, in seconds.
    pub fn took(&self) -> f64 {
        self.feeds.values().map(|feed| feed.took).fold(0.0, f64::max)
    }

    /// The failure of its worst feed, and since when it fails. What it does not offer comes last.
    pub fn failure(&self, now: DateTime<Utc>) -> Option<(&Failure, DateTime<Utc>)> {
        let failing = self.feeds.iter().filter(|(_, feed)| feed.failure.is_some());
        let (_, worst) =
            failing.max_by_key(|(feed, freshness)| (!self.lacks(**feed), freshness.state(now)))?;
        worst.failure.as_ref().map(|(failure, since)| (failure, *since))
    }

    /// What it does not offer.
    pub fn lacking(&self) -> impl Iterator<Item = Feed> {
        self.feeds.keys().copied().filter(|feed| self.lacks(*feed))
    }

    /// Whether the server has no such endpoint: an ability that it lacks, no outage.
    pub fn lacks(&self, feed: Feed) -> bool {
        let failure = self.feeds.get(&feed).and_then(|feed| feed.failure.as_ref());
        failure.is_some_and(|(failure, _)| failure.kind == FailureKind::Missing)
    }

    /// Whether what it says of backups counts as measured.
    pub fn knows_backups(&self, now: DateTime<Utc>) -> bool {
        match self.id.kind.backups() {
            Some(feed) => self.is_fresh(feed, now),
            None if self.id.kind == SourceKind::Prometheus => self.is_fresh(Feed::Kept, now),
            None => self.id.kind == SourceKind::Files && self.state(now) == FeedState::Fresh,
        }
    }

    /// The tails of a source are one feed, which stands as the worst of them: one that is live must
    /// not hide one that is not.
    fn weigh_tails(&mut self, took: f64) {
        let Some(feed) = self.feeds.get_mut(&Feed::Tail) else { return };
        let tails = &self.data.tails;
        if tails.is_empty() {
            return;
        }
        let losses = tails.iter().filter_map(|tail| tail.lost.as_ref());
        let worst = losses.max_by_key(|(failure, _)| failure.kind == FailureKind::Unauthorised);
        // None before some: a tail that was never heard counts as the oldest.
        let heard = tails.iter().map(|tail| tail.heard).min().flatten();
        *feed = Freshness {
            at: heard,
            took,
            failure: worst.cloned(),
            doubted: tails.iter().any(|tail| tail.doubted),
            ..Freshness::pending(feed.interval)
        };
    }

    /// What it brings to the join of the alerts.
    pub(super) fn part(&self) -> Part {
        let data = &self.data;
        Part {
            id: self.id.clone(),
            site: Arc::clone(&self.apart),
            alerts: Arc::clone(&data.alerts),
            silences: Arc::clone(&data.silences),
            splits: Arc::clone(&data.splits),
            routes: Arc::clone(&data.routes),
            raised: Arc::clone(&data.raised),
            external: data.external.clone(),
        }
    }

    /// Takes in the outcome of a poll; whether something is different now.
    pub(super) fn take(
        &mut self,
        feed: Feed,
        result: Result<Vec<Observation>, Failure>,
        took: f64,
        now: DateTime<Utc>,
    ) -> bool {
        let freshness = self.feeds.entry(feed).or_insert_with(|| Freshness::pending(0.0));
        match result {
            Err(failure) => {
                let since = freshness.failure.as_ref().map_or(now, |(_, since)| *since);
                freshness.failure = Some((failure, since));
                true
            }
            Ok(observations) => {
                let mut changed = !freshness.is_fresh(now);
                *freshness = Freshness { at: Some(now), took, ..Freshness::pending(freshness.interval) };
                for observation in observations {
                    changed |= self.data.take(observation, now);
                }
                if feed == Feed::Tail {
                    self.weigh_tails(took);
                }
                changed
            }
        }
    }

    /// Whether the feed's data counts as measured.
    pub fn is_fresh(&self, feed: Feed, now: DateTime<Utc>) -> bool {
        self.feeds.get(&feed).is_some_and(|feed| feed.is_fresh(now))
    }
}

/// The scrapes by job and instance, so that each target finds its own at once.
fn in_order(scrapes: Arc<[Scrape]>) -> Arc<[Scrape]> {
    let key = |scrape: &Scrape| (Arc::clone(&scrape.job), Arc::clone(&scrape.instance));
    if scrapes.is_sorted_by_key(key) {
        return scrapes;
    }
    let mut sorted = scrapes.to_vec();
    sorted.sort_by_key(key);
    sorted.into()
}

/// Puts a list in the place of another; whether it is another one.
fn swap<T>(place: &mut Arc<[T]>, list: Arc<[T]>) -> bool {
    let changed = !Arc::ptr_eq(place, &list);
    *place = list;
    changed
}

impl Data {
    /// Takes in what was seen; whether it is other than what was seen before.
    fn take(&mut self, observation: Observation, now: DateTime<Utc>) -> bool {
        match observation {
            Observation::Targets(targets) => return swap(&mut self.targets, targets),
            Observation::Scrapes(scrapes) => return swap(&mut self.scrapes, in_order(scrapes)),
            Observation::Rules(rules) => return swap(&mut self.rules, rules),
            Observation::Measures(measured) => return swap(&mut self.measured, measured),
            Observation::Probes(probes) => return swap(&mut self.probes, probes),
            Observation::Names(names) => return swap(&mut self.names, names),
            Observation::Raised(raised) => return swap(&mut self.raised, raised),
            Observation::ExternalLabels(labels) => self.external = Some(labels),
            Observation::Alerts(alerts) => return swap(&mut self.alerts, alerts),
            Observation::Silences(silences) => return swap(&mut self.silences, silences),
            Observation::Splits(splits) => return swap(&mut self.splits, splits),
            Observation::Routes(routes) => return swap(&mut self.routes, routes),
            Observation::Dropped(dropped) => return swap(&mut self.dropped, dropped),
            Observation::Samples(samples) => return swap(&mut self.samples, samples),
            Observation::Pools(pools) => return swap(&mut self.pools, pools),
            Observation::Peers(peers) => return swap(&mut self.peers, peers),
            Observation::Ready { version, unready } => {
                self.version = version;
                self.unready = unready;
            }
            Observation::Backups { groups, unreadable } => {
                self.groups = groups;
                self.unreadable = unreadable;
            }
            Observation::Datastores(datastores) => self.datastores = datastores,
            Observation::Tasks(tasks) => self.tasks = tasks,
            Observation::Files(archives) => self.files = archives,
            Observation::Programs(archives) => self.programs = archives,
            Observation::Kept(archives) => self.kept = archives,
            Observation::Cluster { name, version } => {
                self.cluster.name = name;
                self.version = version;
            }
            Observation::Inventory { .. }
            | Observation::Schedules { .. }
            | Observation::Dumps { .. }
            | Observation::Configs(_) => {
                self.cluster.take(observation);
                self.groups = self.cluster.groups();
            }
            Observation::Jobs { jobs, hidden, runs } => {
                self.jobs = jobs;
                self.hidden_jobs = hidden;
                self.runs = runs;
            }
            Observation::Server(server) => self.server = Some(server),
            Observation::Tail { tail, state, entries } => {
                if let Some(known) = self.tails.iter_mut().find(|known| known.name == tail) {
                    known.state = state;
                    known.heard = Some(now);
                    known.lost = None;
                    known.doubted = false;
                    known.extend(entries);
                }
            }
            Observation::Lost { tail, failure } => {
                if let Some(known) = self.tails.iter_mut().find(|known| known.name == tail) {
                    let since = known.lost.take().map_or(now, |(_, since)| since);
                    known.lost = Some((failure, since));
                }
            }
        }
        true
    }

    /// How many targets a scrape pool found and dropped.
    pub fn dropped(&self, pool: &str) -> Option<u64> {
        self.dropped.iter().find(|(have, _)| &**have == pool).map(|(_, count)| *count)
    }

    /// The pools of the configuration in which nothing is scraped: their discovery finds nothing, or all
    /// that it found was dropped.
    pub fn empty_pools(&self) -> impl Iterator<Item = &Arc<str>> {
        let used: HashSet<&str> = self.targets.iter().map(|target| &*target.pool).collect();
        self.pools.iter().filter(move |pool| !used.contains(&***pool))
    }

    /// What the scrapes of a target brought, if it is remarkable.
    pub fn scrape(&self, target: &Target) -> Option<&Scrape> {
        let wanted = (&*target.job, &*target.instance);
        let at = self.scrapes.binary_search_by(|scrape| (&*scrape.job, &*scrape.instance).cmp(&wanted));
        self.scrapes.get(at.ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_seldom_does_not_make_a_source_look_old() {
        let now = DateTime::from_timestamp(1_795_000_000, 0).expect("a time");
        let feed = |interval: f64, age: i64| Freshness {
            at: Some(now - chrono::TimeDelta::seconds(age)),
            ..Freshness::pending(interval)
        };
        let source = |feeds: &[(Feed, Freshness)]| SourceState {
            id: SourceId::new(SourceKind::Pbs, "main"),
            site: "".into(),
            apart: "".into(),
            feeds: feeds.iter().cloned().collect(),
            data: Data::default(),
        };
        let (tasks, jobs) = ((Feed::Tasks, feed(10.0, 4)), (Feed::Jobs, feed(300.0, 290)));
        assert_eq!(source(&[tasks.clone(), jobs.clone()]).age(now), Some(4.0));
        assert_eq!(source(&[jobs]).age(now), Some(290.0), "there is nothing else");
        let stale = source(&[tasks.clone(), (Feed::Jobs, feed(300.0, 900))]);
        assert_eq!((stale.state(now), stale.age(now)), (FeedState::Stale, Some(900.0)));
        assert_eq!(source(&[tasks, (Feed::Server, Freshness::pending(900.0))]).age(now), None);
    }

    #[test]
    fn what_a_server_does_not_offer_does_not_make_it_down() {
        let now = DateTime::from_timestamp(1_795_000_000, 0).expect("a time");
        let fails = |kind: FailureKind| Freshness {
            failure: Some((Failure { kind, short: kind.to_string().into(), text: "".into() }, now)),
            ..Freshness::pending(5.0)
        };
        let fresh = Freshness { at: Some(now), ..Freshness::pending(5.0) };
        for (feeds, state, failure) in [
            (
                vec![(Feed::Rules, fresh.clone()), (Feed::Targets, fails(FailureKind::Missing))],
                FeedState::Fresh,
                "missing",
            ),
            (vec![(Feed::Targets, fails(FailureKind::Missing))], FeedState::Down, "missing"),
            (
                vec![(Feed::Targets, fails(FailureKind::Http)), (Feed::Rules, fails(FailureKind::Missing))],
                FeedState::Down,
                "http",
            ),
        ] {
            let source = SourceState {
                id: SourceId::new(SourceKind::Prometheus, "main"),
                site: "".into(),
                apart: "".into(),
                feeds: feeds.into_iter().collect(),
                data: Data::default(),
            };
            let told = source.failure(now).map(|(failure, _)| &*failure.short);
            assert_eq!((source.state(now), told), (state, Some(failure)), "{:?}", source.feeds);
        }
    }
}
