//! Backups in files, from programs and in git, as a source reads them.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use chrono::Utc;
use rstest::rstest;
use tempfile::TempDir;
use wardroom::domain::archive::Archive;
use wardroom::domain::backup::Expectation;
use wardroom::domain::feed::{Feed, SourceId, SourceKind};
use wardroom::domain::observation::Observation;
use wardroom::domain::question::{Answer, Question};
use wardroom::settings::Document;
use wardroom::sources::KINDS;

use super::replay::{look, source};

async fn seen(keys: &str) -> Arc<[Archive]> {
    let source = source(SourceKind::Files, keys);
    let plans = source.feeds();
    assert_eq!(plans.len(), 1, "only what is configured is polled");
    match look(&*source, plans[0].feed).await.expect("it is looked at") {
        Observation::Files(archives) | Observation::Programs(archives) => archives,
        other => panic!("{other:?}"),
    }
}

fn told(archive: &Archive) -> String {
    let found = archive.assess(Expectation::default(), true, Utc::now());
    format!("{}/{} {}: {}", archive.group.id.kind, archive.group.id.id, found.state, found.reason)
}

fn command(argv: &str) -> String {
    format!("timeout = \"5s\"\n[[item]]\nname = \"restic\"\ncommand = {argv}\n")
}

#[tokio::test]
async fn files_are_found() {
    let place = tempfile::tempdir().expect("a directory");
    std::fs::write(place.path().join("a.tar.gz"), "x").expect("written");
    let keys = format!(
        "[[item]]\nname = \"volumes\"\nfiles = [\"{0}/*.tar.gz\"]\n[[item]]\nname = \"none\"\nfiles = [\"{0}/*.gpg\"]\n",
        place.path().display()
    );
    let all = seen(&keys).await;
    let told: Vec<String> = all.iter().map(told).collect();
    assert_eq!(told, ["file/volumes ok: ", "file/none late: no finished backup"]);
}

#[tokio::test]
async fn a_program_prints_a_time() {
    let now = Utc::now();
    let recent = now.timestamp() - 7200;
    for (argv, expected) in [
        (format!("[\"echo\", \"{recent}\"]"), "command/restic ok: ".to_owned()),
        (format!("[\"echo\", '[{{\"time\":\"{}\"}}]']", now.to_rfc3339()), "command/restic ok: ".to_owned()),
        (format!("[\"echo\", \"{}\"]", recent - 90_000), "command/restic late: no backup for 27h".to_owned()),
        (
            "[\"echo\", \"never\"]".to_owned(),
            "command/restic unknown: not readable: it prints no time, but \"never\"".to_owned(),
        ),
        (
            "[\"sh\", \"-c\", \"echo '\\u001b[31mno lock' >&2; exit 3\"]".to_owned(),
            "command/restic unknown: not readable: sh ended with exit status: 3: no lock".to_owned(),
        ),
    ] {
        let all = seen(&command(&argv)).await;
        assert_eq!(all.iter().map(told).collect::<Vec<_>>(), [expected]);
    }
    let missing = seen(&command("[\"/nonexistent/restic\"]")).await;
    assert!(told(&missing[0]).contains("cannot run /nonexistent/restic"), "{}", told(&missing[0]));
}

#[tokio::test]
async fn no_shell_reads_what_stands_in_a_command() {
    let all = seen(&command("[\"echo\", \"$(date +%s)\"]")).await;
    assert!(told(&all[0]).contains("it prints no time, but \"$(date +%s)\""), "{}", told(&all[0]));
}

#[tokio::test]
async fn a_program_that_hangs_is_ended() {
    let keys = command("[\"sleep\", \"600\"]").replace("5s", "200ms");
    let all = seen(&keys).await;
    assert_eq!(told(&all[0]), "command/restic unknown: not readable: sleep took over 0.2 s");
}

/// Runs git in `directory`; `false` when there is none on this machine.
fn git(directory: &Path, arguments: &[&str]) -> bool {
    let who = ["-c", "user.name=sam", "-c", "user.email=sam@example.org", "-c", "init.defaultBranch=main"];
    let mut git = Command::new("git");
    git.args(who).args(arguments).current_dir(directory).stdin(Stdio::null());
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let Ok(output) = git.output() else { return false };
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    true
}

