//! What the owner's checklists ask for, and what is known of it.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use wardroom::domain::alert::{Alert, AlertState, FingerprintSource, RaisedAlert, Severity};
use wardroom::domain::backup::{BackupGroup, GroupId, Snapshot, Verification};
use wardroom::domain::feed::{Failure, FailureKind, Feed, SourceId, SourceKind};
use wardroom::domain::labels::Labels;
use wardroom::domain::log::RingLimits;
use wardroom::domain::observation::Observation;
use wardroom::domain::rule::{Rule, RuleHealth, RuleKind};
use wardroom::domain::store::{Expected, Store};
use wardroom::domain::target::{Target, TargetHealth};
use wardroom::domain::thresholds::Thresholds;
use wardroom::runbooks::model::CheckItem;
use wardroom::runbooks::verify::{About, Outcome, Probe, judge, judge_answer, judge_exit, probe};

use super::owner;

const INSTANCE: &str = "10.0.0.25:9100";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_200_000, 0).expect("a time")
}

fn ago(minutes: i64) -> DateTime<Utc> {
    now() - TimeDelta::minutes(minutes)
}

fn about(alertname: &str) -> About {
    let labels =
        [("alertname", alertname), ("instance", INSTANCE), ("mountpoint", "/var"), ("severity", "critical")];
    About {
        alertname: alertname.to_owned(),
        labels: labels.into_iter().collect(),
        vmid: Some("102".to_owned()),
        since: Some(ago(30)),
        quiet_since: None,
    }
}

/// The probes of every line of the owner's four verification lists, in order.
#[test]
fn every_line_of_the_owner_has_its_probe() {
    let book = owner("observability");
    let told: Vec<(String, String)> = book
        .procedures
        .iter()
        .flat_map(|procedure| {
            let about = about(procedure.alert_names.first().map_or("", String::as_str));
            procedure
                .verification
                .items
                .iter()
                .map(move |check| (check.text.clone(), probe(check, &about).describe()))
        })
        .collect();
    let cpu = "max_over_time((100 - avg by(instance)(rate(node_cpu_seconds_total{mode=\"idle\",instance=\"10.0.0.25:9100\"}[5m])) * 100)[10m:1m]) < bool 60";
    let load = "node_load5{instance=\"10.0.0.25:9100\"} < bool on(instance) count by(instance)(node_cpu_seconds_total{mode=\"idle\",instance=\"10.0.0.25:9100\"})";
    let place = "{instance=\"10.0.0.25:9100\",mountpoint=\"/var\"}";
    let used = format!(
        "100 - 100 * node_filesystem_avail_bytes{place} / node_filesystem_size_bytes{place} < bool 80"
    );
    let resolved = |name: &str| {
        format!("auto: {name} is neither pending nor firing, and neither silenced nor inhibited")
    };
    let expected = [
        ("Target shows \"UP\" in Prometheus UI", "auto: Prometheus scrapes 10.0.0.25:9100 and it is up".to_owned()),
        ("Metrics visible", "by hand: look there; count({instance=\"10.0.0.25:9100\"}) > 0 says that there is something to show".to_owned()),
        ("Alert resolves", resolved("HostDown")),
        ("Document incident", "by hand: copy the summary of the incident".to_owned()),
        ("CPU utilization", format!("auto: {cpu}")),
        ("System load average", format!("auto: {load}")),
        ("No zombie", "auto: node_processes_state{state=\"Z\",instance=\"10.0.0.25:9100\"} == bool 0".to_owned()),
        ("Services responsive", "by hand: no HTTP probe is configured for this host".to_owned()),
        ("Alert auto-resolves", resolved("HighCPUUsage")),
        ("Disk usage <80%", format!("auto: {used}")),
        ("At least 5GB", format!("auto: node_filesystem_avail_bytes{place} >= bool 5000000000")),
        ("Log rotation", "by hand: read the configuration on the host".to_owned()),
        ("Monitoring confirms space", format!("auto, from 24 h on: deriv(node_filesystem_avail_bytes{place}[86400s]) > bool 0")),
        ("Alert auto-resolves", resolved("DiskSpaceLow")),
        ("Backup completes", "auto: PBS has a backup of 102 from after the alert began".to_owned()),
        ("Backup file size", "auto: the newest backup of 102 has 50 to 200 % of the usual size".to_owned()),
        ("Run verification script", "run: ./verify-pbs-backups.sh".to_owned()),
        ("PBS shows snapshot integrity", "auto: PBS has verified the newest backup of 102".to_owned()),
        ("Alert auto-resolves", resolved("BackupJobFailed")),
    ];
    assert_eq!(told.len(), expected.len());
    for ((text, probe), (line, expected)) in told.iter().zip(&expected) {
        assert!(text.starts_with(line), "{text:?} is not {line:?}");
        assert_eq!(probe, expected, "{text}");
    }
    // Prerequisites are for a person.
    let update = book.procedure("updating-prometheus").expect("a procedure");
    assert_eq!(update.prerequisites.items.len(), 4);
    for check in &update.prerequisites.items {
        assert!(matches!(probe(check, &about("HostDown")), Probe::Manual { .. }), "{}", check.text);
    }
}

