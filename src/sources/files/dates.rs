//! The date in a file's name, and the time that a program prints.

use std::sync::LazyLock;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use regex::Regex;
use serde_json::Value;

use crate::domain::instant;

static DATED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let date = r"(?:^|\D)(20\d\d)[-_.]?(\d\d)[-_.]?(\d\d)";
    let time = r"(?:[T _-]{1,2}(\d\d)[-:_.]?(\d\d)(?:[-:_.]?(\d\d))?(Z)?)?";
    Regex::new(&format!("{date}{time}(?:\\D|$)")).ok()
});

/// When a copy was made, as its name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub date: NaiveDate,
    time: Option<NaiveTime>,
    utc: bool,
}

/// The last date in a path.
pub(super) fn named(path: &str) -> Option<Named> {
    let dated = DATED.as_ref()?;
    let mut from = 0;
    let mut last = None;
    // What ends one date may begin the next.
    while let Some(found) = path.get(from..).and_then(|rest| dated.captures(rest)) {
        let number = |at: usize| found.get(at).and_then(|part| part.as_str().parse::<u32>().ok());
        let year = number(1).and_then(|year| i32::try_from(year).ok());
        let date = year.zip(number(2)).zip(number(3));
        let date = date.and_then(|((year, month), day)| NaiveDate::from_ymd_opt(year, month, day));
        if let Some(date) = date {
            let time = number(4).zip(number(5));
            let time =
                time.and_then(|(hour, minute)| NaiveTime::from_hms_opt(hour, minute, number(6).unwrap_or(0)));
            last = Some(Named { date, time, utc: found.get(7).is_some() });
        }
        from += found.get(3).map_or(1, |part| part.end());
    }
    last
}

impl Named {
    /// The instant. Of a date alone the file's own time says which hour, unless it is later than a
    /// night's work: then the copy was copied, and may be as old as its name allows.
    pub fn at<Z: TimeZone>(&self, zone: &Z, modified: DateTime<Utc>) -> DateTime<Utc> {
        let instant = |local: NaiveDateTime| match zone.from_local_datetime(&local).earliest() {
            Some(at) if !self.utc => at.to_utc(),
            _ => local.and_utc(),
        };
        if let Some(time) = self.time {
            return instant(self.date.and_time(time));
        }
        let midnight = instant(self.date.and_time(NaiveTime::MIN));
        let same = (TimeDelta::zero()..TimeDelta::hours(26)).contains(&(modified - midnight));
        if same { modified } else { midnight }
    }
}

/// The time that a program prints: seconds since 1970, RFC 3339, a date and time of this machine's
/// zone, or JSON with such under the key `time`, of which the newest counts.
pub(super) fn printed<Z: TimeZone>(text: &str, zone: &Z) -> Option<DateTime<Utc>> {
    if let Ok(json @ (Value::Array(_) | Value::Object(_))) = serde_json::from_str::<Value>(text) {
        let mut times = Vec::new();
        collect(&json, 0, zone, &mut times);
        return times.into_iter().max();
    }
    text.lines().find(|line| !line.trim().is_empty()).and_then(|line| one(line.trim(), zone))
}

fn collect<Z: TimeZone>(json: &Value, depth: usize, zone: &Z, times: &mut Vec<DateTime<Utc>>) {
    match json {
        _ if depth > 6 => {}
        Value::Array(all) => all.iter().for_each(|item| collect(item, depth + 1, zone, times)),
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if key == "time" => times.extend(one(text, zone)),
                    Value::Number(number) if key == "time" => times.extend(one(&number.to_string(), zone)),
                    other => collect(other, depth + 1, zone, times),
                }
            }
        }
        _ => {}
    }
}

fn one<Z: TimeZone>(text: &str, zone: &Z) -> Option<DateTime<Utc>> {
    if let Ok(seconds) = text.parse::<i64>() {
        return instant::of_seconds(seconds);
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text)) {
        return instant::meant(at.to_utc());
    }
    let forms = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%a, %Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"];
    let local = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let local = local.or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0));
    instant::meant(zone.from_local_datetime(&local?).earliest()?.to_utc())
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Vienna;

    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).expect("a time").to_utc()
    }

    #[test]
    fn the_date_in_a_name() {
        let modified = utc("2026-11-13T02:04:05Z");
        for (path, at) in [
            ("/srv/2026-11-13/grafana.tar.gz", "2026-11-13T02:04:05Z"),
            ("/srv/2026-11-12/grafana.tar.gz", "2026-11-11T23:00:00Z"),
            ("/srv/2026-11-12", "2026-11-11T23:00:00Z"),
            ("vzdump-qemu-100-2026_11_06-02_00_03.vma.zst", "2026-11-06T01:00:03Z"),
            ("/old/2025-01-01/db-20261106-0200.sql.gz", "2026-11-06T01:00:00Z"),
            ("db-2026-11-06T02:00:03Z.gz", "2026-11-06T02:00:03Z"),
            ("x-20261106", "2026-11-05T23:00:00Z"),
        ] {
            let named = named(path).unwrap_or_else(|| panic!("{path} has a date"));
            assert_eq!(named.at(&Vienna, modified), utc(at), "{path}");
        }
        for path in
            ["/srv/grafana.tar.gz", "x-2026-13-01", "x-120261106", "x-20261199.gz", "20261106123456789"]
        {
            assert_eq!(named(path), None, "{path}");
        }
    }

    #[test]
    fn the_time_that_a_program_prints() {
        for (text, at) in [
            ("1794578531\n", "2026-11-13T14:02:11Z"),
            ("\n2026-11-13T15:02:11+01:00\nmore", "2026-11-13T14:02:11Z"),
            ("2026-11-13 15:02:11", "2026-11-13T14:02:11Z"),
            ("Fri, 2026-11-13 15:02:11", "2026-11-13T14:02:11Z"),
            ("Fri, 13 Nov 2026 15:02:11 +0100", "2026-11-13T14:02:11Z"),
            ("2026-11-13", "2026-11-12T23:00:00Z"),
            (
                r#"[{"time":"2026-11-12T02:00:00.5Z","tree":"x"},{"time":"2026-11-13T02:00:00Z"}]"#,
                "2026-11-13T02:00:00Z",
            ),
            (r#"{"archives":[{"time":"2026-11-13T15:02:11.000000"}]}"#, "2026-11-13T14:02:11Z"),
        ] {
            assert_eq!(printed(text, &Vienna), Some(utc(at)), "{text}");
        }
        for text in ["", "yesterday", "[]", "{\"time\":true}", "\u{1b}[31m1794578531"] {
            assert_eq!(printed(text, &Vienna), None, "{text:?}");
        }
    }
}
