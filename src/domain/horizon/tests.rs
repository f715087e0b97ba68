use chrono::NaiveDate;
use chrono_tz::{America, Europe};

use super::*;
use crate::domain::backup::{BackupGroup, GroupId, Snapshot, Verification};
use crate::domain::datastore::Datastore;
use crate::domain::drill::Drill;
use crate::domain::feed::SourceId;
use crate::domain::hosts::FULL_IN;
use crate::domain::log::RingLimits;
use crate::domain::measure::{Measure, Measured, Reading};
use crate::domain::observation::Observation;
use crate::domain::store::Expected;
use crate::domain::thresholds::Thresholds;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).expect("a time")
}

fn pbs() -> SourceId {
    SourceId::new(SourceKind::Pbs, "main")
}

fn prometheus() -> SourceId {
    SourceId::new(SourceKind::Prometheus, "main")
}

fn datastore(name: &str, used: Option<u64>, full_in: Option<i64>) -> Datastore {
    Datastore {
        name: name.into(),
        used,
        total: used.map(|_| 100),
        climbs: None,
        full_at: full_in.map(|days| now() + TimeDelta::days(days)),
        maintenance: None,
        error: None,
    }
}

/// A group with one snapshot, verified so many days ago.
fn group(id: &str, verified: Option<i64>) -> BackupGroup {
    let verification = verified.map(|days| Verification::Ok(now() - TimeDelta::days(days)));
    let at = now() - TimeDelta::hours(2);
    BackupGroup {
        id: GroupId { datastore: "main".into(), namespace: "".into(), kind: "vm".into(), id: id.into() },
        guest: "web".into(),
        comment: "".into(),
        owner: "".into(),
        other_owner: None,
        snapshots: [Snapshot { at, size: 1, verification, protected: false, encrypted: false }].into(),
        unfinished: None,
    }
}

fn measured(name: &str, warning: Option<f64>, thing: (&str, &str), value: f64) -> Measured {
    let labels = [("host", "nas"), ("instance", "nas:9100"), thing].into_iter().collect();
    let measure = Measure { name: name.into(), thing: thing.0.into(), warning, ..Measure::default() };
    Measured { measure: measure.into(), readings: [Reading { labels, value }].into(), error: None }
}

fn store() -> Store {
    let expected = [
        (pbs(), vec![Feed::Datastores, Feed::Snapshots, Feed::Server]),
        (prometheus(), vec![Feed::Measures]),
    ];
    let expected = expected.into_iter().map(|(id, feeds)| Expected {
        id,
        site: "".into(),
        feeds: feeds.into_iter().map(|feed| (feed, 60.0)).collect(),
        tails: Vec::new(),
    });
    Store::new(expected, Thresholds::default(), RingLimits { lines: 1, bytes: 1 })
}

fn hear(store: &mut Store, id: &SourceId, feed: Feed, seen: Observation) {
    store.apply(id, feed, Ok(vec![seen]), 0.1, now());
}

/// The list in words: kind, what, and in how many hours, or why nobody can say.
fn told(store: &Store) -> Vec<String> {
    let line = |due: Due| {
        let when = match due.at {
            When::At(at) => format!("{}h", (at - now()).num_hours()),
            When::Now(why) => format!("now {why}"),
            When::Unknown(why) => format!("? {why}"),
        };
        format!("{} {} {}: {when}", due.kind, due.what, due.then)
    };
    horizon(store, now()).into_iter().map(line).collect()
}

/// The lines about one kind.
fn of(kind: Kind, store: &Store) -> Vec<String> {
    let start = format!("{kind} ");
    told(store).into_iter().filter_map(|line| line.strip_prefix(&start).map(str::to_owned)).collect()
}

#[test]
fn what_was_never_heard_is_unknown_and_not_fine() {
    let told = told(&store());
    let (routines, others): (Vec<&String>, Vec<&String>) =
        told.iter().partition(|line| line.starts_with("routine"));
    assert!(others.iter().all(|line| line.contains(": ? ")), "{told:#?}");
    assert!(routines.len() == 3 && routines.iter().all(|line| line.contains(": now never")), "{told:#?}");
    for kind in ["datastore", "disk", "certificate", "verify"] {
        let unheard = |line: &String| line.starts_with(kind) && line.ends_with("was not heard");
        assert!(told.iter().any(unheard), "{kind}: {told:#?}");
    }
}

