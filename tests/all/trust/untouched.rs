//! What shows the demo lab writes nothing under the user's directories, whatever it is asked: every command,
//! the dashboard, and pictures of all scenarios.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use clap::CommandFactory as _;
use tempfile::TempDir;
use wardroom::cli::Cli;
use wardroom::demo::Scenario;

use super::outputs::{PROGRAM, wait_for};
use super::pty::{Answers, Pty, Setup};
use super::shared::note;

/// The directories that are the user's, each of which the environment names.
const OWN: [(&str, &str); 6] = [
    ("HOME", "home"),
    ("XDG_CONFIG_HOME", "config"),
    ("XDG_STATE_HOME", "state"),
    ("XDG_CACHE_HOME", "cache"),
    ("XDG_DATA_HOME", "data"),
    ("XDG_RUNTIME_DIR", "runtime"),
];

/// A user with directories in which nothing is.
struct User(TempDir);

impl User {
    fn new() -> Self {
        let place = tempfile::Builder::new().prefix("wardroom-home-").tempdir().expect("a directory");
        for directory in OWN.iter().map(|(_, directory)| *directory).chain(["tmp", "named"]) {
            fs::create_dir(place.path().join(directory)).expect("a directory");
        }
        Self(place)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A file outside of all these directories, as somebody may name it.
    fn named(&self, name: &str) -> String {
        self.at("named").join(name).display().to_string()
    }

    fn environment(&self) -> Vec<(&'static str, OsString)> {
        let own = OWN.iter().map(|(name, directory)| (*name, self.at(directory).into_os_string()));
        own.chain([("TMPDIR", self.at("tmp").into_os_string()), ("PATH", "/usr/bin:/bin".into())]).collect()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).env_clear().envs(self.environment());
        command.current_dir(self.at("home")).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program runs")
    }

    /// What stands in their directories, which is to be nothing.
    fn finds(&self) -> Vec<PathBuf> {
        let entries =
            |directory: &Path| fs::read_dir(directory).expect("a directory").flatten().collect::<Vec<_>>();
        OWN.iter().flat_map(|(_, name)| entries(&self.at(name))).map(|entry| entry.path()).collect()
    }

    /// The program in a terminal.
    fn terminal(&self, arguments: &[&str]) -> Pty {
        let environment: Vec<(&str, String)> = self
            .environment()
            .into_iter()
            .map(|(name, value)| (name, value.to_string_lossy().into_owned()))
            .collect();
        let env: Vec<(&str, &str)> =
            environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let command = [&[PROGRAM], arguments].concat();
        let home = self.at("home");
        Pty::open(&Setup {
            command: &command,
            home: &home,
            size: (120, 40),
            env: &env,
            answers: Answers::Given,
        })
    }
}

/// What is asked of a command; nothing for one that is tried by itself.
fn asked(name: &str, user: &User) -> Option<Vec<Vec<String>>> {
    let book = user.named("book.md");
    let lines: &[&str] = match name {
        "alerts" => &["", "route alertname=HostDown", "test --receiver slack-homelab --yes --timeout 2s"],
        "backups" | "journal" | "keys" | "themes" | "man" | "drills" | "doctor" => &[""],
        "check" => &["", "--format json", "--on-change critical --rate 0s --exec true"],
        "completions" => &["bash"],
        "config" => &["example", "path", "check"],
        "digest" => &["", "--since 24h"],
        "due" => &["", "--within 14d"],
        "init" => &["--example", ""],
        "inventory" => &["alerts", "dashboards", "architecture", "backups", "slo", "iac"],
        "logs" => &["{host=~\".+\"} --limit 5 --since 1h"],
        "maintenance" => &["list", "plan disks --for 20m --down prometheus.home --yes", "end disks --yes"],
        "names" => &["views", "sources"],
        "record" => &["RECORDING --for 1s"],
        "routine" => &["", "weekly", "weekly --done --yes --note quiet"],
        "runbook" => &["list", "show", "lint", "plan --alert HostDown", "trust BOOK"],
        "silences" => &["list", "add -m alertname=HostDown -c disks -d 5m", "reap"],
        "status" => &["", "--format tmux"],
        // The dashboard, what needs a terminal, what goes on for ever, and what is tried in all scenarios.
        "open" | "replay" | "lab" | "shot" => return None,
        other => panic!("`wardroom {other}` is new: say here how it is tried"),
    };
    let recording = user.named("taken.wardroom");
    let words = |line: &&str| {
        let words =
            line.split_whitespace().map(|word| word.replace("BOOK", &book).replace("RECORDING", &recording));
        words.collect()
    };
    Some(lines.iter().map(words).collect())
}

#[test]
fn no_command_on_the_demo_lab_touches_the_users_directories() {
    let user = User::new();
    fs::write(user.named("book.md"), "# Book\n").expect("a runbook");
    let mut refused = Vec::new();
    for command in Cli::command().get_subcommands() {
        let name = command.get_name();
        for words in asked(name, &user).unwrap_or_default() {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let line = [&["--demo=host-down", name], &words[..]].concat();
            let output = user.run(&line);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(user.finds(), [""; 0].map(PathBuf::from), "{line:?} wrote: {said}");
            assert!(output.status.code().is_some() && !said.contains("panicked"), "{line:?}: {said}");
            // The verdict of this lab is critical.
            let is_judged = ["check", "status", "backups", "due"].contains(&name);
            if output.status.code() == Some(2) && !is_judged {
                refused.push(format!("{name} {}", words.first().unwrap_or(&"")));
            }
        }
    }
    // What is there to write in them says so. There is no config, and in another lab no maintenance.
    refused.sort();
    assert_eq!(refused, ["config check", "init ", "init --example", "maintenance end", "runbook trust"]);
    assert!(Path::new(&user.named("taken.wardroom")).exists(), "what was named is written");
}

