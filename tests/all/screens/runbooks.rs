//! Runbooks on the screen: opened at what is selected, followed, ticked, reloaded, recorded.

use std::collections::BTreeMap;

use wardroom::app::Setup;
use wardroom::border::{Effect, Msg};
use wardroom::incident::{self, Entry, Event, Record};
use wardroom::runbooks::lore::Lore;
use wardroom::runbooks::session::State;
use wardroom::runbooks::sha256;
use wardroom::runbooks::shelf::{Page, Shelf, Standing};

use super::desk::Desk;
use super::homelab;
use super::looks::look;

const WIDE: (u16, u16) = (120, 40);
const FILE: &str = "/home/sam/runbooks/observability.md";

fn page(text: String, standing: Standing) -> Page {
    Page { file: FILE.to_owned(), sha256: sha256(text.as_bytes()), text, standing }
}

pub fn text() -> String {
    String::from_utf8(crate::runbooks::bytes("observability")).expect("it is UTF-8")
}

pub fn shelf(text: String) -> Msg {
    Msg::Shelved(Shelf::new(vec![page(text, Standing::Trusted)], Vec::new()))
}

fn lore() -> Lore {
    let hosts = [("10.0.0.21".to_owned(), "{target}".to_owned())].into_iter().collect();
    let subjects: BTreeMap<String, Vec<String>> =
        [("pbs".to_owned(), vec!["Manual Backup Trigger".to_owned()])].into_iter().collect();
    Lore { files: vec![FILE.into()], hosts, subjects, ..Lore::default() }
}

/// A dashboard with the owner's runbook, at which Sam may write.
pub fn setup() -> Setup {
    Setup { operator: "sam".into(), lore: lore(), read_only: false, ..homelab::setup() }
}

/// The homelab with a host down, and the owner's runbook.
fn desk(size: (u16, u16)) -> Desk {
    let mut desk = Desk::new(setup(), size);
    desk.hear(homelab::host_down());
    desk.hear([shelf(text())]);
    desk
}

/// The procedure of the firing HostDown.
pub fn host_down(size: (u16, u16)) -> Desk {
    let mut desk = desk(size);
    desk.keys("2/HostDown<enter>r");
    desk
}

fn recorded(desk: &Desk) -> Vec<Entry> {
    let lines = desk.effects.iter().filter_map(|effect| match effect {
        Effect::Record(entries) => Some(entries.clone()),
        _ => None,
    });
    lines.flatten().collect()
}

#[test]
fn the_procedure_of_the_alert_at_every_size() {
    for (name, size) in [("60x12", (60, 12)), ("80x24", (80, 24)), ("120x40", WIDE), ("200x60", (200, 60))] {
        look(&format!("runbook_{name}"), &mut host_down(size));
    }
}

#[test]
fn the_list_and_its_search() {
    let mut desk = desk(WIDE);
    look("runbooks_list", desk.keys("7"));
    desk.keys("/disk space<enter>");
    let screen = desk.screen();
    assert!(screen.contains("Alert: DiskSpaceLow"), "{screen}");
    assert!(!screen.contains("Alert: HostDown"), "{screen}");
    desk.keys("<enter>");
    assert!(desk.screen().contains("observability › DiskSpaceLow"), "{}", desk.screen());
    desk.keys("<esc>");
    let screen = desk.screen();
    assert!(screen.contains("Alert: DiskSpaceLow") && !screen.contains("Alert: HostDown"), "{screen}");
    desk.keys("<esc>");
    assert!(desk.screen().contains("Alert: HostDown"), "the search is taken away: {}", desk.screen());
    // What was filtered elsewhere stays there.
    desk.keys("2/HostDown<enter>r2");
    assert!(desk.screen().contains("1 of 1"), "{}", desk.screen());
}

#[test]
fn r_opens_what_belongs_to_a_target_and_what_the_config_names() {
    let mut desk = desk(WIDE);
    desk.keys("3/9100 down<enter>");
    desk.keys("<esc>/10.0.0.21:9100<enter>r");
    assert!(desk.screen().contains("› HostDown"), "{}", desk.screen());
    // The badge of a source has its procedures in the config.
    desk.keys("3<tab>/pbs<enter>r");
    assert!(desk.screen().contains("› Manual Backup Trigger"), "{}", desk.screen());
}

#[test]
fn a_file_that_changes_takes_no_tick_away() {
    let mut desk = host_down(WIDE);
    desk.keys("..m");
    assert!(desk.screen().contains("done by hand by sam"), "{}", desk.screen());
    let changed =
        text().replacen("#### Immediate Actions", "#### Immediate Actions\n\nRead this first.\n", 1);
    desk.hear([shelf(changed)]).keys("g");
    let screen = desk.screen();
    assert!(screen.contains("Read this first."), "{screen}");
    assert!(screen.contains("done by hand by sam"), "{screen}");
    // The words of the line itself are other words.
    desk.hear([shelf(
        text().replace("sudo systemctl status node_exporter", "systemctl status node_exporter"),
    )]);
    assert!(!desk.screen().contains("done by hand by sam"), "{}", desk.screen());
    desk.hear([shelf(text().replace("### Alert: HostDown", "### Alert: HostGone"))]);
    assert!(desk.screen().contains("no longer has this procedure"), "{}", desk.screen());
}

