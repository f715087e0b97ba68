//! A drill: its clock, its steps and what they come to.

use wardroom::app::Setup;
use wardroom::domain::exercise::{Course, Exercise};

use super::desk::{Desk, instant};
use super::homelab;

#[test]
fn a_drill_tells_how_far_one_is() {
    let exercise = Exercise {
        goal: "Find what the others follow from".into(),
        alert: "HostDown".into(),
        of: ("host".into(), "vm102".into()),
        fixes: vec!["qm start 102".into()],
    };
    let setup = Setup { exercise: Some(Course::new(exercise, instant())), ..homelab::setup() };
    let mut desk = Desk::new(setup, (120, 40));
    desk.hear(homelab::host_down()).wait(2);
    let screen = desk.screen();
    assert!(screen.contains("drill 2s. Find what") && screen.contains("cause –"), "{screen}");
    desk.keys("2:alert hostdown vm102<enter>").wait(1);
    let screen = desk.screen();
    assert!(screen.contains("cause 3s") && screen.contains("fix –"), "{screen}");
    desk.keys("<esc>").wait(60);
    assert!(desk.screen().contains("cause 3s"), "what is done is done: {}", desk.screen());
}
