//! `wardroom inventory`: papers about what there is, from what the servers say.

use std::process::ExitCode;

use color_eyre::eyre::Result;

use super::{complain, gather, ground, promises, say, unheard};
use crate::cli::{Global, Inventory, Paper};
use crate::domain::feed::Feed;
use crate::domain::verdict::Scope;
use crate::report::inventory;
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
            Paper::Alerts => inventory::alerts(&store, &promises::covering(&ground.config.runbooks), now),
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
