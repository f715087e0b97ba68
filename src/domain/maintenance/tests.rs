use super::*;
use crate::domain::feed::{Failure, FailureKind};
use crate::domain::log::RingLimits;
use crate::domain::made::{expected, now, target};
use crate::domain::observation::Observation;
use crate::domain::silence::Silence;
use crate::domain::target::TargetHealth;
use crate::domain::thresholds::Thresholds;
use crate::domain::verdict::{Scope, judge};

fn source(kind: SourceKind) -> SourceId {
    SourceId::new(kind, "main")
}

const FEEDS: [Feed; 3] = [Feed::Targets, Feed::Alerts, Feed::Rules];

fn store() -> Store {
    let all = [
        expected(&source(SourceKind::Prometheus), &FEEDS),
        expected(&source(SourceKind::Alertmanager), &[Feed::Alerts, Feed::Silences]),
    ];
    Store::new(all, Thresholds::default(), RingLimits { lines: 1, bytes: 1 })
}

fn minutes(count: i64) -> TimeDelta {
    TimeDelta::minutes(count)
}

/// A plan of an hour that began so many minutes ago.
fn plan(began: i64) -> Plan {
    let host = Matcher { name: "host".into(), value: "vm102".into(), is_regex: false, is_equal: true };
    let from = now() - minutes(began);
    Plan {
        name: "Updating Prometheus".into(),
        window: Window { from, to: from + minutes(60) },
        down: vec!["prometheus.main".into()],
        subjects: vec![vec![host]],
        by: "sam".into(),
        text: "2.48".into(),
    }
}

/// The silences of a plan, as an Alertmanager has them.
fn silences(plan: &Plan) -> Vec<Silence> {
    let silence = |(nth, draft): (usize, crate::domain::deed::Draft)| Silence {
        id: format!("s{nth}").into(),
        state: if draft.ends_at <= now() {
            SilenceState::Expired
        } else if draft.starts_at > now() {
            SilenceState::Pending
        } else {
            SilenceState::Active
        },
        matchers: draft.matchers,
        created_by: draft.author,
        comment: draft.comment,
        annotations: draft.annotations,
        starts_at: draft.starts_at,
        ends_at: draft.ends_at,
        updated_at: now(),
    };
    plan.drafts().into_iter().enumerate().map(silence).collect()
}

fn hear(store: &mut Store, kind: SourceKind, feed: Feed, seen: Observation, at: DateTime<Utc>) {
    store.apply(&source(kind), feed, Ok(vec![seen]), 0.1, at);
}

fn refused() -> Failure {
    Failure { kind: FailureKind::Refused, short: "refused".into(), text: "refused".into() }
}

/// A store that heard everything at `at`, with the silences of a plan.
fn heard(plan: &Plan, at: DateTime<Utc>) -> Store {
    let mut store = store();
    hear(
        &mut store,
        SourceKind::Alertmanager,
        Feed::Silences,
        Observation::Silences(silences(plan).into()),
        at,
    );
    hear(&mut store, SourceKind::Alertmanager, Feed::Alerts, Observation::Alerts([].into()), at);
    let targets = [target("node", "a:9100")];
    hear(&mut store, SourceKind::Prometheus, Feed::Targets, Observation::Targets(targets.into()), at);
    hear(&mut store, SourceKind::Prometheus, Feed::Alerts, Observation::Raised([].into()), at);
    hear(&mut store, SourceKind::Prometheus, Feed::Rules, Observation::Rules([].into()), at);
    store
}

/// The same, with a Prometheus that refused for so many minutes.
fn without(plan: &Plan, gone: i64) -> Store {
    let mut store = heard(plan, now());
    for feed in FEEDS {
        let id = source(SourceKind::Prometheus);
        store.apply(&id, feed, Err(refused()), 0.1, now() - minutes(gone));
    }
    store
}

fn verdict(store: &Store) -> (Health, String) {
    let verdict = judge(store, Scope::ALL, now());
    (verdict.state, verdict.text)
}

#[test]
fn what_a_plan_writes_is_read_again() {
    for (began, phase) in [(-30, Phase::Planned), (0, Phase::Going), (59, Phase::Going), (60, Phase::Overrun)]
    {
        let plan = plan(began);
        let store = heard(&plan, now());
        let all = all(&store);
        let [one] = all.as_slice() else { panic!("one maintenance: {all:?}") };
        assert_eq!(one.phase(now()), phase, "{began}");
        assert_eq!((&one.name, one.window, &one.down), (&plan.name, plan.window, &plan.down));
        assert_eq!((&*one.by, &*one.text), ("sam", "2.48"));
        // The silence of the subject ends with the time that was planned.
        let hides = usize::from(phase != Phase::Overrun);
        assert_eq!((one.parts.len(), one.subjects.len()), (hides, hides), "{began}");
        assert_eq!(one.ends().len(), 1 + hides);
    }
}

