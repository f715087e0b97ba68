//! The plan of the command at which one stands: where it runs, its exact text, how dangerous it is
//! and why, what stands for its placeholders, what it should show, and why it would not run.

mod queries;

use chrono::TimeDelta;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::runbook::level_role;
use super::{Pane, draw_lines};
use crate::action::Action;
use crate::domain::feed::SourceKind;
use crate::domain::question::Ask;
use crate::incident;
use crate::keymap::Context;
use crate::runbooks::danger::Level;
use crate::runbooks::facts::Origin;
use crate::runbooks::mode::Mode;
use crate::runbooks::model::{Procedure, Runbook};
use crate::runbooks::plan::Planned;
use crate::runbooks::session::{Session, What};
use crate::runbooks::whereabouts::Provenance;
use crate::text::{self, sanitise, sanitise_lines};
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::prose::{Prose, Scroll, lay_out};

/// In fewer lines than these little is seen of a plan.
const SHORT: u16 = 5;

/// The pane.
#[derive(Debug, Default)]
pub struct Plan {
    scroll: Scroll,
    of: Option<(String, usize)>,
}

impl Pane for Plan {
    fn title(&self, scene: &Scene<'_>) -> Title {
        let group = scene.desk.session().and_then(Session::focused);
        let Some(group) = group else { return Title::new("Plan") };
        let level = piece(group.danger.level.name(), level_role(group.danger.level));
        let counts = vec![level];
        let place = piece(format!("line {}", group.lines.0), Role::Muted);
        Title { short: counts.clone(), counts, right: vec![place], ..Title::new("Plan") }
    }

    fn made_of(&self) -> &'static [SourceKind] {
        &[]
    }

    fn refresh(&mut self, _scene: &Scene<'_>) {}

    fn context(&self) -> Context {
        Context::Runbook
    }

    fn wants(&self, scene: &Scene<'_>) -> Vec<Ask> {
        let session = scene.desk.session();
        session.and_then(|session| queries::asks(session, scene)).map_or_else(Vec::new, Vec::from)
    }

    fn act(&mut self, action: Action, _scene: &Scene<'_>) -> bool {
        self.scroll.act(action)
    }

    fn draw(&mut self, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        let area = Rect { x: area.x + 1.min(area.width), width: area.width.saturating_sub(2), ..area };
        let Some((session, (book, procedure, _))) = scene.desk.session().zip(scene.desk.document()) else {
            let hits = scene.desk.hits();
            let lines = match hits.get(scene.desk.selected) {
                Some(hit) => lay_out(&summary(hit.procedure), area.width),
                None => vec![vec![piece("no procedure is open", Role::Muted)]],
            };
            return draw_lines(&lines, area, buffer, scene);
        };
        let of = Some((session.procedure.clone(), session.at));
        if self.of != of {
            self.of = of;
            self.scroll.top = 0;
        }
        let mut told = told(session, book, procedure, scene);
        let is_command = |one: &Prose| matches!(one, Prose::Pair(name, _) if name == "Command");
        // In a few lines what would run is seen before where.
        if area.height < SHORT
            && let Some(at) = told.iter().position(is_command)
        {
            told[..=at].rotate_right(1);
        }
        let lines = lay_out(&told, area.width);
        self.scroll.draw(&lines, area, buffer, scene);
    }
}

/// What a procedure is for, and what is done in it, before it is opened.
fn summary(procedure: &Procedure) -> Vec<Prose> {
    let mut told = vec![Prose::Head(sanitise(&procedure.title).into_owned())];
    let plain = |text: &str| sanitise(text).into_owned();
    if let Some(trigger) = &procedure.trigger {
        told.push(Prose::pair("trigger", plain(&trigger.text)));
    }
    if let Some(severity) = &procedure.severity {
        told.push(Prose::pair("severity", plain(severity)));
    }
    if let Some(seconds) = procedure.response_time {
        let span = TimeDelta::try_seconds(i64::try_from(seconds).unwrap_or(0)).unwrap_or_default();
        told.push(Prose::pair("respond in", text::age(span)));
    }
    if let Some(when) = &procedure.when {
        told.push(Prose::pair("when", plain(when)));
    }
    for (at, symptom) in procedure.symptoms.iter().enumerate() {
        told.push(Prose::pair(if at == 0 { "symptoms" } else { "" }, plain(&symptom.text)));
    }
    told.push(Prose::Blank);
    for step in procedure.steps.iter().filter(|step| !step.title.is_empty()) {
        let number = step.ordinal.map(|ordinal| format!("{ordinal}. ")).unwrap_or_default();
        told.push(Prose::plain(format!("{number}{}", plain(&step.title))));
    }
    for scenario in &procedure.scenarios {
        told.push(Prose::plain(format!("{}  {}", scenario.label, plain(&scenario.title))));
    }
    told
}

