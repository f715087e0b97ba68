//! Programs whose danger is in their options.

use super::curl::curl;
use super::programs::{deleted, device_level};
use super::table::{CHANGERS, DESTROYERS, READERS, VERBS, lists};
use super::{Judge, Level, Said};

/// What a program does by its name, its verb or its options.
pub(super) fn level(judge: &mut Judge<'_>, name: &str, words: &[Said], texts: &[&str]) -> (Level, String) {
    let has = |option: &str| texts.contains(&option);
    let starts = |start: &str| texts.iter().any(|text| text.starts_with(start));
    let flag = |letter: char| {
        texts.iter().any(|text| text.starts_with('-') && !text.starts_with("--") && text.contains(letter))
    };
    let told = |level: Level, what: &str| (level, format!("{what}: {}", level.does()));
    let plain: Vec<&str> = texts.iter().copied().filter(|text| !text.starts_with('-')).collect();
    match name {
        "rm" => {
            if has("--no-preserve-root") {
                return told(Level::X, "rm --no-preserve-root");
            }
            let is_hard = flag('r') || flag('R') || flag('f') || starts("--rec") || has("--force");
            words
                .iter()
                .filter(|word| !word.text.starts_with('-'))
                .for_each(|word| deleted(judge, word, "rm"));
            told(if is_hard { Level::L3 } else { Level::L2 }, "rm")
        }
        "unlink" => told(Level::L2, "unlink"),
        "dd" => {
            let target = texts.iter().find_map(|text| text.strip_prefix("of="));
            match target {
                Some(device) if device.starts_with("/dev/") && device != "/dev/null" => {
                    (device_level(device), format!("dd: writes over {device}"))
                }
                Some("/dev/null") | None => told(Level::L0, "dd"),
                Some(file) => (Level::L3, format!("dd: writes over {file}")),
            }
        }
        _ if name.starts_with("mkfs") || lists("wipefs blkdiscard shred sfdisk sgdisk", name) => {
            let device = plain.iter().find(|text| text.starts_with("/dev/")).copied().unwrap_or_default();
            if name == "wipefs"
                && texts.iter().all(|text| !text.starts_with('-') || matches!(*text, "-n" | "--no-act"))
            {
                return told(Level::L0, "wipefs");
            }
            let level = if device.is_empty() { Level::L3 } else { device_level(device) };
            (level, format!("{name} {device}: destroys what is on it"))
        }
        "truncate" | "userdel" => {
            judge.is_wide |= words.iter().any(|word| word.has_glob || judge.path(&word.text).1);
            (Level::L3, format!("{name}: destroys"))
        }
        "cp" => copy(words, texts),
        "chmod" | "chown" => {
            let is_top = (flag('R') || has("--recursive"))
                && plain.iter().skip(1).any(|path| lists("/ /etc /usr /var /home /root ~", path));
            told(if is_top { Level::L3 } else { Level::L1 }, name)
        }
        "tar" => {
            let mode = texts.first().copied().unwrap_or_default();
            let letters = mode.strip_prefix("--").map_or(mode, |_| "");
            let is_list =
                (letters.contains('t') || has("--list")) && !letters.contains('x') && !letters.contains('c');
            if starts("--to-command")
                || starts("--checkpoint-action")
                || has("-I")
                || starts("--use-compress")
            {
                told(Level::L2, "tar with a program")
            } else if has("--remove-files") {
                told(Level::L3, "tar --remove-files")
            } else {
                told(if is_list { Level::L0 } else { Level::L1 }, "tar")
            }
        }
        "sed" | "yq" => {
            let is_in_place = starts("-i") || starts("--in-place") || flag('i') && !has("--posix");
            let runs = name == "sed" && words.iter().any(|word| sed_writes(&word.text));
            told(
                if is_in_place || runs { Level::L2 } else { Level::L0 },
                if is_in_place { "sed -i" } else { name },
            )
        }
        "awk" | "gawk" | "mawk" | "nawk" => {
            let acts = texts.iter().any(|text| {
                text.contains("system(")
                    || text.contains('>') && text.contains("print")
                    || text.contains("| \"")
                    || text.contains("|\"")
            });
            told(if acts || starts("-i") || flag('f') { Level::L2 } else { Level::L0 }, name)
        }
        "sort" => told(if starts("-o") || starts("--output") { Level::L1 } else { Level::L0 }, "sort"),
        "uniq" => told(if plain.len() > 1 { Level::L1 } else { Level::L0 }, "uniq"),
        "date" => told(if starts("-s") || starts("--set") { Level::L2 } else { Level::L0 }, "date"),
        "hostname" => told(if plain.is_empty() { Level::L0 } else { Level::L2 }, "hostname"),
        "dmesg" => {
            told(if flag('C') || flag('c') || has("--clear") { Level::L2 } else { Level::L0 }, "dmesg")
        }
        "journalctl" => {
            let level = if starts("--vacuum") || has("--rotate") || has("--setup-keys") {
                Level::L2
            } else if has("--flush") || has("--sync") || has("--relinquish-var") || has("--update-catalog") {
                Level::L1
            } else {
                Level::L0
            };
            told(level, if level == Level::L2 { "journalctl --vacuum or --rotate" } else { "journalctl" })
        }
        "kill" => {
            if has("-l") || has("-0") {
                return told(Level::L0, "kill -0");
            }
            if texts.iter().skip(1).any(|text| matches!(*text, "-1" | "1")) || texts == ["1"] {
                return (Level::X, "kill: every process, or the first one".to_owned());
            }
            let is_hard = texts.windows(2).any(|pair| {
                pair.first() == Some(&"-s") && pair.get(1).is_some_and(|signal| signal.contains("KILL"))
            }) || texts.iter().any(|text| matches!(*text, "-9" | "-KILL" | "-SIGKILL" | "-s9"));
            told(if is_hard { Level::L2 } else { Level::L1 }, if is_hard { "kill -9" } else { "kill" })
        }
        "pkill" | "killall" => told(Level::L2, name),
        "nc" | "ncat" | "netcat" => {
            let opens = flag('l') || flag('e') || starts("--exec") || starts("--sh-exec") || flag('c');
            let level = if opens {
                Level::L2
            } else if flag('z') {
                Level::L0
            } else {
                Level::L1
            };
            told(level, name)
        }
        "curl" => curl(words),
        "wget" => {
            let sends = starts("--post") || starts("--method") || starts("--body");
            let reads = has("--spider")
                || has("-qO-")
                || texts.windows(2).any(|pair| matches!(pair, ["-O" | "-qO", "-" | "/dev/null"]))
                || has("-O-");
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
        "tee" => {
            let adds = flag('a') || has("--append");
            words
                .iter()
                .filter(|word| !word.text.starts_with('-'))
                .for_each(|word| judge.written(word, adds));
            told(Level::L0, "tee")
        }
        "mount" => told(if texts.is_empty() || texts == ["-l"] { Level::L0 } else { Level::L2 }, "mount"),
        "crontab" => {
            let level = if has("-r") {
                Level::L3
            } else if has("-l") {
                Level::L0
            } else {
                Level::L2
            };
            told(level, "crontab")
        }
        "gpg" | "gpg2" => {
            let level = if starts("--delete") {
                Level::L3
            } else if starts("--list") || starts("--verify") || has("-k") || has("-K") {
                Level::L0
            } else {
                Level::L1
            };
            if let Some(at) = texts.iter().position(|text| matches!(*text, "-o" | "--output"))
                && let Some(file) = words.get(at + 1)
            {
                judge.written(file, false);
            }
            told(level, "gpg")
        }
        "rsync" => {
            let level = if starts("--del") || has("--remove-source-files") {
                Level::L3
            } else if flag('n') || has("--dry-run") {
                Level::L0
            } else {
                Level::L1
            };
            told(level, "rsync")
        }
        "ip" => {
            let changes = plain
                .iter()
                .any(|word| lists("add del delete set flush change replace append up down", word));
            told(if changes { Level::L2 } else { Level::L0 }, "ip")
        }
        "iptables" | "ip6tables" => {
            let reads = (flag('L') || flag('S') || starts("--list")) && !flag('F') && !flag('Z');
            told(if reads { Level::L0 } else { Level::L2 }, name)
        }
        "service" => {
            let level = match plain.get(1).copied() {
                Some("status") => Level::L0,
                Some("start" | "restart" | "reload" | "force-reload") => Level::L1,
                _ if has("--status-all") => Level::L0,
                _ => Level::L2,
            };
            told(level, "service")
        }
        "logrotate" => told(if flag('d') || has("--debug") { Level::L0 } else { Level::L2 }, "logrotate"),
        "smartctl" => told(
            if starts("-t") || starts("-s") || has("--test") { Level::L1 } else { Level::L0 },
            "smartctl",
        ),
        "mdadm" => {
            let level = if has("--zero-superblock") {
                Level::L3
            } else if flag('D') || has("--detail") || has("--examine") || flag('E') {
                Level::L0
            } else {
                Level::L2
            };
            told(level, "mdadm")
        }
        "fdisk" | "parted" => told(if flag('l') || has("print") { Level::L0 } else { Level::L3 }, name),
        "dpkg" => told(
            if flag('l') || flag('L') || flag('s') || flag('S') || starts("--list") || starts("--status") {
                Level::L0
            } else {
                Level::L2
            },
            "dpkg",
        ),
        "mysql" | "mariadb" | "psql" | "sqlite3" | "influx" | "mongosh" | "redis-cli" => {
            let script = texts.join(" ").to_uppercase();
            let destroys = ["DROP", "DELETE", "TRUNCATE", "FLUSHALL", "FLUSHDB"]
                .iter()
                .any(|word| script.contains(word));
            told(if destroys { Level::L3 } else { Level::L2 }, name)
        }
        "vzdump" => told(
            if has("--remove") && texts.windows(2).any(|pair| pair == ["--remove", "1"]) {
                Level::L2
            } else {
                Level::L1
            },
            "vzdump",
        ),
        "qmrestore" => {
            let onto = plain.get(1).copied().unwrap_or_default();
            restore(judge, "qmrestore", onto)
        }
        "pct" if plain.first() == Some(&"restore") => {
            restore(judge, "pct restore", plain.get(1).copied().unwrap_or_default())
        }
        "docker" | "docker-compose" if has("down") && (flag('v') || has("--volumes") || has("--rmi")) => {
            told(Level::L3, "docker compose down with its volumes")
        }
        "docker-compose" => {
            let words: Vec<&str> = std::iter::once("compose").chain(texts.iter().copied()).collect();
            by_verb("docker", &words)
        }
        "git" if has("reset") => told(if has("--hard") { Level::L3 } else { Level::L2 }, "git reset"),
        "apt-get" | "apt" | "dnf" | "yum" if has("-s") || has("--dry-run") || has("--simulate") => {
            told(Level::L0, name)
        }
        "ansible-playbook" | "terraform" => {
            told(if has("--check") || has("plan") { Level::L0 } else { Level::L2 }, name)
        }
        "env" if plain.is_empty() => told(Level::L0, "env"),
        "command" | "exec" if flag('v') || flag('V') => told(Level::L0, name),
        _ if lists(READERS, name) => (Level::L0, format!("{name}: only reads")),
        _ if lists(CHANGERS, name) => told(Level::L1, name),
        _ if lists(DESTROYERS, name) => told(Level::L3, name),
        _ => by_verb(name, texts),
    }
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

/// Copying over the data of a service destroys it; beside it, it does not.
fn copy(words: &[Said], texts: &[&str]) -> (Level, String) {
    let plain: Vec<&Said> = words.iter().filter(|word| !word.text.starts_with('-')).collect();
    let Some((target, sources)) = plain.split_last() else {
        return (Level::L1, "cp: changes something".into());
    };
    let is_data = ["/var/lib/", "/srv/", "/mnt/", "/data/", "/opt/", "/home/", "/etc/"]
        .iter()
        .any(|place| target.text.starts_with(place));
    let is_many =
        sources.iter().any(|source| source.has_glob || source.text.ends_with("/.")) || texts.contains(&"-T");
    if is_data
        && (is_many || target.text.ends_with('/') && sources.iter().any(|source| source.text.ends_with('/')))
    {
        (Level::L3, format!("cp: writes over what is in {}", target.text))
    } else if target.text.starts_with("/dev/") {
        (device_level(&target.text), format!("cp: writes over {}", target.text))
    } else {
        (Level::L1, format!("cp: writes {}", target.text))
    }
}

/// Whether a script of sed writes a file or runs a program.
fn sed_writes(script: &str) -> bool {
    let ends = |flag: char| {
        script.split(';').any(|part| {
            let flags = part.rsplit(['/', '|', '#', ',']).next().unwrap_or_default().trim();
            part.starts_with('s')
                && flags.chars().all(|char| char.is_ascii_alphanumeric() || char == ' ')
                && flags.contains(flag)
        })
    };
    script.starts_with("w ")
        || script.contains("/w ")
        || script.contains(";w ")
        || script.starts_with("e ")
        || ends('e')
        || ends('w')
}
