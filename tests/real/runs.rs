//! Commands that are run over ssh, through a real daemon.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use wardroom::domain::run::{Order, Stopped, Told};
use wardroom::mask::Mask;
use wardroom::runbooks::login::digest;
use wardroom::runbooks::quote;
use wardroom::runner::Running;

use crate::heard::{alive, heard};
use crate::sshd::{BASH, DASH, Sshd};

/// A command as it is planned for a host, with the way to the daemon of the test.
fn order(daemon: &Sshd, user: &str, script: &str, more: &[&str]) -> Order {
    let config = daemon.client_config().display().to_string();
    let mut argv: Vec<String> = ["ssh", "-F", &config, "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5"]
        .map(str::to_owned)
        .to_vec();
    argv.extend(more.iter().map(|word| (*word).to_owned()));
    argv.extend(["-o", "StrictHostKeyChecking=yes", "--"].map(str::to_owned));
    argv.extend([format!("{user}@box"), format!("exec bash -c {}", quote::single(script))]);
    Order { confirmed: digest(&argv), argv, host: "box".into(), level: "L0".into(), ..Order::default() }
}

fn start(order: Order) -> Running {
    crate::heard::start(order, Mask::default())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_runs_there_as_it_was_confirmed() {
    let Some(daemon) = Sshd::start("runs over ssh") else { return };
    for user in [BASH, DASH] {
        let script = "printf '[%s]\\n' 'a b' \"c'd\" '$HOME'; echo err >&2; exit 7";
        for limit in [None, Some(Duration::from_secs(30))] {
            let order = Order { limit, ..order(&daemon, user, script, &[]) };
            let (mut lines, end) = heard(&mut start(order)).await;
            lines.sort();
            assert_eq!(lines, ["[$HOME]", "[a b]", "[c'd]", "err"], "{user}");
            assert_eq!((end.exit, end.trouble), (Some(7), None), "{user}");
        }
    }
    let (_, end) = heard(&mut start(order(&daemon, BASH, "kill -9 $$", &[]))).await;
    assert_eq!(end.words(), "exit 137 (KILL)", "a command that killed itself is told from a broken way");
    let (_, end) = heard(&mut start(order(&daemon, BASH, "exit 255", &[]))).await;
    assert_eq!((end.exit, end.trouble), (Some(255), None), "its own 255 is no failure of ssh");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_in_the_background_there_does_not_hang_it() {
    let Some(daemon) = Sshd::start("background over ssh") else { return };
    let begin = Instant::now();
    let (lines, end) =
        heard(&mut start(order(&daemon, BASH, "sleep 300.0521 & echo hi; echo $!", &[]))).await;
    assert_eq!((lines.first().map(String::as_str), end.exit), (Some("hi"), Some(0)));
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    let pid: i32 = lines.get(1).expect("its number").parse().expect("a number");
    let pid = rustix::process::Pid::from_raw(pid).expect("a process");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it still ran");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_leaves_nothing_behind_here_or_there() {
    let Some(daemon) = Sshd::start("stops over ssh") else { return };
    for (user, limit) in [(BASH, None), (DASH, Some(Duration::from_mins(5)))] {
        let script = "trap '' INT; sleep 300.0522 & echo ready; sleep 301.0522; sleep 302.0522";
        let mut running = start(Order { limit, ..order(&daemon, user, script, &[]) });
        while !matches!(running.told.recv().await, Some(Told::Lines { lines, .. }) if !lines.is_empty()) {}
        assert!(alive("0522").len() >= 3, "here and there");
        running.stop.now();
        let (_, end) = heard(&mut running).await;
        assert_eq!((end.stopped, end.left.as_deref()), (Some(Stopped::Operator), None), "{}", end.words());
        assert_eq!(alive("0522"), Vec::<String>::new(), "{user}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_ended_is_said() {
    let Some(daemon) = Sshd::start("a stop that fails") else { return };
    let mut order = order(&daemon, BASH, "echo ready; exec sleep 300.0523", &[]);
    // The second login finds no daemon: it is gone by then.
    order.argv.insert(3, format!("-oPort={}", daemon.port()));
    order.confirmed = digest(&order.argv);
    let mut running = start(order);
    while !matches!(running.told.recv().await, Some(Told::Lines { lines, .. }) if !lines.is_empty()) {}
    drop(daemon);
    running.stop.now();
    let (_, end) = heard(&mut running).await;
    let left = end.left.expect("it says so");
    assert!(left.starts_with("it may still be running on box, process group "), "{left}");
    let group: i32 = left.rsplit(' ').next().expect("a number").parse().expect("a number");
    let group = rustix::process::Pid::from_raw(group).expect("a group");
    // It may have ended with the daemon's side of the way.
    let _killed = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_host_fails_in_the_connect_timeout() {
    let Some(daemon) = Sshd::start("a dead host") else { return };
    // It takes the connection and never says a word.
    let deaf = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = format!("Port={}", deaf.local_addr().expect("its address").port());
    let mut order = order(&daemon, BASH, "true", &[]);
    order.argv.splice(1..1, ["-o".to_owned(), port]);
    order.confirmed = digest(&order.argv);
    let begin = Instant::now();
    let (_, end) = heard(&mut start(order)).await;
    let took = begin.elapsed();
    assert!((4..9).contains(&took.as_secs()), "{took:?}");
    assert!(end.trouble.as_ref().is_some_and(|why| why.contains("did not answer in time")), "{end:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_needs_is_looked_for_there_before_it_begins() {
    let Some(daemon) = Sshd::start("programs over ssh") else { return };
    for user in [BASH, DASH] {
        let canary = daemon.home().join(format!("canary-{user}"));
        let script = format!("touch {}", canary.display());
        let needs = |names: &[&str]| Order {
            requires: names.iter().map(|name| (*name).to_owned()).collect(),
            ..order(&daemon, user, &script, &[])
        };
        let (_, end) = heard(&mut start(needs(&["touch", "no-such-program"]))).await;
        assert_eq!(end.trouble.as_deref(), Some("no-such-program is not there on box: it was not run"));
        assert!(!canary.exists() && end.exit.is_none(), "{end:?}");
        let (lines, end) = heard(&mut start(needs(&["touch", "sh"]))).await;
        assert!(end.is_well(false) && canary.exists(), "{lines:?} {end:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_host_key_is_for_the_operator() {
    let Some(daemon) = Sshd::start("an unknown host key") else { return };
    let mut order = order(&daemon, BASH, "touch canary", &[]);
    order.argv.splice(1..1, ["-o", "UserKnownHostsFile=/dev/null"].map(str::to_owned));
    order.confirmed = digest(&order.argv);
    let (_, end) = heard(&mut start(order)).await;
    assert!(end.asks_terminal && end.trouble.is_some(), "{end:?}");
    assert!(!daemon.home().join("canary").exists());
    let (lines, end) = heard(&mut start(self::order(&daemon, BASH, "read -r x </dev/tty", &[]))).await;
    assert!(end.asks_terminal && end.took < Duration::from_secs(5), "{lines:?} {end:?}");
}