#[test]
fn what_the_alert_does_not_say_is_left_to_a_person() {
    let nobody = About { labels: Labels::default(), vmid: None, ..about("HostDown") };
    for text in
        ["Target shows UP", "CPU utilization <60%", "Disk usage <80%", "Backup completes successfully"]
    {
        let check = CheckItem { text: text.to_owned(), ..CheckItem::default() };
        assert!(matches!(probe(&check, &nobody), Probe::Manual { .. }), "{text}");
    }
    // An annotation comes before a phrase.
    let check = CheckItem {
        text: "Target shows UP".to_owned(),
        verify: Some("up{instance=\"{instance}\"} == 1 for 60s".to_owned()),
        ..CheckItem::default()
    };
    let query = format!("up{{instance=\"{INSTANCE}\"}} == 1");
    assert_eq!(probe(&check, &about("HostDown")), Probe::Query { query, hold: 60 });
}

fn id(kind: SourceKind) -> SourceId {
    SourceId::new(kind, "main")
}

/// A field that is heard, with what it says.
struct Field(Store);

impl Field {
    fn heard() -> Self {
        let expect = |kind, feeds: &[Feed]| Expected {
            id: id(kind),
            site: "".into(),
            feeds: feeds.iter().map(|feed| (*feed, 15.0)).collect(),
            tails: Vec::new(),
        };
        let sources = [
            expect(SourceKind::Prometheus, &[Feed::Targets, Feed::Alerts, Feed::Rules]),
            expect(SourceKind::Alertmanager, &[Feed::Alerts]),
            expect(SourceKind::Pbs, &[Feed::Snapshots]),
        ];
        let field = Self(Store::new(sources, Thresholds::default(), RingLimits::default()));
        field.target(TargetHealth::Up, 5).rule(RuleHealth::Ok, 0).raised(&[]).alerts(&[]).backup(10, None)
    }

    fn say(mut self, kind: SourceKind, feed: Feed, said: Observation) -> Self {
        self.0.apply(&id(kind), feed, Ok(vec![said]), 0.0, now());
        self
    }

    fn fails(mut self, kind: SourceKind, feed: Feed) -> Self {
        for at in [1, 2, 3, 4] {
            let failure =
                Failure { kind: FailureKind::Refused, short: "refused".into(), text: "refused".into() };
            self.0.apply(&id(kind), feed, Err(failure), 0.0, now() + TimeDelta::minutes(at));
        }
        self
    }

    fn target(self, health: TargetHealth, age: i64) -> Self {
        let target = Target {
            job: "node".into(),
            instance: INSTANCE.into(),
            pool: "node".into(),
            labels: Labels::default(),
            health,
            error: "connection refused".into(),
            last_scrape: Some(now() - TimeDelta::seconds(age)),
            took: 0.1,
            interval: 15.0,
            timeout: 10.0,
        };
        self.say(SourceKind::Prometheus, Feed::Targets, Observation::Targets([target].into()))
    }

    fn rule(self, health: RuleHealth, evaluated: i64) -> Self {
        let rule = Rule {
            name: "HostDown".into(),
            group: "hosts".into(),
            file: "hosts.yml".into(),
            kind: RuleKind::Alerting,
            query: "up == 0".into(),
            health,
            error: "".into(),
            hold: 120.0,
            labels: Labels::default(),
            last_evaluation: Some(ago(evaluated)),
        };
        self.say(SourceKind::Prometheus, Feed::Rules, Observation::Rules([rule].into()))
    }

    fn raised(self, names: &[&str]) -> Self {
        let raised: Arc<[RaisedAlert]> = names
            .iter()
            .map(|name| RaisedAlert {
                labels: [("alertname", *name), ("instance", INSTANCE)].into_iter().collect(),
                annotations: Labels::default(),
                firing: true,
                active_at: ago(30),
                value: "0".into(),
            })
            .collect();
        self.say(SourceKind::Prometheus, Feed::Alerts, Observation::Raised(raised))
    }

