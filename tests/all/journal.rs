//! The journal: nothing that was acknowledged is lost, whoever is killed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::Utc;
use wardroom::clock::Clock;
use wardroom::domain::deed::{Deed, Receipt, What};
use wardroom::domain::feed::{Failure, FailureKind, SourceId, SourceKind};
use wardroom::domain::run::{End, Order};
use wardroom::journal::{Entry, Event, Journal, Kept, told};
use wardroom::mask::Mask;
use wardroom::runtime::Pen;

fn began(run: &str, text: &str) -> Entry {
    let order = Order {
        operator: "sam".into(),
        text: text.to_owned(),
        argv: vec!["bash".into(), "-c".into(), text.to_owned()],
        values: vec![("VMID".into(), "102".into(), "label".into())],
        level: "L1".into(),
        how: "y".into(),
        host: "pve".into(),
        ..Order::default()
    };
    Entry::began(run, &order, &Mask::new(["correct-horse"]), Utc::now())
}

#[test]
fn what_is_added_is_there_private_and_without_secrets() {
    let directory = tempfile::tempdir().expect("a directory");
    let home = directory.path().join("journal");
    let mut journal = Journal::new(&home, None);
    assert_eq!(
        journal.add(began("1", "mysql --password correct-horse; curl -H 'Authorization: Basic abc'")),
        Kept::Home
    );
    let end = End { exit: Some(0), took: Duration::from_secs(2), ..End::refused("") };
    assert_eq!(journal.add(Entry::ended("1", &end, vec!["last".into()], Utc::now())), Kept::Home);
    let (entries, strange) = journal.read().expect("it is read");
    assert_eq!((entries.len(), strange), (2, 0));
    let text = fs::read_to_string(home.join("journal.jsonl")).expect("the file");
    assert!(!text.contains("correct-horse") && !text.contains("Basic abc"), "{text}");
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!((mode(&home), mode(&home.join("journal.jsonl"))), (0o700, 0o600));
}

#[test]
fn half_a_line_spoils_no_other_and_old_lines_are_read() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("journal.jsonl");
    let old = r#"{"at":"2025-11-06T02:00:03Z","run":"0","event":"began","operator":"sam","title":"t","host":"h","provenance":"local","template":"x","values":[],"final":"x","argv":[],"sha256":"","level":"L0","confirmed":"enter"}"#;
    fs::write(&file, format!("{old}\n{{\"schema\":2,\"at\":\"2025-")).expect("written");
    let mut journal = Journal::new(directory.path(), None);
    assert_eq!(journal.add(began("1", "uptime")), Kept::Home);
    let (entries, strange) = journal.read().expect("it is read");
    assert_eq!((entries.len(), strange), (2, 1));
    assert_eq!(entries.first().map(|entry| entry.schema), Some(1));
}

#[test]
fn what_cannot_be_written_waits_and_is_said() {
    let directory = tempfile::tempdir().expect("a directory");
    let home = directory.path().join("journal");
    fs::write(&home, "a file where a directory should be").expect("written");
    let mut journal = Journal::new(&home, None);
    assert!(journal.try_home().is_err());
    assert!(matches!(journal.add(began("1", "a")), Kept::Memory(why) if why.contains("journal")));
    let refuge = directory.path().join("refuge");
    let mut other = Journal::new(&home, Some(refuge.clone()));
    assert!(matches!(other.add(began("2", "b")), Kept::Refuge(place, _) if place == refuge));
    fs::remove_file(&home).expect("room again");
    assert_eq!(journal.add(began("3", "c")), Kept::Home);
    let runs: Vec<String> =
        journal.read().expect("it is read").0.into_iter().map(|entry| entry.run).collect();
    assert_eq!(runs, ["1", "3"], "what waited went first");
}

/// Lines of one entry each, of so many bytes together.
fn lines(run: &str, bytes: usize) -> String {
    let line = serde_json::to_string(&began(run, &"x".repeat(1_000))).expect("JSON") + "\n";
    line.repeat(bytes / line.len() + 1)
}

