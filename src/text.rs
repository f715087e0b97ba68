//! Text for a terminal: made harmless, measured in cells, and numbers in the words of a person.

use std::borrow::Cow;

use chrono::TimeDelta;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// No text of another is kept beyond this many bytes: a label of a megabyte helps nobody.
pub const LONGEST: usize = 64 << 10;

/// What stands for a character that a terminal might act on.
const HARMLESS: char = '\u{b7}';

/// More combining marks than this on one character are a flood, not a language.
const MARKS: usize = 4;

/// Makes the text of another harmless: one line, without control characters, escape sequences,
/// direction overrides or invisible characters, and not endless. Every byte that comes from the
/// network, a file or a command passes here before it is kept.
///
/// Colour sequences are dropped whole; anything else a terminal might act on leaves a `·` behind,
/// so that a strange text looks strange.
pub fn sanitise(text: &str) -> Cow<'_, str> {
    let text = bounded(text, LONGEST);
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.chars();
    let mut marks = 0;
    while let Some(char) = rest.next() {
        if char == '\u{1b}'
            && let Some(after) = colour_sequence(rest.as_str())
        {
            rest = after.chars();
            continue;
        }
        let is_mark = char > '\u{2ff}' && unicode_width::UnicodeWidthChar::width(char) == Some(0);
        marks = if is_mark { marks + 1 } else { 0 };
        match char {
            '\t' | '\n' | '\r' => clean.push(' '),
            _ if !is_plain(char) => clean.push(HARMLESS),
            _ if is_mark && marks > MARKS => {}
            _ => clean.push(char),
        }
    }
    Cow::Owned(clean)
}

/// As [`sanitise`], but keeps the line breaks: for texts that are shown as paragraphs.
pub fn sanitise_lines(text: &str) -> String {
    let text = bounded(text, LONGEST);
    text.lines().map(sanitise).collect::<Vec<_>>().join("\n")
}

/// The text as it may be written to whoever reads it, a terminal among them: with its line breaks, and
/// without anything that acts. The last of the doors; what comes from others passed another before.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let is_fine = |char: char| char == '\n' || is_plain(char);
    if text.chars().all(is_fine) {
        return Cow::Borrowed(text);
    }
    let replaced = text.chars().map(|char| match char {
        char if is_fine(char) => char,
        '\t' => ' ',
        _ => HARMLESS,
    });
    Cow::Owned(replaced.collect())
}

/// The text up to `most` bytes, cut between characters.
pub fn bounded(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or(text)
}

/// What follows a colour sequence (`[`, digits and `;`, `m`); `None` if this is none.
fn colour_sequence(text: &str) -> Option<&str> {
    let body = text.strip_prefix('[')?;
    let rest = body.trim_start_matches(|char: char| char.is_ascii_digit() || char == ';' || char == ':');
    rest.strip_prefix('m')
}

/// Whether a terminal shows this character as it is, and nothing more.
pub fn is_plain(char: char) -> bool {
    !char.is_control() && !is_hostile(char)
}

/// Whether a terminal shows all of a text as it is.
pub fn is_all_plain(text: &str) -> bool {
    // Nearly all of it is ASCII, for which no list is gone through.
    text.chars().all(|char| matches!(char, ' '..='~') || is_plain(char))
}

/// Characters that no terminal prints but that change what a reader sees.
const fn is_hostile(char: char) -> bool {
    matches!(char,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether every character of a text takes one cell and joins none of its neighbours: letters and
/// signs of ASCII, lines, blocks and the like. Nearly all that is drawn is so, and needs no tables to
/// be measured or cut.
pub fn is_simple(text: &str) -> bool {
    let single = |char: char| matches!(char, ' '..='~' | '·' | '…' | '▲' | '●' | '\u{2500}'..='\u{259f}');
    text.chars().all(single)
}

/// How many cells a text takes.
pub fn width(text: &str) -> usize {
    if is_simple(text) { text.chars().count() } else { UnicodeWidthStr::width(text) }
}

/// The text cut to at most `cells` cells, with `…` where something is missing.
pub fn truncate(text: &str, cells: usize) -> Cow<'_, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    if cells == 0 {
        return Cow::Borrowed("");
    }
    let mut kept = String::new();
    let mut used = 0;
    for piece in text.graphemes(true) {
        let next = used + width(piece);
        if next > cells - 1 {
            break;
        }
        kept.push_str(piece);
        used = next;
    }
    kept.push('…');
    Cow::Owned(kept)
}

