//! Sources that are reached through ssh only: a server on its own host's loopback, one on a socket, a
//! way that is lost and comes back, a way that is refused, and nothing that is left behind.

use std::fs;
use std::io::Read;
use std::net::{Shutdown, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::fixing::{SETTLED, open_with};
use crate::heard::alive;
use crate::program::{list, source, text};
use crate::pty::Pty;
use crate::sshd::{BASH, Sshd};
use crate::stack::wait::until;

const PROGRAM: &str = env!("CARGO_BIN_EXE_wardroom");

/// The demo lab, whose Prometheus stands for the one far away.
struct Lab {
    child: Child,
    _home: TempDir,
    port: u16,
}

impl Lab {
    fn start() -> Self {
        let home = tempfile::tempdir().expect("a directory");
        let file = home.path().join("lab.toml");
        let child = Command::new(PROGRAM)
            .args(["lab", "--scenario", "calm", "--port-file"])
            .arg(&file)
            .env("HOME", home.path())
            .stdin(Stdio::null())
            .spawn()
            .expect("the lab starts");
        let mut lab = Self { child, _home: home, port: 0 };
        let config = until("the lab", SETTLED, || fs::read_to_string(&file)).expect("it is announced");
        let after = config.split("[sources.prometheus.home]\nurl = \"http://127.0.0.1:").nth(1);
        let port = after.and_then(|rest| rest.split('"').next()).expect("its port");
        lab.port = port.parse().expect("a number");
        lab
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// A socket behind which `port` answers, for the user of the daemon to open.
fn bridge(socket: &Path, port: u16) {
    let listener = UnixListener::bind(socket).expect("a socket");
    fs::set_permissions(socket, fs::Permissions::from_mode(0o777)).expect("it may be opened");
    thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let Ok(far) = TcpStream::connect(("127.0.0.1", port)) else { continue };
            let (Ok(near_too), Ok(far_too)) = (near.try_clone(), far.try_clone()) else { continue };
            thread::spawn(move || pour(near, far));
            thread::spawn(move || {
                pour(far_too, &near_too);
                let _closed = near_too.shutdown(Shutdown::Both);
            });
        }
    });
}

fn pour(mut from: impl Read, mut to: impl std::io::Write) {
    let mut buffer = [0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if to.write_all(buffer.get(..count).unwrap_or_default()).is_err() {
            return;
        }
    }
}

/// A home with a config whose one source is reached by way of `inner`.
fn home(keys: &str) -> TempDir {
    home_as(BASH, keys)
}

fn home_as(user: &str, keys: &str) -> TempDir {
    let home = tempfile::tempdir().expect("a home");
    let config = format!(
        "[hosts.inner]\naddresses = [\"inner.test\"]\nssh_user = \"{user}\"\n\
         [sources.prometheus.main]\nvia = \"ssh:inner\"\ninterval = \"1s\"\ntimeout = \"15s\"\n{keys}"
    );
    fs::write(home.path().join("wardroom.toml"), config).expect("a config");
    home
}

