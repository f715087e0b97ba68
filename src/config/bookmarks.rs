//! `[bookmarks.NAME]`: places with a name, and keys of their own if that is wanted.

use crate::domain::bookmark::Bookmark;
use crate::keymap::Keymap;
use crate::settings::Table;
use crate::ui::panes;
use crate::ui::view::{Shortcut, View};

/// Reads the tables. A key of one has to mean nothing else.
pub(super) fn bookmarks(root: &Table<'_>, keymap: &Keymap, views: &[View]) -> Vec<Shortcut> {
    let mut read: Vec<Shortcut> = Vec::new();
    for (name, table) in root.named("bookmarks") {
        let one = bookmark(&name, &table, keymap, views);
        if views.iter().any(|view| view.keys.iter().any(|key| one.keys.contains(key))) {
            table.fault("keys", "a view has this key");
        }
        if read.iter().any(|have| have.keys.iter().any(|key| one.keys.contains(key))) {
            table.fault("keys", "two bookmarks have this key");
        }
        read.push(one);
    }
    read
}

fn bookmark(name: &str, table: &Table<'_>, keymap: &Keymap, views: &[View]) -> Shortcut {
    if !Bookmark::is_name(name) {
        table.fault("view", "the name of a bookmark is a few words, 40 characters at most");
    }
    let known = |view: String| {
        let names: Vec<&str> = views.iter().map(|view| view.name.as_str()).collect();
        if names.contains(&view.as_str()) { Ok(view) } else { Err(format!("a view: {}", names.join(", "))) }
    };
    let pane = |pane: String| {
        if panes::NAMES.contains(&pane.as_str()) {
            Ok(pane)
        } else {
            Err(format!("a pane: {}", panes::NAMES.join(", ")))
        }
    };
    let line = |text: String| {
        if text.contains(char::is_control) {
            Err("what is typed after `/`, on one line".to_owned())
        } else {
            Ok(text)
        }
    };
    table.require::<String>("view");
    Shortcut {
        bookmark: Bookmark {
            name: name.to_owned(),
            view: table.get_with("view", known).unwrap_or_default(),
            pane: table.get_with("pane", pane).unwrap_or_default(),
            filter: table.get_with("filter", line).unwrap_or_default(),
        },
        keys: table.get_with("keys", |texts: Vec<String>| keymap.free(&texts)).unwrap_or_default(),
        is_own: true,
    }
}
