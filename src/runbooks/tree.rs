//! A decision tree drawn with lines: the ways through it, and what each ends in.

use super::model::{Block, DecisionTree, Leaf};
use super::words;
use crate::text;

/// What a tree is drawn with.
const DRAWN: [char; 10] = ['├', '└', '│', '─', '┬', '|', '`', '+', '-', ' '];

/// Reads a drawing; `None` when it has no branch.
pub(super) fn read(block: &Block) -> Option<DecisionTree> {
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut leaves = Vec::new();
    let mut branches = 0;
    let lines: Vec<(usize, usize, String)> = block
        .text
        .lines()
        .enumerate()
        .filter_map(|(at, line)| {
            let (depth, words) = branch(line)?;
            branches += usize::from(depth > 0);
            Some((block.lines.0 + at, depth, text::sanitise(&words).into_owned()))
        })
        .collect();
    for (at, (line, depth, words)) in lines.iter().enumerate() {
        open.retain(|(outer, _)| outer < depth);
        let has_branches = lines.get(at + 1).is_some_and(|(_, next, _)| next > depth);
        let (condition, action) = split(words);
        if has_branches {
            open.push((*depth, words.clone()));
        } else {
            let mut path: Vec<String> = open.iter().map(|(_, words)| words.clone()).collect();
            path.extend(action.is_some().then(|| condition.to_owned()));
            let action = action.unwrap_or(condition).to_owned();
            leaves.push(Leaf { commands: words::commands_in(&action, *line), path, action, line: *line });
        }
    }
    (branches > 0).then(|| DecisionTree { text: block.text.clone(), leaves, lines: block.lines })
}

/// How far in a line's words begin, and the words; `None` for a line that only draws.
fn branch(line: &str) -> Option<(usize, String)> {
    let line = line.trim_end();
    let words = if line.chars().any(|char| matches!(char, '├' | '└' | '│')) {
        line.trim_start_matches(DRAWN)
    } else {
        line.trim_start_matches([' ', '|', '+', '-'])
    };
    let depth = line.chars().count() - words.chars().count();
    (!words.is_empty()).then(|| (depth, words.to_owned()))
}

fn split(words: &str) -> (&str, Option<&str>) {
    let parts = words.split_once('→').or_else(|| words.split_once("->"));
    parts.map_or((words, None), |(condition, action)| (condition.trim(), Some(action.trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_has_the_way_to_it() {
        let drawing = "Host unreachable?\n├─ YES → Check status\n│   ├─ VM off → Power on\n│   └─ Crashed → Reboot\n│\n└─ NO → Exporter down\n    └─ Logs → Check: `journalctl -u node_exporter -n 50`\n";
        let block = Block { text: drawing.to_owned(), lines: (134, 140), ..Block::default() };
        let tree = read(&block).expect("a tree");
        let told: Vec<_> =
            tree.leaves.iter().map(|leaf| (leaf.line, leaf.path.len(), leaf.action.as_str())).collect();
        assert_eq!(
            told,
            [
                (136, 3, "Power on"),
                (137, 3, "Reboot"),
                (140, 3, "Check: `journalctl -u node_exporter -n 50`"),
            ]
        );
        assert_eq!(tree.leaves[0].path, ["Host unreachable?", "YES → Check status", "VM off"]);
        assert_eq!(tree.leaves[2].commands.len(), 1);
        assert_eq!(read(&Block { text: "just\nwords\n".to_owned(), ..Block::default() }), None);
    }
}
