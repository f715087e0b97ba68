//! `wardroom doctor`: what is in the way, and what to do about it. Nothing is changed anywhere.

mod abilities;
mod hosts;
mod rights;
mod running;
mod servers;
mod terminal;
mod ways;

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, Utc};
use color_eyre::eyre::Result;
use serde::Serialize;

use super::{Ground, ground, say};
use crate::cli::{self, Form, Global};
use crate::config::exposed;
use crate::report::SCHEMA;
use crate::runtime::network;
use running::{Running, Watched};
use servers::Examined;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    /// As it should be.
    Ok,
    /// It works, and could be better.
    Note,
    /// It is in the way.
    Failed,
}

/// What is looked at, in the order in which it is told.
const AREAS: [&str; 7] = ["config", "source", "rights", "clock", "version", "host", "terminal"];

/// Something that was looked at.
#[derive(Clone, Debug, Serialize)]
struct Finding {
    /// One of [`AREAS`].
    area: &'static str,
    /// Of what: a source, a file.
    subject: String,
    level: Level,
    /// What was found.
    text: String,
    /// What to do about it; `null` when nothing is to be done.
    fix: Option<String>,
}

impl Finding {
    fn ok(area: &'static str, subject: &str, text: impl Into<String>) -> Self {
        Self { area, subject: subject.to_owned(), level: Level::Ok, text: text.into(), fix: None }
    }

    fn note(area: &'static str, subject: &str, text: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { level: Level::Note, fix: Some(fix.into()), ..Self::ok(area, subject, text) }
    }

    fn failed(area: &'static str, subject: &str, text: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { level: Level::Failed, fix: Some(fix.into()), ..Self::ok(area, subject, text) }
    }
}

/// All that was looked at. Serialised it is schema 1.
#[derive(Clone, Debug, Serialize)]
struct Diagnosis {
    schema: u32,
    at: DateTime<Utc>,
    findings: Vec<Finding>,
    sources: Vec<Examined>,
    /// The dashboards that run here, and what each costs this machine.
    dashboards: Vec<Running>,
}

/// Runs it.
///
/// # Errors
/// Wrong usage, a wrong config, or stdout that cannot be written.
pub fn run(global: &Global, doctor: &cli::Doctor) -> Result<ExitCode> {
    let network = network()?;
    let ground = network.block_on(ground(global, false))?;
    let mut findings = config(&ground);
    let watched = Watched::begin();
    let examined = network.block_on(servers::examine(&ground.config.sources, doctor.timeout));
    let hosts = if doctor.hosts { network.block_on(hosts::look(&ground.config)) } else { Vec::new() };
    network.shutdown_background();
    let mut sources = Vec::new();
    for (source, found) in examined {
        sources.push(source);
        findings.extend(found);
    }
    findings.extend(hosts);
    findings.extend(terminal::look(global));
    // An area at a time, of each the sources in their order.
    findings.sort_by_key(|finding| AREAS.iter().position(|area| *area == finding.area));
    let dashboards = watched.end();
    let diagnosis = Diagnosis { schema: SCHEMA, at: Utc::now(), findings, sources, dashboards };
    say(&match doctor.format {
        Form::Text => diagnosis.text(),
        Form::Json => serde_json::to_string_pretty(&diagnosis)? + "\n",
    })?;
    let failed = diagnosis.findings.iter().any(|finding| finding.level == Level::Failed);
    Ok(ExitCode::from(u8::from(failed)))
}

fn config(ground: &Ground) -> Vec<Finding> {
    let Some(file) = &ground.file else {
        return vec![Finding::note(
            "config",
            "demo lab",
            "the demo lab's own config",
            "run `wardroom init` for your servers",
        )];
    };
    let shown = file.display().to_string();
    let count = ground.config.sources.len();
    let mut found = vec![Finding::ok("config", &shown, format!("read, {count} sources"))];
    let exposed = exposed(&ground.config, file);
    for file in &exposed {
        let shown = file.display().to_string();
        let text = "holds a secret, and others on this machine may read it";
        found.push(Finding::failed("config", &shown, text, format!("chmod 600 {shown}")));
    }
    if ground.config.holds_secrets && !exposed.contains(file) {
        let text = "holds a secret itself; whoever gets a copy of it has that too";
        found.push(Finding::note("config", &shown, text, "put it into a file: token_file, password_file"));
    }
    found
}

impl Diagnosis {
    /// For people: a line for each, what to do below it, then what it costs the servers.
    fn text(&self) -> String {
        let mut text = String::new();
        let mut last = "";
        for finding in &self.findings {
            if finding.area != last {
                last = finding.area;
                let _infallible = writeln!(text, "{}{last}", if text.is_empty() { "" } else { "\n" });
            }
            let sign = match finding.level {
                Level::Ok => "ok    ",
                Level::Note => "note  ",
                Level::Failed => "FAILED",
            };
            let _infallible = writeln!(text, "  {sign}  {}: {}", finding.subject, finding.text);
            if let Some(fix) = &finding.fix {
                let _infallible = writeln!(text, "          do: {fix}");
            }
        }
        if !self.sources.is_empty() {
            text.push_str("\nrequests\n");
        }
        for source in &self.sources {
            let Examined { source, requests_per_minute, bytes_per_minute, .. } = source;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole bytes")]
            let bytes = crate::text::bytes(bytes_per_minute.round() as u64);
            let _infallible =
                writeln!(text, "  {source}: {requests_per_minute:.0} requests and {bytes} a minute");
        }
        if !self.dashboards.is_empty() {
            text.push_str("\ndashboards that run here\n");
        }
        for Running { pid, wakeups_per_second, cpu_percent, resident_bytes } in &self.dashboards {
            let resident = crate::text::bytes(*resident_bytes);
            let _infallible = writeln!(
                text,
                "  process {pid}: {wakeups_per_second:.0} wake-ups a second, {cpu_percent:.1} % of a core, {resident}"
            );
        }
        let count = |level| self.findings.iter().filter(|finding| finding.level == level).count();
        let (failed, notes) = (count(Level::Failed), count(Level::Note));
        let _infallible = writeln!(
            text,
            "\n{}",
            match (failed, notes) {
                (0, 0) => "Nothing is in the way.".to_owned(),
                (0, notes) => format!("Nothing is in the way; {notes} could be better."),
                (failed, _) => format!("{failed} in the way; each says what to do."),
            }
        );
        text
    }
}

/// A time for people.
fn took(span: Duration) -> String {
    crate::text::took(span.as_secs_f64())
}
