//! What changes where a command runs: ssh, other shells, and lines that are no shell at all.

use std::ops::Range;

use super::shell::{Kind, Token};
use super::shell::{Simple, said};

/// `ssh user@host`, with or without a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ssh {
    /// Before the `@`, or behind `-l`.
    pub user: Option<String>,
    /// As written; it may be a placeholder.
    pub host: String,
    /// Options that are kept: `-p 2222`.
    pub options: Vec<String>,
    /// What it runs there: its words as ssh joins them.
    pub command: Option<String>,
    /// Why it cannot be followed.
    pub refused: Option<String>,
}

/// Options of ssh that are kept, each with a value.
const KEPT: [&str; 4] = ["-p", "-i", "-J", "-l"];
/// Options that may be left out: they are said by us, or only loosen what we hold.
const DROPPED: [&str; 11] = ["-t", "-tt", "-T", "-q", "-v", "-A", "-a", "-X", "-Y", "-x", "-k"];

/// Reads a command as one of ssh; `None` when it is none.
pub fn ssh(command: &Simple<'_>, text: &str) -> Option<Ssh> {
    let words = command.said(text);
    if words.first()?.text != "ssh" || words.first()?.is_dynamic {
        return None;
    }
    let mut ssh = Ssh::default();
    let refuse = |ssh: &mut Ssh, why: String| {
        ssh.refused.get_or_insert(why);
    };
    if !command.redirects.is_empty() || !command.assignments.is_empty() {
        refuse(&mut ssh, "ssh with a redirection or a variable before it".to_owned());
    }
    let mut at = 1;
    while let Some(word) = words.get(at).filter(|word| word.text.starts_with('-')) {
        let option = word.text.as_str();
        if option == "--" {
            at += 1;
            break;
        } else if KEPT.contains(&option) {
            let value = words.get(at + 1).map(|word| word.text.clone()).unwrap_or_default();
            let is_safe = !value.is_empty()
                && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_./@:~-".contains(&byte))
                && !value.starts_with('-');
            if !is_safe {
                refuse(&mut ssh, format!("ssh {option} with {value:?}"));
            } else if option == "-l" {
                ssh.user = Some(value);
            } else {
                ssh.options.extend([option.to_owned(), value]);
            }
            at += 2;
        } else if DROPPED.contains(&option) || matches!(option, "-4" | "-6") {
            if matches!(option, "-4" | "-6") {
                ssh.options.push(option.to_owned());
            }
            at += 1;
        } else {
            refuse(&mut ssh, format!("ssh {option} is not followed"));
            at += if option.len() == 2 && "-o-F-L-R-D-W-b-c-E-e-I-m-O-Q-S-w-B".contains(option) {
                2
            } else {
                1
            };
        }
    }
    let destination = words.get(at)?;
    let address = destination.text.strip_prefix("ssh://").unwrap_or(&destination.text);
    match address.rsplit_once('@') {
        Some((user, host)) => {
            ssh.user = Some(user.to_owned());
            host.clone_into(&mut ssh.host);
        }
        None => address.clone_into(&mut ssh.host),
    }
    let is_user = |user: &str| {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-$".contains(&byte);
        !user.is_empty() && !user.starts_with('-') && user.bytes().all(is_letter)
    };
    if destination.is_dynamic || ssh.user.as_deref().is_some_and(|user| !is_user(user)) {
        refuse(&mut ssh, "ssh to a host that is known only when it runs".to_owned());
    }
    let rest = words.get(at + 1..).unwrap_or_default();
    if !rest.is_empty() {
        let texts: Vec<&str> = rest.iter().map(|word| word.text.as_str()).collect();
        ssh.command = Some(texts.join(" "));
        let tokens = command.words.get(at + 1..).unwrap_or_default();
        if tokens.iter().any(|token| expands_here(token, text)) {
            refuse(&mut ssh, "a part of it would be replaced here, before it is sent".to_owned());
        }
    } else if command.redirects.iter().any(|redirect| redirect.operator.contains('<')) {
        ssh.command = Some(String::new());
        refuse(&mut ssh, "ssh that is sent a script".to_owned());
    }
    Some(ssh)
}

/// Whether the shell replaces something in a word before the program sees it.
fn expands_here(token: &Token, text: &str) -> bool {
    match &token.kind {
        Kind::Word(parts) => {
            let said = said(parts, text);
            said.is_dynamic || said.has_glob
        }
        _ => false,
    }
}

/// The command that opens another shell for what follows, if it is one.
pub fn changes_context(command: &Simple<'_>, text: &str) -> Option<String> {
    let words = command.said(text);
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let bare: &[&str] =
        if texts.first() == Some(&"sudo") { texts.get(1..).unwrap_or_default() } else { &texts };
    let is_sudo = texts.first() == Some(&"sudo");
    let opens = match bare {
        ["-i" | "-s" | "--login" | "--shell"] | ["-u", _, "-i" | "-s"] | ["-i" | "-s", "-u", _] => is_sudo,
        ["su"] | ["su", "-" | "-l" | "--login", ..] => !bare.contains(&"-c"),
        ["su", user] => !user.starts_with('-'),
        ["bash" | "sh" | "zsh" | "fish" | "python" | "python3" | "newgrp" | "telnet", ..] => bare.len() == 1,
        ["mysql" | "mariadb" | "psql" | "sqlite3" | "redis-cli" | "mongosh", ..] => {
            command.redirects.is_empty()
                && !bare
                    .iter()
                    .any(|word| matches!(*word, "-e" | "-c" | "--execute" | "--command" | "-f" | "-l"))
        }
        ["pct", "enter" | "console", ..] | ["qm", "terminal" | "monitor", ..] => true,
        ["docker" | "podman" | "kubectl" | "nerdctl", "exec" | "run", ..] => {
            let is_terminal = bare.iter().any(|word| matches!(*word, "-it" | "-ti" | "-i" | "-t"));
            let last = bare.last().map_or("", |last| last.rsplit('/').next().unwrap_or(last));
            is_terminal && matches!(last, "bash" | "sh" | "ash" | "zsh")
        }
        _ => false,
    };
    opens.then(|| texts.join(" "))
}

/// The lines, from 0, that read like YAML: a key alone, and below it lines that are indented deeper.
pub fn foreign(text: &str) -> Vec<Range<usize>> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let next = lines.get(at + 1).copied().unwrap_or_default();
        if is_key(line) && is_below(next) {
            let length = lines.iter().skip(at + 1).take_while(|line| line.starts_with([' ', '\t'])).count();
            found.push(at..at + 1 + length);
            at += length;
        }
        at += 1;
    }
    found
}

fn is_key(line: &str) -> bool {
    let Some(key) = line.trim_end().strip_suffix(':') else { return false };
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

fn is_below(line: &str) -> bool {
    let bare = line.trim_start();
    let has_key =
        bare.split_once(':').is_some_and(|(key, _)| !key.is_empty() && !key.contains([' ', '=', '$', '(']));
    bare.len() < line.len() && (bare.starts_with("- ") || has_key)
}
