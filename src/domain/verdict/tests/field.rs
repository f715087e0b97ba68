//! A homelab as the verdict sees it: all is well, until a test changes something.

use super::*;

pub(super) const PROM: (&str, SourceKind) = ("prometheus", SourceKind::Prometheus);
pub(super) const ROUTER: (&str, SourceKind) = ("alertmanager", SourceKind::Alertmanager);
pub(super) const LOKI: (&str, SourceKind) = ("loki", SourceKind::Loki);
pub(super) const BACKUPS: (&str, SourceKind) = ("pbs", SourceKind::Pbs);
pub(super) const ALL_SOURCES: [(&str, SourceKind); 4] = [PROM, ROUTER, LOKI, BACKUPS];

pub(super) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).expect("a time")
}

pub(super) const fn feeds(kind: SourceKind) -> &'static [Feed] {
    match kind {
        SourceKind::Prometheus => &[Feed::Targets, Feed::Scrapes, Feed::Rules, Feed::Alerts, Feed::Status],
        SourceKind::Alertmanager => &[Feed::Alerts, Feed::Silences, Feed::Status],
        SourceKind::Loki => &[Feed::Tail, Feed::Ready],
        SourceKind::Grafana => &[Feed::Ready],
        SourceKind::Pbs => &[Feed::Snapshots, Feed::Datastores, Feed::Tasks],
        SourceKind::Pve => &[Feed::Guests, Feed::Schedules, Feed::Dumps],
        SourceKind::Files => &[Feed::Files],
        SourceKind::Probe => &[Feed::Probes],
    }
}

/// A store with sources named `main`, each feed asked every 10 s, and the time.
pub(super) struct Field {
    pub(super) store: Store,
    pub(super) now: DateTime<Utc>,
}

impl Field {
    pub(super) fn new(sources: &[(&str, SourceKind)]) -> Self {
        let expected = sources.iter().map(|(_, kind)| Expected {
            id: SourceId::new(*kind, "main"),
            site: "".into(),
            feeds: feeds(*kind).iter().map(|feed| (*feed, 10.0)).collect(),
            tails: Vec::new(),
        });
        Self { store: Store::new(expected, Thresholds::default(), RingLimits::default()), now: now() }
    }

    /// Every source has answered, and nothing is wrong.
    pub(super) fn well(mut self) -> Self {
        self.well_but(("", SourceKind::Loki));
        self
    }

    pub(super) fn well_but(&mut self, (left_out, _): (&str, SourceKind)) {
        let ids: Vec<SourceId> = self.store.sources.iter().map(|source| source.id.clone()).collect();
        for id in ids.iter().filter(|id| id.kind.to_string() != left_out) {
            for feed in feeds(id.kind) {
                let seen = match (id.kind, feed) {
                    (SourceKind::Prometheus, Feed::Targets) => {
                        Some(Observation::Targets([target(TargetHealth::Up)].into()))
                    }
                    (SourceKind::Prometheus, Feed::Rules) => Some(Observation::Rules([rule()].into())),
                    (SourceKind::Prometheus, Feed::Alerts) => Some(Observation::Raised([watchdog()].into())),
                    (SourceKind::Alertmanager, Feed::Alerts) => {
                        Some(Observation::Alerts([alert("Watchdog", "none", Firing)].into()))
                    }
                    (SourceKind::Pbs, Feed::Snapshots) => Some(Observation::Backups {
                        groups: [group(100, Some(2), None)].into(),
                        unreadable: [].into(),
                    }),
                    (SourceKind::Pbs, Feed::Datastores) => {
                        Some(Observation::Datastores([datastore(50, None)].into()))
                    }
                    _ => None,
                };
                self.store.apply(id, *feed, Ok(seen.into_iter().collect()), 0.01, self.now);
            }
        }
    }

    pub(super) fn at(&mut self, later: TimeDelta) -> &mut Self {
        self.now += later;
        self
    }

    pub(super) fn saw(&mut self, (_, kind): (&str, SourceKind), feed: Feed, seen: Observation) {
        self.store.apply(&SourceId::new(kind, "main"), feed, Ok(vec![seen]), 0.01, self.now);
    }

    pub(super) fn alerts(&mut self, mut alerts: Vec<Alert>) {
        alerts.push(alert("Watchdog", "none", Firing));
        self.saw(ROUTER, Feed::Alerts, Observation::Alerts(alerts.into()));
    }

    pub(super) fn targets(&mut self, targets: Vec<Target>) {
        self.saw(PROM, Feed::Targets, Observation::Targets(targets.into()));
    }

