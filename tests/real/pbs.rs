//! The contract with Proxmox Backup Server, held against whichever real one is named by
//! `WARDROOM_TEST_PBS_URL`, `WARDROOM_TEST_PBS_TOKEN` and `WARDROOM_TEST_PBS_FINGERPRINT`. Nothing is
//! written there, and no wrong token is tried: somebody may be counting those.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use chrono::Utc;
use serde_json::Value;
use wardroom::domain::datastore::Datastore;
use wardroom::domain::feed::{Failure, FailureKind, Feed, SourceId, SourceKind};
use wardroom::domain::observation::Observation;
use wardroom::domain::question::{Answer, Question};
use wardroom::settings::Document;
use wardroom::sources::{KINDS, Source};

use crate::program::{Program, list};

/// The keys of the server's table; `None`, said aloud, when none is named.
fn named(test: &str) -> Option<(String, String)> {
    let get =
        |name: &str| std::env::var(format!("WARDROOM_TEST_PBS_{name}")).ok().filter(|text| !text.is_empty());
    let (Some(url), Some(token), Some(pin)) = (get("URL"), get("TOKEN"), get("FINGERPRINT")) else {
        // Not by a macro, whose words the test harness would keep to itself.
        let _said = writeln!(
            std::io::stderr(),
            "left out: {test} needs a real Proxmox Backup Server: set WARDROOM_TEST_PBS_URL, _TOKEN and _FINGERPRINT"
        );
        return None;
    };
    let pin = if url.starts_with("https:") { format!("fingerprint = {pin:?}\n") } else { String::new() };
    Some((format!("url = {url:?}\ntoken = {token:?}\n{pin}"), token))
}

fn source(keys: &str) -> Arc<dyn Source> {
    let document = Document::new("wardroom.toml", keys);
    let (_, read) = KINDS.iter().find(|(kind, _)| *kind == SourceKind::Pbs).expect("a kind that is known");
    let id = SourceId::new(SourceKind::Pbs, "real");
    let source = document.read(|table| read(id, table)).flatten();
    assert_eq!(document.faults(), []);
    source.expect("the variables make a source")
}

async fn look(source: &dyn Source, feed: Feed) -> Result<Observation, Failure> {
    let seen = source.observe(feed, Utc::now()).await.map_err(|error| error.failure())?;
    Ok(seen.into_iter().next().expect("a look brings something"))
}

#[tokio::test]
async fn every_feed_is_understood_or_refused_for_a_right_that_is_named() {
    let Some((keys, secret)) = named("the contract of every feed") else { return };
    let source = source(&keys);
    for plan in source.feeds() {
        let began = std::time::Instant::now();
        match look(&*source, plan.feed).await {
            Ok(observation) => hold(&observation),
            Err(failure) => {
                assert_eq!(failure.kind, FailureKind::Unauthorised, "{}: {failure:?}", plan.feed);
                assert!(!failure.text.contains(&secret), "no secret in an error");
            }
        }
        assert!(began.elapsed() < plan.timeout, "{} took {:?}", plan.feed, began.elapsed());
    }
}

/// What is true of every answer.
fn hold(observation: &Observation) {
    match observation {
        Observation::Backups { groups, .. } => {
            assert!(groups.is_sorted_by(|one, other| one.id < other.id));
            for group in &**groups {
                assert!(group.snapshots.is_sorted_by_key(|snapshot| snapshot.at), "{:?}", group.id);
                assert!(group.snapshots.iter().all(|one| one.verified().is_none_or(|at| at >= one.at)));
            }
        }
        Observation::Datastores(stores) => {
            assert!(stores.is_sorted_by(|one, other| one.name < other.name));
            assert!(stores.iter().filter_map(Datastore::share).all(|share| (0.0..=1.0).contains(&share)));
        }
        Observation::Tasks(tasks) => {
            assert!(tasks.is_sorted_by(|one, other| one.started >= other.started));
            assert!(tasks.iter().all(|task| task.upid.starts_with("UPID:")));
        }
        Observation::Jobs { jobs, .. } => {
            assert!(jobs.iter().filter_map(|job| job.last.as_ref()).all(|run| run.began.is_some()));
        }
        Observation::Server(server) => assert!(!server.version.is_empty()),
        other => panic!("not of this server: {other:?}"),
    }
}

#[tokio::test]
async fn the_log_of_the_newest_task_is_read() {
    let Some((keys, _)) = named("the log of a task") else { return };
    let source = source(&keys);
    let Ok(Observation::Tasks(tasks)) = look(&*source, Feed::Tasks).await else { return };
    let Some(task) = tasks.first() else { return };
    for from in [None, Some(1)] {
        let question = Question::Log { upid: task.upid.clone(), from, seen: None };
        match source.answer(question, Utc::now()).await {
            Ok(Answer::Log(log)) => assert!(log.total >= log.lines.len() as u64, "{log:?}"),
            Ok(other) => panic!("{other:?}"),
            Err(error) => assert!(error.to_string().contains("access"), "{error}"),
        }
    }
}

#[test]
fn the_report_on_its_backups_is_of_the_schema() {
    let Some((keys, secret)) = named("the report on backups") else { return };
    let report = Program::new(&format!("[sources.pbs.real]\n{keys}")).backups();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas/backups.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(file).expect("the schema")).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let faults: Vec<String> = schema.iter_errors(&report).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(!report.to_string().contains(&secret), "no secret in a report");
    assert!(list(&report["sources"]).iter().all(|source| source["state"] != "down"), "{report:#}");
}
