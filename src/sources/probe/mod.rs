//! Looking for oneself: TCP, HTTP and programs, from this machine, so that it is known what is up also
//! while Prometheus is not.
//!
//! `[sources.probe.NAME]`: `site`, `interval`, `timeout`, and a list `item`, each with a `name` and one of
//! `tcp` (host and port), `url` (with the keys of every server, `status` and `contains`) and `command`;
//! perhaps `open = false` for what must not be reached, and `critical = true`.

mod knock;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::wire::{interval, site};
use super::{Looking, Plan, Source};
use crate::domain::feed::{Feed, SourceId};
use crate::domain::observation::Observation;
use crate::domain::probe::{Probe, ProbeKind};
use crate::net::{Client, Endpoint, Token, Tunnel};
use crate::settings::Table;
use crate::text::sanitise;
use knock::{Door, Found};

/// How often is looked.
const INTERVAL: Duration = Duration::from_secs(15);

/// What takes longer does not answer, unless the config says otherwise.
const TIMEOUT: Duration = Duration::from_secs(3);

/// So many doors are knocked at at once.
const ABREAST: usize = 16;

/// One thing to look at.
#[derive(Debug)]
struct Item {
    name: Arc<str>,
    kind: ProbeKind,
    address: Arc<str>,
    wanted: bool,
    critical: bool,
    door: Door,
    /// What was found last, and since when.
    last: Mutex<Option<(bool, DateTime<Utc>)>>,
}

/// This machine as a place to look from.
#[derive(Debug)]
struct Outlook {
    id: SourceId,
    site: Arc<str>,
    interval: Duration,
    timeout: Duration,
    items: Vec<Item>,
}

/// Reads `[sources.probe.NAME]`.
pub fn read(id: SourceId, table: &Table<'_>) -> Option<Arc<dyn Source>> {
    let (site, interval) = (site(table), interval(table, INTERVAL));
    let bounded = |timeout: Duration| {
        let sensible = Duration::from_millis(100)..=Duration::from_mins(1);
        if sensible.contains(&timeout) { Ok(timeout) } else { Err("a time-out from 100ms to 1m".to_owned()) }
    };
    let timeout = table.get_with("timeout", bounded).unwrap_or(TIMEOUT);
    let items: Vec<Option<Item>> = table.list("item").iter().map(item).collect();
    if items.is_empty() {
        table.fault("item", "is missing, expected [[item]] tables that say what to look at");
    }
    let items: Vec<Item> = items.into_iter().collect::<Option<_>>()?;
    for (at, item) in items.iter().enumerate() {
        if items.iter().take(at).any(|other| other.name == item.name) {
            table.fault("item", format!("two items have the name {:?}", item.name));
        }
    }
    Some(Arc::new(Outlook { id, site, interval, timeout, items }))
}

/// `[[sources.probe.NAME.item]]`
fn item(table: &Table<'_>) -> Option<Item> {
    let name = table.require::<String>("name");
    let wanted = table.get("open").unwrap_or(true);
    let critical = table.get("critical").unwrap_or(false);
    let given = ["tcp", "url", "command"].iter().filter(|key| table.has(key)).count();
    if given != 1 {
        table.fault("name", "give the item one of `tcp`, `url` and `command`");
        return None;
    }
    if !wanted && !table.has("tcp") {
        table.fault("open", "is of use with `tcp` only");
    }
    let (kind, address, door) = if table.has("tcp") {
        let address = table.get_with("tcp", |address: String| match address.rsplit_once(':') {
            Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0) => {
                Ok(address)
            }
            _ => Err("a host and a port, such as \"10.0.0.21:22\"".to_owned()),
        })?;
        (ProbeKind::Tcp, address.clone(), Door::Tcp(address))
    } else if table.has("command") {
        let argv = table.get_with("command", |argv: Vec<String>| {
            if argv.is_empty() { Err("a program and its arguments".to_owned()) } else { Ok(argv) }
        })?;
        (ProbeKind::Command, argv.first().cloned().unwrap_or_default(), Door::Command(argv))
    } else {
        let status = table.get_with("status", |status: u64| match u16::try_from(status) {
            Ok(status @ 100..600) => Ok(status),
            _ => Err("a status such as 200".to_owned()),
        });
        let contains = table.get::<String>("contains");
        let endpoint = Endpoint::read(table, Token::Bearer)?;
        let address = endpoint.url().to_owned();
        (ProbeKind::Http, address, Door::Http { client: Box::new(Client::new(endpoint)), status, contains })
    };
    let [name, address] = [name?, address].map(|text| Arc::from(&*sanitise(&text)));
    Some(Item { name, kind, address, wanted, critical, door, last: Mutex::default() })
}

impl Outlook {
    async fn look(&self, item: &Item, turns: &Semaphore, now: DateTime<Utc>) -> Probe {
        let _turn = turns.acquire().await;
        let begun = Instant::now();
        let mut found = item.door.knock(self.timeout).await;
        if found.answers != item.wanted {
            // One packet may be lost: what is not as it should be is looked at once more.
            found = item.door.knock(self.timeout).await;
        }
        let Found { answers, known, text, certificate_end } = found;
        let since = match item.last.lock() {
            Ok(mut last) => match &*last {
                Some((before, since)) if *before == answers => *since,
                _ => last.insert((answers, now)).1,
            },
            Err(_) => now,
        };
        Probe {
            name: Arc::clone(&item.name),
            kind: item.kind,
            address: Arc::clone(&item.address),
            wanted: item.wanted,
            critical: item.critical,
            answers,
            known,
            text: sanitise(&text).into(),
            since,
            took: begun.elapsed().as_secs_f64(),
            certificate_end,
        }
    }
}

impl Source for Outlook {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn site(&self) -> &Arc<str> {
        &self.site
    }

    fn tunnels(&self) -> Vec<Arc<Tunnel>> {
        let way = |item: &Item| match &item.door {
            Door::Http { client, .. } => client.endpoint().tunnel().cloned(),
            Door::Tcp(_) | Door::Command(_) => None,
        };
        self.items.iter().filter_map(way).collect()
    }

    fn feeds(&self) -> Vec<Plan> {
        // Each door twice, those that wait behind others too.
        let rounds = u32::try_from(self.items.len().div_ceil(ABREAST)).unwrap_or(u32::MAX);
        let timeout = self.timeout * 2 * rounds + Duration::from_secs(1);
        vec![Plan { feed: Feed::Probes, interval: self.interval, timeout }]
    }

    fn observe(&self, _: Feed, now: DateTime<Utc>) -> Looking<'_> {
        Box::pin(async move {
            let turns = Semaphore::new(ABREAST);
            let seen = join_all(self.items.iter().map(|item| self.look(item, &turns, now))).await;
            Ok(vec![Observation::Probes(seen.into())])
        })
    }
}
