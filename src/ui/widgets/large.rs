//! Words in large letters, five cells high: to be read across a room.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::paint::put;

/// How many lines a word takes.
pub const HEIGHT: u16 = 5;

/// How many cells a letter takes, with the gap behind it.
const LETTER: u16 = 6;

/// Each letter as five rows of five cells.
const LETTERS: [(char, [&str; 5]); 23] = [
    ('0', [" ### ", "#   #", "#   #", "#   #", " ### "]),
    ('1', ["  #  ", " ##  ", "  #  ", "  #  ", " ### "]),
    ('2', ["#### ", "    #", " ### ", "#    ", "#####"]),
    ('3', ["#### ", "    #", " ### ", "    #", "#### "]),
    ('4', ["#   #", "#   #", "#####", "    #", "    #"]),
    ('5', ["#####", "#    ", "#### ", "    #", "#### "]),
    ('6', [" ### ", "#    ", "#### ", "#   #", " ### "]),
    ('7', ["#####", "    #", "   # ", "  #  ", "  #  "]),
    ('8', [" ### ", "#   #", " ### ", "#   #", " ### "]),
    ('9', [" ### ", "#   #", " ####", "    #", " ### "]),
    (':', ["     ", "  #  ", "     ", "  #  ", "     "]),
    ('A', [" ### ", "#   #", "#####", "#   #", "#   #"]),
    ('C', [" ####", "#    ", "#    ", "#    ", " ####"]),
    ('G', [" ####", "#    ", "#  ##", "#   #", " ### "]),
    ('I', [" ### ", "  #  ", "  #  ", "  #  ", " ### "]),
    ('K', ["#  # ", "# #  ", "##   ", "# #  ", "#  # "]),
    ('L', ["#    ", "#    ", "#    ", "#    ", "#####"]),
    ('N', ["#   #", "##  #", "# # #", "#  ##", "#   #"]),
    ('O', [" ### ", "#   #", "#   #", "#   #", " ### "]),
    ('R', ["#### ", "#   #", "#### ", "#  # ", "#   #"]),
    ('T', ["#####", "  #  ", "  #  ", "  #  ", "  #  "]),
    ('U', ["#   #", "#   #", "#   #", "#   #", " ### "]),
    ('W', ["#   #", "#   #", "# # #", "## ##", "#   #"]),
];

/// How many cells a word takes.
pub fn width(word: &str) -> u16 {
    u16::try_from(word.chars().count()).unwrap_or(u16::MAX).saturating_mul(LETTER).saturating_sub(1)
}

/// Draws a word; a character without a large form leaves a gap.
pub fn draw(buffer: &mut Buffer, at: (u16, u16), word: &str, style: Style) {
    for (nth, char) in (0_u16..).zip(word.chars()) {
        let Some((_, rows)) = LETTERS.iter().find(|(have, _)| *have == char) else { continue };
        for (y, row) in (at.1..).zip(rows) {
            let x = at.0.saturating_add(nth.saturating_mul(LETTER));
            put(buffer, (x, y), &row.replace('#', "█"), LETTER, style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_and_every_time_can_be_written() {
        for word in ["OK", "WARNING", "CRITICAL", "UNKNOWN", "0123456789:"] {
            for char in word.chars() {
                let rows = LETTERS.iter().find(|(have, _)| *have == char).map(|(_, rows)| rows);
                let rows = rows.unwrap_or_else(|| panic!("{char} has no large form"));
                assert!(rows.iter().all(|row| row.chars().count() == 5), "{char}");
            }
        }
        assert_eq!(width("OK"), 11);
    }
}
