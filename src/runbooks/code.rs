//! What a piece of code is, and whether it may be run at all.

use super::model::{Block, Lang};
use crate::text;

/// The language by the first word behind the fence.
pub(super) fn lang(fence: Option<&str>) -> Lang {
    let word = fence.and_then(|info| info.split([' ', '\t', ',', '{']).next()).unwrap_or_default();
    match word.to_ascii_lowercase().as_str() {
        "" => Lang::None,
        "bash" | "sh" | "shell" | "zsh" | "console" => Lang::Shell,
        "promql" => Lang::Promql,
        "yaml" | "yml" => Lang::Yaml,
        "mermaid" => Lang::Mermaid,
        other => Lang::Other(text::sanitise(other).into_owned()),
    }
}

/// Whether a fence ends; one that does not swallows the rest of the page.
pub(super) fn is_closed(raw: &str, indented: bool) -> bool {
    if indented {
        return true;
    }
    let mark = raw.chars().next().unwrap_or('`');
    let width = raw.chars().take_while(|char| *char == mark).count();
    let last = raw.trim_end().lines().skip(1).last().unwrap_or_default();
    let last = last.trim_start_matches([' ', '\t', '>']);
    last.chars().all(|char| char == mark) && last.chars().count() >= width
}

/// Why a block must not be run; empty when it may be.
pub(super) fn reasons(block: &Block, indented: bool, closed: bool) -> Vec<String> {
    let mut reasons = Vec::new();
    if indented {
        reasons.push(if holds_fence(&block.text) {
            "it is indented as text, not as part of a step: its fence is not one".to_owned()
        } else {
            "it is indented text, not a fence".to_owned()
        });
    } else if !matches!(block.lang, Lang::Shell | Lang::Promql) {
        reasons.push("it is neither shell nor PromQL".to_owned());
    }
    if !closed {
        reasons.push("its fence is never closed".to_owned());
    }
    if block.text.trim().is_empty() {
        reasons.push("it is empty".to_owned());
    } else if block.lang == Lang::Shell && is_all_comments(&block.text) {
        reasons.push("it has no command, only comments: follow it by hand".to_owned());
    }
    if let Some((at, _)) = hidden(&block.text).first() {
        reasons.push(format!("line {} holds a character that a terminal does not show", block.lines.0 + at));
    }
    reasons
}

/// Whether indented text holds a fence that did not become one.
pub(super) fn holds_fence(text: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with("```"))
}

/// Whether every line of a shell block is a comment or empty.
pub(super) fn is_all_comments(text: &str) -> bool {
    text.lines().all(|line| {
        let line = line.trim_start();
        line.is_empty() || (line.starts_with('#') && !line.starts_with("#!"))
    })
}

/// The lines (from 0) and columns (from 1) of characters that a reader would not see.
pub(super) fn hidden(text: &str) -> Vec<(usize, usize)> {
    let lines = text.lines().enumerate();
    let hidden =
        lines.filter(|(_, line)| !line.is_ascii() || line.bytes().any(|byte| byte < 0x20 || byte == 0x7f));
    let hidden = hidden.filter_map(|(at, line)| {
        // What makes a sign a picture is seen; a tab is space.
        let column = line.chars().position(|char| {
            !matches!(char, '\t' | '\u{fe0f}')
                && text::sanitise(char.encode_utf8(&mut [0; 4])) != char.to_string()
        })?;
        Some((at, column + 1))
    });
    hidden.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(fence: &str, text: &str) -> Vec<String> {
        let block =
            Block { lang: lang(Some(fence)), text: text.to_owned(), lines: (10, 10), ..Block::default() };
        reasons(&block, false, true)
    }

    #[test]
    fn what_may_be_run() {
        assert!(why("bash", "uptime\n").is_empty());
        assert!(why("bash {.line-numbers}", "#!/bin/sh\n").is_empty());
        assert!(why("promql", "# View\nup\n").is_empty());
        for (fence, text, says) in [
            ("yaml", "a: b\n", "neither"),
            ("", "uptime\n", "neither"),
            ("bash", "\n  \n", "empty"),
            ("bash", "# one\n\n  # two\n", "only comments"),
            ("bash", "uptime\necho \u{202e}x\n", "line 11"),
        ] {
            let reasons = why(fence, text);
            assert!(reasons.iter().any(|reason| reason.contains(says)), "{text:?}: {reasons:?}");
        }
    }

    #[test]
    fn what_closes_a_fence() {
        for (raw, closed) in [
            ("```bash\nx\n```\n", true),
            ("```bash\n   x\n   ```", true),
            ("~~~\nx\n~~~~\n", true),
            ("```bash\nx\n", false),
            ("```bash", false),
            ("````\n```\n", false),
        ] {
            assert_eq!(is_closed(raw, false), closed, "{raw:?}");
        }
    }

    #[test]
    fn hidden_characters_have_a_place() {
        assert_eq!(hidden("a\tb ✓ →\n# ⚠\u{fe0f} careful\nx\u{200b}y\n"), [(2, 2)]);
    }
}
