//! A link of the chain as a text: all that was checked of it.

use super::{Description, when};
use crate::domain::chain;
use crate::domain::slo::Span;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::prose::Prose;
use crate::ui::widgets::sign;

pub fn of_link(from: &str, to: &str, scene: &Scene<'_>) -> Option<Description> {
    let links = chain::links(scene.store, scene.wall());
    let link = links.iter().find(|link| &*link.from == from && &*link.to == to)?;
    let mut told = Vec::new();
    for check in &link.checks {
        let sign = sign::of_health(check.state);
        let mut line = vec![piece(format!("{} ", sign.glyph), sign.role), piece(&check.text, Role::Text)];
        if let Some(since) = check.since {
            line.push(piece(format!("  since {}", when(since, scene)), Role::Muted));
        }
        told.push(Prose::Line(line));
    }
    if chain::first_broken(&links) == Some(link) {
        told.push(Prose::Blank);
        told.push(Prose::plain("This is the first link in trouble: what lies behind it may be its doing."));
    }
    Some(Description { sign: Some(sign::of_health(link.state)), name: format!("{from} > {to}"), text: told })
}

/// An objective: what was promised, and by which query it is measured.
pub fn of_goal(name: &str, scene: &Scene<'_>) -> Option<Description> {
    let goal = scene.store.thresholds.goals.iter().find(|goal| &*goal.name == name)?;
    let window = match goal.span {
        Span::Month => "the calendar month".to_owned(),
        Span::Rolling(days) => format!("the last {days} days"),
    };
    let text = vec![
        Prose::pair("objective", format!("{:.2} % good over {window}", goal.objective.0 * 100.0)),
        Prose::pair("query", &*goal.query),
        Prose::Blank,
        Prose::plain("Every five minutes count by the share that was good; what nobody measured is unknown."),
        Prose::plain(
            "It burns fast (critical) at 14.4 times what is allowed, over an hour and its last 5 minutes; \
                      slowly (warning) at 6 times, over six hours and their last 30 minutes.",
        ),
    ];
    Some(Description { sign: None, name: format!("Objective {name}"), text })
}
