//! Incidents from keys: started about an alert or about nothing, attached to, said to be mitigated,
//! resolved and closed, exported; and read again.

use wardroom::border::{Effect, Msg};
use wardroom::incident::{Entry, Event, Record, Stage};

use super::desk::Desk;
use super::looks::look;
use super::{homelab, runbooks};

const WIDE: (u16, u16) = (120, 40);

fn desk(size: (u16, u16)) -> Desk {
    let mut desk = Desk::new(runbooks::setup(), size);
    desk.hear(homelab::host_down());
    desk
}

fn recorded(desk: &Desk) -> Vec<Entry> {
    let lines = desk.effects.iter().filter_map(|effect| match effect {
        Effect::Record(entries) => Some(entries.clone()),
        _ => None,
    });
    lines.flatten().collect()
}

/// Presses the key, and lets the records be read that are kept.
fn open(desk: &mut Desk, kept: &[Entry]) {
    desk.effects.retain(|effect| !matches!(effect, Effect::RecallAll));
    desk.keys("I");
    assert!(desk.effects.contains(&Effect::RecallAll), "{}", desk.screen());
    let name = |entry: &Entry| entry.incident.clone();
    let kept = kept.chunk_by(|one, other| one.incident == other.incident);
    let kept = kept.map(|all| (all.first().map(name).unwrap_or_default(), all.to_vec()));
    desk.hear([Msg::Incidents(kept.collect())]);
}

/// Chooses the step with these words of the incident in the first row.
fn step(desk: &mut Desk, words: &str) {
    open(desk, &[]);
    desk.keys("j<enter>");
    for _ in 0..10 {
        let screen = desk.screen();
        if screen.lines().any(|line| line.contains('▌') && line.contains(words)) {
            desk.keys("<enter>");
            return;
        }
        desk.keys("j");
    }
    panic!("no {words}:\n{}", desk.screen());
}

#[test]
fn an_incident_goes_from_its_start_to_its_report_by_keys() {
    let mut desk = desk(WIDE);
    desk.keys("2/HostDown<enter>");
    open(&mut desk, &[]);
    assert!(desk.screen().contains("start one") && desk.screen().contains("HostDown"), "{}", desk.screen());
    desk.keys("<enter><enter>");
    let lines = recorded(&desk);
    let [started, attached] = lines.as_slice() else { panic!("two lines: {lines:?}") };
    assert!(matches!(&started.event, Event::Started { title } if title.starts_with("HostDown")));
    assert!(matches!(&attached.event, Event::Attached { alert, .. } if alert == "HostDown"));
    assert!(started.incident.starts_with("2026-11-13-HostDown"), "{}", started.incident);
    assert_eq!((started.by.as_str(), &attached.incident), ("sam", &started.incident));
    // Another alert belongs to it; the first is not offered again.
    open(&mut desk, &[]);
    desk.keys("j<enter>");
    assert!(!desk.screen().contains("attach HostDown"), "{}", desk.screen());
    desk.keys("<esc><esc><esc>/HighCPUUsage<enter>");
    step(&mut desk, "attach HighCPUUsage");
    for (words, stage) in [
        ("it is mitigated", Stage::Mitigated),
        ("it is resolved", Stage::Resolved),
        ("close it", Stage::Closed),
        ("it is open again", Stage::Open),
        ("it is resolved", Stage::Resolved),
    ] {
        step(&mut desk, words);
        assert_eq!(Record::of(recorded(&desk)).stage(), stage);
    }
    step(&mut desk, "note something");
    desk.keys("the cable was loose<enter>");
    step(&mut desk, "export");
    let report = desk.effects.iter().find_map(|effect| match effect {
        Effect::Report { incident, text } if *incident == started.incident => Some(text.clone()),
        _ => None,
    });
    let report = report.expect("a report");
    for part in [
        "**State:** resolved",
        "- alert HostDown",
        "- alert HighCPUUsage",
        "the cable was loose",
        "said to be closed",
    ] {
        assert!(report.contains(part), "{part}:\n{report}");
    }
    assert!(desk.effects.contains(&Effect::Copy(report)));
}

#[test]
fn one_may_be_about_nothing_and_is_read_again_by_another_dashboard() {
    let mut first = desk(WIDE);
    // A filter that leaves nothing: nothing is selected.
    first.keys("2/nothing like it<enter>");
    open(&mut first, &[]);
    assert!(first.screen().contains("about nothing that is selected"), "{}", first.screen());
    first.keys("<enter>power cut<enter>");
    step(&mut first, "it is mitigated");
    let kept = recorded(&first);
    assert!(matches!(&kept[0].event, Event::Started { title } if title == "power cut"), "{kept:?}");
    let mut other = desk(WIDE);
    open(&mut other, &kept);
    assert!(other.screen().contains("mitigated  power cut"), "{}", other.screen());
    // One of the same name on the same day is another one.
    other.keys("<enter><ctrl-u>power cut<enter>");
    let names: Vec<String> = recorded(&other).into_iter().map(|entry| entry.incident).collect();
    assert_eq!(names.first().map(String::as_str), Some("2026-11-13-power-cut-2"), "{names:?}");
}

#[test]
fn the_list_is_whole_at_every_size() {
    let mut first = desk(WIDE);
    first.keys("2/HostDown<enter>");
    open(&mut first, &[]);
    first.keys("<enter><enter>");
    for size in [(60, 12), (80, 24), (120, 40), (200, 60)] {
        let mut desk = desk(size);
        open(&mut desk, &recorded(&first));
        look(&format!("incidents_{}x{}", size.0, size.1), &mut desk);
        desk.keys("j<enter>");
        look(&format!("incident_{}x{}", size.0, size.1), &mut desk);
    }
}
