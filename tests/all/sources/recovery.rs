//! The polling loop over the real client: a server that goes away and comes back.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use wardroom::clock::Clock;
use wardroom::domain::feed::{FailureKind, Feed, SourceKind};
use wardroom::sources::Event;
use wardroom::sources::watch::Watch;

use super::replay::{Answer, Server, recording, source};

/// Waits for an event that is wanted; others pass.
async fn wait(events: &mut mpsc::Receiver<Event>, wanted: impl Fn(&Event) -> bool) -> Event {
    let found = async {
        loop {
            let event = events.recv().await.expect("the watch goes on");
            if wanted(&event) {
                return event;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), found).await.expect("it happens before the deadline")
}

fn targets() -> Answer {
    recording("prometheus", "targets-active").answer()
}

#[tokio::test]
async fn a_server_that_comes_back_is_seen_again_and_the_others_go_on() {
    let coming = Server::always(targets()).await;
    let staying = Server::paths(&[("/api/v2/silences", Answer::json("[]"))]).await;
    let keys = |url: &str| format!("url = {url:?}\ninterval = \"100ms\"\ntimeout = \"1s\"");
    let prometheus = source(SourceKind::Prometheus, &keys(&coming.url));
    let alertmanager = source(SourceKind::Alertmanager, &keys(&staying.url));
    let (to, mut events) = mpsc::channel(16);
    let _watch = Watch::start(&[prometheus, alertmanager], &Clock::system(), &to);

    let is_targets = |event: &Event| event.feed == Feed::Targets;
    wait(&mut events, |event| is_targets(event) && event.result.is_ok()).await;
    let address = coming.url.trim_start_matches("http://").to_owned();
    coming.stop().await;
    let is_refused =
        |event: &Event| event.result.as_ref().is_err_and(|failure| failure.kind == FailureKind::Refused);
    wait(&mut events, |event| is_targets(event) && is_refused(event)).await;
    wait(&mut events, |event| event.feed == Feed::Silences && event.result.is_ok()).await;
    let back = Server::start_at(&address, Arc::new(|_, _| targets())).await;
    let seen = wait(&mut events, |event| is_targets(event) && event.result.is_ok()).await;
    assert!(seen.took > 0.0);
    drop(back);
}
