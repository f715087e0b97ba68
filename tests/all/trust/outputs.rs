//! All that the program writes, in each of its forms, while servers say the worst and a config is full
//! of secrets: no character of theirs that a terminal acts on, and not one of our secrets.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;
use wardroom::demo::Scenario;
use wardroom::domain::feed::SourceKind;
use wardroom::text::is_plain;

use super::door::Fault;
use super::hostile::nasty;
use super::house::House;
use super::pty::escapes::foreign;
use super::pty::{Answers, Pty, Setup};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_wardroom");

/// Every command that says something of the servers, of the config or of this machine.
const SAYS: [&[&str]; 26] = [
    &["check", "--format", "text"],
    &["check", "--format", "json"],
    &["check", "--format", "nagios"],
    &["status"],
    &["status", "--format", "json"],
    &["status", "--format", "tmux"],
    &["backups", "--format", "text"],
    &["backups", "--format", "json"],
    &["alerts"],
    &["alerts", "--format", "json"],
    &["silences", "list"],
    &["silences", "list", "--format", "json"],
    &["logs", "{host=~\".+\"}", "--limit", "200", "--since", "24h"],
    &["logs", "{host=~\".+\"}", "--limit", "200", "--since", "24h", "--format", "jsonl"],
    &["doctor"],
    &["doctor", "--format", "json"],
    &["journal"],
    &["runbook", "list"],
    &["config", "check"],
    &["keys"],
    &["shot", "--size", "120x40"],
    &["shot", "--size", "200x60", "--view", "alerts", "--keys", "<enter><wait>"],
    &["shot", "--size", "120x40", "--view", "logs"],
    &["shot", "--size", "120x40", "--view", "targets"],
    &["shot", "--size", "120x40", "--view", "backups", "--keys", "<enter><wait>"],
    &["shot", "--size", "120x40", "--view", "hosts"],
];

/// A home, a config in it, and the program there.
struct Desk {
    home: TempDir,
    config: PathBuf,
}

impl Desk {
    fn new(text: &str) -> Self {
        let home = tempfile::Builder::new().prefix("wardroom-home-").tempdir().expect("a home directory");
        let config = home.path().join("wardroom.toml");
        std::fs::write(&config, text).expect("written");
        std::fs::set_permissions(&config, std::fs::Permissions::from_mode(0o600)).expect("it is ours");
        Self { home, config }
    }

    /// What the program writes to stdout and to stderr.
    async fn run(&self, arguments: &[&str], env: &[(&str, &str)]) -> [String; 2] {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).env_clear().env("HOME", self.home.path()).env("PATH", "/usr/bin:/bin");
        command.env("WARDROOM_CONFIG", &self.config).envs(env.iter().copied());
        command.stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(Duration::from_mins(2), command.output()).await;
        let output = output.expect("it ends").expect("the program runs");
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("text"))
    }

    /// All files below the home but the config.
    fn files(&self) -> Vec<PathBuf> {
        let (mut found, mut left) = (Vec::new(), vec![self.home.path().to_owned()]);
        while let Some(directory) = left.pop() {
            for entry in std::fs::read_dir(directory).expect("our own directory").flatten() {
                let path = entry.path();
                if path.is_dir() {
                    left.push(path);
                } else if path != self.config {
                    found.push(path);
                }
            }
        }
        found
    }
}

/// Texts of others that are free: what is put behind them changes no meaning.
fn is_free(path: &str, names: &[&str]) -> bool {
    const FREE: [&str; 22] = [
        "annotations",
        "discoveredLabels",
        "lastError",
        "error",
        "comment",
        "createdBy",
        "notes",
        "scrapePool",
        "file",
        "description",
        "t",
        "maintenance-msg",
        "receivers",
        "warnings",
        "stream",
        "message",
        "notes-template",
        "schedule",
        "pool",
        "last-run-state",
        "health-message",
        "tags",
    ];
    // Of the labels of a series only those that name nothing.
    let is_label = names.iter().any(|name| *name == "labels" || *name == "metric")
        && names
            .last()
            .is_some_and(|name| ["severity", "summary", "site", "mountpoint", "version"].contains(name));
    let is_line = path.contains("query_range") && names.ends_with(&["values", "*", "1"]);
    is_label || is_line || names.iter().any(|name| FREE.contains(name))
}

