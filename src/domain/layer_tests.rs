//! Layers that come up in their order.

use super::*;
use crate::domain::made::{Field, Values, now};
use crate::domain::thresholds::Thresholds;

fn texts(all: &[&str]) -> Vec<Arc<str>> {
    all.iter().map(|&text| text.into()).collect()
}

fn lab() -> Field {
    let on = |host: &str, what: &str| (host.into(), what.into());
    let layers = vec![
        Layer { name: "Hypervisor".into(), hosts: texts(&["pve"]), ..Layer::default() },
        Layer {
            name: "Storage".into(),
            mounts: vec![on("nas", "/mnt/disk1"), on("nas", "/mnt/disk3")],
            probes: texts(&["samba"]),
            ..Layer::default()
        },
        Layer {
            name: "Services".into(),
            guests: texts(&["210"]),
            automounts: vec![on("web", "data.automount")],
            ..Layer::default()
        },
        Layer { name: "Validation".into(), targets: texts(&["node"]), ..Layer::default() },
    ];
    Field {
        thresholds: Thresholds { layers, ..Thresholds::default() },
        hosts: vec![("pve", true), ("nas", true), ("web", true)],
        values: vec![DISKS, UNITS, ("uptime", &[("pve", "", 240.0), ("nas", "", 110.0)])],
        doors: vec![("samba", true, 1)],
        guests: vec![(210, true)],
        ..Field::default()
    }
}

const DISKS: Values = ("disk", &[("nas", "/mnt/disk1", 0.4), ("nas", "/mnt/disk3", 0.4)]);
const UNITS: Values = ("automounts", &[("web", "data.automount", 1.0)]);
const BOOTED: Values = ("uptime", &[("pve", "", 240.0)]);
const LONG_AGO: Values = ("uptime", &[("pve", "", 500_000.0), ("nas", "", 400_000.0)]);
const ONE: Values = ("disk", &[("nas", "/mnt/disk1", 0.4)]);

#[test]
fn the_first_layer_that_is_not_up_and_what_it_waits_for() {
    let cases: Vec<(&str, Field, Option<&str>)> = vec![
        ("all is up", lab(), None),
        (
            "a disk is missing",
            Field { values: vec![ONE, UNITS, BOOTED], ..lab() },
            Some("BOOTING layer 1 of 3, waiting for /mnt/disk3"),
        ),
        (
            "a disk is missing, and it did not start lately: that is no boot",
            Field { values: vec![ONE, UNITS, LONG_AGO], ..lab() },
            None,
        ),
        (
            "the storage is not there at all",
            Field { hosts: vec![("pve", true), ("nas", false), ("web", false)], ..lab() },
            Some("BOOTING layer 1 of 3, waiting for /mnt/disk1 and 1 more"),
        ),
        (
            "a door is shut",
            Field { doors: vec![("samba", false, 1)], ..lab() },
            Some("BOOTING layer 1 of 3, waiting for samba"),
        ),
        (
            "a guest is not started",
            Field { guests: vec![(210, false)], ..lab() },
            Some("BOOTING layer 2 of 3, waiting for guest 210"),
        ),
        (
            "an automount is not there",
            Field { values: vec![DISKS, ("automounts", &[("web", "data.automount", 0.0)]), BOOTED], ..lab() },
            Some("BOOTING layer 2 of 3, waiting for data.automount"),
        ),
        (
            "nobody measures the automount: not known is not up",
            Field { values: vec![DISKS, BOOTED], ..lab() },
            Some("BOOTING layer 2 of 3, waiting for data.automount"),
        ),
        (
            "a target does not answer",
            Field { hosts: vec![("pve", true), ("nas", true), ("web", true), ("gpu", false)], ..lab() },
            Some("BOOTING layer 3 of 3, waiting for target node"),
        ),
    ];
    for (case, field, expected) in cases {
        assert_eq!(booting(&field.store(), now()).as_deref(), expected, "{case}");
    }
}

#[test]
fn a_layer_above_one_that_waits_is_told_too() {
    let store = Field { values: vec![ONE, UNITS, BOOTED], guests: vec![(210, false)], ..lab() }.store();
    let waits: Vec<Vec<Arc<str>>> = layers(&store, now()).iter().map(Standing::waits_for).collect();
    assert_eq!(waits, [texts(&[]), texts(&["/mnt/disk3"]), texts(&["guest 210"]), texts(&[])]);
}

#[test]
fn a_start_is_followed_to_its_end() {
    let waits = Field { values: vec![ONE, UNITS, BOOTED], guests: vec![(210, false)], ..lab() }.store();
    let first = follow(None, &waits, now()).expect("it boots");
    assert_eq!(first.at, now() - TimeDelta::seconds(240));
    assert_eq!((&first.took, first.before, first.is_done), (&vec![None; 4], 1, false));
    // The feeds answer with the same as long as nothing changed: only the time goes on.
    let next = follow(Some(&first), &waits, now() + TimeDelta::seconds(2)).expect("it boots");
    assert_eq!(next, first, "nothing came up");
    let up = Field { values: vec![DISKS, UNITS, BOOTED], guests: vec![(210, false)], ..lab() }.store();
    let next = follow(Some(&next), &up, now() + TimeDelta::seconds(4)).expect("it boots");
    assert_eq!(next.took, [None, Some(244.0), None, None], "what came up before nobody saw");
    let all = Field { values: vec![DISKS, UNITS, BOOTED], ..lab() }.store();
    let done = follow(Some(&next), &all, now() + TimeDelta::seconds(6)).expect("it is over");
    assert_eq!(done.took, [None, Some(244.0), Some(246.0), Some(246.0)]);
    assert!(done.is_done);
    assert_eq!(follow(Some(&done), &waits, now()).as_ref(), Some(&done), "it is the same start");
    let calm = Field { values: vec![DISKS, UNITS, LONG_AGO], ..lab() }.store();
    assert_eq!(follow(None, &calm, now()), None, "nothing started");
}

#[test]
fn another_start_is_another() {
    let boot = Boot { at: now() - TimeDelta::hours(3), took: vec![Some(9.0)], before: 0, is_done: true };
    let store = Field { values: vec![ONE, UNITS, BOOTED], ..lab() }.store();
    let next = follow(Some(&boot), &store, now()).expect("it boots again");
    assert_eq!(next.at, now() - TimeDelta::seconds(240));
    assert!(boot.has(boot.at + TimeDelta::minutes(2)) && !boot.has(boot.at + TimeDelta::minutes(9)));
}

#[test]
fn what_is_usual_is_the_median() {
    let boot = |took: &[Option<f64>]| Boot { at: now(), took: took.to_vec(), before: 0, is_done: true };
    let boots = [boot(&[Some(40.0), None]), boot(&[Some(400.0), None]), boot(&[Some(50.0), Some(7.0)])];
    assert_eq!((usual(&boots, 0), usual(&boots, 1), usual(&boots, 2)), (Some(50.0), Some(7.0), None));
    assert_eq!(usual(&[], 0), None);
}
