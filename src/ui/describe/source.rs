//! A source: how fresh each of its feeds is, and in full why one fails.

use super::{Description, when};
use crate::domain::cluster::{Cluster, fill};
use crate::domain::feed::{FailureKind, Freshness};
use crate::domain::health::Health;
use crate::domain::log::TailState;
use crate::domain::server::{Machine, Server};
use crate::domain::store::SourceState;
use crate::text;
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::prose::Prose;
use crate::ui::widgets::sign;

/// A source: how each of its feeds stands, and in full why one fails.
pub fn of_source(source: &SourceState, scene: &Scene<'_>) -> Description {
    let sign = sign::of_feed(source.state(scene.wall()));
    let mut told = Vec::new();
    for (feed, freshness) in &source.feeds {
        told.push(Prose::Pair(feed.to_string(), of_feed(freshness, scene)));
    }
    let mut failures: Vec<&str> = Vec::new();
    for (failure, _) in source.feeds.values().filter_map(|feed| feed.failure.as_ref()) {
        if !failures.contains(&&*failure.text) {
            failures.push(&failure.text);
        }
    }
    for failure in failures {
        told.extend([Prose::Blank, Prose::plain(failure)]);
    }
    let data = &source.data;
    if !data.peers.is_empty() {
        told.extend([Prose::Blank, Prose::Head("Peers".into())]);
        for peer in data.peers.iter() {
            let sign = sign::of_health(if peer.failure.is_none() { Health::Ok } else { Health::Critical });
            let words = match &peer.failure {
                Some(failure) => failure.to_string(),
                None => format!("cluster {}, version {}", peer.cluster, peer.version),
            };
            told.push(Prose::Pair(
                peer.url.to_string(),
                vec![piece(format!("{} ", sign.glyph), sign.role), piece(words, Role::Text)],
            ));
        }
    }
    for tail in &data.tails {
        told.extend([Prose::Blank, Prose::Head(format!("Tail {}", tail.name))]);
        told.push(Prose::pair("query", &*tail.query));
        told.push(Prose::pair("state", tail_state(&tail.state)));
        told.push(Prose::pair(
            "lines",
            format!("{}, {} gaps, {} dropped", tail.lines, tail.gaps, tail.dropped),
        ));
    }
    if let Some(server) = &data.server {
        of_server(server, scene, &mut told);
    }
    of_cluster(&data.cluster, scene, &mut told);
    if !data.version.is_empty() {
        told.extend([Prose::Blank, Prose::pair("version", &*data.version)]);
    }
    Description { sign: Some(sign), name: source.id.to_string(), text: told }
}

/// A backup server itself.
fn of_server(server: &Server, scene: &Scene<'_>, to: &mut Vec<Prose>) {
    to.extend([Prose::Blank, Prose::Head("Server".into()), Prose::pair("version", &*server.version)]);
    if let Some(until) = server.certificate {
        let role = sign::of_health(server.certificate_health(scene.wall())).role;
        let role = if role == Role::Ok { Role::Text } else { role };
        to.push(Prose::Pair("certificate until".into(), vec![piece(when(until, scene), role)]));
    }
    if let Some(Machine { uptime, load, cores, memory, root }) = server.machine {
        to.push(Prose::pair("up for", text::span(uptime as f64)));
        to.push(Prose::pair("load", format!("{load:.2} on {cores} cores")));
        to.push(Prose::Pair("memory".into(), vec![piece(room(memory), Role::Text)]));
        let full = fill(Some(root.0), Some(root.1), &scene.store.thresholds.fill);
        let role = full.map_or(Role::Text, |(_, health)| of_fill(health));
        to.push(Prose::Pair("root disk".into(), vec![piece(room(root), role)]));
    }
    if let Some(why) = &server.hidden {
        to.push(Prose::pair("services", format!("not readable: {why}")));
    }
    for service in &server.services {
        let role = if service.is_down() { Role::Critical } else { Role::Muted };
        to.push(Prose::Pair(service.name.to_string(), vec![piece(&*service.state, role)]));
    }
}

