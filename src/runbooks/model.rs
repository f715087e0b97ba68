//! What a runbook says: its sections, its procedures, and what stands in them. Plain values, as
//! `wardroom runbook show --format json` prints them.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Serialize;

pub use super::block::{Annotations, Block, Lang};
use super::document::Node;

/// First and last line, both from 1.
pub type Lines = (usize, usize);

/// A Markdown file, read.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Runbook {
    /// The file, as it was named.
    pub path: String,
    /// SHA-256 of its bytes, in lower-case hex: what is trusted is this, not the name.
    pub sha256: String,
    /// Its first heading; the file's name without one.
    pub title: String,
    /// What the key/value lines under the title say.
    pub meta: Meta,
    /// What holds for procedures that do not say it themselves.
    pub defaults: Defaults,
    /// Every heading with what stands under it, in the order of the file. Text before the first
    /// heading is a section of level 0 without a title.
    pub sections: Vec<Section>,
    /// What can be followed step by step, in the order of the file.
    pub procedures: Vec<Procedure>,
    /// Whom to ask.
    pub contacts: Vec<Field>,
    /// Addresses of services.
    pub urls: Vec<Field>,
    /// What must never be done ("What NOT to do"): shown beside every confirmation.
    pub warnings: Vec<Item>,
    /// What is wrong or doubtful, in the order of the file; only a reviewed runbook has any.
    pub lints: Vec<Lint>,
}

/// What a runbook says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Meta {
    /// `Version`.
    pub version: Option<String>,
    /// `Last Updated`, as written.
    pub updated: Option<String>,
    /// `Maintainer` or `Owner`.
    pub maintainer: Option<String>,
    /// `On-Call Contact`.
    pub contact: Option<String>,
    /// Every key/value line outside the procedures.
    pub fields: Vec<Field>,
}

/// What holds for procedures that do not say it themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Defaults {
    /// Seconds within which somebody must be on an alert, by severity in lower case.
    pub response_by_severity: BTreeMap<String, u64>,
}

/// A line `**Key:** value`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// The key, as written, without its colon.
    pub key: String,
    /// The value.
    pub value: String,
    /// The code span that the value begins with or is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Where it stands.
    pub line: usize,
}

/// A heading and what stands under it, up to the next heading.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Section {
    /// The heading's anchor, as GitHub makes it; each is there once.
    pub id: String,
    /// 1 to 6; 0 for what stands before the first heading.
    pub level: u8,
    /// The heading, without Markdown.
    pub title: String,
    /// `4.1` in `4.1 Disk Failure`.
    pub number: Option<String>,
    /// Bytes, from the heading to the next heading of any level.
    pub span: Range<usize>,
    /// Lines, from the heading to the last one before the next heading of the same or a higher level.
    pub lines: Lines,
    /// The section that this one is a part of.
    pub parent: Option<String>,
    /// Its own parts.
    pub children: Vec<String>,
    /// What it is for.
    pub role: Role,
    /// What stands under the heading itself.
    pub body: Vec<Node>,
}

/// What a part of a procedure is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// How it shows.
    Symptoms,
    /// What to do at once.
    ImmediateActions,
    /// How to find out.
    Diagnosis,
    /// What it usually is.
    Causes,
    /// How to mend it.
    Resolution,
    /// How to know that it is mended.
    Verification,
    /// When to call for help, and whom.
    Escalation,
    /// What to do afterwards.
    PostIncident,
    /// What must be so before anything is done.
    Prerequisites,
    /// What to do, in this order.
    Steps,
    /// How to undo it.
    Rollback,
    /// What must never be done.
    Warnings,
    /// Everything else.
    #[default]
    Notes,
}

/// How a procedure says what it is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcedureKind {
    /// Its heading names an alert: `Alert: HostDown`.
    Alert,
    /// It is a procedure for something else.
    #[default]
    Procedure,
    /// An item of a list that reads like one: it may be offered, it is never opened by itself.
    Suggested,
}

/// What can be followed step by step.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Procedure {
    /// The anchor of its heading: unique in the file.
    pub id: String,
    /// Its heading: `Alert: HostDown`.
    pub title: String,
    /// How it says what it is for.
    pub kind: ProcedureKind,
    /// The alerts that its heading or an annotation names.
    pub alert_names: Vec<String>,
    /// `A` in `4.1 Scenario A: Service Failure`: one of several procedures to choose from.
    pub label: Option<String>,
    /// `**Scenario:**` or `**When to Use:**`.
    pub when: Option<String>,
    /// What makes the alert fire.
    pub trigger: Option<Trigger>,
    /// In lower case: `critical`.
    pub severity: Option<String>,
    /// Seconds within which somebody must be on it.
    pub response_time: Option<u64>,
    /// Every key/value line, known or not.
    pub fields: Vec<Field>,
    /// How it shows.
    pub symptoms: Vec<Item>,
    /// What must be so before the steps.
    pub prerequisites: Checklist,
    /// Immediate actions, diagnosis, resolution, steps and rollback, in the order of the file, each
    /// with its role.
    pub steps: Vec<Step>,
    /// The decision tree.
    pub tree: Option<DecisionTree>,
    /// What it usually is.
    pub causes: Vec<Cause>,
    /// Ways to mend it, of which one is chosen.
    pub scenarios: Vec<Scenario>,
    /// Stages that are passed in this order.
    pub layers: Vec<Layer>,
    /// How to know that it is mended.
    pub verification: Checklist,
    /// When to call for help.
    pub escalation: Option<Escalation>,
    /// What to do afterwards.
    pub post_incident: Vec<Step>,
    /// Everything else that is said.
    pub notes: Vec<Item>,
    /// From its heading to its last line.
    pub source_lines: Lines,
}

