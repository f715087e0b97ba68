//! Words and how they look, gathered from a sentence; and what a sentence says: a label, a key and
//! its value, a command.

use super::document::Inline;
use super::model::{Field, InlineCommand, Item};
use super::repair::repair;
use crate::text;

/// A sentence that is being read.
#[derive(Debug, Default)]
pub(super) struct Words {
    done: Vec<Inline>,
    strong: i32,
    emphasis: i32,
    link: Option<String>,
}

impl Words {
    pub(super) fn plain(&mut self, words: &str, line: usize) {
        let clean = text::sanitise(&repair(words)).into_owned();
        self.push(clean, false, line);
    }

    pub(super) fn code(&mut self, words: &str, line: usize) {
        self.push(words.to_owned(), true, line);
    }

    pub(super) fn line_break(&mut self, line: usize) {
        self.push("\n".to_owned(), false, line);
    }

    pub(super) fn strong(&mut self, by: i32) {
        self.strong += by;
    }

    pub(super) fn emphasis(&mut self, by: i32) {
        self.emphasis += by;
    }

    pub(super) fn link(&mut self, to: Option<String>) {
        self.link = to;
    }

    /// What was read.
    pub(super) fn finish(&mut self) -> Vec<Inline> {
        let mut words = std::mem::take(&mut self.done);
        words.shrink_to_fit();
        words
    }

    fn push(&mut self, words: String, code: bool, line: usize) {
        let (strong, emphasis) = (self.strong > 0, self.emphasis > 0);
        match self.done.last_mut() {
            Some(last)
                if !code
                    && !last.code
                    && (last.strong, last.emphasis) == (strong, emphasis)
                    && last.link == self.link =>
            {
                last.text.push_str(&words);
            }
            _ => {
                let to = self.link.clone();
                self.done.push(Inline { text: words, strong, emphasis, code, link: to, line });
            }
        }
    }
}

/// The words alone, on one line.
pub fn plain(words: &[Inline]) -> String {
    let text: String = words.iter().map(|word| word.text.as_str()).collect();
    let text = text.split('\n').map(str::trim).collect::<Vec<_>>().join(" ");
    text::sanitise(text.trim()).into_owned()
}

/// A sentence as an item, with the commands in it.
pub(super) fn item(words: &[Inline], line: usize) -> Item {
    Item { text: plain(words), commands: commands(words), line }
}

/// The words of each line of a paragraph, with the line's number.
pub(super) fn by_line(words: &[Inline]) -> Vec<(usize, Vec<Inline>)> {
    let mut lines: Vec<(usize, Vec<Inline>)> = Vec::new();
    let mut number = words.first().map_or(0, |word| word.line);
    let mut line = Vec::new();
    for word in words {
        if word.code {
            line.push(word.clone());
            continue;
        }
        for (at, piece) in word.text.split('\n').enumerate() {
            if at > 0 {
                lines.push((number, std::mem::take(&mut line)));
                number += 1;
            }
            if !piece.is_empty() {
                line.push(Inline { text: piece.to_owned(), line: number, ..word.clone() });
            }
        }
    }
    lines.push((number, line));
    lines.retain(|(_, words)| !words.is_empty());
    lines
}

/// A paragraph that is nothing but lines `**Key:** value`.
pub(super) fn fields(words: &[Inline]) -> Option<Vec<Field>> {
    by_line(words).into_iter().map(|(line, words)| field(&words, line)).collect()
}

/// A line `**Key:** value` or `**Key**: value`.
pub(super) fn field(words: &[Inline], line: usize) -> Option<Field> {
    let (first, rest) = words.split_first()?;
    // Words that are bold to the end are a title.
    if !first.strong || first.code || rest.iter().all(|word| word.strong) {
        return None;
    }
    let value = plain(rest);
    let (key, value) = match first.text.trim_end().strip_suffix(':') {
        Some(key) => (key, value.as_str()),
        None => (first.text.trim_end(), value.strip_prefix(':')?.trim_start()),
    };
    let code = rest.iter().find(|word| !word.text.trim_matches([' ', ':']).is_empty());
    let code = code.filter(|word| word.code).map(|word| word.text.clone());
    (!value.is_empty() && !key.trim().is_empty()).then(|| Field {
        key: key.trim().to_owned(),
        value: value.to_owned(),
        code,
        line,
    })
}

/// A paragraph that is only `Word(s):` on one line, bold or not, or bold words alone; without the
/// colon. The flag says whether there was one.
pub(super) fn label(words: &[Inline]) -> Option<(String, bool)> {
    let text: String = words.iter().map(|word| word.text.as_str()).collect();
    if text.contains('\n') || text.len() > 120 {
        return None;
    }
    let is_bold =
        !words.is_empty() && words.iter().all(|word| word.strong || word.code || word.text.trim().is_empty());
    let is_bold = is_bold && words.iter().any(|word| word.strong);
    let text = text.trim();
    match text.strip_suffix(':') {
        Some(label) => {
            let is_short = label.split_whitespace().count() <= 4 && !label.contains(['.', ',', ';']);
            (is_bold || is_short).then(|| (label.trim().to_owned(), true))
        }
        None => is_bold.then(|| (text.to_owned(), false)),
    }
}

