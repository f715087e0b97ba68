//! Markdown's events, gathered into a page: headings, and what stands between them.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::document::{Inline, ListItem, Node, Row};
use super::model::{Annotations, Block};
use super::place::LineIndex;
use super::words::Words;
use super::{annotation, code, fold};
use crate::text;

/// Deeper than this, containers no longer nest: what stands in them is kept, where it stands is
/// not. Nobody indents so far; a hostile file must not exhaust the stack.
const DEEPEST: usize = 24;

/// A part of a page.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// A heading.
    Heading(Heading),
    /// Anything else.
    Node(Node),
}

/// A heading.
#[derive(Clone, Debug)]
pub(super) struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// Its words.
    pub words: Vec<Inline>,
    /// Bytes.
    pub span: Range<usize>,
}

/// Reads a page. Byte ranges are those of `text`.
pub(super) fn read(text: &str, index: &LineIndex) -> Vec<Part> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH;
    let mut reader = Reader { text, index, open: vec![Open::new(Kind::Page, 0)], parts: Vec::new() };
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        reader.take(event, range);
    }
    reader.settle();
    reader.parts
}

/// What is being read, from the page down to a word.
struct Reader<'t> {
    text: &'t str,
    index: &'t LineIndex,
    open: Vec<Open>,
    parts: Vec<Part>,
}

/// A container that has not ended.
struct Open {
    kind: Kind,
    start: usize,
    nodes: Vec<Node>,
    words: Words,
    /// Hints in comments, for the block that comes next.
    hints: Annotations,
}

enum Kind {
    Page,
    /// A container whose content belongs to the one around it.
    Through,
    Paragraph,
    Heading(u8),
    Quote,
    List(Option<u64>, Vec<ListItem>),
    Item(Option<bool>),
    Code {
        fence: Option<String>,
        text: String,
        first: Option<usize>,
    },
    Html(String),
    Table {
        header: Vec<Vec<Inline>>,
        rows: Vec<Row>,
    },
    Row(Vec<Vec<Inline>>),
    Cell,
}

impl Open {
    fn new(kind: Kind, start: usize) -> Self {
        Self { kind, start, nodes: Vec::new(), words: Words::default(), hints: Annotations::default() }
    }
}

