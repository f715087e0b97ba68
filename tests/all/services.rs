//! Services, suspects and boot layers: in `check`, and the view of them by one key.

use chrono::{DateTime, Utc};
use rstest::rstest;
use serde_json::Value;
use wardroom::config::Config;

use crate::check::{complained, conforms_to, home, run, said};

fn checked(scenario: &str, only: &[&str]) -> (Value, Option<i32>) {
    let home = home();
    let demo = format!("--demo={scenario}");
    let output =
        run(home.path(), &[&["check", "--format", "json", "--timeout", "60s", &demo], only].concat());
    (conforms_to("check", &output), output.status.code())
}

fn service<'r>(report: &'r Value, name: &str) -> &'r Value {
    let mut rows = report["services"].as_array().into_iter().flatten();
    rows.find(|row| row["name"] == name).unwrap_or_else(|| panic!("no {name}: {:#}", report["services"]))
}

fn layer(report: &Value, number: usize) -> (&Value, Vec<&str>) {
    let row = &report["layers"][number];
    let waits = row["waits_for"].as_array().into_iter().flatten();
    (&row["state"], waits.filter_map(Value::as_str).collect())
}

#[test]
fn a_calm_lab_has_all_its_services() {
    let (report, code) = checked("calm", &["--only", "services"]);
    let states = report["services"].as_array().into_iter().flatten().map(|row| &row["state"]);
    assert!(states.clone().count() == 4 && states.clone().all(|state| state == "ok"), "{report:#}");
    // What would be lost is told beside the promise, as the backups themselves have it.
    let (whole, _) = checked("calm", &[]);
    let backup = whole["backups"].as_array().into_iter().flatten().find(|row| row["id"] == "210");
    let backup = backup.expect("the backup of the service's guest");
    let cloud = service(&whole, "Nextcloud");
    assert_eq!(cloud["last_good"], backup["last_good"]);
    let time = |value: &Value| value.as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok());
    let promised = time(&cloud["rpo_due"]).zip(time(&cloud["last_good"])).map(|(due, good)| due - good);
    assert_eq!((promised.map(|span| span.num_seconds()), &backup["rpo"]), (Some(86_400), &86_400.0.into()));
    assert!(service(&whole, "Jellyfin")["rpo_due"].is_null(), "it has no backup of its own");
    assert_eq!((&report["suspects"], code), (&Value::Array(Vec::new()), Some(0)), "{:#}", report["verdict"]);
    assert!((0..5).all(|number| layer(&report, number).1.is_empty()), "{:#}", report["layers"]);
}

#[test]
fn a_service_is_down_because_of_what_it_rests_on() {
    let (report, code) = checked("host-down", &["--only", "services"]);
    let cloud = service(&report, "Nextcloud");
    assert_eq!((&cloud["state"], &cloud["because"]), (&"critical".into(), &"storage vm102".into()));
    assert!(cloud["since"].is_string(), "{cloud:#}");
    assert_eq!(service(&report, "Vaultwarden")["state"], "warning", "it answers, and its storage is gone");
    assert_eq!(code, Some(2));
    let text = report["verdict"]["text"].as_str().unwrap_or_default();
    assert!(text.contains(" down ") && text.contains("storage vm102"), "{text}");
    // Beside the alert that says the same it counts once.
    let (whole, _) = checked("host-down", &[]);
    let told = |report: &Value| report["verdict"]["reasons"].to_string().contains("Nextcloud down");
    assert!(told(&report) && !told(&whole), "{:#}", whole["verdict"]);
}

#[test]
fn a_share_that_hangs_is_suspected_while_it_looks_healthy() {
    let (report, _) = checked("nfs-hang", &["--only", "services", "--only", "alerts"]);
    let suspect = &report["suspects"][0];
    assert_eq!(suspect["name"], "nas nfs", "{:#}", report["suspects"]);
    let failing = suspect["failing"].as_array().map_or(0, Vec::len);
    assert!(failing >= 5 && suspect["of"].as_u64().is_some_and(|of| of >= 7), "{suspect:#}");
    assert!(report["alerts"].as_array().into_iter().flatten().all(|alert| alert["caused_by"].is_null()));
}

#[test]
fn a_cold_start_says_which_layer_waits_for_what() {
    let (report, _) = checked("cold-boot", &[]);
    let text = report["verdict"]["text"].as_str().unwrap_or_default();
    assert!(text.starts_with("BOOTING layer 1 of 4, waiting for /mnt/disk3"), "{text}");
    assert_eq!(layer(&report, 0), (&"ok".into(), vec![]));
    assert_eq!(layer(&report, 1), (&"critical".into(), vec!["/mnt/disk3"]));
    assert!(layer(&report, 3).1.contains(&"guest 210"), "{:#}", report["layers"]);
    assert_eq!(layer(&report, 4).0, "critical");
}

