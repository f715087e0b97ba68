//! Programs whose danger is in their options, and programs that run other programs.

use super::table::{CHANGERS, DESTROYERS, READERS, VERBS, lists};
use super::{Judge, Level, Said};

/// Programs that take a script.
const SHELLS: &str = "sh bash dash zsh ksh ash fish";

/// What stands before the program that is meant: its options with a value, how many words of its
/// own it takes, and whether `NAME=value` may follow.
const WRAPPERS: [(&str, &str, usize); 17] = [
    ("sudo", "-u -g -C -h -p -r -t -U -R -D --user --group", 0),
    ("doas", "-u -C", 0),
    ("env", "-u --unset -C --chdir", 0),
    ("nohup", "", 0),
    ("time", "-f -o", 0),
    ("timeout", "-k -s --kill-after --signal", 1),
    ("nice", "-n --adjustment", 0),
    ("ionice", "-c -n -t", 0),
    ("stdbuf", "-i -o -e", 0),
    ("setsid", "", 0),
    ("chrt", "-T -P -D", 1),
    ("exec", "-a", 0),
    ("command", "", 0),
    ("builtin", "", 0),
    ("busybox", "", 0),
    ("unbuffer", "", 0),
    ("flock", "-w -E", 1),
];

/// The words without what only wraps them: `sudo -u x`, `env A=b`, `timeout 5`.
pub(super) fn unwrapped(words: &[Said]) -> Vec<Said> {
    let mut rest = words;
    for _ in 0..8 {
        let Some(first) = rest.first() else { break };
        let name = base(&first.text);
        let Some((_, valued, own)) = WRAPPERS.iter().find(|(wrapper, ..)| *wrapper == name) else { break };
        if name == "command"
            && rest.get(1).is_some_and(|word| word.text.starts_with("-v") || word.text.starts_with("-V"))
        {
            break;
        }
        let mut at = 1;
        let mut own = *own;
        while let Some(word) = rest.get(at) {
            let text = word.text.as_str();
            if text == "--" {
                at += 1;
                break;
            } else if lists(valued, text) {
                at += 2;
            } else if text.starts_with('-') && text.len() > 1
                || matches!(name, "env" | "sudo") && crate_assignment(text)
            {
                at += 1;
            } else if own > 0 {
                own -= 1;
                at += 1;
            } else {
                break;
            }
        }
        match rest.get(at..) {
            Some(inner) if !inner.is_empty() => rest = inner,
            _ => break,
        }
    }
    rest.to_vec()
}

fn crate_assignment(text: &str) -> bool {
    super::shell::is_assignment(text)
}

/// Whether these words start a shell.
pub(super) fn is_shell(words: &[Said]) -> bool {
    words.first().is_some_and(|word| lists(SHELLS, base(&word.text)) || base(&word.text) == "ssh")
}

