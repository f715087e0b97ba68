//! Lints on shell blocks: what would not do what its author meant.

use std::collections::HashMap;

use super::logical::{self, Logical};
use super::{Source, known_wrong};
use crate::runbooks::model::{Block, Lang, Lint, Place, Procedure, Role, Runbook};
use crate::runbooks::procedure::inline_commands;

/// What is wrong with the shell of a runbook.
pub(super) fn lint(source: &Source<'_>, runbook: &Runbook) -> Vec<Lint> {
    let mut lints = Vec::new();
    for procedure in &runbook.procedures {
        let places: Vec<Place<'_>> = procedure.blocks().into_iter().filter(is_shell).collect();
        for place in &places {
            let commands = logical::read(place.block);
            after_follower(source, &commands, &mut lints);
            if place.block.text.contains("systemctl stop") {
                stopped_twice(source, &commands, &mut lints);
            }
            redirected(source, &commands, &mut lints);
            samples(source, &commands, &mut lints);
            pinned(source, &commands, &mut lints);
            yaml(source, place.block, &mut lints);
            for command in &commands {
                wrong(source, command.line, &command.text, &mut lints);
            }
        }
        dated(source, &places, &mut lints);
        inline(source, procedure, &mut lints);
    }
    lints
}

fn is_shell(place: &Place<'_>) -> bool {
    place.block.lang == Lang::Shell
}

fn inline(source: &Source<'_>, procedure: &Procedure, lints: &mut Vec<Lint>) {
    for command in inline_commands(procedure) {
        wrong(source, command.line, &command.text, lints);
    }
}

fn wrong(source: &Source<'_>, line: usize, command: &str, lints: &mut Vec<Lint>) {
    if let Some(known) = known_wrong(command) {
        let verified = if known.verified { "" } else { " (not verified here)" };
        let message = format!("{}; instead: `{}`{verified}", known.why, known.instead);
        lints.push(source.lint(line, known.program, "known-wrong", message));
    }
}

/// Commands that never end by themselves, with others behind them in the same block.
fn after_follower(source: &Source<'_>, commands: &[Logical], lints: &mut Vec<Lint>) {
    for (at, command) in commands.iter().enumerate() {
        if let Some(program) = command.commands().iter().find_map(|words| follower(words))
            && let Some(next) = commands.get(at + 1)
        {
            let message = format!(
                "`{program}` goes on until it is stopped, and line {} comes after it; put it last, or in a block of \
                 its own",
                next.line
            );
            lints.push(source.lint(command.line, program, "after-follower", message));
        }
    }
}

/// The program, if the command goes on until it is stopped.
fn follower<'c>(words: &[&'c str]) -> Option<&'c str> {
    let (program, arguments) = words.split_first()?;
    let has = |flags: &[&str]| arguments.iter().any(|word| flags.contains(word));
    let letter = |letter: char| {
        arguments.iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(letter))
    };
    let follows = match *program {
        "watch" => true,
        "tail" => has(&["--follow", "-f", "-F"]) || letter('f') || letter('F'),
        "journalctl" => has(&["--follow"]) || letter('f'),
        "dmesg" => has(&["--follow"]) || letter('w'),
        "docker" | "kubectl" | "podman" => has(&["logs"]) && has(&["-f", "--follow"]),
        "top" | "htop" => !letter('b'),
        "ping" => !letter('c'),
        _ => false,
    };
    follows.then_some(*program)
}

/// A unit that is stopped again although nothing has started it.
fn stopped_twice(source: &Source<'_>, commands: &[Logical], lints: &mut Vec<Lint>) {
    let mut stopped: HashMap<String, usize> = HashMap::new();
    for command in commands {
        for words in command.commands() {
            let ["systemctl", verb, unit, ..] = words.as_slice() else { continue };
            match *verb {
                "start" | "restart" => drop(stopped.remove(*unit)),
                "stop" => {
                    if let Some(line) = stopped.get(*unit) {
                        let message = format!(
                            "{unit} is stopped already, since line {line}: it is down for longer \
                                               than the change needs"
                        );
                        lints.push(source.lint(command.line, "systemctl", "stopped-twice", message));
                    }
                    stopped.insert((*unit).to_owned(), command.line);
                }
                _ => {}
            }
        }
    }
}

/// `sudo CMD > FILE`: the file is opened by the user's own shell, before and whether or not the
/// command works.
fn redirected(source: &Source<'_>, commands: &[Logical], lints: &mut Vec<Lint>) {
    for command in commands.iter().filter(|command| command.text.starts_with("sudo ")) {
        let Some(target) = target(&command.text) else { continue };
        if target.starts_with("/tmp/") || target.starts_with("/dev/") {
            continue;
        }
        let message = format!(
            "`sudo` does not reach behind `>`: {target} is opened as the plain user, and emptied even when the \
             command fails; write to a temporary file and move it, or use `| sudo tee`"
        );
        lints.push(source.lint(command.line, "sudo", "redirect-as-user", message));
    }
}

/// What an unquoted `>` writes over.
fn target(text: &str) -> Option<&str> {
    let mut quote = None;
    let mut before = ' ';
    for (at, char) in text.char_indices() {
        match (quote, char) {
            (None, '"' | '\'') if before != '\\' => quote = Some(char),
            (Some(open), close) if open == close => quote = None,
            // A placeholder `<NAME>` is no redirection.
            (None, '>') if before.is_whitespace() => {
                let rest = text.get(at + 1..)?.trim_start_matches(['>', '|']).trim_start();
                return rest.split_whitespace().next().filter(|word| !word.starts_with('&'));
            }
            _ => {}
        }
        before = char;
    }
    None
}

