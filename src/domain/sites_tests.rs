//! What is called alike at two sites: apart, and joined with what is of its own site.

use std::sync::Arc;

use chrono::TimeDelta;

use crate::domain::acking::acknowledge;
use crate::domain::alert::{Alert, AlertState, FingerprintSource, RaisedAlert};
use crate::domain::backup::{BackupGroup, GroupId};
use crate::domain::correlate::{self, Owner};
use crate::domain::feed::{Feed, SourceId, SourceKind};
use crate::domain::guest::{Guest, GuestId, GuestKind, GuestState};
use crate::domain::log::RingLimits;
use crate::domain::made::{expected, now, rule, target};
use crate::domain::observation::Observation;
use crate::domain::silence::{Silence, SilenceState};
use crate::domain::store::{Expected, Store};
use crate::domain::target::{Target, TargetHealth};
use crate::domain::thresholds::Thresholds;
use SourceKind::{Alertmanager, Pbs, Prometheus, Pve};

const FEEDS: [Feed; 6] =
    [Feed::Alerts, Feed::Silences, Feed::Targets, Feed::Rules, Feed::Guests, Feed::Snapshots];

/// A store of these sources, each of a kind and a site, called by their places.
fn store(sources: &[(SourceKind, &str)]) -> (Store, Vec<SourceId>) {
    let ids: Vec<SourceId> =
        sources.iter().enumerate().map(|(at, (kind, _))| SourceId::new(*kind, &*at.to_string())).collect();
    let all = ids.iter().zip(sources);
    let all = all.map(|(id, (_, site))| Expected { site: (*site).into(), ..expected(id, &FEEDS) });
    (Store::new(all, Thresholds::default(), RingLimits::default()), ids)
}

fn alert(name: &str, host: &str) -> Alert {
    let mut alert = correlate::tests::alert(name, &format!("{host}:9100"));
    alert.labels = alert.labels.with(&[("host", host)].into_iter().collect());
    alert.fingerprint = correlate::fingerprint(&alert.labels);
    alert.fingerprint_source = FingerprintSource::Alertmanager;
    alert.starts_at = now();
    alert
}

fn hear(store: &mut Store, id: &SourceId, feed: Feed, seen: Observation) {
    store.apply(id, feed, Ok(vec![seen]), 0.1, now());
}

/// Has a source tell of an alert, each in its own way.
fn tell(store: &mut Store, id: &SourceId, alerts: &[Alert]) {
    let raised = |alert: &Alert| RaisedAlert {
        labels: alert.labels.clone(),
        annotations: alert.annotations.clone(),
        firing: true,
        active_at: alert.starts_at,
        value: "1".into(),
    };
    let seen = match id.kind {
        Prometheus => Observation::Raised(alerts.iter().map(raised).collect()),
        _ => Observation::Alerts(alerts.to_vec().into()),
    };
    hear(store, id, Feed::Alerts, seen);
}

/// What its Prometheus scrapes: hosts, and whether they answer.
fn scrape(store: &mut Store, id: &SourceId, hosts: &[(&str, bool)]) {
    let target = |(host, up): &(&str, bool)| Target {
        labels: [("host", *host), ("instance", &format!("{host}:9100"))].into_iter().collect(),
        health: if *up { TargetHealth::Up } else { TargetHealth::Down },
        ..target("node", &format!("{host}:9100"))
    };
    hear(store, id, Feed::Targets, Observation::Targets(hosts.iter().map(target).collect()));
}

#[test]
fn an_alert_of_equal_labels_is_one_at_each_site() {
    // Sources that all have it; the site of each that is listed, what it is about, how many tell of it.
    type Row = (&'static [(SourceKind, &'static str)], &'static [(&'static str, &'static str, usize)]);
    let apart: &[(&str, &str, usize)] = &[("cabin", "nas (cabin)", 1), ("home", "nas (home)", 1)];
    let rows: [Row; 10] = [
        (&[(Alertmanager, ""), (Alertmanager, "")], &[("", "nas", 2)]),
        (&[(Alertmanager, "home"), (Alertmanager, "home"), (Prometheus, "home")], &[("", "nas", 3)]),
        (&[(Alertmanager, "home"), (Prometheus, "")], &[("", "nas", 2)]),
        (&[(Alertmanager, "home"), (Alertmanager, "cabin")], apart),
        (&[(Prometheus, "home"), (Prometheus, "cabin")], apart),
        (&[(Prometheus, "home"), (Alertmanager, "cabin")], apart),
        (
            &[(Alertmanager, "home"), (Alertmanager, "cabin"), (Alertmanager, "home"), (Prometheus, "home")],
            &[("cabin", "nas (cabin)", 1), ("home", "nas (home)", 3)],
        ),
        (
            &[(Alertmanager, ""), (Alertmanager, "home"), (Alertmanager, "cabin")],
            &[("cabin", "nas (cabin)", 2), ("home", "nas (home)", 2)],
        ),
        (
            &[(Prometheus, ""), (Alertmanager, "home"), (Alertmanager, "cabin")],
            &[("cabin", "nas (cabin)", 2), ("home", "nas (home)", 2)],
        ),
        (
            &[(Prometheus, ""), (Prometheus, "home"), (Prometheus, "cabin")],
            &[("cabin", "nas (cabin)", 2), ("home", "nas (home)", 2)],
        ),
    ];
    for (sources, expect) in rows {
        let (mut store, ids) = store(sources);
        for id in &ids {
            tell(&mut store, id, &[alert("HostDown", "nas")]);
        }
        let told = store.alerts().iter().map(|one| (one.alert.site(), one.alert.subject(), one.voices.len()));
        assert_eq!(told.collect::<Vec<_>>(), expect, "{sources:?}");
        for listed in &**store.alerts() {
            let found = store.listed(listed.alert.key()).expect("it is found by its identity");
            assert_eq!(found.source, listed.source, "{sources:?}");
            assert_eq!(store.site_of(&listed.source), listed.alert.site(), "{sources:?}");
        }
    }
}

