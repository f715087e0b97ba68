//! What goes wrong with files and programs that are backups: each is told for what it is, in time, and
//! spoils none of the others.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use chrono::Utc;
use wardroom::domain::archive::Archive;
use wardroom::domain::backup::Expectation;
use wardroom::domain::feed::SourceKind;
use wardroom::domain::observation::Observation;
use wardroom::text::is_plain;

use crate::sources::replay::{look, source};

/// So long a program may take here.
const PATIENCE: Duration = Duration::from_secs(3);

fn told(archive: &Archive) -> String {
    let found = archive.assess(Expectation::default(), true, Utc::now());
    format!("{}: {}", found.state, found.reason)
}

/// Looks at items, each with its keys; what is told of each, by its name.
async fn seen(head: &str, items: &[(&str, String)]) -> Vec<(String, String)> {
    let mut keys = format!("timeout = \"{}s\"\n{head}", PATIENCE.as_secs());
    for (name, item) in items {
        let _written = writeln!(keys, "[[item]]\nname = {name:?}\n{item}");
    }
    let source = source(SourceKind::Files, &keys);
    let mut all = Vec::new();
    for plan in source.feeds() {
        let began = Instant::now();
        match look(&*source, plan.feed).await.expect("the look itself goes well") {
            Observation::Files(seen) | Observation::Programs(seen) => all.extend(seen.iter().cloned()),
            other => panic!("{other:?}"),
        }
        assert!(began.elapsed() < PATIENCE * 5, "{:?}", began.elapsed());
    }
    all.iter().map(|archive| (archive.group.id.id.to_string(), told(archive))).collect()
}

/// Holds what is told to what is expected, and to what holds for all of it.
fn expect(seen: &[(String, String)], expected: &[(&str, &str)]) {
    assert_eq!(seen.len(), expected.len());
    for (name, words) in expected {
        let (_, told) = seen.iter().find(|(have, _)| have == name).expect("each item is told of");
        assert!(told.contains(words), "{name}: {told:?}, not {words:?}");
        assert!(told.chars().all(is_plain) && told.chars().count() < 300, "{name}: {told:?}");
    }
}

fn set_time(file: &Path, at: SystemTime) {
    let file = fs::File::options().write(true).open(file).expect("it is there");
    file.set_modified(at).expect("dated");
}

#[tokio::test]
async fn what_is_wrong_with_files_is_told() {
    let place = tempfile::tempdir().expect("a directory");
    let at = |name: &str| place.path().join(name);
    let dir = |name: &str| {
        fs::create_dir(at(name)).expect("made");
        at(name)
    };
    fs::write(dir("good").join("a.tgz"), "x").expect("written");
    fs::write(at("no-directory"), "x").expect("written");
    symlink(at("round"), at("round")).expect("a link");
    symlink("/nowhere/at/all", dir("dangling").join("a.tgz")).expect("a link");
    fs::write(dir("empty").join("a.tgz"), "").expect("written");
    set_time(&at("empty/a.tgz"), SystemTime::now() - Duration::from_hours(2));
    let strange = OsStr::from_bytes(b"\xff\xfe\x1b[2J\x9b31m\n.tgz");
    fs::write(dir("strange").join(strange), "x").expect("written");
    fs::write(dir("future").join("a.tgz"), "x").expect("written");
    set_time(&at("future/a.tgz"), SystemTime::now() + Duration::from_hours(24));
    fs::write(dir("ancient").join("a.tgz"), "x").expect("written");
    set_time(&at("ancient/a.tgz"), SystemTime::UNIX_EPOCH);
    let sparse = fs::File::create(dir("sparse").join("a.tgz")).expect("made");
    sparse.set_len(1 << 40).expect("a terabyte of nothing");
    let crowd = dir("crowd");
    for number in 0..20_001 {
        symlink("x", crowd.join(number.to_string())).expect("a link");
    }
    let pipe = dir("pipe").join("a.tgz");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo runs").success());

    let names = [
        "good",
        "missing",
        "no-directory",
        "round",
        "dangling",
        "empty",
        "strange",
        "future",
        "ancient",
        "sparse",
        "crowd",
        "pipe",
    ];
    let items = names.map(|name| (name, format!("files = [\"{}/*\"]", at(name).display())));
    expect(
        &seen("", &items).await,
        &[
            ("good", "ok: "),
            ("missing", "late: no finished backup"),
            ("no-directory", "late: no finished backup"),
            ("round", "unknown: not readable: "),
            ("dangling", "late: no finished backup"),
            ("empty", "late: no finished backup"),
            ("strange", "ok: "),
            ("future", "in the future: clock skew"),
            ("ancient", "late: no backup for"),
            ("sparse", "ok: "),
            ("crowd", "more than 20000 entries"),
            ("pipe", "late: no finished backup"),
        ],
    );
}

