//! From a firing alert to its procedure: opened, planned for the host of the alert, ticked by what the
//! servers say, written down.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use serde_json::json;
use tempfile::TempDir;

use crate::pty::{Answers, Pty, Setup};
use crate::shared;
use crate::stack::wait::until;
use crate::stack::{Part, Stack};

const SETTLED: Duration = Duration::from_mins(1);

/// The program's home, with the owner's runbook in it.
fn home(stack: &Stack) -> (TempDir, PathBuf) {
    let home = tempfile::Builder::new().prefix("wardroom-home-").tempdir().expect("a home directory");
    let book = home.path().join("observability.md");
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/owner/observability.md");
    fs::copy(own, &book).expect("the owner's runbook");
    fs::set_permissions(&book, fs::Permissions::from_mode(0o600)).expect("it is private");
    let config = format!(
        "[ui]\noperator = \"Sam Vimes\"\n[runbooks]\nfiles = [\"observability.md\"]\n\
         [runbooks.hosts]\n\"10.0.0.21\" = \"{{target}}\"\n\
         [sources.prometheus.main]\nurl = {:?}\ninterval = \"1s\"\n\
         [sources.alertmanager.main]\nurls = {:?}\ninterval = \"1s\"\n",
        stack.prometheus(),
        stack.alertmanagers(),
    );
    let file = home.path().join("wardroom.toml");
    fs::write(&file, config).expect("the config is written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("it is private");
    (home, book)
}

fn shows(pty: &Pty, texts: &[&str]) {
    until("the screen shows it", SETTLED, || {
        let screen = pty.screen();
        let missing = texts.iter().find(|text| !screen.contains(**text));
        missing.map_or(Ok(()), |missing| Err(format!("{missing:?} is not on\n{screen}")))
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
}

/// The only record of an incident, as its lines.
fn record(home: &Path) -> Result<(PathBuf, String), String> {
    let room = home.join(".local/state/wardroom/incidents");
    let mut files: Vec<PathBuf> = fs::read_dir(&room)
        .map_err(|error| format!("{}: {error}", room.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|kind| kind == "jsonl"))
        .collect();
    match (files.pop(), files.is_empty()) {
        (Some(file), true) => {
            let text = fs::read_to_string(&file).map_err(|error| error.to_string())?;
            Ok((file, text))
        }
        (other, _) => Err(format!("one record was expected: {other:?} and {files:?}")),
    }
}

#[test]
fn a_firing_host_down_is_followed_until_its_target_is_back() {
    let Some(stack) = shared::own("a runbook", &[Part::Prometheus, Part::Alertmanagers]) else { return };
    stack.control(&json!({ "host": "vm100", "mode": "down" })).expect("the homelab answers");
    let (home, book) = home(&stack);
    let config = home.path().join("wardroom.toml").display().to_string();
    let command = [env!("CARGO_BIN_EXE_wardroom"), "--config", &config, "--view", "alerts"];
    let setup =
        Setup { command: &command, home: home.path(), size: (120, 40), env: &[], answers: Answers::Given };
    let mut pty = Pty::open(&setup);
    shows(&pty, &["HostDown"]);
    pty.keys("/HostDown instance=vm100:9100 job=node\r");
    shows(&pty, &["1 of 1", "▲ critical", "vm100:9100"]);

    pty.keys("r");
    shows(&pty, &["observability › HostDown", "# Alert: HostDown", "ping -c 4 10.0.0.21"]);
    shows(&pty, &["Command  ping -c 4 vm100", "10.0.0.21 is vm100  from the config"]);
    assert!(!pty.screen().contains("Command  ping -c 4 10.0.0.21"), "{}", pty.screen());
    pty.keys("m");
    shows(&pty, &["done by hand by Sam Vimes"]);

    pty.keys("G");
    shows(
        &pty,
        &[
            "✗ Target shows \"UP\"",
            "is down: server returned HTTP",
            "✗ Alert resolves",
            "fail HostDown is firing",
        ],
    );
    let now = Utc::now();
    let matcher =
        |name: &str, value: &str| json!({ "name": name, "value": value, "isRegex": false, "isEqual": true });
    let body = json!({
        "matchers": [matcher("alertname", "HostDown"), matcher("instance", "vm100:9100")],
        "startsAt": now, "endsAt": now + TimeDelta::hours(1), "createdBy": "Angua", "comment": "a new fuse",
    });
    let [first, _] = stack.alertmanagers();
    stack.asker().post(&format!("{first}/api/v2/silences"), &body).expect("a silence is made");
    shows(&pty, &["✗ Alert resolves", "is silenced: that hides it"]);

    stack.control(&json!({ "host": "vm100", "mode": "up" })).expect("the homelab answers");
    shows(&pty, &["✓ Target shows \"UP\"", "is up, scraped"]);
    assert!(!pty.screen().contains("✓ Alert resolves"), "{}", pty.screen());

    // The owner writes on while somebody follows.
    let text = fs::read_to_string(&book).expect("the runbook");
    let added = "#### Immediate Actions\n\nCall nobody before you have looked.\n";
    fs::write(&book, text.replacen("#### Immediate Actions\n", added, 1)).expect("it is written");
    pty.keys("g");
    shows(&pty, &["Call nobody before you have looked.", "done by hand by Sam Vimes"]);

    pty.keys("I");
    let (file, lines) = until("the record", SETTLED, || {
        let (file, lines) = record(home.path())?;
        let missing = ["\"opened\"", "\"ticked\"", "\"fail\"", "\"pass\"", "is up, scraped"]
            .into_iter()
            .find(|word| !lines.contains(word));
        missing.map_or(Ok((file, lines.clone())), |missing| Err(format!("{missing} is not in\n{lines}")))
    })
    .expect("it is written down");
    assert!(lines.lines().all(|line| line.contains("HostDown")), "{lines}");
    let mode = fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let report = file.with_extension("md");
    until("the report", SETTLED, || fs::metadata(&report).map(drop)).expect("it is kept");
    let report = fs::read_to_string(&report).expect("a report");
    assert!(report.contains("## What failed?") && report.contains("ping -c 4 10.0.0.21"), "{report}");
    pty.keys("q");
    until("the end", SETTLED, || pty.exit_code().ok_or_else(|| pty.screen())).expect("q leaves");
}
