//! Which runbooks the operator has accepted, byte for byte. A file is trusted by its SHA-256: asked
//! once, and again when it changes.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One acceptance: a line of `trust.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// When.
    pub at: DateTime<Utc>,
    /// The file, by its full path.
    pub file: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// What is known of trust.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    latest: BTreeMap<String, Acceptance>,
}

/// Whether a file may be run from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is what was accepted.
    Trusted,
    /// Nobody has accepted it.
    New,
    /// It is another than was accepted.
    Changed {
        /// When the other was accepted.
        since: DateTime<Utc>,
        /// The SHA-256 of the other.
        sha256: String,
    },
}

impl Trust {
    /// Reads `trust.jsonl`. A line that is torn or not understood accepts nothing.
    pub fn read(text: &str) -> Self {
        let mut latest = BTreeMap::new();
        for acceptance in text.lines().filter_map(|line| serde_json::from_str::<Acceptance>(line).ok()) {
            latest.insert(acceptance.file.clone(), acceptance);
        }
        Self { latest }
    }

    /// Judges the file of that full path, whose bytes have that SHA-256. Only the latest
    /// acceptance counts: an older version does not become good again by being put back.
    pub fn judge(&self, file: &str, sha256: &str) -> Verdict {
        match self.latest.get(file) {
            None => Verdict::New,
            Some(known) if known.sha256 == sha256 => Verdict::Trusted,
            Some(known) => Verdict::Changed { since: known.at, sha256: known.sha256.clone() },
        }
    }
}

/// A line of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// It was there.
    Gone(&'a str),
    /// It is there now.
    Come(&'a str),
}

/// More pairs of lines than this are not compared: everything between the first and the last
/// change is then told as gone and come.
const MOST_PAIRS: usize = 4_000_000;

/// What changed between two texts, line by line, each with its line number in the text that has it.
pub fn difference<'a>(before: &'a str, after: &'a str) -> Vec<(usize, Change<'a>)> {
    let before: Vec<&str> = before.lines().collect();
    let after: Vec<&str> = after.lines().collect();
    let same = before.iter().zip(&after).take_while(|(one, other)| one == other).count();
    let (old, new) = (&before[same..], &after[same..]);
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(one, other)| one == other).count();
    let (old, new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
    let kept = if old.len().saturating_mul(new.len()) > MOST_PAIRS { Vec::new() } else { common(old, new) };
    let mut changes = Vec::new();
    let (mut from, mut to) = (0, 0);
    for (one, other) in kept.into_iter().chain([(old.len(), new.len())]) {
        changes.extend((from..one).map(|at| (same + at + 1, Change::Gone(old[at]))));
        changes.extend((to..other).map(|at| (same + at + 1, Change::Come(new[at]))));
        (from, to) = (one + 1, other + 1);
    }
    changes
}

/// The longest run of lines that stand in both, in the same order: their places.
fn common(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    let mut longest = vec![0_u32; (old.len() + 1) * width];
    for one in (0..old.len()).rev() {
        for other in (0..new.len()).rev() {
            longest[one * width + other] = if old[one] == new[other] {
                longest[(one + 1) * width + other + 1] + 1
            } else {
                longest[(one + 1) * width + other].max(longest[one * width + other + 1])
            };
        }
    }
    let (mut one, mut other) = (0, 0);
    let mut kept = Vec::new();
    while one < old.len() && other < new.len() {
        if old[one] == new[other] {
            kept.push((one, other));
            (one, other) = (one + 1, other + 1);
        } else if longest[(one + 1) * width + other] >= longest[one * width + other + 1] {
            one += 1;
        } else {
            other += 1;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(file: &str, sha256: &str) -> String {
        let at = DateTime::UNIX_EPOCH;
        let acceptance = Acceptance { at, file: file.to_owned(), sha256: sha256.to_owned() };
        serde_json::to_string(&acceptance).expect("JSON")
    }

    #[test]
    fn the_latest_acceptance_counts() {
        let text = format!("{}\n{}\n{{\"torn\": \n{}\n", line("/a", "1"), line("/b", "7"), line("/a", "2"));
        let trust = Trust::read(&text);
        assert_eq!(trust.judge("/a", "2"), Verdict::Trusted);
        assert_eq!(trust.judge("/b", "7"), Verdict::Trusted);
        assert_eq!(trust.judge("/c", "2"), Verdict::New);
        let changed = Verdict::Changed { since: DateTime::UNIX_EPOCH, sha256: "2".to_owned() };
        assert_eq!(trust.judge("/a", "1"), changed);
        assert_eq!(Trust::read("\u{0}\u{1}").judge("/a", "1"), Verdict::New);
    }

    #[test]
    fn what_changed_is_told_at_its_line() {
        use Change::{Come, Gone};
        assert_eq!(difference("a\nb\nc\n", "a\nb\nc\n"), []);
        assert_eq!(difference("a\nb\nc\n", "a\nx\nc\n"), [(2, Gone("b")), (2, Come("x"))]);
        assert_eq!(difference("a\nc\n", "a\nb\nc\nd\n"), [(2, Come("b")), (4, Come("d"))]);
        assert_eq!(difference("", "a\n"), [(1, Come("a"))]);
    }

    proptest! {
        #[test]
        fn a_difference_leads_from_one_to_the_other(old in "([abc]\n){0,12}", new in "([abc]\n){0,12}") {
            let changes = difference(&old, &new);
            let mut lines: Vec<&str> = old.lines().collect();
            for (at, change) in changes.iter().rev() {
                if let Change::Gone(_) = change {
                    lines.remove(at - 1);
                }
            }
            for (at, change) in &changes {
                if let Change::Come(line) = change {
                    lines.insert(at - 1, line);
                }
            }
            prop_assert_eq!(lines, new.lines().collect::<Vec<_>>());
        }
    }
}
