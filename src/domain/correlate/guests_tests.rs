use chrono::TimeDelta;

use super::*;
use crate::domain::backup::{BackupGroup, Snapshot};
use crate::domain::cluster::{BackupJob, Node, Selection, Storage};
use crate::domain::dump::Dump;
use crate::domain::feed::{Failure, FailureKind, SourceId};
use crate::domain::guest::GuestKind;
use crate::domain::health::Health;
use crate::domain::log::RingLimits;
use crate::domain::observation::Observation;
use crate::domain::store::Expected;
use crate::domain::thresholds::{BackupRule, Mapping, Select, Thresholds};
use crate::domain::verdict::{Scope, judge, judged_backups};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_794_578_531, 0).expect("a time")
}

fn guest(vmid: u32) -> Guest {
    Guest {
        id: GuestId { kind: GuestKind::Vm, vmid },
        name: "web".into(),
        node: "n1".into(),
        state: GuestState::Running,
        template: vmid == 900,
        tags: vec!["prod".into()],
        pool: "".into(),
        lock: "".into(),
        uptime: None,
    }
}

fn group(namespace: &str, kind: &str, id: &str, hours: Option<i64>) -> BackupGroup {
    let snapshot = |hours| Snapshot {
        at: now() - TimeDelta::hours(hours),
        size: 5,
        verification: None,
        protected: false,
        encrypted: false,
    };
    BackupGroup {
        id: GroupId {
            datastore: "main".into(),
            namespace: namespace.into(),
            kind: kind.into(),
            id: id.into(),
        },
        guest: "web".into(),
        comment: "".into(),
        owner: "o@pbs".into(),
        other_owner: None,
        snapshots: hours.map(snapshot).into_iter().collect(),
        unfinished: None,
    }
}

fn job(enabled: bool, selection: Selection) -> BackupJob {
    BackupJob {
        id: "j1".into(),
        comment: "nightly".into(),
        enabled,
        schedule: "02:00".into(),
        next: enabled.then(|| now() + TimeDelta::hours(10)),
        storage: "pbs".into(),
        node: "".into(),
        selection,
    }
}

fn dump(vmid: u32, hours: i64, outcome: Outcome) -> Dump {
    let started = now() - TimeDelta::hours(hours);
    let running = outcome == Outcome::Running;
    Dump {
        guest: vmid,
        upid: "U".into(),
        node: "n1".into(),
        started,
        ended: (!running).then(|| started + TimeDelta::minutes(5)),
        outcome,
        progress: running.then_some(62),
        by: "root@pam".into(),
    }
}

fn failed() -> Outcome {
    Outcome::Failed("storage 'pbs' is not online".into())
}

/// What a hypervisor says: its guests, jobs and runs.
#[derive(Clone, Default)]
struct Says {
    guests: Vec<u32>,
    jobs: Vec<BackupJob>,
    uncovered: Vec<u32>,
    dumps: Vec<Dump>,
    nodes: Vec<Node>,
    storages: Vec<Storage>,
    partial: bool,
}

fn vms(guests: &[u32]) -> Says {
    Says { guests: guests.to_vec(), ..Says::default() }
}

