//! The answers to PromQL: vectors, matrices and numbers become series.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::wire::{data, seconds};
use crate::domain::labels::{Interner, Labels};
use crate::domain::measure::Reading;
use crate::domain::question::Series;
use crate::sources::wire::{List, Pairs, Text, Wrong};

#[derive(Deserialize)]
struct Found<'a> {
    #[serde(borrow, rename = "resultType")]
    kind: Text<'a>,
    #[serde(borrow)]
    result: &'a serde_json::value::RawValue,
}

#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    metric: Pairs<'a>,
    #[serde(default, borrow)]
    value: Option<Point<'a>>,
    #[serde(default, borrow)]
    values: List<Point<'a>>,
}

#[derive(Deserialize)]
struct Point<'a>(f64, #[serde(borrow)] Text<'a>);

impl Point<'_> {
    /// Its time and value; `None` when the time is beyond all sense.
    fn read(&self) -> Option<(DateTime<Utc>, f64)> {
        Some((seconds(self.0)?, number(&self.1.0)))
    }
}

/// A number as Go writes it: `+Inf` and `NaN` among them.
fn number(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

/// Every series of an answer to `query` or `query_range`; native histograms have no values here.
pub(super) fn series(body: &str) -> Result<Vec<Series>, Wrong> {
    let answer: Found<'_> = data(body)?;
    let read = serde_json::from_str::<List<Row<'_>>>;
    match &*answer.kind.0 {
        "vector" | "matrix" => {
            let mut known = Interner::default();
            let rows = read(answer.result.get()).map_err(Wrong::strange)?;
            let row = |row: &Row<'_>| Series {
                labels: row.metric.keep(&mut known),
                points: row.value.iter().chain(&row.values.0).filter_map(Point::read).collect(),
            };
            Ok(rows.0.iter().map(row).collect())
        }
        "scalar" => {
            let point: Point<'_> = serde_json::from_str(answer.result.get()).map_err(Wrong::strange)?;
            Ok(vec![Series { labels: Labels::default(), points: point.read().into_iter().collect() }])
        }
        other => Err(Wrong::strange(format!("a result of type {other:?}"))),
    }
}

/// The newest value of every series of an answer to `query`. What label sets share with those that are
/// `known` is kept once.
pub(super) fn readings(body: &str, known: &Mutex<Interner>) -> Result<Vec<Reading>, Wrong> {
    let answer: Found<'_> = data(body)?;
    if &*answer.kind.0 == "scalar" {
        let point: Point<'_> = serde_json::from_str(answer.result.get()).map_err(Wrong::strange)?;
        let read = point.read().into_iter();
        return Ok(read.map(|(_, value)| Reading { labels: Labels::default(), value }).collect());
    }
    if !matches!(&*answer.kind.0, "vector" | "matrix") {
        return Err(Wrong::strange(format!("a result of type {:?}", answer.kind.0)));
    }
    let rows: List<Row<'_>> = serde_json::from_str(answer.result.get()).map_err(Wrong::strange)?;
    // What another answer broke off has left nothing half done here.
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    let mut all = Vec::with_capacity(rows.0.len());
    for row in &rows.0 {
        let Some((_, value)) = row.value.iter().chain(&row.values.0).filter_map(Point::read).next_back()
        else {
            continue;
        };
        let labels = row.metric.keep(&mut known);
        all.push(Reading { labels: known.share(labels), value });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_matrices_and_numbers_become_series() {
        let read = |kind: &str, result: &str| {
            let body =
                format!(r#"{{"status":"success","data":{{"resultType":"{kind}","result":{result}}}}}"#);
            series(&body).expect("an answer")
        };
        let vector = read("vector", r#"[{"metric":{"job":"a"},"value":[1763040000.5,"+Inf"]}]"#);
        let [one] = vector.as_slice() else { panic!("one series") };
        assert_eq!(one.labels.get("job"), Some("a"));
        assert_eq!(one.points.first().map(|(_, value)| *value), Some(f64::INFINITY));
        let matrix = read("matrix", r#"[{"metric":{},"values":[[1763040000,"1"],[1763040060,"2"]]}]"#);
        assert_eq!(matrix.first().map(|series| series.points.len()), Some(2));
        let scalar = read("scalar", r#"[1763040000,"4"]"#);
        assert_eq!(
            scalar.first().and_then(|series| series.points.first()).map(|(_, value)| *value),
            Some(4.0)
        );
        assert!(read("vector", "[]").is_empty());
        assert!(series(r#"{"status":"success","data":{"resultType":"string","result":[1,"a"]}}"#).is_err());
    }
}
