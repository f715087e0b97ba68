//! A silence in the making: its matchers, how long, who and why; what it would hide now and would
//! have hidden before; and only then, after one more look, it is made.

mod fields;
mod preview;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use crokey::{KeyCombination, OneToThree};
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::sheet::{draw_lines, draw_sheet, over};
use super::{Layer, Outcome};
use crate::action::Action;
use crate::domain::alert::Alert;
use crate::domain::amtool;
use crate::domain::deed::{Deed, Draft, Receipt, What};
use crate::domain::feed::{Failure, SourceId, SourceKind};
use crate::domain::labels::Labels;
use crate::domain::question::Ask;
use crate::domain::silencing::{Review, review};
use crate::domain::sites;
use crate::domain::store::Store;
use crate::keymap::Context;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::form::Filled;
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::prose::{Scroll, lay_out};
use fields::Fields;

/// How wide the box is where there is room.
const WIDTH: u16 = 114;

/// How far one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The fields are filled in.
    Filling,
    /// All is shown once more. `sure`: what speaks against it was seen.
    Confirming { sure: bool },
    /// The server was told, and has not answered.
    Sending,
}

/// The layer.
#[derive(Debug)]
pub struct Compose {
    /// The Alertmanager that keeps it, and its address for other tools.
    source: SourceId,
    url: String,
    /// The silence that is changed.
    id: Option<Arc<str>>,
    /// The alerts that it is made for, with their labels as they were when they were chosen.
    meant: Option<Vec<(Arc<str>, Labels)>>,
    fields: Fields,
    stage: Stage,
    /// What the server had against it, where no field is to blame.
    refused: Option<String>,
    /// The draft as last drawn, and what it would do.
    draft: Option<Draft>,
    review: Review,
    now: DateTime<Utc>,
    scroll: Scroll,
}

impl Compose {
    /// A silence like `draft`, at `source`. `meant`: the alerts that it is made for.
    pub fn new(source: SourceId, draft: &Draft, meant: Option<&[&Alert]>, scene: &Scene<'_>) -> Self {
        let now = scene.wall();
        Self {
            url: "http://localhost:9093".to_owned(),
            id: draft.id.clone(),
            fields: Fields::of(draft, meant.unwrap_or_default(), scene.store, now),
            meant: meant.map(|alerts| {
                let known = alerts.iter().map(|alert| (Arc::clone(alert.key()), alert.labels.clone()));
                known.collect()
            }),
            source,
            stage: Stage::Filling,
            refused: None,
            draft: None,
            review: Review::default(),
            now,
            scroll: Scroll::default(),
        }
    }

    /// The alerts that it is made for, by their identity. One that was chosen before any
    /// Alertmanager had it has another by now, and the labels that Prometheus adds on the way.
    fn meant(&self, store: &Store) -> Option<Vec<Arc<str>>> {
        let externals: Vec<&Labels> =
            store.of(SourceKind::Prometheus).filter_map(|source| source.data.external.as_ref()).collect();
        let is_routed = |alert: &Alert, chosen: &Labels| {
            let added = |name: &str, value: &str| externals.iter().any(|all| all.get(name) == Some(value));
            alert.labels.contains(chosen)
                && alert
                    .labels
                    .iter()
                    .all(|(name, value)| chosen.get(name) == Some(value) || added(name, value))
        };
        let meant = self.meant.as_ref()?;
        let is_meant = |alert: &Alert| {
            meant.iter().any(|(known, labels)| alert.key() == known || is_routed(alert, labels))
        };
        let site = store.site_of(&self.source);
        let listed = store.alerts().iter().map(|listed| &listed.alert);
        let near = listed.filter(|alert| sites::meet(alert.site(), site));
        Some(near.filter(|alert| is_meant(alert)).map(|alert| Arc::clone(alert.key())).collect())
    }

    /// The draft as the fields stand. Without one they say what is wrong.
    fn read(&mut self) -> Option<Draft> {
        let mut draft = self.fields.read(self.now)?;
        draft.id.clone_from(&self.id);
        Some(draft)
    }

    /// Done with the fields: on to the last look, unless something is wrong.
    fn accept(&mut self) -> Outcome {
        self.draft = self.read();
        if self.draft.is_none() {
            self.fields.form.go_to_fault();
        } else {
            self.scroll = Scroll::default();
            self.stage = Stage::Confirming { sure: false };
        }
        Outcome::Stay
    }

    /// Makes it, or asks once more when something speaks against it.
    fn make(&mut self, sure: bool) -> Outcome {
        if !sure && !self.review.doubts.is_empty() {
            self.stage = Stage::Confirming { sure: true };
            return Outcome::Stay;
        }
        // By the clock of now, not of when the fields were done.
        let Some(draft) = self.read() else {
            self.stage = Stage::Filling;
            return Outcome::Stay;
        };
        self.stage = Stage::Sending;
        Outcome::Call(Deed { source: self.source.clone(), what: What::Silence(draft) })
    }

