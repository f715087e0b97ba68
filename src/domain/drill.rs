//! Restore drills: when it was last tried whether a backup can be restored.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::backup::GroupId;
use super::feed::SourceId;

/// A restore that was tried, and worked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drill {
    /// The server that it was restored from.
    pub source: SourceId,
    /// Which backups.
    pub group: GroupId,
    /// When.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub by: Arc<str>,
    /// How long it took, in seconds, where that was measured.
    #[serde(default)]
    pub took: Option<u64>,
    /// What was restored where, how long it took: in the operator's words.
    pub note: Arc<str>,
}

/// The newest drill of these backups.
pub fn last<'d>(drills: &'d [Drill], source: &SourceId, group: &GroupId) -> Option<&'d Drill> {
    drills
        .iter()
        .filter(|drill| drill.source == *source && drill.group == *group)
        .max_by_key(|drill| drill.at)
}

/// How long until the next is due; negative when it is overdue, `None` when there was none.
pub fn due(last: Option<&Drill>, every: TimeDelta, now: DateTime<Utc>) -> Option<TimeDelta> {
    last.map(|drill| drill.at + every - now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::feed::SourceKind;

    #[test]
    fn the_newest_of_the_same_backups_counts() {
        let source = SourceId::new(SourceKind::Pbs, "main");
        let group = |id: &str| GroupId {
            datastore: "main".into(),
            namespace: "".into(),
            kind: "vm".into(),
            id: id.into(),
        };
        let day = |day: i64| DateTime::UNIX_EPOCH + TimeDelta::days(day);
        let drill = |id, at| Drill {
            source: source.clone(),
            group: group(id),
            at: day(at),
            by: "kim".into(),
            note: "".into(),
            took: None,
        };
        let drills = [drill("1", 5), drill("1", 9), drill("1", 7), drill("2", 20)];
        let newest = last(&drills, &source, &group("1"));
        assert_eq!(newest.map(|drill| drill.at), Some(day(9)));
        assert_eq!(last(&drills, &SourceId::new(SourceKind::Pbs, "other"), &group("1")), None);
        let every = TimeDelta::days(90);
        assert_eq!(due(newest, every, day(100)), Some(TimeDelta::days(-1)));
        assert_eq!(due(None, every, day(100)), None);
    }
}