#[test]
fn the_site_is_said_where_the_name_alone_would_not_do() {
    let (mut store, ids) = store(&[(Alertmanager, "home"), (Alertmanager, "cabin")]);
    tell(&mut store, &ids[0], &[alert("HostDown", "nas"), alert("HostDown", "web")]);
    tell(&mut store, &ids[1], &[alert("HostDown", "nas"), alert("DiskFull", "web")]);
    let mut told: Vec<String> =
        store.alerts().iter().map(|one| format!("{} {}", one.alert.name, one.alert.subject())).collect();
    told.sort();
    assert_eq!(told, ["DiskFull web", "HostDown nas (cabin)", "HostDown nas (home)", "HostDown web"]);
}

#[test]
fn who_is_on_an_alert_is_not_on_that_of_another_site() {
    let (mut store, ids) = store(&[(Alertmanager, "home"), (Alertmanager, "cabin")]);
    for id in &ids {
        tell(&mut store, id, &[alert("HostDown", "nas")]);
    }
    let cabin = store.alerts().iter().find(|one| one.alert.site() == "cabin").expect("it is there").clone();
    assert_eq!(cabin.source, ids[1], "what is done to it is done at its own Alertmanager");
    let draft = acknowledge(&[&cabin.alert], "sam", "on it", TimeDelta::hours(1), now());
    let silence = Silence {
        id: "1".into(),
        state: SilenceState::Active,
        matchers: draft.matchers,
        created_by: draft.author,
        comment: draft.comment,
        annotations: draft.annotations,
        starts_at: draft.starts_at,
        ends_at: draft.ends_at,
        updated_at: draft.starts_at,
    };
    hear(&mut store, &ids[1], Feed::Silences, Observation::Silences([silence].into()));
    let states: Vec<(&str, AlertState)> =
        store.alerts().iter().map(|one| (one.alert.site(), one.alert.state)).collect();
    assert_eq!(states, [("cabin", AlertState::Acknowledged), ("home", AlertState::Firing)]);
}

#[test]
fn hosts_of_one_name_are_one_at_each_site() {
    // What is scraped from where, and the rows.
    type Row = (&'static [(&'static str, &'static [(&'static str, bool)])], &'static [&'static str]);
    let rows: [Row; 5] = [
        (&[("", &[("nas", true)]), ("", &[("nas", true)])], &["nas"]),
        (&[("home", &[("nas", true)]), ("home", &[("web", true)])], &["nas", "web"]),
        (
            &[("home", &[("nas", true), ("web", true)]), ("cabin", &[("nas", false)])],
            &["nas (cabin) down", "nas (home)", "web"],
        ),
        (
            &[("", &[("nas", false)]), ("home", &[("nas", true)]), ("cabin", &[("web", true)])],
            &["nas", "web"],
        ),
        (
            &[("", &[("nas", false)]), ("home", &[("nas", true)]), ("cabin", &[("nas", true)])],
            &["nas (cabin)", "nas (home)"],
        ),
    ];
    for (scraped, expect) in rows {
        let sources: Vec<(SourceKind, &str)> = scraped.iter().map(|(site, _)| (Prometheus, *site)).collect();
        let (mut store, ids) = store(&sources);
        for (id, (_, hosts)) in ids.iter().zip(scraped) {
            scrape(&mut store, id, hosts);
        }
        let down = |down: bool| if down { " down" } else { "" };
        let told = store.hosts().iter().map(|host| format!("{}{}", host.name, down(host.down)));
        assert_eq!(told.collect::<Vec<_>>(), expect, "{scraped:?}");
    }
}

