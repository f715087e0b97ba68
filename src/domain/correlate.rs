//! The one place that joins: what Prometheus raised with what Alertmanager routed, alerts with the
//! targets and guests they are about.

mod guests;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::alert::{Alert, AlertState, FingerprintSource, RaisedAlert};
use super::backup::{BackupGroup, Evidence, GroupId, LastRun, Plan, Running, Took, Unread};
use super::feed::{Feed, SourceKind};
use super::job::{Job, JobKind};
use super::labels::Labels;
use super::store::{Data, Listed, SourceState, Store};
use super::target::Target;
use super::task::{Outcome, Task};

pub use guests::{Owner, lone, owner};

/// All alerts of the store, each once, in their default order: those that an Alertmanager has, and
/// those that only Prometheus knows of (pending, or not routed).
pub fn alerts(store: &Store) -> Vec<Listed> {
    let mut seen: HashSet<Arc<str>> = HashSet::new();
    let mut all: Vec<Listed> = Vec::new();
    for source in store.of(SourceKind::Alertmanager) {
        for alert in &*source.data.alerts {
            if seen.insert(Arc::clone(&alert.fingerprint)) {
                all.push(Listed { source: source.id.clone(), alert: ranked(alert.clone(), source, store) });
            }
        }
    }
    let unrouted = not_routed(store, &all, &mut seen);
    all.extend(unrouted);
    all.sort_by(|one, other| one.alert.order(&other.alert));
    all
}

/// Which alerts can be the same at all: a storm of thousands is not compared pair by pair.
fn kin(labels: &Labels) -> (Option<&str>, Option<&str>) {
    (labels.get("alertname"), labels.get("instance"))
}

/// What Prometheus raised and no Alertmanager has.
fn not_routed(store: &Store, routed: &[Listed], seen: &mut HashSet<Arc<str>>) -> Vec<Listed> {
    let mut index: HashMap<_, Vec<&Alert>> = HashMap::new();
    for listed in routed {
        index.entry(kin(&listed.alert.labels)).or_default().push(&listed.alert);
    }
    let mut missing = Vec::new();
    for source in store.of(SourceKind::Prometheus) {
        for raised in &*source.data.raised {
            let same = |have: &&Alert| is_same(have, raised, &source.data.external);
            if index.get(&kin(&raised.labels)).is_some_and(|alike| alike.iter().any(same)) {
                continue;
            }
            let alert = ranked(unrouted(raised), source, store);
            if seen.insert(Arc::clone(&alert.fingerprint)) {
                missing.push(Listed { source: source.id.clone(), alert });
            }
        }
    }
    missing
}

/// Whether Alertmanager's alert is the one that Prometheus raised: Alertmanager's labels are those
/// of the rule and, beside them, the server's external ones.
pub fn is_same(routed: &Alert, raised: &RaisedAlert, external: &Labels) -> bool {
    routed.labels.contains(&raised.labels)
        && routed.labels.iter().all(|(name, value)| {
            raised.labels.get(name) == Some(value) || external.is_empty() || external.get(name) == Some(value)
        })
}

/// The fingerprints of the listed alerts that nobody confirms now: no Alertmanager that is heard
/// has them, and no Prometheus that is heard raises them.
pub fn unheard(store: &Store, now: DateTime<Utc>) -> HashSet<Arc<str>> {
    let is_heard = |source: &&SourceState| source.is_fresh(Feed::Alerts, now);
    let old: Vec<&Listed> = store
        .alerts()
        .iter()
        .filter(|listed| !store.source(&listed.source).as_ref().is_some_and(is_heard))
        .collect();
    if old.is_empty() {
        return HashSet::new();
    }
    let routed = store.of(SourceKind::Alertmanager).filter(is_heard).flat_map(|source| &*source.data.alerts);
    let routed: HashSet<&str> = routed.map(|alert| &*alert.fingerprint).collect();
    let mut raised: HashMap<&str, Vec<(&RaisedAlert, &Labels)>> = HashMap::new();
    for source in store.of(SourceKind::Prometheus).filter(is_heard) {
        for alert in source.data.raised.iter().filter(|alert| alert.firing) {
            let place = alert.labels.get("instance").unwrap_or("");
            raised.entry(place).or_default().push((alert, &source.data.external));
        }
    }
    let is_confirmed = |alert: &Alert| {
        let place = alert.labels.get("instance").unwrap_or("");
        routed.contains(&*alert.fingerprint)
            || raised
                .get(place)
                .is_some_and(|all| all.iter().any(|(raised, external)| is_same(alert, raised, external)))
    };
    let lost = old.into_iter().map(|listed| &listed.alert).filter(|alert| !is_confirmed(alert));
    lost.map(|alert| Arc::clone(&alert.fingerprint)).collect()
}