/// A backup server `main` with these groups, and hypervisors by name.
fn store(groups: Vec<BackupGroup>, hypervisors: &[(&str, Says)], clusters: &[(&str, &str)]) -> Store {
    let pbs = SourceId::new(SourceKind::Pbs, "main");
    let pve = |name: &str| SourceId::new(SourceKind::Pve, name);
    let expect = |id: SourceId, feeds: &[Feed]| Expected {
        id,
        site: "".into(),
        feeds: feeds.iter().map(|feed| (*feed, 10.0)).collect(),
        tails: Vec::new(),
    };
    let mut sources = vec![expect(pbs.clone(), &[Feed::Snapshots])];
    let feeds = [Feed::Guests, Feed::Schedules, Feed::Dumps];
    sources.extend(hypervisors.iter().map(|(name, _)| expect(pve(name), &feeds)));
    let mapping = |(namespace, cluster): &(&str, &str)| Mapping {
        source: pbs.clone(),
        namespace: (*namespace).into(),
        cluster: (*cluster).into(),
    };
    let clusters = clusters.iter().map(mapping).collect();
    let rule = BackupRule { select: Select::Tag("lab".into()), rpo: None, exempt: true };
    let thresholds = Thresholds { clusters, backup_rules: vec![rule], ..Thresholds::default() };
    let mut store = Store::new(sources, thresholds, RingLimits::default());
    let seen = Observation::Backups { groups: groups.into(), unreadable: [].into() };
    store.apply(&pbs, Feed::Snapshots, Ok(vec![seen]), 0.01, now());
    for (name, says) in hypervisors {
        let says = says.clone();
        let mut guests: Vec<Guest> = says.guests.iter().map(|vmid| guest(*vmid)).collect();
        guests.sort_by_key(|guest| guest.id);
        let inventory = Observation::Inventory {
            guests: guests.into(),
            nodes: says.nodes.into(),
            storages: says.storages.into(),
            partial: says.partial.then(|| "rights".into()),
        };
        let uncovered: Vec<GuestId> = says.uncovered.iter().map(|vmid| guest(*vmid).id).collect();
        let schedules = Observation::Schedules { jobs: says.jobs.into(), uncovered: uncovered.into() };
        let dumps = Observation::Dumps { dumps: says.dumps.into(), unreadable: [].into() };
        for (feed, seen) in feeds.into_iter().zip([inventory, schedules, dumps]) {
            store.apply(&pve(name), feed, Ok(vec![seen]), 0.01, now());
        }
    }
    store
}

fn owner_of(store: &Store, namespace: &str, kind: &str, id: &str) -> String {
    let source = store.of(SourceKind::Pbs).next().expect("the backup server");
    match owner(store, source, &group(namespace, kind, id, None).id, now()) {
        Owner::Nobody => "nobody".to_owned(),
        Owner::Gone => "gone".to_owned(),
        Owner::Guest(pve, guest) => format!("{}:{}", pve.id.name, guest.id),
        Owner::Several(all, _) => all.iter().map(|pve| &*pve.id.name).collect::<Vec<_>>().join(" or "),
    }
}

