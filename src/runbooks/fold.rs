//! Parts of a page that open and close: `<details>` and what stands in it.

use super::document::Node;

/// Gathers what stands between `<details>` and `</details>`. One that is never closed stays HTML.
pub(super) fn fold(nodes: Vec<Node>) -> Vec<Node> {
    if !nodes.iter().any(is_opening) {
        return nodes;
    }
    let mut folded: Vec<Node> = Vec::with_capacity(nodes.len());
    let mut open: Vec<usize> = Vec::new();
    for node in nodes {
        let opens = is_opening(&node);
        let closes = matches!(&node, Node::Html { text, .. } if has(text, "</details"));
        let end = node.lines().1;
        folded.push(node);
        if opens && !closes {
            open.push(folded.len() - 1);
        } else if closes
            && !opens
            && let Some(start) = open.pop()
        {
            let mut body = folded.split_off(start + 1);
            body.pop();
            if let Some(Node::Html { text, lines }) = folded.pop() {
                folded.push(Node::Fold { summary: summary(&text), body, lines: (lines.0, end) });
            }
        }
    }
    folded
}

fn is_opening(node: &Node) -> bool {
    matches!(node, Node::Html { text, .. } if has(text, "<details"))
}

fn has(html: &str, tag: &str) -> bool {
    html.to_ascii_lowercase().contains(tag)
}

/// What stands between `<summary>` and `</summary>`, without tags.
fn summary(html: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let inner = lower.find("<summary").and_then(|start| {
        let start = start + lower.get(start..)?.find('>')? + 1;
        let end = start + lower.get(start..)?.find("</summary")?;
        html.get(start..end)
    });
    let pieces = inner.unwrap_or("Details").split('<').enumerate();
    let words = pieces
        .map(|(at, piece)| if at == 0 { piece } else { piece.split_once('>').map_or("", |(_, rest)| rest) });
    words.collect::<String>().trim().to_owned()
}
