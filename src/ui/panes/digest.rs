//! The digest: what happened since the operator last looked, the newest first.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Listing, Pane, draw_lines, join_notes, nothing, nothing_matches};
use crate::action::Action;
use crate::domain::digest::{self, DAY, Digest, Happening, LONGEST};
use crate::domain::feed::SourceKind;
use crate::domain::health::Health;
use crate::domain::question::Ask;
use crate::domain::slo::Window;
use crate::domain::subject::Subject;
use crate::text;
use crate::ui::filter::Hay;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::columns::{Column, EXTRA};
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::sign::{self, Sign};
use crate::ui::widgets::table::{Item, Row, Table};

const COLUMNS: [Column; 5] = [
    Column::number("at", 0, 12),
    Column::word("kind", 2, 7),
    Column::text("what", 0, 16, 48),
    Column::text("came to", 0, 22, 60),
    Column::text("by", EXTRA, 4, 16),
];

/// How far may be looked back, beside to the last look.
const SPANS: [TimeDelta; 4] = [DAY, TimeDelta::days(3), TimeDelta::days(7), LONGEST];

/// Something that happened, or that nobody can say.
#[derive(Debug)]
struct Entry {
    identity: Subject,
    one: Result<Happening, Arc<str>>,
}

impl Hay for Entry {
    fn text(&self) -> Cow<'_, str> {
        match &self.one {
            Ok(one) => format!("{} {} {} {}", one.kind, one.what, one.came_to, one.by).into(),
            Err(why) => format!("unknown {why}").into(),
        }
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        let one = self.one.as_ref().ok()?;
        match name {
            "kind" => Some(one.kind.as_ref().into()),
            "by" => Some(Cow::from(&*one.by)),
            "what" => Some(Cow::from(&*one.what)),
            _ => None,
        }
    }
}

impl Item for Entry {
    fn subject(&self) -> &Subject {
        &self.identity
    }

    fn state(&self) -> Sign {
        match &self.one {
            Ok(one) => sign::of_health(one.health),
            Err(_) => sign::UNKNOWN,
        }
    }
}

/// The pane.
#[derive(Debug, Default)]
pub struct Past {
    table: Table<Entry>,
    /// Which span; `None` is since the last look.
    span: Option<usize>,
}

impl Past {
    /// The time that is told of: whole minutes, so that it stays the same for a while.
    fn window(&self, scene: &Scene<'_>) -> Window {
        let minute =
            |at: DateTime<Utc>| DateTime::from_timestamp(at.timestamp().div_euclid(60) * 60, 0).unwrap_or(at);
        let to = minute(scene.wall());
        let from = match self.span.and_then(|at| SPANS.get(at)) {
            Some(span) => to - *span,
            None => scene.store.looked.map_or(to - DAY, |looked| minute(looked.from)),
        };
        Window { from: from.min(to - TimeDelta::minutes(1)), to }
    }

    fn digest(&self, scene: &Scene<'_>) -> Digest {
        let known = |ask: &Ask| scene.answers.get(ask);
        digest::digest(scene.store, self.window(scene), &known, &scene.store.ran, scene.wall())
    }
}

/// What tells a row from every other.
fn identity(one: &Happening) -> Subject {
    Subject::Past { kind: one.kind, what: Arc::clone(&one.what), at: one.at }
}

fn entries(digest: Digest) -> Vec<Entry> {
    let unknown = digest.unknown.into_iter().map(|why| {
        let (kind, at) = (digest::Kind::Gap, DateTime::UNIX_EPOCH);
        Entry { identity: Subject::Past { kind, what: Arc::clone(&why), at }, one: Err(why) }
    });
    let happened = digest.happened.into_iter().map(|one| Entry { identity: identity(&one), one: Ok(one) });
    unknown.chain(happened).collect()
}

