//! Which keys write something to a server, and the dialogue that each opens.

use std::sync::Arc;

use chrono::TimeDelta;

use super::Layer;
use super::chores;
use super::compose::Compose;
use super::dialogue::{Dialogue, Purpose};
use crate::action::Action;
use crate::domain::acking::unacknowledge;
use crate::domain::alert::{Alert, FingerprintSource};
use crate::domain::amtool::duration;
use crate::domain::deed::{Deed, Draft, What};
use crate::domain::feed::{SourceId, SourceKind};
use crate::domain::silence::{Silence, SilenceState};
use crate::domain::silencing::{QUICK, made_tonight, prefilled};
use crate::domain::subject::Subject;
use crate::ui::describe::find_alert;
use crate::ui::panes::silences::acknowledged;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::form::Field;
use crate::ui::widgets::prose::Prose;
use crate::ui::widgets::sign;

/// A silence lasts so long when nothing else is said.
const USUAL: TimeDelta = TimeDelta::hours(1);

/// Whether an action writes, or leads to writing.
pub const fn is_one(action: Action) -> bool {
    matches!(
        action,
        Action::Silence
            | Action::Acknowledge
            | Action::Extend
            | Action::Edit
            | Action::Expire
            | Action::UndoMine
            | Action::Actions
    )
}

/// A dialogue, or why there is none.
pub type Opened = Result<Box<dyn Layer>, String>;

/// The dialogue of a key on what it acts on. `operator`: who is at the keyboard.
///
/// # Errors
/// When there is nothing that it could be done to; the text says so.
pub fn open(action: Action, meant: &[Subject], operator: &str, scene: &Scene<'_>) -> Opened {
    let silences = silences(meant, scene);
    match action {
        Action::Silence if !silences.is_empty() => again(&silences, scene),
        Action::Silence => silence(&alerts(meant, scene), operator, scene),
        Action::Acknowledge => acknowledge(&alerts(meant, scene), operator, scene),
        Action::Extend => extend(silences, scene),
        Action::Edit => edit(&silences, scene),
        Action::Expire => expire("Expire", &silences, scene),
        Action::UndoMine => undo(operator, scene),
        Action::Actions => chores::open(meant, operator, scene),
        _ => Err("nothing is to be done".to_owned()),
    }
}

/// The alerts among what is meant, each with who has it now: one that was selected while Prometheus alone
/// told of it may have come to an Alertmanager since.
fn alerts<'s>(meant: &[Subject], scene: &Scene<'s>) -> Vec<(SourceId, &'s Alert)> {
    let found = meant.iter().filter_map(|subject| match subject {
        Subject::Alert { source, fingerprint } => {
            let now = scene.store.listed(fingerprint).map_or(source, |listed| &listed.source);
            Some((now.clone(), find_alert(scene.store, fingerprint)?))
        }
        _ => None,
    });
    found.collect()
}

/// The silences among what is meant.
fn silences(meant: &[Subject], scene: &Scene<'_>) -> Vec<(SourceId, Silence)> {
    let found = meant.iter().filter_map(|subject| match subject {
        Subject::Silence { source, id } => {
            let mut silences = scene.store.source(source)?.data.silences.iter();
            Some((source.clone(), silences.find(|silence| silence.id == *id)?.clone()))
        }
        _ => None,
    });
    found.collect()
}

/// The Alertmanager that an alert of `source` is routed by.
fn router(source: &SourceId, scene: &Scene<'_>) -> Result<SourceId, String> {
    if source.kind == SourceKind::Alertmanager {
        return Ok(source.clone());
    }
    let mut routers = scene.store.near(SourceKind::Alertmanager, scene.store.site_of(source));
    routers
        .next()
        .map(|router| router.id.clone())
        .ok_or_else(|| "no Alertmanager is configured: there is nobody to keep a silence".to_owned())
}

