//! Commands that are run here, by real shells.

use std::sync::Arc;
use std::time::{Duration, Instant};

use wardroom::domain::run::{End, Order, Stopped, Told};
use wardroom::mask::Mask;
use wardroom::runbooks::login::digest;
use wardroom::runner::{self, Patience, Running};

use crate::heard::{alive, heard};

/// A command as it is planned for this machine.
fn order(script: &str) -> Order {
    let argv: Vec<String> = ["bash", "--noprofile", "--norc", "-c", script].map(str::to_owned).to_vec();
    Order { confirmed: digest(&argv), argv, host: "localhost".into(), level: "L0".into(), ..Order::default() }
}

fn start(order: Order) -> Running {
    crate::heard::start(order, Mask::new(["correct-horse"]))
}

async fn run(script: &str) -> (Vec<String>, End) {
    heard(&mut start(order(script))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn output_exit_and_signal_are_told() {
    let (lines, end) = run("echo out; echo err >&2; printf 'half'; exit 3").await;
    assert!(["out", "err", "half"].iter().all(|line| lines.iter().any(|have| have == line)), "{lines:?}");
    assert_eq!((end.exit, end.signal, end.words().as_str()), (Some(3), None, "exit 3"));
    assert_eq!(end.bytes, 13, "each line with its end");
    let (_, end) = run("kill -9 $$").await;
    assert_eq!((end.exit, end.signal, end.words().as_str()), (None, Some(9), "ended by KILL"));
    let (_, end) = run("true").await;
    assert!(end.is_well(false) && end.trouble.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_confirmed_is_not_started() {
    let file = tempfile::tempdir().expect("a directory");
    let canary = file.path().join("canary");
    let mut changed = order("true");
    changed.argv[4] = format!("touch {}", canary.display());
    let (_, end) = heard(&mut start(changed)).await;
    assert!(end.trouble.is_some_and(|why| why.contains("not what was confirmed")));
    assert!(!canary.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_in_the_background_does_not_hang_it() {
    let begin = Instant::now();
    let (lines, end) = run("sleep 300.0417 & echo hi; echo $!").await;
    assert_eq!(lines.first().map(String::as_str), Some("hi"));
    assert_eq!(end.exit, Some(0));
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    let pid: i32 = lines.get(1).expect("its number").parse().expect("a number");
    let pid = rustix::process::Pid::from_raw(pid).expect("a process");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it still ran");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_counted_and_bounded() {
    let mut running = start(order("yes 0123456789012345678901234567890123456789 | head -c 100000000"));
    let (mut lines, mut dropped, mut most) = (0, 0, 0);
    let end = loop {
        // A screen that is slow: what comes in between is dropped, not piled up.
        tokio::time::sleep(Duration::from_millis(100)).await;
        match running.told.recv().await.expect("an end is told") {
            Told::Lines { lines: new, dropped: gone, .. } => {
                lines += new.len() as u64;
                dropped += gone;
                most = most.max(new.len());
            }
            Told::Stopping => {}
            Told::Ended(end) => break end,
        }
    };
    assert_eq!(end.exit, Some(0));
    assert_eq!(lines + dropped, 100_000_000_u64.div_ceil(41), "every line is counted");
    assert!(end.bytes >= 100_000_000 && most <= 10_000, "{} {most}", end.bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_leaves_nothing_behind() {
    // One ignores the first signal, one the second too, one has a group of its own.
    let script = "trap '' INT; sleep 300.0418 & (trap '' INT TERM; sleep 301.0418; sleep 302.0418) & \
                  timeout 300 sleep 303.0418 & echo ready; wait; sleep 304.0418";
    let patience = Patience {
        term: Duration::from_millis(300),
        kill: Duration::from_millis(900),
        rest: Duration::from_millis(500),
    };
    let mut running = runner::start(Arc::new(order(script)), Mask::default(), patience);
    while !matches!(running.told.recv().await, Some(Told::Lines { lines, .. }) if !lines.is_empty()) {}
    assert!(alive("0418").len() >= 3, "{:?}", alive("0418"));
    running.stop.now();
    let (_, end) = heard(&mut running).await;
    assert_eq!((end.stopped, end.left.as_deref()), (Some(Stopped::Operator), None), "{}", end.words());
    assert_eq!(alive("0418"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_stopped_when_it_takes_too_long() {
    let order = Order { limit: Some(Duration::from_millis(300)), ..order("sleep 300.0419") };
    let (_, end) = heard(&mut start(order)).await;
    assert_eq!(end.stopped, Some(Stopped::Limit), "{}", end.words());
    assert_eq!(alive("0419"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_needs_is_looked_for_before_it_begins() {
    let directory = tempfile::tempdir().expect("a directory");
    let canary = directory.path().join("canary");
    let script = format!("touch {}", canary.display());
    let needs = |names: &[&str]| Order {
        requires: names.iter().map(|name| (*name).to_owned()).collect(),
        ..order(&script)
    };
    let (_, end) = heard(&mut start(needs(&["touch", "no-such-program"]))).await;
    let why = end.trouble.expect("it says why");
    assert_eq!(why, "no-such-program is not there on this machine: it was not run");
    assert!(!canary.exists());
    let (_, end) = heard(&mut start(needs(&["touch", "/bin/sh"]))).await;
    assert!(end.is_well(false) && canary.exists(), "{end:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_asks_on_the_terminal_fails_at_once() {
    let begin = Instant::now();
    let (lines, end) = run("read -r password </dev/tty").await;
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    assert!(end.took < Duration::from_secs(1), "{:?}", end.took);
    assert!(end.asks_terminal && end.exit != Some(0), "{lines:?}");
    let (_, end) = run("cat; read -r x; echo \"<$x>\"").await;
    assert_eq!(end.exit, Some(0), "standard input is empty, not ours");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_is_a_short_list() {
    let (lines, _) = run("env").await;
    let names: Vec<&str> = lines.iter().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    assert!(names.contains(&"PATH") && names.contains(&"PAGER"), "{names:?}");
    let known =
        "PATH HOME LANG USER LOGNAME SSH_AUTH_SOCK PAGER SYSTEMD_PAGER SYSTEMD_COLORS TERM PWD SHLVL _";
    let strange: Vec<_> = names.iter().filter(|name| !known.split(' ').any(|one| one == **name)).collect();
    assert!(strange.is_empty(), "{strange:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shown_is_harmless_and_without_secrets() {
    let script = r"printf 'a\033[31mb\033]52;c;x\007c\n'; printf 'correct-'; sleep 0.2; echo horse; \
                   echo 'token: abcdef'; printf 'Authorization: Bearer '; sleep 0.2; echo xyz";
    let (lines, _) = run(script).await;
    assert_eq!(lines, ["abc", "[secret]", "token: [secret]", "Authorization: [secret]"]);
}
