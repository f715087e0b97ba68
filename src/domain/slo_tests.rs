//! Error budgets against tables that were worked out by hand.

use chrono::FixedOffset;
use chrono_tz::America::Sao_Paulo;
use chrono_tz::Europe::Vienna;

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("a time").to_utc()
}

fn is_near(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-6 * other.abs().max(1.0)
}

#[test]
fn months_have_their_own_length_and_budget() {
    // A day in the month, its hours, and the seconds that may be bad of 99.5 %.
    for (day, hours, allowed) in [
        ("2026-01-31T23:59:59Z", 744.0, 13_392.0),
        ("2026-02-01T00:00:00Z", 672.0, 12_096.0),
        ("2028-02-29T12:00:00Z", 696.0, 12_528.0),
        ("2026-04-15T00:00:00Z", 720.0, 12_960.0),
        ("2026-12-31T10:00:00Z", 744.0, 13_392.0),
    ] {
        let window = Window::month(at(day), &Utc);
        assert!(is_near(window.seconds(), hours * 3600.0), "{day}: {window:?}");
        let budget = Objective(0.995).budget(&Tally::default(), &window);
        assert!(is_near(budget.allowed, allowed), "{day}: {budget:?}");
        assert!(window.from <= at(day) && at(day) < window.to, "{day}");
    }
}

#[test]
fn a_month_in_which_the_clocks_change_is_an_hour_longer_or_shorter() {
    for (day, hours, from, to) in [
        ("2026-03-15T12:00:00Z", 743.0, "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"),
        ("2026-10-15T12:00:00Z", 745.0, "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z"),
        ("2026-07-15T12:00:00Z", 744.0, "2026-06-30T22:00:00Z", "2026-07-31T22:00:00Z"),
        // In Vienna it is February already.
        ("2026-01-31T23:30:00Z", 672.0, "2026-01-31T23:00:00Z", "2026-02-28T23:00:00Z"),
    ] {
        let window = Window::month(at(day), &Vienna);
        assert_eq!((window.from, window.to), (at(from), at(to)), "{day}");
        assert!(is_near(window.seconds(), hours * 3600.0), "{day}");
    }
    // Far from Greenwich a month begins at its own midnight.
    let far = Window::month(at("2026-05-01T01:00:00Z"), &Sao_Paulo);
    assert_eq!(far.from, at("2026-04-01T03:00:00Z"), "there it is still April");
    let east = FixedOffset::east_opt(14 * 3600).expect("an offset");
    assert_eq!(Window::month(at("2026-04-30T11:00:00Z"), &east).from, at("2026-04-30T10:00:00Z"));
}

/// Samples every `step` minutes from the beginning of a window: `g` good, `b` bad, `h` half, a blank gap,
/// `n` no number.
fn samples(from: DateTime<Utc>, step: i64, told: &str) -> Vec<(DateTime<Utc>, f64)> {
    let sample = |(place, char): (i64, char)| {
        let value = match char {
            'g' => 1.0,
            'b' => 0.0,
            'h' => 0.5,
            'n' => f64::NAN,
            _ => return None,
        };
        Some((from + TimeDelta::minutes(step * (place + 1)), value))
    };
    (0..).zip(told.chars()).filter_map(sample).collect()
}

#[test]
fn gaps_are_unknown_and_neither_good_nor_bad() {
    let from = at("2026-04-01T00:00:00Z");
    // What was seen in an hour of steps of 10 minutes; good, bad and unknown minutes; what was good of
    // what is known.
    for (told, good, bad, unknown, availability) in [
        ("gggggg", 60.0, 0.0, 0.0, Some(1.0)),
        ("ggbggg", 50.0, 10.0, 0.0, Some(5.0 / 6.0)),
        ("gg  gg", 40.0, 0.0, 20.0, Some(1.0)),
        ("bb  gg", 20.0, 20.0, 20.0, Some(0.5)),
        ("nngggg", 40.0, 0.0, 20.0, Some(1.0)),
        ("hhhhhh", 30.0, 30.0, 0.0, Some(0.5)),
        ("      ", 0.0, 0.0, 60.0, None),
        ("bbbbbb", 0.0, 60.0, 0.0, Some(0.0)),
    ] {
        let window = Window { from, to: from + TimeDelta::hours(1) };
        let tally = Tally::of(samples(from, 10, told), TimeDelta::minutes(10), &window, window.to, &[]);
        let minutes = [tally.good, tally.bad, tally.unknown].map(|seconds| seconds / 60.0);
        let expected = [good, bad, unknown];
        assert!(
            minutes.iter().zip(expected).all(|(have, want)| is_near(*have, want)),
            "{told:?}: {minutes:?}"
        );
        assert_eq!(tally.availability(), availability, "{told:?}");
        assert!(is_near(tally.unknown_share(), unknown / 60.0), "{told:?}");
    }
}

