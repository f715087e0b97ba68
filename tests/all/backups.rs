//! `wardroom backups`, run as a user or cron runs it.

use std::fs;

use rstest::rstest;

use crate::check::{complained, conforms_to, home, run, said};
use crate::sources::replay::{Answer, Server};

#[rstest]
#[case("calm", 0)]
#[case("host-down", 2)]
#[case("backup-late", 2)]
#[case("storm", 2)]
#[case("chain-broken", 0)]
fn every_scenario_conforms_to_the_schema_and_has_its_exit_status(#[case] scenario: &str, #[case] code: i32) {
    let home = home();
    let output = run(home.path(), &["backups", "--format", "json", &format!("--demo={scenario}")]);
    let report = conforms_to("backups", &output);
    assert_eq!(output.status.code(), Some(code), "{:#}", report["verdict"]);
    for list in ["sources", "backups", "datastores", "jobs", "tasks"] {
        assert!(report[list].as_array().is_some_and(|rows| !rows.is_empty()), "{list} is empty");
    }
    let kinds: Vec<_> = report["sources"].as_array().into_iter().flatten().map(|one| &one["kind"]).collect();
    assert!(
        kinds.iter().all(|kind| *kind == "pbs" || *kind == "pve"),
        "only who knows of backups is asked: {kinds:?}"
    );
    assert_eq!(fs::read_dir(home.path()).expect("a home").count(), 0, "nothing is written in the home");
}

#[test]
fn the_report_for_people_has_every_section_and_a_reason() {
    let output = run(home().path(), &["backups", "--demo=backup-late"]);
    let text = said(&output);
    let heads: Vec<&str> = text.lines().filter(|line| !line.is_empty() && !line.starts_with(' ')).collect();
    assert_eq!(
        heads.get(..5),
        Some(&["Connectivity", "Last backup", "Integrity", "Capacity", "Jobs"][..]),
        "{text}"
    );
    assert!(heads.last().is_some_and(|line| line.starts_with("Summary: CRITICAL  ")), "{text}");
    for told in [
        "task failed: connection error: connection reset by peer",
        "verified 41d ago (limit 30d)",
        "running now 62 %",
        "% free",
        "verify v-daily on main",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
}

#[rstest]
#[case("text")]
#[case("json")]
fn a_wrong_token_leaves_nothing_well(#[case] format: &str) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let refusal = Answer::text(401, "authentication failed - invalid credentials");
    let server = runtime.block_on(Server::always(refusal));
    let home = home();
    let file = home.path().join("w.toml");
    let keys = format!("url = {:?}\ntoken = \"a@pbs!b:hidden\"\n", server.url);
    fs::write(&file, format!("[sources.pbs.main]\n{keys}")).expect("written");
    let file = file.display().to_string();
    let output = run(home.path(), &["--config", &file, "backups", "--format", format]);
    assert_eq!(output.status.code(), Some(3), "{}{}", said(&output), complained(&output));
    assert!(!said(&output).contains("hidden"), "no secret in a report");
    if format == "text" {
        let text = said(&output);
        assert!(!text.contains("[ok]"), "{text}");
        assert!(text.contains("unauthorised") && text.contains("invalid credentials"), "{text}");
        return;
    }
    let report = conforms_to("backups", &output);
    let feeds = report["sources"][0]["feeds"].as_array().expect("feeds");
    assert!(feeds.len() >= 5 && feeds.iter().all(|feed| feed["state"] == "unauthorised"), "{feeds:#?}");
    assert_eq!(report["backups"].as_array().map(Vec::len), Some(0));
    assert_eq!(report["verdict"]["state"], "unknown");
}

#[test]
fn without_a_backup_server_nothing_is_known() {
    let home = home();
    let file = home.path().join("w.toml");
    fs::write(&file, "[sources.prometheus.main]\nurl = \"http://127.0.0.1:1\"\n").expect("written");
    let file = file.display().to_string();
    let output = run(home.path(), &["--config", &file, "backups"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("no source is configured"), "{}", said(&output));
}

#[test]
fn what_goes_wrong_is_unknown_and_never_one_or_two() {
    let home = home();
    for arguments in [
        &["backups", "--format", "nagios"][..],
        &["backups", "--timeout", "soon"],
        &["backups", "--demo=apocalypse"],
        &["backups", "--config", "/nonexistent/config.toml"],
    ] {
        let output = run(home.path(), arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {}", complained(&output));
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
    }
}
