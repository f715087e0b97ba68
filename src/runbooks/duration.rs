//! Durations as people write them: `5 minutes`, `~5 minutes`, `<1 hour`, `30min`, `2+ hours`.

/// The first duration in a text, in seconds.
pub fn first(text: &str) -> Option<u64> {
    all(text).first().map(|(_, seconds)| *seconds)
}

/// The duration that follows `word` (`for 2 minutes`, `after 30 minutes`), in seconds.
pub fn following(word: &str, text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let start = lower.match_indices(word).map(|(at, _)| at).find(|at| {
        let before = lower.get(..*at).and_then(|before| before.chars().next_back());
        let after = lower.get(at + word.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(char::is_alphanumeric) && after == Some(' ')
    })?;
    let (at, seconds) = *all(lower.get(start + word.len()..)?).first()?;
    // It must stand right behind the word.
    (at <= 2).then_some(seconds)
}

/// All durations of a text: where each number begins, and the seconds.
pub fn all(text: &str) -> Vec<(usize, u64)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text.get(from..).and_then(|rest| rest.find(|char: char| char.is_ascii_digit())) {
        let start = from + start;
        let rest = text.get(start..).unwrap_or_default();
        let digits = rest.len() - rest.trim_start_matches(|char: char| char.is_ascii_digit()).len();
        let (number, tail) = rest.split_at(digits);
        from = start + digits;
        let before = text.get(..start).and_then(|before| before.chars().next_back());
        if before.is_some_and(|char| char.is_alphanumeric() || matches!(char, '.' | ':' | '_')) {
            continue;
        }
        let tail = tail.strip_prefix('+').unwrap_or(tail).trim_start_matches([' ', '-']);
        let word: String = tail.chars().take_while(char::is_ascii_alphabetic).collect();
        if let (Ok(number), Some(unit)) = (number.parse::<u64>(), unit(&word.to_ascii_lowercase())) {
            found.push((start, number.saturating_mul(unit)));
        }
    }
    found
}

fn unit(word: &str) -> Option<u64> {
    Some(match word {
        "s" | "sec" | "secs" | "second" | "seconds" => 1,
        "m" | "min" | "mins" | "minute" | "minutes" => 60,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600,
        "d" | "day" | "days" => 86_400,
        "w" | "week" | "weeks" => 604_800,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{all, first, following};

    #[test]
    fn durations_as_they_are_written() {
        for (text, seconds) in [
            ("5 minutes", Some(300)),
            ("1 hour", Some(3_600)),
            ("<15 minutes (Critical), <1 hour (Warning)", Some(900)),
            ("~5 minutes", Some(300)),
            ("Wait 30min or clear lock", Some(1_800)),
            ("from 2+ hours ago", Some(7_200)),
            ("0 minutes", Some(0)),
            ("15m", Some(900)),
            ("24h", Some(86_400)),
            ("5-10 minutes", Some(600)),
            ("Quarterly", None),
            ("port 9100", None),
            ("v2.48.0", None),
            ("99999999999999999999 days", None),
            ("", None),
        ] {
            assert_eq!(first(text), seconds, "{text}");
        }
        assert_eq!(all("<15 minutes (Critical), <1 hour (Warning)"), [(1, 900), (25, 3_600)]);
    }

    #[test]
    fn durations_after_a_word() {
        for (word, text, seconds) in [
            ("for", "up == 0 for 2 minutes", Some(120)),
            ("for", "CPU >80% for 15 minutes", Some(900)),
            ("for", "Free space <15%", None),
            ("for", "waiting for the 2 minutes", None),
            ("after", "If host remains down after 30 minutes:", Some(1_800)),
            ("after", "thereafter 3 hours", None),
        ] {
            assert_eq!(following(word, text), seconds, "{text}");
        }
    }
}
