//! The one place that joins: what Prometheus raised with what Alertmanager routed, alerts with the
//! targets and guests they are about.

mod guests;
mod history;
mod joining;

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::alert::{Alert, AlertState, RaisedAlert};
use super::backup::{BackupGroup, Evidence, Plan, Unread};
use super::feed::{Feed, SourceId};
use super::job::{Job, JobKind};
use super::labels::Labels;
use super::sites;
use super::store::{Data, SourceState, Store};
use super::target::Target;

pub use guests::{Owner, lone, owner, unread};
pub use history::History;
pub use joining::{Join, Joined, Keeper, Listed, Part};

/// How what Alertmanager routed and what Prometheus raised belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinship {
    /// They are one alert: what the one has more than the other are the server's external labels.
    Same,
    /// They may be one: the external labels are not known, and the labels do not contradict.
    Likely,
}

/// Whether Alertmanager's alert is the one that Prometheus raised: Alertmanager's labels are those
/// of the rule and, beside them, the server's external ones, where they are known.
pub fn kinship(routed: &Alert, raised: &RaisedAlert, external: Option<&Labels>) -> Option<Kinship> {
    let added = || {
        let labels = routed.labels.iter();
        labels.filter(|(name, value)| !value.is_empty() && raised.labels.get(name) != Some(*value))
    };
    if !routed.labels.contains(&raised.labels) {
        return None;
    }
    match external {
        Some(external) => {
            added().all(|(name, value)| external.get(name) == Some(value)).then_some(Kinship::Same)
        }
        None if added().next().is_none() => Some(Kinship::Same),
        None => Some(Kinship::Likely),
    }
}

/// The listed alerts, by [`Alert::key`], that nobody confirms now: no Alertmanager that is heard
/// has them, and no Prometheus that is heard raises them.
pub fn unheard(store: &Store, now: DateTime<Utc>) -> HashSet<Arc<str>> {
    let heard = store.sources.iter().filter(|source| source.is_fresh(Feed::Alerts, now));
    let heard: Vec<&SourceId> = heard.map(|source| &source.id).collect();
    let mut asked = store.sources.iter().filter(|source| source.id.kind.watches());
    if asked.all(|source| heard.contains(&&source.id)) {
        return HashSet::new();
    }
    let is_heard = |listed: &&Listed| listed.voices.iter().any(|voice| heard.contains(&voice));
    let lost = store.alerts().iter().filter(|listed| !is_heard(listed));
    lost.map(|listed| Arc::clone(listed.alert.key())).collect()
}

/// The hash of a label set, as Prometheus and Alertmanager make it (FNV-1a of names and values,
/// each ended by 0xFF): the same identity that Alertmanager would give the alert.
pub fn fingerprint(labels: &Labels) -> Arc<str> {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for (name, value) in labels.iter() {
        add(name.as_bytes());
        add(&[0xff]);
        add(value.as_bytes());
        add(&[0xff]);
    }
    format!("{hash:016x}").into()
}

/// Whether an alert speaks of this target of the source. A hidden one does too: somebody, or a greater trouble,
/// has hidden it, and it is counted as such.
pub fn covers(alert: &Alert, source: &SourceState, target: &Target) -> bool {
    sites::meet(alert.site(), &source.apart)
        && alert.state != AlertState::Pending
        && alert.labels.get("instance") == Some(&*target.instance)
        && alert.labels.get("job").is_none_or(|job| job == &*target.job)
}

/// Whether an alert speaks of the guest of a backup group that the source holds: by its VMID, by `vm/102`, or by its name.
pub fn speaks_of(alert: &Alert, source: &SourceState, group: &BackupGroup) -> bool {
    sites::meet(alert.site(), &source.apart) && names(&alert.labels, group)
}

/// Whether these labels name the guest of a backup group: by its VMID, by `vm/102`, or by its name.
pub fn names(labels: &Labels, group: &BackupGroup) -> bool {
    const IDS: [&str; 5] = ["vmid", "vm_id", "guest_id", "backup_id", "id"];
    const NAMES: [&str; 6] = ["guest", "host", "vm_name", "name", "nodename", "service"];
    let whole = group.id.to_string();
    let is = |names: &[&str], text: &str| names.iter().any(|name| labels.get(name) == Some(text));
    let proxmox = match &*group.id.kind {
        "vm" => format!("qemu/{}", group.id.id),
        _ => format!("lxc/{}", group.id.id),
    };
    is(&IDS, &group.id.id)
        || is(&IDS, &proxmox)
        || is(&IDS, &whole)
        || is(&NAMES, &whole)
        || (!group.guest.is_empty() && is(&NAMES, &group.guest))
}

