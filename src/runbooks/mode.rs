//! How a command is run: its output captured, followed until it is stopped, or the terminal handed
//! over to it.

use std::time::Duration;

use serde::Serialize;

use super::danger::Level;
use super::shell::{self, Said, Simple, commands};

/// How a group is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// It ends by itself; what it says is kept.
    #[default]
    Capture,
    /// It does not end: it is stopped.
    Follow,
    /// It needs the terminal.
    Handoff,
    /// It is for a person.
    Manual,
}

impl Mode {
    /// As it stands in a plan, and as an owner writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Follow => "follow",
            Self::Handoff => "handoff",
            Self::Manual => "manual",
        }
    }

    /// The mode of an owner's hint.
    pub fn named(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "capture" => Some(Self::Capture),
            "follow" => Some(Self::Follow),
            "handoff" => Some(Self::Handoff),
            "manual" => Some(Self::Manual),
            _ => None,
        }
    }
}

const EDITORS: [&str; 27] = [
    "nano",
    "pico",
    "vim",
    "vi",
    "nvim",
    "view",
    "emacs",
    "joe",
    "micro",
    "ed",
    "visudo",
    "vipw",
    "sudoedit",
    "mcedit",
    "less",
    "more",
    "man",
    "htop",
    "btop",
    "atop",
    "glances",
    "passwd",
    "ncdu",
    "dpkg-reconfigure",
    "screen",
    "mc",
    "whiptail",
];

/// The mode that a text asks for.
pub fn mode(text: &str) -> Mode {
    let script = shell::lex(text);
    let mut all = commands(&script.tokens, text);
    for tokens in shell::nested(&script.tokens) {
        all.extend(commands(tokens, text));
    }
    let is_alone = all.len() == 1;
    let modes = all.iter().map(|command| of(command, text, is_alone));
    modes.fold(Mode::Capture, |worst, mode| match (worst, mode) {
        (Mode::Handoff, _) | (_, Mode::Handoff) => Mode::Handoff,
        (Mode::Follow, _) | (_, Mode::Follow) => Mode::Follow,
        _ => Mode::Capture,
    })
}

fn of(command: &Simple<'_>, text: &str, is_alone: bool) -> Mode {
    let words = unsudoed(command.said(text));
    let Some(first) = words.first() else { return Mode::Capture };
    let name = first.text.rsplit('/').next().unwrap_or_default();
    let texts: Vec<&str> = words.iter().skip(1).map(|word| word.text.as_str()).collect();
    let has = |option: &str| texts.contains(&option);
    let flag = |letter: char| {
        texts.iter().any(|text| text.starts_with('-') && !text.starts_with("--") && text.contains(letter))
    };
    let follows =
        |text: &&str| matches!(*text, "-f" | "-F" | "--follow" | "--tail") || text.starts_with("--follow=");
    match name {
        _ if EDITORS.contains(&name) => Mode::Handoff,
        "ssh" if !is_alone || command.is_inner || !command.redirects.is_empty() => Mode::Handoff,
        "top" | "iotop" if !flag('b') => Mode::Handoff,
        "crontab" if has("-e") => Mode::Handoff,
        "systemctl" if texts.first() == Some(&"edit") => Mode::Handoff,
        "gpg" | "gpg2" if !has("--batch") && asks(&texts) => Mode::Handoff,
        "docker" | "podman" | "kubectl" if flag('t') && (has("exec") || has("run")) => Mode::Handoff,
        "read" | "select" => Mode::Handoff,
        "watch" => Mode::Follow,
        "tail" if texts.iter().any(follows) || flag('f') || flag('F') => Mode::Follow,
        "journalctl" if texts.iter().any(follows) || short(&texts, 'f', "unpotSUMD") => Mode::Follow,
        "ping" | "ping6" if !short(&texts, 'c', "iIsWwtMmQlSpT") && !short(&texts, 'w', "iIscWtMmQlSpT") => {
            Mode::Follow
        }
        "docker" | "podman" | "kubectl" | "docker-compose" if has("logs") && texts.iter().any(follows) => {
            Mode::Follow
        }
        "docker"
            if has("stats") && !has("--no-stream") || has("events") && texts.first() == Some(&"events") =>
        {
            Mode::Follow
        }
        "dmesg" if flag('w') || has("--follow") => Mode::Follow,
        "tcpdump" if !flag('c') => Mode::Follow,
        _ => Mode::Capture,
    }
}

/// Whether a short option is given, alone or among others, before one that takes a value.
fn short(texts: &[&str], letter: char, valued: &str) -> bool {
    let mut rest = texts.iter();
    while let Some(text) = rest.next() {
        let Some(letters) = text.strip_prefix('-').filter(|letters| !letters.starts_with('-')) else {
            continue;
        };
        for (at, char) in letters.char_indices() {
            if char == letter {
                return true;
            }
            if valued.contains(char) {
                if at + char.len_utf8() == letters.len() {
                    let _value = rest.next();
                }
                break;
            }
        }
    }
    false
}