/// Puts something nasty behind every free text.
fn poison(path: &str, names: &mut Vec<String>, json: &mut Value, nasty: &str) {
    match json {
        Value::Object(map) => {
            for (name, value) in map {
                names.push(name.clone());
                poison(path, names, value, nasty);
                names.pop();
            }
        }
        Value::Array(list) => {
            let is_pair = list.len() == 2 && names.last().is_some_and(|name| name == "*");
            for (at, value) in list.iter_mut().enumerate() {
                names.push(if is_pair { at.to_string() } else { "*".to_owned() });
                poison(path, names, value, nasty);
                names.pop();
            }
        }
        Value::String(text) => {
            let down: Vec<&str> = names.iter().map(String::as_str).collect();
            if is_free(path, &down) {
                text.push_str(nasty);
            }
        }
        _ => {}
    }
}

pub fn poisoned() -> Fault {
    let nasty = nasty();
    Fault::Changes(Arc::new(move |path, json| poison(path, &mut Vec::new(), json, &nasty)))
}

/// The first character that does not belong into a text for people or programs.
fn strange(text: &str) -> Option<String> {
    let (before, from) = text.split_at(text.find(|char| char != '\n' && !is_plain(char))?);
    let around: Vec<char> = before.chars().rev().take(80).collect();
    let around: String = around.into_iter().rev().collect();
    from.chars().next().map(|char| format!("U+{:04X} after {around:?}", u32::from(char)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_servers_say_is_harmless_in_every_output() {
    let house = House::start(Scenario::HostDown).await;
    house.set(&poisoned());
    let desk = Desk::new(&house.text(""));
    let mut marked = 0;
    for arguments in SAYS {
        for said in desk.run(arguments, &[]).await {
            assert_eq!(strange(&said), None, "{arguments:?}");
            // What is left of a title that somebody would set.
            marked += usize::from(said.contains("owned"));
        }
    }
    assert!(marked >= 8, "the text arrives, made harmless: in {marked} outputs");
    let coloured =
        ["shot", "--format", "ansi", "--size", "200x60", "--view", "alerts", "--keys", "<enter><wait>"];
    assert_eq!(foreign(desk.run(&coloured, &[]).await[0].as_bytes()), Ok(()));
    let [picture, _] = desk.run(&["shot", "--format", "svg", "--view", "alerts"], &[]).await;
    assert!(picture.contains("owned"), "{picture}");
    assert_eq!(strange(&picture), None);

    let file = desk.home.path().join("taken.wardroom");
    let file = file.to_str().expect("a plain path");
    desk.run(&["record", file, "--for", "2s"], &[]).await;
    let taken = unpacked(Path::new(file));
    assert!(taken.contains("owned"), "something was recorded");
    assert_eq!(strange(&taken), None, "in a recording");
    let [shown, complained] = desk.run(&["shot", "--replay", file, "--view", "alerts"], &[]).await;
    assert!(shown.contains("HostDown"), "{complained}");
    assert_eq!(strange(&shown), None, "played again");
}

fn unpacked(file: &Path) -> String {
    use std::io::Read as _;
    let mut text = String::new();
    let packed = std::fs::File::open(file).expect("the recording");
    flate2::read::MultiGzDecoder::new(packed).read_to_string(&mut text).expect("it is whole");
    text
}

/// Waits until the screen shows a text.
pub fn wait_for(pty: &Pty, text: &str) {
    let deadline = std::time::Instant::now() + Duration::from_mins(1);
    while !pty.screen().contains(text) {
        assert!(std::time::Instant::now() < deadline, "no {text:?} on\n{}", pty.screen());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_servers_say_is_harmless_on_a_real_terminal() {
    let house = House::start(Scenario::HostDown).await;
    house.set(&poisoned());
    // The bell is the program's own.
    let text = house.text("").replacen("[ui]\n", "[ui]\nnotify = \"off\"\n", 1);
    let desk = Desk::new(&text);
    let config = desk.config.to_str().expect("a plain path").to_owned();
    let home = desk.home.path().to_owned();
    let bytes = tokio::task::spawn_blocking(move || {
        let command = [PROGRAM, "--config", config.as_str()];
        let setup =
            Setup { command: &command, home: &home, size: (120, 40), env: &[], answers: Answers::Given };
        let mut pty = Pty::open(&setup);
        wait_for(&pty, "HostDown");
        // The detail of an alert, whichever stands first until all have answered, and then the other views.
        let detail = ("2/HostDown\r\r", "severity critical");
        for (keys, seen) in [detail, ("\u{1b}3", "10.0.0"), ("4", "filterlog"), ("5", "vm/102")] {
            pty.keys(keys);
            wait_for(&pty, seen);
        }
        pty.resize(60, 12);
        pty.resize(1, 1);
        pty.resize(200, 60);
        wait_for(&pty, "vm/102");
        pty.keys("q");
        let deadline = std::time::Instant::now() + Duration::from_mins(1);
        while pty.exit_code().is_none() {
            assert!(std::time::Instant::now() < deadline, "q leaves");
            std::thread::sleep(Duration::from_millis(50));
        }
        pty.bytes()
    });
    assert_eq!(foreign(&bytes.await.expect("no panic")), Ok(()));
}

/// What must be nowhere; each is longer than what is taken for no secret.
const PLANTED: [&str; 6] = [
    "canary-of-a-password",
    "canary-of-a-token-in-the-config",
    "canary-of-a-file",
    "canary-of-the-environment",
    "canary-of-a-program",
    "canary-of-a-header",
];

/// A program that writes down what it is given of the environment, and with which arguments it and whoever
/// started it run: everybody on the machine may see those.
fn telling(place: &Path, name: &str, says: &str) -> String {
    let program = place.join(name);
    let told = place.join("env");
    let script = format!(
        "#!/bin/sh\n{{ echo run as {name}; env; cat /proc/$$/cmdline /proc/$PPID/cmdline; }} >> {}\necho {says}\n",
        told.display()
    );
    std::fs::write(&program, script).expect("written");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).expect("it is ours");
    program.display().to_string()
}

/// The lab's config with a secret in every place that takes one.
pub fn planted(house: &House, place: &Path) -> String {
    let [password, token, of_file, _, of_program, of_header] = PLANTED;
    let file = place.join("token");
    std::fs::write(&file, of_file).expect("written");
    let (program, backup) = (telling(place, "program", of_program), telling(place, "backup", "$(date +%s)"));
    let url = |nth: usize| house.doors[nth].1.url.clone();
    format!(
        r#"[ui]
operator = "sam"
[sources.prometheus.home]
url = "{}"
username = "sam"
password = "{password}"
headers = {{ "X-Api-Key" = "{of_header}" }}
[sources.alertmanager.home]
url = "{}"
token = "{token}"
[sources.loki.home]
url = "{}"
token_file = "{}"
[sources.pbs.home]
url = "{}"
token_env = "CANARY"
[sources.pve.home]
url = "{}"
token_command = ["/bin/sh", "{program}"]
[sources.files.here]
item = [{{ name = "restic", command = ["{backup}"] }}]
[sources.probe.here]
item = [{{ name = "a program", command = ["{backup}"] }}]
"#,
        url(0),
        url(1),
        url(3),
        file.display(),
        url(4),
        url(5),
    )
}

/// A server that says back what it was told, in the words of an error.
pub fn echoing(kind: SourceKind) -> Fault {
    let [password, token, of_file, of_env, of_program, of_header] = PLANTED;
    let (status, told) = match kind {
        SourceKind::Prometheus => (200, format!("{of_header} {password} Basic {WIRE}")),
        SourceKind::Alertmanager => (400, token.to_owned()),
        SourceKind::Loki => (400, of_file.to_owned()),
        SourceKind::Pbs => (401, of_env.to_owned()),
        _ => (500, of_program.to_owned()),
    };
    let body = format!(r#"{{"status":"error","errorType":"auth","error":"{told}","message":"{told}"}}"#);
    Fault::Says(status, "application/json", body.into_bytes())
}

/// The password as it goes over the wire, behind its name.
const WIRE: &str = "c2FtOmNhbmFyeS1vZi1hLXBhc3N3b3Jk";

/// The secrets that stand in a text, as they are or as they go over the wire.
pub fn leaks(text: &str) -> Vec<&'static str> {
    PLANTED.into_iter().chain([WIRE]).filter(|secret| text.contains(secret)).collect()
}

#[rstest]
#[case::that_work(false)]
#[case::whose_servers_say_them_back(true)]
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn no_secret_is_in_any_output_log_or_file(#[case] is_echoed: bool) {
    let house = House::start(Scenario::HostDown).await;
    let place = tempfile::tempdir().expect("a directory");
    let desk = Desk::new(&planted(&house, place.path()));
    if is_echoed {
        for (kind, door) in &house.doors {
            door.set(echoing(*kind));
        }
    }
    let env = [("CANARY", PLANTED[3]), ("RUST_LOG", "trace"), ("RUST_BACKTRACE", "1")];
    let file = desk.home.path().join("taken.wardroom");
    let file = file.to_str().expect("a plain path");
    let (state, hook) =
        (place.path().join("state").display().to_string(), telling(place.path(), "hook", "well"));
    let more: [&[&str]; 5] = [
        &["record", file, "--for", "2s"],
        &["shot", "--replay", file],
        &["shot", "--format", "svg", "--size", "200x60"],
        &["shot", "--format", "ansi", "--size", "200x60"],
        &["check", "--on-change", &state, "--exec", &hook, "{text}"],
    ];
    for arguments in SAYS.iter().chain(&more) {
        for said in desk.run(arguments, &env).await {
            assert_eq!(leaks(&said), [""; 0], "{arguments:?}: {said}");
        }
    }
    assert_eq!(leaks(&unpacked(Path::new(file))), [""; 0], "in the recording");
    let (config, home) =
        (desk.config.to_str().expect("a plain path").to_owned(), desk.home.path().to_owned());
    let screens = tokio::task::spawn_blocking(move || {
        let command = [PROGRAM, "--config", config.as_str()];
        let mut pty = Pty::open(&Setup {
            command: &command,
            home: &home,
            size: (200, 60),
            env: &env,
            answers: Answers::Given,
        });
        wait_for(&pty, if is_echoed { "secret" } else { "HostDown" });
        for keys in ["v", "2", "3", "\t", "\r", "\u{3}"] {
            pty.keys(keys);
        }
        let deadline = std::time::Instant::now() + Duration::from_mins(1);
        while pty.exit_code().is_none() {
            assert!(std::time::Instant::now() < deadline, "q leaves");
            std::thread::sleep(Duration::from_millis(50));
        }
        String::from_utf8_lossy(&pty.bytes()).into_owned()
    });
    assert_eq!(leaks(&screens.await.expect("no panic")), [""; 0], "on the terminal");
    let mut logged = 0;
    for file in desk.files() {
        let bytes = std::fs::read(&file).expect("our own file");
        assert_eq!(leaks(&String::from_utf8_lossy(&bytes)), [""; 0], "{}", file.display());
        logged += usize::from(file.extension().is_some_and(|kind| kind == "log"));
        let mode = std::fs::metadata(&file).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "others may look at {}", file.display());
    }
    assert!(logged > 0, "there is a log of everything: {:?}", desk.files());
    let given = std::fs::read(place.path().join("env")).expect("the program for the token ran");
    let given = String::from_utf8_lossy(&given);
    assert!(given.contains("wardroom"), "whoever started it is in it: {given:?}");
    for name in ["program", "backup", "hook"] {
        assert!(given.contains(&format!("run as {name}")), "{name} ran: {given:?}");
    }
    assert_eq!(leaks(&given), [""; 0], "in the environment or the arguments of a child, or in ours");
}
