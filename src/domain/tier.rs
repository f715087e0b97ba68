//! The golden signals of each tier of the lab: how long it takes, how much is done, what fails, how full
//! it is. Of each signal the worst is told; what nobody measures is absent.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use strum::IntoEnumIterator as _;

use super::feed::SourceKind;
use super::health::{Health, worst};
use super::hosts::{DISK, Fault, Host};
use super::measure::{Measure, Measured, Reading, Signal, Topic, Weight};
use super::store::Store;
use super::thresholds::Thresholds;

/// The tier of what is probed and is no host.
const SERVICES: &str = "services";

/// The labels by which exporters name a tier.
const LABELS: [&str; 2] = ["tier", "layer"];

/// One signal of a tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// The worst of it in words: `CPU 91 %`, `/mnt/disk3 96 % full`.
    pub text: String,
    /// Of which host, or of which probed thing; empty where it is of all.
    pub of: Arc<str>,
    /// How much it matters; `None` when all is well.
    pub weight: Option<Weight>,
}

/// A tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Its name.
    pub name: Arc<str>,
    /// How it is: by its signals, and by its hosts that are down.
    pub state: Health,
    /// How many hosts it has, and how many of them are down.
    pub hosts: (usize, usize),
    /// Each signal, in the order of [`Signal`]; `None` where nobody measures it.
    pub signals: Vec<Option<Level>>,
}

/// A value that tells a signal.
#[derive(Clone, Copy)]
struct Told<'a> {
    measure: &'a Measure,
    of: &'a str,
    thing: &'a str,
    value: f64,
    weight: Option<Weight>,
}

/// The tiers that the config or the labels of hosts name, in the order of their names.
pub fn tiers(store: &Store) -> Vec<Tier> {
    let all = || store.of(SourceKind::Prometheus).flat_map(|source| source.data.measured.iter());
    let telling: Vec<&Measured> = all().filter(|one| one.measure.signal.is_some()).collect();
    let probed: Vec<Told<'_>> = telling.iter().flat_map(|one| probed(one)).collect();
    let hosts = store.hosts();
    let named: Vec<(Option<Arc<str>>, &Host)> =
        hosts.iter().map(|host| (of_host(host, &store.thresholds), host)).collect();
    let mut all_tiers: BTreeSet<Arc<str>> = named.iter().filter_map(|(name, _)| name.clone()).collect();
    if !all_tiers.is_empty() && !probed.is_empty() {
        all_tiers.insert(SERVICES.into());
    }
    let tier = |name: Arc<str>| {
        let own = || named.iter().filter(|(tier, _)| tier.as_ref() == Some(&name)).map(|(_, host)| *host);
        let also = if *name == *SERVICES { probed.as_slice() } else { &[] };
        let told: Vec<Told<'_>> =
            own().flat_map(|host| values(host, &telling)).chain(also.iter().copied()).collect();
        let hosts = (own().count(), own().filter(|host| host.down).count());
        let signals: Vec<Option<Level>> =
            Signal::iter().map(|signal| level(signal, &told, &store.thresholds)).collect();
        // Of a host that is down nothing is measured: that is no good sign.
        let is_lost = own().any(|host| host.down && !host.sometimes);
        let state = if is_lost { Health::Critical } else { state(&signals) };
        Tier { state, hosts, signals, name: Arc::clone(&name) }
    };
    all_tiers.into_iter().map(tier).collect()
}

fn state(signals: &[Option<Level>]) -> Health {
    let known = signals.iter().flatten();
    let bad = known.clone().filter_map(|level| match level.weight {
        Some(Weight::Bad(health)) => Some(health),
        _ => None,
    });
    if known.clone().next().is_some() { worst(bad) } else { Health::Unknown }
}

/// The tier of a host: what the config says, else a label of its series.
fn of_host(host: &Host, thresholds: &Thresholds) -> Option<Arc<str>> {
    if let Some(tier) = thresholds.hosts.0.get(&*host.known_as).and_then(|known| known.tier.as_deref()) {
        return Some(tier.to_lowercase().into());
    }
    let labels = || host.values.all().map(|value| &value.labels);
    let found = LABELS.iter().find_map(|name| labels().find_map(|labels| labels.get(name)))?.to_lowercase();
    // Labels say `service`, people `services`.
    Some(if found == "service" { SERVICES.into() } else { found.into() })
}

/// What probes tell: it belongs to no host.
fn probed(measured: &Measured) -> impl Iterator<Item = Told<'_>> {
    let measure = &*measured.measure;
    let readings: &[Reading] = if measure.topic == Topic::Chain { &measured.readings } else { &[] };
    readings.iter().filter(|reading| reading.value.is_finite()).map(move |reading| {
        let thing = reading.labels.get(&measure.thing).unwrap_or_default();
        Told { measure, of: thing, thing, value: reading.value, weight: measure.weigh(reading.value) }
    })
}

/// What is measured of a host and tells a signal. What is no number tells nothing.
fn values<'a>(host: &'a Host, telling: &'a [&'a Measured]) -> impl Iterator<Item = Told<'a>> {
    telling.iter().flat_map(move |measured| {
        let measure = &*measured.measure;
        let values = host.values.get(&measure.name).into_iter().flatten();
        values.filter(|value| value.value.is_finite()).map(move |value| {
            let is_it = |fault: &&Fault| fault.measure == measure.name && fault.thing == value.thing;
            let weight = host.faults.iter().find(is_it).map(|fault| fault.weight);
            Told { measure, of: &host.name, thing: &value.thing, value: value.value, weight }
        })
    })
}

impl Told<'_> {
    /// How near it is to its limit: 1 is at it.
    fn nearness(&self, thresholds: &Thresholds) -> f64 {
        let own = [self.measure.warning, self.measure.critical, self.measure.noted];
        let limit = own.into_iter().flatten().find(|limit| *limit > 0.0);
        let usual = (&*self.measure.name == DISK).then_some(thresholds.fill.warn_used);
        self.value / limit.or(usual).unwrap_or(1.0)
    }
}

/// What is told of a signal: of the traffic all of it, of the others the worst.
fn level(signal: Signal, all: &[Told<'_>], thresholds: &Thresholds) -> Option<Level> {
    let mut own = all.iter().filter(|told| told.measure.signal == Some(signal)).peekable();
    let first = own.peek()?;
    if signal == Signal::Traffic {
        let unit = first.measure.unit;
        let sum = own.filter(|told| told.measure.unit == unit).map(|told| told.value).sum();
        return Some(Level { text: unit.write(sum), of: Arc::default(), weight: None });
    }
    let order = |one: &&Told<'_>, other: &&Told<'_>| {
        let nearness = one.nearness(thresholds).partial_cmp(&other.nearness(thresholds));
        one.weight.cmp(&other.weight).then(nearness.unwrap_or(Ordering::Equal))
    };
    let worst = own.max_by(order)?;
    Some(match worst.weight {
        None if signal == Signal::Errors => Level { text: "none".into(), of: Arc::default(), weight: None },
        weight => Level { text: worst.measure.say(worst.thing, worst.value), of: worst.of.into(), weight },
    })
}

#[cfg(test)]
#[path = "tier_tests.rs"]
mod tests;
