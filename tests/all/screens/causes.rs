//! When the storage falls, the alerts of what rests on it are dimmed below it, wherever they are shown;
//! they are counted as ever, and stand on their own as soon as it is back.

use ratatui::style::Color;
use wardroom::app::Setup;
use wardroom::border::Effect;
use wardroom::ui::theme::{Role, Theme};
use wardroom::ui::wall::Wall;

use super::desk::Desk;
use super::homelab;

/// Where alerts are shown: the keys that lead there, and whether it is the wall.
const PLACES: [(&str, &str, bool); 5] = [
    ("bridge", "1", false),
    ("alerts", "2", false),
    ("why", "1v", false),
    ("the detail of the host", "6/lxc210<enter><enter>", false),
    ("the wall", "", true),
];

fn theme() -> Theme {
    Theme::embedded("wall").expect("a theme")
}

fn desk(wall: bool) -> Desk {
    let wall = wall.then(Wall::default);
    let mut desk = Desk::new(Setup { wall, theme: theme(), ..homelab::setup() }, (120, 40));
    desk.hear(homelab::calm());
    desk
}

/// The colour in which a word is drawn first on the screen, and its line.
fn drawn(desk: &mut Desk, word: &str) -> Option<(Color, usize)> {
    let screen = desk.screen();
    let (row, column) = screen.lines().enumerate().find_map(|(row, line)| {
        let at = line.find(word)?;
        Some((row, wardroom::text::width(line.get(..at)?)))
    })?;
    let [x, y] = [column, row].map(|at| u16::try_from(at).expect("it is on the screen"));
    Some((desk.draw().cell((x, y))?.fg, row))
}

#[test]
fn consumers_are_dimmed_below_the_storage_in_every_view_and_come_back() {
    let muted = theme().style(Role::Muted).fg.expect("the theme has colours");
    for (place, keys, wall) in PLACES {
        let mut desk = desk(wall);
        desk.hear(homelab::fall(true)).keys(keys);
        // On the bridge those that follow are one row.
        let words = if place == "bridge" { "2 alerts follow" } else { "NFSMountStale" };
        let (colour, row) = drawn(&mut desk, words).unwrap_or_else(|| panic!("{place}: {}", desk.screen()));
        assert_eq!(colour, muted, "{place}: {}", desk.screen());
        if place != "the detail of the host" {
            let (cause, above) = drawn(&mut desk, "HostDown").expect("its cause is there");
            assert_ne!(cause, muted, "{place}");
            assert!(above < row, "{place}: it stands below its cause");
        }
        let (own, _) = drawn(&mut desk, "DiskSpaceLow").expect("trouble of its own");
        assert_ne!(own, muted, "{place}: {}", desk.screen());

        desk.hear(homelab::fall(false));
        let (colour, _) = drawn(&mut desk, "NFSMountStale").expect("it is still there");
        assert_ne!(colour, muted, "{place}: it has come back by itself: {}", desk.screen());
        assert!(!desk.screen().contains("alerts follow"), "{place}");
    }
}

#[test]
fn consequences_are_counted_as_ever() {
    let mut desk = desk(false);
    desk.hear(homelab::fall(true));
    let screen = desk.screen();
    assert!(screen.contains("HostDown vm102") && screen.contains("2 follow"), "{screen}");
    assert!(screen.contains("3 critical"), "{screen}");
    desk.hear(homelab::fall(false));
    assert!(desk.screen().contains("2 critical"), "{}", desk.screen());
}

#[test]
fn a_cause_and_what_follows_from_it_ring_once() {
    let mut desk = desk(false);
    desk.wait(40);
    desk.effects.clear();
    desk.hear(homelab::fall(true)).wait(60);
    let rings: Vec<&Effect> =
        desk.effects.iter().filter(|effect| matches!(effect, Effect::Ring { .. })).collect();
    let [Effect::Ring { text, .. }] = rings.as_slice() else { panic!("{rings:?}") };
    assert_eq!(text, "HostDown vm102");
}
