//! The terminal handed over to a command and taken back, whatever happens meanwhile; and much output,
//! and two dashboards, over which nothing is lost. No server is needed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::fixing::{HAND, SETTLED, confirm, home, journal, open_with, shows, trust};
use crate::pty::Pty;
use crate::stack::wait::until;

/// A runbook of one command of this machine.
fn book(title: &str, command: &str) -> String {
    format!(
        "# Own\n\n### Alert: {title}\n\n#### Immediate Actions\n\n<!-- host: local -->\n```bash\n{command}\n```\n"
    )
}

/// A program of ours on a PATH of its own.
fn program(directory: &Path, name: &str, script: &str) {
    let file = directory.join(name);
    fs::write(&file, format!("#!/bin/bash\n{script}")).expect("a program");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("it can be run");
}

/// A dashboard that stands at a command.
pub fn at_command(title: &str, command: &str, script: (&str, &str), env: &[(&str, &str)]) -> (TempDir, Pty) {
    let home = home(&book(title, command), None);
    program(home.path(), script.0, script.1);
    let path = format!("{}:{}", home.path().display(), std::env::var("PATH").unwrap_or_default());
    let pty = open_with(home.path(), &path, "runbooks", env);
    shows(&pty, &[&format!("Alert: {title}")]);
    pty.keys("\r");
    shows(&pty, &[&format!("own › {title}")]);
    trust(&pty);
    (home, pty)
}

/// A pager that says that it is there, and takes a line once a file is.
const SLOW: &str = "until [ -e go ]; do sleep 0.05; done\nprintf 'editor here\\n'\nIFS= read -r line\nprintf 'got <%s>\\n' \"$line\" >noted\n";

/// One that takes nothing of what is typed.
const DEAF: &str = "printf 'deaf here\\n'\nuntil [ -e go ]; do sleep 0.05; done\n";

#[test]
fn what_is_typed_before_our_screen_is_back_is_not_lost_and_confirms_nothing() {
    let (home, pty) = at_command("Late", "nano noted", ("nano", DEAF), &[]);
    confirm(&pty);
    shows(&pty, &["deaf here"]);
    // The child ends without having read it: it is as if typed between its end and our return.
    pty.keys("y\rYy\r?");
    fs::write(home.path().join("go"), "").expect("it goes on");
    shows(&pty, &["Keys in"]);
    pty.keys("\x1b");
    shows(&pty, &["done in"]);
    let entries = journal(home.path());
    assert_eq!(entries.len(), 2, "it began and ended once, and nothing else was run: {entries:#?}");
}

fn is_left(pty: &Pty) -> bool {
    let bytes = pty.bytes();
    let text = String::from_utf8_lossy(&bytes);
    text.rfind("\x1b[?1049l") > text.rfind("\x1b[?1049h")
}

#[test]
fn what_is_typed_right_after_a_hand_over_began_reaches_the_child() {
    let (home, pty) = at_command("Early", "nano noted", ("nano", SLOW), &[]);
    confirm(&pty);
    until("the other screen is left", SETTLED, || if is_left(&pty) { Ok(()) } else { Err(pty.screen()) })
        .expect("the terminal is handed over");
    // The child does not even read yet. Every one of these means something to the dashboard.
    pty.keys("jq:K?\r");
    fs::write(home.path().join("go"), "").expect("it goes on");
    shows(&pty, &["done in"]);
    let noted = fs::read_to_string(home.path().join("noted")).expect("it noted");
    assert_eq!(noted, "got <jq:K?>\n");
}

#[test]
fn a_panic_while_the_terminal_is_handed_over_restores_it() {
    let (home, mut pty) = at_command("Broken", "nano noted", ("nano", SLOW), &[("WARDROOM_PANIC", "handed")]);
    confirm(&pty);
    fs::write(home.path().join("go"), "").expect("it goes on");
    shows(&pty, &["editor here"]);
    let during = pty.line_settings();
    pty.resize(100, 30);
    let code = until("the end", SETTLED, || pty.exit_code().ok_or_else(|| pty.screen())).expect("it ends");
    assert_ne!(code, 0);
    assert_eq!(pty.line_settings(), during, "as it was while the child had it: its own");
    assert!(is_left(&pty), "the other screen is left");
    assert!(pty.screen().contains("WARDROOM_PANIC"), "{}", pty.screen());
    assert!(!home.path().join("noted").exists(), "nobody typed a line");
    assert_eq!(crate::heard::alive(&home.path().join("nano").display().to_string()), Vec::<String>::new());
}

