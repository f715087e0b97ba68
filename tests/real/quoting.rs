//! Values in every context of quoting, read by bash, by dash, and by both over a real ssh daemon:
//! each arrives byte for byte, or is refused; none is ever run.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use wardroom::runbooks::facts::Facts;
use wardroom::runbooks::fill::{self, Value};
use wardroom::runbooks::placeholder::Kind;
use wardroom::runbooks::quote;
use wardroom::runbooks::shell;
use wardroom::runbooks::spot::spots;
use wardroom::runbooks::{plan, read};

use crate::sshd::{BASH, DASH, Sshd};

/// A template, what it prints around the value, and how many of the values it takes: all where the
/// value is read once; the plain ones where it is read again, or may be: a variable is often used
/// without quotes.
const TEMPLATES: [(&str, &str, Takes); 21] = [
    ("printf '[%s]' <V>", "[V]", Takes::All),
    ("printf '[%s]' \"<V>\"", "[V]", Takes::All),
    ("printf '[%s]' '<V>'", "[V]", Takes::All),
    ("printf '[%s]' a<V>b", "[aVb]", Takes::All),
    ("printf '[%s]' \"a <V> b\"", "[a V b]", Takes::All),
    ("printf '[%s]' 'a <V> b'", "[a V b]", Takes::All),
    ("printf '[%s]' <V>\"<V>\"'<V>'", "[VVV]", Takes::All),
    ("printf '[%s]' x --y=<V> z", "[x][--y=V][z]", Takes::All),
    ("X=<V>; printf '[%s]' \"$X\"", "[V]", Takes::Plain),
    ("X=\"<V>\" Y='<V>'; printf '[%s]' \"$X\" \"$Y\"", "[V][V]", Takes::Plain),
    ("printf '[%s]' <V> | cat", "[V]", Takes::All),
    ("if true; then printf '[%s]' <V>; fi", "[V]", Takes::All),
    ("for x in <V>; do printf '[%s]' \"$x\"; done", "[V]", Takes::Any),
    ("{ printf '[%s]' <V>; }", "[V]", Takes::All),
    ("( printf '[%s]' \"<V>\" )", "[V]", Takes::All),
    ("printf '[%s]' \"$(printf %s <V>)\"", "[V]", Takes::Plain),
    ("printf '[%s]' \"`printf %s <V>`\"", "[V]", Takes::Plain),
    ("sh -c 'printf \"[%s]\" <V>'", "[V]", Takes::Plain),
    ("eval printf \"'[%s]'\" <V>", "[V]", Takes::Plain),
    ("printf '%s' <V> | xargs printf '[%s]'", "[V]", Takes::Any),
    ("cat <<EOF\n[<V>]\nEOF", "[V]\n", Takes::Plain),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    All,
    Plain,
    /// What the program behind it makes of a value is its own: only that nothing is run counts.
    Any,
}

const VALUES: [&str; 46] = [
    "plain",
    "10.0.0.25",
    "a b",
    " a",
    "a ",
    "it's",
    "'",
    "''",
    "\"",
    "\\",
    "\\\\",
    "a\\",
    "\\'",
    "\\\"",
    "$HOME",
    "${HOME}",
    "$(touch canary)",
    "`touch canary`",
    "; touch canary;",
    "& touch canary &",
    "| touch canary",
    "\"; touch canary; \"",
    "'; touch canary; '",
    "'\\''; touch canary; '\\''",
    "\\'; touch canary; \\'",
    "*",
    "?",
    "[a-z]*",
    "~",
    "~root",
    "{a,b}",
    "!x",
    "!!",
    "#x",
    "=x",
    "a=b",
    ">canary",
    "<canary",
    "(a)",
    "é ü 磁",
    "%s%n",
    "a;b",
    "&&",
    "$'x'",
    "EOF",
    "-n",
];

fn filled(template: &str, value: &str) -> Option<String> {
    let script = shell::lex(template);
    let spots = spots(&script, template);
    assert!(!spots.is_empty(), "{template}");
    let values: BTreeMap<String, Value> =
        [("V".to_owned(), Value { text: value.to_owned(), kind: Kind::Any })].into();
    fill::shell(template, &script, &spots, &values).ok()
}

fn ssh(daemon: &Sshd, user: &str, remote: &str) -> Output {
    let mut command = Command::new("ssh");
    command.arg("-F").arg(daemon.client_config()).args(["-T", "-o", "BatchMode=yes", "--"]);
    command.args([&format!("{user}@box"), remote]).stdin(Stdio::null());
    command.output().expect("ssh starts")
}

/// One script that runs each of `scripts` as the plan would, with a line between their answers.
///
/// Hundreds of logins would take minutes; each script still has a shell of its own, and the whole is
/// the one quoted command of a login.
fn together(scripts: &[String], inner: &str) -> String {
    let runs = scripts.iter().map(|script| format!("{inner} -c {}; printf '\\036'; ", quote::single(script)));
    format!("exec {inner} -c {}", quote::single(&runs.collect::<String>()))
}

