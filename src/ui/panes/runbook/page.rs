//! A procedure as it is written, laid out for so many cells: headings, lists, tables, code, trees
//! and parts that fold. Each line knows the line of the file that it comes from.

use crate::runbooks::document::{Inline, ListItem, Node, Row};
use crate::runbooks::model::{Lang, Procedure, Runbook, Section};
use crate::text::{self, sanitise};
use crate::ui::glyphs;
use crate::ui::scene::{Piece, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::prose::wrap;

/// The cells at the right end of code that are kept free.
const TAG: usize = 5;

/// A line of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Laid {
    /// What stands there.
    pub pieces: Vec<Piece>,
    /// The line of the file; several lines of the page may come from one.
    pub line: usize,
    /// It is the first that comes from that line of the file.
    pub first: bool,
    /// It is the head of a part that folds.
    pub fold: bool,
}

/// The lines of a procedure. Parts that fold are shown where their line is among `unfolded`.
pub fn lay(
    runbook: &Runbook,
    procedure: &Procedure,
    cells: u16,
    is_unfolded: &impl Fn(usize) -> bool,
) -> Vec<Laid> {
    let (from, to) = procedure.source_lines;
    let mut page = Page { cells: usize::from(cells).max(8), lines: Vec::new(), is_unfolded };
    for section in &runbook.sections {
        if (from..=to).contains(&section.lines.0) && section.level > 0 {
            page.heading(section);
            page.nodes(&section.body, 0);
        } else if section.lines.0 < from {
            let inside = |node: &&Node| node.lines().0 <= to && node.lines().1 >= from;
            for node in section.body.iter().filter(inside) {
                page.node(node, 0);
                page.gap();
            }
        }
    }
    // Nothing is set apart from what follows: nothing does.
    let is_idle = |laid: &Laid| laid.pieces.last().is_none_or(|(_, role)| *role == Role::Border);
    while page.lines.last().is_some_and(is_idle) {
        page.lines.pop();
    }
    let mut last = 0;
    for laid in &mut page.lines {
        laid.first = laid.line != last && laid.line > 0;
        last = laid.line;
    }
    page.lines
}

struct Page<'a, F> {
    cells: usize,
    lines: Vec<Laid>,
    is_unfolded: &'a F,
}

