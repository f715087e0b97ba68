//! The incidents: one is started, or what is selected is attached to one, and it is said how far it is.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use crokey::KeyCombination;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::sheet::{draw_lines, over};
use super::{Layer, Outcome};
use crate::action::Action;
use crate::domain::feed::SourceId;
use crate::incident::{Record, Stage};
use crate::keymap::Context;
use crate::text::{age, sanitise};
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::prose::Scroll;

/// What is done with an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Start one; it is then asked what to call it.
    Start,
    /// The alerts that are meant belong to it.
    Attach(String),
    /// Note something; it is then asked what.
    Note(String),
    /// It is so far.
    Became(String, Stage),
    /// Keep its report, and copy it.
    Export(String),
    /// Leave a mark of it in a Grafana.
    Annotate(String),
    /// A mark of it was left.
    Annotated {
        /// The incident.
        incident: String,
        /// In which Grafana.
        source: SourceId,
        /// The number that it gave to the mark.
        number: Arc<str>,
    },
}

/// What is meant by what is selected or marked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meant {
    /// What to call an incident about it; empty when nothing is selected.
    pub title: String,
    /// The fingerprints of the alerts.
    pub alerts: Vec<Arc<str>>,
}

/// One incident, as a row.
#[derive(Debug)]
struct Row {
    name: String,
    title: String,
    stage: Stage,
    began: Option<DateTime<Utc>>,
    by: String,
    alerts: usize,
    /// None of the alerts that are meant is missing from it.
    has_all: bool,
}

/// The layer.
#[derive(Debug)]
pub struct Incidents {
    rows: Vec<Row>,
    meant: Meant,
    /// There is a Grafana in which a mark can be left.
    annotates: bool,
    at: usize,
    /// The incident whose steps are shown, and where among them.
    open: Option<(usize, usize)>,
    scroll: Scroll,
}

