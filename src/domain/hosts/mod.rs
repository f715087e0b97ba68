//! The hosts: one row each, joined from every exporter that says something of it. What no exporter
//! measures is absent, not zero.

pub mod identity;
#[cfg(test)]
mod tests;
mod values;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::feed::{Feed, SourceKind};
use super::health::{Health, worst};
use super::host::Expected;
use super::labels::Labels;
use super::measure::{Measure, Topic, Weight};
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
    /// Its name.
    pub name: Arc<str>,
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
    let rule = identity(store);
    let mut owners = Owners::by(&rule);
    let mut all: HashMap<Arc<str>, Host> = HashMap::new();
    for source in store.of(SourceKind::Prometheus) {
        for target in source.data.targets.iter().filter(|target| is_of_host(target, &rule)) {
            if let Owner::Host(name) = rule.owner(&target.labels, &[]) {
                add_target(entry(&mut all, &name, thresholds), target, source);
            }
        }
        for measured in source.data.measured.iter().filter(|measured| measured.measure.topic == Topic::Host) {
            let measure = &measured.measure;
            for reading in &*measured.readings {
                let value = Value::of(measure, reading.value, &reading.labels);
                match owners.of(&reading.labels, &measure.host) {
                    Owner::Host(name) => {
                        add_value(entry(&mut all, name, thresholds), measure, value, thresholds);
                    }
                    Owner::Ambiguous(names) => {
                        let name: Arc<str> = format!("{}?", names.join("|")).into();
                        let host = entry(&mut all, &name, thresholds);
                        note_ambiguous(host, &value.labels);
                        add_value(host, measure, value, thresholds);
                    }
                    Owner::Nobody => {}
                }
            }
        }
    }
    let mut all: Vec<Host> = all.into_values().map(|host| finish(host, thresholds)).collect();
    all.sort_by(|one, other| other.health().cmp(&one.health()).then_with(|| one.name.cmp(&other.name)));
    all
}

/// The rule by which labels name hosts.
pub fn identity(store: &Store) -> Identity<'_> {
    let targets = store.of(SourceKind::Prometheus).flat_map(|source| source.data.targets.iter());
    Identity::new(&store.thresholds.hosts, &store.thresholds.identity, targets)
}

/// A probe of a service says nothing of the host that is asked to probe.
fn is_of_host(target: &Target, rule: &Identity<'_>) -> bool {
    rule.is_named(&target.labels) && !target.instance.contains("://")
}

fn entry<'h>(all: &'h mut HashMap<Arc<str>, Host>, name: &Arc<str>, thresholds: &Thresholds) -> &'h mut Host {
    all.entry(Arc::clone(name)).or_insert_with(|| {
        let known = thresholds.hosts.0.get(&**name);
        let sometimes = known.is_some_and(|host| host.expected != Expected::Always);
        Host { name: Arc::clone(name), sometimes, ..Host::default() }
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
    let known = thresholds.hosts.0.get(&*host.name);
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
    if let Some(known) = thresholds.hosts.0.get(&*host.name)
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