#[test]
fn what_is_done_is_recorded_and_told_in_the_report() {
    let mut desk = host_down(WIDE);
    desk.keys("m");
    desk.keys("ithe fuse is blown<enter>");
    desk.keys("BXI");
    let entries = recorded(&desk);
    let Some(Entry { incident, event: Event::Opened { alert, began, .. }, .. }) = entries.first() else {
        panic!("it begins with the opening: {entries:#?}");
    };
    assert_eq!(alert, "HostDown");
    assert_eq!(*incident, incident::name(*began, "HostDown", "vm102"));
    let ticked = entries.iter().filter(|entry| matches!(&entry.event, Event::Ticked { state: State::ByHand, line } if line.text == "ping -c 4 10.0.0.21"));
    assert_eq!(ticked.count(), 1, "{entries:#?}");
    let report = desk.effects.iter().rev().find_map(|effect| match effect {
        Effect::Report { text, .. } => Some(text.clone()),
        _ => None,
    });
    let report = report.expect("a report");
    for words in [
        "## What failed?",
        "## Root cause?",
        "## How long was the RPO gap?",
        "## Preventive measures?",
        "scenario B: Node Exporter Service Stopped",
        "the fuse is blown",
        "done by hand: `ping -c 4 10.0.0.21` (by sam",
        "escalated: If host remains down after 30 minutes",
    ] {
        assert!(report.contains(words), "{words:?} is not in\n{report}");
    }
    // Whoever opens it again goes on where it was left.
    let mut again = host_down(WIDE);
    again.hear([Msg::Remembered { incident: incident.clone(), entries: entries.clone() }]);
    assert!(again.screen().contains("done by hand by sam"), "{}", again.screen());
    assert_eq!(Record::of(entries).marks().len(), 2, "a tick and a note");
}

#[test]
fn a_scenario_leaves_the_others_out() {
    let mut desk = host_down(WIDE);
    desk.keys("B");
    let screen = desk.screen();
    assert!(screen.contains("sudo systemctl restart node_exporter"), "{screen}");
    assert!(screen.contains("guessed: the host of the alert"), "{screen}");
    desk.keys(".......");
    assert!(!desk.screen().contains("Power on VM via Proxmox CLI\n▌"), "{}", desk.screen());
    desk.keys("F");
    assert!(desk.screen().contains("this procedure has no scenario F"), "{}", desk.screen());
}

#[test]
fn a_placeholder_is_said_and_its_command_is_whole() {
    let mut desk = desk(WIDE);
    desk.keys("7/updating prometheus<enter><enter>");
    let mut found = false;
    for _ in 0..40 {
        if desk.screen().contains("<OLD_VERSION> open") {
            found = true;
            break;
        }
        desk.keys(".");
    }
    assert!(found, "{}", desk.screen());
    desk.keys("=2.48.0<enter>");
    assert!(desk.screen().contains("<OLD_VERSION> 2.48.0  said by you"), "{}", desk.screen());
    desk.keys("=$(id)<enter>");
    assert!(desk.screen().contains("Refused"), "{}", desk.screen());
}

#[test]
fn a_file_is_trusted_once_and_asked_about_when_it_changes() {
    let mut desk = desk(WIDE);
    desk.hear([Msg::Shelved(Shelf::new(vec![page(text(), Standing::New)], Vec::new()))]);
    desk.keys("2/HostDown<enter>r<enter>");
    look("runbook_trust", &mut desk);
    desk.keys("<enter>");
    let trusted = desk.effects.iter().any(|effect| {
        matches!(effect, Effect::Trust { file, sha256 } if file == FILE && *sha256 == wardroom::runbooks::sha256(text().as_bytes()))
    });
    assert!(trusted, "{:#?}", desk.effects);
    desk.hear([shelf(text())]);
    desk.keys("<enter>");
    look("runbook_command", &mut desk);
    let since = super::desk::instant();
    let before = Some(text());
    let changed = page(text().replace("ping -c 4", "ping -c 9"), Standing::Changed { since, before });
    desk.keys("<esc>");
    desk.hear([Msg::Shelved(Shelf::new(vec![changed], Vec::new()))]);
    desk.keys("<enter>");
    let screen = desk.screen();
    assert!(
        screen.contains("- ") && screen.contains("ping -c 4") && screen.contains("ping -c 9"),
        "{screen}"
    );
    let exposed = page(text(), Standing::Exposed);
    desk.keys("<esc>");
    desk.hear([Msg::Shelved(Shelf::new(vec![exposed], Vec::new()))]);
    desk.keys("<enter>");
    assert!(desk.screen().contains("others may write"), "{}", desk.screen());
}

#[test]
fn what_cannot_be_written_down_is_said_on_the_screen() {
    let mut desk = host_down(WIDE);
    desk.hear([Msg::Unrecorded(Some("no space left on device".to_owned()))]);
    assert!(desk.screen().contains("UNRECORDED"), "{}", desk.screen());
    desk.hear([Msg::Unrecorded(None)]);
    assert!(!desk.screen().contains("UNRECORDED"), "{}", desk.screen());
}
