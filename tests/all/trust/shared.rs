//! Dashboards at one state directory at once, one of them killed: nothing that was acknowledged is lost, no
//! file is half of anything, no line stands within another, and all of it is its owner's alone.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use wardroom::border::Msg;
use wardroom::demo::Scenario;
use wardroom::domain::backup::GroupId;
use wardroom::domain::bookmark::Bookmark;
use wardroom::domain::clocks::Clock;
use wardroom::domain::digest::Looked;
use wardroom::domain::drill::Drill;
use wardroom::domain::exercise::Exercised;
use wardroom::domain::feed::{Feed, SourceId, SourceKind};
use wardroom::domain::routine::{Cadence, Done};
use wardroom::domain::run::Order;
use wardroom::domain::slo::Window;
use wardroom::domain::store::Expected;
use wardroom::incident;
use wardroom::journal::{self, Journal, Kept};
use wardroom::mask::Mask;
use wardroom::runtime::{Latest, latest};
use wardroom::state::{self, Place, Room};

use super::house::House;
use super::outputs::wait_for;
use super::pty::Pty;
use super::quick::{dashboard_at, keep, leave};

/// What a helper process of these tests is told by: its name, where it acknowledges, the state directory.
const WRITER: &str = "WARDROOM_TEST_STATE";

/// So many names of its own a writer gives.
const NAMES: usize = 150;

/// When a number was written: a time of its own for each.
fn moment(number: usize) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(i64::try_from(number).expect("a small number"))
}

fn expected() -> Vec<Expected> {
    let id = SourceId::new(SourceKind::Prometheus, "main");
    vec![Expected { id, site: "".into(), feeds: Vec::new(), tails: Vec::new() }]
}

/// Where the last looks are kept here.
fn last(root: &Path) -> PathBuf {
    root.join("last-1.wardroom")
}

/// Writes one of everything that a dashboard keeps, marked with a name and a number.
fn write_all(root: &Path, name: &str, number: usize) -> io::Result<()> {
    let (at, mark) = (moment(number), format!("{name}-{number}."));
    let source = SourceId::new(SourceKind::Pbs, "main");
    let group = GroupId { datastore: "main".into(), namespace: "".into(), kind: "vm".into(), id: "1".into() };
    let (by, note): (std::sync::Arc<str>, std::sync::Arc<str>) = ("kim".into(), mark.as_str().into());
    state::keep_drill(
        root,
        &Drill { source: source.clone(), group, at, by: by.clone(), took: None, note: note.clone() },
    )?;
    let done = Exercised { scenario: note.clone(), at, by: by.clone(), score: 1, took: [None; 3] };
    state::keep_exercise(root, &done)?;
    state::keep_routine(root, &Done { routine: Cadence::Daily, at, by, note, lines: Vec::new() })?;
    state::keep_query(root, &mark)?;
    state::keep_clocks(root, &[Clock { fingerprint: mark.as_str().into(), since: at, seen: at }])?;
    state::keep_maintained(root, Window { from: at, to: at + TimeDelta::minutes(1) })?;
    state::keep_looked(root, &Looked { from: at, at })?;
    state::keep_recent(root, &["wrap".to_owned(), mark.clone()])?;
    if number < NAMES {
        let place = Bookmark { name: mark.clone(), view: "alerts".into(), ..Bookmark::default() };
        state::keep_bookmark(root, place)?;
    }
    let event = incident::Event::Noted { line: None, text: mark.clone() };
    let incident = "20261122-hostdown".to_owned();
    let entry = incident::Entry { schema: incident::SCHEMA, incident, at, by: "kim".into(), event };
    let records = Room::own(&Place::at(root));
    state::record(&records, &[entry], "kim")?;
    state::report(&records, "20261122-hostdown", &format!("# {}\n", "report ".repeat(500)))?;
    state::accept(&Place::at(root), &root.join("book.md"), mark.as_bytes(), at)?;
    let order = Order { text: mark.clone(), host: "pve".into(), ..Order::default() };
    let began = journal::Entry::began(&mark, &order, &Mask::new([""; 0]), at);
    if Journal::new(root.join("journal"), None).add(began) != Kept::Home {
        return Err(io::Error::other("not in the journal"));
    }
    let latest = Latest::start(last(root), expected())?;
    let source = SourceId::new(SourceKind::Prometheus, "main");
    latest.take(&Msg::Observed { source, feed: Feed::Targets, result: Ok(Vec::new()), took: 0.1 }, at);
    latest.end();
    Ok(())
}

