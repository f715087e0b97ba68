//! `wardroom routine`: the lists of a homelab's maintenance, worked through and due again.

use std::fs;

use wardroom::demo::Scenario;

use crate::check::{complained, home, run, said};
use crate::labs::Ground;

#[test]
fn a_routine_that_was_worked_through_has_a_date() {
    let ground = Ground::new(Scenario::Calm);
    let told = ground.report("routine", &["routine"]);
    let rows = told["routines"].as_array().expect("routines");
    assert_eq!(rows.len(), 4);
    assert_eq!((&rows[0]["due"], &rows[0]["unknown"]), (&told["at"], &serde_json::Value::Null), "due now");
    assert!(rows[3]["due"].is_null() && rows[3]["unknown"].is_null(), "nothing was changed: {told:#}");
    let horizon = said(&ground.run(&["due", "--within", "1d"]));
    let now = horizon.lines().find(|line| line.contains("routine daily")).expect("it is on the horizon");
    assert!(
        now.contains("  now ") && now.ends_with("to be worked through: never worked through here"),
        "{now}"
    );

    let daily = ground.report("routine", &["routine", "daily"]);
    let lines = daily["routines"][0]["lines"].as_array().expect("lines");
    assert!(lines.len() == 4 && lines.iter().all(|line| line["state"].is_string()), "{daily:#}");
    let check = ground.report("check", &["check"]);
    let down = check["targets"].as_array().into_iter().flatten().filter(|one| one["health"] != "up").count();
    assert_eq!(lines[1]["state"] == "ok", down == 0, "as check says: {daily:#}");

    let output = ground.run(&["routine", "daily", "--done", "--yes", "--note", "all quiet"]);
    assert_eq!(output.status.code(), Some(0), "{}", complained(&output));
    let told = ground.report("routine", &["routine"]);
    let row = &told["routines"][0];
    assert_eq!((&row["times"], &row["last"]["note"]), (&1.into(), &"all quiet".into()), "{told:#}");
    assert!(row["due"].is_string() && row["unknown"].is_null(), "{row:#}");
    let due = ground.report("due", &["due", "--within", "2d"]);
    let rows = due["due"].as_array().expect("rows");
    let row = rows.iter().find(|row| row["what"] == "routine daily").expect("it is on the horizon");
    let left = row["left"].as_f64().expect("seconds") / 3600.0;
    assert!((23.0..=24.0).contains(&left), "a day from now: {left}");
}

#[test]
fn a_line_that_is_not_so_keeps_it_from_being_noted() {
    let home = home();
    let file = home.path().join("w.toml");
    fs::write(&file, "[sources.prometheus.main]\nurl = \"http://127.0.0.1:1\"\n").expect("written");
    let config = file.display().to_string();
    let output = run(home.path(), &["--config", &config, "routine", "daily", "--done"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("unknown  key services answer"), "{}", said(&output));
    assert!(complained(&output).contains("nothing was noted"), "{}", complained(&output));
    let wrong = run(home.path(), &["--config", &config, "routine", "yearly"]);
    assert_eq!(wrong.status.code(), Some(2), "{}", complained(&wrong));
}