/// The programs that a code span may begin with to be a command. A word alone is a name.
const PROGRAMS: [&str; 66] = [
    "amtool",
    "ansible",
    "ansible-playbook",
    "apt",
    "apt-get",
    "btrfs",
    "cat",
    "chmod",
    "chown",
    "cp",
    "curl",
    "df",
    "dig",
    "docker",
    "docker-compose",
    "du",
    "find",
    "findmnt",
    "git",
    "grep",
    "ip",
    "iptables",
    "journalctl",
    "kill",
    "kubectl",
    "ls",
    "lsof",
    "lvs",
    "make",
    "mount",
    "mv",
    "nc",
    "nft",
    "pbs-client",
    "pct",
    "pg_dump",
    "ping",
    "podman",
    "promtool",
    "proxmox-backup-client",
    "proxmox-backup-manager",
    "ps",
    "pvesh",
    "pvesm",
    "qm",
    "qmrestore",
    "restic",
    "rm",
    "rsync",
    "sed",
    "service",
    "smartctl",
    "snapraid",
    "ss",
    "ssh",
    "sudo",
    "systemctl",
    "tail",
    "tar",
    "truenas",
    "ufw",
    "umount",
    "vzdump",
    "wget",
    "zfs",
    "zpool",
];

/// The code spans of a sentence that are commands.
pub(super) fn commands(words: &[Inline]) -> Vec<InlineCommand> {
    let spans = words.iter().filter(|word| word.code && is_command(&word.text));
    spans.map(|word| InlineCommand { text: word.text.clone(), line: word.line }).collect()
}

/// The commands between backticks in a plain text.
pub(super) fn commands_in(text: &str, line: usize) -> Vec<InlineCommand> {
    let spans = text.split('`').skip(1).step_by(2).filter(|span| is_command(span));
    spans.map(|span| InlineCommand { text: span.to_owned(), line }).collect()
}

/// Whether a code span reads like a command: a known program with an argument, or a script's path.
pub fn is_command(span: &str) -> bool {
    if text::sanitise(span) != span {
        return false;
    }
    let mut words = span.split_whitespace();
    let (Some(program), argument) = (words.next(), words.next()) else { return false };
    let kind = program.strip_prefix("./").and_then(|path| path.rsplit_once('.')).map(|(_, kind)| kind);
    let is_script = matches!(kind, Some("sh" | "py"));
    is_script || (argument.is_some() && PROGRAMS.binary_search(&program).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Inline {
        Inline { text: text.to_owned(), line: 7, ..Inline::default() }
    }

    fn bold(text: &str) -> Inline {
        Inline { strong: true, ..word(text) }
    }

    fn code(text: &str) -> Inline {
        Inline { code: true, ..word(text) }
    }

    #[test]
    fn keys_and_values() {
        let lines = [
            bold("Trigger Condition:"),
            word(" "),
            code("up == 0"),
            word(" for 2 minutes\n"),
            bold("Severity"),
            word(": Critical"),
        ];
        let read = fields(&lines).expect("two fields");
        let told: Vec<_> =
            read.iter().map(|field| (field.key.as_str(), field.value.as_str(), field.line)).collect();
        assert_eq!(told, [("Trigger Condition", "up == 0 for 2 minutes", 7), ("Severity", "Critical", 8)]);
        assert_eq!(read.first().and_then(|field| field.code.as_deref()), Some("up == 0"));
        assert_eq!(fields(&[bold("Key:"), word(" value\nand prose")]), None);
        assert_eq!(fields(&[bold("Symptoms:")]), None);
    }

    #[test]
    fn labels() {
        for (words, is) in [
            (vec![bold("Symptoms:")], Some(("Symptoms", true))),
            (vec![word("High-level recovery steps:")], Some(("High-level recovery steps", true))),
            (
                vec![bold("Scenario A: "), code("/var/log"), bold(" Full")],
                Some(("Scenario A: /var/log Full", false)),
            ),
            (vec![bold("NEEDS LOVE")], Some(("NEEDS LOVE", false))),
            (vec![word("This sentence is longer and ends with one:")], None),
            (vec![word("plain words")], None),
            (vec![code("code")], None),
            (vec![], None),
        ] {
            let found = label(&words);
            assert_eq!(found.as_ref().map(|(label, colon)| (label.as_str(), *colon)), is, "{words:?}");
        }
    }

    #[test]
    fn what_reads_like_a_command() {
        assert!(PROGRAMS.is_sorted(), "it is searched by halves");
        for (span, is) in [
            ("qm unlock <VMID>", true),
            ("./verify-pbs-backups.sh", true),
            ("mount -o remount,rw /mnt/pbs-storage", true),
            ("tar", false),
            ("iowait", false),
            ("up == 0", false),
            ("./monitoring/compose/.env", false),
            ("rm -rf \u{202e}x", false),
            ("", false),
        ] {
            assert_eq!(is_command(span), is, "{span}");
        }
    }
}
