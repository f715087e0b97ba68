//! An alert as a text: how it stands, who sees to it or hides it, when it fired, the rule behind it,
//! where it went, its links and labels.

use super::activity::{self, Prometheus};
use super::{Description, Place, find_alert, labels, when};
use crate::domain::alert::{Alert, FingerprintSource};
use crate::domain::burden;
use crate::domain::comment::Comment;
use crate::domain::correlate;
use crate::domain::feed::SourceKind;
use crate::domain::question::{Ask, Known, Question};
use crate::domain::rule::{Rule, RuleKind};
use crate::domain::verdict::response_due;
use crate::text;
use crate::ui::panes::targets::{short, sign_of};
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::prose::Prose;
use crate::ui::widgets::sign;

/// The annotations that are links, and told as such.
const LINKS: [&str; 6] =
    ["runbook_url", "runbook", "dashboard_url", "dashboard", "panel_url", "__dashboardUrl__"];

/// What the description wants to know: when it fired, and what its expression is now.
pub fn wants(alert: &Alert, place: Place, scene: &Scene<'_>) -> Vec<Ask> {
    let Some(prometheus) = activity::prometheus(alert, scene.store) else { return Vec::new() };
    let value = rule(alert, &prometheus).and_then(|rule| value_ask(rule, &prometheus, place));
    let activity = activity::ask(alert, &prometheus, place, scene.wall());
    activity.into_iter().chain(value).collect()
}

pub fn of_alert(alert: &Alert, place: Place, scene: &Scene<'_>) -> Description {
    let now = scene.wall();
    let vanished = scene.store.vanished.iter().find(|ghost| ghost.alert.key() == alert.key());
    let sign = if vanished.is_some() { sign::UNKNOWN } else { sign::of_alert(alert) };
    let mut told = Vec::new();
    if !alert.summary().is_empty() {
        told.extend([Prose::plain(alert.summary()), Prose::Blank]);
    }
    let severity = if alert.severity.is_empty() { "none" } else { &*alert.severity };
    told.push(Prose::Pair(
        "state".into(),
        vec![
            piece(format!("{} {}", sign.glyph, alert.state), sign.role),
            piece(format!("  severity {severity}"), Role::Text),
        ],
    ));
    told.push(Prose::pair("since", when(alert.starts_at, scene)));
    if let Some(ghost) = vanished {
        let words = format!("{}, while Prometheus was not heard: not resolved", when(ghost.since, scene));
        told.push(Prose::Pair("vanished".into(), vec![piece(words, Role::Unknown)]));
    }
    if let Some(due) = response_due(alert, scene.store) {
        let late = due < now;
        let role = if late { sign.role } else { Role::Text };
        let over = if late { format!("  overdue {}", text::age(now - due)) } else { String::new() };
        let words = if late { scene.times.full(due) + &over } else { when(due, scene) };
        let promised = scene.store.thresholds.promised.contains_key(&alert.name);
        let by = piece(if promised { "  (runbook)" } else { "" }, Role::Muted);
        told.push(Prose::Pair("respond by".into(), vec![piece(words, role), by]));
    }
    quietened(alert, scene, &mut told);
    disagreement(alert, scene, &mut told);
    if !alert.receivers.is_empty() {
        told.push(Prose::pair("receivers", alert.receivers.join(", ")));
        let listed = scene.store.listed(alert.key());
        for group in listed.into_iter().flat_map(|listed| &listed.groups) {
            told.push(Prose::pair("routed", &**group));
        }
    } else if alert.fingerprint_source == FingerprintSource::Own {
        told.push(Prose::pair("receivers", "none: no Alertmanager has this alert"));
    }
    likely(alert, scene, &mut told);
    related(alert, scene, &mut told);
    measured(alert, sign.role, place, scene, &mut told);
    links(alert, &mut told);
    labels("Labels", &alert.labels, &["alertname"], &mut told);
    let without: Vec<&str> = LINKS.into_iter().chain(["summary"]).collect();
    labels("Annotations", &alert.annotations, &without, &mut told);
    told.push(Prose::pair("fingerprint", &*alert.fingerprint));
    Description { sign: Some(sign), name: alert.name.to_string(), text: told }
}

