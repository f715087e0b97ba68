//! The papers: `wardroom inventory`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use rstest::rstest;
use wardroom::demo::Scenario;

use crate::check::{complained, home, run, said};
use crate::labs::Ground;

/// The tables of a page as a reader sees them: rows of cells.
pub(super) fn tables(page: &str) -> Vec<Vec<Vec<String>>> {
    let mut all: Vec<Vec<Vec<String>>> = Vec::new();
    let mut open = false;
    for event in Parser::new_ext(page, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Table(_)) => all.push(Vec::new()),
            Event::Start(Tag::TableHead | Tag::TableRow) => {
                all.last_mut().expect("a table").push(Vec::new());
            }
            Event::Start(Tag::TableCell) => {
                open = true;
                let row = all.last_mut().and_then(|table| table.last_mut()).expect("a row");
                row.push(String::new());
            }
            Event::End(TagEnd::TableCell) => open = false,
            Event::Text(text) if open => {
                let row = all.last_mut().and_then(|table| table.last_mut()).expect("a row");
                row.last_mut().expect("a cell").push_str(&text);
            }
            _ => {}
        }
    }
    all
}

/// A lab whose runbook is not there.
fn without_runbook(scenario: Scenario) -> Ground {
    let ground = Ground::with_runbook(scenario, "");
    fs::remove_file(ground.home.path().join("book.md")).expect("removed");
    ground
}

#[rstest]
fn a_paper_is_markdown_and_the_same_every_time(
    #[values(Scenario::Calm, Scenario::Storm)] scenario: Scenario,
    #[values("alerts", "architecture", "backups", "slo", "iac")] paper: &str,
) {
    let ground = without_runbook(scenario);
    let write = || {
        let output = ground.run(&["inventory", paper]);
        assert_eq!(output.status.code(), Some(0), "{}", complained(&output));
        said(&output)
    };
    let page = write();
    assert!(page.starts_with("# ") && page.ends_with('\n') && !page.contains("\n\n\n"), "{page}");
    let tables = tables(&page);
    assert!(tables.iter().any(|table| table.len() > 2), "{page}");
    for table in &tables {
        assert!(table.iter().all(|row| row.len() == table[0].len()), "{table:#?}");
    }
    assert_eq!(write(), page);
}

#[test]
fn the_catalogue_has_every_alert_with_its_severity_receiver_and_runbook() {
    let text = "# R\n\n## Alert: HostDown\n\n**Severity:** Critical\n\n### Steps\n\n1. look\n\n\
                ## Alert: NobodyRaisesThis\n\n**Severity:** Warning\n\n### Steps\n\n1. look\n";
    let ground = Ground::with_runbook(Scenario::HostDown, text);
    let page = said(&ground.run(&["inventory", "alerts"]));
    let rows: BTreeMap<String, Vec<String>> =
        tables(&page).into_iter().flatten().map(|row| (row[0].clone(), row)).collect();
    let alerts = ground.report("alerts", &["alerts"]);
    let mut there = BTreeSet::new();
    for alert in alerts["alerts"].as_array().into_iter().flatten() {
        let name = alert["alertname"].as_str().expect("a name");
        let row = rows.get(name).unwrap_or_else(|| panic!("{name} in {page}"));
        assert_eq!(row[1], alert["labels"]["severity"].as_str().unwrap_or("none"), "{name}");
        for receiver in alert["receivers"].as_array().into_iter().flatten().filter_map(|one| one.as_str()) {
            assert!(row[5].contains(receiver), "{receiver} of {name}: {row:?}");
        }
        there.insert(name.to_owned());
    }
    assert!(there.len() > 3, "{there:?}");
    assert!(rows["HostDown"][6].contains("HostDown (") && rows["HostDown"][6].contains("book.md"), "{page}");
    let lints = page.split("## Rules without a runbook").nth(1).unwrap_or_else(|| panic!("{page}"));
    let (without, orphans) =
        lints.split_once("## Runbooks without a rule").unwrap_or_else(|| panic!("{page}"));
    assert!(without.contains("DiskSpaceLow") && !without.contains("HostDown"), "{lints}");
    assert!(orphans.contains("NobodyRaisesThis") && !orphans.contains("HostDown"), "{lints}");
}

#[test]
fn a_server_that_is_gone_is_named_and_nothing_is_made_up() {
    let home = home();
    let config = home.path().join("w.toml");
    fs::write(&config, "[sources.prometheus.main]\nurl = \"http://127.0.0.1:1\"\n").expect("written");
    let config = config.display().to_string();
    let output = run(home.path(), &["--config", &config, "inventory", "alerts"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(complained(&output).contains("not heard: prometheus.main"), "{}", complained(&output));
    assert!(
        said(&output).contains("were not heard") && tables(&said(&output)).is_empty(),
        "{}",
        said(&output)
    );
}

#[test]
fn the_catalogue_tells_when_an_alert_last_fired() {
    let home = home();
    let page = said(&run(home.path(), &["inventory", "alerts", "--demo=backup-late"]));
    let rows: BTreeMap<String, Vec<String>> =
        tables(&page).into_iter().flatten().map(|row| (row[0].clone(), row)).collect();
    assert_eq!(
        (&*rows["BackupJobFailed"][7], &*rows["HostDown"][7]),
        ("fires now", "not in 30 days"),
        "{page}"
    );
    assert_eq!(rows["HostDown"][8], "never", "nobody opened its procedure here: {page}");
}

#[test]
fn the_policy_has_the_figures_that_check_has() {
    let ground = without_runbook(Scenario::Calm);
    let page = said(&ground.run(&["inventory", "slo"]));
    let rows: BTreeMap<String, Vec<String>> =
        tables(&page).into_iter().flatten().map(|row| (row[0].clone(), row)).collect();
    let check = ground.report("check", &["check"]);
    let goals = check["slo"].as_array().expect("objectives");
    assert!(!goals.is_empty(), "the lab has objectives");
    for goal in goals {
        let row = &rows[goal["name"].as_str().expect("a name")];
        let percent = |key: &str| goal[key].as_f64().map(|share| format!("{:.2} %", share * 100.0));
        assert_eq!(Some(row[1].clone()), percent("objective"), "{row:?}");
        assert_eq!(Some(row[4].clone()), percent("budget_left"), "{row:?}");
    }
}

#[test]
fn the_checklist_says_what_does_not_hold_and_what_nobody_knows() {
    let text = "# R\n\n## Alert: HostDown\n\n### Steps\n\n1. look\n";
    let ground = Ground::with_runbook(Scenario::Calm, text);
    let page = said(&ground.run(&["inventory", "iac"]));
    let all: Vec<Vec<String>> = tables(&page).into_iter().flatten().collect();
    let holds = |what: &str| {
        let row = all.iter().find(|row| row[0].contains(what)).unwrap_or_else(|| panic!("{what}: {page}"));
        row[1].clone()
    };
    assert_eq!(holds("has a runbook"), "no", "{page}");
    assert_eq!(holds("every runbook is read"), "yes");
    fs::remove_file(ground.home.path().join("book.md")).expect("removed");
    let page = said(&ground.run(&["inventory", "iac"]));
    assert!(page.contains("every runbook is read | no | 0 of 1 are"), "{page}");
}