    fn alerts(self, states: &[AlertState]) -> Self {
        let alerts: Arc<[Alert]> = states
            .iter()
            .map(|state| Alert {
                name: "HostDown".into(),
                severity: "critical".into(),
                rank: Severity::Critical,
                state: *state,
                fingerprint: "f".into(),
                exact: None,
                fingerprint_source: FingerprintSource::Alertmanager,
                starts_at: ago(30),
                ends_at: None,
                labels: about("HostDown").labels,
                annotations: Labels::default(),
                silenced_by: Vec::new(),
                inhibited_by: Vec::new(),
                muted_by: Vec::new(),
                acked_by: None,
                receivers: Vec::new(),
                generator_url: None,
                at: None,
            })
            .collect();
        self.say(SourceKind::Alertmanager, Feed::Alerts, Observation::Alerts(alerts))
    }

    fn backup(self, age: i64, verification: Option<Verification>) -> Self {
        self.backups(&[(age, 1, verification)])
    }

    /// Backups by age in minutes, the oldest first, with their size.
    fn backups(self, all: &[(i64, u64, Option<Verification>)]) -> Self {
        let snapshots = all.iter().map(|(age, size, verification)| Snapshot {
            at: ago(*age),
            size: *size,
            verification: *verification,
            protected: false,
            encrypted: false,
        });
        let id =
            GroupId { datastore: "main".into(), namespace: "".into(), kind: "vm".into(), id: "102".into() };
        let group = BackupGroup {
            id,
            guest: "web".into(),
            owner: "root@pam".into(),
            comment: "".into(),
            other_owner: None,
            snapshots: snapshots.collect(),
            unfinished: None,
        };
        let said = Observation::Backups { groups: [group].into(), unreadable: Arc::default() };
        self.say(SourceKind::Pbs, Feed::Snapshots, said)
    }

    fn judge(&self, probe: &Probe, about: &About) -> Outcome {
        judge(probe, about, &self.0, now()).expect("it is known already")
    }
}

#[derive(Debug, PartialEq)]
enum Is {
    Pass,
    Fail,
    Unknown,
}

fn state(outcome: &Outcome) -> (Is, &str) {
    match outcome {
        Outcome::Pass(evidence) => (Is::Pass, evidence),
        Outcome::Fail(evidence) => (Is::Fail, evidence),
        Outcome::Unknown(why) => (Is::Unknown, why),
    }
}

#[test]
fn a_target_is_up_only_when_it_is_seen_up() {
    let probe = Probe::TargetUp { instance: INSTANCE.to_owned() };
    let elsewhere = Probe::TargetUp { instance: "10.0.0.99:9100".to_owned() };
    for (field, probe, is) in [
        (Field::heard(), &probe, Is::Pass),
        (Field::heard().target(TargetHealth::Down, 5), &probe, Is::Fail),
        (Field::heard().target(TargetHealth::Unknown, 5), &probe, Is::Unknown),
        (Field::heard().target(TargetHealth::Up, 31), &probe, Is::Unknown),
        (Field::heard(), &elsewhere, Is::Unknown),
    ] {
        let outcome = field.judge(probe, &about("HostDown"));
        assert_eq!(state(&outcome).0, is, "{outcome:?}");
    }
}

#[test]
fn an_alert_is_resolved_only_when_nothing_hides_it() {
    let probe = Probe::AlertResolved { alertname: "HostDown".to_owned() };
    let gone = |minutes| About { quiet_since: Some(ago(minutes)), ..about("HostDown") };
    for (what, field, about, is) in [
        ("gone and evaluated", Field::heard(), gone(5), Is::Pass),
        ("firing", Field::heard().alerts(&[AlertState::Firing]), gone(5), Is::Fail),
        ("silenced", Field::heard().alerts(&[AlertState::Silenced]), gone(5), Is::Fail),
        ("inhibited", Field::heard().alerts(&[AlertState::Inhibited]), gone(5), Is::Fail),
        ("raised, not yet routed", Field::heard().raised(&["HostDown"]), gone(5), Is::Fail),
        ("just gone", Field::heard(), gone(1), Is::Unknown),
        ("nobody watched", Field::heard(), about("HostDown"), Is::Unknown),
        ("not evaluated since", Field::heard().rule(RuleHealth::Ok, 6), gone(5), Is::Unknown),
        ("a rule that fails", Field::heard().rule(RuleHealth::Err, 0), gone(5), Is::Unknown),
        ("another alert", Field::heard().raised(&["DiskSpaceLow"]), gone(5), Is::Pass),
    ] {
        let outcome = field.judge(&probe, &about);
        assert_eq!(state(&outcome).0, is, "{what}: {outcome:?}");
    }
    let without_a_rule = Probe::AlertResolved { alertname: "Gone".to_owned() };
    let outcome =
        Field::heard().judge(&without_a_rule, &About { quiet_since: Some(ago(5)), ..about("Gone") });
    assert_eq!(state(&outcome).0, Is::Unknown, "{outcome:?}");
}

