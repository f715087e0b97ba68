//! The rooms that read what others wrote, built from their files: a run needs none of the network and
//! the screen.
#![allow(dead_code, unused_imports, reason = "the rooms are more than what is tried here")]

#[path = "../../../src/action.rs"]
pub mod action;
#[path = "../../../src/border.rs"]
pub mod border;
#[path = "../../../src/clock.rs"]
pub mod clock;
#[path = "../../../src/domain/mod.rs"]
pub mod domain;
#[path = "../../../src/incident/mod.rs"]
pub mod incident;
#[path = "../../../src/keymap.rs"]
pub mod keymap;
#[path = "../../../src/replay/mod.rs"]
pub mod replay;
#[path = "../../../src/runbooks/mod.rs"]
pub mod runbooks;
#[path = "../../../src/settings.rs"]
pub mod settings;
pub mod sources;
#[path = "../../../src/text.rs"]
pub mod text;
pub mod ui;

use serde::Serialize;
use serde_json::Value;

/// Whatever was made of the bytes of others holds nothing that a terminal acts on.
pub fn expect_plain(made: &impl Serialize) {
    let mut left = vec![serde_json::to_value(made).expect("what is seen can be recorded")];
    while let Some(value) = left.pop() {
        match value {
            Value::String(text) => expect_harmless(&text),
            Value::Array(all) => left.extend(all),
            Value::Object(map) => {
                for (name, value) in map {
                    expect_harmless(&name);
                    left.push(value);
                }
            }
            _ => {}
        }
    }
}

/// No character but the end of a line that a terminal acts on.
pub fn expect_harmless(text: &str) {
    let bad = text.chars().find(|char| *char != '\n' && !text::is_plain(*char));
    assert_eq!(bad.map(u32::from), None, "{text:?}");
}
