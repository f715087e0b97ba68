//! What is found away from the loop, and what at once.

use super::*;
use crate::domain::log::RingLimits;
use crate::domain::made::{expected, now, target};
use crate::domain::observation::Observation;
use crate::domain::store::Taken;
use crate::domain::target::Target;
use crate::domain::thresholds::Thresholds;

fn prometheus() -> SourceId {
    SourceId::new(SourceKind::Prometheus, "main")
}

fn store() -> Store {
    Store::new([expected(&prometheus(), &[Feed::Targets])], Thresholds::default(), RingLimits::default())
}

/// So many hosts, each with a target.
fn hear(store: &mut Store, hosts: usize) -> Taken {
    let named = |number: usize| Target {
        labels: [("host", format!("h{number}"))].into_iter().collect(),
        ..target("node", &format!("h{number}:9100"))
    };
    let targets = Observation::Targets((0..hosts).map(named).collect());
    store.observe(&prometheus(), Feed::Targets, Ok(vec![targets]), 0.1, now())
}

#[test]
fn few_hosts_are_found_at_once() {
    let mut store = store();
    let taken = hear(&mut store, 3);
    assert!(taken.changed && taken.relating.is_none() && !store.is_relating(), "{taken:?}");
    assert_eq!(store.hosts().len(), 3);
}

#[test]
fn many_hosts_are_found_elsewhere_one_at_a_time() {
    let mut store = store();
    let taken = hear(&mut store, FEW_VALUES + 1);
    let first = taken.relating.expect("there are many");
    assert!(!taken.changed, "it is told when they are found");
    assert!(store.hosts().is_empty() && store.is_relating());
    let again = hear(&mut store, FEW_VALUES + 2);
    assert!(again.relating.is_none() && !again.changed, "one at a time");
    let number = first.number;
    let found = first.run();
    assert!(
        store.take_related(number + 7, &found, now()).is_none() && store.hosts().is_empty(),
        "not asked for"
    );
    let next = store.take_related(number, &found, now()).expect("what came meanwhile");
    assert_eq!(store.hosts().len(), FEW_VALUES + 1);
    let number = next.number;
    assert!(store.take_related(number, &next.run(), now()).is_none() && !store.is_relating());
    assert_eq!(store.hosts().len(), FEW_VALUES + 2);
}

#[test]
fn what_was_not_found_is_still_to_be() {
    let mut store = store();
    let first = hear(&mut store, FEW_VALUES + 1).relating.expect("there are many");
    store.forget_relating(first.number);
    let next = hear(&mut store, FEW_VALUES + 1).relating.expect("it is asked for again");
    assert!(store.take_related(first.number, &first.run(), now()).is_none() && store.hosts().is_empty());
    let number = next.number;
    let _last = store.take_related(number, &next.run(), now());
    assert_eq!(store.hosts().len(), FEW_VALUES + 1);
}

#[test]
fn what_replaces_something_gives_it_back() {
    let mut kept = Related::default();
    let hosts: Arc<[Host]> = vec![Host::default()].into();
    let first = Related { hosts: Some(Arc::clone(&hosts)), ..Related::default() };
    assert_eq!(kept.renew(&first).hosts, None);
    let only_joined = Related { joined: Some(Arc::default()), ..Related::default() };
    assert_eq!(kept.renew(&only_joined).hosts, None, "what is not replaced stays");
    assert!(kept.renew(&first).hosts.is_some_and(|before| Arc::ptr_eq(&before, &hosts)));
}