impl<F: Fn(usize) -> bool> Page<'_, F> {
    fn push(&mut self, pieces: Vec<Piece>, line: usize) {
        self.lines.push(Laid { pieces, line, first: false, fold: false });
    }

    /// An empty line, where there is none yet.
    fn gap(&mut self) {
        if self.lines.last().is_some_and(|laid| !laid.pieces.is_empty()) {
            self.push(Vec::new(), 0);
        }
    }

    fn heading(&mut self, section: &Section) {
        self.gap();
        let role = if section.level <= 3 { Role::Accent } else { Role::Title };
        let marks = if section.level <= 3 { "# " } else { "" };
        let title = format!("{marks}{}", sanitise(&section.title));
        for line in wrap(&[piece(title, role)], self.cells) {
            self.push(line, section.lines.0);
        }
    }

    fn nodes(&mut self, nodes: &[Node], indent: usize) {
        for node in nodes {
            self.node(node, indent);
            if !matches!(node, Node::Html { .. }) {
                self.gap();
            }
        }
    }

    fn node(&mut self, node: &Node, indent: usize) {
        match node {
            Node::Paragraph { words, .. } => self.words(words, indent, None),
            Node::Code { block, .. } => {
                let is_drawn = !matches!(block.lang, Lang::Shell | Lang::Promql);
                for (at, line) in block.text.lines().enumerate() {
                    self.code(line, block.lines.0 + at, indent, is_drawn);
                }
            }
            Node::List { start, items, .. } => {
                for (at, item) in items.iter().enumerate() {
                    self.item(item, start.map(|first| first + at as u64), indent);
                }
            }
            Node::Table { header, rows, lines } => self.table(header, rows, lines.0, indent),
            Node::Quote { body, .. } => self.nodes(body, indent + 2),
            Node::Fold { summary, body, lines } => self.fold(summary, body, lines.0, indent),
            Node::Rule { lines } => {
                let line = glyphs::LINE.repeat(self.cells.saturating_sub(indent).min(40));
                self.push(vec![piece(" ".repeat(indent), Role::Muted), piece(line, Role::Border)], lines.0);
            }
            // Comments are hints for us, and other HTML is no text.
            Node::Html { .. } => {}
        }
    }

    fn words(&mut self, words: &[Inline], indent: usize, lead: Option<Piece>) {
        let mut lead = lead.into_iter();
        let mut groups: Vec<(usize, Vec<Piece>)> = Vec::new();
        for (at, word) in words.iter().enumerate() {
            let role = role_of(word);
            for (nth, part) in word.text.split('\n').enumerate() {
                if nth > 0 || at == 0 {
                    groups.push((word.line + nth, Vec::new()));
                }
                if let Some((_, pieces)) = groups.last_mut()
                    && !part.is_empty()
                {
                    pieces.push(piece(sanitise(part).into_owned(), role));
                }
            }
        }
        let room = self.cells.saturating_sub(indent).max(8);
        for (line, pieces) in groups {
            for mut wrapped in wrap(&pieces, room) {
                // What leads in stands in the indent.
                let start = match lead.next() {
                    Some((text, role)) => {
                        let pad = indent.saturating_sub(text::width(&text));
                        vec![piece(" ".repeat(pad), Role::Muted), (text, role)]
                    }
                    None => vec![piece(" ".repeat(indent), Role::Muted)],
                };
                wrapped.splice(0..0, start);
                self.push(wrapped, line);
            }
        }
    }

    /// A line of code is never cut: what does not fit goes on behind a mark.
    fn code(&mut self, line: &str, at: usize, indent: usize, is_drawn: bool) {
        let role = if is_drawn {
            Role::Text
        } else if line.trim_start().starts_with('#') {
            Role::Muted
        } else {
            Role::Info
        };
        // At the right end stands how dangerous it is.
        let room = self.cells.saturating_sub(indent + 2 + TAG).max(8);
        let shown = sanitise(line);
        for (nth, wrapped) in wrap(&[piece(shown.into_owned(), role)], room).into_iter().enumerate() {
            let start = if nth == 0 { "  " } else { "› " };
            let mut pieces = vec![piece(format!("{}{start}", " ".repeat(indent)), Role::Muted)];
            pieces.extend(wrapped);
            self.push(pieces, at);
        }
    }

    fn item(&mut self, item: &ListItem, number: Option<u64>, indent: usize) {
        let lead = match (item.ticked, number) {
            // Its sign stands before the page.
            (Some(_), _) => String::new(),
            (None, Some(number)) => format!("{number}. "),
            (None, None) => "• ".to_owned(),
        };
        let inner = if lead.is_empty() { indent } else { indent + text::width(&lead) };
        let mut body = item.body.iter();
        if let Some(Node::Paragraph { words, .. }) = item.body.first() {
            body.next();
            self.words(words, inner, Some(piece(lead, Role::Muted)));
        }
        for node in body {
            self.node(node, inner);
        }
    }

    fn fold(&mut self, summary: &str, body: &[Node], line: usize, indent: usize) {
        let is_open = (self.is_unfolded)(line);
        let sign = if is_open { glyphs::UNFOLDED } else { glyphs::FOLDED };
        let title = format!("{}{sign} {}", " ".repeat(indent), sanitise(summary));
        self.push(vec![piece(title, Role::Title)], line);
        if let Some(laid) = self.lines.last_mut() {
            laid.fold = true;
        }
        if is_open {
            self.nodes(body, indent + 2);
        }
    }

    fn table(&mut self, header: &[Vec<Inline>], rows: &[Row], line: usize, indent: usize) {
        let cells: Vec<&[Vec<Inline>]> =
            std::iter::once(header).chain(rows.iter().map(|row| row.cells.as_slice())).collect();
        let room = self.cells.saturating_sub(indent);
        let widths = widths(&cells, room);
        let lines = std::iter::once(line).chain(rows.iter().map(|row| row.line));
        for (at, (row, line)) in cells.iter().zip(lines).enumerate() {
            let columns: Vec<Vec<Vec<Piece>>> = widths
                .iter()
                .enumerate()
                .map(|(column, width)| {
                    let words = row.get(column).map_or(&[][..], Vec::as_slice);
                    let pieces = words.iter().map(|word| {
                        let role = if at == 0 { Role::Title } else { role_of(word) };
                        piece(sanitise(&word.text).into_owned(), role)
                    });
                    wrap(&pieces.collect::<Vec<_>>(), *width)
                })
                .collect();
            let height = columns.iter().map(Vec::len).max().unwrap_or(0);
            for nth in 0..height {
                let mut pieces = vec![piece(" ".repeat(indent), Role::Muted)];
                for (column, width) in columns.iter().zip(&widths) {
                    let part = column.get(nth).cloned().unwrap_or_default();
                    let used: usize = part.iter().map(|(text, _)| text::width(text)).sum();
                    pieces.extend(part);
                    pieces.push(piece(" ".repeat(width.saturating_sub(used) + 2), Role::Muted));
                }
                self.push(pieces, line);
            }
        }
    }
}

/// How wide the columns of a table are: as wide as they need to be where there is room, and the widest
/// give first where there is not.
fn widths(rows: &[&[Vec<Inline>]], room: usize) -> Vec<usize> {
    let count = rows.iter().map(|row| row.len()).max().unwrap_or(0);
    let width = |cell: &Vec<Inline>| cell.iter().map(|word| text::width(&word.text)).sum::<usize>();
    let mut widths: Vec<usize> = (0..count)
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(width).max().unwrap_or(0).max(1))
        .collect();
    let room = room.saturating_sub(2 * count).max(count);
    while widths.iter().sum::<usize>() > room {
        let Some(widest) = widths.iter_mut().max() else { break };
        if *widest <= 1 {
            break;
        }
        *widest -= 1;
    }
    widths
}

fn role_of(word: &Inline) -> Role {
    if word.code {
        Role::Info
    } else if word.strong {
        Role::Title
    } else if word.link.is_some() {
        Role::Accent
    } else {
        Role::Text
    }
}
