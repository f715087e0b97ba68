//! The decoders of Prometheus's answers.

#[path = "../../../../src/sources/prometheus/kept.rs"]
mod kept;
#[path = "../../../../src/sources/prometheus/scraped.rs"]
mod scraped;
#[path = "../../../../src/sources/prometheus/series.rs"]
mod series;
#[path = "../../../../src/sources/prometheus/wire.rs"]
mod wire;

use crate::expect_plain;

/// Reads an answer as each of this server's.
pub fn read(body: &str) {
    for decode in
        [wire::targets, wire::alerts, wire::rules, wire::pools, wire::names, wire::external_labels, scraped::samples, scraped::dropped]
    {
        decode(body).iter().for_each(expect_plain);
    }
    if let Ok(samples) = wire::vector(body) {
        let mut scrapes = wire::scrapes(&samples);
        wire::add_changes(&mut scrapes, &samples);
        wire::add_last_success(&mut scrapes, &samples);
        expect_plain(&scrapes);
    }
    if let Ok(series) = series::series(body) {
        expect_plain(&series);
        expect_plain(&kept::archives(&series));
    }
}
