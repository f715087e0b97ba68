//! The catalogue of what is measured of every host and of the chain, and one look at all of it.

use std::str::FromStr;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;

use super::{Prometheus, series};
use crate::domain::feed::FailureKind;
use crate::domain::measure::{Measure, Measured, Reading, Worse};
use crate::settings::{Document, Table};
use crate::sources::SourceError;

/// The built-in catalogue.
const EMBEDDED: &str = include_str!("../../data/measures.toml");

/// So many questions are under way at once where a server is slow: it has other work too.
const AT_ONCE: usize = 4;

/// A server that answers faster is asked one question after the other, on one connection.
const QUICK: Duration = Duration::from_millis(40);

/// The built-in measures, in the order of their file.
pub fn embedded() -> Vec<Measure> {
    let document = Document::new("measures.toml", EMBEDDED);
    document.read(|root| named(root, Vec::new())).unwrap_or_default()
}

/// The measures of a source: the built-in ones, changed and added to by its table `measures`.
pub(super) fn measures(table: &Table<'_>) -> Vec<Arc<Measure>> {
    named(table, embedded()).into_iter().filter(|measure| !measure.query.is_empty()).map(Arc::new).collect()
}

/// `all`, changed and added to by the tables `measures.NAME`.
fn named(table: &Table<'_>, mut all: Vec<Measure>) -> Vec<Measure> {
    for (name, table) in table.named("measures") {
        let at = all.iter().position(|measure| *measure.name == *name);
        let base = at.and_then(|at| all.get(at)).cloned();
        if base.is_none() && !table.has("query") {
            table.fault("query", "is missing: there is no built-in measure of that name to change");
        }
        let measure =
            read(&table, base.unwrap_or_else(|| Measure { name: name.into(), ..Measure::default() }));
        match at.and_then(|at| all.get_mut(at)) {
            Some(place) => *place = measure,
            None => all.push(measure),
        }
    }
    all
}

fn read(table: &Table<'_>, base: Measure) -> Measure {
    let text = |key: &str, otherwise: &Arc<str>| {
        table.get::<String>(key).map_or_else(|| Arc::clone(otherwise), |text| text.trim().into())
    };
    let limit = |key: &str, otherwise: Option<f64>| table.get::<f64>(key).or(otherwise);
    Measure {
        topic: word(table, "topic", "\"host\" or \"chain\"").unwrap_or(base.topic),
        about: text("about", &base.about),
        query: text("query", &base.query),
        unit: word(
            table,
            "unit",
            "\"ratio\", \"seconds\", \"bytes\", \"rate\", \"bandwidth\", \"celsius\", \"count\" or \"state\"",
        )
        .unwrap_or(base.unit),
        worse: word::<Worse>(table, "worse", "\"high\", \"low\" or \"away\"").unwrap_or(base.worse),
        noted: limit("noted", base.noted),
        warning: limit("warning", base.warning),
        critical: limit("critical", base.critical),
        thing: text("thing", &base.thing),
        host: table
            .get::<Vec<String>>("host")
            .map_or(base.host, |names| names.into_iter().map(Arc::from).collect()),
        word: text("word", &base.word),
        signal: word(table, "signal", "\"latency\", \"traffic\", \"errors\" or \"saturation\"")
            .or(base.signal),
        name: base.name,
    }
}

fn word<T: FromStr>(table: &Table<'_>, key: &str, expected: &str) -> Option<T> {
    table.get_with(key, |word: String| word.parse().map_err(|_unknown| expected.to_owned()))
}

