//! A plan, as `wardroom runbook plan --format json` prints it. Fields may be added, never renamed.

use serde::Serialize;

use super::comment::Hint;
use super::danger::Danger;
use super::facts::Origin;
use super::lint::KnownWrong;
use super::mode::Mode;
use super::model::Lines;
use super::placeholder::Kind;
use super::whereabouts::Provenance;

/// The plan of a procedure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// The version of this answer.
    pub schema: u8,
    /// The anchor of the procedure.
    pub procedure: String,
    /// The alert that it is for.
    pub alert: String,
    /// Its groups, in the order of the file.
    pub groups: Vec<Planned>,
}

/// A command group as it would run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Planned {
    /// The anchor of its procedure.
    pub procedure: String,
    /// The label of its scenario.
    pub scenario: Option<String>,
    /// The number of its step.
    pub step: Option<u64>,
    /// The lines of the file at which the command stands.
    pub lines: Lines,
    /// Where it would run.
    pub host: Host,
    /// How it would run.
    pub mode: Mode,
    /// What confirmation it asks for, and why.
    pub danger: Danger,
    /// The command as written.
    pub template: String,
    /// The placeholders in it.
    pub placeholders: Vec<Placeholder>,
    /// The text that would run; none when anything refuses.
    #[serde(rename = "final")]
    pub filled: Option<String>,
    /// The words that would be executed; none when anything refuses.
    pub argv: Option<Vec<String>>,
    /// Why it would not run.
    pub refusals: Vec<String>,
    /// The first of the ways of which this is one, as its place in `groups`.
    pub alternative_of: Option<usize>,
    /// What it should show.
    pub expectation: Option<String>,
    /// The first comment above it.
    pub title: String,
    /// The number in that comment.
    pub ordinal: Option<u64>,
    /// Which of the ways it is.
    pub choice: Option<String>,
    /// Other comments about it.
    pub notes: Vec<String>,
    /// What its output may mean.
    pub causes: Vec<Hint>,
    /// What it is written in: `shell`, `promql`.
    pub lang: &'static str,
    /// The title of its step or scenario.
    pub part: String,
    /// Hosts that stand in the text, and the operator's hosts that stand for them.
    pub literals: Vec<Literal>,
    /// It becomes root.
    pub needs_sudo: bool,
    /// What is known to be wrong with it.
    pub known_wrong: Option<KnownWrong>,
    /// SHA-256 of the words that would be executed, each ended by a zero byte: what is confirmed is
    /// what is executed.
    pub sha256: Option<String>,
}

/// Where a group would run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Host {
    /// As the document names it.
    pub literal: Option<String>,
    /// As whom.
    pub user: Option<String>,
    /// The operator's host; `localhost` when it runs here.
    pub resolved: Option<String>,
    /// How it is known.
    pub provenance: Provenance,
}

/// A placeholder and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Placeholder {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Its value.
    pub value: Option<String>,
    /// Where the value comes from.
    pub origin: Option<Origin>,
}

/// A host in the text, and what stands for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Literal {
    /// As written.
    pub literal: String,
    /// The operator's host.
    pub value: Option<String>,
    /// Who said so.
    pub origin: Option<Origin>,
}