fn silence(alerts: &[(SourceId, &Alert)], operator: &str, scene: &Scene<'_>) -> Opened {
    let Some((source, _)) = alerts.first() else {
        return Err("nothing to silence is selected: choose an alert".to_owned());
    };
    let source = router(source, scene)?;
    let only: Vec<&Alert> = alerts.iter().map(|(_, alert)| *alert).collect();
    let draft = prefilled(&only, operator, USUAL, scene.wall());
    Ok(Box::new(Compose::new(source, &draft, Some(&only), scene)))
}

fn again(silences: &[(SourceId, Silence)], scene: &Scene<'_>) -> Opened {
    let Some((source, silence)) = silences.first() else {
        return Err("no silence is selected".to_owned());
    };
    let draft = Draft { id: None, ..Draft::of(silence) }.until(scene.wall() + USUAL);
    Ok(Box::new(Compose::new(source.clone(), &draft, None, scene)))
}

fn edit(silences: &[(SourceId, Silence)], scene: &Scene<'_>) -> Opened {
    let [(source, silence)] = silences else {
        return Err("choose one silence to change it".to_owned());
    };
    if silence.is_acknowledgement() {
        return Err("an acknowledgement is changed at its alert: a takes it back".to_owned());
    }
    Ok(Box::new(Compose::new(source.clone(), &Draft::of(silence), None, scene)))
}

fn acknowledge(alerts: &[(SourceId, &Alert)], operator: &str, scene: &Scene<'_>) -> Opened {
    if alerts.is_empty() {
        return Err("nothing to acknowledge is selected: choose an alert".to_owned());
    }
    if alerts.iter().all(|(_, alert)| alert.acked_by.is_some()) {
        return Ok(Box::new(take_back(alerts, scene)));
    }
    let mut groups: Vec<(SourceId, Vec<Alert>)> = Vec::new();
    let open = alerts.iter().filter(|(_, alert)| {
        alert.acked_by.is_none() && alert.fingerprint_source == FingerprintSource::Alertmanager
    });
    for (source, alert) in open {
        match groups.iter_mut().find(|(have, _)| have == source) {
            Some((_, group)) => group.push((*alert).clone()),
            None => groups.push((source.clone(), vec![(*alert).clone()])),
        }
    }
    if groups.is_empty() {
        return Err("no Alertmanager has this alert yet: it can be acknowledged when it fires".to_owned());
    }
    let mut about = listed(groups.iter().flat_map(|(_, group)| group));
    let note = "Pages go on: this hides nothing. To stop them too, silence it with s.";
    about.push(Prose::Line(vec![piece(note, Role::Muted)]));
    let span = duration(scene.store.thresholds.ack_for);
    let fields = vec![
        Field::new("for", span).hint("30m, 1h30m, 2d").offers(QUICK.map(duration)),
        Field::new("by", operator),
        Field::new("why", ""),
    ];
    Ok(Box::new(Dialogue::new("Acknowledge", about, fields, Purpose::Acknowledge(groups), scene)))
}

/// Takes acknowledgements back.
fn take_back(alerts: &[(SourceId, &Alert)], scene: &Scene<'_>) -> Dialogue {
    let mut deeds: Vec<Deed> = Vec::new();
    for (source, alert) in alerts {
        // One that speaks of several is changed as often as it must be, each time from the last.
        let mut silences =
            scene.store.source(source).map_or_else(Vec::new, |source| source.data.silences.to_vec());
        for deed in &deeds {
            apply(deed, source, &mut silences);
        }
        let undone = unacknowledge(&alert.fingerprint, &silences).into_iter();
        deeds.extend(undone.map(|what| Deed { source: source.clone(), what }));
    }
    let mut about = listed(alerts.iter().map(|(_, alert)| *alert));
    about.push(Prose::plain("Enter says that nobody is on it any more."));
    Dialogue::new("Take back the acknowledgement", about, Vec::new(), Purpose::Do(deeds), scene)
}

