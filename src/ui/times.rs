//! Times for a person: ages or times of day, in the operator's zone.

use std::str::FromStr;

use chrono::format::{DelayedFormat, StrftimeItems};
use chrono::{DateTime, Datelike, Local, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Utc};

use crate::domain::horizon::begins;
use crate::domain::slo::Window;
use crate::text;
use crate::zone::IanaZone;

/// In which zone times are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Zone {
    /// The machine's.
    #[default]
    Local,
    /// One by its IANA name.
    Named(IanaZone),
}

impl FromStr for Zone {
    type Err = String;

    /// Reads `local` or an IANA name.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("local") {
            return Ok(Self::Local);
        }
        text.parse().map(Self::Named).map_err(|_| "\"local\" or a zone such as \"Europe/Vienna\"".to_owned())
    }
}

impl Zone {
    /// The time as `pattern` (of `strftime`) in this zone.
    fn format(self, at: DateTime<Utc>, pattern: &str) -> DelayedFormat<StrftimeItems<'_>> {
        match self {
            Self::Local => at.with_timezone(&Local).format(pattern),
            Self::Named(zone) => at.with_timezone(&zone).format(pattern),
        }
    }

    /// The instant at which a day begins in this zone.
    pub fn begins(self, day: NaiveDate) -> Option<DateTime<Utc>> {
        match self {
            Self::Local => begins(day, &Local),
            Self::Named(zone) => begins(day, &zone),
        }
    }

    /// The calendar month of `now` in this zone.
    pub fn month(self, now: DateTime<Utc>) -> Window {
        match self {
            Self::Local => Window::month(now, &Local),
            Self::Named(zone) => Window::month(now, &zone),
        }
    }

    /// What the clock on the wall says in this zone.
    pub fn time(self, at: DateTime<Utc>) -> NaiveTime {
        match self {
            Self::Local => at.with_timezone(&Local).time(),
            Self::Named(zone) => at.with_timezone(&zone).time(),
        }
    }

    fn date(self, at: DateTime<Utc>) -> NaiveDate {
        match self {
            Self::Local => at.with_timezone(&Local).date_naive(),
            Self::Named(zone) => at.with_timezone(&zone).date_naive(),
        }
    }
}

/// How times are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// In which zone.
    pub zone: Zone,
    /// As times of day instead of ages.
    pub absolute: bool,
}

impl Times {
    /// What clocks in the zone show at that time.
    pub fn local(self, at: DateTime<Utc>) -> NaiveDateTime {
        match self.zone {
            Zone::Local => at.with_timezone(&Local).naive_local(),
            Zone::Named(zone) => at.with_timezone(&zone).naive_local(),
        }
    }

    /// When clocks in the zone show that; the first time of two, `None` when they never do.
    pub fn utc(self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        match self.zone {
            Zone::Local => Local.from_local_datetime(&local).earliest().map(|at| at.to_utc()),
            Zone::Named(zone) => zone.from_local_datetime(&local).earliest().map(|at| at.to_utc()),
        }
    }

    /// `14:02:11`.
    pub fn clock(self, at: DateTime<Utc>) -> String {
        self.zone.format(at, "%H:%M:%S").to_string()
    }

    /// `14:02`.
    pub fn minute(self, at: DateTime<Utc>) -> String {
        self.zone.format(at, "%H:%M").to_string()
    }

    /// The zone as it is called at that time: `CET`, `UTC`, `+01:00`.
    pub fn zone_name(self, at: DateTime<Utc>) -> String {
        let name = self.zone.format(at, "%Z").to_string();
        // The machine's own zone is known by its distance only.
        if name == "+00:00" { "UTC".to_owned() } else { name }
    }

    /// As short as it can be without doubt: `14:02` today, `13 Nov 02:14`, `Mar 2027`.
    pub fn short(self, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
        let (day, today) = (self.zone.date(at), self.zone.date(now));
        let pattern = match day {
            day if day == today => "%H:%M",
            _ if (now - at).abs() < TimeDelta::days(90) => "%d %b %H:%M",
            day if day.year() == today.year() => "%d %b",
            _ => "%b %Y",
        };
        self.zone.format(at, pattern).to_string()
    }

    /// The same where the hour says nothing: `14:02` today, `13 Nov`, `Mar 2027`.
    pub fn day(self, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
        let (day, today) = (self.zone.date(at), self.zone.date(now));
        let pattern = match day {
            day if day == today => "%H:%M",
            _ if (now - at).abs() < TimeDelta::days(300) => "%d %b",
            _ => "%b %Y",
        };
        self.zone.format(at, pattern).to_string()
    }

    /// The full time: `2026-11-13 02:14:09 CET`.
    pub fn full(self, at: DateTime<Utc>) -> String {
        format!("{} {}", self.zone.format(at, "%Y-%m-%d %H:%M:%S"), self.zone_name(at))
    }

    /// How long ago, or when, as the operator chose.
    pub fn since(self, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
        if self.absolute { self.short(at, now) } else { text::age(now - at) }
    }
}
