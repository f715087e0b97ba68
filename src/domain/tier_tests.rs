//! Tiers and what is told of them.

use chrono::{DateTime, Utc};

use super::*;
use crate::domain::feed::{Feed, SourceId};
use crate::domain::host;
use crate::domain::log::RingLimits;
use crate::domain::made::expected;
use crate::domain::measure::Unit;
use crate::domain::observation::Observation;

/// A measure with a warning at 1, and its values: host, thing, value.
fn measured(name: &str, signal: Signal, unit: Unit, values: &[(&str, &str, f64)]) -> Measured {
    let reading = |(host, thing, value): &(&str, &str, f64)| Reading {
        labels: [("host", *host), ("thing", *thing)].into_iter().collect(),
        value: *value,
    };
    let measure = Measure {
        name: name.into(),
        unit,
        thing: "thing".into(),
        warning: (signal != Signal::Traffic).then_some(1.0),
        word: "{name} {value}".into(),
        signal: Some(signal),
        ..Measure::default()
    };
    Measured { readings: values.iter().map(reading).collect(), measure: Arc::new(measure), error: None }
}

fn told(all: Vec<Measured>) -> Vec<Tier> {
    let in_tier = |tier: &str| host::Host { tier: Some(tier.to_owned()), ..host::Host::default() };
    let hosts = [("nas", "Storage"), ("vm", "Compute"), ("vm2", "Compute")];
    let hosts = hosts.map(|(name, tier)| (name.to_owned(), in_tier(tier)));
    let thresholds = Thresholds { hosts: host::Inventory(hosts.into()), ..Thresholds::default() };
    let id = SourceId::new(SourceKind::Prometheus, "main");
    let mut store = Store::new([expected(&id, &[Feed::Measures])], thresholds, RingLimits::default());
    store.apply(
        &id,
        Feed::Measures,
        Ok(vec![Observation::Measures(all.into())]),
        0.1,
        DateTime::<Utc>::UNIX_EPOCH,
    );
    tiers(&store)
}

fn signals(tier: &Tier) -> Vec<Option<(&str, &str)>> {
    tier.signals.iter().map(|one| one.as_ref().map(|level| (level.text.as_str(), &*level.of))).collect()
}

#[test]
fn of_each_signal_the_worst_is_told_and_what_nobody_measures_is_absent() {
    let all = told(vec![
        measured(
            "wait",
            Signal::Latency,
            Unit::Seconds,
            &[("nas", "sda", 0.2), ("nas", "sdb", 0.4), ("vm", "", 0.9)],
        ),
        measured(
            "in",
            Signal::Traffic,
            Unit::Bandwidth,
            &[("vm", "", 1024.0), ("vm2", "", 2048.0), ("vm2", "", f64::NAN)],
        ),
        measured(
            "lost",
            Signal::Errors,
            Unit::Count,
            &[("nas", "", 0.0), ("vm", "eth0", 3.0), ("vm2", "", 2.0)],
        ),
        // Nearer to its limit, whatever the unit.
        measured("load", Signal::Saturation, Unit::Count, &[("vm", "", 0.5)]),
        measured("memory", Signal::Saturation, Unit::Ratio, &[("vm2", "", 0.8)]),
        measured("load", Signal::Saturation, Unit::Count, &[("elsewhere", "", 9.0)]),
    ]);
    let names: Vec<&str> = all.iter().map(|tier| &*tier.name).collect();
    assert_eq!(names, ["compute", "storage"], "what is in no tier is counted to none");
    let expected = [
        Some(("wait 900ms", "vm")),
        Some(("3.0K/s", "")),
        Some(("lost 3", "vm")),
        Some(("memory 80 %", "vm2")),
    ];
    assert_eq!(signals(&all[0]), expected);
    assert_eq!(all[0].signals[2].as_ref().and_then(|level| level.weight), Some(Weight::Bad(Health::Warning)));
    assert_eq!((all[0].hosts, all[0].state), ((2, 0), Health::Warning));
    assert_eq!(all[1].state, Health::Ok);
    assert_eq!(signals(&all[1]), [Some(("wait 400ms", "nas")), None, Some(("none", "")), None]);
}

#[test]
fn what_is_probed_belongs_to_the_services() {
    let topic = |one: Measured| Measured {
        measure: Arc::new(Measure { topic: Topic::Chain, ..(*one.measure).clone() }),
        ..one
    };
    let time = topic(measured("probe-time", Signal::Latency, Unit::Seconds, &[("", "https://cloud", 0.3)]));
    let failed = topic(measured("failed", Signal::Errors, Unit::Count, &[("", "https://vault", 1.0)]));
    let all = told(vec![
        time.clone(),
        failed,
        measured("load", Signal::Saturation, Unit::Count, &[("nas", "", 0.5)]),
    ]);
    let names: Vec<&str> = all.iter().map(|tier| &*tier.name).collect();
    assert_eq!(names, ["services", "storage"]);
    let expected =
        [Some(("probe-time 300ms", "https://cloud")), None, Some(("failed 1", "https://vault")), None];
    assert_eq!(signals(&all[0]), expected);
    assert!(told(vec![time]).is_empty(), "without hosts in tiers there is none");
}