#[test]
fn a_long_journal_is_put_aside_and_nothing_is_lost() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("journal.jsonl");
    let mut expected = 0;
    for round in 1..=3 {
        // Made once: the time in it is now longer, now shorter.
        let longer = lines("old", 9 << 20);
        expected += longer.lines().count();
        fs::write(&file, fs::read_to_string(&file).unwrap_or_default() + &longer).expect("written");
        let mut journal = Journal::new(directory.path(), None);
        assert_eq!(journal.add(began(&format!("new {round}"), "uptime")), Kept::Home);
        expected += 1;
        let (all, strange) = journal.read().expect("it is read");
        assert_eq!((all.len(), strange), (expected, 0), "round {round}");
        assert_eq!(all.last().map(|entry| entry.run.clone()), Some(format!("new {round}")));
        let (newest, _) = journal.newest().expect("it is read");
        assert!(newest.len() * round <= expected + round, "{} of {expected}", newest.len());
        assert_eq!(newest.last(), all.last());
        let aside = directory.path().join(format!("journal-{round:06}.jsonl"));
        let mode = fs::metadata(&aside).expect("it was put aside").permissions().mode();
        assert_eq!(mode & 0o777, 0o600 & mode, "{mode:o}");
        assert_eq!(fs::read_to_string(&file).expect("a new one").lines().count(), 1);
    }
}

#[test]
fn two_who_put_it_aside_at_once_lose_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let before = lines("old", (8 << 20) - 100_000);
    fs::write(directory.path().join("journal.jsonl"), &before).expect("written");
    std::thread::scope(|scope| {
        for name in ["a", "b"] {
            let place = directory.path();
            scope.spawn(move || {
                for number in 0..100 {
                    let mut journal = Journal::new(place, None);
                    let entry = began(&format!("{name}{number}"), &"y".repeat(3_000));
                    assert_eq!(journal.add(entry), Kept::Home);
                }
            });
        }
    });
    let (all, strange) = Journal::new(directory.path(), None).read().expect("it is read");
    assert_eq!((all.len(), strange), (before.lines().count() + 200, 0));
    assert!(directory.path().join("journal-000001.jsonl").exists(), "it was put aside");
    assert!(!directory.path().join("journal-000002.jsonl").exists(), "once");
}

fn pen(journal: Option<Journal>) -> Pen {
    Pen {
        journal: journal.map(|journal| Arc::new(Mutex::new(journal))),
        clock: Clock::system(),
        operator: "sam".to_owned(),
    }
}

fn expire() -> Deed {
    Deed { source: SourceId::new(SourceKind::Alertmanager, "main"), what: What::Expire { id: "6a2b".into() } }
}

