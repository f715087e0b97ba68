//! The outline of a YAML text as a server writes its own configuration: mappings, lists and scalars by their
//! indentation. No anchors, no flow collections but empty ones: such a text has none.

/// A part of the outline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A scalar.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in its order.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// What a mapping has under a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(have, _)| have == key).map(|(_, node)| node)
    }

    /// The entries of a mapping.
    pub fn entries(&self) -> &[(String, Self)] {
        match self {
            Self::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// A scalar's text; empty for what is none.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            _ => "",
        }
    }
}

/// What lies deeper is passed over: no configuration goes so far, and every level takes its room.
const DEEPEST: usize = 64;

/// A line: how far it is indented, and what it says.
type Line = (usize, String);

/// Reads an outline. What makes no sense in it is passed over.
pub fn read(yaml: &str) -> Node {
    let lines: Vec<Line> = yaml
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#') && *line != "---")
        .map(|line| (line.len() - line.trim_start().len(), line.trim().to_owned()))
        .collect();
    let mut rest = lines.as_slice();
    let indent = rest.first().map_or(0, |(indent, _)| *indent);
    block(&mut rest, indent, 0)
}

/// The block whose lines stand at `indent`, so many levels deep.
fn block(rest: &mut &[Line], indent: usize, depth: usize) -> Node {
    if depth > DEEPEST {
        return Node::Text(String::new());
    }
    let is_list = rest.first().is_some_and(|(_, text)| is_item(text));
    if is_list { list(rest, indent, depth) } else { map(rest, indent, depth) }
}

fn is_item(text: &str) -> bool {
    text == "-" || text.starts_with("- ")
}

fn list(rest: &mut &[Line], indent: usize, depth: usize) -> Node {
    let mut items = Vec::new();
    while let Some((at, text)) = rest.first()
        && *at == indent
        && is_item(text)
    {
        let inner = text.strip_prefix('-').unwrap_or_default();
        let deeper = indent + 1 + (inner.len() - inner.trim_start().len());
        let inner = inner.trim();
        *rest = rest.get(1..).unwrap_or_default();
        if key_of(inner).is_some() || is_item(inner) {
            // What follows the dash is the first line of a block of its own.
            let mut own = vec![(deeper, inner.to_owned())];
            let more = rest.iter().take_while(|(at, _)| *at > indent).count();
            own.extend(rest.iter().take(more).cloned());
            *rest = rest.get(more..).unwrap_or_default();
            items.push(block(&mut own.as_slice(), deeper, depth + 1));
        } else {
            items.push(Node::Text(scalar(&folded(inner, rest, indent))));
        }
    }
    Node::List(items)
}

fn map(rest: &mut &[Line], indent: usize, depth: usize) -> Node {
    let mut entries = Vec::new();
    while let Some((at, text)) = rest.first().cloned() {
        if at < indent || at == indent && is_item(&text) {
            break;
        }
        *rest = rest.get(1..).unwrap_or_default();
        let Some((key, value)) = key_of(&text).filter(|_| at == indent) else { continue };
        let node = match (value, rest.first()) {
            ("[]", _) => Node::List(Vec::new()),
            ("{}", _) => Node::Map(Vec::new()),
            ("", Some((next, _))) if *next > indent => block(rest, *next, depth + 1),
            // A list may stand as far left as its key.
            ("", Some((next, text))) if *next == indent && is_item(text) => list(rest, indent, depth),
            (value, _) => Node::Text(scalar(&folded(value, rest, indent))),
        };
        entries.push((key, node));
    }
    Node::Map(entries)
}

/// A line as a key with what follows it; `None` when it has no key.
fn key_of(text: &str) -> Option<(String, &str)> {
    let (key, value) = match text.strip_suffix(':') {
        Some(key) if !key.contains(": ") => (key, ""),
        _ => text.split_once(": ")?,
    };
    let is_plain = |char: char| char.is_alphanumeric() || "_-./".contains(char);
    let quoted = key.starts_with('"') && key.ends_with('"') && key.len() > 1;
    (quoted || !key.is_empty() && key.chars().all(is_plain)).then(|| (scalar(key), value.trim()))
}

