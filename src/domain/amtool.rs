//! A silence as a line for a shell: what `amtool` would have to be told to make the same.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::deed::Draft;
use super::matcher::Unescaped;
use crate::text;

/// The line that makes the silence at the server `url`, by the clock `now`.
pub fn line(draft: &Draft, url: &str, now: DateTime<Utc>) -> String {
    let mut words = vec!["amtool".to_owned(), "silence".to_owned(), "add".to_owned()];
    words.push(format!("--alertmanager.url={}", quote(url)));
    words.push(format!("--author={}", quote(&draft.author)));
    words.push(format!("--comment={}", quote(&draft.comment)));
    if draft.starts_at > now + TimeDelta::seconds(1) {
        words.push(format!("--start={}", time(draft.starts_at)));
        words.push(format!("--end={}", time(draft.ends_at)));
    } else {
        words.push(format!("--duration={}", duration(draft.ends_at - now)));
    }
    words.extend(draft.matchers.iter().map(|matcher| quote(&Unescaped(matcher).to_string())));
    words.join(" ")
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A span as Prometheus and Alertmanager write it: `1h30m`, `45s`; rounded to seconds, not nothing.
pub fn duration(span: TimeDelta) -> String {
    let mut seconds = ((span.num_milliseconds() + 500) / 1000).max(1);
    let mut out = String::new();
    for (unit, size) in [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)] {
        if seconds >= size {
            out.extend([&(seconds / size).to_string(), unit]);
            seconds %= size;
        }
    }
    out
}

/// A word that a POSIX shell takes for this text and nothing else. What a terminal would act on is
/// written by number, which bash, zsh and ksh understand.
pub fn quote(word: &str) -> String {
    let is_safe = |char: char| char.is_ascii_alphanumeric() || "-_./:@%+,=".contains(char);
    if !word.is_empty() && word.chars().all(is_safe) {
        return word.to_owned();
    }
    if word.chars().all(text::is_plain) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut out = "$'".to_owned();
    for char in word.chars() {
        match char {
            '\'' | '\\' => out.extend(['\\', char]),
            '\n' => out.push_str("\\n"),
            char if text::is_plain(char) => out.push(char),
            char if char.is_ascii() => out.extend([format!("\\x{:02x}", u32::from(char))]),
            char => out.extend([format!("\\U{:08x}", u32::from(char))]),
        }
    }
    out + "'"
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::silence::Matcher;

    #[test]
    fn the_line_makes_the_same_silence() {
        let now = DateTime::UNIX_EPOCH;
        let draft = Draft {
            matchers: vec![
                Matcher::equal("alertname", "It's \"down\""),
                Matcher::one_of("host", ["a", "b.c"]),
            ],
            author: "Sam Vimes".into(),
            comment: "the fan".into(),
            ..Draft::empty(now, now + TimeDelta::minutes(90))
        };
        assert_eq!(
            line(&draft, "http://127.0.0.1:9093", now),
            r#"amtool silence add --alertmanager.url=http://127.0.0.1:9093 --author='Sam Vimes' --comment='the fan' --duration=1h30m 'alertname="It'\''s \"down\""' 'host=~"a|b\\.c"'"#
        );
        let later = Draft { starts_at: now + TimeDelta::hours(1), ..draft };
        let told = line(&later, "http://x", now);
        assert!(told.contains("--start=1970-01-01T01:00:00Z --end=1970-01-01T01:30:00Z"), "{told}");
    }

    #[test]
    fn spans_as_the_servers_read_them() {
        for (seconds, text) in [(0, "1s"), (3600, "1h"), (90_061, "1d1h1m1s"), (7200, "2h")] {
            assert_eq!(duration(TimeDelta::seconds(seconds)), text);
        }
        assert_eq!(duration(TimeDelta::milliseconds(3_599_700)), "1h", "not 59m59s");
    }

    #[test]
    fn a_shell_takes_a_quoted_word_for_what_it_is() {
        let words =
            ["", "plain", "it's", "a b;$(x)`y`\"\\", "new\nline", "esc\u{1b}[2J'\\", "bidi\u{202e}x", "磁盘"];
        for word in words {
            let line = format!("printf %s {}", quote(word));
            let said =
                std::process::Command::new("bash").env("LC_ALL", "C.UTF-8").args(["-c", &line]).output();
            let said = said.expect("bash runs").stdout;
            assert_eq!(String::from_utf8_lossy(&said), word, "{line}");
        }
    }

    proptest! {
        #[test]
        fn a_quoted_word_is_harmless(word in "(?s).{0,20}") {
            let quoted = quote(&word);
            prop_assert!(quoted.chars().all(text::is_plain), "{quoted:?}");
        }
    }
}
