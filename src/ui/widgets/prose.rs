//! A text in a narrow place: headings, names with their values, wrapped between words.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

use super::paint::{mark, put_pieces, width};
use crate::action::Action;
use crate::text;
use crate::ui::filter::Filter;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;

/// One item of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prose {
    /// A heading.
    Head(String),
    /// Pieces on a line of their own, wrapped under their first.
    Line(Vec<Piece>),
    /// A name and its value; values stand under each other.
    Pair(String, Vec<Piece>),
    /// The same where the value is an address: a terminal may open it.
    Link(String, Piece),
    /// An empty line.
    Blank,
}

impl Prose {
    /// A name and a plain value.
    pub fn pair(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self::Pair(name.into(), vec![piece(value, Role::Text)])
    }

    /// A plain paragraph.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::Line(vec![piece(text, Role::Text)])
    }
}

/// A name longer than this does not push all values aside.
const WIDEST_NAME: usize = 22;

/// The lines of a text in so many cells.
pub fn lay_out(prose: &[Prose], cells: u16) -> Vec<Vec<Piece>> {
    prose.iter().zip(rooms(prose, cells)).flat_map(|(item, room)| room.lines(item)).collect()
}

/// How each item is divided: all alike, so that values stand under each other; where the longest name
/// would leave them little, each section by its own names.
fn rooms(prose: &[Prose], cells: u16) -> Vec<Room> {
    let whole = Room::of(prose, cells);
    if whole.column * 3 <= whole.cells {
        return vec![whole; prose.len()];
    }
    let sections = prose.chunk_by(|_, next| !matches!(next, Prose::Head(_)));
    sections.flat_map(|section| vec![Room::of(section, cells); section.len()]).collect()
}

/// How a text is divided.
#[derive(Clone, Copy, Debug)]
struct Room {
    cells: usize,
    /// What the names have.
    column: usize,
}

impl Room {
    fn of(prose: &[Prose], cells: u16) -> Self {
        let cells = usize::from(cells).max(1);
        let names = prose.iter().filter_map(|item| match item {
            Prose::Pair(name, _) | Prose::Link(name, _) => Some(text::width(name)),
            _ => None,
        });
        Self { cells, column: names.max().unwrap_or(0).min(WIDEST_NAME).min(cells / 2) }
    }

    /// The lines of an item.
    fn lines(self, item: &Prose) -> Vec<Vec<Piece>> {
        match item {
            Prose::Head(head) => vec![vec![piece(head.clone(), Role::Title)]],
            Prose::Blank => vec![Vec::new()],
            Prose::Line(pieces) => wrap(pieces, self.cells),
            Prose::Pair(name, value) => self.pair(name, value),
            Prose::Link(name, address) => self.pair(name, std::slice::from_ref(address)),
        }
    }

    /// A name before the lines of its value.
    fn pair(self, name: &str, value: &[Piece]) -> Vec<Vec<Piece>> {
        let lead = self.column + 2;
        let name = text::truncate(name, self.column.max(1));
        let pad = lead.saturating_sub(text::width(&name));
        let mut first = Some(format!("{name}{}", " ".repeat(pad)));
        let mut lines = wrap(value, self.cells.saturating_sub(lead).max(1));
        for line in &mut lines {
            let before = first.take().unwrap_or_else(|| " ".repeat(lead));
            line.insert(0, piece(before, Role::Muted));
        }
        lines
    }
}

/// A piece of an address in a text that is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// On which line.
    line: usize,
    /// From which cell on, and how many.
    from: u16,
    cells: u16,
    /// The whole address.
    address: String,
}

/// Where the addresses of a text stand when it is laid out in so many cells.
pub fn spots(prose: &[Prose], cells: u16) -> Vec<Spot> {
    let mut spots = Vec::new();
    if !prose.iter().any(|item| matches!(item, Prose::Link(..))) {
        return spots;
    }
    let mut line = 0;
    for (item, room) in prose.iter().zip(rooms(prose, cells)) {
        let lines = room.lines(item);
        if let Prose::Link(_, (address, _)) = item {
            let from = u16::try_from(room.column + 2).unwrap_or(u16::MAX);
            let own = lines.iter().zip(line..);
            spots.extend(own.map(|(pieces, line)| Spot {
                line,
                from,
                cells: width(pieces.get(1..).unwrap_or_default()),
                address: address.clone(),
            }));
        }
        line += lines.len();
    }
    spots
}

