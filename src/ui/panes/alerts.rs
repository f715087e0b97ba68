//! The alerts: firing ones first, what hides or acknowledges them, and how late the response is.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Listing, Pane, STALE, Standing, count, draw_lines, nothing_matches};
use crate::domain::alert::{Alert, AlertState, Severity};
use crate::domain::correlate;
use crate::domain::feed::{Feed, SourceId, SourceKind};
use crate::domain::health::Health;
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::domain::verdict::response_due;
use crate::text;
use crate::ui::filter::Hay;
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::columns::{Column, EXTRA};
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::sign::{self, Sign};
use crate::ui::widgets::table::{Item, Row, Table};

const COLUMNS: [Column; 6] = [
    Column::word("state", 3, 9),
    Column::text("alert", 0, 10, 34),
    Column::text("subject", 1, 6, 24),
    Column::number("since", 2, 12),
    Column::text("response", 2, 8, 24),
    Column::text("summary", EXTRA, 18, 48),
];

/// An alert's row.
#[derive(Debug)]
struct Entry {
    subject: Subject,
    alert: Alert,
    sign: Sign,
    /// Since when an alert is gone that nobody can have seen resolved.
    vanished: Option<DateTime<Utc>>,
    /// Until when somebody must have responded.
    due: Option<DateTime<Utc>>,
    /// Who or what hides it, and until when.
    hidden: Option<(String, Option<DateTime<Utc>>)>,
    /// Its source was not heard lately.
    stale: bool,
    /// How many alerts this row stands for: those that follow from the one above.
    folded: usize,
}

impl Hay for Entry {
    fn text(&self) -> Cow<'_, str> {
        let alert = &self.alert;
        format!("{} {} {} {}", self.sign.word, alert.name, alert.labels, alert.summary()).into()
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        match name {
            "state" => Some(self.alert.state.as_ref().into()),
            name => self.alert.labels.get(name).map(Cow::from),
        }
    }
}

impl Item for Entry {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> Sign {
        if self.stale { STALE } else { self.sign }
    }
}

/// The pane.
#[derive(Debug, Default)]
pub struct Alerts {
    table: Table<Entry>,
}

impl Pane for Alerts {
    fn title(&self, scene: &Scene<'_>) -> Title {
        let of = |word: &str| self.table.items().iter().filter(|entry| entry.sign.word == word).count();
        let acked = sign::sign(glyphs::ACKNOWLEDGED, Role::Info, "acked");
        let signs =
            [sign::of_health(Health::Critical), sign::UNKNOWN, sign::of_health(Health::Warning), acked];
        let (mut counts, mut short) = count(&signs.map(|sign| (sign, of(sign.word))));
        if !standing(scene).is_fresh() {
            for (_, role) in counts.iter_mut().chain(&mut short) {
                *role = Role::Stale;
            }
        }
        let mut right = self.table.notes();
        let hidden = scene.verdict.counts.hidden;
        let badge = standing(scene).badge();
        if right.is_empty() && hidden > 0 && badge.is_empty() {
            right.push(piece(format!("{hidden} hidden"), Role::Muted));
        }
        if !badge.is_empty() && !right.is_empty() {
            right.push(piece("  ", Role::Muted));
        }
        right.extend(badge);
        Title { counts, short, right, ..Title::new("Alerts") }
    }

    fn made_of(&self) -> &'static [SourceKind] {
        &[SourceKind::Alertmanager, SourceKind::Prometheus]
    }

    fn refresh(&mut self, scene: &Scene<'_>) {
        let mut entries = entries(scene.store, scene.wall());
        if !scene.whole && self.table.filter().is_empty() {
            entries = fold(entries);
        }
        self.table.offer(entries, scene.held);
    }

    fn list(&self) -> Option<&dyn Listing> {
        Some(&self.table)
    }

    fn list_mut(&mut self) -> Option<&mut dyn Listing> {
        Some(&mut self.table)
    }

    fn subject(&self, scene: &Scene<'_>) -> Option<Subject> {
        self.table.selected().map(|entry| entry.subject.clone()).or_else(|| standing(scene).culprit())
    }

    fn draw(&mut self, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        if self.table.is_empty() {
            let (filter, _) = Listing::filter(&self.table);
            let lines = if filter.is_empty() {
                standing(scene).explain(
                    kind(scene.store),
                    vec![
                        piece(format!("{} ", glyphs::OK), Role::Ok),
                        piece("no alert is firing", Role::Text),
                    ],
                )
            } else {
                nothing_matches(filter)
            };
            return draw_lines(&lines, area, buffer, scene);
        }
        self.table.draw(&COLUMNS, |entry| row(entry, scene), area, buffer, scene);
    }
}

/// Alerts come from Alertmanager; where there is none, from Prometheus itself.
fn kind(store: &Store) -> SourceKind {
    let routed = store.of(SourceKind::Alertmanager).next().is_some();
    if routed { SourceKind::Alertmanager } else { SourceKind::Prometheus }
}

fn standing(scene: &Scene<'_>) -> Standing {
    Standing::of(scene, kind(scene.store), Feed::Alerts)
}

