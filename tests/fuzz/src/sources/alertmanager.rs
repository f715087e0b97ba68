//! The decoders of Alertmanager's answers.

#[path = "../../../../src/sources/alertmanager/routes.rs"]
mod routes;
#[path = "../../../../src/sources/alertmanager/split.rs"]
mod split;
#[path = "../../../../src/sources/alertmanager/wire.rs"]
mod wire;

use crate::expect_plain;

/// Reads an answer as each of this server's, and joins it with itself, as those of a group are.
pub fn read(body: &str) {
    if let Ok(alerts) = wire::alerts(body) {
        expect_plain(&wire::merge_alerts(vec![alerts.clone(), alerts]));
    }
    if let Ok(silences) = wire::silences(body) {
        expect_plain(&wire::merge_silences(vec![silences.clone(), silences]));
    }
    if let Ok(routes) = routes::routes(body) {
        expect_plain(&routes::merge(vec![routes.clone(), routes]));
    }
    let _status = wire::status(body).is_ok();
}
