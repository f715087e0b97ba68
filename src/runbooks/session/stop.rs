//! Where one can stand in a procedure: its commands, its boxes, and the steps that have no command.

use std::collections::HashMap;

use super::{Check, Key};
use crate::runbooks::model::{Procedure, ProcedureKind, Role, Step};
use crate::runbooks::plan::Plan;

/// What stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A step without a command.
    Step,
    /// A command, by its place in the plan.
    Group(usize),
    /// A box to tick, by its place among the checks.
    Check(usize),
    /// A part that folds.
    Fold,
}

/// A place to stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    /// What is ticked there.
    pub key: Key,
    /// What stands there.
    pub what: What,
    /// Its first line.
    pub line: usize,
    /// Its last line.
    pub last: usize,
    /// The letter of its scenario.
    pub scenario: Option<String>,
    /// What follows waits for it.
    pub is_prerequisite: bool,
    /// The number of its step in a list that is worked off in order; rollback is none.
    pub turn: Option<u64>,
}

/// All places, in the order of the page.
pub(super) fn stops(
    procedure: &Procedure,
    plan: &Plan,
    checks: &[Check],
    folds: &[(usize, String)],
) -> Vec<Stop> {
    let groups = plan.groups.iter().enumerate().map(|(at, group)| {
        let step = group.step.map(|step| format!("step {step}"));
        let part = group.scenario.clone().or(step).unwrap_or_else(|| group.part.clone());
        Stop {
            key: Key {
                procedure: procedure.id.clone(),
                part,
                text: group.template.trim().to_owned(),
                nth: 0,
            },
            what: What::Group(at),
            line: group.lines.0,
            last: group.lines.1,
            scenario: group.scenario.clone(),
            is_prerequisite: false,
            turn: turn(procedure, group.lines.0),
        }
    });
    let boxes = checks.iter().enumerate().map(|(at, check)| Stop {
        key: check.key.clone(),
        what: What::Check(at),
        line: check.line,
        last: check.line,
        scenario: None,
        is_prerequisite: check.is_prerequisite,
        turn: None,
    });
    let folded = folds.iter().map(|(line, summary)| Stop {
        key: Key { procedure: procedure.id.clone(), part: "fold".to_owned(), text: summary.clone(), nth: 0 },
        what: What::Fold,
        line: *line,
        last: *line,
        scenario: None,
        is_prerequisite: false,
        turn: None,
    });
    let bare = procedure.steps.iter().chain(&procedure.post_incident).filter(|step| {
        let has_command = plan.groups.iter().any(|group| within(group.lines.0, step.lines));
        !has_command && !step.title.is_empty()
    });
    let bare = bare.map(|step| Stop {
        key: Key { procedure: procedure.id.clone(), part: part_of(step), text: step.title.clone(), nth: 0 },
        what: What::Step,
        line: step.lines.0,
        last: step.lines.0,
        scenario: None,
        is_prerequisite: step.role == Role::Prerequisites,
        turn: turn(procedure, step.lines.0),
    });
    let mut all: Vec<Stop> = groups.chain(boxes).chain(bare).chain(folded).collect();
    all.sort_by_key(|stop| (stop.line, stop.last));
    let mut seen: HashMap<Key, usize> = HashMap::new();
    for stop in all.iter_mut().filter(|stop| !matches!(stop.what, What::Check(_))) {
        let count = seen.entry(stop.key.clone()).or_default();
        stop.key.nth = *count;
        *count += 1;
    }
    all
}

/// The number of the step at a line, when its list is worked off in order: not in an alert's
/// procedure, where one looks here and there.
fn turn(procedure: &Procedure, line: usize) -> Option<u64> {
    let apart = [Role::Rollback, Role::Diagnosis, Role::Prerequisites];
    let mut steps = procedure.steps.iter().filter(|step| !apart.contains(&step.role));
    let is_ordered = procedure.kind != ProcedureKind::Alert;
    steps.find(|step| is_ordered && within(line, step.lines))?.ordinal
}

fn part_of(step: &Step) -> String {
    step.ordinal.map_or_else(|| format!("{:?}", step.role), |ordinal| format!("step {ordinal}"))
}

const fn within(line: usize, (from, to): (usize, usize)) -> bool {
    from <= line && line <= to
}
