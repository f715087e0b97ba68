//! The dashboards that are about what is described.

use super::Place;
use crate::domain::alert::Alert;
use crate::domain::dashboard::{Dashboard, about_alert, about_host};
use crate::domain::feed::SourceKind;
use crate::domain::question::{Answer, Ask, Known, Question};
use crate::domain::subject::Subject;
use crate::ui::describe::find_alert;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::prose::Prose;

/// What is asked: all dashboards, once for all that is looked at.
pub fn ask(place: Place, scene: &Scene<'_>) -> Option<Ask> {
    let grafana = scene.store.of(SourceKind::Grafana).next()?;
    Some(Ask { slot: place.slot("dashboards"), source: grafana.id.clone(), question: Question::Dashboards })
}

fn known<'s>(scene: &Scene<'s>) -> &'s [Dashboard] {
    let mut answers = [Place::Sheet, Place::Pane].into_iter().filter_map(|place| {
        match scene.answers.get(&ask(place, scene)?) {
            Known::Answer(Answer::Dashboards(all)) => Some(&**all),
            _ => None,
        }
    });
    answers.next().unwrap_or_default()
}

fn of_alert(alert: &Alert, scene: &Scene<'_>) -> Vec<(String, String)> {
    let found = about_alert(alert, known(scene), scene.wall());
    found.into_iter().map(|(dashboard, link)| (dashboard.title.to_string(), link)).collect()
}

/// The dashboards of a thing, the best first, each with its link.
pub fn of(subject: &Subject, scene: &Scene<'_>) -> Vec<(String, String)> {
    match subject {
        Subject::Alert { fingerprint, .. } => {
            find_alert(scene.store, fingerprint).map_or_else(Vec::new, |alert| of_alert(alert, scene))
        }
        Subject::Host(name) => {
            let host = scene.store.hosts().iter().find(|host| host.name == *name);
            let instances = host.map_or(&[][..], |host| &host.instances);
            let found = about_host(name, instances, known(scene), scene.wall());
            found.into_iter().map(|(dashboard, link)| (dashboard.title.to_string(), link)).collect()
        }
        _ => Vec::new(),
    }
}

/// Tells them, each with its link.
pub fn tell(subject: &Subject, scene: &Scene<'_>, to: &mut Vec<Prose>) {
    let all = of(subject, scene);
    if all.is_empty() {
        return;
    }
    to.extend([Prose::Blank, Prose::Head("Dashboards".to_owned())]);
    for (title, link) in all {
        to.push(Prose::Link(title, piece(link, Role::Muted)));
    }
}