/// What the silences of a server are after a deed.
fn apply(deed: &Deed, source: &SourceId, silences: &mut Vec<Silence>) {
    if deed.source != *source {
        return;
    }
    match &deed.what {
        What::Expire { id } => silences.retain(|silence| silence.id != *id),
        What::Silence(draft) => {
            for silence in silences.iter_mut().filter(|silence| Some(&silence.id) == draft.id.as_ref()) {
                silence.matchers.clone_from(&draft.matchers);
            }
        }
        What::Chore(_) | What::Test(_) | What::Reload | What::Annotate(_) => {}
    }
}

fn extend(silences: Vec<(SourceId, Silence)>, scene: &Scene<'_>) -> Opened {
    let live: Vec<(SourceId, Silence)> =
        silences.into_iter().filter(|(_, silence)| silence.state != SilenceState::Expired).collect();
    if live.is_empty() {
        return Err("no silence in force is selected".to_owned());
    }
    let about = told(&live, scene);
    let fields = vec![Field::new("longer by", "1h").hint("30m, 1h30m, 2d").offers(QUICK.map(duration))];
    Ok(Box::new(Dialogue::new("Extend", about, fields, Purpose::Extend(live), scene)))
}

fn expire(title: &'static str, silences: &[(SourceId, Silence)], scene: &Scene<'_>) -> Opened {
    let live: Vec<(SourceId, Silence)> =
        silences.iter().filter(|(_, silence)| silence.state != SilenceState::Expired).cloned().collect();
    if live.is_empty() {
        return Err("no silence in force is selected".to_owned());
    }
    let deeds = live.iter().map(|(source, silence)| Deed {
        source: source.clone(),
        what: What::Expire { id: Arc::clone(&silence.id) },
    });
    let purpose = Purpose::Do(deeds.collect());
    let mut about = told(&live, scene);
    let s = if live.len() == 1 { "it" } else { "all of them" };
    about.extend([Prose::Blank, Prose::plain(format!("Enter ends {s} now."))]);
    Ok(Box::new(Dialogue::new(title, about, Vec::new(), purpose, scene)))
}

fn undo(operator: &str, scene: &Scene<'_>) -> Opened {
    let now = scene.wall();
    let mine: Vec<(SourceId, Silence)> = scene
        .store
        .of(SourceKind::Alertmanager)
        .flat_map(|source| {
            let made = made_tonight(source, operator, now).into_iter();
            made.map(|silence| (source.id.clone(), silence.clone())).collect::<Vec<_>>()
        })
        .collect();
    if mine.is_empty() {
        return Err(format!("{operator} made no silence within the last 12 hours"));
    }
    expire("Undo all that I silenced tonight", &mine, scene)
}

/// So many are named.
const MOST: usize = 10;

fn listed<'a>(alerts: impl Iterator<Item = &'a Alert>) -> Vec<Prose> {
    let all: Vec<&Alert> = alerts.collect();
    let mut about: Vec<Prose> = all
        .iter()
        .take(MOST)
        .map(|alert| {
            let sign = sign::of_alert(alert);
            let text = format!("{} {}", alert.name, alert.subject());
            Prose::Line(vec![piece(format!("{} ", sign.glyph), sign.role), piece(text, Role::Text)])
        })
        .collect();
    if all.len() > MOST {
        about.push(Prose::plain(format!("  and {} more", all.len() - MOST)));
    }
    about.push(Prose::Blank);
    about
}

fn told(silences: &[(SourceId, Silence)], scene: &Scene<'_>) -> Vec<Prose> {
    let mut about: Vec<Prose> = silences
        .iter()
        .take(MOST)
        .map(|(_, silence)| {
            let of = if silence.is_acknowledgement() {
                acknowledged(silence, scene.store)
            } else {
                silence.matchers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
            };
            let ends = scene.times.full(silence.ends_at);
            let by = format!("  by {} until {ends}", silence.created_by);
            Prose::Line(vec![piece(of, Role::Text), piece(by, Role::Muted)])
        })
        .collect();
    if silences.len() > MOST {
        about.push(Prose::plain(format!("and {} more", silences.len() - MOST)));
    }
    about
}
