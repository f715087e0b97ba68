use super::*;
use crate::domain::feed::SourceId;
use crate::domain::log::RingLimits;
use crate::domain::made::{expected, now, target};
use crate::domain::observation::Observation;
use crate::domain::target::Target;
use crate::domain::thresholds::Thresholds;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn done(routine: Cadence, at: DateTime<Utc>) -> Done {
    Done { routine, at, by: "kim".into(), note: "".into(), lines: Vec::new() }
}

#[test]
fn the_next_date_follows_the_last_and_what_never_was_is_due_now() {
    for (routine, last, next) in [
        (Cadence::Daily, "2026-11-21T07:00:00Z", "2026-11-22T07:00:00Z"),
        (Cadence::Weekly, "2026-11-21T07:00:00Z", "2026-11-28T07:00:00Z"),
        (Cadence::Monthly, "2026-01-31T07:00:00Z", "2026-02-28T07:00:00Z"),
        (Cadence::Monthly, "2028-01-31T07:00:00Z", "2028-02-29T07:00:00Z"),
        (Cadence::Monthly, "2026-12-05T07:00:00Z", "2027-01-05T07:00:00Z"),
    ] {
        let older = done(routine, at(last) - TimeDelta::days(90));
        let all = [done(routine, at(last)), older];
        assert_eq!(due(routine, &all, &[]), Some(When::At(at(next))), "{routine} {last}");
        assert!(matches!(due(routine, &[], &[]), Some(When::Now(_))), "{routine}");
    }
}

#[test]
fn a_change_asks_for_its_list_once() {
    let maintained = Window { from: now() - TimeDelta::hours(3), to: now() - TimeDelta::hours(2) };
    assert_eq!(due(Cadence::Change, &[], &[]), None, "nothing was changed");
    assert_eq!(due(Cadence::Change, &[], &[maintained]), Some(When::At(maintained.to)));
    let before = done(Cadence::Change, now() - TimeDelta::hours(9));
    assert_eq!(due(Cadence::Change, &[before], &[maintained]), Some(When::At(maintained.to)));
    let after = done(Cadence::Change, now());
    assert_eq!(due(Cadence::Change, &[after], &[maintained]), None);
}

#[test]
fn a_line_ticks_itself_only_on_what_was_measured_lately() {
    let id = SourceId::new(SourceKind::Prometheus, "main");
    let line = Line { text: "key services answer", probe: Some(Probe::Doors) };
    let with = |targets: Vec<Target>, ago: i64| {
        let mut store = Store::new(
            [expected(&id, &[Feed::Targets])],
            Thresholds::default(),
            RingLimits { lines: 1, bytes: 1 },
        );
        let seen = Observation::Targets(targets.into());
        store.apply(&id, Feed::Targets, Ok(vec![seen]), 0.1, now() - TimeDelta::minutes(ago));
        look(&line, &store, now())
    };
    let up = || target("node", "a:9100");
    let down = || Target { health: TargetHealth::Down, ..target("node", "b:9100") };
    assert_eq!(with(vec![up()], 0).state, Some(Health::Ok));
    let bad = with(vec![up(), down()], 0);
    assert_eq!((bad.state, &*bad.evidence), (Some(Health::Critical), "1 of 2 do not, b:9100 first"));
    assert_eq!(with(vec![up()], 9).state, Some(Health::Unknown), "long ago is not now");
    let nothing = Store::new([], Thresholds::default(), RingLimits { lines: 1, bytes: 1 });
    for line in Cadence::ALL.iter().flat_map(|routine| routine.lines()) {
        let outcome = look(line, &nothing, now());
        assert_ne!(outcome.state, Some(Health::Ok), "nobody measured {}", line.text);
        assert_eq!(outcome.state.is_none(), line.probe.is_none(), "{}", line.text);
    }
}
