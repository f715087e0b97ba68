//! From the words that were confirmed to those that are started: the same command, in a session of
//! its own here, and told apart from its login there.

use crate::domain::run::Order;
use crate::runbooks::login::digest;
use crate::runbooks::quote;

/// What a login is wrapped in, and how its answers are known from the command's own.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The words that are started.
    pub argv: Vec<String>,
    /// For a command over ssh: the words of a second login, but for what it is to do there.
    pub second: Option<Vec<String>>,
    /// What the lines begin with that tell the process group and the exit code.
    pub mark: String,
}

/// A byte that no text of a command begins with.
pub const RECORD: char = '\u{1e}';

/// Prepares an order.
///
/// # Errors
/// When its words are not those that were confirmed, or are none that are ever planned.
pub fn launch(order: &Order, mark: &str) -> Result<Launch, String> {
    if digest(&order.argv) != order.confirmed {
        return Err("what would run is not what was confirmed: it was not started".to_owned());
    }
    let mark = mark.to_owned();
    match order.argv.first().map(String::as_str) {
        Some("bash") => match order.requires.iter().find(|name| !is_here(name)) {
            Some(lacking) => Err(lacks(lacking, "this machine")),
            None => Ok(Launch { argv: alone(&order.argv), second: None, mark }),
        },
        Some("ssh") => over_ssh(order, mark),
        _ => Err("only bash and ssh are started: it was not".to_owned()),
    }
}

/// In a session of its own: what asks on the terminal fails at once instead of waiting for keys that
/// never come, and one signal reaches all of it.
fn alone(words: &[String]) -> Vec<String> {
    std::iter::once("setsid".to_owned()).chain(words.iter().cloned()).collect()
}

/// What is said when a program is not there.
pub fn lacks(program: &str, host: &str) -> String {
    format!("{program} is not there on {host}: it was not run")
}

/// Whether a program is found here as a shell would find it.
fn is_here(program: &str) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let is_program = |file: std::path::PathBuf| {
        file.metadata().is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
    };
    if program.contains('/') {
        return is_program(program.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|place| is_program(place.join(program)))
}

/// What a login does first: it looks for the programs, and says which is not there.
fn looking(requires: &[String], mark: &str) -> String {
    if requires.is_empty() {
        return String::new();
    }
    let names: Vec<String> = requires.iter().map(|name| quote::single(name)).collect();
    format!(
        "for p in {}; do command -v \"$p\" >/dev/null 2>&1 || \
         {{ printf '\\036{mark}lacks %s\\n' \"$p\" >&2; exit 127; }}; done; ",
        names.join(" ")
    )
}

fn over_ssh(order: &Order, mark: String) -> Result<Launch, String> {
    let strange = || "the login is none that is ever planned: it was not started".to_owned();
    let (remote, before) = order.argv.split_last().ok_or_else(strange)?;
    if before.len() < 3 || before.get(before.len() - 2).map(String::as_str) != Some("--") {
        return Err(strange());
    }
    let (shell, quoted) = ["bash", "sh"]
        .iter()
        .find_map(|shell| Some((*shell, remote.strip_prefix(&format!("exec {shell} -c "))?)))
        .ok_or_else(strange)?;
    // Should the way there be lost, the command ends there by itself.
    let limit = order.limit.map(|limit| limit.as_secs() + 5);
    let bounded = limit.map_or_else(String::new, |seconds| {
        format!("set -- timeout -k 5 {seconds}; command -v timeout >/dev/null 2>&1 || shift $#; ")
    });
    let start = if bounded.is_empty() { "exec" } else { "exec \"$@\"" };
    // The login is the leader of its group: what it says first is the group that a stop ends. What is
    // behind `-c` is one word again, read by nobody before the shell that runs it.
    let inner = format!(
        "{shell} -c \"$1\"; code=$?; printf \"\\\\036{mark}end %s\\n\" \"$code\" >&2; exit \"$code\""
    );
    let looking = looking(&order.requires, &mark);
    let script = format!(
        "printf '\\036{mark}group %s\\n' \"$$\" >&2; {looking}{bounded}{start} {shell} -c '{inner}' {shell} {quoted}"
    );
    let argv = before.iter().cloned().chain([script]).collect::<Vec<_>>();
    Ok(Launch { argv: alone(&argv), second: Some(alone(before)), mark })
}

/// What a second login does to end a group: it asks it to stop, then tells it to, then kills it, and
/// says so if it could not.
pub fn ending(group: u32) -> String {
    format!(
        "LC_ALL=C; export LC_ALL; kill -s INT -- -{group} 2>/dev/null; i=0; \
         while e=$(kill -s 0 -- -{group} 2>&1) || case $e in *ermitted*) true;; *) false;; esac; do \
         i=$((i+1)); case $i in 15) kill -s TERM -- -{group};; 40) kill -s KILL -- -{group};; \
         50) exit 75;; esac; sleep 0.2; done 2>/dev/null; exit 0"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(argv: &[&str]) -> Order {
        let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        Order { confirmed: digest(&argv), argv, ..Order::default() }
    }

    #[test]
    fn only_what_was_confirmed_is_started() {
        let good = order(&["bash", "--noprofile", "--norc", "-c", "echo hi"]);
        let launch = |order: &Order| launch(order, "m");
        assert_eq!(launch(&good).expect("it may").argv.first().map(String::as_str), Some("setsid"));
        let changed = Order { argv: [good.argv.clone(), vec!["x".into()]].concat(), ..good.clone() };
        assert!(launch(&changed).is_err());
        assert!(launch(&Order { confirmed: String::new(), ..good }).is_err());
        for strange in [
            &["rm", "-rf", "/"][..],
            &[],
            &["ssh"],
            &["ssh", "host", "exec bash -c 'x'"],
            &["ssh", "-T", "--", "host", "rm -rf /"],
            &["ssh", "-T", "-oProxyCommand=x", "exec bash -c 'x'"],
        ] {
            assert!(launch(&order(strange)).is_err(), "{strange:?}");
        }
        let remote = order(&["ssh", "-T", "--", "me@box", "exec bash -c 'echo '\\''a b'\\'''"]);
        let started = launch(&remote).expect("it may").argv;
        assert!(
            started.last().is_some_and(|script| script.ends_with("bash 'echo '\\''a b'\\'''")),
            "{started:?}"
        );
        assert_eq!(started.get(1..5).expect("words"), ["ssh", "-T", "--", "me@box"]);
    }
}
