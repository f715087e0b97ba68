//! Whatever is typed, at whatever size: a frame is drawn, and what it shows stays true.

use proptest::prelude::*;
use wardroom::border::Msg;
use wardroom::keymap::chord;

use super::desk::Desk;
use super::homelab;

const KEYS: [&str; 44] = [
    "1",
    "2",
    "3",
    "4",
    "5",
    "j",
    "k",
    "g",
    "G",
    "ctrl-d",
    "ctrl-u",
    "pagedown",
    "pageup",
    "home",
    "end",
    "tab",
    "shift-tab",
    "/",
    "n",
    "N",
    "?",
    "z",
    "f",
    "t",
    "esc",
    "enter",
    "space",
    "e",
    "E",
    "w",
    "y",
    "v",
    "[",
    "]",
    "backspace",
    "left",
    "right",
    "a",
    "x",
    "=",
    "~",
    "!",
    "-",
    "ctrl-w",
];

#[derive(Clone, Debug)]
enum Step {
    Key(&'static str),
    Size(u16, u16),
    Wait,
    Hear(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => proptest::sample::select(&KEYS[..]).prop_map(Step::Key),
        1 => (1..=250_u16, 1..=70_u16).prop_map(|(width, height)| Step::Size(width, height)),
        1 => (1..=30_u16, 1..=12_u16).prop_map(|(width, height)| Step::Size(width, height)),
        1 => Just(Step::Wait),
        1 => (0..5_u8).prop_map(Step::Hear),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_key_at_no_size_breaks_the_screen(steps in proptest::collection::vec(step(), 1..60)) {
        let mut desk = Desk::new(homelab::setup(), (80, 24));
        for step in steps {
            match step {
                Step::Key(key) => {
                    desk.hear([Msg::Key(chord(key).expect("a key"))]);
                }
                Step::Size(width, height) => {
                    desk.resize(width, height);
                }
                Step::Wait => {
                    desk.wait(1);
                }
                Step::Hear(0) => {
                    desk.hear(homelab::host_down());
                }
                Step::Hear(1) => {
                    desk.hear(homelab::calm());
                }
                Step::Hear(2) => {
                    desk.hear(homelab::empty());
                }
                Step::Hear(3) => {
                    desk.hear([homelab::late_line("one more")]);
                }
                Step::Hear(_) => {
                    desk.hear(homelab::more_alerts());
                }
            }
            desk.draw();
            prop_assert!(!desk.app.is_dirty());
        }
    }
}

#[test]
fn every_view_draws_at_every_small_size() {
    for keys in ["1", "2", "3", "4", "5", "z", "<enter>", "?", "/x"] {
        for width in (1..40).step_by(3) {
            for height in 1..12 {
                let mut desk = Desk::homelab((width, height));
                desk.keys(keys).draw();
            }
        }
    }
}

#[test]
fn wide_and_hostile_text_stays_in_its_place() {
    let mut desk = Desk::homelab((80, 24));
    desk.hear([homelab::late_line(&"磁盘满了".repeat(60)), homelab::late_line("e\u{301}e\u{301} combining")]);
    let screen = desk.keys("4").screen();
    let body: Vec<&str> = screen.lines().skip(2).take(21).collect();
    assert!(body.iter().all(|line| wardroom::text::width(line) == 80), "{screen}");
    assert!(screen.contains("磁盘满了"));
}

#[test]
fn the_same_messages_give_the_same_frames() {
    let run = || {
        let mut desk = Desk::homelab((120, 40));
        desk.keys("jj<enter>").wait(2);
        desk.screen()
    };
    assert_eq!(run(), run());
}

#[test]
fn five_thousand_rows_are_selected_and_filtered() {
    let mut desk = Desk::new(homelab::setup(), (120, 40));
    desk.hear([homelab::many_targets(5000)]);
    assert!(desk.keys("3").screen().contains("4999 up 1 down"));
    desk.keys("G");
    assert!(desk.screen().contains("5000 of 5000"));
    desk.keys("/node-4711<enter>");
    assert!(desk.screen().contains("1 of 5000") && desk.screen().contains("node-4711:9100"));
}
