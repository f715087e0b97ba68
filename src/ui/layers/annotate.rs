//! A mark to be left in a Grafana: what happened here, from when to when. It is shown and may be
//! worded anew before it is made.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::Layer;
use super::deeds::Opened;
use super::dialogue::{Dialogue, Purpose};
use super::menu::{Choice, Menu};
use crate::domain::deed::{Annotation, Deed, What};
use crate::domain::feed::{SourceId, SourceKind};
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::form::Field;
use crate::ui::widgets::prose::Prose;

/// What is to be marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What happened.
    pub text: String,
    /// Words by which it is found again, with blanks between them.
    pub tags: String,
    /// When it began.
    pub from: DateTime<Utc>,
    /// When it was over.
    pub to: Option<DateTime<Utc>>,
    /// The incident that it is a mark of.
    pub incident: Option<String>,
}

impl Mark {
    /// What is done when it is worded so.
    pub(super) fn deed(&self, source: &SourceId, text: &str, tags: &str) -> Deed {
        let annotation = Annotation {
            text: text.into(),
            tags: tags.split_whitespace().map(Arc::from).collect(),
            from: self.from,
            to: self.to,
        };
        Deed { source: source.clone(), what: What::Annotate(annotation) }
    }
}

/// The dialogue before a mark is made; with several Grafanas it is asked first in which.
///
/// # Errors
/// When there is no Grafana; the text says so.
pub fn open(mark: &Mark, scene: &Scene<'_>) -> Opened {
    let all: Vec<&SourceId> = scene.store.of(SourceKind::Grafana).map(|source| &source.id).collect();
    let layer: Box<dyn Layer> = match all.as_slice() {
        [] => return Err("no Grafana is configured: [sources.grafana.NAME]".to_owned()),
        [one] => Box::new(dialogue(one, mark, scene)),
        several => {
            let choice = |source: &&SourceId| Choice {
                name: source.to_string(),
                note: String::new(),
                dialogue: Some(dialogue(source, mark, scene)),
            };
            Box::new(Menu::new("Annotate in which Grafana".to_owned(), several.iter().map(choice).collect()))
        }
    };
    Ok(layer)
}

fn dialogue(source: &SourceId, mark: &Mark, scene: &Scene<'_>) -> Dialogue {
    let from = scene.times.full(mark.from);
    let when = match mark.to {
        Some(to) => format!("{from} to {}", scene.times.full(to)),
        None => format!("{from}, and it is not over"),
    };
    let about = vec![
        Prose::pair("server", source.to_string()),
        Prose::pair("request", "POST /api/annotations"),
        Prose::pair("when", when),
        Prose::Line(vec![piece("Dashboards that ask for one of its tags show it.", Role::Muted)]),
    ];
    let fields = vec![Field::new("what", &mark.text), Field::new("tags", &mark.tags)];
    let purpose = Purpose::Annotate(source.clone(), mark.clone());
    Dialogue::new("Annotate in Grafana", about, fields, purpose, scene)
}
