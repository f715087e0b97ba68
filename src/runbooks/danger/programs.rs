//! Programs that run other programs, and what deleting means.

use super::options::level;
use super::table::lists;
use super::{Judge, Level, Said, shell};

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
                || matches!(name, "env" | "sudo") && shell::is_assignment(text)
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
        _ if lists(SHELLS, name) => run_shell(judge, name, arguments, reads_pipe, runs_files),
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
            if lists("rm shred truncate unlink", base(inner.first().map_or("", |word| word.text.as_str()))) {
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

fn run_shell(judge: &mut Judge<'_>, name: &str, arguments: &[Said], reads_pipe: bool, runs_files: bool) {
    let short = |word: &Said| word.text.starts_with('-') && !word.text.starts_with("--");
    let command = arguments.iter().position(|word| short(word) && word.text.contains('c'));
    let file = after_options(arguments, "-o -O --rcfile --init-file").first();
    match (command, file) {
        (Some(at), _) => again(judge, arguments.get(at + 1..=at + 1).unwrap_or_default()),
        (None, _) if runs_files => {
            judge.raise(Level::L3, format!("{name}: runs what another command prints"));
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

/// What is never deleted, itself or all that is in it.
const TOPS: &str = "~ ~root .. ../.. /bin /boot /dev /etc /home /lib /lib64 /proc /root /run /sbin /srv /sys /usr \
                    /usr/bin /usr/lib /var /var/lib";

/// A path that is deleted with all that is in it.
pub(super) fn deleted(judge: &mut Judge<'_>, word: &Said, what: &str) {
    let (path, is_unset) = judge.path(&word.text);
    judge.is_wide |= word.has_glob || is_unset;
    let mut bare = path.replace("//", "/");
    while bare.contains("//") || bare.contains("/./") {
        bare = bare.replace("//", "/").replace("/./", "/");
    }
    let bare = bare.trim_end_matches("/.").trim_end_matches('/');
    let place = bare.strip_suffix("/*").unwrap_or(bare);
    let is_top = place.is_empty() && path.starts_with('/') || lists(TOPS, place) || place.ends_with("/..");
    // What is searched is not what is deleted: `find /var/log` is not `rm -r /var/log`.
    let is_search = what.starts_with("find") && !matches!(bare, "" | "~" | "/" | "/*");
    if (is_top && !is_search) || is_unset && bare.is_empty() {
        judge.raise(
            Level::X,
            format!("{what} {}: would delete {}", word.text, if bare.is_empty() { "/" } else { bare }),
        );
    }
}
