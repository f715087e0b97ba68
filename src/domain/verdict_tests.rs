use super::*;

#[test]
fn an_empty_store_is_not_well() {
    let store = Store::new([], crate::domain::thresholds::Thresholds::default(), Default::default());
    let verdict = judge(&store, Scope::ALL, DateTime::UNIX_EPOCH);
    assert_eq!(verdict.text, "no source is configured");
}
