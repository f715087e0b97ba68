//! The record as Markdown, to be put beside the runbooks: the four questions that are asked after an
//! incident, each with what the record answers, and the timeline under them.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::record::word;
use super::{Entry, Event, Record, Stage};
use crate::text::{age, sanitise};

/// The report. What the record cannot answer is left open, and said to be.
pub fn markdown(record: &Record) -> String {
    let mut out = String::new();
    // Writing to a text cannot fail.
    let _written = write(record, &mut out);
    out
}

fn write(record: &Record, out: &mut String) -> std::fmt::Result {
    let is_started = record.entries.iter().any(|entry| matches!(entry.event, Event::Started { .. }));
    if let (None, false, Some(first)) = (record.opened(), is_started, record.entries.first()) {
        writeln!(out, "# Record {}", first.incident)?;
        return timeline(record, out);
    }
    let Some((entry, opened)) = record.opened().map(|entry| (entry, &entry.event)) else {
        return started(record, out);
    };
    let Event::Opened {
        alert, labels, severity, began, due, last_good, file, sha256, procedure, lines, ..
    } = opened
    else {
        return Ok(());
    };
    writeln!(out, "# Incident {}\n", entry.incident)?;
    writeln!(out, "**Alert:** {} `{}`  ", plain(alert), plain(&labels.to_string()))?;
    writeln!(out, "**Severity:** {}  ", or_none(severity))?;
    writeln!(
        out,
        "**Runbook:** {}, {} (lines {} to {}), sha256 `{sha256}`\n",
        plain(file),
        plain(procedure),
        lines.0,
        lines.1
    )?;
    standing(record, out)?;
    writeln!(out, "## What failed?\n")?;
    writeln!(out, "- {} fires since {}", plain(alert), time(*began))?;
    writeln!(
        out,
        "- the procedure was opened {} by {}, {} after it began",
        time(entry.at),
        or_none(&entry.by),
        age(entry.at - *began)
    )?;
    match due {
        Some(due) if *due < entry.at => {
            writeln!(out, "- the response was due {}: {} late", time(*due), age(entry.at - *due))?;
        }
        Some(due) => writeln!(out, "- the response was due {}: in time", time(*due))?,
        None => writeln!(out, "- the document names no response time")?,
    }
    match record.resolved() {
        Some(at) => writeln!(out, "- it was resolved {}, {} after it began", time(at), age(at - *began))?,
        None => writeln!(out, "- it was not seen to be resolved")?,
    }
    writeln!(out, "\n## Root cause?\n")?;
    let chosen = record.entries.iter().rev().find_map(|entry| match &entry.event {
        Event::Chose { scenario } => scenario.as_ref(),
        _ => None,
    });
    match chosen {
        Some(scenario) => writeln!(out, "- scenario {}", plain(scenario))?,
        None => writeln!(out, "- no scenario was chosen")?,
    }
    for (entry, line, text) in record.notes() {
        let at = line.map(|line| format!(" (at `{}`)", plain(first_line(&line.text)))).unwrap_or_default();
        writeln!(out, "- note of {}, {}: {}{at}", or_none(&entry.by), time(entry.at), plain(text))?;
    }
    writeln!(out, "\n## How long was the RPO gap?\n")?;
    match (last_good, record.resolved()) {
        (Some(good), Some(end)) => writeln!(
            out,
            "- {}: from the last good backup, {}, until it was resolved",
            age(end - *good),
            time(*good)
        )?,
        (Some(good), None) => writeln!(
            out,
            "- open: the last good backup is of {}, and it was not seen to be resolved",
            time(*good)
        )?,
        (None, _) => writeln!(out, "- not known: no backup of a guest belongs to this alert")?,
    }
    writeln!(out, "\n## Preventive measures?\n\n- to be written by whoever was on it\n")?;
    writeln!(out, "## What was done\n")?;
    let mut any = false;
    for (line, tick) in record.ticks() {
        any = true;
        let by = if tick.by.is_empty() { "measured".to_owned() } else { format!("by {}", plain(&tick.by)) };
        let evidence =
            if tick.evidence.is_empty() { String::new() } else { format!(": {}", plain(&tick.evidence)) };
        writeln!(
            out,
            "- {}: `{}` ({by}, {}){evidence}",
            tick.word,
            plain(first_line(&line.text)),
            time(tick.at)
        )?;
    }
    if !any {
        writeln!(out, "- nothing was ticked")?;
    }
    timeline(record, out)
}

