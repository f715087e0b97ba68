//! The alerts of all sources as one list. A join holds shared parts only, so that it can be made away
//! from the loop: a storm of thousands takes longer than a key may wait.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Kinship, fingerprint, kinship};
use crate::domain::alert::{Alert, AlertState, At, FingerprintSource, RaisedAlert};
use crate::domain::clocks::Clocks;
use crate::domain::feed::{SourceId, SourceKind};
use crate::domain::labels::Labels;
use crate::domain::matcher::Matchers;
use crate::domain::observation::{Route, Split};
use crate::domain::silence::Silence;
use crate::domain::sites;
use crate::domain::thresholds::Thresholds;

/// An alert of the list, and what is known of it from elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Where it was seen.
    pub source: SourceId,
    /// The alert, with its one state.
    pub alert: Alert,
    /// Every source that says that it is true, the one above among them.
    pub voices: Vec<SourceId>,
    /// That what Prometheus raised is this one is only likely: its external labels are not known.
    pub likely: bool,
    /// The peers of its Alertmanager do not see it alike.
    pub split: bool,
    /// The groups that it is in, as the routes make them: `alertname="A" → page`.
    pub groups: Vec<Arc<str>>,
    /// As Prometheus raises it, and which Prometheus.
    pub raised: Option<(SourceId, RaisedAlert)>,
    /// All that a filter may look for, in small letters.
    pub words: Box<str>,
    /// When somebody must have responded.
    pub due: Option<DateTime<Utc>>,
    /// Who or what hides or acknowledges it.
    pub keeper: Option<Keeper>,
}

/// Who or what hides or acknowledges an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keeper {
    /// An operator, or the name of another alert.
    pub who: Arc<str>,
    /// Until when; an inhibition has no end.
    pub until: Option<DateTime<Utc>>,
}

/// What the alerts of all sources come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Joined {
    /// All alerts, each once, in their default order, the Watchdog left out.
    pub alerts: Arc<[Listed]>,
    /// Where each stands among them, by [`Alert::key`], and by the key that it had before an Alertmanager knew
    /// of it: what was opened then goes on with it.
    pub places: HashMap<Arc<str>, usize>,
    /// The Watchdog, wherever it arrives.
    pub heartbeats: Vec<Listed>,
    /// The response clocks after it.
    pub clocks: Clocks,
    /// How many alerts each silence covers: by name of its Alertmanager, by identity.
    pub covers: BTreeMap<Arc<str>, BTreeMap<Arc<str>, usize>>,
}

/// What one source brings to the join.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Which source.
    pub id: SourceId,
    /// Its site, where there are several.
    pub site: Arc<str>,
    /// Alertmanager's alerts.
    pub alerts: Arc<[Alert]>,
    /// Alertmanager's silences.
    pub silences: Arc<[Silence]>,
    /// Alerts on which Alertmanager's peers disagree.
    pub splits: Arc<[Split]>,
    /// Where Alertmanager sends its alerts.
    pub routes: Arc<[Route]>,
    /// Prometheus' own alerts.
    pub raised: Arc<[RaisedAlert]>,
    /// Prometheus' external labels, where they are known.
    pub external: Option<Labels>,
}

impl Part {
    /// Whether both were told by the same answers.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.alerts, &other.alerts)
            && Arc::ptr_eq(&self.silences, &other.silences)
            && Arc::ptr_eq(&self.splits, &other.splits)
            && Arc::ptr_eq(&self.routes, &other.routes)
            && Arc::ptr_eq(&self.raised, &other.raised)
            && self.external == other.external
    }

    /// Notes that this source has the alerts at `places` too, those that are of its site; whether one is.
    fn is_voice_of(&self, places: &[usize], all: &mut [Listed]) -> bool {
        let mut is_one = false;
        for at in places {
            let is_near = |one: &&mut Listed| sites::meet(one.alert.site(), &self.site);
            if let Some(one) = all.get_mut(*at).filter(is_near) {
                one.voices.push(self.id.clone());
                is_one = true;
            }
        }
        is_one
    }
}

/// A join that is to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// The sources, in the order of the config.
    pub parts: Vec<Part>,
    /// The numbers that turn measurements into states.
    pub thresholds: Thresholds,
    /// The response clocks before it.
    pub clocks: Clocks,
    /// Every source was heard: what is not there is resolved.
    pub measured: bool,
    /// The names that hosts of several sites have.
    pub twins: BTreeSet<Arc<str>>,
    /// When it was asked for.
    pub now: DateTime<Utc>,
}