impl Reader<'_> {
    fn take(&mut self, event: Event<'_>, range: Range<usize>) {
        let line = self.index.line(range.start);
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag, range),
            Event::Text(words) => self.words(&words, range.start),
            Event::Code(words) | Event::InlineMath(words) | Event::DisplayMath(words) => {
                self.top().words.code(&words, line);
            }
            Event::SoftBreak | Event::HardBreak => self.top().words.line_break(line),
            Event::Html(html) => {
                if let Kind::Html(text) = &mut self.top().kind {
                    text.push_str(&html);
                }
            }
            Event::InlineHtml(html) => self.inline_html(&html, range),
            Event::Rule => {
                let lines = self.index.lines(&range);
                self.put(Node::Rule { lines });
            }
            Event::TaskListMarker(yes) => {
                let items = self.open.iter_mut().rev();
                let mut ticks = items.filter_map(|open| match &mut open.kind {
                    Kind::Item(ticked) => Some(ticked),
                    _ => None,
                });
                if let Some(ticked) = ticks.next() {
                    *ticked = Some(yes);
                }
            }
            Event::FootnoteReference(name) => self.top().words.plain(&name, line),
        }
    }

    /// The innermost open container. The page itself is never closed.
    fn top(&mut self) -> &mut Open {
        if self.open.is_empty() {
            self.open.push(Open::new(Kind::Page, 0));
        }
        let last = self.open.len() - 1;
        &mut self.open[last]
    }

    fn words(&mut self, words: &str, at: usize) {
        let line = self.index.line(at);
        match &mut self.top().kind {
            Kind::Code { text, first, .. } => {
                first.get_or_insert(at);
                text.push_str(words);
            }
            _ => self.top().words.plain(words, line),
        }
    }

    /// A comment is a hint, a line break is one; any other tag in a sentence is more likely a
    /// placeholder that was meant to be read.
    fn inline_html(&mut self, html: &str, range: Range<usize>) {
        let line = self.index.line(range.start);
        if html.starts_with("<!--") {
            let lines = self.index.lines(&range);
            self.top().nodes.push(Node::Html { text: text::sanitise_lines(html), lines });
        } else if html.to_ascii_lowercase().starts_with("<br") {
            self.top().words.line_break(line);
        } else {
            self.top().words.plain(html, line);
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) {
        let kind = match tag {
            Tag::Emphasis => return self.top().words.emphasis(1),
            Tag::Strong => return self.top().words.strong(1),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                return self.top().words.link(Some(text::sanitise(&dest_url).into_owned()));
            }
            Tag::Strikethrough | Tag::Superscript | Tag::Subscript => return,
            Tag::Paragraph => Kind::Paragraph,
            Tag::Heading { level, .. } => Kind::Heading(level as u8),
            Tag::CodeBlock(CodeBlockKind::Fenced(info)) => {
                Kind::Code { fence: Some(info.to_string()), text: String::new(), first: None }
            }
            Tag::CodeBlock(CodeBlockKind::Indented) => {
                Kind::Code { fence: None, text: String::new(), first: None }
            }
            Tag::HtmlBlock => Kind::Html(String::new()),
            Tag::Table(_) => Kind::Table { header: Vec::new(), rows: Vec::new() },
            Tag::TableHead | Tag::TableRow => Kind::Row(Vec::new()),
            Tag::TableCell => Kind::Cell,
            _ if self.open.len() > DEEPEST => Kind::Through,
            Tag::BlockQuote(_) => Kind::Quote,
            Tag::List(start) => Kind::List(start, Vec::new()),
            Tag::Item => Kind::Item(None),
            Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::MetadataBlock(_) => Kind::Through,
        };
        self.settle_words();
        self.open.push(Open::new(kind, range.start));
    }

    /// The words of a tight item end where another block begins.
    fn settle_words(&mut self) {
        let top = self.top();
        let words = top.words.finish();
        if let (Some(first), Some(last)) = (words.first(), words.last()) {
            let lines = (first.line, last.line);
            let at =
                top.nodes.iter().rposition(|node| !matches!(node, Node::Html { .. })).map_or(0, |at| at + 1);
            top.nodes.insert(at, Node::Paragraph { words, lines });
        }
    }

    /// Everything that is still open at the end of the file.
    fn settle(&mut self) {
        self.settle_words();
        let end = self.text.len();
        while self.open.len() > 1 {
            self.close(end);
        }
        let nodes = std::mem::take(&mut self.top().nodes);
        self.parts.extend(nodes.into_iter().map(Part::Node));
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::Emphasis => self.top().words.emphasis(-1),
            TagEnd::Strong => self.top().words.strong(-1),
            TagEnd::Link | TagEnd::Image => self.top().words.link(None),
            TagEnd::Strikethrough | TagEnd::Superscript | TagEnd::Subscript => {}
            _ => self.close(range.end),
        }
    }

    /// Ends the innermost container, and gives what it holds to the one around it.
    fn close(&mut self, end: usize) {
        if self.open.len() < 2 {
            return;
        }
        if matches!(self.top().kind, Kind::Item(_) | Kind::Through | Kind::Quote) {
            self.settle_words();
        }
        let Some(mut done) = self.open.pop() else { return };
        // Empty lines behind it belong to nobody.
        let kept = self.text.get(done.start..end).map_or(0, |raw| raw.trim_end().len());
        let span = done.start..done.start + kept;
        let lines = self.index.lines(&span);
        let mut inner = std::mem::take(&mut done.nodes);
        inner.shrink_to_fit();
        match done.kind {
            Kind::Page => {}
            Kind::Through => inner.into_iter().for_each(|node| self.put(node)),
            Kind::Paragraph => {
                let words = done.words.finish();
                if !words.is_empty() {
                    self.put(Node::Paragraph { words, lines });
                }
                for node in inner {
                    self.put(node);
                }
            }
            Kind::Heading(level) => self.heading(level, done.words.finish(), span),
            Kind::Quote => self.put(Node::Quote { body: fold::fold(inner), lines }),
            Kind::List(start, items) => self.put(Node::List { start, items, lines }),
            Kind::Item(ticked) => {
                let item = ListItem { ticked, body: fold::fold(inner), lines };
                match &mut self.top().kind {
                    Kind::List(_, items) => items.push(item),
                    _ => item.body.into_iter().for_each(|node| self.put(node)),
                }
            }
            Kind::Code { fence, text, first } => self.code(fence.as_deref(), text, first, span),
            Kind::Html(html) => self.html(&html, lines),
            Kind::Table { header, rows } => self.put(Node::Table { header, rows, lines }),
            Kind::Row(cells) => {
                if let Kind::Table { header, rows } = &mut self.top().kind {
                    if header.is_empty() {
                        *header = cells;
                    } else {
                        rows.push(Row { cells, line: lines.0 });
                    }
                }
            }
            Kind::Cell => {
                let words = done.words.finish();
                if let Kind::Row(cells) = &mut self.top().kind {
                    cells.push(words);
                }
            }
        }
    }

    /// Only headings of the page divide it. One in a list or a quote is shown as a bold line.
    fn heading(&mut self, level: u8, mut words: Vec<Inline>, span: Range<usize>) {
        if self.open.len() == 1 {
            let nodes = std::mem::take(&mut self.top().nodes);
            self.parts.extend(nodes.into_iter().map(Part::Node));
            self.parts.push(Part::Heading(Heading { level, words, span }));
            return;
        }
        for word in &mut words {
            word.strong = true;
        }
        let lines = self.index.lines(&span);
        self.put(Node::Paragraph { words, lines });
    }

    fn code(&mut self, fence: Option<&str>, text: String, first: Option<usize>, span: Range<usize>) {
        let opening = self.index.line(span.start);
        let from = first.map_or(opening + usize::from(fence.is_some()), |first| self.index.line(first));
        let to = (from + text.lines().count()).saturating_sub(1);
        let mut block = Block {
            id: String::new(),
            lang: code::lang(fence),
            text,
            lines: (from, to),
            span: span.clone(),
            runnable: false,
            reasons: Vec::new(),
            annotations: std::mem::take(&mut self.top().hints),
        };
        let raw = self.text.get(span).unwrap_or_default();
        block.reasons = code::reasons(&block, fence.is_none(), code::is_closed(raw, fence.is_none()));
        block.runnable = block.reasons.is_empty();
        self.put(Node::Code { block: Box::new(block), indented: fence.is_none() });
    }

    fn html(&mut self, html: &str, lines: (usize, usize)) {
        let html = text::sanitise_lines(html);
        annotation::hint(&html, &mut self.top().hints);
        let hints = self.top().hints.clone();
        self.put(Node::Html { text: html, lines });
        self.top().hints = hints;
    }

    fn put(&mut self, node: Node) {
        let top = self.top();
        top.hints = Annotations::default();
        top.nodes.push(node);
    }
}
