//! A backup server that refuses the token, after the three seconds that it takes for that: refused is
//! what every command calls it, and nobody calls the server down.

use std::fs;
use std::time::Duration;

use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;

use crate::check::{complained, home, run, said};
use crate::sources::replay::{Answer, Server};

/// What `arguments` say of such a server, and the exit status.
fn told(home: &TempDir, arguments: &[&str]) -> (String, Option<i32>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let refusal = Answer::text(401, "authentication failed - invalid credentials");
    let server = runtime.block_on(Server::always(Answer { after: Duration::from_secs(3), ..refusal }));
    let file = home.path().join("w.toml");
    let keys = format!("url = {:?}\ntoken = \"a@pbs!b:hidden\"\n", server.url);
    fs::write(&file, format!("[sources.pbs.main]\n{keys}")).expect("written");
    let file = file.display().to_string();
    let output = run(home.path(), &[&["--config", &file], arguments].concat());
    let text = said(&output);
    assert!(!text.contains("hidden") && !complained(&output).contains("hidden"), "no secret: {text}");
    assert!(!text.contains(" down"), "{text}");
    (text, output.status.code())
}

#[rstest]
#[case::status(&["status", "--timeout", "20s"])]
#[case::status_as_json(&["status", "--timeout", "20s", "--format", "json"])]
#[case::check(&["check", "--only", "backups"])]
#[case::backups(&["backups"])]
fn it_is_called_unauthorised_and_nothing_is_well(#[case] arguments: &[&str]) {
    let (text, code) = told(&home(), arguments);
    assert!(text.contains("unauthorised"), "{text}");
    assert!(matches!(code, Some(1 | 3)), "{code:?}: {text}");
    assert!(!text.contains("[ok]") && !text.contains("\"ok\""), "{text}");
}

#[test]
fn who_does_not_wait_for_the_refusal_knows_nothing() {
    let (text, code) = told(&home(), &["status", "--timeout", "1s"]);
    assert_eq!(code, Some(3), "{text}");
}

#[test]
fn programs_are_told_the_same() {
    let (text, _) = told(&home(), &["check", "--format", "json", "--only", "backups"]);
    let report: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(report["sources"][0]["state"], "unauthorised", "{text}");
    assert_ne!(report["verdict"]["state"], "ok", "{text}");
}
