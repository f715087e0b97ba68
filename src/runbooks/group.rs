//! Command groups: the comments above a command, the command, and what it should show. The group
//! is what is planned, confirmed and run; a block of a document may hold many.

use std::ops::Range;

use super::comment::{self, Hint};
use super::model::Lines;
use super::segment::{self, Ssh};
use super::shell::{self, Kind, Token};

/// A piece of a block, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "most entries are groups")]
pub enum Entry {
    /// `ssh user@host` alone: what follows is for that host. It is never run.
    Switch(Ssh),
    /// `exit`, `logout`: the switch ends.
    Leave,
    /// Something to do.
    Group(Group),
}

/// Something to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// The first comment above it.
    pub title: String,
    /// The number in its title: `# 3. Stop Prometheus`.
    pub ordinal: Option<u64>,
    /// Other comments about it.
    pub notes: Vec<String>,
    /// What it should show.
    pub expectation: Vec<String>,
    /// What its output may mean.
    pub hints: Vec<Hint>,
    /// The command as written, without comments.
    pub text: String,
    /// Where it stands in the block, from 0.
    pub lines: Lines,
    /// Why it cannot be run at all.
    pub unrunnable: Option<String>,
    /// It is a command of ssh, run on that host.
    pub ssh: Option<Ssh>,
    /// It is the whole of a script.
    pub is_atomic: bool,
    /// Which of several ways it belongs to.
    pub choice: Option<Choice>,
    /// The comment block that it belongs to.
    paragraph: usize,
    /// The comment behind it names a system.
    is_variant: bool,
}

/// One of several ways, of which one is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Which question it answers: a number that is there once in a block.
    pub set: usize,
    /// Which answer it is.
    pub label: String,
}

/// Reads a block of shell.
pub fn groups(text: &str) -> Vec<Entry> {
    let text = &text.replace("\r\n", "\n");
    if text.starts_with("#!") {
        return vec![Entry::Group(whole(text, None))];
    }
    let foreign = segment::foreign(text);
    let masked = mask(text, &foreign);
    let script = shell::lex(&masked);
    if let Some(fault) = script.faults.first() {
        return vec![Entry::Group(whole(text, Some(format!("it cannot be read: {}", fault.message))))];
    }
    let mut reader = Reader { text, foreign, ..Reader::default() };
    for line in logical(&script.tokens, &masked) {
        reader.line(&line, &masked);
    }
    reader.end_paragraph(None);
    reader.mark_choices();
    reader.entries
}

/// A block that is one command.
fn whole(text: &str, unrunnable: Option<String>) -> Group {
    let last = text.trim_end().matches('\n').count();
    let text = text.trim_end().to_owned();
    let title = text.lines().next().unwrap_or_default().trim_start_matches(['#', '!', ' ']).to_owned();
    Group { title, text, unrunnable, is_atomic: true, lines: (0, last), ..Group::default() }
}

/// The text with some lines blanked, byte for byte.
fn mask(text: &str, lines: &[Range<usize>]) -> String {
    let is_masked = |at: usize| lines.iter().any(|range| range.contains(&at));
    let mut masked = String::with_capacity(text.len());
    for (at, line) in text.split_inclusive('\n').enumerate() {
        if is_masked(at) {
            let body = line.trim_end_matches('\n');
            masked.push_str(&" ".repeat(body.len()));
            masked.push_str(line.get(body.len()..).unwrap_or_default());
        } else {
            masked.push_str(line);
        }
    }
    masked
}

/// A line as the shell sees it: nothing, a comment, or a whole command however many lines it has.
#[derive(Debug)]
struct Logical<'t> {
    tokens: &'t [Token],
    /// Without the blanks and the comment around it.
    command: Option<Range<usize>>,
    comment: Option<Range<usize>>,
    start: usize,
}

fn logical<'t>(tokens: &'t [Token], text: &str) -> Vec<Logical<'t>> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut depth = shell::Depth::default();
    for (at, token) in tokens.iter().enumerate() {
        depth.take(token, text);
        let is_here_next = matches!(tokens.get(at + 1).map(|next| &next.kind), Some(Kind::Here(_)));
        let is_line = matches!(token.kind, Kind::Newline | Kind::Here(_));
        if is_line && !is_here_next && !depth.is_open() {
            lines.push(one(tokens.get(start..=at).unwrap_or_default()));
            start = at + 1;
        }
    }
    if start < tokens.len() {
        lines.push(one(tokens.get(start..).unwrap_or_default()));
    }
    lines
}

fn one(tokens: &[Token]) -> Logical<'_> {
    let is_command = |token: &&Token| !matches!(token.kind, Kind::Blank | Kind::Newline | Kind::Comment);
    let first = tokens.iter().find(is_command);
    let last = tokens.iter().rfind(is_command);
    let command = first.zip(last).map(|(first, last)| first.span.start..last.span.end);
    let behind = command.as_ref().map_or(0, |command| command.end);
    let comment = tokens.iter().find(|token| token.kind == Kind::Comment && token.span.start >= behind);
    Logical {
        tokens,
        comment: comment.map(|token| token.span.clone()),
        start: tokens.first().map_or(0, |token| token.span.start),
        command,
    }
}

