//! The checklist of infrastructure as code: repositories, secrets, and what validates them. A line is
//! yes, no or unknown, with what that rests on.

use chrono::{DateTime, Utc};

use super::{Covering, Page};
use crate::domain::archive::{Archive, Unsaved};
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::rule::{RuleHealth, RuleKind};
use crate::domain::store::{SourceState, Store};

/// What the config and the runbooks themselves say.
#[derive(Clone, Debug, Default)]
pub struct Ground {
    /// Whether the config holds a secret in its own text; `None` when there is no file.
    pub holds_secrets: Option<bool>,
    /// Whether others on this machine may read it.
    pub is_open: Option<bool>,
    /// How many runbooks there are, and how many of them could not be read.
    pub books: (usize, usize),
    /// How many lints the runbooks have.
    pub lints: usize,
}

struct Line {
    area: &'static str,
    what: String,
    holds: Option<bool>,
    evidence: String,
}

fn line(
    area: &'static str,
    what: impl Into<String>,
    holds: Option<bool>,
    evidence: impl Into<String>,
) -> Line {
    Line { area, what: what.into(), holds, evidence: evidence.into() }
}

pub(super) fn page(store: &Store, runbooks: &[Covering], ground: &Ground, now: DateTime<Utc>) -> Page {
    let mut page = Page::new("Infrastructure as code: checklist");
    let mut lines = Vec::new();
    for source in store.of(SourceKind::Files) {
        repositories(source, now, &mut lines);
        on_a_change(source, now, &mut lines);
    }
    let has = |area: &str, lines: &[Line]| lines.iter().any(|line| line.area == area);
    if !has(REPOSITORY, &lines) {
        lines.push(line(
            REPOSITORY,
            "a repository is looked at",
            None,
            "no [[sources.files.NAME.item]] is a git repository",
        ));
    }
    if !has(SECRETS, &lines) {
        lines.push(line(
            SECRETS,
            "copies of secrets are made on a change",
            None,
            "no item of files is made on a change",
        ));
    }
    of_config(ground, &mut lines);
    for source in store.of(SourceKind::Prometheus) {
        rules(source, runbooks, now, &mut lines);
    }
    for area in [REPOSITORY, SECRETS, VALIDATION] {
        page.head(2, area);
        let own = lines.iter().filter(|line| line.area == area);
        let rows: Vec<Vec<String>> = own
            .map(|line| {
                let holds = match line.holds {
                    Some(true) => "yes",
                    Some(false) => "no",
                    None => "unknown",
                };
                vec![line.what.clone(), holds.to_owned(), line.evidence.clone()]
            })
            .collect();
        page.table(&["what", "holds", "by"], &rows);
    }
    let count = |holds: Option<bool>| lines.iter().filter(|line| line.holds == holds).count();
    page.say(&format!(
        "{} of {} hold, {} do not, {} are not known.",
        count(Some(true)),
        lines.len(),
        count(Some(false)),
        count(None)
    ));
    page
}

const REPOSITORY: &str = "Repositories";
const SECRETS: &str = "Secrets";
const VALIDATION: &str = "Validation";

fn repositories(source: &SourceState, now: DateTime<Utc>, lines: &mut Vec<Line>) {
    let is_fresh = source.is_fresh(Feed::Programs, now);
    for archive in source.data.programs.iter().filter(|archive| &*archive.group.id.kind == "git") {
        let name = &archive.group.id.id;
        let (holds, evidence) = saved(archive, is_fresh);
        lines.push(line(REPOSITORY, format!("{name} is committed and pushed"), holds, evidence));
    }
}

/// Whether all of it is saved, and by what that is known.
fn saved(archive: &Archive, is_fresh: bool) -> (Option<bool>, String) {
    match (&archive.error, archive.faults.first(), &archive.unsaved) {
        _ if !is_fresh => (None, "it was not looked at lately".to_owned()),
        (Some(error), ..) => (None, error.to_string()),
        (None, Some(fault), _) => (Some(false), fault.to_string()),
        (None, None, Unsaved::Since(since, what)) => {
            (Some(false), format!("{what}, since {}", since.format("%Y-%m-%d")))
        }
        (None, None, _) => {
            let newest =
                archive.group.newest().map(|newest| newest.at.format("%Y-%m-%d %H:%M UTC").to_string());
            (Some(true), format!("the newest is of {}", newest.unwrap_or_else(|| "no time".to_owned())))
        }
    }
}

/// What is made on a change is configuration: secrets, rules of a firewall.
fn on_a_change(source: &SourceState, now: DateTime<Utc>, lines: &mut Vec<Line>) {
    let is_fresh = source.is_fresh(Feed::Files, now);
    for archive in source.data.files.iter().filter(|archive| archive.unsaved != Unsaved::Dated) {
        let name = &archive.group.id.id;
        let (holds, evidence) = saved(archive, is_fresh);
        lines.push(line(SECRETS, format!("the copy {name} has the newest change"), holds, evidence));
    }
}

fn of_config(ground: &Ground, lines: &mut Vec<Line>) {
    let secrets = ground.holds_secrets;
    lines.push(line(
        SECRETS,
        "the config of wardroom holds no secret itself",
        secrets.map(|holds| !holds),
        "token_file, token_command and token_env keep them out of it",
    ));
    let open = ground.is_open.map(|open| !open);
    lines.push(line(SECRETS, "nobody else on this machine reads that config", open, "the mode of the file"));
    let (books, unread) = ground.books;
    let holds = if books == 0 { None } else { Some(unread == 0) };
    lines.push(line(
        VALIDATION,
        "every runbook is read",
        holds,
        format!("{} of {books} are", books - unread),
    ));
    let clean = if books > unread { Some(ground.lints == 0) } else { None };
    lines.push(line(
        VALIDATION,
        "no runbook has a lint",
        clean,
        format!("wardroom runbook lint: {}", ground.lints),
    ));
}

fn rules(source: &SourceState, runbooks: &[Covering], now: DateTime<Utc>, lines: &mut Vec<Line>) {
    let id = &source.id;
    if !source.is_fresh(Feed::Rules, now) {
        return lines.push(line(
            VALIDATION,
            format!("the rules of {id} are evaluated"),
            None,
            "they were not heard",
        ));
    }
    let rules = &source.data.rules;
    let broken = rules.iter().filter(|rule| rule.health == RuleHealth::Err).count();
    let words = format!("{broken} of {} cannot be evaluated", rules.len());
    lines.push(line(VALIDATION, format!("the rules of {id} are evaluated"), Some(broken == 0), words));
    let alerting = || rules.iter().filter(|rule| rule.kind == RuleKind::Alerting);
    let bare = alerting().filter(|rule| !runbooks.iter().any(|one| *one.alert == *rule.name)).count();
    let words = format!("{bare} of {} have none", alerting().count());
    lines.push(line(VALIDATION, format!("every alert of {id} has a runbook"), Some(bare == 0), words));
    if source.is_fresh(Feed::Status, now) {
        let blind = source.data.blind.len();
        let words = format!("{blind} wait for a metric that nobody exports");
        lines.push(line(VALIDATION, format!("no rule of {id} is blind"), Some(blind == 0), words));
    }
}