impl Join {
    /// Makes it.
    pub fn run(self) -> Joined {
        let mut listed = self.routed();
        self.add_raised(&mut listed);
        self.tell_apart(&mut listed);
        let mut clocks = self.clocks.clone();
        clocks.hear(listed.iter().map(|one| &one.alert), self.measured, self.now);
        for one in &mut listed {
            one.words = words(&one.alert);
            one.due = self.thresholds.respond_within(&one.alert).map(|span| clocks.since(&one.alert) + span);
        }
        listed.sort_by(|one, other| one.alert.order(&other.alert));
        let covers = self.covers(&listed);
        let watchdog = &self.thresholds.watchdog;
        let is_heartbeat = |one: &Listed| !watchdog.is_empty() && one.alert.name == *watchdog;
        let (heartbeats, alerts): (Vec<_>, Vec<_>) = listed.into_iter().partition(is_heartbeat);
        let place = |(at, one): (usize, &Listed)| (Arc::clone(one.alert.key()), at);
        let mut places: HashMap<_, _> = alerts.iter().enumerate().map(place).collect();
        for (at, one) in alerts.iter().enumerate().filter(|(_, one)| one.is_routed()) {
            let Some((_, raised)) = &one.raised else { continue };
            places.entry(one.alert.key_beside(&fingerprint(&raised.labels))).or_insert(at);
        }
        Joined { alerts: alerts.into(), places, heartbeats, clocks, covers }
    }

    fn of(&self, kind: SourceKind) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |part| part.id.kind == kind)
    }

    /// Of several sites those that have one first: what has none joins what it finds.
    fn in_turn(&self, kind: SourceKind) -> impl Iterator<Item = &Part> {
        let sited = self.of(kind).filter(|part| !part.site.is_empty());
        sited.chain(self.of(kind).filter(|part| part.site.is_empty()))
    }

    /// Says the site of alerts that are called like another of another site, or are about hosts that are.
    fn tell_apart(&self, all: &mut [Listed]) {
        if self.parts.iter().all(|part| part.site.is_empty()) {
            return;
        }
        let mut sites: HashMap<(&str, &str), Option<&str>> = HashMap::new();
        for Listed { alert, .. } in &*all {
            let site = sites.entry((&alert.name, alert.subject())).or_insert(Some(alert.site()));
            *site = site.filter(|site| *site == alert.site());
        }
        let is_twin = |alert: &Alert| {
            self.twins.contains(alert.subject()) || sites.get(&(&*alert.name, alert.subject())) == Some(&None)
        };
        let twins: Vec<bool> = all.iter().map(|one| is_twin(&one.alert)).collect();
        for (one, _) in all.iter_mut().zip(twins).filter(|(_, is_twin)| *is_twin) {
            one.alert.tell_site();
        }
    }

    /// What the Alertmanagers have; an alert that several of a site have is the first one's.
    fn routed(&self) -> Vec<Listed> {
        let mut all: Vec<Listed> = Vec::new();
        let mut known: HashMap<Arc<str>, Vec<usize>> = HashMap::new();
        for part in self.in_turn(SourceKind::Alertmanager) {
            let around = Around::of(part);
            for alert in &*part.alerts {
                let places = known.entry(Arc::clone(&alert.fingerprint)).or_default();
                if part.is_voice_of(places, &mut all) {
                    continue;
                }
                places.push(all.len());
                all.push(around.listed(alert, part, &self.thresholds));
            }
        }
        all
    }

    /// Adds what Prometheus raised and no Alertmanager has; of the others it is a voice.
    fn add_raised(&self, all: &mut Vec<Listed>) {
        let labels: Vec<Labels> = all.iter().map(|one| one.alert.labels.clone()).collect();
        let alike = Alike::of(&labels);
        let mut own: HashMap<Arc<str>, Vec<usize>> = HashMap::new();
        for part in self.in_turn(SourceKind::Prometheus) {
            for raised in &*part.raised {
                let mut is_routed = false;
                for at in alike.to(&raised.labels) {
                    let is_near = |one: &&mut Listed| sites::meet(one.alert.site(), &part.site);
                    let Some(one) = all.get_mut(*at).filter(is_near) else { continue };
                    let Some(kinship) = kinship(&one.alert, raised, part.external.as_ref()) else { continue };
                    is_routed = true;
                    one.raised.get_or_insert_with(|| (part.id.clone(), raised.clone()));
                    if raised.firing && !one.voices.contains(&part.id) {
                        one.voices.push(part.id.clone());
                        one.likely |= kinship == Kinship::Likely;
                    }
                }
                if is_routed {
                    continue;
                }
                let mut alert = unrouted(raised, &self.thresholds);
                alert.at = At::of(&part.site, &alert.fingerprint);
                let places = own.entry(Arc::clone(&alert.fingerprint)).or_default();
                if part.is_voice_of(places, all) {
                    continue;
                }
                places.push(all.len());
                let raised = Some((part.id.clone(), raised.clone()));
                all.push(Listed { raised, ..Listed::new(&part.id, alert) });
            }
        }
    }

    fn covers(&self, listed: &[Listed]) -> BTreeMap<Arc<str>, BTreeMap<Arc<str>, usize>> {
        let external = |one: &Listed| {
            let part = self.parts.iter().find(|part| part.id == one.source)?;
            part.external.as_ref().filter(|labels| !labels.is_empty())
        };
        // By its external labels Alertmanager would know what it does not have yet.
        let labels: Vec<Labels> = listed
            .iter()
            .map(|one| {
                let own = one.alert.exact_labels();
                external(one).map_or_else(|| own.clone(), |external| own.with(external))
            })
            .collect();
        let count = |part: &Part, silence: &Silence| {
            let Ok(ready) = Matchers::new(&silence.matchers) else { return 0 };
            let all = listed.iter().zip(&labels).filter(|(one, _)| {
                one.voices.contains(&part.id)
                    || (one.source.kind == SourceKind::Prometheus
                        && sites::meet(one.alert.site(), &part.site))
            });
            all.filter(|(_, labels)| ready.matches(labels)).count()
        };
        let of = |part: &Part| {
            let meant = part.silences.iter().filter(|silence| !silence.is_acknowledgement());
            meant.map(|silence| (Arc::clone(&silence.id), count(part, silence))).collect()
        };
        self.of(SourceKind::Alertmanager).map(|part| (Arc::clone(&part.id.name), of(part))).collect()
    }
}