/// Values that only show where a real one goes.
fn samples(source: &Source<'_>, commands: &[Logical], lints: &mut Vec<Lint>) {
    for command in commands {
        if let Some(sample) = sample(&command.text) {
            let message =
                format!("`{sample}` is a sample, not a value: this command is not run until it is replaced");
            lints.push(source.lint(command.line, sample, "sample-value", message));
        }
    }
}

/// The sample value in a command, if there is one: `YOUR/WEBHOOK/URL`.
pub fn sample(command: &str) -> Option<&str> {
    let start =
        ["YOUR/", "YOUR_", "YOUR-", "CHANGEME", "CHANGE_ME"].iter().find_map(|mark| command.find(mark))?;
    let rest = command.get(start..)?;
    let end =
        rest.find(|char: char| char.is_whitespace() || matches!(char, '"' | '\'')).unwrap_or(rest.len());
    rest.get(..end)
}

/// A release that is fetched by its number, whatever runs by now.
fn pinned(source: &Source<'_>, commands: &[Logical], lints: &mut Vec<Lint>) {
    for command in commands {
        if let Some(version) = pinned_version(&command.text) {
            let message = format!(
                "version {version} is written into this address: it may be older than what runs by now; look before \
                 you fetch it"
            );
            lints.push(source.lint(command.line, version, "pinned-version", message));
        }
    }
}

/// `v2.48.0` in `https://…/download/v2.48.0/…`
fn pinned_version(command: &str) -> Option<&str> {
    let address = command.split_whitespace().find(|word| word.starts_with("http"))?;
    address.split('/').find(|part| {
        part.strip_prefix('v').is_some_and(|number| {
            number.contains('.') && number.chars().all(|char| char.is_ascii_digit() || char == '.')
        })
    })
}

fn yaml(source: &Source<'_>, block: &Block, lints: &mut Vec<Lint>) {
    for (from, to) in logical::yaml(&block.text) {
        let (from, to) = (block.lines.0 + from, block.lines.0 + to);
        let message = format!("lines {from} to {to} are YAML, not shell: they are shown and not run");
        lints.push(source.lint(from, "", "yaml-in-shell", message));
    }
}

/// A name made of today's date that the rollback makes again, perhaps on another day.
fn dated(source: &Source<'_>, places: &[Place<'_>], lints: &mut Vec<Lint>) {
    let is_rollback = |place: &&Place<'_>| place.step.is_some_and(|step| step.role == Role::Rollback);
    let names = |place: &Place<'_>| -> Vec<(usize, String)> {
        if !place.block.text.contains("$(date") {
            return Vec::new();
        }
        let commands = logical::read(place.block);
        commands
            .iter()
            .filter_map(|command| Some((command.line, dated_name(&command.text)?.to_owned())))
            .collect()
    };
    let made = places.iter().filter(|place| !is_rollback(place)).flat_map(names);
    let made: HashMap<String, usize> = made.map(|(line, name)| (name, line)).collect();
    for (line, name) in places.iter().filter(is_rollback).flat_map(names) {
        if let Some(first) = made.get(&name) {
            let message = format!(
                "`{name}` is made of the date of the day it is run: on another day than line {first} there is no such \
                 file; write the name down when it is made"
            );
            lints.push(source.lint(line, &name, "rollback-date", message));
        }
    }
}

/// `/var/lib/prometheus.backup-$(date +%F)`
fn dated_name(command: &str) -> Option<&str> {
    let date = command.find("$(date")?;
    let start = command.get(..date)?.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let end = date + command.get(date..)?.find(')')? + 1;
    command.get(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_on_until_it_is_stopped() {
        for (command, follows) in [
            ("watch -n 5 'qm status 100'", true),
            ("tail -f /var/log/x", true),
            ("tail -50 /var/log/x", false),
            ("tail -n 50 /var/log/f", false),
            ("journalctl -u prometheus -n 100 -f", true),
            ("journalctl -u prometheus -n 50", false),
            ("ping 10.0.0.21", true),
            ("ping -c 4 10.0.0.21", false),
            ("top -bn 2 -d 1", false),
            ("docker logs -f web", true),
            ("docker image prune -a -f", false),
        ] {
            let words: Vec<&str> = command.split_whitespace().collect();
            assert_eq!(follower(&words).is_some(), follows, "{command}");
        }
    }

    #[test]
    fn what_a_redirection_writes_over() {
        for (command, file) in [
            ("sudo gpg --decrypt a.gpg > a", Some("a")),
            ("sudo x >> log", Some("log")),
            ("sudo x 2>&1", None),
            ("sudo x > &2", None),
            ("sudo echo 'a > b'", None),
            ("sudo qm start <VMID> now", None),
        ] {
            assert_eq!(target(command), file, "{command}");
        }
    }

    #[test]
    fn samples_and_dated_names() {
        assert_eq!(
            sample("curl https://hooks.slack.com/services/YOUR/WEBHOOK/URL -H x"),
            Some("YOUR/WEBHOOK/URL")
        );
        assert_eq!(sample("echo yours"), None);
        assert_eq!(dated_name("cp -r /a /b-$(date +%F)/x"), Some("/b-$(date +%F)"));
        assert_eq!(dated_name("cp a b"), None);
        assert_eq!(
            pinned_version("wget https://a.example/download/v2.48.0/x-2.48.0.tar.gz"),
            Some("v2.48.0")
        );
        assert_eq!(pinned_version("curl http://10.0.0.11:9090/api/v1/query"), None);
    }
}
