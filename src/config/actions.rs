//! `[[actions]]`: commands of the operator's own, offered where they fit.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::feed::SourceId;
use crate::keymap::Keymap;
use crate::runbooks::actions::{Configured, Input, placeholder_of};
use crate::runbooks::danger::Level;
use crate::runbooks::mode::Mode;
use crate::runbooks::placeholder::{Declared, Kind, Source, admit, whole};
use crate::settings::Table;
use crate::ui::panes;

/// Reads the tables. Keys of their own must mean nothing else.
pub(super) fn actions(root: &Table<'_>, keymap: &Keymap) -> Vec<Configured> {
    root.list("actions").iter().filter_map(|table| action(table, keymap)).collect()
}

fn action(table: &Table<'_>, keymap: &Keymap) -> Option<Configured> {
    let line = |text: String| {
        let is_line = !text.trim().is_empty() && !text.contains(char::is_control) && !text.contains("--");
        if is_line { Ok(text) } else { Err("one line of text, without --".to_owned()) }
    };
    let words = |words: Vec<String>| {
        let is_plain = |word: &String| !word.contains(char::is_control);
        if !words.is_empty() && words.iter().all(is_plain) {
            Ok(words)
        } else {
            Err("a program and its arguments, without line breaks".to_owned())
        }
    };
    let level =
        |name: String| Level::named(&name).ok_or_else(|| "\"L0\", \"L1\", \"L2\" or \"L3\"".to_owned());
    let mode =
        |name: String| Mode::named(&name).ok_or_else(|| "\"capture\", \"follow\" or \"handoff\"".to_owned());
    let name = table.get_with("name", line);
    let argv = table.get_with("argv", words);
    for (key, is_there) in [("name", table.has("name")), ("argv", table.has("argv"))] {
        if !is_there {
            table.fault(key, format!("an action needs `{key}`"));
        }
    }
    let action = Configured {
        name: name.unwrap_or_default(),
        argv: argv.unwrap_or_default(),
        host: table.get_with("host", line).unwrap_or_else(|| "{target}".to_owned()),
        alerts: table.get("alerts").unwrap_or_default(),
        labels: table.get("labels").unwrap_or_default(),
        level: table.get_with("level", level),
        mode: table.get_with("mode", mode),
        expect: table.get_with("expect", line),
        panes: table.get_with("panes", known_panes).unwrap_or_default(),
        keys: table.get_with("keys", |texts: Vec<String>| keymap.free(&texts)).unwrap_or_default(),
        timeout: table.get_with("timeout", |limit: Duration| {
            if limit.is_zero() { Err("a time above 0, such as \"10m\"".to_owned()) } else { Ok(limit) }
        }),
        requires: table.get_with("requires", programs).unwrap_or_default(),
        inputs: inputs(table),
        verify: table.get_with("verify", line),
        refresh: table.get_with("refresh", sources).unwrap_or_default(),
    };
    (!action.name.is_empty() && !action.argv.is_empty()).then_some(action)
}

fn known_panes(names: Vec<String>) -> Result<Vec<String>, String> {
    if names.iter().all(|name| panes::NAMES.contains(&name.as_str())) {
        return Ok(names);
    }
    Err(format!("names of panes: {}", panes::NAMES.join(", ")))
}

/// Names of programs, as a shell looks them up.
fn programs(names: Vec<String>) -> Result<Vec<String>, String> {
    let is_name = |name: &String| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.+-/".contains(&byte);
        !name.is_empty() && !name.starts_with('-') && name.bytes().all(is_plain)
    };
    if names.iter().all(is_name) { Ok(names) } else { Err("names of programs".to_owned()) }
}

fn sources(names: Vec<String>) -> Result<Vec<SourceId>, String> {
    let source = |name: String| {
        let (kind, name) = name.split_once('.')?;
        Some(SourceId::new(kind.parse().ok()?, name))
    };
    let all = names.into_iter().map(source).collect::<Option<Vec<_>>>();
    all.ok_or_else(|| "sources as KIND.NAME, such as \"prometheus.main\"".to_owned())
}

/// `[actions.inputs.NAME]`
fn inputs(table: &Table<'_>) -> BTreeMap<String, Input> {
    let all = table.named("inputs");
    all.into_iter().map(|(name, table)| (placeholder_of(&name), input(&table))).collect()
}

fn input(table: &Table<'_>) -> Input {
    let kind = table.get_with("kind", |kind: String| match kind.as_str() {
        "text" | "number" | "choice" => Ok(kind),
        _ => Err("\"text\", \"number\" or \"choice\"".to_owned()),
    });
    let choices = table.get_with("choices", |choices: Vec<String>| {
        match choices.iter().find_map(|choice| admit(choice, Kind::Any, None).err()) {
            Some(why) => Err(format!("values that may be run: {why}")),
            None if choices.is_empty() => Err("at least one value".to_owned()),
            None => Ok(choices),
        }
    });
    let pattern = table.get_with("pattern", |text: String| {
        whole(&text).map(|pattern| (text, pattern)).map_err(|_| "a regular expression".to_owned())
    });
    let kind = kind.as_deref().unwrap_or("text");
    if (kind == "choice") != table.has("choices") {
        table.fault("kind", "`choices` and kind = \"choice\" go together");
    }
    if kind != "text" && pattern.is_some() {
        table.fault("pattern", "a pattern is for kind = \"text\"");
    }
    let choices = choices.unwrap_or_default();
    let (pattern, expects) = match (kind, pattern) {
        ("number", _) => (whole("0|[1-9][0-9]{0,17}").ok(), "a whole number".to_owned()),
        ("choice", _) => {
            let each: Vec<String> = choices.iter().map(|choice| regex::escape(choice)).collect();
            (whole(&each.join("|")).ok(), format!("one of {}", choices.join(", ")))
        }
        (_, Some((text, pattern))) => (Some(pattern), format!("a text that matches {text}")),
        _ => (None, "a text of one line".to_owned()),
    };
    let default = table.get_with("default", |value: String| {
        admit(&value, Kind::Any, pattern.as_ref()).map(|()| value).map_err(|why| format!("a value: {why}"))
    });
    let source = Some(default.map_or(Source::Ask, Source::Value));
    Input { declared: Declared { kind: Some(Kind::Any), pattern, source }, choices, expects }
}
