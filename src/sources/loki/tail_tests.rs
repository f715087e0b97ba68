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

/// What a query finds: one line of this time.
fn found(at: i64) -> Filled {
    let body = format!(
        r#"{{"status":"success","data":{{"resultType":"streams","result":[{{"stream":{{"a":"b"}},"values":[["{at}","x"]]}}]}}}}"#
    );
    Filled { rows: wire::page(&body).expect("an answer"), missing: None }
}

const SECOND: i64 = 1_000_000_000;

#[tokio::test]
async fn a_tail_that_lags_twice_in_a_row_is_given_up() {
    let (mut follower, _said) = follower();
    let mut check = Check::new(None);
    let mut checked = |at: i64| {
        check.reason = Reason::Routine;
        check.asked = now();
        follower.checked(&mut check, Ok(found(at)))
    };
    let begun = now();
    assert!(!checked(begun - 10 * SECOND), "once may be a burst");
    assert!(!checked(begun - 10 * SECOND), "it has that line now");
    assert!(!checked(begun - SECOND), "so young a line may still come");
    assert!(!checked(begun - 11 * SECOND));
    assert!(checked(begun - 12 * SECOND));
}

#[tokio::test]
async fn what_is_too_long_ago_is_not_asked_for() {
    let (mut follower, _said) = follower();
    assert_eq!(follower.resume(), None, "nothing was seen yet");
    let recent = now() - 60 * SECOND;
    follower.take(found(recent).rows, i64::MIN);
    assert_eq!(follower.resume(), Some(recent - OVERLAP));
    assert!(follower.outlet.due().is_some());

    let (mut follower, mut said) = self::follower();
    let old = now() - 86_400 * SECOND;
    follower.take(found(old).rows, i64::MIN);
    let resumed = follower.resume().expect("a start");
    assert!(resumed > now() - 43_210 * SECOND);
    follower.outlet.flush();
    let Some(Ok(crate::domain::observation::Observation::Tail { entries, .. })) = said.recv().await else {
        panic!("a batch");
    };
    assert!(matches!(entries.last(), Some(Entry::Gap { from, to }) if *from == old && *to == resumed));
}