/// All that is known of where one stands.
fn told(session: &Session, book: &Runbook, procedure: &Procedure, scene: &Scene<'_>) -> Vec<Prose> {
    let mut told = Vec::new();
    match session.stop().map(|stop| stop.what) {
        Some(What::Group(at)) => {
            if let Some(group) = session.plan.groups.get(at) {
                told.extend(of_group(group));
            }
        }
        Some(What::Check(at)) => {
            if let Some(check) = session.checks.get(at) {
                told.push(Prose::Pair("Box".into(), vec![piece(check.text.clone(), Role::Text)]));
                told.push(Prose::Pair("Looks at".into(), vec![piece(check.probe.describe(), Role::Text)]));
            }
        }
        Some(What::Step) => told.push(Prose::plain("For a person: m marks it done, - leaves it out.")),
        Some(What::Fold) => told.push(Prose::plain("Enter unfolds this part, or folds it.")),
        None => told.push(Prose::plain("This procedure has nothing to follow.")),
    }
    if let Some(stop) = session.stop() {
        for before in session.before(stop) {
            told.push(Prose::Pair("First".into(), vec![piece(before, Role::Warning)]));
        }
    }
    told.extend(clock(session, procedure, scene));
    if let Some(asks) = queries::asks(session, scene) {
        queries::answers(&asks, scene, &mut told);
    }
    told.extend(diagnosis(session, procedure, scene));
    told.extend(timeline(scene));
    if !book.warnings.is_empty() {
        told.extend([Prose::Blank, Prose::Head("What NOT to do".to_owned())]);
        let never = book.warnings.iter();
        told.extend(never.map(|one| Prose::Line(vec![piece(format!("✗ {}", one.text), Role::Warning)])));
    }
    told
}

/// So many lines of the record are shown, the newest first.
const NEWEST: usize = 8;

/// What was recorded last of the incident.
fn timeline(scene: &Scene<'_>) -> Vec<Prose> {
    if scene.record.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![Prose::Blank, Prose::Head("Recorded".to_owned())];
    lines.extend(scene.record.iter().rev().take(NEWEST).map(|entry| {
        let at = scene.times.clock(entry.at);
        let what = sanitise(&incident::told(entry)).into_owned();
        Prose::Line(vec![piece(format!("{at} "), Role::Muted), piece(what, Role::Text)])
    }));
    lines
}

/// What the data and the logs say: the end of the decision tree that fits, and causes by their message.
fn diagnosis(session: &Session, procedure: &Procedure, scene: &Scene<'_>) -> Vec<Prose> {
    let mut told = Vec::new();
    let found = &session.diagnosis;
    if !found.known.is_empty() {
        told.extend([Prose::Blank, Prose::Head("What is known".to_owned())]);
        told.extend(found.known.iter().map(|known| Prose::plain(sanitise(known))));
    }
    let suggested = found.scenario.as_ref().filter(|_| session.scenario.is_none());
    if let Some((label, why)) = suggested {
        let title = procedure.scenarios.iter().find(|one| one.label == *label).map(|one| one.title.as_str());
        told.push(Prose::Line(vec![
            piece(format!("suggested: {label} {}", sanitise(title.unwrap_or_default())), Role::Accent),
            piece(format!("  {}", sanitise(why)), Role::Muted),
        ]));
    }
    if !session.heard.is_empty() {
        told.extend([Prose::Blank, Prose::Head("In the logs".to_owned())]);
    }
    for heard in &session.heard {
        let at = heard.at.map(|at| scene.times.clock(at)).unwrap_or_default();
        let more = heard.resolution.as_ref().map(|what| format!(": {}", sanitise(what))).unwrap_or_default();
        told.push(Prose::Line(vec![
            piece(format!("{at} {}", sanitise(&heard.line)), Role::Muted),
            piece(format!("\n  → {}{more}", sanitise(&heard.cause)), Role::Warning),
        ]));
    }
    told
}

