//! Programs whose danger is in their options.

use super::curl::curl;
use super::overwrites::{copy, sed_writes};
use super::programs::{deleted, device_level};
use super::table::{CHANGERS, DESTROYERS, READERS, VERBS, lists};
use super::{Judge, Level, Said};

/// A level and why.
type Told = (Level, String);

/// A program and its arguments.
struct Call<'a> {
    name: &'a str,
    words: &'a [Said],
    texts: &'a [&'a str],
    /// The arguments that are no options.
    plain: Vec<&'a str>,
}

impl Call<'_> {
    fn has(&self, option: &str) -> bool {
        self.texts.contains(&option)
    }

    fn starts(&self, start: &str) -> bool {
        self.texts.iter().any(|text| text.starts_with(start))
    }

    /// Whether a letter stands among the short options.
    fn flag(&self, letter: char) -> bool {
        let is_short = |text: &&&str| text.starts_with('-') && !text.starts_with("--");
        self.texts.iter().filter(is_short).any(|text| text.contains(letter))
    }
}

fn told(level: Level, what: &str) -> Told {
    (level, format!("{what}: {}", level.does()))
}

/// What a program does by its name, its verb or its options.
pub(super) fn level(judge: &mut Judge<'_>, name: &str, words: &[Said], texts: &[&str]) -> Told {
    let plain = texts.iter().copied().filter(|text| !text.starts_with('-')).collect();
    let call = Call { name, words, texts, plain };
    files(judge, &call)
        .or_else(|| self::texts(judge, &call))
        .or_else(|| system(&call))
        .or_else(|| network(&call))
        .or_else(|| storage(judge, &call))
        .unwrap_or_else(|| by_name(name, texts))
}

fn by_name(name: &str, texts: &[&str]) -> Told {
    match name {
        _ if lists(READERS, name) => (Level::L0, format!("{name}: only reads")),
        _ if lists(CHANGERS, name) => told(Level::L1, name),
        _ if lists(DESTROYERS, name) => told(Level::L3, name),
        _ => by_verb(name, texts),
    }
}

/// Files, their owners and archives.
fn files(judge: &mut Judge<'_>, call: &Call<'_>) -> Option<Told> {
    Some(match call.name {
        "rm" => {
            if call.has("--no-preserve-root") {
                return Some(told(Level::X, "rm --no-preserve-root"));
            }
            let is_hard = call.flag('r')
                || call.flag('R')
                || call.flag('f')
                || call.starts("--rec")
                || call.has("--force");
            call.words
                .iter()
                .filter(|word| !word.text.starts_with('-'))
                .for_each(|word| deleted(judge, word, "rm"));
            told(if is_hard { Level::L3 } else { Level::L2 }, "rm")
        }
        "unlink" => told(Level::L2, "unlink"),
        "truncate" | "userdel" => {
            judge.is_wide |= call.words.iter().any(|word| word.has_glob || judge.path(&word.text).1);
            (Level::L3, format!("{}: destroys", call.name))
        }
        "cp" => copy(call.words, call.texts),
        "chmod" | "chown" => {
            let is_top = (call.flag('R') || call.has("--recursive"))
                && call.plain.iter().skip(1).any(|path| lists("/ /etc /usr /var /home /root ~", path));
            told(if is_top { Level::L3 } else { Level::L1 }, call.name)
        }
        "tar" => {
            let mode = call.texts.first().copied().unwrap_or_default();
            let letters = mode.strip_prefix("--").map_or(mode, |_| "");
            let is_list = (letters.contains('t') || call.has("--list"))
                && !letters.contains('x')
                && !letters.contains('c');
            if call.starts("--to-command")
                || call.starts("--checkpoint-action")
                || call.has("-I")
                || call.starts("--use-compress")
            {
                told(Level::L2, "tar with a program")
            } else if call.has("--remove-files") {
                told(Level::L3, "tar --remove-files")
            } else {
                told(if is_list { Level::L0 } else { Level::L1 }, "tar")
            }
        }
        "tee" => {
            let adds = call.flag('a') || call.has("--append");
            call.words
                .iter()
                .filter(|word| !word.text.starts_with('-'))
                .for_each(|word| judge.written(word, adds));
            told(Level::L0, "tee")
        }
        "rsync" => {
            let level = if call.starts("--del") || call.has("--remove-source-files") {
                Level::L3
            } else if call.flag('n') || call.has("--dry-run") {
                Level::L0
            } else {
                Level::L1
            };
            told(level, "rsync")
        }
        _ => return None,
    })
}