#[test]
fn what_is_planned_is_no_alarm_and_what_is_over_time_is() {
    let calm = verdict(&heard(&plan(10), now()));
    assert_eq!(calm.0, Health::Ok, "{calm:?}");
    assert!(calm.1.ends_with("maintenance Updating Prometheus, 50m left"), "{calm:?}");

    let down = without(&plan(10), 5);
    let told = verdict(&down);
    assert_eq!(told.0, Health::Ok, "{told:?}");
    let findings = judge(&down, Scope::ALL, now()).findings;
    let listed = findings.iter().find(|one| one.text.contains("is down")).expect("it is listed");
    assert!(listed.health.is_none() && listed.text.ends_with("planned: Updating Prometheus"), "{listed:?}");

    let before = verdict(&without(&plan(-30), 5));
    assert_eq!(before.0, Health::Critical, "not begun: {before:?}");
    let after = verdict(&without(&plan(65), 5));
    assert_eq!(after.0, Health::Critical, "over time: {after:?}");
    let overrun = judge(&without(&plan(65), 5), Scope::ALL, now()).reasons();
    let words =
        "maintenance Updating Prometheus is over time by 5m: not so: prometheus.main answers: refused";
    assert!(overrun.iter().any(|reason| reason == words), "{overrun:#?}");
    let back = verdict(&heard(&plan(65), now()));
    assert_eq!(back.0, Health::Ok, "all is back: {back:?}");

    let mut other = plan(10);
    other.down = vec!["pbs.main".into()];
    assert_eq!(verdict(&without(&other, 5)).0, Health::Critical, "another source was planned");
}

#[test]
fn it_is_over_when_all_is_measured_to_be_back() {
    let told = |store: &Store| -> Vec<(String, Health)> {
        let all = all(store);
        all.iter().flat_map(|one| one.checks(store, now())).map(|check| (check.what, check.state)).collect()
    };
    let line = |what: &str, state| (what.to_owned(), state);
    assert_eq!(
        told(&heard(&plan(10), now())),
        [
            line("prometheus.main answers", Health::Ok),
            line("no alert of host=\"vm102\"", Health::Ok),
            line("Watchdog arrives", Health::Ok),
        ]
    );
    assert_eq!(
        told(&without(&plan(10), 5)),
        [
            line("prometheus.main answers", Health::Critical),
            line("no alert of host=\"vm102\"", Health::Ok),
            line("Watchdog arrives", Health::Unknown),
        ]
    );
    let old = told(&heard(&plan(10), now() - minutes(9)));
    assert!(old.iter().all(|(_, state)| *state == Health::Unknown), "old answers prove nothing: {old:?}");

    let mut one = plan(10);
    one.subjects =
        vec![vec![Matcher { name: "job".into(), value: "node".into(), is_regex: false, is_equal: true }]];
    let mut store = heard(&one, now());
    let down = crate::domain::target::Target { health: TargetHealth::Down, ..target("node", "a:9100") };
    hear(&mut store, SourceKind::Prometheus, Feed::Targets, Observation::Targets([down].into()), now());
    assert!(
        told(&store).contains(&line("1 targets of job=\"node\" answer", Health::Critical)),
        "{:?}",
        told(&store)
    );

    for (store, ended) in [
        (heard(&plan(10), now()), 0),
        (heard(&plan(65), now()), 1),
        (without(&plan(65), 5), 0),
        (heard(&plan(65), now() - minutes(9)), 0),
    ] {
        assert_eq!(over(&store, now()).len(), ended);
    }
}

#[test]
fn planned_times_are_each_told_once() {
    let mut store = heard(&plan(10), now());
    let window = |from: i64, to: i64| Window { from: now() - minutes(from), to: now() - minutes(to) };
    assert_eq!(windows(&store, now()), [window(10, 0)]);
    assert_eq!(finished(&store, now()), [], "it goes on");
    store.maintained = vec![window(500, 400), window(450, 350), window(20, 5)];
    assert_eq!(windows(&store, now()), [window(500, 350), window(20, 0)]);
    let over = heard(&plan(90), now());
    assert_eq!(windows(&over, now()), [window(90, 30)]);
    assert_eq!(finished(&over, now()), [window(90, 30)]);
    assert_eq!(windows(&heard(&plan(-10), now()), now()), []);
}

#[test]
fn a_plan_that_cannot_be_says_why() {
    let store = heard(&plan(10), now());
    let with = |change: fn(&mut Plan)| {
        let mut plan = plan(-10);
        plan.name = "disks".into();
        change(&mut plan);
        plan.faults(&store, now()).into_iter().map(|(_, text)| text).collect::<Vec<_>>()
    };
    assert!(with(|_| {}).is_empty());
    for (change, said) in [
        ((|plan| plan.name = "a | b".into()) as fn(&mut Plan), "its name must not"),
        (
            |plan| plan.name = "Updating Prometheus".into(),
            "there is a maintenance Updating Prometheus already",
        ),
        (|plan| plan.window.to = plan.window.from, "it ends before it begins"),
        (|plan| plan.down = vec!["pbs.nowhere".into()], "no source is called pbs.nowhere"),
        (|plan| (plan.down, plan.subjects) = (Vec::new(), Vec::new()), "neither what is expected"),
    ] {
        let faults = with(change);
        assert!(faults.len() == 1 && faults[0].contains(said), "{said}: {faults:?}");
    }
}
