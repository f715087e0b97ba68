//! What would run, to the last byte: every command group of a procedure with its host, its mode,
//! its danger, its filled text and the words that are executed. Whatever is open, doubtful or
//! forbidden refuses; nothing is guessed, and nothing is run here.

use std::collections::{BTreeMap, BTreeSet};

pub use super::planned::{Host, Literal, Placeholder, Plan, Planned};

use super::danger::{self, Around, Danger, Level};
use super::facts::Facts;
use super::fill::{self, Value};
use super::lint::known_wrong;
use super::login::{self, Login};
use super::mode::{Mode, mode};
use super::model::{Lang, Place, Procedure, Runbook};
use super::prepare::{self, Prepared, preamble};
use super::quote::Reading;
use super::whereabouts::{Meant, Placed, Provenance, Walk, homes};

/// Plans a procedure. With `scenario` only that one of its scenarios is planned.
pub fn plan(
    runbook: &Runbook,
    procedure: &Procedure,
    alert: &str,
    facts: &Facts,
    scenario: Option<&str>,
) -> Plan {
    let planner = Planner { facts, homes: homes(runbook) };
    let mut walk = Walk::new(facts.target().is_some());
    let mut groups = Vec::new();
    for place in procedure.blocks() {
        let is_left_out =
            place.scenario.zip(scenario).is_some_and(|(own, only)| !own.label.eq_ignore_ascii_case(only));
        match place.block.lang {
            _ if is_left_out => {}
            Lang::Shell => planner.block(procedure, &place, &mut walk, &mut groups),
            Lang::Promql => planner.queries(procedure, &place, &mut groups),
            _ => {}
        }
    }
    Plan { schema: 1, procedure: procedure.id.clone(), alert: alert.to_owned(), groups }
}

/// Plans a text alone, as if it stood in a block of its own: a command in a sentence or a table.
pub fn plan_text(
    runbook: &Runbook,
    procedure: &Procedure,
    text: &str,
    line: usize,
    facts: &Facts,
) -> Vec<Planned> {
    let block = super::model::Block {
        lang: Lang::Shell,
        text: text.to_owned(),
        lines: (line, line),
        runnable: true,
        ..super::model::Block::default()
    };
    let place = Place { scenario: None, step: None, block: &block };
    let planner = Planner { facts, homes: homes(runbook) };
    let mut walk = Walk::new(facts.target().is_some());
    let mut groups = Vec::new();
    planner.block(procedure, &place, &mut walk, &mut groups);
    groups
}

struct Planner<'a> {
    facts: &'a Facts,
    homes: BTreeMap<&'static str, super::segment::Ssh>,
}

