use super::*;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_794_578_531, 0).expect("a time")
}

fn at(hours: i64) -> DateTime<Utc> {
    now() - TimeDelta::hours(hours)
}

fn copies(copies: &[(i64, u64)]) -> Archive {
    Archive::new("file", "/srv/backups", "volumes", None)
        .with_copies(copies.iter().map(|(age, size)| (at(*age), *size)))
}

fn told(archive: &Archive, fresh: bool) -> String {
    let found = archive.assess(Expectation::default(), fresh, now());
    format!("{} {}: {}", found.state, found.health, found.reason)
}

#[test]
fn an_archive_is_judged_like_any_backup() {
    let usual = [(72, 100), (48, 104), (26, 98)];
    let with = |newest: (i64, u64)| copies(&[usual.as_slice(), &[newest]].concat());
    let fault = |text: &str| Archive { faults: vec![text.into()], ..with((2, 101)) };
    let waits = |hours| Archive {
        unsaved: Unsaved::Since(at(hours), ".env is not saved".into()),
        ..copies(&[(900, 5)])
    };
    for (archive, expected) in [
        (with((2, 101)), "ok ok: "),
        (with((25, 101)), "late warning: no backup for 25h"),
        (copies(&[(60, 1)]), "late critical: no backup for 2d"),
        (copies(&[]), "late critical: no finished backup"),
        (copies(&[(-3, 5)]), "unknown unknown: newest backup is 3h00 in the future: clock skew"),
        (with((2, 12)), "unverified warning: the newest has 12B, 12 % of the usual"),
        (
            copies(&[(2, 5)]).with_error("permission denied"),
            "unknown unknown: not readable: permission denied",
        ),
        (fault("mode 644, others may read it"), "unverified warning: mode 644, others may read it"),
        (Archive { faults: vec!["x".into()], ..with((25, 101)) }, "late warning: no backup for 25h"),
        (Archive { unsaved: Unsaved::Nothing, ..copies(&[(9000, 5)]) }, "ok ok: "),
        (Archive { unsaved: Unsaved::Nothing, ..copies(&[]) }, "late critical: no finished backup"),
        (waits(3), "ok ok: "),
        (waits(25), "late warning: .env is not saved for 25h"),
        (waits(50), "late critical: .env is not saved for 2d"),
    ] {
        assert_eq!(told(&archive, true), expected, "{archive:?}");
    }
    assert_eq!(told(&with((2, 101)), false), "unknown unknown: not readable: it was not looked at lately");
}
