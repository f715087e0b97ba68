//! Boot layers: in which order the lab comes up, and what each layer waits for. After a restart it has to
//! converge by itself, the lowest layer first.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::feed::{Feed, SourceKind};
use super::health::Health;
use super::hosts::UPTIME;
use super::store::Store;
use super::world::{Look, World};
use crate::text;

/// A layer as the config names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layer {
    /// Its name.
    pub name: Arc<str>,
    /// The hosts that have to answer.
    pub hosts: Vec<Arc<str>>,
    /// The guests that have to run.
    pub guests: Vec<Arc<str>>,
    /// The mount points that have to be there, each with its host.
    pub mounts: Vec<(Arc<str>, Arc<str>)>,
    /// The automount units that have to be active, each with its host.
    pub automounts: Vec<(Arc<str>, Arc<str>)>,
    /// The probes that have to answer.
    pub probes: Vec<Arc<str>>,
    /// The jobs, or instances, that have to be up.
    pub targets: Vec<Arc<str>>,
}

impl Layer {
    /// Every host that it names.
    fn machines(&self) -> impl Iterator<Item = &Arc<str>> {
        let of_pairs = self.mounts.iter().chain(&self.automounts).map(|(host, _)| host);
        self.hosts.iter().chain(&self.guests).chain(of_pairs)
    }
}

/// How a layer stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Its place, from 0.
    pub number: usize,
    /// Its name.
    pub name: Arc<str>,
    /// Everything that it needs, each with what was found.
    pub needs: Vec<(Arc<str>, Look)>,
}

impl Standing {
    /// What is not there yet.
    pub fn missing(&self) -> impl Iterator<Item = &(Arc<str>, Look)> {
        self.needs.iter().filter(|(_, look)| !look.is_well())
    }

    /// Whether all of it is there.
    pub fn is_up(&self) -> bool {
        self.missing().next().is_none()
    }

    /// How it is.
    pub fn state(&self) -> Health {
        super::health::worst(self.needs.iter().map(|(_, look)| look.health))
    }

    /// What it waits for; what is known to be away first.
    pub fn waits_for(&self) -> Vec<Arc<str>> {
        let mut all: Vec<&(Arc<str>, Look)> = self.missing().collect();
        all.sort_by_key(|(_, look)| std::cmp::Reverse(look.health));
        all.into_iter().map(|(what, _)| Arc::clone(what)).collect()
    }
}

/// A start of the lab: when, and after how many seconds each layer was up, as far as it was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Boot {
    /// When the first machine started.
    pub at: DateTime<Utc>,
    /// Seconds from then until each layer was up; nothing where that was not seen, or is yet to come.
    pub took: Vec<Option<f64>>,
    /// So many layers were up when one began to look: when they came up nobody saw.
    pub before: usize,
    /// All layers are up.
    pub is_done: bool,
}

/// A machine that started within this is booting as long as a layer is not up.
const RECENT: TimeDelta = TimeDelta::minutes(30);

/// Times of starts are known to so much: a feed and a clock lie between.
const SLACK: TimeDelta = TimeDelta::minutes(3);

impl Boot {
    /// Whether a machine that started at `at` started with this: before it was over.
    pub fn has(&self, at: DateTime<Utc>) -> bool {
        let last = self.took.iter().flatten().copied().fold(0.0, f64::max);
        let over = if self.is_done { span(last).unwrap_or_default() + SLACK } else { RECENT };
        (self.at - SLACK..=self.at + over).contains(&at)
    }
}

/// How the layers of the config stand, the lowest first.
pub fn layers(store: &Store, now: DateTime<Utc>) -> Vec<Standing> {
    let all = &store.thresholds.layers;
    if all.is_empty() {
        return Vec::new();
    }
    let world = World::of(store, now);
    all.iter().enumerate().map(|(number, layer)| standing(number, layer, &world)).collect()
}

fn standing(number: usize, layer: &Layer, world: &World<'_>) -> Standing {
    let mut needs: Vec<(Arc<str>, Look)> = Vec::new();
    needs.extend(layer.hosts.iter().map(|host| (Arc::clone(host), world.host(host))));
    needs.extend(layer.guests.iter().map(|guest| (format!("guest {guest}").into(), world.guest(guest))));
    needs.extend(layer.mounts.iter().map(|(host, path)| (Arc::clone(path), world.mount(host, path))));
    needs.extend(layer.automounts.iter().map(|(host, unit)| (Arc::clone(unit), world.automount(host, unit))));
    needs.extend(layer.probes.iter().map(|probe| (Arc::clone(probe), world.probe(probe))));
    needs
        .extend(layer.targets.iter().map(|target| (format!("target {target}").into(), world.target(target))));
    Standing { number, name: Arc::clone(&layer.name), needs }
}