/// What is known of an alert that no Alertmanager has.
fn unrouted(raised: &RaisedAlert) -> Alert {
    Alert {
        name: raised.labels.get("alertname").unwrap_or("").into(),
        severity: raised.labels.get("severity").unwrap_or("").into(),
        rank: super::alert::Severity::Info,
        state: if raised.firing { AlertState::Firing } else { AlertState::Pending },
        fingerprint: fingerprint(&raised.labels),
        fingerprint_source: FingerprintSource::Own,
        starts_at: raised.active_at,
        ends_at: None,
        labels: raised.labels.clone(),
        exact: None,
        annotations: raised.annotations.clone(),
        silenced_by: Vec::new(),
        inhibited_by: Vec::new(),
        muted_by: Vec::new(),
        acked_by: None,
        receivers: Vec::new(),
        generator_url: None,
    }
}

/// Gives an alert its rank, its acknowledgement and its one state.
fn ranked(mut alert: Alert, source: &SourceState, store: &Store) -> Alert {
    alert.rank = store.thresholds.rank(&alert.severity);
    let silences = &source.data.silences;
    alert.acked_by =
        silences.iter().find_map(|silence| silence.acknowledges(&alert.fingerprint, alert.starts_at));
    if alert.state == AlertState::Firing && alert.acked_by.is_some() {
        alert.state = AlertState::Acknowledged;
    }
    alert
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

/// Whether an alert speaks of this target. A hidden one does too: somebody, or a greater trouble,
/// has hidden it, and it is counted as such.
pub fn covers(alert: &Alert, target: &Target) -> bool {
    alert.state != AlertState::Pending
        && alert.labels.get("instance") == Some(&*target.instance)
        && alert.labels.get("job").is_none_or(|job| job == &*target.job)
}

/// Whether an alert speaks of the guest of a backup group: by its VMID, by `vm/102`, or by its name.
pub fn speaks_of(alert: &Alert, group: &BackupGroup) -> bool {
    const IDS: [&str; 5] = ["vmid", "vm_id", "guest_id", "backup_id", "id"];
    const NAMES: [&str; 6] = ["guest", "host", "vm_name", "name", "nodename", "service"];
    let whole = group.id.to_string();
    let is = |names: &[&str], text: &str| names.iter().any(|name| alert.labels.get(name) == Some(text));
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
pub fn evidence<'s>(group: &BackupGroup, source: &'s SourceState, now: DateTime<Utc>) -> Evidence<'s> {
    let (last_run, running) = runs(group, &source.data);
    let heard = source.is_fresh(Feed::Jobs, now);
    let verifies = |job: &&Job| job.kind == JobKind::Verify && !job.disabled && job.covers(&group.id);
    let other = group.other_owner.as_ref();
    Evidence {
        unread: (!source.is_fresh(Feed::Snapshots, now)).then_some(Unread::NotHeard),
        ambiguous: other.map(|other| format!("written by {} and by {other}", group.owner).into()),
        last_run,
        running,
        plan: if heard { synced(group, &source.data) } else { Plan::Unknown },
        verify: source.data.jobs.iter().filter(|_| heard).filter(verifies).collect(),
        ..Evidence::default()
    }
}

