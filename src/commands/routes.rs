//! `wardroom alerts route` and `wardroom alerts test`: where an alert would go, and whether it arrives there.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use color_eyre::eyre::{Result, eyre};
use reqwest::header::HeaderMap;
use serde::{Deserialize, Serialize};

use super::silences::{carry_out, router};
use super::{Ground, Usage, ground, say};
use crate::cli::{Global, ListFormat, Route, Test};
use crate::domain::deed::{Deed, TestAlert, What};
use crate::domain::labels::Labels;
use crate::domain::routing::Routing;
use crate::net::Client;
use crate::report::SCHEMA;
use crate::runtime::network;
use crate::sources::Source;
use crate::state::{self, Tested};
use crate::text;

/// How often the counters are looked at.
const LOOK: Duration = Duration::from_millis(500);

/// The test alert ends by itself, should nobody end it.
const LASTS: TimeDelta = TimeDelta::minutes(5);

/// The name of the test alert, and the label that marks it.
const NAME: &str = "WardroomTest";
const MARK: (&str, &str) = ("wardroom_test", "true");

#[derive(Serialize)]
struct Answer {
    schema: u32,
    labels: Labels,
    ways: Vec<Way>,
}

/// A route at which an alert stops.
#[derive(Serialize)]
struct Way {
    receiver: Arc<str>,
    integrations: Vec<Arc<str>>,
    group_by: Vec<Arc<str>>,
    group_wait: Arc<str>,
    muted_by: Vec<Arc<str>>,
    tested: Option<DateTime<Utc>>,
    arrived: Option<bool>,
}

#[derive(Deserialize)]
struct Status {
    config: Original,
}

#[derive(Deserialize)]
struct Original {
    original: String,
}