#[tokio::test]
async fn what_is_done_on_a_server_is_written_down_before_and_after() {
    let directory = tempfile::tempdir().expect("a directory");
    let home = directory.path().join("journal");
    let read = || told(&Journal::new(&home, None).read().expect("it is read").0);
    let work = async {
        let [only] = read().try_into().expect("it is written down before it is done");
        assert_eq!((only.end.is_none(), only.host.as_str()), (true, "alertmanager.main"));
        Ok(Receipt { id: "6a2b".into() })
    };
    let done = pen(Some(Journal::new(&home, None))).record(1, &expire(), work).await;
    assert!(done.is_ok());
    let failure = Failure { kind: FailureKind::Other, short: "no".into(), text: "it refused".into() };
    let failed = pen(Some(Journal::new(&home, None))).record(2, &expire(), async { Err(failure) }).await;
    assert!(failed.is_err());
    let all = read();
    assert_eq!(all.len(), 2);
    assert_eq!((all[0].is_well(), all[0].operator.as_str(), all[0].level.as_str()), (true, "sam", "L1"));
    assert!(all[0].text.contains("6a2b") && all[0].last == ["6a2b"], "{:?}", all[0]);
    assert_eq!((all[1].is_well(), all[1].trouble.as_deref()), (false, Some("it refused")));
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_done_on_a_server() {
    let directory = tempfile::tempdir().expect("a directory");
    let home = directory.path().join("journal");
    fs::write(&home, "a file, no directory").expect("written");
    let work = async { panic!("it is not even tried") };
    let done = pen(Some(Journal::new(&home, None))).record(1, &expire(), work).await;
    assert!(done.expect_err("it is refused").text.contains("it cannot be written down"));
    let done = pen(None).record(1, &expire(), async { Ok(Receipt { id: "x".into() }) }).await;
    assert!(done.is_ok(), "the demo lab keeps nothing");
}

/// What a helper process of these tests is told by.
const WRITER: &str = "WARDROOM_TEST_JOURNAL";

/// No test of its own: a process that writes until it is killed, and says each number after it was
/// acknowledged.
#[test]
fn writer() {
    let Some(told) = std::env::var_os(WRITER) else { return };
    let told = told.into_string().expect("text");
    let (name, directory) = told.split_once(':').expect("a name and a directory");
    let mut journal = Journal::new(directory, None);
    for number in 0..100_000 {
        assert_eq!(journal.add(began(&format!("{name}{number}"), &"x".repeat(3_000))), Kept::Home);
        fs::write(Path::new(directory).join(name), number.to_string()).expect("said");
    }
}

#[test]
fn two_writers_and_a_kill_lose_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    for round in 0..3 {
        let writers: Vec<_> = ["a", "b"]
            .iter()
            .map(|name| {
                let name = format!("{name}{round}-");
                let mut writer = Command::new(std::env::current_exe().expect("this program"));
                writer.args(["journal::writer", "--exact"]).stdout(Stdio::null()).stderr(Stdio::null());
                writer.env(WRITER, format!("{name}:{}", directory.path().display()));
                (name, writer.spawn().expect("a writer"))
            })
            .collect();
        let said = |name: &str| {
            let text = fs::read_to_string(directory.path().join(name)).unwrap_or_default();
            text.parse::<usize>().ok()
        };
        let deadline = std::time::Instant::now() + Duration::from_mins(1);
        while writers.iter().any(|(name, _)| said(name).is_none_or(|count| count < 20)) {
            assert!(std::time::Instant::now() < deadline, "the writers write");
            std::thread::sleep(Duration::from_millis(5));
        }
        for (_, mut writer) in writers {
            writer.kill().expect("killed");
            writer.wait().expect("it is gone");
        }
        let (entries, strange) = Journal::new(directory.path(), None).read().expect("it is read");
        assert!(strange <= 2 * (round + 1), "{strange}");
        for name in ["a", "b"] {
            let name = format!("{name}{round}-");
            let Some(count) = said(&name) else { continue };
            for number in 0..=count {
                let run = format!("{name}{number}");
                assert!(entries.iter().any(|entry| entry.run == run), "{run} is lost");
            }
        }
        assert!(
            entries
                .iter()
                .all(|entry| matches!(&entry.event, Event::Began(began) if began.text.len() == 3_000))
        );
    }
}

/// Numbers that look like chance and are the same every time.
struct Dice(u64);