#[test]
fn what_does_not_answer_is_never_a_pass() {
    let gone = About { quiet_since: Some(ago(5)), ..about("HostDown") };
    for (kind, feed, probe) in [
        (SourceKind::Prometheus, Feed::Targets, Probe::TargetUp { instance: INSTANCE.to_owned() }),
        (SourceKind::Prometheus, Feed::Alerts, Probe::AlertResolved { alertname: "HostDown".to_owned() }),
        (SourceKind::Prometheus, Feed::Rules, Probe::AlertResolved { alertname: "HostDown".to_owned() }),
        (SourceKind::Alertmanager, Feed::Alerts, Probe::AlertResolved { alertname: "HostDown".to_owned() }),
        (SourceKind::Pbs, Feed::Snapshots, Probe::BackupSince { vmid: "102".to_owned() }),
        (SourceKind::Pbs, Feed::Snapshots, Probe::BackupVerified { vmid: "102".to_owned() }),
    ] {
        let field = Field::heard().fails(kind, feed);
        let outcome = judge(&probe, &gone, &field.0, now() + TimeDelta::minutes(4)).expect("an outcome");
        assert_eq!(state(&outcome).0, Is::Unknown, "{kind} {feed:?}: {outcome:?}");
        let nothing = Store::new([], Thresholds::default(), RingLimits::default());
        let outcome = judge(&probe, &gone, &nothing, now()).expect("an outcome");
        assert_eq!(state(&outcome).0, Is::Unknown, "nothing is configured: {outcome:?}");
    }
}

#[test]
fn backups_after_the_alert_and_verified() {
    let since = Probe::BackupSince { vmid: "102".to_owned() };
    let verified = Probe::BackupVerified { vmid: "102".to_owned() };
    let (good, broken) = (Some(Verification::Ok(ago(1))), Some(Verification::Failed(ago(1))));
    for (what, field, probe, is) in [
        ("newer", Field::heard().backup(10, None), &since, Is::Pass),
        ("older", Field::heard().backup(60, None), &since, Is::Fail),
        ("newer but broken", Field::heard().backup(10, broken), &since, Is::Fail),
        ("good", Field::heard().backup(10, good), &verified, Is::Pass),
        ("broken", Field::heard().backup(10, broken), &verified, Is::Fail),
        ("not verified", Field::heard().backup(10, None), &verified, Is::Unknown),
        ("no such guest", Field::heard(), &Probe::BackupSince { vmid: "999".to_owned() }, Is::Unknown),
    ] {
        let outcome = field.judge(probe, &about("BackupJobFailed"));
        assert_eq!(state(&outcome).0, is, "{what}: {outcome:?}");
    }
}

#[test]
fn sizes_against_those_before() {
    let probe = Probe::BackupSize { vmid: "102".to_owned() };
    for (sizes, is) in [
        (vec![90, 110, 100, 100], Is::Pass),
        (vec![100, 100, 49], Is::Fail),
        (vec![100, 201], Is::Fail),
        (vec![100], Is::Unknown),
        (vec![0, 100], Is::Unknown),
        (vec![], Is::Unknown),
    ] {
        let all: Vec<_> =
            sizes.iter().zip((1..).map(|at| 100 - at)).map(|(size, age)| (age, *size, None)).collect();
        let outcome = Field::heard().backups(&all).judge(&probe, &about("BackupJobFailed"));
        assert_eq!(state(&outcome).0, is, "{sizes:?}: {outcome:?}");
    }
}

#[test]
fn answers_and_statuses() {
    let truth = |not_before| Probe::Truth { query: "x".to_owned(), not_before };
    let query = Probe::Query { query: "x".to_owned(), hold: 0 };
    for (probe, samples, is) in [
        (truth(0), vec![1.0, 1.0], Is::Pass),
        (truth(0), vec![1.0, 0.0], Is::Fail),
        (truth(0), vec![f64::NAN], Is::Unknown),
        (truth(0), vec![], Is::Unknown),
        (truth(86_400), vec![1.0], Is::Unknown),
        (truth(60), vec![1.0], Is::Pass),
        (query.clone(), vec![0.0], Is::Pass),
        (query, vec![], Is::Unknown),
        (Probe::Manual { hint: String::new() }, vec![1.0], Is::Unknown),
    ] {
        let outcome = judge_answer(&probe, &about("HostDown"), &samples, now());
        assert_eq!(state(&outcome).0, is, "{probe:?} {samples:?}: {outcome:?}");
    }
    for (status, is) in [(Some(0), Is::Pass), (Some(1), Is::Fail), (None, Is::Unknown)] {
        assert_eq!(state(&judge_exit(status)).0, is);
    }
    for probe in [truth(0), Probe::Command { text: "x".to_owned() }, Probe::Manual { hint: String::new() }] {
        assert_eq!(judge(&probe, &about("HostDown"), &Field::heard().0, now()), None, "it has to be asked");
    }
}
