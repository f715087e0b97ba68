//! A mark in Grafana, of an incident and of a run: shown, worded, made after a key, and written down.

use std::time::Duration;

use chrono::TimeDelta;
use wardroom::app::Setup;
use wardroom::border::{Effect, Msg};
use wardroom::domain::deed::{Annotation, Deed, Receipt, What};
use wardroom::domain::feed::{Feed, SourceId, SourceKind};
use wardroom::domain::run::{End, Order, Told};
use wardroom::domain::store::Expected;
use wardroom::incident::{Entry, Event};

use super::desk::Desk;
use super::homelab::{self, id};
use super::looks::look;
use super::runbooks;

const WIDE: (u16, u16) = (120, 40);

/// A dashboard with these Grafanas.
fn desk(names: &[&str], size: (u16, u16)) -> Desk {
    let mut setup = runbooks::setup();
    let first = setup.sources[0].clone();
    setup.sources.extend(names.iter().map(|name| Expected {
        id: SourceId::new(SourceKind::Grafana, *name),
        feeds: vec![(Feed::Ready, 30.0)],
        ..first.clone()
    }));
    opened(setup, size)
}

/// The same with an incident about HostDown, an hour old.
fn opened(setup: Setup, size: (u16, u16)) -> Desk {
    let mut desk = Desk::new(setup, size);
    desk.hear(homelab::host_down());
    desk.keys("2/HostDown<enter>I");
    let started = Entry {
        schema: 1,
        incident: "2026-11-13-power".to_owned(),
        at: desk.now.wall - TimeDelta::hours(1),
        by: "sam".to_owned(),
        event: Event::Started { title: "power cut".to_owned() },
    };
    desk.hear([Msg::Incidents(vec![("2026-11-13-power".to_owned(), vec![started])])]);
    desk.effects.clear();
    desk
}

/// Chooses the last step of the first incident.
fn choose(desk: &mut Desk) {
    desk.keys("j<enter>G<enter>");
}

fn made(desk: &Desk) -> Option<(u64, SourceId, Annotation)> {
    desk.effects.iter().find_map(|effect| match effect {
        Effect::Call { id, deed: Deed { source, what: What::Annotate(annotation) } } => {
            Some((*id, source.clone(), annotation.clone()))
        }
        _ => None,
    })
}

#[test]
fn an_incident_leaves_a_mark_and_its_record_tells_so() {
    let mut desk = desk(&["main"], WIDE);
    choose(&mut desk);
    let screen = desk.screen();
    assert!(screen.contains("POST /api/annotations") && screen.contains("power cut"), "{screen}");
    assert!(screen.contains("it is not over"), "{screen}");
    assert!(made(&desk).is_none(), "it is shown first");
    desk.keys("<enter>");
    let (call, source, annotation) = made(&desk).unwrap_or_else(|| panic!("it is made:\n{}", desk.screen()));
    assert_eq!(source, id(SourceKind::Grafana));
    assert_eq!((&*annotation.text, annotation.to), ("power cut", None));
    assert_eq!(annotation.from, desk.now.wall - TimeDelta::hours(1));
    assert_eq!(annotation.tags.join(" "), "wardroom incident");
    desk.effects.clear();
    desk.hear([Msg::Done { id: call, result: Ok(Receipt { id: "17".into() }) }]);
    assert!(desk.screen().contains("annotated"), "{}", desk.screen());
    let written = desk.effects.iter().find_map(|effect| match effect {
        Effect::Record(entries) => entries.first().cloned(),
        _ => None,
    });
    let written = written.expect("a line of the record");
    assert_eq!(written.incident, "2026-11-13-power");
    let marked = Event::Annotated { source: "grafana.main".to_owned(), id: "17".to_owned() };
    assert_eq!(written.event, marked);
}

#[test]
fn what_was_resolved_is_marked_from_its_start_to_its_end() {
    let mut desk = desk(&["main"], WIDE);
    desk.keys("j<enter>");
    for _ in 0..8 {
        if desk.screen().lines().any(|line| line.contains('▌') && line.contains("it is resolved")) {
            break;
        }
        desk.keys("j");
    }
    desk.keys("<enter>");
    desk.now.wall += TimeDelta::minutes(5);
    desk.keys("I");
    desk.hear([Msg::Incidents(Vec::new())]);
    choose(&mut desk);
    desk.keys("<enter>");
    let (_, _, annotation) = made(&desk).unwrap_or_else(|| panic!("it is made:\n{}", desk.screen()));
    let over = annotation.to.expect("an end") - annotation.from;
    assert_eq!(over, TimeDelta::hours(1), "what came after is not part of it");
}

