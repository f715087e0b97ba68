//! From one cell to more than any screen has: every view of every scenario is drawn, and keeps its bounds.

use rstest::rstest;
use wardroom::app::Setup;
use wardroom::border::{Effect, Msg};
use wardroom::keymap::{Press, presses};

use super::desk::Desk;
use super::gallery::{VIEWS, shot};
use super::homelab;

const SIZES: [(u16, u16); 9] =
    [(1, 1), (2, 2), (10, 3), (20, 5), (40, 10), (39, 60), (300, 20), (300, 100), (500, 200)];

/// Each view at another of the sizes, so that each scenario meets all of them.
#[rstest]
fn every_view_of_a_scenario_keeps_its_bounds(
    #[values(
        (0, "calm"), (1, "host-down"), (2, "backup-late"), (3, "storm"), (4, "chain-broken"), (5, "cold-boot"),
        (6, "nfs-hang")
    )]
    scenario: (usize, &str),
) {
    for (at, view) in VIEWS.iter().enumerate() {
        let (width, height) = SIZES[(at + scenario.0) % SIZES.len()];
        let picture = shot(scenario.1, view, &format!("{width}x{height}"), "");
        let name = format!("{} {view} {width}x{height}", scenario.1);
        assert!(picture.lines().count() <= usize::from(height), "{name}: {picture}");
        let is_wide = |line: &str| wardroom::text::width(line) > usize::from(width);
        assert!(!picture.lines().any(is_wide), "{name}: {picture}");
    }
}

/// The keys of the views, and of what lies over them.
const KEYS: [&str; 24] = [
    "1", "2", "3", "4", "5", "6", "7", "8", "9", "S", "C", "H", "D", "P", "W", "v", "?", ":", ";", "m", "L",
    "2<enter>", "2z", "2/x",
];

#[rstest]
fn every_view_and_layer_is_drawn_whatever_is_known(
    #[values("nothing heard", "calm", "host down", "nothing there")] known: &str,
) {
    for size in SIZES {
        let mut desk = Desk::new(homelab::setup(), size);
        match known {
            "calm" => _ = desk.hear(homelab::calm()),
            "host down" => _ = desk.hear(homelab::host_down()),
            "nothing there" => _ = desk.hear(homelab::empty()),
            _ => {}
        }
        for keys in KEYS {
            desk.keys("<esc><esc>").keys(keys);
            let buffer = desk.draw();
            assert_eq!((buffer.area.width, buffer.area.height), size, "{known} {keys}");
        }
    }
}

#[test]
fn what_was_asked_on_another_size_is_not_confirmed_before_it_is_drawn() {
    let setup = Setup { read_only: false, operator: "sam".into(), ..homelab::setup() };
    let mut desk = Desk::new(setup, (120, 40));
    desk.hear(homelab::host_down());
    let is_called = |desk: &mut Desk| {
        desk.effects.clear();
        for press in presses("<enter>").expect("a key") {
            if let Press::Key(key) = press {
                desk.hear([Msg::Key(key)]);
            }
        }
        desk.effects.iter().any(|effect| matches!(effect, Effect::Call { .. }))
    };
    desk.keys("S  X");
    assert!(desk.screen().contains("Enter ends all of them now."), "{}", desk.screen());
    desk.resize(1, 1);
    assert!(!is_called(&mut desk), "nobody sees what it is");
    desk.draw();
    assert!(!is_called(&mut desk), "nor in one cell");
    desk.resize(120, 40);
    desk.draw();
    assert!(desk.screen().contains("Enter ends all of them now."), "{}", desk.screen());
    assert!(is_called(&mut desk), "drawn again it is");
}
