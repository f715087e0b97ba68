//! A short dialogue before something is done on a server: a few lines on what, the fields that it
//! takes, and what the server said when it refused. What is to be done is done one after the other.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use crokey::KeyCombination;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::annotate::Mark;
use super::incidents::{Meant, Step};
use super::sheet::{draw_lines, over};
use super::{Layer, Outcome};
use crate::action::Action;
use crate::domain::acking::acknowledge;
use crate::domain::alert::Alert;
use crate::domain::backup::GroupId;
use crate::domain::deed::{Deed, Draft, Receipt, What};
use crate::domain::drill::Drill;
use crate::domain::feed::{Failure, SourceId};
use crate::domain::routine::{Cadence, Done};
use crate::domain::silence::Silence;
use crate::domain::subject::Subject;
use crate::keymap::Context;
use crate::ui::filter;
use crate::ui::glyphs;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::form::{Field, Filled, Form};
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::prose::{Prose, Scroll, lay_out};

/// How wide the box is where there is room.
const WIDTH: u16 = 94;

/// What is to be done.
#[derive(Debug)]
pub enum Purpose {
    /// Say that one is on these alerts, server by server. The fields say how long, who and why.
    Acknowledge(Vec<(SourceId, Vec<Alert>)>),
    /// Give these silences more time. The field says how much.
    Extend(Vec<(SourceId, Silence)>),
    /// Note that a restore of these backups was tried. The fields say who, and what came of it.
    Drill(SourceId, GroupId),
    /// Leave this mark in a Grafana. The fields say what happened, and the tags.
    Annotate(SourceId, Mark),
    /// Note that this routine was worked through, with what its lines came to. The fields say who, and what
    /// they noted.
    Routine(Cadence, Vec<(Arc<str>, Arc<str>)>),
    /// This, and nothing else.
    Do(Vec<Deed>),
}

/// The layer.
#[derive(Debug)]
pub struct Dialogue {
    title: &'static str,
    about: Vec<Prose>,
    form: Form,
    purpose: Purpose,
    /// What is still to be done; the first of it is under way while `sending`.
    left: VecDeque<Deed>,
    sending: bool,
    refused: Option<String>,
    now: DateTime<Utc>,
    scroll: Scroll,
}

impl Dialogue {
    /// A dialogue about `purpose`.
    pub fn new(
        title: &'static str,
        about: Vec<Prose>,
        fields: Vec<Field>,
        purpose: Purpose,
        scene: &Scene<'_>,
    ) -> Self {
        Self {
            title,
            about,
            form: Form::new(fields),
            purpose,
            left: VecDeque::new(),
            sending: false,
            refused: None,
            now: scene.wall(),
            scroll: Scroll::default(),
        }
    }

    fn value(&self, at: usize) -> &str {
        self.form.fields.get(at).map_or("", |field| field.value().trim())
    }

    /// What the fields come to; with a fault in one of them nothing is to be done.
    fn deeds(&mut self) -> Option<Vec<Deed>> {
        if let Purpose::Do(deeds) = &self.purpose {
            return Some(deeds.clone());
        }
        if let Purpose::Annotate(source, mark) = &self.purpose {
            if self.value(0).is_empty() {
                self.fault(0, "say what happened");
                return None;
            }
            return Some(vec![mark.deed(source, self.value(0), self.value(1))]);
        }
        let Some(span) = filter::duration(self.value(0)).filter(|span| !span.is_zero()) else {
            self.fault(0, "say how long: 30m, 1h30m, 2d");
            return None;
        };
        if matches!(self.purpose, Purpose::Acknowledge(_)) {
            for (at, missing) in [(1, "say who is on it"), (2, "say what you do")] {
                if self.value(at).is_empty() {
                    self.fault(at, missing);
                }
            }
            if self.form.go_to_fault() {
                return None;
            }
        }
        let deed =
            |source: &SourceId, draft: Draft| Deed { source: source.clone(), what: What::Silence(draft) };
        Some(match &self.purpose {
            Purpose::Acknowledge(groups) => groups
                .iter()
                .map(|(source, alerts)| {
                    let alerts: Vec<&Alert> = alerts.iter().collect();
                    deed(source, acknowledge(&alerts, self.value(1), self.value(2), span, self.now))
                })
                .collect(),
            Purpose::Extend(silences) => silences
                .iter()
                .map(|(source, silence)| {
                    deed(source, Draft::of(silence).until(silence.ends_at.max(self.now) + span))
                })
                .collect(),
            Purpose::Do(_) | Purpose::Drill(..) | Purpose::Annotate(..) | Purpose::Routine(..) => Vec::new(),
        })
    }

    fn fault(&mut self, at: usize, text: &str) {
        if let Some(field) = self.form.fields.get_mut(at) {
            field.fault = Some(text.to_owned());
        }
        self.form.go_to_fault();
    }

    /// Begins, or goes on where a server refused.
    fn accept(&mut self) -> Outcome {
        if let Some(noted) = self.noted() {
            return noted;
        }
        if self.left.is_empty() {
            let Some(deeds) = self.deeds() else { return Outcome::Stay };
            self.left = deeds.into();
        }
        self.refused = None;
        self.next()
    }

