//! The rows of the table: a group, what is beside it, and how it is judged.

use super::*;

pub(super) fn age() -> Vec<Row> {
    vec![
        ("recent", good(11), Ok, WELL, ""),
        ("just made", good(0), Ok, WELL, ""),
        ("exactly as old as allowed", good(24), Ok, WELL, ""),
        ("an hour over", good(25), Late, Warning, "no backup for 25h"),
        ("exactly twice as old as allowed", good(48), Late, Warning, "no backup for 2d"),
        ("over twice", good(49), Late, Critical, "no backup for 2d"),
        ("weekly, six days old", good(6 * 24).rpo(7), Ok, WELL, ""),
        ("weekly, nine days old", good(9 * 24).rpo(7), Late, Warning, "no backup for 9d"),
        ("old ones do not make it late", good(900).then(11, None), Ok, WELL, ""),
        ("none", empty(), Late, Critical, "no finished backup"),
        ("nobody expects one", empty().exempt(), Exempt, WELL, ""),
        (
            "nobody expects one, and it is broken",
            empty().then(900, found_broken()).exempt(),
            Exempt,
            WELL,
            "",
        ),
        (
            "nobody expects one, and nobody was heard",
            good(1).exempt().unread(Unread::NotHeard),
            Exempt,
            WELL,
            "",
        ),
    ]
}