/// A command as it would run. Also told before it is confirmed.
pub fn of_group(group: &Planned) -> Vec<Prose> {
    let mut told = Vec::new();
    told.push(Prose::Pair("Host".into(), host(group)));
    told.push(Prose::Pair("Command".into(), command(group)));
    let role = level_role(group.danger.level);
    let mut danger = vec![piece(format!("{} {}", group.danger.level, demand(group.danger.level)), role)];
    let reasons: Vec<&str> =
        group.danger.reasons.iter().map(String::as_str).filter(|why| !why.ends_with("only reads")).collect();
    if !reasons.is_empty() {
        danger.push(piece(format!("\n{}", sanitise_lines(&reasons.join("\n"))), Role::Muted));
    }
    told.push(Prose::Pair("Danger".into(), danger));
    told.push(Prose::Pair("Values".into(), values(group)));
    let runs = if group.lang == "promql" { "Enter asks Prometheus" } else { mode(group.mode) };
    told.push(Prose::Pair("Runs".into(), vec![piece(runs, Role::Text)]));
    if group.needs_sudo {
        told.push(Prose::Pair(String::new(), vec![piece("it becomes root", Role::Warning)]));
    }
    if let Some(first) = group.choice.as_ref().filter(|_| group.alternative_of.is_some()) {
        let words = format!("{first}: one of several ways, not one after the other");
        told.push(Prose::Pair("Way".into(), vec![piece(words, Role::Text)]));
    }
    for (at, refusal) in group.refusals.iter().enumerate() {
        let name = if at == 0 { "Refused" } else { "" };
        told.push(Prose::Pair(name.into(), vec![piece(sanitise(refusal).into_owned(), Role::Warning)]));
    }
    if let Some(wrong) = &group.known_wrong {
        told.push(Prose::Pair("Wrong".into(), vec![piece(wrong.why, Role::Warning)]));
        let seen = if wrong.verified { "" } else { "  (not seen to work)" };
        told.push(Prose::pair("Instead", format!("{}{seen}", wrong.instead)));
    }
    if let Some(expectation) = &group.expectation {
        told.push(Prose::pair("Expect", sanitise_lines(expectation)));
    }
    for note in &group.notes {
        told.push(Prose::Pair("Note".into(), vec![piece(sanitise(note).into_owned(), Role::Muted)]));
    }
    for hint in &group.causes {
        told.push(Prose::pair("If", format!("{} → {}", hint.message, hint.cause)));
    }
    told
}

fn host(group: &Planned) -> Vec<Piece> {
    let host = &group.host;
    let user = host.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
    let name = match (&host.resolved, host.provenance) {
        (Some(resolved), Provenance::Local) => format!("here ({resolved})"),
        (Some(resolved), _) => format!("{user}{resolved}"),
        (None, _) => "not known".to_owned(),
    };
    let role = if host.resolved.is_some() { Role::Text } else { Role::Warning };
    let mut pieces = vec![piece(name, role)];
    if let Some(literal) = host.literal.as_ref().filter(|literal| Some(*literal) != host.resolved.as_ref()) {
        pieces.push(piece(format!("  document: {}", sanitise(literal)), Role::Muted));
    }
    let how = match host.provenance {
        Provenance::Explicit => "the command names it",
        Provenance::Switched => "ssh stands above",
        Provenance::Annotation => "the owner's hint",
        Provenance::Inherited => "as before it",
        Provenance::Inferred => "guessed: its program is at home there",
        Provenance::Target => "guessed: the host of the alert",
        Provenance::Local => "asks over the network, from here",
        Provenance::Unknown => "nothing tells",
    };
    let is_guess = matches!(
        host.provenance,
        Provenance::Inferred | Provenance::Target | Provenance::Inherited | Provenance::Unknown
    );
    pieces.push(piece(format!("  {how}"), if is_guess { Role::Warning } else { Role::Muted }));
    pieces
}

/// The exact text, with everything that hides in it shown.
fn command(group: &Planned) -> Vec<Piece> {
    let (shown, role) = match &group.filled {
        Some(filled) => (filled, Role::Accent),
        None => (&group.template, Role::Muted),
    };
    if shown.trim().is_empty() {
        return vec![piece("nothing to run", Role::Muted)];
    }
    vec![piece(unhidden(shown.trim_end_matches('\n')), role)]
}