/// Which alerts have a label: a storm of thousands, many of one name, is not compared pair by pair.
struct Alike<'a>(HashMap<(&'a str, &'a str), Vec<usize>>);

impl<'a> Alike<'a> {
    fn of(all: &'a [Labels]) -> Self {
        let mut alike: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        for (at, labels) in all.iter().enumerate() {
            for label in labels.iter() {
                alike.entry(label).or_default().push(at);
            }
        }
        Self(alike)
    }

    /// Those that can have all of these labels: all that have the rarest of them.
    fn to<'s>(&'s self, labels: &'s Labels) -> &'s [usize] {
        let meant = labels.iter().filter(|(_, value)| !value.is_empty());
        let having = meant.map(|label| self.0.get(&label).map_or(&[][..], Vec::as_slice));
        having.min_by_key(|having| having.len()).unwrap_or_default()
    }
}

/// What an Alertmanager knows around its alerts, found at once.
struct Around<'a> {
    /// The acknowledgements of each alert.
    acknowledged: HashMap<&'a str, Vec<&'a Silence>>,
    silences: HashMap<&'a str, &'a Silence>,
    names: HashMap<&'a str, &'a Arc<str>>,
    splits: HashSet<&'a str>,
    /// The groups of each alert by name, each with what mutes it.
    routes: HashMap<&'a str, Vec<(Arc<str>, &'a Route)>>,
}

impl<'a> Around<'a> {
    fn of(part: &'a Part) -> Self {
        let mut acknowledged: HashMap<&str, Vec<&Silence>> = HashMap::new();
        for silence in part.silences.iter().filter(|silence| silence.is_acknowledgement()) {
            for fingerprint in silence.acknowledged() {
                acknowledged.entry(fingerprint).or_default().push(silence);
            }
        }
        let mut names: HashMap<(&str, &Labels), Arc<str>> = HashMap::new();
        let mut routes: HashMap<&str, Vec<(Arc<str>, &Route)>> = HashMap::new();
        for route in &*part.routes {
            let name = names.entry((&route.receiver, &route.group)).or_insert_with(|| named(route));
            routes.entry(&route.fingerprint).or_default().push((Arc::clone(name), route));
        }
        Self {
            acknowledged,
            routes,
            silences: part.silences.iter().map(|silence| (&*silence.id, silence)).collect(),
            names: part.alerts.iter().map(|alert| (&*alert.fingerprint, &alert.name)).collect(),
            splits: part.splits.iter().map(|split| &*split.fingerprint).collect(),
        }
    }

