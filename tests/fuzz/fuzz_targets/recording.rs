//! Any bytes are a recording, and the lines of one: what is read can be written and read again, nothing
//! of it acts on a terminal, and whatever is in it, the verdict on it is reckoned.
#![no_main]

use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;
use rooms::border::Msg;
use rooms::clock::Clock;
use rooms::domain::verdict::{Scope, judge};
use rooms::replay::{Moment, Player, Recording};
use rooms::{acting, servers, store};
use serde_json::json;

/// No more than so many messages are played of one input.
const MOST: usize = 16;

/// What a recorder would have written.
fn packed(lines: &[u8]) -> Vec<u8> {
    let head = json!({ "schema": 1, "started": "2026-11-13T14:02:11Z", "sources": servers() }).to_string() + "\n";
    let mut packed = GzEncoder::new(Vec::new(), Compression::none());
    packed.write_all(head.as_bytes()).and_then(|()| packed.write_all(lines)).expect("memory takes it");
    packed.finish().expect("memory takes it")
}

fuzz_target!(|bytes: &[u8]| {
    let name = Path::new("fuzz.wardroom");
    let _read = Recording::read_from(bytes, name);
    let recording = Recording::read_from(&*packed(bytes), name).expect("its head is right");
    for moment in &recording.moments {
        let told = serde_json::to_value(moment).expect("what was read can be written");
        assert_eq!(acting(&told), None, "{told}");
        let again: Result<Moment, _> = serde_json::from_value(told);
        assert!(again.is_ok(), "{again:?}: {moment:?}");
    }
    let mut store = store();
    let mut player = Player::new(recording.clone(), Clock::fixed(recording.started));
    let _due = player.due();
    for _ in 0..MOST {
        let _played = player.step();
    }
    for moment in recording.moments.into_iter().take(MOST) {
        if let Msg::Observed { source, feed, result, took } = moment.msg {
            store.apply(&source, feed, result, took, moment.at);
        }
        let verdict = judge(&store, Scope::ALL, moment.at);
        assert_eq!(acting(&verdict.text.into()), None);
    }
});