/// After so long a command is stopped, by what it is; `None`: when it ends.
pub fn limit(level: Level, mode: Mode, text: &str) -> Option<Duration> {
    const LONG: [&str; 18] = [
        "vzdump",
        "qmrestore",
        "proxmox-backup-manager",
        "proxmox-backup-client",
        "du",
        "find",
        "wget",
        "rsync",
        "restic",
        "borg",
        "dd",
        "tar",
        "scrub",
        "snapraid",
        "apt-get",
        "apt",
        "prune",
        "restore",
    ];
    let script = shell::lex(text);
    let is_long = commands(&script.tokens, text).iter().any(|command| {
        let words = command.said(text);
        words.iter().any(|word| LONG.contains(&word.text.rsplit('/').next().unwrap_or_default()))
    });
    match level {
        _ if mode != Mode::Capture || is_long => None,
        Level::L0 => Some(Duration::from_secs(30)),
        Level::L1 | Level::L2 => Some(Duration::from_mins(5)),
        Level::L3 | Level::X => None,
    }
}

/// What makes gpg ask for a passphrase.
fn asks(texts: &[&str]) -> bool {
    const ASKING: [&str; 12] = [
        "--symmetric",
        "-c",
        "--decrypt",
        "-d",
        "--sign",
        "-s",
        "--clearsign",
        "--gen-key",
        "--full-generate-key",
        "--generate-key",
        "--edit-key",
        "--export-secret-keys",
    ];
    texts.iter().any(|text| ASKING.contains(text))
}

/// The words without `sudo` and its options, `nohup` and `time`.
fn unsudoed(words: Vec<Said>) -> Vec<Said> {
    let mut rest = words.into_iter().peekable();
    while rest
        .peek()
        .is_some_and(|word| matches!(word.text.as_str(), "sudo" | "nohup" | "time" | "exec" | "env"))
    {
        rest.next();
        while let Some(option) =
            rest.next_if(|word| word.text.starts_with('-') || shell::is_assignment(&word.text))
        {
            if matches!(option.text.as_str(), "-u" | "-g") {
                rest.next();
            }
        }
    }
    rest.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_those_of_the_level_unless_it_takes_long() {
        for (level, mode, text, expected) in [
            (Level::L0, Mode::Capture, "uptime", Some(30)),
            (Level::L1, Mode::Capture, "systemctl restart x", Some(300)),
            (Level::L2, Mode::Capture, "systemctl stop x", Some(300)),
            (Level::L1, Mode::Capture, "sudo vzdump 102", None),
            (Level::L0, Mode::Capture, "du -sh /var", None),
            (Level::L0, Mode::Follow, "tail -f x", None),
            (Level::L3, Mode::Capture, "rm -rf /tmp/x", None),
        ] {
            assert_eq!(limit(level, mode, text).map(|span| span.as_secs()), expected, "{text}");
        }
    }

    #[test]
    fn commands_have_their_modes() {
        for (text, expected) in [
            ("ping -c 4 10.0.0.21", Mode::Capture),
            ("ping -c4 h", Mode::Capture),
            ("ping -qc 4 h", Mode::Capture),
            ("ping 10.0.0.21", Mode::Follow),
            ("ping -i 2 h", Mode::Follow),
            ("sudo ping h", Mode::Follow),
            ("watch -n 5 'qm status <VMID>'", Mode::Follow),
            ("tail -f /var/log/x", Mode::Follow),
            ("sudo tail -n 5 -F /var/log/x", Mode::Follow),
            ("tail -50 x", Mode::Capture),
            ("sudo journalctl -u prometheus -n 100 -f", Mode::Follow),
            ("journalctl -fu x", Mode::Follow),
            ("journalctl -u foo", Mode::Capture),
            ("docker logs -f x", Mode::Follow),
            ("docker compose -f x.yml ps", Mode::Capture),
            ("sudo nano /etc/x", Mode::Handoff),
            ("crontab -e", Mode::Handoff),
            ("crontab -l", Mode::Capture),
            ("sudo gpg --symmetric --cipher-algo AES256 x", Mode::Handoff),
            ("sudo gpg --decrypt x > y", Mode::Handoff),
            ("gpg --list-keys", Mode::Capture),
            ("top -bn 2 -d 1 | grep Cpu", Mode::Capture),
            ("top", Mode::Handoff),
            ("if true; then ssh h; fi", Mode::Handoff),
            ("ssh h ls | grep x", Mode::Handoff),
            ("sudo -u x less y", Mode::Handoff),
            ("systemctl status x", Mode::Capture),
        ] {
            assert_eq!(mode(text), expected, "{text}");
        }
    }
}