/// No test of its own: a process that writes until it is killed, and says each number after all of it was
/// acknowledged.
#[test]
fn writer() {
    let Some(told) = std::env::var_os(WRITER) else { return };
    let told = told.into_string().expect("text");
    let mut told = told.splitn(3, ':');
    let mut next = || told.next().expect("a name, a file, and a directory");
    let (name, said, root) = (next(), next(), next());
    for number in 0..100_000 {
        write_all(Path::new(root), name, number).expect("written");
        // Whole or not at all: who looks must not take half a number for a smaller one.
        let fresh = format!("{said}.new");
        fs::write(&fresh, number.to_string()).and_then(|()| fs::rename(&fresh, said)).expect("said");
    }
}

/// A writer that runs.
struct Writer {
    name: String,
    said: PathBuf,
    child: Child,
}

impl Writer {
    fn start(name: &str, place: &Path, root: &Path) -> Self {
        let said = place.join(format!("said-{name}"));
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args(["trust::shared::writer", "--exact"]).stdout(Stdio::null()).stderr(Stdio::null());
        command.env(WRITER, format!("{name}:{}:{}", said.display(), root.display()));
        Self { name: name.to_owned(), said, child: command.spawn().expect("a writer") }
    }

    /// So many numbers were acknowledged.
    fn acknowledged(&self) -> usize {
        let said = fs::read_to_string(&self.said).ok();
        said.map_or(0, |text| text.parse::<usize>().expect("a number") + 1)
    }

