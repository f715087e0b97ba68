//! Where the fire is: the labels of the alerts that are shown, with their most frequent values.

use crokey::KeyCombination;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::sheet::{draw_lines, over};
use super::{Layer, Outcome};
use crate::action::Action;
use crate::keymap::Context;
use crate::text;
use crate::ui::census::Census;
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::prose::Scroll;

/// So many values of a label are shown.
const MOST: usize = 8;

/// How wide the bar of all rows is.
const BAR: usize = 20;

/// How wide the box is where there is room.
const WIDTH: u16 = 84;

/// A value that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Choice {
    name: String,
    value: String,
    count: usize,
    /// How many more values the label has, after the last that is shown.
    more: usize,
}

/// The layer.
#[derive(Debug)]
pub struct Overview {
    choices: Vec<Choice>,
    rows: usize,
    /// The filter that the rows passed.
    filter: String,
    at: usize,
    scroll: Scroll,
}

impl Overview {
    /// An overview of these labels; what is chosen is added to `filter`.
    pub fn new(census: &Census, filter: &str) -> Self {
        let rows = census.rows();
        let mut labels: Vec<(&str, Vec<(&str, usize)>)> =
            census.names().map(|name| (name, census.values(name))).collect();
        // Labels that tell the rows apart come first: one value that all rows have says nothing, and
        // neither do as many values as rows.
        labels.sort_by_key(|(name, values)| {
            let top = values.first().map_or(0, |(_, count)| *count);
            let says_nothing = (values.len() == 1 && top == rows) || (top <= 1 && rows > 1);
            (says_nothing, rank(name), std::cmp::Reverse(top))
        });
        let choices = labels.into_iter().flat_map(|(name, values)| {
            let more = values.len().saturating_sub(MOST);
            let shown = values.len().min(MOST);
            let values = values.into_iter().take(MOST).enumerate();
            let choices = values.map(|(at, (value, count))| Choice {
                name: name.to_owned(),
                value: value.to_owned(),
                count,
                more: if at + 1 == shown { more } else { 0 },
            });
            choices.collect::<Vec<_>>()
        });
        Self { choices: choices.collect(), rows, filter: filter.to_owned(), at: 0, scroll: Scroll::default() }
    }

    /// The filter with the selected value.
    fn narrowed(&self) -> Option<String> {
        let Choice { name, value, .. } = self.choices.get(self.at)?;
        let quoted = value.contains(char::is_whitespace);
        let term = if quoted { format!("{name}=\"{value}\"") } else { format!("{name}={value}") };
        Some(if self.filter.is_empty() { term } else { format!("{} {term}", self.filter) })
    }

    /// The lines, and which of them is the selected one.
    fn lines(&self, cells: usize) -> (Vec<Vec<Piece>>, usize) {
        let widest = self.choices.iter().map(|choice| text::width(&choice.value)).max().unwrap_or(0);
        let room = widest.min(cells.saturating_sub(BAR + 12)).max(8);
        let (mut lines, mut selected, mut name) = (Vec::new(), 0, "");
        for (at, choice) in self.choices.iter().enumerate() {
            if choice.name != name {
                if !lines.is_empty() {
                    lines.push(Vec::new());
                }
                lines.push(vec![piece(choice.name.clone(), Role::Title)]);
                name = &choice.name;
            }
            let own = at == self.at;
            if own {
                selected = lines.len();
            }
            let value = text::truncate(&choice.value, room);
            let pad = " ".repeat(room.saturating_sub(text::width(&value)) + 1);
            let full = (choice.count * BAR).div_ceil(self.rows.max(1)).min(BAR);
            lines.push(vec![
                piece(if own { glyphs::BAR } else { " " }, Role::Accent),
                piece(format!(" {value}{pad}"), if own { Role::Selection } else { Role::Text }),
                piece(format!("{:>5}  ", choice.count), Role::Text),
                piece(glyphs::FULL.repeat(full), Role::Accent),
                piece(glyphs::EMPTY.repeat(BAR - full), Role::Muted),
            ]);
            if choice.more > 0 {
                lines.push(vec![piece(format!("  {} more", choice.more), Role::Muted)]);
            }
        }
        (lines, selected)
    }
}

/// What a person asks first.
fn rank(name: &str) -> usize {
    const FIRST: [&str; 6] = ["state", "severity", "host", "job", "instance", "alertname"];
    FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len())
}

impl Layer for Overview {
    fn context(&self) -> Context {
        Context::Pick
    }

    fn key(&mut self, _key: KeyCombination, action: Option<Action>) -> Outcome {
        let last = self.choices.len().saturating_sub(1);
        let page = self.scroll.page.max(1);
        self.at = match action {
            Some(Action::Close | Action::Overview) => return Outcome::Close,
            Some(Action::Open | Action::Accept) => {
                return self.narrowed().map_or(Outcome::Close, Outcome::Filtered);
            }
            Some(Action::Group) => {
                let name = self.choices.get(self.at).map(|choice| choice.name.clone());
                return name.map_or(Outcome::Close, Outcome::Grouped);
            }
            Some(Action::Down) => self.at + 1,
            Some(Action::Up) => self.at.saturating_sub(1),
            Some(Action::Top) => 0,
            Some(Action::Bottom) => last,
            Some(Action::HalfDown | Action::PageDown) => self.at + page / 2,
            Some(Action::HalfUp | Action::PageUp) => self.at.saturating_sub(page / 2),
            _ => return Outcome::Pass,
        }
        .min(last);
        Outcome::Stay
    }

    fn draw(&mut self, scene: &Scene<'_>, body: Rect, _footer: Rect, buffer: &mut Buffer) {
        let width = over(body, WIDTH, 0).width;
        let (mut lines, selected) = self.lines(usize::from(width.saturating_sub(4)));
        if lines.is_empty() {
            lines.push(vec![piece("nothing is shown, so nothing is counted", Role::Muted)]);
        }
        let area = over(body, WIDTH, u16::try_from(lines.len()).unwrap_or(u16::MAX));
        let page = usize::from(area.height.saturating_sub(2)).max(1);
        // The selected value and the name above it stay in sight.
        if selected < self.scroll.top + 1 {
            self.scroll.top = selected.saturating_sub(1);
        } else if selected >= self.scroll.top + page {
            self.scroll.top = selected + 1 - page;
        }
        let counts = vec![piece(text::number(self.rows, "row", "rows"), Role::Muted)];
        let title = Title { short: counts.clone(), counts, ..Title::new("Where") };
        draw_lines(title, &lines, &mut self.scroll, scene, area, buffer);
    }
}
