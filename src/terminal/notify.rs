//! How a terminal is asked to tell its owner something: by the bell, or by a note on the desktop.

use crate::border::Notify;
use crate::text::sanitise;

/// A note is a few words.
const LONGEST: usize = 200;

/// The bytes that tell `text`. `env` says which terminal this is.
pub fn note(text: &str, how: Notify, env: &dyn Fn(&str) -> Option<String>) -> String {
    const BELL: &str = "\x07";
    let desktop = match how {
        Notify::Off => return String::new(),
        Notify::Bell => return BELL.to_owned(),
        Notify::Desktop => desktop(text, env),
    };
    // tmux hands on what is wrapped, if it is let.
    let passed = if env("TMUX").is_some() {
        format!("\x1bPtmux;{}\x1b\\", desktop.replace('\x1b', "\x1b\x1b"))
    } else {
        desktop
    };
    format!("{BELL}{passed}")
}

fn desktop(text: &str, env: &dyn Fn(&str) -> Option<String>) -> String {
    // `;` would begin another field.
    let text = sanitise(text).replace(';', ",");
    let text = crate::text::truncate(&text, LONGEST);
    let term = env("TERM").unwrap_or_default();
    let is = |word: &str| term.contains(word);
    if is("kitty") || env("KITTY_WINDOW_ID").is_some() {
        format!("\x1b]99;;Wardroom: {text}\x1b\\")
    } else if is("foot") || is("rxvt") || env("VTE_VERSION").is_some() {
        format!("\x1b]777;notify;Wardroom;{text}\x1b\\")
    } else {
        format!("\x1b]9;Wardroom: {text}\x1b\\")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(how: Notify, pairs: &[(&str, &str)]) -> String {
        note("HostDown; x\x1b[2J", how, &|name| {
            pairs.iter().find(|(have, _)| *have == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn each_terminal_has_its_own_way() {
        assert_eq!(told(Notify::Off, &[]), "");
        assert_eq!(told(Notify::Bell, &[]), "\x07");
        assert!(told(Notify::Desktop, &[("TERM", "xterm")]).starts_with("\x07\x1b]9;Wardroom: HostDown, x"));
        assert!(told(Notify::Desktop, &[("TERM", "xterm-kitty")]).contains("\x1b]99;;"));
        assert!(
            told(Notify::Desktop, &[("VTE_VERSION", "7600")])
                .contains("\x1b]777;notify;Wardroom;HostDown, x")
        );
        let wrapped = told(Notify::Desktop, &[("TMUX", "x")]);
        assert!(
            wrapped.contains("\x1bPtmux;\x1b\x1b]9;") && wrapped.ends_with("\x1b\x1b\\\x1b\\"),
            "{wrapped:?}"
        );
        assert!(!wrapped.contains("[2J") || !wrapped.contains("\x1b[2J"), "what is told acts on nothing");
    }
}
