//! A piece of code in a runbook, and the owner's hints beside it.

use std::ops::Range;

use serde::Serialize;

use super::model::Lines;

/// A piece of code. Line N of `text`, from 0, stands at line `lines.0 + N` of the file.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Block {
    /// `PROCEDURE/N`: the anchor of the procedure (or section) and the number of the block in it.
    pub id: String,
    /// What it is written in.
    pub lang: Lang,
    /// The code without its fence and the indent of its list, byte for byte.
    pub text: String,
    /// The lines of the code itself, without its fence; an empty block ends before it begins.
    pub lines: Lines,
    /// Bytes, with the fence.
    pub span: Range<usize>,
    /// Whether it is code that may be run at all.
    pub runnable: bool,
    /// Why not, or what to be careful about.
    pub reasons: Vec<String>,
    /// What `<!-- … -->` right before it says.
    #[serde(skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

/// What code is written in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    /// bash, sh, shell, console.
    Shell,
    /// PromQL.
    Promql,
    /// YAML.
    Yaml,
    /// A diagram.
    Mermaid,
    /// A fence with another word.
    Other(String),
    /// A fence without a word, or indented text.
    #[default]
    None,
}

/// The owner's hints in comments, invisible on a web page. They raise danger, never lower it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Annotations {
    /// `<!-- host: proxmox -->`
    pub host: Option<String>,
    /// `<!-- danger: destroy -->`
    pub danger: Option<String>,
    /// `<!-- mode: manual -->`
    pub mode: Option<String>,
}

impl Annotations {
    /// Nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
