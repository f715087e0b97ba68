//! Any bytes are a config, a theme, and keys that are typed: each is read, or all that is wrong with it
//! is told at places that are there; and no key means two things at one place.
#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use rooms::keymap::{Context, presses};
use rooms::settings::Fault;
use rooms::ui::theme::Theme;
use strum::IntoEnumIterator as _;

/// Each fault is one line, and stands where the text is.
fn expect_told(faults: &[Fault], text: &str) {
    let lines = text.matches('\n').count() + 1;
    for fault in faults {
        assert!(fault.place.is_none_or(|(line, column)| line <= lines && column > 0), "{fault:?}");
        assert!(!fault.message.is_empty() && !fault.message.contains(char::is_control), "{fault:?}");
    }
}

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (keymap, faults) = rooms::config::read(&text);
    expect_told(&faults, &text);
    if let Some(keymap) = keymap {
        for context in Context::iter() {
            let mut seen = BTreeSet::new();
            let twice = keymap.bound(context).find(|(_, key)| !seen.insert(key.to_string()));
            assert!(twice.is_none(), "{context}: {twice:?}");
        }
    }
    match Theme::parse("fuzz", "fuzz.toml", &text) {
        Ok(theme) => drop(theme.dimmed()),
        Err(faults) => expect_told(&faults, &text),
    }
    let _presses = presses(&text);
});
