//! What hands do beside the keys of the habits: the mouse, hints, panes that give each other room; and
//! what stands there before any server has answered.

use wardroom::app::Setup;
use wardroom::border::{Effect, Msg, Pointed, Pointing};
use wardroom::clock::Now;

use super::desk::Desk;
use super::homelab;

const SIZE: (u16, u16) = (120, 40);

fn desk(mouse: bool) -> Desk {
    let mut desk = Desk::new(Setup { mouse, ..homelab::setup() }, SIZE);
    desk.hear(homelab::host_down());
    desk.draw();
    desk
}

/// Points at the first place where this stands.
fn point(desk: &mut Desk, how: Pointing, text: &str) {
    let screen = desk.screen();
    let (row, line) = screen.lines().enumerate().find(|(_, line)| line.contains(text)).expect(text);
    let before = line.split(text).next().unwrap_or_default();
    let column = wardroom::text::width(before) + 1;
    let (column, row) = (column.try_into().expect("a column"), row.try_into().expect("a row"));
    desk.hear([Msg::Pointed(Pointed { how, column, row })]);
}

fn selected(desk: &mut Desk) -> String {
    let screen = desk.screen();
    let line = screen.lines().find(|line| line.contains('▌')).unwrap_or_default();
    line.split('▌').nth(1).unwrap_or_default().to_owned()
}

#[test]
fn a_click_selects_and_a_second_one_opens() {
    let mut desk = desk(true);
    point(&mut desk, Pointing::Click, "HighCPUUsage");
    assert!(selected(&mut desk).contains("HighCPUUsage"), "{}", desk.screen());
    assert!(!desk.screen().contains("fingerprint"));
    point(&mut desk, Pointing::Click, "HighCPUUsage");
    assert!(desk.screen().contains("fingerprint"), "{}", desk.screen());
    let before = desk.screen();
    point(&mut desk, Pointing::Click, "fingerprint");
    assert_eq!(desk.screen(), before, "a click answers no dialogue");
    assert!(desk.effects.iter().all(|effect| !matches!(effect, Effect::Call { .. } | Effect::Run { .. })));
}

#[test]
fn a_click_focuses_its_pane_and_on_a_title_opens_the_view() {
    let mut desk = desk(true);
    point(&mut desk, Pointing::Click, "10.0.0.2 ");
    assert!(selected(&mut desk).contains("10.0.0.2"), "{}", desk.screen());
    point(&mut desk, Pointing::Click, "⁵Backups");
    assert!(desk.screen().contains("Tasks") && !desk.screen().contains("³Targets"), "{}", desk.screen());
}

#[test]
fn the_wheel_scrolls_what_it_is_over() {
    let mut desk = desk(true);
    point(&mut desk, Pointing::Down, "DiskSpaceLow");
    let below = selected(&mut desk);
    assert!(!below.contains("BackupJobFailed"), "{}", desk.screen());
    point(&mut desk, Pointing::Up, "DiskSpaceLow");
    assert!(selected(&mut desk).contains("BackupJobFailed"), "{}", desk.screen());
    desk.keys("?");
    let top = desk.screen();
    point(&mut desk, Pointing::Down, "Keys in");
    assert!(desk.screen().contains("Keys in"), "{}", desk.screen());
    point(&mut desk, Pointing::Up, "Keys in");
    assert_eq!(desk.screen(), top);
}

#[test]
fn without_being_asked_for_the_mouse_does_nothing() {
    let mut desk = desk(false);
    let before = desk.screen();
    point(&mut desk, Pointing::Click, "HighCPUUsage");
    point(&mut desk, Pointing::Down, "HighCPUUsage");
    assert_eq!(desk.screen(), before);
    desk.keys("<alt-m>");
    assert_eq!(desk.effects, [Effect::Mouse(true)]);
    point(&mut desk, Pointing::Click, "HighCPUUsage");
    assert!(selected(&mut desk).contains("HighCPUUsage"));
    desk.keys("<alt-m>");
    assert_eq!(desk.effects.last(), Some(&Effect::Mouse(false)));
}

#[test]
fn a_click_beside_everything_and_outside_breaks_nothing() {
    let mut desk = desk(true);
    for (column, row) in [(0, 0), (119, 39), (500, 500), (u16::MAX, u16::MAX), (3, 39)] {
        for how in [Pointing::Click, Pointing::Drag, Pointing::Up, Pointing::Down] {
            desk.hear([Msg::Pointed(Pointed { how, column, row })]);
            desk.draw();
        }
    }
    assert!(desk.keys("<esc><esc>").screen().contains("Alerts"), "{}", desk.screen());
}

