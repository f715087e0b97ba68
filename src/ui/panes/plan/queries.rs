//! A query of the document, asked when somebody lets it be: its value now, and its last hour.

use chrono::TimeDelta;

use super::super::runbook::about;
use crate::domain::question::{Answer, Ask, Known, Question, Series};
use crate::runbooks::session::Session;
use crate::text;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::prose::Prose;
use crate::ui::widgets::spark::spark;

/// The two questions of a query that somebody let be asked: its value now, and its last hour.
pub(super) fn asks(session: &Session, scene: &Scene<'_>) -> Option<[Ask; 2]> {
    let group = session.focused().filter(|group| group.lang == "promql")?;
    let query: std::sync::Arc<str> = group.filled.as_deref()?.into();
    let stop = session.stop().filter(|stop| session.asked.contains(&stop.key))?;
    let source = about::prometheus(scene.store)?;
    let to = about::beat(scene.wall());
    let ask = |what: &str, question| Ask {
        slot: format!("runbook/query/{}/{what}", stop.line).into(),
        source: source.clone(),
        question,
    };
    let series = Question::Series { query: query.clone(), from: to - TimeDelta::hours(1), to, step: 60 };
    Some([ask("now", Question::Value { query, at: Some(to) }), ask("hour", series)])
}

/// What was answered: each series with its value and its last hour.
pub(super) fn answers(asks: &[Ask; 2], scene: &Scene<'_>, told: &mut Vec<Prose>) {
    told.extend([Prose::Blank, Prose::Head("Now, and the last hour".to_owned())]);
    let [now, hour] = asks;
    let past = scene.answers.latest(hour).map_or(&[][..], Answer::series);
    match scene.answers.get(now) {
        Known::Waiting if scene.answers.latest(now).is_none() => told.push(Prose::plain("asking")),
        Known::Failed(failure) => {
            told.push(Prose::Line(vec![piece(failure.text.to_string(), Role::Unknown)]));
        }
        Known::Waiting | Known::Answer(_) => {
            let series = scene.answers.latest(now).map_or(&[][..], Answer::series);
            if series.is_empty() {
                told.push(Prose::plain("no series: such a thing is not measured"));
            }
            told.extend(series.iter().take(MOST).map(|one| line(one, past)));
            if series.len() > MOST {
                told.push(Prose::Line(vec![piece(format!("and {} more", series.len() - MOST), Role::Muted)]));
            }
        }
    }
}

/// So many series are shown.
const MOST: usize = 12;

fn line(series: &Series, past: &[Series]) -> Prose {
    let value = series
        .points
        .last()
        .map_or_else(String::new, |(_, value)| text::truncate(&format!("{value:.3}"), 12).into_owned());
    let before = past.iter().find(|one| one.labels == series.labels);
    let numbers: Vec<f64> =
        before.map_or_else(Vec::new, |one| one.points.iter().map(|(_, value)| *value).collect());
    let numbers: Vec<f64> = numbers.into_iter().filter(|number| number.is_finite()).collect();
    // An hour in so many bars: the last of each five minutes.
    let thin: Vec<f64> = numbers.iter().rev().step_by(3).rev().copied().collect();
    let labels = if series.labels.is_empty() { "value".to_owned() } else { series.labels.to_string() };
    Prose::Line(vec![
        piece(format!("{value:>10} "), Role::Accent),
        piece(format!("{} ", spark(&thin)), Role::Info),
        piece(labels, Role::Muted),
    ])
}
