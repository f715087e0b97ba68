use super::*;
use crate::net::{Client, Endpoint, Token};
use crate::settings::Document;

fn follower() -> (Follower, mpsc::Receiver<Said>) {
    let document = Document::new("w.toml", "url = \"http://127.0.0.1:3100\"");
    let endpoint = document.read(|table| Endpoint::read(table, Token::Bearer)).flatten().expect("an address");
    let asker = Asker::new(Arc::new(Client::new(endpoint)));
    let setup = Setup { asker, name: "all".into(), query: Some("{a=\"b\"}".into()), polls: None };
    let (to, said) = mpsc::channel(ON_THE_WAY);
    let outlet = Outlet::new("all".into(), to, Arc::default());
    (Follower { setup, outlet, seen: Seen::default(), cuts: 0 }, said)
}

/// What a query finds: lines of these times.
fn found(times: &[i64]) -> Filled {
    let values: Vec<[String; 2]> = times.iter().map(|at| [at.to_string(), "x".to_owned()]).collect();
    let body = serde_json::json!({
        "status": "success",
        "data": { "resultType": "streams", "result": [{ "stream": { "a": "b" }, "values": values }] },
    });
    Filled { rows: wire::page(&body.to_string()).expect("an answer"), missing: None }
}

const SECOND: i64 = 1_000_000_000;

#[tokio::test]
async fn a_tail_that_lags_twice_in_a_row_is_given_up() {
    let (mut follower, _said) = follower();
    let mut check = Check::new(None);
    // Our clock is an hour ahead of the one that stamps the lines.
    let begun = now() - 3600 * SECOND;
    let mut checked = |seconds: &[i64]| {
        check.reason = Reason::Routine;
        check.asked = now();
        let times: Vec<i64> = seconds.iter().map(|second| begun + second * SECOND).collect();
        follower.checked(&mut check, Ok(found(&times)))
    };
    assert!(!checked(&[0, 10]), "once may be a burst");
    assert!(!checked(&[0, 10, 11]), "it has those now, and so young a line may still come");
    assert!(!checked(&[12, 20]));
    assert!(checked(&[20, 21, 30]));
}

#[tokio::test]
async fn what_is_too_long_ago_is_not_asked_for() {
    let (mut follower, _said) = follower();
    assert_eq!(follower.resume(), None, "nothing was seen yet");
    let recent = now() - 60 * SECOND;
    follower.take(found(&[recent]).rows, i64::MIN);
    assert_eq!(follower.resume(), Some(recent - OVERLAP));
    assert!(follower.outlet.due().is_some());

    let (mut follower, mut said) = self::follower();
    let old = now() - 86_400 * SECOND;
    follower.take(found(&[old]).rows, i64::MIN);
    let resumed = follower.resume().expect("a start");
    assert!(resumed > now() - 43_210 * SECOND);
    follower.outlet.flush();
    let Some(Ok(crate::domain::observation::Observation::Tail { entries, .. })) = said.recv().await else {
        panic!("a batch");
    };
    assert!(matches!(entries.last(), Some(Entry::Gap { from, to }) if *from == old && *to == resumed));
}
