//! Which alerts follow from which fall.

use super::*;
use crate::domain::correlate;
use crate::domain::feed::{Feed, SourceId};
use crate::domain::host::{self, Inventory};
use crate::domain::log::RingLimits;
use crate::domain::made::{expected, now, rule, target};
use crate::domain::observation::Observation;
use crate::domain::target::{Target, TargetHealth};
use crate::domain::thresholds::Thresholds;

fn host_of(host: &str, layer: &str, up: bool) -> Target {
    Target {
        labels: [("host", host), ("layer", layer)].into_iter().collect(),
        health: if up { TargetHealth::Up } else { TargetHealth::Down },
        error: if up { "" } else { "connection refused" }.into(),
        ..target("node", &format!("{host}:9100"))
    }
}

fn alert(name: &str, host: &str, minutes: i64) -> Alert {
    let mut alert = correlate::tests::alert(name, &format!("{host}:9100"));
    alert.labels = alert.labels.with(&[("host", host)].into_iter().collect());
    alert.fingerprint = correlate::fingerprint(&alert.labels);
    alert.starts_at = now() - TimeDelta::minutes(minutes);
    alert
}

fn told(thresholds: Thresholds, targets: Vec<Target>, alerts: Vec<Alert>) -> Vec<(String, String)> {
    let [prometheus, router] =
        [SourceKind::Prometheus, SourceKind::Alertmanager].map(|kind| SourceId::new(kind, "main"));
    let all = [
        expected(&prometheus, &[Feed::Targets, Feed::Rules, Feed::Alerts]),
        expected(&router, &[Feed::Alerts]),
    ];
    let mut store = Store::new(all, thresholds, RingLimits::default());
    let rule = |name, query| Rule { hold: 120.0, ..rule(name, query) };
    let rules = vec![
        rule("HostDown", "up == 0"),
        rule("HighCPU", "rate(node_cpu_seconds_total[5m]) > 0.8"),
        rule("MountGone", "node_filesystem_device_error == 1"),
        rule("DiskFull", "node_filesystem_avail_bytes < 5"),
    ];
    store.apply(&router, Feed::Alerts, Ok(vec![Observation::Alerts(alerts.into())]), 0.1, now());
    store.apply(&prometheus, Feed::Rules, Ok(vec![Observation::Rules(rules.into())]), 0.1, now());
    store.apply(&prometheus, Feed::Targets, Ok(vec![Observation::Targets(targets.into())]), 0.1, now());
    let name = |fingerprint: &Arc<str>| {
        let listed = store.alerts().iter().find(|listed| listed.alert.fingerprint == *fingerprint);
        listed.map(|listed| format!("{} {}", listed.alert.name, listed.alert.subject())).unwrap_or_default()
    };
    let mut all: Vec<(String, String)> =
        store.causes().iter().map(|(alert, cause)| (name(alert), cause.text.clone())).collect();
    all.sort();
    all
}

fn pair(alert: &str, cause: &str) -> (String, String) {
    (alert.to_owned(), cause.to_owned())
}

#[test]
fn what_rests_on_the_storage_follows_from_its_fall() {
    let targets = vec![
        host_of("nas", "storage", false),
        host_of("web", "service", true),
        host_of("pve", "hypervisor", true),
    ];
    let alerts = vec![
        alert("HostDown", "nas", 10),
        alert("MountGone", "web", 9),
        alert("HighCPU", "web", 8),
        alert("DiskFull", "web", 7),
        alert("MountGone", "pve", 6),
        alert("DiskFull", "nas", 8),
        alert("DiskFull", "nas", 90),
    ];
    let expected = [pair("DiskFull nas", "HostDown nas"), pair("MountGone web", "HostDown nas")];
    assert_eq!(told(Thresholds::default(), targets.clone(), alerts.clone()), expected);
    let back = targets.into_iter().map(|mut target| {
        target.health = TargetHealth::Up;
        target
    });
    assert_eq!(told(Thresholds::default(), back.collect(), alerts), [], "they stand on their own again");
}

#[test]
fn the_config_says_who_rests_on_whom_and_the_first_cause_is_told() {
    let depends = |on: &str| host::Host { depends: vec![on.to_owned()], ..host::Host::default() };
    let inventory = BTreeMap::from([
        ("web".to_owned(), depends("nas")),
        ("nas".to_owned(), depends("pve")),
        ("pve".to_owned(), host::Host::default()),
    ]);
    let thresholds = Thresholds { hosts: Inventory(inventory), ..Thresholds::default() };
    let targets = vec![host_of("pve", "", false), host_of("nas", "", false), host_of("web", "", false)];
    let alerts = vec![
        alert("HostDown", "pve", 10),
        alert("HostDown", "nas", 10),
        alert("HostDown", "web", 9),
        alert("MountGone", "web", 8),
        alert("MountGone", "other", 8),
    ];
    let root = "HostDown pve";
    let expected = [pair("HostDown nas", root), pair("HostDown web", root), pair("MountGone web", root)];
    assert_eq!(told(thresholds, targets, alerts), expected);
}

#[test]
fn what_began_before_and_what_rests_on_itself_has_no_cause() {
    let depends = |on: &str| host::Host { depends: vec![on.to_owned()], ..host::Host::default() };
    let inventory = BTreeMap::from([("a".to_owned(), depends("b")), ("b".to_owned(), depends("a"))]);
    let thresholds = Thresholds { hosts: Inventory(inventory), ..Thresholds::default() };
    let targets = vec![host_of("a", "", false), host_of("b", "", false)];
    let alerts = vec![alert("HostDown", "a", 30), alert("HostDown", "b", 10), alert("MountGone", "b", 60)];
    assert_eq!(told(thresholds, targets, alerts), [pair("HostDown b", "HostDown a")]);
}
