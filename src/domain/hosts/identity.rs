//! Which host a series, a target or an alert is about.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::domain::alert::{AlertState, Severity};
use crate::domain::host::Inventory;
use crate::domain::hosts::Host;
use crate::domain::labels::Labels;
use crate::domain::sites;
use crate::domain::store::Store;
use crate::domain::target::Target;

/// Whom labels name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// This host.
    Host(Arc<str>),
    /// Several hosts of the config: shown, never merged.
    Ambiguous(Vec<Arc<str>>),
    /// No host that is known.
    Nobody,
}

/// The rule by which labels name hosts: an address of the config, then a label, then the VMID; where
/// the config knows no such host, the label names it, or else the address.
#[derive(Debug)]
pub struct Identity<'a> {
    inventory: &'a Inventory,
    labels: &'a [Arc<str>],
    /// The hosts of the config by their addresses.
    addresses: HashMap<&'a str, Vec<&'a String>>,
    /// The same by their names, in small letters.
    names: HashMap<String, Vec<&'a String>>,
    /// The hosts that targets with a VMID are of, each with the site of its target.
    guests: BTreeMap<String, BTreeSet<(&'a str, Arc<str>)>>,
    /// Where there are several sites: the rows of each name, at their sites.
    rows: HashMap<&'a str, Vec<&'a Host>>,
}