fn check(printed: &[u8], expected: &[(String, String, Takes)], who: &str) {
    let printed = String::from_utf8(printed.to_vec()).expect("text");
    let answers: Vec<&str> = printed.split_terminator('\u{1e}').collect();
    assert_eq!(answers.len(), expected.len(), "{who}");
    for (answer, (script, expected, takes)) in answers.iter().zip(expected) {
        assert!(*takes == Takes::Any || answer == expected, "{who}: {script}\n{answer:?}\n{expected:?}");
    }
}

fn nothing_was_run(directory: &Path) {
    let left: Vec<_> =
        fs::read_dir(directory).expect("a directory").flatten().map(|one| one.path()).collect();
    assert!(!left.iter().any(|file| file.ends_with("canary")), "something was run: {left:?}");
}

#[test]
fn every_context_is_byte_exact_or_refused_here_and_over_ssh() {
    let Some(daemon) = Sshd::start("quoting over ssh") else { return };
    let mut expected = Vec::new();
    for (template, around, takes) in TEMPLATES {
        let taken = VALUES
            .iter()
            .filter_map(|value| Some((filled(template, value)?, around.replace('V', value), takes)));
        let before = expected.len();
        expected.extend(taken);
        let count = expected.len() - before;
        let is_right = match takes {
            Takes::All => count == VALUES.len(),
            Takes::Plain => (2..VALUES.len() / 2).contains(&count),
            Takes::Any => count > 1,
        };
        assert!(is_right, "{template} takes {count}");
    }
    let scripts: Vec<String> = expected.iter().map(|(script, ..)| script.clone()).collect();
    let directory = tempfile::tempdir().expect("a directory");
    for inner in ["bash", "dash"] {
        for chunk in 0..scripts.len().div_ceil(100) {
            let range = chunk * 100..((chunk + 1) * 100).min(scripts.len());
            let (scripts, expected) = (&scripts[range.clone()], &expected[range]);
            let sent = together(scripts, inner);
            let mut here = Command::new(inner);
            let here = here.args(["-c", &sent]).current_dir(directory.path()).stdin(Stdio::null()).output();
            check(&here.expect("a shell").stdout, expected, inner);
            for login in [BASH, DASH] {
                let answer = ssh(&daemon, login, &sent);
                assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
                check(&answer.stdout, expected, &format!("{login} over ssh, {inner}"));
            }
        }
    }
    nothing_was_run(directory.path());
    nothing_was_run(&daemon.home());
}

/// Plans one command with the host that an alert gives, and runs it exactly as planned.
fn run_planned(daemon: &Sshd, instance: &str, body: &str) -> Option<Output> {
    let text = format!("### Alert: Odd\n\n```bash\nssh {BASH}@<TARGET_HOST>\n{body}\n```\n");
    let runbook = read("odd.md", text.as_bytes());
    let mut facts = Facts { labels: [("instance", instance)].into_iter().collect(), ..Facts::default() };
    facts.set.insert("TARGET_HOST".to_owned(), instance.to_owned());
    let procedure = runbook.procedures.first().expect("a procedure");
    let plan = plan::plan(&runbook, procedure, "Odd", &facts, None);
    let argv = plan.groups.first().expect("a group").argv.clone()?;
    let (program, arguments) = argv.split_first().expect("words");
    let mut command = Command::new(program);
    let output =
        command.args(arguments).env("PATH", daemon.path()).current_dir(daemon.home()).stdin(Stdio::null());
    Some(output.output().expect("it starts"))
}

#[test]
fn a_planned_command_arrives_and_no_host_becomes_an_option() {
    let Some(daemon) = Sshd::start("planned commands over ssh") else { return };
    let good = run_planned(&daemon, "box", "printf '[%s]' 'a b' \"c'd\" e\\ f").expect("it is planned");
    assert_eq!(String::from_utf8_lossy(&good.stdout), "[a b][c'd][e f]", "{}", daemon.last_words());
    let canary = daemon.home().join("canary");
    let touch = canary.display();
    for host in [
        format!("-oProxyCommand=touch {touch}"),
        format!("-oProxyCommand=touch\t{touch}"),
        format!("-o ProxyCommand=touch${{IFS}}{touch}"),
        format!("box;touch {touch}"),
        format!("box$(touch {touch})"),
        format!("`touch {touch}`"),
        format!("box\ntouch {touch}"),
        format!("{BASH}@-oProxyCommand=touch {touch}"),
        "-F/dev/null".to_owned(),
        "--".to_owned(),
        String::new(),
    ] {
        assert!(run_planned(&daemon, &host, "true").is_none(), "{host:?} is refused");
        // Should a host like this ever come so far: behind `--` it is a name, and a bad one.
        let mut command = Command::new("ssh");
        command.arg("-F").arg(daemon.client_config()).args([
            "-T",
            "-o",
            "BatchMode=yes",
            "--",
            &host,
            "true",
        ]);
        let _answer = command.stdin(Stdio::null()).output().expect("ssh starts");
        assert!(!canary.exists(), "{host:?} was run");
    }
}
