//! What a runbook says of itself, outside its procedures: version, maintainer, contacts, addresses,
//! default response times, and what must never be done.

use std::collections::{BTreeMap, HashSet};

use super::document::{Node, walk};
use super::model::{Field, Item, Role, Runbook, Section};
use super::{duration, procedure, roles, words};

/// Reads it from the sections that belong to no procedure.
pub(super) fn read(runbook: &mut Runbook, sections: &[&Section]) {
    let mut contacts: HashSet<&str> = HashSet::new();
    for section in sections {
        let parent = section.parent.as_deref();
        let under_contacts =
            names_contacts(section) || parent.is_some_and(|parent| contacts.contains(parent));
        if under_contacts {
            contacts.insert(&section.id);
        }
        for node in walk(&section.body) {
            let Node::Paragraph { words, lines } = node else { continue };
            let all = words::fields(words);
            let one = words::field(words, lines.0).filter(|_| all.is_none());
            for field in all.into_iter().flatten().chain(one) {
                respond(&field, &mut runbook.defaults.response_by_severity);
                if under_contacts {
                    file(runbook, field);
                } else if section.level <= 1 {
                    introduce(runbook, field);
                }
            }
            if under_contacts && let Some(url) = address(words, lines.0) {
                runbook.urls.push(url);
            }
        }
        if section.role == Role::Warnings {
            runbook.warnings.extend(never(section));
        }
    }
}

/// What must never be done: the items of its lists.
fn never(section: &Section) -> Vec<Item> {
    let lists = section.body.iter().filter(|node| matches!(node, Node::List { .. }));
    lists.flat_map(|list| procedure::sentences(std::slice::from_ref(list))).collect()
}

fn introduce(runbook: &mut Runbook, field: Field) {
    let value = Some(field.value.clone());
    let meta = &mut runbook.meta;
    match field.key.to_lowercase().as_str() {
        "version" => meta.version = value,
        "last updated" | "updated" => meta.updated = value,
        "maintainer" | "owner" => meta.maintainer = value,
        "on-call contact" | "contact" | "on-call" => meta.contact = value,
        _ => {}
    }
    meta.fields.push(field);
}

/// A contact, or an address when that is what it is.
fn file(runbook: &mut Runbook, field: Field) {
    if field.value.starts_with("http://") || field.value.starts_with("https://") {
        runbook.urls.push(field);
    } else if !field.value.to_lowercase().starts_with("n/a") {
        runbook.contacts.push(field);
    }
}

/// A plain line `Grafana: http://10.0.0.11:3000`.
fn address(words: &[super::document::Inline], line: usize) -> Option<Field> {
    let text = words::plain(words);
    let (key, value) = text.split_once(": ")?;
    let is_plain = words.iter().all(|word| !word.strong);
    let is_url = value.starts_with("http://") || value.starts_with("https://");
    (is_plain && is_url).then(|| Field { key: key.to_owned(), value: value.to_owned(), code: None, line })
}

/// Whether a section's title says that whom to ask stands there.
fn names_contacts(section: &Section) -> bool {
    let title = section.title.to_lowercase();
    section.level > 1 && ["contact", "on-call", "support", "url"].iter().any(|word| title.contains(word))
}

/// `<15 minutes (Critical), <1 hour (Warning)`
fn respond(field: &Field, times: &mut BTreeMap<String, u64>) {
    if !field.key.to_lowercase().contains("response time") {
        return;
    }
    for part in field.value.split(',') {
        let (_, severity) = roles::severity_behind(part);
        if let (Some(severity), Some(seconds)) = (severity, duration::first(part)) {
            times.insert(severity, seconds);
        }
    }
}
