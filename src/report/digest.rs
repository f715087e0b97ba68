//! What `wardroom digest` says.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::SCHEMA;
use super::inventory::Page;
use super::rows::round;
use crate::domain::digest::{Digest as Told, Happening, Kind};
use crate::domain::feed::seconds;
use crate::domain::health::Health;
use crate::text;

/// What happened in a time. Serialised it is schema 1.
#[derive(Clone, Debug, Serialize)]
pub struct Digest {
    /// [`SCHEMA`].
    pub schema: u32,
    /// When it was told.
    pub at: DateTime<Utc>,
    /// From when on was looked.
    pub from: DateTime<Utc>,
    /// Up to when.
    pub to: DateTime<Utc>,
    /// What happened, the newest first.
    pub happened: Vec<HappeningRow>,
    /// What nobody can say, and why.
    pub unknown: Vec<Arc<str>>,
}

/// Something that happened.
#[derive(Clone, Debug, Serialize)]
pub struct HappeningRow {
    /// When it began.
    pub at: DateTime<Utc>,
    /// When it ended; null when it has no end, or goes on.
    pub until: Option<DateTime<Utc>>,
    /// How long it took, in seconds; null like `until`.
    pub took: Option<f64>,
    /// What kind of thing.
    pub kind: Kind,
    /// Of what.
    pub what: Arc<str>,
    /// What came of it.
    pub text: Arc<str>,
    /// Who did it; null when nobody did.
    pub by: Option<Arc<str>>,
    /// How bad it is.
    pub state: Health,
}

impl HappeningRow {
    fn of(one: &Happening) -> Self {
        Self {
            at: one.at,
            until: one.until,
            took: one.took().map(|took| round(seconds(took))),
            kind: one.kind,
            what: Arc::clone(&one.what),
            text: Arc::clone(&one.came_to),
            by: (!one.by.is_empty()).then(|| Arc::clone(&one.by)),
            state: one.health,
        }
    }
}

impl Digest {
    /// What a digest says, at `now`.
    pub fn of(told: &Told, now: DateTime<Utc>) -> Self {
        Self {
            schema: SCHEMA,
            at: now,
            from: told.window.from,
            to: told.window.to,
            happened: told.happened.iter().map(HappeningRow::of).collect(),
            unknown: told.unknown.clone(),
        }
    }

    /// For programs.
    pub fn json(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// For people: a line for each.
    pub fn text(&self) -> String {
        let mut told = format!("{}\n", self.head());
        for row in &self.happened {
            let at = row.at.format("%m-%d %H:%M");
            let _infallible =
                writeln!(told, "{at}  {:<8} {}: {}{}", row.kind.as_ref(), row.what, row.text, by(row));
        }
        for why in &self.unknown {
            let _infallible = writeln!(told, "unknown      {why}");
        }
        told
    }

    /// The same as a page: a table for each kind.
    pub fn markdown(&self) -> String {
        let mut page = Page::new("Digest");
        page.say(&self.head());
        for (kind, title) in [
            (Kind::Alert, "Alerts"),
            (Kind::Gap, "Times that nobody measured"),
            (Kind::Reboot, "Reboots"),
            (Kind::Backup, "Backup runs"),
            (Kind::Silence, "Silences"),
            (Kind::Ack, "Acknowledgements"),
            (Kind::Action, "Actions"),
        ] {
            let rows = self.happened.iter().filter(|row| row.kind == kind).map(|row| {
                let at = row.at.format("%Y-%m-%d %H:%M").to_string();
                let by = row.by.as_deref().unwrap_or("-").to_owned();
                vec![at, row.what.to_string(), row.text.to_string(), by]
            });
            let rows: Vec<Vec<String>> = rows.collect();
            if !rows.is_empty() {
                page.head(2, title);
                page.table(&["at (UTC)", "what", "came to", "by"], &rows);
            }
        }
        if !self.unknown.is_empty() {
            page.head(2, "Unknown");
            page.list(self.unknown.iter().map(ToString::to_string));
        }
        page.text()
    }

    /// Of which time it is, and how much happened.
    fn head(&self) -> String {
        let day = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M").to_string();
        let span = text::age(self.to - self.from);
        let known = if self.unknown.is_empty() { "" } else { ", not all is known" };
        let count = match self.happened.len() {
            0 if self.unknown.is_empty() => "nothing happened".to_owned(),
            0 => "nothing is known to have happened".to_owned(),
            1 => "1 thing happened".to_owned(),
            many => format!("{many} things happened"),
        };
        format!("{} to {} UTC ({span}): {count}{known}", day(self.from), day(self.to))
    }
}

fn by(row: &HappeningRow) -> String {
    row.by.as_ref().map(|by| format!(" (by {by})")).unwrap_or_default()
}
