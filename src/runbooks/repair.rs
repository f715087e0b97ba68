//! Text that was once read in the wrong encoding: `â€“` for `–`.

use std::borrow::Cow;

/// What Windows-1252 has at 0x80 to 0x9f. The five bytes that it leaves free stand for themselves.
const UPPER: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text with every run repaired that is UTF-8 read as Windows-1252. A run that would not be
/// valid UTF-8 is what it seems to be, and stays. For showing only: code is never repaired.
pub fn repair(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut repaired = String::with_capacity(text.len());
    let mut changed = false;
    let mut rest = text;
    while let Some(start) = rest.find(|char: char| !char.is_ascii()) {
        let (plain, tail) = rest.split_at(start);
        let end = tail.find(|char: char| char.is_ascii()).unwrap_or(tail.len());
        let (run, tail) = tail.split_at(end);
        repaired.push_str(plain);
        match meant(run) {
            Some(meant) => {
                changed = true;
                repaired.push_str(&meant);
            }
            None => repaired.push_str(run),
        }
        rest = tail;
    }
    repaired.push_str(rest);
    if changed { Cow::Owned(repaired) } else { Cow::Borrowed(text) }
}

/// What a run of foreign characters was before it was misread.
fn meant(run: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> = run.chars().map(byte).collect();
    String::from_utf8(bytes?).ok()
}

fn byte(char: char) -> Option<u8> {
    match u32::from(char) {
        code @ 0xa0..=0xff => u8::try_from(code).ok(),
        _ => UPPER.iter().position(|upper| *upper == char).and_then(|at| u8::try_from(0x80 + at).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::repair;

    #[test]
    fn what_was_misread_is_mended_and_nothing_else() {
        for (broken, whole) in [
            ("plain", "plain"),
            ("**Diagram** â€“ data flow", "**Diagram** – data flow"),
            ("Status: ðŸŸ\u{a0} **In Progress** â€“ x", "Status: 🟠 **In Progress** – x"),
            ("a – dash, “quotes”, café, → arrows", "a – dash, “quotes”, café, → arrows"),
            ("├─ YES", "├─ YES"),
            ("磁盘", "磁盘"),
            ("CafÃ©", "Café"),
        ] {
            assert_eq!(repair(broken), whole);
        }
    }
}