#[test]
fn a_refusal_is_told_and_what_was_typed_stays() {
    let mut desk = desk(&["main"], WIDE);
    choose(&mut desk);
    desk.keys("<ctrl-u><enter>");
    assert!(made(&desk).is_none() && desk.screen().contains("say what happened"), "{}", desk.screen());
    desk.keys("the cable was loose<enter>");
    let (call, _, annotation) = made(&desk).unwrap_or_else(|| panic!("it is made:\n{}", desk.screen()));
    assert_eq!(&*annotation.text, "the cable was loose");
    let failure = wardroom::sources::SourceError::Refused {
        url: "http://g".to_owned(),
        reason: "its token may only look".to_owned(),
    };
    desk.hear([Msg::Done { id: call, result: Err(failure.failure()) }]);
    let screen = desk.screen();
    assert!(screen.contains("its token may only look") && screen.contains("the cable was loose"), "{screen}");
}

#[test]
fn with_several_it_is_asked_in_which_and_without_one_it_is_not_offered() {
    let mut two = desk(&["home", "work"], WIDE);
    choose(&mut two);
    assert!(two.screen().contains("Annotate in which Grafana"), "{}", two.screen());
    two.keys("j<enter><enter>");
    let (call, source, _) = made(&two).unwrap_or_else(|| panic!("it is made:\n{}", two.screen()));
    assert_eq!(&*source.name, "work");
    two.hear([Msg::Done { id: call, result: Ok(Receipt { id: "2".into() }) }]);
    assert!(!two.screen().contains("Annotate in which"), "{}", two.screen());
    let mut none = desk(&[], WIDE);
    none.keys("j<enter>");
    assert!(!none.screen().contains("a mark in Grafana"), "{}", none.screen());
}

#[test]
fn nothing_is_marked_under_read_only() {
    let mut setup = runbooks::setup();
    setup.sources.push(Expected {
        id: id(SourceKind::Grafana),
        feeds: vec![(Feed::Ready, 30.0)],
        ..setup.sources[0].clone()
    });
    let mut desk = opened(Setup { read_only: true, ..setup }, WIDE);
    choose(&mut desk);
    assert!(desk.screen().contains("--read-only"), "{}", desk.screen());
    desk.keys("<enter><enter>");
    assert!(made(&desk).is_none());
}

#[test]
fn a_run_that_is_over_leaves_a_mark_without_its_secrets() {
    let mut desk = desk(&["main"], WIDE);
    desk.hear([runbooks::shelf(runbooks::text())]);
    desk.keys("<esc>r<enter>");
    desk.now.mono += Duration::from_secs(2);
    desk.keys("<enter>");
    let run = desk.effects.iter().find_map(|effect| match effect {
        Effect::Run { id, order } => Some((*id, order.clone())),
        _ => None,
    });
    let (run, order) = run.unwrap_or_else(|| panic!("it runs:\n{}", desk.screen()));
    desk.keys("x");
    assert!(!desk.screen().contains("POST /api/annotations"), "it still runs:\n{}", desk.screen());
    desk.now.mono += Duration::from_secs(90);
    desk.now.wall += TimeDelta::seconds(90);
    let end = End { trouble: None, exit: Some(0), took: Duration::from_mins(1), ..End::refused("") };
    desk.hear([Msg::Ran { id: run, told: Told::Ended(end) }]);
    assert!(desk.screen().contains("leaves a mark of it in Grafana"), "{}", desk.screen());
    desk.keys("x");
    desk.keys("<enter>");
    let (_, _, annotation) = made(&desk).unwrap_or_else(|| panic!("it is made:\n{}", desk.screen()));
    let Order { host, operator, .. } = &*order;
    assert!(annotation.text.ends_with(&format!("on {host} by {operator}: done")), "{annotation:?}");
    assert_eq!(annotation.to.map(|to| to - annotation.from), Some(TimeDelta::seconds(60)));
    assert_eq!(annotation.from, desk.now.wall - TimeDelta::seconds(90));
    assert!(annotation.tags.iter().any(|tag| **tag == **host), "{annotation:?}");
}

#[test]
fn the_dialogue_is_whole_at_every_size() {
    for size in [(60, 12), (80, 24), (120, 40), (200, 60)] {
        let mut desk = desk(&["main"], size);
        choose(&mut desk);
        look(&format!("annotate_{}x{}", size.0, size.1), &mut desk);
    }
}
