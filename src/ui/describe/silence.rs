//! A silence as a text.

use std::sync::Arc;

use super::{Description, when};
use crate::domain::comment::Comment;
use crate::domain::feed::SourceId;
use crate::domain::silencing::covered;
use crate::domain::sites;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::prose::Prose;
use crate::ui::widgets::sign;

/// So many of the alerts that it covers are named.
const MOST: usize = 50;

/// Describes a silence; `None` when it is gone.
pub fn of_silence(source: &SourceId, id: &Arc<str>, scene: &Scene<'_>) -> Option<Description> {
    let data = &scene.store.source(source)?.data;
    let silence = data.silences.iter().find(|silence| silence.id == *id)?;
    let comment = Comment::read(&silence.comment);
    let is_ack = silence.is_acknowledgement();
    let mut told = vec![
        Prose::plain(&*comment.text),
        Prose::Blank,
        Prose::pair("state", silence.state.to_string()),
        Prose::pair("by", &*silence.created_by),
        Prose::pair("begins", when(silence.starts_at, scene)),
        Prose::pair("ends", when(silence.ends_at, scene)),
    ];
    if let Some(condition) = comment.condition() {
        told.push(Prose::pair("ends when", condition.to_string()));
    }
    told.extend([Prose::Blank, Prose::Head("Matchers".to_owned())]);
    told.extend(silence.matchers.iter().map(|matcher| Prose::plain(matcher.to_string())));
    if is_ack {
        let named = silence.acknowledged();
        let site = scene.store.site_of(source);
        let near = scene.store.alerts().iter().map(|listed| &listed.alert);
        let alerts = near.filter(|alert| sites::meet(alert.site(), site));
        let mut alerts = alerts.filter(|alert| named.contains(&&*alert.fingerprint)).peekable();
        told.extend([Prose::Blank, Prose::Head("Acknowledges".to_owned())]);
        if alerts.peek().is_none() {
            told.push(Prose::plain("No Alertmanager tells of an alert that it is about."));
        }
        told.extend(alerts.map(line));
    } else {
        let covers = covered(&silence.matchers, source, scene.store);
        told.extend([Prose::Blank, Prose::Head(format!("Covers {}", covers.len()))]);
        told.extend(covers.iter().take(MOST).map(|listed| line(&listed.alert)));
        if covers.is_empty() {
            told.push(Prose::plain("No alert matches: it may be forgotten."));
        }
    }
    told.extend([Prose::Blank, Prose::pair("id", &**id), Prose::pair("source", source.to_string())]);
    let name = if is_ack { "Acknowledgement" } else { "Silence" };
    Some(Description { sign: None, name: name.to_owned(), text: told })
}

fn line(alert: &crate::domain::alert::Alert) -> Prose {
    let sign = sign::of_alert(alert);
    let text = format!("{} {}", alert.name, alert.subject());
    Prose::Line(vec![piece(format!("{} ", sign.glyph), sign.role), piece(text, Role::Text)])
}