#[test]
fn labels_name_the_host_of_their_own_site() {
    let (mut store, ids) = store(&[(Prometheus, "home"), (Prometheus, "cabin"), (Alertmanager, "hut")]);
    scrape(&mut store, &ids[0], &[("nas", true), ("web", true)]);
    scrape(&mut store, &ids[1], &[("nas", true)]);
    let rule = crate::domain::hosts::identity(&store);
    let of = |site: &str, host: &str| rule.owner(site, &[("host", host)].into_iter().collect(), &[]);
    let is = |name: &str| crate::domain::hosts::identity::Owner::Host(name.into());
    for (site, host, name) in [
        ("home", "nas", "nas (home)"),
        ("cabin", "nas", "nas (cabin)"),
        ("hut", "nas", "nas (hut)"),
        ("home", "web", "web"),
        ("", "web", "web"),
        ("cabin", "web", "web (cabin)"),
        ("cabin", "new", "new"),
    ] {
        assert_eq!(of(site, host), is(name), "{host} at {site}");
    }
    assert!(matches!(of("", "nas"), crate::domain::hosts::identity::Owner::Ambiguous(all) if all.len() == 2));
}

#[test]
fn nothing_follows_from_a_fall_at_another_site() {
    let (mut store, ids) = store(&[
        (Prometheus, "home"),
        (Alertmanager, "home"),
        (Prometheus, "cabin"),
        (Alertmanager, "cabin"),
    ]);
    let rules = vec![rule("HostDown", "up == 0"), rule("MountGone", "node_filesystem_device_error == 1")];
    for id in [&ids[0], &ids[2]] {
        hear(&mut store, id, Feed::Rules, Observation::Rules(rules.clone().into()));
    }
    scrape(&mut store, &ids[0], &[("nas", false)]);
    scrape(&mut store, &ids[2], &[("nas", true)]);
    tell(&mut store, &ids[1], &[alert("HostDown", "nas"), alert("MountGone", "nas")]);
    tell(&mut store, &ids[3], &[alert("MountGone", "nas")]);
    let told: Vec<(&str, &str)> = store
        .causes()
        .iter()
        .map(|(key, cause)| (key.rsplit('@').next().unwrap_or(key), &*cause.text))
        .collect();
    assert_eq!(told, [("home", "HostDown nas (home)")]);
    let [home, cabin] = [0, 2].map(|at| store.source(&ids[at]).expect("a source"));
    let target = &home.data.targets[0];
    let spoken =
        |source| store.alerts().iter().filter(|one| correlate::covers(&one.alert, source, target)).count();
    assert_eq!((spoken(home), spoken(cabin)), (2, 1), "alerts of its own site speak of a target");
}

#[test]
fn a_backup_is_of_the_guest_of_its_site_unless_it_may_be_a_copy() {
    let (mut store, ids) = store(&[(Pbs, "home"), (Pbs, "cabin"), (Pbs, ""), (Pve, "home"), (Pve, "cabin")]);
    let guest = |vmid: u32| Guest {
        id: GuestId { kind: GuestKind::Vm, vmid },
        name: "".into(),
        node: "n".into(),
        state: GuestState::Running,
        template: false,
        tags: Vec::new(),
        pool: "".into(),
        lock: "".into(),
        uptime: None,
    };
    for (id, vmids) in [(&ids[3], &[100, 102][..]), (&ids[4], &[100])] {
        let guests = vmids.iter().map(|vmid| guest(*vmid)).collect();
        let (nodes, storages) = (Arc::default(), Arc::default());
        let seen = Observation::Inventory { guests, nodes, storages, partial: None };
        hear(&mut store, id, Feed::Guests, seen);
    }
    let group = |namespace: &str, id: &str| BackupGroup {
        id: GroupId {
            datastore: "main".into(),
            namespace: namespace.into(),
            kind: "vm".into(),
            id: id.into(),
        },
        guest: "".into(),
        comment: "".into(),
        owner: "o@pbs".into(),
        other_owner: None,
        snapshots: Arc::default(),
        unfinished: None,
    };
    for (server, namespace, id, owner) in [
        (0, "", "100", "home"),
        (1, "", "100", "cabin"),
        (2, "", "100", "several"),
        (1, "copies", "100", "several"),
        (1, "", "102", "home"),
        (1, "", "103", "nobody"),
    ] {
        let source = store.source(&ids[server]).expect("a backup server");
        let found = match correlate::owner(&store, source, &group(namespace, id).id, now()) {
            Owner::Guest(pve, _) => &pve.site,
            Owner::Several(..) => "several",
            Owner::Nobody | Owner::Gone => "nobody",
        };
        assert_eq!(found, owner, "{id} in {namespace:?} of {server}");
    }
}
