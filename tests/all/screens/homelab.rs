//! A homelab by hand: a storage guest is down, a backup is late, the rest is well.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use wardroom::app::Setup;
use wardroom::border::Msg;
use wardroom::domain::alert::{Alert, AlertState, FingerprintSource, Severity};
use wardroom::domain::backup::{BackupGroup, GroupId, Snapshot, Unreadable, Verification};
use wardroom::domain::datastore::Datastore;
use wardroom::domain::feed::{Failure, FailureKind, Feed, SourceId, SourceKind};
use wardroom::domain::labels::Labels;
use wardroom::domain::log::{Entry, Level, Line, TailState};
use wardroom::domain::observation::{Observation, Peer, Route, Split};
use wardroom::domain::rule::{Rule, RuleHealth, RuleKind};
use wardroom::domain::silence::{Matcher, Silence, SilenceState};
use wardroom::domain::store::Expected;
use wardroom::domain::target::{Samples, Scrape, Target, TargetHealth};
use wardroom::domain::task::{Outcome, Task};
use wardroom::domain::thresholds::{BackupRule, Select, Thresholds};

use super::desk::instant;

fn before(seconds: i64) -> DateTime<Utc> {
    instant() - TimeDelta::seconds(seconds)
}

pub fn id(kind: SourceKind) -> SourceId {
    SourceId::new(kind, "main")
}

pub const PROMETHEUS: SourceKind = SourceKind::Prometheus;
pub const ALERTMANAGER: SourceKind = SourceKind::Alertmanager;
pub const LOKI: SourceKind = SourceKind::Loki;
pub const PBS: SourceKind = SourceKind::Pbs;

/// The feeds of each source, with their intervals.
pub const FEEDS: [(SourceKind, &[(Feed, f64)]); 4] = [
    (PROMETHEUS, &[(Feed::Targets, 5.0), (Feed::Scrapes, 15.0), (Feed::Rules, 15.0), (Feed::Alerts, 5.0)]),
    (ALERTMANAGER, &[(Feed::Alerts, 5.0), (Feed::Silences, 15.0), (Feed::Status, 30.0)]),
    (LOKI, &[(Feed::Tail, 20.0), (Feed::Ready, 30.0)]),
    (PBS, &[(Feed::Snapshots, 60.0), (Feed::Datastores, 60.0), (Feed::Tasks, 30.0)]),
];

