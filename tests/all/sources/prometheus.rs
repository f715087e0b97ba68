//! What becomes of Prometheus' recorded answers.

use std::sync::Arc;

use wardroom::domain::feed::{Feed, SourceKind};
use wardroom::domain::observation::Observation;
use wardroom::domain::rule::{Rule, RuleHealth, RuleKind};
use wardroom::domain::target::{ErrorClass, Scrape, Target, TargetHealth};
use wardroom::sources::Source;

use super::replay::{Answer, Server, look, recording, source};

fn at(server: &Server) -> Arc<dyn Source> {
    source(SourceKind::Prometheus, &format!("url = {:?}", server.url))
}

async fn replay(name: &str, feed: Feed) -> Observation {
    let server = Server::always(recording("prometheus", name).answer()).await;
    look(&*at(&server), feed).await.expect("the recording is a good answer")
}

async fn targets(name: &str) -> Arc<[Target]> {
    match replay(name, Feed::Targets).await {
        Observation::Targets(targets) => targets,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn targets_come_down_first_with_their_errors() {
    let targets = targets("targets-active").await;
    assert_eq!(targets.len(), 49);
    assert!(targets.windows(2).all(|pair| pair[0].order(&pair[1]).is_le()));
    let down = targets.iter().filter(|target| target.health == TargetHealth::Down).count();
    assert!(targets.iter().take(down).all(|target| !target.error.is_empty()), "every down target says why");
    let tls = targets.iter().find(|target| &*target.job == "bad-tls").expect("it is in the recording");
    assert_eq!(tls.error_class(), Some(ErrorClass::Tls));
    assert_eq!(tls.labels.get("host"), Some("bad-tls"));
    assert_eq!((tls.interval, tls.timeout), (1.0, 0.9));
    assert_eq!(
        tls.last_scrape.map(|at| at.to_rfc3339()).as_deref(),
        Some("2026-11-20T20:18:19.428300621+00:00")
    );
}

#[tokio::test]
async fn an_empty_server_has_no_targets_and_a_far_zone_is_no_other_time() {
    assert_eq!(targets("targets-just-ready").await.len(), 0);
    let berlin = targets("targets-tz-berlin").await;
    let scraped = berlin.first().and_then(|target| target.last_scrape).expect("it was scraped");
    assert_eq!(scraped.to_rfc3339(), "2026-11-20T20:30:36.991505238+00:00");
}

#[tokio::test]
async fn equal_strings_are_kept_once() {
    let targets = targets("targets-active").await;
    let node: Vec<&Target> = targets.iter().filter(|target| &*target.job == "node").collect();
    assert!(node.len() > 1);
    assert!(node.windows(2).all(|pair| Arc::ptr_eq(&pair[0].job, &pair[1].job)));
}

#[tokio::test]
async fn alerts_are_harmless_and_the_oldest_comes_first() {
    let Observation::Raised(alerts) = replay("alerts", Feed::Alerts).await else { panic!("alerts") };
    assert!(alerts.iter().any(|alert| alert.firing) && alerts.iter().any(|alert| !alert.firing));
    assert!(alerts.windows(2).all(|pair| pair[0].active_at <= pair[1].active_at));
    let texts = alerts.iter().flat_map(|alert| alert.labels.iter().chain(alert.annotations.iter()));
    for (name, value) in texts {
        assert!(
            !name.chars().chain(value.chars()).any(|char| char.is_control() || char == '\u{202e}'),
            "{value}"
        );
    }
}

#[tokio::test]
async fn a_rule_that_cannot_be_evaluated_is_told() {
    let Observation::Rules(rules) = replay("rules", Feed::Rules).await else { panic!("rules") };
    let named = |name: &str| -> &Rule { rules.iter().find(|rule| &*rule.name == name).expect("recorded") };
    let broken = named("BrokenManyToMany");
    assert_eq!((broken.kind, broken.health), (RuleKind::Alerting, RuleHealth::Err));
    assert!(broken.error.contains("many-to-many"), "{}", broken.error);
    assert_eq!(&*broken.group, "broken.rules");
    assert_eq!(named("broken:duplicate").kind, RuleKind::Recording);
    assert!(named("BackupTooOld").query.contains("> 86400"));
}

#[tokio::test]
async fn external_labels_come_from_the_servers_config() {
    let Observation::ExternalLabels(labels) = replay("status-config", Feed::Status).await else {
        panic!("labels")
    };
    assert_eq!(labels.to_string(), r#"{cluster="homelab", replica="a"}"#);
}

fn vector(series: &[(&str, &str, f64)]) -> Answer {
    let series: Vec<_> = series
        .iter()
        .map(|(name, instance, value)| {
            serde_json::json!({
                "metric": { "__name__": name, "job": "node", "instance": instance },
                "value": [1_795_205_899.838, value.to_string()],
            })
        })
        .collect();
    let body =
        serde_json::json!({ "status": "success", "data": { "resultType": "vector", "result": series } });
    Answer::json(body.to_string())
}

async fn scrapes(server: &Server) -> Arc<[Scrape]> {
    match look(&*at(server), Feed::Scrapes).await.expect("a good answer") {
        Observation::Scrapes(scrapes) => scrapes,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_target_that_is_down_is_not_hollow_and_has_a_last_success() {
    let server = Server::start(|asked, _| {
        if asked.uri.query().is_some_and(|query| query.contains("max_over_time")) {
            vector(&[("", "down:1", 1_795_200_000.5), ("", "other:1", 1_795_200_001.0)])
        } else {
            vector(&[
                ("scrape_samples_scraped", "down:1", 0.0),
                ("up", "down:1", 0.0),
                ("scrape_samples_scraped", "hollow:1", 0.0),
            ])
        }
    })
    .await;
    let scrapes = scrapes(&server).await;
    let told: Vec<_> = scrapes
        .iter()
        .map(|scrape| (&*scrape.instance, scrape.hollow, scrape.last_success.map(|at| at.timestamp_millis())))
        .collect();
    assert_eq!(told, [("down:1", false, Some(1_795_200_000_500)), ("hollow:1", true, None)]);
    let second =
        server.asked().get(1).and_then(|asked| asked.uri.query().map(str::to_owned)).unwrap_or_default();
    assert!(second.contains("down%3A1") && !second.contains("hollow"), "only the down ones: {second}");
}

#[tokio::test]
async fn when_all_is_well_nobody_is_asked_for_the_last_success() {
    let server = Server::always(vector(&[])).await;
    assert_eq!(scrapes(&server).await.len(), 0);
    // What is zero, what flaps, and how much each brings.
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn many_targets_that_are_down_are_asked_for_by_a_form() {
    let names: Vec<String> = (0..400).map(|at| format!("host-{at}:9100")).collect();
    let server = Server::start(move |asked, _| {
        if asked.method == "POST" {
            let form = String::from_utf8(asked.body.to_vec()).expect("a form is text");
            assert!(form.starts_with("query=max_over_time%28"), "{form}");
            return vector(&[("", "host-399:9100", 1_795_200_000.0)]);
        }
        let series: Vec<(&str, &str, f64)> = names.iter().map(|name| ("up", name.as_str(), 0.0)).collect();
        vector(&series)
    })
    .await;
    let scrapes = scrapes(&server).await;
    assert_eq!(scrapes.len(), 400);
    assert_eq!(scrapes.iter().filter(|scrape| scrape.last_success.is_some()).count(), 1);
}

#[tokio::test]
async fn a_server_that_cannot_tell_the_last_success_still_tells_what_is_down() {
    let server = Server::start(|_, before| {
        if before == 0 { vector(&[("up", "down:1", 0.0)]) } else { Answer::text(503, "query timed out") }
    })
    .await;
    let scrapes = scrapes(&server).await;
    assert_eq!(scrapes.iter().map(|scrape| scrape.last_success).collect::<Vec<_>>(), [None]);
}

#[tokio::test]
async fn a_path_prefix_and_the_headers_go_with_every_request() {
    let server = Server::always(Answer::json(r#"{"status":"success","data":{"activeTargets":[]}}"#)).await;
    let keys = format!(
        "url = \"{}/prometheus/\"\nusername = \"sam\"\npassword = \"secret\"\ntenant = \"lab\"\nheaders = {{ X-Extra = \"1\" }}",
        server.url
    );
    look(&*source(SourceKind::Prometheus, &keys), Feed::Targets).await.expect("a good answer");
    let asked = server.asked();
    let asked = asked.first().expect("one request");
    assert_eq!(asked.uri.to_string(), "/prometheus/api/v1/targets?state=active");
    for (name, value) in [
        ("authorization", "Basic c2FtOnNlY3JldA=="),
        ("x-scope-orgid", "lab"),
        ("x-extra", "1"),
        ("accept-encoding", "gzip"),
    ] {
        assert_eq!(asked.headers.get(name).and_then(|have| have.to_str().ok()), Some(value), "{name}");
    }
}

#[tokio::test]
async fn a_rotated_token_is_taken_up_after_a_refusal() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "old\n").expect("it can be written");
    let server = Server::start(|asked, _| {
        if asked.headers.get("authorization").is_some_and(|have| have == "Bearer new") {
            Answer::json(r#"{"status":"success","data":{"activeTargets":[]}}"#)
        } else {
            Answer::text(401, "Unauthorized\n")
        }
    })
    .await;
    let keys = format!("url = {:?}\ntoken_file = {:?}", server.url, file.path());
    let source = source(SourceKind::Prometheus, &keys);
    let failure = look(&*source, Feed::Targets).await.expect_err("the old token");
    assert_eq!(&*failure.short, "401 unauthorised");
    std::fs::write(file.path(), "new\n").expect("it can be written");
    look(&*source, Feed::Targets).await.expect("the new token");
}

#[test]
fn slow_feeds_keep_their_distance_from_a_fast_interval() {
    let source =
        source(SourceKind::Prometheus, "url = \"http://127.0.0.1:1\"\ninterval = \"2s\"\ntimeout = \"3s\"");
    let plans: Vec<_> = source.feeds().iter().map(|plan| (plan.feed, plan.interval.as_secs())).collect();
    assert_eq!(
        plans,
        [
            (Feed::Targets, 2),
            (Feed::Alerts, 2),
            (Feed::Rules, 6),
            (Feed::Scrapes, 6),
            (Feed::Status, 24),
            (Feed::Measures, 12)
        ]
    );
}