/// Asks for a password on the terminal, as the real one does, and fails without.
pub const SUDO: &str = "if ! { exec 3<>/dev/tty; } 2>/dev/null; then\n\
    echo 'sudo: a terminal is required to read the password; either use the -S option' >&2; exit 1\nfi\n\
    printf '[sudo] password: ' >&3; read -rs word <&3; [ \"$word\" = swordfish ] && exec \"$@\"\nexit 1\n";

#[test]
fn sudo_without_a_terminal_fails_at_once_and_is_handed_one() {
    let (home, pty) = at_command("Root", "sudo touch mended", ("sudo", SUDO), &[]);
    confirm(&pty);
    shows(&pty, &["a terminal is required", "hands the terminal over"]);
    let entries = journal(home.path());
    let seconds = entries[1]["seconds"].as_f64().expect("how long it took");
    assert!(seconds < 1.0, "{seconds}");
    pty.keys("H");
    shows(&pty, &["It ran before", " runs it"]);
    std::thread::sleep(HAND);
    assert_eq!(journal(home.path()).len(), 2, "nothing runs before it is confirmed again");
    pty.keys("y");
    shows(&pty, &["[sudo] password:"]);
    pty.keys("swordfish\r");
    shows(&pty, &["done in"]);
    assert!(home.path().join("mended").exists());
    let entries = journal(home.path());
    assert_eq!(entries[2]["output"], "handed over");
    assert_eq!(entries[2]["confirmed"], "y, terminal handed over, y");
    pty.keys("J");
    shows(&pty, &["Journal", "L1 (y, terminal handed over, y)", "a terminal is required"]);
    let text = fs::read_to_string(home.path().join(".local/state/wardroom/journal/journal.jsonl"));
    assert!(!text.expect("the journal").contains("swordfish"), "what is typed there is nobody's");
}

/// How much memory a process has taken at most, in MB.
fn peak(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its peak");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
}

#[test]
fn much_output_leaves_keys_quick_and_memory_bounded() {
    const FLOOD: &str = "yes 0123456789012345678901234567890123456789 | head -c 100000000; echo at the end\n";
    let (home, pty) = at_command("Flood", "flood", ("flood", FLOOD), &[]);
    let before = peak(pty.pid());
    confirm(&pty);
    shows(&pty, &["0123456789", "runs, "]);
    let mut slowest = Duration::ZERO;
    let mut answered = 0;
    while journal(home.path()).len() < 2 {
        for (key, expected) in [("?", true), ("\x1b", false)] {
            let pressed = Instant::now();
            pty.keys(key);
            until("a key is answered", SETTLED, || {
                if pty.screen().contains("Keys in") == expected { Ok(()) } else { Err(pty.screen()) }
            })
            .expect("it is answered");
            slowest = slowest.max(pressed.elapsed());
            answered += 1;
        }
    }
    assert!(answered >= 2, "the flood was over before a key was pressed");
    assert!(slowest < Duration::from_secs(2), "{slowest:?} of {answered}");
    shows(&pty, &["at the end", "done in"]);
    let entries = journal(home.path());
    assert!(entries[1]["bytes"].as_u64().expect("bytes") > 100_000_000);
    let grown = peak(pty.pid()).saturating_sub(before);
    assert!(grown < 120, "grown by {grown} MB");
}

#[test]
fn two_dashboards_on_one_state_directory_lose_nothing() {
    const TIMES: usize = 3;
    let (home, first) = at_command("Twice", "say", ("say", "echo said by $PPID\n"), &[]);
    confirm(&first);
    shows(&first, &["said by", "done in"]);
    let path = format!("{}:{}", home.path().display(), std::env::var("PATH").unwrap_or_default());
    let second = open_with(home.path(), &path, "runbooks", &[]);
    shows(&second, &["Alert: Twice"]);
    second.keys("\r");
    shows(&second, &["own › Twice"]);
    confirm(&second);
    shows(&second, &["said by", "done in"]);
    for _ in 1..TIMES {
        for pty in [&first, &second] {
            pty.keys("\x1b");
            shows(pty, &["own › Twice"]);
            pty.keys("g");
            confirm(pty);
        }
        for pty in [&first, &second] {
            shows(pty, &["said by", "done in"]);
        }
    }
    let entries = until("all is written down", SETTLED, || {
        let entries = journal(home.path());
        if entries.len() == 4 * TIMES { Ok(entries) } else { Err(format!("{} entries", entries.len())) }
    })
    .expect("each beginning and each end");
    let runs: std::collections::BTreeSet<&str> =
        entries.iter().filter_map(|entry| entry["run"].as_str()).collect();
    assert_eq!(runs.len(), 2 * TIMES, "each has a name of its own");
}
