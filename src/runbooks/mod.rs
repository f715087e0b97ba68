//! Runbooks: the owner's Markdown, read into procedures. Pure: nothing here runs anything, opens a
//! file or asks a clock.
//!
//! A file becomes a page ([`document`]), a page an outline, an outline procedures ([`model`]). What
//! is broken in the Markdown becomes a lint, never a guess.

mod about;
pub mod actions;
mod annotation;
mod block;
mod causes;
mod code;
pub mod comment;
pub mod danger;
pub mod desk;
pub mod diagnosis;
pub mod document;
mod duration;
pub mod facts;
pub mod fill;
pub mod find;
mod fold;
pub mod gate;
pub mod group;
pub mod lint;
pub mod login;
pub mod lore;
mod markdown;
pub mod mode;
pub mod model;
mod outline;
mod place;
pub mod placeholder;
pub mod plan;
mod planned;
pub mod prepare;
mod procedure;
pub mod quote;
mod repair;
pub mod roles;
mod roots;
pub mod segment;
pub mod session;
pub mod shelf;
pub mod shell;
pub mod spot;
mod tree;
pub mod trust;
pub mod verify;
pub mod whereabouts;
pub mod words;

use std::borrow::Cow;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

pub use model::Runbook;
pub use outline::slug;
pub use procedure::inline_commands;

use document::Node;
use model::{Procedure, Section};
use place::LineIndex;
use roots::Root;

/// Reads a runbook, and looks for what is wrong or doubtful in it: [`Runbook::lints`].
pub fn reviewed(path: &str, bytes: &[u8]) -> Runbook {
    let mut runbook = read(path, bytes);
    runbook.lints = lint::lint(&text_of(bytes), &runbook);
    runbook
}

/// Reads a runbook without its lints: an operator in a hurry waits for the steps alone. Whatever the
/// bytes are, this answers.
pub fn read(path: &str, bytes: &[u8]) -> Runbook {
    let text = text_of(bytes);
    let index = LineIndex::new(&text);
    let parts = markdown::read(&text, &index);
    let (mut sections, mut anchors) = outline::sections(parts, &index, text.len());
    let roots = roots::find(&sections);
    name_blocks(&mut sections, &roots);
    let mut procedures: Vec<Procedure> = roots.iter().map(|root| procedure::read(&sections, root)).collect();
    let rest: Vec<&Section> = outside(&sections, &roots);
    for section in rest.iter().filter(|section| is_playbook(&section.title)) {
        for mut procedure in procedure::suggested(&section.body) {
            procedure.id = anchors.fresh(&procedure.title);
            procedures.push(procedure);
        }
    }
    procedures.sort_by_key(|procedure| procedure.source_lines);
    let mut runbook = Runbook {
        path: path.to_owned(),
        sha256: sha256(bytes),
        title: title(path, &sections),
        ..Runbook::default()
    };
    about::read(&mut runbook, &rest);
    for procedure in &mut procedures {
        if procedure.title.is_empty() {
            procedure.title.clone_from(&runbook.title);
        }
        let due =
            procedure.severity.as_ref().and_then(|word| runbook.defaults.response_by_severity.get(word));
        let is_alert = procedure.kind == model::ProcedureKind::Alert;
        procedure.response_time = procedure.response_time.or(due.copied().filter(|_| is_alert));
    }
    drop(rest);
    runbook.sections = sections;
    runbook.procedures = procedures;
    runbook
}

/// The text of a file, without the mark that some editors put before it. What is not UTF-8 is
/// shown as such.
fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))
}

/// SHA-256 in lower-case hex.
pub fn sha256(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a text cannot fail.
        let _written = write!(hex, "{byte:02x}");
    }
    hex
}

fn title(path: &str, sections: &[Section]) -> String {
    let first = sections.iter().find(|section| section.level > 0 && !section.title.is_empty());
    let name = || path.rsplit('/').next().unwrap_or(path).to_owned();
    first.map_or_else(name, |section| section.title.clone())
}

/// Gives each block its name: the anchor of its procedure, or section, and its number there.
fn name_blocks(sections: &mut [Section], roots: &[Root]) {
    let mut owners: Vec<usize> = (0..sections.len()).collect();
    for root in roots {
        for part in &root.parts {
            owners[*part] = root.section;
        }
    }
    let mut counts = vec![0_usize; sections.len()];
    let anchors: Vec<String> = sections.iter().map(|section| section.id.clone()).collect();
    for (section, owner) in sections.iter_mut().zip(owners) {
        let mut name = || {
            counts[owner] += 1;
            format!("{}/{}", anchors[owner], counts[owner])
        };
        section.body.iter_mut().for_each(|node| name_inner(node, &mut name));
    }
}

fn name_inner(node: &mut Node, name: &mut impl FnMut() -> String) {
    match node {
        Node::Code { block, .. } => block.id = name(),
        Node::List { items, .. } => {
            items.iter_mut().flat_map(|item| &mut item.body).for_each(|node| name_inner(node, name));
        }
        Node::Quote { body, .. } | Node::Fold { body, .. } => {
            for node in body {
                name_inner(node, name);
            }
        }
        _ => {}
    }
}

/// The sections that belong to no procedure.
fn outside<'s>(sections: &'s [Section], roots: &[Root]) -> Vec<&'s Section> {
    let mut inside = vec![false; sections.len()];
    roots.iter().flat_map(|root| &root.parts).for_each(|part| inside[*part] = true);
    sections.iter().zip(inside).filter(|(_, inside)| !inside).map(|(section, _)| section).collect()
}

/// Whether a section's list may be one of procedures.
fn is_playbook(title: &str) -> bool {
    let title = title.to_lowercase();
    ["alert", "playbook", "runbook", "incident", "response", "troubleshoot", "failure"]
        .iter()
        .any(|word| title.contains(word))
}
