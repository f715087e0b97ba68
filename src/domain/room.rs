//! Room on a datastore: what a night takes, and when garbage collection gives back what was pruned.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::job::{Job, JobKind};

/// By how much a datastore climbs within a day, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Climbs {
    /// On the middle one of the days.
    pub usual: u64,
    /// On the worst of them.
    pub worst: u64,
    /// So many days were measured.
    pub days: usize,
}

/// The server gives nothing free that was in use within this span before a run began.
const GRACE: TimeDelta = TimeDelta::minutes(24 * 60 + 5);

impl Climbs {
    /// From the used shares of the last days, the oldest first, `step` apart; `None` when no day of
    /// them was measured well. What was freed in between does not make a climb smaller: it came
    /// before or after it.
    pub fn of(shares: &[Option<f64>], step: TimeDelta, total: u64) -> Option<Self> {
        let a_day = usize::try_from(86_400 / step.num_seconds().max(1)).ok().filter(|count| *count > 1)?;
        let climb = |day: &[Option<f64>]| {
            let measured: Vec<f64> = day.iter().copied().flatten().collect();
            (measured.len() * 2 > a_day).then(|| {
                let mut lowest = f64::INFINITY;
                let climbs = measured.iter().map(|share| {
                    lowest = lowest.min(*share);
                    share - lowest
                });
                climbs.fold(0.0, f64::max) * total as f64
            })
        };
        let mut climbs: Vec<u64> = shares.rchunks(a_day).filter_map(climb).map(whole).collect();
        climbs.sort_unstable();
        let (usual, worst) = (*climbs.get(climbs.len() / 2)?, *climbs.last()?);
        Some(Self { usual, worst, days: climbs.len() })
    }
}

/// A number of bytes; a climb is never negative, and no disk is that large.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float saturates")]
const fn whole(bytes: f64) -> u64 {
    bytes as u64
}

/// When garbage collection will have freed what is pruned now; `None` when nobody scheduled it. What
/// the last run marked as in use is too young for a run that begins within a day of it.
pub fn frees_at(collection: &Job, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let next = collection.next.filter(|next| collection.kind == JobKind::Gc && *next > now)?;
    let marked = collection.last.as_ref().and_then(|run| run.began.or(run.ended));
    let Some(marked) = marked else { return Some(next) };
    if next - marked > GRACE {
        return Some(next);
    }
    // The run after it comes about as long after it as it comes after the last.
    Some(next + (next - marked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::job::JobRun;
    use crate::domain::task::Outcome;

    const STEP: TimeDelta = TimeDelta::hours(6);

    #[test]
    fn a_night_takes_what_the_nights_before_took() {
        let day = |from: f64, to: f64| [from, from, to, to].map(Some).to_vec();
        let shares = [day(0.50, 0.52), day(0.52, 0.56), day(0.56, 0.57)].concat();
        let climbs = Climbs::of(&shares, STEP, 100_000).expect("three days");
        assert_eq!((climbs.usual / 100, climbs.worst / 100, climbs.days), (20, 40, 3));
        // What garbage collection frees at noon is no help to the night before.
        let freed = [0.50, 0.55, 0.40, 0.41].map(Some);
        assert_eq!(Climbs::of(&freed, STEP, 100).map(|climbs| climbs.worst), Some(5));
        let gaps = [Some(0.5), None, None, None];
        assert_eq!(Climbs::of(&gaps, STEP, 100), None);
        assert_eq!(Climbs::of(&[], STEP, 100), None);
        assert_eq!(Climbs::of(&freed, TimeDelta::zero(), 100), None);
    }

    #[test]
    fn what_was_marked_within_a_day_is_freed_by_the_run_after() {
        let at = |hours: i64| DateTime::UNIX_EPOCH + TimeDelta::hours(hours);
        let run =
            |hours| JobRun { upid: "".into(), began: Some(at(hours)), ended: None, outcome: Outcome::Ok };
        let job = |last: Option<i64>, next: Option<i64>| Job {
            kind: JobKind::Gc,
            id: "main".into(),
            datastore: "main".into(),
            namespace: "".into(),
            depth: None,
            schedule: "daily".into(),
            disabled: false,
            pushes: false,
            comment: "".into(),
            last: last.map(run),
            next: next.map(at),
            garbage: None,
            keep: None,
        };
        for (last, next, freed) in [
            (None, Some(30), Some(30)),
            (Some(6), Some(30), Some(54)),
            (Some(6), Some(31), Some(31)),
            (Some(6), Some(6 + 7 * 24), Some(6 + 7 * 24)),
            (Some(6), None, None),
            (Some(6), Some(9), None),
        ] {
            assert_eq!(frees_at(&job(last, next), at(10)), freed.map(at), "{last:?} {next:?}");
        }
        assert_eq!(frees_at(&Job { kind: JobKind::Prune, ..job(None, Some(30)) }, at(10)), None);
    }
}
