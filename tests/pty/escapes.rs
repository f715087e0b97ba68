//! What the program may write to a terminal, and nothing else: a strict reading of its bytes.

use std::str::Chars;

/// The private modes that the program switches: alternate screen, cursor, bracketed paste, focus,
/// one update at a time.
const MODES: [&str; 5] = ["1049", "25", "2004", "1004", "2026"];

/// Those that it switches off when it leaves, and on only where the mouse is wanted.
const MOUSE: [&str; 2] = ["1002", "1006"];

/// The first thing in `bytes` that is not the program's own: a control character other than CR, LF
/// and BS, a sequence outside its set, a character that hides or turns text.
pub fn foreign(bytes: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).or_else(|error| match error.error_len() {
        // The last character is still on its way.
        None => {
            Ok(std::str::from_utf8(bytes.get(..error.valid_up_to()).unwrap_or_default()).unwrap_or_default())
        }
        Some(_) => Err(format!("bytes that are no text at {}", error.valid_up_to())),
    })?;
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        let verdict = match char {
            '\u{1b}' => sequence(&mut chars),
            '\r' | '\n' | '\u{8}' => Ok(()),
            _ if char.is_control() => Err(format!("control character U+{:04X}", u32::from(char))),
            _ if is_deceiving(char) => Err(format!("invisible character U+{:04X}", u32::from(char))),
            _ => Ok(()),
        };
        verdict.map_err(|reason| {
            let rest: String = chars.as_str().chars().take(40).collect();
            format!("{reason}, before {rest:?}")
        })?;
    }
    Ok(())
}

/// Reads one sequence after its escape character.
fn sequence(chars: &mut Chars<'_>) -> Result<(), String> {
    let Some(opening) = chars.next() else { return Ok(()) };
    // Ends a string that some other program may have left open: by itself it does nothing.
    if opening == '\\' {
        return Ok(());
    }
    if opening == ']' {
        return link(chars);
    }
    if opening != '[' {
        return Err(format!("sequence ESC {opening:?}"));
    }
    let mut parameters = String::new();
    // The rest may still be on its way.
    for char in chars.by_ref() {
        if matches!(char, '0'..='?') {
            parameters.push(char);
        } else {
            let known = is_own(&parameters, char);
            return if known { Ok(()) } else { Err(format!("sequence CSI {parameters} {char:?}")) };
        }
    }
    Ok(())
}

/// Reads a link: what follows `ESC ]` up to `ESC \`.
fn link(chars: &mut Chars<'_>) -> Result<(), String> {
    let mut text = String::new();
    // The rest may still be on its way.
    while let Some(char) = chars.next() {
        if char == '\u{1b}' {
            let ends = chars.next().is_none_or(|char| char == '\\');
            return if ends && is_link(&text) { Ok(()) } else { Err(format!("sequence OSC {text:?}")) };
        }
        text.push(char);
        let begins = text.starts_with("8;") || text == "8";
        if !begins || !char.is_ascii_graphic() || text.len() > 1_020 {
            return Err(format!("sequence OSC {text:?}"));
        }
    }
    Ok(())
}

/// Whether it begins one to a page under a number of ours, or ends one.
fn is_link(text: &str) -> bool {
    let Some((name, address)) = text.strip_prefix("8;").and_then(|rest| rest.split_once(';')) else {
        return false;
    };
    let is_ours = name
        .strip_prefix("id=w")
        .is_some_and(|number| !number.is_empty() && number.chars().all(|char| char.is_ascii_digit()));
    let is_page = address.starts_with("http://") || address.starts_with("https://");
    (name.is_empty() && address.is_empty()) || (is_ours && is_page)
}

fn is_own(parameters: &str, kind: char) -> bool {
    let numbers = || parameters.chars().all(|char| char.is_ascii_digit() || char == ';');
    match kind {
        // The cursor, erasing, scrolling, the scroll region.
        'A'..='H' | 'd' | 'f' | 'J' | 'K' | 'X' | 'L' | 'M' | 'S' | 'T' | 'r' => numbers(),
        'm' => is_calm(parameters),
        'c' => parameters.is_empty() || parameters == "0",
        'h' | 'l' => parameters.strip_prefix('?').is_some_and(|modes| {
            let is_known = |mode| MODES.contains(&mode) || (kind == 'l' && MOUSE.contains(&mode));
            modes.split(';').all(is_known)
        }),
        _ => false,
    }
}

/// Whether a colour sequence neither blinks nor hides.
fn is_calm(parameters: &str) -> bool {
    let mut codes = parameters.split(';');
    while let Some(code) = codes.next() {
        match code {
            "38" | "48" | "58" => {
                let left = match codes.next() {
                    Some("5") => 1,
                    Some("2") => 3,
                    _ => return false,
                };
                for _ in 0..left {
                    if codes.next().is_none_or(|value| value.parse::<u8>().is_err()) {
                        return false;
                    }
                }
            }
            "5" | "6" | "8" => return false,
            _ if code.chars().all(|char| char.is_ascii_digit() || char == ':') => {}
            _ => return false,
        }
    }
    true
}

/// Characters that turn the direction of a text or cannot be seen.
const fn is_deceiving(char: char) -> bool {
    matches!(char,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[test]
fn the_programs_own_sequences_pass() {
    for own in [
        "plain ▲ 磁盘\r\n\u{8}",
        "\x1b[?1049h\x1b[?25l\x1b[?2026h\x1b[2J\x1b[H\x1b[12;40Hx\x1b[K\x1b[?2026l",
        "\x1b[0;1;31m\x1b[38;5;208m\x1b[48;2;1;2;3m\x1b[39;49m\x1b[m",
        "\x1b[2;20r\x1b[3S\x1b[r\x1b[c",
        "cut in the middle \x1b[38;5",
        "\x1b]8;id=w12;https://docs.example/a?b=c#d\x1b\\a page\x1b]8;;\x1b\\",
        "cut in the middle \x1b]8;id=w1;https://do",
        "whatever was open is closed \x1b\\\x1b[?2026l\x1b[m",
    ] {
        assert_eq!(foreign(own.as_bytes()), Ok(()), "{own:?}");
    }
    assert_eq!(foreign(&"▲".as_bytes()[..2]), Ok(()), "a character may still be on its way");
}

#[test]
fn what_comes_from_elsewhere_is_found() {
    for hostile in [
        "\x1b]0;title\x07",
        "\x1b]8;;http://evil.invalid\x1b\\",
        "\x1b]8;id=evil;http://evil.invalid\x1b\\",
        "\x1b]8;id=w1;javascript:alert(1)\x1b\\",
        "\x1b]8;id=w1;http://evil.invalid\x07",
        "\x1b]8;id=w1;http://evil invalid\x1b\\",
        "\x1b]8;id=w1;http://evil.invalid\x1b[2J",
        "\x1b]52;c;AAAA\x1b\\",
        "\x1b[5mblink",
        "\x1b[8mhidden",
        "\x1b[38;9m",
        "\x1b[?1000h",
        "\x1b[?1002h",
        "\x1b[5n",
        "\x1bP+q\x1b\\",
        "\x1b7",
        "bell\x07",
        "tab\t",
        "nul\0",
        "del\x7f",
        "\u{9b}31m",
        "\u{202e}gpj.exe",
        "zero\u{200b}width",
    ] {
        assert!(foreign(hostile.as_bytes()).is_err(), "{hostile:?} was not found");
    }
    assert!(foreign(b"\xff\xfe").is_err(), "bytes that are no text");
}
