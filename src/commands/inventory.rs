//! `wardroom inventory`: papers about what there is, from what the servers say.

use std::process::ExitCode;

use color_eyre::eyre::Result;

use super::{complain, gather, ground, say, unheard};
use crate::cli::{Global, Inventory, Paper};
use crate::config::Runbooks;
use crate::domain::feed::Feed;
use crate::domain::verdict::Scope;
use crate::report::inventory::{self, Covering};
use crate::runbooks;
use crate::runtime::network;

/// Runs it.
///
/// # Errors
/// Wrong usage, a wrong config, or stdout that cannot be written.
pub fn run(global: &Global, asked: &Inventory) -> Result<ExitCode> {
    let (scope, feeds): (Scope, &[Feed]) = match asked.paper {
        Paper::Alerts => (Scope { alerts: true, ..Scope::NONE }, &[Feed::Rules, Feed::Alerts]),
        Paper::Architecture => (Scope { chain: true, ..Scope::NONE }, &[Feed::Alerts, Feed::Measures]),
        Paper::Backups => (Scope { backups: true, ..Scope::NONE }, &[Feed::Snapshots, Feed::Jobs]),
    };
    let network = network()?;
    let looked = network.block_on(async {
        let ground = ground(global, false).await?;
        let store = gather(&ground, scope, asked.timeout).await;
        let now = ground.clock.now().wall;
        let paper = match asked.paper {
            Paper::Alerts => inventory::alerts(&store, &covering(&ground.config.runbooks), now),
            Paper::Architecture => inventory::architecture(&store, now),
            Paper::Backups => inventory::backups(&store, now),
        };
        Ok::<_, color_eyre::eyre::Report>((paper, unheard(&store, feeds, now)))
    });
    // Who still waits for a server that hangs is not waited for.
    network.shutdown_background();
    let (paper, unheard) = looked?;
    say(&paper)?;
    for source in &unheard {
        complain(&format!("not heard: {source}"));
    }
    Ok(if unheard.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The procedures of the config's files, by the alerts that they are for. A file that cannot be read
/// has none; `wardroom runbook list` says why.
fn covering(config: &Runbooks) -> Vec<Covering> {
    let mut all: Vec<Covering> = Vec::new();
    for path in &config.files {
        let Ok(bytes) = std::fs::read(path) else {
            tracing::warn!(path = %path.display(), "a runbook was not read");
            continue;
        };
        let file = runbooks::read(&path.display().to_string(), &bytes);
        // The paper is the same wherever the files lie.
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        for procedure in &file.procedures {
            all.extend(procedure.alert_names.iter().map(|alert| Covering {
                alert: alert.clone(),
                file: name.to_string(),
                procedure: procedure.title.clone(),
            }));
        }
    }
    all.extend(config.aliases.iter().map(|(alert, wanted)| Covering {
        alert: alert.clone(),
        file: "[runbooks.aliases]".to_owned(),
        procedure: wanted.clone(),
    }));
    all.sort();
    all
}