pub fn setup() -> Setup {
    let sources = FEEDS.iter().map(|(kind, feeds)| Expected {
        id: id(*kind),
        site: "home".into(),
        feeds: feeds.to_vec(),
        tails: if *kind == LOKI {
            vec![
                ("units".into(), r#"{unit=~".+"} |~ "error|fail""#.into()),
                ("containers".into(), r#"{container=~".+"}"#.into()),
            ]
        } else {
            Vec::new()
        },
    });
    let thresholds = Thresholds {
        backup_rules: vec![BackupRule { select: Select::Match("vm/900".into()), rpo: None, exempt: true }],
        ..Thresholds::default()
    };
    Setup {
        sources: sources.collect(),
        thresholds,
        zone: "UTC".parse().expect("a zone"),
        read_only: true,
        ..Setup::default()
    }
}

pub fn observed(kind: SourceKind, feed: Feed, seen: Vec<Observation>) -> Msg {
    Msg::Observed { source: id(kind), feed, result: Ok(seen), took: 0.012 }
}

/// A feed that fails.
pub fn failed(kind: SourceKind, feed: Feed, failure: FailureKind, short: &str, text: &str) -> Msg {
    let failure = Failure { kind: failure, short: short.into(), text: text.into() };
    Msg::Observed { source: id(kind), feed, result: Err(failure), took: 0.0 }
}

/// All feeds of a source fail alike.
pub fn lost(kind: SourceKind, failure: FailureKind, short: &str, text: &str) -> Vec<Msg> {
    let feeds = FEEDS.iter().find(|(have, _)| *have == kind).map_or(&[][..], |(_, feeds)| feeds);
    feeds.iter().map(|(feed, _)| failed(kind, *feed, failure, short, text)).collect()
}

/// Every source heard, with a host down.
pub fn host_down() -> Vec<Msg> {
    vec![
        observed(PROMETHEUS, Feed::Targets, vec![Observation::Targets(targets())]),
        observed(PROMETHEUS, Feed::Scrapes, vec![Observation::Scrapes(scrapes())]),
        observed(PROMETHEUS, Feed::Rules, vec![Observation::Rules(Arc::default())]),
        observed(PROMETHEUS, Feed::Alerts, vec![Observation::Raised(Arc::default())]),
        observed(ALERTMANAGER, Feed::Alerts, vec![Observation::Alerts(alerts())]),
        observed(ALERTMANAGER, Feed::Silences, vec![Observation::Silences(silences())]),
        observed(ALERTMANAGER, Feed::Status, vec![Observation::Peers(peers())]),
        observed(LOKI, Feed::Ready, vec![Observation::Ready { version: "3.5.0".into(), unready: None }]),
        tail("units", lines()),
        tail("containers", containers()),
        observed(
            PBS,
            Feed::Snapshots,
            vec![Observation::Backups { groups: groups(), unreadable: unreadable() }],
        ),
        observed(PBS, Feed::Datastores, vec![Observation::Datastores(datastores())]),
        observed(PBS, Feed::Tasks, vec![Observation::Tasks(tasks())]),
    ]
}

/// Every source heard, and nothing wrong.
pub fn calm() -> Vec<Msg> {
    let up: Arc<[Target]> = targets()
        .iter()
        .map(|target| Target { health: TargetHealth::Up, error: "".into(), ..target.clone() })
        .collect();
    let good: Arc<[BackupGroup]> = ["vm/100 gpu", "vm/102 storage", "ct/200 monitoring", "ct/210 nextcloud"]
        .map(|name| group(name, 11 * 3600, Some(2)))
        .into();
    let main: Arc<[Datastore]> = datastores().iter().take(1).cloned().collect();
    let mut all = host_down();
    all.extend([
        observed(PROMETHEUS, Feed::Targets, vec![Observation::Targets(up)]),
        observed(PROMETHEUS, Feed::Scrapes, vec![Observation::Scrapes(Arc::default())]),
        observed(ALERTMANAGER, Feed::Alerts, vec![Observation::Alerts(Arc::default())]),
        observed(
            PBS,
            Feed::Snapshots,
            vec![Observation::Backups { groups: good, unreadable: Arc::default() }],
        ),
        observed(PBS, Feed::Datastores, vec![Observation::Datastores(main)]),
        observed(PBS, Feed::Tasks, vec![Observation::Tasks(Arc::default())]),
    ]);
    all
}

/// Every source heard, and none has anything.
pub fn empty() -> Vec<Msg> {
    let mut all: Vec<Msg> = FEEDS
        .iter()
        .flat_map(|(kind, feeds)| feeds.iter().map(|(feed, _)| observed(*kind, *feed, Vec::new())))
        .collect();
    all.extend([tail("units", Vec::new()), tail("containers", Vec::new())]);
    all
}

fn labels(text: &str) -> Labels {
    text.split(' ').filter_map(|pair| pair.split_once('=')).collect()
}

fn target(job: &str, instance: &str, error: &str) -> Target {
    Target {
        job: job.into(),
        instance: instance.into(),
        pool: job.into(),
        labels: [("job", job), ("instance", instance), ("site", "home")].into_iter().collect(),
        health: if error.is_empty() { TargetHealth::Up } else { TargetHealth::Down },
        error: error.into(),
        last_scrape: Some(before(3)),
        took: if job == "pbs" { 0.041 } else { 0.003 },
        interval: 15.0,
        timeout: 10.0,
    }
}

fn targets() -> Arc<[Target]> {
    let refused =
        r#"Get "http://10.0.0.21:9100/metrics": dial tcp 10.0.0.21:9100: connect: connection refused"#;
    let late = r#"Get "http://10.0.0.9:9116/snmp?target=10.0.0.2": context deadline exceeded"#;
    let mut all = vec![
        target("node", "10.0.0.21:9100", refused),
        target("snmp", "10.0.0.2", late),
        target("alertmanager", "10.0.0.20:9093", ""),
        target("blackbox", "https://cloud.home.example", ""),
        target("loki", "10.0.0.20:3100", ""),
        target("node", "10.0.0.10:9100", ""),
        target("node", "10.0.0.15:9100", ""),
        target("node", "10.0.0.20:9100", ""),
        target("node", "10.0.0.25:9100", ""),
        target("node", "10.0.0.30:9100", ""),
        target("node", "10.0.0.31:9100", ""),
        target("node", "10.0.0.32:9100", ""),
        target("pbs", "10.0.0.15:10019", ""),
        target("prometheus", "10.0.0.20:9090", ""),
        target("pve", "10.0.0.10:9221", ""),
        target("smartctl", "10.0.0.10:9633", ""),
    ];
    all.sort_by(Target::order);
    all.into()
}

fn scrapes() -> Arc<[Scrape]> {
    let scrape = |job: &str, instance: &str, hollow, success| Scrape {
        job: job.into(),
        instance: instance.into(),
        hollow,
        last_success: success,
        changes: 0.0,
    };
    [
        scrape("node", "10.0.0.21:9100", false, Some(before(14 * 60 + 20))),
        scrape("snmp", "10.0.0.2", false, Some(before(128))),
        scrape("node", "10.0.0.25:9100", true, None),
    ]
    .into()
}

struct Raise<'a> {
    name: &'a str,
    severity: &'a str,
    state: AlertState,
    since: i64,
    labels: &'a str,
    summary: &'a str,
}

fn alert(raise: &Raise<'_>) -> Alert {
    let own = labels(&format!("alertname={} severity={} {}", raise.name, raise.severity, raise.labels));
    let silenced = raise.state == AlertState::Silenced;
    let inhibited = raise.state == AlertState::Inhibited;
    Alert {
        name: raise.name.into(),
        severity: raise.severity.into(),
        rank: Severity::of(raise.severity),
        state: raise.state,
        fingerprint: format!("{:0>16}", raise.name.to_lowercase()).into(),
        fingerprint_source: FingerprintSource::Alertmanager,
        starts_at: before(raise.since),
        ends_at: None,
        labels: own,
        exact: None,
        annotations: [
            ("summary", raise.summary),
            ("runbook_url", "https://docs.home.example/runbooks/000-alert-response#hostdown"),
        ]
        .into_iter()
        .collect(),
        silenced_by: if silenced { vec!["5ad0c2a4".into()] } else { Vec::new() },
        inhibited_by: if inhibited { vec!["00000000hostdown".into()] } else { Vec::new() },
        muted_by: Vec::new(),
        acked_by: None,
        receivers: vec!["pagerduty".into(), "mattermost".into()],
        generator_url: Some("http://10.0.0.20:9090/graph?g0.expr=up+%3D%3D+0".into()),
        at: None,
    }
}

fn alerts() -> Arc<[Alert]> {
    use AlertState::{Firing, Inhibited, Silenced};
    let mut all: Vec<Alert> = [
        Raise {
            name: "HostDown",
            severity: "critical",
            state: Firing,
            since: 840,
            labels: "host=vm102 instance=10.0.0.21:9100 job=node",
            summary: "vm102 has not answered for two minutes",
        },
        Raise {
            name: "BackupJobFailed",
            severity: "critical",
            state: Firing,
            since: 2460,
            labels: "guest=vm/102",
            summary: "The nightly backup of vm/102 failed",
        },
        Raise {
            name: "HighCPUUsage",
            severity: "warning",
            state: Firing,
            since: 360,
            labels: "host=vm100",
            summary: "vm100 has been over 90 % for 5 minutes",
        },
        Raise {
            name: "DiskSpaceLow",
            severity: "warning",
            state: Silenced,
            since: 3720,
            labels: "host=lxc210",
            summary: "/ has less than 10 % left",
        },
        Raise {
            name: "NFSMountStale",
            severity: "warning",
            state: Inhibited,
            since: 800,
            labels: "host=lxc210",
            summary: "The mount of vm102 does not answer",
        },
        Raise {
            name: "ContainerUnhealthy",
            severity: "warning",
            state: Inhibited,
            since: 760,
            labels: "host=lxc210",
            summary: "nextcloud is unhealthy",
        },
        Raise {
            name: "SnapRAIDSyncOld",
            severity: "warning",
            state: Firing,
            since: 259_300,
            labels: "host=vm102",
            summary: "The last sync was 4 days ago",
        },
    ]
    .iter()
    .map(alert)
    .collect();
    all.sort_by(Alert::order);
    all.into()
}

fn silences() -> Arc<[Silence]> {
    let silence = |id: &str, name: &str, value: &str, comment: &str, by: &str, hours| Silence {
        id: id.into(),
        state: SilenceState::Active,
        matchers: vec![Matcher { name: name.into(), value: value.into(), is_regex: false, is_equal: true }],
        created_by: by.into(),
        comment: comment.into(),
        annotations: Labels::default(),
        starts_at: before(3600),
        ends_at: before(131) + TimeDelta::hours(hours),
        updated_at: before(3600),
    };
    let ack = "wardroom/1 ack start=2026-11-10T14:00:31Z by=sam | tonight, after the backup";
    [
        silence("5ad0c2a4", "alertname", "DiskSpaceLow", "cleaning up old images", "kim", 1),
        silence("77e1b9d0", "wardroom_ack", "0snapraidsyncold", ack, "sam", 8),
    ]
    .into()
}

fn peers() -> Arc<[Peer]> {
    ["http://10.0.0.20:9093", "http://10.0.0.21:9093"]
        .map(|url| Peer { url: url.into(), failure: None, cluster: "ready".into(), version: "0.28.1".into() })
        .into()
}

pub fn line(ago: i64, stream: &str, level: Level, text: &str) -> Entry {
    let at = before(ago).timestamp_nanos_opt().expect("a time");
    Entry::Line(Line::new(at, labels(stream), text, level))
}

/// Entries of a tail.
pub fn tail(name: &str, entries: Vec<Entry>) -> Msg {
    let tail = Observation::Tail { tail: name.into(), state: TailState::Live, entries };
    observed(LOKI, Feed::Tail, vec![tail])
}

fn lines() -> Vec<Entry> {
    use Level::{Error, Info, Unknown, Warning};
    let gap = |ago: i64, span: i64| {
        let to = before(ago).timestamp_nanos_opt().expect("a time");
        Entry::Gap { from: to - span * 1_000_000_000, to }
    };
    vec![
        line(849, "host=vm102 unit=kernel", Warning, "nfs: server 10.0.0.5 not responding, still trying"),
        line(
            847,
            "host=pbs unit=proxmox-backup-proxy.service",
            Error,
            "backup vm/102 failed: connection reset by peer",
        ),
        line(
            839,
            "host=vm102 unit=node_exporter.service",
            Error,
            "error gathering metrics: filesystem collector timeout",
        ),
        line(631, "host=lxc210 unit=cifs", Info, "reconnect attempt 12 to //vm102/nextcloud"),
        gap(400, 14),
        line(
            41,
            "host=lxc200 unit=prometheus.service",
            Unknown,
            "caller=scrape.go level=debug msg=\"Scrape failed\" target=http://10.0.0.21:9100/metrics err=\"connection refused\" and the rest of a long line that goes on and on until it ends here",
        ),
        line(2, "host=pve unit=pvestatd.service", Warning, "status update time (9.112 seconds)"),
    ]
}

fn containers() -> Vec<Entry> {
    vec![
        line(
            300,
            "host=lxc210 container=nextcloud",
            Level::Error,
            "Exception: could not open /mnt/data: Stale file handle",
        ),
        line(20, "host=lxc210 container=redis", Level::Debug, "DB saved on disk"),
    ]
}

/// A group with a snapshot a day, the newest so many seconds old; what is older than `verified`
/// days was found good that long ago.
fn group(name: &str, age: i64, verified: Option<i64>) -> BackupGroup {
    const DAY: i64 = 86_400;
    let (id, guest) = name.split_once(' ').expect("an id and a name");
    let (kind, number) = id.split_once('/').expect("a kind and a number");
    let size = 12_884_901_888 * (1 + number.len() as u64);
    // One is kept for longer.
    let ages = std::iter::once(60).chain((0..13).rev()).map(|days| age + days * DAY);
    let snapshots = ages.map(|age| Snapshot {
        at: before(age),
        size: size / 1_000 * (1_000 - (4 * age / DAY).min(900)).unsigned_abs(),
        verification: verified
            .map(|days| days * DAY)
            .filter(|then| *then < age)
            .map(|then| Verification::Ok(before(then))),
        protected: false,
        encrypted: false,
    });
    BackupGroup {
        id: GroupId { datastore: "main".into(), namespace: "".into(), kind: kind.into(), id: number.into() },
        guest: guest.into(),
        comment: "".into(),
        owner: "backup@pbs".into(),
        other_owner: None,
        snapshots: snapshots.collect(),
        unfinished: None,
    }
}

fn groups() -> Arc<[BackupGroup]> {
    [
        group("vm/102 storage", 26 * 3600 + 300, Some(2)),
        group("ct/210 nextcloud", 11 * 3600, Some(41)),
        group("vm/100 gpu", 12 * 3600, Some(2)),
        group("ct/200 monitoring", 12 * 3600, Some(2)),
        group("ct/212 calibre", 11 * 3600, Some(2)),
        group("ct/230 media", 11 * 3600, Some(3)),
        group("ct/231 paperless", 11 * 3600, Some(3)),
        group("vm/101 home-assistant", 11 * 3600, Some(1)),
        group("vm/900 template", 90 * 86_400, None),
    ]
    .into()
}

fn unreadable() -> Arc<[Unreadable]> {
    [Unreadable {
        datastore: "offsite".into(),
        namespace: "".into(),
        reason: "403 permission check failed (Datastore.Audit on /datastore/offsite)".into(),
    }]
    .into()
}

fn datastores() -> Arc<[Datastore]> {
    let store = |name: &str, used: u64, total: u64, days: Option<i64>| Datastore {
        name: name.into(),
        used: Some(used << 30),
        total: Some(total << 30),
        climbs: None,
        full_at: days.map(|days| instant() + TimeDelta::days(days)),
        maintenance: None,
        error: None,
    };
    [
        store("main", 1480, 2000, Some(130)),
        store("nas-nfs", 3640, 4000, Some(12)),
        store("offsite", 210, 1000, None),
    ]
    .into()
}

fn tasks() -> Arc<[Task]> {
    let task = |kind: &str, id: &str, begun: i64, ended: Option<i64>, outcome| Task {
        upid: format!("UPID:pbs:000002A1:0000012C:00000000:{begun:08X}:{kind}:{id}:backup@pbs:").into(),
        kind: kind.into(),
        id: id.into(),
        user: "backup@pbs!token".into(),
        started: before(begun),
        ended: ended.map(before),
        outcome,
        progress: None,
    };
    [
        task("backup", "main:vm/100", 400, None, Outcome::Running),
        task("backup", "main:vm/102", 900, Some(847), Outcome::Failed("connection reset by peer".into())),
        task("verificationjob", "main:v-daily", 4000, Some(3000), Outcome::Ok),
        task("garbage_collection", "main", 30_000, Some(29_000), Outcome::Ok),
    ]
    .into()
}

/// A line that comes now.
pub fn late_line(text: &str) -> Msg {
    tail("units", vec![line(0, "host=pve unit=pvestatd.service", Level::Info, text)])
}

/// All alerts, and one more of this name.
pub fn passing(name: &str) -> Msg {
    let new = Raise {
        name,
        severity: "warning",
        state: AlertState::Firing,
        since: 60,
        labels: "host=pve",
        summary: "new",
    };
    let all: Vec<Alert> = alerts().iter().cloned().chain([alert(&new)]).collect();
    observed(ALERTMANAGER, Feed::Alerts, vec![Observation::Alerts(all.into())])
}

/// Two more critical alerts, which sort before the others.
pub fn more_alerts() -> Vec<Msg> {
    let new = |name| Raise {
        name,
        severity: "critical",
        state: AlertState::Firing,
        since: 9000,
        labels: "host=pve",
        summary: "new",
    };
    let mut all: Vec<Alert> = alerts().to_vec();
    all.extend([alert(&new("AaaNew")), alert(&new("AabNew"))]);
    all.sort_by(Alert::order);
    vec![observed(ALERTMANAGER, Feed::Alerts, vec![Observation::Alerts(all.into())])]
}

/// A rule that cannot be evaluated.
pub fn broken_rule() -> Msg {
    let rule = Rule {
        name: "SnapRAIDErrors".into(),
        group: "homelab.storage".into(),
        file: "/etc/prometheus/rules/alerts.yml".into(),
        kind: RuleKind::Alerting,
        query: "snapraid_errors > on (host) snapraid_errors_known".into(),
        health: RuleHealth::Err,
        error: "many-to-many matching not allowed".into(),
        hold: 0.0,
        labels: Labels::default(),
        last_evaluation: Some(before(7)),
    };
    observed(PROMETHEUS, Feed::Rules, vec![Observation::Rules([rule].into())])
}

/// An alert that the second peer does not have.
pub fn split(fingerprint: &str) -> Msg {
    let split = Split {
        fingerprint: fingerprint.into(),
        lacking: vec!["http://10.0.0.21:9093".into()],
        loud: Vec::new(),
    };
    observed(
        ALERTMANAGER,
        Feed::Alerts,
        vec![Observation::Alerts(alerts()), Observation::Splits([split].into())],
    )
}

/// One alert is routed, to one receiver.
pub fn routes(fingerprint: &str, receiver: &str) -> Msg {
    let route = Route {
        fingerprint: fingerprint.into(),
        receiver: receiver.into(),
        group: [("alertname", "HostDown")].into_iter().collect(),
        muted_by: Vec::new(),
    };
    observed(ALERTMANAGER, Feed::Status, vec![Observation::Routes([route].into())])
}

/// Beside the others a silence that has ended, and one that hides nothing.
pub fn ended_silence() -> Msg {
    let mut all = silences().to_vec();
    let (mut ended, mut idle) = (all[0].clone(), all[0].clone());
    ended.id = "e0".into();
    ended.state = SilenceState::Expired;
    ended.ends_at = before(600);
    ended.comment = "moving house".into();
    idle.id = "e1".into();
    idle.matchers[0].value = "NoSuchAlert".into();
    all.extend([ended, idle]);
    observed(ALERTMANAGER, Feed::Silences, vec![Observation::Silences(all.into())])
}

/// A target that is up, and was often down within the last hour.
pub fn flapping(instance: &str) -> Msg {
    let mut all = scrapes().to_vec();
    all.push(Scrape {
        job: "node".into(),
        instance: instance.into(),
        hollow: false,
        last_success: None,
        changes: 8.0,
    });
    observed(PROMETHEUS, Feed::Scrapes, vec![Observation::Scrapes(all.into())])
}

/// Each target brings as many samples as its place among them says.
pub fn samples() -> Msg {
    let mut all: Vec<Samples> = targets()
        .iter()
        .zip(100_u32..)
        .map(|(target, count)| Samples {
            job: Arc::clone(&target.job),
            instance: Arc::clone(&target.instance),
            count: count.into(),
        })
        .collect();
    all.sort_by(|one, other| (&one.job, &one.instance).cmp(&(&other.job, &other.instance)));
    observed(
        PROMETHEUS,
        Feed::Scrapes,
        vec![Observation::Scrapes(scrapes()), Observation::Samples(all.into())],
    )
}

/// The scrape pools of the configuration.
pub fn pools(names: &[&str]) -> Msg {
    let pools = names.iter().map(|name| Arc::from(*name)).collect();
    observed(PROMETHEUS, Feed::Targets, vec![Observation::Targets(targets()), Observation::Pools(pools)])
}

/// So many alerts, every tenth of them critical, each ten seconds older than the one before.
pub fn many_alerts(count: usize) -> Msg {
    let mut all: Vec<Alert> = (0..count)
        .map(|at| {
            let severity = if at % 10 == 0 { "critical" } else { "warning" };
            let since = i64::try_from(at).expect("few") * 10;
            let name = format!("Storm{at}");
            let mut one = alert(&Raise {
                name: "Storm",
                severity,
                state: AlertState::Firing,
                since,
                labels: &format!("instance=node-{at}:9100"),
                summary: "a storm",
            });
            one.fingerprint = format!("{at:016x}").into();
            one.name = name.into();
            one
        })
        .collect();
    all.sort_by(Alert::order);
    observed(ALERTMANAGER, Feed::Alerts, vec![Observation::Alerts(all.into())])
}

/// So many targets, the first of them down, each a millisecond slower than the one before.
pub fn many_targets(count: usize) -> Msg {
    let mut all: Vec<Target> = (0..count)
        .map(|at| Target {
            took: f64::from(u32::try_from(at).expect("few")) / 1000.0,
            ..target("node", &format!("node-{at}:9100"), if at == 0 { "connection refused" } else { "" })
        })
        .collect();
    all.sort_by(Target::order);
    observed(PROMETHEUS, Feed::Targets, vec![Observation::Targets(all.into())])
}

/// The storage guest is down, or is back, and what rests on it suffers all the same; the disk of one of
/// its consumers is trouble of its own.
pub fn fall(down: bool) -> Vec<Msg> {
    let at = |host: &str, instance: &str, layer: &str, error: &str| {
        let target = target("node", instance, error);
        let more = labels(&format!("host={host} layer={layer}"));
        Target { labels: target.labels.with(&more), ..target }
    };
    let refused = if down { "connection refused" } else { "" };
    let targets =
        [at("vm102", "10.0.0.21:9100", "storage", refused), at("lxc210", "10.0.0.22:9100", "service", "")];
    let rule = |name: &str, query: &str| Rule {
        name: name.into(),
        group: "homelab".into(),
        file: "alerts.yml".into(),
        kind: RuleKind::Alerting,
        query: query.into(),
        health: RuleHealth::Ok,
        error: "".into(),
        hold: 60.0,
        labels: Labels::default(),
        last_evaluation: Some(instant()),
    };
    let rules = [
        rule("HostDown", "up == 0"),
        rule("NFSMountStale", "node_filesystem_device_error == 1"),
        rule("ServiceDown", "probe_success == 0"),
        rule("DiskSpaceLow", "node_filesystem_avail_bytes < 5"),
    ];
    let raise = |name, severity, since, labels| {
        let state = AlertState::Firing;
        alert(&Raise { name, severity, state, since, labels, summary: "it is so" })
    };
    let mut alerts = vec![
        raise("NFSMountStale", "critical", 800, "host=lxc210 instance=10.0.0.22:9100"),
        raise("ServiceDown", "critical", 760, "host=lxc210 instance=10.0.0.22:9100"),
        raise("DiskSpaceLow", "warning", 700, "host=lxc210 instance=10.0.0.22:9100"),
    ];
    if down {
        alerts.insert(0, raise("HostDown", "critical", 840, "host=vm102 instance=10.0.0.21:9100"));
    }
    vec![
        observed(PROMETHEUS, Feed::Rules, vec![Observation::Rules(rules.into())]),
        observed(PROMETHEUS, Feed::Targets, vec![Observation::Targets(targets.into())]),
        observed(ALERTMANAGER, Feed::Alerts, vec![Observation::Alerts(alerts.into())]),
    ]
}