pub(super) fn runs() -> Vec<Row> {
    let reset = "task failed: connection reset";
    vec![
        ("recent, a later run failed", good(11).failed(2), Ok, WELL, "last run failed: connection reset"),
        ("late, a later run failed", good(25).failed(1), Failed, Critical, reset),
        ("late, the failure was before the backup", good(25).failed(26), Late, Warning, "no backup for 25h"),
        ("failed, then made", good(11).failed(12), Ok, WELL, ""),
        ("late, the last run succeeded elsewhere", good(25).ran(1, None), Late, Warning, "no backup for 25h"),
        ("running in time", good(23).running(1), Underway, WELL, "running now"),
        (
            "running in time, half done",
            good(23).running_at(1, Some(0.62)),
            Underway,
            WELL,
            "running now 62 %",
        ),
        ("running over the boundary, begun before it", good(25).running(2), Underway, WELL, "running now"),
        ("begun on the boundary", good(25).running(1), Underway, WELL, "running now"),
        ("begun after it", good(26).running(1), Underway, Warning, "late, running now"),
        (
            "begun long after it",
            good(49).running_at(0, Some(0.01)),
            Underway,
            Critical,
            "late, running now 1 %",
        ),
        (
            "running again after a failure",
            good(25).failed(1).running(0),
            Failed,
            Critical,
            "task failed: connection reset; running again",
        ),
        ("running in time after a failure", good(20).failed(1).running(0), Underway, WELL, "running now"),
        ("the first is running", empty().running(0), Underway, Warning, "first backup is running"),
        (
            "the first is half done",
            empty().running_at(0, Some(0.5)),
            Underway,
            Warning,
            "first backup is running 50 %",
        ),
        (
            "none, the first failed",
            empty().failed(1),
            Failed,
            Critical,
            "no backup; task failed: connection reset",
        ),
        ("none, running again", empty().failed(1).running(0), Underway, Warning, "first backup is running"),
        (
            "none, a run ended well and left nothing",
            empty().ran(1, None),
            Late,
            Critical,
            "no finished backup",
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table, one case after the other")]
pub(super) fn verifications() -> Vec<Row> {
    let broken = |age, older| good(older).then(age, found_broken());
    let failed = Outcome::Failed("abort requested".into());
    let overdue = Job { next: Some(hours(3)), ..job("v") };
    let unscheduled = Job { next: None, schedule: "".into(), ..job("v") };
    let dead = Job { next: None, ..ran(41 * 24, Outcome::Ok) };
    vec![
        (
            "newest broken, an older one good",
            broken(11, 20),
            Failed,
            Critical,
            "verification of the newest failed (11h old)",
        ),
        (
            "newest broken, the good one too old",
            broken(11, 35),
            Failed,
            Critical,
            "verification of the newest failed (11h old)",
        ),
        (
            "newest broken while the next is made",
            broken(23, 30).running(0),
            Failed,
            Critical,
            "verification of the newest failed (23h old)",
        ),
        (
            "newest broken, the job says OK",
            broken(11, 20).verified_by(ran(1, Outcome::Ok)),
            Failed,
            Critical,
            "verification of the newest failed (11h old)",
        ),
        (
            "an older one broken, the newest good",
            empty().then(30, found_broken()).then(11, found_good(10)),
            Ok,
            WELL,
            "",
        ),
        (
            "an older one broken, the newest not looked at",
            empty().then(30, found_broken()).then(11, None),
            Ok,
            WELL,
            "",
        ),
        (
            "all broken",
            empty().then(11, found_broken()),
            Failed,
            Critical,
            "every snapshot failed verification",
        ),
        (
            "all broken, running",
            empty().then(11, found_broken()).running(0),
            Failed,
            Critical,
            "every snapshot failed verification",
        ),
        ("verified lately", empty().then(11, found_good(10)), Ok, WELL, ""),
        ("verified exactly as long ago as allowed", empty().then(11, found_good(720)), Ok, WELL, ""),
        (
            "verified too long ago",
            empty().then(11, found_good(744)),
            Unverified,
            Warning,
            "verified 31d ago (limit 30d)",
        ),
        (
            "daily, the newest verified is recent",
            empty().then(35, found_good(30)).then(11, None),
            Ok,
            WELL,
            "",
        ),
        (
            "daily, verification is dead for 41 days",
            empty().then(990, found_good(984)).then(35, None).then(11, None),
            Unverified,
            Warning,
            "verified 41d ago (limit 30d)",
        ),
        ("never verified, and recent", good(29 * 24).rpo(40), Ok, WELL, ""),
        ("never verified, and old", good(31 * 24).rpo(40), Unverified, Warning, "never verified"),
        ("never verified, the job has not run yet", good(11).verified_by(job("v")), Ok, WELL, ""),
        ("never verified, nobody scheduled the job", good(11).verified_by(unscheduled), Ok, WELL, ""),
        (
            "never verified, the job is overdue",
            good(11).verified_by(overdue),
            Unverified,
            Warning,
            "never verified: job v is overdue",
        ),
        (
            "never verified, the job failed",
            good(11).verified_by(ran(5, failed)),
            Unverified,
            Warning,
            "never verified: job v failed: abort requested",
        ),
        ("never verified, the job ran before it", good(11).verified_by(ran(12, Outcome::Ok)), Ok, WELL, ""),
        (
            "never verified, the job passed it over",
            good(35).then(11, None).verified_by(ran(5, Outcome::Ok)),
            Unverified,
            Warning,
            "never verified: job v passed it over",
        ),
        (
            "never verified, the job is dead",
            good(11).verified_by(dead),
            Unverified,
            Warning,
            "never verified: job v has not run for 41d",
        ),
        ("late counts more than unverified", good(31 * 24), Late, Critical, "no backup for 31d"),
        (
            "running counts more than unverified",
            empty().then(11, found_good(744)).running(0),
            Underway,
            WELL,
            "running now",
        ),
    ]
}

pub(super) fn clocks() -> Vec<Row> {
    let (autumn, after) = (berlin("2026-10-25 01:30", true), berlin("2026-10-26 01:30", true));
    let (spring, morning) = (berlin("2026-03-28 02:30", true), berlin("2026-03-29 03:30", true));
    let zoned: DateTime<Utc> =
        DateTime::parse_from_rfc3339("2026-11-20T23:30:00-05:00").expect("a time").to_utc();
    let told: DateTime<Utc> =
        DateTime::parse_from_rfc3339("2026-11-22T04:30:00+00:00").expect("a time").to_utc();
    vec![
        ("from the future", good(-2), Unknown, Doubtful, "newest backup is 2h00 in the future: clock skew"),
        (
            "from the far future",
            good(-24 * 400),
            Unknown,
            Doubtful,
            "newest backup is 400d in the future: clock skew",
        ),
        (
            "from the future, with a recent one before",
            good(3).then(-2, None),
            Unknown,
            Doubtful,
            "newest backup is 2h00 in the future: clock skew",
        ),
        ("a clock 30 s ahead is none", empty().made(now() + TimeDelta::seconds(30)), Ok, WELL, ""),
        (
            "31 s are skew",
            empty().made(now() + TimeDelta::seconds(31)),
            Unknown,
            Doubtful,
            "newest backup is 31s in the future: clock skew",
        ),
        ("another zone, exactly a day", empty().made(zoned).judged_at(told), Ok, WELL, ""),
        (
            "another zone, a second more",
            empty().made(zoned).judged_at(told + TimeDelta::seconds(1)),
            Late,
            Warning,
            "no backup for 24h",
        ),
        (
            "the same wall time on the day of 25 hours",
            empty().made(autumn).judged_at(after),
            Late,
            Warning,
            "no backup for 25h",
        ),
        (
            "an hour less on that day",
            empty().made(autumn).judged_at(after - TimeDelta::hours(1)),
            Ok,
            WELL,
            "",
        ),
        (
            "the second 02:30 of that night is an hour after the first",
            empty().made(berlin("2026-10-25 02:30", true)).judged_at(berlin("2026-10-25 02:30", false)),
            Ok,
            WELL,
            "",
        ),
        (
            "an hour later by the wall on the day of 23 hours",
            empty().made(spring).judged_at(morning),
            Ok,
            WELL,
            "",
        ),
        (
            "and one more",
            empty().made(spring).judged_at(morning + TimeDelta::seconds(1)),
            Late,
            Warning,
            "no backup for 24h",
        ),
    ]
}

pub(super) fn causes() -> Vec<Row> {
    let nightly = || Arc::<str>::from("nightly");
    let due = || Plan::Scheduled(nightly(), Some(now() + TimeDelta::hours(2)));
    let denied = Unread::Refused("permission check failed".into());
    vec![
        ("late without a job", good(25).plan(Plan::NoJob), Late, Warning, "no job backs it up"),
        ("never backed up, without a job", empty().plan(Plan::NoJob), Late, Critical, "no job backs it up"),
        ("recent without a job", good(11).plan(Plan::NoJob), Ok, WELL, ""),
        (
            "late, the job is off",
            good(49).plan(Plan::Disabled(nightly())),
            Late,
            Critical,
            "job nightly is disabled",
        ),
        (
            "late, the job left it out",
            good(25).plan(Plan::Skipped(nightly())),
            Late,
            Warning,
            "skipped by job nightly",
        ),
        ("late, the job is due", good(25).plan(due()), Late, Warning, "no backup for 25h"),
        (
            "a failed task says more than a job that is off",
            good(25).plan(Plan::Disabled(nightly())).failed(1),
            Failed,
            Critical,
            "task failed: connection reset",
        ),
        ("late, the guest is off", good(25).guest(Presence::Off), Late, Warning, "the guest is off"),
        (
            "late, off and in no job",
            good(25).guest(Presence::Off).plan(Plan::NoJob),
            Late,
            Warning,
            "no job backs it up",
        ),
        ("late, the guest is on", good(25).guest(Presence::On), Late, Warning, "no backup for 25h"),
        ("recent, the guest is off", good(11).guest(Presence::Off), Ok, WELL, ""),
        ("archived", good(900).guest(Presence::Archived), Exempt, WELL, "archived"),
        ("archived without a backup", empty().guest(Presence::Archived), Exempt, WELL, "archived"),
        ("it came back", good(900).guest(Presence::On), Late, Critical, "no backup for 37d"),
        (
            "the server was not heard",
            good(1).unread(Unread::NotHeard),
            Unknown,
            Doubtful,
            "the backup server was not heard",
        ),
        (
            "the server refuses",
            good(1).unread(denied),
            Unknown,
            Doubtful,
            "not readable: permission check failed",
        ),
        (
            "two clusters share the identity",
            good(1).shared(),
            Ambiguous,
            Warning,
            "ambiguous: two clusters have vm/100",
        ),
        (
            "two share it, and it is late",
            good(900).shared(),
            Ambiguous,
            Warning,
            "ambiguous: two clusters have vm/100",
        ),
    ]
}
