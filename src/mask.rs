//! Secrets in texts that are shown or kept: replaced by value, where the value is known, and by
//! shape, where only the place gives it away.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What stands for a secret.
pub const MASKED: &str = "[secret]";

/// A value shorter than this is no secret: it would mask half of every text.
const SHORTEST: usize = 6;

/// The shapes. What is in the group `keep` stays.
static SHAPES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)",
        r"(?P<keep>authorization['\x22]?\s*[:=]\s*['\x22]?)(?:(?:basic|bearer|pbsapitoken|pveapitoken)[ =])?[^\s'\x22]+",
        r"|(?P<keep2>\bbearer\s+)[a-z0-9._~+/=-]{6,}",
        r"|(?P<keep3>\bp[bv]eapitoken=)\S+|(?P<keep8>\bpbsapitoken=)\S+",
        r"|(?P<keep4>hooks\.slack\.com/services/)[^\s'\x22]+",
        r"|(?P<keep5>[a-z][a-z0-9+.-]*://[^\s/:@'\x22]*:)[^\s/@]+(?P<at>@)",
        r"|(?P<keep6>[a-z0-9_-]*(?:password|passwd|passphrase|token|secret|api_?key|apikey|access_?key|webhook_url)[a-z0-9_-]*['\x22]?\s*[=:]\s*)(?:'[^']*'|\x22[^\x22]*\x22|[^\s,;&'\x22]+)",
        r"|(?P<keep7>--(?:password|token|secret|api-key)\s+)\S+",
    ))
    .ok()
});

/// The shapes whose end decides whether they are one, as far as a line goes that is not ended.
static BEGUN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)",
        r"\bbearer\s+\S*$",
        r"|://[^\s/:@'\x22]*:[^\s/@]*$",
        r"|(?:password|passwd|passphrase|token|secret|api_?key|access_?key|webhook_url)[a-z0-9_-]*['\x22]?\s*[=:]\s*",
        r"(?:'[^']*|\x22[^\x22]*)$",
    ))
    .ok()
});

/// Replaces secrets. A text is given line by line, in order.
#[derive(Clone, Debug, Default)]
pub struct Mask {
    values: Option<Regex>,
    longest: usize,
    /// Inside a private key, which goes over many lines.
    in_key: bool,
}

