//! A host as a text: what is wrong, how it went, every file system, every measure, its alerts.

use chrono::TimeDelta;

use super::{Description, Place, when};
use crate::domain::feed::SourceKind;
use crate::domain::health::Health;
use crate::domain::hosts::identity::Owner;
use crate::domain::hosts::{self, DISK, FULL_IN, Host};
use crate::domain::measure::{Measure, Topic, Unit, Weight};
use crate::domain::question::{Ask, Known};
use crate::text;
use crate::ui::glyphs;
use crate::ui::panes::hosts::{grid, past};
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::gauge::gauge;
use crate::ui::widgets::prose::Prose;
use crate::ui::widgets::sign::{self, Sign, sign};
use crate::ui::widgets::spark::spark;

/// What is drawn over time.
const CHARTED: [&str; 6] = ["cpu", "memory", "iowait", "load", "receive", "transmit"];

/// How far back.
const SPAN: TimeDelta = TimeDelta::hours(24);

/// So many bars tell it, 36 minutes each; their range has room beside them in 80 columns.
const BARS: i64 = 40;

fn ask(measure: &str, place: Place, scene: &Scene<'_>) -> Option<Ask> {
    past(measure, place.slot(&format!("host/{measure}")).into_owned(), SPAN, BARS, scene)
}

/// What the description wants to know: how it went.
pub fn wants(place: Place, scene: &Scene<'_>) -> Vec<Ask> {
    CHARTED.iter().filter_map(|measure| ask(measure, place, scene)).collect()
}

pub fn of_host(name: &str, place: Place, scene: &Scene<'_>) -> Option<Description> {
    let host = scene.store.host(name)?;
    let fresh = hosts::is_measured(scene.store, scene.wall());
    let sign = if fresh { sign_of(host) } else { crate::ui::panes::STALE };
    let mut told = Vec::new();
    for fault in &host.faults {
        let (glyph, role) = match fault.weight {
            Weight::Bad(health) => (sign::of_health(health).glyph, sign::of_health(health).role),
            Weight::Noted => (glyphs::OK, Role::Info),
        };
        told.push(Prose::Line(vec![piece(format!("{glyph} "), role), piece(&fault.text, Role::Text)]));
    }
    if host.faults.is_empty() {
        told.push(Prose::plain("Nothing is wrong with it, as far as it is measured."));
    }
    if let Some(at) = host.last_seen {
        told.push(Prose::pair("last answer", when(at, scene)));
    }
    let (up, all) = host.targets;
    told.push(Prose::pair("targets", format!("{up} of {all} up: {}", host.instances.join(", "))));
    charts(host, place, scene, &mut told);
    disks(host, &mut told);
    measures(host, scene, &mut told);
    alerts(host, scene, &mut told);
    Some(Description { sign: Some(sign), name: host.name.to_string(), text: told })
}

const fn down() -> Sign {
    sign(glyphs::FAILED, Role::Critical, "down")
}

fn sign_of(host: &Host) -> Sign {
    if host.down && host.health() == Health::Critical { down() } else { sign::of_health(host.health()) }
}

/// How it went within a day, a line each.
fn charts(host: &Host, place: Place, scene: &Scene<'_>, to: &mut Vec<Prose>) {
    let rule = hosts::identity(scene.store);
    let mut lines = Vec::new();
    for measure in CHARTED {
        let Some(ask) = ask(measure, place, scene) else { continue };
        let pieces = match scene.answers.get(&ask) {
            Known::Waiting if scene.answers.latest(&ask).is_none() => vec![piece("asking", Role::Muted)],
            Known::Failed(failure) => vec![piece(format!("not known: {}", failure.short), Role::Unknown)],
            Known::Answer(_) | Known::Waiting => {
                let answer = scene.answers.latest(&ask).map_or(&[][..], |answer| answer.series());
                let site = scene.store.site_of(&ask.source);
                let mine = |labels| rule.owner(site, labels, &[]) == Owner::Host(host.name.clone());
                let mine = answer.iter().find(|series| mine(&series.labels));
                let values = mine.map_or_else(Vec::new, |series| grid(&ask, series));
                if values.iter().all(|value| !value.is_finite()) {
                    continue;
                }
                chart(&values, unit_of(measure, scene))
            }
        };
        lines.push(Prose::Pair(measure.to_owned(), pieces));
    }
    if !lines.is_empty() {
        to.extend([Prose::Blank, Prose::Head(format!("Last {}", text::age(SPAN)))]);
        to.extend(lines);
    }
}