fn base(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// The level of writing to a device: the disks that systems usually start from are never written.
pub(super) fn device_level(device: &str) -> Level {
    let name = device.strip_prefix("/dev/").unwrap_or(device);
    let is_first = ["sda", "vda", "xvda", "hda", "nvme0n1", "mmcblk0", "root", "pve/", "mapper/"]
        .iter()
        .any(|disk| name.starts_with(disk));
    if is_first { Level::X } else { Level::L3 }
}

pub(super) fn judge(judge: &mut Judge<'_>, words: &[Said], reads_pipe: bool, runs_files: bool) {
    let words = unwrapped(words);
    let Some(first) = words.first() else { return };
    if first.is_dynamic || first.has_glob {
        judge.raise(Level::L3, format!("which program runs is not known: {}", first.text));
        return;
    }
    let name = base(&first.text).to_owned();
    let arguments = words.get(1..).unwrap_or_default();
    let texts: Vec<&str> = arguments.iter().map(|word| word.text.as_str()).collect();
    if !lists("rm mkfs", &name) && matches!(texts.as_slice(), ["--version" | "--help" | "-V"]) {
        return;
    }
    if runs(judge, &name, arguments, reads_pipe, runs_files) {
        return;
    }
    let (level, reason) = level(judge, &name, arguments, &texts);
    judge.raise(level, reason);
}

/// Judges what a program runs; whether it is one that does.
fn runs(judge: &mut Judge<'_>, name: &str, arguments: &[Said], reads_pipe: bool, runs_files: bool) -> bool {
    let at = |word: &str| arguments.iter().position(|said| said.text == word);
    match name {
        _ if lists(SHELLS, name) => shell(judge, name, arguments, reads_pipe, runs_files),
        "eval" => again(judge, arguments),
        "watch" => again(judge, after_options(arguments, "-n --interval -d")),
        "su" | "runuser" => match at("-c").or_else(|| at("--command")) {
            Some(at) => again(judge, arguments.get(at + 1..=at + 1).unwrap_or_default()),
            None => judge.raise(Level::L2, format!("{name}: becomes another user")),
        },
        "ssh" => {
            let rest =
                after_options(arguments, "-p -l -i -o -F -J -L -R -D -W -b -c -E -e -I -m -O -Q -S -w -B");
            match rest.get(1..) {
                Some(command) if !command.is_empty() => again(judge, command),
                _ => judge.raise(Level::L2, "ssh: what follows is run on another host"),
            }
        }
        "xargs" => {
            let inner =
                after_options(arguments, "-n -I -i -P -L -d -E -s -a --max-args --max-procs --delimiter");
            if inner.is_empty() {
                return true;
            }
            if lists("rm shred truncate unlink", base(&inner.first().map_or("", |word| word.text.as_str()))) {
                judge.is_wide = true;
            }
            judge.words(inner, false, false);
        }
        "find" => find(judge, arguments),
        "docker" | "podman" | "pct" | "kubectl" | "lxc-attach" | "nsenter" | "chroot" => {
            let verb = arguments.iter().position(|word| lists("exec run", &word.text));
            let Some(verb) = verb.filter(|_| name != "chroot") else { return false };
            let rest = after_options(
                arguments.get(verb + 1..).unwrap_or_default(),
                "-v --volume -e --env -u --user -w --workdir --name --network -p --publish --mount --entrypoint -n -c",
            );
            let inner = rest.get(1..).unwrap_or_default();
            let inner = if inner.first().is_some_and(|word| word.text == "--") {
                inner.get(1..)
            } else {
                Some(inner)
            };
            judge.raise(Level::L2, format!("{name} {}: runs a program inside", texts_at(arguments, verb)));
            if let Some(inner) = inner.filter(|inner| !inner.is_empty()) {
                judge.words(inner, false, false);
            }
        }
        _ => return false,
    }
    true
}

fn texts_at(arguments: &[Said], at: usize) -> &str {
    arguments.get(at).map_or("", |word| word.text.as_str())
}

/// The words behind the options; those of `valued` take a value.
fn after_options<'w>(words: &'w [Said], valued: &str) -> &'w [Said] {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let text = word.text.as_str();
        if text == "--" {
            return words.get(at + 1..).unwrap_or_default();
        }
        if lists(valued, text) && text != "-d"
            || text == "-d" && lists(valued, "-d") && valued.starts_with("-n -I")
        {
            at += 2;
        } else if text.starts_with('-') && text.len() > 1 {
            at += 1;
        } else {
            break;
        }
    }
    words.get(at..).unwrap_or_default()
}

/// Words that are joined and read as shell once more.
fn again(judge: &mut Judge<'_>, words: &[Said]) {
    if words.is_empty() {
        return;
    }
    let is_dynamic = words.iter().any(|word| word.is_dynamic && word.text.starts_with('$'));
    if is_dynamic {
        judge.raise(Level::L3, "what it runs is not known before it runs");
    }
    let text: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    judge.text(&text.join(" "));
}

fn shell(judge: &mut Judge<'_>, name: &str, arguments: &[Said], reads_pipe: bool, runs_files: bool) {
    let short = |word: &Said| word.text.starts_with('-') && !word.text.starts_with("--");
    let command = arguments.iter().position(|word| short(word) && word.text.contains('c'));
    let file = after_options(arguments, "-o -O --rcfile --init-file").first();
    match (command, file) {
        (Some(at), _) => again(judge, arguments.get(at + 1..=at + 1).unwrap_or_default()),
        (None, _) if runs_files => {
            judge.raise(Level::L3, format!("{name}: runs what another command prints"))
        }
        (None, Some(file)) if file.text != "-" && !short(file) => {
            judge.raise(Level::L2, format!("{name} {}: what it does is not known", file.text));
        }
        (None, _) if reads_pipe => judge.raise(Level::L3, format!("{name}: runs what it is sent")),
        (None, _) => judge.raise(Level::L2, format!("{name}: another shell")),
    }
}

fn find(judge: &mut Judge<'_>, arguments: &[Said]) {
    for (at, word) in arguments.iter().enumerate() {
        match word.text.as_str() {
            "-delete" => {
                judge.raise(Level::L3, "find -delete: deletes what it finds");
                let roots = arguments.iter().take_while(|word| !word.text.starts_with(['-', '(', '!']));
                roots.for_each(|root| deleted(judge, root, "find -delete"));
            }
            "-fprint" | "-fprint0" | "-fprintf" | "-fls" => {
                let file = arguments.get(at + 1).cloned().unwrap_or_default();
                judge.written(&file, false);
            }
            "-exec" | "-execdir" | "-ok" | "-okdir" => {
                let inner = arguments.get(at + 1..).unwrap_or_default();
                let end = inner
                    .iter()
                    .position(|word| matches!(word.text.as_str(), ";" | "+"))
                    .unwrap_or(inner.len());
                let inner = inner.get(..end).unwrap_or_default();
                judge.words(inner, false, false);
                if inner.first().is_some_and(|word| lists("rm shred", base(&word.text))) {
                    judge.raise(Level::L3, "find -exec rm: deletes what it finds");
                    let roots = arguments.iter().take_while(|word| !word.text.starts_with(['-', '(', '!']));
                    roots.for_each(|root| deleted(judge, root, "find -exec rm"));
                }
            }
            _ => {}
        }
    }
}

