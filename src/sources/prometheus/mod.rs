//! Prometheus, and servers with the same API: targets, what their scrapes brought, rules, alerts,
//! the external labels and, with `backups = true`, what metrics tell of backups.

mod kept;
mod kin;
mod measures;
mod scraped;
mod series;
mod wire;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::domain::feed::{Feed, SourceId};
use crate::domain::labels::Interner;
use crate::domain::measure::Measure;
use crate::domain::observation::Observation;
use crate::domain::question::{Answer, Question};
use crate::domain::target::Scrape;
use crate::net::{Client, Endpoint, Token};
use crate::settings::Table;
use crate::sources::wire::{Wrong, ask, interval, site};
use crate::sources::{Answering, Looking, Plan, Source, SourceError};
use chrono::{DateTime, TimeDelta, Utc};

const WHAT: &str = "Prometheus' API";

/// Every `up` and every count of samples that is zero: the targets that are down, and those that
/// answer and say nothing.
const ZEROES: &str = r#"{__name__=~"up|scrape_samples_scraped"} == 0"#;

/// How many samples every scrape brought.
const SAMPLES: &str = "scrape_samples_scraped";

/// The targets that went down or came up often within the last hour.
const CHANGES: &str = "changes(up[1h]) > 3";

/// A rule whose metrics were not seen for so long is blind.
const SEEN: TimeDelta = TimeDelta::days(7);

/// The built-in catalogue of what is measured.
pub fn catalogue() -> Vec<Measure> {
    measures::embedded()
}

/// A server that speaks Prometheus' API.
#[derive(Debug)]
pub struct Prometheus {
    id: SourceId,
    site: Arc<str>,
    client: Arc<Client>,
    interval: Duration,
    measures: Vec<Arc<Measure>>,
    /// What the labels of its targets share from look to look.
    targets: Arc<Mutex<Interner>>,
    /// The same of what is measured.
    measured: Arc<Mutex<Interner>>,
    /// Whether it is asked what metrics tell of backups.
    kept: bool,
}

/// Reads `[sources.prometheus.NAME]`.
pub fn read(id: SourceId, table: &Table<'_>) -> Option<Arc<dyn Source>> {
    let site = site(table);
    let interval = interval(table, Duration::from_secs(5));
    let kept = table.get::<bool>("backups").unwrap_or(false);
    let measures = measures::measures(table);
    let client = Arc::new(Client::new(Endpoint::read(table, Token::Bearer)?));
    Some(Arc::new(Prometheus {
        id,
        site,
        client,
        interval,
        measures,
        targets: Arc::default(),
        measured: Arc::default(),
        kept,
    }))
}

impl Source for Prometheus {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn site(&self) -> &Arc<str> {
        &self.site
    }

    fn feeds(&self) -> Vec<Plan> {
        // How many intervals, how many requests.
        let feeds = [
            (Feed::Targets, 1, 1),
            (Feed::Alerts, 1, 1),
            (Feed::Rules, 3, 1),
            (Feed::Scrapes, 3, 4),
            (Feed::Status, 12, 4),
            (Feed::Measures, 6, u32::try_from(self.measures.len()).unwrap_or(u32::MAX).div_ceil(8).max(2)),
        ];
        let plan = |(feed, slower, requests)| Plan {
            feed,
            interval: self.interval * slower,
            timeout: self.client.endpoint().patience(requests),
        };
        let kept = self.kept.then_some((Feed::Kept, 12, 1));
        feeds.into_iter().chain(kept).map(plan).collect()
    }

