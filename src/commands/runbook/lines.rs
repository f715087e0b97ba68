//! What a runbook says, as lines for a person.

use std::fmt::Write as _;

use chrono::TimeDelta;

use super::Opened;
use crate::runbooks::model::{Block, Item, Procedure, ProcedureKind, Step};
use crate::text;

/// One line for each procedure.
pub(super) fn list(runbooks: &[Opened]) -> String {
    let mut out = String::new();
    for opened in runbooks {
        let runbook = &opened.runbook;
        let trust = if opened.trusted { "trusted" } else { "not trusted" };
        push(&mut out, &format!("{}  {} ({trust})", runbook.path, runbook.title));
        let width = runbook.procedures.iter().map(|one| text::width(&one.title)).max().unwrap_or(0).min(60);
        for procedure in &runbook.procedures {
            let title = text::truncate(&procedure.title, 60);
            let gap = " ".repeat(width.saturating_sub(text::width(&title)));
            let (from, to) = procedure.source_lines;
            let line = format!(
                "  {title}{gap}  {:<9} {:<9} {:>4}  lines {from}-{to}  #{}",
                kind(procedure.kind),
                procedure.severity.as_deref().unwrap_or("–"),
                procedure.response_time.map_or_else(|| "–".to_owned(), span),
                procedure.id,
            );
            push(&mut out, &line);
        }
    }
    out
}

/// Everything that was read, in its order.
pub(super) fn show(runbooks: &[Opened]) -> String {
    let mut out = String::new();
    for opened in runbooks {
        let runbook = &opened.runbook;
        push(&mut out, &format!("{}  {}", runbook.path, runbook.title));
        push(&mut out, &format!("  sha256 {}", runbook.sha256));
        push(
            &mut out,
            if opened.trusted { "  trusted" } else { "  not trusted: `wardroom runbook trust FILE`" },
        );
        for field in runbook.meta.fields.iter().chain(&runbook.contacts).chain(&runbook.urls) {
            push(&mut out, &format!("  {}: {}", field.key, field.value));
        }
        for procedure in &runbook.procedures {
            out.push('\n');
            self::procedure(&mut out, procedure);
        }
        if !runbook.warnings.is_empty() {
            push(&mut out, "\nNever:");
            items(&mut out, &runbook.warnings);
        }
    }
    out
}

/// `FILE:LINE:COLUMN: code: message`
pub(super) fn lint(runbooks: &[Opened]) -> String {
    let mut out = String::new();
    for opened in runbooks {
        for lint in &opened.runbook.lints {
            let place = format!("{}:{}:{}", opened.runbook.path, lint.line, lint.column);
            push(&mut out, &format!("{place}: {}: {}", lint.code, lint.message));
        }
    }
    out
}

fn procedure(out: &mut String, procedure: &Procedure) {
    push(out, &format!("{}  #{}", procedure.title, procedure.id));
    for field in &procedure.fields {
        push(out, &format!("  {}: {}", field.key, field.value));
    }
    titled(out, "Symptoms", &procedure.symptoms);
    for check in &procedure.prerequisites.items {
        push(out, &format!("  [ ] {}", check.text));
    }
    procedure.steps.iter().for_each(|one| step(out, one));
    if let Some(tree) = &procedure.tree {
        code(out, &tree.text);
    }
    for cause in &procedure.causes {
        let shows = cause.message.as_deref().or(cause.symptom.as_deref()).unwrap_or("Cause");
        let mend = cause.resolution.as_deref().map(|mend| format!("; {mend}")).unwrap_or_default();
        push(out, &format!("  {shows}: {}{mend}", cause.cause));
    }
    for scenario in &procedure.scenarios {
        push(out, &format!("  Scenario {}: {}", scenario.label, scenario.title));
        items(out, &scenario.prose);
        scenario.blocks.iter().for_each(|one| block(out, one));
    }
    for layer in &procedure.layers {
        titled(out, &format!("Layer {}: {}", layer.ordinal, layer.title), &layer.items);
    }
    for check in &procedure.verification.items {
        push(out, &format!("  [ ] {}", check.text));
    }
    if let Some(escalation) = &procedure.escalation {
        titled(out, &escalation.condition, &escalation.steps);
    }
    procedure.post_incident.iter().for_each(|one| step(out, one));
    titled(out, "Notes", &procedure.notes);
}

fn step(out: &mut String, step: &Step) {
    let number = step.ordinal.map(|ordinal| format!("{ordinal}. ")).unwrap_or_default();
    let broken = if step.broken { "  (broken: see `wardroom runbook lint`)" } else { "" };
    push(out, &format!("  {number}{}{broken}", step.title));
    items(out, &step.prose);
    step.blocks.iter().for_each(|one| block(out, one));
}

fn block(out: &mut String, block: &Block) {
    for reason in &block.reasons {
        push(out, &format!("    not runnable: {reason}"));
    }
    code(out, &block.text);
}

/// Code as written, with what a terminal might act on made visible.
fn code(out: &mut String, code: &str) {
    for line in code.lines() {
        push(out, &format!("      {}", text::sanitise(line)));
    }
}

fn titled(out: &mut String, title: &str, list: &[Item]) {
    if !list.is_empty() {
        push(out, &format!("  {title}:"));
        items(out, list);
    }
}

fn items(out: &mut String, items: &[Item]) {
    for item in items {
        push(out, &format!("    - {}", item.text));
    }
}

fn push(out: &mut String, line: &str) {
    // Writing to a text cannot fail.
    let _written = writeln!(out, "{}", line.trim_end());
}

fn span(seconds: u64) -> String {
    text::age(TimeDelta::seconds(i64::try_from(seconds).unwrap_or(i64::MAX / 1_000)))
}

const fn kind(kind: ProcedureKind) -> &'static str {
    match kind {
        ProcedureKind::Alert => "alert",
        ProcedureKind::Procedure => "procedure",
        ProcedureKind::Suggested => "suggested",
    }
}