impl<'a> Identity<'a> {
    /// The rule for the hosts of `inventory` and those that `targets` are of, each with its site; `labels`
    /// name hosts, the first that is there counts.
    pub fn new<'t>(
        inventory: &'a Inventory,
        labels: &'a [Arc<str>],
        targets: impl Iterator<Item = (&'a str, &'t Target)>,
    ) -> Self {
        let mut addresses: HashMap<&str, Vec<&String>> = HashMap::new();
        let mut names: HashMap<String, Vec<&String>> = HashMap::new();
        for (name, host) in &inventory.0 {
            names.entry(name.to_ascii_lowercase()).or_default().push(name);
            let own: BTreeSet<&str> = host.addresses.iter().map(String::as_str).collect();
            for address in own {
                addresses.entry(address).or_default().push(name);
            }
        }
        let (guests, rows) = (BTreeMap::new(), HashMap::new());
        let mut rule = Self { inventory, labels, addresses, names, guests, rows };
        let mut guests: BTreeMap<String, BTreeSet<(&str, Arc<str>)>> = BTreeMap::new();
        for (site, target) in targets {
            if let (Some(vmid), Owner::Host(host)) =
                (target.labels.get("vmid"), rule.owner(site, &target.labels, &[]))
            {
                guests.entry(vmid.to_owned()).or_default().insert((site, host));
            }
        }
        rule.guests = guests;
        rule
    }

    /// The same rule, which tells hosts of one name at several sites apart, as these rows do.
    #[must_use]
    pub fn among(mut self, hosts: &'a [Host]) -> Self {
        for host in hosts.iter().filter(|host| !host.site.is_empty()) {
            self.rows.entry(&host.known_as).or_default().push(host);
        }
        self
    }

    /// Whom these labels name at a site; `only`: the labels to go by, when they are others than usual.
    pub fn owner(&self, site: &str, labels: &Labels, only: &[Arc<str>]) -> Owner {
        match self.called(site, labels, only) {
            Owner::Host(name) if !self.rows.is_empty() => self.at_site(site, name),
            owner => owner,
        }
    }

    /// The hosts of that name, each with its site, as their rows are called.
    pub fn all_called(&self, name: &str) -> Vec<(&str, Arc<str>)> {
        match self.rows.get(name) {
            Some(rows) => rows.iter().map(|row| (&*row.site, Arc::clone(&row.name))).collect(),
            None => vec![("", name.into())],
        }
    }

    /// What the row of that name at a site is called; nothing where several may be meant.
    pub fn called_at(&self, site: &str, name: &Arc<str>) -> Option<Arc<str>> {
        match self.at_site(site, Arc::clone(name)) {
            Owner::Host(name) => Some(name),
            _ => None,
        }
    }

    /// The host of that name at a site. One of another site is not meant; what is of no site may mean any.
    fn at_site(&self, site: &str, name: Arc<str>) -> Owner {
        let Some(rows) = self.rows.get(&*name) else { return Owner::Host(name) };
        if let Some(row) = rows.iter().find(|row| *row.site == *site) {
            return Owner::Host(Arc::clone(&row.name));
        }
        match rows.as_slice() {
            _ if !site.is_empty() => Owner::Host(sites::beside(&name, site).into()),
            [row] => Owner::Host(Arc::clone(&row.name)),
            rows => Owner::Ambiguous(rows.iter().map(|row| Arc::clone(&row.name)).collect()),
        }
    }

    fn called(&self, site: &str, labels: &Labels, only: &[Arc<str>]) -> Owner {
        let named = |names: &[Arc<str>]| names.iter().find_map(|name| labels.get(name));
        if !only.is_empty() {
            let label = only.iter().find(|name| labels.get(name).is_some());
            return match label.map(|name| (&**name, labels.get(name).unwrap_or(""))) {
                Some(("vmid", vmid)) => self.guest(site, vmid),
                Some((_, name)) => self.named(name).unwrap_or_else(|| Owner::Host(name.into())),
                None => Owner::Nobody,
            };
        }
        let address = labels.get("instance").and_then(host_part);
        let found = address.and_then(|address| self.at(address));
        let found = found.or_else(|| named(self.labels).and_then(|name| self.named(name)));
        let found = found.or_else(|| match labels.get("vmid").map(|vmid| self.guest(site, vmid)) {
            Some(Owner::Nobody) | None => None,
            owner => owner,
        });
        found.unwrap_or_else(|| match named(self.labels).or(address) {
            Some(name) => Owner::Host(name.into()),
            None => Owner::Nobody,
        })
    }

    /// Whether labels name a host by more than the address that was scraped.
    pub fn is_named(&self, labels: &Labels) -> bool {
        let by_label = self.labels.iter().any(|name| labels.get(name).is_some());
        by_label
            || labels.get("instance").and_then(host_part).is_some_and(|address| self.at(address).is_some())
    }

    /// The hosts of the config at an address.
    fn at(&self, address: &str) -> Option<Owner> {
        one(self.addresses.get(address)?.iter().copied())
    }

    /// The host of the config with that name, as it is or as a name of its domain.
    fn named(&self, name: &str) -> Option<Owner> {
        let name = name.to_ascii_lowercase();
        let same = self.names.get(&name).into_iter();
        let short = name.split_once('.').and_then(|(short, _)| self.names.get(short));
        one(same.chain(short).flatten().copied())
    }

    fn guest(&self, site: &str, vmid: &str) -> Owner {
        let number: Option<u64> = vmid.parse().ok();
        let all = self.inventory.0.iter();
        let known =
            one(all.filter(|(_, host)| host.vmid.is_some() && host.vmid == number).map(|(name, _)| name));
        let near = || -> BTreeSet<&Arc<str>> {
            let all = self.guests.get(vmid).into_iter().flatten();
            all.filter(|(own, _)| sites::meet(own, site)).map(|(_, host)| host).collect()
        };
        known.unwrap_or_else(|| match near().into_iter().collect::<Vec<_>>().as_slice() {
            [] => Owner::Nobody,
            [host] => Owner::Host(Arc::clone(host)),
            hosts => Owner::Ambiguous(hosts.iter().map(|host| Arc::clone(host)).collect()),
        })
    }
}

/// Whom label sets name, each looked at once: all measures of a host share theirs. The sets must live as
/// long as this.
#[derive(Debug)]
pub struct Owners<'a> {
    rule: &'a Identity<'a>,
    /// Of which site they are.
    site: &'a str,
    /// By the place where the set is kept.
    known: HashMap<usize, Owner>,
    /// The last that was asked for by labels of its own choice.
    other: Owner,
}

impl<'a> Owners<'a> {
    /// By this rule, at a site.
    pub fn by(rule: &'a Identity<'a>, site: &'a str) -> Self {
        Self { rule, site, known: HashMap::new(), other: Owner::Nobody }
    }

    /// As [`Identity::owner`] says.
    pub fn of(&mut self, labels: &Labels, only: &[Arc<str>]) -> &Owner {
        if !only.is_empty() {
            self.other = self.rule.owner(self.site, labels, only);
            return &self.other;
        }
        let (rule, site) = (self.rule, self.site);
        self.known.entry(labels.place()).or_insert_with(|| rule.owner(site, labels, &[]))
    }
}

