//! The rooms under test, built from the program's own files: what reads the bytes of others, and what
//! is reckoned from them. Of the network, the screen and the disk there is nothing here.
#![allow(dead_code, unused_imports, reason = "the rooms are more than what is tried here")]

#[path = "../../../src/action.rs"]
pub mod action;
#[path = "../../../src/border.rs"]
pub mod border;
#[path = "../../../src/clock.rs"]
pub mod clock;
pub mod config;
#[path = "../../../src/domain/mod.rs"]
pub mod domain;
#[path = "../../../src/incident/mod.rs"]
pub mod incident;
#[path = "../../../src/keymap.rs"]
pub mod keymap;
#[path = "../../../src/mask.rs"]
pub mod mask;
#[path = "../../../src/replay/mod.rs"]
pub mod replay;
#[path = "../../../src/runbooks/mod.rs"]
pub mod runbooks;
pub mod runner;
#[path = "../../../src/settings.rs"]
pub mod settings;
pub mod sources;
#[path = "../../../src/text.rs"]
pub mod text;
pub mod ui;
#[path = "../../../src/zone.rs"]
pub mod zone;

use domain::feed::{Feed, SourceId, SourceKind};
use domain::log::RingLimits;
use domain::store::{Expected, Store};
use domain::thresholds::Thresholds;
use serde_json::Value;

/// The servers that are expected, one of each kind.
pub fn servers() -> Vec<Expected> {
    let feeds = |kind: SourceKind| match kind {
        SourceKind::Prometheus => vec![Feed::Targets, Feed::Scrapes, Feed::Rules, Feed::Kept],
        SourceKind::Alertmanager => vec![Feed::Alerts, Feed::Silences, Feed::Status],
        SourceKind::Pbs => vec![Feed::Snapshots, Feed::Datastores, Feed::Tasks, Feed::Jobs],
        SourceKind::Pve => vec![Feed::Guests],
        _ => vec![Feed::Ready],
    };
    let server = |kind: SourceKind| Expected {
        id: SourceId::new(kind, "home"),
        site: "".into(),
        feeds: feeds(kind).into_iter().map(|feed| (feed, 5.0)).collect(),
        tails: if kind == SourceKind::Loki { vec![("all".into(), "{job=~\".+\"}".into())] } else { Vec::new() },
    };
    SourceKind::ALL.iter().copied().map(server).collect()
}

/// What is known of them before anything was heard.
pub fn store() -> Store {
    Store::new(servers(), Thresholds::default(), RingLimits::default())
}

/// The first character in what is told that a terminal would act on, but the end of a line.
pub fn acting(told: &Value) -> Option<char> {
    let in_text = |text: &str| text.chars().find(|char| *char != '\n' && !text::is_plain(*char));
    match told {
        Value::String(text) => in_text(text),
        Value::Array(all) => all.iter().find_map(acting),
        Value::Object(map) => map.iter().find_map(|(name, value)| in_text(name).or_else(|| acting(value))),
        _ => None,
    }
}