    pub(super) fn groups(&mut self, groups: Vec<BackupGroup>) {
        let seen = Observation::Backups { groups: groups.into(), unreadable: [].into() };
        self.saw(BACKUPS, Feed::Snapshots, seen);
    }

    pub(super) fn fails(&mut self, source: (&str, SourceKind), kind: FailureKind) {
        for feed in feeds(source.1) {
            self.fails_at(source, *feed, kind);
        }
    }

    pub(super) fn fails_at(&mut self, (_, source): (&str, SourceKind), feed: Feed, kind: FailureKind) {
        let short = match kind {
            FailureKind::Unauthorised => "401 unauthorised",
            _ => "connection refused",
        };
        let failure = Failure { kind, short: short.into(), text: short.into() };
        self.store.apply(&SourceId::new(source, "main"), feed, Err(failure), 0.01, self.now);
    }

    pub(super) fn judge(&self) -> Verdict {
        judge(&self.store, Scope::ALL, self.now)
    }
}

pub(super) fn labels(all: &[(&str, &str)]) -> Labels {
    all.iter().copied().collect()
}

pub(super) fn alert(name: &str, severity: &str, state: AlertState) -> Alert {
    let labels = labels(&[("alertname", name), ("severity", severity), ("host", "vm102")]);
    Alert {
        name: name.into(),
        severity: severity.into(),
        rank: Info,
        state,
        fingerprint: crate::domain::correlate::fingerprint(&labels),
        fingerprint_source: FingerprintSource::Alertmanager,
        starts_at: now() - TimeDelta::minutes(20),
        ends_at: None,
        labels,
        exact: None,
        annotations: Labels::default(),
        silenced_by: Vec::new(),
        inhibited_by: Vec::new(),
        muted_by: Vec::new(),
        acked_by: None,
        receivers: Vec::new(),
        generator_url: None,
        at: None,
    }
}

pub(super) fn watchdog() -> RaisedAlert {
    RaisedAlert {
        labels: labels(&[("alertname", "Watchdog"), ("severity", "none"), ("host", "vm102")]),
        annotations: Labels::default(),
        firing: true,
        active_at: now() - TimeDelta::days(3),
        value: "1".into(),
    }
}

pub(super) fn rule() -> Rule {
    Rule {
        name: "Watchdog".into(),
        group: "meta".into(),
        file: "meta.yml".into(),
        kind: RuleKind::Alerting,
        query: "vector(1)".into(),
        health: RuleHealth::Ok,
        error: "".into(),
        hold: 0.0,
        labels: Labels::default(),
        last_evaluation: Some(now()),
    }
}

pub(super) fn target(health: TargetHealth) -> Target {
    Target {
        job: "node".into(),
        instance: "a:9100".into(),
        pool: "node".into(),
        labels: Labels::default(),
        health,
        error: "".into(),
        last_scrape: Some(now()),
        took: 0.01,
        interval: 15.0,
        timeout: 10.0,
    }
}

/// `hours`: the age of the newest snapshot; before one that was found broken there is a good one.
pub(super) fn group(id: u32, hours: Option<i64>, verification: Option<Verification>) -> BackupGroup {
    let snapshot = |hours, verification| Snapshot {
        at: now() - TimeDelta::hours(hours),
        size: 1,
        verification,
        protected: false,
        encrypted: false,
    };
    let earlier = matches!(verification, Some(Verification::Failed(_))).then(|| snapshot(20, None));
    let newest = hours.map(|hours| snapshot(hours, verification));
    BackupGroup {
        id: GroupId {
            datastore: "main".into(),
            namespace: "".into(),
            kind: "vm".into(),
            id: id.to_string().into(),
        },
        guest: "web".into(),
        comment: "".into(),
        owner: "wardroom@pbs".into(),
        other_owner: None,
        snapshots: earlier.into_iter().chain(newest).collect(),
        unfinished: None,
    }
}

pub(super) fn job(kind: JobKind, id: &str) -> Job {
    Job {
        kind,
        id: id.into(),
        datastore: "main".into(),
        namespace: "".into(),
        depth: None,
        schedule: "daily".into(),
        disabled: false,
        pushes: false,
        comment: "".into(),
        last: None,
        next: Some(now() + TimeDelta::hours(20)),
        garbage: None,
        keep: None,
    }
}

pub(super) fn datastore(used: u64, days: Option<i64>) -> Datastore {
    Datastore {
        name: "main".into(),
        used: Some(used),
        total: Some(100),
        climbs: None,
        full_at: days.map(|days| now() + TimeDelta::days(days)),
        maintenance: None,
        error: None,
    }
}