/// The sync job that brings the snapshots of a group, if no backup run of its own was seen lately.
fn synced(group: &BackupGroup, data: &Data) -> Plan {
    let brings = |job: &&Job| job.kind == JobKind::Sync && !job.pushes && job.covers(&group.id);
    match data.jobs.iter().find(brings) {
        Some(job) if took(group, data).is_none() => {
            Plan::Scheduled(format!("sync {}", job.id).into(), job.next)
        }
        _ => Plan::Unknown,
    }
}

/// The newest backup run of a group that ended, and the one that goes on now.
pub fn runs(group: &BackupGroup, data: &Data) -> (Option<LastRun>, Option<Running>) {
    let Some(key) = task_key(group, data) else { return (None, None) };
    let mine = || data.tasks.iter().filter(|task| is_backup_of(task, &key));
    let running = mine().find(|task| task.outcome == Outcome::Running);
    let running = running.map(|task| Running { since: task.started, progress: task.progress });
    let ended = mine().filter_map(|task| Some((task.ended?, &task.outcome)));
    let newest: Option<(DateTime<Utc>, &Outcome)> = ended.max_by_key(|(ended, _)| *ended);
    let last = newest.map(|(ended, outcome)| LastRun {
        ended,
        error: match outcome {
            Outcome::Failed(text) => Some(Arc::clone(text)),
            _ => None,
        },
    });
    (last, running)
}

/// How long the backups of a group took lately.
pub fn took(group: &BackupGroup, data: &Data) -> Option<Took> {
    let key = task_key(group, data)?;
    let mine = data.runs.iter().filter(|task| is_backup_of(task, &key));
    let good = mine.filter(|task| matches!(task.outcome, Outcome::Ok | Outcome::Warnings));
    let mut spans: Vec<(DateTime<Utc>, u64)> = good
        .filter_map(|task| {
            Some((task.started, u64::try_from((task.ended? - task.started).num_seconds()).ok()?))
        })
        .collect();
    spans.sort_unstable();
    let spans: Vec<u64> = spans.into_iter().map(|(_, seconds)| seconds).collect();
    Took::of(&spans)
}

/// What the tasks of a group are called.
///
/// The name has no namespace before PBS 3.3, so a group in a namespace takes a run only if no other
/// group of the datastore has the same kind and id.
fn task_key(group: &BackupGroup, data: &Data) -> Option<String> {
    let GroupId { datastore, kind, id, .. } = &group.id;
    let is_twin = |other: &GroupId| (&other.datastore, &other.kind, &other.id) == (datastore, kind, id);
    let twins = data.groups.iter().filter(|other| is_twin(&other.id)).count();
    (twins <= 1).then(|| format!("{datastore}:{kind}/{id}"))
}

fn is_backup_of(task: &Task, key: &str) -> bool {
    &*task.kind == "backup" && &*task.id == key
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An alert of Prometheus, as it is before it is routed.
    pub fn alert(name: &str, instance: &str) -> Alert {
        unrouted(&RaisedAlert {
            labels: [("alertname", name), ("instance", instance)].into_iter().collect(),
            annotations: Labels::default(),
            firing: true,
            active_at: DateTime::UNIX_EPOCH,
            value: "1".into(),
        })
    }

    fn labels(text: &str) -> Labels {
        serde_json::from_str(text).expect("labels")
    }

    #[test]
    fn external_labels_do_not_break_the_join() {
        let raised = RaisedAlert {
            labels: labels(r#"{"alertname":"HostDown","instance":"a:9100"}"#),
            annotations: Labels::default(),
            firing: true,
            active_at: DateTime::UNIX_EPOCH,
            value: "1".into(),
        };
        let mut routed = unrouted(&raised);
        routed.labels = labels(r#"{"alertname":"HostDown","instance":"a:9100","site":"home"}"#);
        assert!(is_same(&routed, &raised, &labels(r#"{"site":"home"}"#)));
        assert!(!is_same(&routed, &raised, &labels(r#"{"site":"cabin"}"#)));
        assert!(is_same(&routed, &raised, &Labels::default()), "unknown external labels: by superset");
    }
}