/// Who sees to an alert, and who or what keeps it from being heard.
fn quietened(alert: &Alert, scene: &Scene<'_>, to: &mut Vec<Prose>) {
    if let Some(ack) = &alert.acked_by {
        let (since, until) = (when(ack.since, scene), scene.times.full(ack.until));
        let said = silences(alert, scene)
            .filter(|silence| silence.acknowledges(&alert.fingerprint, alert.starts_at).is_some())
            .map(|silence| Comment::read(&silence.comment).text);
        let words = format!("by {} {since}, until {until}", ack.who);
        to.push(Prose::Pair("acknowledged".into(), vec![piece(words, Role::Info)]));
        // What somebody says of it, and what is announced to run.
        to.extend(said.filter(|said| !said.is_empty()).map(|said| Prose::pair("", &*said)));
    }
    for silence in silences(alert, scene).filter(|silence| alert.silenced_by.contains(&silence.id)) {
        let until = when(silence.ends_at, scene);
        to.push(Prose::pair("silenced", format!("by {} until {until}", silence.created_by)));
        let matchers: Vec<String> = silence.matchers.iter().map(ToString::to_string).collect();
        to.push(Prose::pair("", Comment::read(&silence.comment).text.to_string()));
        to.push(Prose::Pair(String::new(), vec![piece(matchers.join(" "), Role::Muted)]));
    }
    for cause in &alert.inhibited_by {
        let name = find_alert(scene.store, &alert.key_beside(cause))
            .map_or_else(|| cause.to_string(), |cause| format!("{} {}", cause.name, cause.subject()));
        to.push(Prose::pair("inhibited", format!("by {name}")));
    }
    if let Some(cause) = scene.store.causes().get(alert.key()) {
        to.push(Prose::pair("follows from", cause.text.clone()));
    }
    let follow = scene.store.causes().values().filter(|cause| cause.id == *alert.key()).count();
    if follow > 0 {
        to.push(Prose::pair("first cause of", format!("{follow} other alerts, listed below it")));
    }
    let burdens = burden::burdens(scene.store, scene.wall());
    if let Some(burden) = burden::explains(alert, &burdens, scene.store) {
        let since = burden.since.map_or_else(String::new, |since| format!(", since {}", when(since, scene)));
        to.push(Prose::Pair("while".into(), vec![piece(format!("{}{since}", burden.text), Role::Info)]));
        if burden.over.is_some() {
            let words = "s, then Ctrl-n at \"until\": a silence that ends with it";
            to.push(Prose::Pair(String::new(), vec![piece(words, Role::Muted)]));
        }
    }
    if !alert.muted_by.is_empty() {
        to.push(Prose::pair("muted", format!("by {}", alert.muted_by.join(", "))));
    }
}

/// Which peers of its group do not have it, or would page for it while another hides it.
fn disagreement(alert: &Alert, scene: &Scene<'_>, to: &mut Vec<Prose>) {
    let routers = scene.store.near(SourceKind::Alertmanager, alert.site());
    let splits = routers.flat_map(|source| source.data.splits.iter());
    for split in splits.filter(|split| split.fingerprint == alert.fingerprint) {
        for (peers, what) in [(&split.lacking, "does not have it"), (&split.loud, "does not hide it")] {
            for peer in peers {
                to.push(Prose::Pair("peer".into(), vec![piece(format!("{peer} {what}"), Role::Warning)]));
            }
        }
    }
}

/// Says where the join with Prometheus' own alert is only likely.
fn likely(alert: &Alert, scene: &Scene<'_>, to: &mut Vec<Prose>) {
    if let Some(one) = scene.store.listed(alert.key()).filter(|one| one.likely) {
        let voices = one.voices.iter().filter(|voice| voice.kind == SourceKind::Prometheus);
        let names: Vec<String> = voices.map(ToString::to_string).collect();
        let words = format!("likely, by {}: its external labels cannot be read", names.join(", "));
        to.push(Prose::Pair("raised".into(), vec![piece(words, Role::Unknown)]));
    }
}

fn silences<'s>(
    alert: &'s Alert,
    scene: &Scene<'s>,
) -> impl Iterator<Item = &'s crate::domain::silence::Silence> {
    let routers = scene.store.near(SourceKind::Alertmanager, alert.site());
    routers.flat_map(|source| source.data.silences.iter())
}

