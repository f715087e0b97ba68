//! What the report on backups says beside their age: what failed since, what is kept elsewhere, and
//! whether anybody ever tried to restore it.

use std::fs;
use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use serde_json::Value;
use wardroom::clock::Clock;
use wardroom::demo::{Lab, Scenario};
use wardroom::domain::backup::GroupId;
use wardroom::domain::drill::Drill;
use wardroom::domain::feed::{SourceId, SourceKind};
use wardroom::state::keep_drill;

use crate::check::{conforms_to, home, run, said};

/// The row of a group in a datastore.
fn row<'r>(report: &'r Value, datastore: &str, id: &str) -> &'r Value {
    let mut rows = report["backups"].as_array().into_iter().flatten();
    rows.find(|row| row["datastore"] == datastore && row["id"] == id)
        .unwrap_or_else(|| panic!("{datastore} {id} in {report:#}"))
}

#[test]
fn a_run_that_failed_after_a_good_backup_is_told_and_changes_no_state() {
    let home = home();
    let report = conforms_to("backups", &run(home.path(), &["backups", "--format", "json", "--demo=storm"]));
    let storage = row(&report, "main", "102");
    assert_eq!(storage["state"], "ok", "{storage:#}");
    assert!(
        storage["reason"].as_str().is_some_and(|why| why.starts_with("last run failed: ")),
        "{storage:#}"
    );
    assert_eq!(row(&report, "offsite", "230")["reason"], "");
    let shot = ["shot", "--demo=storm", "--view", "backups", "--size", "120x40", "--format", "text"];
    let screen = said(&run(home.path(), &shot));
    assert!(screen.contains("9 of 9 good, 8 failed since"), "{screen}");
    let calm = said(&run(home.path(), &["shot", "--demo=calm", "--view", "backups", "--format", "text"]));
    assert!(calm.contains("9 of 9 good") && !calm.contains("failed since"), "{calm}");
}

#[test]
fn a_datastore_tells_what_storage_may_lie_behind_it() {
    let shot = [
        "shot",
        "--demo=calm",
        "--view",
        "backups",
        "--size",
        "120x40",
        "--format",
        "text",
        "--keys",
        "<tab><enter>",
    ];
    let screen = said(&run(home().path(), &shot));
    assert!(screen.contains("Storage that may lie behind it"), "{screen}");
    assert!(screen.contains("zpool local-zfs") && screen.contains("● whole, on pve"), "{screen}");
}

#[test]
fn a_copy_elsewhere_has_its_age() {
    let home = home();
    let report = conforms_to("backups", &run(home.path(), &["backups", "--format", "json", "--demo=calm"]));
    let copy = &row(&report, "main", "230")["off_site"];
    assert_eq!((&copy["source"], &copy["datastore"]), (&"home".into(), &"offsite".into()), "{copy:#}");
    assert_eq!(copy["at"], row(&report, "offsite", "230")["last_good"]);
    assert_eq!(row(&report, "main", "102")["off_site"], Value::Null);
    let text = said(&run(home.path(), &["backups", "--demo=calm"]));
    let section = text.split("Off-site\n").nth(1).and_then(|rest| rest.split("\n\n").next());
    let section = section.unwrap_or_else(|| panic!("{text}"));
    assert!(section.contains("ct/230") && section.contains("7 without"), "{text}");
    let wide = ["shot", "--demo=calm", "--view", "backups", "--size", "200x60", "--format", "text"];
    let screen = said(&run(home.path(), &wide));
    assert!(screen.contains("off-site") && screen.contains("none"), "{screen}");
}

#[test]
fn a_drill_is_told_with_its_next_date_and_who_was_never_tried_is_not_fine() {
    let home = home();
    let config = home.path().join("config.toml");
    let network = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let network = network.expect("a runtime");
    let lab = network.block_on(Lab::start(Scenario::default(), 1, Clock::system())).expect("a lab");
    fs::write(&config, lab.config()).expect("a config");
    let state = home.path().join(".local/state/wardroom");
    fs::create_dir_all(&state).expect("a directory");
    let text = |text: &str| Arc::<str>::from(text);
    let drill = |id: &str, days: i64| Drill {
        source: SourceId::new(SourceKind::Pbs, "home"),
        group: GroupId { datastore: text("main"), namespace: text(""), kind: text("vm"), id: text(id) },
        at: Utc::now() - TimeDelta::days(days),
        by: text("kim"),
        took: None,
        note: text("restored as vm 902"),
    };
    for drill in [drill("102", 200), drill("102", 12), drill("101", 100)] {
        keep_drill(&state, &drill).expect("kept");
    }
    let config = config.display().to_string();
    let ask =
        |form| run(home.path(), &["--config", &config, "backups", "--timeout", "60s", "--format", form]);
    let report = conforms_to("backups", &ask("json"));
    let tried = &row(&report, "main", "102")["drill"];
    assert_eq!((&tried["by"], &tried["note"]), (&"kim".into(), &"restored as vm 902".into()), "{tried:#}");
    let at = |name: &str| {
        let text = tried[name].as_str().unwrap_or_else(|| panic!("{tried:#}"));
        chrono::DateTime::parse_from_rfc3339(text).expect("a time")
    };
    assert_eq!(at("due") - at("at"), TimeDelta::days(90));
    assert_eq!(row(&report, "main", "100")["drill"], Value::Null);
    let text = said(&ask("text"));
    let section = text.split("Restore drills\n").nth(1).and_then(|rest| rest.split("\n\n").next());
    let lines: Vec<&str> = section.unwrap_or_else(|| panic!("{text}")).lines().collect();
    let line = |what: &str| lines.iter().find(|line| line.contains(what)).unwrap_or_else(|| panic!("{text}"));
    assert!(line("vm/102").contains("[ok]") && line("vm/102").contains("12d ago by kim, due in 7"), "{text}");
    assert!(line("vm/101").contains("[warning]") && line("vm/101").contains("overdue for 1"), "{text}");
    assert!(line("never tried").contains("[unknown]") && line("never tried").contains("vm/100"), "{text}");
}
