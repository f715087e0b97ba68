//! How services stand, and because of what.

use std::collections::BTreeMap;

use super::*;
use crate::domain::host::{Host, Inventory};
use crate::domain::made::{Field, now};
use crate::domain::thresholds::Thresholds;

fn named(name: &str) -> Service {
    Service { name: name.into(), ..Service::default() }
}

fn cloud() -> Service {
    Service {
        probe: Some("https://cloud".into()),
        guest: Some("210".into()),
        host: Some("web".into()),
        mounts: vec!["/data".into()],
        ..named("Cloud")
    }
}

/// A lab in which `web` rests on `nas`, which is there for storage.
fn lab(services: Vec<Service>) -> Field {
    let web = Host { depends: vec!["nas".to_owned()], ..Host::default() };
    let nas = Host { role: Some("storage".to_owned()), ..Host::default() };
    let hosts = Inventory(BTreeMap::from([("web".to_owned(), web), ("nas".to_owned(), nas)]));
    Field {
        thresholds: Thresholds { hosts, services, ..Thresholds::default() },
        hosts: vec![("web", true), ("nas", true)],
        values: vec![("disk", &[("web", "/", 0.4), ("web", "/data", 0.2)])],
        probed: vec![("https://cloud", true)],
        guests: vec![(210, true)],
        ..Field::default()
    }
}

fn told(lab: &Field) -> Vec<(Health, String)> {
    services(&lab.store(), now()).iter().map(|it| (it.state, it.sentence(now()))).collect()
}

#[test]
fn a_service_is_judged_by_what_was_looked_at() {
    let away: &[(&str, &str, f64)] = &[("web", "/", 0.4)];
    let hangs: &[(&str, &str, f64)] = &[("web", "/data", 1.0)];
    let without = |what: fn(&mut Service)| {
        let mut service = cloud();
        what(&mut service);
        vec![service]
    };
    let cases: Vec<(&str, Field, Health, &str)> = vec![
        ("all is well", lab(vec![cloud()]), Health::Ok, "Cloud up"),
        (
            "it does not answer, and nobody knows why",
            Field { probed: vec![("https://cloud", false)], ..lab(vec![cloud()]) },
            Health::Critical,
            "Cloud down because it does not answer",
        ),
        (
            "since its alert",
            Field {
                probed: vec![("web:9100", false)],
                alerts: vec![("ServiceDown", "web", 14)],
                ..lab(without(|it| it.probe = Some("web:9100".into())))
            },
            Health::Critical,
            "Cloud down 14m because it does not answer",
        ),
        (
            "what it rests on is down",
            Field {
                probed: vec![("https://cloud", false)],
                hosts: vec![("web", true), ("nas", false)],
                ..lab(vec![cloud()])
            },
            Health::Critical,
            "Cloud down because storage nas",
        ),
        (
            "it answers although what it rests on is down",
            Field { hosts: vec![("web", true), ("nas", false)], ..lab(vec![cloud()]) },
            Health::Warning,
            "Cloud suffers because storage nas",
        ),
        (
            "it answers without its data",
            Field { values: vec![("disk", away)], ..lab(vec![cloud()]) },
            Health::Warning,
            "Cloud suffers because /data is not mounted",
        ),
        (
            "it answers while its data hangs",
            Field { values: vec![("disk", away), ("mount-error", hangs)], ..lab(vec![cloud()]) },
            Health::Warning,
            "Cloud suffers because /data of web does not answer",
        ),
        (
            "nobody probes it, and its guest is stopped",
            Field { probed: Vec::new(), guests: vec![(210, false)], ..lab(vec![cloud()]) },
            Health::Critical,
            "Cloud down because guest ct/210 is stopped",
        ),
        (
            "nobody probes it",
            Field { probed: Vec::new(), ..lab(vec![cloud()]) },
            Health::Unknown,
            "Cloud unknown because nobody probes https://cloud",
        ),
        ("no probe is named", lab(without(|it| it.probe = None)), Health::Ok, "Cloud up"),
        (
            "no backup of it is known",
            lab(without(|it| (it.probe, it.backup) = (None, Some("ct/210".into())))),
            Health::Ok,
            "Cloud up",
        ),
        (
            "a door of ours",
            Field { doors: vec![("ssh", false, 3)], ..lab(without(|it| it.probe = Some("ssh".into()))) },
            Health::Critical,
            "Cloud down 3m because connection refused",
        ),
    ];
    for (case, field, state, sentence) in cases {
        assert_eq!(told(&field), [(state, sentence.to_owned())], "{case}");
    }
}

#[test]
fn the_first_cause_lies_below_all_others() {
    let depends = |name: &str, on: &[&str], probe: &str| Service {
        depends: on.iter().map(|&on| on.into()).collect(),
        probe: Some(probe.into()),
        ..named(name)
    };
    let services = vec![
        depends("Photos", &["Cloud", "Database"], "p"),
        depends("Cloud", &["Database"], "c"),
        depends("Database", &["Photos"], "d"),
        depends("Wiki", &[], "w"),
    ];
    let probed = vec![("p", false), ("c", false), ("d", false), ("w", true)];
    let told = told(&Field { probed, ..lab(services) });
    // Who rests on each other has no first cause, and does not go round for ever.
    let words: Vec<&str> = told.iter().map(|(_, words)| words.as_str()).collect();
    assert_eq!(words.len(), 4);
    assert_eq!(words[3], "Wiki up");
    assert!(words[..3].iter().all(|words| words.contains(" down because ")), "{words:?}");
    let two = vec![
        depends("Photos", &["Cloud"], "p"),
        depends("Cloud", &["Database"], "c"),
        depends("Database", &[], "d"),
    ];
    let probed = vec![("p", false), ("c", false), ("d", false)];
    let told = super::services(&Field { probed, ..lab(two) }.store(), now());
    let because: Vec<&str> = told.iter().map(|it| it.because.as_str()).collect();
    assert_eq!(because, ["Database", "Database", "does not answer"]);
}

#[test]
fn the_recovery_clock_runs_while_it_is_down() {
    let mut service = cloud();
    service.probe = Some("ssh".into());
    let due = |answers: bool, minutes: i64| {
        let field = Field { doors: vec![("ssh", answers, minutes)], ..lab(vec![service.clone()]) };
        services(&field.store(), now()).first().and_then(|it| it.due)
    };
    assert_eq!(due(false, 14), Some(now() + chrono::TimeDelta::minutes(46)), "one hour is promised");
    assert_eq!(due(false, 75), Some(now() - chrono::TimeDelta::minutes(15)), "it is overrun");
    assert_eq!(due(true, 14), None, "it is up");
}

#[test]
fn what_is_not_heard_lately_is_unknown() {
    let later = now() + chrono::TimeDelta::minutes(10);
    let told = services(&lab(vec![cloud()]).store(), later);
    assert_eq!(told.first().map(|it| it.state), Some(Health::Unknown), "{told:?}");
    assert!(services(&lab(Vec::new()).store(), now()).is_empty());
}