#[derive(Default)]
struct Reader<'t> {
    text: &'t str,
    foreign: Vec<Range<usize>>,
    entries: Vec<Entry>,
    /// Comments that wait for a command, with their lines.
    waiting: Vec<(usize, String)>,
    /// The line before was a command.
    is_behind: bool,
    /// Right behind a switch.
    is_switched: bool,
    paragraph: usize,
    /// Why the rest of the block is for a person.
    manual: Option<String>,
}

impl Reader<'_> {
    fn number(&self, at: usize) -> usize {
        self.text.bytes().take(at).filter(|byte| *byte == b'\n').count()
    }

    fn last(&mut self) -> Option<&mut Group> {
        self.entries.iter_mut().rev().find_map(|entry| match entry {
            Entry::Group(group) => Some(group),
            _ => None,
        })
    }

    fn line(&mut self, line: &Logical<'_>, masked: &str) {
        let number = self.number(line.start);
        if let Some(range) = self.foreign.iter().find(|range| range.start == number).cloned() {
            self.alien(&range);
            return;
        }
        let comment = line.comment.clone().and_then(|span| self.text.get(span)).map(words_of);
        match (&line.command, comment) {
            (Some(span), comment) => self.command(line, span.clone(), comment.as_deref(), masked),
            (None, Some(comment)) => self.waiting.push((number, comment)),
            (None, None) if self.foreign.iter().any(|range| range.contains(&number)) => {}
            (None, None) => {
                self.end_paragraph(None);
                self.is_behind = false;
                self.is_switched = false;
            }
        }
    }

    fn command(&mut self, line: &Logical<'_>, span: Range<usize>, behind: Option<&str>, masked: &str) {
        let lines = (self.number(span.start), self.number(span.end.saturating_sub(1)));
        let text = self.text.get(span).unwrap_or_default().trim_end().to_owned();
        let mut group = Group { text, lines, ..Group::default() };
        let simple = shell::commands(line.tokens, masked);
        let is_alone = simple.len() == 1 && simple.first().is_some_and(|command| !command.is_inner);
        let ssh = simple.first().filter(|_| is_alone).and_then(|command| segment::ssh(command, masked));
        match ssh {
            Some(ssh) if ssh.command.is_none() && ssh.refused.is_none() => {
                self.manual = None;
                self.is_switched = true;
                self.is_behind = false;
                self.entries.push(Entry::Switch(ssh));
                return;
            }
            Some(ssh) if ssh.command.is_none() => {
                let why = ssh.refused.unwrap_or_default();
                self.manual = Some(format!("it stands behind an ssh that cannot be followed: {why}"));
                group.unrunnable = Some(why);
            }
            Some(ssh) => {
                group.unrunnable.clone_from(&ssh.refused);
                group.ssh = Some(ssh);
            }
            None => {}
        }
        if is_alone && matches!(group.text.as_str(), "exit" | "logout") {
            self.manual = None;
            self.end_paragraph(None);
            self.entries.push(Entry::Leave);
            return;
        }
        self.end_paragraph(Some(&mut group));
        group.paragraph = self.paragraph;
        if let Some(why) = &self.manual {
            group.unrunnable.get_or_insert_with(|| why.clone());
        }
        if let Some(changer) =
            simple.first().filter(|_| is_alone).and_then(|one| segment::changes_context(one, masked))
        {
            self.manual = Some(format!("it is for the shell that `{changer}` opens"));
            group.unrunnable.get_or_insert_with(|| format!("`{changer}` opens another shell"));
        }
        if let Some(behind) = behind {
            group.is_variant = comment::names_system(behind);
            group.notes.push(behind.to_owned());
        }
        self.is_behind = true;
        self.is_switched = false;
        self.entries.push(Entry::Group(group));
    }

    /// Lines of another language that were pasted between commands.
    fn alien(&mut self, range: &Range<usize>) {
        let lines: Vec<&str> = self.text.lines().skip(range.start).take(range.len()).collect();
        let mut group = Group {
            text: lines.join("\n").trim_end().to_owned(),
            lines: (range.start, range.end - 1),
            unrunnable: Some("it is no shell: it reads like YAML".to_owned()),
            ..Group::default()
        };
        self.end_paragraph(Some(&mut group));
        group.paragraph = self.paragraph;
        self.is_behind = true;
        self.entries.push(Entry::Group(group));
    }

    /// The comments that wait belong to the command that follows them, to the one before, or are
    /// something to do of their own.
    fn end_paragraph(&mut self, next: Option<&mut Group>) {
        let mut waiting = std::mem::take(&mut self.waiting);
        let Some((line, first)) = waiting.first().cloned() else { return };
        let is_followed = next.is_some();
        let has_items = waiting.iter().skip(1).any(|(_, text)| comment::hint(text).is_some());
        if comment::begins_causes(&first) && has_items && self.last().is_some() {
            let hints = waiting.iter().skip(1).filter_map(|(_, text)| comment::hint(text)).collect();
            if let Some(group) = self.last() {
                group.hints = hints;
            }
            return;
        }
        if comment::expects(&first) && self.last().is_some() {
            let is_inline = first.split_once(':').is_some_and(|(_, rest)| !rest.trim().is_empty());
            let rest = if is_followed && is_inline { waiting.split_off(1) } else { Vec::new() };
            let texts = waiting.into_iter().map(|(_, text)| text).filter(|text| !text.ends_with("output:"));
            let texts: Vec<String> = texts.collect();
            if let Some(group) = self.last() {
                group.expectation.extend(texts);
            }
            waiting = rest;
            if waiting.is_empty() {
                return;
            }
        }
        if let Some(group) = next {
            self.paragraph += 1;
            entitle(group, waiting);
        } else if self.is_behind {
            if let Some(group) = self.last() {
                group.notes.extend(waiting.into_iter().map(|(_, text)| text));
            }
        } else if !self.is_switched {
            self.paragraph += 1;
            let end = waiting.last().map_or(line, |(line, _)| *line);
            let mut group = Group {
                lines: (line, end),
                unrunnable: Some("there is no command: it is for a person".to_owned()),
                paragraph: self.paragraph,
                ..Group::default()
            };
            entitle(&mut group, waiting);
            self.entries.push(Entry::Group(group));
        }
    }

    /// Finds out which groups are ways to do the same.
    fn mark_choices(&mut self) {
        let mut groups: Vec<&mut Group> = self
            .entries
            .iter_mut()
            .filter_map(|entry| if let Entry::Group(group) = entry { Some(group) } else { None })
            .collect();
        let mut sets = 0;
        let mut option: Option<Choice> = None;
        for at in 0..groups.len() {
            let Some((before, rest)) = groups.split_at_mut_checked(at) else { break };
            let Some((group, after)) = rest.split_first_mut() else { break };
            if let Some(label) = comment::option(&group.title) {
                let set = option.as_ref().map_or_else(
                    || {
                        sets += 1;
                        sets
                    },
                    |choice| choice.set,
                );
                option = Some(Choice { set, label });
            }
            if let Some(choice) = &option {
                group.choice = Some(choice.clone());
                continue;
            }
            let is_first = before.last().is_none_or(|last| last.paragraph != group.paragraph);
            if comment::is_other(&group.title) && is_first {
                let paragraph = before.last().map_or(0, |last| last.paragraph);
                let known = before.last().and_then(|last| last.choice.as_ref()).map(|choice| choice.set);
                let set = known.unwrap_or(sets + 1);
                sets = sets.max(set);
                for other in before.iter_mut().filter(|other| other.paragraph == paragraph) {
                    let label = other.title.clone();
                    other.choice.get_or_insert(Choice { set, label });
                }
                group.choice = Some(Choice { set, label: group.title.clone() });
            } else if comment::is_other(&group.title) || !is_first {
                let last = before.last().filter(|last| last.paragraph == group.paragraph);
                group.choice = last
                    .filter(|last| comment::is_other(&last.title) || !last.is_variant)
                    .and_then(|last| last.choice.clone());
            }
            let is_sibling = |other: &Group| other.is_variant && other.paragraph == group.paragraph;
            let label = group.notes.last().cloned().unwrap_or_default();
            if group.is_variant && group.choice.is_none() {
                let known =
                    before.last().filter(|last| is_sibling(last)).and_then(|last| last.choice.clone());
                if let Some(known) = known {
                    group.choice = Some(Choice { set: known.set, label });
                } else if after.first().is_some_and(|next| is_sibling(next)) {
                    sets += 1;
                    group.choice = Some(Choice { set: sets, label });
                }
            }
        }
    }
}

/// What a comment says, without its `#`.
fn words_of(comment: &str) -> String {
    let text = comment.trim_start_matches('#');
    text.strip_prefix(' ').unwrap_or(text).trim_end().to_owned()
}

fn entitle(group: &mut Group, comments: Vec<(usize, String)>) {
    let mut texts = comments.into_iter().map(|(_, text)| text);
    let title = texts.next().unwrap_or_default();
    let mut notes: Vec<String> = texts.collect();
    let (ordinal, title) = comment::ordinal(&title);
    group.ordinal = ordinal;
    title.clone_into(&mut group.title);
    // `# If it fails:` and `# 1. Look at the config`: the number is that of the step.
    if ordinal.is_none()
        && let Some(at) = notes.iter().position(|note| comment::ordinal(note).0.is_some())
        && at + 1 == notes.len()
    {
        let step = notes.remove(at);
        let (ordinal, rest) = comment::ordinal(&step);
        group.ordinal = ordinal;
        notes.insert(0, std::mem::replace(&mut group.title, rest.to_owned()));
    }
    notes.append(&mut group.notes);
    group.notes = notes;
}

#[cfg(test)]
#[path = "group_tests.rs"]
mod tests;