impl Planner<'_> {
    fn block(&self, procedure: &Procedure, place: &Place<'_>, walk: &mut Walk, groups: &mut Vec<Planned>) {
        let placed = walk.block(place);
        let mut firsts: BTreeMap<usize, usize> = BTreeMap::new();
        for (at, one) in placed.iter().enumerate() {
            let index = groups.len();
            let mut planned = self.group(procedure, place, one, placed.get(..at).unwrap_or_default());
            if let Some(choice) = &one.group.choice {
                planned.alternative_of = Some(*firsts.entry(choice.set).or_insert(index));
                planned.choice = Some(choice.label.clone());
            }
            groups.push(planned);
        }
    }

    fn group(&self, procedure: &Procedure, place: &Place<'_>, placed: &Placed, before: &[Placed]) -> Planned {
        let group = &placed.group;
        let mut refusals = Vec::new();
        let login = self.login(placed, &mut refusals);
        let (script, template) = match &group.ssh {
            Some(ssh) => (ssh.command.clone().unwrap_or_default(), group.text.clone()),
            None => (preamble(placed, before, &mut refusals) + &group.text, group.text.clone()),
        };
        let prepared = prepare::prepare(&script, self.facts);
        let is_sent = group.ssh.is_some();
        let (mut placeholders, values) = self.values(&prepared, &mut refusals);
        placeholders
            .extend(self.of_host(&login).filter(|own| placeholders.iter().all(|one| one.name != own.name)));
        let literals = literals(&prepared, &mut refusals);
        let mut danger = danger::judge(&script, &around(placed, &login, Vec::new()));
        let mut mode = mode(&script);
        if let Some(hint) = place.block.annotations.mode.as_deref().and_then(Mode::named) {
            mode = hint;
        }
        if let Some(why) = &group.unrunnable {
            mode = Mode::Manual;
            refusals.insert(0, why.clone());
        } else if mode == Mode::Manual {
            refusals.insert(0, "the document says that it is for a person".to_owned());
        } else if !place.block.runnable && !group.is_atomic {
            refusals.extend(place.block.reasons.iter().cloned());
        }
        if group.text.is_empty() {
            danger = Danger { level: Level::L0, reasons: vec!["there is nothing to run".to_owned()] };
        }
        refusals.extend(prepare::samples(&script));
        let filled = Self::fill(&prepared, &values, is_sent, &mut refusals);
        if let Some(filled) = &filled {
            let free =
                placeholders.iter().filter(|one| one.name == "NEW_VMID").filter_map(|one| one.value.clone());
            let worse = danger::judge(filled, &around(placed, &login, free.collect()));
            if worse.level > danger.level {
                danger = worse;
            }
        }
        if let Some(hint) = place.block.annotations.danger.as_deref().and_then(Level::named) {
            danger.raise(hint, format!("the document says: {}", hint.name()));
        }
        if danger.level == Level::X {
            refusals.push(format!("it is never run: {}", danger.reasons.first().map_or("", String::as_str)));
        }
        refusals.extend(login.host.resolved.is_none().then(|| unknown(placed)).flatten());
        let mut seen = BTreeSet::new();
        refusals.retain(|refusal| seen.insert(refusal.clone()));
        let filled = filled.filter(|_| refusals.is_empty());
        let argv = filled.as_ref().map(|text| login.argv(text, mode));
        Planned {
            sha256: argv.as_ref().map(|argv| login::digest(argv)),
            needs_sudo: login::is_sudo(&script),
            known_wrong: known_wrong(&group.text).copied(),
            lines: (place.block.lines.0 + group.lines.0, place.block.lines.0 + group.lines.1),
            host: login.host,
            mode,
            danger,
            template,
            placeholders,
            filled,
            argv,
            refusals,
            expectation: (!group.expectation.is_empty()).then(|| group.expectation.join("\n")),
            title: group.title.clone(),
            ordinal: group.ordinal,
            notes: group.notes.clone(),
            causes: group.hints.clone(),
            literals,
            ..Self::blank(procedure, place, "shell")
        }
    }

    /// What every group of a block has in common.
    fn blank(procedure: &Procedure, place: &Place<'_>, lang: &'static str) -> Planned {
        let titles = [place.scenario.map(|one| one.title.clone()), place.step.map(|one| one.title.clone())];
        Planned {
            procedure: procedure.id.clone(),
            scenario: place.scenario.map(|scenario| scenario.label.clone()),
            step: place.step.and_then(|step| step.ordinal),
            lines: place.block.lines,
            host: Host { literal: None, user: None, resolved: None, provenance: Provenance::Unknown },
            mode: Mode::Capture,
            danger: Danger::default(),
            template: String::new(),
            placeholders: Vec::new(),
            filled: None,
            argv: None,
            refusals: Vec::new(),
            alternative_of: None,
            expectation: None,
            title: String::new(),
            ordinal: None,
            choice: None,
            notes: Vec::new(),
            causes: Vec::new(),
            lang,
            part: titles.into_iter().flatten().next().unwrap_or_default(),
            literals: Vec::new(),
            needs_sudo: false,
            known_wrong: None,
            sha256: None,
        }
    }

    fn login(&self, placed: &Placed, refusals: &mut Vec<String>) -> Login {
        let mut login = match &placed.meant {
            Some(Meant::Role(role)) => login::role(role, self.facts, self.homes.get(role)),
            Some(Meant::Hint(hint)) => login::hint(hint, self.facts),
            Some(meant) => login::meant(meant, self.facts),
            None => Login::unknown(),
        };
        refusals.extend(login.refused.take());
        login.host.provenance = placed.provenance;
        if let Some(why) = login.refusal() {
            refusals.push(why);
        }
        login
    }

    /// The placeholder that stands for the host.
    fn of_host(&self, login: &Login) -> Option<Placeholder> {
        let name = login.host.literal.as_deref()?.strip_prefix('<')?.strip_suffix('>')?.to_owned();
        let found = self.facts.value(&name).ok().flatten();
        let origin = found.as_ref().map(|found| found.origin);
        Some(Placeholder { kind: self.facts.kind(&name), name, value: found.map(|found| found.text), origin })
    }

    /// The placeholders of a text, and the values that may be put there.
    fn values(
        &self,
        prepared: &Prepared,
        refusals: &mut Vec<String>,
    ) -> (Vec<Placeholder>, BTreeMap<String, Value>) {
        let mut all = Vec::new();
        let mut values = prepared.values();
        for name in prepared.names() {
            let kind = self.facts.kind(&name);
            let found = match self.facts.value(&name) {
                Ok(found) => found,
                Err(why) => {
                    refusals.push(format!("<{name}>: {why}"));
                    all.push(Placeholder { name, kind, value: None, origin: None });
                    continue;
                }
            };
            match &found {
                Some(found) => {
                    values.insert(name.clone(), Value { text: found.text.clone(), kind });
                }
                None => {
                    refusals.push(format!("<{name}> is open: {}; say --set {name}=VALUE", kind.expects()));
                }
            }
            let origin = found.as_ref().map(|found| found.origin);
            all.push(Placeholder { name, kind, value: found.map(|found| found.text), origin });
        }
        (all, values)
    }

    fn fill(
        prepared: &Prepared,
        values: &BTreeMap<String, Value>,
        is_sent: bool,
        refusals: &mut Vec<String>,
    ) -> Option<String> {
        let mut spots = prepared.spots.clone();
        // A script that is one piece was not read before: nobody has said yet that it cannot be.
        if let Some(fault) = prepared.script.faults.first().filter(|_| refusals.is_empty()) {
            refusals.push(format!("it cannot be read: {}", fault.message));
        }
        if spots.iter().any(|spot| !values.contains_key(&spot.name)) || !prepared.script.faults.is_empty() {
            return None;
        }
        for spot in spots.iter_mut().filter(|spot| is_sent && spot.context.reading == Reading::Once) {
            spot.context.reading = Reading::Again;
        }
        match fill::shell(&prepared.text, &prepared.script, &spots, values) {
            Ok(text) => Some(text),
            Err(faults) => {
                refusals.extend(faults);
                None
            }
        }
    }

    fn queries(&self, procedure: &Procedure, place: &Place<'_>, groups: &mut Vec<Planned>) {
        let lines: Vec<&str> = place.block.text.lines().collect();
        for (line, query) in fill::queries(&place.block.text) {
            let mut refusals = Vec::new();
            let mut values = BTreeMap::new();
            let mut placeholders = Vec::new();
            for name in fill::promql_names(&query).into_iter().collect::<BTreeSet<_>>() {
                let kind = self.facts.kind(&name);
                let found = self.facts.value(&name).unwrap_or_else(|why| {
                    refusals.push(format!("<{name}>: {why}"));
                    None
                });
                if let Some(found) = &found {
                    values.insert(name.clone(), Value { text: found.text.clone(), kind });
                }
                let origin = found.as_ref().map(|found| found.origin);
                placeholders.push(Placeholder { name, kind, value: found.map(|found| found.text), origin });
            }
            let filled = fill::promql(&query, &values).map_err(|faults| refusals.extend(faults)).ok();
            let from = place.block.lines.0 + line;
            let title = line.checked_sub(1).and_then(|above| lines.get(above)).copied().unwrap_or_default();
            groups.push(Planned {
                lines: (from, from + query.matches('\n').count()),
                host: Host {
                    literal: None,
                    user: None,
                    resolved: Some("localhost".into()),
                    provenance: Provenance::Local,
                },
                danger: Danger { level: Level::L0, reasons: vec!["a query only reads".to_owned()] },
                title: title.trim_start_matches(['#', ' ']).to_owned(),
                template: query,
                placeholders,
                filled: filled.filter(|_| refusals.is_empty()),
                refusals,
                ..Self::blank(procedure, place, "promql")
            });
        }
    }
}

fn around(placed: &Placed, login: &Login, free: Vec<String>) -> Around {
    let group = &placed.group;
    let said = std::iter::once(&group.title)
        .chain(&group.notes)
        .chain(group.choice.as_ref().map(|choice| &choice.label));
    Around {
        is_protected: login.is_protected,
        said: said.cloned().collect::<Vec<_>>().join("\n"),
        set: Vec::new(),
        free,
    }
}

/// Why there is no host, where nothing else has said so.
fn unknown(placed: &Placed) -> Option<String> {
    let is_told = placed.meant.is_some() || placed.group.unrunnable.is_some();
    (!is_told).then(|| {
        "on which host it runs is not known: the document names none, and neither does the alert".to_owned()
    })
}

fn literals(prepared: &Prepared, refusals: &mut Vec<String>) -> Vec<Literal> {
    let one = |(literal, found): &(String, Result<super::facts::Found, String>)| match found {
        Ok(found) => {
            Literal { literal: literal.clone(), value: Some(found.text.clone()), origin: Some(found.origin) }
        }
        Err(why) => {
            refusals.push(why.clone());
            Literal { literal: literal.clone(), value: None, origin: None }
        }
    };
    prepared.literals.iter().map(one).collect()
}
