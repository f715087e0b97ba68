//! The wall: read across a room, changed by nobody, for weeks.

use std::fs;
use std::process::Command;
use std::time::Duration;

use ratatui::style::Color;
use wardroom::app::Setup;
use wardroom::border::{Effect, Msg};
use wardroom::ui::theme::{Role, Theme};
use wardroom::ui::wall::{Wall, night};

use super::desk::Desk;
use super::homelab;
use super::looks::look;

const SIZES: [(&str, (u16, u16)); 4] =
    [("60x12", (60, 12)), ("80x24", (80, 24)), ("120x40", (120, 40)), ("200x60", (200, 60))];

fn setup(wall: Wall) -> Setup {
    let theme = Theme::embedded("wall").expect("a theme");
    Setup { wall: Some(wall), theme, read_only: true, ..homelab::setup() }
}

fn desk(size: (u16, u16)) -> Desk {
    let mut desk = Desk::new(setup(Wall::default()), size);
    desk.hear(homelab::host_down());
    desk
}

#[test]
fn it_looks_like_this() {
    for (name, size) in SIZES {
        look(&format!("wall_{name}"), &mut desk(size));
        let mut calm = Desk::new(setup(Wall::default()), size);
        look(&format!("wall_calm_{name}"), calm.hear(homelab::calm()));
    }
}

#[test]
fn nothing_panics_however_small_it_is() {
    for (width, height) in [(1, 1), (3, 2), (20, 5), (84, 24), (83, 23), (500, 200)] {
        desk((width, height)).screen();
    }
}

#[test]
fn no_key_changes_anything() {
    let mut desk = desk((120, 40));
    let before = desk.screen();
    desk.keys("sayl:?f/z<enter> xXUSe<ctrl-r>R<ctrl-p>");
    desk.hear([Msg::Paste("silence".into())]);
    assert_eq!(desk.screen(), before);
    assert_eq!(desk.effects, []);
    desk.keys("q");
    assert_eq!(desk.effects, [Effect::Quit], "it can be left");
}

#[test]
fn views_take_turns_and_a_chosen_one_stays_longer() {
    let mut desk = desk((120, 40));
    let at = |desk: &mut Desk| {
        let screen = desk.screen();
        ["³Targets", "⁵Backups", "²Alerts"].iter().position(|title| screen.contains(title))
    };
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(at(&mut desk));
        desk.wait(21);
    }
    assert_eq!(seen, [Some(0), Some(1), Some(2), Some(0)]);
    desk.keys("5");
    assert_eq!(at(&mut desk), Some(1));
    assert_eq!(at(desk.wait(60)), Some(1), "somebody looks at it");
    assert_eq!(at(desk.wait(70)), Some(2));
}

#[test]
fn lines_of_logs_are_shown_only_if_they_may_be() {
    let all = || Wall { views: vec!["logs".into(), "bridge".into()], ..Wall::default() };
    let mut shut = Desk::new(setup(all()), (200, 60));
    shut.hear(homelab::host_down());
    assert!(!shut.screen().contains("⁴Logs"));
    let mut open = Desk::new(setup(Wall { logs: true, ..all() }), (200, 60));
    open.hear(homelab::host_down());
    assert!(open.screen().contains("⁴Logs"));
}

#[test]
fn it_is_dim_by_night_unless_something_is_critical() {
    let text = Theme::embedded("wall").expect("a theme").style(Role::Text).fg.expect("a colour");
    let wall = Wall { night: night("14:00-15:00").ok(), ..Wall::default() };
    let bright =
        |desk: &mut Desk| desk.draw().content.iter().any(|cell| cell.fg == text && cell.symbol() != " ");
    let mut calm = Desk::new(setup(wall.clone()), (120, 40));
    calm.hear(homelab::calm());
    assert!(!bright(&mut calm), "it is two in the afternoon, and that was called night");
    let mut worse = Desk::new(setup(wall), (120, 40));
    worse.hear(homelab::host_down());
    assert!(bright(&mut worse));
    assert_ne!(text, Color::Reset);
}

/// Kilobytes of this process that are in memory.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("what the kernel knows");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
    line.trim().trim_end_matches("kB").trim().parse().expect("a number")
}

/// So many simulated minutes pass; every ten a host falls or stands up again, and all is said anew.
fn pass(desk: &mut Desk, minutes: u32) {
    for minute in 0..minutes {
        for _ in 0..6 {
            desk.now.wall += chrono::TimeDelta::seconds(10);
            desk.now.mono += Duration::from_secs(10);
            desk.hear([Msg::Tick]);
        }
        if minute % 10 == 0 {
            let said = if minute % 20 == 0 { homelab::host_down() } else { homelab::calm() };
            desk.hear(said);
            desk.draw();
        }
        desk.effects.clear();
    }
}

/// Set in the process that lets the week pass: others would disturb what is measured.
const ALONE: &str = "WARDROOM_WEEK_ALONE";

/// The minutes of a day.
const DAY: u32 = 24 * 60;

#[test]
fn a_week_leaves_memory_flat() {
    if std::env::var_os(ALONE).is_none() {
        let own = std::env::current_exe().expect("this program");
        let name = "screens::wall::a_week_leaves_memory_flat";
        let output = Command::new(own).args(["--exact", name, "--nocapture"]).env(ALONE, "1").output();
        let output = output.expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && said.contains("1 passed"), "{said}\n{:?}", output.stderr);
        return;
    }
    let mut desk = desk((200, 60));
    pass(&mut desk, DAY);
    let after_a_day = resident();
    pass(&mut desk, 6 * DAY);
    let after_a_week = resident();
    assert!(desk.screen().contains("targets"), "{}", desk.screen());
    assert!(
        after_a_week < after_a_day + 4096,
        "{after_a_day} kB after a day, {after_a_week} kB after a week"
    );
}