/// A text with its hidden characters shown as `<U+202E>`; only its line breaks are kept.
pub fn unhidden(text: &str) -> String {
    let show = |char: char| {
        if char == '\n' || (text::is_plain(char) && char != '\t') {
            char.to_string()
        } else {
            format!("<U+{:04X}>", u32::from(char))
        }
    };
    text.chars().map(show).collect()
}

const fn demand(level: Level) -> &'static str {
    match level {
        Level::L0 => "only reads",
        Level::L1 => "changes something: y confirms",
        Level::L2 => "disrupts: Y confirms",
        Level::L3 => "destroys: the host's name confirms",
        Level::X => "is never run",
    }
}

fn values(group: &Planned) -> Vec<Piece> {
    if group.placeholders.is_empty() && group.literals.is_empty() {
        return vec![piece("none open", Role::Muted)];
    }
    let mut pieces = Vec::new();
    for one in &group.placeholders {
        let role = if one.value.is_some() { Role::Text } else { Role::Warning };
        let value = one.value.as_deref().map_or("open: = says it".into(), sanitise);
        pieces.push(piece(format!("<{}> {value}", sanitise(&one.name)), role));
        pieces.push(piece(format!("  {}\n", origin(one.origin)), Role::Muted));
    }
    for one in &group.literals {
        let value = one.value.as_deref().map_or("which of your hosts? T: the alert's".into(), sanitise);
        let role = if one.value.is_some() { Role::Text } else { Role::Warning };
        pieces.push(piece(format!("{} is {value}", sanitise(&one.literal)), role));
        pieces.push(piece(format!("  {}\n", origin(one.origin)), Role::Muted));
    }
    if let Some((last, _)) = pieces.last_mut() {
        last.truncate(last.trim_end().len());
    }
    pieces
}

const fn origin(origin: Option<Origin>) -> &'static str {
    match origin {
        Some(Origin::Label) => "from the alert",
        Some(Origin::Config) => "from the config",
        Some(Origin::Inventory) => "from your hosts",
        Some(Origin::Operator) => "said by you",
        None => "",
    }
}

const fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Capture => "to its end; its output is kept",
        Mode::Follow => "until it is stopped",
        Mode::Handoff => "in the terminal itself",
        Mode::Manual => "by a person",
    }
}

/// The response clock, and when help is to be called.
fn clock(session: &Session, procedure: &Procedure, scene: &Scene<'_>) -> Vec<Prose> {
    let Some(began) = session.cause.about.since else { return Vec::new() };
    let now = scene.wall();
    let seconds = |span: u64| TimeDelta::try_seconds(i64::try_from(span).ok()?);
    let mut pieces = Vec::new();
    match procedure.response_time.and_then(seconds).map(|span| began + span) {
        Some(due) if session.opened > due => {
            let words = format!(
                "respond by {}, opened {} late",
                scene.times.clock(due),
                text::age(session.opened - due)
            );
            pieces.push(piece(words, Role::Warning));
        }
        Some(due) => {
            let words = format!("respond by {}, opened in time", scene.times.clock(due));
            pieces.push(piece(words, Role::Text));
        }
        None => pieces.push(piece(format!("running for {}", text::age(now - began)), Role::Text)),
    }
    let escalation = procedure.escalation.as_ref().and_then(|one| one.after).and_then(seconds);
    let is_over = session.cause.about.quiet_since.is_some();
    match (session.escalated, escalation.map(|after| began + after)) {
        (Some(at), _) => pieces.push(piece(format!("\nhelp called {}", scene.times.clock(at)), Role::Ok)),
        (None, Some(_)) if is_over => pieces.push(piece("\nthe alert is gone: no escalation", Role::Muted)),
        (None, Some(at)) if at <= now => {
            let words = format!("\nescalate now: due {} ago, X notes it", text::age(now - at));
            pieces.push(piece(words, Role::Critical));
        }
        (None, Some(at)) => {
            let words = format!("\nescalate {}, in {}", scene.times.clock(at), text::age(at - now));
            pieces.push(piece(words, Role::Muted));
        }
        (None, None) => {}
    }
    vec![Prose::Pair("Clock".into(), pieces)]
}