#[test]
fn hints_show_the_keys_and_the_next_key_does_what_it_does() {
    let mut desk = desk(false);
    assert!(desk.keys(";").screen().contains("Keys here"), "{}", desk.screen());
    assert!(desk.screen().contains("s silence") && desk.screen().contains("f freeze"));
    assert!(!desk.keys("<esc>").screen().contains("Keys here"));
    desk.keys(";3");
    assert!(desk.screen().contains("Sources") && !desk.screen().contains("Keys here"), "{}", desk.screen());
    assert!(!desk.keys(";;").screen().contains("Keys here"), "and again takes them away");
    assert!(!desk.keys(";").wait(31).screen().contains("Keys here"), "they hide nothing for long");
    assert!(desk.keys("4;").screen().contains("w wrap"), "true for the place");
}

#[test]
fn panes_give_each_other_room() {
    let mut desk = desk(false);
    let edge = |desk: &mut Desk| {
        let screen = desk.screen();
        let line = screen.lines().find(|line| line.contains("²Alerts")).expect("the pane").to_owned();
        wardroom::text::width(line.split('╮').next().unwrap_or_default())
    };
    let first = edge(&mut desk);
    assert!(edge(desk.keys("<ctrl-right>")) > first, "{}", desk.screen());
    desk.keys("<ctrl-left><ctrl-left>");
    assert!(edge(&mut desk) < first, "{}", desk.screen());
    let lines = |desk: &mut Desk| {
        let screen = desk.screen();
        screen.lines().position(|line| line.contains("⁴Logs")).expect("the pane")
    };
    let before = lines(&mut desk);
    assert!(lines(desk.keys("<ctrl-down>")) > before, "{}", desk.screen());
    desk.keys("<ctrl-down>".repeat(60).as_str());
    assert!(lines(&mut desk) < 40, "the others keep their least: {}", desk.screen());
    desk.keys("4").keys("<ctrl-right>");
    assert!(desk.screen().contains("nothing beside it"), "{}", desk.screen());
}

#[test]
fn the_edge_between_panes_is_dragged() {
    let mut desk = desk(true);
    desk.keys("2");
    let edge = |desk: &mut Desk| {
        let screen = desk.screen();
        let line = screen.lines().find(|line| line.contains("²Alerts")).expect("the pane").to_owned();
        u16::try_from(wardroom::text::width(line.split('╮').next().unwrap_or_default())).expect("a column")
    };
    let drag = |desk: &mut Desk, how: Pointing, column: u16| {
        desk.hear([Msg::Pointed(Pointed { how, column, row: 10 })]);
        desk.draw();
    };
    let first = edge(&mut desk);
    drag(&mut desk, Pointing::Drag, first - 9);
    assert_eq!(edge(&mut desk), first, "nobody took hold of it");
    drag(&mut desk, Pointing::Click, first);
    for column in [first - 3, first - 9] {
        drag(&mut desk, Pointing::Drag, column);
        assert_eq!(edge(&mut desk), column, "{}", desk.screen());
    }
    for (column, left) in [(0, 11), (119, 107)] {
        drag(&mut desk, Pointing::Drag, column);
        assert_eq!(edge(&mut desk), left, "both keep their least: {}", desk.screen());
    }
    // A click elsewhere lets go of it.
    drag(&mut desk, Pointing::Click, 3);
    drag(&mut desk, Pointing::Drag, first);
    assert_eq!(edge(&mut desk), 107);
    // The edge between bands: the frame below the first.
    desk.keys("1");
    let logs = |desk: &mut Desk| {
        let screen = desk.screen();
        screen.lines().position(|line| line.contains("⁴Logs")).expect("the pane")
    };
    let row = u16::try_from(logs(&mut desk)).expect("a row");
    for (how, row) in [(Pointing::Click, row - 1), (Pointing::Drag, row - 4)] {
        desk.hear([Msg::Pointed(Pointed { how, column: 5, row })]);
    }
    assert_eq!(logs(&mut desk), usize::from(row - 3), "{}", desk.screen());
}

#[test]
fn what_was_seen_before_the_start_is_there_at_once_and_stale() {
    let mut desk = Desk::new(homelab::setup(), SIZE);
    let then = Now { wall: desk.now.wall - chrono::TimeDelta::minutes(20), ..desk.now };
    for msg in homelab::host_down() {
        desk.app.update(msg, then);
    }
    let screen = desk.screen();
    assert!(screen.contains("HostDown") && screen.contains("stale 20m"), "{screen}");
    assert!(screen.contains("UNKNOWN"), "what is old is no verdict: {screen}");
    desk.hear(homelab::calm());
    assert!(desk.screen().contains("all is well"), "{}", desk.screen());
    assert!(desk.effects.iter().all(|effect| !matches!(effect, Effect::Ring { .. })));
}
