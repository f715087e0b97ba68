//! A line that is typed and taken with Enter: a query, or a time to go to. It is checked and
//! completed by the server while it is typed.

use std::sync::Arc;

use crokey::{KeyCombination, OneToThree};
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use tui_input::{Input, InputRequest};

use super::{Layer, Outcome};
use crate::action::Action;
use crate::domain::feed::SourceId;
use crate::domain::question::{Answer, Ask, Known, Question};
use crate::keymap::Context;
use crate::text;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::paint::{blank, put, put_pieces};
use crate::ui::widgets::typing::request;

/// What is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// LogQL, for this Loki.
    Query(SourceId),
    /// A time to go to.
    Time,
    /// A file to write.
    File,
    /// A note at a step of a procedure.
    Note,
    /// What a new incident is called, or a note in one.
    Incident {
        /// The incident; `None` starts one.
        incident: Option<String>,
        /// The fingerprints of the alerts that belong to it from the start.
        alerts: Vec<Arc<str>>,
    },
    /// What stands for a placeholder.
    Value {
        /// Its name.
        name: String,
        /// What its values look like.
        expects: String,
    },
}

impl Purpose {
    /// Whether what is typed is kept with an incident.
    pub const fn is_of_incidents(&self) -> bool {
        matches!(self, Self::Note | Self::Value { .. } | Self::Incident { .. })
    }
}

/// The layer.
#[derive(Debug)]
pub struct Entry {
    purpose: Purpose,
    input: Input,
    /// What was typed before, the newest last.
    history: Vec<String>,
    /// Which of it is shown, from the end.
    back: usize,
    /// What may stand at the cursor, as far as it is known.
    offered: Vec<Arc<str>>,
}

impl Entry {
    /// An entry that begins with `text`.
    pub fn new(purpose: Purpose, text: &str, history: Vec<String>) -> Self {
        Self { purpose, input: Input::new(text.to_owned()), history, back: 0, offered: Vec::new() }
    }

    /// The same, with words that may stand there.
    #[must_use]
    pub fn offering(mut self, offered: Vec<Arc<str>>) -> Self {
        self.offered = offered;
        self
    }

    /// The word at the cursor, and the label whose value it is, if it is one.
    fn word(&self) -> (String, Option<String>) {
        let before: String = self.input.value().chars().take(self.input.cursor()).collect();
        // Values hold colons and slashes: `main:backup/vm/102/2025-11-06T02:00:03Z`.
        let more: &[char] = if self.is_value() { &[':', '/', '@'] } else { &[] };
        let is_word =
            |char: char| char.is_alphanumeric() || matches!(char, '_' | '-' | '.') || more.contains(&char);
        let quotes = before.matches('"').count();
        if quotes % 2 == 1
            && let Some((head, value)) = before.rsplit_once('"')
        {
            let name: String = head
                .trim_end_matches(['=', '~', '!', ' '])
                .chars()
                .rev()
                .take_while(|char| is_word(*char))
                .collect();
            return (value.to_owned(), Some(name.chars().rev().collect()));
        }
        let word: String = before.chars().rev().take_while(|char| is_word(*char)).collect();
        (word.chars().rev().collect(), None)
    }

    const fn is_value(&self) -> bool {
        matches!(self.purpose, Purpose::Value { .. })
    }

    fn offers(&self) -> Option<Ask> {
        let Purpose::Query(source) = &self.purpose else { return None };
        let (_, label) = self.word();
        let question = label.map_or(Question::Labels, |label| Question::LabelValues(label.into()));
        Some(Ask { slot: "entry.offers".into(), source: source.clone(), question })
    }

    fn check(&self) -> Option<Ask> {
        let Purpose::Query(source) = &self.purpose else { return None };
        let query = self.input.value().trim();
        let question = Question::Check(query.into());
        (!query.is_empty()).then(|| Ask { slot: "entry.check".into(), source: source.clone(), question })
    }

    /// Those of the offered words that go on from what is typed.
    fn fitting(&self) -> Vec<&str> {
        let (word, _) = self.word();
        self.offered.iter().map(|offered| &**offered).filter(|offered| offered.starts_with(&word)).collect()
    }

    /// Types what all fitting words have in common.
    fn complete(&mut self) {
        let (word, _) = self.word();
        let fitting = self.fitting();
        let Some(first) = fitting.first() else { return };
        let common = first
            .char_indices()
            .map(|(at, char)| at + char.len_utf8())
            .take_while(|end| {
                let head = first.get(..*end).unwrap_or_default();
                fitting.iter().all(|other| other.starts_with(head))
            })
            .last()
            .unwrap_or(0);
        let more: String = first.get(word.len()..common).unwrap_or_default().to_owned();
        for char in more.chars() {
            self.input.handle(InputRequest::InsertChar(char));
        }
    }

    fn recall(&mut self, older: bool) {
        self.back = if older { (self.back + 1).min(self.history.len()) } else { self.back.saturating_sub(1) };
        let recalled = self.history.len().checked_sub(self.back).and_then(|at| self.history.get(at));
        self.input = Input::new(recalled.cloned().unwrap_or_default());
    }
}

