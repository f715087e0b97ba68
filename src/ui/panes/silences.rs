//! The silences: those in force with what they hide, those that hide nothing, those to come, and the
//! acknowledgements, which hide nothing on purpose.

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Listing, Pane, STALE, Standing, count, draw_lines, join_notes, nothing_matches};
use crate::domain::comment::Comment;
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::silence::{Silence, SilenceState};
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::keymap::Context;
use crate::text;
use crate::ui::census::Census;
use crate::ui::filter::Hay;
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::columns::{Column, EXTRA};
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::sign::{Sign, sign};
use crate::ui::widgets::table::{Item, Row, Table};

const COLUMNS: [Column; 6] = [
    Column::word("state", 3, 9),
    Column::text("of", 0, 14, 60),
    Column::number("hides", 2, 8),
    Column::text("ends", 1, 7, 14),
    Column::text("by", 2, 8, 20),
    Column::text("why", EXTRA, 12, 60),
];

const ACTIVE: Sign = sign(glyphs::SILENCED, Role::Text, "active");
const UNMATCHED: Sign = sign(glyphs::WARNING, Role::Warning, "unmatched");
const PENDING: Sign = sign(glyphs::PENDING, Role::Muted, "pending");
const ACK: Sign = sign(glyphs::ACKNOWLEDGED, Role::Info, "ack");
const EXPIRED: Sign = sign(glyphs::OK, Role::Muted, "expired");

/// A silence that ends so soon is told in time.
pub const SOON: TimeDelta = TimeDelta::minutes(15);

/// A silence's row.
#[derive(Debug)]
struct Entry {
    subject: Subject,
    silence: Silence,
    comment: Comment,
    sign: Sign,
    /// What an acknowledgement is of.
    acknowledges: String,
    /// How many alerts it covers now.
    covers: usize,
    stale: bool,
    now: DateTime<Utc>,
}

impl Entry {
    fn matchers(&self) -> String {
        self.silence.matchers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }
}

impl Hay for Entry {
    fn text(&self) -> Cow<'_, str> {
        let Silence { created_by, comment, .. } = &self.silence;
        let (word, of) = (self.sign.word, &self.acknowledges);
        format!("{word} {of} {} {created_by} {comment}", self.matchers()).into()
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        match name {
            "state" => Some(self.sign.word.into()),
            "by" => Some((&*self.silence.created_by).into()),
            name => {
                let named = self.silence.matchers.iter().find(|matcher| &*matcher.name == name);
                named.map(|matcher| Cow::from(text::sanitise(&matcher.value).into_owned()))
            }
        }
    }

    fn span(&self, name: &str) -> Option<TimeDelta> {
        (name == "age").then(|| self.now - self.silence.starts_at)
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
pub struct Silences {
    table: Table<Entry>,
}

impl Pane for Silences {
    fn title(&self, scene: &Scene<'_>) -> Title {
        let of = |sign: Sign| self.table.items().iter().filter(|entry| entry.sign == sign).count();
        let (counts, short) = count(&[ACTIVE, UNMATCHED, PENDING, ACK].map(|sign| (sign, of(sign))));
        let mut right = self.table.notes();
        join_notes(&mut right, standing(scene).badge());
        Title { counts, short, right, ..Title::new("Silences") }
    }

    fn made_of(&self) -> &'static [SourceKind] {
        &[SourceKind::Alertmanager, SourceKind::Prometheus]
    }

    fn refresh(&mut self, scene: &Scene<'_>) {
        self.table.offer(entries(scene.store, scene.wall()), scene.held);
    }

    fn context(&self) -> Context {
        Context::Silences
    }

    fn list(&self) -> Option<&dyn Listing> {
        Some(&self.table)
    }

    fn list_mut(&mut self) -> Option<&mut dyn Listing> {
        Some(&mut self.table)
    }

    fn meant(&self, _scene: &Scene<'_>) -> Vec<Subject> {
        self.table.meant().into_iter().map(|entry| entry.subject.clone()).collect()
    }

    fn census(&self, all: bool) -> Census {
        let mut census = Census::default();
        for entry in self.table.counted(all) {
            census.row();
            census.label("state", entry.sign.word);
            census.label("by", &entry.silence.created_by);
            for matcher in &entry.silence.matchers {
                census.label(&text::sanitise(&matcher.name), &text::sanitise(&matcher.value));
            }
        }
        census
    }

    fn draw(&mut self, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        if self.table.is_empty() {
            let (filter, _) = Listing::filter(&self.table);
            let lines = if filter.is_empty() {
                standing(scene).explain(SourceKind::Alertmanager, super::nothing("nothing is silenced"))
            } else {
                nothing_matches(filter)
            };
            return draw_lines(&lines, area, buffer, scene);
        }
        self.table.draw(&COLUMNS, |entry| row(entry, scene), area, buffer, scene);
    }
}