#[test]
fn datastores_are_full_some_day_or_nobody_can_say() {
    let mut store = store();
    let broken = Datastore { error: Some("ENOENT".into()), ..datastore("b", None, None) };
    let closed = Datastore { maintenance: Some("moving".into()), ..datastore("c", Some(99), Some(1)) };
    let all = [
        datastore("grows", Some(74), Some(100)),
        datastore("soon", Some(90), Some(3)),
        datastore("past", Some(99), Some(-1)),
        datastore("still", Some(10), None),
        datastore("mute", None, None),
        broken,
        closed,
    ];
    hear(&mut store, &pbs(), Feed::Datastores, Observation::Datastores(all.into()));
    assert_eq!(
        of(Kind::Datastore, &store),
        [
            "past full: -24h",
            "b full: ? ENOENT",
            "mute full: ? it does not say how full it is",
            "soon full: 72h",
            "grows full: 2400h",
        ],
        "the overdue first, then what nobody can say, then by date"
    );
}

#[test]
fn drills_and_verifications_by_their_limits() {
    let mut store = store();
    let groups = [group("100", Some(10)), group("101", Some(31)), group("102", None)];
    let seen = Observation::Backups { groups: groups.into(), unreadable: [].into() };
    hear(&mut store, &pbs(), Feed::Snapshots, seen);
    let drill = |days: i64, id: &str| Drill {
        source: pbs(),
        group: group(id, None).id,
        at: now() - TimeDelta::days(days),
        by: "kim".into(),
        took: None,
        note: "".into(),
    };
    store.drills = vec![drill(200, "100"), drill(80, "100"), drill(91, "101")];
    assert_eq!(
        of(Kind::Drill, &store),
        [
            "vm/101 web in main restore drill: -24h",
            "1 of 3 groups on pbs.main restore drill: ? never tried",
            "vm/100 web in main restore drill: 240h",
        ]
    );
    assert_eq!(
        of(Kind::Verify, &store),
        [
            "vm/101 in main verification too old: -24h",
            "1 of 3 groups in main verification too old: ? never verified",
        ],
        "the first of a datastore stands for it"
    );
}

#[test]
fn what_is_measured_counts_from_when_it_was_measured() {
    for (one, kind, told) in [
        (measured(FULL_IN, None, ("mountpoint", "/var"), 7200.0), Kind::Disk, Some("/var on nas full: 2h")),
        (measured(FULL_IN, None, ("mountpoint", "/var"), f64::INFINITY), Kind::Disk, None),
        (measured(FULL_IN, None, ("mountpoint", "/var"), f64::NAN), Kind::Disk, None),
        (measured(FULL_IN, None, ("mountpoint", "/var"), 1e12), Kind::Disk, None),
        (
            measured("certificate", None, ("instance", "https://a"), 3600.0),
            Kind::Certificate,
            Some("https://a ends: 1h"),
        ),
        (
            measured("certificate", None, ("instance", "https://a"), -3600.0),
            Kind::Certificate,
            Some("https://a ends: -1h"),
        ),
        (
            measured("snapraid-scrub", Some(7200.0), ("x", ""), 3600.0),
            Kind::Scrub,
            Some("SnapRAID on nas scrub due: 1h"),
        ),
        (measured("snapraid-scrub", None, ("x", ""), 3600.0), Kind::Scrub, None),
        (
            measured("zfs-scrub", Some(7200.0), ("pool", "tank"), 14_400.0),
            Kind::Scrub,
            Some("tank on nas scrub due: -2h"),
        ),
        (measured("disk", None, ("mountpoint", "/var"), 0.5), Kind::Disk, None),
    ] {
        let mut store = store();
        let what = format!("{one:?}");
        hear(&mut store, &prometheus(), Feed::Measures, Observation::Measures([one].into()));
        let found = of(kind, &store);
        let found: Vec<&str> =
            found.iter().map(String::as_str).filter(|line| !line.contains("pbs.main")).collect();
        assert_eq!(found.first().copied(), told, "{what}");
    }
}

#[test]
fn a_measure_that_was_not_answered_is_unknown() {
    let mut store = store();
    let failed =
        Measured { error: Some("bad query".into()), ..measured("certificate", None, ("instance", "a"), 1.0) };
    let failed = Measured { readings: [].into(), ..failed };
    hear(&mut store, &prometheus(), Feed::Measures, Observation::Measures([failed].into()));
    let found = of(Kind::Certificate, &store);
    assert!(found.iter().any(|line| line.ends_with("? bad query")), "{found:?}");
}

