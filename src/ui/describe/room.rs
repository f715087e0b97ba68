//! Room on a datastore: what tonight needs, who grows, and what a prune would free and when.

use chrono::{DateTime, TimeDelta, Utc};

use super::when;
use crate::domain::backup::BackupGroup;
use crate::domain::datastore::Datastore;
use crate::domain::job::{Garbage, Job, JobKind};
use crate::domain::prune::{self, Removal};
use crate::domain::room::frees_at;
use crate::domain::store::SourceState;
use crate::text;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::prose::Prose;
use crate::zone::IanaZone;

/// Growth is told of this span.
const MONTH: TimeDelta = TimeDelta::days(30);

/// So many groups are told of.
const MOST: usize = 6;

/// What tonight needs, against what is free.
pub(super) fn tonight(store: &Datastore, to: &mut Vec<Prose>) {
    let (Some(climbs), Some(free)) = (store.climbs, store.free()) else { return };
    let (usual, worst, left) = (text::bytes(climbs.usual), text::bytes(climbs.worst), text::bytes(free));
    let (role, verdict) = if free < climbs.usual {
        (Role::Critical, "it will not fit")
    } else if free < climbs.worst {
        (Role::Warning, "the worst day would not fit")
    } else {
        (Role::Text, "it fits")
    };
    let days = climbs.days;
    let told = format!("needs {usual}, {worst} on the worst of {days} days; {left} free: {verdict}");
    to.push(Prose::Pair("tonight".into(), vec![piece(told, role)]));
}

/// Who grows most: the size that guests see, against a month ago, and what is kept in all.
pub(super) fn growth<'g>(
    groups: impl Iterator<Item = &'g BackupGroup>,
    now: DateTime<Utc>,
    to: &mut Vec<Prose>,
) {
    let mut all: Vec<(i64, &BackupGroup)> =
        groups.filter_map(|group| Some((grown(group, now)?, group))).collect();
    all.sort_by(|(one, by), (other, of)| (other.unsigned_abs(), &by.id).cmp(&(one.unsigned_abs(), &of.id)));
    if all.is_empty() {
        return;
    }
    to.extend([Prose::Blank, Prose::Head("Growth by group, 30 days".into())]);
    for (grown, group) in all.iter().take(MOST) {
        let sign = if *grown < 0 { "-" } else { "+" };
        let kept: u64 = group.snapshots.iter().map(|one| one.size).sum();
        let told = format!(
            "{sign}{}  {} snapshots of {} in all before deduplication",
            text::bytes(grown.unsigned_abs()),
            group.snapshots.len(),
            text::bytes(kept)
        );
        to.push(Prose::pair(format!("{} {}", group.id, group.guest).trim(), told));
    }
}

/// By how much the newest is larger than the one of a month ago, or the oldest there is.
fn grown(group: &BackupGroup, now: DateTime<Utc>) -> Option<i64> {
    let newest = group.newest()?;
    let before = group.snapshots.iter().find(|one| now - one.at <= MONTH)?;
    i64::try_from(newest.size).ok()?.checked_sub(i64::try_from(before.size).ok()?)
}

/// What a prune job would take away now, and when that is free; nothing for jobs of another kind.
pub fn dry_run(job: &Job, source: &SourceState, scene: &Scene<'_>) -> Vec<Prose> {
    let zone = source.data.server.as_ref().and_then(|server| server.zone.as_deref());
    let zone: Option<IanaZone> = zone.and_then(|name| name.parse().ok());
    let groups = source.data.groups.iter();
    let removal = match &zone {
        Some(zone) => prune::dry_run(job, groups, zone),
        None => prune::dry_run(job, groups, &Utc),
    };
    let Some(removal) = removal else { return Vec::new() };
    let keep = job.keep.map(prune::Keep::words).unwrap_or_default();
    let mut told = vec![Prose::pair("keeps", keep)];
    if removal.snapshots == 0 {
        told.push(Prose::pair("dry run", "takes nothing away now"));
        return told;
    }
    let Removal { snapshots, groups, logical } = removal;
    told.push(Prose::pair(
        "dry run",
        format!(
            "takes {snapshots} snapshots of {groups} groups away, {} as guests see them",
            text::bytes(logical)
        ),
    ));
    let mut own = source.data.jobs.iter().filter(|one| one.datastore == job.datastore);
    let Some(collection) = own.find(|one| one.kind == JobKind::Gc) else { return told };
    let garbage = collection.garbage.filter(|garbage| garbage.disk > 0 && garbage.logical >= garbage.disk);
    if let (Some(garbage), Some(factor)) = (garbage, garbage.as_ref().and_then(Garbage::dedup)) {
        let share = u128::from(logical) * u128::from(garbage.disk) / u128::from(garbage.logical);
        let gain = text::bytes(u64::try_from(share).unwrap_or(u64::MAX));
        let reckoned = format!("about {gain}, going by a deduplication of {factor:.1}");
        told.push(Prose::pair("gain", reckoned));
    }
    let freed = frees_at(collection, scene.wall());
    let freed = freed.map_or_else(
        || "not before somebody collects the garbage: nobody scheduled it".to_owned(),
        |at| format!("by the garbage collection of {}", when(at, scene)),
    );
    told.push(Prose::pair("free", freed));
    told
}

/// The prune jobs of a datastore, each with what it would take away now.
pub(super) fn prunes(name: &str, source: &SourceState, scene: &Scene<'_>, to: &mut Vec<Prose>) {
    let mut jobs = source.data.jobs.iter().filter(|job| &*job.datastore == name);
    for job in jobs.by_ref().filter(|job| job.kind == JobKind::Prune) {
        let state = if job.disabled { ", disabled" } else { "" };
        to.extend([Prose::Blank, Prose::Head(format!("Prune job {}{state}", job.id))]);
        to.extend(dry_run(job, source, scene));
    }
}