    /// What is only written down here, on no server.
    fn noted(&mut self) -> Option<Outcome> {
        let (by, note, at) = (Arc::from(self.value(0)), Arc::from(self.value(1)), self.now);
        let noted = match &self.purpose {
            Purpose::Drill(source, group) => {
                let (source, group) = (source.clone(), group.clone());
                Outcome::Drilled(Drill { source, group, at, by, took: None, note })
            }
            Purpose::Routine(routine, lines) => {
                Outcome::Worked(Done { routine: *routine, at, by, note, lines: lines.clone() })
            }
            _ => return None,
        };
        if self.value(0).is_empty() {
            self.fault(0, "say who did it");
            return Some(Outcome::Stay);
        }
        Some(noted)
    }

    fn next(&mut self) -> Outcome {
        match self.left.front() {
            Some(deed) => {
                self.sending = true;
                Outcome::Call(deed.clone())
            }
            None => Outcome::Close,
        }
    }
}

/// The task that a deed began.
fn started(deed: &Deed, receipt: &Receipt) -> Option<Subject> {
    let What::Chore(chore) = &deed.what else { return None };
    chore.is_task().then(|| Subject::Task { source: deed.source.clone(), upid: Arc::clone(&receipt.id) })
}

impl Layer for Dialogue {
    fn context(&self) -> Context {
        if self.form.fields.is_empty() || self.sending { Context::Confirm } else { Context::Form }
    }

    fn key(&mut self, key: KeyCombination, action: Option<Action>) -> Outcome {
        match action {
            Some(Action::Quit) => Outcome::Pass,
            // Until the server has answered nobody knows whether it is done.
            _ if self.sending => Outcome::Stay,
            Some(Action::Close) => Outcome::Close,
            Some(Action::Accept) => self.accept(),
            Some(action) if self.form.fields.is_empty() => {
                self.scroll.act(action);
                Outcome::Stay
            }
            action => {
                // What is typed anew is to be done anew.
                if self.form.key(key, action) == Filled::Changed {
                    self.left.clear();
                }
                Outcome::Stay
            }
        }
    }

    fn paste(&mut self, text: &str) -> Option<Outcome> {
        if !self.sending {
            self.form.paste(text);
        }
        Some(Outcome::Stay)
    }

    fn draw(&mut self, scene: &Scene<'_>, body: Rect, _footer: Rect, buffer: &mut Buffer) {
        self.now = scene.wall();
        let mut about = Vec::new();
        if let Some(refused) = &self.refused {
            let text = format!("{} {refused}", glyphs::FAILED);
            about.extend([Prose::Line(vec![piece(text, Role::Critical)]), Prose::Blank]);
        }
        about.extend(self.about.iter().cloned());
        let inner = over(body, WIDTH, 0).width.saturating_sub(4);
        let mut lines = lay_out(&about, inner);
        let fields = self.form.height();
        let mut gap = u16::from(fields > 0);
        let needs = |lines: usize| u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(fields + 2);
        // Where room is scarce words come before the blanks between them.
        if needs(lines.len()).saturating_add(gap) > body.height {
            lines.retain(|line| !line.is_empty());
            gap = gap.min(body.height.saturating_sub(needs(lines.len())));
        }
        let count = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let area = over(body, WIDTH, count.saturating_add(fields + gap));
        let mut title = Title::new(self.title);
        if self.sending {
            title.right.push(piece("telling the server", Role::Accent));
        }
        draw_lines(title, &[], &mut Scroll::default(), scene, area, buffer);
        let inside = Rect::new(area.x + 2, area.y + 1, inner, area.height.saturating_sub(2));
        // The fields are what one is here for: they keep their room.
        let above = inside.height.saturating_sub(fields + gap).max(inside.height.min(1)).min(count);
        let above = if fields == 0 { inside.height } else { above };
        self.scroll.draw(&lines, Rect { height: above, ..inside }, buffer, scene);
        let y = (inside.y + above + gap).min(inside.bottom());
        self.form.draw(Rect { y, height: inside.bottom() - y, ..inside }, scene, buffer);
    }

    fn awaits(&self) -> bool {
        self.sending
    }

    fn done(&mut self, result: &Result<Receipt, Failure>) -> Outcome {
        self.sending = false;
        match result {
            Ok(receipt) => {
                let done = self.left.pop_front();
                if let Purpose::Annotate(source, Mark { incident: Some(incident), .. }) = &self.purpose {
                    let (incident, source) = (incident.clone(), source.clone());
                    let step = Step::Annotated { incident, source, number: Arc::clone(&receipt.id) };
                    return Outcome::Incident(step, Meant::default());
                }
                match (done.and_then(|deed| started(&deed, receipt)), self.left.is_empty()) {
                    (Some(task), true) => Outcome::Show(task),
                    _ => self.next(),
                }
            }
            Err(failure) => {
                self.refused = Some(failure.text.to_string());
                Outcome::Stay
            }
        }
    }
}