#[test]
fn a_written_date_begins_with_its_day_where_the_operator_lives() {
    let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
    let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
    for (date, zone, began) in [
        ("2026-11-21", chrono_tz::UTC, "2026-11-21T00:00:00Z"),
        ("2026-11-21", Europe::Vienna, "2026-11-20T23:00:00Z"),
        ("2026-07-01", Europe::Vienna, "2026-06-30T22:00:00Z"),
        // The days on which clocks change there begin like every other.
        ("2026-03-29", Europe::Vienna, "2026-03-28T23:00:00Z"),
        ("2026-03-30", Europe::Vienna, "2026-03-29T22:00:00Z"),
        ("2026-10-25", Europe::Vienna, "2026-10-24T22:00:00Z"),
        ("2026-10-26", Europe::Vienna, "2026-10-25T23:00:00Z"),
        ("2026-11-21", America::New_York, "2026-11-21T05:00:00Z"),
        // Clocks skip this midnight: the day begins at one o'clock.
        ("2026-09-06", America::Santiago, "2026-09-06T04:00:00Z"),
    ] {
        assert_eq!(begins(day(date), &zone), Some(at(began)), "{date} {zone}");
    }
}

#[test]
fn overdue_and_near_are_told_apart_to_the_second() {
    let due = |at: When| Due {
        kind: Kind::Date,
        what: "key".into(),
        then: "due".into(),
        at,
        subject: Subject::Source(pbs()),
    };
    let in_seconds = |seconds: i64| due(When::At(now() + TimeDelta::seconds(seconds)));
    let week = TimeDelta::days(7);
    for (one, overdue, near) in [
        (in_seconds(-1), true, true),
        (in_seconds(0), true, true),
        (in_seconds(1), false, true),
        (in_seconds(7 * 86_400), false, true),
        (in_seconds(7 * 86_400 + 1), false, false),
        (due(When::Unknown("nobody asked".into())), false, true),
    ] {
        assert_eq!((one.is_overdue(now()), one.is_within(week, now())), (overdue, near), "{:?}", one.at);
    }
}

#[test]
fn when_all_is_well_the_soonest_is_told_if_it_is_near() {
    for (days, told) in [(12, Some("main full in 12d")), (13, Some("main full in 13d")), (15, None)] {
        let mut store = store();
        let all = [datastore("main", Some(50), Some(days)), datastore("mute", None, None)];
        hear(&mut store, &pbs(), Feed::Datastores, Observation::Datastores(all.into()));
        let said = soonest(&store, now()).map(|due| due.words(now()));
        assert_eq!(said.as_deref(), told, "{days}");
    }
    let late = Due {
        kind: Kind::Drill,
        what: "vm/101".into(),
        then: "restore drill".into(),
        at: When::At(now() - TimeDelta::days(10)),
        subject: Subject::Source(pbs()),
    };
    assert_eq!(late.words(now()), "vm/101 restore drill, overdue 10d");
}

#[test]
fn what_lasts_long_has_its_date_or_says_why_not() {
    let mut store = store();
    let told = |store: &Store, kind: Kind| of(kind, store);
    assert_eq!(told(&store, Kind::Token), ["token of pbs.main ends: ? not told: set it in [due]"]);
    let date = Dated { what: "token of pbs.main".into(), at: now() + TimeDelta::hours(5) };
    store.thresholds.dates = vec![date];
    assert_eq!(told(&store, Kind::Token), [] as [&str; 0], "it is among the dates now");
    assert_eq!(told(&store, Kind::Date), ["token of pbs.main due: 5h"]);
    store.thresholds.dates.clear();
    store.thresholds.endless = vec!["token of pbs.main".into()];
    assert_eq!(told(&store, Kind::Token), [] as [&str; 0], "the operator said that it has no end");
    store.thresholds.reviews = vec![
        Review { what: "runbook.md".into(), at: Ok(now() - TimeDelta::hours(30)) },
        Review { what: "other.md".into(), at: Err("it names no day of its next review".into()) },
    ];
    assert_eq!(
        told(&store, Kind::Review),
        ["runbook.md to be reviewed: -30h", "other.md to be reviewed: ? it names no day of its next review",]
    );
    let routines = told(&store, Kind::Routine);
    assert_eq!(routines.len(), 3, "no change asks for a list: {routines:?}");
    assert!(routines.iter().all(|line| line.ends_with(": now never worked through here")), "{routines:?}");
}
