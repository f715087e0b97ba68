//! How much the scrapes bring, and what was found and is not scraped.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::wire::{data, vector};
use crate::domain::labels::Interner;
use crate::domain::observation::Observation;
use crate::domain::target::Samples;
use crate::sources::wire::{List, Pairs, Text, Wrong};

/// How many samples each target's last scrape brought, by job and instance.
pub(super) fn samples(body: &str) -> Result<Observation, Wrong> {
    let series = vector(body)?.into_iter();
    let mut all: Vec<Samples> =
        series.map(|one| Samples { job: one.job, instance: one.instance, count: one.value }).collect();
    all.sort_by(|one, other| (&one.job, &one.instance).cmp(&(&other.job, &other.instance)));
    Ok(Observation::Samples(all.into()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Targets<'a> {
    #[serde(default, borrow)]
    dropped_targets: List<Dropped<'a>>,
    /// Servers before 2.47 do not count.
    #[serde(default)]
    dropped_target_counts: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dropped<'a> {
    #[serde(default, borrow)]
    discovered_labels: Pairs<'a>,
    #[serde(default, borrow)]
    scrape_pool: Text<'a>,
}

/// How many targets each pool dropped: as the server counts them, else by what it lists, where the
/// pool is called as the job.
pub(super) fn dropped(body: &str) -> Result<Observation, Wrong> {
    let mut known = Interner::default();
    let wire: Targets<'_> = data(body)?;
    let mut counts: BTreeMap<Arc<str>, u64> = BTreeMap::new();
    for (pool, count) in wire.dropped_target_counts.iter().filter(|(_, count)| **count > 0) {
        counts.insert(known.intern(&crate::text::sanitise(pool)), *count);
    }
    if wire.dropped_target_counts.is_empty() {
        for target in &wire.dropped_targets.0 {
            let pool = match &*target.scrape_pool.0 {
                "" => target.discovered_labels.get("job").keep(&mut known),
                _ => target.scrape_pool.keep(&mut known),
            };
            *counts.entry(pool).or_default() += 1;
        }
    }
    Ok(Observation::Dropped(counts.into_iter().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(data: &str) -> Vec<(String, u64)> {
        let seen = dropped(&format!(r#"{{"status":"success","data":{data}}}"#)).expect("an answer");
        let Observation::Dropped(counts) = seen else { panic!("counts") };
        counts.iter().map(|(pool, count)| (pool.to_string(), *count)).collect()
    }

    #[test]
    fn dropped_targets_are_counted_by_pool() {
        let listed = r#"{"activeTargets":[],"droppedTargets":[
            {"discoveredLabels":{"job":"node","__address__":"a:1"}},
            {"discoveredLabels":{"job":"node"}},{"discoveredLabels":{"job":"x"},"scrapePool":"snmp"}]}"#;
        assert_eq!(of(listed), [("node".to_owned(), 2), ("snmp".to_owned(), 1)]);
        let counted = r#"{"droppedTargets":[{"discoveredLabels":{"job":"node"}}],
            "droppedTargetCounts":{"node":70,"pve":0}}"#;
        assert_eq!(of(counted), [("node".to_owned(), 70)], "the list may be shorter than the count");
    }
}
