//! Backups that no backup server holds: files, what a program tells, git repositories.
//!
//! `[sources.files.NAME]`: `site`, `interval`, `timeout`, and a list `item`, each with a `name`,
//! perhaps an `rpo`, and one of `files` (patterns, with a `host` those of another host by ssh), `command` (a program and its arguments) and `git`
//! (a directory).

mod copies;
mod dates;
mod glob;
mod programs;
mod readable;
mod remote;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::wire::{interval, site};
use super::{Answering, Looking, Plan, Source, SourceError};
use crate::domain::archive::Archive;
use crate::domain::feed::{Feed, SourceId};
use crate::domain::observation::Observation;
use crate::domain::question::{Answer, Question};
use crate::secret::expand_home;
use crate::settings::Table;
use crate::text::sanitise;
use copies::Files;
pub(super) use programs::check as ends_well;
use remote::Remote;

/// How often files are looked at.
const INTERVAL: Duration = Duration::from_mins(1);

/// How often programs are run, at most.
const PROGRAMS: Duration = Duration::from_mins(5);

/// A look that takes longer has failed, unless the config says otherwise.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What is kept somewhere.
#[derive(Clone, Debug)]
struct Item {
    /// What is known before it is looked at.
    blank: Archive,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Files(Files),
    /// Files of another host.
    Remote(Remote, Files),
    Command(Vec<String>),
    Git(PathBuf),
}

/// A place of this machine.
#[derive(Debug)]
struct Place {
    id: SourceId,
    site: Arc<str>,
    interval: Duration,
    timeout: Duration,
    files: Arc<[(Archive, Files)]>,
    programs: Vec<Item>,
    /// A file system that hangs is waited for once, not once more with every look.
    turn: Arc<Semaphore>,
}

/// Reads `[sources.files.NAME]`.
pub fn read(id: SourceId, table: &Table<'_>) -> Option<Arc<dyn Source>> {
    let (site, interval) = (site(table), interval(table, INTERVAL));
    let bounded = |timeout: Duration| {
        let sensible = Duration::from_millis(100)..=Duration::from_mins(5);
        if sensible.contains(&timeout) { Ok(timeout) } else { Err("a time-out from 100ms to 5m".to_owned()) }
    };
    let timeout = table.get_with("timeout", bounded).unwrap_or(TIMEOUT);
    let ssh = table.get_with("ssh", |argv: Vec<String>| {
        if argv.is_empty() { Err("a program and its options".to_owned()) } else { Ok(argv) }
    });
    let ssh = ssh.unwrap_or_else(|| remote::SSH.map(str::to_owned).to_vec());
    let items: Vec<Option<Item>> = table.list("item").iter().map(|table| item(table, &ssh)).collect();
    if items.is_empty() {
        table.fault("item", "is missing, expected [[item]] tables that say what is kept");
    }
    let items: Vec<Item> = items.into_iter().collect::<Option<_>>()?;
    let mut files = Vec::new();
    let mut programs = Vec::new();
    for item in items {
        match item.what {
            What::Files(what) => files.push((item.blank, what)),
            _ => programs.push(item),
        }
    }
    let turn = Arc::new(Semaphore::new(1));
    Some(Arc::new(Place { id, site, interval, timeout, files: files.into(), programs, turn }))
}

