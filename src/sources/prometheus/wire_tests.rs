//! The decoders on small answers, and on anything at all.

use proptest::prelude::*;

use super::*;
use crate::sources::wire::changed;

fn labels(yaml: &str) -> String {
    let body = serde_json::json!({ "status": "success", "data": { "yaml": yaml } }).to_string();
    match external_labels(&body) {
        Ok(Observation::ExternalLabels(labels)) => labels.to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn external_labels_are_read_from_the_servers_own_yaml() {
    for (yaml, read) in [
        (
            "global:\n  scrape_interval: 1s\n  external_labels:\n    cluster: home\n    replica: a\nalerting:\n",
            r#"{cluster="home", replica="a"}"#,
        ),
        (
            "global:\n  external_labels:\n    a: \"x: \\\"y\\\"\"\n    b: 'it''s'\n  query_log_file: z\n",
            r#"{a="x: \"y\"", b="it's"}"#,
        ),
        ("global:\n  scrape_interval: 1s\nscrape_configs:\n  external_labels:\n    no: no\n", "{}"),
        (
            "global:\n  external_labels:\n    cluster: 'ho: me'\n    esc: a\"b\\cé\n    num: \"12\"\n    \"y\": z\n",
            r#"{cluster="ho: me", esc="a\"b\\cé", num="12", y="z"}"#,
        ),
        ("global:\n  external_labels: {}\n", "{}"),
        ("", "{}"),
    ] {
        assert_eq!(labels(yaml), read, "{yaml}");
    }
}

#[test]
fn durations_of_prometheus() {
    for (text, seconds) in
        [("1s", 1.0), ("900ms", 0.9), ("1h30m", 5_400.0), ("1w", 604_800.0), ("0", f64::NAN)]
    {
        assert!(duration(text).map_or(seconds.is_nan(), |read| (read - seconds).abs() < 1e-9), "{text}");
    }
    assert_eq!(duration("soon"), None);
}

/// Every decoder, on whatever comes.
fn decode_all(body: &str) {
    let seen = [targets(body, &Mutex::default()), alerts(body), rules(body), external_labels(body)];
    for seen in seen.into_iter().flatten() {
        let json = serde_json::to_string(&seen).expect("an observation can be recorded");
        assert!(!json.contains("\\u00"), "a control character got through: {json}");
    }
    if let Ok(samples) = vector(body) {
        let mut found = scrapes(&samples);
        add_last_success(&mut found, &samples);
    }
}

#[test]
fn the_answers_that_are_changed_below_are_good_ones() {
    assert!(
        targets(ANSWERS[0], &Mutex::default()).is_ok()
            && alerts(ANSWERS[1]).is_ok()
            && rules(ANSWERS[2]).is_ok()
    );
    assert!(vector(ANSWERS[3]).is_ok() && external_labels(ANSWERS[4]).is_ok());
}

proptest! {
    #[test]
    fn no_text_makes_a_decoder_panic(body in ".{0,200}") {
        decode_all(&body);
    }

    #[test]
    fn no_change_to_an_answer_makes_a_decoder_panic(
        which in 0usize..5,
        at in 0usize..1000,
        new in "[\\[\\]{}\",:0-9a-z\\\\\u{1b}\u{202e}]{0,6}",
        cut in 0usize..30,
    ) {
        decode_all(&changed(ANSWERS[which], at, &new, cut));
    }
}

const ANSWERS: [&str; 5] = [
    r#"{"status":"success","data":{"activeTargets":[{"labels":{"job":"a"},"health":"up","lastScrape":"2026-11-20T20:18:19Z","lastScrapeDuration":0.1,"scrapeInterval":"1h30m","scrapeTimeout":"9ms"}]}}"#,
    r#"{"status":"success","data":{"alerts":[{"labels":{"a":"\u001b[2J"},"annotations":null,"state":"firing","activeAt":"2026-11-20T20:18:19Z","value":"1e+00"}]}}"#,
    r#"{"status":"success","data":{"groups":[{"name":"g","file":"f","rules":[{"name":"r","type":"alerting","health":"ok","duration":5,"lastEvaluation":"0001-01-01T00:00:00Z"}]}]}}"#,
    r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","job":"a","instance":"b"},"value":[1795205899.838,"0"]}]}}"#,
    r#"{"status":"success","data":{"yaml":"global:\n  external_labels:\n    a: \"b\"\n"}}"#,
];
