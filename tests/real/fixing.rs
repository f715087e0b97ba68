//! From a firing alert to a fixed host by keys: its runbook opened, trusted, its command confirmed
//! and run over ssh, what it mended seen by itself, all of it written down. And commands that get the
//! terminal.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::pty::{Answers, Pty, Setup};
use crate::shared;
use crate::sshd::{BASH, Sshd};
use crate::stack::wait::until;
use crate::stack::{Part, Stack};

pub const SETTLED: Duration = Duration::from_mins(1);

/// The gate and the key before it want a moment; a hand takes longer.
pub const HAND: Duration = Duration::from_secs(1);

fn private(file: &Path, text: &str) {
    fs::write(file, text).expect("it is written");
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("it is private");
}

/// A home with this runbook, and the sources of a stack if there is one.
pub fn home(runbook: &str, stack: Option<&Stack>) -> TempDir {
    let home = tempfile::Builder::new().prefix("wardroom-home-").tempdir().expect("a home directory");
    private(&home.path().join("own.md"), runbook);
    let sources = stack.map_or_else(
        || "[sources.prometheus.main]\nurl = \"http://127.0.0.1:1\"\n".to_owned(),
        |stack| {
            format!(
                "[sources.prometheus.main]\nurl = {:?}\ninterval = \"1s\"\n\
                 [sources.alertmanager.main]\nurls = {:?}\ninterval = \"1s\"\n",
                stack.prometheus(),
                stack.alertmanagers(),
            )
        },
    );
    let config = format!(
        "[ui]\noperator = \"Sam Vimes\"\n[runbooks]\nfiles = [\"own.md\"]\n\
         [hosts.box]\naddresses = [\"box\"]\n{sources}"
    );
    private(&home.path().join("wardroom.toml"), &config);
    home
}

fn open(home: &Path, path: &str, view: &str) -> Pty {
    open_with(home, path, view, &[])
}

/// A dashboard of that home, with more in its environment.
pub fn open_with(home: &Path, path: &str, view: &str, env: &[(&str, &str)]) -> Pty {
    let config = home.join("wardroom.toml").display().to_string();
    let command = [env!("CARGO_BIN_EXE_wardroom"), "--config", &config, "--view", view];
    let env: Vec<(&str, &str)> = [("PATH", path)].into_iter().chain(env.iter().copied()).collect();
    Pty::open(&Setup { command: &command, home, size: (120, 40), env: &env, answers: Answers::Given })
}

