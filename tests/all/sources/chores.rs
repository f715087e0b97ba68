//! What a backup server is told to do: the request as the server wants it, its task or its refusal.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rstest::rstest;
use wardroom::actions::carry_out;
use wardroom::domain::backup::GroupId;
use wardroom::domain::chore::Chore;
use wardroom::domain::deed::{Deed, Receipt, What};
use wardroom::domain::feed::{Failure, FailureKind, SourceId, SourceKind};
use wardroom::domain::job::JobKind;

use super::pbs::{at, data, pbs, recording, replay};
use super::replay::{Answer, Asked, Server};

fn group(namespace: &str) -> GroupId {
    GroupId { datastore: "main".into(), namespace: namespace.into(), kind: "vm".into(), id: "101".into() }
}

/// When the snapshot was made that the recorded requests speak of.
fn made() -> DateTime<Utc> {
    at(1_794_410_784)
}

fn run(kind: JobKind, id: &str) -> Chore {
    Chore::Run { kind, id: id.into(), datastore: "main".into() }
}

async fn told(server: &Server, chore: Chore) -> Result<Receipt, Failure> {
    let source = pbs(server, "timeout = \"4s\"");
    let deed = Deed { source: SourceId::new(SourceKind::Pbs, "main"), what: What::Chore(chore) };
    carry_out(&deed, source.doors()).await.map_err(|error| error.failure())
}

/// Method, path and form of the one request.
fn request(server: &Server) -> (String, String, String) {
    let asked = server.asked();
    let [Asked { method, uri, body, .. }] = &*asked else { panic!("one request, not {asked:?}") };
    let path = uri.path().strip_prefix("/api2/json/admin/").expect("the API's path").to_owned();
    (method.to_string(), path, String::from_utf8(body.to_vec()).expect("a form"))
}

const SNAPSHOT: &str = "backup-type=vm&backup-id=101&backup-time=1794410784";

#[rstest]
#[case(
    Chore::Verify { group: group(""), at: made() }, "post-verify-snapshot",
    "POST", "datastore/main/verify", &format!("{SNAPSHOT}&ignore-verified=0")
)]
#[case(
    Chore::Verify { group: group("lab/deep"), at: made() }, "post-verify-snapshot",
    "POST", "datastore/main/verify", &format!("{SNAPSHOT}&ns=lab%2Fdeep&ignore-verified=0")
)]
#[case(run(JobKind::Verify, "v-main"), "post-verify-job-run", "POST", "verify/v-main/run", "")]
#[case(run(JobKind::Prune, "p-main"), "post-prune-job-run", "POST", "prune/p-main/run", "")]
#[case(run(JobKind::Sync, "s-ok"), "post-sync-job-run-ok", "POST", "sync/s-ok/run", "")]
#[case(run(JobKind::Gc, "main"), "post-gc", "POST", "datastore/main/gc", "")]
#[tokio::test]
async fn a_chore_is_asked_for_as_recorded_and_its_task_is_the_receipt(
    #[case] chore: Chore,
    #[case] name: &str,
    #[case] method: &str,
    #[case] path: &str,
    #[case] form: &str,
) {
    let recorded = recording(name);
    let server = Server::always(recorded.answer.clone()).await;
    let receipt = told(&server, chore).await.expect("the server begins it");
    let upid = recorded.json.as_ref().and_then(|body| body["data"].as_str()).expect("a UPID");
    assert_eq!(&*receipt.id, upid);
    assert_eq!(request(&server), (method.to_owned(), path.to_owned(), form.to_owned()));
}

#[tokio::test]
async fn a_snapshot_is_protected_and_there_is_no_task() {
    for (on, value) in [(true, "1"), (false, "0")] {
        let server = Server::always(data(&serde_json::Value::Null)).await;
        let chore = Chore::Protect { group: group(""), at: made(), on };
        assert_eq!(told(&server, chore).await.map(|receipt| receipt.id.to_string()), Ok(String::new()));
        let form = format!("{SNAPSHOT}&protected={value}");
        assert_eq!(request(&server), ("PUT".to_owned(), "datastore/main/protected".to_owned(), form));
    }
}

#[tokio::test]
async fn a_name_does_not_become_a_path() {
    let server = Server::always(replay("post-verify-job-run")).await;
    told(&server, run(JobKind::Verify, r"../../x\y")).await.expect("the server begins it");
    assert_eq!(request(&server).1, "verify/..%2F..%2Fx%5Cy/run");
}

/// Missing rights come as 400 of jobs, and as 403 of datastores: both are told in the server's words.
#[rstest]
#[case("error-post-verify-job-nopriv", "missing permissions 'Datastore.Verify' on '/datastore/main'")]
#[case("error-post-prune-job-nopriv", "missing permissions 'Datastore.Modify' on '/datastore/main'")]
#[case("error-post-sync-job-nopriv", "permission check failed")]
#[case("error-post-gc-nopriv", "permission check failed")]
#[case("error-post-verify-nopriv", "missing Datastore.Verify|Datastore.Backup on /datastore/main")]
#[case("error-post-gc-lock-timeout", "garbage collection already running")]
#[case("error-post-gc-readonly", "read-only maintenance mode")]
#[case("error-post-verify-job-unknown", "nosuch")]
#[tokio::test]
async fn a_refusal_is_told_in_the_servers_words(#[case] name: &str, #[case] words: &str) {
    let server = Server::always(replay(name)).await;
    let failure = told(&server, run(JobKind::Gc, "main")).await.expect_err("a refusal");
    assert!(failure.text.contains(words), "{}", failure.text);
    assert!(!failure.text.contains("hidden"), "no secret in an error");
    assert_eq!(server.asked().len(), 1, "what was refused is not tried again");
}

/// The server waits ten seconds for a run that is under way; a time-out of looks would call that
/// down, and the operator would start it twice.
#[tokio::test]
async fn a_server_that_waits_for_its_lock_is_waited_for() {
    let slow = Answer {
        after: Duration::from_secs(5),
        ..replay("post-verify-job-already-running-waits-then-starts")
    };
    let server = Server::always(slow).await;
    let receipt = told(&server, run(JobKind::Verify, "v-main")).await.expect("longer than a look may take");
    assert!(receipt.id.starts_with("UPID:"));
}

#[tokio::test]
async fn what_is_no_task_is_told_as_such() {
    let server = Server::always(Answer::json("{\"data\":5}")).await;
    let failure = told(&server, run(JobKind::Gc, "main")).await.expect_err("no UPID");
    assert_eq!(failure.kind, FailureKind::Parse);
}
