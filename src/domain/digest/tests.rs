use super::*;
use crate::domain::backup::{BackupGroup, GroupId, Snapshot};
use crate::domain::dump::Dump;
use crate::domain::feed::{Failure, FailureKind, SourceId};
use crate::domain::guest::{Guest, GuestId, GuestKind, GuestState};
use crate::domain::log::RingLimits;
use crate::domain::made::{expected, now};
use crate::domain::observation::Observation;
use crate::domain::question::{Answer, Series};
use crate::domain::silence::{Matcher, Silence, SilenceState};
use crate::domain::task::{Outcome, Task};
use crate::domain::thresholds::Thresholds;

fn source(kind: SourceKind) -> SourceId {
    SourceId::new(kind, "main")
}

fn store() -> Store {
    let feeds = [
        (SourceKind::Prometheus, vec![]),
        (SourceKind::Pbs, vec![Feed::Snapshots, Feed::Tasks]),
        (SourceKind::Alertmanager, vec![Feed::Silences]),
    ];
    let all = feeds.map(|(kind, feeds)| expected(&source(kind), &feeds));
    Store::new(all, Thresholds::default(), RingLimits { lines: 1, bytes: 1 })
}

fn minutes(count: i64) -> TimeDelta {
    TimeDelta::minutes(count)
}

/// Four hours, asked every 15 s.
fn window() -> Window {
    Window { from: now() - TimeDelta::hours(4), to: now() }
}

/// A series with a point every 15 s in these times, in minutes before now.
fn series(labels: &[(&str, &str)], spans: &[(i64, i64)], value: f64) -> Series {
    let mut points = Vec::new();
    for (from, to) in spans {
        let mut at = now() - minutes(*from);
        while at <= now() - minutes(*to) {
            points.push((at, value));
            at += TimeDelta::seconds(15);
        }
    }
    Series { labels: labels.iter().copied().collect(), points }
}

/// What is told when these are the answers: about alerts, about when was measured, about boots.
fn told(store: &Store, answers: &[Result<Answer, Failure>; 3], ran: &[Ran]) -> (Vec<String>, Vec<String>) {
    let asks = asks(store, window());
    let known = |ask: &Ask| match asks.iter().position(|one| one == ask).and_then(|at| answers.get(at)) {
        Some(Ok(answer)) => Known::Answer(answer),
        Some(Err(failure)) => Known::Failed(failure),
        None => Known::Waiting,
    };
    let digest = digest(store, window(), &known, ran, now());
    let line = |one: &Happening| {
        let until = one.until.map_or_else(String::new, |until| (now() - until).num_minutes().to_string());
        let by = if one.by.is_empty() { String::new() } else { format!(" by {}", one.by) };
        format!("-{}..{until} {} {}: {}{by}", (now() - one.at).num_minutes(), one.kind, one.what, one.came_to)
    };
    (digest.happened.iter().map(line).collect(), digest.unknown.iter().map(ToString::to_string).collect())
}

fn measured(alerts: Vec<Series>, alive: &[(i64, i64)], boots: Vec<Series>) -> [Result<Answer, Failure>; 3] {
    let alive = vec![series(&[], alive, 3.0)];
    [alerts, alive, boots].map(|series| Ok(Answer::Series(series)))
}

const ALWAYS: &[(i64, i64)] = &[(240, 0)];

#[test]
fn an_alert_is_told_with_how_it_ended() {
    let host = [("alertname", "HostDown"), ("host", "vm102"), ("severity", "critical")];
    for (spans, expected) in [
        (vec![(100, 70)], vec!["-100..70 alert HostDown vm102: resolved after 30m"]),
        (vec![(240, 200)], vec!["-240..200 alert HostDown vm102: fired before, resolved"]),
        (vec![(60, 0)], vec!["-60.. alert HostDown vm102: fires, 1h00"]),
        (vec![(240, 0)], vec!["-240.. alert HostDown vm102: fires, since before"]),
        (
            vec![(100, 90), (80, 79)],
            vec![
                "-80..79 alert HostDown vm102: resolved after 60s",
                "-100..90 alert HostDown vm102: resolved after 10m",
            ],
        ),
    ] {
        let answers = measured(vec![series(&host, &spans, 1.0)], ALWAYS, Vec::new());
        let expected: Vec<String> = expected.into_iter().map(|line| line.replace("60s", "1m")).collect();
        assert_eq!(told(&store(), &answers, &[]).0, expected, "{spans:?}");
    }
    let watchdog = series(&[("alertname", "Watchdog")], ALWAYS, 1.0);
    let none = told(&store(), &measured(vec![watchdog], ALWAYS, Vec::new()), &[]).0;
    assert!(none.is_empty(), "what always fires is no news: {none:?}");
}

