//! Servers that have Prometheus' API and not all of it: VictoriaMetrics, vmalert, Thanos, Mimir, an agent.
//! What they lack is told as an ability that is missing; where it can be had in another way, it is.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Prometheus, SEEN, scraped, series, wire};
use crate::domain::feed::FailureKind;
use crate::domain::labels::{Interner, Labels};
use crate::domain::observation::Observation;
use crate::domain::question::Series;
use crate::domain::target::{Target, TargetHealth};
use crate::net::NetError;
use crate::sources::SourceError;

/// What an agent answers where it has no data.
const AGENT: &str = "unavailable with Prometheus Agent";

/// What VictoriaMetrics and vmalert answer, with 400, where others answer 404.
const UNSUPPORTED: &str = "unsupported path requested";

/// Whether a target answers, for a server that keeps no list of them.
const UP: &str = "up";

/// What is said of a target that is down where nobody tells its error.
const UNTOLD: &str = "up is 0; this server does not tell the scrape's error";

/// What an error means, by what the products with this API answer.
pub(super) fn meant(error: SourceError) -> SourceError {
    match error {
        SourceError::Net(NetError::Status { url, status: 422, text }) if text.contains(AGENT) => {
            SourceError::Missing { url, reason: text }
        }
        // Its whole text names ports that change with every question.
        SourceError::Net(NetError::Status { url, status: 400, text }) if text.contains(UNSUPPORTED) => {
            SourceError::Missing { url, reason: UNSUPPORTED.to_owned() }
        }
        SourceError::Net(NetError::Status { url, status: 400 | 422, text }) if !text.is_empty() => {
            SourceError::Refused { url, reason: text }
        }
        // A question that is too much for it; while it starts it has nothing to say about that.
        SourceError::Net(NetError::Status { url, status: 503, text }) if text.contains("timed out") => {
            SourceError::Refused { url, reason: text }
        }
        other => other,
    }
}

fn is_missing(error: &SourceError) -> bool {
    error.failure().kind == FailureKind::Missing
}

impl Prometheus {
    /// The targets; of a server that keeps no list of them, those of which it has the series `up`.
    pub(super) async fn targets(&self) -> Result<Observation, SourceError> {
        let known = Arc::clone(&self.targets);
        let read = move |body: &str| wire::targets(body, &known);
        let missing = match self.ask("targets", &[("state", "active")], read).await {
            Err(error) if is_missing(&error) => error,
            other => return other,
        };
        match self.ask("query", &[("query", UP)], series::series).await {
            Ok(series) if !series.is_empty() => Ok(Observation::Targets(by_up(&series).into())),
            // Without one it is not known that there is none: it may be the wrong address.
            _ => Err(missing),
        }
    }

    /// What tells of the server itself: each part is worth having without the others.
    pub(super) async fn status(&self, now: DateTime<Utc>) -> Result<Vec<Observation>, SourceError> {
        let labels = self.ask("status/config", &[], wire::external_labels).await;
        if let Err(error) = &labels
            && !is_missing(error)
        {
            return labels.map(|seen| vec![seen]);
        }
        // Servers before 2.42 do not tell their pools: nothing is lost without them.
        let pools = self.ask("scrape_pools", &[], wire::pools).await.ok();
        let dropped = self.ask("targets", &[("state", "dropped")], scraped::dropped).await.ok();
        // Nor is a server asked that has too many names to tell them.
        let since = (now - SEEN).timestamp().to_string();
        let names = self.ask("label/__name__/values", &[("start", &since)], wire::names).await.ok();
        let more: Vec<Observation> = pools.into_iter().chain(dropped).chain(names).collect();
        match labels {
            Err(error) if more.is_empty() => Err(error),
            labels => Ok(labels.into_iter().chain(more).collect()),
        }
    }
}

/// The targets that the series `up` tell of, in their default order. When they were scraped, and how often, is
/// not among it.
fn by_up(series: &[Series]) -> Vec<Target> {
    let mut known = Interner::default();
    let mut all: Vec<Target> = series.iter().filter_map(|one| target(one, &mut known)).collect();
    all.sort_by(Target::order);
    all
}

fn target(series: &Series, known: &mut Interner) -> Option<Target> {
    let (_, value) = *series.points.last()?;
    let mut label = |name| known.intern(series.labels.get(name).unwrap_or_default());
    let (job, instance) = (label("job"), label("instance"));
    let is_up = value > 0.0;
    let labels: Labels = series
        .labels
        .iter()
        .filter(|(name, _)| *name != "__name__")
        .map(|(name, value)| (Arc::from(name), Arc::from(value)))
        .collect();
    Some(Target {
        pool: Arc::clone(&job),
        job,
        instance,
        labels,
        health: if is_up { TargetHealth::Up } else { TargetHealth::Down },
        error: known.intern(if is_up { "" } else { UNTOLD }),
        last_scrape: None,
        took: 0.0,
        interval: 0.0,
        timeout: 0.0,
    })
}