/// What makes an alert fire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trigger {
    /// As written.
    pub text: String,
    /// The expression, if one is given as code.
    pub promql: Option<String>,
    /// For how many seconds it must hold.
    #[serde(rename = "for")]
    pub hold: Option<u64>,
}

/// A line of prose, and what can be run in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Without Markdown.
    pub text: String,
    /// Code spans that begin with a known program.
    pub commands: Vec<InlineCommand>,
    /// Where it stands.
    pub line: usize,
}

/// A command in a sentence or a table: `` `qm unlock <VMID>` ``.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InlineCommand {
    /// As written.
    pub text: String,
    /// Where it stands.
    pub line: usize,
}

/// One thing to do.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Step {
    /// Its number in the list; none when it is the only one.
    pub ordinal: Option<u64>,
    /// What it does.
    pub title: String,
    /// What it is a part of.
    pub role: Role,
    /// What is said beside the title.
    pub prose: Vec<Item>,
    /// Code.
    pub blocks: Vec<Block>,
    /// Commands in the title.
    pub commands: Vec<InlineCommand>,
    /// The Markdown around it is broken, so that its code is not known to be code.
    pub broken: bool,
    /// Where it stands.
    pub lines: Lines,
}

/// A way to mend it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Scenario {
    /// `A`.
    pub label: String,
    /// What is the matter then.
    pub title: String,
    /// When it is the right one, where that is said.
    pub when: Option<String>,
    /// What is said beside.
    pub prose: Vec<Item>,
    /// Code.
    pub blocks: Vec<Block>,
    /// Where it stands.
    pub lines: Lines,
}

/// A stage: `Layer 1: Storage`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Layer {
    /// Its number.
    pub ordinal: u64,
    /// Its name.
    pub title: String,
    /// What must be so.
    pub items: Vec<Item>,
    /// Where it stands.
    pub lines: Lines,
}

/// What it usually is, and what to do then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The text that gives it away in output or logs.
    pub message: Option<String>,
    /// What it looks like.
    pub symptom: Option<String>,
    /// What it is.
    pub cause: String,
    /// What to do.
    pub resolution: Option<String>,
    /// Commands in its words.
    pub inline_commands: Vec<InlineCommand>,
    /// Where it stands.
    pub line: usize,
}

/// A decision tree, drawn with lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DecisionTree {
    /// As drawn.
    pub text: String,
    /// Its ends.
    pub leaves: Vec<Leaf>,
    /// Where it stands.
    pub lines: Lines,
}

/// An end of a decision tree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Leaf {
    /// The answers that lead here: `["Host unreachable?", "YES", "VM powered off"]`.
    pub path: Vec<String>,
    /// What to do.
    pub action: String,
    /// Commands in its words.
    pub commands: Vec<InlineCommand>,
    /// Where it stands.
    pub line: usize,
}

/// Boxes to tick. The file is never written; ticks belong to the incident.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checklist {
    /// The boxes.
    pub items: Vec<CheckItem>,
}

/// A box to tick.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CheckItem {
    /// What must be so.
    pub text: String,
    /// The file has it ticked.
    pub ticked: bool,
    /// Commands in its words.
    pub commands: Vec<InlineCommand>,
    /// The PromQL of an annotation `<!-- verify: … -->` beside it.
    pub verify: Option<String>,
    /// Where it stands.
    pub line: usize,
}

/// When to call for help.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Escalation {
    /// Seconds after the beginning.
    pub after: Option<u64>,
    /// As written: `If host remains down after 30 minutes`.
    pub condition: String,
    /// What to do then.
    pub steps: Vec<Item>,
    /// Where it stands.
    pub lines: Lines,
}

/// Something wrong or doubtful.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Lint {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Which kind: `broken-step`.
    pub code: &'static str,
    /// What, and what to do.
    pub message: String,
}

/// Where in its procedure a block stands.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The scenario that it belongs to.
    pub scenario: Option<&'a Scenario>,
    /// The step that it belongs to.
    pub step: Option<&'a Step>,
    /// The block.
    pub block: &'a Block,
}

impl Procedure {
    /// Every block in the order of the file, with the step or scenario that it belongs to.
    pub fn blocks(&self) -> Vec<Place<'_>> {
        let steps = self.steps.iter().chain(&self.post_incident).flat_map(|step| {
            step.blocks.iter().map(move |block| Place { scenario: None, step: Some(step), block })
        });
        let scenarios = self.scenarios.iter().flat_map(|scenario| {
            scenario.blocks.iter().map(move |block| Place { scenario: Some(scenario), step: None, block })
        });
        let mut all: Vec<Place<'_>> = steps.chain(scenarios).collect();
        all.sort_by_key(|place| place.block.span.start);
        all
    }
}

impl Runbook {
    /// The procedure with that anchor.
    pub fn procedure(&self, id: &str) -> Option<&Procedure> {
        self.procedures.iter().find(|procedure| procedure.id == id)
    }
}
