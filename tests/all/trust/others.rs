//! The servers that the demo lab has none of: Grafana, and what probes look at. The same faults before
//! them, and the same texts in their answers.

use std::collections::BTreeSet;
use std::sync::Arc;

use rstest::rstest;
use serde_json::{Value, json};
use wardroom::clock::Clock;
use wardroom::demo::Scenario;
use wardroom::domain::feed::{Failure, Feed, SourceKind};
use wardroom::domain::observation::Observation;
use wardroom::domain::question::{Answer as Told, Question};
use wardroom::sources::Source;

use super::door::{Door, Fault, NO_TEXT};
use super::hostile::{acted_on, change_at, fields, nasty};
use super::house::look_at_all;
use crate::sources::replay::{Answer, Server, source};

const HEALTH: &str = r#"{"commit":"1e84fede54","database":"ok","version":"11.3.0"}"#;

/// What Grafana's search finds.
fn found() -> Value {
    json!([{
        "id": 1, "uid": "rYdddlPWk", "title": "Node Exporter Full", "uri": "db/node", "url": "/d/rYdddlPWk/node",
        "type": "dash-db", "tags": ["linux"], "isStarred": false, "folderTitle": "Hosts", "sortMeta": 0,
    }])
}

/// A Grafana behind a door, at which a probe knocks too.
struct Behind {
    _server: Server,
    door: Door,
    clock: Clock,
}

impl Behind {
    async fn start() -> Self {
        let paths = [
            ("/", Answer::text(200, "well")),
            ("/api/health", Answer::json(HEALTH)),
            ("/api/search", Answer::json(found().to_string())),
        ];
        let server = Server::paths(&paths).await;
        let door = Door::to(&server.url).await;
        Self { _server: server, door, clock: Clock::fixed(Scenario::Calm.instant()) }
    }

    /// Grafana, and a page and a port to look at; each has so long.
    fn sources(&self, timeout: &str) -> [Arc<dyn Source>; 2] {
        let url = &self.door.url;
        let port = url.trim_start_matches("http://");
        let items =
            format!("{{ name = \"page\", url = \"{url}\" }}, {{ name = \"port\", tcp = \"{port}\" }}");
        [
            source(
                SourceKind::Grafana,
                &format!("url = \"{url}\"\ntoken = \"glsa_x\"\ntimeout = \"{timeout}\""),
            ),
            source(SourceKind::Probe, &format!("timeout = \"{timeout}\"\nitem = [{items}]")),
        ]
    }

    /// What is said of Grafana, and whether the page answers, with what is said of that.
    async fn look(&self, timeout: &str) -> (Result<Vec<Observation>, Failure>, (bool, String)) {
        let [grafana, probes] = self.sources(timeout);
        let (mut of_grafana, of_probes) = tokio::join!(
            look_at_all(&*grafana, &self.clock),
            probes.observe(Feed::Probes, self.clock.now().wall)
        );
        let (_, of_grafana) = of_grafana.remove(0);
        let seen = of_probes.expect("a probe finds what it finds");
        assert_eq!(acted_on(&Ok(seen.clone())), None);
        let Some(Observation::Probes(all)) = seen.first() else { panic!("{seen:?}") };
        assert!(all[1].answers, "the port is open whatever is said there: {:?}", all[1]);
        (of_grafana, (all[0].answers, all[0].text.to_string()))
    }
}

/// What is told of Grafana; and of the page, where it counts as an answer.
struct Words(&'static [&'static str], Option<&'static str>);

/// Neither is well.
const fn both(words: &'static [&'static str]) -> Words {
    Words(words, None)
}

fn says(status: u16, kind: &'static str, body: &[u8]) -> Fault {
    Fault::Says(status, kind, body.to_vec())
}

