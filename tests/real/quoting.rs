//! Hostile values over a real ssh daemon, to logins of bash and of dash: each arrives byte for byte, or
//! is refused; none is ever run.

use std::process::{Command, Output, Stdio};

use wardroom::runbooks::facts::Facts;
use wardroom::runbooks::{plan, read};

use crate::shells::{check, chunks, expected, nothing_was_run, together};
use crate::sshd::{BASH, DASH, Sshd};

fn ssh(daemon: &Sshd, user: &str, remote: &str) -> Output {
    let mut command = Command::new("ssh");
    command.arg("-F").arg(daemon.client_config()).args(["-T", "-o", "BatchMode=yes", "--"]);
    command.args([&format!("{user}@box"), remote]).stdin(Stdio::null());
    command.output().expect("ssh starts")
}

#[test]
fn every_context_is_byte_exact_or_refused_over_ssh() {
    let Some(daemon) = Sshd::start("quoting over ssh") else { return };
    let expected = expected();
    for inner in ["bash", "dash"] {
        for some in chunks(&expected) {
            let sent = together(some, inner);
            for login in [BASH, DASH] {
                let answer = ssh(&daemon, login, &sent);
                assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
                check(&answer.stdout, some, &format!("{login} over ssh, {inner}"));
            }
        }
    }
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
