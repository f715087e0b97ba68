//! `wardroom inventory`: papers about what there is, from what the servers say.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use color_eyre::eyre::Result;
use tokio::time::timeout;

use super::{Ground, complain, gather, ground, say, unheard};
use crate::cli::{Global, Inventory, Paper};
use crate::config::{Runbooks, is_readable_by_others};
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::instant;
use crate::domain::question::{Answer, Question};
use crate::domain::verdict::Scope;
use crate::incident::Event;
use crate::report::inventory::{self, Covering, History, Said};
use crate::runbooks;
use crate::runtime::network;
use crate::state::{Room, all_recorded};

/// When each alert fired last, to five minutes: every sample counts once, so that none is missed that ended
/// between two points, and the second half tells what came since the last point.
const FIRED: &str = r#"max by (alertname) (max_over_time(timestamp(last_over_time(ALERTS{alertstate="firing"}[5m]))[30d:5m])) or max by (alertname) (timestamp(last_over_time(ALERTS{alertstate="firing"}[5m])))"#;

/// A month of the past takes a moment.
const PATIENCE: Duration = Duration::from_secs(15);

/// Runs it.
///
/// # Errors
/// Wrong usage, a wrong config, or stdout that cannot be written.
pub fn run(global: &Global, asked: &Inventory) -> Result<ExitCode> {
    let (scope, feeds): (Scope, &[Feed]) = match asked.paper {
        Paper::Alerts => (Scope { alerts: true, ..Scope::NONE }, &[Feed::Rules, Feed::Alerts]),
        Paper::Dashboards => (Scope { alerts: true, ..Scope::NONE }, &[Feed::Rules]),
        Paper::Architecture => (Scope { chain: true, ..Scope::NONE }, &[Feed::Alerts, Feed::Measures]),
        Paper::Backups => (Scope { backups: true, ..Scope::NONE }, &[Feed::Snapshots, Feed::Jobs]),
        Paper::Slo => (Scope { slo: true, backups: true, ..Scope::NONE }, &[Feed::Snapshots]),
        Paper::Iac => (Scope { alerts: true, backups: true, ..Scope::NONE }, &[Feed::Rules]),
    };
    let network = network()?;
    let looked = network.block_on(async {
        let ground = ground(global, false).await?;
        let store = gather(&ground, scope, asked.timeout).await;
        let now = ground.clock.now().wall;
        let books = &ground.config.runbooks;
        let mut unheard = unheard(&store, feeds, now);
        let paper = match asked.paper {
            Paper::Alerts => {
                let history = History { fired: fired(&ground).await, opened: opened(&ground) };
                inventory::alerts(&store, &covering(books), &history, now)
            }
            Paper::Dashboards => {
                let said = boards(&ground, asked.timeout).await;
                let silent = said.iter().filter_map(|(id, boards)| Some((id, boards.as_ref().err()?)));
                unheard.extend(silent.map(|(id, why)| format!("{id}: {why}")));
                inventory::dashboards(&store, &said)
            }
            Paper::Architecture => inventory::architecture(&store, now),
            Paper::Backups => inventory::backups(&store, now),
            Paper::Slo => inventory::slo(&store, now),
            Paper::Iac => inventory::iac(&store, &covering(books), &underneath(&ground), now),
        };
        Ok::<_, color_eyre::eyre::Report>((paper, unheard))
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

/// When each alert fired last, as every Prometheus tells; or why one does not.
async fn fired(ground: &Ground) -> Result<BTreeMap<String, DateTime<Utc>>, String> {
    let mut all: BTreeMap<String, DateTime<Utc>> = BTreeMap::new();
    let sources = ground.config.sources.iter().filter(|source| source.id().kind == SourceKind::Prometheus);
    for source in sources.map(Arc::clone) {
        let question = Question::Value { query: FIRED.into(), at: None };
        let asked = timeout(PATIENCE, source.answer(question, ground.clock.now().wall)).await;
        let answer = asked.map_err(|_| "no answer in time".to_owned())?;
        let answer = answer.map_err(|error| error.failure().short.to_string())?;
        for series in answer.series() {
            let Some(name) = series.labels.get("alertname") else { continue };
            let Some((_, value)) = series.points.last() else { continue };
            #[expect(clippy::cast_possible_truncation, reason = "whole seconds do")]
            let Some(at) = instant::of_seconds(*value as i64) else { continue };
            let known = all.entry(name.to_owned()).or_insert(at);
            *known = at.max(*known);
        }
    }
    Ok(all)
}

/// The dashboards of every Grafana, or why they are not known.
async fn boards(ground: &Ground, patience: Duration) -> Said {
    let mut all = Said::new();
    let sources = ground.config.sources.iter().filter(|source| source.id().kind == SourceKind::Grafana);
    for source in sources.map(Arc::clone) {
        let asked = timeout(patience, source.answer(Question::Boards, ground.clock.now().wall)).await;
        let boards = match asked {
            Ok(Ok(Answer::Boards(boards))) => Ok(boards),
            Ok(Ok(_)) => Err("it answered something else".to_owned()),
            Ok(Err(error)) => Err(error.failure().short.to_string()),
            Err(_) => Err("no answer in time".to_owned()),
        };
        all.push((source.id().clone(), boards));
    }
    all
}

/// When somebody last opened the procedure of each alert, as the records of incidents tell.
fn opened(ground: &Ground) -> BTreeMap<String, DateTime<Utc>> {
    let own = ground.own_state();
    let shared = ground.config.incidents.as_deref().map(Room::shared);
    let Some(room) = own.map(|place| shared.unwrap_or_else(|| Room::own(&place))) else {
        return BTreeMap::new();
    };
    let opened = all_recorded(&room).into_iter().filter_map(|entry| match entry.event {
        Event::Opened { alert, .. } => Some((alert, entry.at)),
        _ => None,
    });
    // The oldest first: the newest stays.
    opened.collect()
}

/// What the config and the runbooks themselves say.
fn underneath(ground: &Ground) -> inventory::Ground {
    let files = &ground.config.runbooks.files;
    let mut said = inventory::Ground {
        holds_secrets: ground.file.as_ref().map(|_| ground.config.holds_secrets),
        is_open: ground.file.as_deref().map(is_readable_by_others),
        books: (files.len(), 0),
        lints: 0,
    };
    for path in files {
        match std::fs::read(path) {
            Ok(bytes) => said.lints += runbooks::read(&path.display().to_string(), &bytes).lints.len(),
            Err(_) => said.books.1 += 1,
        }
    }
    said
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
