//! Which of the terminal's private modes are on, from all that was written to it.

use std::collections::BTreeSet;

/// What an ordinary terminal has on before any program runs: the cursor.
pub fn at_rest() -> BTreeSet<u16> {
    BTreeSet::from([25])
}

/// The modes that are on after `bytes`.
pub fn after(bytes: &[u8]) -> BTreeSet<u16> {
    let mut on = at_rest();
    for start in bytes.windows(3).enumerate().filter(|(_, window)| window == b"\x1b[?").map(|(at, _)| at + 3)
    {
        let rest = bytes.get(start..).unwrap_or_default();
        let Some(end) = rest.iter().position(u8::is_ascii_alphabetic) else { continue };
        let numbers = String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned();
        for mode in numbers.split(';').filter_map(|mode| mode.parse().ok()) {
            match rest.get(end) {
                Some(b'h') => on.insert(mode),
                Some(b'l') => on.remove(&mode),
                _ => false,
            };
        }
    }
    on
}

#[test]
fn modes_are_followed() {
    assert_eq!(after(b"\x1b[?1049;2004hx\x1b[?25l"), BTreeSet::from([1049, 2004]));
    assert_eq!(after(b"\x1b[?1049h\x1b[?1049l"), at_rest());
}
