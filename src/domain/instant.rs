//! Times as others tell them: one that nobody means is none, so that all that is reckoned with times stays
//! within what can be reckoned.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, TimeDelta, Utc};

/// The first second of the year 10000.
const END: i64 = 253_402_300_800;

/// The time so many seconds after 1970; `None` before that, and beyond the year 9999.
pub fn of_seconds(seconds: i64) -> Option<DateTime<Utc>> {
    if (0..END).contains(&seconds) { DateTime::from_timestamp(seconds, 0) } else { None }
}

/// The same in milliseconds.
pub fn of_milliseconds(milliseconds: i64) -> Option<DateTime<Utc>> {
    of_seconds(milliseconds.div_euclid(1_000))?;
    DateTime::from_timestamp_millis(milliseconds)
}

/// The same of a file.
pub fn of_system(time: SystemTime) -> Option<DateTime<Utc>> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    of_seconds(i64::try_from(since.as_secs()).ok()?)
        .map(|at| at + TimeDelta::nanoseconds(since.subsec_nanos().into()))
}

/// A time that was read, if it is one that somebody means.
pub fn meant(at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    of_seconds(at.timestamp()).map(|_| at)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_nobody_means_is_no_time() {
        assert_eq!(of_seconds(0), Some(DateTime::UNIX_EPOCH));
        let last = of_seconds(END - 1).expect("a time");
        assert_eq!(last.to_rfc3339(), "9999-12-31T23:59:59+00:00");
        for seconds in [-1, END, i64::MIN, i64::MAX, 8_210_266_876_799] {
            assert_eq!(of_seconds(seconds), None, "{seconds}");
        }
        assert_eq!(of_milliseconds(1_500).map(|at| at.timestamp_subsec_millis()), Some(500));
        assert_eq!(of_milliseconds(END * 1_000), None);
        let second = Duration::new(1, 500);
        assert_eq!(of_system(UNIX_EPOCH + second).map(|at| at.timestamp_subsec_nanos()), Some(500));
        assert_eq!(of_system(UNIX_EPOCH - second), None);
        assert_eq!(of_system(UNIX_EPOCH + Duration::from_secs(u64::MAX / 4)), None);
        assert_eq!((meant(last), meant(DateTime::<Utc>::MAX_UTC)), (Some(last), None));
    }
}