/// Programs that read or rewrite texts.
fn texts(judge: &mut Judge<'_>, call: &Call<'_>) -> Option<Told> {
    Some(match call.name {
        "sed" | "yq" => {
            let is_in_place =
                call.starts("-i") || call.starts("--in-place") || call.flag('i') && !call.has("--posix");
            let runs = call.name == "sed" && call.words.iter().any(|word| sed_writes(&word.text));
            told(
                if is_in_place || runs { Level::L2 } else { Level::L0 },
                if is_in_place { "sed -i" } else { call.name },
            )
        }
        "awk" | "gawk" | "mawk" | "nawk" => {
            let acts = call.texts.iter().any(|text| {
                text.contains("system(")
                    || text.contains('>') && text.contains("print")
                    || text.contains("| \"")
                    || text.contains("|\"")
            });
            told(if acts || call.starts("-i") || call.flag('f') { Level::L2 } else { Level::L0 }, call.name)
        }
        "sort" => {
            told(if call.starts("-o") || call.starts("--output") { Level::L1 } else { Level::L0 }, "sort")
        }
        "uniq" => told(if call.plain.len() > 1 { Level::L1 } else { Level::L0 }, "uniq"),
        "gpg" | "gpg2" => {
            let level = if call.starts("--delete") {
                Level::L3
            } else if call.starts("--list") || call.starts("--verify") || call.has("-k") || call.has("-K") {
                Level::L0
            } else {
                Level::L1
            };
            if let Some(at) = call.texts.iter().position(|text| matches!(*text, "-o" | "--output"))
                && let Some(file) = call.words.get(at + 1)
            {
                judge.written(file, false);
            }
            told(level, "gpg")
        }
        "mysql" | "mariadb" | "psql" | "sqlite3" | "influx" | "mongosh" | "redis-cli" => {
            let script = call.texts.join(" ").to_uppercase();
            let destroys = ["DROP", "DELETE", "TRUNCATE", "FLUSHALL", "FLUSHDB"]
                .iter()
                .any(|word| script.contains(word));
            told(if destroys { Level::L3 } else { Level::L2 }, call.name)
        }
        "git" if call.has("reset") => {
            told(if call.has("--hard") { Level::L3 } else { Level::L2 }, "git reset")
        }
        _ => return None,
    })
}

/// The system and its packages.
fn system(call: &Call<'_>) -> Option<Told> {
    Some(match call.name {
        "date" => told(if call.starts("-s") || call.starts("--set") { Level::L2 } else { Level::L0 }, "date"),
        "hostname" => told(if call.plain.is_empty() { Level::L0 } else { Level::L2 }, "hostname"),
        "dmesg" => told(
            if call.flag('C') || call.flag('c') || call.has("--clear") { Level::L2 } else { Level::L0 },
            "dmesg",
        ),
        "journalctl" => {
            let level = if call.starts("--vacuum") || call.has("--rotate") || call.has("--setup-keys") {
                Level::L2
            } else if call.has("--flush")
                || call.has("--sync")
                || call.has("--relinquish-var")
                || call.has("--update-catalog")
            {
                Level::L1
            } else {
                Level::L0
            };
            told(level, if level == Level::L2 { "journalctl --vacuum or --rotate" } else { "journalctl" })
        }
        "kill" => {
            if call.has("-l") || call.has("-0") {
                return Some(told(Level::L0, "kill -0"));
            }
            if call.texts.iter().skip(1).any(|text| matches!(*text, "-1" | "1")) || call.texts == ["1"] {
                return Some((Level::X, "kill: every process, or the first one".to_owned()));
            }
            let is_hard =
                call.texts.windows(2).any(|pair| {
                    pair.first() == Some(&"-s") && pair.get(1).is_some_and(|signal| signal.contains("KILL"))
                }) || call.texts.iter().any(|text| matches!(*text, "-9" | "-KILL" | "-SIGKILL" | "-s9"));
            told(if is_hard { Level::L2 } else { Level::L1 }, if is_hard { "kill -9" } else { "kill" })
        }
        "pkill" | "killall" => told(Level::L2, call.name),
        "crontab" => {
            let level = if call.has("-r") {
                Level::L3
            } else if call.has("-l") {
                Level::L0
            } else {
                Level::L2
            };
            told(level, "crontab")
        }
        "service" => {
            let level = match call.plain.get(1).copied() {
                Some("status") => Level::L0,
                Some("start" | "restart" | "reload" | "force-reload") => Level::L1,
                _ if call.has("--status-all") => Level::L0,
                _ => Level::L2,
            };
            told(level, "service")
        }
        "logrotate" => {
            told(if call.flag('d') || call.has("--debug") { Level::L0 } else { Level::L2 }, "logrotate")
        }
        "dpkg" => told(
            if call.flag('l')
                || call.flag('L')
                || call.flag('s')
                || call.flag('S')
                || call.starts("--list")
                || call.starts("--status")
            {
                Level::L0
            } else {
                Level::L2
            },
            "dpkg",
        ),
        "apt-get" | "apt" | "dnf" | "yum"
            if call.has("-s") || call.has("--dry-run") || call.has("--simulate") =>
        {
            told(Level::L0, call.name)
        }
        "ansible-playbook" | "terraform" => {
            told(if call.has("--check") || call.has("plan") { Level::L0 } else { Level::L2 }, call.name)
        }
        "env" if call.plain.is_empty() => told(Level::L0, "env"),
        "command" | "exec" if call.flag('v') || call.flag('V') => told(Level::L0, call.name),
        _ => return None,
    })
}

