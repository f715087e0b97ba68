//! How fresh a source is.

use super::*;

#[test]
fn what_is_asked_seldom_does_not_make_a_source_look_old() {
    let now = DateTime::from_timestamp(1_795_000_000, 0).expect("a time");
    let feed = |interval: f64, age: i64| Freshness {
        at: Some(now - chrono::TimeDelta::seconds(age)),
        ..Freshness::pending(interval)
    };
    let source = |feeds: &[(Feed, Freshness)]| SourceState {
        id: SourceId::new(SourceKind::Pbs, "main"),
        site: "".into(),
        feeds: feeds.iter().cloned().collect(),
        data: Data::default(),
    };
    let (tasks, jobs) = ((Feed::Tasks, feed(10.0, 4)), (Feed::Jobs, feed(300.0, 290)));
    assert_eq!(source(&[tasks.clone(), jobs.clone()]).age(now), Some(4.0));
    assert_eq!(source(&[jobs]).age(now), Some(290.0), "there is nothing else");
    let stale = source(&[tasks.clone(), (Feed::Jobs, feed(300.0, 900))]);
    assert_eq!((stale.state(now), stale.age(now)), (FeedState::Stale, Some(900.0)));
    assert_eq!(source(&[tasks, (Feed::Server, Freshness::pending(900.0))]).age(now), None);
}
