//! What a run says, as it says it: followed, searched, stopped; and how it ended.

use crokey::KeyCombination;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::sheet::draw_lines;
use super::{Layer, Outcome};
use crate::action::Action;
use crate::domain::feed::SourceKind;
use crate::domain::run::{Run, Stream};
use crate::keymap::Context;
use crate::text;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::paint::width;
use crate::ui::widgets::prose::{Prose, Scroll, lay_out};

/// Said nothing for so many seconds, a run is noted to be idle.
const IDLE: u64 = 30;

/// The layer.
#[derive(Debug)]
pub struct Output {
    id: u64,
    scroll: Scroll,
    /// The end is shown, however much comes.
    follows: bool,
    /// The run went on when it was last drawn.
    is_live: bool,
    asks_terminal: bool,
}

impl Output {
    /// The output of a run.
    pub fn new(id: u64) -> Self {
        Self { id, scroll: Scroll::default(), follows: true, is_live: true, asks_terminal: false }
    }
}

impl Layer for Output {
    fn context(&self) -> Context {
        Context::Output
    }

    fn key(&mut self, key: KeyCombination, action: Option<Action>) -> Outcome {
        match action {
            Some(Action::Close) if !self.scroll.search.is_empty() => {
                self.scroll.set_search("");
                Outcome::Stay
            }
            Some(Action::Close | Action::Open) => Outcome::Close,
            Some(Action::Stop) if self.is_live => Outcome::Stop(self.id),
            // It is for what runs, as in every shell; when nothing does, it leaves.
            Some(Action::Quit) if self.is_live && key == crokey::key!(ctrl - c) => Outcome::Stop(self.id),
            Some(Action::HandOver) if self.asks_terminal => Outcome::HandOver(self.id),
            Some(Action::Place) if self.asks_terminal => Outcome::Place(self.id),
            Some(Action::Actions) if !self.is_live => Outcome::Annotate(self.id),
            Some(action) if self.scroll.act(action) => {
                self.follows = self.scroll.top >= self.scroll.last_top();
                Outcome::Stay
            }
            _ => Outcome::Pass,
        }
    }

    fn draw(&mut self, scene: &Scene<'_>, body: Rect, _footer: Rect, buffer: &mut Buffer) {
        let Some(run) = scene.runs.get(self.id) else {
            let told = lay_out(&[Prose::plain("This run is no longer remembered.")], body.width);
            draw_lines(Title::new("Output"), &told, &mut self.scroll, scene, body, buffer);
            return;
        };
        self.is_live = run.is_live();
        self.asks_terminal = run.end.as_ref().is_some_and(|end| end.asks_terminal);
        let told = lines(run, scene, body.width.saturating_sub(4));
        if self.follows && self.scroll.search.is_empty() {
            self.scroll.top = told.len().saturating_sub(usize::from(body.height.saturating_sub(2)));
        }
        draw_lines(title(run, scene, body.width), &told, &mut self.scroll, scene, body, buffer);
        if self.follows && self.scroll.search.is_empty() {
            self.scroll.top = self.scroll.last_top();
        }
    }

    fn text(&mut self) -> Option<&mut Scroll> {
        Some(&mut self.scroll)
    }
}

/// What runs where, and how it is with it: of the first less where there is little room.
fn title(run: &Run, scene: &Scene<'_>, cells: u16) -> Title {
    let mut counts = Vec::new();
    let now = scene.now.mono;
    if let Some(end) = &run.end {
        let role = if end.is_well(run.order.is_follow) { Role::Ok } else { Role::Critical };
        counts.push(piece(end.words(), role));
        counts.push(piece(format!(" in {}", text::took(end.took.as_secs_f64())), Role::Muted));
    } else {
        let word = if run.is_stopping { "is being stopped" } else { "runs" };
        let since = now.saturating_sub(run.began).as_secs();
        counts.push(piece(format!("{word}, {since}s"), Role::Accent));
        let quiet = now.saturating_sub(run.heard).as_secs();
        if quiet >= IDLE {
            counts.push(piece(format!(", silent for {quiet}s"), Role::Warning));
        }
    }
    let here = run.order.host == "localhost";
    let place = if here { "this machine" } else { run.order.host.as_str() };
    // What the frame puts around a title.
    let taken = usize::from(width(&counts)) + 10;
    let name = format!("{} on {place}", run.order.title);
    let name = text::truncate(&name, usize::from(cells).saturating_sub(taken));
    Title { short: counts.clone(), counts, ..Title::new(name) }
}

fn lines(run: &Run, scene: &Scene<'_>, cells: u16) -> Vec<Vec<Piece>> {
    let mut told: Vec<Vec<Piece>> = Vec::with_capacity(run.lines.len() + 8);
    for line in run.order.text.lines() {
        told.push(vec![piece("$ ", Role::Muted), piece(line, Role::Accent)]);
    }
    if run.dropped > 0 {
        told.push(vec![piece(format!("({} lines before these are not kept)", run.dropped), Role::Warning)]);
    }
    let role = |stream| if stream == Stream::Err { Role::Warning } else { Role::Text };
    told.extend(run.lines.iter().map(|line| vec![piece(&*line.text, role(line.stream))]));
    told.extend(run.open.iter().map(|open| vec![piece(&**open, Role::Text)]));
    let mut foot = hints(run);
    if let Some(end) = &run.end {
        foot.extend(end.trouble.iter().map(|why| Prose::Line(vec![piece(why.clone(), Role::Critical)])));
        foot.extend(end.left.iter().map(|left| Prose::Line(vec![piece(left.clone(), Role::Critical)])));
        if end.asks_terminal {
            let key = scene.keymap.hint(Action::HandOver, Context::Output).unwrap_or_default();
            let offer = " hands the terminal over to it: it asked for one";
            foot.push(Prose::Line(vec![piece(key, Role::Key), piece(offer, Role::Text)]));
            let key = scene.keymap.hint(Action::Place, Context::Output).unwrap_or_default();
            let offer = " in tmux: puts it on the prompt of a login in another window";
            foot.push(Prose::Line(vec![piece(key, Role::Key), piece(offer, Role::Text)]));
        }
        if scene.store.of(SourceKind::Grafana).next().is_some() {
            let key = scene.keymap.hint(Action::Actions, Context::Output).unwrap_or_default();
            let offer = " leaves a mark of it in Grafana";
            foot.push(Prose::Line(vec![piece(key, Role::Key), piece(offer, Role::Muted)]));
        }
    }
    if !foot.is_empty() {
        foot.insert(0, Prose::Blank);
    }
    told.extend(lay_out(&foot, cells));
    told
}

/// What the document says of words that occur in the output.
fn hints(run: &Run) -> Vec<Prose> {
    let has = |message: &str| {
        let message = message.to_lowercase();
        run.lines.iter().rev().take(2_000).any(|line| line.text.to_lowercase().contains(&message))
    };
    let found = run.order.hints.iter().filter(|(message, _)| !message.is_empty() && has(message));
    found.map(|(message, cause)| Prose::pair(format!("“{message}”"), cause.clone())).collect()
}