impl Pane for Past {
    fn title(&self, scene: &Scene<'_>) -> Title {
        let count = |health: Health| {
            let bad = |entry: &&Entry| entry.one.as_ref().is_ok_and(|one| one.health == health);
            self.table.items().iter().filter(bad).count()
        };
        let unknown = self.table.items().iter().filter(|entry| entry.one.is_err()).count();
        let all = self.table.items().len() - unknown;
        let things = if all == 1 { "thing" } else { "things" };
        let warnings = count(Health::Warning);
        let mut counts = vec![piece(format!("{all} {things}"), Role::Muted)];
        for (count, word, role) in [
            (count(Health::Critical), "still critical", Role::Critical),
            (warnings, if warnings == 1 { "warning" } else { "warnings" }, Role::Warning),
            (unknown, "unknown", Role::Unknown),
        ] {
            if count > 0 {
                counts.push(piece(format!(" {count} {word}"), role));
            }
        }
        let mut right = self.table.notes();
        let window = self.window(scene);
        let since = match self.span {
            None => format!("since you looked, {} ago", text::age(scene.wall() - window.from)),
            Some(_) => format!("the last {}", text::age(window.to - window.from)),
        };
        join_notes(&mut right, vec![piece(since, Role::Muted)]);
        Title { short: counts.clone(), counts, right, ..Title::new("Digest") }
    }

    fn made_of(&self) -> &'static [SourceKind] {
        &[SourceKind::Prometheus, SourceKind::Alertmanager, SourceKind::Pbs]
    }

    fn refresh(&mut self, scene: &Scene<'_>) {
        let digest = self.digest(scene);
        self.table.offer(entries(digest), scene.held);
    }

    fn wants(&self, scene: &Scene<'_>) -> Vec<Ask> {
        digest::asks(scene.store, self.window(scene))
    }

    fn list(&self) -> Option<&dyn Listing> {
        Some(&self.table)
    }

    fn list_mut(&mut self) -> Option<&mut dyn Listing> {
        Some(&mut self.table)
    }

    fn act(&mut self, action: Action, scene: &Scene<'_>) -> bool {
        self.span = match (action, self.span) {
            (Action::Longer, None) => Some(0),
            (Action::Longer, Some(at)) => Some((at + 1).min(SPANS.len() - 1)),
            (Action::Shorter, Some(at)) => at.checked_sub(1),
            (Action::Shorter, None) => None,
            _ => return self.table.act(action),
        };
        self.refresh(scene);
        true
    }

    fn subject(&self, _scene: &Scene<'_>) -> Option<Subject> {
        self.table.selected()?.one.as_ref().ok()?.subject.clone()
    }

    fn draw(&mut self, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        if self.table.is_empty() {
            let (filter, _) = Listing::filter(&self.table);
            let lines = if filter.is_empty() {
                vec![nothing("nothing happened: no alert, no reboot, no backup, no silence, no action")]
            } else {
                nothing_matches(filter)
            };
            return draw_lines(&lines, area, buffer, scene);
        }
        self.table.draw(&COLUMNS, |entry| row(entry, scene), area, buffer, scene);
    }
}

fn row(entry: &Entry, scene: &Scene<'_>) -> Row {
    let sign = entry.state();
    let muted = |text: &str| piece(text.to_owned(), Role::Muted);
    let cells: Vec<Piece> = match &entry.one {
        Ok(one) => {
            let came = if one.health == Health::Ok { Role::Text } else { sign.role };
            vec![
                muted(&scene.times.short(one.at, scene.wall())),
                muted(one.kind.as_ref()),
                piece(&*one.what, Role::Text),
                piece(&*one.came_to, came),
                muted(&one.by),
            ]
        }
        Err(why) => {
            let (what, why) = why.split_once(": ").unwrap_or(("", why));
            vec![muted(""), muted("unknown"), piece(what, Role::Text), piece(why, Role::Unknown), muted("")]
        }
    };
    Row { sign, cells, stale: false }
}
