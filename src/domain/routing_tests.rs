//! Where alerts go, beside a configuration as Alertmanager says it.

use super::*;

const YAML: &str = r#"global:
  resolve_timeout: 5m
route:
  receiver: default
  group_by:
  - alertname
  continue: false
  routes:
  - receiver: deadman
    matchers:
    - alertname="Watchdog"
    continue: false
    repeat_interval: 10s
  - receiver: pagerduty-primary
    group_by:
    - host
    matchers:
    - severity="critical"
    continue: true
    routes:
    - match:
        team: storage
      receiver: storage-pager
      continue: false
  - receiver: "null"
    matchers:
    - severity="info"
    mute_time_intervals:
    - always
    continue: false
  - receiver: storage
    matchers:
    - layer=~"storage|backup"
    - host!~"test.*"
    continue: false
  - continue: false
    match_re:
      service: (foo|bar)
    receiver: apps
    group_wait: 1s
  group_wait: 5s
receivers:
- name: default
  webhook_configs:
  - send_resolved: true
    url: http://127.0.0.1:1/
- name: pagerduty-primary
  pagerduty_configs:
  - routing_key: <secret>
  slack_configs:
  - api_url: <secret>
- name: "null"
templates: []
"#;

fn labels(all: &[(&str, &str)]) -> Labels {
    all.iter().copied().collect()
}

fn routing() -> Routing {
    Routing::read(YAML).expect("routes")
}

#[test]
fn an_alert_stops_where_alertmanager_would_let_it() {
    let routing = routing();
    for (given, expected) in [
        (&[("alertname", "HostDown")][..], &["default"][..]),
        (&[("alertname", "Watchdog"), ("severity", "critical")], &["deadman"]),
        (&[("severity", "critical")], &["pagerduty-primary"]),
        (&[("severity", "critical"), ("team", "storage")], &["storage-pager"]),
        (&[("severity", "critical"), ("layer", "backup")], &["pagerduty-primary", "storage"]),
        (&[("severity", "info"), ("layer", "backup")], &["null"]),
        (&[("layer", "storage"), ("host", "test1")], &["default"]),
        (&[("layer", "storages")], &["default"]),
        (&[("service", "bar")], &["apps"]),
        (&[("service", "barn")], &["default"]),
    ] {
        let ways = routing.ways(&labels(given));
        let told: Vec<&str> = ways.iter().map(|way| &*way.receiver).collect();
        assert_eq!(told, expected, "{given:?}");
    }
}

#[test]
fn what_a_route_does_not_say_it_has_from_the_one_above() {
    let routing = routing();
    let [way] = routing.ways(&labels(&[("severity", "critical"), ("team", "storage")]))[..] else {
        panic!("one way")
    };
    assert_eq!((way.group_by.as_slice(), &*way.group_wait), (&["host".into()][..], "5s"));
    let [way] = routing.ways(&labels(&[("service", "foo")]))[..] else { panic!("one way") };
    assert_eq!((way.group_by.as_slice(), &*way.group_wait), (&["alertname".into()][..], "1s"));
    let [way] = routing.ways(&labels(&[("severity", "info")]))[..] else { panic!("one way") };
    assert_eq!(way.mutes, ["always".into()]);
}

#[test]
fn labels_are_found_that_lead_to_each_receiver() {
    let routing = routing();
    let base = labels(&[("alertname", "WardroomTest")]);
    for receiver in ["default", "deadman", "pagerduty-primary", "storage-pager", "null", "storage", "apps"] {
        let labels = routing.labels_for(receiver, &base).unwrap_or_else(|| panic!("{receiver}"));
        assert!(routing.ways(&labels).iter().any(|way| &*way.receiver == receiver), "{receiver}: {labels}");
    }
    assert_eq!(routing.labels_for("nobody", &base), None);
}

#[test]
fn receivers_have_their_integrations() {
    let kinds: Vec<(String, String)> =
        routing().receivers.iter().map(|(name, kinds)| (name.to_string(), kinds.join(" "))).collect();
    let told = |name: &str, kinds: &str| (name.to_owned(), kinds.to_owned());
    let expected =
        [told("default", "webhook"), told("pagerduty-primary", "pagerduty slack"), told("null", "")];
    assert_eq!(kinds, expected);
    assert!(Routing::read("global: {}\n").is_err());
    assert!(Routing::read("route:\n  receiver: a\n  matchers:\n  - nonsense\n").is_err());
}
