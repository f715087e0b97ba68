//! The demo lab with a door before each of its servers.

use std::sync::Arc;

use wardroom::clock::Clock;
use wardroom::config::Config;
use wardroom::demo::{Lab, Scenario};
use wardroom::domain::feed::{Failure, Feed, SourceKind};
use wardroom::domain::observation::Observation;
use wardroom::sources::Source;

use super::door::{Door, Fault};
use crate::sources::replay;

/// The lab and its doors; the doors come in the order of the config.
pub struct House {
    lab: Lab,
    pub doors: Vec<(SourceKind, Door)>,
    pub clock: Clock,
}

impl House {
    /// A lab whose clock stands still, and its doors, open.
    pub async fn start(scenario: Scenario) -> Self {
        Self::start_at(scenario, "127.0.0.1:0").await.expect("free ports")
    }

    /// The same with doors at another address; an error where this machine has none such.
    pub async fn start_at(scenario: Scenario, address: &str) -> std::io::Result<Self> {
        let clock = Clock::fixed(scenario.instant());
        let lab = Lab::start(scenario, 1, clock.clone()).await.expect("free ports");
        let mut doors = Vec::new();
        for url in urls(&lab.config()) {
            let kind = match doors.len() {
                0 => SourceKind::Prometheus,
                1 | 2 => SourceKind::Alertmanager,
                3 => SourceKind::Loki,
                4 => SourceKind::Pbs,
                _ => SourceKind::Pve,
            };
            doors.push((kind, Door::at(address, &url).await?));
        }
        Ok(Self { lab, doors, clock })
    }

    /// The lab's config, through the doors; `keys` are added to every source.
    pub fn text(&self, keys: &str) -> String {
        let mut config = self.lab.config();
        for (url, (_, door)) in urls(&config.clone()).iter().zip(&self.doors) {
            config = config.replace(url, &door.url);
        }
        let lines = config.lines().map(|line| {
            let is_door = self.doors.iter().any(|(_, door)| line.contains(&door.url));
            let is_address = is_door && (line.starts_with("url = ") || line.starts_with("urls = "));
            if is_address { format!("{line}\n{keys}\n") } else { format!("{line}\n") }
        });
        lines.collect()
    }

    pub fn config(&self, keys: &str) -> Config {
        Config::parse("wardroom.toml", &self.text(keys), None).expect("the lab's config is right")
    }

    /// The servers' sources, made afresh: nothing is remembered of what was asked before.
    pub fn sources(&self, keys: &str) -> Vec<Arc<dyn Source>> {
        self.config(keys).sources
    }

    /// Sets all doors alike.
    pub fn set(&self, fault: &Fault) {
        self.doors.iter().for_each(|(_, door)| door.set(fault.clone()));
    }

    /// One server's source alone, made afresh.
    pub fn source(&self, kind: SourceKind) -> Arc<dyn Source> {
        let text = self.text("timeout = \"30s\"");
        let begin = format!("[sources.{kind}.home]");
        let (_, rest) = text.split_once(&begin).expect("all kinds are in the lab");
        replay::source(kind, rest.split("\n[").next().unwrap_or(rest))
    }

    /// The doors of a kind of server.
    pub fn doors_of(&self, kind: SourceKind) -> impl Iterator<Item = &Door> {
        self.doors.iter().filter(move |(have, _)| *have == kind).map(|(_, door)| door)
    }
}

/// The addresses in a config, as they stand there.
fn urls(config: &str) -> Vec<String> {
    let found = config.split("http://127.0.0.1:").skip(1).map(|rest| {
        let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
        format!("http://127.0.0.1:{port}")
    });
    found.collect()
}

/// All that a source says of all its feeds.
pub async fn look_at_all(
    source: &dyn Source,
    clock: &Clock,
) -> Vec<(Feed, Result<Vec<Observation>, Failure>)> {
    let looks = source.feeds().into_iter().map(|plan| async move {
        let seen = source.observe(plan.feed, clock.now().wall).await;
        (plan.feed, seen.map_err(|error| error.failure()))
    });
    futures_util::future::join_all(looks).await
}