/// Waits until the screen shows all of these.
pub fn shows(pty: &Pty, texts: &[&str]) {
    until("the screen shows it", SETTLED, || {
        let screen = pty.screen();
        let missing = texts.iter().find(|text| !screen.contains(**text));
        missing.map_or(Ok(()), |missing| Err(format!("{missing:?} is not on\n{screen}")))
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
}

/// What is written down of what was run.
pub fn journal(home: &Path) -> Vec<Value> {
    let file = home.join(".local/state/wardroom/journal/journal.jsonl");
    let text = fs::read_to_string(&file).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// Trusts the runbook and opens the command at the focus.
pub fn trust(pty: &Pty) {
    pty.keys("\r");
    shows(pty, &["Trust this runbook?"]);
    pty.keys("\r");
    until("it is trusted", SETTLED, || {
        if pty.screen().contains("Trust this runbook?") { Err("it is still asked") } else { Ok(()) }
    })
    .expect("the question goes");
}

/// Presses Enter until the gate is there: a file that was just trusted is read anew.
fn gate(pty: &Pty, text: &str) {
    until("the gate", SETTLED, || {
        if pty.screen().contains(text) {
            return Ok(());
        }
        if pty.screen().contains("Trust this runbook?") {
            pty.keys("\x1b");
        } else {
            pty.keys("\r");
        }
        thread::sleep(Duration::from_millis(300));
        if pty.screen().contains(text) { Ok(()) } else { Err(pty.screen()) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
    thread::sleep(HAND);
}

/// Opens what is at the focus and presses the key that its level asks for.
pub fn confirm(pty: &Pty) {
    gate(pty, " runs it");
    let screen = pty.screen();
    let key = [(" Enter runs it", "\r"), (" Y runs it", "Y"), (" y runs it", "y")];
    let key = key.iter().find(|(words, _)| screen.contains(words)).expect("a key is asked for").1;
    pty.keys(key);
}

#[test]
fn a_firing_alert_is_fixed_by_keys_alone() {
    let Some(stack) = shared::own("an alert fixed by keys", &[Part::Prometheus, Part::Alertmanagers]) else {
        return;
    };
    let Some(daemon) = Sshd::start("an alert fixed by keys") else { return };
    stack.control(&json!({ "host": "vm100", "mode": "down" })).expect("the homelab answers");
    let fixed = daemon.home().join("fixed");
    let runbook = format!(
        "# Own\n\n### Alert: HostDown\n\n#### Immediate Actions\n\n```bash\nssh {BASH}@box\n\
         # 1. Restart it\ntouch {}; printf 'mended %s\\n' \"as shown\"\n```\n\n#### Verification\n\n\
         - [ ] Target shows \"UP\" in Prometheus UI\n",
        fixed.display()
    );
    // Only what Alertmanager knows can be announced there.
    until("the alert at Alertmanager", SETTLED, || {
        let all = stack.asker().json(&format!("{}/api/v2/alerts", stack.alertmanagers()[0]))?;
        let is_it = |one: &Value| {
            one["labels"]["alertname"] == "HostDown" && one["labels"]["instance"] == "vm100:9100"
        };
        let is_there = all.as_array().is_some_and(|all| all.iter().any(is_it));
        is_there.then_some(()).ok_or_else(|| all.to_string())
    })
    .expect("it is sent");
    let home = home(&runbook, Some(&stack));
    let mut pty = open(home.path(), &daemon.path(), "alerts");
    shows(&pty, &["HostDown"]);
    pty.keys("/HostDown instance=vm100:9100 job=node\r");
    shows(&pty, &["1 of 1", "vm100:9100"]);
    pty.keys("r");
    shows(&pty, &["own › HostDown", "✗ Target shows \"UP\""]);
    trust(&pty);
    gate(&pty, "y runs it");
    // Enter would be no, a paste nothing.
    pty.keys("\x1b[200~y\x1b[201~");
    shows(&pty, &["pasted text does not count"]);
    assert!(!fixed.exists());
    thread::sleep(HAND);
    pty.keys("y");
    shows(&pty, &["mended as shown", "done in"]);
    assert!(fixed.exists(), "{}", daemon.last_words());
    // What the command mended: the exporter answers again.
    stack.control(&json!({ "host": "vm100", "mode": "up" })).expect("the homelab answers");
    pty.keys("\x1b");
    shows(&pty, &["✓ Target shows \"UP\"", "is up, scraped"]);
    announced(&stack, home.path(), &pty);
    let mut entries = journal(home.path());
    entries.retain(|entry| !is_deed(entry));
    assert_eq!(entries.len(), 2, "{entries:#?}");
    assert_eq!(entries[0]["event"], "began");
    assert_eq!(entries[0]["operator"], "Sam Vimes");
    assert_eq!(entries[0]["host"], "box");
    assert_eq!(entries[0]["level"], "L1");
    assert_eq!(entries[0]["confirmed"], "y");
    assert_eq!(entries[1]["exit"], 0);
    assert_eq!(entries[1]["last"], json!(["mended as shown"]));
    let words: Vec<String> = serde_json::from_value(entries[0]["argv"].clone()).expect("words");
    assert_eq!(entries[0]["sha256"], wardroom::runbooks::login::digest(&words), "what was confirmed");
    pty.keys("I");
    let room = home.path().join(".local/state/wardroom/incidents");
    let report = until("the report", SETTLED, || {
        let mut files = fs::read_dir(&room).map_err(|error| error.to_string())?.flatten();
        let file = files.find(|file| file.path().extension().is_some_and(|kind| kind == "md"));
        let text =
            fs::read_to_string(file.ok_or("no report yet")?.path()).map_err(|error| error.to_string())?;
        if text.contains("ran on box") { Ok(text) } else { Err(text) }
    })
    .expect("it is kept");
    assert!(report.contains("(L1, confirmed by y)"), "{report}");
    pty.keys("q");
    until("the end", SETTLED, || pty.exit_code().ok_or_else(|| pty.screen())).expect("q leaves");
}

/// Whether an entry of the journal tells of what was done on a server itself.
fn is_deed(entry: &Value) -> bool {
    entry["run"].as_str().is_some_and(|run| run.rsplit('-').next().is_some_and(|last| last.starts_with('d')))
}

/// What ran was said to the others at Alertmanager, and is taken back.
fn announced(stack: &Stack, home: &Path, pty: &Pty) {
    until("it is taken back", SETTLED, || {
        let told = stack.asker().json(&format!("{}/api/v2/silences", stack.alertmanagers()[0]))?;
        let all = told.as_array().cloned().unwrap_or_default();
        let is_ours =
            |one: &&Value| one["comment"].as_str().is_some_and(|text| text.contains("| Sam Vimes runs "));
        match all.iter().find(is_ours) {
            Some(one) if one["status"]["state"] == "expired" => Ok(()),
            _ => Err(told.to_string()),
        }
    })
    .unwrap_or_else(|told| panic!("{told}; on the screen:\n{}", pty.screen()));
    until("it is written down", SETTLED, || {
        let deeds: Vec<Value> = journal(home).into_iter().filter(is_deed).collect();
        if deeds.len() == 4 { Ok(()) } else { Err(format!("{deeds:#?}")) }
    })
    .expect("both are in the journal");
}

#[test]
fn a_live_run_is_stopped_by_ctrl_c_and_the_dashboard_stays() {
    let Some(daemon) = Sshd::start("a run stopped by keys") else { return };
    let runbook = format!(
        "# Own\n\n### Alert: Slow\n\n#### Immediate Actions\n\n```bash\nssh {BASH}@box\n\
         printf 'be%s\\n' gun; sleep 300.0611\n```\n"
    );
    let home = home(&runbook, None);
    let mut pty = open(home.path(), &daemon.path(), "runbooks");
    shows(&pty, &["Alert: Slow"]);
    pty.keys("\r");
    shows(&pty, &["own › Slow"]);
    trust(&pty);
    confirm(&pty);
    // Said by the command, and not only a word of it.
    shows(&pty, &["begun", "runs, "]);
    pty.keys("\x03");
    until("it is stopped", SETTLED, || {
        let screen = pty.screen();
        let is_over = screen.contains("stopped, ") && !screen.contains("being stopped, ");
        if is_over { Ok(()) } else { Err(screen) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
    let entries = journal(home.path());
    assert!(entries.last().is_some_and(|entry| entry["event"] == "ended"), "{entries:#?}");
    pty.keys("\x03");
    until("the end", SETTLED, || pty.exit_code().ok_or_else(|| pty.screen()))
        .expect("nothing runs: it leaves");
}

/// A runbook whose command gets the terminal: `nano` is a program of ours that notes what is typed.
fn editor(daemon: &Sshd) -> (TempDir, Pty) {
    let nano = daemon.bin().join("nano");
    let script = "#!/bin/bash\nprintf 'editor here\\n'\nIFS= read -r line\nprintf 'got <%s>\\n' \"$line\" | tee \"$1\"\nIFS= read -r line\nprintf 'got <%s>\\n' \"$line\" >>\"$1\"\n";
    fs::write(&nano, script).expect("an editor");
    fs::set_permissions(&nano, fs::Permissions::from_mode(0o755)).expect("it can be run");
    let file = daemon.home().join("noted");
    let runbook = format!(
        "# Own\n\n### Alert: Edit\n\n#### Immediate Actions\n\n<!-- host: local -->\n```bash\nnano {}\n```\n",
        file.display()
    );
    let home = home(&runbook, None);
    let pty = open(home.path(), &daemon.path(), "runbooks");
    shows(&pty, &["Alert: Edit"]);
    pty.keys("\r");
    shows(&pty, &["own › Edit"]);
    trust(&pty);
    confirm(&pty);
    (home, pty)
}

#[test]
fn an_editor_that_gets_the_terminal_gets_every_key() {
    let Some(daemon) = Sshd::start("an editor that gets the terminal") else { return };
    let (home, mut pty) = editor(&daemon);
    shows(&pty, &["editor here"]);
    pty.keys("q!x the whole line\r");
    shows(&pty, &["got <q!x the whole line>"]);
    pty.keys("and more\r");
    shows(&pty, &["done in"]);
    let noted = fs::read_to_string(daemon.home().join("noted")).expect("it noted");
    assert_eq!(noted, "got <q!x the whole line>\ngot <and more>\n");
    let entries = journal(home.path());
    assert_eq!(entries.first().expect("an entry")["output"], "handed over");
    assert_eq!(entries.len(), 2);
    pty.keys("q");
    until("the end", SETTLED, || pty.exit_code().ok_or_else(|| pty.screen())).expect("q leaves");
}

#[test]
fn a_signal_while_the_terminal_is_handed_over_restores_it() {
    let Some(daemon) = Sshd::start("a signal during an editor") else { return };
    let (_home, mut pty) = editor(&daemon);
    shows(&pty, &["editor here"]);
    let during = pty.line_settings();
    let pid = i32::try_from(pty.pid()).expect("a process");
    let pid = rustix::process::Pid::from_raw(pid).expect("a process");
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
    until("the end", SETTLED, || pty.exit_code().ok_or_else(|| pty.screen())).expect("it ends");
    assert_eq!(pty.line_settings(), during, "the terminal is as the editor had it: its own");
    let bytes = pty.bytes();
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.rfind("\x1b[?1049l") > text.rfind("\x1b[?1049h"), "the other screen is left");
}
