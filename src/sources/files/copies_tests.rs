use std::fs::{self, File, Permissions};
use std::time::{Duration, SystemTime};

use chrono::NaiveTime;
use tempfile::TempDir;

use super::*;
use crate::domain::backup::Expectation;

/// A directory with files: path, bytes, and how old they are in hours.
fn place(files: &[(&str, usize, u64)]) -> TempDir {
    let place = tempfile::tempdir().expect("a directory");
    for (path, bytes, hours) in files {
        let path = place.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(&path, vec![b'x'; *bytes]).expect("written");
        let modified = SystemTime::now() - Duration::from_hours(*hours);
        File::options().write(true).open(&path).and_then(|file| file.set_modified(modified)).expect("dated");
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("a mode");
    }
    place
}

/// The name of the day so many hours ago.
fn day(hours: i64) -> String {
    (Local::now() - TimeDelta::hours(hours)).format("%Y-%m-%d").to_string()
}

fn files(place: &TempDir, patterns: &[&str]) -> Files {
    let patterns = patterns.iter().map(|pattern| place.path().join(pattern)).collect();
    Files { patterns, mode: None, changes_with: None }
}

fn seen(files: &Files) -> Archive {
    look(files, Archive::new("file", "here", "it", None), Utc::now())
}

fn told(files: &Files) -> String {
    let found = seen(files).assess(Expectation::default(), true, Utc::now());
    format!("{}: {}", found.state, found.reason)
}

#[test]
fn dated_directories_are_whole_when_every_file_is_there() {
    let (today, before, old) = (day(1), day(25), day(49));
    let both = ["*/grafana.tar.gz", "*/alertmanager.tar.gz"];
    let name = |day: &str, what: &str| format!("{day}/{what}.tar.gz");
    let all: Vec<String> = [&today, &before, &old]
        .iter()
        .flat_map(|day| [name(day, "grafana"), name(day, "alertmanager")])
        .collect();
    let whole: Vec<(&str, usize, u64)> =
        all.iter().zip([1, 1, 25, 25, 49, 49]).map(|(path, hours)| (path.as_str(), 50, hours)).collect();
    let place_of_all = place(&whole);
    assert_eq!(told(&files(&place_of_all, &both)), "ok: ");
    assert_eq!(seen(&files(&place_of_all, &both)).group.snapshots.len(), 3);
    let lacks = place(&whole.iter().copied().filter(|(path, ..)| *path != all[1]).collect::<Vec<_>>());
    let lacking = seen(&files(&lacks, &both));
    assert_eq!(lacking.faults, [format!("{today} lacks alertmanager.tar.gz").into()]);
    assert_eq!(lacking.group.snapshots.len(), 2, "a set that is not whole is none");
    assert!(told(&files(&lacks, &both)).starts_with("late: no backup for 25h"));
}

#[test]
fn a_set_that_is_being_written_is_no_fault() {
    let name = format!("{}/grafana.tar.gz", day(0));
    let place = place(&[(&name, 5, 0)]);
    assert_eq!(seen(&files(&place, &["*/grafana.tar.gz", "*/alertmanager.tar.gz"])).faults, []);
}

#[test]
fn the_name_dates_a_copy_that_was_copied() {
    let name = format!("db-{}.sql.gz", day(24 * 9));
    let place = place(&[(&name, 5, 0)]);
    let newest = seen(&files(&place, &["db-*.sql.gz"])).group.newest().expect("a copy");
    let age = Utc::now() - newest.at;
    assert!(age > TimeDelta::days(8), "its own time is new, but the name is old: {age}");
    assert_eq!(newest.at.with_timezone(&Local).time(), NaiveTime::MIN);
}

#[test]
fn empty_files_and_loose_modes_are_faults() {
    let place = place(&[("a.gpg", 5, 30), ("b.gpg", 0, 1)]);
    let mut files = files(&place, &["*.gpg"]);
    files.mode = Some(0o600);
    let empty = seen(&files);
    assert_eq!(empty.faults, ["the newest is empty".into()]);
    assert_eq!(empty.group.snapshots.len(), 1, "an empty file is no backup");
    fs::write(place.path().join("c.gpg"), "x").expect("written");
    fs::set_permissions(place.path().join("c.gpg"), Permissions::from_mode(0o644)).expect("a mode");
    assert_eq!(told(&files), "unverified: mode 644, at most 600 is wanted");
}

#[test]
fn what_changed_since_is_not_saved() {
    let place = place(&[(".env.gpg", 5, 900), (".env", 5, 30)]);
    let mut files = files(&place, &[".env.gpg"]);
    files.changes_with = Some(place.path().join(".env"));
    assert_eq!(told(&files), "late: .env changed and is not saved for 30h");
    files.changes_with = Some(place.path().join("daemon.json"));
    assert_eq!(told(&files), "ok: ", "what is not there has not changed");
    let gone = Files { patterns: vec![place.path().join("x.gpg")], ..files };
    assert_eq!(told(&gone), "late: no finished backup");
}

#[test]
fn a_directory_counts_with_all_in_it() {
    let today = day(1);
    let (one, deep) = (format!("{today}/a"), format!("{today}/deep/er/b"));
    let place = place(&[(&one, 30, 1), (&deep, 12, 1)]);
    let copy = seen(&files(&place, &["*"])).group.newest().expect("a copy");
    assert_eq!(copy.size, 42);
}

#[test]
fn what_cannot_be_read_is_said_and_hostile_names_are_harmless() {
    let place = place(&[("a\u{1b}[31mb.gpg", 5, 1), ("file", 5, 1)]);
    let through_a_file = files(&place, &["file/x"]);
    assert!(seen(&through_a_file).error.is_some_and(|error| error.contains("file/x")));
    let mut budget = 1;
    let error = find(&place.path().join("*"), &mut budget).expect_err("two entries are more than one");
    assert!(error.contains("more than"), "{error}");
    let broken = files(&place, &["*/\u{1b}]0;x\u{7}"]);
    let archive = seen(&broken);
    assert!(archive.error.is_none_or(|error| !error.contains('\u{1b}')));
    assert_eq!(seen(&files(&place, &["*.gpg"])).group.snapshots.len(), 1);
}
