//! What `wardroom alerts` says.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{AlertRow, SCHEMA};
use crate::domain::alert::{Alert, AlertState};
use crate::domain::burden;
use crate::domain::correlate;
use crate::domain::matcher::Matchers;
use crate::domain::store::{Listed, Store};
use crate::text;

/// The alerts that are there.
#[derive(Clone, Debug, Serialize)]
pub struct Alerts {
    /// [`SCHEMA`].
    pub schema: u32,
    /// When it was measured.
    pub at: DateTime<Utc>,
    /// The alerts, the Watchdog among them, in their default order.
    pub alerts: Vec<AlertRow>,
    #[serde(skip)]
    lines: Vec<Alert>,
}

impl Alerts {
    /// The alerts that meet all `matchers`.
    pub fn of(store: &Store, matchers: &Matchers, now: DateTime<Utc>) -> Self {
        let unheard = correlate::unheard(store, now);
        let burdens = burden::burdens(store, now);
        let meets = |listed: &&Listed| matchers.matches(listed.alert.exact_labels());
        let listed = store.alerts().iter().filter(meets);
        let all = listed.clone().chain(store.heartbeats().iter().filter(meets));
        Self {
            schema: SCHEMA,
            at: now,
            alerts: all.map(|listed| AlertRow::of(listed, &unheard, &burdens, store)).collect(),
            lines: listed.map(|listed| listed.alert.clone()).collect(),
        }
    }

    /// For programs.
    pub fn json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// For people: a line per alert. The Watchdog is none that anybody has to care for.
    pub fn text(&self) -> String {
        let mut told = String::new();
        let widest = |get: fn(&Alert) -> usize| self.lines.iter().map(get).max().unwrap_or(0).min(40);
        let name = widest(|alert| text::width(&alert.name));
        let severity = widest(|alert| text::width(&alert.severity));
        for alert in &self.lines {
            let state = match (&alert.acked_by, alert.state) {
                (Some(ack), AlertState::Acknowledged) => format!("acknowledged by {}", ack.who),
                (_, state) => state.to_string(),
            };
            let line = format!(
                "{}  {:severity$}  {:name$}  {:>5}  {state}  {}  {}",
                alert.fingerprint,
                alert.severity,
                alert.name,
                text::age(self.at - alert.starts_at),
                alert.subject(),
                alert.summary(),
            );
            let _infallible = writeln!(told, "{}", line.trim_end());
        }
        told
    }
}
