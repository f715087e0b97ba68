//! What the demo lab says, taken down once and heard as often as a test likes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use wardroom::app::Setup;
use wardroom::border::Msg;
use wardroom::cli::Global;
use wardroom::clock::Clock;
use wardroom::config::Config;
use wardroom::demo::{Lab, Scenario};
use wardroom::domain::feed::{Failure, FailureKind, Feed};
use wardroom::domain::question::{Answer, Ask, Question};
use wardroom::runbooks::sha256;
use wardroom::runbooks::shelf::{Page, Shelf, Standing};
use wardroom::sources::Source;

/// A lab, what its servers said, and what they answer.
pub struct Facts {
    _lab: Lab,
    config: Config,
    clock: Clock,
    sources: Vec<Arc<dyn Source>>,
    /// Every feed's answer, and what the tails brought first.
    pub all: Vec<Msg>,
    answers: BTreeMap<String, Result<Answer, Failure>>,
}

impl Facts {
    pub async fn of(scenario: Scenario) -> Self {
        let clock = Clock::fixed(scenario.instant());
        let lab = Lab::start(scenario, 1, clock.clone()).await.expect("free ports");
        let config = Config::parse("wardroom.toml", &lab.config(), None).expect("the lab's config is right");
        let sources = config.sources.clone();
        let mut all = Vec::new();
        for source in &sources {
            for plan in source.feeds() {
                let seen = source.observe(plan.feed, clock.now().wall).await;
                let result = seen.map_err(|error| error.failure());
                all.push(Msg::Observed { source: source.id().clone(), feed: plan.feed, result, took: 0.01 });
            }
            for mut tail in source.tails() {
                tail.keep_time(&clock);
                if let Ok(Ok(seen)) = tokio::time::timeout(Duration::from_secs(10), tail.next()).await {
                    let (source, result) = (source.id().clone(), Ok(vec![seen]));
                    all.push(Msg::Observed { source, feed: Feed::Tail, result, took: 0.01 });
                }
            }
        }
        Self { _lab: lab, config, clock, sources, all, answers: BTreeMap::new() }
    }

    /// A screen on it, at which something may be written and run; what would be is an effect and no more.
    pub fn setup(&self, read_only: bool) -> Setup {
        let global = Global { read_only, ..Global::default() };
        let setup = wardroom::commands::setup(&self.config, &global, None).expect("all views are there");
        Setup { zone: "UTC".parse().expect("a zone"), ..setup }
    }

    /// The lab's runbooks, as they stand.
    pub fn shelf(&self, standing: &Standing) -> Msg {
        let pages = self.config.runbooks.files.iter().map(|file| {
            let bytes = std::fs::read(file).expect("the lab wrote it");
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let file = file.display().to_string();
            Page { file, sha256: sha256(&bytes), text, standing: standing.clone() }
        });
        Msg::Shelved(Shelf::new(pages.collect(), Vec::new()))
    }

    /// What the lab answers to a question; asked once, whatever the time in it.
    pub async fn answer(&mut self, ask: &Ask) -> Result<Answer, Failure> {
        let key = match &ask.question {
            Question::Value { query, .. } => format!("value {query}"),
            Question::Series { query, .. } => format!("series {query}"),
            Question::Volume { query, .. } => format!("volume {query}"),
            Question::Lines(window) => format!("lines {} {}", window.query, window.newest),
            Question::Log { upid, from, .. } => format!("log {upid} {from:?}"),
            other => format!("{other:?}"),
        };
        let key = format!("{} {key}", ask.source);
        if let Some(known) = self.answers.get(&key) {
            return known.clone();
        }
        let source = self.sources.iter().find(|source| *source.id() == ask.source);
        let answer = match source {
            Some(source) => source.answer(ask.question.clone(), self.clock.now().wall).await,
            None => return Err(failure("nobody to ask")),
        };
        let answer = answer.map_err(|error| error.failure());
        // What was typed by chance is not worth keeping for ever.
        if self.answers.len() > 2_000 {
            self.answers.clear();
        }
        self.answers.insert(key, answer.clone());
        answer
    }
}

/// Something that did not work.
pub fn failure(text: &str) -> Failure {
    Failure { kind: FailureKind::Other, short: text.into(), text: text.into() }
}
