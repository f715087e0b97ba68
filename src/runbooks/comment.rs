//! What the comments of a block say: titles, expectations, causes, alternatives.

use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

/// A cause, given away by a message: `# - "connection refused" → Port closed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hint {
    /// What gives it away.
    pub message: String,
    /// What it is.
    pub cause: String,
}

fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

static ORDINAL: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"^(\d{1,2})\.\s+(.*)$"));
static EXPECTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)^(expected\b.*|output:.*|current [^:]*:.*|[^:]*\bshould (show|see|print|return)\b[^:]*:)\s*$",
    )
});
static CAUSES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(r"(?i)^common (errors?|culprits?|issues?|causes?|problems?|error patterns?)\b.*:\s*$")
});
static OPTION: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"(?i)^option\s+([0-9]+|[a-z])\b"));
static OTHER: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(?i)^(or\b|alternatively\b|nuclear option\b|otherwise\b)"));
static SYSTEM: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(r"(?i)\b(debian|ubuntu|centos|rhel|red ?hat|fedora|rocky|alma|alpine|arch|suse|freebsd|macos)\b")
});

fn is(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

/// `2` and the rest of `2. Download new version`. An address is no number of a step.
pub fn ordinal(text: &str) -> (Option<u64>, &str) {
    let found = ORDINAL.as_ref().and_then(|pattern| pattern.captures(text));
    let parts = found.and_then(|found| Some((found.get(1)?.as_str().parse().ok()?, found.get(2)?.as_str())));
    match parts {
        Some((number, rest)) => (Some(number), rest),
        None => (None, text),
    }
}

/// Whether a comment says what the command before it should show.
pub fn expects(text: &str) -> bool {
    is(&EXPECTS, text)
}

/// Whether a comment begins a list of causes.
pub fn begins_causes(text: &str) -> bool {
    is(&CAUSES, text)
}

/// `Option 2` of `# Option 2: Force kill`.
pub fn option(text: &str) -> Option<String> {
    let found = OPTION.as_ref()?.captures(text)?;
    Some(format!("Option {}", found.get(1)?.as_str()))
}

/// Whether what follows is another way to do what stands before.
pub fn is_other(text: &str) -> bool {
    is(&OTHER, text)
}

/// Whether a comment behind a command names the system that it is for.
pub fn names_system(text: &str) -> bool {
    is(&SYSTEM, text)
}

/// The cause that a line of a list names.
pub fn hint(text: &str) -> Option<Hint> {
    let item = text.strip_prefix("- ").unwrap_or(text);
    let separator = ["→", "->", " - ", "=>"].into_iter().find(|separator| item.contains(separator))?;
    let (message, cause) = item.split_once(separator)?;
    let message = message.trim().trim_matches('"').to_owned();
    let cause = cause.trim().to_owned();
    (!message.is_empty() && !cause.is_empty()).then_some(Hint { message, cause })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comments_say() {
        assert_eq!(ordinal("1. Backup"), (Some(1), "Backup"));
        assert_eq!(ordinal("10.0.0.5:/mnt/tank"), (None, "10.0.0.5:/mnt/tank"));
        for text in [
            "Expected: \"Connection succeeded\"",
            "Expected output:",
            "Mount should show:",
            "Current allocation:",
        ] {
            assert!(expects(text), "{text}");
        }
        assert!(!expects("Verify it's running") && !expects("Check current data size"));
        assert!(begins_causes("Common errors:") && begins_causes("Common culprits:"));
        assert_eq!(option("Option 2: Force kill").as_deref(), Some("Option 2"));
        assert_eq!(option("Optional: more"), None);
        assert!(is_other("Or for VMs:") && is_other("Nuclear option (all)") && !is_other("Order matters"));
        let hint = hint("- \"connection refused\" → Port closed").expect("a cause");
        assert_eq!((hint.message.as_str(), hint.cause.as_str()), ("connection refused", "Port closed"));
    }
}
