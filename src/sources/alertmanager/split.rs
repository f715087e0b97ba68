//! Where the peers of a group do not see an alert alike: one has not heard of it, or does not know of
//! the silence that hides it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::alert::Alert;
use crate::domain::observation::Split;

/// The alerts on which these peers disagree, each peer with its address and what it has.
pub(super) fn splits(heard: &[(Arc<str>, &[Alert])]) -> Vec<Split> {
    if heard.len() < 2 {
        return Vec::new();
    }
    // By alert, which peers have it and whether they hide it.
    let mut seen: BTreeMap<&Arc<str>, Vec<(usize, bool)>> = BTreeMap::new();
    for (at, (_, alerts)) in heard.iter().enumerate() {
        for alert in *alerts {
            seen.entry(&alert.fingerprint).or_default().push((at, alert.state.is_hidden()));
        }
    }
    let split = |(fingerprint, have): (&Arc<str>, Vec<(usize, bool)>)| {
        let is_hidden = have.iter().any(|(_, hidden)| *hidden);
        let url = |at: usize| heard.get(at).map(|(url, _)| Arc::clone(url));
        let lacking = (0..heard.len()).filter(|at| !have.iter().any(|(peer, _)| peer == at));
        let loud = have.iter().filter(|(_, hidden)| is_hidden && !hidden);
        let split = Split {
            fingerprint: Arc::clone(fingerprint),
            lacking: lacking.filter_map(url).collect(),
            loud: loud.filter_map(|(at, _)| url(*at)).collect(),
        };
        (!split.lacking.is_empty() || !split.loud.is_empty()).then_some(split)
    };
    seen.into_iter().filter_map(split).collect()
}

#[cfg(test)]
mod tests {
    use super::super::wire::alerts;
    use super::*;

    fn of(states: &[(&str, &str)]) -> Vec<Alert> {
        let one = |(fingerprint, state): &(&str, &str)| {
            format!(
                r#"{{"labels":{{"alertname":"A"}},"fingerprint":"{fingerprint}","status":{{"state":"{state}"}}}}"#
            )
        };
        alerts(&format!("[{}]", states.iter().map(one).collect::<Vec<_>>().join(","))).expect("alerts")
    }

    #[test]
    fn peers_that_do_not_see_alike_are_told() {
        let first = of(&[("a", "active"), ("b", "active"), ("c", "suppressed")]);
        let second = of(&[("a", "active"), ("c", "active")]);
        let heard: [(Arc<str>, &[Alert]); 2] = [("one".into(), &first), ("two".into(), &second)];
        let split = |fingerprint: &str, lacking: &[&str], loud: &[&str]| Split {
            fingerprint: fingerprint.into(),
            lacking: lacking.iter().map(|url| Arc::from(*url)).collect(),
            loud: loud.iter().map(|url| Arc::from(*url)).collect(),
        };
        assert_eq!(splits(&heard), [split("b", &["two"], &[]), split("c", &[], &["two"])]);
        assert_eq!(splits(&heard[..1]), [], "one alone has nobody to disagree with");
    }
}
