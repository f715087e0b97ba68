//! Writes that must be armed: nothing before, everything for so long, nothing after.

use std::time::Duration;

use wardroom::app::Setup;
use wardroom::border::{Effect, Msg};
use wardroom::domain::deed::Receipt;
use wardroom::ui::wall::Wall;

use super::desk::Desk;
use super::{homelab, runbooks};

const WIDE: (u16, u16) = (120, 40);
const MINUTES: Duration = Duration::from_mins(10);

fn armed_setup() -> Setup {
    Setup { arm: Some(MINUTES), ..runbooks::setup() }
}

fn desk() -> Desk {
    let mut desk = Desk::new(armed_setup(), WIDE);
    desk.hear(homelab::host_down());
    desk.hear([runbooks::shelf(runbooks::text())]);
    desk
}

fn has_written(desk: &Desk) -> bool {
    desk.effects.iter().any(|effect| matches!(effect, Effect::Call { .. } | Effect::Run { .. }))
}

/// The line of the sources.
fn badge(desk: &mut Desk) -> String {
    desk.screen().lines().nth(1).unwrap_or_default().to_owned()
}

/// Acknowledges an alert, as far as that goes.
fn acknowledge(desk: &mut Desk) {
    desk.keys("2jaon it<enter><esc><esc>");
}

#[test]
fn nothing_is_written_before_it_is_armed_nor_after_it_fell_back() {
    let mut desk = desk();
    assert!(badge(&mut desk).ends_with("read-only"), "{}", desk.screen());
    desk.keys("2ga");
    assert!(desk.screen().contains("nothing is written until it is armed: Ctrl-w"), "{}", desk.screen());
    assert!(!has_written(&desk));
    desk.keys("<ctrl-w>");
    assert!(badge(&mut desk).ends_with("armed 10:00"), "{}", desk.screen());
    acknowledge(&mut desk);
    assert!(has_written(&desk), "it is armed:\n{}", desk.screen());
    let id = desk.effects.iter().find_map(|effect| match effect {
        Effect::Call { id, .. } => Some(*id),
        _ => None,
    });
    let result = Ok(Receipt { id: "1".into() });
    desk.hear([Msg::Done { id: id.expect("a call"), result }]);
    desk.effects.clear();
    // It falls back by itself, also below a dialogue that is open.
    desk.keys("2jaon it");
    desk.wait(61);
    assert!(badge(&mut desk).ends_with("armed 8:59"), "{}", desk.screen());
    desk.wait(9 * 60);
    assert!(badge(&mut desk).ends_with("read-only"), "{}", desk.screen());
    desk.keys("<enter>");
    assert!(!has_written(&desk), "{}", desk.screen());
    assert!(desk.screen().contains("until it is armed"), "{}", desk.screen());
    assert!(desk.screen().contains("on it"), "nothing that was typed is lost: {}", desk.screen());
    desk.keys("<esc>");
    assert!(!desk.screen().contains("Acknowledge"), "it can be left: {}", desk.screen());
}

#[test]
fn the_same_key_or_a_sleep_takes_it_back_and_the_palette_knows_it() {
    let mut desk = desk();
    desk.keys("<ctrl-w><ctrl-w>");
    assert!(badge(&mut desk).ends_with("read-only"), "{}", desk.screen());
    desk.keys(":arm<enter>");
    assert!(badge(&mut desk).contains("armed "), "{}", desk.screen());
    desk.hear([Msg::Jumped]);
    assert!(badge(&mut desk).ends_with("read-only"), "nobody knows who sits there after a sleep");
}

#[test]
fn a_look_needs_no_arming_and_a_command_that_changes_something_does() {
    let mut desk = desk();
    desk.keys("2/HostDown<enter>r<enter>");
    desk.now.mono += Duration::from_secs(2);
    desk.keys("<enter>");
    assert!(desk.effects.iter().any(|effect| matches!(effect, Effect::Run { .. })), "{}", desk.screen());
    desk.effects.clear();
    desk.keys("<esc>gB");
    for _ in 0..40 {
        if desk.screen().contains("Command  sudo systemctl restart node_exporter") {
            break;
        }
        desk.keys(".");
    }
    desk.keys("<enter>");
    desk.now.mono += Duration::from_secs(2);
    desk.keys("y");
    assert!(!has_written(&desk), "{}", desk.screen());
    desk.keys("<esc><ctrl-w><enter>");
    desk.now.mono += Duration::from_secs(2);
    desk.keys("y");
    assert!(has_written(&desk), "{}", desk.screen());
}

#[test]
fn read_only_and_the_wall_are_not_to_be_armed() {
    let mut desk = Desk::new(Setup { read_only: true, ..armed_setup() }, WIDE);
    desk.hear(homelab::host_down());
    desk.keys("<ctrl-w>");
    assert!(desk.screen().contains("--read-only was asked for"), "{}", desk.screen());
    acknowledge(&mut desk);
    assert!(!has_written(&desk));
    let wall = Some(Wall::default());
    let mut desk = Desk::new(Setup { read_only: true, wall, ..armed_setup() }, WIDE);
    desk.hear(homelab::host_down());
    acknowledge(desk.keys("<ctrl-w>"));
    assert!(!has_written(&desk) && desk.screen().contains("read-only"), "{}", desk.screen());
}
