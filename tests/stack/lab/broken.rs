//! Endpoints that fail, each in its own way.

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use super::serve::{Answer, Reply};

/// The answer of `/broken/KIND`.
pub fn answer(kind: &str) -> Answer {
    let reply = match kind {
        "slow" => return Answer::Late(Reply::text(200, "late 1\n")),
        "drip" => return Answer::Drip,
        "truncated" => return Answer::Truncated(b"a_metric 1\n"),
        "reset" => return Answer::Reset,
        "401" | "403" | "404" | "429" | "500" | "503" => {
            Reply::text(kind.parse().unwrap_or(500), format!("error {kind} \u{1b}[31mred\u{1b}[0m\n"))
        }
        "garbage" => Reply::text(200, "\u{7f}ELF\u{2}\u{1} not metrics at all {{{ é\n"),
        "html" => Reply::of("text/html", 200, "<!doctype html><html><title>Login</title></html>"),
        "binary" => Reply::of("application/octet-stream", 200, (0..=u8::MAX).collect::<Vec<_>>()),
        "empty" => Reply::text(200, ""),
        "redirect" => Reply::redirect("/broken/redirect"),
        "dup" => Reply::text(200, "dup_metric 1\ndup_metric 2\nold_metric 1 1000\n"),
        "many" => Reply::text(200, many(500)),
        "flap" => flap(),
        _ => Reply::text(404, "not found\n"),
    };
    Answer::Whole(reply)
}

fn many(count: u32) -> String {
    (0..count).fold(String::new(), |mut text, index| {
        writeln!(text, "many{{i=\"{index}\"}} {index}").expect("a String takes every text");
        text
    })
}

/// Ten seconds up, ten seconds down.
fn flap() -> Reply {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    if seconds / 10 % 2 == 1 { Reply::text(200, "flap 1\n") } else { Reply::text(500, "flapping\n") }
}