fn chart(values: &[f64], unit: Unit) -> Vec<Piece> {
    let known = || values.iter().copied().filter(|value| value.is_finite());
    let low = known().fold(f64::INFINITY, f64::min);
    let high = known().fold(f64::NEG_INFINITY, f64::max);
    let range = format!(" {} to {}", unit.write(low), unit.write(high));
    vec![piece(spark(values), Role::Text), piece(range, Role::Muted)]
}

fn measure_of<'s>(name: &str, scene: &Scene<'s>) -> Option<&'s Measure> {
    let all = scene.store.of(SourceKind::Prometheus).flat_map(|source| source.data.measured.iter());
    all.map(|measured| &*measured.measure).find(|measure| &*measure.name == name)
}

fn unit_of(name: &str, scene: &Scene<'_>) -> Unit {
    measure_of(name, scene).map_or(Unit::Count, |measure| measure.unit)
}

fn disks(host: &Host, to: &mut Vec<Prose>) {
    let Some(disks) = host.values.get(DISK) else { return };
    to.extend([Prose::Blank, Prose::Head("File systems".to_owned())]);
    for disk in disks {
        let fault =
            host.faults.iter().find(|fault| fault.thing == disk.thing && fault.weight > Weight::Noted);
        let role = fault.map_or(Role::Ok, |fault| match fault.weight {
            Weight::Bad(health) => sign::of_health(health).role,
            Weight::Noted => Role::Info,
        });
        let full =
            host.values.get(FULL_IN).and_then(|all| all.iter().find(|value| value.thing == disk.thing));
        let full =
            full.map_or_else(String::new, |value| format!("  full in {}", Unit::Seconds.write(value.value)));
        to.push(Prose::Pair(
            disk.thing.to_string(),
            vec![
                piece(gauge(disk.value, 10), role),
                piece(format!(" {:>5}", Unit::Ratio.write(disk.value)), Role::Text),
                piece(full, Role::Muted),
            ],
        ));
    }
}

/// Every measure with its worst value; and those that the server would not answer.
fn measures(host: &Host, scene: &Scene<'_>, to: &mut Vec<Prose>) {
    let mut lines = Vec::new();
    let all = scene.store.of(SourceKind::Prometheus).flat_map(|source| source.data.measured.iter());
    for measured in all.filter(|measured| measured.measure.topic == Topic::Host) {
        let measure = &measured.measure;
        if let Some(error) = &measured.error {
            let pieces = vec![piece(format!("not known: {error}"), Role::Unknown)];
            lines.push(Prose::Pair(measure.name.to_string(), pieces));
        }
        let Some(worst) = host.worst(&measure.name).filter(|_| &*measure.name != DISK) else { continue };
        let mut said = measure.unit.write(worst.value);
        if !worst.thing.is_empty() {
            said = format!("{said}  {}", worst.thing);
        }
        let count = host.values.get(&measure.name).map_or(0, <[_]>::len);
        if count > 1 {
            said = format!("{said}, the worst of {count}");
        }
        lines.push(Prose::pair(&*measure.name, said));
    }
    if !lines.is_empty() {
        to.extend([Prose::Blank, Prose::Head("Measured".to_owned())]);
        to.extend(lines);
    }
}

fn alerts(host: &Host, scene: &Scene<'_>, to: &mut Vec<Prose>) {
    let rule = hosts::identity(scene.store);
    let mine = scene.store.alerts().iter().map(|listed| &listed.alert);
    let mut mine = mine
        .filter(|alert| rule.owner(alert.site(), &alert.labels, &[]) == Owner::Host(host.name.clone()))
        .peekable();
    if mine.peek().is_none() {
        return;
    }
    to.extend([Prose::Blank, Prose::Head("Alerts".to_owned())]);
    for alert in mine {
        let sign = sign::of_alert(alert);
        let name = format!("{} {}", alert.name, text::age(scene.wall() - alert.starts_at));
        let cause = scene.store.causes().get(alert.key());
        let [mark, words] = if cause.is_some() { [Role::Muted; 2] } else { [sign.role, Role::Text] };
        let more = cause.map_or_else(
            || format!("  {}", alert.summary()),
            |cause| format!("  follows from {}", cause.text),
        );
        to.push(Prose::Line(vec![
            piece(format!("{} ", sign.glyph), mark),
            piece(name, words),
            piece(more, Role::Muted),
        ]));
    }
}
