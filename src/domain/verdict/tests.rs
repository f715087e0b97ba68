//! What the verdict says of a homelab: of alerts, of the chain that carries them, of what is not heard.

mod field;
mod kept;
mod rows;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::domain::alert::AlertState::{Acknowledged, Firing, Inhibited, Pending, Silenced};
use crate::domain::alert::Severity::{Critical as Loud, Info, Warning as Low};
use crate::domain::alert::{Alert, AlertState, FingerprintSource, RaisedAlert, Severity};
use crate::domain::backup::{
    BackupGroup, BackupState, Evidence, Expectation, GroupId, LastRun, Plan, Running, Snapshot, Unreadable,
    Verification, assess,
};
use crate::domain::datastore::{Datastore, FillLimits};
use crate::domain::feed::{Failure, FailureKind, SourceId};
use crate::domain::health::Health::{Critical, Ok as Well, Unknown, Warning};
use crate::domain::job::{Job, JobKind, JobRun};
use crate::domain::labels::Labels;
use crate::domain::log::RingLimits;
use crate::domain::observation::Observation;
use crate::domain::rule::{Rule, RuleHealth, RuleKind};
use crate::domain::server::Server;
use crate::domain::silence::{ACKNOWLEDGED, Matcher, Silence, SilenceState};
use crate::domain::store::Expected;
use crate::domain::target::{Scrape, Target, TargetHealth};
use crate::domain::task::{Outcome, Task};
use crate::domain::thresholds::{BackupRule, Select, Thresholds};
use field::{
    ALL_SOURCES, BACKUPS, Field, LOKI, PROM, ROUTER, alert, datastore, group, job, labels, now, rule, target,
    watchdog,
};

#[test]
fn an_empty_store_is_not_well() {
    let store = Store::new([], Thresholds::default(), RingLimits::default());
    let verdict = judge(&store, Scope::ALL, now());
    assert_eq!((verdict.state, verdict.text.as_str()), (Unknown, "no source is configured"));
}

#[test]
fn what_no_source_measures_is_unknown() {
    let field = Field::new(&[PROM]).well();
    let only = Scope { backups: true, ..Scope::NONE };
    let verdict = judge(&field.store, only, now());
    assert_eq!(
        (verdict.state, verdict.text.as_str()),
        (Unknown, "no source is configured for what is asked")
    );
}

#[test]
fn a_field_in_order_is_well() {
    let verdict = Field::new(&ALL_SOURCES).well().judge();
    assert_eq!(verdict.state, Well);
    assert_eq!(verdict.text, "all is well · backups 1 of 1 · targets 1 of 1");
    assert!(verdict.reasons().is_empty(), "{:?}", verdict.reasons());
}

#[test]
fn before_the_first_answer_nothing_is_known() {
    let verdict = Field::new(&ALL_SOURCES).judge();
    assert_eq!(verdict.state, Unknown);
    assert_eq!(verdict.reasons().len(), ALL_SOURCES.len());
}

#[test]
fn the_worst_alert_speaks_first() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.alerts(vec![alert("DiskSlow", "warning", Firing), alert("HostDown", "page", Firing)]);
    let verdict = field.judge();
    assert_eq!(verdict.state, Critical);
    assert_eq!(
        verdict.text,
        "HostDown vm102 20m, response overdue 5m · 1 warning · backups 1 of 1 · targets 1 of 1"
    );
    assert_eq!(verdict.reasons(), ["HostDown vm102 20m, response overdue 5m", "DiskSlow vm102 20m"]);
}

#[test]
fn an_acknowledged_alert_is_one_level_lower_and_says_by_whom() {
    let mut field = Field::new(&ALL_SOURCES).well();
    let down = alert("HostDown", "critical", Firing);
    let ack = Silence {
        id: "1".into(),
        state: SilenceState::Active,
        matchers: vec![Matcher {
            name: ACKNOWLEDGED.into(),
            value: down.fingerprint.clone(),
            is_regex: false,
            is_equal: true,
        }],
        created_by: "sam".into(),
        comment: "on it".into(),
        annotations: Labels::default(),
        starts_at: now(),
        ends_at: now() + TimeDelta::hours(12),
        updated_at: now(),
    };
    field.saw(ROUTER, Feed::Silences, Observation::Silences([ack].into()));
    field.alerts(vec![down]);
    let verdict = field.judge();
    assert_eq!(verdict.state, Warning);
    assert_eq!(verdict.reasons(), ["HostDown vm102 20m, acknowledged by sam"]);
    assert_eq!((verdict.counts.critical, verdict.counts.warning), (0, 1), "{}", verdict.text);
}