/// A path that is deleted with all that is in it.
fn deleted(judge: &mut Judge<'_>, word: &Said, what: &str) {
    let (path, is_unset) = judge.path(&word.text);
    judge.is_wide |= word.has_glob || is_unset;
    let mut bare = path.replace("//", "/");
    while bare.contains("//") || bare.contains("/./") {
        bare = bare.replace("//", "/").replace("/./", "/");
    }
    let bare = bare.trim_end_matches("/.").trim_end_matches('/');
    const TOPS: &str = "~ ~/* /* / /. .. ../* ../.. /bin /boot /dev /etc /home /lib /lib64 /proc /root /run /sbin /srv \
                        /sys /usr /var /usr/* /etc/* /var/* /home/* /root/* /boot/* /dev/* /var/lib /usr/bin /usr/lib ~root";
    let is_top = bare.is_empty() && path.starts_with('/') || lists(TOPS, bare) || bare.ends_with("/..");
    // What is searched is not what is deleted: `find /var/log` is not `rm -r /var/log`.
    let is_search = what.starts_with("find") && !matches!(bare, "" | "~" | "/" | "/*");
    if (is_top && !is_search) || is_unset && bare.is_empty() {
        judge.raise(
            Level::X,
            format!("{what} {}: would delete {}", word.text, if bare.is_empty() { "/" } else { bare }),
        );
    }
}

/// What a program does by its name, its verb or its options.
fn level(judge: &mut Judge<'_>, name: &str, words: &[Said], texts: &[&str]) -> (Level, String) {
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
        "curl" => curl(judge, words),
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

/// What curl does: reading a page is harmless, everything else is not.
fn curl(judge: &mut Judge<'_>, words: &[Said]) -> (Level, String) {
    let mut method = String::new();
    let (mut sends, mut writes, mut is_told) = (false, false, false);
    let mut at = 0;
    let mut page = String::new();
    while let Some(word) = words.get(at) {
        at += 1;
        let text = word.text.as_str();
        let mut value = || {
            at += 1;
            words.get(at - 1).map(|word| word.text.clone()).unwrap_or_default()
        };
        match text {
            "--request" => method = value(),
            "--data" | "--data-raw" | "--data-binary" | "--data-urlencode" | "--data-ascii" | "--form"
            | "--json" | "--upload-file" | "--form-string" => {
                value();
                sends = true;
            }
            "--output" | "--output-dir" | "--dump-header" | "--cookie-jar" | "--trace" | "--trace-ascii" => {
                writes |= value() != "/dev/null"
            }
            "--remote-name" | "--remote-name-all" => writes = true,
            "--config" => is_told = true,
            "--header" | "--user" | "--max-time" | "--connect-timeout" | "--user-agent" | "--cacert"
            | "--write-out" | "--retry" | "--resolve" | "--proxy" | "--cookie" => {
                value();
            }
            _ if text.starts_with("--request=") => text.clone_into(&mut method),
            _ if text.starts_with("--") => {
                sends |= text.starts_with("--data")
                    || text.starts_with("--form")
                    || text.starts_with("--json")
                    || text.starts_with("--upload");
                writes |= text.starts_with("--output=");
            }
            _ if text.starts_with('-') && text.len() > 1 => {
                for (index, letter) in text.char_indices().skip(1) {
                    if !"XdFToKHuAebcDEmwrxUyYzCPQt".contains(letter) {
                        writes |= letter == 'O';
                        continue;
                    }
                    let glued = text.get(index + letter.len_utf8()..).unwrap_or_default();
                    let given = if glued.is_empty() { value() } else { glued.to_owned() };
                    match letter {
                        'X' => method = given,
                        'd' | 'F' | 'T' => sends = true,
                        'o' | 'c' | 'D' => writes |= given != "/dev/null" && given != "-",
                        'K' => is_told = true,
                        'Q' => sends = true,
                        _ => {}
                    }
                    break;
                }
            }
            _ => text.clone_into(&mut page),
        }
    }
    let method = method.to_uppercase();
    let is_get =
        method.is_empty() && !sends || matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS") && !sends;
    let is_reload = page.trim_end_matches('/').ends_with("/-/reload");
    let _ = &judge;
    match () {
        () if is_told => (Level::L2, "curl -K: does what a file says".into()),
        () if method.contains("DELETE") => (Level::L3, "curl -X DELETE: destroys".into()),
        () if is_get && writes => (Level::L1, "curl: writes a file".into()),
        () if is_get => (Level::L0, "curl: only reads".into()),
        () if is_reload => (Level::L1, "curl: reloads a configuration".into()),
        () => (Level::L2, "curl: sends something".into()),
    }
}