fn one<'n>(names: impl Iterator<Item = &'n String>) -> Option<Owner> {
    let names: Vec<Arc<str>> = names.map(|name| Arc::from(name.as_str())).collect();
    match names.as_slice() {
        [] => None,
        [name] => Some(Owner::Host(Arc::clone(name))),
        _ => Some(Owner::Ambiguous(names)),
    }
}

/// How many alerts about each host nobody hides: critical ones, and warnings.
pub fn alerts_by_host(store: &Store) -> BTreeMap<Arc<str>, (usize, usize)> {
    let rule = super::identity(store);
    let mut all: BTreeMap<Arc<str>, (usize, usize)> = BTreeMap::new();
    for alert in store.alerts().iter().map(|listed| &listed.alert) {
        let loud = matches!(alert.state, AlertState::Firing | AlertState::Acknowledged);
        if let Owner::Host(host) = rule.owner(alert.site(), &alert.labels, &[])
            && loud
        {
            let (critical, warning) = all.entry(host).or_default();
            *critical += usize::from(alert.rank == Severity::Critical);
            *warning += usize::from(alert.rank == Severity::Warning);
        }
    }
    all
}

/// The host of an `instance`: without scheme, port and path.
pub fn host_part(instance: &str) -> Option<&str> {
    let rest = instance.split_once("://").map_or(instance, |(_, rest)| rest);
    let rest = rest.split('/').next().unwrap_or(rest);
    let host = match rest.strip_prefix('[') {
        Some(inner) => inner.split(']').next().unwrap_or(inner),
        None if rest.matches(':').count() == 1 => rest.split(':').next().unwrap_or(rest),
        None => rest,
    };
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::host::Host as Known;

    fn labels(all: &[(&str, &str)]) -> Labels {
        all.iter().copied().collect()
    }

    fn host(addresses: &[&str], vmid: Option<u64>) -> Known {
        Known { addresses: addresses.iter().map(|&it| it.to_owned()).collect(), vmid, ..Known::default() }
    }

    #[test]
    fn an_address_then_a_label_then_the_vmid() {
        let inventory = Inventory(BTreeMap::from([
            ("storage".to_owned(), host(&["10.0.0.21"], Some(102))),
            ("web".to_owned(), host(&["10.0.0.30", "10.0.0.99"], None)),
            ("web2".to_owned(), host(&["10.0.0.99"], None)),
        ]));
        let by: Vec<Arc<str>> = vec!["host".into(), "nodename".into()];
        let rule = Identity::new(&inventory, &by, std::iter::empty());
        let is = |name: &str| Owner::Host(name.into());
        for (given, only, owner) in [
            (&[("instance", "10.0.0.21:9100"), ("host", "vm102")][..], &[][..], is("storage")),
            (&[("instance", "10.0.0.7:9100"), ("host", "WEB")], &[], is("web")),
            (&[("instance", "10.0.0.7:9100"), ("host", "web.home.arpa")], &[], is("web")),
            (&[("instance", "10.0.0.7:9100"), ("vmid", "102")], &[], is("storage")),
            (&[("instance", "10.0.0.7:9100"), ("host", "other")], &[], is("other")),
            (&[("instance", "10.0.0.7:9100")], &[], is("10.0.0.7")),
            (&[("instance", "10.0.0.21:9221"), ("vmid", "999")], &["vmid"], Owner::Nobody),
            (&[("instance", "10.0.0.21:9221"), ("vmid", "102")], &["vmid"], is("storage")),
            (&[("job", "x")], &[], Owner::Nobody),
            (&[("instance", "10.0.0.99:9100")], &[], Owner::Ambiguous(vec!["web".into(), "web2".into()])),
        ] {
            let only: Vec<Arc<str>> = only.iter().map(|&it: &&str| it.into()).collect();
            assert_eq!(rule.owner("", &labels(given), &only), owner, "{given:?}");
        }
        assert!(!rule.is_named(&labels(&[("instance", "10.0.0.7:9100")])));
        assert!(rule.is_named(&labels(&[("instance", "10.0.0.21:9100")])));
    }

    #[test]
    fn an_instance_has_a_host() {
        for (instance, host) in [
            ("10.0.0.21:9100", "10.0.0.21"),
            ("pve", "pve"),
            ("https://cloud.home.arpa/status", "cloud.home.arpa"),
            ("[fd00::1]:9100", "fd00::1"),
            ("fd00::1", "fd00::1"),
        ] {
            assert_eq!(host_part(instance), Some(host), "{instance}");
        }
        assert_eq!(host_part(":9100"), None);
    }
}
