//! The days between incidents, played through: the glance at the wall, the morning look, and what is kept of
//! drills.

use std::fs;

use rstest::rstest;

use crate::check::{complained, conforms_to, home, run, said};

/// A picture of the demo lab after these keys.
fn shot(scenario: &str, size: &str, more: &[&str]) -> String {
    let demo = format!("--demo={scenario}");
    let output = run(home().path(), &[&["shot", &demo, "--size", size, "--format", "text"], more].concat());
    assert_eq!(output.status.code(), Some(0), "{}", complained(&output));
    said(&output)
}

#[rstest]
fn the_wall_says_whether_nextcloud_is_down_without_a_key(#[values("80x24", "200x60")] size: &str) {
    let wall = shot("host-down", size, &["--wall"]);
    let line = wall.lines().find(|line| line.contains("Nextcloud")).unwrap_or_else(|| panic!("{wall}"));
    assert!(
        line.contains("service") && line.contains("down") && line.contains("because storage vm102"),
        "{wall}"
    );
    // What people ask about stands before what is wrong beside it.
    let place = |text: &str| wall.lines().position(|line| line.contains(text));
    assert!(place("Nextcloud") < place("critical  "), "{wall}");
    let calm = shot("calm", size, &["--wall"]);
    assert!(calm.lines().all(|line| !line.contains("Nextcloud down")), "{calm}");
    assert!(calm.contains("all is well"), "and that nothing is: {calm}");
}

#[rstest]
fn the_morning_look_takes_two_keys_at_most(#[values("80x24", "200x60")] size: &str) {
    // Is everything fine: no key.
    let bridge = shot("calm", size, &[]);
    let verdict = bridge.lines().next().unwrap_or_default();
    assert!(verdict.contains("OK") && verdict.contains("all is well"), "{bridge}");
    // What breaks this week: one key. What is overdue or near stands before what is far.
    let horizon = shot("calm", size, &["--keys", "H"]);
    assert!(horizon.contains("Horizon") && horizon.contains("within 14 d"), "{horizon}");
    let place = |text: &str| horizon.lines().position(|line| line.contains(text));
    assert!(place("routine daily").is_some(), "{horizon}");
    // What happened over night: another.
    let digest = shot("calm", size, &["--keys", "D"]);
    assert!(digest.contains("Digest") && digest.contains("since you looked"), "{digest}");
    // The list of the day, from the row where it stands: two keys.
    let list = shot("calm", size, &["--keys", "L<enter>"]);
    assert!(list.contains("Routine daily") && list.contains("key services answer"), "{list}");
}

#[test]
fn drills_are_listed_with_their_points() {
    let home = home();
    let none = run(home.path(), &["drills"]);
    assert_eq!(said(&none), "no restore was tried here, and no drill done\n");
    let state = home.path().join(".local/state/wardroom");
    fs::create_dir_all(&state).expect("a directory");
    let exercise = |scenario: &str, score: u32, day: u32| {
        format!(
            "{{\"schema\":1,\"scenario\":\"{scenario}\",\"at\":\"2026-11-{day:02}T08:00:00Z\",\"by\":\"kim\",\
             \"score\":{score},\"took\":[42,130,null]}}\n"
        )
    };
    fs::write(state.join("exercises.jsonl"), exercise("host-down", 90, 9) + &exercise("backup-late", 70, 3))
        .expect("written");
    let told = conforms_to("drills", &run(home.path(), &["drills", "--format", "json"]));
    let rows = told["exercises"].as_array().expect("drills");
    assert_eq!((rows.len(), &rows[0]["score"], &rows[1]["score"]), (2, &70.into(), &90.into()), "{told:#}");
    let text = said(&run(home.path(), &["drills"]));
    let last = text.lines().last().unwrap_or_default();
    assert_eq!(
        last,
        "2026-11-09 08:00 UTC  drill host-down: 90 of 100 points, by kim  acknowledged 42s, cause 2m, fix –"
    );
}
