//! The horizon: `wardroom due`, and the view of it by one key.

use std::fs;

use rstest::rstest;
use serde_json::Value;
use wardroom::demo::Scenario;

use crate::check::{complained, conforms_to, home, run, said};
use crate::labs::{Ground, of_kind};

fn rows<'r>(report: &'r Value, kind: &str) -> Vec<&'r Value> {
    of_kind(report, "due", kind)
}

#[rstest]
fn every_scenario_conforms_and_is_in_order(
    #[values("calm", "host-down", "backup-late", "storm", "chain-broken")] scenario: &str,
) {
    let home = home();
    let demo = format!("--demo={scenario}");
    let output = run(home.path(), &["due", "--format", "json", "--within", "3650d", &demo]);
    let report = conforms_to("due", &output);
    let left: Vec<f64> = report["due"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| row["left"].as_f64().unwrap_or(0.0))
        .collect();
    assert!(left.is_sorted() && left.len() > 5, "{left:?}");
    let overdue = left.iter().any(|left| *left < 0.0);
    let code = output.status.code();
    assert_eq!(code, Some(if overdue { 2 } else { 3 }), "nobody tried a restore: {}", complained(&output));
    assert_eq!(fs::read_dir(home.path()).expect("a home").count(), 0, "nothing is written in the home");
}

#[test]
fn it_says_what_the_servers_say() {
    let ground = Ground::new(Scenario::Calm);
    let due = ground.report("due", &["due", "--within", "3650d"]);
    let backups = ground.report("backups", &["backups"]);
    let stores = backups["datastores"].as_array().expect("datastores");
    let mut full: Vec<(&Value, &Value)> =
        rows(&due, "datastore").into_iter().map(|row| (&row["what"], &row["at"])).collect();
    full.sort_by_key(|(what, _)| what.as_str());
    let said_so: Vec<(&Value, &Value)> =
        stores.iter().map(|store| (&store["name"], &store["full_at"])).collect();
    assert_eq!(full, said_so);
    let unverified = rows(&due, "verify");
    assert!(unverified.iter().any(|row| row["unknown"] == "never verified"), "{unverified:#?}");
    let drills = rows(&due, "drill");
    assert_eq!((drills.len(), &drills[0]["unknown"]), (1, &"never tried".into()), "{drills:#?}");
    let certificates = rows(&due, "certificate");
    let days = |row: &&Value| row["left"].as_f64().expect("seconds") / 86_400.0;
    let days: Vec<String> = certificates.iter().map(|row| format!("{:.0}", days(row))).collect();
    assert_eq!(days, ["64", "71"], "{certificates:#?}");
}

#[test]
fn a_span_hides_what_comes_later_and_names_the_next() {
    let home = home();
    let ask = |within: &str| said(&run(home.path(), &["due", "--within", within, "--demo=calm"]));
    let near = ask("1d");
    assert!(!near.contains("certificate  ") && near.contains("next after 24h: "), "{near}");
    assert!(near.contains("unknown") && near.contains("never tried"), "{near}");
    let far = ask("100d");
    assert!(far.contains("certificate") && far.contains("SnapRAID on "), "{far}");
}

#[test]
fn a_date_of_the_config_is_on_it_and_a_server_that_is_gone_is_unknown() {
    let home = home();
    let file = home.path().join("w.toml");
    let write = |due: &str| {
        let server = "[sources.prometheus.main]\nurl = \"http://127.0.0.1:1\"\n";
        fs::write(&file, format!("{server}[ui]\nzone = \"Europe/Vienna\"\n[due]\n{due}\n")).expect("written");
    };
    let path = file.display().to_string();
    let ask = |form| run(home.path(), &["--config", &path, "due", "--within", "36500d", "--format", form]);
    write("\"Tailscale key\" = \"2091-07-01\"");
    let output = ask("json");
    let report = conforms_to("due", &output);
    let dates = rows(&report, "date");
    assert_eq!(
        (&dates[0]["what"], &dates[0]["at"]),
        (&"Tailscale key".into(), &"2091-06-30T22:00:00Z".into())
    );
    let unknown = rows(&report, "certificate");
    assert_eq!(unknown[0]["unknown"], "prometheus.main was not heard", "{report:#}");
    assert_eq!(output.status.code(), Some(3), "what nobody can say is not fine");
    write("\"Tailscale key\" = \"2001-07-01\"");
    let output = ask("text");
    assert!(said(&output).contains("2001-06-30  overdue "), "{}", said(&output));
    assert_eq!(output.status.code(), Some(2));
}

#[rstest]
#[case("80x24")]
#[case("200x60")]
fn one_key_shows_what_breaks_next(#[case] size: &str) {
    let shot = ["shot", "--demo=calm", "--size", size, "--format", "text", "--keys", "H"];
    let screen = said(&run(home().path(), &shot));
    for told in ["Horizon", "unknown", "never tried", "scrub due", "certificate"] {
        assert!(screen.contains(told), "{told}: {screen}");
    }
}

#[test]
fn a_row_opens_what_it_is_about() {
    let keys = "H/vault<enter><enter>";
    let shot = ["shot", "--demo=calm", "--size", "80x24", "--format", "text", "--keys", keys];
    let screen = said(&run(home().path(), &shot));
    assert!(screen.contains("lxc230"), "{screen}");
}