/// Used of what there is, in words.
fn room((used, total): (u64, u64)) -> String {
    let share = if total == 0 { 0.0 } else { used as f64 / total as f64 * 100.0 };
    format!("{share:.0} %, {} of {}", text::bytes(used), text::bytes(total))
}

/// What is fine needs no colour.
fn of_fill(health: Health) -> Role {
    if health == Health::Ok { Role::Text } else { sign::of_health(health).role }
}

/// The nodes and the storages of a hypervisor.
fn of_cluster(cluster: &Cluster, scene: &Scene<'_>, to: &mut Vec<Prose>) {
    let limits = &scene.store.thresholds.fill;
    let filled = |used: Option<u64>, total: Option<u64>| {
        let role = fill(used, total, limits).map_or(Role::Text, |(_, health)| of_fill(health));
        used.zip(total).map(|both| piece(room(both), role))
    };
    if !cluster.nodes.is_empty() {
        to.extend([Prose::Blank, Prose::Head("Nodes".into())]);
    }
    for node in cluster.nodes.iter() {
        let (health, word) = match node.online {
            Some(true) => (Health::Ok, "online"),
            Some(false) => (Health::Critical, "offline"),
            None => (Health::Unknown, "nobody can say whether it is up"),
        };
        let sign = sign::of_health(health);
        let mut pieces = vec![piece(format!("{} {word}", sign.glyph), sign.role)];
        pieces
            .extend(node.uptime.map(|up| piece(format!(", up for {}", text::span(up as f64)), Role::Muted)));
        pieces
            .extend(filled(node.used, node.total).map(|one| piece(format!(", root disk {}", one.0), one.1)));
        to.push(Prose::Pair(node.name.to_string(), pieces));
    }
    if !cluster.storages.is_empty() {
        to.extend([Prose::Blank, Prose::Head("Storages".into())]);
    }
    for storage in cluster.storages.iter() {
        let (health, word) =
            if storage.active { (Health::Ok, "active") } else { (Health::Critical, "offline") };
        let sign = sign::of_health(health);
        let mut pieces = vec![piece(format!("{} {word}", sign.glyph), sign.role)];
        pieces.extend(filled(storage.used, storage.total).map(|one| piece(format!(", {}", one.0), one.1)));
        let place = if storage.node.is_empty() { String::new() } else { format!(" on {}", storage.node) };
        let holds = if storage.backups { ", for backups" } else { "" };
        pieces.push(piece(format!(", {}{place}{holds}", storage.plugin), Role::Muted));
        to.push(Prose::Pair(storage.name.to_string(), pieces));
    }
}

fn tail_state(state: &TailState) -> String {
    use TailState::{Polling, Stopped};
    match state {
        Polling(why) | Stopped(why) if !why.is_empty() => format!("{}: {why}", state.word()),
        state => state.word().to_owned(),
    }
}

fn of_feed(feed: &Freshness, scene: &Scene<'_>) -> Vec<Piece> {
    let now = scene.wall();
    if feed.failure.as_ref().is_some_and(|(failure, _)| failure.kind == FailureKind::Missing) {
        return vec![piece(format!("{} not offered by this server", glyphs::SILENCED), Role::Muted)];
    }
    let sign = sign::of_feed(feed.state(now));
    let mut words = match feed.at {
        Some(_) => format!("{} old, took {}", text::age_of(feed.age(now)), text::took(feed.took)),
        None => "no answer yet".to_owned(),
    };
    if feed.interval > 0.0 {
        words.push_str(", asked every ");
        words.push_str(&text::span(feed.interval));
    }
    if let Some((failure, since)) = &feed.failure {
        let since = text::age(now - *since);
        words = format!("{words}; {} for {since}", failure.short);
    }
    vec![piece(format!("{} {}  ", sign.glyph, sign.word), sign.role), piece(words, Role::Text)]
}