/// Says where an alert with these labels would go.
///
/// # Errors
/// Wrong usage, a wrong config, or an Alertmanager that is not reached or not understood.
pub fn route(global: &Global, asked: &Route) -> Result<ExitCode> {
    let pairs = asked.labels.iter().map(|word| {
        word.split_once('=').ok_or_else(|| Usage(format!("{word:?} is no label; write NAME=VALUE")))
    });
    let labels: Labels = pairs.collect::<Result<Vec<_>, _>>()?.into_iter().collect();
    let network = network()?;
    let done = network.block_on(async {
        let ground = ground(global, false).await?;
        let source = router(&ground, asked.alertmanager.as_deref())?;
        let routing = routing(source).await?;
        let tests = ground.kept_state()?.map(|place| state::tested(place.path())).unwrap_or_default();
        Ok::<_, color_eyre::eyre::Report>((routing, tests))
    });
    network.shutdown_background();
    let (routing, tests) = done?;
    let ways: Vec<Way> = routing.ways(&labels).into_iter().map(|way| told(way, &routing, &tests)).collect();
    let answer = Answer { schema: SCHEMA, labels, ways };
    say(&match asked.format {
        ListFormat::Json => serde_json::to_string_pretty(&answer)? + "\n",
        ListFormat::Text => answer.ways.iter().map(line).collect(),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn told(way: &crate::domain::routing::Route, routing: &Routing, tests: &[Tested]) -> Way {
    let own = routing.receivers.iter().find(|(name, _)| *name == way.receiver);
    let last = tests.iter().rev().find(|test| *test.receiver == *way.receiver);
    Way {
        receiver: Arc::clone(&way.receiver),
        integrations: own.map(|(_, kinds)| kinds.clone()).unwrap_or_default(),
        group_by: way.group_by.clone(),
        group_wait: way.group_wait.clone(),
        muted_by: way.mutes.clone(),
        tested: last.map(|test| test.at),
        arrived: last.and_then(|test| test.arrived),
    }
}

fn line(way: &Way) -> String {
    let kinds = match way.integrations.as_slice() {
        [] => "no integration: nobody hears it".to_owned(),
        kinds => kinds.join(", "),
    };
    let muted = if way.muted_by.is_empty() {
        String::new()
    } else {
        format!("  muted in {}", way.muted_by.join(", "))
    };
    let tested = match (way.tested, way.arrived) {
        (None, _) => "never tested".to_owned(),
        (Some(at), Some(true)) => format!("tested {}, arrived", at.format("%Y-%m-%d")),
        (Some(at), Some(false)) => format!("tested {}, did not arrive", at.format("%Y-%m-%d")),
        (Some(at), None) => format!("tested {}, nobody said whether it arrived", at.format("%Y-%m-%d")),
    };
    format!("{}  {kinds}{muted}  {tested}\n", way.receiver)
}

/// Sends a marked alert to a receiver, and watches whether Alertmanager hands it over.
///
/// # Errors
/// Wrong usage, a wrong config, `--read-only`, or an Alertmanager that refuses or is not reached.
pub fn test(global: &Global, asked: &Test) -> Result<ExitCode> {
    if global.read_only {
        return Err(Usage("nothing is written under --read-only".into()).into());
    }
    let network = network()?;
    let done = network.block_on(tried(global, asked));
    network.shutdown_background();
    done
}

async fn tried(global: &Global, asked: &Test) -> Result<ExitCode> {
    let ground = ground(global, false).await?;
    let source = router(&ground, asked.alertmanager.as_deref())?;
    let routing = routing(source).await?;
    let receiver = &*asked.receiver;
    let kinds = kinds(&routing, receiver)?;
    let base: Labels = [("alertname", NAME), MARK].into_iter().collect();
    let labels = routing.labels_for(receiver, &base).ok_or_else(|| {
        eyre!("no labels were found with which an alert would go to {receiver}; nothing was sent")
    })?;
    let ways = routing.ways(&labels);
    let others: Vec<&str> =
        ways.iter().map(|way| &*way.receiver).filter(|other| *other != receiver).collect();
    let also = if others.is_empty() { String::new() } else { format!(", and also to {}", others.join(", ")) };
    say(&format!("an alert {labels} goes to {receiver} ({}){also}\n", kinds.join(", ")))?;
    if !asked.yes && ask("send it?")? != Some(true) {
        return Err(Usage("nothing was sent; --yes sends it without a question".into()).into());
    }
    let is_other = |(name, have): &(Arc<str>, Vec<Arc<str>>)| {
        &**name != receiver && have.iter().any(|kind| kinds.contains(kind))
    };
    let is_shared = routing.receivers.iter().any(is_other);
    let watch = Watch { receiver: receiver.into(), kinds: kinds.clone(), is_shared };
    let before = counters(source, &watch).await;
    let now = ground.clock.now().wall;
    let alert = TestAlert {
        receiver: receiver.into(),
        labels,
        summary: format!("a test of {receiver} by {}: nothing is wrong", ground.operator()).into(),
        starts_at: now,
        ends_at: now + LASTS,
    };
    let deed = |alert: TestAlert| Deed { source: source.id().clone(), what: What::Test(alert) };
    carry_out(&ground, &deed(alert.clone())).await?;
    let outcome = watched(source, &watch, &before, asked.timeout).await;
    // Over as soon as it was seen: nobody is to come back to it.
    let ended = carry_out(&ground, &deed(TestAlert { ends_at: ground.clock.now().wall, ..alert })).await;
    say(&format!("{}\n", outcome.words()))?;
    let is_sent = matches!(outcome, Outcome::Sent(..));
    let arrived = if is_sent { ask("did it arrive?")? } else { None };
    keep(&ground, receiver, is_sent, arrived, now)?;
    ended?;
    Ok(if is_sent && arrived != Some(false) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The integrations of a receiver: without any nobody hears what it gets.
fn kinds(routing: &Routing, receiver: &str) -> Result<Vec<Arc<str>>> {
    let known = routing.receivers.iter().find(|(name, _)| &**name == receiver);
    match known {
        None => {
            let names: Vec<&str> = routing.receivers.iter().map(|(name, _)| &**name).collect();
            Err(Usage(format!("there is no receiver {receiver:?}; there: {}", names.join(", "))).into())
        }
        Some((_, kinds)) if kinds.is_empty() => {
            Err(eyre!("{receiver} has no integration: whatever goes there, nobody hears it"))
        }
        Some((_, kinds)) => Ok(kinds.clone()),
    }
}

fn keep(ground: &Ground, receiver: &str, sent: bool, arrived: Option<bool>, at: DateTime<Utc>) -> Result<()> {
    let Some(place) = ground.kept_state()? else { return Ok(()) };
    let test = Tested { receiver: receiver.into(), at, by: ground.operator(), sent, arrived };
    Ok(state::keep_tested(place.path(), &test)?)
}

/// What was seen of the notifications.
enum Outcome {
    /// Handed over, after so long; whether others are counted with it.
    Sent(Duration, bool),
    /// The counter of failures rose.
    Failed,
    /// Neither rose in time.
    Nothing(Duration),
    /// The counters cannot be read.
    Unseen,
}

impl Outcome {
    fn words(&self) -> String {
        match self {
            Self::Sent(took, shared) => {
                let shared = if *shared { "; other receivers of its kind are counted with it" } else { "" };
                let took = text::took(took.as_secs_f64());
                format!("Alertmanager handed a notification over after {took}{shared}")
            }
            Self::Failed => "Alertmanager failed to hand it over: its log says why".to_owned(),
            Self::Nothing(patience) => {
                let patience = text::span(patience.as_secs_f64());
                format!(
                    "nothing was handed over within {patience}: a silence, a mute time, or a long group_wait"
                )
            }
            Self::Unseen => {
                "sent; whether it was handed over cannot be seen: /metrics does not answer".to_owned()
            }
        }
    }
}

/// How many notifications each integration handed over, and failed to.
type Counters = BTreeMap<String, (f64, f64)>;

async fn watched(
    source: &Arc<dyn Source>,
    watch: &Watch,
    before: &[Counters],
    patience: Duration,
) -> Outcome {
    let begun = std::time::Instant::now();
    if before.iter().all(BTreeMap::is_empty) {
        return Outcome::Unseen;
    }
    let sum = |all: &[Counters], get: fn(&(f64, f64)) -> f64| -> f64 {
        all.iter().flat_map(BTreeMap::values).map(get).sum()
    };
    let (tried, failed) = (sum(before, |counter| counter.0), sum(before, |counter| counter.1));
    let mut lost = 0.0;
    while begun.elapsed() < patience {
        tokio::time::sleep(LOOK).await;
        let now = counters(source, watch).await;
        // What fails is counted among what was tried.
        lost = sum(&now, |counter| counter.1) - failed;
        if sum(&now, |counter| counter.0) - tried > lost {
            return Outcome::Sent(begun.elapsed(), watch.is_shared);
        }
    }
    if lost > 0.0 { Outcome::Failed } else { Outcome::Nothing(patience) }
}

/// The counters of every peer that answers.
async fn counters(source: &Arc<dyn Source>, watch: &Watch) -> Vec<Counters> {
    let mut all = Vec::new();
    for door in source.doors() {
        if let Ok(answer) = door.get("/metrics", &[], HeaderMap::new()).await {
            all.push(read(&String::from_utf8_lossy(&answer.body), watch));
        }
    }
    all
}

/// What is watched: the integrations of a receiver.
struct Watch {
    receiver: Arc<str>,
    kinds: Vec<Arc<str>>,
    /// Other receivers have such integrations too, and unless Alertmanager counts by receiver they are
    /// counted together.
    is_shared: bool,
}

/// Reads the counters of these integrations; of this receiver alone where it is named.
fn read(metrics: &str, watch: &Watch) -> Counters {
    let mut all = Counters::new();
    for line in metrics.lines() {
        let Some((series, value)) = line.rsplit_once(' ') else { continue };
        let (Some((name, labels)), Ok(value)) = (series.split_once('{'), value.parse::<f64>()) else {
            continue;
        };
        let is_ours = !labels.contains("receiver_name=")
            || labels.contains(&format!("receiver_name=\"{}\"", watch.receiver));
        let mut kinds = watch.kinds.iter().filter(|_| is_ours);
        let own = kinds.find(|kind| labels.contains(&format!("integration=\"{kind}\"")));
        let Some(kind) = own else { continue };
        let counter = all.entry(kind.to_string()).or_default();
        match name {
            "alertmanager_notifications_total" => counter.0 += value,
            "alertmanager_notifications_failed_total" => counter.1 += value,
            _ => {}
        }
    }
    all
}

/// The routes, as the first peer that answers says them.
async fn routing(source: &Arc<dyn Source>) -> Result<Routing> {
    let mut closed = None;
    for door in source.doors() {
        match status(door).await {
            Ok(routing) => return Ok(routing),
            Err(error) => closed = closed.or(Some(error)),
        }
    }
    Err(closed.unwrap_or_else(|| eyre!("{} has no address", source.id())))
}

async fn status(door: &Client) -> Result<Routing> {
    let answer = door.get("/api/v2/status", &[], HeaderMap::new()).await?;
    let status: Status = serde_json::from_slice(&answer.body)
        .map_err(|error| eyre!("{} does not answer as Alertmanager's API: {error}", door.endpoint().url()))?;
    Routing::read(&text::sanitise_lines(&status.config.original))
        .map_err(|why| eyre!("the routes of {} cannot be read: {why}", door.endpoint().url()))
}

/// Asks a question; nothing when nobody is there to answer.
fn ask(question: &str) -> Result<Option<bool>> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    say(&format!("{question} [y/N] "))?;
    io::stdout().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(Some(matches!(answer.trim(), "y" | "Y" | "yes")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_summed_over_reasons_and_receivers() {
        let metrics = "# HELP alertmanager_notifications_total x\n\
            alertmanager_notifications_total{integration=\"webhook\",receiver_name=\"a\"} 5\n\
            alertmanager_notifications_total{integration=\"webhook\",receiver_name=\"b\"} 2\n\
            alertmanager_notifications_total{integration=\"slack\"} 9\n\
            alertmanager_notifications_failed_total{integration=\"webhook\",reason=\"serverError\"} 1\n\
            alertmanager_notifications_failed_total{integration=\"webhook\",reason=\"other\"} 3\n\
            alertmanager_alerts 4\n";
        let watch = |receiver: &str| Watch {
            receiver: receiver.into(),
            kinds: vec!["webhook".into(), "slack".into()],
            is_shared: true,
        };
        let own = read(metrics, &watch("a"));
        assert_eq!(own.get("webhook"), Some(&(5.0, 4.0)), "what names no receiver is counted too");
        assert_eq!(own.get("slack"), Some(&(9.0, 0.0)));
        assert_eq!(read(metrics, &watch("b")).get("webhook"), Some(&(2.0, 4.0)));
    }
}