/// The report of an incident that was started without a procedure.
fn started(record: &Record, out: &mut String) -> std::fmt::Result {
    let Some(first) = record.entries.first() else {
        return writeln!(out, "# Incident\n\nNothing was recorded.");
    };
    writeln!(out, "# Incident {}\n", first.incident)?;
    writeln!(out, "**What:** {}  ", plain(record.title()))?;
    writeln!(out, "**Started:** {} by {}\n", time(first.at), or_none(&first.by))?;
    standing(record, out)?;
    writeln!(out, "## Root cause?\n")?;
    let mut any = false;
    for (entry, _, text) in record.notes() {
        any = true;
        writeln!(out, "- note of {}, {}: {}", or_none(&entry.by), time(entry.at), plain(text))?;
    }
    if !any {
        writeln!(out, "- nothing was noted")?;
    }
    writeln!(out, "\n## Preventive measures?\n\n- to be written by whoever was on it")?;
    timeline(record, out)
}

/// How far it is, and what was attached to it, where somebody said so.
fn standing(record: &Record, out: &mut String) -> std::fmt::Result {
    let (stage, alerts) = (record.stage(), record.attached());
    if stage == Stage::Open && alerts.is_empty() {
        return Ok(());
    }
    writeln!(out, "**State:** {}\n", stage.as_ref())?;
    for (_, name, labels) in &alerts {
        writeln!(out, "- alert {} `{}`", plain(name), plain(&labels.to_string()))?;
    }
    if alerts.is_empty() { Ok(()) } else { writeln!(out) }
}

fn timeline(record: &Record, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\n## Timeline\n\n| time | who | what |\n|---|---|---|")?;
    record.entries.iter().try_for_each(|entry| {
        writeln!(out, "| {} | {} | {} |", time(entry.at), cell(&entry.by), cell(&told(entry)))
    })
}

/// A line of the timeline, in words.
pub fn told(entry: &Entry) -> String {
    match &entry.event {
        Event::Opened { procedure, file, .. } => format!("opened {procedure} of {file}"),
        Event::Chose { scenario: Some(scenario) } => format!("chose scenario {scenario}"),
        Event::Chose { scenario: None } => "chose no scenario".to_owned(),
        Event::Ticked { line, state } => format!("{}: {}", word(*state), first_line(&line.text)),
        Event::Measured { line, outcome, evidence } => {
            format!("{outcome}: {} ({evidence})", first_line(&line.text))
        }
        Event::Noted { text, .. } => format!("note: {text}"),
        Event::Said { name, value } => format!("{name} is {value}"),
        Event::Ran { command, host, level, confirmed, outcome, .. } => {
            format!("ran on {host} ({level}, confirmed by {confirmed}): {} -> {outcome}", first_line(command))
        }
        Event::Annotated { source, id } => format!("annotated in {source} (number {id})"),
        Event::Escalated { condition } => format!("escalated: {condition}"),
        Event::Started { title } => format!("started: {title}"),
        Event::Attached { alert, labels, .. } => format!("attached {alert} {labels}"),
        Event::Became { stage } => format!("said to be {}", stage.as_ref()),
        Event::Resolved => "the alert is gone".to_owned(),
        Event::Returned => "the alert is there again".to_owned(),
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn plain(text: &str) -> String {
    sanitise(text).replace('`', "'")
}

fn or_none(text: &str) -> String {
    if text.is_empty() { "nobody named".to_owned() } else { plain(text) }
}

fn cell(text: &str) -> String {
    if text.is_empty() { "measured".to_owned() } else { plain(text).replace('|', "\\|") }
}

fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}
