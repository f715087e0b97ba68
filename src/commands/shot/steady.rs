//! The demo lab listens where the system lets it, and its runbooks lie in a directory of their own. A picture
//! of it shows ports and a directory that are always the same, so that two pictures of one scenario are the
//! same bytes.

use ratatui::buffer::{Buffer, Cell};

use crate::demo::RUNBOOKS;

const LOOPBACK: &str = "127.0.0.1:";

/// The digits of every port that the system gives.
const DIGITS: usize = 5;

/// Writes for each of `ports`, wherever an address has it, the one beside it; what of it is cut off is cut
/// off before its first digit.
pub fn still(frame: &mut Buffer, ports: &[(u16, u16)]) {
    let width = usize::from(frame.area.width).max(1);
    for row in frame.content.chunks_mut(width) {
        // Of ASCII each character has a cell of its own.
        let text: Vec<u8> = row.iter().map(|cell| one(cell.symbol())).collect();
        // A line may begin in the middle of the name.
        let last = RUNBOOKS.rsplit_once("wardroom-").map_or(RUNBOOKS, |(_, last)| last);
        for start in after(&text, last) {
            let digits = digits(&text, start).len();
            if digits >= DIGITS {
                write(row, start, &"0".repeat(digits));
            }
        }
        for start in after(&text, LOOPBACK) {
            let digits = digits(&text, start);
            let shown = match ports.iter().find(|(port, _)| port.to_string().starts_with(&digits)) {
                Some((_, shown)) if digits.len() == DIGITS => format!("{shown:0DIGITS$}"),
                Some(_) if !digits.is_empty() => format!("{:width$}", "…", width = digits.len() + 1),
                _ => continue,
            };
            write(row, start, &shown);
        }
    }
}

/// Where something ends, each time.
fn after(text: &[u8], word: &str) -> Vec<usize> {
    let windows = text.windows(word.len()).enumerate();
    windows.filter_map(|(at, window)| (window == word.as_bytes()).then_some(at + word.len())).collect()
}

fn digits(text: &[u8], start: usize) -> String {
    let digits = text.iter().skip(start).take_while(|byte| byte.is_ascii_digit());
    digits.map(|byte| char::from(*byte)).collect()
}

fn write(row: &mut [Cell], start: usize, text: &str) {
    for (cell, char) in row.iter_mut().skip(start).zip(text.chars()) {
        cell.set_char(char);
    }
}

fn one(symbol: &str) -> u8 {
    match symbol.as_bytes() {
        [byte] => *byte,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::*;

    #[test]
    fn ports_of_the_lab_are_always_the_same() {
        for (before, after) in [
            ("│http://127.0.0.1:45361/x│", "│http://127.0.0.1:19090/x│"),
            ("│127.0.0.1:45362 127.0.0.1:45361│", "│127.0.0.1:13100 127.0.0.1:19090│"),
            ("│127.0.0.1:45…│", "│127.0.0.1:…  │"),
            ("│127.0.0.1:9116/snmp│", "│127.0.0.1:9116/snmp│"),
            ("│127.0.0.1:│", "│127.0.0.1:│"),
            ("│/tmp/wardroom-runbooks-0012345/a.md│", "│/tmp/wardroom-runbooks-0000000/a.md│"),
            ("│runbooks-0012345/a.md runbooks-1│", "│runbooks-0000000/a.md runbooks-1│"),
            ("│/tmp/wardroom-runbooks-00123…│", "│/tmp/wardroom-runbooks-00000…│"),
            ("│10.0.0.1:45361│", "│10.0.0.1:45361│"),
        ] {
            let width = u16::try_from(before.chars().count()).expect("a short line");
            let mut frame = Buffer::empty(Rect::new(0, 0, width, 1));
            frame.set_string(0, 0, before, ratatui::style::Style::new());
            still(&mut frame, &[(45361, 19090), (45362, 13100)]);
            let drawn: String = frame.content.iter().map(Cell::symbol).collect();
            assert_eq!(drawn, after);
        }
    }
}
