//! Any bytes are an answer: no decoder of any server panics, of what it makes of them nothing acts on a
//! terminal, and whatever was seen, the verdict on it is reckoned.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rooms::domain::feed::Feed;
use rooms::domain::observation::Observation;
use rooms::domain::verdict::{Scope, judge};
use rooms::{acting, servers, sources, store};

fuzz_target!(|bytes: &[u8]| {
    let now = "2026-11-13T14:02:11Z".parse().expect("a time");
    let mut all = None;
    for told in sources::read(&String::from_utf8_lossy(bytes)) {
        assert_eq!(acting(&told), None, "{told}");
        let Ok(seen) = serde_json::from_value::<Observation>(told) else { continue };
        let store = all.get_or_insert_with(store);
        for server in servers() {
            store.apply(&server.id, Feed::Alerts, Ok(vec![seen.clone()]), 0.01, now);
        }
    }
    if let Some(store) = all {
        let verdict = judge(&store, Scope::ALL, now);
        assert_eq!(acting(&verdict.text.into()), None);
    }
});
