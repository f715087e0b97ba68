//! A drill: its clock, its steps and what they come to.

use std::process::{Command, Stdio};

use chrono::TimeDelta;
use wardroom::app::Setup;
use wardroom::border::{Effect, Msg};
use wardroom::demo::Scenario;
use wardroom::domain::exercise::{Course, Exercise, Exercised, Step};

use super::desk::{Desk, instant};
use super::homelab;

fn exercise() -> Exercise {
    Exercise {
        scenario: "host-down".into(),
        goal: "Find what the others follow from".into(),
        alert: "HostDown".into(),
        of: ("host".into(), "vm102".into()),
        fixes: vec!["qm start 102".into()],
        is_deaf: false,
    }
}

#[test]
fn a_drill_tells_how_far_one_is() {
    let setup = Setup { exercise: Some(Course::new(exercise(), instant())), ..homelab::setup() };
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

#[test]
fn a_drill_that_is_over_is_written_down_once_and_held_against_the_best() {
    let mut course = Course::new(exercise(), instant() - TimeDelta::minutes(3));
    for step in [Step::Acknowledged, Step::Mended] {
        course.note(step, instant() - TimeDelta::minutes(2));
    }
    let before = Exercised {
        scenario: "host-down".into(),
        at: instant() - TimeDelta::days(9),
        by: "kim".into(),
        score: 70,
        took: [Some(42), Some(130), Some(400)],
    };
    let setup = |course| {
        let (exercised, operator) = (vec![before.clone()], "sam".into());
        Setup { exercise: Some(course), exercised, operator, ..homelab::setup() }
    };
    let mut desk = Desk::new(setup(course.clone().for_keeps(true)), (120, 40));
    desk.hear(homelab::host_down()).wait(1);
    let kept = |desk: &Desk| -> Vec<Exercised> {
        let kept = desk.effects.iter().filter_map(|effect| match effect {
            Effect::KeepExercise(done) => Some(done.clone()),
            _ => None,
        });
        kept.collect()
    };
    assert_eq!(kept(&desk), [], "the cause was not found yet");
    desk.keys("2:alert hostdown vm102<enter>").wait(1);
    assert!(desk.screen().contains("100 of 100 points: better than 70 before"), "{}", desk.screen());
    desk.wait(60);
    let [done] = kept(&desk).try_into().expect("once");
    assert_eq!((done.score, &*done.by, done.took), (100, "sam", [Some(60), Some(182), Some(60)]));
    // Where nobody asked for that it is told, and not written down.
    let mut desk = Desk::new(setup(course), (120, 40));
    desk.hear(homelab::host_down()).keys("2:alert hostdown vm102<enter>").wait(1);
    let screen = desk.screen();
    assert!(screen.contains("better than 70 before; not kept: that asks for --keep"), "{screen}");
    assert_eq!(kept(&desk), []);
}

#[test]
fn where_nobody_can_acknowledge_an_incident_counts() {
    let exercise = Exercise { is_deaf: true, ..exercise() };
    let setup = Setup { exercise: Some(Course::new(exercise, instant())), ..homelab::setup() };
    let mut desk = Desk::new(setup, (120, 40));
    desk.hear(homelab::host_down()).wait(2);
    assert!(desk.screen().contains("incident –"), "{}", desk.screen());
    desk.hear([Msg::Incidents(Vec::new())]).keys("<enter>chain<enter>").wait(1);
    assert!(desk.screen().contains("incident 3s"), "{}", desk.screen());
}

/// A picture of the lab.
fn shot(scenario: &str, keys: &str) -> String {
    let home = tempfile::tempdir().expect("a home directory");
    let output = Command::new(env!("CARGO_BIN_EXE_wardroom"))
        .args(["shot", &format!("--demo={scenario}"), "--view", "alerts", "--size", "200x60", "--keys", keys])
        .env_clear()
        .env("HOME", home.path())
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_fix_of_a_drill_is_offered_at_its_cause() {
    for (scenario, keys) in
        [("storm", "/networking<enter>x<wait>"), ("chain-broken", "/NotificationsFailing<enter>r<wait>")]
    {
        let exercise = scenario.parse::<Scenario>().expect("a scenario").exercise().expect("a drill");
        let picture = shot(scenario, keys);
        assert!(exercise.fixes.iter().any(|fix| picture.contains(&**fix)), "{picture}");
    }
}