    /// Gives an alert its rank, its acknowledgement, its one state and its keeper.
    fn listed(&self, alert: &Alert, part: &Part, thresholds: &Thresholds) -> Listed {
        let mut alert = alert.clone();
        alert.at = At::of(&part.site, &alert.fingerprint);
        alert.rank = thresholds.rank(&alert.severity);
        let words = self.acknowledged.get(&*alert.fingerprint).into_iter().flatten();
        alert.acked_by =
            words.into_iter().find_map(|word| word.acknowledges(&alert.fingerprint, alert.starts_at));
        if alert.state == AlertState::Firing && alert.acked_by.is_some() {
            alert.state = AlertState::Acknowledged;
        }
        let routes = self.routes.get(&*alert.fingerprint).map_or(&[][..], Vec::as_slice);
        for name in routes.iter().flat_map(|(_, route)| &route.muted_by) {
            if !alert.muted_by.contains(name) {
                alert.muted_by.push(Arc::clone(name));
            }
        }
        Listed {
            groups: routes.iter().map(|(name, _)| Arc::clone(name)).collect(),
            split: self.splits.contains(&*alert.fingerprint),
            keeper: self.keeper(&alert),
            ..Listed::new(&part.id, alert)
        }
    }

    fn keeper(&self, alert: &Alert) -> Option<Keeper> {
        match alert.state {
            AlertState::Acknowledged => {
                let ack = alert.acked_by.as_ref()?;
                Some(Keeper { who: Arc::clone(&ack.who), until: Some(ack.until) })
            }
            AlertState::Silenced => {
                let silence = alert.silenced_by.first().and_then(|id| self.silences.get(&**id));
                Some(silence.map_or_else(
                    || Keeper { who: "a silence".into(), until: None },
                    |silence| Keeper { who: Arc::clone(&silence.created_by), until: Some(silence.ends_at) },
                ))
            }
            AlertState::Inhibited => {
                let cause = alert.inhibited_by.iter().find_map(|cause| self.names.get(&**cause));
                let who = cause.map_or_else(|| Arc::from("another alert"), |name| Arc::clone(name));
                Some(Keeper { who, until: None })
            }
            AlertState::Pending | AlertState::Firing => None,
        }
    }
}

/// All that a filter may look for, a line each.
fn words(alert: &Alert) -> Box<str> {
    let mut words = String::with_capacity(200);
    for (name, value) in alert.labels.iter() {
        words.extend([name, "\n", value, "\n"]);
    }
    words.push_str(alert.summary());
    words.make_ascii_lowercase();
    words.into()
}

/// What a group is called: the labels that it is made by, and who gets it.
fn named(route: &Route) -> Arc<str> {
    let labels: Vec<String> = route.group.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    let labels = if labels.is_empty() { "all alerts".to_owned() } else { labels.join(" ") };
    format!("{labels} → {}", route.receiver).into()
}

impl Listed {
    /// An alert of which nothing else is known.
    pub fn new(source: &SourceId, alert: Alert) -> Self {
        Self {
            source: source.clone(),
            alert,
            voices: vec![source.clone()],
            likely: false,
            split: false,
            groups: Vec::new(),
            raised: None,
            words: Box::default(),
            due: None,
            keeper: None,
        }
    }

    /// Whether an Alertmanager has it, under the identity that it gave it.
    fn is_routed(&self) -> bool {
        self.alert.fingerprint_source == FingerprintSource::Alertmanager
    }
}

/// What is known of an alert that no Alertmanager has.
pub(super) fn unrouted(raised: &RaisedAlert, thresholds: &Thresholds) -> Alert {
    let severity: Arc<str> = raised.labels.get("severity").unwrap_or("").into();
    Alert {
        name: raised.labels.get("alertname").unwrap_or("").into(),
        rank: thresholds.rank(&severity),
        severity,
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
        at: None,
    }
}
