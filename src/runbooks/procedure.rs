//! One procedure, read from the sections that it stands in.

use super::document::{Inline, ListItem, Node};
use super::model::{
    Block, CheckItem, Escalation, Field, InlineCommand, Item, Lang, Layer, Lines, Procedure, ProcedureKind,
    Role, Scenario, Section, Step, Trigger,
};
use super::roots::Root;
use super::{annotation, causes, code, duration, roles, tree, words};

/// Reads a procedure.
pub(super) fn read(sections: &[Section], root: &Root) -> Procedure {
    let head = &sections[root.section];
    let alert = roles::alert(&head.title);
    let mut reader = Reader {
        done: Procedure {
            id: head.id.clone(),
            title: head.title.clone(),
            kind: if alert.is_some() { ProcedureKind::Alert } else { ProcedureKind::Procedure },
            alert_names: alert.iter().map(|(name, _)| (*name).to_owned()).collect(),
            severity: alert.and_then(|(_, severity)| severity),
            label: roles::scenario(&head.title).map(|(label, _)| label.to_owned()),
            source_lines: (head.lines.0, last_line(sections, root)),
            ..Procedure::default()
        },
        role: None,
        title: head.title.clone(),
        inside: Inside::Nothing,
    };
    for (at, part) in root.parts.iter().enumerate() {
        let section = &sections[*part];
        let role = roles::named(&section.title);
        reader.turn_to(if at == 0 { role.filter(|_| is_orphan(section)) } else { role }, &section.title);
        for node in &section.body {
            reader.take(node);
        }
    }
    reader.leave();
    let mut done = reader.done;
    settle_fields(&mut done);
    let comments = done.blocks().into_iter().filter(|place| place.block.lang == Lang::Shell);
    let listed: Vec<_> = comments.flat_map(|place| causes::of_comments(place.block)).collect();
    done.causes.extend(listed);
    done
}

/// A section that names a role but stands for itself.
fn is_orphan(section: &Section) -> bool {
    !matches!(section.role, Role::Notes | Role::Steps)
}

fn last_line(sections: &[Section], root: &Root) -> usize {
    let last = root.parts.last().map_or(root.section, |last| *last);
    let next = sections.get(last + 1).map(|next| next.lines.0.saturating_sub(1));
    next.unwrap_or(sections[last].lines.1).max(sections[last].lines.0)
}

/// What the key/value lines say.
fn settle_fields(done: &mut Procedure) {
    for Field { key, value, code, .. } in &done.fields {
        match key.to_lowercase().as_str() {
            "severity" => done.severity = Some(value.to_lowercase()),
            "response time" => done.response_time = duration::first(value),
            "scenario" | "when to use" => done.when = Some(value.clone()),
            "trigger condition" | "trigger" | "condition" => {
                done.trigger = Some(Trigger {
                    text: value.clone(),
                    promql: code.clone(),
                    hold: duration::following("for", value),
                });
            }
            _ => {}
        }
    }
}

/// Where the next words belong.
enum Inside {
    Nothing,
    Scenario(Scenario),
    Layer(Layer),
}

struct Reader {
    done: Procedure,
    /// What the current part is for; none while nothing said so.
    role: Option<Role>,
    title: String,
    inside: Inside,
}

impl Reader {
    fn turn_to(&mut self, role: Option<Role>, title: &str) {
        self.leave();
        self.role = role;
        title.clone_into(&mut self.title);
    }

    /// Ends the scenario or the layer.
    fn leave(&mut self) {
        match std::mem::replace(&mut self.inside, Inside::Nothing) {
            Inside::Nothing => {}
            Inside::Scenario(scenario) => self.done.scenarios.push(scenario),
            Inside::Layer(layer) => self.done.layers.push(layer),
        }
    }

    fn take(&mut self, node: &Node) {
        match node {
            Node::Paragraph { words, lines } => self.paragraph(words, *lines),
            Node::Code { block, indented } => self.code(block, *indented),
            Node::List { start, items, .. } => self.list(*start, items),
            Node::Table { header, rows, .. } => {
                let causes = causes::of_table(header, rows);
                if causes.is_empty() {
                    let cells = rows.iter().map(|row| (row, row.cells.concat()));
                    let items = cells.map(|(row, words)| words::item(&words, row.line));
                    self.done.notes.extend(items.filter(|item| !item.commands.is_empty()));
                }
                self.done.causes.extend(causes);
            }
            Node::Quote { body, .. } | Node::Fold { body, .. } => {
                for node in body {
                    self.take(node);
                }
            }
            Node::Html { text, .. } => self.done.alert_names.extend(annotation::alerts(text)),
            Node::Rule { .. } => self.leave(),
        }
    }