    fn observe(&self, feed: Feed, now: DateTime<Utc>) -> Looking<'_> {
        Box::pin(async move {
            let seen = match feed {
                Feed::Targets => self.targets().await?,
                Feed::Alerts => self.ask("alerts", &[], wire::alerts).await?,
                // Newer servers leave the alerts out of the rules; older ones do not listen.
                Feed::Rules => self.ask("rules", &[("exclude_alerts", "true")], wire::rules).await?,
                Feed::Status => return self.status(now).await,
                Feed::Scrapes => {
                    let scrapes = Observation::Scrapes(self.scrapes().await?.into());
                    // How much a target brings is worth less than that it brings nothing.
                    let samples = self.ask("query", &[("query", SAMPLES)], scraped::samples).await.ok();
                    return Ok([scrapes].into_iter().chain(samples).collect());
                }
                Feed::Measures => Observation::Measures(self.measure().await?.into()),
                Feed::Kept => {
                    let found = self.ask("query", &[("query", kept::QUERY)], series::series).await?;
                    Observation::Kept(kept::archives(&found).into())
                }
                _ => return Ok(Vec::new()),
            };
            Ok(vec![seen])
        })
    }

    fn doors(&self) -> &[Arc<Client>] {
        std::slice::from_ref(&self.client)
    }

    fn answer(&self, question: Question, _now: DateTime<Utc>) -> Answering<'_> {
        Box::pin(async move {
            let time = |at: DateTime<Utc>| format!("{}.{:03}", at.timestamp(), at.timestamp_subsec_millis());
            let found = match &question {
                Question::Value { query, at } => {
                    let at = at.map(time);
                    let mut asked = vec![("query", &**query)];
                    asked.extend(at.as_deref().map(|at| ("time", at)));
                    self.ask("query", &asked, series::series).await
                }
                Question::Series { query, from, to, step } => {
                    let [from, to, step] = [time(*from), time(*to), step.to_string()];
                    let asked = [("query", &**query), ("start", &from), ("end", &to), ("step", &step)];
                    self.ask("query_range", &asked, series::series).await
                }
                _ => return Err(SourceError::unasked(self.id())),
            };
            found.map(Answer::Series)
        })
    }
}

impl Prometheus {
    async fn ask<T: Send + 'static>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        parse: impl FnOnce(&str) -> Result<T, Wrong> + Send + 'static,
    ) -> Result<T, SourceError> {
        let answer = ask(&self.client, WHAT, &format!("/api/v1/{path}"), query, parse).await;
        answer.map_err(kin::meant)
    }

    async fn query(&self, query: &str) -> Result<Vec<wire::Sample>, SourceError> {
        self.ask("query", &[("query", query)], wire::vector).await
    }

    /// The targets that are down, with their last success, and those that are up and hollow.
    async fn scrapes(&self) -> Result<Vec<Scrape>, SourceError> {
        let zeroes = self.query(ZEROES).await?;
        let mut scrapes = wire::scrapes(&zeroes);
        let down = scrapes.iter().filter(|scrape| !scrape.hollow).map(|scrape| &*scrape.instance);
        if let Some(query) = last_success(down) {
            // How long a target has been down is worth less than that it is: a server that finds
            // this too much work does not lose the rest.
            if let Ok(successes) = self.query(&query).await {
                wire::add_last_success(&mut scrapes, &successes);
            }
        }
        // That a target flaps is worth less than the rest, too.
        if let Ok(changes) = self.query(CHANGES).await {
            wire::add_changes(&mut scrapes, &changes);
        }
        Ok(scrapes)
    }
}

/// Asks for the last success of these instances over the last six hours, to five seconds while it
/// is recent; `None` without any. The server works through these instances only: it may have
/// thousands of others.
fn last_success<'i>(instances: impl Iterator<Item = &'i str>) -> Option<String> {
    let mut names: Vec<String> = instances.map(regex::escape).collect();
    names.sort();
    names.dedup();
    let names = names.join("|").replace('\\', r"\\").replace('"', "\\\"");
    let over = |span| format!("max_over_time(timestamp(up{{instance=~\"{names}\"}} == 1)[{span}])");
    (!names.is_empty()).then(|| format!("{} or {}", over("15m:5s"), over("6h:1m")))
}

#[cfg(test)]
mod tests {
    use super::last_success;

    #[test]
    fn names_of_instances_are_quoted_twice() {
        let query = last_success(["b:9100", "10.0.0.1:9100", "a\"x", "b:9100"].into_iter());
        let up = r#"up{instance=~"10\\.0\\.0\\.1:9100|a\"x|b:9100"}"#;
        let expected = format!(
            "max_over_time(timestamp({up} == 1)[15m:5s]) or max_over_time(timestamp({up} == 1)[6h:1m])"
        );
        assert_eq!(query, Some(expected));
        assert_eq!(last_success(std::iter::empty()), None);
    }
}