/// When the machines of the layers last started, if that was lately: the earliest of them.
pub fn started(store: &Store, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let layers = &store.thresholds.layers;
    let is_ours = |name: &str| layers.iter().any(|layer| layer.machines().any(|machine| **machine == *name));
    let rows = store.hosts().iter().filter(|host| is_ours(&host.known_as) && !host.down);
    let measured = store.of(SourceKind::Prometheus).filter(|source| source.is_fresh(Feed::Measures, now));
    let asked = measured.filter_map(|source| source.feeds.get(&Feed::Measures)?.at).max();
    let hosts = rows.filter_map(|host| Some(asked? - span(host.worst(UPTIME)?.value)?));
    let clusters = store.of(SourceKind::Pve).filter(|source| source.is_fresh(Feed::Guests, now));
    let nodes = clusters.flat_map(|source| {
        let asked = source.feeds.get(&Feed::Guests).and_then(|feed| feed.at);
        let nodes = source.data.cluster.nodes.iter().filter(|node| is_ours(&node.name));
        nodes.filter_map(move |node| Some(asked? - span(node.uptime? as f64)?))
    });
    hosts.chain(nodes).filter(|at| now - *at <= RECENT).min()
}

fn span(seconds: f64) -> Option<TimeDelta> {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds are fine enough")]
    let span = TimeDelta::try_milliseconds((seconds * 1_000.0) as i64);
    span.filter(|span| *span > TimeDelta::zero())
}

/// While the lab boots: at which layer it stands, `BOOTING layer 1 of 4, waiting for /mnt/disk3`.
pub fn booting(store: &Store, now: DateTime<Utc>) -> Option<(usize, String)> {
    started(store, now)?;
    let all = layers(store, now);
    let first = all.iter().find(|layer| !layer.is_up())?;
    let waits = first.waits_for();
    let more = if waits.len() > 1 { format!(" and {} more", waits.len() - 1) } else { String::new() };
    let what = waits.first().map(|what| format!(", waiting for {what}{more}")).unwrap_or_default();
    let text = format!("BOOTING layer {} of {}{what}", first.number, all.len() - 1);
    Some((first.number, text))
}

/// Follows a start of the lab. `known`: what was seen of it so far. Gives what is known now, if a start is
/// going on or was seen through.
pub fn follow(known: Option<&Boot>, store: &Store, now: DateTime<Utc>) -> Option<Boot> {
    let all = layers(store, now);
    let started = started(store, now);
    let is_same = |boot: &&Boot| started.is_none_or(|at| boot.has(at));
    let mut boot = match known.filter(is_same) {
        Some(boot) => boot.clone(),
        None => Boot {
            at: started?,
            took: vec![None; all.len()],
            before: all.iter().take_while(|layer| layer.is_up()).count(),
            is_done: false,
        },
    };
    if boot.is_done {
        return Some(boot);
    }
    boot.took.resize(all.len(), None);
    let mut below = true;
    for (layer, took) in all.iter().zip(&mut boot.took) {
        below &= layer.is_up();
        if below && took.is_none() && layer.number >= boot.before {
            *took = Some(super::feed::seconds(now - boot.at));
        }
    }
    boot.is_done = below && !all.is_empty();
    Some(boot)
}

/// How long a layer usually took: the median of earlier starts.
pub fn usual(boots: &[Boot], layer: usize) -> Option<f64> {
    let mut all: Vec<f64> = boots.iter().filter_map(|boot| *boot.took.get(layer)?).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied()
}

/// A time that a layer took, beside what it usually takes: `2m, usually 90s`.
pub fn compare(took: f64, usual: Option<f64>) -> String {
    let usual = usual.map_or_else(String::new, |usual| format!(", usually {}", text::age_of(Some(usual))));
    format!("{}{usual}", text::age_of(Some(took)))
}

#[cfg(test)]
#[path = "layer_tests.rs"]
mod tests;
