//! Which alerts are explained by work that goes on.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::*;
use crate::domain::correlate;
use crate::domain::dump::Dump;
use crate::domain::feed::SourceId;
use crate::domain::host::{Host, Inventory};
use crate::domain::log::RingLimits;
use crate::domain::made::{expected, now, rule};
use crate::domain::observation::Observation;
use crate::domain::task::Task;
use crate::domain::thresholds::Thresholds;

fn window(from: u32, to: u32) -> Window {
    let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).expect("a time");
    Window { from: time(from), to: time(to), clock: Arc::new(|at| at.time()) }
}

fn inventory() -> Inventory {
    let host = |vmid, role: &str| Host {
        vmid,
        role: Some(role.to_owned()).filter(|role| !role.is_empty()),
        ..Host::default()
    };
    let all = [
        ("pve", host(None, "proxmox")),
        ("vault", host(None, "pbs")),
        ("web", host(Some(210), "")),
        ("gpu", host(Some(100), "")),
    ];
    Inventory(all.into_iter().map(|(name, host)| (name.to_owned(), host)).collect::<BTreeMap<_, _>>())
}

fn alert(name: &str, host: &str, minutes: i64) -> Alert {
    let mut alert = correlate::tests::alert(name, &format!("{host}:9100"));
    alert.labels = alert.labels.with(&[("host", host)].into_iter().collect());
    alert.starts_at = now() - TimeDelta::minutes(minutes);
    alert
}

/// A hypervisor that backs up guest 210 for ten minutes, and a backup server that runs `task`.
fn store(dump: bool, task: Option<&str>, window: Option<Window>) -> Store {
    let [prometheus, pve, pbs] =
        [SourceKind::Prometheus, SourceKind::Pve, SourceKind::Pbs].map(|kind| SourceId::new(kind, "main"));
    let all = [
        expected(&prometheus, &[Feed::Rules]),
        expected(&pve, &[Feed::Guests, Feed::Dumps]),
        expected(&pbs, &[Feed::Tasks]),
    ];
    let thresholds = Thresholds { hosts: inventory(), window, ..Thresholds::default() };
    let mut store = Store::new(all, thresholds, RingLimits::default());
    let started = now() - TimeDelta::minutes(10);
    let dump = dump.then(|| Dump {
        guest: 210,
        upid: "UPID:pve:1".into(),
        node: "pve".into(),
        started,
        ended: None,
        outcome: Outcome::Running,
        progress: Some(41),
        by: "root@pam".into(),
    });
    let task = task.map(|kind| Task {
        upid: "UPID:pbs:1".into(),
        kind: kind.into(),
        id: "main".into(),
        user: "root@pam".into(),
        started,
        ended: None,
        outcome: Outcome::Running,
        progress: None,
    });
    let mut hear = |id: &SourceId, feed, seen| store.apply(id, feed, Ok(vec![seen]), 0.1, now());
    let rules = vec![
        rule("HighCPU", "rate(node_cpu_seconds_total[5m]) > 0.8"),
        rule("SlowPages", "probe_duration_seconds > 2"),
        rule("DiskFull", "node_filesystem_avail_bytes < 5"),
    ];
    hear(&prometheus, Feed::Rules, Observation::Rules(rules.into()));
    let nothing = Observation::Inventory {
        guests: Arc::default(),
        nodes: Arc::default(),
        storages: Arc::default(),
        partial: None,
    };
    hear(&pve, Feed::Guests, nothing);
    let dumps = Observation::Dumps { dumps: dumps_of(dump), unreadable: Arc::default() };
    hear(&pve, Feed::Dumps, dumps);
    hear(&pbs, Feed::Tasks, Observation::Tasks(task.into_iter().collect()));
    store
}

fn dumps_of(dump: Option<Dump>) -> Arc<[Dump]> {
    dump.into_iter().collect()
}

fn told(store: &Store, alert: &Alert) -> Option<String> {
    explains(alert, &burdens(store, now()), store).map(|burden| burden.text.clone())
}

#[test]
fn only_load_is_explained_and_only_where_the_work_is() {
    let dump = "vzdump of 210 runs on pve, 41 %";
    let verify = "verify of main runs on pbs.main";
    let in_window = "it is the backup window 00:00-23:00";
    let all_day = || Some(window(0, 23));
    let cases: Vec<(&str, Store, Alert, Option<&str>)> = vec![
        ("its node", store(true, None, None), alert("HighCPU", "pve", 5), Some(dump)),
        ("the guest itself", store(true, None, None), alert("SlowPages", "web", 5), Some(dump)),
        ("the backup server", store(true, None, None), alert("HighCPU", "vault", 5), Some(dump)),
        ("another guest", store(true, None, None), alert("HighCPU", "gpu", 5), None),
        ("no load", store(true, None, None), alert("DiskFull", "pve", 5), None),
        ("it began long before", store(true, None, None), alert("HighCPU", "pve", 90), None),
        ("nothing runs", store(false, None, None), alert("HighCPU", "pve", 5), None),
        (
            "a verification",
            store(false, Some("verificationjob"), None),
            alert("HighCPU", "vault", 5),
            Some(verify),
        ),
        ("it is not there", store(false, Some("verificationjob"), None), alert("HighCPU", "pve", 5), None),
        ("no work for disks", store(false, Some("logrotate"), None), alert("HighCPU", "vault", 5), None),
        ("the window", store(false, None, all_day()), alert("HighCPU", "gpu", 5), Some(in_window)),
        ("the task says more", store(true, None, all_day()), alert("HighCPU", "pve", 5), Some(dump)),
        ("a rule that nobody knows", store(true, None, None), alert("HostIowait", "pve", 5), Some(dump)),
    ];
    for (case, store, alert, expected) in cases {
        assert_eq!(told(&store, &alert).as_deref(), expected, "{case}");
    }
}

#[test]
fn what_ends_the_work_can_be_waited_for() {
    let store = store(true, Some("garbage_collection"), Some(window(0, 23)));
    let over: Vec<Option<String>> =
        burdens(&store, now()).iter().map(|burden| burden.over.as_ref().map(ToString::to_string)).collect();
    let wanted = [Some("task:UPID:pve:1"), Some("task:main/UPID:pbs:1"), None];
    assert_eq!(over, wanted.map(|over| over.map(str::to_owned)));
    let later = now() + TimeDelta::minutes(5);
    assert!(burdens(&store, later).iter().all(|burden| burden.over.is_none()), "nobody was heard since");
}

#[test]
fn a_window_may_lie_over_midnight() {
    let at = |hour: i64| DateTime::UNIX_EPOCH + TimeDelta::hours(hour);
    let (night, late) = (window(2, 4), window(23, 3));
    for (hour, in_night, in_late) in
        [(1, false, true), (2, true, true), (3, true, false), (4, false, false), (23, false, true)]
    {
        assert_eq!((night.is_at(at(hour)), late.is_at(at(hour))), (in_night, in_late), "{hour}");
    }
    assert_eq!(late.to_string(), "23:00-03:00");
}
