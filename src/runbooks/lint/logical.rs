//! The commands of a shell block, one for each logical line: enough to look for doubtful ones. What
//! is planned and run is cut by a real lexer.

use crate::runbooks::model::Block;

/// A command as it is written, without its comment; lines that `\` joins are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Logical {
    /// The line of the file that it begins on.
    pub line: usize,
    /// The command.
    pub text: String,
}

impl Logical {
    /// The simple commands of its pipes and lists, each as words, without what only runs another:
    /// `sudo`, `watch` is none of these.
    pub(super) fn commands(&self) -> Vec<Vec<&str>> {
        let pieces = pieces(&self.text);
        let words = pieces.into_iter().map(|piece| {
            let words = piece.split_whitespace();
            words
                .skip_while(|word| matches!(*word, "sudo" | "nohup" | "time" | "then" | "do" | "if"))
                .collect()
        });
        words.filter(|words: &Vec<&str>| !words.is_empty()).collect()
    }
}

/// The commands of a block. The body of a here-document is none, nor is YAML that was pasted in.
pub(super) fn read(block: &Block) -> Vec<Logical> {
    let foreign = yaml(&block.text);
    let mut all: Vec<Logical> = Vec::new();
    let mut joined = false;
    let mut here: Option<String> = None;
    for (at, line) in block.text.lines().enumerate() {
        if let Some(end) = &here {
            if line.trim() == end {
                here = None;
            }
            continue;
        }
        let before = foreign.partition_point(|(from, _)| *from <= at);
        if before.checked_sub(1).and_then(|last| foreign.get(last)).is_some_and(|(_, to)| at <= *to) {
            joined = false;
            continue;
        }
        let code = without_comment(line).trim();
        let (code, continues) = match code.strip_suffix('\\') {
            Some(code) => (code.trim_end(), true),
            None => (code, false),
        };
        match all.last_mut().filter(|_| joined) {
            Some(last) => {
                last.text.push(' ');
                last.text.push_str(code);
            }
            None if !code.is_empty() => {
                all.push(Logical { line: block.lines.0 + at, text: code.to_owned() });
            }
            None => {}
        }
        joined = continues && !all.is_empty();
        here = here_document(code);
    }
    all
}

/// YAML that was pasted into a shell block: first and last line of each piece, from 0. A key alone
/// on its line, with deeper lines under it that are keys or items.
pub(in crate::runbooks) fn yaml(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let (indent, words) = indented(lines[at]);
        let is_key = words.strip_suffix(':').is_some_and(is_name);
        let inner = lines[at + 1..].iter().take_while(|line| {
            let (deeper, words) = indented(line);
            deeper > indent && is_yaml(words)
        });
        let inner = if is_key { inner.count() } else { 0 };
        if inner > 0 {
            found.push((at, at + inner));
        }
        at += inner + 1;
    }
    found
}

fn indented(line: &str) -> (usize, &str) {
    let words = line.trim();
    (line.len() - line.trim_start().len(), words)
}

fn is_name(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-'))
}

fn is_yaml(words: &str) -> bool {
    let is_item = words.starts_with("- ");
    is_item || words.split_once(':').is_some_and(|(key, _)| is_name(key))
}

/// A line up to the `#` that begins a comment: one outside quotes, at a word's beginning.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, char) in line.char_indices() {
        match (quote, char) {
            (None, '#') if before.is_whitespace() => return line.get(..at).unwrap_or(line),
            (None, '"' | '\'') if before != '\\' => quote = Some(char),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
        before = char;
    }
    line
}

/// A command cut at `|`, `;`, `&` and `&&` outside quotes.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut quote = None;
    let (mut start, mut before) = (0, ' ');
    for (at, char) in text.char_indices() {
        match (quote, char) {
            (None, '"' | '\'') if before != '\\' => quote = Some(char),
            (Some(open), close) if open == close => quote = None,
            (None, '|' | ';' | '&') if before != '>' => {
                pieces.extend(text.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
        before = char;
    }
    pieces.extend(text.get(start..));
    pieces
}

/// The word that ends the here-document which a line begins.
fn here_document(code: &str) -> Option<String> {
    let (_, rest) = code.split_once("<<")?;
    if rest.starts_with('<') {
        return None;
    }
    let word = rest.trim_start_matches('-').split_whitespace().next()?;
    let word = word.trim_matches(['"', '\'', '\\']);
    is_name(word).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Block {
        Block { text: text.to_owned(), lines: (10, 10), ..Block::default() }
    }

    #[test]
    fn commands_are_logical_lines() {
        let code = "# note\nuptime  # now\nprune \\\n  --keep 7 \\\n  --dry\n\ncat > f <<EOF\nrm -rf /\nEOF\necho '# x' \"a # b\"\n";
        let told: Vec<_> = read(&block(code)).into_iter().map(|one| (one.line, one.text)).collect();
        assert_eq!(
            told,
            [
                (11, "uptime".to_owned()),
                (12, "prune --keep 7 --dry".to_owned()),
                (16, "cat > f <<EOF".to_owned()),
                (19, "echo '# x' \"a # b\"".to_owned()),
            ]
        );
    }

    #[test]
    fn commands_of_pipes_and_lists() {
        let line = Logical { line: 1, text: "sudo tail -f x | grep 'a|b' && sudo -u p y 2>&1".to_owned() };
        assert_eq!(
            line.commands(),
            [vec!["tail", "-f", "x"], vec!["grep", "'a|b'"], vec!["-u", "p", "y", "2>&1"]]
        );
    }

    #[test]
    fn yaml_in_shell() {
        let code = "nano x\nscrape_configs:\n  - job_name: 'node'\n    static_configs:\n      - targets: ['a']\n\ncurl x\nlabel:\n";
        assert_eq!(yaml(code), [(1, 4)]);
        assert_eq!(yaml("a:\n  b: c\nd:\n  - e\n"), [(0, 1), (2, 3)]);
        assert_eq!(yaml("if x; then\n  echo a: b\nfi\n"), []);
    }
}
