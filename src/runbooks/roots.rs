//! Which sections are procedures, and which belong to one.

use super::document::{Node, walk};
use super::model::{Lang, Role, Section};
use super::{roles, words};

/// A procedure: the section of its heading, and those that are parts of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Root {
    /// The section of its heading.
    pub section: usize,
    /// Its heading's section and its parts, in order.
    pub parts: Vec<usize>,
}

/// Finds the procedures. An alert's goes to the next heading of its own or a higher level, or of
/// another alert. Deep in the outline (level 3 and below) a procedure takes everything under it;
/// above, only the parts whose title names a role: a chapter is no procedure because of one line.
pub(super) fn find(sections: &[Section]) -> Vec<Root> {
    let mut roots = Vec::new();
    let mut taken = vec![false; sections.len()];
    for at in 0..sections.len() {
        if taken[at] {
            continue;
        }
        let Some(parts) = parts(sections, at) else { continue };
        for part in &parts {
            taken[*part] = true;
        }
        roots.push(Root { section: at, parts });
    }
    roots
}

/// The parts of the procedure that begins at a section, if one does.
fn parts(sections: &[Section], at: usize) -> Option<Vec<usize>> {
    let section = &sections[at];
    let end = end(sections, at);
    let is_alert = roles::alert(&section.title).is_some();
    let has_marks = has_marks(section);
    if is_alert || section.level > 2 {
        let has_parts = || (at + 1..end).any(|part| is_part(&sections[part]));
        let until = (at + 1..end).find(|part| roles::alert(&sections[*part].title).is_some()).unwrap_or(end);
        return (is_alert || has_marks || has_parts()).then(|| (at..until).collect());
    }
    let children = children(sections, at, end);
    let all: Vec<usize> = children
        .iter()
        .filter(|child| is_part(&sections[**child]))
        .flat_map(|child| *child..self::end(sections, *child))
        .collect();
    let stands_alone = |child: &usize| {
        let title = &sections[*child].title;
        !is_part(&sections[*child]) && (roles::alert(title).is_some() || reads_like_one(sections, *child))
    };
    let is_chapter = || {
        (at + 1..end).any(|inner| roles::alert(&sections[inner].title).is_some())
            || children.iter().any(stands_alone)
    };
    if all.is_empty() || is_chapter() {
        return has_marks.then(|| vec![at]);
    }
    Some(std::iter::once(at).chain(all).collect())
}

fn reads_like_one(sections: &[Section], at: usize) -> bool {
    let inner = at + 1..end(sections, at);
    has_marks(&sections[at]) || sections.get(inner).is_some_and(|inner| inner.iter().any(is_part))
}

/// The first section behind this one that is no part of it.
fn end(sections: &[Section], at: usize) -> usize {
    let level = sections[at].level;
    if level == 0 {
        return at + 1;
    }
    let rest = sections.iter().enumerate().skip(at + 1);
    rest.clone().find(|(_, section)| section.level <= level).map_or(sections.len(), |(end, _)| end)
}

fn children(sections: &[Section], at: usize, end: usize) -> Vec<usize> {
    (at + 1..end).filter(|child| sections[*child].parent.as_ref() == Some(&sections[at].id)).collect()
}

/// Whether a section's title says that it is a part of a procedure.
fn is_part(section: &Section) -> bool {
    !matches!(section.role, Role::Notes | Role::Warnings)
}

/// Whether a section itself reads like a procedure: it has code that can be run, labels such as
/// `Symptoms:`, scenarios or layers.
fn has_marks(section: &Section) -> bool {
    if roles::scenario(&section.title).is_some() {
        return true;
    }
    walk(&section.body).into_iter().any(|node| match node {
        Node::Code { block, indented } => !indented && matches!(block.lang, Lang::Shell | Lang::Promql),
        Node::Paragraph { words, .. } => words::label(words).is_some_and(|(label, _)| {
            let role = roles::named(&label);
            role.is_some_and(|role| !matches!(role, Role::Notes | Role::Warnings))
                || roles::scenario(&label).is_some()
                || roles::layer(&label).is_some()
        }),
        _ => false,
    })
}