    fn key_filling(&mut self, key: KeyCombination, action: Option<Action>) -> Outcome {
        if action.is_none() && self.fields.is_at_span() {
            let longer = match key.codes {
                OneToThree::One(KeyCode::Char('+')) => Some(true),
                OneToThree::One(KeyCode::Char('-')) => Some(false),
                _ => None,
            };
            if let Some(longer) = longer {
                self.fields.step_span(longer);
                return Outcome::Stay;
            }
        }
        match self.fields.form.key(key, action) {
            Filled::Done => self.accept(),
            Filled::Changed => {
                self.refused = None;
                self.fields.keep_a_blank();
                Outcome::Stay
            }
            Filled::Moved => Outcome::Stay,
            Filled::Pass if action == Some(Action::Close) => Outcome::Close,
            Filled::Pass => Outcome::Pass,
        }
    }

    fn title(&self) -> Title {
        let name = if self.id.is_some() { "Change silence" } else { "Silence" };
        let counts = vec![piece(self.source.to_string(), Role::Muted)];
        Title { short: counts.clone(), counts, ..Title::new(name) }
    }

    fn draw_filling(&mut self, scene: &Scene<'_>, body: Rect, buffer: &mut Buffer) {
        let inner = over(body, WIDTH, 0).width.saturating_sub(4);
        let told = preview::brief(self, scene);
        let lines = lay_out(&told, inner.saturating_sub(2));
        let count = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let area = over(body, WIDTH, self.fields.form.height().saturating_add(count).saturating_add(1));
        draw_lines(self.title(), &[], &mut Scroll::default(), scene, area, buffer);
        let inside = Rect::new(area.x + 2, area.y + 1, inner, area.height.saturating_sub(2));
        // The fields come first; what they come to gets the rest, and two lines at least.
        let below = (inside.height.saturating_sub(self.fields.form.height() + 1)).max(2.min(count));
        let above = inside.height.saturating_sub(below);
        self.fields.form.draw(Rect { height: above, ..inside }, scene, buffer);
        let y = (inside.y + self.fields.form.height() + 1).min(inside.y + above);
        let rest = Rect::new(inside.x + 2, y, inner.saturating_sub(2), inside.bottom().saturating_sub(y));
        Scroll::default().draw(&lines, rest, buffer, scene);
    }
}

impl Layer for Compose {
    fn context(&self) -> Context {
        match self.stage {
            Stage::Filling => Context::Form,
            Stage::Confirming { .. } | Stage::Sending => Context::Confirm,
        }
    }

    fn key(&mut self, key: KeyCombination, action: Option<Action>) -> Outcome {
        match (self.stage, action) {
            (Stage::Filling, _) => self.key_filling(key, action),
            (_, Some(Action::Quit)) => Outcome::Pass,
            (_, Some(Action::Copy)) => match &self.draft {
                Some(draft) => Outcome::Copy(amtool::line(draft, &self.url, self.now)),
                None => Outcome::Stay,
            },
            (Stage::Confirming { sure }, Some(Action::Accept)) => self.make(sure),
            (Stage::Confirming { .. }, Some(Action::Close)) => {
                self.stage = Stage::Filling;
                Outcome::Stay
            }
            (Stage::Confirming { .. }, Some(action)) => {
                self.scroll.act(action);
                Outcome::Stay
            }
            // Until the server has answered nobody knows whether it is made.
            _ => Outcome::Stay,
        }
    }

    fn paste(&mut self, text: &str) -> Option<Outcome> {
        if self.stage == Stage::Filling {
            self.fields.form.paste(text);
            self.fields.keep_a_blank();
        }
        Some(Outcome::Stay)
    }

    fn draw(&mut self, scene: &Scene<'_>, body: Rect, _footer: Rect, buffer: &mut Buffer) {
        self.now = scene.wall();
        if self.stage == Stage::Filling {
            self.draft = self.fields.peek(self.now);
        }
        let peers = scene.store.source(&self.source).map(|source| &source.data.peers);
        if let Some(peer) = peers.and_then(|peers| peers.first()) {
            self.url = peer.url.to_string();
        }
        if let Some(draft) = &self.draft {
            let meant = self.meant(scene.store);
            self.review = review(draft, &self.source, meant.as_deref(), scene.store, self.now);
        }
        match self.stage {
            Stage::Filling => self.draw_filling(scene, body, buffer),
            Stage::Confirming { sure } => {
                let told = preview::whole(self, sure, scene);
                draw_sheet(self.title(), &told, &mut self.scroll, scene, body, buffer);
            }
            Stage::Sending => {
                let told = preview::whole(self, true, scene);
                let mut title = self.title();
                title.right.push(piece("telling the server", Role::Accent));
                draw_sheet(title, &told, &mut self.scroll, scene, body, buffer);
            }
        }
    }

    fn wants(&self, scene: &Scene<'_>) -> Vec<Ask> {
        self.draft.as_ref().map_or_else(Vec::new, |draft| preview::asks(draft, scene))
    }

    fn has_command(&self) -> bool {
        true
    }

    fn awaits(&self) -> bool {
        self.stage == Stage::Sending
    }

    fn done(&mut self, result: &Result<Receipt, Failure>) -> Outcome {
        let Err(failure) = result else { return Outcome::Close };
        self.stage = Stage::Filling;
        if !self.fields.blame(&failure.text) {
            self.refused = Some(failure.text.to_string());
        }
        Outcome::Stay
    }
}