/// All that is known of a group's backups beside its snapshots.
pub fn evidence<'s>(
    group: &BackupGroup,
    source: &'s SourceState,
    history: &History<'_>,
    now: DateTime<Utc>,
) -> Evidence<'s> {
    let (last_run, running) = history.newest(group);
    let heard = source.is_fresh(Feed::Jobs, now);
    let verifies = |job: &&Job| job.kind == JobKind::Verify && !job.disabled && job.covers(&group.id);
    let other = group.other_owner.as_ref();
    Evidence {
        unread: (!source.is_fresh(Feed::Snapshots, now)).then_some(Unread::NotHeard),
        ambiguous: other.map(|other| format!("written by {} and by {other}", group.owner).into()),
        last_run,
        running,
        plan: if heard { synced(group, &source.data, history) } else { Plan::Unknown },
        verify: source.data.jobs.iter().filter(|_| heard).filter(verifies).collect(),
        ..Evidence::default()
    }
}

/// The sync job that brings the snapshots of a group, if no backup run of its own was seen lately.
fn synced(group: &BackupGroup, data: &Data, history: &History<'_>) -> Plan {
    let brings = |job: &&Job| job.kind == JobKind::Sync && !job.pushes && job.covers(&group.id);
    match data.jobs.iter().find(brings) {
        Some(job) if history.took(group).is_none() => {
            Plan::Scheduled(format!("sync {}", job.id).into(), job.next)
        }
        _ => Plan::Unknown,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::alert::FingerprintSource;
    use crate::domain::feed::SourceKind;
    use crate::domain::log::RingLimits;
    use crate::domain::made::{expected, now};
    use crate::domain::observation::Observation;
    use crate::domain::store::Store;
    use crate::domain::thresholds::Thresholds;

    fn raised(labels: &[(&str, &str)]) -> RaisedAlert {
        RaisedAlert {
            labels: labels.iter().copied().collect(),
            annotations: Labels::default(),
            firing: true,
            active_at: DateTime::UNIX_EPOCH,
            value: "1".into(),
        }
    }

    /// An alert of Prometheus, as it is before it is routed.
    pub fn alert(name: &str, instance: &str) -> Alert {
        let raised = raised(&[("alertname", name), ("instance", instance)]);
        joining::unrouted(&raised, &Thresholds::default())
    }

    fn labels(text: &str) -> Labels {
        serde_json::from_str(text).expect("labels")
    }

    #[test]
    fn external_labels_do_not_break_the_join() {
        let raised = raised(&[("alertname", "HostDown"), ("instance", "a:9100")]);
        let mut routed = joining::unrouted(&raised, &Thresholds::default());
        assert_eq!(kinship(&routed, &raised, None), Some(Kinship::Same));
        routed.labels = labels(r#"{"alertname":"HostDown","instance":"a:9100","site":"home"}"#);
        let at = |external: &str| kinship(&routed, &raised, Some(&labels(external)));
        assert_eq!(at(r#"{"site":"home"}"#), Some(Kinship::Same));
        assert_eq!(at(r#"{"site":"cabin"}"#), None);
        assert_eq!(at("{}"), None, "nothing is added on the way, so it is another");
        assert_eq!(kinship(&routed, &raised, None), Some(Kinship::Likely), "by superset, and marked");
    }
    #[test]
    fn what_was_picked_before_it_was_routed_is_found_as_what_it_became() {
        let raised = raised(&[("alertname", "HostDown"), ("instance", "a:9100")]);
        let own = joining::unrouted(&raised, &Thresholds::default());
        let routed = Alert {
            labels: labels(r#"{"alertname":"HostDown","instance":"a:9100","site":"home"}"#),
            fingerprint: "5ca1ab1e".into(),
            fingerprint_source: FingerprintSource::Alertmanager,
            ..own.clone()
        };
        let [prometheus, alertmanager] =
            [SourceKind::Prometheus, SourceKind::Alertmanager].map(|kind| SourceId::new(kind, "main"));
        let sources = [expected(&prometheus, &[Feed::Alerts]), expected(&alertmanager, &[Feed::Alerts])];
        let mut store = Store::new(sources, Thresholds::default(), RingLimits::default());
        let told = [
            (&prometheus, Observation::Raised([raised].into())),
            (&alertmanager, Observation::Alerts([routed].into())),
        ];
        for (source, said) in told {
            let _told = store.observe(source, Feed::Alerts, Ok(vec![said]), 0.1, now());
            let found = store.listed(&own.fingerprint).map(|listed| &listed.source);
            assert_eq!(found, Some(source));
        }
        assert_eq!(store.alerts().len(), 1);
    }
}
