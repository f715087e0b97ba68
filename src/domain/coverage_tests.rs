use chrono::TimeDelta;

use super::*;
use crate::domain::backup::{BackupGroup, Snapshot};
use crate::domain::guest::{Config, GuestId};
use crate::domain::log::{Level, Line, RingLimits, TailState};
use crate::domain::observation::Observation;
use crate::domain::store::Expected;
use crate::domain::thresholds::Thresholds;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_794_578_531, 0).expect("a time")
}

/// What is there of the guest `ct/210 nextcloud`.
#[derive(Clone, Debug, Default)]
struct World {
    /// Labels of targets, and whether they are up.
    targets: Vec<(&'static str, bool)>,
    /// Queries of alerting rules.
    rules: Vec<&'static str>,
    /// Hosts of lines.
    lines: Vec<&'static str>,
    /// Groups: datastore and age in hours.
    groups: Vec<(&'static str, i64)>,
    off: bool,
    onboot: bool,
    /// Sources that are not configured.
    without: Vec<SourceKind>,
    /// Feeds that did not answer.
    silent: Vec<Feed>,
}

fn target(labels: &str, up: bool) -> Target {
    let labels: crate::domain::labels::Labels = serde_json::from_str(labels).expect("labels");
    let of = |name: &str| labels.get(name).unwrap_or("").into();
    Target {
        job: of("job"),
        instance: of("instance"),
        pool: of("job"),
        labels: labels.clone(),
        health: if up { TargetHealth::Up } else { TargetHealth::Down },
        error: "".into(),
        last_scrape: Some(now()),
        took: 0.1,
        interval: 15.0,
        timeout: 10.0,
    }
}

fn rule(query: &str) -> Rule {
    Rule {
        name: "r".into(),
        group: "g".into(),
        file: "f".into(),
        kind: RuleKind::Alerting,
        query: query.into(),
        health: RuleHealth::Ok,
        error: "".into(),
        hold: 0.0,
        labels: crate::domain::labels::Labels::default(),
        last_evaluation: Some(now()),
    }
}

fn group(datastore: &str, hours: i64) -> BackupGroup {
    let at = now() - TimeDelta::hours(hours);
    BackupGroup {
        id: GroupId {
            datastore: datastore.into(),
            namespace: "".into(),
            kind: "ct".into(),
            id: "210".into(),
        },
        guest: "nextcloud".into(),
        comment: "".into(),
        owner: "".into(),
        other_owner: None,
        snapshots: [Snapshot { at, size: 1, verification: None, protected: false, encrypted: false }].into(),
        unfinished: None,
    }
}

fn guest(off: bool) -> Guest {
    Guest {
        id: GuestId { kind: GuestKind::Ct, vmid: 210 },
        name: "Nextcloud".into(),
        node: "n".into(),
        state: if off { GuestState::Stopped } else { GuestState::Running },
        template: false,
        tags: Vec::new(),
        pool: "".into(),
        lock: "".into(),
        uptime: None,
    }
}

fn store(world: &World) -> Store {
    let kinds: [(SourceKind, &[Feed]); 4] = [
        (SourceKind::Prometheus, &[Feed::Targets, Feed::Rules]),
        (SourceKind::Loki, &[Feed::Tail]),
        (SourceKind::Pbs, &[Feed::Snapshots]),
        (SourceKind::Pve, &[Feed::Guests, Feed::Schedules, Feed::Configs]),
    ];
    let there = kinds.iter().filter(|(kind, _)| !world.without.contains(kind));
    let expect = |(kind, feeds): &(SourceKind, &[Feed])| Expected {
        id: SourceId::new(*kind, "main"),
        site: "".into(),
        feeds: feeds.iter().map(|feed| (*feed, 10.0)).collect(),
        tails: if *kind == SourceKind::Loki { vec![("all".into(), "{}".into())] } else { Vec::new() },
    };
    let mut store = Store::new(
        there.clone().map(expect),
        Thresholds::default(),
        RingLimits { lines: 100, bytes: 10_000 },
    );
    let line = |host: &&str| {
        let stream = [("host", *host)].into_iter().collect();
        Entry::Line(Line {
            at: 1,
            stream,
            text: "x".into(),
            level: Level::Info,
            more: crate::domain::labels::Labels::default(),
        })
    };
    for (kind, feed) in there.flat_map(|(kind, feeds)| feeds.iter().map(move |feed| (*kind, *feed))) {
        if world.silent.contains(&feed) {
            continue;
        }
        let seen = match feed {
            Feed::Targets => Observation::Targets(
                world.targets.iter().map(|(labels, up)| target(labels, *up)).collect::<Vec<_>>().into(),
            ),
            Feed::Rules => {
                Observation::Rules(world.rules.iter().map(|query| rule(query)).collect::<Vec<_>>().into())
            }
            Feed::Tail => Observation::Tail {
                tail: "all".into(),
                state: TailState::Live,
                entries: world.lines.iter().map(line).collect(),
            },
            Feed::Snapshots => Observation::Backups {
                groups: world.groups.iter().map(|(name, age)| group(name, *age)).collect::<Vec<_>>().into(),
                unreadable: [].into(),
            },
            Feed::Guests => Observation::Inventory {
                guests: [guest(world.off)].into(),
                nodes: [].into(),
                storages: [].into(),
                partial: None,
            },
            Feed::Schedules => {
                Observation::Schedules { jobs: [].into(), uncovered: [guest(false).id].into() }
            }
            _ => Observation::Configs(
                [Config { id: guest(false).id, onboot: world.onboot, left_out: Vec::new() }].into(),
            ),
        };
        store.apply(&SourceId::new(kind, "main"), feed, Ok(vec![seen]), 0.01, now());
    }
    store
}

const NODE: &str = r#"{"job":"node","instance":"10.0.0.22:9100","host":"lxc210","vmid":"210"}"#;
const PROBE: &str = r#"{"job":"blackbox","instance":"https://cloud.home.arpa","host":"lxc210"}"#;

#[test]
fn who_watches_a_guest() {
    let node = || World { targets: vec![(NODE, true)], ..World::default() };
    let watched = World {
        targets: vec![(NODE, true), (PROBE, true)],
        rules: vec!["up{job=\"node\"} == 0"],
        lines: vec!["lxc210"],
        groups: vec![("main", 2), ("offsite", 2)],
        ..World::default()
    };
    for (world, expected) in [
        (World::default(), "no ? no no no no"),
        (watched.clone(), "yes yes yes yes yes yes"),
        (node(), "yes ? no no no no"),
        // By its own name, by the host part of an instance, in any case.
        (
            World {
                targets: vec![(r#"{"job":"node","instance":"nextcloud:9100"}"#, true)],
                ..World::default()
            },
            "yes ? no no no no",
        ),
        (
            World {
                targets: vec![(r#"{"job":"node","instance":"a:1","nodename":"CT210"}"#, true)],
                ..World::default()
            },
            "yes ? no no no no",
        ),
        (
            World {
                targets: vec![(r#"{"job":"node","instance":"10.0.0.210:1"}"#, true)],
                ..World::default()
            },
            "no ? no no no no",
        ),
        (World { targets: vec![(NODE, false)], ..World::default() }, "weak ? no no no no"),
        // The probe is of a host that another target says is this guest.
        (World { targets: vec![(NODE, true), (PROBE, false)], ..World::default() }, "yes ? no no no weak"),
        (World { rules: vec!["node_load1 > 4"], ..node() }, "yes ? yes no no no"),
        (World { rules: vec!["up{job=~\"pbs|node\"} == 0"], ..node() }, "yes ? yes no no no"),
        (World { rules: vec!["up{job=\"pbs\"} == 0"], ..node() }, "yes ? no no no no"),
        (World { rules: vec!["vector(1)"], ..node() }, "yes ? no no no no"),
        (World { rules: vec!["node_load1 > 4"], ..World::default() }, "no ? no no no no"),
        (World { lines: vec!["vm102"], ..World::default() }, "no ? no no no no"),
        (World { lines: vec!["nextcloud"], ..World::default() }, "no yes no no no no"),
        (World { groups: vec![("main", 2)], ..World::default() }, "no ? no yes no no"),
        (World { groups: vec![("main", 60)], ..World::default() }, "no ? no weak no no"),
        (World { groups: vec![("main", 2), ("offsite", 60)], ..World::default() }, "no ? no yes weak no"),
        (World { silent: vec![Feed::Targets], ..watched.clone() }, "? yes no yes yes ?"),
        (World { silent: vec![Feed::Rules], ..watched.clone() }, "yes yes ? yes yes yes"),
        (World { silent: vec![Feed::Snapshots], ..node() }, "yes ? no ? ? no"),
        (World { without: vec![SourceKind::Prometheus], ..World::default() }, "- ? - no no -"),
        (World { without: vec![SourceKind::Loki], ..World::default() }, "no - no no no no"),
        (World { without: vec![SourceKind::Pbs], ..World::default() }, "no ? no no no no"),
    ] {
        let rows = coverage(&store(&world), now());
        let told: Vec<String> =
            rows.iter().map(|row| row.covers.map(|cover| cover.to_string()).join(" ")).collect();
        assert_eq!(told, [expected], "{world:?}");
    }
}

#[test]
fn a_guest_that_is_meant_to_be_off_is_quiet() {
    for (off, onboot, quiet) in [(false, false, false), (true, true, false), (true, false, true)] {
        let rows = coverage(&store(&World { off, onboot, ..World::default() }), now());
        assert_eq!(rows.iter().map(|row| (row.quiet, row.gaps() == 0)).collect::<Vec<_>>(), [(quiet, quiet)]);
    }
}
