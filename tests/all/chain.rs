//! Broken chains, produced: the demo lab behind doors that break in a given way, and what
//! `wardroom check` then calls the first broken link.

pub(super) mod doors;
mod situations;

use std::os::unix::fs::PermissionsExt as _;

use futures_util::StreamExt as _;
use serde_json::Value;

use self::doors::Doors;
use self::situations::{SITUATIONS, Situation};
use super::check::{complained, conforms_to, home, wardroom};

/// So many labs run at once.
const ABREAST: usize = 3;

/// The first link that is broken, or else the first that is weak: what an operator is told.
fn first(report: &Value) -> String {
    let links = report["chain"].as_array().cloned().unwrap_or_default();
    let with = |states: &[&str]| {
        links.iter().find(|link| link["state"].as_str().is_some_and(|state| states.contains(&state)))
    };
    let words = |link: &Value| {
        let [from, to, text] = ["from", "to", "text"].map(|key| link[key].as_str().unwrap_or("?").to_owned());
        let to = if to.starts_with("http://") { "a peer".to_owned() } else { to };
        format!("{from} > {to}: {text}")
    };
    match (with(&["critical", "unknown"]), with(&["warning"])) {
        (Some(broken), _) => format!("broken {}", words(broken)),
        (None, Some(weak)) => format!("weak {}", words(weak)),
        (None, None) if links.is_empty() => "no chain".to_owned(),
        (None, None) => "whole".to_owned(),
    }
}

/// Breaks a lab in this way and asks; what is wrong with the answer.
async fn produce(situation: &'static Situation) -> Option<String> {
    let Situation { name, faults, expected } = situation;
    let doors = Doors::open(faults).await;
    let home = home();
    let file = home.path().join("lab.toml");
    std::fs::write(&file, &doors.config).expect("a config");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("ours alone");
    let path = file.to_str().expect("text").to_owned();
    let output = tokio::task::spawn_blocking(move || {
        let arguments =
            ["check", "--config", &path, "--only", "chain", "--format", "json", "--timeout", "60s"];
        wardroom(home.path(), &arguments).output().expect("the program runs")
    });
    let output = output.await.expect("it ends");
    let report = conforms_to("check", &output);
    let found = first(&report);
    let holds = found.starts_with(expected) && (*expected != "whole" || found == "whole");
    (!holds).then(|| format!("{name}: expected {expected:?}, found {found:?} {}", complained(&output)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_break_of_the_lab_is_named_by_its_first_link() {
    assert!(SITUATIONS.len() >= 40, "{}", SITUATIONS.len());
    let looks = futures_util::stream::iter(&SITUATIONS).map(produce).buffer_unordered(ABREAST);
    let wrong: Vec<String> = looks.filter_map(std::future::ready).collect().await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}