/// `[[sources.files.NAME.item]]`
fn item(table: &Table<'_>, ssh: &[String]) -> Option<Item> {
    let name = table.require::<String>("name");
    let rpo = table.get_with("rpo", |rpo: Duration| match TimeDelta::from_std(rpo) {
        Ok(rpo) if rpo > TimeDelta::zero() && rpo < TimeDelta::days(36_500) => Ok(rpo),
        _ => Err("a duration above 0, such as \"24h\"".to_owned()),
    });
    let host = table.get_with("host", |host: String| {
        let plain = |char: char| char.is_ascii_alphanumeric() || ".-_@:[]".contains(char);
        let is_name = !host.is_empty() && !host.starts_with('-') && host.chars().all(plain);
        if is_name { Ok(host) } else { Err("a host as ssh knows it".to_owned()) }
    });
    let absolute = |path: &str| {
        if host.is_some() && path.contains(['\'', '\n']) {
            return Err("a path without quotes: it goes through a shell".to_owned());
        }
        let path = expand_home(path);
        if path.is_absolute() { Ok(path) } else { Err("a path that begins with / or ~/".to_owned()) }
    };
    let patterns = table.get_with("files", |files: Vec<String>| {
        if files.is_empty() {
            return Err("at least one path".to_owned());
        }
        files.iter().map(|file| absolute(file)).collect::<Result<Vec<PathBuf>, String>>()
    });
    let mode = table.get_with("mode", |mode: String| {
        u32::from_str_radix(&mode, 8)
            .ok()
            .filter(|mode| *mode <= 0o777)
            .ok_or_else(|| "a mode such as \"600\"".to_owned())
    });
    let changes_with = table.get_with("changes_with", |path: String| absolute(&path));
    let command = table.get_with("command", |argv: Vec<String>| {
        if argv.is_empty() { Err("a program and its arguments".to_owned()) } else { Ok(argv) }
    });
    let git = table.get_with("git", |path: String| absolute(&path));
    let given = ["files", "command", "git"].iter().filter(|key| table.has(key)).count();
    if given != 1 {
        table.fault("name", "give the item one of `files`, `command` and `git`");
    }
    if !table.has("files") {
        for key in ["mode", "changes_with", "host"].iter().filter(|key| table.has(key)) {
            table.fault(key, "is of use with `files` only");
        }
    }
    let (kind, place, what) = match (patterns, command, git) {
        (Some(patterns), ..) => {
            let place = patterns.first().map(|path| path.display().to_string()).unwrap_or_default();
            let files = Files { patterns, mode, changes_with };
            match host {
                Some(host) => {
                    let place = format!("{host}:{place}");
                    ("file", place, What::Remote(Remote { host, ssh: ssh.to_vec() }, files))
                }
                None => ("file", place, What::Files(files)),
            }
        }
        (None, Some(argv), _) => ("command", argv.first().cloned().unwrap_or_default(), What::Command(argv)),
        (None, None, Some(path)) => ("git", path.display().to_string(), What::Git(path)),
        (None, None, None) => return None,
    };
    let blank = Archive::new(kind, &sanitise(&place), &sanitise(&name?), rpo);
    Some(Item { blank, what })
}

impl Place {
    async fn files(&self, now: DateTime<Utc>) -> Result<Vec<Observation>, SourceError> {
        let local = |reason: String| SourceError::Local { place: self.id.to_string(), reason };
        let turn = Arc::clone(&self.turn)
            .try_acquire_owned()
            .map_err(|_| local("the look before has not come back: a file system hangs".to_owned()))?;
        let items = Arc::clone(&self.files);
        let looking = tokio::task::spawn_blocking(move || {
            let _until_it_is_over = turn;
            let seen = items.iter().map(|(blank, files)| copies::look(files, blank.clone(), now));
            seen.collect::<Vec<Archive>>()
        });
        let seen = looking.await.map_err(|error| local(error.to_string()))?;
        Ok(vec![Observation::Files(seen.into())])
    }

    async fn programs(&self, now: DateTime<Utc>) -> Vec<Observation> {
        let look = |item: &Item| {
            let Item { blank, what } = item.clone();
            let patience = self.timeout;
            async move {
                match what {
                    What::Remote(host, files) => remote::look(&host, &files, blank, patience, now).await,
                    What::Command(argv) => programs::command(&argv, blank, patience).await,
                    What::Git(directory) => programs::git(&directory, blank, patience).await,
                    What::Files(_) => blank,
                }
            }
        };
        let seen = join_all(self.programs.iter().map(look)).await;
        vec![Observation::Programs(seen.into())]
    }
}

impl Source for Place {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn site(&self) -> &Arc<str> {
        &self.site
    }

    fn feeds(&self) -> Vec<Plan> {
        let files = Plan { feed: Feed::Files, interval: self.interval, timeout: self.timeout };
        // Git is asked three times.
        let timeout = self.timeout * 3 + Duration::from_secs(1);
        let programs = Plan { feed: Feed::Programs, interval: self.interval.max(PROGRAMS), timeout };
        let some = [(!self.files.is_empty(), files), (!self.programs.is_empty(), programs)];
        some.into_iter().filter_map(|(some, plan)| some.then_some(plan)).collect()
    }

    fn observe(&self, feed: Feed, now: DateTime<Utc>) -> Looking<'_> {
        match feed {
            Feed::Programs => Box::pin(async move { Ok(self.programs(now).await) }),
            _ => Box::pin(self.files(now)),
        }
    }

    fn answer(&self, question: Question, _now: DateTime<Utc>) -> Answering<'_> {
        Box::pin(async move {
            let Question::Readable(group) = &question else { return Err(SourceError::unasked(&self.id)) };
            let local = self.files.iter().find(|(blank, _)| blank.group.id == *group);
            let other = self.programs.iter().find(|item| item.blank.group.id == *group);
            let found = match (local, other.map(|item| &item.what)) {
                (Some((_, files)), _) => readable::local(files.clone()).await,
                (None, Some(What::Remote(host, files))) => readable::remote(host, files).await,
                _ => return Err(SourceError::unasked(&self.id)),
            };
            Ok(Answer::Readable(found.map(Into::into).map_err(Into::into)))
        })
    }
}
