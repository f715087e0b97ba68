//! The signs on the screen, each of one cell in common monospace fonts, and their ASCII twins.

use ratatui::buffer::Buffer;

/// Critical.
pub const CRITICAL: &str = "▲";
/// A warning.
pub const WARNING: &str = "◆";
/// Measured, recent, good.
pub const OK: &str = "●";
/// Failed or down.
pub const FAILED: &str = "✗";
/// Silenced or exempt.
pub const SILENCED: &str = "○";
/// Acknowledged.
pub const ACKNOWLEDGED: &str = "◇";
/// Not known.
pub const UNKNOWN: &str = "?";
/// Under way.
pub const RUNNING: &str = "…";
/// Not answered or not firing yet.
pub const PENDING: &str = "◌";
/// The bar of the selected row.
pub const BAR: &str = "▌";
/// The mark of a row that the operator marked.
pub const MARK: &str = "■";
/// The bar of the selected row when it is marked too.
pub const MARKED_BAR: &str = "█";
/// Before the name of a group whose rows are shown.
pub const UNFOLDED: &str = "▾";
/// Before the name of a group whose rows are not shown.
pub const FOLDED: &str = "▸";
/// Behind the title of the column that the rows are sorted by.
pub const SORTED: &str = "↓";
/// A time in which an alert fired.
pub const FIRED: &str = "▇";
/// A time in which an alert was pending.
pub const WAITED: &str = "▂";
/// A filled piece of a gauge.
pub const FULL: &str = "▰";
/// An empty piece of a gauge.
pub const EMPTY: &str = "▱";
/// What stands between the origin and the text of a log line.
pub const RULE: &str = "│";
/// A horizontal line.
pub const LINE: &str = "─";
/// A place that was marked.
pub const BOOKMARK: &str = "»";
/// Bars, the lowest first.
pub const BARS: [&str; 7] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇"];

/// The small digit before the title of a pane: the key of its view.
pub const fn superscript(digit: u8) -> &'static str {
    match digit {
        1 => "¹",
        2 => "²",
        3 => "³",
        4 => "⁴",
        5 => "⁵",
        6 => "⁶",
        7 => "⁷",
        8 => "⁸",
        9 => "⁹",
        _ => "",
    }
}

/// What may be drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Glyphs {
    /// All of them.
    #[default]
    Unicode,
    /// ASCII only, for fonts and terminals without the rest.
    Ascii,
}

/// Every sign that we draw, with its twin.
const TWINS: [(&str, &str); 54] = [
    (BOOKMARK, ">"),
    (BARS[0], "."),
    (BARS[1], ":"),
    (BARS[2], "-"),
    (BARS[3], "="),
    (BARS[4], "+"),
    (BARS[5], "*"),
    (BARS[6], "#"),
    (CRITICAL, "!"),
    (WARNING, "*"),
    (OK, "+"),
    (FAILED, "x"),
    (SILENCED, "o"),
    (ACKNOWLEDGED, "~"),
    (RUNNING, "."),
    (PENDING, "-"),
    (BAR, ">"),
    (FULL, "#"),
    (EMPTY, "."),
    (RULE, "|"),
    (LINE, "-"),
    ("╭", "+"),
    ("╮", "+"),
    ("╰", "+"),
    ("╯", "+"),
    ("├", "+"),
    ("┤", "+"),
    ("└", "`"),
    ("·", "-"),
    ("–", "-"),
    ("›", ">"),
    ("→", ">"),
    ("↓", "v"),
    ("↑", "^"),
    ("‘", "'"),
    ("’", "'"),
    ("“", "\""),
    ("”", "\""),
    (MARKED_BAR, "@"),
    (MARK, "#"),
    (FIRED, "#"),
    (WAITED, "_"),
    (UNFOLDED, "v"),
    (FOLDED, ">"),
    ("█", "_"),
    ("¹", "1"),
    ("²", "2"),
    ("³", "3"),
    ("⁴", "4"),
    ("⁵", "5"),
    ("⁶", "6"),
    ("⁷", "7"),
    ("⁸", "8"),
    ("⁹", "9"),
];

impl Glyphs {
    /// A line with the twins in the place of the signs.
    pub fn line(self, text: &str) -> String {
        let twin = |char: char| {
            let twin = TWINS.iter().find(|(sign, _)| sign.chars().eq([char]));
            twin.map_or_else(|| char.to_string(), |(_, twin)| (*twin).to_owned())
        };
        if self == Self::Unicode { text.to_owned() } else { text.chars().map(twin).collect() }
    }

    /// Puts the twins in the place of the signs: over the whole frame, so that none is forgotten.
    /// Text of others (a name in another script) stays as it is.
    pub fn apply(self, buffer: &mut Buffer) {
        if self == Self::Unicode {
            return;
        }
        for cell in &mut buffer.content {
            let twin = TWINS.iter().find(|(sign, _)| *sign == cell.symbol());
            if let Some((_, twin)) = twin {
                cell.set_symbol(twin);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_takes_one_cell_and_so_does_its_twin() {
        for (sign, twin) in TWINS {
            assert_eq!(crate::text::width(sign), 1, "{sign}");
            assert!(twin.len() == 1 && twin.is_ascii(), "{sign}");
        }
    }
}