    fn paragraph(&mut self, words: &[Inline], lines: Lines) {
        if let Some(fields) = words::fields(words) {
            self.done.fields.extend(fields);
            return;
        }
        if let Some((label, has_colon)) = words::label(words) {
            if let Some((letter, title)) = roles::scenario(&label) {
                self.leave();
                let (label, title) = (letter.to_owned(), title.to_owned());
                self.inside = Inside::Scenario(Scenario { label, title, lines, ..Scenario::default() });
                return;
            }
            if let Some((ordinal, title)) = roles::layer(&label) {
                self.leave();
                let title = title.to_owned();
                self.inside = Inside::Layer(Layer { ordinal, title, items: Vec::new(), lines });
                return;
            }
            if let Some(role) = roles::named(&label).filter(|_| has_colon) {
                self.turn_to(Some(role), &label);
                return;
            }
            if has_colon && !self.is_escalation() {
                self.turn_to(Some(Role::Notes), &label);
                return;
            }
        }
        self.said(words::item(words, lines.0), lines);
    }

    fn is_escalation(&self) -> bool {
        self.role == Some(Role::Escalation)
    }

    /// A sentence that is neither a label nor a key.
    fn said(&mut self, item: Item, lines: Lines) {
        match (&mut self.inside, self.role) {
            (Inside::Scenario(scenario), _) => {
                scenario.lines.1 = lines.1;
                scenario.prose.push(item);
            }
            (Inside::Layer(layer), _) => {
                layer.lines.1 = lines.1;
                layer.items.push(item);
            }
            (Inside::Nothing, Some(Role::Symptoms)) => self.done.symptoms.push(item),
            (Inside::Nothing, Some(Role::Escalation)) => self.escalate(&item, lines),
            (Inside::Nothing, _) => self.done.notes.push(item),
        }
    }

    fn escalate(&mut self, item: &Item, lines: Lines) {
        let condition = item.text.trim_end_matches(':').to_owned();
        if condition.to_lowercase().starts_with("n/a") {
            return;
        }
        let escalation = self.done.escalation.get_or_insert_with(Escalation::default);
        if escalation.condition.is_empty() {
            escalation.after = duration::following("after", &condition);
            escalation.condition = condition;
            escalation.lines = lines;
        } else {
            escalation.steps.push(item.clone());
            escalation.lines.1 = lines.1;
        }
    }

    fn code(&mut self, block: &Block, indented: bool) {
        if block.lang == Lang::None
            && !indented
            && self.done.tree.is_none()
            && let Some(tree) = tree::read(block)
        {
            self.done.tree = Some(tree);
            return;
        }
        if let Inside::Scenario(scenario) = &mut self.inside {
            scenario.lines.1 = block.lines.1 + 1;
            scenario.blocks.push(block.clone());
            return;
        }
        // An indented fence was meant for the step above it.
        let role = self.step_role();
        if indented
            && code::holds_fence(&block.text)
            && let Some(step) = self.done.steps.last_mut()
        {
            step.broken = true;
            step.lines.1 = block.lines.1;
            step.blocks.push(block.clone());
            return;
        }
        let step = Step {
            title: self.title.clone(),
            role,
            blocks: vec![block.clone()],
            broken: indented && code::holds_fence(&block.text),
            lines: (
                block.lines.0.saturating_sub(usize::from(!indented)),
                block.lines.1 + usize::from(!indented),
            ),
            ..Step::default()
        };
        self.step(step);
    }

    fn step_role(&self) -> Role {
        match self.role {
            None | Some(Role::Notes) => Role::Steps,
            Some(role) => role,
        }
    }

    fn step(&mut self, step: Step) {
        if self.role == Some(Role::PostIncident) {
            self.done.post_incident.push(step);
        } else {
            self.done.steps.push(step);
        }
    }

    fn list(&mut self, start: Option<u64>, items: &[ListItem]) {
        for (at, item) in items.iter().enumerate() {
            let number = start.map(|start| start.saturating_add(at as u64));
            self.item(number, item);
        }
    }

    fn item(&mut self, number: Option<u64>, item: &ListItem) {
        if let Inside::Scenario(scenario) = &mut self.inside {
            scenario.lines.1 = item.lines.1;
            scenario.prose.extend(sentences(&item.body));
            scenario.blocks.extend(blocks(&item.body));
            return;
        }
        if let Inside::Layer(layer) = &mut self.inside {
            layer.lines.1 = item.lines.1;
            layer.items.extend(sentences(&item.body));
            return;
        }
        match self.role {
            Some(Role::Verification) => self.done.verification.items.extend(check(item)),
            Some(Role::Prerequisites) => self.done.prerequisites.items.extend(check(item)),
            Some(Role::Symptoms) => self.done.symptoms.extend(sentences(&item.body)),
            Some(Role::Causes) => self.done.causes.extend(sentences(&item.body).into_iter().map(|item| {
                let Item { text: cause, commands: inline_commands, line } = item;
                super::model::Cause { cause, inline_commands, line, ..Default::default() }
            })),
            Some(Role::Escalation) => {
                for sentence in sentences(&item.body) {
                    let escalation = self.done.escalation.get_or_insert_with(Escalation::default);
                    escalation.lines = (escalation.lines.0.max(1).min(sentence.line), item.lines.1);
                    escalation.steps.push(sentence);
                }
            }
            Some(Role::Notes | Role::Warnings) => self.done.notes.extend(sentences(&item.body)),
            None if number.is_none() && blocks(&item.body).is_empty() => {
                self.done.notes.extend(sentences(&item.body));
            }
            _ => {
                let step = step(number, item, self.step_role());
                self.step(step);
            }
        }
    }
}

