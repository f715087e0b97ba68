//! Loki: whether it is ready, and live tails.
//!
//! `[sources.loki.NAME]`: `url` and what goes with it, `tenant`, `site`, `interval`, and
//! `tails = [{ name = "...", query = '...', delay = "2s" }]`, `check`.

mod answer;
mod ask;
mod check;
mod follow;
mod level;
mod outlet;
mod seen;
mod socket;
mod tail;
mod wire;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;

use super::wire::{interval, site};
use super::{Answering, Looking, Plan, Source, SourceError, Tail};
use crate::clock::Clock;
use crate::domain::feed::{Feed, SourceId};
use crate::domain::observation::Observation;
use crate::domain::question::Question;
use crate::net::{Client, Endpoint, NetError, Token};
use crate::settings::Table;
use ask::Asker;
use chrono::{DateTime, Utc};
use tail::{LiveTail, Setup};

/// How often a Loki is asked whether it is ready.
const INTERVAL: Duration = Duration::from_secs(30);

/// How often the live tail is held against a query.
const CHECK: Duration = Duration::from_secs(15);

/// Lines from before the start.
const HISTORY: u32 = 200;

/// A Loki.
#[derive(Debug)]
struct Loki {
    id: SourceId,
    site: Arc<str>,
    interval: Duration,
    asker: Asker,
    tails: Vec<Setup>,
    /// What a tail of a query that stands in no config is made of.
    any: Setup,
}

/// Reads `[sources.loki.NAME]`.
pub fn read(id: SourceId, table: &Table<'_>) -> Option<Arc<dyn Source>> {
    let (site, interval) = (site(table), interval(table, INTERVAL));
    let tenant = table.get::<String>("tenant");
    let polls =
        tenant.filter(|tenant| tenant.contains('|')).map(|_| "a live tail knows one tenant only".into());
    let check = table.get_with("check", |span: Duration| match span.as_secs() {
        1..=3600 => Ok(span),
        _ => Err("a duration from 1s to 1h".to_owned()),
    });
    let check = check.unwrap_or(CHECK);
    let named = tails(table);
    let asker = Asker::new(Arc::new(Client::new(Endpoint::read(table, Token::Bearer)?)));
    let setup = |(name, query, delay)| Setup {
        asker: asker.clone(),
        name,
        query,
        polls: Clone::clone(&polls),
        history: HISTORY,
        from: None,
        delay,
        check,
        clock: Clock::system(),
    };
    let tails = named.into_iter().map(setup).collect();
    let any = setup(("query".into(), None, 0));
    Some(Arc::new(Loki { id, site, interval, asker, tails, any }))
}

/// The name of a tail, its query, and by how many seconds the server holds its lines back.
type Named = (Arc<str>, Option<Arc<str>>, u64);

/// The tails; one of everything, if none is given.
fn tails(table: &Table<'_>) -> Vec<Named> {
    let mut names = HashSet::new();
    let tails = table.list("tails").into_iter().filter_map(|tail| {
        let name = tail.require::<String>("name");
        let query = tail.require::<String>("query");
        let delay = tail.get_with("delay", |span: Duration| match span.as_secs() {
            seconds @ 0..=5 => Ok(seconds),
            _ => Err("a duration up to 5s".to_owned()),
        });
        let (name, query) = (name?, query?);
        if query.trim().is_empty() {
            tail.fault("query", "expected LogQL such as '{job=\"nginx\"}'");
        }
        if name.trim().is_empty() || !names.insert(name.clone()) {
            tail.fault("name", "every tail needs a name of its own");
        }
        Some((crate::text::sanitise(&name).into(), Some(query.into()), delay.unwrap_or(0)))
    });
    let tails: Vec<_> = tails.collect();
    if table.has("tails") { tails } else { vec![("all".into(), None, 0)] }
}

impl Loki {
    async fn ready(&self) -> Result<Vec<Observation>, SourceError> {
        let version = self.asker.version().await?;
        let mut unready = None;
        match self.asker.client().get("/ready", &[], HeaderMap::new()).await {
            // For half a minute after its start a Loki says that it is not ready, and answers all
            // the same. A proxy need not let that path through.
            Err(NetError::Status { status: 503, text, .. }) if !text.contains("stopping") => {
                unready = Some(crate::text::sanitise(&text).trim().into());
            }
            Err(NetError::Status { status: 400..=499, .. } | NetError::Redirect { .. }) | Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(vec![Observation::Ready { version: version.into(), unready }])
    }
}

impl Source for Loki {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn site(&self) -> &Arc<str> {
        &self.site
    }

    fn doors(&self) -> &[Arc<Client>] {
        std::slice::from_ref(self.asker.door())
    }

    fn feeds(&self) -> Vec<Plan> {
        let timeout = self.asker.client().endpoint().patience(2);
        vec![Plan { feed: Feed::Ready, interval: self.interval, timeout }]
    }

    fn observe(&self, _: Feed, _: DateTime<Utc>) -> Looking<'_> {
        Box::pin(self.ready())
    }

    fn answer(&self, question: Question, _now: DateTime<Utc>) -> Answering<'_> {
        Box::pin(answer::answer(&self.id, &self.asker, question))
    }

    fn follow(&self, query: &str, from: i64) -> Option<Box<dyn Tail>> {
        let setup = Setup { query: Some(query.into()), from: Some(from), ..self.any.clone() };
        Some(Box::new(LiveTail::new(setup)))
    }

    fn tails(&self) -> Vec<Box<dyn Tail>> {
        let tails = self.tails.iter().map(|setup| Box::new(LiveTail::new(setup.clone())) as Box<dyn Tail>);
        tails.collect()
    }
}