#[rstest]
#[case::silent(Fault::Silent, "1s", both(&["timed out after 1 s"]))]
#[case::slow_head(Fault::SlowHead, "1s", both(&["timed out after 1 s"]))]
#[case::slow_body(Fault::SlowBody, "1s", both(&["timed out after 1 s"]))]
#[case::reset(Fault::Reset, "20s", both(&["connection reset"]))]
#[case::closed(Fault::Closed, "20s", both(&["connection closed"]))]
#[case::slammed(Fault::Slammed, "20s", both(&["connection closed", "connection reset"]))]
#[case::in_the_status(Fault::CutStatus(11), "20s", both(&["connection closed"]))]
#[case::in_the_head(Fault::CutHead, "20s", both(&["connection closed"]))]
#[case::after_the_head(Fault::CutBody, "20s", both(&["cut short"]))]
#[case::before_the_last_byte(Fault::CutEnd, "20s", both(&["cut short"]))]
#[case::longer_than_it_says(Fault::Length(-3), "20s", Words(&["not Grafana's API"], Some("status 200")))]
#[case::shorter_than_it_says(Fault::Length(3), "20s", both(&["cut short"]))]
#[case::pieces_without_a_size(Fault::BadPieces, "20s", both(&["cut short"]))]
#[case::garbage(Fault::Garbage(1), "20s", both(&["does not speak HTTP"]))]
#[case::endless_head(Fault::EndlessHead, "20s", both(&["too large", "connection reset"]))]
#[case::huge(Fault::Huge(100 << 20), "60s", both(&["answer over 48M"]))]
#[case::huge_in_pieces(Fault::HugeInPieces(100 << 20), "60s", both(&["answer over 48M"]))]
#[case::bomb(Fault::Bomb(100), "60s", both(&["answer over 48M"]))]
#[case::page(says(200, "text/html", b"<html>log in</html>"), "20s", Words(&["not Grafana's API"], Some("status 200")))]
#[case::no_text(says(200, "application/json", b"\xff\xfe\0"), "20s", Words(&["not Grafana's API"], Some("status 200")))]
#[case::deep(says(200, "application/json", &vec![b'['; 200_000]), "20s", Words(&["not Grafana's API"], Some("status 200")))]
#[case::no_login(says(401, "text/plain", b"\x1b]0;owned\x07"), "20s", both(&["401 unauthorised"]))]
#[case::no_right(says(403, "application/json", b"{}"), "20s", both(&["403 forbidden"]))]
#[case::no_such_path(says(404, "text/html", b"<html>"), "20s", both(&["404 not found"]))]
#[case::broken(says(500, "text/plain", b"\xff\x9b2J"), "20s", both(&["500 internal server error"]))]
#[case::unavailable(says(503, "text/plain", b""), "20s", both(&["503 service unavailable"]))]
#[tokio::test]
async fn every_fault_is_told_and_passes(#[case] fault: Fault, #[case] timeout: &str, #[case] words: Words) {
    let behind = Behind::start().await;
    behind.door.set(fault);
    let (grafana, (answers, text)) = behind.look(timeout).await;
    let failure = grafana.as_ref().expect_err("it is no answer of Grafana");
    assert_eq!(acted_on(&grafana), None);
    assert!(words.0.iter().any(|word| failure.short.contains(word)), "{failure:?}");
    assert!(failure.short.chars().count() <= 40 && failure.text.contains("127.0.0.1"), "{failure:?}");
    assert_eq!(answers, words.1.is_some(), "{text}");
    assert!(text.contains(words.1.unwrap_or_default()) && !text.is_empty(), "{text}");
    behind.door.set(Fault::None);
    let (grafana, page) = behind.look("20s").await;
    assert!(grafana.is_ok(), "with the door open again: {grafana:?}");
    assert_eq!(page, (true, "status 200".to_owned()));
}

/// A probe is content where it is sent elsewhere, and does not go there.
#[tokio::test]
async fn nobody_is_followed_elsewhere() {
    let behind = Behind::start().await;
    let elsewhere = Door::to("http://127.0.0.1:1").await;
    for to in [format!("{}/login", elsewhere.url), "/".to_owned(), "\u{9b}2J".to_owned()] {
        behind.door.set(Fault::Redirect(302, to));
        let (grafana, (answers, text)) = behind.look("20s").await;
        assert!(grafana.is_err_and(|failure| failure.short.contains("redirected")));
        assert!(answers && text.starts_with("leads to "), "{text}");
    }
    assert_eq!(elsewhere.came(), 0, "no question, and no credentials with it");
}

/// Every text of Grafana's answers is made harmless, and one of a wrong type breaks nothing.
#[tokio::test]
async fn no_field_of_grafana_acts() {
    let behind = Behind::start().await;
    let health: Value = serde_json::from_str(HEALTH).expect("JSON");
    let mut all = BTreeSet::new();
    for (path, answer) in [("/api/health", &health), ("/api/search", &found())] {
        let mut names = BTreeSet::new();
        fields(answer, "", |value| !value.is_null(), &mut names);
        all.extend(names.into_iter().map(|name| (path, name)));
    }
    assert!(all.len() > 12, "{all:?}");
    let texts = [json!(nasty()), json!(format!("x{NO_TEXT}y")), json!("x".repeat(1 << 20))];
    let wrongs = [json!(null), json!(-1), json!(1e300), json!(true), json!([]), json!({}), json!([[1]])];
    let [grafana, _] = behind.sources("20s");
    for (path, field) in all {
        for value in texts.iter().chain(&wrongs) {
            let (field, value) = (field.clone(), value.clone());
            behind.door.set(Fault::Changes(Arc::new(move |asked, answer| {
                if asked == path {
                    change_at(answer, &field, &|at: &mut Value| *at = value.clone());
                }
            })));
            let now = behind.clock.now().wall;
            let seen = grafana.observe(Feed::Ready, now).await.map_err(|error| error.failure());
            assert_eq!(acted_on(&seen), None);
            let told = grafana.answer(Question::Dashboards, now).await.map_err(|error| error.failure());
            assert_eq!(acted_on(&told), None);
            if let Ok(Told::Dashboards(all)) = &told {
                let is_below = |url: &str| url.starts_with(&behind.door.url);
                assert!(all.iter().all(|one| is_below(&one.url)), "{all:?}");
            }
        }
    }
}
