use super::*;
use crate::domain::backup::{BackupGroup, Snapshot, Verification};
use crate::domain::feed::Feed;
use crate::domain::log::RingLimits;
use crate::domain::observation::Observation;
use crate::domain::store::Expected;
use crate::domain::thresholds::Thresholds;
use crate::domain::verdict::judged_backups;
use chrono::TimeDelta;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).expect("a time")
}

/// A group of `vm/100`: server, site, datastore, the guest's name, the ages of its snapshots in hours,
/// of which a negative one was found broken.
type Kept = (&'static str, &'static str, &'static str, &'static str, &'static [i64]);

fn group(datastore: &str, guest: &str, ages: &[i64]) -> BackupGroup {
    let id =
        GroupId { datastore: datastore.into(), namespace: "".into(), kind: "vm".into(), id: "100".into() };
    let snapshot = |age: &i64| Snapshot {
        at: now() - TimeDelta::hours(age.abs()),
        size: 1,
        verification: (*age < 0).then(|| Verification::Failed(now())),
        protected: false,
        encrypted: false,
    };
    let snapshots = ages.iter().map(snapshot).collect();
    let empty: Arc<str> = "".into();
    BackupGroup {
        id,
        guest: guest.into(),
        comment: Arc::clone(&empty),
        owner: empty,
        other_owner: None,
        snapshots,
        unfinished: None,
    }
}

fn store(all: &[Kept]) -> Store {
    let mut servers: Vec<(&str, &str)> = all.iter().map(|kept| (kept.0, kept.1)).collect();
    servers.dedup();
    let expected = servers.iter().map(|(name, site)| Expected {
        id: SourceId::new(SourceKind::Pbs, *name),
        site: (*site).into(),
        feeds: vec![(Feed::Snapshots, 60.0)],
        tails: Vec::new(),
    });
    let limits = RingLimits { lines: 1, bytes: 1 };
    let mut store = Store::new(expected, Thresholds::default(), limits);
    for (server, _) in &servers {
        let own = all.iter().filter(|kept| kept.0 == *server);
        let groups: Vec<_> =
            own.map(|(_, _, datastore, guest, ages)| group(datastore, guest, ages)).collect();
        let seen = Observation::Backups { groups: groups.into(), unreadable: [].into() };
        store.apply(&SourceId::new(SourceKind::Pbs, *server), Feed::Snapshots, Ok(vec![seen]), 0.1, now());
    }
    store
}

/// What the group in `of` is told of copies elsewhere: where it is, and its age in hours.
fn copy(all: &[Kept], of: &str) -> Option<(String, i64)> {
    let store = store(all);
    let judged = judged_backups(&store, now());
    let copies = Copies::of(&judged, &store, now());
    let one = judged.iter().find(|one| &*one.group.id.datastore == of).expect("a group of that datastore");
    let copy = copies.newest(one)?;
    Some((format!("{} {}", copy.source, copy.datastore), (now() - copy.at).num_hours()))
}

#[test]
fn the_newest_good_copy_elsewhere_counts() {
    let home = ("main", "home", "fast", "web", &[30, 4][..]);
    let told = |place: &str, age| Some((place.to_owned(), age));
    for (all, expected) in [
        (vec![home], None),
        // A datastore that is called so.
        (vec![home, ("main", "home", "OffSite-b2", "web", &[54, 30])], told("pbs.main OffSite-b2", 30)),
        (vec![home, ("main", "home", "slow", "web", &[3])], None),
        // A server of another site.
        (vec![home, ("far", "cabin", "tank", "web", &[28])], told("pbs.far tank", 28)),
        (vec![home, ("far", "", "tank", "web", &[28])], None),
        (vec![home, ("far", "home", "tank", "web", &[28])], None),
        // The newest of several; one that is broken is no copy.
        (
            vec![home, ("far", "cabin", "tank", "web", &[28]), ("off-site", "home", "x", "web", &[9])],
            told("pbs.off-site x", 9),
        ),
        (vec![home, ("far", "cabin", "tank", "web", &[52, -28])], told("pbs.far tank", 52)),
        (vec![home, ("far", "cabin", "tank", "web", &[])], None),
        // The same number is not the same guest.
        (vec![home, ("far", "cabin", "tank", "mail", &[28])], None),
        (vec![home, ("far", "cabin", "tank", "", &[28])], told("pbs.far tank", 28)),
    ] {
        assert_eq!(copy(&all, "fast"), expected, "{all:?}");
    }
}

#[test]
fn without_a_place_elsewhere_nothing_is_missing() {
    let any = |all: &[Kept]| {
        let store = store(all);
        let judged = judged_backups(&store, now());
        Copies::of(&judged, &store, now()).any()
    };
    assert!(!any(&[("main", "home", "fast", "web", &[4])]));
    assert!(any(&[("main", "home", "offsite", "web", &[4])]), "the copy itself is elsewhere");
}