/// Hypervisors, mappings, the namespace, kind and id of a group, and whose it is.
type Row<'a> = (&'a [(&'a str, Says)], &'a [(&'a str, &'a str)], &'a str, &'a str, &'a str, &'a str);

#[test]
fn whose_backups_a_group_holds() {
    let one = [("home", vms(&[100]))];
    let two = [("home", vms(&[100, 101])), ("cabin", vms(&[100]))];
    let partial = [("home", Says { partial: true, ..vms(&[101]) })];
    let rows: &[Row<'_>] = &[
        (&[], &[], "", "vm", "100", "nobody"),
        (&one, &[], "", "vm", "100", "home:vm/100"),
        (&one, &[], "deep/er", "vm", "100", "home:vm/100"),
        (&one, &[], "", "ct", "100", "nobody"),
        (&one, &[], "", "host", "pve", "nobody"),
        (&one, &[], "", "vm", "999", "nobody"),
        (&two, &[], "", "vm", "100", "home or cabin"),
        (&two, &[], "", "vm", "101", "home:vm/101"),
        (&two, &[("", "home")], "", "vm", "100", "home:vm/100"),
        (&two, &[("", "home"), ("cabin", "cabin")], "cabin", "vm", "100", "cabin:vm/100"),
        (&two, &[("", "home")], "cabin", "vm", "100", "home or cabin"),
        (&two, &[("cabin", "cabin")], "cabin", "vm", "101", "gone"),
        (&one, &[("", "home")], "", "vm", "999", "gone"),
        (&one, &[("", "elsewhere")], "", "vm", "100", "nobody"),
        (&partial, &[("", "home")], "", "vm", "999", "nobody"),
    ];
    for (hypervisors, clusters, namespace, kind, id, expected) in rows {
        let store = store(Vec::new(), hypervisors, clusters);
        assert_eq!(
            owner_of(&store, namespace, kind, id),
            *expected,
            "{namespace:?} {kind}/{id} with {clusters:?} of {}",
            hypervisors.len()
        );
    }
}

#[test]
fn a_hypervisor_that_is_not_heard_retires_no_guest() {
    let mut store = store(Vec::new(), &[("home", vms(&[100]))], &[("", "home")]);
    assert_eq!(owner_of(&store, "", "vm", "999"), "gone");
    let failure = Failure { kind: FailureKind::Refused, short: "x".into(), text: "x".into() };
    store.apply(&SourceId::new(SourceKind::Pve, "home"), Feed::Guests, Err(failure), 0.0, now());
    assert_eq!(owner_of(&store, "", "vm", "999"), "nobody");
    assert_eq!(owner_of(&store, "", "vm", "100"), "home:vm/100", "who a guest is does not change");
}

/// Every row of the backups: `SOURCE TYPE/ID STATE HEALTH: REASON`.
fn rows(store: &Store) -> Vec<String> {
    let judged = judged_backups(store, now());
    let told = judged.iter().map(|one| {
        let found = &one.assessment;
        let why = if found.reason.is_empty() { String::new() } else { format!(": {}", found.reason) };
        format!("{} {} {} {}{why}", one.source.id, one.group.id, found.state, found.health)
    });
    told.collect()
}

#[test]
fn a_guest_without_any_backup_is_a_row_of_its_own() {
    let all = || Selection::All(Vec::new());
    let rows_of: Vec<(Says, Vec<BackupGroup>, &str)> = vec![
        (Says { uncovered: vec![100], ..vms(&[100]) }, vec![], "late critical: no job backs it up"),
        (
            Says { jobs: vec![job(false, all())], ..vms(&[100]) },
            vec![],
            "late critical: job nightly is disabled",
        ),
        (
            Says { jobs: vec![job(true, all())], ..vms(&[100]) },
            vec![],
            "late warning: never backed up; job nightly runs in 10h",
        ),
        (
            Says { jobs: vec![job(true, Selection::All(vec![100]))], uncovered: vec![100], ..vms(&[100]) },
            vec![],
            "late critical: no job backs it up",
        ),
        (
            Says { jobs: vec![job(true, all())], dumps: vec![dump(100, 2, failed())], ..vms(&[100]) },
            vec![],
            "failed critical: no backup; task failed: storage 'pbs' is not online",
        ),
        (
            Says { jobs: vec![job(true, all())], dumps: vec![dump(100, 1, Outcome::Running)], ..vms(&[100]) },
            vec![],
            "running warning: first backup is running 62 %",
        ),
        // It goes somewhere that no backup server tells of.
        (Says { dumps: vec![dump(100, 2, Outcome::Ok)], ..vms(&[100]) }, vec![], "ok ok"),
        (
            Says { jobs: vec![job(false, all())], dumps: vec![dump(100, 30, Outcome::Ok)], ..vms(&[100]) },
            vec![],
            "late warning: job nightly is disabled",
        ),
    ];
    for (says, groups, expected) in rows_of {
        let store = store(groups, &[("home", says)], &[]);
        assert_eq!(rows(&store), [format!("pve.home vm/100 {expected}")]);
    }
    assert_eq!(rows(&store(vec![], &[("home", vms(&[900]))], &[])), [""; 0], "a template does not change");
    let saved = store(vec![group("", "vm", "100", Some(2))], &[("home", vms(&[100]))], &[]);
    assert_eq!(rows(&saved), ["pbs.main vm/100 ok ok"]);
}

#[test]
fn what_the_hypervisor_knows_explains_why_a_backup_is_late() {
    let late = || vec![group("", "vm", "100", Some(30))];
    let all = || Selection::All(Vec::new());
    for (says, expected) in [
        (vms(&[100]), "late warning: no backup for 30h"),
        (Says { uncovered: vec![100], ..vms(&[100]) }, "late warning: no job backs it up"),
        (Says { jobs: vec![job(false, all())], ..vms(&[100]) }, "late warning: job nightly is disabled"),
        (
            Says { dumps: vec![dump(100, 2, failed())], ..vms(&[100]) },
            "failed critical: task failed: storage 'pbs' is not online",
        ),
        (Says { dumps: vec![dump(100, 40, failed())], ..vms(&[100]) }, "late warning: no backup for 30h"),
        (
            Says { dumps: vec![dump(100, 1, Outcome::Running)], ..vms(&[100]) },
            "running warning: late, running now 62 %",
        ),
    ] {
        assert_eq!(rows(&store(late(), &[("home", says)], &[])), [format!("pbs.main vm/100 {expected}")]);
    }
    // One task for all guests of a job; one that was started by hand names its guest.
    let run = |vmid, hours, guests: &str| Dump {
        upid: format!("UPID:n1:1:2:{hours}:vzdump:{guests}:root@pam:").into(),
        ..dump(vmid, hours, Outcome::Ok)
    };
    for (dumps, expected) in [
        (vec![run(100, 30, ""), run(101, 6, "")], "skipped by job nightly"),
        (vec![run(101, 6, "")], "skipped by job nightly"),
        (vec![run(100, 30, ""), run(101, 6, "101")], "no backup for 30h"),
        (vec![run(100, 30, ""), run(101, 30, "")], "no backup for 30h"),
        (vec![run(100, 30, ""), Dump { node: "n2".into(), ..run(101, 6, "") }], "no backup for 30h"),
        (vec![run(100, 30, ""), Dump { outcome: Outcome::Running, ..run(101, 1, "") }], "no backup for 30h"),
    ] {
        let says = Says { jobs: vec![job(true, all())], dumps, ..vms(&[100, 101]) };
        let rows = rows(&store(late(), &[("home", says)], &[]));
        let expected = format!("pbs.main vm/100 late warning: {expected}");
        assert!(rows.contains(&expected), "{expected}: {rows:?}");
    }
    let two = [("home", vms(&[100])), ("cabin", vms(&[100]))];
    assert_eq!(
        rows(&store(late(), &two, &[])),
        ["pbs.main vm/100 ambiguous warning: ambiguous: home and cabin have a guest vm/100"]
    );
    let retired = store(late(), &[("home", vms(&[101]))], &[("", "home")]);
    assert!(rows(&retired).contains(&"pbs.main vm/100 exempt ok: archived".to_owned()));
}

#[test]
fn while_something_is_not_heard_nobody_says_that_there_is_no_backup() {
    let says = || Says { uncovered: vec![100], ..vms(&[100]) };
    let failure = || Failure { kind: FailureKind::Unauthorised, short: "401".into(), text: "401".into() };
    for (kind, name, feed, told) in [
        (SourceKind::Pbs, "main", Feed::Snapshots, "the backup server was not heard"),
        (SourceKind::Pve, "home", Feed::Guests, "not readable: pve.home was not heard"),
        (SourceKind::Pve, "home", Feed::Schedules, "not readable: the jobs of pve.home"),
    ] {
        let mut store = store(vec![], &[("home", says())], &[]);
        store.apply(&SourceId::new(kind, name), feed, Err(failure()), 0.0, now());
        assert_eq!(rows(&store), [format!("pve.home vm/100 unknown unknown: {told}")], "{feed}");
    }
}

#[test]
fn nodes_and_storages_are_judged() {
    let node =
        |online, used| Node { name: "n1".into(), online, uptime: None, used: Some(used), total: Some(100) };
    let storage = |active, used| Storage {
        name: "tank".into(),
        node: "".into(),
        plugin: "nfs".into(),
        backups: true,
        active,
        used: Some(used),
        total: Some(100),
    };
    let rows: [(Node, Storage, Health, &str); 6] = [
        (node(Some(true), 10), storage(true, 10), Health::Ok, "all is well"),
        (node(Some(false), 10), storage(true, 10), Health::Critical, "node n1 is offline"),
        (node(Some(true), 90), storage(true, 10), Health::Warning, "the root disk of node n1 is 90 % full"),
        (node(Some(true), 10), storage(true, 96), Health::Critical, "storage tank is 96 % full"),
        (node(Some(true), 10), storage(false, 10), Health::Critical, "storage tank is offline"),
        (
            node(None, 10),
            storage(true, 10),
            Health::Unknown,
            "node n1: its cluster cannot say whether it is up",
        ),
    ];
    let only = Scope { backups: true, ..Scope::NONE };
    for (node, storage, state, text) in rows {
        let says = Says { nodes: vec![node], storages: vec![storage], ..Says::default() };
        let verdict = judge(&store(vec![], &[("home", says)], &[]), only, now());
        assert_eq!((verdict.state, &*verdict.text), (state, text));
    }
}

#[test]
fn a_hypervisor_that_is_down_is_told() {
    let only = Scope { backups: true, ..Scope::NONE };
    for (feed, state) in [(Feed::Guests, Health::Unknown), (Feed::Dumps, Health::Warning)] {
        let mut store = store(vec![], &[("home", Says::default())], &[]);
        let failure = Failure { kind: FailureKind::Refused, short: "refused".into(), text: "x".into() };
        store.apply(&SourceId::new(SourceKind::Pve, "home"), feed, Err(failure), 0.0, now());
        let verdict = judge(&store, only, now());
        assert_eq!((verdict.state, &*verdict.text), (state, "pve.home is down for 0s: refused"), "{feed}");
    }
}
