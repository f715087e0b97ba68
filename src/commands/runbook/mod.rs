//! `wardroom runbook list|show|lint|plan|trust`: what the owner's Markdown says, and nothing is run.

mod lines;
mod plan;
mod trust;

use std::path::PathBuf;
use std::process::ExitCode;

use color_eyre::eyre::{Result, WrapErr as _};
use serde::Serialize;
use serde_json::json;

use super::{Usage, only_real, own_config, read, say};
use crate::cli::Global;
use crate::cli::runbook::{self as cli, Files, Form};
use crate::runbooks::model::{Lint, Procedure, ProcedureKind};
use crate::runbooks::trust::Verdict;
use crate::runbooks::{self, Runbook};

/// The version of every JSON answer.
const SCHEMA: u8 = 1;

/// Runs it.
///
/// # Errors
/// Wrong usage, a file that cannot be read, or stdout that cannot be written.
pub fn run(global: &Global, what: &cli::Runbook) -> Result<ExitCode> {
    match what {
        cli::Runbook::List(files) => {
            let runbooks = open(global, &files.files)?;
            let listed: Vec<Listed<'_>> = runbooks.iter().map(Listed::of).collect();
            answer(files, &json!({ "schema": SCHEMA, "runbooks": listed }), || lines::list(&runbooks))?;
        }
        cli::Runbook::Show(files) => {
            let runbooks = open(global, &files.files)?;
            let shown: Vec<Shown<'_>> = runbooks.iter().map(Shown::of).collect();
            answer(files, &json!({ "schema": SCHEMA, "runbooks": shown }), || lines::show(&runbooks))?;
        }
        cli::Runbook::Lint { files, strict } => {
            let runbooks = open(global, &files.files)?;
            let told: Vec<Told<'_>> = runbooks.iter().flat_map(told).collect();
            answer(files, &json!({ "schema": SCHEMA, "lints": told }), || lines::lint(&runbooks))?;
            if *strict && !told.is_empty() {
                return Ok(ExitCode::FAILURE);
            }
        }
        cli::Runbook::Plan(asked) => return plan::run(global, asked),
        cli::Runbook::Trust { files } => {
            only_real(global, "what you trust is kept in your state directory")?;
            return trust::run(files);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn answer(files: &Files, json: &serde_json::Value, text: impl FnOnce() -> String) -> Result<()> {
    say(&match files.format {
        Form::Json => serde_json::to_string_pretty(json)? + "\n",
        Form::Text => text(),
    })
}

/// A runbook, and whether it is trusted as it is.
#[derive(Debug)]
struct Opened {
    runbook: Runbook,
    trusted: bool,
}

/// Reads the files that are named, or those of the config.
fn open(global: &Global, files: &[PathBuf]) -> Result<Vec<Opened>> {
    #[cfg(feature = "demo")]
    let papers = demo(global)?;
    #[cfg(feature = "demo")]
    let own = papers.as_ref().map(crate::demo::Runbooks::files);
    #[cfg(not(feature = "demo"))]
    let own = None;
    let files = match own {
        _ if !files.is_empty() => files.to_vec(),
        Some(files) => files,
        None => configured(global)?,
    };
    // Reading asks for no trust: a state that cannot be read is none.
    let trust = trust::known().unwrap_or_default();
    let open = |file: &PathBuf| {
        let shown = file.display().to_string();
        let bytes = std::fs::read(file).wrap_err_with(|| format!("cannot read the runbook {shown}"))?;
        let runbook = runbooks::reviewed(&shown, &bytes);
        let trusted = trust.judge(&crate::state::trust_name(file), &runbook.sha256) == Verdict::Trusted;
        Ok(Opened { runbook, trusted })
    };
    files.iter().map(open).collect()
}

/// The runbooks of the demo lab, as long as this is kept.
#[cfg(feature = "demo")]
fn demo(global: &Global) -> Result<Option<crate::demo::Runbooks>> {
    let wanted = global.demo.is_some().then(crate::demo::Runbooks::write);
    wanted.transpose().wrap_err("the runbooks of the demo lab cannot be written")
}

fn configured(global: &Global) -> Result<Vec<PathBuf>> {
    let config = read(global, &own_config(global)?)?;
    if config.runbooks.files.is_empty() {
        let none =
            "no runbook is named: give a FILE, or name some in the config, [runbooks] files = [\"FILE\"]";
        return Err(Usage(none.to_owned()).into());
    }
    Ok(config.runbooks.files)
}

/// A runbook in a list.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    file: &'a str,
    sha256: &'a str,
    title: &'a str,
    trusted: bool,
    procedures: Vec<Entry<'a>>,
}

/// A procedure in a list.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    id: &'a str,
    title: &'a str,
    kind: ProcedureKind,
    alerts: &'a [String],
    severity: Option<&'a str>,
    response_time: Option<u64>,
    lines: (usize, usize),
}

impl<'a> Listed<'a> {
    fn of(opened: &'a Opened) -> Self {
        let Runbook { path, sha256, title, procedures, .. } = &opened.runbook;
        let procedures = procedures.iter().map(Entry::of).collect();
        Self { file: path, sha256, title, trusted: opened.trusted, procedures }
    }
}

impl<'a> Entry<'a> {
    fn of(procedure: &'a Procedure) -> Self {
        Self {
            id: &procedure.id,
            title: &procedure.title,
            kind: procedure.kind,
            alerts: &procedure.alert_names,
            severity: procedure.severity.as_deref(),
            response_time: procedure.response_time,
            lines: procedure.source_lines,
        }
    }
}

/// A runbook in full.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    file: &'a str,
    trusted: bool,
    #[serde(flatten)]
    runbook: &'a Runbook,
}

impl<'a> Shown<'a> {
    fn of(opened: &'a Opened) -> Self {
        Self { file: &opened.runbook.path, trusted: opened.trusted, runbook: &opened.runbook }
    }
}

/// A lint, with the file that it is about.
#[derive(Debug, Serialize)]
struct Told<'a> {
    file: &'a str,
    #[serde(flatten)]
    lint: &'a Lint,
}

fn told(opened: &Opened) -> impl Iterator<Item = Told<'_>> {
    opened.runbook.lints.iter().map(|lint| Told { file: &opened.runbook.path, lint })
}
