//! The sections of a page: every heading with its anchor, its place in the tree, and what stands
//! under it.

use std::collections::{HashMap, HashSet};

use super::fold::fold;
use super::markdown::Part;
use super::model::{Role, Section};
use super::place::LineIndex;
use super::{roles, words};

/// Gathers the parts of a page into sections.
pub(super) fn sections(parts: Vec<Part>, index: &LineIndex, length: usize) -> (Vec<Section>, Anchors) {
    let mut anchors = Anchors::default();
    let mut sections: Vec<Section> = Vec::new();
    for part in parts {
        match part {
            Part::Heading(heading) => {
                let title = words::plain(&heading.words);
                if let Some(last) = sections.last_mut() {
                    last.span.end = heading.span.start;
                }
                sections.push(Section {
                    id: anchors.fresh(&title),
                    level: heading.level,
                    number: roles::numbered(&title).0.map(str::to_owned),
                    role: roles::named(&title).unwrap_or_default(),
                    span: heading.span.start..length,
                    lines: (index.line(heading.span.start), index.count()),
                    title,
                    parent: None,
                    children: Vec::new(),
                    body: Vec::new(),
                });
            }
            Part::Node(node) => {
                if sections.is_empty() {
                    sections.push(preamble(length, index));
                }
                if let Some(last) = sections.last_mut() {
                    last.body.push(node);
                }
            }
        }
    }
    for section in &mut sections {
        section.body = fold(std::mem::take(&mut section.body));
    }
    relate(&mut sections);
    (sections, anchors)
}

/// What stands before the first heading.
fn preamble(length: usize, index: &LineIndex) -> Section {
    Section {
        id: String::new(),
        level: 0,
        title: String::new(),
        number: None,
        span: 0..length,
        lines: (1, index.count()),
        parent: None,
        children: Vec::new(),
        role: Role::Notes,
        body: Vec::new(),
    }
}

/// Finds the parent, the children and the end of each section.
fn relate(sections: &mut [Section]) {
    let mut open: Vec<usize> = Vec::new();
    for at in 0..sections.len() {
        let (level, start) = (sections[at].level, sections[at].lines.0);
        while let Some(&last) = open.last() {
            if sections[last].level != 0 && sections[last].level < level {
                break;
            }
            sections[last].lines.1 = start.saturating_sub(1).max(sections[last].lines.0);
            open.pop();
        }
        if let Some(&parent) = open.last() {
            sections[at].parent = Some(sections[parent].id.clone());
            let child = sections[at].id.clone();
            sections[parent].children.push(child);
        }
        open.push(at);
    }
}

/// Anchors as GitHub makes them: lower case, no punctuation, hyphens for spaces, and a number
/// behind one that is there already.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    taken: HashSet<String>,
    counts: HashMap<String, usize>,
}

impl Anchors {
    /// An anchor for `title` that no other has.
    pub(super) fn fresh(&mut self, title: &str) -> String {
        // The text before the first heading is the one that has no anchor.
        let slug = Some(slug(title)).filter(|slug| !slug.is_empty()).unwrap_or_else(|| "section".to_owned());
        let count = self.counts.entry(slug.clone()).or_default();
        let mut anchor = if *count == 0 { slug.clone() } else { format!("{slug}-{count}") };
        while self.taken.contains(&anchor) {
            *count += 1;
            anchor = format!("{slug}-{count}");
        }
        *count += 1;
        self.taken.insert(anchor.clone());
        anchor
    }
}

/// A heading as the fragment of an address.
pub fn slug(title: &str) -> String {
    let letters = title.trim().to_lowercase();
    let letters = letters.chars().filter_map(|char| match char {
        ' ' => Some('-'),
        '-' | '_' => Some(char),
        _ => char.is_alphanumeric().then_some(char),
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_those_of_github() {
        let mut anchors = Anchors::default();
        for (title, anchor) in [
            ("Alert: HostDown", "alert-hostdown"),
            ("Verification", "verification"),
            ("Verification", "verification-1"),
            ("Verification 1", "verification-1-1"),
            ("Verification", "verification-2"),
            ("4.1 Disk Failure (SnapRAID Data Disk)", "41-disk-failure-snapraid-data-disk"),
            ("Backups & Restore", "backups--restore"),
            ("", "section"),
            ("!", "section-1"),
        ] {
            assert_eq!(anchors.fresh(title), anchor, "{title}");
        }
    }
}
