//! The report on backups for people: what somebody wants to read in the morning, or in the mail of
//! cron.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::backup::{BackupState, Reason, Snapshot, Verification};
use crate::domain::datastore::Datastore;
use crate::domain::drill;
use crate::domain::feed::{Feed, FeedState, SourceKind};
use crate::domain::health::{Health, worst};
use crate::domain::job::Job;
use crate::domain::off_site::Copies;
use crate::domain::store::{SourceState, Store};
use crate::domain::task::Outcome;
use crate::domain::verdict::{JudgedBackup, Verdict};
use crate::text;

/// A line: how bad, what, and what is to be said of it.
type Line = (Health, String, String);

pub(super) fn text(
    store: &Store,
    judged: &[JudgedBackup<'_>],
    verdict: &Verdict,
    now: DateTime<Utc>,
) -> String {
    let servers: Vec<&SourceState> = store.of(SourceKind::Pbs).collect();
    let asked = store.sources.iter().filter(|source| !source.feeds.is_empty());
    let sections = [
        ("Connectivity", asked.map(|source| connection(source, now)).collect()),
        ("Last backup", judged.iter().map(|judged| backup(judged, now)).collect()),
        ("Integrity", servers.iter().flat_map(|source| integrity(source, judged, now)).collect()),
        ("Capacity", servers.iter().flat_map(|source| capacity(source, store, now)).collect()),
        ("Jobs", servers.iter().flat_map(|source| jobs(source, now)).collect::<Vec<Line>>()),
        ("Off-site", away(store, judged, now)),
        ("Restore drills", drills(store, judged, now)),
    ];
    let widest = sections.iter().flat_map(|(_, lines)| lines).map(|(_, what, _)| text::width(what)).max();
    let widest = widest.unwrap_or(0).min(32);
    let mut out = String::new();
    // Who has no other place, or expects no backup, is not told that nothing is there.
    let told = sections.iter().filter(|(head, lines)| *head != "Off-site" || !lines.is_empty());
    for (head, lines) in told {
        let _infallible = writeln!(out, "{head}");
        if lines.is_empty() {
            let _infallible = writeln!(out, "  [unknown]  nothing is readable");
        }
        for (health, what, said) in lines {
            let mark = format!("[{}]", health.as_ref());
            let pad = " ".repeat(widest.saturating_sub(text::width(what)));
            let _infallible = writeln!(out, "  {mark:<10} {what}{pad}  {said}");
        }
        out.push('\n');
    }
    let _infallible = writeln!(out, "Summary: {}  {}", verdict.state.as_ref().to_uppercase(), verdict.text);
    out
}

fn connection(source: &SourceState, now: DateTime<Utc>) -> Line {
    let state = source.state(now);
    let health = match state {
        FeedState::Fresh => Health::Ok,
        FeedState::Pending | FeedState::Stale => Health::Unknown,
        FeedState::Down | FeedState::Unauthorised => Health::Warning,
    };
    let server = source.data.server.as_deref();
    let version = server.map(|server| format!(", version {}", server.version)).unwrap_or_default();
    let down = server.map(|server| server.services.iter().filter(|one| one.is_down()).map(|one| &*one.name));
    let down: Vec<&str> = down.into_iter().flatten().collect();
    let down = if down.is_empty() { String::new() } else { format!("; not running: {}", down.join(", ")) };
    let hidden = server.and_then(|server| server.hidden.as_ref());
    let hidden = hidden.map(|why| format!("; services not readable: {why}")).unwrap_or_default();
    let why = source.failure(now).map(|(failure, _)| format!(": {}", failure.text)).unwrap_or_default();
    (health, source.id.to_string(), format!("{state}{version}{down}{hidden}{why}"))
}

fn backup(judged: &JudgedBackup<'_>, now: DateTime<Utc>) -> Line {
    let group = judged.group;
    let place = match (&*group.id.datastore, &*group.id.namespace) {
        ("", _) => "nowhere".to_owned(),
        (datastore, "") => datastore.to_owned(),
        (datastore, namespace) => format!("{datastore}:{namespace}"),
    };
    let name = format!("{} {}", group.id, group.guest);
    let found = &judged.assessment;
    let age = match group.last_good() {
        Some(good) => format!("{} old, RPO {}", text::age(now - good.at), text::age(judged.expect.rpo)),
        None => format!("none good, RPO {}", text::age(judged.expect.rpo)),
    };
    let why = match found.state {
        _ if !found.reason.is_empty() => format!("; {}", found.reason),
        BackupState::Ok => String::new(),
        state => format!("; {state}"),
    };
    (found.health, name.trim().to_owned(), format!("{place}  {age}{why}"))
}

/// The guests whose newest backup nobody expects to be gone with the site, and those without one. No
/// rule weighs them: a line here changes no verdict.
fn away(store: &Store, judged: &[JudgedBackup<'_>], now: DateTime<Utc>) -> Vec<Line> {
    let copies = Copies::of(judged, store, now);
    if !copies.any() {
        return Vec::new();
    }
    let mut with: Vec<(String, TimeDelta)> = Vec::new();
    let mut without: Vec<String> = Vec::new();
    for one in expected(judged).filter(|one| one.source.id.kind == SourceKind::Pbs) {
        let name = one.group.id.to_string();
        match copies.newest(one) {
            Some(copy) if with.iter().all(|(known, _)| *known != name) => with.push((name, now - copy.at)),
            None => without.push(name),
            Some(_) => {}
        }
    }
    let line = |(name, age): (String, TimeDelta)| (Health::Ok, name, format!("{} old", text::age(age)));
    let mut lines: Vec<Line> = with.into_iter().map(line).collect();
    if !without.is_empty() {
        lines.push((Health::Warning, format!("{} without", without.len()), without.join(", ")));
    }
    lines
}

/// When a restore was last tried. That nobody tried is no trouble yet, and nothing to rely on.
fn drills(store: &Store, judged: &[JudgedBackup<'_>], now: DateTime<Utc>) -> Vec<Line> {
    let every = store.thresholds.drill_every;
    let last = |one: &JudgedBackup<'_>| drill::last(&store.drills, &one.source.id, &one.group.id);
    let (tried, never): (Vec<_>, Vec<_>) = expected(judged).partition(|one| last(one).is_some());
    let mut lines: Vec<Line> = tried
        .into_iter()
        .filter_map(|one| {
            let drill = last(one)?;
            let left = drill.at + every - now;
            let (health, due) = if left < TimeDelta::zero() {
                (Health::Warning, format!("overdue for {}", text::age(-left)))
            } else {
                (Health::Ok, format!("due in {}", text::age(left)))
            };
            let said = format!("{} ago by {}, {due}", text::age(now - drill.at), drill.by);
            Some((health, format!("{} {}", one.group.id, one.group.guest).trim().to_owned(), said))
        })
        .collect();
    // A guest with several copies was tried with one of them.
    let known: BTreeSet<String> =
        lines.iter().filter_map(|(_, name, _)| Some(name.split(' ').next()?.to_owned())).collect();
    let names: BTreeSet<String> = never.iter().map(|one| one.group.id.to_string()).collect();
    let names: Vec<&str> = names.difference(&known).map(String::as_str).collect();
    if !names.is_empty() {
        lines.push((Health::Unknown, format!("{} never tried", names.len()), names.join(", ")));
    }
    lines
}

/// The backups that somebody expects.
fn expected<'j>(judged: &'j [JudgedBackup<'j>]) -> impl Iterator<Item = &'j JudgedBackup<'j>> {
    judged.iter().filter(|one| one.assessment.state != BackupState::Exempt)
}

/// How many snapshots of a datastore were found good, and the groups that are not to be trusted.
fn integrity(source: &SourceState, judged: &[JudgedBackup<'_>], now: DateTime<Utc>) -> Vec<Line> {
    let heard = source.is_fresh(Feed::Snapshots, now);
    let mut stores: Vec<&str> = source.data.groups.iter().map(|group| &*group.id.datastore).collect();
    stores.dedup();
    let line = |store: &&str| {
        let own =
            judged.iter().filter(|one| one.source.id == source.id && *one.group.id.datastore == **store);
        let own: Vec<_> = own.collect();
        let snapshots = || own.iter().flat_map(|one| one.group.snapshots.iter());
        let failed = snapshots().filter(|one| !one.is_good()).count();
        let good = snapshots().filter(|one| matches!(one.verification, Some(Verification::Ok(_)))).count();
        let all = snapshots().count();
        let newest = snapshots().filter_map(Snapshot::verified).max();
        let newest = newest.map(|at| format!(", the last {} ago", text::age(now - at))).unwrap_or_default();
        let doubtful = own.iter().filter(|one| {
            matches!(
                one.assessment.reason,
                Reason::Corrupt(_)
                    | Reason::AllCorrupt
                    | Reason::VerifiedLongAgo(..)
                    | Reason::NeverVerified(_)
            )
        });
        let health = if heard { worst(doubtful.map(|one| one.assessment.health)) } else { Health::Unknown };
        let said = format!(
            "{all} snapshots: {good} verified good{newest}; {failed} broken; {} not verified",
            all - good - failed
        );
        (health, (*store).to_owned(), said)
    };
    let mut lines: Vec<Line> = stores.iter().map(line).collect();
    lines.extend(source.data.unreadable.iter().map(|denied| {
        let place = format!("{} {}", denied.datastore, denied.namespace);
        (Health::Unknown, place.trim().to_owned(), format!("not readable: {}", denied.reason))
    }));
    lines
}

fn capacity(source: &SourceState, store: &Store, now: DateTime<Utc>) -> Vec<Line> {
    let heard = source.is_fresh(Feed::Datastores, now);
    let line = |one: &Datastore| {
        let health = if heard { one.health(&store.thresholds.fill, now) } else { Health::Unknown };
        let said = match (&one.maintenance, &one.error, one.share(), one.used.zip(one.total)) {
            (Some(why), ..) => format!("maintenance: {why}"),
            (None, Some(error), ..) => format!("offline: {error}"),
            (None, None, Some(share), Some((used, total))) => format!(
                "{:.0} % free, {} of {} used{}",
                (1.0 - share) * 100.0,
                text::bytes(used),
                text::bytes(total),
                outlook(one, now)
            ),
            _ => "it does not say how full it is".to_owned(),
        };
        (health, one.name.to_string(), said)
    };
    source.data.datastores.iter().map(line).collect()
}

/// When it will be full, if that is in a time that anybody plans for.
fn outlook(store: &Datastore, now: DateTime<Utc>) -> String {
    match store.full_at {
        Some(at) if at - now < TimeDelta::days(3650) => format!(", full in {}", text::age(at - now)),
        _ => String::new(),
    }
}

fn jobs(source: &SourceState, now: DateTime<Utc>) -> Vec<Line> {
    let heard = source.is_fresh(Feed::Jobs, now);
    let line = |job: &Job| {
        let (health, said) = match job.last.as_ref().map(|run| (&run.outcome, run.ended)) {
            _ if !heard => (Health::Unknown, "not heard lately".to_owned()),
            None => (Health::Ok, "never ran".to_owned()),
            Some((Outcome::Running, _)) => (Health::Ok, "running now".to_owned()),
            Some((outcome, ended)) => {
                let ago = ended.map(|at| format!(" {} ago", text::age(now - at))).unwrap_or_default();
                match outcome {
                    Outcome::Failed(error) => (Health::Warning, format!("failed{ago}: {error}")),
                    Outcome::Warnings => (Health::Warning, format!("ended with warnings{ago}")),
                    Outcome::Unknown => (Health::Unknown, format!("ended nobody knows how{ago}")),
                    _ => (Health::Ok, format!("ok{ago}")),
                }
            }
        };
        let next = match job.next {
            _ if job.disabled => ", disabled".to_owned(),
            Some(at) if at > now => format!(", next in {}", text::age(at - now)),
            Some(at) => format!(", overdue for {}", text::age(now - at)),
            None => ", not scheduled".to_owned(),
        };
        let name = if job.id == job.datastore {
            format!("{} {}", job.kind, job.id)
        } else {
            format!("{} {} on {}", job.kind, job.id, job.datastore)
        };
        (health, name, format!("{said}{next}"))
    };
    let mut lines: Vec<Line> = source.data.jobs.iter().map(line).collect();
    lines.extend(
        source
            .data
            .hidden_jobs
            .iter()
            .map(|what| (Health::Unknown, "not readable".to_owned(), what.to_string())),
    );
    lines
}
