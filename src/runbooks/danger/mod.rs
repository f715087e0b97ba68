//! How dangerous a shell text is: the worst of all commands that it runs, wherever they stand in
//! it. It guides attention; it is no sandbox. What cannot be read is never harmless.

mod curl;
mod options;
mod overwrites;
mod programs;
mod table;

use std::fmt;

use serde::{Serialize, Serializer};

use super::shell::{self, Join, Kind, Piece, Said, Script, Simple, Token, commands, said};

/// The directories of the system: a line added to a file there changes more than the file.
const SYSTEM: [&str; 6] = ["etc", "boot", "usr", "root", "proc", "sys"];

/// What confirmation a command asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// It only reads.
    #[default]
    L0,
    /// It changes something that is easily changed back.
    L1,
    /// It disrupts a service, or changes what is not easily changed back.
    L2,
    /// It destroys.
    L3,
    /// It is never run.
    X,
}

impl Level {
    /// As it stands in a plan: `L2`, `X`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::L0 => "L0",
            Self::L1 => "L1",
            Self::L2 => "L2",
            Self::L3 => "L3",
            Self::X => "X",
        }
    }

    /// The level of a name, or of the words that owners write: `read`, `change`, `disrupt`, `destroy`.
    pub fn named(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "l0" | "read" => Some(Self::L0),
            "l1" | "change" => Some(Self::L1),
            "l2" | "disrupt" => Some(Self::L2),
            "l3" | "destroy" => Some(Self::L3),
            "x" | "refuse" | "never" => Some(Self::X),
            _ => None,
        }
    }

    /// One more, up to destroying. What is never run is a list, not a sum.
    const fn raised(self) -> Self {
        match self {
            Self::L0 => Self::L1,
            Self::L1 => Self::L2,
            Self::L2 | Self::L3 => Self::L3,
            Self::X => Self::X,
        }
    }

    const fn does(self) -> &'static str {
        match self {
            Self::L0 => "only reads",
            Self::L1 => "changes something",
            Self::L2 => "disrupts, or is not easily changed back",
            Self::L3 => "destroys",
            Self::X => "is never run",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.name())
    }
}

impl Serialize for Level {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

/// How dangerous, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Danger {
    /// What confirmation it asks for.
    pub level: Level,
    /// Why, the worst first.
    pub reasons: Vec<String>,
}

impl Danger {
    /// Raises the level; a lower one changes nothing.
    pub fn raise(&mut self, level: Level, reason: impl Into<String>) {
        if level > self.level {
            self.level = level;
            self.reasons.insert(0, reason.into());
        } else if level == self.level && level > Level::L0 {
            self.reasons.push(reason.into());
        }
        let mut seen = Vec::new();
        self.reasons.retain(|reason| {
            let is_new = !seen.contains(reason);
            seen.push(reason.clone());
            is_new
        });
    }

    /// One level more because of what is around.
    pub fn step(&mut self, reason: impl Into<String>) {
        if self.level > Level::L0 {
            self.level = self.level.raised();
            self.reasons.push(reason.into());
        }
    }
}

/// What is known about the place where a text is run.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// The host is protected.
    pub is_protected: bool,
    /// What the document says beside the command.
    pub said: String,
    /// The variables that are set before.
    pub set: Vec<String>,
    /// Numbers of guests that are known to be free.
    pub free: Vec<String>,
}

/// Words with which an author warns.
const NOTICES: [&str; 6] = ["emergency only", "caution", "nuclear", "if urgent", "dangerous", "last resort"];

/// Judges a shell text.
pub fn judge(text: &str, around: &Around) -> Danger {
    let mut danger = Danger::default();
    let script = shell::lex(text);
    let mut judge = Judge { around, danger: &mut danger, set: around.set.clone(), depth: 0, is_wide: false };
    judge.script(&script, text);
    let is_wide = judge.is_wide;
    if is_wide {
        danger.step("what is deleted is named by a pattern or by a variable that is not set");
    }
    if around.is_protected {
        danger.step("the host is protected");
    }
    let said = around.said.to_lowercase();
    if let Some(notice) = NOTICES.iter().find(|notice| said.contains(*notice)) {
        danger.step(format!("the document warns: {notice}"));
    }
    if danger.reasons.is_empty() {
        danger.reasons.push(danger.level.does().to_owned());
    }
    danger
}

struct Judge<'a> {
    around: &'a Around,
    danger: &'a mut Danger,
    set: Vec<String>,
    depth: usize,
    /// Something is deleted by a pattern or an empty variable.
    is_wide: bool,
}

/// How deep commands may be wrapped in commands.
const DEEPEST: usize = 12;

