//! The hosts: one row each, joined from every exporter that says something of it. What no exporter
//! measures is absent, not zero.

pub mod identity;
#[cfg(test)]
mod tests;
mod values;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::feed::{Feed, SourceKind};
use super::health::{Health, worst};
use super::host::Expected;
use super::labels::Labels;
use super::measure::{Measure, Topic, Weight};
use super::sites;
use super::store::{SourceState, Store};
use super::target::{Target, TargetHealth};
use super::thresholds::Thresholds;
use identity::{Identity, Owner, Owners};
pub use values::{Value, Values};

/// The measure of how full file systems are, and of when they will be.
pub const DISK: &str = "disk";
/// The measure of when file systems will be full.
pub const FULL_IN: &str = "full-in";
/// The measure of the time since the start.
pub const UPTIME: &str = "uptime";
/// The measure of the clock.
pub const CLOCK: &str = "clock";
/// The measure of the file systems that cannot be written.
const READ_ONLY: &str = "read-only";

/// Something that is to be said of a host.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// How much it matters.
    pub weight: Weight,
    /// Which measure says so; `targets` for what is scraped, `mounts` for what is missing.
    pub measure: Arc<str>,
    /// Of what: a mount point, a device.
    pub thing: Arc<str>,
    /// In words.
    pub text: String,
    /// The labels of its series.
    pub labels: Labels,
}

/// What is known of a host.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Host {
    /// Its name, with its site where another has one of that name.
    pub name: Arc<str>,
    /// The name that labels and the config have for it.
    pub known_as: Arc<str>,
    /// Its site, where there are several.
    pub site: Arc<str>,
    /// Its values.
    pub values: Values,
    /// Everything to be said, the worst first.
    pub faults: Vec<Fault>,
    /// How many of its targets are up, and how many there are.
    pub targets: (usize, usize),
    /// Nothing of it answers.
    pub down: bool,
    /// When something of it last answered, as far as is known.
    pub last_seen: Option<DateTime<Utc>>,
    /// The instances by which it is scraped.
    pub instances: Vec<Arc<str>>,
    /// Nobody expects it to be up at all times.
    pub sometimes: bool,
}

impl Host {
    /// Whether another site has a host of this name.
    pub fn is_twin(&self) -> bool {
        self.name != self.known_as
    }

    /// The worst value of a measure; `None` where nothing measures it.
    pub fn worst(&self, measure: &str) -> Option<&Value> {
        self.values.get(measure)?.first()
    }

    /// How it is, by its faults.
    pub fn health(&self) -> Health {
        worst(self.faults.iter().filter_map(|fault| match fault.weight {
            Weight::Bad(health) => Some(health),
            Weight::Noted => None,
        }))
    }
}

/// Everything that the sources say of hosts, the worst first, then by name.
pub fn hosts(store: &Store) -> Vec<Host> {
    let thresholds = &store.thresholds;
    let rule = plain_identity(store);
    let mut all = Rows::default();
    // Those of no site last: what they tell is of the hosts that are there.
    let (sited, rest): (Vec<_>, Vec<_>) =
        store.of(SourceKind::Prometheus).partition(|source| !source.apart.is_empty());
    for source in sited.into_iter().chain(rest) {
        let mut owners = Owners::by(&rule, &source.apart);
        for target in source.data.targets.iter().filter(|target| is_of_host(target, &rule)) {
            if let Owner::Host(name) = rule.owner(&source.apart, &target.labels, &[])
                && let Ok(host) = all.row(&source.apart, &name, thresholds)
            {
                add_target(host, target, source);
            }
        }
        for measured in source.data.measured.iter().filter(|measured| measured.measure.topic == Topic::Host) {
            let measure = &measured.measure;
            for reading in &*measured.readings {
                let value = Value::of(measure, reading.value, &reading.labels);
                let names = match owners.of(&reading.labels, &measure.host) {
                    Owner::Host(name) => match all.row(&source.apart, name, thresholds) {
                        Ok(host) => {
                            add_value(host, measure, value, thresholds);
                            continue;
                        }
                        Err(names) => names,
                    },
                    Owner::Ambiguous(names) => names.clone(),
                    Owner::Nobody => continue,
                };
                let name: Arc<str> = format!("{}?", names.join("|")).into();
                if let Ok(host) = all.row(&source.apart, &name, thresholds) {
                    note_ambiguous(host, &value.labels);
                    add_value(host, measure, value, thresholds);
                }
            }
        }
    }
    let mut all: Vec<Host> = all.told_apart().map(|host| finish(host, thresholds)).collect();
    all.sort_by(|one, other| other.health().cmp(&one.health()).then_with(|| one.name.cmp(&other.name)));
    all
}

