//! Which snapshots a prune job would remove: the server's own rules, reckoned without asking it.

use std::collections::HashSet;

use chrono::{DateTime, TimeZone, Utc};
use serde::{Deserialize, Serialize};

use super::backup::{BackupGroup, Snapshot};
use super::job::{Job, JobKind};

/// What a prune job keeps; a zero keeps nothing by that rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keep {
    /// The newest.
    pub last: u64,
    /// The newest of so many hours.
    pub hourly: u64,
    /// The newest of so many days.
    pub daily: u64,
    /// The newest of so many weeks.
    pub weekly: u64,
    /// The newest of so many months.
    pub monthly: u64,
    /// The newest of so many years.
    pub yearly: u64,
}

/// What a prune would take away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removal {
    /// So many snapshots.
    pub snapshots: usize,
    /// Of so many groups.
    pub groups: usize,
    /// Their size as guests see it, in bytes: what other snapshots share with them stays.
    pub logical: u64,
}

impl Keep {
    /// The rules in turn: how many, and what makes two snapshots one of them.
    const fn rules(self) -> [(u64, &'static str); 6] {
        [
            (self.last, "%s"),
            (self.hourly, "%Y/%m/%d/%H"),
            (self.daily, "%Y/%m/%d"),
            (self.weekly, "%G/%V"),
            (self.monthly, "%Y/%m"),
            (self.yearly, "%Y"),
        ]
    }

    /// Whether it says anything: a job without a rule removes nothing.
    pub fn says_something(self) -> bool {
        self != Self::default()
    }

    /// In words: `3 last, 7 daily`.
    pub fn words(self) -> String {
        let names = ["last", "hourly", "daily", "weekly", "monthly", "yearly"];
        let said = self.rules().into_iter().zip(names).filter(|((count, _), _)| *count > 0);
        let said: Vec<String> = said.map(|((count, _), name)| format!("{count} {name}")).collect();
        if said.is_empty() { "everything".to_owned() } else { said.join(", ") }
    }
}

/// The snapshots that `keep` does not keep, of those of a group, the oldest first. Hours, days and
/// weeks are those of `zone`, in which the server lives.
pub fn removed<Z: TimeZone>(snapshots: &[Snapshot], keep: Keep, zone: &Z) -> Vec<Snapshot>
where
    Z::Offset: std::fmt::Display,
{
    if !keep.says_something() {
        return Vec::new();
    }
    let name = |at: DateTime<Utc>, pattern: &str| at.with_timezone(zone).format(pattern).to_string();
    // The newest first; `None` is not decided yet.
    let mut marks: Vec<(&Snapshot, Option<bool>)> =
        snapshots.iter().rev().map(|one| (one, one.protected.then_some(true))).collect();
    for (count, pattern) in keep.rules().into_iter().filter(|(count, _)| *count > 0) {
        let chosen = marks.iter().filter(|(one, mark)| *mark == Some(true) && !one.protected);
        let before: HashSet<String> = chosen.map(|(one, _)| name(one.at, pattern)).collect();
        let mut taken: HashSet<String> = HashSet::new();
        for (one, mark) in marks.iter_mut().filter(|(_, mark)| mark.is_none()) {
            let name = name(one.at, pattern);
            if before.contains(&name) {
                continue;
            }
            if taken.contains(&name) {
                *mark = Some(false);
            } else if taken.len() as u64 >= count {
                break;
            } else {
                taken.insert(name);
                *mark = Some(true);
            }
        }
    }
    marks.into_iter().rev().filter(|(_, mark)| *mark != Some(true)).map(|(one, _)| *one).collect()
}

/// What a run of a prune job would take away now; `None` for jobs of another kind.
pub fn dry_run<'g, Z: TimeZone>(
    job: &Job,
    groups: impl Iterator<Item = &'g BackupGroup>,
    zone: &Z,
) -> Option<Removal>
where
    Z::Offset: std::fmt::Display,
{
    let keep = job.keep.filter(|_| job.kind == JobKind::Prune)?;
    let each =
        groups.filter(|group| job.covers(&group.id)).map(|group| removed(&group.snapshots, keep, zone));
    Some(each.filter(|gone| !gone.is_empty()).fold(Removal::default(), |all, gone| Removal {
        snapshots: all.snapshots + gone.len(),
        groups: all.groups + 1,
        logical: all.logical + gone.iter().map(|one| one.size).sum::<u64>(),
    }))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn made(text: &str) -> Snapshot {
        let at = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        Snapshot { at, size: 10, verification: None, protected: false, encrypted: false }
    }

    /// A snapshot each night at two, for so many nights up to the 20th of November.
    fn nightly(nights: i64) -> Vec<Snapshot> {
        let last = made("2026-11-20T02:00:00Z");
        (0..nights).rev().map(|ago| Snapshot { at: last.at - TimeDelta::days(ago), ..last }).collect()
    }

    fn left(snapshots: &[Snapshot], keep: Keep) -> Vec<String> {
        let gone = removed(snapshots, keep, &Utc);
        let kept = snapshots.iter().filter(|one| !gone.contains(one));
        kept.map(|one| one.at.format("%m-%d").to_string()).collect()
    }

    #[test]
    fn each_rule_keeps_the_newest_of_what_the_rules_before_left() {
        let none = Keep::default();
        for (keep, kept) in [
            (Keep { last: 2, ..none }, vec!["11-19", "11-20"]),
            (Keep { daily: 3, ..none }, vec!["11-18", "11-19", "11-20"]),
            // The week of the last two is theirs already: the next ones count.
            (Keep { last: 2, weekly: 2, ..none }, vec!["11-08", "11-15", "11-19", "11-20"]),
            (Keep { weekly: 3, ..none }, vec!["11-08", "11-15", "11-20"]),
            (Keep { monthly: 2, ..none }, vec!["10-31", "11-20"]),
            (Keep { yearly: 5, ..none }, vec!["11-20"]),
        ] {
            assert_eq!(left(&nightly(40), keep), kept, "{keep:?}");
        }
        assert_eq!(left(&nightly(3), none).len(), 3, "a job that keeps nothing removes nothing");
        assert_eq!(left(&[], Keep { last: 1, ..none }), Vec::<String>::new());
    }

    #[test]
    fn a_protected_snapshot_stays_and_takes_nobodys_place() {
        let mut all = nightly(4);
        all[3].protected = true;
        assert_eq!(left(&all, Keep { last: 1, ..Keep::default() }), ["11-19", "11-20"]);
        all[0].protected = true;
        assert_eq!(left(&all, Keep { daily: 1, ..Keep::default() }), ["11-17", "11-19", "11-20"]);
    }

    #[test]
    fn a_day_is_one_of_the_servers_zone() {
        let all = [made("2026-11-19T22:30:00Z"), made("2026-11-19T23:30:00Z")];
        let keep = Keep { daily: 2, ..Keep::default() };
        assert_eq!(removed(&all, keep, &Utc).len(), 1);
        assert_eq!(removed(&all, keep, &chrono_tz::Europe::Berlin), []);
    }

    #[test]
    fn what_it_keeps_is_said_in_words() {
        assert_eq!(Keep { last: 3, daily: 7, ..Keep::default() }.words(), "3 last, 7 daily");
        assert_eq!(Keep::default().words(), "everything");
    }
}