#[test]
fn a_time_in_which_nothing_was_measured_is_told_and_hides_how_alerts_ended() {
    let alert = series(&[("alertname", "HostDown"), ("host", "nas")], &[(90, 60)], 1.0);
    let (lines, _) = told(&store(), &measured(vec![alert], &[(240, 58), (40, 0)], Vec::new()), &[]);
    assert_eq!(
        lines,
        [
            "-60..40 gap prometheus.main: measured nothing for 20m",
            "-90..60 alert HostDown nas: unknown how it ended: nothing was measured then",
        ]
    );
    let (lines, _) = told(&store(), &measured(Vec::new(), &[], Vec::new()), &[]);
    assert_eq!(lines, ["-240.. gap prometheus.main: measured nothing for 4h00"]);
}

#[test]
fn what_was_not_answered_is_unknown_and_not_quiet() {
    let failure = || Failure { kind: FailureKind::Refused, short: "refused".into(), text: "".into() };
    let failed = [Err(failure()), Err(failure()), Err(failure())];
    let (lines, unknown) = told(&store(), &failed, &[]);
    assert!(lines.is_empty());
    assert_eq!(
        unknown,
        [
            "alerts: prometheus.main: refused",
            "backups: pbs.main was not heard",
            "gaps: prometheus.main: refused",
            "reboots: prometheus.main: refused",
            "silences: alertmanager.main was not heard",
        ]
    );
}

#[test]
fn a_host_that_was_started_is_told_once_for_every_start() {
    let boot = |before: i64| (now() - minutes(before)).timestamp() as f64;
    let host = [("host", "vm102"), ("instance", "vm102:9100")];
    let boots = vec![
        series(&host, &[(240, 130)], boot(9_000)),
        // The clock is set while it starts.
        series(&host, &[(125, 121)], boot(128) + 9.0),
        series(&host, &[(120, 60)], boot(128)),
        series(&host, &[(55, 0)], boot(58)),
        series(&[("host", "nas")], ALWAYS, boot(500)),
    ];
    let (lines, _) = told(&store(), &measured(Vec::new(), ALWAYS, boots), &[]);
    assert_eq!(lines, ["-58.. reboot vm102: was started", "-127.. reboot vm102: was started"]);
}

#[test]
fn a_backup_is_told_with_its_span_and_what_it_grew_by() {
    let mut store = store();
    let snapshot = |before: i64, size: u64| Snapshot {
        at: now() - minutes(before),
        size,
        verification: None,
        protected: false,
        encrypted: false,
    };
    let group = BackupGroup {
        id: GroupId { datastore: "main".into(), namespace: "".into(), kind: "vm".into(), id: "102".into() },
        guest: "nas".into(),
        comment: "".into(),
        owner: "".into(),
        other_owner: None,
        snapshots: [snapshot(1_500, 4 << 30), snapshot(60, 5 << 30)].into(),
        unfinished: None,
    };
    let task = |upid: &str, from: i64, to: i64, outcome: Outcome| Task {
        upid: upid.into(),
        kind: "backup".into(),
        id: "main:vm/102".into(),
        user: "root@pam".into(),
        started: now() - minutes(from),
        ended: Some(now() - minutes(to)),
        outcome,
        progress: None,
    };
    let tasks = [task("a", 60, 48, Outcome::Ok), task("b", 180, 179, Outcome::Failed("no space".into()))];
    let pbs = source(SourceKind::Pbs);
    let mut hear = |feed, seen| store.apply(&pbs, feed, Ok(vec![seen]), 0.1, now());
    hear(Feed::Snapshots, Observation::Backups { groups: [group].into(), unreadable: [].into() });
    hear(Feed::Tasks, Observation::Tasks(tasks.into()));
    let (lines, _) = told(&store, &measured(Vec::new(), ALWAYS, Vec::new()), &[]);
    assert_eq!(
        lines,
        [
            "-60..48 backup vm/102 nas: 5.0G, 1.0G more, in 12m by root@pam",
            "-180..179 backup vm/102 nas: failed: no space by root@pam",
        ]
    );
}

