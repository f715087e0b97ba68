//! A Markdown document as written: what a page shows, in order, with the place of each part.

use serde::Serialize;

use super::model::{Block, Lines};

/// A piece of a page.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Node {
    /// Words.
    Paragraph {
        /// The words.
        words: Vec<Inline>,
        /// Where.
        lines: Lines,
    },
    /// Code.
    Code {
        /// The code.
        block: Box<Block>,
        /// It is set off by its indent only, not by a fence.
        indented: bool,
    },
    /// A list.
    List {
        /// The first number; none for bullets.
        start: Option<u64>,
        /// Its items.
        items: Vec<ListItem>,
        /// Where.
        lines: Lines,
    },
    /// A table.
    Table {
        /// The first row.
        header: Vec<Vec<Inline>>,
        /// The others.
        rows: Vec<Row>,
        /// Where.
        lines: Lines,
    },
    /// A block quote.
    Quote {
        /// What is quoted.
        body: Vec<Node>,
        /// Where.
        lines: Lines,
    },
    /// A part that opens and closes (`<details>`).
    Fold {
        /// Its title.
        summary: String,
        /// What is in it.
        body: Vec<Node>,
        /// Where.
        lines: Lines,
    },
    /// A line across the page.
    Rule {
        /// Where.
        lines: Lines,
    },
    /// HTML; comments among it are annotations.
    Html {
        /// As written.
        text: String,
        /// Where.
        lines: Lines,
    },
}

/// An item of a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ListItem {
    /// `- [ ]` and `- [x]`: a box, and whether it is ticked.
    pub ticked: Option<bool>,
    /// What it says; a tight item begins with a paragraph too.
    pub body: Vec<Node>,
    /// Where.
    pub lines: Lines,
}

/// A row of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Row {
    /// Its cells.
    pub cells: Vec<Vec<Inline>>,
    /// Where.
    pub line: usize,
}

/// Words in one look. A line break is a `\n`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Inline {
    /// The words.
    pub text: String,
    /// Bold.
    #[serde(skip_serializing_if = "is_false")]
    pub strong: bool,
    /// Italic.
    #[serde(skip_serializing_if = "is_false")]
    pub emphasis: bool,
    /// Code: the text is then exactly what is written.
    #[serde(skip_serializing_if = "is_false")]
    pub code: bool,
    /// Where a link leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Where it begins.
    pub line: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Node {
    /// Where it stands.
    pub const fn lines(&self) -> Lines {
        match self {
            Self::Code { block, .. } => block.lines,
            Self::Paragraph { lines, .. }
            | Self::List { lines, .. }
            | Self::Table { lines, .. }
            | Self::Quote { lines, .. }
            | Self::Fold { lines, .. }
            | Self::Rule { lines }
            | Self::Html { lines, .. } => *lines,
        }
    }

    /// What stands in it, one level down.
    pub fn inner(&self) -> Vec<&Self> {
        match self {
            Self::List { items, .. } => items.iter().flat_map(|item| &item.body).collect(),
            Self::Quote { body, .. } | Self::Fold { body, .. } => body.iter().collect(),
            _ => Vec::new(),
        }
    }
}

/// Every node and what stands in it, in the order of the page.
pub fn walk(nodes: &[Node]) -> Vec<&Node> {
    let mut found = Vec::new();
    let mut waiting: Vec<&Node> = nodes.iter().rev().collect();
    while let Some(node) = waiting.pop() {
        found.push(node);
        waiting.extend(node.inner().into_iter().rev());
    }
    found
}
