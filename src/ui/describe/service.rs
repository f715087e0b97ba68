//! A service, a suspect, a boot layer, a tier: what was looked at, and what was found.

use strum::IntoEnumIterator as _;

use super::{Description, when};
use crate::domain::health::Health;
use crate::domain::measure::Signal;
use crate::domain::world::Look;
use crate::domain::{layer, service, suspect, tier};
use crate::ui::glyphs;
use crate::ui::panes::services::{clock, gap};
use crate::ui::panes::tiers;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::prose::Prose;
use crate::ui::widgets::sign::{self, Sign, sign};

/// A thing that was looked at, with its sign.
fn looked(what: &str, look: &Look, scene: &Scene<'_>) -> Prose {
    let sign = sign::of_health(look.health);
    let mut pieces = vec![piece(format!("{} ", sign.glyph), sign.role), piece(&*look.text, Role::Text)];
    if let Some(since) = look.since.filter(|_| look.health != Health::Ok) {
        pieces.push(piece(format!("  since {}", when(since, scene)), Role::Muted));
    }
    Prose::Pair(what.into(), pieces)
}

pub(super) fn of_service(name: &str, scene: &Scene<'_>) -> Option<Description> {
    let now = scene.wall();
    let all = service::services(scene.store, now);
    let standing = all.into_iter().find(|standing| &*standing.name == name)?;
    let config = scene.store.thresholds.services.iter().find(|service| &*service.name == name)?;
    let sign = Sign { word: standing.word(), ..sign::of_health(standing.state) };
    let mut text = vec![Prose::plain(standing.sentence(now)), Prose::Blank];
    text.extend(standing.parts.iter().map(|(what, look)| looked(what, look, scene)));
    if let Some(due) = standing.due {
        let (left, role) = clock(standing.due, now);
        let words = piece(format!("  {left}"), role);
        text.push(Prose::Pair("recover by".into(), vec![piece(scene.times.full(due), Role::Text), words]));
    }
    if let Some(kept) = standing.gap {
        let (left, role) = gap(standing.gap, now);
        let told = vec![piece(format!("{} old", crate::text::age(now - kept.good)), Role::Text)];
        let until = piece(format!("  promised until {}", scene.times.full(kept.due)), Role::Muted);
        let told = told.into_iter().chain([until, piece(format!("  {left}"), role)]);
        text.push(Prose::Pair("last good backup".into(), told.collect()));
    }
    if !config.depends.is_empty() {
        text.push(Prose::pair("rests on", config.depends.join(", ")));
    }
    Some(Description { sign: Some(sign), name: name.to_owned(), text })
}

pub(super) fn of_suspect(name: &str, scene: &Scene<'_>) -> Option<Description> {
    let now = scene.wall();
    let services = service::services(scene.store, now);
    let all = suspect::suspects(scene.store, &services, now);
    let found = all.into_iter().find(|suspect| &*suspect.name == name)?;
    let words = format!(
        "{} of {} that rest on {name} fail, and all of it began within 10 minutes. {name} itself looks \
         healthy, or nobody looks at it. This is a suspicion: nothing is dimmed for it.",
        found.failing.len(),
        found.of
    );
    let mut text = vec![Prose::plain(words), Prose::Blank];
    let line = |failing: &suspect::Failing| {
        let since = piece(format!("  since {}", when(failing.since, scene)), Role::Muted);
        Prose::Pair(failing.name.to_string(), vec![piece(&*failing.text, Role::Text), since])
    };
    text.extend(found.failing.iter().map(line));
    let sign = sign(glyphs::UNKNOWN, Role::Info, "suspect");
    Some(Description { sign: Some(sign), name: name.to_owned(), text })
}

pub(super) fn of_layer(number: usize, scene: &Scene<'_>) -> Option<Description> {
    let now = scene.wall();
    let found = layer::layers(scene.store, now).into_iter().find(|layer| layer.number == number)?;
    let mut text: Vec<Prose> = found.needs.iter().map(|(what, look)| looked(what, look, scene)).collect();
    let boots = scene.store.boots.iter().rev().take(8);
    let times = boots.filter_map(|boot| Some((boot.at, (*boot.took.get(number)?)?)));
    let times: Vec<Prose> = times
        .map(|(at, took)| Prose::pair(scene.times.short(at, now), crate::text::age_of(Some(took))))
        .collect();
    if !times.is_empty() {
        text.extend([Prose::Blank, Prose::Head("Earlier starts: up after".to_owned())]);
        text.extend(times);
    }
    let sign = sign::of_health(found.state());
    Some(Description { sign: Some(sign), name: format!("Layer {number} {}", found.name), text })
}

pub(super) fn of_tier(name: &str, scene: &Scene<'_>) -> Option<Description> {
    let found = tier::tiers(scene.store).into_iter().find(|tier| &*tier.name == name)?;
    let (hosts, down) = found.hosts;
    let lost = if down == 0 { String::new() } else { format!(", {down} down") };
    let signals = Signal::iter().zip(&found.signals);
    let signals = signals
        .map(|(signal, level)| Prose::Pair(signal.as_ref().to_owned(), vec![tiers::told(level.as_ref())]));
    let mut text: Vec<Prose> = signals.collect();
    text.extend([Prose::Blank, Prose::pair("hosts", format!("{hosts}{lost}"))]);
    text.push(Prose::Line(vec![piece("Of each signal the worst; of the traffic all.", Role::Muted)]));
    Some(Description { sign: Some(sign::of_health(found.state)), name: format!("Tier {name}"), text })
}