impl Dice {
    /// One below `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

#[test]
fn a_kill_at_any_moment_loses_nothing_that_was_acknowledged() {
    const ROUNDS: usize = 40;
    let directory = tempfile::tempdir().expect("a directory");
    let mut dice = Dice(7);
    let mut acknowledged = 0;
    for round in 0..ROUNDS {
        let name = format!("k{round}-");
        let mut writer = Command::new(std::env::current_exe().expect("this program"));
        writer.args(["journal::writer", "--exact"]).stdout(Stdio::null()).stderr(Stdio::null());
        writer.env(WRITER, format!("{name}:{}", directory.path().display()));
        let mut writer = writer.spawn().expect("a writer");
        let said = || {
            let text = fs::read_to_string(directory.path().join(&name)).unwrap_or_default();
            text.parse::<usize>().ok()
        };
        // Every fourth is killed at some moment of its start, the others when they write.
        let deadline = std::time::Instant::now() + Duration::from_mins(1);
        while round % 4 != 0 && said().is_none() {
            assert!(std::time::Instant::now() < deadline, "the writer writes");
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_micros(dice.below(8_000)));
        writer.kill().expect("killed");
        writer.wait().expect("it is gone");
        let mut journal = Journal::new(directory.path(), None);
        let (entries, strange) = journal.read().expect("it is read");
        assert!(strange <= round + 1, "at most what was being written is broken: {strange} in {round}");
        let there: std::collections::BTreeSet<&str> = entries.iter().map(|entry| &*entry.run).collect();
        if let Some(count) = said() {
            acknowledged += count + 1;
            for number in 0..=count {
                assert!(there.contains(&*format!("{name}{number}")), "{name}{number} of {count} is lost");
            }
        }
        assert_eq!(journal.add(began(&format!("after{round}"), "uptime")), Kept::Home, "it goes on");
    }
    let (entries, _) = Journal::new(directory.path(), None).read().expect("it is read");
    let after = entries.iter().filter(|entry| entry.run.starts_with("after")).count();
    assert_eq!(after, ROUNDS, "what followed a broken line is whole");
    assert!(acknowledged >= ROUNDS / 2, "{acknowledged} were acknowledged in all");
}

#[test]
fn a_line_that_was_cut_anywhere_spoils_no_other() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut journal = Journal::new(directory.path(), None);
    for run in ["1", "2"] {
        assert_eq!(journal.add(began(run, "printf 'é ü'")), Kept::Home);
    }
    let file = directory.path().join("journal.jsonl");
    let whole = fs::read(&file).expect("the file");
    let first = whole.iter().position(|byte| *byte == b'\n').expect("a line") + 1;
    for cut in first..whole.len() {
        fs::write(&file, whole.get(..cut).expect("a part")).expect("cut");
        // The last line is whole without its end, or it is none.
        let is_whole = cut == whole.len() - 1;
        let left = usize::from(is_whole);
        let (entries, strange) = journal.read().expect("it is read");
        assert_eq!((entries.len(), strange), (1 + left, usize::from(!is_whole && cut > first)), "{cut}");
        assert_eq!(journal.add(began("3", "uptime")), Kept::Home);
        let (entries, _) = journal.read().expect("it is read");
        let runs: Vec<&str> = entries.iter().map(|entry| &*entry.run).collect();
        assert_eq!((runs.first(), runs.last(), runs.len()), (Some(&"1"), Some(&"3"), 2 + left), "{cut}");
    }
}

#[test]
fn the_command_tells_what_was_run() {
    let state = tempfile::tempdir().expect("a directory");
    let home = state.path().join("wardroom/journal");
    let mut journal = Journal::new(&home, None);
    journal.add(began("1", "systemctl restart x"));
    let end = End { exit: Some(3), took: Duration::from_secs(2), ..End::refused("it broke") };
    journal.add(Entry::ended("1", &end, vec!["last".into()], Utc::now()));
    journal.add(began("2", "uptime"));
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wardroom"));
        let output = command.arg("journal").args(more).env("XDG_STATE_HOME", state.path()).output();
        let output = output.expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    let text = run(&[]);
    for words in
        ["on pve", "L1 (y)", "exit 3 in 2", "systemctl restart x", "! it broke", "no end is written down"]
    {
        assert!(text.contains(words), "{words:?} is not in\n{text}");
    }
    let told: serde_json::Value = serde_json::from_str(&run(&["--format", "json"])).expect("JSON");
    let schema = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas/journal.json"));
    let schema = serde_json::from_str(&schema.expect("the schema")).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    assert_eq!(
        schema.iter_errors(&told).map(|error| error.to_string()).collect::<Vec<_>>(),
        Vec::<String>::new()
    );
}
