//! The palette: everything that can be done here, by its name. What is typed finds it.

use crokey::KeyCombination;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tui_input::{Input, InputRequest};

use super::sheet::over;
use super::{Layer, Outcome};
use crate::action::Action;
use crate::keymap::Context;
use crate::text;
use crate::ui::census::Census;
use crate::ui::glyphs;
use crate::ui::palette::{Choice, Order, find};
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::frame::{Border, Title, frame};
use crate::ui::widgets::paint::{blank, put, put_pieces};
use crate::ui::widgets::typing::{request, show};

/// How wide the box is where there is room.
const WIDTH: u16 = 128;

/// What a name takes at most, so that the sentences stand below each other.
const NAME: usize = 28;

/// The layer.
#[derive(Debug)]
pub struct Palette {
    choices: Vec<Choice>,
    /// The lines that were asked for, the newest first.
    recent: Vec<String>,
    /// What a filter can be completed with.
    census: Census,
    input: Input,
    found: Vec<Choice>,
    at: usize,
    top: usize,
    /// How many choices were shown at once.
    page: usize,
}

impl Palette {
    /// A palette of these.
    pub fn new(choices: Vec<Choice>, recent: Vec<String>, census: Census) -> Self {
        let found = find(&choices, &recent, &census, "");
        Self { choices, recent, census, input: Input::default(), found, at: 0, top: 0, page: 1 }
    }

    fn selected(&self) -> Option<&Choice> {
        self.found.get(self.at)
    }

    /// Looks again for what was typed.
    fn look(&mut self) -> Outcome {
        self.found = find(&self.choices, &self.recent, &self.census, self.input.value());
        (self.at, self.top) = (0, 0);
        Outcome::Stay
    }

    fn typed(&mut self, request: InputRequest) -> Outcome {
        match self.input.handle(request) {
            Some(changed) if changed.value => self.look(),
            _ => Outcome::Stay,
        }
    }

    /// Types what is selected.
    fn complete(&mut self) -> Outcome {
        let Some(choice) = self.selected() else { return Outcome::Stay };
        // A filter that stands there already: what its last word can become.
        let line = match self.found.get(1) {
            Some(next) if choice.line == self.input.value() => next.line.clone(),
            _ => choice.line.clone(),
        };
        let takes_more = self.selected().is_some_and(|choice| choice.order.is_none());
        self.input = Input::new(if takes_more { format!("{line} ") } else { line });
        self.look()
    }

    fn accept(&mut self) -> Outcome {
        match self.selected() {
            Some(Choice { order: Some(order), line, .. }) => Outcome::Ordered(line.clone(), order.clone()),
            Some(_) => self.complete(),
            None => Outcome::Stay,
        }
    }

    fn title(&self) -> Title {
        let counts = vec![piece(format!("{} of {}", self.found.len(), self.choices.len()), Role::Muted)];
        Title { short: counts.clone(), counts, ..Title::new("Palette") }
    }

    /// `▌ silence       s      Silence what is selected or marked`
    fn line(&self, at: usize, choice: &Choice, name: usize, keys: usize) -> Vec<Piece> {
        let own = at == self.at;
        let cut = text::truncate(&choice.line, name);
        let more = if choice.order.is_none() { " …" } else { "" };
        let pad = |have: usize, of: usize| " ".repeat(of.saturating_sub(have));
        let used = text::width(&cut) + text::width(more);
        let told = choice.keys.join(" ");
        let told = text::truncate(&told, keys);
        vec![
            piece(if own { glyphs::BAR } else { " " }, Role::Accent),
            piece(
                format!(" {cut}{more}{}  ", pad(used, name)),
                if own { Role::Selection } else { Role::Text },
            ),
            piece(format!("{told}{}  ", pad(text::width(&told), keys)), Role::Key),
            piece(choice.about.clone(), Role::Muted),
        ]
    }