#[test]
fn hidden_ones_are_counted_and_change_nothing() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.store.thresholds.backup_rules =
        vec![BackupRule { select: Select::Match("vm/9*".into()), rpo: None, exempt: true }];
    field.groups(vec![group(100, Some(2), None), group(900, None, None)]);
    field.alerts(vec![alert("A", "critical", Silenced), alert("B", "critical", Inhibited)]);
    let verdict = field.judge();
    assert_eq!(verdict.state, Well);
    assert_eq!(verdict.text, "all is well · backups 1 of 1 · targets 1 of 1 · 3 hidden");
}

#[test]
fn the_config_says_what_a_severity_means() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.store.thresholds.severities.insert("sev1".into(), Severity::Critical);
    field.alerts(vec![alert("HostDown", "sev1", Firing), alert("Chatty", "sev9", Firing)]);
    let verdict = field.judge();
    assert_eq!((verdict.state, verdict.reasons().len()), (Critical, 1), "the unknown word is listed only");
}

#[test]
fn an_alert_from_a_silent_alertmanager_is_unknown_after_its_cause() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.alerts(vec![alert("HostDown", "critical", Firing)]);
    field.fails(ROUTER, FailureKind::Refused);
    let verdict = field.judge();
    assert_eq!(verdict.state, Unknown);
    assert_eq!(
        verdict.reasons(),
        ["alertmanager.main is down for 0s: connection refused", "HostDown vm102 was true when last heard"]
    );
}

#[test]
fn an_alert_that_prometheus_still_raises_is_measured() {
    let mut field = Field::new(&ALL_SOURCES).well();
    let down = alert("HostDown", "critical", Firing);
    let raised = RaisedAlert {
        labels: down.labels.clone(),
        annotations: Labels::default(),
        firing: true,
        active_at: down.starts_at,
        value: "1".into(),
    };
    field.saw(PROM, Feed::Alerts, Observation::Raised([watchdog(), raised].into()));
    field.alerts(vec![down]);
    field.fails(ROUTER, FailureKind::Refused);
    assert_eq!(field.judge().state, Critical);
}

#[test]
fn an_alert_that_vanishes_unheard_is_unknown_not_resolved() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.alerts(vec![alert("HostDown", "critical", Firing)]);
    field.fails(PROM, FailureKind::Timeout);
    field.alerts(vec![]);
    let verdict = field.judge();
    assert_eq!(verdict.state, Unknown);
    let told = "HostDown vm102 unknown since 0s: vanished while Prometheus was not heard";
    assert!(verdict.reasons().iter().any(|reason| reason == told), "{:?}", verdict.reasons());
    field = field.well();
    field.alerts(vec![]);
    assert_eq!(field.judge().state, Well, "resolved once Prometheus is heard again");
}

#[test]
fn an_alert_that_resolves_while_all_is_heard_is_gone() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.alerts(vec![alert("HostDown", "critical", Firing)]);
    field.alerts(vec![]);
    assert_eq!(field.judge().state, Well);
}

#[test]
fn a_missing_watchdog_is_critical() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.saw(ROUTER, Feed::Alerts, Observation::Alerts([].into()));
    let verdict = field.judge();
    assert_eq!(verdict.state, Critical);
    assert_eq!(verdict.reasons(), ["Watchdog is missing: alerts do not reach Alertmanager"]);
    field.saw(PROM, Feed::Alerts, Observation::Raised([].into()));
    assert_eq!(field.judge().state, Critical, "not even raised");
    field.store.thresholds.watchdog = "".into();
    assert_eq!(field.judge().state, Well, "the config names none");
}

#[test]
fn a_watchdog_that_prometheus_has_just_raised_is_on_its_way() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.saw(ROUTER, Feed::Alerts, Observation::Alerts([].into()));
    let young = RaisedAlert { active_at: now() - TimeDelta::seconds(30), ..watchdog() };
    field.saw(PROM, Feed::Alerts, Observation::Raised([young].into()));
    assert_eq!(field.judge().state, Well);
}

