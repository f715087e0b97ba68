//! Files that change are read again; what cannot be written is kept until it can be.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::incident::{Event, SCHEMA};
use crate::runbooks::shelf::Standing;

const PATIENCE: Duration = Duration::from_secs(20);

async fn next(shelves: &mut Shelves) -> Msg {
    let told = timeout(PATIENCE, shelves.messages.recv()).await;
    told.expect("something is told in time").expect("somebody tells it")
}

/// The standing of the one file, and its first line.
async fn read_next(shelves: &mut Shelves) -> (Standing, String) {
    match next(shelves).await {
        Msg::Shelved(shelf) => {
            let page = shelf.pages.first().expect("one file");
            (page.standing.clone(), page.text.lines().next().unwrap_or_default().to_owned())
        }
        other => panic!("the files were to be read: {other:?}"),
    }
}

#[tokio::test]
async fn a_file_is_read_again_when_it_or_its_trust_changes() {
    let place = Place::temporary().expect("a place");
    let file = place.path().join("book.md");
    fs::write(&file, "# One\n").expect("written");
    fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("private");
    let clock = Clock::system();
    let mut shelves = Shelves::new(Handle::current(), Some(place.path()), None, &clock);
    shelves.watch(std::slice::from_ref(&file), Some(place.path()));
    assert_eq!(read_next(&mut shelves).await, (Standing::New, "# One".to_owned()));

    shelves.trust(file.display().to_string(), sha256(b"# another\n"));
    assert!(matches!(next(&mut shelves).await, Msg::Unrecorded(Some(_))), "it is not what was shown");
    shelves.trust(file.display().to_string(), sha256(b"# One\n"));
    assert_eq!(read_next(&mut shelves).await, (Standing::Trusted, "# One".to_owned()));

    // As an editor does: another file in the same place.
    let fresh = place.path().join("book.new");
    fs::write(&fresh, "# Two\n").expect("written");
    fs::set_permissions(&fresh, Permissions::from_mode(0o600)).expect("private");
    fs::rename(&fresh, &file).expect("it takes the place");
    let (standing, text) = read_next(&mut shelves).await;
    assert_eq!(text, "# Two");
    assert!(
        matches!(&standing, Standing::Changed { before: Some(before), .. } if before == "# One\n"),
        "{standing:?}"
    );
    fs::set_permissions(&file, Permissions::from_mode(0o646)).expect("others may write it");
    assert_eq!(read_next(&mut shelves).await.0, Standing::Exposed);
    fs::remove_file(&file).expect("it goes");
    match next(&mut shelves).await {
        Msg::Shelved(shelf) => assert!(shelf.pages.is_empty() && shelf.faults.len() == 1, "{shelf:?}"),
        other => panic!("it is told that the file is gone: {other:?}"),
    }
}

#[tokio::test]
async fn what_cannot_be_written_is_said_and_written_later() {
    let place = Place::temporary().expect("a place");
    // A file stands where the directory of the records is to be.
    let room = place.path().join("incidents");
    fs::write(&room, "in the way").expect("written");
    let clock = Clock::system();
    let mut shelves = Shelves::new(Handle::current(), Some(place.path()), None, &clock);
    let entry = |text: &str| Entry {
        schema: SCHEMA,
        incident: "a".to_owned(),
        at: clock.now().wall,
        by: "sam".to_owned(),
        event: Event::Noted { line: None, text: text.to_owned() },
    };
    shelves.record(vec![entry("one")], "sam");
    assert!(matches!(next(&mut shelves).await, Msg::Unrecorded(Some(_))));
    shelves.record(vec![entry("two")], "sam");
    fs::remove_file(&room).expect("the way is free");
    loop {
        match next(&mut shelves).await {
            Msg::Unrecorded(None) => break,
            Msg::Unrecorded(Some(_)) => {}
            other => panic!("it is written in the end: {other:?}"),
        }
    }
    shelves.remember("a".to_owned());
    let Msg::Remembered { entries, .. } = next(&mut shelves).await else { panic!("it is remembered") };
    let texts: Vec<&Event> = entries.iter().map(|entry| &entry.event).collect();
    let noted = |text: &str| Event::Noted { line: None, text: text.to_owned() };
    assert_eq!(texts, [&noted("one"), &noted("two")]);
    shelves.record(vec![Entry { incident: "b".to_owned(), ..entry("three") }], "sam");
    shelves.remember_all();
    let Msg::Incidents(kept) = next(&mut shelves).await else { panic!("all are remembered") };
    let counts: Vec<(&str, usize)> = kept.iter().map(|(name, all)| (name.as_str(), all.len())).collect();
    assert_eq!(counts, [("a", 2), ("b", 1)]);
    // Who leaves right after they spoke has spoken.
    shelves.record(vec![Entry { incident: "c".to_owned(), ..entry("four") }], "sam");
    shelves.end().await;
    let kept = state::by_incident(&Room::own(&place)).expect("readable");
    assert_eq!(kept.iter().map(|(_, all)| all.len()).sum::<usize>(), 4);
}