/// The rule by which labels name hosts.
pub fn identity(store: &Store) -> Identity<'_> {
    plain_identity(store).among(store.hosts())
}

/// The same by what the config says of hosts alone.
pub(super) fn configured(store: &Store) -> Identity<'_> {
    let none = std::iter::empty();
    Identity::new(&store.thresholds.hosts, &store.thresholds.identity, none).among(store.hosts())
}

/// The same before the hosts are known, which tells none of one name apart.
fn plain_identity(store: &Store) -> Identity<'_> {
    let targets = store
        .of(SourceKind::Prometheus)
        .flat_map(|source| source.data.targets.iter().map(|target| (&*source.apart, target)));
    Identity::new(&store.thresholds.hosts, &store.thresholds.identity, targets)
}

/// The hosts in the making, by site and name.
#[derive(Default)]
struct Rows(BTreeMap<Arc<str>, HashMap<Arc<str>, Host>>);

impl Rows {
    /// The row of a host of this name at a site. What is of no site is of the one that has such a host; of
    /// several nobody can say, and they are the error.
    fn row(
        &mut self,
        site: &Arc<str>,
        name: &Arc<str>,
        thresholds: &Thresholds,
    ) -> Result<&mut Host, Vec<Arc<str>>> {
        let mut own = Arc::clone(site);
        if site.is_empty() && self.0.len() > 1 {
            let having = self.0.iter().filter(|(site, rows)| !site.is_empty() && rows.contains_key(name));
            let having: Vec<Arc<str>> = having.map(|(site, _)| Arc::clone(site)).collect();
            match having.as_slice() {
                [] => {}
                [one] => own = Arc::clone(one),
                _ => return Err(having.iter().map(|site| sites::beside(name, site).into()).collect()),
            }
        }
        Ok(entry(self.0.entry(own).or_default(), name, thresholds))
    }

    /// All of them, those of one name at several sites called by their site too.
    fn told_apart(mut self) -> impl Iterator<Item = Host> {
        let is_several = self.0.len() > 1;
        let mut count: HashMap<Arc<str>, usize> = HashMap::new();
        for name in self.0.values().filter(|_| is_several).flat_map(HashMap::keys) {
            *count.entry(Arc::clone(name)).or_default() += 1;
        }
        for (site, rows) in &mut self.0 {
            for host in rows.values_mut() {
                host.site = Arc::clone(site);
                if count.get(&host.known_as).is_some_and(|count| *count > 1) && !site.is_empty() {
                    host.name = sites::beside(&host.known_as, site).into();
                }
            }
        }
        self.0.into_values().flat_map(HashMap::into_values)
    }
}

/// A probe of a service says nothing of the host that is asked to probe.
fn is_of_host(target: &Target, rule: &Identity<'_>) -> bool {
    rule.is_named(&target.labels) && !target.instance.contains("://")
}

fn entry<'h>(all: &'h mut HashMap<Arc<str>, Host>, name: &Arc<str>, thresholds: &Thresholds) -> &'h mut Host {
    all.entry(Arc::clone(name)).or_insert_with(|| {
        let known = thresholds.hosts.0.get(&**name);
        let sometimes = known.is_some_and(|host| host.expected != Expected::Always);
        Host { name: Arc::clone(name), known_as: Arc::clone(name), sometimes, ..Host::default() }
    })
}

fn add_target(host: &mut Host, target: &Target, source: &SourceState) {
    host.targets.1 += 1;
    if !host.instances.contains(&target.instance) {
        host.instances.push(Arc::clone(&target.instance));
    }
    match target.health {
        TargetHealth::Up => {
            host.targets.0 += 1;
            if source.data.scrape(target).is_some_and(|scrape| scrape.hollow) {
                host.faults.push(Fault {
                    weight: Weight::Bad(Health::Warning),
                    measure: "samples".into(),
                    thing: Arc::clone(&target.instance),
                    text: format!("{} brings no sample", target.job),
                    labels: target.labels.clone(),
                });
            }
        }
        TargetHealth::Unknown => {}
        TargetHealth::Down => {
            let success = source.data.scrape(target).and_then(|scrape| scrape.last_success);
            host.last_seen = host.last_seen.max(success);
            let class = target.error_class().map_or("down", |class| match class {
                super::target::ErrorClass::Refused => "refused",
                super::target::ErrorClass::Timeout => "timed out",
                _ => "down",
            });
            host.faults.push(Fault {
                weight: Weight::Bad(Health::Warning),
                measure: "targets".into(),
                thing: Arc::clone(&target.instance),
                text: format!("{} {class}", target.job),
                labels: target.labels.clone(),
            });
        }
    }
}