/// Breaks pieces into lines between words, and inside a word that is longer than a line.
pub fn wrap(pieces: &[Piece], cells: usize) -> Vec<Vec<Piece>> {
    let cells = cells.max(1);
    let mut lines: Vec<Vec<Piece>> = vec![Vec::new()];
    let mut used = 0;
    for (text, role) in pieces {
        for (at, paragraph) in text.split('\n').enumerate() {
            if at > 0 {
                lines.push(Vec::new());
                used = 0;
            }
            for word in words(paragraph) {
                let wide = text::width(word);
                if used + wide > cells && used > 0 && wide <= cells {
                    lines.push(Vec::new());
                    used = 0;
                    if word.trim().is_empty() {
                        continue;
                    }
                }
                if wide <= cells {
                    push(&mut lines, word, *role);
                    used += wide;
                    continue;
                }
                for letter in word.graphemes(true) {
                    let wide = text::width(letter);
                    if used + wide > cells && used > 0 {
                        lines.push(Vec::new());
                        used = 0;
                    }
                    push(&mut lines, letter, *role);
                    used += wide;
                }
            }
        }
    }
    lines
}

/// The words of a line and what stands between them; a time, a date and an address with its port are
/// one word each, whatever stands between their digits, and what opens or ends a word stays with it.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let mut end = 0;
        for (at, word) in rest.split_word_bound_indices() {
            let before = rest.get(..at).unwrap_or_default();
            let is_joint = matches!(word, ":" | "-") && ends_in_digit(before);
            let goes_on = before.ends_with([':', '-'])
                && word.starts_with(|char: char| char.is_ascii_digit())
                && before.get(..before.len() - 1).is_some_and(ends_in_digit);
            // A joint belongs to the word only when a digit follows it.
            let follows = rest.get(at + word.len()..).unwrap_or_default();
            let joins = is_joint && follows.starts_with(|char: char| char.is_ascii_digit());
            let is_open = before.chars().all(|char| matches!(char, '"' | '(' | '['));
            let opens = is_open && !word.trim().is_empty();
            let ends = matches!(word, "," | "." | ";" | ":" | "!" | "?" | ")" | "]" | "\"");
            let ends = ends && before.ends_with(|char: char| !char.is_whitespace());
            if at > 0 && !joins && !goes_on && !ends && !opens {
                break;
            }
            end = at + word.len();
        }
        let (word, after) = rest.split_at_checked(end)?;
        rest = after;
        (!word.is_empty()).then_some(word)
    })
}

fn ends_in_digit(text: &str) -> bool {
    text.ends_with(|char: char| char.is_ascii_digit())
}

fn push(lines: &mut [Vec<Piece>], text: &str, role: Role) {
    let Some(line) = lines.last_mut() else { return };
    match line.last_mut() {
        Some((have, same)) if *same == role => have.push_str(text),
        _ => line.push(piece(text, role)),
    }
}

/// A text that is scrolled.
#[derive(Debug, Default)]
pub struct Scroll {
    /// The first line shown.
    pub top: usize,
    /// Lines in all, when last drawn.
    pub lines: usize,
    /// Lines shown, when last drawn.
    pub page: usize,
    /// What is searched for.
    pub search: Filter,
    /// Go to the first match when next drawn.
    pub seek: bool,
    /// Where addresses stand in the text.
    pub links: Vec<Spot>,
    /// Lines with a match, when last drawn.
    matches: Vec<usize>,
}

impl Scroll {
    /// Draws laid out lines.
    pub fn draw(&mut self, lines: &[Vec<Piece>], area: Rect, buffer: &mut Buffer, scene: &Scene<'_>) {
        self.lines = lines.len();
        self.page = usize::from(area.height);
        self.top = self.top.min(self.last_top());
        let text = |line: &[Piece]| line.iter().map(|(text, _)| text.as_str()).collect::<String>();
        self.matches.clear();
        if !self.search.is_empty() {
            let hits =
                lines.iter().enumerate().filter(|(_, line)| !self.search.marks(&text(line)).is_empty());
            self.matches.extend(hits.map(|(at, _)| at));
        }
        if std::mem::take(&mut self.seek)
            && !self.matches.iter().any(|at| (self.top..self.top + self.page).contains(at))
        {
            self.to_match(true);
        }
        for (y, line) in (area.top()..area.bottom()).zip(lines.iter().skip(self.top)) {
            put_pieces(buffer, (area.x, y), line, area.width, scene);
            mark(buffer, (area.x, y), &text(line), area.width, &self.search, scene);
        }
        for spot in &self.links {
            let row = spot.line.checked_sub(self.top).and_then(|row| u16::try_from(row).ok());
            let Some(row) = row.filter(|row| *row < area.height) else { continue };
            let place = Rect::new(area.x.saturating_add(spot.from), area.y + row, spot.cells, 1);
            scene.links.mark(buffer, place.intersection(area), &spot.address);
        }
    }

    /// The first line of the last page. Before it was drawn nobody knows, and drawing sets it right:
    /// keys that come faster than frames are not lost.
    pub const fn last_top(&self) -> usize {
        if self.page == 0 { usize::MAX } else { self.lines.saturating_sub(self.page) }
    }