fn run(daemon: &Sshd, home: &TempDir, arguments: &[&str]) -> Value {
    let mut command = Command::new(PROGRAM);
    command.arg("--config").arg(home.path().join("wardroom.toml")).args(arguments);
    command.env("HOME", home.path()).env("PATH", daemon.path()).env("XDG_RUNTIME_DIR", home.path());
    let output = command.args(["--format", "json"]).output().expect("it runs");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// The forwards of this home's program that live.
fn forwards(home: &TempDir) -> Vec<String> {
    let place = home.path().display().to_string();
    alive(&place).into_iter().filter(|line| line.contains("ssh -F") && line.contains(" -L ")).collect()
}

fn feeds(report: &Value) -> Vec<(String, String)> {
    let of = |feed: &Value| (text(&feed["name"]).to_owned(), text(&feed["state"]).to_owned());
    list(&source(report, "main")["feeds"]).iter().map(of).collect()
}

#[test]
fn a_server_on_loopback_and_one_on_a_socket_are_read_and_nothing_is_left() {
    let Some(daemon) = Sshd::start("tunnels") else { return };
    let lab = Lab::start();
    let socket = daemon.home().join("prometheus.sock");
    bridge(&socket, lab.port);
    for keys in [
        format!("url = \"http://127.0.0.1:{}\"\n", lab.port),
        format!("url = \"http://localhost\"\nsocket = \"{}\"\n", socket.display()),
    ] {
        let home = home(&keys);
        let report = run(&daemon, &home, &["check", "--timeout", "50s"]);
        let feeds = feeds(&report);
        assert!(feeds.len() > 5, "{report:#}");
        assert!(
            feeds.iter().all(|(_, state)| state == "fresh"),
            "{keys}: {feeds:?}\n{}",
            daemon.last_words()
        );
        assert!(feeds.iter().any(|(name, _)| name == "tunnel"), "{feeds:?}");
        until("ssh goes with the program", SETTLED, || match forwards(&home) {
            left if left.is_empty() => Ok(()),
            left => Err(format!("{left:?}")),
        })
        .expect("nothing is left");
    }
}

fn findings(daemon: &Sshd, home: &TempDir) -> Vec<String> {
    let told = run(daemon, home, &["doctor", "--timeout", "50s"]);
    let of_source = |one: &&Value| one["subject"] == "prometheus.main";
    let told = list(&told["findings"]).iter().filter(of_source);
    told.map(|one| format!("{}: {} | {}", text(&one["level"]), text(&one["text"]), text(&one["fix"])))
        .collect()
}

#[test]
fn doctor_tells_the_way_from_the_server_and_what_a_key_needs() {
    let Some(daemon) = Sshd::start("doctor on tunnels") else { return };
    let lab = Lab::start();
    let good = findings(&daemon, &home(&format!("url = \"http://127.0.0.1:{}\"\n", lab.port)));
    let permission = format!("permitopen=\"127.0.0.1:{}\"", lab.port);
    assert!(good.iter().any(|one| one.starts_with("ok: ") && one.contains(&permission)), "{good:#?}");
    // The way is open, nobody is at its end.
    let gone = daemon.home().join("nobody.sock");
    let absent = findings(&daemon, &home(&format!("url = \"http://localhost\"\nsocket = {gone:?}\n")));
    let behind = "is open, but nothing answers";
    assert!(absent.iter().any(|one| one.starts_with("failed: ") && one.contains(behind)), "{absent:#?}");
    assert!(absent.iter().any(|one| one.starts_with("ok: the tunnel by inner")), "{absent:#?}");
    // There is no way at all.
    let url = format!("url = \"http://127.0.0.1:{}\"\n", lab.port);
    let shut = findings(&daemon, &home_as("nobody-we-know", &url));
    assert_eq!(shut.len(), 1, "one reason is told once: {shut:#?}");
    assert!(shut[0].starts_with("failed: ") && shut[0].contains("does not let this key in"), "{shut:#?}");
}

fn screen_shows(pty: &Pty, wanted: &str) {
    until("the badge", Duration::from_mins(1), || {
        let screen = pty.screen();
        let badge = screen.lines().nth(1).unwrap_or_default().to_owned();
        if badge.contains(wanted) { Ok(()) } else { Err(format!("no {wanted:?} on\n{screen}")) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
}

/// Kills the forwards as a network that breaks would.
fn cut(home: &TempDir) {
    for line in forwards(home) {
        kill(&line);
    }
}

/// Kills the processes with this in their command line.
fn kill(words: &str) {
    for entry in fs::read_dir("/proc").expect("processes").flatten() {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        let id = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok());
        if line.contains(words)
            && let Some(id) = id.and_then(rustix::process::Pid::from_raw)
        {
            let _killed = rustix::process::kill_process(id, rustix::process::Signal::KILL);
        }
    }
}

#[test]
fn a_lost_tunnel_is_tried_again_and_told_apart_from_a_server_that_is_down() {
    let Some(daemon) = Sshd::start("a lost tunnel") else { return };
    let lab = Lab::start();
    let home = home(&format!("url = \"http://127.0.0.1:{}\"\n", lab.port));
    let runtime = home.path().display().to_string();
    let mut pty = open_with(home.path(), &daemon.path(), "targets", &[("XDG_RUNTIME_DIR", &runtime)]);
    screen_shows(&pty, "prom ●");
    let first = forwards(&home);
    assert_eq!(first.len(), 1, "{first:?}");
    cut(&home);
    until("it is tried again", Duration::from_mins(1), || match forwards(&home).len() {
        1 => Ok(()),
        count => Err(format!("{count} forwards")),
    })
    .expect("a new one");
    screen_shows(&pty, "prom ●");
    // Nobody lets us in any more: that is said, and not that the server is down.
    drop(daemon);
    cut(&home);
    screen_shows(&pty, "tunnel lost: ");
    pty.keys("q");
    until("the end", SETTLED, || pty.exit_code().ok_or_else(|| pty.screen())).expect("it ends");
}

#[test]
fn a_killed_program_leaves_no_ssh() {
    let Some(daemon) = Sshd::start("a killed program's tunnel") else { return };
    let lab = Lab::start();
    let home = home(&format!("url = \"http://127.0.0.1:{}\"\n", lab.port));
    let runtime = home.path().display().to_string();
    let pty = open_with(home.path(), &daemon.path(), "targets", &[("XDG_RUNTIME_DIR", &runtime)]);
    screen_shows(&pty, "prom ●");
    assert_eq!(forwards(&home).len(), 1);
    // It is killed outright: nothing of ours runs any more.
    let config = home.path().join("wardroom.toml").display().to_string();
    kill(&format!("{PROGRAM} --config {config}"));
    until("ssh ends too", SETTLED, || match forwards(&home) {
        left if left.is_empty() => Ok(()),
        left => Err(format!("{left:?}")),
    })
    .expect("nothing is left");
}