#[test]
fn the_future_is_not_unknown_and_a_sample_is_counted_once() {
    let from = at("2026-04-01T00:00:00Z");
    let window = Window::month(from, &Utc);
    let now = from + TimeDelta::hours(1);
    let tally = Tally::of(samples(from, 10, "gggggg"), TimeDelta::minutes(10), &window, now, &[]);
    assert!(is_near(tally.good, 3600.0) && is_near(tally.unknown, 0.0), "{tally:?}");
    let twice = [samples(from, 10, "gggggg"), samples(from, 10, "gggggg")].concat();
    let mut twice = twice;
    twice.sort_by_key(|(at, _)| *at);
    assert_eq!(Tally::of(twice, TimeDelta::minutes(10), &window, now, &[]), tally);
    let beyond = samples(from - TimeDelta::hours(1), 10, "bbbbbbgggggg");
    assert_eq!(
        Tally::of(beyond, TimeDelta::minutes(10), &window, now, &[]),
        tally,
        "what was before does not count"
    );
}

#[test]
fn budgets_burn_and_are_spent() {
    let now = at("2026-05-01T00:00:00Z");
    let window = Window::rolling(30, now);
    let day = 86_400.0;
    // Objective, bad seconds, unknown seconds; what is left, and at the worst.
    for (objective, bad, unknown, left, worst) in [
        (0.995, 0.0, 0.0, 1.0, 1.0),
        (0.995, 6_480.0, 0.0, 0.5, 0.5),
        (0.995, 12_960.0, 0.0, 0.0, 0.0),
        (0.995, 25_920.0, 0.0, -1.0, -1.0),
        (0.995, 3_240.0, 6_480.0, 0.75, 0.25),
        (0.99, 12_960.0, 0.0, 0.5, 0.5),
        (0.999, 1_296.0, 2_592.0, 0.5, -0.5),
    ] {
        let tally = Tally { good: 30.0 * day - bad - unknown, bad, unknown, planned: 0.0 };
        let budget = Objective(objective).budget(&tally, &window);
        assert!(is_near(budget.left, left), "{objective} {bad}: {budget:?}");
        assert!(is_near(budget.left_at_worst, worst), "{objective} {bad}: {budget:?}");
    }
    let half = Tally { good: 1800.0, bad: 1800.0, unknown: 0.0, planned: 0.0 };
    assert!(Objective(0.995).burn(&half).is_some_and(|burn| is_near(burn, 100.0)));
    assert_eq!(Objective(0.995).burn(&Tally { unknown: 60.0, ..Tally::default() }), None, "nothing is known");
    assert_eq!(Objective(1.0).burn(&half), None, "nothing may burn");
    // 6480 s are left of 12960; at a burn of 100 half of each second is bad: 12960 s.
    let tally = Tally { good: 30.0 * day - 6_480.0, bad: 6_480.0, unknown: 0.0, planned: 0.0 };
    let budget = Objective(0.995).budget(&tally, &window);
    assert_eq!(Objective(0.995).spent_at(&budget, 100.0, now), Some(now + TimeDelta::seconds(12_960)));
    assert_eq!(Objective(0.995).spent_at(&budget, 0.0, now), None);
    let spent = Budget { spent: 13_000.0, ..budget };
    assert_eq!(Objective(0.995).spent_at(&spent, 1.0, now), None);
}

#[test]
fn only_what_burns_long_and_still_is_an_alarm() {
    let burn = |hour, minutes, six_hours, half_hour| Burn { hour, minutes, six_hours, half_hour }.health();
    for (hour, minutes, six, half, health) in [
        (Some(14.4), Some(20.0), Some(3.0), Some(14.0), Health::Critical),
        (Some(14.4), Some(1.0), Some(3.0), Some(7.0), Health::Ok),
        (Some(7.0), Some(7.0), Some(6.0), Some(7.0), Health::Warning),
        (Some(7.0), Some(0.0), Some(6.0), Some(0.0), Health::Ok),
        (None, None, None, None, Health::Ok),
        (Some(100.0), None, None, None, Health::Ok),
    ] {
        assert_eq!(burn(hour, minutes, six, half), health, "{hour:?} {minutes:?} {six:?} {half:?}");
    }
}

#[test]
fn what_was_planned_counts_for_nothing() {
    let from = at("2026-04-01T00:00:00Z");
    let part = |first: i64, last: i64| Window {
        from: from + TimeDelta::minutes(first),
        to: from + TimeDelta::minutes(last),
    };
    // What was planned, in minutes; good, bad, unknown and planned minutes.
    for (told, planned, expected) in [
        ("ggbb  ", vec![], [20.0, 20.0, 20.0, 0.0]),
        ("ggbb  ", vec![part(20, 40)], [20.0, 0.0, 20.0, 20.0]),
        ("ggbb  ", vec![part(20, 60)], [20.0, 0.0, 0.0, 40.0]),
        ("ggbb  ", vec![part(25, 35)], [20.0, 10.0, 20.0, 10.0]),
        ("bbbbbb", vec![part(-30, 10), part(50, 90)], [0.0, 40.0, 0.0, 20.0]),
        ("bbbbbb", vec![part(-30, 90)], [0.0, 0.0, 0.0, 60.0]),
    ] {
        let window = Window { from, to: from + TimeDelta::hours(1) };
        let tally = Tally::of(samples(from, 10, told), TimeDelta::minutes(10), &window, window.to, &planned);
        let minutes = [tally.good, tally.bad, tally.unknown, tally.planned].map(|seconds| seconds / 60.0);
        let near = minutes.iter().zip(expected).all(|(have, want)| is_near(*have, want));
        assert!(near, "{told:?} {planned:?}: {minutes:?}");
    }
}
