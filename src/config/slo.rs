//! `[slo.NAME]`: what was promised.

use crate::domain::slo::{Goal, Objective, Span};
use crate::settings::Table;

/// Reads the tables.
pub(super) fn goals(root: &Table<'_>) -> Vec<Goal> {
    root.named("slo").into_iter().filter_map(|(name, table)| goal(&name, &table)).collect()
}

fn goal(name: &str, table: &Table<'_>) -> Option<Goal> {
    let query = table.require::<String>("query");
    let objective = table.get_with("objective", |percent: f64| {
        if percent > 0.0 && percent < 100.0 {
            Ok(Objective(percent / 100.0))
        } else {
            Err("a percentage between 0 and 100, such as 99.5".to_owned())
        }
    });
    if objective.is_none() && !table.has("objective") {
        table.fault("objective", "is missing: the percentage that has to be good, such as 99.5");
    }
    let span = table.get_with("window", |word: String| match word.as_str() {
        "month" => Ok(Span::Month),
        days => match days.strip_suffix('d').and_then(|days| days.parse().ok()) {
            Some(days) if (1..=35).contains(&days) => Ok(Span::Rolling(days)),
            _ => Err("\"month\", or days up to \"35d\"".to_owned()),
        },
    });
    Some(Goal {
        name: name.into(),
        objective: objective?,
        query: query?.trim().into(),
        span: span.unwrap_or(Span::Rolling(30)),
    })
}