#[test]
fn a_hypervisor_tells_who_started_a_run_and_what_never_reached_a_backup_server() {
    let pve = source(SourceKind::Pve);
    let all = [
        expected(&pve, &[Feed::Guests, Feed::Dumps]),
        expected(&source(SourceKind::Pbs), &[Feed::Snapshots]),
        expected(&source(SourceKind::Prometheus), &[]),
    ];
    let mut store = Store::new(all, Thresholds::default(), RingLimits { lines: 1, bytes: 1 });
    let unheard = told(&store, &measured(Vec::new(), ALWAYS, Vec::new()), &[]).1;
    assert!(unheard.contains(&"backup runs: pve.main was not heard".to_owned()), "{unheard:?}");
    let guest = |vmid| Guest {
        id: GuestId { kind: GuestKind::Vm, vmid },
        name: "nas".into(),
        node: "pve1".into(),
        state: GuestState::Running,
        template: false,
        tags: Vec::new(),
        pool: "".into(),
        lock: "".into(),
        uptime: None,
    };
    let run = |vmid, from: i64, to: Option<i64>, outcome| Dump {
        guest: vmid,
        upid: "U".into(),
        node: "pve1".into(),
        started: now() - minutes(from),
        ended: to.map(|to| now() - minutes(to)),
        outcome,
        progress: None,
        by: "kim@pam".into(),
    };
    let id = GroupId { datastore: "main".into(), namespace: "".into(), kind: "vm".into(), id: "102".into() };
    let snapshot =
        Snapshot { at: now() - minutes(59), size: 4, verification: None, protected: false, encrypted: false };
    let group = BackupGroup {
        id,
        guest: "nas".into(),
        comment: "".into(),
        owner: "".into(),
        other_owner: None,
        snapshots: [snapshot].into(),
        unfinished: None,
    };
    let inventory = Observation::Inventory {
        guests: [guest(102), guest(103)].into(),
        nodes: Arc::default(),
        storages: Arc::default(),
        partial: None,
    };
    let dumps = [
        run(102, 60, Some(50), Outcome::Ok),
        run(102, 900, Some(890), Outcome::Ok),
        run(103, 30, Some(29), Outcome::Failed("storage 'pbs' is not online".into())),
        run(103, 200, Some(190), Outcome::Ok),
        run(104, 10, None, Outcome::Running),
    ];
    let dumps =
        Observation::Dumps { dumps: dumps.into(), unreadable: [("pve2".into(), "offline".into())].into() };
    store.apply(&pve, Feed::Guests, Ok(vec![inventory]), 0.1, now());
    store.apply(&pve, Feed::Dumps, Ok(vec![dumps]), 0.1, now());
    let seen = Observation::Backups { groups: [group].into(), unreadable: [].into() };
    store.apply(&source(SourceKind::Pbs), Feed::Snapshots, Ok(vec![seen]), 0.1, now());
    let (lines, unknown) = told(&store, &measured(Vec::new(), ALWAYS, Vec::new()), &[]);
    assert_eq!(
        lines,
        [
            "-10.. backup guest 104: vzdump on pve1 runs by kim@pam",
            "-30..29 backup vm/103 nas: vzdump on pve1 failed: storage 'pbs' is not online by kim@pam",
            "-59.. backup vm/102 nas: 4B; vzdump on pve1: ok, in 10m by kim@pam",
            "-200..190 backup vm/103 nas: vzdump on pve1: ok, in 10m by kim@pam",
        ]
    );
    assert_eq!(unknown, ["backup runs: pve2 of pve.main: offline"]);
}

#[test]
fn silences_and_deeds_are_told_with_who_did_them() {
    let mut store = store();
    let silence = |name: &str, from: i64, to: i64| Silence {
        id: name.into(),
        state: SilenceState::Active,
        matchers: vec![Matcher { name: name.into(), value: "nas".into(), is_regex: false, is_equal: true }],
        created_by: "sam".into(),
        comment: "wardroom/1 ack | on it".into(),
        annotations: crate::domain::labels::Labels::default(),
        starts_at: now() - minutes(from),
        ends_at: now() - minutes(to),
        updated_at: now(),
    };
    let silences = [silence("host", 300, 30), silence("wardroom_ack", 20, -600)];
    let router = source(SourceKind::Alertmanager);
    store.apply(&router, Feed::Silences, Ok(vec![Observation::Silences(silences.into())]), 0.1, now());
    let ran = |title: &str, before: i64, end: Option<(String, f64)>| Ran {
        at: now() - minutes(before),
        operator: "kim".into(),
        title: title.into(),
        host: "pve".into(),
        level: "L1".into(),
        how: "Enter".into(),
        text: String::new(),
        output: String::new(),
        end,
        trouble: None,
        last: Vec::new(),
    };
    let done = || Some(("done".to_owned(), 2.0));
    let ran = [
        ran("qm start 102", 10, done()),
        ran("silence", 20, done()),
        ran("qm stop 102", 15, None),
        ran("too early", 500, done()),
    ];
    let (lines, _) = told(&store, &measured(Vec::new(), ALWAYS, Vec::new()), &ran);
    assert_eq!(
        lines,
        [
            "-10..9 action qm start 102 on pve: done in 2.0s by kim",
            "-15.. action qm stop 102 on pve: no end is written down by kim",
            "-20.. ack on it: acknowledged for 10h by sam",
            "-30.. silence host=\"nas\": silence over by sam",
        ]
    );
}

#[test]
fn who_looks_again_soon_looks_at_the_same() {
    let at = |before: i64| now() - minutes(before);
    let looked = |from: i64, seen: i64| Some(Looked { from: at(from), at: at(seen) });
    for (before, from) in [
        (None, 1_440),
        (looked(2_000, 600), 600),
        (looked(2_000, 59), 2_000),
        (looked(2_000, 60), 60),
        (looked(99, -5), 1_440),
        (looked(90 * 1_440, 80 * 1_440), 31 * 1_440),
    ] {
        let again = Looked::again(before, now());
        assert_eq!(again, Looked { from: at(from), at: now() }, "{before:?}");
    }
}
