//! Silences that are bound to a condition, and acknowledgements: which of them are to end now, and
//! which leases are to go on. The open dashboard and `wardroom silences reap` do the same.
//!
//! Nothing ends but on what is measured: data that is not fresh proves nothing.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::alert::{Alert, FingerprintSource};
use super::comment::{Comment, Condition};
use super::deed::{Deed, Draft, What};
use super::feed::{Feed, SourceKind};
use super::labels::Labels;
use super::matcher::Matchers;
use super::silence::{Silence, SilenceState};
use super::silencing;
use super::sites;
use super::store::{Listed, SourceState, Store};
use super::target::{Target, TargetHealth};

/// How long a silence that is bound to a condition lives when nobody watches.
pub const LEASE: TimeDelta = TimeDelta::minutes(30);

/// A lease is renewed when less than this is left of it.
const RENEWED: TimeDelta = TimeDelta::minutes(10);

/// Something that is due, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// What is to be done.
    pub deed: Deed,
    /// The silence that it is done to.
    pub id: Arc<str>,
    /// Why, in plain words.
    pub why: String,
}

/// Everything that is due.
pub fn due(store: &Store, now: DateTime<Utc>) -> Vec<Due> {
    let is_heard = |source: &&SourceState| source.is_fresh(Feed::Silences, now);
    let of = |source| Field { store, source, now, measured: is_measured(store, source, now) };
    let routers = store.of(SourceKind::Alertmanager).filter(is_heard).map(of);
    routers.flat_map(|field| field.due()).collect()
}

/// Whether what an Alertmanager does not list can be taken for resolved: it is heard, and so is
/// every Prometheus; without any, at least the Watchdog arrives.
fn is_measured(store: &Store, source: &SourceState, now: DateTime<Utc>) -> bool {
    let is_heard = |one: &SourceState| {
        [Feed::Alerts, Feed::Status].iter().all(|feed| one.is_fresh(*feed, now) || one.lacks(*feed))
    };
    let mut rulers = store.near(SourceKind::Prometheus, &source.apart).peekable();
    let arrives = || store.heartbeats().iter().any(|listed| listed.source == source.id);
    let vouched = if rulers.peek().is_none() { arrives() } else { rulers.all(is_heard) };
    source.is_fresh(Feed::Alerts, now) && vouched
}

/// An Alertmanager, and what is known around it.
struct Field<'a> {
    store: &'a Store,
    source: &'a SourceState,
    now: DateTime<Utc>,
    measured: bool,
}

