//! The contract with Proxmox VE, held against whichever real one is named by `WARDROOM_TEST_PVE_URL`,
//! `WARDROOM_TEST_PVE_TOKEN` and `WARDROOM_TEST_PVE_FINGERPRINT`. Nothing is written there, and no
//! wrong token is tried: somebody may be counting those.

use std::collections::HashSet;
use std::io::Write as _;
use std::sync::Arc;

use chrono::Utc;
use wardroom::domain::feed::{Failure, FailureKind, Feed, SourceId, SourceKind};
use wardroom::domain::guest::GuestId;
use wardroom::domain::observation::Observation;
use wardroom::settings::Document;
use wardroom::sources::{KINDS, Source};

/// The source that is named, and its secret; `None`, said aloud, when none is named.
fn named(test: &str) -> Option<(Arc<dyn Source>, String)> {
    let get =
        |name: &str| std::env::var(format!("WARDROOM_TEST_PVE_{name}")).ok().filter(|text| !text.is_empty());
    let (Some(url), Some(token), Some(pin)) = (get("URL"), get("TOKEN"), get("FINGERPRINT")) else {
        // Not by a macro, whose words the test harness would keep to itself.
        let _said = writeln!(
            std::io::stderr(),
            "left out: {test} needs a real Proxmox VE: set WARDROOM_TEST_PVE_URL, _TOKEN and _FINGERPRINT"
        );
        return None;
    };
    let pin = if url.starts_with("https:") { format!("fingerprint = {pin:?}\n") } else { String::new() };
    let document = Document::new("wardroom.toml", format!("url = {url:?}\ntoken = {token:?}\n{pin}"));
    let (_, read) = KINDS.iter().find(|(kind, _)| *kind == SourceKind::Pve).expect("a kind that is known");
    let source = document.read(|table| read(SourceId::new(SourceKind::Pve, "real"), table)).flatten();
    assert_eq!(document.faults(), []);
    Some((source.expect("the variables make a source"), token))
}

async fn look(source: &dyn Source, feed: Feed) -> Result<Observation, Failure> {
    let seen = source.observe(feed, Utc::now()).await.map_err(|error| error.failure())?;
    Ok(seen.into_iter().next().expect("a look brings something"))
}

#[tokio::test]
async fn every_feed_is_understood_or_refused_for_a_right_that_is_named() {
    let Some((source, secret)) = named("the contract of every feed of a hypervisor") else { return };
    for plan in source.feeds() {
        let began = std::time::Instant::now();
        match look(&*source, plan.feed).await {
            Ok(observation) => hold(&observation),
            Err(failure) => {
                assert_eq!(failure.kind, FailureKind::Unauthorised, "{}: {failure:?}", plan.feed);
                assert!(failure.text.contains("PVEAuditor"), "it says what to do: {}", failure.text);
                assert!(!failure.text.contains(&secret), "no secret in an error");
            }
        }
        assert!(began.elapsed() < plan.timeout, "{} took {:?}", plan.feed, began.elapsed());
    }
}

/// What is true of every answer.
fn hold(observation: &Observation) {
    match observation {
        Observation::Inventory { guests, nodes, storages, .. } => {
            assert!(guests.is_sorted_by(|one, other| one.id < other.id), "each guest is there once");
            assert!(!nodes.is_empty(), "everybody who is let in sees the nodes");
            let names: HashSet<&str> = nodes.iter().map(|node| &*node.name).collect();
            assert!(guests.iter().all(|guest| names.contains(&*guest.node)), "a guest is on a node");
            let fits = |used: Option<u64>, total: Option<u64>| {
                used.zip(total).is_none_or(|(used, total)| used <= total)
            };
            assert!(storages.iter().all(|one| fits(one.used, one.total)), "{storages:?}");
            assert!(nodes.iter().all(|one| fits(one.used, one.total)), "{nodes:?}");
        }
        Observation::Schedules { jobs, uncovered } => {
            assert!(jobs.iter().all(|job| !job.id.is_empty() && !job.schedule.is_empty()), "{jobs:?}");
            assert!(jobs.iter().all(|job| job.enabled || job.next.is_none()), "{jobs:?}");
            assert!(uncovered.is_sorted());
        }
        Observation::Dumps { dumps, .. } => {
            assert!(dumps.iter().all(|dump| !dump.by.is_empty()), "somebody started each run");
            assert!(dumps.iter().all(|dump| dump.ended.is_none_or(|end| end >= dump.started)), "{dumps:?}");
        }
        Observation::Configs(configs) => {
            assert!(configs.is_sorted_by(|one, other| one.id < other.id));
        }
        Observation::Cluster { name, version } => {
            assert!(!name.is_empty() && version.starts_with(|char: char| char.is_ascii_digit()), "{version}");
        }
        other => panic!("no hypervisor says this: {other:?}"),
    }
}

#[tokio::test]
async fn a_guest_that_no_job_covers_is_taken_by_none() {
    let Some((source, _)) = named("the join of jobs and guests") else { return };
    let inventory = look(&*source, Feed::Guests).await;
    let schedules = look(&*source, Feed::Schedules).await;
    let (Ok(Observation::Inventory { guests, .. }), Ok(Observation::Schedules { jobs, uncovered })) =
        (inventory, schedules)
    else {
        // Refused: the other test looks at why.
        return;
    };
    let uncovered: HashSet<GuestId> = uncovered.iter().copied().collect();
    for guest in guests.iter().filter(|guest| uncovered.contains(&guest.id)) {
        let taking: Vec<&str> = jobs.iter().filter(|job| job.takes(guest)).map(|job| &*job.id).collect();
        assert!(taking.is_empty(), "{} is taken by {taking:?}, the server says by none", guest.id);
    }
}
