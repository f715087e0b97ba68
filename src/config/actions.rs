//! `[[actions]]`: commands of the operator's own, offered where they fit.

use crate::runbooks::actions::Configured;
use crate::runbooks::danger::Level;
use crate::runbooks::mode::Mode;
use crate::settings::Table;

/// Reads the tables.
pub(super) fn actions(root: &Table<'_>) -> Vec<Configured> {
    root.list("actions").iter().filter_map(action).collect()
}

fn action(table: &Table<'_>) -> Option<Configured> {
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
    };
    (!action.name.is_empty() && !action.argv.is_empty()).then_some(action)
}
