//! What Loki says, asked or by its tail.

#[path = "../../../../src/sources/loki/level.rs"]
mod level;
#[path = "../../../../src/sources/loki/seen.rs"]
mod seen;
#[path = "../../../../src/sources/loki/wire.rs"]
mod wire;

use serde_json::{Value, json};

use super::told;

pub(super) fn read(body: &str) -> Vec<Value> {
    let mut known = seen::Seen::default();
    let mut lines = |rows: Vec<wire::Row>| {
        rows.into_iter().filter(|row| known.note(row.key, 0)).map(|row| json!(row.line)).collect::<Vec<_>>()
    };
    // Names are made harmless where they are handed on.
    let _names = wire::labels(body);
    vec![
        told(wire::frame(body).map(|batch| lines(batch.rows))),
        told(wire::page(body).map(lines)),
        told(wire::matrix(body)),
        told(wire::pretty(body)),
        told(wire::version(body)),
    ]
}
