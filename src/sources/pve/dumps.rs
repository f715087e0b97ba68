//! The backup runs of each guest. The list of tasks says how a task ended; what became of each
//! guest, only its log says. A log is read once, and only what is new of one that grows.
//!
//! Per look and node: one list, and at most [`MOST`] logs of [`PAGES`] requests each, most of them
//! in the first look only.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use tokio::sync::Mutex;

use super::api::{Api, PAGE, local_reason};
use super::work::{LogLine, NO_CONTENT};
use crate::domain::dump::{Dump, DumpLog, DumpTask};
use crate::domain::task::Outcome;
use crate::sources::SourceError;
use crate::text::sanitise;

/// Runs are looked for this far back.
const RECENT: TimeDelta = TimeDelta::days(8);

/// Logs that are read of one node, those of the newest tasks.
const MOST: usize = 12;

/// Requests for one log in one look; the rest of a longer one comes with the next looks.
const PAGES: usize = 4;

/// Nodes that could not be read, with the reason.
pub(super) type Unread = Vec<(Arc<str>, Arc<str>)>;

/// The logs that were read.
#[derive(Debug, Default)]
pub(super) struct Logs {
    known: Mutex<HashMap<Arc<str>, Known>>,
}

#[derive(Clone, Debug, Default)]
struct Known {
    log: DumpLog,
    /// Nothing more will come.
    whole: bool,
}

impl Logs {
    /// The runs of the last days, guest by guest, and the nodes that could not be read.
    pub async fn read(&self, api: &Api, now: DateTime<Utc>) -> Result<(Vec<Dump>, Unread), SourceError> {
        let nodes = api.nodes().await?;
        let (away, near): (Vec<_>, Vec<_>) = nodes.iter().partition(|node| node.is_away());
        let said = |node: &str, why: &str| (sanitise(node).into(), sanitise(why).into());
        let mut unread: Unread = away.iter().map(|node| said(&node.node, "offline")).collect();
        let since = (now - RECENT).timestamp();
        let mut tasks = BTreeMap::new();
        let mut refused = None;
        for (node, answer) in
            near.iter().zip(join_all(near.iter().map(|node| api.tasks(&node.node, since))).await)
        {
            match answer {
                Ok(items) => {
                    let mut read: Vec<(String, DumpTask)> = items
                        .into_iter()
                        .filter_map(|item| Some((item.upid.clone(), item.read(&node.node)?)))
                        .collect();
                    read.sort_by_key(|(_, task)| std::cmp::Reverse(task.started));
                    tasks.insert(node.node.as_str(), read);
                }
                Err(error) => match local_reason(&error) {
                    Some(reason) => {
                        unread.push(said(&node.node, &reason));
                        refused = Some(error);
                    }
                    None => return Err(error),
                },
            }
        }
        if let Some(error) = refused.filter(|_| tasks.is_empty()) {
            return Err(error);
        }
        self.forget_but(tasks.values().flatten().map(|(_, task)| &task.upid)).await;
        let wanted = tasks.iter().flat_map(|(node, all)| wanted(all).map(move |task| (*node, task)));
        let dumps = join_all(wanted.map(|(node, (upid, task))| self.dumps(api, node, upid, task))).await;
        let mut all = Vec::new();
        for dumps in dumps {
            all.extend(dumps?);
        }
        unread.sort();
        Ok((all, unread))
    }

    /// What a task came to, guest by guest.
    async fn dumps(
        &self,
        api: &Api,
        node: &str,
        upid: &str,
        task: &DumpTask,
    ) -> Result<Vec<Dump>, SourceError> {
        if !needs_log(task) {
            return Ok(DumpLog::default().dumps(task));
        }
        let mut known = self.known.lock().await.get(&task.upid).cloned().unwrap_or_default();
        for _ in 0..PAGES {
            if known.whole {
                break;
            }
            let lines = match api.log(node, upid, known.log.lines()).await {
                Ok(lines) => lines,
                // What the list says of the task stands without its log.
                Err(error) if local_reason(&error).is_some() => break,
                Err(error) => return Err(error),
            };
            let full = lines.len() as u64 >= PAGE;
            feed(&mut known.log, &lines);
            if !full {
                known.whole = task.ended.is_some();
                break;
            }
        }
        let dumps = known.log.dumps(task);
        self.known.lock().await.insert(Arc::clone(&task.upid), known);
        Ok(dumps)
    }

    async fn forget_but(&self, listed: impl Iterator<Item = &Arc<str>>) {
        let listed: HashSet<&str> = listed.map(|upid| &**upid).collect();
        self.known.lock().await.retain(|upid, _| listed.contains(&**upid));
    }
}

fn feed(log: &mut DumpLog, lines: &[LogLine]) {
    let texts = lines.iter().map(|line| line.text.as_deref().unwrap_or_default());
    if lines.len() == 1 && texts.clone().all(|text| text == NO_CONTENT) {
        return;
    }
    texts.for_each(|text| log.read(&sanitise(text)));
}

/// A run for one guest that ended well has nothing more to tell.
const fn needs_log(task: &DumpTask) -> bool {
    task.guest.is_none() || matches!(task.outcome, Outcome::Running | Outcome::Failed(_))
}

/// The tasks that count, the newest first: of those whose log is needed only so many.
fn wanted(tasks: &[(String, DumpTask)]) -> impl Iterator<Item = &(String, DumpTask)> {
    let mut logs = 0;
    tasks.iter().filter(move |(_, task)| {
        logs += usize::from(needs_log(task));
        !needs_log(task) || logs <= MOST
    })
}