#[test]
fn a_rule_that_cannot_be_evaluated_is_a_warning() {
    let mut field = Field::new(&ALL_SOURCES).well();
    let broken = Rule { health: RuleHealth::Err, name: "DiskFull".into(), ..rule() };
    field.saw(PROM, Feed::Rules, Observation::Rules([rule(), broken].into()));
    let verdict = field.judge();
    assert_eq!(verdict.state, Warning);
    assert_eq!(verdict.reasons(), ["rule DiskFull cannot be evaluated: its alert is blind"]);
}

#[test]
fn a_watcher_that_is_lost_is_critical_after_three_intervals() {
    for watcher in [PROM, ROUTER] {
        let mut field = Field::new(&ALL_SOURCES).well();
        field.fails(watcher, FailureKind::Refused);
        assert_eq!(judge(&field.store, Scope::ALL, now()).state, Unknown, "{watcher:?}: at first");
        field.at(TimeDelta::seconds(31)).well_but(watcher);
        assert_eq!(field.judge().state, Critical, "{watcher:?}: after three intervals of 10 s");
    }
}

#[test]
fn loki_down_is_only_a_warning() {
    for trouble in [FailureKind::Refused, FailureKind::Unauthorised] {
        let mut field = Field::new(&ALL_SOURCES).well();
        field.fails(LOKI, trouble);
        assert_eq!(field.judge().state, Warning, "{trouble}");
    }
}

#[test]
fn a_backup_server_that_refuses_us_leaves_everything_unknown() {
    let mut field = Field::new(&[BACKUPS]).well();
    field.fails(BACKUPS, FailureKind::Unauthorised);
    let verdict = field.judge();
    assert_eq!(verdict.state.exit_code(), 3);
    assert_eq!(verdict.counts.backups_ok, 0, "nothing is ok");
    assert_eq!(verdict.text, "pbs.main refuses our credentials: 401 unauthorised", "the cause is told first");
}

#[test]
fn what_feeds_a_rule_and_is_stale_is_unknown() {
    for source in [PROM, ROUTER, BACKUPS] {
        let mut field = Field::new(&ALL_SOURCES).well();
        field.at(TimeDelta::seconds(23)).well_but(source);
        let verdict = field.judge();
        assert_eq!(verdict.state, Unknown, "{source:?}");
        assert_eq!(
            verdict.reasons().first().map(String::as_str),
            Some(&*format!("{}.main was last heard 23s ago", source.0))
        );
    }
}

#[test]
fn stale_targets_and_backups_are_not_counted_at_all() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.at(TimeDelta::hours(1));
    let counts = field.judge().counts;
    assert_eq!((counts.targets_up, counts.targets), (0, 0));
    assert_eq!((counts.backups_ok, counts.backups), (0, 0));
}

#[test]
fn after_a_suspended_laptop_nothing_is_well() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.store.doubt();
    assert_eq!(field.judge().state, Unknown);
}

#[test]
fn a_status_page_that_is_missing_changes_nothing() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.fails_at(PROM, Feed::Status, FailureKind::Missing);
    assert_eq!(field.judge().state, Well);
    field.fails_at(PROM, Feed::Status, FailureKind::Unauthorised);
    assert_eq!(field.judge().state, Unknown, "wrong credentials are wrong everywhere");
}

#[test]
fn an_agent_that_knows_no_rules_is_not_down() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.fails_at(PROM, Feed::Rules, FailureKind::Missing);
    field.fails_at(PROM, Feed::Alerts, FailureKind::Missing);
    assert_eq!(field.judge().state, Well);
    field.fails_at(PROM, Feed::Targets, FailureKind::Missing);
    assert_eq!(field.judge().state, Unknown, "nothing is there: the wrong address");
}

#[test]
fn the_scope_keeps_the_rest_out() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.alerts(vec![alert("HostDown", "critical", Firing)]);
    field.fails(LOKI, FailureKind::Refused);
    let only = Scope { targets: true, backups: true, ..Scope::NONE };
    let verdict = judge(&field.store, only, field.now);
    assert_eq!(
        (verdict.state, verdict.text.as_str()),
        (Well, "all is well · backups 1 of 1 · targets 1 of 1")
    );
}

#[test]
fn a_storm_is_told_in_part() {
    let mut field = Field::new(&ALL_SOURCES).well();
    field.alerts((0..200).map(|at| alert(&format!("Storm{at:03}"), "critical", Firing)).collect());
    let verdict = field.judge();
    assert!(verdict.text.contains("200 critical"), "{}", verdict.text);
    let reasons = verdict.reasons();
    assert_eq!((reasons.len(), reasons.last().map(String::as_str)), (51, Some("and 150 more")));
}