impl Mask {
    /// One that knows these secrets, besides the shapes that it always knows.
    pub fn new<'v>(values: impl IntoIterator<Item = &'v str>) -> Self {
        let mut values: Vec<&str> = values.into_iter().filter(|value| value.len() >= SHORTEST).collect();
        // The longer first: a secret may begin with another.
        values.sort_unstable_by_key(|value| std::cmp::Reverse(value.len()));
        let longest = values.first().map_or(0, |value| value.len());
        let pattern = values.iter().map(|value| regex::escape(value)).collect::<Vec<_>>().join("|");
        let known = if pattern.is_empty() { None } else { Regex::new(&pattern).ok() };
        Self { values: known, longest, in_key: false }
    }

    /// A whole line without its secrets.
    pub fn line(&mut self, line: &str) -> String {
        if self.in_key {
            self.in_key = !(line.contains("-----END") && line.contains("KEY-----"));
            return MASKED.to_owned();
        }
        if line.contains("-----BEGIN") && line.contains("PRIVATE KEY-----") {
            self.in_key = !line.contains("-----END");
            return MASKED.to_owned();
        }
        self.text(line)
    }

    /// A text that stands alone without its secrets.
    pub fn text(&self, text: &str) -> String {
        let known = match &self.values {
            Some(values) => values.replace_all(text, MASKED),
            None => text.into(),
        };
        let Some(shapes) = SHAPES.as_ref() else { return known.into_owned() };
        let masked = shapes.replace_all(&known, |found: &Captures<'_>| {
            let kept = found.iter().skip(1).flatten().next().map_or("", |kept| kept.as_str());
            let at = found.name("at").map_or("", |at| at.as_str());
            format!("{kept}{MASKED}{at}")
        });
        masked.into_owned()
    }

    /// What can be shown of a line that is not ended: without its last bytes, which may be the
    /// beginning of a secret, and without what a shape has begun and may not mask yet.
    pub fn open(&self, line: &str) -> Option<String> {
        if self.in_key || line.contains("-----BEGIN") {
            return None;
        }
        let begun = BEGUN.as_ref().and_then(|begun| begun.find(line));
        // Masked before it is cut: half of a secret that is all there would not be known as one.
        let masked = self.text(line.get(..begun.map_or(line.len(), |begun| begun.start()))?);
        let most = masked.len().saturating_sub(self.longest.saturating_sub(1));
        masked.get(..masked.floor_char_boundary(most)).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_by_value_and_by_shape() {
        let mut mask = Mask::new(["hunter2hunter2", "hunter2", "short"]);
        for (text, expected) in [
            ("nothing to see", "nothing to see"),
            ("it is hunter2hunter2.", "it is [secret]."),
            ("xhunter2y", "x[secret]y"),
            ("short", "short"),
            ("Authorization: Bearer abcdef.ghi", "Authorization: [secret]"),
            ("Authorization: Basic dXNlcjpwYXNz", "Authorization: [secret]"),
            ("-H 'Authorization: PBSAPIToken=a@pbs!t:1234'", "-H 'Authorization: [secret]'"),
            ("PBSAPIToken=a@pbs!t:1234-5678", "PBSAPIToken=[secret]"),
            ("PVEAPIToken=a@pve!t=1234-5678", "PVEAPIToken=[secret]"),
            ("DB_PASSWORD=s3cret123 x", "DB_PASSWORD=[secret] x"),
            ("password: \"a b c\"", "password: [secret]"),
            ("\"token\": \"abc\", \"a\": 1", "\"token\": [secret], \"a\": 1"),
            ("https://hooks.slack.com/services/T0/B0/xyz", "https://hooks.slack.com/services/[secret]"),
            ("postgres://sam:pw@10.0.0.5/db", "postgres://sam:[secret]@10.0.0.5/db"),
            ("mysql --password geheim", "mysql --password [secret]"),
            ("passwords are bad", "passwords are bad"),
        ] {
            assert_eq!(mask.line(text), expected, "{text}");
        }
    }

    #[test]
    fn a_private_key_is_masked_over_its_lines() {
        let mut mask = Mask::default();
        let lines = [
            "a",
            "-----BEGIN OPENSSH PRIVATE KEY-----",
            "b3BlbnNz",
            "-----END OPENSSH PRIVATE KEY-----",
            "z",
        ];
        assert_eq!(lines.map(|line| mask.line(line)), ["a", MASKED, MASKED, MASKED, "z"]);
    }

    #[test]
    fn half_a_secret_is_not_shown() {
        let mask = Mask::new(["correct-horse"]);
        let line = "the key is correct-horse today, as it was.";
        for end in 0..=line.len() {
            let shown = mask.open(line.get(..end).expect("ascii")).expect("shown");
            assert!(!shown.contains("corr"), "{end}: {shown}");
        }
        assert_eq!(mask.open(line).as_deref(), Some("the key is [secret] today"));
    }

    #[test]
    fn half_a_shape_is_not_shown() {
        let mask = Mask::default();
        for line in [
            "password: \"geheim geheim\" x",
            "api_key='geheim geheim' x",
            "Authorization: Bearer geheim.geheim x",
            "bearer geheim.geheim x",
            "postgres://sam:geheim@10.0.0.5/db",
            "--token geheim x",
            "TOKEN=geheim x",
        ] {
            for end in 0..=line.len() {
                let shown = mask.open(line.get(..end).expect("ascii")).expect("shown");
                assert!(!shown.contains("ge"), "{end}: {shown}");
            }
        }
        assert_eq!(mask.open("Password: ").as_deref(), Some("Password: "), "a question is shown");
    }
}
