//! A source: how fresh each of its feeds is, and in full why one fails.

use super::{Description, when};
use crate::domain::feed::Freshness;
use crate::domain::health::Health;
use crate::domain::log::TailState;
use crate::domain::server::Server;
use crate::domain::store::SourceState;
use crate::text;
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
    if let Some(why) = &server.hidden {
        to.push(Prose::pair("services", format!("not readable: {why}")));
    }
    for service in &server.services {
        let role = if service.is_down() { Role::Critical } else { Role::Muted };
        to.push(Prose::Pair(service.name.to_string(), vec![piece(&*service.state, role)]));
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