/// The target that an alert speaks of.
fn related(alert: &Alert, scene: &Scene<'_>, to: &mut Vec<Prose>) {
    for source in &scene.store.sources {
        let mut targets = source.data.targets.iter();
        if let Some(target) = targets.find(|target| correlate::covers(alert, source, target)) {
            let sign = sign_of(target, false);
            let words = if target.error.is_empty() { sign.word.into() } else { short(target) };
            let pieces = vec![
                piece(format!("{} ", sign.glyph), sign.role),
                piece(format!("{} {}  {words}", target.job, target.instance), Role::Text),
            ];
            to.push(Prose::Pair("target".into(), pieces));
        }
    }
}

/// When it fired, and what its rule says now.
fn measured(alert: &Alert, loud: Role, place: Place, scene: &Scene<'_>, to: &mut Vec<Prose>) {
    let Some(prometheus) = activity::prometheus(alert, scene.store) else { return };
    if let Some(ask) = activity::ask(alert, &prometheus, place, scene.wall()) {
        to.push(Prose::Blank);
        activity::tell(&ask, loud, scene, to);
    }
    let Some(rule) = rule(alert, &prometheus) else { return };
    to.extend([Prose::Blank, Prose::Head("Rule".to_owned())]);
    to.push(Prose::pair("expression", &*rule.query));
    let hold = if rule.hold > 0.0 { format!("for {}", text::span(rule.hold)) } else { "at once".to_owned() };
    to.push(Prose::pair("fires", hold));
    let value = match &prometheus.raised {
        Some(raised) => vec![piece(plain(&raised.value), Role::Text)],
        None => value_ask(rule, &prometheus, place).map_or_else(Vec::new, |ask| asked(alert, &ask, scene)),
    };
    to.push(Prose::Pair("value".into(), value));
    to.push(Prose::Pair("group".into(), vec![piece(format!("{}  {}", rule.group, rule.file), Role::Muted)]));
}

/// The rule that raises an alert.
fn rule<'s>(alert: &Alert, prometheus: &Prometheus<'s>) -> Option<&'s Rule> {
    let mut rules = prometheus.source.data.rules.iter();
    rules.find(|rule| rule.kind == RuleKind::Alerting && rule.name == alert.name)
}

/// Asks what the expression is now; where Prometheus raises the alert it has told so already.
fn value_ask(rule: &Rule, prometheus: &Prometheus<'_>, place: Place) -> Option<Ask> {
    prometheus.raised.is_none().then(|| Ask {
        slot: place.slot("value"),
        source: prometheus.source.id.clone(),
        question: Question::Value { query: rule.query.clone(), at: None },
    })
}

fn asked(alert: &Alert, ask: &Ask, scene: &Scene<'_>) -> Vec<crate::ui::scene::Piece> {
    match scene.answers.get(ask) {
        Known::Waiting => vec![piece("asking", Role::Muted)],
        Known::Failed(failure) => vec![piece(failure.short.to_string(), Role::Unknown)],
        Known::Answer(answer) => {
            let own = answer.series().iter().find(|series| {
                series
                    .labels
                    .iter()
                    .all(|(name, value)| name == "__name__" || alert.labels.get(name) == Some(value))
            });
            match own.and_then(|series| series.points.last()) {
                Some((_, value)) => vec![piece(value.to_string(), Role::Text)],
                None => vec![piece("nothing: the expression is not true now", Role::Muted)],
            }
        }
    }
}

/// A number as Prometheus writes it (`9.1e+01`), as a person would.
fn plain(value: &str) -> String {
    value.parse::<f64>().map_or_else(|_| value.to_owned(), |value| value.to_string())
}

fn links(alert: &Alert, to: &mut Vec<Prose>) {
    let mut found: Vec<Prose> = Vec::new();
    for (name, value) in alert.annotations.iter().filter(|(name, _)| LINKS.contains(name)) {
        let name = name.trim_matches('_').trim_end_matches("_url").trim_end_matches("Url");
        found.push(Prose::Link(name.to_owned(), piece(value, Role::Text)));
    }
    if let Some(url) = &alert.generator_url {
        found.push(Prose::Link("query".into(), piece(&**url, Role::Muted)));
    }
    if !found.is_empty() {
        to.extend([Prose::Blank, Prose::Head("Links".to_owned())]);
        to.extend(found);
    }
}
