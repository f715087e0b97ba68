use super::super::ask::{Filled, now as time};
use super::super::check::Check;
use super::super::follow::FARTHEST;
use super::super::seen::{OVERLAP, nanoseconds};
use super::super::wire;
use super::*;
use crate::domain::log::Entry;
use crate::net::{Client, Endpoint, Token};
use crate::settings::Document;

fn follower() -> (Follower, mpsc::Receiver<Said>) {
    let document = Document::new("w.toml", "url = \"http://127.0.0.1:3100\"");
    let endpoint = document.read(|table| Endpoint::read(table, Token::Bearer)).flatten().expect("an address");
    let asker = Asker::new(Arc::new(Client::new(endpoint)));
    let setup = Setup {
        asker,
        name: "all".into(),
        query: Some("{a=\"b\"}".into()),
        polls: None,
        history: 200,
        from: None,
        delay: 0,
        check: Duration::from_secs(15),
        clock: Clock::system(),
    };
    let (to, said) = mpsc::channel(ON_THE_WAY);
    let outlet = Outlet::new("all".into(), to, Arc::default());
    (Follower::new(setup, outlet), said)
}

/// What a query finds: lines of these times.
fn found(times: &[i64]) -> Filled {
    let values: Vec<[String; 2]> = times.iter().map(|at| [at.to_string(), "x".to_owned()]).collect();
    let body = serde_json::json!({
        "status": "success",
        "data": { "resultType": "streams", "result": [{ "stream": { "a": "b" }, "values": values }] },
    });
    Filled { rows: wire::page(&body.to_string()).expect("an answer"), ..Filled::default() }
}

fn now() -> i64 {
    time(&Clock::system())
}

const SECOND: i64 = 1_000_000_000;

#[tokio::test]
async fn a_tail_that_lags_twice_in_a_row_is_given_up() {
    let (mut follower, _said) = follower();
    let mut check = Check::new(false, &follower.setup);
    // Our clock is an hour ahead of the one that stamps the lines.
    let begun = now() - 3600 * SECOND;
    let mut checked = |seconds: &[i64]| {
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
    assert!(resumed > now() - nanoseconds(FARTHEST) - 10 * SECOND);
    follower.outlet.flush();
    let Some(Ok(crate::domain::observation::Observation::Tail { entries, .. })) = said.recv().await else {
        panic!("a batch");
    };
    assert!(matches!(entries.last(), Some(Entry::Gap { from, to }) if *from == old && *to == resumed));
}

#[tokio::test]
async fn a_hole_is_asked_for_until_it_is_filled() {
    let (mut follower, _said) = follower();
    let begun = now() - 300 * SECOND;
    follower.take(found(&[begun]).rows, i64::MIN);
    let mut check = Check::new(true, &follower.setup);
    // Two connections were cut before a query was answered: all is still asked for.
    follower.take(found(&[begun + 200 * SECOND]).rows, i64::MIN);
    assert_eq!(follower.resume(), Some(begun - OVERLAP));
    check.asked = now();
    follower
        .checked(&mut check, Ok(Filled { rest: Some(begun + 50 * SECOND), ..found(&[begun + 50 * SECOND]) }));
    assert_eq!(follower.resume(), Some(begun + 50 * SECOND), "the rest is asked for next");
    follower.checked(&mut check, Ok(found(&[begun + 50 * SECOND, begun + 200 * SECOND])));
    assert_eq!(follower.resume(), Some(begun + 170 * SECOND));
}

#[tokio::test]
async fn times_are_told_by_the_dashboards_clock() {
    let (mut follower, _said) = follower();
    let then = chrono::DateTime::from_timestamp(1_794_578_531, 0).expect("a time");
    follower.setup.clock = Clock::fixed(then);
    let last = then.timestamp_nanos_opt().expect("a time") - 5 * SECOND;
    follower.take(found(&[last]).rows, i64::MIN);
    assert_eq!(follower.resume(), Some(last - OVERLAP), "weeks ago by another clock, but not by this one");
}
