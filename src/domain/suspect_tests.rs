//! What is suspected, and what is not.

use super::*;
use crate::domain::host::{Host, Inventory};
use crate::domain::made::{Field, now};
use crate::domain::service::{self, Service};
use crate::domain::thresholds::Thresholds;

const CONSUMERS: [&str; 5] = ["a", "b", "c", "d", "e"];

/// Five hosts that have a share mounted, and a service on two of them.
fn lab() -> Field {
    let depends =
        |on: &[&str]| Host { depends: on.iter().map(|&on| on.to_owned()).collect(), ..Host::default() };
    let mut hosts = BTreeMap::from([("nas".to_owned(), depends(&["ups"]))]);
    hosts.extend(CONSUMERS.map(|name| (name.to_owned(), depends(&["nas nfs", "nas"]))));
    hosts.insert("far".to_owned(), depends(&["nas"]));
    let on = |name: &str, host: &str| Service {
        name: name.into(),
        host: Some(host.into()),
        probe: Some(name.into()),
        ..Service::default()
    };
    let services = vec![on("Cloud", "a"), on("Vault", "b")];
    Field {
        thresholds: Thresholds { hosts: Inventory(hosts), services, ..Thresholds::default() },
        hosts: CONSUMERS.iter().map(|name| (*name, true)).chain([("nas", true), ("far", true)]).collect(),
        doors: vec![("Cloud", true, 60), ("Vault", true, 60)],
        ..Field::default()
    }
}

fn told(lab: &Field) -> Vec<String> {
    let store = lab.store();
    let services = service::services(&store, now());
    suspects(&store, &services, now()).iter().map(Suspect::sentence).collect()
}

#[test]
fn what_fails_together_points_at_what_it_shares() {
    let hang = |hosts: &[&'static str]| hosts.iter().map(|host| ("NfsHangs", *host, 5)).collect::<Vec<_>>();
    let nothing: [&str; 0] = [];
    let cases: Vec<(&str, Field, Vec<&str>)> = vec![
        ("all is well", lab(), nothing.to_vec()),
        ("two prove nothing", Field { alerts: hang(&["a", "b"]), ..lab() }, nothing.to_vec()),
        (
            "most of those that share it",
            Field { alerts: hang(&["a", "b", "c", "d"]), ..lab() },
            vec!["suspect: nas nfs (4 of 7)"],
        ),
        (
            "services on it are evidence too",
            Field {
                alerts: hang(&["a", "b", "c", "d"]),
                doors: vec![("Cloud", false, 4), ("Vault", false, 3)],
                ..lab()
            },
            vec!["suspect: nas nfs (6 of 7)"],
        ),
        (
            "they did not begin together",
            Field {
                alerts: vec![("NfsHangs", "a", 5), ("NfsHangs", "b", 50), ("NfsHangs", "c", 500)],
                ..lab()
            },
            nothing.to_vec(),
        ),
        (
            "it is no failure of what they share",
            Field { alerts: CONSUMERS.iter().map(|host| ("Hot", *host, 5)).collect(), ..lab() },
            nothing.to_vec(),
        ),
        (
            "the share itself is known to be broken: that is no suspicion",
            Field {
                alerts: [hang(&CONSUMERS), vec![("HostDown", "nas", 6)]].concat(),
                hosts: CONSUMERS.iter().map(|name| (*name, true)).chain([("nas", false)]).collect(),
                ..lab()
            },
            nothing.to_vec(),
        ),
        (
            "one more that rests on the server is well: the share is nearer",
            Field { alerts: hang(&CONSUMERS), ..lab() },
            vec!["suspect: nas nfs (5 of 7)"],
        ),
        (
            "all that rests on the server fails",
            Field {
                alerts: hang(&["a", "b", "c", "d", "e", "far"]),
                doors: vec![("Cloud", false, 4), ("Vault", false, 3)],
                ..lab()
            },
            vec!["suspect: nas (8 of 8)"],
        ),
    ];
    for (case, field, expected) in cases {
        assert_eq!(told(&field), expected, "{case}");
    }
}

#[test]
fn the_evidence_is_named_the_earliest_first() {
    let alerts = vec![("NfsHangs", "c", 2), ("NfsHangs", "a", 9), ("NfsHangs", "b", 4), ("NfsHangs", "d", 3)];
    let store = Field { alerts, ..lab() }.store();
    let found = suspects(&store, &service::services(&store, now()), now());
    let names: Vec<&str> = found[0].failing.iter().map(|failing| &*failing.name).collect();
    assert_eq!(names, ["a", "b", "d", "c"]);
    assert!(store.causes().is_empty(), "a suspicion dims nothing");
}
