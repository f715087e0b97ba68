//! What this terminal is able to show, as far as the environment says so, and what it answers.

use std::io::{self, IsTerminal as _};
use std::process::{Command, Stdio};

use super::{Finding, abilities};
use crate::cli::Global;
use crate::commands::is_mono;
use crate::secret::keep_from;
use crate::terminal;

/// The environment, or what a test says that it is.
type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Looks at the terminal.
pub(super) fn look(global: &Global) -> Vec<Finding> {
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let mut found = words(&env, is_mono(global));
    if io::stdout().is_terminal() {
        let (width, height) = terminal::size();
        let text = format!("{width} columns, {height} rows");
        found.push(if width < 60 || height < 12 {
            Finding::note("terminal", "size", text, "give it 60x12 or more; 80x24 shows four panes")
        } else {
            Finding::ok("terminal", "size", text)
        });
        found.extend(abilities::ask(&env("TERM").unwrap_or_default()));
    }
    if env("TMUX").is_some() {
        found.extend(tmux());
    }
    found
}

fn words(env: Env<'_>, mono: bool) -> Vec<Finding> {
    let mut found = Vec::new();
    match env("TERM").as_deref() {
        None | Some("dumb") => found.push(Finding::failed(
            "terminal",
            "TERM",
            "no terminal that can be drawn on",
            "run it in a terminal, or use `wardroom check` and `wardroom status`",
        )),
        Some(term) => found.push(Finding::ok("terminal", "TERM", term)),
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(env).unwrap_or_default();
    let lower = locale.to_lowercase();
    found.push(if lower.contains("utf-8") || lower.contains("utf8") {
        Finding::ok("terminal", "glyphs", format!("the locale is {locale}"))
    } else {
        let shown = if locale.is_empty() { "not set" } else { &locale };
        let fix = "set LANG=C.UTF-8, or start with --ascii (ascii = true in [ui])";
        Finding::note("terminal", "glyphs", format!("the locale is {shown}, so signs may be garbled"), fix)
    });
    let colours = match env("COLORTERM").as_deref() {
        _ if mono => Finding::ok("terminal", "colours", "none: NO_COLOR is set"),
        Some("truecolor" | "24bit") => Finding::ok("terminal", "colours", "true colour"),
        _ => Finding::note(
            "terminal",
            "colours",
            "it does not say that it knows true colour",
            "stay with the theme default (16 colours), or export COLORTERM=truecolor if it does",
        ),
    };
    found.push(colours);
    found
}

/// What tmux has to let through.
fn tmux() -> Vec<Finding> {
    let option = |name: &str| {
        let mut ask = Command::new("tmux");
        keep_from(ask.args(["show", "-gv", name]).stdin(Stdio::null()));
        let shown = ask.output().ok()?;
        let text = String::from_utf8(shown.stdout).ok()?.trim().to_owned();
        shown.status.success().then_some(text)
    };
    let clipboard = option("set-clipboard");
    let passthrough = option("allow-passthrough");
    options(clipboard.as_deref(), passthrough.as_deref())
}

fn options(clipboard: Option<&str>, passthrough: Option<&str>) -> Vec<Finding> {
    let copies = match clipboard {
        Some("on") => Finding::ok("terminal", "tmux set-clipboard", "on: `y` reaches your clipboard"),
        other => Finding::note(
            "terminal",
            "tmux set-clipboard",
            format!("{}: what `y` copies stays in tmux", other.unwrap_or("not told")),
            "add to ~/.tmux.conf: set -s set-clipboard on",
        ),
    };
    let passes = match passthrough {
        Some("on" | "all") => Finding::ok("terminal", "tmux allow-passthrough", "on: notifications pass"),
        other => Finding::note(
            "terminal",
            "tmux allow-passthrough",
            format!("{}: desktop notifications stop at tmux; the bell passes", other.unwrap_or("not told")),
            "add to ~/.tmux.conf: set -g allow-passthrough on",
        ),
    };
    vec![copies, passes]
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    fn levels(pairs: &[(&str, &str)], mono: bool) -> Vec<Level> {
        let env =
            |name: &str| pairs.iter().find(|(have, _)| *have == name).map(|(_, value)| (*value).to_owned());
        words(&env, mono).into_iter().map(|finding| finding.level).collect()
    }

    #[test]
    fn a_terminal_is_judged_by_what_it_says() {
        let good = [("TERM", "xterm-256color"), ("LANG", "de_AT.UTF-8"), ("COLORTERM", "truecolor")];
        assert_eq!(levels(&good, false), [Level::Ok; 3]);
        assert_eq!(levels(&[], false), [Level::Failed, Level::Note, Level::Note]);
        assert_eq!(levels(&[("TERM", "linux"), ("LC_ALL", "C")], true), [Level::Ok, Level::Note, Level::Ok]);
    }

    #[test]
    fn tmux_is_told_what_to_let_through() {
        let all = options(Some("external"), None);
        assert!(all.iter().all(|finding| finding.level == Level::Note && finding.fix.is_some()));
        assert!(options(Some("on"), Some("all")).iter().all(|finding| finding.level == Level::Ok));
    }
}
