//! A procedure that is followed: what comes before what, and what stays while the file changes.

use chrono::{DateTime, Utc};
use wardroom::domain::host::Inventory;
use wardroom::runbooks::desk::Desk;
use wardroom::runbooks::lore::Lore;
use wardroom::runbooks::session::{Cause, Session, State, Stop, What};
use wardroom::runbooks::sha256;
use wardroom::runbooks::shelf::{Page, Shelf, Standing};

use super::bytes;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_200_000, 0).expect("a time")
}

fn page(name: &str, text: String) -> Page {
    Page { file: name.to_owned(), sha256: sha256(text.as_bytes()), text, standing: Standing::Trusted }
}

fn text(name: &str) -> String {
    String::from_utf8(bytes(name)).expect("it is UTF-8")
}

/// A desk with one of the owner's files, on which a procedure is open.
fn desk(name: &str, procedure: &str) -> Desk {
    let mut desk = Desk::new(Lore::default(), Inventory::default());
    desk.take(Shelf::new(vec![page(name, text(name))], Vec::new()));
    assert!(desk.open(name, procedure, Cause::default(), now()), "{procedure} is there");
    desk
}

fn session(desk: &Desk) -> &Session {
    desk.session().expect("it is open")
}

fn first(desk: &Desk, is_it: impl Fn(&Stop) -> bool) -> Stop {
    session(desk).stops.iter().find(|stop| is_it(stop)).cloned().expect("a place to stand")
}

fn mark(desk: &mut Desk, stop: &Stop, state: State) {
    let session = desk.session_mut().expect("it is open");
    session.at = session.stops.iter().position(|one| one.key == stop.key).expect("it is there");
    session.mark(state, "sam", now());
}

#[test]
fn prerequisites_come_before_every_command() {
    let mut desk = desk("observability", "updating-prometheus");
    let command = first(&desk, |stop| matches!(stop.what, What::Group(_)));
    assert_eq!(session(&desk).before(&command), ["4 of the prerequisites are not ticked yet"]);
    let boxes: Vec<Stop> = session(&desk).stops.iter().filter(|stop| stop.is_prerequisite).cloned().collect();
    assert_eq!(boxes.len(), 4);
    for (at, one) in boxes.iter().enumerate() {
        mark(&mut desk, one, if at == 0 { State::Skipped } else { State::ByHand });
    }
    assert_eq!(session(&desk).before(&command), Vec::<String>::new());
    mark(&mut desk, &boxes[1], State::Failed);
    assert_eq!(session(&desk).before(&command), ["1 of the prerequisites are not ticked yet"]);
    // The boxes themselves wait for nothing.
    assert!(boxes.iter().all(|one| session(&desk).before(one).is_empty()));
}

#[test]
fn the_same_mark_twice_is_none() {
    let mut desk = desk("observability", "alert-hostdown");
    let stop = session(&desk).stops[0].clone();
    mark(&mut desk, &stop, State::ByHand);
    assert_eq!(session(&desk).state(&stop), State::ByHand);
    mark(&mut desk, &stop, State::ByHand);
    assert_eq!(session(&desk).state(&stop), State::Todo);
}

#[test]
fn where_one_stands_is_found_again_by_its_words() {
    let mut desk = desk("observability", "alert-hostdown");
    desk.session_mut().expect("it is open").step(3);
    let stood = session(&desk).stop().expect("a stop").clone();
    let more = text("observability").replacen(
        "#### Symptoms",
        "#### Symptoms\n\n- one more line\n- and another\n",
        1,
    );
    desk.take(Shelf::new(vec![page("observability", more)], Vec::new()));
    let stands = session(&desk).stop().expect("a stop");
    assert_eq!(stands.key, stood.key);
    assert_eq!(stands.line, stood.line + 4);
    // The same words in two places are two lines.
    let keys: std::collections::BTreeSet<_> = session(&desk).stops.iter().map(|stop| &stop.key).collect();
    assert_eq!(keys.len(), session(&desk).stops.len());
}

#[test]
fn steps_are_done_in_their_order_where_a_procedure_is_no_alert() {
    let text = "# Book\n\n## Restore\n\n### Steps\n\n1. **Fetch**\n   ```bash\n   ls\n   ```\n2. **Start**\n   ```bash\n   uptime\n   ```\n";
    let mut desk = Desk::new(Lore::default(), Inventory::default());
    let shelf = Shelf::new(vec![page("book", text.to_owned())], Vec::new());
    let procedure = shelf.books[0].procedures[0].id.clone();
    desk.take(shelf);
    assert!(desk.open("book", &procedure, Cause::default(), now()));
    let second = first(&desk, |stop| stop.key.text == "uptime");
    assert_eq!(session(&desk).before(&second), ["step 1 is not done yet"]);
    let earlier = first(&desk, |stop| stop.key.text == "ls");
    mark(&mut desk, &earlier, State::Ok);
    assert_eq!(session(&desk).before(&second), Vec::<String>::new());
}
