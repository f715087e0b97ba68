//! Whatever the bytes are, reading answers, soon, and without a panic.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use wardroom::runbooks::document::Node;
use wardroom::runbooks::model::{Lang, ProcedureKind};

use super::{OWNER, bytes, nodes};

/// Pieces that Markdown gives a meaning, and some that nobody does.
const PIECES: [&str; 34] = [
    "# ",
    "### Alert: X\n",
    "#### Resolution\n",
    "**Scenario A: x**\n",
    "**Key:** value\n",
    "Symptoms:\n\n",
    "\n",
    "\n\n",
    "```bash\n",
    "```\n",
    "~~~\n",
    "   ",
    "    ",
    "\t",
    "- [ ] ",
    "1. ",
    "9999999999999999999. ",
    "* ",
    "> ",
    "| a | b |\n|---|---|\n",
    "| `x` |",
    "<details>\n",
    "</details>\n",
    "<!-- host: x -->\n",
    "<!--",
    "ssh a@b\n",
    "<VMID>",
    "├─ YES → x\n",
    "â€“",
    "\r",
    "\r\n",
    "\u{feff}",
    "$(date +%F)",
    "[a](#b)",
];

fn check(raw: &[u8]) {
    let book = wardroom::runbooks::reviewed("x.md", raw);
    let text = String::from_utf8_lossy(raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(raw)).into_owned();
    for node in nodes(&book) {
        if let Node::Code { block, .. } = node {
            assert!(text.get(block.span.clone()).is_some(), "a range of the text: {:?}", block.span);
            assert!(block.lines.0 >= 1 && block.lines.1 + 1 >= block.lines.0, "{:?}", block.lines);
            assert!(!block.runnable || matches!(block.lang, Lang::Shell | Lang::Promql));
            assert_eq!(block.runnable, block.reasons.is_empty());
        }
    }
    let mut ids: Vec<&str> = book.procedures.iter().map(|procedure| procedure.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), book.procedures.len(), "each procedure has its own name");
    for procedure in &book.procedures {
        assert_eq!(
            procedure.kind == ProcedureKind::Alert,
            book.procedure(&procedure.id).is_some_and(|one| {
                wardroom::runbooks::roles::alert(&one.title).is_some() && one.kind == ProcedureKind::Alert
            })
        );
        let (from, to) = procedure.source_lines;
        assert!(from >= 1 && to >= from, "{:?}", procedure.source_lines);
    }
    assert!(book.lints.iter().all(|lint| lint.line >= 1 && lint.column >= 1), "{:?}", book.lints);
    assert!(serde_json::to_string(&book).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read(raw in proptest::collection::vec(any::<u8>(), 0..400)) {
        check(&raw);
    }

    #[test]
    fn any_markdown_is_read(pieces in proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..60)) {
        check(pieces.concat().as_bytes());
    }

    #[test]
    fn a_runbook_that_was_cut_or_damaged_is_read(
        name in proptest::sample::select(&OWNER[..]),
        cut in any::<proptest::sample::Index>(),
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..8),
    ) {
        let mut raw = bytes(name);
        for (at, byte) in damage {
            let at = at.index(raw.len());
            raw[at] = byte;
        }
        raw.truncate(cut.index(raw.len()));
        check(&raw);
    }
}

#[test]
fn a_flood_is_read_soon() {
    let mega = |piece: &str| piece.repeat((1 << 18) / piece.len());
    for (name, text) in [
        ("headings", mega("# a\n")),
        ("alternating headings", mega("# a\n### b\n")),
        ("alerts", mega("### Alert: X\n```bash\nuptime\n```\n")),
        ("parts", mega("## Steps\n")),
        ("quotes", "> ".repeat(50_000)),
        ("lists", "- ".repeat(50_000)),
        ("nested lists", (0..2_000).fold(String::new(), |text, depth| text + &" ".repeat(depth) + "- a\n")),
        ("emphasis", mega("**a* ")),
        ("brackets", mega("[a](")),
        ("fences", mega("```\n")),
        ("details", mega("<details>\n\n")),
        ("comments", mega("<!-- host: x -->\n")),
        ("one block", format!("### A\n```bash\n{}```\n", mega("ssh a@10.0.0.1\n"))),
        ("yaml", format!("### A\n```bash\n{}```\n", mega("a:\n  b: c\n"))),
        ("stops", format!("### A\n```bash\n{}```\n", mega("sudo systemctl stop a\n"))),
        ("dates", format!("### A\n```bash\n{}```\n", mega("cp a b-$(date +%F)\n"))),
        ("tables", mega("| a | b |\n|---|---|\n| c | d |\n\n")),
        ("one line", mega("a")),
        ("zeros", "\0".repeat(1 << 18)),
    ] {
        let start = Instant::now();
        let book = wardroom::runbooks::reviewed("x.md", text.as_bytes());
        // A build without optimisation on a busy machine; what grows with the square takes minutes.
        assert!(start.elapsed() < Duration::from_secs(20), "{name}: {:?}", start.elapsed());
        assert!(!book.title.is_empty(), "{name}");
    }
}

#[test]
fn other_line_ends_and_marks_change_nothing() {
    for name in OWNER {
        let plain = wardroom::runbooks::reviewed(name, &bytes(name));
        let text = String::from_utf8(bytes(name)).expect("text");
        for other in [text.replace('\n', "\r\n"), format!("\u{feff}{text}")] {
            let read = wardroom::runbooks::reviewed(name, other.as_bytes());
            let told = |book: &wardroom::runbooks::Runbook| -> Vec<_> {
                book.procedures
                    .iter()
                    .flat_map(|one| {
                        one.blocks().into_iter().map(|place| (place.block.lines, place.block.text.clone()))
                    })
                    .collect()
            };
            assert_eq!(told(&read), told(&plain), "{name}");
            let lints = |book: &wardroom::runbooks::Runbook| -> Vec<_> {
                book.lints.iter().map(|lint| (lint.line, lint.column, lint.code)).collect()
            };
            assert_eq!(lints(&read), lints(&plain), "{name}");
        }
    }
}
