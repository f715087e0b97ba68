//! Spans of time as the APIs write them: a number of seconds, or numbers with units.

/// Nanoseconds in a second.
pub const SECOND: i64 = 1_000_000_000;

/// Seconds as nanoseconds.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast of a float saturates, and no span lasts 292 years"
)]
pub const fn nanoseconds(seconds: f64) -> i64 {
    (seconds * 1e9) as i64
}

/// A span in nanoseconds; `None` if the text is none.
pub fn parse(text: &str) -> Option<i64> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| seconds.is_finite());
    let seconds = seconds.or_else(|| humantime::parse_duration(text).ok().map(|span| span.as_secs_f64()));
    seconds.map(nanoseconds)
}

#[cfg(test)]
mod tests {
    use super::{SECOND, parse};

    #[test]
    fn spans() {
        for (text, span) in [
            ("15", Some(15 * SECOND)),
            ("0.5", Some(SECOND / 2)),
            ("1h30m", Some(5_400 * SECOND)),
            ("NaN", None),
            ("soon", None),
        ] {
            assert_eq!(parse(text), span, "{text}");
        }
    }
}
