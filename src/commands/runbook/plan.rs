//! `wardroom runbook plan`: every command of a procedure as it would run. Nothing is run.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use color_eyre::eyre::{Result, WrapErr as _, eyre};

use crate::cli::Global;
use crate::cli::runbook::{Form, Plan as Asked};
use crate::commands::{Usage, complain, own_config, say};
use crate::config::{Config, Rooms};
use crate::domain::labels::Labels;
use crate::runbooks::facts::Facts;
use crate::runbooks::model::{Procedure, ProcedureKind};
use crate::runbooks::placeholder::{Kind, admit};
use crate::runbooks::plan::{Plan, Planned, plan};
use crate::runbooks::{self, Runbook, slug};
use crate::text::{sanitise, sanitise_lines};

/// Runs it.
///
/// # Errors
/// Wrong usage, a wrong config, a file that cannot be read, or no such procedure.
pub fn run(global: &Global, asked: &Asked) -> Result<ExitCode> {
    #[cfg(feature = "demo")]
    let papers = super::demo(global)?;
    #[cfg(feature = "demo")]
    let rooms = match &papers {
        Some(papers) => Config::rooms_of("the demo lab's config", &papers.config(), None)?,
        None => rooms(global)?,
    };
    #[cfg(not(feature = "demo"))]
    let rooms = rooms(global)?;
    let facts = facts(asked, &rooms)?;
    let files = asked.file.clone().map_or_else(|| rooms.runbooks.files.clone(), |file| vec![file]);
    if files.is_empty() {
        let none =
            "no runbook is named: say --file FILE, or name some in the config, [runbooks] files = [\"FILE\"]";
        return Err(Usage(none.to_owned()).into());
    }
    let read = |file: &PathBuf| {
        let shown = file.display().to_string();
        let bytes = std::fs::read(file).wrap_err_with(|| format!("cannot read the runbook {shown}"))?;
        Ok(runbooks::read(&shown, &bytes))
    };
    let runbooks = files.iter().map(read).collect::<Result<Vec<Runbook>>>()?;
    let alias = rooms.runbooks.aliases.get(&asked.alert).map(String::as_str);
    let (runbook, procedure) = find(&runbooks, &asked.alert, alias)?;
    if let Some(label) = &asked.scenario
        && !procedure.scenarios.iter().any(|scenario| scenario.label.eq_ignore_ascii_case(label))
    {
        let known: Vec<&str> = procedure.scenarios.iter().map(|scenario| scenario.label.as_str()).collect();
        let known = if known.is_empty() { "it has none".to_owned() } else { known.join(", ") };
        return Err(Usage(format!("{:?} has no scenario {label:?}; there: {known}", procedure.title)).into());
    }
    let plan = plan(runbook, procedure, &asked.alert, &facts, asked.scenario.as_deref());
    for name in facts.set.keys() {
        if !plan.groups.iter().flat_map(|group| &group.placeholders).any(|one| one.name == *name) {
            complain(&format!("no command here has a placeholder <{}>", sanitise(name)));
        }
    }
    say(&match asked.format {
        Form::Json => serde_json::to_string_pretty(&plan)? + "\n",
        Form::Text => text(&plan, procedure),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The hosts and the runbooks of the config; without a config, none.
fn rooms(global: &Global) -> Result<Rooms> {
    match own_config(global) {
        Ok(file) if global.config.is_some() || file.is_file() => Ok(Config::rooms(&file)?),
        _ => Ok(Rooms::default()),
    }
}

fn facts(asked: &Asked, rooms: &Rooms) -> Result<Facts> {
    for (literal, host) in &asked.host_map {
        if host != "{target}" {
            admit(host, Kind::Host, None).map_err(|why| Usage(format!("--host-map {literal}=…: {why}")))?;
        }
    }
    let mut labels: Vec<(&str, &str)> = vec![("alertname", &asked.alert)];
    labels.extend(asked.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    labels.dedup_by(|later, earlier| later.0 == earlier.0);
    Ok(Facts {
        labels: labels.into_iter().collect::<Labels>(),
        set: asked.set.iter().cloned().collect(),
        host_map: asked.host_map.iter().cloned().collect(),
        mapped: rooms.runbooks.hosts.clone(),
        hosts: rooms.hosts.clone(),
        declared: rooms.runbooks.placeholders.clone(),
        ..Facts::default()
    })
}

/// Names are the same whatever their case, spaces, `-` and `_`.
fn folded(name: &str) -> String {
    name.chars().filter(|char| !matches!(char, ' ' | '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// The procedure of an alert: by its name, by an alias, or the one of that title.
fn find<'r>(
    runbooks: &'r [Runbook],
    alert: &str,
    alias: Option<&str>,
) -> Result<(&'r Runbook, &'r Procedure)> {
    let all = || runbooks.iter().flat_map(|runbook| runbook.procedures.iter().map(move |one| (runbook, one)));
    let names = |procedure: &Procedure, name: &str| {
        procedure.id == slug(name) || folded(&procedure.title) == folded(name)
    };
    let by_name = |procedure: &Procedure| {
        procedure.kind != ProcedureKind::Suggested
            && procedure.alert_names.iter().any(|name| folded(name) == folded(alert))
    };
    let is_alias = |procedure: &Procedure| alias.is_some_and(|alias| names(procedure, alias));
    let is_title = |procedure: &Procedure| names(procedure, alert);
    let ways: [&dyn Fn(&Procedure) -> bool; 3] = [&by_name, &is_alias, &is_title];
    for way in ways {
        let found: Vec<_> = all().filter(|(_, procedure)| way(procedure)).collect();
        match found.as_slice() {
            [] => {}
            [one] => return Ok(*one),
            several => {
                let places: Vec<String> = several
                    .iter()
                    .map(|(runbook, one)| format!("{}:{} {}", runbook.path, one.source_lines.0, one.title))
                    .collect();
                let told = format!(
                    "{alert:?} has {} procedures, name one with --file or by its title:\n{}",
                    several.len(),
                    places.join("\n")
                );
                return Err(Usage(told).into());
            }
        }
    }
    let known: Vec<String> = all().map(|(_, one)| sanitise(&one.title).into_owned()).collect();
    Err(eyre!("no procedure is for {alert:?}. There are: {}", known.join(", ")))
}

/// The plan for a person.
fn text(plan: &Plan, procedure: &Procedure) -> String {
    let mut out = format!("{}\n", sanitise(&procedure.title));
    let mut part = "";
    for group in &plan.groups {
        if group.part != part {
            part = &group.part;
            let scenario =
                group.scenario.as_ref().map(|label| format!("Scenario {label}: ")).unwrap_or_default();
            let step = group.step.map(|step| format!("{step}. ")).unwrap_or_default();
            let _written = writeln!(out, "\n{}{}{}", sanitise(&scenario), step, sanitise(part));
        }
        out.push_str(&lines(group));
    }
    out
}

fn lines(group: &Planned) -> String {
    let host = group.host.resolved.as_deref().or(group.host.literal.as_deref()).unwrap_or("no host");
    let user = group.host.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
    let provenance = format!("{:?}", group.host.provenance).to_lowercase();
    let mode = format!("{:?}", group.mode).to_lowercase();
    let mut out = String::new();
    // Writing to a text cannot fail.
    let _written = writeln!(
        out,
        "\n  line {}  {}  {mode}  {}{} ({provenance})  {}",
        group.lines.0,
        group.danger.level,
        sanitise(&user),
        sanitise(host),
        sanitise(&group.title),
    );
    let shown = group.filled.as_ref().unwrap_or(&group.template);
    for line in sanitise_lines(shown).lines() {
        let _written = writeln!(out, "    {} {line}", if group.filled.is_some() { '$' } else { '·' });
    }
    for reason in group.danger.reasons.iter().filter(|_| group.filled.is_some()) {
        let _written = writeln!(out, "      {}", sanitise(reason));
    }
    if let Some(known) = &group.known_wrong {
        let seen = if known.verified { "" } else { " (not verified)" };
        let _written = writeln!(out, "      known wrong: {}; instead: {}{seen}", known.why, known.instead);
    }
    for refusal in &group.refusals {
        let _written = writeln!(out, "      refused: {}", sanitise(refusal));
    }
    out
}
