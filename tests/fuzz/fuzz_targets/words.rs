//! Any bytes are what somebody wrote for us to read: matchers, a comment of a silence, a query, a
//! configuration of routes, an expression, a line of a log, a record of incidents.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rooms::domain::comment::Comment;
use rooms::domain::labels::Labels;
use rooms::domain::log::fields::fields;
use rooms::domain::log::selector::{is_name, quoted};
use rooms::domain::matcher::{Matchers, read_all};
use rooms::domain::routing::Routing;
use rooms::domain::silence::Matcher;
use rooms::domain::{promql, re2};
use rooms::incident;
use rooms::text::is_plain;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let labels: Labels = [("alertname", &*text), ("instance", "10.0.0.21:9100")].into_iter().collect();
    match read_all(&text) {
        Ok(all) => {
            let matchers = Matchers::new(&all).expect("each of them was read");
            let _met = matchers.matches(&labels);
            for matcher in all {
                let shown = matcher.to_string();
                assert!(shown.chars().all(is_plain), "{shown:?}");
                assert_eq!(shown.parse::<Matcher>().as_ref(), Ok(&matcher), "{shown:?}");
                let _hollow = matcher.is_hollow();
            }
        }
        Err(error) => assert!(error.0.chars().all(is_plain), "{error:?}"),
    }
    if let Ok(routes) = Routing::read(&text) {
        let _ways = routes.ways(&labels);
        let _back = routes.labels_for("ops", &labels);
    }
    let comment = Comment::read(&text);
    let _annotations = comment.annotations();
    let _read = (fields(&text), promql::metrics(&text), is_name(&text), quoted(&text), incident::read(&text));
    if let Ok(quoted) = re2::anchored(&re2::quote(&text)) {
        assert!(quoted.is_match(&text), "{text:?}");
    }
});