fn entries(store: &Store, now: DateTime<Utc>) -> Vec<Entry> {
    let unheard = correlate::unheard(store, now);
    let listed = store.alerts().iter().map(|listed| Entry {
        subject: Subject::Alert {
            source: listed.source.clone(),
            fingerprint: listed.alert.fingerprint.clone(),
        },
        sign: sign::of_alert(&listed.alert),
        vanished: None,
        due: response_due(&listed.alert, store),
        hidden: hidden(&listed.alert, &listed.source, store),
        stale: unheard.contains(&listed.alert.fingerprint),
        folded: 1,
        alert: listed.alert.clone(),
    });
    let vanished = store.vanished.iter().map(|ghost| Entry {
        subject: Subject::Alert {
            source: ghost.source.clone(),
            fingerprint: ghost.alert.fingerprint.clone(),
        },
        sign: sign::UNKNOWN,
        vanished: Some(ghost.since),
        due: response_due(&ghost.alert, store),
        hidden: None,
        stale: false,
        folded: 1,
        alert: ghost.alert.clone(),
    });
    let mut all: Vec<Entry> = listed.chain(vanished).collect();
    // Stable: within a class the order stays that of the store.
    all.sort_by_key(class);
    all
}

/// Puts what another alert inhibits below that one, as a single row: trouble stays in sight.
fn fold(entries: Vec<Entry>) -> Vec<Entry> {
    let (follow, mut kept): (Vec<Entry>, Vec<Entry>) =
        entries.into_iter().partition(|entry| entry.alert.state == AlertState::Inhibited);
    for mut entry in follow {
        let cause = |other: &Entry| entry.alert.inhibited_by.contains(&other.alert.fingerprint);
        let Some(at) = kept.iter().position(cause) else {
            kept.push(entry);
            continue;
        };
        let below = kept.get_mut(at + 1).filter(|below| below.alert.state == AlertState::Inhibited);
        if let Some(below) = below {
            below.folded += 1;
        } else {
            entry.hidden = None;
            kept.insert(at + 1, entry);
        }
    }
    kept
}

/// What wants somebody first.
const fn class(entry: &Entry) -> u8 {
    match (entry.vanished.is_some(), entry.alert.state, entry.alert.rank) {
        (true, ..) => 1,
        (_, AlertState::Firing, Severity::Critical) => 0,
        (_, AlertState::Firing, Severity::Warning) => 2,
        (_, AlertState::Firing, Severity::Info) => 3,
        (_, AlertState::Acknowledged, _) => 4,
        (_, AlertState::Pending, _) => 5,
        (_, AlertState::Inhibited | AlertState::Silenced, _) => 6,
    }
}

fn hidden(alert: &Alert, source: &SourceId, store: &Store) -> Option<(String, Option<DateTime<Utc>>)> {
    let data = &store.source(source)?.data;
    match alert.state {
        AlertState::Acknowledged => {
            let ack = alert.acked_by.as_ref()?;
            Some((ack.who.to_string(), Some(ack.until)))
        }
        AlertState::Silenced => {
            let id = alert.silenced_by.first();
            let silence = data.silences.iter().find(|silence| Some(&silence.id) == id);
            Some(silence.map_or_else(
                || ("a silence".to_owned(), None),
                |silence| (silence.created_by.to_string(), Some(silence.ends_at)),
            ))
        }
        AlertState::Inhibited => {
            let cause = data.alerts.iter().find(|other| alert.inhibited_by.contains(&other.fingerprint));
            Some((cause.map_or_else(|| "another alert".to_owned(), |cause| cause.name.to_string()), None))
        }
        _ => None,
    }
}

fn row(entry: &Entry, scene: &Scene<'_>) -> Row {
    let alert = &entry.alert;
    let quiet = entry.sign.role == Role::Muted;
    let plain = if quiet { Role::Muted } else { Role::Text };
    let sign = if entry.stale { STALE } else { entry.sign };
    let since = entry.vanished.unwrap_or(alert.starts_at);
    let follows = !scene.whole && alert.state == AlertState::Inhibited && entry.hidden.is_none();
    if follows && entry.folded > 1 {
        let cells = [piece("", plain), piece(format!("└ {} alerts follow", entry.folded), plain)];
        return Row { sign, cells: cells.into(), stale: entry.stale };
    }
    let name = if follows { format!("└ {}", alert.name) } else { alert.name.to_string() };
    Row {
        sign,
        cells: vec![
            piece(entry.sign.word, entry.sign.role),
            piece(name, plain),
            piece(alert.subject(), plain),
            piece(scene.times.since(since, scene.wall()), plain),
            note(entry, scene),
            piece(alert.summary(), Role::Muted),
        ],
        stale: entry.stale,
    }
}

/// How the response stands, or who sees to it.
fn note(entry: &Entry, scene: &Scene<'_>) -> Piece {
    let now = scene.wall();
    let until = |at: &DateTime<Utc>| scene.times.short(*at, now);
    match (&entry.hidden, entry.vanished, entry.alert.state, entry.due) {
        (_, Some(_), ..) => piece("vanished unheard", Role::Unknown),
        (Some((who, Some(at))), _, AlertState::Silenced, _) => {
            let by = if scene.whole { format!(" by {who}") } else { String::new() };
            piece(format!("until {}{by}", until(at)), Role::Muted)
        }
        (Some((who, Some(at))), ..) => {
            let until = if scene.whole { format!(" until {}", until(at)) } else { String::new() };
            piece(format!("by {who}{until}"), Role::Info)
        }
        (Some((who, None)), ..) => piece(format!("by {who}"), Role::Muted),
        (None, _, AlertState::Firing, Some(due)) if due < now => {
            piece(format!("over {}", text::age(now - due)), entry.sign.role)
        }
        (None, _, AlertState::Firing, Some(due)) => {
            piece(format!("due in {}", text::age(due - now)), Role::Muted)
        }
        _ => piece("", Role::Muted),
    }
}
