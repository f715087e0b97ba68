//! The rows of the hosts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Entry, grid};
use crate::domain::health::Health;
use crate::domain::hosts::identity::Owner;
use crate::domain::hosts::{self, DISK, FULL_IN, Host};
use crate::domain::measure::{Unit, Weight};
use crate::domain::question::{Ask, Known};
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::columns::{Column, EXTRA};
use crate::ui::widgets::sign::of_health;
use crate::ui::widgets::spark::spark;
use crate::ui::widgets::table::{Item, Row};

/// The columns. What is wrong comes in words, at the side of the name; numbers follow.
pub const COLUMNS: [Column; 20] = [
    Column::text("host", 0, 6, 16),
    Column::text("what is wrong", 1, 18, 44),
    Column::number("cpu", 1, 5),
    Column::word("", EXTRA, 12),
    Column::number("ram", 2, 5),
    Column::word("", EXTRA + 1, 12),
    Column::number("disk", 2, 5),
    Column::number("full in", EXTRA + 2, 7),
    Column::number("load", EXTRA, 4),
    Column::number("swap", EXTRA, 5),
    Column::number("iowait", EXTRA + 1, 6),
    Column::number("inodes", EXTRA + 3, 6),
    Column::number("in", EXTRA + 3, 7),
    Column::number("out", EXTRA + 3, 7),
    Column::number("clock", EXTRA + 4, 6),
    Column::number("up", EXTRA + 2, 5),
    Column::word("boxes", EXTRA + 5, 5),
    Column::word("smart", EXTRA + 5, 8),
    Column::number("sync", EXTRA + 6, 5),
    Column::word("alerts", 3, 6),
];

/// The past of the measures that have little bars, host by host.
#[derive(Debug, Default)]
pub struct Sparks {
    all: Vec<BTreeMap<Arc<str>, String>>,
}

impl Sparks {
    /// Reads what was answered to `asks`.
    pub fn of(asks: &[Option<Ask>], scene: &Scene<'_>) -> Self {
        let all = asks.iter().map(|ask| ask.as_ref().map_or_else(BTreeMap::new, |ask| bars(ask, scene)));
        Self { all: all.collect() }
    }

    fn get(&self, measure: usize, host: &str) -> Piece {
        let bars = self.all.get(measure).and_then(|all| all.get(host)).cloned().unwrap_or_default();
        piece(bars, Role::Muted)
    }
}

fn bars(ask: &Ask, scene: &Scene<'_>) -> BTreeMap<Arc<str>, String> {
    let answer = match scene.answers.get(ask) {
        Known::Answer(answer) => Some(answer),
        // Until the newer comes.
        _ => scene.answers.latest(ask),
    };
    let rule = hosts::identity(scene.store);
    let site = scene.store.site_of(&ask.source);
    let series = answer.map_or(&[][..], |answer| answer.series());
    let named = series.iter().filter_map(|series| match rule.owner(site, &series.labels, &[]) {
        Owner::Host(host) => Some((host, spark(&grid(ask, series)))),
        _ => None,
    });
    named.collect()
}

/// A row.
pub fn row(entry: &Entry, sparks: &Sparks) -> Row {
    let host = &entry.host;
    let mut cells = vec![
        piece(&*host.name, Role::Text),
        wrong(host),
        number(host, "cpu", Unit::Ratio),
        sparks.get(0, &host.name),
        number(host, "memory", Unit::Ratio),
        sparks.get(1, &host.name),
        number(host, DISK, Unit::Ratio),
        number(host, FULL_IN, Unit::Seconds),
    ];
    let rest = [
        ("load", Unit::Count),
        ("swap", Unit::Ratio),
        ("iowait", Unit::Ratio),
        ("inodes", Unit::Ratio),
        ("receive", Unit::Bandwidth),
        ("transmit", Unit::Bandwidth),
        ("clock", Unit::Seconds),
        ("uptime", Unit::Seconds),
    ];
    cells.extend(rest.map(|(measure, unit)| number(host, measure, unit)));
    cells.extend([
        of_many(host, &["containers", "restarts", "container-health"]),
        of_many(host, &["smart", "sectors"]),
        number(host, "snapraid-sync", Unit::Seconds),
        alerts(entry.alerts),
    ]);
    // A row of blanks says why it is one; what is known of its alerts is nobody's measure of it.
    let mut measured = cells.iter().skip(1).take(COLUMNS.len() - 2);
    if measured.all(|(text, _)| text.is_empty())
        && let Some(wrong) = cells.get_mut(1)
    {
        *wrong = piece("not measured", Role::Muted);
    }
    Row { sign: entry.state(), cells, stale: entry.stale }
}

/// Everything to be said of it, the worst first.
fn wrong(host: &Host) -> Piece {
    let role = match host.faults.first().map(|fault| fault.weight) {
        Some(Weight::Bad(health)) => of_health(health).role,
        Some(Weight::Noted) => Role::Info,
        None => Role::Muted,
    };
    let texts: Vec<&str> = host.faults.iter().map(|fault| fault.text.as_str()).collect();
    piece(texts.join(", "), role)
}

fn role_of(host: &Host, measures: &[&str]) -> Role {
    let mut faults = host.faults.iter().filter(|fault| measures.contains(&&*fault.measure));
    match faults.next().map(|fault| fault.weight) {
        Some(Weight::Bad(health)) => of_health(health).role,
        Some(Weight::Noted) => Role::Info,
        None => Role::Text,
    }
}

/// The worst value of a measure; blank where nobody measures it.
fn number(host: &Host, measure: &str, unit: Unit) -> Piece {
    let value = host.worst(measure);
    let text = value.map_or_else(String::new, |value| unit.write(value.value));
    piece(text, role_of(host, &[measure]))
}

/// How many things the first of the measures knows, and how many of them the measures blame.
fn of_many(host: &Host, measures: &[&str]) -> Piece {
    let Some(all) = measures.first().and_then(|measure| host.values.get(measure)) else {
        return piece("", Role::Muted);
    };
    let mut blamed: Vec<&str> = host
        .faults
        .iter()
        .filter(|fault| measures.contains(&&*fault.measure))
        .map(|fault| &*fault.thing)
        .collect();
    blamed.sort_unstable();
    blamed.dedup();
    let text = match blamed.len() {
        0 => format!("{} ok", all.len()),
        bad => format!("{bad}{}of {}", glyphs::FAILED, all.len()),
    };
    piece(text, role_of(host, measures))
}

fn alerts((critical, warning): (usize, usize)) -> Piece {
    let of = |health: Health, count: usize| match count {
        0 => String::new(),
        count => format!("{count}{}", of_health(health).glyph),
    };
    let text = [of(Health::Critical, critical), of(Health::Warning, warning)].concat();
    let role = match (critical, warning) {
        (0, 0) => Role::Muted,
        (0, _) => Role::Warning,
        _ => Role::Critical,
    };
    piece(text, role)
}