fn note_ambiguous(host: &mut Host, labels: &Labels) {
    if host.faults.iter().all(|fault| &*fault.measure != "identity") {
        host.faults.push(Fault {
            weight: Weight::Bad(Health::Warning),
            measure: "identity".into(),
            thing: "".into(),
            text: format!(
                "ambiguous: several hosts of the config claim {}",
                labels.get("instance").unwrap_or("it")
            ),
            labels: Labels::default(),
        });
    }
}

fn add_value(host: &mut Host, measure: &Arc<Measure>, value: Value, thresholds: &Thresholds) {
    if let Some(weight) = weigh(host, measure, &value, thresholds) {
        host.faults.push(Fault {
            weight,
            measure: Arc::clone(&measure.name),
            thing: Arc::clone(&value.thing),
            text: measure.say(&value.thing, value.value),
            labels: value.labels.clone(),
        });
    }
    host.values.add(measure, value);
}

/// How bad a value is: disks by the limits that the verdict has for them, unless the measure has its
/// own.
fn weigh(host: &Host, measure: &Measure, value: &Value, thresholds: &Thresholds) -> Option<Weight> {
    let known = thresholds.hosts.0.get(&*host.known_as);
    let expected = |mounts: &[String]| mounts.iter().any(|mount| **mount == *value.thing);
    if &*measure.name == READ_ONLY && known.is_some_and(|known| expected(&known.read_only)) {
        return None;
    }
    let own = measure.warning.is_some() || measure.critical.is_some();
    let limits = &thresholds.fill;
    let within = |span: chrono::TimeDelta| value.value <= super::feed::seconds(span);
    let bad = |critical: bool, warning: bool| match (critical, warning) {
        (true, _) => Some(Weight::Bad(Health::Critical)),
        (_, true) => Some(Weight::Bad(Health::Warning)),
        _ => None,
    };
    match &*measure.name {
        DISK if !own => bad(value.value >= limits.critical_used, value.value >= limits.warn_used),
        FULL_IN if !own => bad(within(limits.critical_within), within(limits.warn_within)),
        _ => measure.weigh(value.value),
    }
}

/// What only the whole host tells: that all of it is down, that a mount is missing.
fn finish(mut host: Host, thresholds: &Thresholds) -> Host {
    host.values.settle();
    let (up, all) = host.targets;
    let downs = host.faults.iter().filter(|fault| &*fault.measure == "targets").count();
    host.down = all > 0 && up == 0 && downs > 0;
    if host.down {
        let why = host.faults.iter().find(|fault| &*fault.measure == "targets");
        let why = why.map_or_else(String::new, |fault| fault.text.clone());
        host.faults.retain(|fault| &*fault.measure != "targets");
        let weight = if host.sometimes { Weight::Noted } else { Weight::Bad(Health::Critical) };
        let text = format!("down: {why}");
        let (measure, thing) = ("targets".into(), "".into());
        host.faults.push(Fault { weight, measure, thing, text, labels: Labels::default() });
    }
    if let Some(known) = thresholds.hosts.0.get(&*host.known_as)
        && let Some(mounted) = host.values.get(DISK)
    {
        let missing = |mount: &&String| mounted.iter().all(|value| *value.thing != ***mount);
        for mount in known.mounts.iter().filter(missing) {
            host.faults.push(Fault {
                weight: Weight::Bad(Health::Critical),
                measure: "mounts".into(),
                thing: mount.as_str().into(),
                text: format!("{mount} is not mounted"),
                labels: Labels::default(),
            });
        }
    }
    host.faults.sort_by_key(|fault| std::cmp::Reverse(fault.weight));
    host
}

/// Whether what is said of hosts counts as measured: a Prometheus that measures was heard lately.
pub fn is_measured(store: &Store, now: DateTime<Utc>) -> bool {
    let mut all = store.of(SourceKind::Prometheus).peekable();
    all.peek().is_some()
        && all.all(|source| source.is_fresh(Feed::Measures, now) || source.lacks(Feed::Measures))
}