/// A scalar with the lines on which it goes on, further in than its block.
fn folded(first: &str, rest: &mut &[Line], indent: usize) -> String {
    let more = rest.iter().take_while(|(at, _)| *at > indent).count();
    let lines = rest.iter().take(more).map(|(_, text)| text.as_str());
    let whole: Vec<&str> = std::iter::once(first).chain(lines).collect();
    let whole = whole.join(" ");
    *rest = rest.get(more..).unwrap_or_default();
    whole
}

/// A scalar without its quotes.
fn scalar(text: &str) -> String {
    let inside = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    if let Some(inner) = inside('\'') {
        return inner.replace("''", "'");
    }
    let Some(inner) = inside('"') else { return text.to_owned() };
    let mut plain = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        match (char, char == '\\') {
            (_, true) => match chars.next() {
                Some('n') => plain.push('\n'),
                Some('t') => plain.push('\t'),
                Some(escaped) => plain.push(escaped),
                None => {}
            },
            (char, _) => plain.push(char),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_is_read_by_its_indentation() {
        let node = read(
            "a: 1\nb:\n  c: 'it''s'\n  d:\n  - x\n  - \"y \\\"z\\\"\"\n  e:\n    - k: v\n      l: w\n    - - deep\nf: []\n\
             g: long\n  and longer\nh:\n- a=\"b: c\"\n- m: n\ni:\n",
        );
        let text = |path: &[&str]| {
            path.iter().try_fold(&node, |node, key| node.get(key)).map(|node| node.text().to_owned())
        };
        assert_eq!(text(&["a"]).as_deref(), Some("1"));
        assert_eq!(text(&["b", "c"]).as_deref(), Some("it's"));
        let items = |path: &[&str]| {
            path.iter().try_fold(&node, |node, key| node.get(key)).map_or(&[][..], Node::items)
        };
        assert_eq!(items(&["b", "d"]).iter().map(Node::text).collect::<Vec<_>>(), ["x", "y \"z\""]);
        let first = &items(&["b", "e"])[0];
        assert_eq!((first.get("k").map(Node::text), first.get("l").map(Node::text)), (Some("v"), Some("w")));
        assert_eq!(items(&["b", "e"])[1].items()[0].text(), "deep");
        assert_eq!(node.get("f"), Some(&Node::List(Vec::new())));
        assert_eq!(text(&["g"]).as_deref(), Some("long and longer"));
        assert_eq!(items(&["h"])[0].text(), "a=\"b: c\"");
        assert_eq!(items(&["h"])[1].get("m").map(Node::text), Some("n"));
        assert_eq!(text(&["i"]).as_deref(), Some(""));
    }

    #[test]
    fn what_has_no_end_of_levels_is_read_in_bounds() {
        let nested = |indent: &str, line: &str| {
            let lines = (0..1_000).map(|depth| indent.repeat(depth) + line);
            lines.collect::<Vec<String>>().join("\n")
        };
        for text in ["- ".repeat(200_000), nested(" ", "a:"), nested("  ", "- b:")] {
            let whole = read(&format!("{text}\nz: last"));
            let mut levels = 0;
            let mut at = &whole;
            while let Some(next) = at.items().first().or_else(|| at.entries().first().map(|(_, next)| next)) {
                at = next;
                levels += 1;
            }
            assert!((DEEPEST..3 * DEEPEST).contains(&levels), "{levels}");
        }
    }

    #[test]
    fn no_text_makes_it_panic() {
        for text in [
            "",
            "-",
            "- ",
            ": x",
            "a:\n    b\n  c: d",
            "- - - a",
            "\"",
            "a: \"\\",
            "x\n- y",
            "{",
            "- a:\n- b",
        ] {
            let _node = read(text);
        }
    }
}
