//! What is pasted, and what is put on the clipboard: text of others that comes by the operator's own hands.

use std::time::{Duration, Instant};

use wardroom::demo::Scenario;
use wardroom::text::is_plain;

use super::hostile::nasty;
use super::house::House;
use super::outputs::{poisoned, wait_for};
use super::pty::Pty;
use super::pty::escapes::foreign;
use super::quick::{dashboard, leave};

/// What begins the one sequence that sets the clipboard, and what ends it.
const CLIPBOARD: (&str, char) = ("\u{1b}]52;c;", '\u{7}');

/// What was put on the clipboard, and all else that was written.
fn apart(bytes: &[u8]) -> (Vec<String>, String) {
    let written = String::from_utf8_lossy(bytes).into_owned();
    let mut parts = written.split(CLIPBOARD.0);
    let mut rest = parts.next().unwrap_or_default().to_owned();
    let mut copied = Vec::new();
    for part in parts {
        let (packed, after) = part.split_once(CLIPBOARD.1).expect("it is ended");
        copied.push(String::from_utf8(unpacked(packed)).expect("text"));
        rest.push_str(after);
    }
    (copied, rest)
}

/// Base64 read; nothing else may stand there.
fn unpacked(packed: &str) -> Vec<u8> {
    let digit = |char: u8| match char {
        b'A'..=b'Z' => u32::from(char - b'A'),
        b'a'..=b'z' => u32::from(char - b'a') + 26,
        b'0'..=b'9' => u32::from(char - b'0') + 52,
        b'+' => 62,
        b'/' => 63,
        _ => panic!("{:?} in {packed:?}", char::from(char)),
    };
    let whole = packed.trim_end_matches('=').as_bytes();
    let bytes = whole.chunks(4).flat_map(|four| {
        let number = four.iter().fold(0, |number, char| number << 6 | digit(*char)) << (6 * (4 - four.len()));
        number.to_be_bytes().into_iter().skip(1).take(four.len() - 1)
    });
    bytes.collect()
}

/// Goes back until a text is gone.
fn back_until_gone(pty: &Pty, text: &str) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while pty.screen().contains(text) {
        assert!(Instant::now() < deadline, "{text:?} is still on\n{}", pty.screen());
        pty.keys("\u{1b}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn what_is_packed_is_read() {
    assert_eq!(unpacked("aGksIHlvdQ=="), b"hi, you");
    let (copied, rest) = apart(b"a\x1b]52;c;aGk=\x07b\x1b]52;c;\x07c");
    assert_eq!((copied, rest.as_str()), (vec!["hi".to_owned(), String::new()], "abc"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_is_pasted_and_copied_is_harmless_on_a_real_terminal() {
    let house = House::start(Scenario::HostDown).await;
    house.set(&poisoned());
    let text = house.text("timeout = \"60s\"").replacen("[ui]\n", "[ui]\nnotify = \"off\"\n", 1);
    let typing = tokio::task::spawn_blocking(move || {
        let (pty, _home) = dashboard(&text);
        wait_for(&pty, "HostDown");
        // A filter, a search, a name in the palette, the text of a silence.
        for keys in ["2/", "3/", "4/", ":", "2s"] {
            pty.keys(keys);
            pty.keys(&format!("\u{1b}[200~{}endmark\u{1b}[201~", nasty()));
            wait_for(&pty, "endmark");
            back_until_gone(&pty, "endmark");
        }
        // The labels of an alert.
        pty.keys("2");
        wait_for(&pty, "HostDown");
        pty.keys("y");
        let deadline = Instant::now() + Duration::from_mins(1);
        while !String::from_utf8_lossy(&pty.bytes()).contains(CLIPBOARD.0) {
            assert!(Instant::now() < deadline, "nothing is copied:\n{}", pty.screen());
            std::thread::sleep(Duration::from_millis(20));
        }
        wait_for(&pty, "copied");
        let bytes = pty.bytes();
        leave(pty);
        bytes
    });
    let (copied, rest) = apart(&typing.await.expect("no panic"));
    assert_eq!(foreign(rest.as_bytes()), Ok(()), "neither a title nor anything else");
    assert!(!copied.is_empty());
    for text in copied {
        assert!(text.contains("owned"), "it arrives, made harmless: {text:?}");
        let acts = text.chars().find(|char| *char != '\n' && !is_plain(*char));
        assert_eq!(acts, None, "{text:?}");
    }
}