/// A list item as a step: its first sentence is the title.
pub(super) fn step(ordinal: Option<u64>, item: &ListItem, role: Role) -> Step {
    let mut said = sentences(&item.body).into_iter();
    let first = said.next().unwrap_or_default();
    Step {
        ordinal,
        title: first.text,
        role,
        prose: said.collect(),
        blocks: blocks(&item.body),
        commands: first.commands,
        broken: false,
        lines: item.lines,
    }
}

/// A list item as a box to tick.
fn check(item: &ListItem) -> Option<CheckItem> {
    let first = sentences(&item.body).into_iter().next()?;
    let html = item.body.iter().filter_map(|node| match node {
        Node::Html { text, .. } => Some(annotation::read(text)),
        _ => None,
    });
    let verify = html.flatten().find(|(key, _)| key == "verify").map(|(_, query)| query);
    let ticked = item.ticked.unwrap_or(false);
    Some(CheckItem { text: first.text, ticked, commands: first.commands, verify, line: first.line })
}

/// Every sentence in some nodes, in order.
pub(super) fn sentences(nodes: &[Node]) -> Vec<Item> {
    let paragraphs = super::document::walk(nodes).into_iter().filter_map(|node| match node {
        Node::Paragraph { words, lines } => Some(words::item(words, lines.0)),
        _ => None,
    });
    paragraphs.collect()
}

/// Every block in some nodes, in order.
fn blocks(nodes: &[Node]) -> Vec<Block> {
    let all = super::document::walk(nodes).into_iter().filter_map(|node| match node {
        Node::Code { block, .. } => Some(Block::clone(block)),
        _ => None,
    });
    all.collect()
}

/// The items of a list that read like procedures: each is a bold title with bullets under it.
pub(super) fn suggested(nodes: &[Node]) -> Vec<Procedure> {
    let items = nodes.iter().filter_map(|node| match node {
        Node::List { start: Some(_), items, .. } => Some(items),
        _ => None,
    });
    items.flatten().filter_map(suggestion).collect()
}

fn suggestion(item: &ListItem) -> Option<Procedure> {
    let (head, rest) = item.body.split_first()?;
    let Node::Paragraph { words, .. } = head else { return None };
    let (title, _) = words::label(words).filter(|_| words.iter().any(|word| word.strong))?;
    let bullets: Vec<&ListItem> = rest
        .iter()
        .flat_map(|node| match node {
            Node::List { items, .. } => items.as_slice(),
            _ => &[],
        })
        .collect();
    if bullets.is_empty() {
        return None;
    }
    let steps: Vec<Step> = bullets.iter().map(|bullet| step(None, bullet, Role::Steps)).collect();
    let escalation = steps.iter().find_map(|step| {
        let lower = step.title.to_lowercase();
        let clause = step.title.get(lower.find("escalate to ")?..)?;
        let condition = clause.trim_end_matches('.').to_owned();
        let after = duration::following("after", &condition);
        Some(Escalation { after, condition, steps: Vec::new(), lines: step.lines })
    });
    Some(Procedure {
        severity: roles::severity_behind(&title).1,
        title,
        kind: ProcedureKind::Suggested,
        steps,
        escalation,
        source_lines: item.lines,
        ..Procedure::default()
    })
}

/// Every command in a procedure's words.
pub fn inline_commands(procedure: &Procedure) -> Vec<&InlineCommand> {
    let items = [&procedure.symptoms, &procedure.notes].into_iter().flatten();
    let prose = procedure
        .steps
        .iter()
        .chain(&procedure.post_incident)
        .flat_map(|step| step.commands.iter().chain(step.prose.iter().flat_map(|item| &item.commands)));
    let scenarios = procedure.scenarios.iter().flat_map(|scenario| &scenario.prose);
    let checks = [&procedure.verification, &procedure.prerequisites].into_iter().flat_map(|list| &list.items);
    let escalation = procedure.escalation.iter().flat_map(|escalation| &escalation.steps);
    let layers = procedure.layers.iter().flat_map(|layer| &layer.items);
    let leaves = procedure.tree.iter().flat_map(|tree| &tree.leaves);
    let mut all: Vec<&InlineCommand> = items
        .chain(scenarios)
        .chain(escalation)
        .chain(layers)
        .flat_map(|item| &item.commands)
        .chain(prose)
        .chain(checks.flat_map(|check| &check.commands))
        .chain(procedure.causes.iter().flat_map(|cause| &cause.inline_commands))
        .chain(leaves.flat_map(|leaf| &leaf.commands))
        .collect();
    all.sort_by_key(|command| command.line);
    all
}