impl Layer for Entry {
    fn context(&self) -> Context {
        Context::Prompt
    }

    fn key(&mut self, key: KeyCombination, action: Option<Action>) -> Outcome {
        match (action, key.codes) {
            (Some(Action::Accept), _) => {
                Outcome::Entered(self.purpose.clone(), self.input.value().trim().to_owned())
            }
            (Some(Action::Close), _) => Outcome::Close,
            (_, OneToThree::One(KeyCode::Tab)) => {
                self.complete();
                Outcome::Stay
            }
            (_, OneToThree::One(KeyCode::Up)) => {
                self.recall(true);
                Outcome::Stay
            }
            (_, OneToThree::One(KeyCode::Down)) => {
                self.recall(false);
                Outcome::Stay
            }
            (Some(_), _) => Outcome::Pass,
            (None, _) => {
                if let Some(request) = request(key) {
                    self.input.handle(request);
                }
                Outcome::Stay
            }
        }
    }

    fn paste(&mut self, text: &str) -> Option<Outcome> {
        for char in text::sanitise(text).chars() {
            self.input.handle(InputRequest::InsertChar(char));
        }
        Some(Outcome::Stay)
    }

    fn wants(&self, _scene: &Scene<'_>) -> Vec<Ask> {
        self.offers().into_iter().chain(self.check()).collect()
    }

    fn draw(&mut self, scene: &Scene<'_>, body: Rect, footer: Rect, buffer: &mut Buffer) {
        if let Some(ask) = self.offers() {
            match scene.answers.get(&ask) {
                Known::Answer(Answer::Names(names)) => self.offered = names.to_vec(),
                _ => self.offered.clear(),
            }
        }
        blank(buffer, footer, scene);
        let lead = match &self.purpose {
            Purpose::Query(_) => " LogQL ".to_owned(),
            Purpose::Time => " go to ".to_owned(),
            Purpose::File => " write to ".to_owned(),
            Purpose::Note => " note ".to_owned(),
            Purpose::Incident { incident: Some(incident), .. } => format!(" note in {incident} "),
            Purpose::Incident { incident: None, .. } => " what is wrong ".to_owned(),
            Purpose::Value { name, .. } => format!(" <{name}> "),
        };
        let x = footer.x + put(buffer, (footer.x, footer.y), &lead, footer.width, scene.style(Role::Accent));
        let room = footer.right().saturating_sub(x);
        let scroll = self.input.visual_scroll(usize::from(room).saturating_sub(1));
        let shown: String = self.input.value().chars().skip(scroll).collect();
        put(buffer, (x, footer.y), &shown, room, scene.style(Role::Text));
        let cell = |at: usize| {
            u16::try_from(at.saturating_sub(scroll)).unwrap_or(u16::MAX).min(room.saturating_sub(1))
        };
        let cursor =
            Rect::new(x + cell(self.input.visual_cursor()), footer.y, 1, 1).intersection(buffer.area);
        buffer.set_style(cursor, scene.style(Role::Accent).add_modifier(Modifier::REVERSED));
        // What is wrong stands above, under it a caret at the place; else what may follow.
        if body.height < 4 {
            return;
        }
        let line = Rect { y: body.bottom() - 1, height: 1, ..body };
        let wrong = self.check().and_then(|ask| match scene.answers.get(&ask) {
            Known::Answer(Answer::Checked(wrong)) => wrong.clone(),
            _ => None,
        });
        blank(buffer, line, scene);
        if let Some(wrong) = wrong {
            put(
                buffer,
                (line.x + 1, line.y),
                &wrong.text,
                line.width.saturating_sub(1),
                scene.style(Role::Warning),
            );
            if let Some(at) = wrong.at {
                let place = Rect::new(x + cell(at), footer.y, 1, 1).intersection(buffer.area);
                buffer.set_style(
                    place,
                    scene.style(Role::Warning).add_modifier(Modifier::UNDERLINED | Modifier::BOLD),
                );
            }
        } else {
            let words = match &self.purpose {
                Purpose::Note | Purpose::Incident { .. } => {
                    vec![piece("it is kept with the incident", Role::Muted)]
                }
                Purpose::Value { expects, .. } if self.offered.is_empty() => {
                    vec![piece(expects.clone(), Role::Muted)]
                }
                Purpose::Query(_) | Purpose::Value { .. } => {
                    let fitting = self.fitting();
                    let offered: Vec<&str> = fitting.iter().take(20).copied().collect();
                    vec![piece("Tab ", Role::Key), piece(offered.join("  "), Role::Muted)]
                }
                Purpose::Time => vec![piece("14:02, 2026-11-13 14:02, or -2h", Role::Muted)],
                Purpose::File => {
                    vec![piece("the lines that are shown, as text; in .jsonl as JSON", Role::Muted)]
                }
            };
            put_pieces(buffer, (line.x + 1, line.y), &words, line.width.saturating_sub(1), scene);
        }
    }
}