impl Prometheus {
    /// Asks every query once. A query that the server refuses is told beside the others.
    ///
    /// # Errors
    /// When none was answered: why the first was not.
    pub(super) async fn measure(&self) -> Result<Vec<Measured>, SourceError> {
        self.measured.lock().unwrap_or_else(PoisonError::into_inner).renew();
        let mut answers = Vec::with_capacity(self.measures.len());
        let (mut rest, mut at_once) = (self.measures.as_slice(), 1);
        while !rest.is_empty() {
            let start = Instant::now();
            let (some, later) = rest.split_at(at_once.min(rest.len()));
            rest = later;
            let mut asked = Vec::with_capacity(AT_ONCE);
            for measure in some {
                asked.push(self.value_of(measure));
            }
            answers.extend(join_all(asked).await);
            at_once = if start.elapsed() < QUICK { 1 } else { AT_ONCE };
            // Where nobody answers no other question fares better.
            if answers.iter().all(|answer| answer.as_ref().is_err_and(is_gone)) {
                break;
            }
        }
        let mut first = None;
        let mut answered = answers.is_empty();
        let mut all = Vec::with_capacity(answers.len());
        for (measure, answer) in self.measures.iter().cloned().zip(answers) {
            let (readings, error) = match answer {
                Ok(readings) => {
                    answered = true;
                    (readings, None)
                }
                Err(error) => {
                    let short = error.failure().short;
                    first.get_or_insert(error);
                    (Vec::new(), Some(short))
                }
            };
            all.push(Measured { measure, readings: readings.into(), error });
        }
        match first {
            Some(error) if !answered => Err(error),
            _ => Ok(all),
        }
    }

    async fn value_of(&self, measure: &Measure) -> Result<Vec<Reading>, SourceError> {
        let known = Arc::clone(&self.measured);
        let read = move |body: &str| series::readings(body, &known);
        self.ask("query", &[("query", &measure.query)], read).await
    }
}

/// Whether the server itself cannot be asked, whatever the question.
fn is_gone(error: &SourceError) -> bool {
    use FailureKind::{Dns, Other, Refused, Timeout, Tls, Unauthorised};
    matches!(error.failure().kind, Refused | Dns | Timeout | Tls | Unauthorised | Other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::measure::{Topic, Unit};

    #[test]
    fn the_catalogue_is_whole() {
        let document = Document::new("measures.toml", EMBEDDED);
        let all = document.read(|root| named(root, Vec::new())).expect("it is TOML");
        assert_eq!(document.faults(), []);
        assert!(all.len() >= 40, "{}", all.len());
        for measure in &all {
            assert!(!measure.about.is_empty() && !measure.query.is_empty(), "{}", measure.name);
            let judged = measure.noted.or(measure.warning).or(measure.critical).is_some();
            assert!(!judged || !measure.word.is_empty(), "{} says nothing of its trouble", measure.name);
            let is_of_tiers = measure.signal.is_some();
            assert!(
                measure.topic == Topic::Host || is_of_tiers || !judged,
                "the chain is judged by its links"
            );
        }
        assert!(all.iter().any(|measure| measure.unit == Unit::State));
    }

    #[test]
    fn a_config_changes_adds_and_takes_away() {
        let text = "[measures.cpu]\nwarning = 0.5\n[measures.fans]\nquery = \"fans\"\n[measures.swap]\nquery = \"\"\n";
        let document = Document::new("w.toml", text);
        let all = document.read(measures).expect("it is TOML");
        assert_eq!(document.faults(), []);
        let find = |name: &str| all.iter().find(|measure| &*measure.name == name);
        let cpu = find("cpu").expect("it is built in");
        assert_eq!(cpu.warning, Some(0.5));
        assert!(cpu.query.contains("node_cpu_seconds_total"), "the rest is kept");
        assert!(find("fans").is_some() && find("swap").is_none());
        let document = Document::new("w.toml", "[measures.fans]\nunit = \"rpm\"\n");
        document.read(measures);
        let faults: Vec<String> = document.faults().iter().map(ToString::to_string).collect();
        assert!(faults.iter().any(|fault| fault.contains("measures.fans.query: is missing")), "{faults:?}");
        assert!(faults.iter().any(|fault| fault.contains("expected \"ratio\"")), "{faults:?}");
    }
}