/// So many of something: `1 entry`, `3 entries`.
pub fn number(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A span in at most two units: `41s`, `14m`, `1h02`, `3d`. A span in the future is `0s`.
pub fn age(span: TimeDelta) -> String {
    let seconds = span.num_seconds().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..36_000 => format!("{}h{:02}", seconds / 3_600, seconds / 60 % 60),
        36_000..172_800 => format!("{}h", seconds / 3_600),
        172_800..63_072_000 => format!("{}d", seconds / 86_400),
        _ => format!("{}y", seconds / 31_536_000),
    }
}

/// An age in seconds; `–` when there is none.
pub fn age_of(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "–".to_owned(), |seconds| age(delta(seconds)))
}

/// The span of so many seconds.
#[expect(clippy::cast_possible_truncation, reason = "a span of 292 million years is long enough")]
fn delta(seconds: f64) -> TimeDelta {
    TimeDelta::milliseconds((seconds * 1000.0) as i64)
}

/// A configured span in seconds: `15s`, `1m`, `0.5s`.
pub fn span(seconds: f64) -> String {
    if seconds.fract().abs() < 0.05 { age_of(Some(seconds)) } else { took(seconds) }
}

/// A size in three digits and a unit of 1024: `412G`, `1.2T`, `88M`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 7] = ["B", "K", "M", "G", "T", "P", "E"];
    let mut size = count as f64;
    let mut unit = 0;
    while size >= 999.5 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    let unit = UNITS.get(unit).unwrap_or(&"");
    if size < 9.95 && *unit != "B" { format!("{size:.1}{unit}") } else { format!("{size:.0}{unit}") }
}

/// How long something took: `3ms`, `1.2s`.
pub fn took(seconds: f64) -> String {
    if seconds < 0.9995 { format!("{:.0}ms", seconds * 1000.0) } else { format!("{seconds:.1}s") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_that_a_terminal_acts_on_gets_through() {
        for (raw, clean) in [
            ("plain", "plain"),
            ("\u{1b}[31mRED\u{1b}[0m", "RED"),
            ("\u{1b}]0;title\u{7}x", "·]0;title·x"),
            ("\u{1b}[2Jx", "·[2Jx"),
            ("a\r\nb\tc", "a  b c"),
            ("abc\u{202e}gpj.exe", "abc·gpj.exe"),
            ("c1:\u{9b}31mX", "c1:·31mX"),
            ("a\0b", "a·b"),
            ("磁盘 e\u{301}", "磁盘 e\u{301}"),
        ] {
            assert_eq!(sanitise(raw), clean, "{raw:?}");
        }
        let flood = format!("e{}", "\u{301}".repeat(1000));
        assert_eq!(sanitise(&flood).chars().count(), 1 + MARKS);
    }

    #[test]
    fn spans_and_sizes() {
        let spans = [(0, "0s"), (59, "59s"), (840, "14m"), (3_720, "1h02"), (93_600, "26h"), (259_200, "3d")];
        for (seconds, text) in spans {
            assert_eq!(age(TimeDelta::seconds(seconds)), text);
        }
        let sizes = [(0, "0B"), (1023, "1.0K"), (442_381_631_488, "412G"), (5_497_558_138_880, "5.0T")];
        for (count, text) in sizes {
            assert_eq!(bytes(count), text);
        }
        assert_eq!(took(0.0031), "3ms");
        assert_eq!(took(1.23), "1.2s");
    }

    proptest! {
        #[test]
        fn a_clean_text_has_no_control_characters(raw in "\\PC*|[\\x00-\\u{ff}]*|.*") {
            let clean = sanitise(&raw);
            prop_assert!(!clean.chars().any(|char| char.is_control() || is_hostile(char)));
            prop_assert_eq!(sanitise(&clean), clean.as_ref());
        }

        #[test]
        fn a_cut_text_fits(raw in "\\PC{0,40}", cells in 0usize..30) {
            prop_assert!(width(&truncate(&sanitise(&raw), cells)) <= cells);
        }
    }
}
