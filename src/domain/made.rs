//! Things made up for tests: what several of them need alike.

use chrono::{DateTime, Utc};

use super::feed::{Feed, SourceId};
use super::rule::{Rule, RuleHealth, RuleKind};
use super::store::Expected;
use super::target::{Target, TargetHealth};

/// The instant at which they are.
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).expect("a time")
}

/// A target that answers.
pub fn target(job: &str, instance: &str) -> Target {
    Target {
        job: job.into(),
        instance: instance.into(),
        pool: job.into(),
        labels: [("job", job)].into_iter().collect(),
        health: TargetHealth::Up,
        error: "".into(),
        last_scrape: Some(now()),
        took: 0.1,
        interval: 15.0,
        timeout: 10.0,
    }
}

/// An alerting rule that fires at once.
pub fn rule(name: &str, query: &str) -> Rule {
    Rule {
        name: name.into(),
        group: "g".into(),
        file: "f".into(),
        kind: RuleKind::Alerting,
        query: query.into(),
        health: RuleHealth::Ok,
        error: "".into(),
        hold: 0.0,
        labels: super::labels::Labels::default(),
        last_evaluation: Some(now()),
    }
}

/// A source whose feeds are asked every 5 s.
pub fn expected(id: &SourceId, feeds: &[Feed]) -> Expected {
    Expected {
        id: id.clone(),
        site: "".into(),
        feeds: feeds.iter().map(|feed| (*feed, 5.0)).collect(),
        tails: Vec::new(),
    }
}
