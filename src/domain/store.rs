//! The last good value of every feed, and its freshness. It lives on the loop; nobody else reads it.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::alert::{Alert, RaisedAlert};
use super::archive::Archive;
use super::backup::{BackupGroup, Unreadable};
use super::clocks::Clocks;
use super::cluster::Cluster;
use super::correlate;
use super::datastore::Datastore;
use super::feed::{Failure, FailureKind, Feed, FeedState, Freshness, SourceId, SourceKind};
use super::job::Job;
use super::labels::Labels;
use super::log::{RingLimits, Tail};
use super::observation::{Observation, Peer, Split};
use super::rule::Rule;
use super::server::Server;
use super::silence::Silence;
use super::target::{Scrape, Target};
use super::task::Task;
use super::thresholds::Thresholds;

/// What one source said last, feed by feed.
#[derive(Clone, Debug, Default)]
pub struct Data {
    /// Prometheus' targets.
    pub targets: Arc<[Target]>,
    /// What is remarkable about their scrapes.
    pub scrapes: Arc<[Scrape]>,
    /// Prometheus' rules.
    pub rules: Arc<[Rule]>,
    /// Prometheus' own alerts.
    pub raised: Arc<[RaisedAlert]>,
    /// Prometheus' external labels.
    pub external: Labels,
    /// Alertmanager's alerts.
    pub alerts: Arc<[Alert]>,
    /// Alerts on which Alertmanager's peers disagree.
    pub splits: Arc<[Split]>,
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
    /// PBS' jobs.
    pub jobs: Arc<[Job]>,
    /// PBS' backup runs of the last days.
    pub runs: Arc<[Task]>,
    /// Which kinds of PBS' jobs may not be read, and why.
    pub hidden_jobs: Arc<[Arc<str>]>,
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
    /// Freshness of each feed.
    pub feeds: BTreeMap<Feed, Freshness>,
    /// What was said.
    pub data: Data,
}

/// A feed that is asked at least once in so many seconds is asked often.
const OFTEN: f64 = 20.0;

impl SourceState {
    /// A source stands as badly as its worst feed.
    pub fn state(&self, now: DateTime<Utc>) -> FeedState {
        self.feeds.values().map(|feed| feed.state(now)).max().unwrap_or(FeedState::Pending)
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

    /// The failure of its worst feed, and since when it fails.
    pub fn failure(&self, now: DateTime<Utc>) -> Option<(&Failure, DateTime<Utc>)> {
        let failing = self.feeds.values().filter(|feed| feed.failure.is_some());
        let worst = failing.max_by_key(|feed| feed.state(now))?;
        worst.failure.as_ref().map(|(failure, since)| (failure, *since))
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

    /// Whether the feed's data counts as measured.
    pub fn is_fresh(&self, feed: Feed, now: DateTime<Utc>) -> bool {
        self.feeds.get(&feed).is_some_and(|feed| feed.is_fresh(now))
    }
}

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

/// An alert of the list, and the source it comes from.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Where it was seen.
    pub source: SourceId,
    /// The alert, with its one state.
    pub alert: Alert,
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
    /// Since when the alerts are there, whatever their servers say.
    pub clocks: Clocks,
    listed: Arc<[Listed]>,
    heartbeats: Vec<Listed>,
}

impl Store {
    /// A store that waits for `sources`.
    pub fn new(
        sources: impl IntoIterator<Item = Expected>,
        thresholds: Thresholds,
        ring: RingLimits,
    ) -> Self {
        let sources = sources.into_iter().map(|expected| SourceState {
            id: expected.id,
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
            clocks: Clocks::default(),
            listed: Arc::default(),
            heartbeats: Vec::new(),
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
        &self.listed
    }

    /// The Watchdog, wherever it arrives: an alert that fires when all is well.
    pub fn heartbeats(&self) -> &[Listed] {
        &self.heartbeats
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
        let before = self.alerts_of(id);
        let Some(source) = self.sources.iter_mut().find(|source| source.id == *id) else { return };
        let freshness = source.feeds.entry(feed).or_insert_with(|| Freshness::pending(0.0));
        match result {
            Err(failure) => {
                let since = freshness.failure.as_ref().map_or(now, |(_, since)| *since);
                freshness.failure = Some((failure, since));
            }
            Ok(observations) => {
                *freshness = Freshness { at: Some(now), took, ..Freshness::pending(freshness.interval) };
                for observation in observations {
                    source.data.take(observation, now);
                }
                if feed == Feed::Tail {
                    source.weigh_tails(took);
                }
            }
        }
        if matches!(feed, Feed::Alerts | Feed::Silences | Feed::Status | Feed::Rules) {
            if feed == Feed::Alerts && id.kind == SourceKind::Alertmanager {
                self.note_vanished(id, &before, now);
            }
            let watchdog = &self.thresholds.watchdog;
            let is_heartbeat = |listed: &Listed| !watchdog.is_empty() && listed.alert.name == *watchdog;
            let (heartbeats, listed): (Vec<_>, Vec<_>) =
                correlate::alerts(self).into_iter().partition(is_heartbeat);
            self.heartbeats = heartbeats;
            self.listed = listed.into();
            if feed == Feed::Alerts {
                let measured = self.sources.iter().all(|source| {
                    source.feeds.get(&feed).is_none_or(|alerts| alerts.is_fresh(now)) || source.lacks(feed)
                });
                self.clocks.hear(self.listed.iter().map(|listed| &listed.alert), measured, now);
            }
        }
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

    fn alerts_of(&self, id: &SourceId) -> Arc<[Alert]> {
        self.source(id).map(|source| Arc::clone(&source.data.alerts)).unwrap_or_default()
    }

    /// An alert that is gone is resolved only if the Prometheus that says so was heard.
    fn note_vanished(&mut self, id: &SourceId, before: &[Alert], now: DateTime<Utc>) {
        let is_heard =
            |source: &SourceState| source.lacks(Feed::Alerts) || source.is_fresh(Feed::Alerts, now);
        let heard = self.of(SourceKind::Prometheus).all(is_heard);
        let present = self.alerts_of(id);
        let is_present = |alert: &Alert| present.iter().any(|other| other.fingerprint == alert.fingerprint);
        self.vanished.retain(|ghost| ghost.source != *id || (!heard && !is_present(&ghost.alert)));
        if heard {
            return;
        }
        let gone = before.iter().filter(|alert| !is_present(alert));
        self.vanished.extend(gone.map(|alert| Vanished {
            alert: alert.clone(),
            source: id.clone(),
            since: now,
        }));
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

impl Data {
    fn take(&mut self, observation: Observation, now: DateTime<Utc>) {
        match observation {
            Observation::Targets(targets) => self.targets = targets,
            Observation::Scrapes(scrapes) => self.scrapes = in_order(scrapes),
            Observation::Rules(rules) => self.rules = rules,
            Observation::Raised(raised) => self.raised = raised,
            Observation::ExternalLabels(labels) => self.external = labels,
            Observation::Alerts(alerts) => self.alerts = alerts,
            Observation::Silences(silences) => self.silences = silences,
            Observation::Splits(splits) => self.splits = splits,
            Observation::Pools(pools) => self.pools = pools,
            Observation::Peers(peers) => self.peers = peers,
            Observation::Ready { version } => self.version = version,
            Observation::Backups { groups, unreadable } => {
                self.groups = groups;
                self.unreadable = unreadable;
            }
            Observation::Datastores(datastores) => self.datastores = datastores,
            Observation::Tasks(tasks) => self.tasks = tasks,
            Observation::Files(archives) => self.files = archives,
            Observation::Programs(archives) => self.programs = archives,
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
}