#[test]
fn the_lab_alone_touches_none_either() {
    let user = User::new();
    let ports = user.named("ports");
    let mut lab = user.command(&["lab", "--port-file", &ports]).spawn().expect("it runs");
    let deadline = Instant::now() + Duration::from_mins(1);
    while !Path::new(&ports).exists() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
    lab.kill().expect("it ran");
    lab.wait().expect("it is gone");
    assert!(Path::new(&ports).exists(), "it served");
    assert_eq!(user.finds(), [""; 0].map(PathBuf::from));
}

#[test]
fn no_picture_of_any_scenario_touches_them() {
    // What would be kept: a bookmark, what was asked for by name, a query, a look at what had happened, a
    // routine, an incident, trust in a runbook.
    const KEYS: [&str; 4] = [
        ":keep here<enter>:go here<enter>D<wait><esc>L<enter><wait>G<enter>quiet<enter><esc><esc>H<wait>",
        "4:<esc>/error<enter><esc>5x<wait>jjjjj<enter><tab>booted<enter><wait>",
        "2<enter>r<wait><enter><wait>y<wait><enter><wait>",
        "N<wait><enter>broken<enter><wait>J<wait>",
    ];
    let user = User::new();
    for scenario in Scenario::ALL {
        for keys in KEYS {
            let demo = format!("--demo={}", scenario.as_ref());
            let output = user.run(&["shot", &demo, "--size", "120x40", "--keys", keys]);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{scenario} {keys}: {said}");
            assert_eq!(user.finds(), [""; 0].map(PathBuf::from), "{scenario} {keys}");
        }
    }
}

fn ends(mut pty: Pty) {
    pty.keys("\u{3}");
    let deadline = Instant::now() + Duration::from_mins(1);
    while pty.exit_code().is_none() {
        assert!(Instant::now() < deadline, "it ends\n{}", pty.screen());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_dashboard_on_the_demo_lab_touches_them_neither() {
    let user = User::new();
    let pty = user.terminal(&["--demo=host-down"]);
    wait_for(&pty, "HostDown");
    pty.keys(":keep here\r");
    wait_for(&pty, "`go here`");
    note(&pty, "booted as vm 902");
    pty.keys("D");
    wait_for(&pty, "Digest");
    ends(pty);
    assert_eq!(user.finds(), [""; 0].map(PathBuf::from));
    let pty = user.terminal(&["open", "--demo=host-down", "HostDown"]);
    wait_for(&pty, "Esc back");
    ends(pty);
    let file = user.named("taken.wardroom");
    let taken = user.run(&["--demo=calm", "record", &file, "--for", "1s"]);
    assert!(taken.status.success(), "{}", String::from_utf8_lossy(&taken.stderr));
    let pty = user.terminal(&["replay", &file]);
    wait_for(&pty, "recording of");
    ends(pty);
    assert_eq!(user.finds(), [""; 0].map(PathBuf::from));
    let left: Vec<_> = fs::read_dir(user.at("tmp")).expect("a directory").flatten().collect();
    assert!(left.is_empty(), "what was kept meanwhile goes with it: {left:?}");
}

/// Does the drill of a storm to its end.
fn exercise(pty: &Pty) {
    wait_for(pty, "cause –");
    pty.keys("/networking\r");
    wait_for(pty, "1 of 1");
    wait_for(pty, "slack-homelab");
    pty.keys("a");
    wait_for(pty, "Pages go on");
    pty.keys("looking\r");
    wait_for(pty, "drill: acknowledged");
    pty.keys("\r");
    wait_for(pty, "drill: this is the cause");
    pty.keys("x");
    wait_for(pty, "Restart the unit");
    pty.keys("\r");
    wait_for(pty, "y runs it");
    // What nobody can have read yet is not confirmed, nor by a key that is held down.
    let deadline = Instant::now() + Duration::from_mins(1);
    while !pty.screen().contains("drill over: 100 of 100 points") {
        assert!(Instant::now() < deadline, "it is over\n{}", pty.screen());
        pty.keys("y");
        std::thread::sleep(Duration::from_secs(2));
    }
}

#[test]
fn a_drill_is_kept_only_where_that_is_asked_for() {
    let user = User::new();
    let drill = ["--demo=storm", "--drill", "--view", "alerts"];
    let pty = user.terminal(&drill);
    exercise(&pty);
    wait_for(&pty, "not kept: that asks for --keep");
    ends(pty);
    assert_eq!(user.finds(), [""; 0].map(PathBuf::from));

    let pty = user.terminal(&[&drill[..], &["--keep"]].concat());
    exercise(&pty);
    let kept = user.at("state").join("wardroom/exercises.jsonl");
    let deadline = Instant::now() + Duration::from_mins(1);
    while !fs::read_to_string(&kept).is_ok_and(|text| text.ends_with('\n')) {
        assert!(Instant::now() < deadline, "it is kept\n{}", pty.screen());
        std::thread::sleep(Duration::from_millis(20));
    }
    ends(pty);
    assert_eq!(user.finds(), [user.at("state").join("wardroom")], "that, and nothing else");
    let listed = fs::read_dir(user.at("state").join("wardroom")).expect("a directory").count();
    assert_eq!(listed, 1, "that, and nothing else");
    let told = user.run(&["drills"]);
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains("drill storm: 100 of 100 points"), "{told}");
    let lone = user.run(&["--demo=storm", "--keep"]);
    assert_eq!(lone.status.code(), Some(2), "there is nothing to keep");
}