/// A repository with one commit that is pushed.
fn repository() -> Option<TempDir> {
    let place = tempfile::tempdir().expect("a directory");
    let here = place.path().join("here");
    std::fs::create_dir(&here).expect("made");
    if !git(place.path(), &["init", "--bare", "there"]) {
        return None;
    }
    std::fs::write(here.join("a"), "1").expect("written");
    for arguments in [
        &["init"][..],
        &["add", "a"],
        &["commit", "-m", "one"],
        &["remote", "add", "origin", "../there"],
        &["push", "-u", "origin", "main"],
    ] {
        assert!(git(&here, arguments));
    }
    Some(place)
}

#[tokio::test]
async fn a_repository_is_saved_when_all_of_it_is_pushed() {
    let Some(place) = repository() else {
        // Not by a macro, whose words the test harness would keep to itself.
        let _said = writeln!(std::io::stderr(), "left out: there is no git on this machine");
        return;
    };
    let here = place.path().join("here");
    let keys = format!("[[item]]\nname = \"iac\"\nrpo = \"24h\"\ngit = {:?}\n", here.display().to_string());
    let clean = seen(&keys).await;
    assert_eq!(told(&clean[0]), "git/iac ok: ");
    assert_eq!(&*clean[0].group.comment, "main: ahead 0, behind 0, 0 changed");
    std::fs::write(here.join("a"), "2").expect("written");
    let old = std::time::SystemTime::now() - std::time::Duration::from_hours(30);
    std::fs::File::options()
        .write(true)
        .open(here.join("a"))
        .and_then(|file| file.set_modified(old))
        .expect("dated");
    let dirty = seen(&keys).await;
    assert_eq!(told(&dirty[0]), "git/iac late: 1 file not committed for 30h");
    assert!(git(&here, &["commit", "-am", "two"]));
    let ahead = seen(&keys).await;
    assert_eq!(told(&ahead[0]), "git/iac ok: ", "one commit waits, but not for long");
    assert_eq!(&*ahead[0].group.comment, "main: ahead 1, behind 0, 0 changed");
    assert!(git(&here, &["branch", "--unset-upstream"]));
    let alone = seen(&keys).await;
    assert_eq!(told(&alone[0]), "git/iac unverified: nothing is pushed: the branch has no upstream");
    let none = seen(&keys.replace("/here", "")).await;
    assert!(told(&none[0]).contains("not a git repository"), "{}", told(&none[0]));
}

#[rstest]
#[case("", "item: is missing")]
#[case("[[item]]\nname = \"x\"", "one of `files`, `command` and `git`")]
#[case("[[item]]\nname = \"x\"\nfiles = []", "at least one path")]
#[case("[[item]]\nname = \"x\"\nfiles = [\"backups/*\"]", "begins with / or ~/")]
#[case("[[item]]\nname = \"x\"\nfiles = [\"/a\"]\nmode = \"rw\"", "a mode such as")]
#[case("[[item]]\nname = \"x\"\ncommand = []", "a program and its arguments")]
#[case("[[item]]\nname = \"x\"\ncommand = [\"a\"]\ngit = \"/b\"", "one of `files`, `command` and `git`")]
#[case("[[item]]\nname = \"x\"\ngit = \"/b\"\nmode = \"600\"", "with `files` only")]
#[case("[[item]]\nname = \"x\"\ngit = \"/b\"\nrpo = \"0s\"", "a duration above 0")]
#[case("[[item]]\ngit = \"/b\"", "name: is missing")]
fn what_is_wrong_in_the_config_is_told(#[case] keys: &str, #[case] told: &str) {
    let document = Document::new("w.toml", keys);
    let (_, read) = KINDS.iter().find(|(kind, _)| *kind == SourceKind::Files).expect("a kind");
    document.read(|table| read(SourceId::new(SourceKind::Files, "main"), table).is_some());
    let faults: Vec<String> = document.faults().iter().map(ToString::to_string).collect();
    assert!(faults.iter().any(|fault| fault.contains(told)), "{faults:?}");
}

#[test]
fn files_and_programs_age_apart() {
    let keys = "[[item]]\nname = \"x\"\ngit = \"/b\"\n[[item]]\nname = \"y\"\nfiles = [\"/c\"]\n";
    let feeds: Vec<Feed> = source(SourceKind::Files, keys).feeds().iter().map(|plan| plan.feed).collect();
    assert_eq!(feeds, [Feed::Files, Feed::Programs]);
}

/// A program in the place of ssh: it forgets the host and runs the rest, as the host's shell would.
fn ssh(place: &Path) -> String {
    let program = place.join("ssh");
    let script =
        "#!/bin/sh\n[ \"$1\" = nas ] || { echo \"no route to $1\" >&2; exit 255; }\nexec sh -c \"$2\"\n";
    std::fs::write(&program, script).expect("written");
    format!("timeout = \"10s\"\nssh = [\"sh\", \"{}\"]\n", program.display())
}

