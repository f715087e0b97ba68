//! What this terminal answers when it is asked what it is able to do.

use super::Finding;
use crate::text::sanitise;

/// What is asked: its name, whether it draws a frame at once, how wide a sign of ours is, and what became of
/// a true colour. The sign is wiped away again.
const QUESTIONS: &[u8] = "\x1b[>0q\x1b[?2026$p\r▲\x1b[6n\r \r\x1b[48;2;1;2;3m\x1bP$qm\x1b\\\x1b[m".as_bytes();

/// The same for a console that shows what it does not understand.
const FEW: &[u8] = "\r▲\x1b[6n\r \r".as_bytes();

/// Asks the terminal that stdout is. `term` is what it calls itself.
pub(super) fn ask(term: &str) -> Vec<Finding> {
    let plain = term.is_empty() || term == "dumb" || term.starts_with("linux");
    match crate::terminal::ask(if plain { FEW } else { QUESTIONS }) {
        Ok(heard) => told(&String::from_utf8_lossy(&heard)),
        Err(_no_terminal) => Vec::new(),
    }
}

/// What `heard` says of it.
fn told(heard: &str) -> Vec<Finding> {
    let Some(abilities) = between(heard, "\x1b[?", "c") else {
        return vec![Finding::note(
            "terminal",
            "answers",
            "it does not answer, so no more than 10 frames a second are drawn",
            "nothing, unless keys feel slow: then try another terminal, or tmux",
        )];
    };
    let name = between(heard, "\x1bP>|", "\x1b").filter(|name| !name.is_empty());
    let name = name.map_or_else(|| "yes, without its name".to_owned(), |name| sanitise(&name).into_owned());
    vec![
        Finding::ok("terminal", "answers", name),
        at_once(heard),
        width(heard),
        clipboard(&abilities),
        colours(heard),
    ]
}

/// Synchronized output: 1 and 2 are yes, 0 is unknown, 4 is never.
fn at_once(heard: &str) -> Finding {
    match between(heard, "\x1b[?2026;", "$y").as_deref() {
        Some("1" | "2" | "3") => Finding::ok("terminal", "synchronized output", "a frame appears at once"),
        _ => Finding::note(
            "terminal",
            "synchronized output",
            "not known to it: a large change may be seen while it is drawn",
            "nothing, or a newer terminal; inside tmux, 3.4 or newer",
        ),
    }
}

/// Where the cursor stood after one sign in the first column.
fn width(heard: &str) -> Finding {
    let place = |piece: &str| {
        let (row, column) = piece.split_once('R')?.0.split_once(';')?;
        row.parse::<u16>().ok().and(column.parse::<u16>().ok())
    };
    match heard.split("\x1b[").find_map(place) {
        Some(2) => Finding::ok("terminal", "signs", "one cell wide, as they should be"),
        Some(3) => Finding::failed(
            "terminal",
            "signs",
            "two cells wide: columns are ragged",
            "set the width of ambiguous characters to narrow in the terminal's settings, or start with --ascii",
        ),
        _ => Finding::note(
            "terminal",
            "signs",
            "it does not say how wide they are",
            "if columns are ragged, start with --ascii (ascii = true in [ui])",
        ),
    }
}

/// 52 among its abilities is the clipboard.
fn clipboard(abilities: &str) -> Finding {
    if abilities.split(';').any(|ability| ability == "52") {
        return Finding::ok("terminal", "clipboard", "`y` copies (OSC 52)");
    }
    Finding::note(
        "terminal",
        "clipboard",
        "it does not say that programs may copy (OSC 52); many that can do not say so",
        "try `y`; if nothing is copied, allow it in the terminal's settings (xterm: allowWindowOps)",
    )
}

/// The pen, as it stands after a true colour was asked for.
fn colours(heard: &str) -> Finding {
    let pen = between(heard, "\x1bP1$r", "\x1b").unwrap_or_default();
    if pen.contains("1:2:3") || pen.contains("1;2;3") {
        return Finding::ok("terminal", "true colour", "measured: every theme looks as it was made");
    }
    Finding::note(
        "terminal",
        "true colour",
        if pen.is_empty() { "it does not say whether it knows it" } else { "it makes another colour of it" },
        "stay with the theme default (16 colours) if another looks wrong; in tmux: set -as terminal-features \",*:RGB\"",
    )
}

/// The digits, words and signs between two marks, where they stand last.
fn between(heard: &str, from: &str, to: &str) -> Option<String> {
    let pieces = heard.split(from).skip(1);
    let ended = pieces.filter_map(|piece| {
        let (inner, _) = piece.split_once(to)?;
        (!inner.contains('\x1b')).then(|| inner.to_owned())
    });
    ended.last()
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    fn levels(heard: &str) -> Vec<Level> {
        told(heard).into_iter().map(|finding| finding.level).collect()
    }

    #[test]
    fn a_good_terminal_is_known_by_its_answers() {
        let good =
            "\x1bP>|kitty(0.40)\x1b\\\x1b[?2026;2$y\x1b[12;2R\x1bP1$r0;48:2:1:2:3m\x1b\\\x1b[?62;22;52c";
        assert_eq!(levels(good), [Level::Ok; 5]);
        assert_eq!(told(good)[0].text, "kitty(0.40)");
    }

    #[test]
    fn each_lack_has_a_fix() {
        let old = told("\x1b[?2026;0$y\x1b[1;3R\x1bP0$r\x1b\\\x1b[?1;2c");
        let found: Vec<Level> = old.iter().map(|finding| finding.level).collect();
        assert_eq!(found, [Level::Ok, Level::Note, Level::Failed, Level::Note, Level::Note]);
        assert!(old.iter().skip(1).all(|finding| finding.fix.is_some()));
        assert_eq!(levels(""), [Level::Note]);
        assert_eq!(levels("\x1b[?62c"), [Level::Ok, Level::Note, Level::Note, Level::Note, Level::Note]);
        assert!(!told("\x1bP>|a\x07b\x1b\\\x1b[?6c")[0].text.contains('\x07'), "what it says is harmless");
    }
}