    /// How many of so many lines have been shown when `room` of them fit.
    pub fn reach(&self, room: usize, lines: usize) -> usize {
        self.top.saturating_add(room).min(lines)
    }

    /// Moves by lines, within the text.
    pub fn by(&mut self, lines: isize) {
        self.top = self.top.saturating_add_signed(lines).min(self.last_top());
    }

    /// Scrolls; `false` when the action is not one of a text.
    pub fn act(&mut self, action: Action) -> bool {
        let page = isize::try_from(self.page.max(1)).unwrap_or(isize::MAX);
        match action {
            Action::Down => self.by(1),
            Action::Up => self.by(-1),
            Action::Top => self.top = 0,
            Action::Bottom => self.top = self.last_top(),
            Action::HalfDown => self.by((page / 2).max(1)),
            Action::HalfUp => self.by(-(page / 2).max(1)),
            Action::PageDown => self.by(page),
            Action::PageUp => self.by(-page),
            Action::NextMatch if !self.search.is_empty() => self.to_match(true),
            Action::PreviousMatch if !self.search.is_empty() => self.to_match(false),
            _ => return false,
        }
        true
    }

    /// Searches for what was typed.
    pub fn set_search(&mut self, text: &str) {
        if text != self.search.as_str() {
            self.search = Filter::new(text);
        }
    }

    /// Goes to the next line with a match, or the one before.
    pub fn to_match(&mut self, forward: bool) {
        let hit = if forward {
            self.matches.iter().find(|line| **line > self.top).or(self.matches.first())
        } else {
            self.matches.iter().rev().find(|line| **line < self.top).or(self.matches.last())
        };
        if let Some(line) = hit {
            self.top = (*line).min(self.last_top());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_before_the_first_frame_is_not_lost() {
        let mut scroll = Scroll::default();
        scroll.act(Action::Bottom);
        assert_eq!(scroll.reach(10, 100), 100);
        (scroll.lines, scroll.page) = (100, 10);
        scroll.by(0);
        assert_eq!(scroll.top, 90);
    }

    fn plain(lines: &[Vec<Piece>]) -> Vec<String> {
        lines.iter().map(|line| line.iter().map(|(text, _)| text.as_str()).collect()).collect()
    }

    #[test]
    fn an_address_is_whole_on_each_of_its_lines() {
        let address = "https://docs.example/runbooks/000#hostdown";
        let prose = [
            Prose::plain("two words"),
            Prose::Link("runbook".into(), piece(address, Role::Text)),
            Prose::pair("job", "node"),
            Prose::Link("query".into(), piece("http://x", Role::Muted)),
        ];
        let (lines, spots) = (lay_out(&prose, 30), spots(&prose, 30));
        let shown: String =
            spots.iter().filter(|spot| spot.address == address).fold(String::new(), |all, spot| {
                let line: String = lines[spot.line].iter().map(|(text, _)| text.as_str()).collect();
                all.chars().chain(line.chars().skip(spot.from.into()).take(spot.cells.into())).collect()
            });
        assert_eq!(shown, address, "{lines:?}");
        let last = spots.last().expect("the query");
        assert_eq!((last.line, last.from, last.cells), (lines.len() - 1, 9, 8));
        assert!(super::spots(&prose[..1], 30).is_empty());
    }

    #[test]
    fn words_stay_whole_where_they_can() {
        let prose = [
            Prose::pair("job", "node exporter"),
            Prose::pair("instance", "abcdefghijklmnop"),
            Prose::plain("磁盘满了"),
        ];
        assert_eq!(
            plain(&lay_out(&prose, 18)),
            ["job       node ", "          exporter", "instance  abcdefgh", "          ijklmnop", "磁盘满了"]
        );
        assert!(!lay_out(&prose, 0).is_empty());
    }

    #[test]
    fn times_dates_and_addresses_are_not_broken_at_their_joints() {
        let text = "next 2026-11-14 02:00:00 of 10.0.0.21:9100 a-b c: d 3- x";
        assert_eq!(
            words(text).filter(|word| !word.trim().is_empty()).collect::<Vec<_>>(),
            [
                "next",
                "2026-11-14",
                "02:00:00",
                "of",
                "10.0.0.21:9100",
                "a",
                "-",
                "b",
                "c:",
                "d",
                "3",
                "-",
                "x"
            ]
        );
        assert_eq!(words(text).collect::<String>(), text, "nothing is lost");
        let quoted: Vec<&str> = words("as \"Down\" or (so)").filter(|word| !word.trim().is_empty()).collect();
        assert_eq!(quoted, ["as", "\"Down\"", "or", "(so)"], "a mark stays with what it opens");
        let pieces = [piece("at 02:00:00 UTC", Role::Text)];
        assert_eq!(plain(&wrap(&pieces, 9)), ["at ", "02:00:00 ", "UTC"]);
    }
}
