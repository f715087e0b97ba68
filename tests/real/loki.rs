//! The contract with Loki, against the one that `WARDROOM_TEST_LOKI_URL` names (and
//! `WARDROOM_TEST_LOKI_TENANT`). Without it each test says that it was left out.

use std::io::Write as _;

use crate::contract::{self, Loki};

fn loki(test: &str) -> Option<Loki> {
    let Ok(url) = std::env::var("WARDROOM_TEST_LOKI_URL") else {
        // Not by a macro, whose words the test harness would keep to itself.
        let _said = writeln!(std::io::stderr(), "left out: {test}: WARDROOM_TEST_LOKI_URL names no Loki");
        return None;
    };
    Some(Loki::at(&url, std::env::var("WARDROOM_TEST_LOKI_TENANT").ok()))
}

#[test]
fn every_pushed_line_comes_back_once_and_in_order() {
    if let Some(loki) = loki("every_pushed_line_comes_back_once_and_in_order") {
        contract::every_pushed_line_comes_back_once_and_in_order(&loki);
    }
}

#[test]
fn what_comes_is_followed_through_a_burst() {
    if let Some(loki) = loki("what_comes_is_followed_through_a_burst") {
        contract::what_comes_is_followed_through_a_burst(&loki);
    }
}

#[test]
fn a_hostile_line_is_harmless() {
    if let Some(loki) = loki("a_hostile_line_is_harmless") {
        contract::a_hostile_line_is_harmless(&loki);
    }
}

#[test]
fn a_query_that_is_none_is_refused_in_lokis_words() {
    if let Some(loki) = loki("a_query_that_is_none_is_refused_in_lokis_words") {
        contract::a_query_that_is_none_is_refused_in_lokis_words(&loki);
    }
}