#[tokio::test]
async fn files_of_another_host_are_found_through_ssh() {
    let place = tempfile::tempdir().expect("a directory");
    let kept = place.path().join("my backups").join(Utc::now().format("%Y-%m-%d").to_string());
    std::fs::create_dir_all(&kept).expect("made");
    std::fs::write(kept.join("a.tar.gz"), "x").expect("written");
    std::fs::write(place.path().join(".env"), "x").expect("written");
    let item = |host: &str, files: &str, more: &str| {
        format!(
            "[[item]]\nname = \"{host}\"\nhost = \"{host}\"\nfiles = [\"{}/{files}\"]\n{more}",
            place.path().display()
        )
    };
    let ssh = ssh(place.path());
    let all = seen(&format!(
        "{ssh}{}{}{}",
        item("nas", "my backups/*/*.tar.gz", ""),
        item("nas", "my backups/*/*.gpg", ""),
        item("away", "*", "")
    ))
    .await;
    let told: Vec<String> = all.iter().map(told).collect();
    assert_eq!(told[0], "file/nas ok: ");
    assert_eq!(told[1], "file/nas late: no finished backup");
    assert!(told[2].contains("away: sh ended with") && told[2].contains("no route to away"), "{}", told[2]);
    assert_eq!(&*all[0].group.id.datastore, format!("nas:{}/my backups/*/*.tar.gz", place.path().display()));
}

/// Whether the newest file of the only item can be read.
async fn readable(keys: &str) -> Result<Arc<str>, Arc<str>> {
    let source = source(SourceKind::Files, keys);
    let found = look(&*source, source.feeds()[0].feed).await.expect("it is looked at");
    let (Observation::Files(all) | Observation::Programs(all)) = found else { panic!("{found:?}") };
    let question = Question::Readable(all[0].group.id.clone());
    match source.answer(question, Utc::now()).await.expect("it is tested") {
        Answer::Readable(found) => found,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_newest_archive_is_read_to_its_end_here_and_elsewhere() {
    let place = tempfile::tempdir().expect("a directory");
    let root = place.path();
    let archive = root.join("2026-11-13.tar.gz");
    let made = Command::new("tar").arg("-czf").arg(&archive).arg("-C").arg("/etc").arg("passwd").status();
    assert!(made.expect("tar runs").success());
    let ssh = ssh(root);
    let here = format!("[[item]]\nname = \"a\"\nfiles = [\"{}/*.tar.gz\"]\n", root.display());
    let there = format!("{ssh}{here}host = \"nas\"\n");
    for keys in [&here, &there] {
        assert_eq!(readable(keys).await.as_deref(), Ok("2026-11-13.tar.gz was read to its end"));
    }
    let bytes = std::fs::read(&archive).expect("the archive");
    let half = bytes.get(..bytes.len() / 2).expect("half of it");
    std::fs::write(&archive, half).expect("cut");
    for keys in [&here, &there] {
        let why = readable(keys).await.expect_err("it was cut");
        assert!(why.starts_with("2026-11-13.tar.gz: "), "{why}");
    }
    std::fs::remove_file(&archive).expect("gone");
    std::fs::write(root.join("2026-11-14.json"), "{}").expect("written");
    let unknown = here.replace(".tar.gz", ".json");
    assert!(readable(&unknown).await.is_err_and(|why| why.contains("nobody knows how to test")));
    assert_eq!(readable(&here).await.as_deref().map_err(|why| &**why), Err("there is no file"));
}

#[rstest]
#[case("host = \"-oProxyCommand=x\"\nfiles = [\"/a\"]", "a host as ssh knows it")]
#[case("host = \"nas\"\nfiles = [\"/a'b\"]", "without quotes")]
#[case("host = \"nas\"\ngit = \"/a\"", "is of use with `files` only")]
fn a_host_is_no_way_into_a_shell(#[case] keys: &str, #[case] told: &str) {
    let document = Document::new("w.toml", format!("[[item]]\nname = \"x\"\n{keys}"));
    let (_, read) = KINDS.iter().find(|(kind, _)| *kind == SourceKind::Files).expect("a kind");
    document.read(|table| read(SourceId::new(SourceKind::Files, "here"), table).is_some());
    let faults: Vec<String> = document.faults().iter().map(ToString::to_string).collect();
    assert!(faults.iter().any(|fault| fault.contains(told)), "{faults:?}");
}
