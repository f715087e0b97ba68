//! What Prometheus says.

#[path = "../../../../src/sources/prometheus/kept.rs"]
mod kept;
#[path = "../../../../src/sources/prometheus/scraped.rs"]
mod scraped;
#[path = "../../../../src/sources/prometheus/series.rs"]
mod series;
#[path = "../../../../src/sources/prometheus/wire.rs"]
mod wire;

use serde_json::Value;

use super::told;
use crate::domain::observation::Observation;

pub(super) fn read(body: &str) -> Vec<Value> {
    let scrapes = wire::vector(body).map(|samples| {
        let mut scrapes = wire::scrapes(&samples);
        wire::add_changes(&mut scrapes, &samples);
        wire::add_last_success(&mut scrapes, &samples);
        Observation::Scrapes(scrapes.into())
    });
    vec![
        told(wire::targets(body, &std::sync::Mutex::default())),
        told(wire::alerts(body)),
        told(wire::rules(body)),
        told(wire::pools(body)),
        told(wire::names(body)),
        told(wire::external_labels(body)),
        told(scraped::samples(body)),
        told(scraped::dropped(body)),
        told(scrapes),
        told(series::series(body).map(|series| Observation::Kept(kept::archives(&series).into()))),
        told(series::series(body)),
    ]
}