/// The network.
fn network(call: &Call<'_>) -> Option<Told> {
    Some(match call.name {
        "nc" | "ncat" | "netcat" => {
            let opens = call.flag('l')
                || call.flag('e')
                || call.starts("--exec")
                || call.starts("--sh-exec")
                || call.flag('c');
            let level = if opens {
                Level::L2
            } else if call.flag('z') {
                Level::L0
            } else {
                Level::L1
            };
            told(level, call.name)
        }
        "curl" => curl(call.words),
        "wget" => {
            let sends = call.starts("--post") || call.starts("--method") || call.starts("--body");
            let reads = call.has("--spider")
                || call.has("-qO-")
                || call.texts.windows(2).any(|pair| matches!(pair, ["-O" | "-qO", "-" | "/dev/null"]))
                || call.has("-O-");
            told(
                if sends {
                    Level::L2
                } else if reads {
                    Level::L0
                } else {
                    Level::L1
                },
                "wget",
            )
        }
        "ip" => {
            let changes = call
                .plain
                .iter()
                .any(|word| lists("add del delete set flush change replace append up down", word));
            told(if changes { Level::L2 } else { Level::L0 }, "ip")
        }
        "iptables" | "ip6tables" => {
            let reads = (call.flag('L') || call.flag('S') || call.starts("--list"))
                && !call.flag('F')
                && !call.flag('Z');
            told(if reads { Level::L0 } else { Level::L2 }, call.name)
        }
        _ => return None,
    })
}

/// Disks, guests and containers.
fn storage(judge: &mut Judge<'_>, call: &Call<'_>) -> Option<Told> {
    Some(match call.name {
        "dd" => {
            let target = call.texts.iter().find_map(|text| text.strip_prefix("of="));
            match target {
                Some(device) if device.starts_with("/dev/") && device != "/dev/null" => {
                    (device_level(device), format!("dd: writes over {device}"))
                }
                Some("/dev/null") | None => told(Level::L0, "dd"),
                Some(file) => (Level::L3, format!("dd: writes over {file}")),
            }
        }
        _ if call.name.starts_with("mkfs") || lists("wipefs blkdiscard shred sfdisk sgdisk", call.name) => {
            let device =
                call.plain.iter().find(|text| text.starts_with("/dev/")).copied().unwrap_or_default();
            if call.name == "wipefs"
                && call.texts.iter().all(|text| !text.starts_with('-') || matches!(*text, "-n" | "--no-act"))
            {
                return Some(told(Level::L0, "wipefs"));
            }
            let level = if device.is_empty() { Level::L3 } else { device_level(device) };
            (level, format!("{} {device}: destroys what is on it", call.name))
        }
        "mount" => {
            told(if call.texts.is_empty() || call.texts == ["-l"] { Level::L0 } else { Level::L2 }, "mount")
        }
        "smartctl" => told(
            if call.starts("-t") || call.starts("-s") || call.has("--test") { Level::L1 } else { Level::L0 },
            "smartctl",
        ),
        "mdadm" => {
            let level = if call.has("--zero-superblock") {
                Level::L3
            } else if call.flag('D') || call.has("--detail") || call.has("--examine") || call.flag('E') {
                Level::L0
            } else {
                Level::L2
            };
            told(level, "mdadm")
        }
        "fdisk" | "parted" => {
            told(if call.flag('l') || call.has("print") { Level::L0 } else { Level::L3 }, call.name)
        }
        "vzdump" => told(
            if call.has("--remove") && call.texts.windows(2).any(|pair| pair == ["--remove", "1"]) {
                Level::L2
            } else {
                Level::L1
            },
            "vzdump",
        ),
        "qmrestore" => {
            let onto = call.plain.get(1).copied().unwrap_or_default();
            restore(judge, "qmrestore", onto)
        }
        "pct" if call.plain.first() == Some(&"restore") => {
            restore(judge, "pct restore", call.plain.get(1).copied().unwrap_or_default())
        }
        "docker" | "docker-compose"
            if call.has("down") && (call.flag('v') || call.has("--volumes") || call.has("--rmi")) =>
        {
            told(Level::L3, "docker compose down with its volumes")
        }
        "docker-compose" => {
            let words: Vec<&str> = std::iter::once("compose").chain(call.texts.iter().copied()).collect();
            by_verb("docker", &words)
        }
        _ => return None,
    })
}

fn by_verb(name: &str, texts: &[&str]) -> (Level, String) {
    let Some(verbs) = VERBS.iter().find(|verbs| verbs.program == name) else {
        return (Level::L2, format!("{name}: what it does is not known"));
    };
    let (verb, level) = verbs.level(texts);
    (level, format!("{name} {verb}: {}", level.does()))
}

/// A guest that is written over, unless its number is known to be free.
fn restore(judge: &Judge<'_>, what: &str, onto: &str) -> (Level, String) {
    if onto == "<NEW_VMID>" || judge.around.free.iter().any(|free| free == onto) {
        (Level::L2, format!("{what}: makes a new guest"))
    } else {
        (Level::L3, format!("{what}: overwrites guest {onto} if there is one"))
    }
}
