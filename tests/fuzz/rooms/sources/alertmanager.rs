//! What Alertmanager says, also where two peers say it.

#[path = "../../../../src/sources/alertmanager/routes.rs"]
mod routes;
#[path = "../../../../src/sources/alertmanager/split.rs"]
mod split;
#[path = "../../../../src/sources/alertmanager/wire.rs"]
mod wire;

use serde_json::{Value, json};

use super::told;
use crate::domain::alert::Alert;
use crate::domain::observation::Observation;

pub(super) fn read(body: &str) -> Vec<Value> {
    let fewer = |alerts: &[Alert]| alerts.get(1..).unwrap_or_default().to_vec();
    let splits = wire::alerts(body).map(|alerts| {
        let splits = split::splits(&[("one".into(), alerts.as_slice()), ("two".into(), &fewer(&alerts))]);
        Observation::Splits(splits.into())
    });
    vec![
        told(splits),
        told(wire::alerts(body).map(|alerts| wire::merge_alerts(vec![fewer(&alerts), alerts]))),
        told(wire::silences(body).map(|silences| wire::merge_silences(vec![silences.clone(), silences]))),
        told(wire::status(body).map(|status| json!([status.cluster, status.version]))),
        told(routes::routes(body).map(|routes| routes::merge(vec![routes.clone(), routes]))),
    ]
}