fn standing(scene: &Scene<'_>) -> Standing {
    Standing::of(scene, SourceKind::Alertmanager, Feed::Silences)
}

fn entries(store: &Store, now: DateTime<Utc>) -> Vec<Entry> {
    let mut all = Vec::new();
    for source in store.of(SourceKind::Alertmanager) {
        let stale = !source.is_fresh(Feed::Silences, now);
        for silence in &*source.data.silences {
            let covers = store.covers(&source.id, &silence.id).unwrap_or(0);
            let sign = match silence.state {
                SilenceState::Expired => EXPIRED,
                _ if silence.is_acknowledgement() => ACK,
                SilenceState::Pending => PENDING,
                SilenceState::Active if covers == 0 => UNMATCHED,
                SilenceState::Active => ACTIVE,
            };
            all.push(Entry {
                subject: Subject::Silence { source: source.id.clone(), id: silence.id.clone() },
                comment: Comment::read(&silence.comment),
                acknowledges: if sign == ACK { acknowledged(silence, store) } else { String::new() },
                silence: silence.clone(),
                sign,
                covers,
                stale,
                now,
            });
        }
    }
    let order = |sign: Sign| [ACTIVE, UNMATCHED, PENDING, ACK, EXPIRED].iter().position(|have| *have == sign);
    all.sort_by_key(|entry| (order(entry.sign), entry.silence.ends_at));
    all
}

/// The alerts that an acknowledgement is of: the one by its name, many by their number.
pub fn acknowledged(silence: &Silence, store: &Store) -> String {
    let prints = silence.acknowledged();
    if let [print] = prints[..] {
        let mut alerts = store.alerts().iter().map(|listed| &listed.alert);
        if let Some(alert) = alerts.find(|alert| &*alert.fingerprint == print) {
            return format!("{} {}", alert.name, alert.subject());
        }
    }
    let named = silence.matchers.iter().find(|matcher| &*matcher.name == "alertname");
    let name = named.map_or_else(String::new, |matcher| format!("{} ", text::sanitise(&matcher.value)));
    format!("{name}{} alert{}", prints.len(), if prints.len() == 1 { "" } else { "s" })
}

fn row(entry: &Entry, scene: &Scene<'_>) -> Row {
    let covers = match entry.sign {
        ACK | EXPIRED => piece("", Role::Muted),
        _ if entry.covers == 0 => piece("nothing", Role::Muted),
        _ => piece(entry.covers.to_string(), Role::Text),
    };
    let matchers = if entry.sign == ACK { entry.acknowledges.clone() } else { entry.matchers() };
    Row {
        sign: entry.state(),
        cells: vec![
            piece(entry.sign.word, entry.sign.role),
            piece(matchers, Role::Text),
            covers,
            ends(&entry.silence, scene),
            piece(&*entry.silence.created_by, Role::Muted),
            why(&entry.comment),
        ],
        stale: entry.stale,
    }
}

/// When it ends, loud when that is soon.
fn ends(silence: &Silence, scene: &Scene<'_>) -> Piece {
    let now = scene.wall();
    let role = match silence.state {
        SilenceState::Active if silence.ends_at - now < SOON => Role::Warning,
        SilenceState::Active => Role::Text,
        _ => Role::Muted,
    };
    let words = if silence.state == SilenceState::Pending {
        format!("from {}", scene.times.short(silence.starts_at, now))
    } else if scene.times.absolute || silence.ends_at <= now {
        scene.times.short(silence.ends_at, now)
    } else {
        format!("in {}", text::age(silence.ends_at - now))
    };
    piece(words, role)
}

/// What ends it before its time, and what was said.
fn why(comment: &Comment) -> Piece {
    match comment.condition() {
        Some(condition) => piece(format!("until {condition}: {}", comment.text), Role::Muted),
        None => piece(&*comment.text, Role::Muted),
    }
}
