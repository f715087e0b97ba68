//! What the `Date` of an answer proves of a server's clock.

use chrono::{DateTime, TimeDelta, Utc};

/// By how much a server's clock is at least ahead of ours, behind it when negative, when its answer to a
/// question of `asked` came at `answered` with this date. `None` when it is no date.
pub(super) fn skew(date: &str, asked: DateTime<Utc>, answered: DateTime<Utc>) -> Option<TimeDelta> {
    let from = DateTime::parse_from_rfc2822(date).ok()?.to_utc();
    // It is cut to whole seconds: the clock stood anywhere between.
    let to = from + TimeDelta::seconds(1);
    Some(if from > answered {
        from - answered
    } else if to < asked {
        to - asked
    } else {
        TimeDelta::zero()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_proved_is_told() {
        let at = |second: i64| DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
        let date = "Thu, 01 Jan 1970 00:01:00 GMT";
        for (asked, answered, told) in [
            (60, 60, Some(0)),
            (50, 70, Some(0)),
            (61, 62, Some(0)),
            (62, 70, Some(-1)),
            (90, 95, Some(-29)),
            (10, 48, Some(12)),
        ] {
            let told = told.map(TimeDelta::seconds);
            assert_eq!(skew(date, at(asked), at(answered)), told, "asked at {asked}, answered at {answered}");
        }
        assert_eq!(skew("yesterday", at(0), at(1)), None);
    }
}
