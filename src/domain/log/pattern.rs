//! What is new among lines: those of a pattern that did not occur before.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::Line;

/// A line without what differs each time: every word with a digit in it stands for any other. Two
/// lines with the same pattern say the same.
fn pattern(line: &Line) -> u64 {
    let mut hash = DefaultHasher::new();
    line.level.hash(&mut hash);
    let words = line.text.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty());
    for word in words {
        let is_number = word.bytes().any(|byte| byte.is_ascii_digit());
        // A name in hexadecimal may have no digit by chance.
        let is_code = word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_number || is_code { "#".hash(&mut hash) } else { word.hash(&mut hash) }
    }
    hash.finish()
}

/// The patterns of lines that were there before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patterns(HashSet<u64>);

impl Patterns {
    /// The patterns of these lines.
    pub fn of<'l>(lines: impl IntoIterator<Item = &'l Line>) -> Self {
        Self(lines.into_iter().map(pattern).collect())
    }

    /// Whether none of them looked like this one.
    pub fn lack(&self, line: &Line) -> bool {
        !self.0.contains(&pattern(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::labels::Labels;
    use crate::domain::log::Level;

    fn line(text: &str) -> Line {
        Line::new(0, Labels::default(), text, Level::Unknown)
    }

    #[test]
    fn numbers_make_nothing_new() {
        let before = [line("GET /api/v1 took 13ms id=9f86d081884c"), line("user sam logged in")];
        let patterns = Patterns::of(&before);
        for (text, is_new) in [
            ("GET /api/v2 took 7ms id=deadbeef", false),
            ("user sam logged in", false),
            ("user eve logged in", true),
            ("disk sda failed", true),
        ] {
            assert_eq!(patterns.lack(&line(text)), is_new, "{text}");
        }
        let worse = Line::new(0, Labels::default(), "user sam logged in", Level::Error);
        assert!(patterns.lack(&worse), "what is now an error is new");
    }
}