#[rstest]
fn the_view_shows_both(
    #[values("60x12", "80x24", "120x40", "200x60")] size: &str,
    #[values("host-down", "nfs-hang", "cold-boot")] scenario: &str,
) {
    let home = home();
    let demo = format!("--demo={scenario}");
    let output = run(home.path(), &["shot", &demo, "--keys", "W", "--size", size, "--format", "text"]);
    let screen = said(&output);
    let wanted: &[&str] = match scenario {
        "host-down" if size == "120x40" || size == "200x60" => {
            &["Services", "Nextcloud", "down", "rto", "rpo"]
        }
        "host-down" => &["Services", "Nextcloud", "down"],
        "nfs-hang" => &["Services", "nas nfs", "suspect"],
        _ => &["Services", "Boot layers", "BOOTING layer 1", "/mnt/disk3"],
    };
    for word in wanted.iter().filter(|_| size != "60x12" || scenario != "cold-boot") {
        assert!(screen.contains(word), "{word}: {screen}{}", complained(&output));
    }
}

#[test]
fn tiers_are_told_by_check_too() {
    let (report, _) = checked("host-down", &["--only", "hosts"]);
    let tier = |name: &str| {
        let mut rows = report["tiers"].as_array().into_iter().flatten();
        rows.find(|row| row["name"] == name).unwrap_or_else(|| panic!("no {name}: {:#}", report["tiers"]))
    };
    let storage = tier("storage");
    assert_eq!((&storage["state"], &storage["down"]), (&"critical".into(), &1.into()), "{storage:#}");
    assert!(storage["signals"]["saturation"].is_null(), "of what is down nothing is measured: {storage:#}");
    let compute = &tier("compute")["signals"];
    assert_eq!((&compute["saturation"]["of"], &compute["errors"]["text"]), (&"vm100".into(), &"none".into()));
    assert!(compute["traffic"]["text"].as_str().is_some_and(|text| text.ends_with("/s")), "{compute:#}");
    assert_eq!(tier("services")["signals"]["errors"]["state"], "warning", "a probed service does not answer");
}

#[rstest]
fn each_tier_has_its_golden_signals(#[values("80x24", "120x40", "200x60")] size: &str) {
    let home = home();
    let shot = ["shot", "--demo=host-down", "--keys", "W", "--size", size, "--format", "text"];
    let output = run(home.path(), &shot);
    let screen = said(&output);
    let row = |tier: &str| screen.lines().find(|line| line.contains(tier)).unwrap_or_default();
    // Where rows are scarce the titles go first.
    let title = if size == "80x24" { "none" } else { "saturation" };
    for word in ["Golden signals", title, "compute", "services"] {
        assert!(screen.contains(word), "{word}: {screen}{}", complained(&output));
    }
    assert!(row("storage, 1 down").contains('–'), "what is down tells nothing: {screen}");
}

#[rstest]
fn the_bridge_and_the_wall_say_which_service_is_down(#[values("80x24", "120x40", "200x60")] size: &str) {
    let home = home();
    for arguments in [&["--view", "bridge"][..], &["--wall"]] {
        let shot = ["shot", "--demo=host-down", "--size", size, "--format", "text"];
        let output = run(home.path(), &[&shot, arguments].concat());
        let screen = said(&output);
        assert!(output.status.success(), "{}", complained(&output));
        assert!(screen.contains("Nextcloud down"), "{arguments:?} {size}: {screen}");
    }
}

#[rstest]
#[case("[services.Cloud]\ndepends = [\"nas\"]", "say by `probe`, `guest` or `host`")]
#[case("[services.Cloud]\nprobe = \"a\"\nmounts = [\"/data\"]", "needs `host`")]
#[case("[services.Cloud]\nhost = \"a\"\nmounts = [\"data\"]", "each beginning with `/`")]
#[case("[services.Cloud]\nprobe = \"\"", "a name")]
#[case("[services.Cloud]\nprob = \"a\"", "prob")]
#[case("[[layers]]\nname = \"Storage\"", "the layer needs nothing")]
#[case("[[layers]]\nhosts = [\"a\"]", "name")]
#[case("[[layers]]\nname = \"Storage\"\nmounts = [\"/mnt/disk1\"]", "host and mount point")]
#[case("[[layers]]\nname = \"Storage\"\nautomounts = [\"a:data.mount\"]", "host and unit")]
fn what_is_wrong_in_the_config_is_told(#[case] keys: &str, #[case] expected: &str) {
    let text = format!("{keys}\n[sources.prometheus.main]\nurl = \"http://127.0.0.1:1\"\n");
    let error = Config::parse("x.toml", &text, None).expect_err("a fault").to_string();
    assert!(error.contains(expected) && error.contains("x.toml:"), "{error}");
}
