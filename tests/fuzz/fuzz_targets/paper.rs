//! Any text is a config, the keys in it, a theme, or what is typed: reading it never panics, each fault
//! stands at a line that there is, and a key that is shown is read as itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rooms::keymap::{Context, Keymap, Press, chord, presses, show};
use rooms::settings::Document;
use rooms::ui::theme::{Role, Theme};

fuzz_target!(|text: &str| {
    let lines = text.matches('\n').count() + 1;
    let document = Document::new("fuzz.toml", text);
    let keymap = document.read(|root| Keymap::default().with(root));
    for fault in document.faults() {
        assert!(fault.place.is_none_or(|(line, column)| line <= lines && column > 0), "{fault:?}");
    }
    if let Some(keymap) = keymap.filter(|_| document.faults().is_empty()) {
        let _bound = keymap.bound(Context::Global).count();
    }
    match Theme::parse("fuzz", "fuzz.toml", text) {
        Ok(theme) => drop((theme.dimmed(), theme.block(Role::Critical))),
        Err(faults) => assert!(faults.iter().all(|fault| fault.place.is_none_or(|(line, _)| line <= lines))),
    }
    for press in presses(text).unwrap_or_default() {
        if let Press::Key(key) = press {
            let shown = show(key);
            assert!(chord(&shown).is_ok(), "{shown:?} is shown and is none");
        }
    }
});