    fn wait_for(&self, count: usize) {
        let deadline = Instant::now() + Duration::from_mins(2);
        while self.acknowledged() < count {
            assert!(Instant::now() < deadline, "{} of {count} by {}", self.acknowledged(), self.name);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Kills it in the middle of whatever it does; what it had acknowledged by then.
    fn kill(mut self) -> (String, usize) {
        self.child.kill().expect("killed");
        self.child.wait().expect("it is gone");
        (self.name.clone(), self.acknowledged())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The files below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(directory).expect("our own directory").flatten().map(|entry| entry.path());
    all.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Holds that every file is its owner's alone, every line of it one thing, and no more lines are cut than
/// writers were killed.
fn are_whole(root: &Path, killed: usize) {
    for file in files(root) {
        let (name, bytes) = (file.display(), fs::read(&file).expect("our own file"));
        let mode = fs::metadata(&file).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "others may look at {name}");
        match file.extension().and_then(|kind| kind.to_str()) {
            Some("jsonl") => {
                let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
                let cut = lines.filter(|line| serde_json::from_slice::<Value>(line).is_err()).count();
                assert!(cut <= killed, "{cut} lines of {name} are cut, {killed} writers were killed");
            }
            Some("json") => {
                serde_json::from_slice::<Value>(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            }
            // What the killed had begun, and nobody reads; a log in which nothing had to be said.
            Some("new" | "log") => {}
            _ => assert!(!bytes.is_empty(), "{name} is empty"),
        }
    }
    let unfinished =
        files(root).iter().filter(|file| file.extension().is_some_and(|kind| kind == "new")).count();
    assert!(unfinished <= killed, "{unfinished} unfinished files, {killed} writers were killed");
}

/// Holds that what was acknowledged is there, each in the file where it belongs.
fn are_there(root: &Path, all: &[(String, usize)]) {
    const FILES: [&str; 9] = [
        "drills.jsonl",
        "exercises.jsonl",
        "routines.jsonl",
        "history.jsonl",
        "clocks.jsonl",
        "bookmarks.jsonl",
        "trust.jsonl",
        "incidents/20261122-hostdown.jsonl",
        "journal/journal.jsonl",
    ];
    for file in FILES {
        let text = fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        for (name, count) in all {
            let most = if file == "bookmarks.jsonl" { (*count).min(NAMES) } else { *count };
            // What is trusted is written by the digest of its bytes.
            let mark = |number: usize| match file {
                "trust.jsonl" => wardroom::runbooks::sha256(format!("{name}-{number}.").as_bytes()),
                _ => format!("{name}-{number}."),
            };
            let lost = (0..most).find(|number| !text.contains(&mark(*number)));
            assert_eq!(lost, None, "{name} of {most} is lost in {file}");
        }
    }
    let most = all.iter().map(|(_, count)| *count).max().unwrap_or_default();
    let times = state::maintained(root);
    assert!((0..most).all(|number| times.iter().any(|time| time.from == moment(number))), "{times:?}");
    assert!(state::looked(root).is_some() && !state::recent(root).is_empty());
    assert_eq!(latest(&last(root), &expected(), moment(most + 1)).len(), 1, "the last look");
    let report = fs::read_to_string(root.join("incidents/20261122-hostdown.md")).expect("the report");
    assert!(report.starts_with("# report") && report.ends_with(" \n"), "whole: {report:?}");
}

#[test]
fn two_writers_of_everything_and_a_kill_lose_nothing() {
    let place = tempfile::tempdir().expect("a directory");
    let root = place.path().join("state");
    fs::create_dir(&root).expect("a directory");
    fs::write(root.join("book.md"), "# Book\n").expect("a runbook");
    fs::set_permissions(root.join("book.md"), fs::Permissions::from_mode(0o600)).expect("ours");
    let mut told = Vec::new();
    let mut stays = Writer::start("stays", place.path(), &root);
    for round in 0..4 {
        let goes = Writer::start(&format!("goes{round}"), place.path(), &root);
        goes.wait_for(5 + round);
        told.push(goes.kill());
        // Who is left is neither held up nor spoilt.
        stays.wait_for(stays.acknowledged() + 3);
        let so_far: Vec<_> =
            told.iter().cloned().chain([(stays.name.clone(), stays.acknowledged())]).collect();
        are_there(&root, &so_far);
    }
    // The next begins where the last was killed.
    let next = Writer::start("next", place.path(), &root);
    told.push(std::mem::replace(&mut stays, next).kill());
    stays.wait_for(3);
    told.push(stays.kill());
    are_whole(&root, told.len());
    are_there(&root, &told);
}

/// Notes at the first backup that it was recovered, in these words.
pub fn note(pty: &Pty, words: &str) {
    pty.keys("5");
    wait_for(pty, "Datastores");
    wait_for(pty, "ct/200");
    pty.keys("x");
    wait_for(pty, "note that a restore was tried");
    // What stands before it depends on what of the server is known by then.
    let screen = pty.screen();
    let row = |text: &str| screen.lines().position(|line| line.contains(text)).expect("it is on");
    let below = row("note that a restore was tried") - row("Actions on") - 1;
    pty.keys(&format!("{}\r", "j".repeat(below)));
    wait_for(pty, "A backup counts as recoverable");
    pty.keys(&format!("\t{words}\r"));
    wait_for(pty, "noted: a restore was tried");
}

/// Gives the place where one is a name.
fn name(pty: &Pty, name: &str) {
    pty.keys(&format!(":keep {name}\r"));
    wait_for(pty, &format!("`go {name}`"));
}

/// Waits until a file holds so many lines.
fn wait_for_lines(file: &Path, count: usize) -> String {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let text = fs::read_to_string(file).unwrap_or_default();
        if text.lines().count() >= count {
            return text;
        }
        assert!(Instant::now() < deadline, "{count} lines in {}: {text}", file.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn dashboards_share_the_state_directory_without_damage() {
    let house = House::start(Scenario::Calm).await;
    let text = house.text("timeout = \"60s\"");
    let home = tempfile::Builder::new().prefix("wardroom-home-").tempdir().expect("a home directory");
    let root = home.path().join(".local/state/wardroom");
    let (place, state) = (home.path().to_owned(), root.clone());
    let working = tokio::task::spawn_blocking(move || {
        keep(&place, &text);
        let (drills, bookmarks) = (state.join("drills.jsonl"), state.join("bookmarks.jsonl"));
        let mut all: Vec<Pty> = (0..3).map(|_| dashboard_at(&place)).collect();
        for (number, pty) in all.iter().enumerate() {
            wait_for(pty, "Backups");
            note(pty, &format!("booted as vm 90{number}"));
            name(pty, &format!("place{number}"));
        }
        wait_for_lines(&drills, 3);
        wait_for_lines(&bookmarks, 3);
        let killed = all.pop().expect("three");
        let pid = Pid::from_raw(killed.pid().cast_signed()).expect("a process");
        kill_process(pid, Signal::KILL).expect("it runs");
        // The others go on.
        for (number, pty) in all.iter().enumerate() {
            note(pty, &format!("booted again as vm 91{number}"));
            name(pty, &format!("another{number}"));
        }
        let told = wait_for_lines(&drills, 5) + &wait_for_lines(&bookmarks, 5);
        all.into_iter().for_each(leave);
        told
    });
    let told = working.await.expect("no panic");
    for words in [
        "vm 900", "vm 901", "vm 902", "vm 910", "vm 911", "place0", "place1", "place2", "another0",
        "another1",
    ] {
        assert!(told.contains(words), "{words} is lost: {told}");
    }
    assert!(files(&root).len() > 2, "{:?}", files(&root));
    are_whole(&root, 0);
}