impl Incidents {
    /// These incidents, with their names; those that are not closed first, the newest before older ones.
    pub fn new<'r>(records: impl Iterator<Item = (&'r String, Record)>, meant: Meant) -> Self {
        let row = |(name, record): (&'r String, Record)| Row {
            name: name.clone(),
            title: sanitise(record.title()).into_owned(),
            stage: record.stage(),
            began: record.entries.first().map(|entry| entry.at),
            by: record.entries.first().map(|entry| sanitise(&entry.by).into_owned()).unwrap_or_default(),
            alerts: record.attached().len() + usize::from(record.opened().is_some()),
            has_all: meant.alerts.iter().all(|alert| record.has(alert)),
        };
        let mut rows: Vec<Row> = records.map(row).collect();
        rows.sort_by_key(|row| (row.stage == Stage::Closed, std::cmp::Reverse(row.began)));
        Self { rows, meant, annotates: false, at: 0, open: None, scroll: Scroll::default() }
    }

    /// The same, where a mark can be left in a Grafana, or not.
    #[must_use]
    pub const fn annotating(mut self, annotates: bool) -> Self {
        self.annotates = annotates;
        self
    }

    /// What can be done with an incident, in words.
    fn steps(&self, row: &Row) -> Vec<(String, Step)> {
        let mut all = Vec::new();
        if !self.meant.alerts.is_empty() && !row.has_all {
            let count = self.meant.alerts.len();
            let what = if count == 1 { self.meant.title.clone() } else { format!("{count} alerts") };
            all.push((format!("attach {what}"), Step::Attach(row.name.clone())));
        }
        all.push(("note something".to_owned(), Step::Note(row.name.clone())));
        let stages = [
            (Stage::Mitigated, "it is mitigated: it hurts no more"),
            (Stage::Resolved, "it is resolved: its cause is gone"),
            (Stage::Closed, "close it: all is written down"),
            (Stage::Open, "it is open again"),
        ];
        let others = stages.into_iter().filter(|(stage, _)| *stage != row.stage);
        all.extend(others.map(|(stage, words)| (words.to_owned(), Step::Became(row.name.clone(), stage))));
        all.push(("export its report, and copy it".to_owned(), Step::Export(row.name.clone())));
        if self.annotates {
            all.push(("leave a mark in Grafana".to_owned(), Step::Annotate(row.name.clone())));
        }
        all
    }

    fn lines(&self, now: DateTime<Utc>) -> Vec<Vec<Piece>> {
        let line = |is_here: bool, words: String, note: String| {
            let (bar, role) = if is_here { (glyphs::BAR, Role::Selection) } else { (" ", Role::Text) };
            let words = piece(format!(" {words}"), role);
            vec![piece(bar, Role::Accent), words, piece(format!("  {note}"), Role::Muted)]
        };
        if let Some((row, at)) = self.open {
            let steps = self.rows.get(row).map(|row| self.steps(row)).unwrap_or_default();
            let all = steps.into_iter().enumerate();
            return all.map(|(own, (words, _))| line(own == at, words, String::new())).collect();
        }
        let about =
            if self.meant.title.is_empty() { "about nothing that is selected" } else { &self.meant.title };
        let first = line(self.at == 0, "start one".to_owned(), about.to_owned());
        let rows = self.rows.iter().enumerate().map(|(own, row)| {
            let began = row.began.map(|began| format!("{} ago", age(now - began))).unwrap_or_default();
            let alerts = match row.alerts {
                0 => String::new(),
                1 => ", 1 alert".to_owned(),
                count => format!(", {count} alerts"),
            };
            let words = format!("{:9}  {}", row.stage.as_ref(), row.title);
            line(self.at == own + 1, words, format!("{began} by {}{alerts}", row.by))
        });
        [first].into_iter().chain(rows).collect()
    }

    fn chosen(&mut self) -> Outcome {
        match self.open {
            None if self.at == 0 => Outcome::Incident(Step::Start, self.meant.clone()),
            None => {
                self.open = Some((self.at - 1, 0));
                Outcome::Stay
            }
            Some((row, at)) => {
                let steps = self.rows.get(row).map(|row| self.steps(row)).unwrap_or_default();
                let step = steps.into_iter().nth(at);
                step.map_or(Outcome::Close, |(_, step)| Outcome::Incident(step, self.meant.clone()))
            }
        }
    }
}

impl Layer for Incidents {
    fn context(&self) -> Context {
        Context::Menu
    }

    fn key(&mut self, _key: KeyCombination, action: Option<Action>) -> Outcome {
        let last = match self.open {
            None => self.rows.len(),
            Some((row, _)) => self.rows.get(row).map_or(0, |row| self.steps(row).len().saturating_sub(1)),
        };
        let at = self.open.as_mut().map_or(&mut self.at, |(_, at)| at);
        match action {
            Some(Action::Down) => *at = (*at + 1).min(last),
            Some(Action::Up) => *at = at.saturating_sub(1),
            Some(Action::Top) => *at = 0,
            Some(Action::Bottom) => *at = last,
            Some(Action::Close) if self.open.is_some() => self.open = None,
            Some(Action::Close | Action::Incident) => return Outcome::Close,
            Some(Action::Open | Action::Accept) => return self.chosen(),
            _ => return Outcome::Pass,
        }
        Outcome::Stay
    }

    fn draw(&mut self, scene: &Scene<'_>, body: Rect, _footer: Rect, buffer: &mut Buffer) {
        let lines = self.lines(scene.wall());
        let (title, at) = match self.open.and_then(|(row, at)| Some((self.rows.get(row)?, at))) {
            Some((row, at)) => (format!("{}  {}", row.title, row.stage.as_ref()), at),
            None => ("Incidents".to_owned(), self.at),
        };
        let area = over(body, 90, u16::try_from(lines.len()).unwrap_or(u16::MAX));
        let room = usize::from(area.height.saturating_sub(2)).max(1);
        self.scroll.top = self.scroll.top.clamp(at.saturating_sub(room - 1), at);
        draw_lines(Title::new(title), &lines, &mut self.scroll, scene, area, buffer);
    }
}
