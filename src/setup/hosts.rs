//! A proposal for the inventory: the machines behind the targets, by the names that people give them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Arc;

use super::entry::{key, quoted};
use crate::domain::target::Target;

/// A machine, by its address.
pub(super) type Machines = BTreeMap<String, String>;

/// The guests of a hypervisor: name and VMID.
pub(super) type Guests = BTreeMap<String, u32>;

/// The machines behind these targets: address and name. This machine's own loopback is none.
pub(super) fn machines(targets: &Arc<[Target]>, ssh: &Machines) -> Machines {
    let mut found = Machines::new();
    for target in targets.iter() {
        let address = host_of(&target.instance);
        let is_loopback =
            address == "localhost" || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if is_loopback || !is_plain(address) {
            continue;
        }
        let label = |name: &str| target.labels.get(name).filter(|value| !value.is_empty());
        let told = ["host", "hostname", "nodename", "name"].into_iter().find_map(label);
        let name = ssh.get(address).map(String::as_str).or(told).unwrap_or(address);
        let have = found.entry(address.to_owned()).or_insert_with(|| name.to_owned());
        if have == address {
            name.clone_into(have);
        }
    }
    found
}

/// Whether it is the name or the address of a host and nothing else.
fn is_plain(host: &str) -> bool {
    let is_letter = |char: char| char.is_ascii_alphanumeric() || ".-:_".contains(char);
    host.starts_with(|char: char| char.is_ascii_alphanumeric() || char == ':') && host.chars().all(is_letter)
}

/// `10.0.0.21` of `10.0.0.21:9100`, `nas` of `http://nas/metrics`.
fn host_of(instance: &str) -> &str {
    let rest = instance.split_once("://").map_or(instance, |(_, rest)| rest);
    let rest = rest.split(['/', '?']).next().unwrap_or_default();
    match rest.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            host.trim_start_matches('[').trim_end_matches(']')
        }
        _ => rest,
    }
}

/// The hosts of an ssh config: address and name. Patterns name no machine.
pub(super) fn ssh(config: &str) -> Machines {
    let (mut found, mut name) = (Machines::new(), None);
    for line in config.lines() {
        let mut words = line.trim().splitn(2, [' ', '\t', '=']);
        let (word, value) = (words.next().unwrap_or_default(), words.next().unwrap_or_default().trim());
        if word.eq_ignore_ascii_case("host") {
            let single = !value.contains(['*', '?', '!', ' ']) && !value.is_empty();
            name = single.then(|| value.to_owned());
        } else if word.eq_ignore_ascii_case("hostname")
            && let Some(name) = name.as_ref().filter(|_| is_plain(value))
        {
            found.insert(value.to_owned(), name.clone());
        }
    }
    found
}

/// Their tables. A name that two machines have is told apart by the address; a guest of that name is the same
/// machine.
pub(super) fn tables(machines: &Machines, guests: &Guests) -> String {
    let mut text = String::from(
        "# Your hosts, as they were found. Commands of runbooks run only on these. `ssh_user`, `role` and\n\
         # `protected` are worth a thought: see `wardroom config example`.\n",
    );
    let mut seen: Vec<&str> = Vec::new();
    for (address, name) in machines {
        let twice = seen.contains(&name.as_str());
        seen.push(name);
        let name = if twice { format!("{name}-{address}") } else { name.clone() };
        let _infallible = write!(text, "[hosts.{}]\naddresses = [{}]\n", key(&name), quoted(address));
        if let Some(vmid) = guests.get(&name) {
            let _infallible = writeln!(text, "vmid = {vmid}");
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_has_a_host() {
        for (instance, host) in [
            ("10.0.0.21:9100", "10.0.0.21"),
            ("http://nas/metrics", "nas"),
            ("https://nas:443/x?y", "nas"),
            ("[::1]:9100", "::1"),
            ("nas", "nas"),
        ] {
            assert_eq!(host_of(instance), host, "{instance}");
        }
    }

    #[test]
    fn an_ssh_config_names_machines() {
        let config = "Host *\n  User root\n  HostName 9.9.9.9\nHost nas\n\tHostName 10.0.0.5\nhost = web\nhostname=10.0.0.6\n";
        let found = ssh(config);
        let expected = [("10.0.0.5", "nas")].map(|(address, name)| (address.to_owned(), name.to_owned()));
        assert_eq!(found.get("10.0.0.5"), Some(&expected[0].1), "{found:?}");
        assert_eq!(found.get("9.9.9.9"), None, "a pattern names no machine");
        let text = tables(
            &[("10.0.0.5".into(), "nas".into()), ("10.0.0.6".into(), "nas".into())].into(),
            &Guests::from([("nas".into(), 102)]),
        );
        assert!(text.contains("[hosts.nas]") && text.contains("[hosts.\"nas-10.0.0.6\"]"), "{text}");
        assert_eq!(text.matches("vmid = 102").count(), 1, "{text}");
    }
}
