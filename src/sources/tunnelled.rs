//! A source that is reached through ssh: as any other, and the way there is a feed of its own, so that
//! a lost tunnel is told from a server that is down.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Answering, Looking, Plan, Source, SourceError, Tail};
use crate::domain::feed::{Feed, SourceId};
use crate::domain::question::Question;
use crate::net::{Client, NetError, Tunnel};

/// How often it is looked how the way stands; no request is made for it.
const INTERVAL: Duration = Duration::from_secs(5);

/// A login that takes longer is told as one that goes on.
const PATIENCE: Duration = Duration::from_secs(2);

/// The source, and its ways.
#[derive(Debug)]
struct Tunnelled {
    source: Arc<dyn Source>,
    ways: Vec<Arc<Tunnel>>,
}

/// The source itself, or one that tells of its tunnels too.
pub fn with_ways(source: Arc<dyn Source>) -> Arc<dyn Source> {
    let ways = source.tunnels();
    if ways.is_empty() { source } else { Arc::new(Tunnelled { source, ways }) }
}

impl Tunnelled {
    /// All ways are looked at; the first that is not open is told.
    async fn look(&self) -> Result<(), SourceError> {
        for way in &self.ways {
            if let Err((short, why)) = way.ready(PATIENCE).await {
                let url = format!("ssh:{}", way.host());
                return Err(NetError::Tunnel { url, short, why: why.to_string() }.into());
            }
        }
        Ok(())
    }
}

impl Source for Tunnelled {
    fn id(&self) -> &SourceId {
        self.source.id()
    }

    fn site(&self) -> &Arc<str> {
        self.source.site()
    }

    fn feeds(&self) -> Vec<Plan> {
        let count = u32::try_from(self.ways.len()).unwrap_or(u32::MAX);
        let timeout = PATIENCE * count + Duration::from_secs(1);
        let way = Plan { feed: Feed::Tunnel, interval: INTERVAL, timeout };
        self.source.feeds().into_iter().chain([way]).collect()
    }

    fn observe(&self, feed: Feed, now: DateTime<Utc>) -> Looking<'_> {
        match feed {
            Feed::Tunnel => Box::pin(async { self.look().await.map(|()| Vec::new()) }),
            _ => self.source.observe(feed, now),
        }
    }

    fn answer(&self, question: Question, now: DateTime<Utc>) -> Answering<'_> {
        self.source.answer(question, now)
    }

    fn follow(&self, query: &str, from: i64) -> Option<Box<dyn Tail>> {
        self.source.follow(query, from)
    }

    fn doors(&self) -> &[Arc<Client>] {
        self.source.doors()
    }

    fn tunnels(&self) -> Vec<Arc<Tunnel>> {
        self.ways.clone()
    }

    fn clusters(&self) -> &[(Arc<str>, Arc<str>)] {
        self.source.clusters()
    }

    fn tails(&self) -> Vec<Box<dyn Tail>> {
        self.source.tails()
    }
}