impl Field<'_> {
    fn due(&self) -> Vec<Due> {
        let active = self.source.data.silences.iter().filter(|one| one.state == SilenceState::Active);
        active.filter_map(|silence| self.of(silence)).collect()
    }

    fn of(&self, silence: &Silence) -> Option<Due> {
        if silence.is_acknowledgement() {
            return self.is_over(silence).then(|| self.end(silence, "the alert is resolved".to_owned()));
        }
        let comment = Comment::read(&silence.comment);
        let condition = comment.condition()?;
        if self.is_true(condition, silence) {
            return Some(self.end(
                silence,
                match condition {
                    Condition::Resolved => "what it hid is resolved".to_owned(),
                    Condition::Task { upid, .. } => format!("the task {upid} has ended"),
                    Condition::HostUp(name) => format!("{name} is up"),
                },
            ));
        }
        self.renewed(silence)
    }

    fn end(&self, silence: &Silence, why: String) -> Due {
        let what = What::Expire { id: Arc::clone(&silence.id) };
        Due { deed: Deed { source: self.source.id.clone(), what }, id: Arc::clone(&silence.id), why }
    }

    /// A lease that runs out goes on, but never beyond the longest silence.
    fn renewed(&self, silence: &Silence) -> Option<Due> {
        let longest = silence.starts_at + self.store.thresholds.max_silence;
        let ends_at = (self.now + LEASE).min(longest);
        let needed = silence.ends_at - self.now < RENEWED && ends_at > silence.ends_at;
        let deed = || silencing::deed(Draft::of(silence).until(ends_at), self.source);
        let why = || "its condition is not true yet".to_owned();
        needed.then(|| Due { deed: deed(), id: Arc::clone(&silence.id), why: why() })
    }

    /// Whether a condition is measured to be true.
    fn is_true(&self, condition: &Condition, silence: &Silence) -> bool {
        match condition {
            Condition::Resolved => self.measured && self.covers_nothing(silence),
            Condition::Task { source, upid } => self.has_ended(source, upid),
            Condition::HostUp(name) => self.is_up(name),
        }
    }

    fn covers_nothing(&self, silence: &Silence) -> bool {
        let Ok(ready) = Matchers::new(&silence.matchers) else { return false };
        let covered = silencing::covered(&silence.matchers, &self.source.id, self.store);
        let mut lost = self.store.vanished.iter().filter(|ghost| self.is_near(&ghost.alert));
        covered.is_empty() && !lost.any(|ghost| ready.matches(ghost.alert.exact_labels()))
    }

    fn has_ended(&self, name: &str, upid: &str) -> bool {
        let named = |one: &&SourceState| name.is_empty() || &*one.id.name == name;
        let heard = |one: &&SourceState| one.is_fresh(Feed::Tasks, self.now);
        let servers = self.store.of(SourceKind::Pbs).filter(named).filter(heard);
        let mut tasks = servers.flat_map(|server| &*server.data.tasks);
        tasks.any(|task| &*task.upid == upid && task.ended.is_some()) || self.has_dumped(name, upid)
    }

    /// A backup run of a hypervisor is over when the last of its guests is.
    fn has_dumped(&self, name: &str, upid: &str) -> bool {
        let named = |one: &&SourceState| name.is_empty() || &*one.id.name == name;
        let clusters = self.store.of(SourceKind::Pve).filter(named);
        let heard = clusters.filter(|one| one.is_fresh(Feed::Dumps, self.now));
        let all = heard.flat_map(|one| one.data.cluster.dumps.iter()).filter(|dump| &*dump.upid == upid);
        let mut all = all.peekable();
        all.peek().is_some() && all.all(|dump| dump.ended.is_some())
    }

    /// Every target of the host answers, and all that might know one are heard.
    fn is_up(&self, name: &str) -> bool {
        let rulers = || self.store.near(SourceKind::Prometheus, &self.source.apart);
        if !rulers().all(|ruler| ruler.is_fresh(Feed::Targets, self.now)) {
            return false;
        }
        let name = sites::without(name, &self.source.apart);
        let all = rulers().flat_map(|ruler| &*ruler.data.targets);
        let mut of_host = all.filter(|target| is_of_host(target, name)).peekable();
        of_host.peek().is_some() && of_host.all(|target| target.health == TargetHealth::Up)
    }

    fn is_near(&self, alert: &Alert) -> bool {
        sites::meet(alert.site(), &self.source.apart)
    }

    /// Whether every alert that it speaks of is resolved, or fires in another episode.
    fn is_over(&self, ack: &Silence) -> bool {
        let named = ack.acknowledged();
        let own = self.store.alerts().iter().filter(|one| self.is_near(&one.alert));
        let mut spoken = own.filter(|one| named.contains(&&*one.alert.fingerprint));
        let still =
            |listed: &Listed| ack.acknowledges(&listed.alert.fingerprint, listed.alert.starts_at).is_some();
        let mut ghosts = self.store.vanished.iter().filter(|ghost| self.is_near(&ghost.alert));
        self.measured
            && !named.is_empty()
            && !spoken.any(still)
            && !ghosts.any(|ghost| named.contains(&&*ghost.alert.fingerprint))
            && !self.is_on_its_way(ack)
    }

    /// Whether Prometheus raises an alert that Alertmanager does not have and that may be one of the
    /// acknowledged: after a restart of Alertmanager they arrive one by one.
    fn is_on_its_way(&self, ack: &Silence) -> bool {
        let name = ack.matchers.iter().find(|matcher| &*matcher.name == "alertname");
        self.store.alerts().iter().any(|listed| {
            let labels: &Labels = listed.alert.exact_labels();
            listed.alert.fingerprint_source == FingerprintSource::Own
                && self.is_near(&listed.alert)
                && name.is_none_or(|name| labels.get("alertname") == Some(&*name.value))
        })
    }
}

/// Whether a target is of the host `name`: by its address, or by a label that names it.
fn is_of_host(target: &Target, name: &str) -> bool {
    let host = target.instance.rsplit_once(':').map_or(&*target.instance, |(host, _)| host);
    let host = host.trim_matches(['[', ']']);
    let labels = ["host", "exported_host", "nodename", "guest", "name"];
    host == name || labels.iter().any(|label| target.labels.get(label) == Some(name))
}

#[cfg(test)]
#[path = "reaping_tests.rs"]
mod tests;
