//! What a program says of a backup, and what a file's name says.

#[path = "../../../../src/sources/files/dates.rs"]
mod dates;

use chrono::{DateTime, FixedOffset, Utc};
use serde_json::{Value, json};

pub(super) fn read(said: &str) -> Vec<Value> {
    let zone = FixedOffset::east_opt(7_200).expect("two hours");
    let named = said.lines().next().and_then(dates::named);
    vec![
        json!(dates::printed(said, &zone)),
        json!(named.map(|named| named.at(&zone, DateTime::<Utc>::UNIX_EPOCH))),
    ]
}