/// Nobody but root may do everything, and for root there is nothing to be told.
#[tokio::test]
async fn a_directory_that_may_not_be_read_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = tempfile::tempdir().expect("a directory");
    let closed = place.path().join("closed");
    fs::create_dir(&closed).expect("made");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).expect("ours");
    let is_root = rustix::process::getuid().is_root();
    let words = if is_root { "late: no finished backup" } else { "unknown: not readable: " };
    let items = [("closed", format!("files = [\"{}/*\"]", closed.display()))];
    expect(&seen("", &items).await, &[("closed", words)]);
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).expect("ours");
}

#[tokio::test]
async fn what_is_wrong_with_programs_is_told() {
    let shell = |script: &str| format!("command = [\"sh\", \"-c\", {script:?}]");
    let now = Utc::now().timestamp();
    expect(
        &seen(
            "",
            &[
                ("good", shell(&format!("echo {now}"))),
                ("none", "command = [\"/nonexistent/program\"]".to_owned()),
                ("a directory", "command = [\"/tmp\"]".to_owned()),
                ("hangs", "command = [\"sleep\", \"600\"]".to_owned()),
                ("endless", "command = [\"yes\"]".to_owned()),
                ("no text", shell("printf '\\377\\376\\033[2J\\233'")),
                ("complains", shell("printf '\\377\\033]0;owned\\007no lock' >&2; exit 3")),
                ("killed", shell("kill -9 $$")),
                ("asks", "command = [\"cat\"]".to_owned()),
                ("leaves a child", shell(&format!("sleep 20 & echo {now}"))),
                ("no repository", "git = \"/tmp\"".to_owned()),
                ("nowhere", "git = \"/nonexistent\"".to_owned()),
            ],
        )
        .await,
        &[
            ("good", "ok: "),
            ("none", "cannot run /nonexistent/program"),
            ("a directory", "cannot run /tmp"),
            ("hangs", "sleep took over 3 s"),
            ("endless", "unknown: not readable: "),
            ("no text", "it prints no time"),
            ("complains", "no lock"),
            ("killed", "signal: 9"),
            ("asks", "it prints no time"),
            ("leaves a child", "took over 3 s"),
            ("no repository", "not a git repository"),
            ("nowhere", "unknown: not readable: "),
        ],
    );
}

/// A program in the place of ssh does to the look what a host and a network would.
#[tokio::test]
async fn what_is_wrong_with_another_host_is_told() {
    let place = tempfile::tempdir().expect("a directory");
    let ssh = place.path().join("ssh");
    let script = "#!/bin/sh\ncase $1 in\n\
        away) echo 'ssh: connect to host away: \\033]0;owned\\007 No route to host' >&2; exit 255;;\n\
        hangs) exec sleep 600;;\n\
        endless) exec yes;;\n\
        strange) printf '\\377\\376\\033[2J nothing of what was asked\\n';;\n\
        silent) exit 0;;\n\
        killed) kill -9 $$;;\n\
        esac\n";
    fs::write(&ssh, script).expect("written");
    let head = format!("ssh = [\"sh\", \"{}\"]\n", ssh.display());
    let names = ["away", "hangs", "endless", "strange", "silent", "killed"];
    let items = names.map(|name| (name, format!("host = {name:?}\nfiles = [\"/backups/*\"]")));
    let seen = seen(&head, &items).await;
    expect(
        &seen,
        &[
            ("away", "No route to host"),
            ("hangs", "took over 3 s"),
            ("endless", "unknown: not readable: "),
            ("strange", ""),
            ("silent", ""),
            ("killed", "signal: 9"),
        ],
    );
    for (name, told) in seen {
        assert!(!told.starts_with("ok"), "{name} is never well: {told}");
    }
}