impl Judge<'_> {
    fn raise(&mut self, level: Level, reason: impl Into<String>) {
        self.danger.raise(level, reason);
    }

    /// A text that is run as a script.
    fn text(&mut self, text: &str) {
        let script = shell::lex(text);
        self.depth += 1;
        self.script(&script, text);
        self.depth -= 1;
    }

    fn script(&mut self, script: &Script, text: &str) {
        if let Some(fault) = script.faults.first() {
            self.raise(Level::L3, format!("it cannot be read: {}", fault.message));
        }
        if self.depth > DEEPEST {
            self.raise(Level::L3, "it cannot be read: commands in commands, too deep");
            return;
        }
        if is_fork_bomb(text) {
            self.raise(Level::X, "it starts itself without end");
        }
        self.commands(&script.tokens, text);
        for tokens in shell::nested(&script.tokens) {
            self.commands(tokens, text);
        }
    }

    fn commands(&mut self, tokens: &[Token], text: &str) {
        for command in commands(tokens, text) {
            self.command(&command, text);
        }
    }

    fn command(&mut self, command: &Simple<'_>, text: &str) {
        for token in &command.assignments {
            let raw = text.get(token.span.clone()).unwrap_or_default();
            let name = raw.split(['=', '+']).next().unwrap_or_default();
            if command.words.is_empty() {
                self.set.push(name.to_owned());
            } else if matches!(name, "PATH" | "IFS" | "BASH_ENV" | "ENV") || name.starts_with("LD_") {
                self.raise(Level::L2, format!("{name} is set: another program may be run than is named"));
            }
        }
        for redirect in &command.redirects {
            if redirect.writes() {
                let target = redirect.target.map(|token| saying(token, text)).unwrap_or_default();
                self.written(&target, redirect.operator.ends_with(">>"));
            }
        }
        let words = command.said(text);
        if words.is_empty() {
            return;
        }
        let reads_pipe =
            command.join == Join::Pipe || !command.heres.is_empty() || !command.redirects.is_empty();
        let runs_files = command.words.iter().any(|word| holds_process(word));
        self.words(&words, reads_pipe, runs_files);
        for here in &command.heres {
            let body = said(&here.parts, text).text;
            if programs::is_shell(&programs::unwrapped(&words)) {
                self.text(&body);
            }
        }
    }

    /// A command, its words without their quotes.
    fn words(&mut self, words: &[Said], reads_pipe: bool, runs_files: bool) {
        self.depth += 1;
        if self.depth > DEEPEST {
            self.raise(Level::L3, "it cannot be read: commands in commands, too deep");
        } else {
            programs::judge(self, words, reads_pipe, runs_files);
        }
        self.depth -= 1;
    }

    /// A file that is written, from its beginning or at its end.
    fn written(&mut self, target: &Said, is_added: bool) {
        let file = target.text.as_str();
        let is_quiet = matches!(file, "/dev/null" | "/dev/stdout" | "/dev/stderr" | "/dev/tty");
        let is_scratch = ["/tmp/", "/var/tmp/", "/run/user/"].iter().any(|place| file.starts_with(place))
            && !file.contains("..");
        if is_quiet || file.starts_with("/dev/fd/") {
            return;
        }
        let shown = if file.is_empty() { "a file" } else { file };
        if file.starts_with("/dev/") {
            self.raise(programs::device_level(file), format!("it writes to the device {shown}"));
        } else if is_scratch {
            self.raise(Level::L1, format!("it writes {shown}"));
        } else if target.is_dynamic && !is_added {
            self.raise(Level::L3, format!("it may write over a file, and which is not known: {shown}"));
        } else if is_added {
            let top = file.strip_prefix('/').and_then(|rest| rest.split_once('/')).map(|(top, _)| top);
            let is_system = top.is_some_and(|top| SYSTEM.contains(&top));
            let level = if is_system { Level::L2 } else { Level::L1 };
            self.raise(level, format!("it adds to {shown}"));
        } else {
            self.raise(Level::L3, format!("it writes over {shown}"));
        }
    }

    /// What a path says when variables that nobody set are empty, and whether one was.
    fn path(&self, path: &str) -> (String, bool) {
        let mut said = String::with_capacity(path.len());
        let mut is_unset = false;
        let mut rest = path;
        while let Some((before, after)) = rest.split_once('$') {
            said.push_str(before);
            let (name, behind) = variable(after);
            if name == "HOME" {
                said.push('~');
            } else if name.is_empty() || self.set.iter().any(|set| set == name) {
                said.push_str("$x");
            } else {
                is_unset = true;
            }
            rest = behind;
        }
        said.push_str(rest);
        (said, is_unset)
    }
}

/// The name of a variable behind `$`, and what follows.
fn variable(text: &str) -> (&str, &str) {
    if let Some(inner) = text.strip_prefix('{') {
        let (name, behind) = inner.split_once('}').unwrap_or((inner, ""));
        return (if shell::is_name(name) { name } else { "" }, behind);
    }
    let length = text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let name = text.get(..length).filter(|name| shell::is_name(name)).unwrap_or_default();
    (name, text.get(name.len()..).unwrap_or_default())
}

fn saying(token: &Token, text: &str) -> Said {
    match &token.kind {
        Kind::Word(parts) => said(parts, text),
        _ => Said::default(),
    }
}

fn holds_process(token: &Token) -> bool {
    matches!(&token.kind, Kind::Word(parts) if parts.iter().any(|part| matches!(part.kind, Piece::Process(_))))
}

/// `:(){ :|:& };:` and its kin: a function that is nothing but itself, twice, in the background.
fn is_fork_bomb(text: &str) -> bool {
    let bare: String = text.chars().filter(|char| !char.is_whitespace()).collect();
    bare.match_indices("(){").any(|(at, _)| {
        let before = bare.get(..at).unwrap_or_default();
        let name = before.rsplit([';', '&', '|', '}']).next().unwrap_or_default();
        let body = bare.get(at + 3..).unwrap_or_default();
        !name.is_empty() && body.starts_with(&format!("{name}|{name}&"))
    })
}

#[cfg(test)]
mod tests;