    fn draw_choices(&mut self, area: Rect, scene: &Scene<'_>, buffer: &mut Buffer) {
        self.page = usize::from(area.height).max(1);
        self.top = self.top.min(self.at).max((self.at + 1).saturating_sub(self.page));
        let shown: Vec<&Choice> = self.found.iter().skip(self.top).take(self.page).collect();
        let widest = |of: fn(&Choice) -> usize, most: usize| {
            shown.iter().map(|choice| of(choice)).max().unwrap_or(0).min(most)
        };
        let name = widest(|choice| text::width(&choice.line) + 2, NAME.max(usize::from(area.width) / 3));
        let keys = widest(|choice| text::width(&choice.keys.join(" ")), 14);
        if shown.is_empty() {
            let told = "nothing here has that name; Esc goes back";
            put(buffer, (area.x + 2, area.y), told, area.width.saturating_sub(2), scene.style(Role::Muted));
        }
        for ((y, at), choice) in (area.top()..area.bottom()).zip(self.top..).zip(shown) {
            put_pieces(buffer, (area.x, y), &self.line(at, choice, name, keys), area.width, scene);
        }
    }
}

impl Layer for Palette {
    fn context(&self) -> Context {
        Context::Palette
    }

    fn key(&mut self, key: KeyCombination, action: Option<Action>) -> Outcome {
        let last = self.found.len().saturating_sub(1);
        let at = match action {
            Some(Action::Close) => return Outcome::Close,
            Some(Action::Accept) => return self.accept(),
            Some(Action::Complete) => return self.complete(),
            Some(Action::Down) if self.at == last => 0,
            Some(Action::Down) => self.at + 1,
            Some(Action::Up) => self.at.checked_sub(1).unwrap_or(last),
            Some(Action::PageDown) => self.at + self.page,
            Some(Action::PageUp) => self.at.saturating_sub(self.page),
            Some(_) => return Outcome::Pass,
            None => match request(key) {
                // On an empty line Backspace takes the palette itself away.
                Some(InputRequest::DeletePrevChar) if self.input.value().is_empty() => return Outcome::Close,
                Some(request) => return self.typed(request),
                None => return Outcome::Stay,
            },
        };
        self.at = at.min(last);
        Outcome::Stay
    }

    fn paste(&mut self, pasted: &str) -> Option<Outcome> {
        for char in text::sanitise(pasted).chars() {
            self.input.handle(InputRequest::InsertChar(char));
        }
        Some(self.look())
    }

    fn theme(&self) -> Option<&str> {
        match self.selected()?.order.as_ref()? {
            Order::Theme(name) => Some(name),
            _ => None,
        }
    }

    fn draw(&mut self, scene: &Scene<'_>, body: Rect, _footer: Rect, buffer: &mut Buffer) {
        let scene = &Scene { focused: true, ..*scene };
        // The box keeps its height while it is typed: what lies below does not come and go.
        let lines = u16::try_from(self.choices.len() + 1).unwrap_or(u16::MAX).min(body.height * 2 / 3);
        let area = over(body, WIDTH, lines.max(8));
        blank(buffer, area, scene);
        let inside = frame(&self.title(), Border::Box, area, buffer, scene);
        if inside.is_empty() {
            return;
        }
        let lead = put(buffer, (inside.x, inside.y), " : ", inside.width, scene.style(Role::Accent));
        show(&self.input, (inside.x + lead, inside.y), inside.width - lead, true, scene, buffer);
        if self.input.value().is_empty() && inside.width > lead + 2 {
            let (x, room) = (inside.x + lead + 2, inside.width - lead - 2);
            put(
                buffer,
                (x, inside.y),
                "a name, some of its letters, or its key",
                room,
                scene.style(Role::Muted),
            );
        }
        let rows = Rect { y: inside.y + 1, height: inside.height - 1, ..inside };
        self.draw_choices(rows, scene, buffer);
    }
}
