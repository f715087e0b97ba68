//! `wardroom alerts`: the alerts that are there.

use std::process::ExitCode;

use color_eyre::eyre::Result;

use super::{Usage, complain, gather, ground, routes, say, unheard};
use crate::cli::{Alerts, Global, ListFormat, OfAlerts};
use crate::domain::feed::Feed;
use crate::domain::matcher::Matchers;
use crate::domain::silence::Matcher;
use crate::domain::verdict::Scope;
use crate::report;
use crate::runtime::network;

/// What is asked for alerts and silences.
pub(super) const SCOPE: Scope = Scope { alerts: true, ..Scope::NONE };

/// Runs it.
///
/// # Errors
/// Wrong usage, a wrong config, or stdout that cannot be written.
pub fn run(global: &Global, alerts: &Alerts) -> Result<ExitCode> {
    match &alerts.what {
        Some(OfAlerts::Route(asked)) => return routes::route(global, asked),
        Some(OfAlerts::Test(asked)) => return routes::test(global, asked),
        None => {}
    }
    let filter = matchers(&alerts.filter)?;
    let filter = Matchers::new(&filter).map_err(|error| Usage(error.to_string()))?;
    let network = network()?;
    let looked = network.block_on(async {
        let ground = ground(global, false).await?;
        let store = gather(&ground, SCOPE, alerts.timeout).await;
        let now = ground.clock.now().wall;
        Ok::<_, color_eyre::eyre::Report>((
            report::Alerts::of(&store, &filter, now),
            unheard(&store, &[Feed::Alerts], now),
        ))
    });
    // Who still waits for a server that hangs is not waited for.
    network.shutdown_background();
    let (list, unheard) = looked?;
    say(&match alerts.format {
        ListFormat::Text => list.text(),
        ListFormat::Json => list.json()?,
    })?;
    for source in &unheard {
        complain(&format!("not heard: {source}"));
    }
    Ok(if unheard.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Reads matchers of the command line.
///
/// # Errors
/// When one is none.
pub(super) fn matchers(words: &[String]) -> Result<Vec<Matcher>, Usage> {
    words.iter().map(|word| Matcher::of_word(word).map_err(|error| Usage(error.to_string()))).collect()
}
