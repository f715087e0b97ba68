//! Probes: what is looked at from this machine, also while Prometheus is gone.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use rstest::rstest;
use serde_json::Value;
use tokio::net::TcpSocket;
use wardroom::config::Config;

use super::chain::doors::{At, Doors, Fault};
use super::check::{complained, conforms_to, home, run, said, wardroom};
use super::sources::replay::{Answer, Server};

/// What `check` says with this config, and its exit status.
async fn checked(config: &str) -> (Value, Option<i32>) {
    let home = home();
    let file = home.path().join("config.toml");
    std::fs::write(&file, config).expect("a config");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("ours alone");
    let path = file.to_str().expect("text").to_owned();
    let output = tokio::task::spawn_blocking(move || {
        let arguments = ["check", "--config", &path, "--format", "json", "--timeout", "60s"];
        wardroom(home.path(), &arguments).output().expect("the program runs")
    });
    let output = output.await.expect("it ends");
    (conforms_to("check", &output), output.status.code())
}

fn row<'r>(report: &'r Value, name: &str) -> &'r Value {
    let mut rows = report["probes"].as_array().into_iter().flatten();
    rows.find(|row| row["name"] == name).unwrap_or_else(|| panic!("no {name}: {:#}", report["probes"]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_door_is_told_as_it_is() {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let silent = socket.local_addr().expect("bound");
    let listens = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let open = listens.local_addr().expect("bound");
    let well = Server::always(Answer::text(200, "{\"installed\":true}")).await;
    let ill = Server::always(Answer::text(503, "down for maintenance")).await;
    let away = Server::always(Answer::text(302, "").header("location", "/login")).await;
    let config = format!(
        r#"[sources.probe.here]
timeout = "20s"
item = [
  {{ name = "open", tcp = "{open}" }},
  {{ name = "silent", tcp = "{silent}" }},
  {{ name = "shut as it must be", tcp = "{silent}", open = false }},
  {{ name = "open and must not", tcp = "{open}", open = false, critical = true }},
  {{ name = "well", url = "{well}", contains = "installed" }},
  {{ name = "without its words", url = "{well}", contains = "welcome" }},
  {{ name = "ill", url = "{ill}" }},
  {{ name = "ill as it should be", url = "{ill}", status = 503 }},
  {{ name = "leads away", url = "{away}" }},
  {{ name = "ends well", command = ["true"] }},
  {{ name = "ends badly", command = ["false"] }},
]
"#,
        well = well.url,
        ill = ill.url,
        away = away.url,
    );
    let (report, code) = checked(&config).await;
    for (name, state, answers, text) in [
        ("open", "ok", true, "connected"),
        ("silent", "warning", false, "connection refused"),
        ("shut as it must be", "ok", false, "connection refused"),
        ("open and must not", "critical", true, "connected"),
        ("well", "ok", true, "status 200"),
        ("without its words", "warning", false, "status 200, without \"welcome\" in it"),
        ("ill", "warning", false, "status 503"),
        ("ill as it should be", "ok", true, "status 503"),
        ("leads away", "ok", true, "leads to /login"),
        ("ends well", "ok", true, "ended well"),
        ("ends badly", "warning", false, ""),
    ] {
        let row = row(&report, name);
        assert_eq!((&row["state"], &row["answers"]), (&state.into(), &answers.into()), "{row:#}");
        assert!(row["text"].as_str().is_some_and(|said| said.starts_with(text)), "{row:#}");
    }
    assert_eq!(
        report["verdict"]["text"], "open and must not answers and must not",
        "{:#}",
        report["verdict"]
    );
    assert_eq!(code, Some(2));
    assert_eq!(ill.asked().len(), 3, "what is not as it should be is looked at once more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_up_is_known_while_prometheus_is_gone() {
    let doors = Doors::open(&[Fault::Gone(At::Prometheus)]).await;
    let (report, code) = checked(&doors.config).await;
    assert_eq!(row(&report, "Loki")["state"], "ok");
    assert_eq!(row(&report, "Prometheus")["state"], "ok", "the lab's own door is open, the other is not");
    assert_eq!(code, Some(3), "{:#}", report["verdict"]);
}

#[rstest]
#[case("item = []", "is missing")]
#[case("item = [{ name = \"a\" }]", "one of `tcp`, `url` and `command`")]
#[case("item = [{ name = \"a\", tcp = \"a:1\", command = [\"a\"] }]", "one of `tcp`, `url` and `command`")]
#[case("item = [{ name = \"a\", tcp = \"nas\" }]", "a host and a port")]
#[case("item = [{ name = \"a\", tcp = \"nas:0\" }]", "a host and a port")]
#[case("item = [{ name = \"a\", tcp = \"nas:22\", contains = \"x\" }]", "contains")]
#[case("item = [{ name = \"a\", url = \"http://a\", status = 7 }]", "a status such as 200")]
#[case("item = [{ name = \"a\", url = \"http://a\", open = false }]", "is of use with `tcp` only")]
#[case("item = [{ name = \"a\", command = [] }]", "a program and its arguments")]
#[case(
    "item = [{ name = \"a\", tcp = \"a:1\" }, { name = \"a\", tcp = \"a:2\" }]",
    "two items have the name"
)]
#[case("timeout = \"1h\"\nitem = [{ name = \"a\", tcp = \"a:1\" }]", "a time-out from 100ms to 1m")]
fn what_is_wrong_in_the_config_is_told(#[case] keys: &str, #[case] expected: &str) {
    let text = format!("[sources.probe.here]\n{keys}\n");
    let error = Config::parse("x.toml", &text, None).expect_err("a fault").to_string();
    assert!(error.contains(expected) && error.contains("x.toml:"), "{error}");
}

#[rstest]
fn the_view_shows_them_worst_first(#[values("60x12", "80x24", "120x40", "200x60")] size: &str) {
    let home = home();
    let output =
        run(home.path(), &["shot", "--demo=host-down", "--keys", "P", "--size", size, "--format", "text"]);
    let screen = said(&output);
    let at = |word: &str| screen.lines().position(|line| line.contains(word));
    assert!(screen.contains("Probes"), "{screen}{}", complained(&output));
    let (bad, good) = (at("vm102 ssh"), at("Loki").or_else(|| at("Prometheus")));
    assert!(bad.is_some() && good.is_none_or(|good| bad < Some(good)), "{screen}");
    assert!(screen.contains("connection refused"), "{screen}");
}
