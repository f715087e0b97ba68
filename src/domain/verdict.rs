//! The verdict: one sentence and one state for everything that is known. The screen, `check` and
//! `status` all say the same because they all ask here.

use chrono::{DateTime, TimeDelta, Utc};

use super::alert::{Alert, AlertState, Severity};
use super::backup::{Assessment, BackupState, assess};
use super::correlate;
use super::feed::{Feed, FeedState, SourceKind};
use super::health::{Health, worst};
use super::rule::{RuleHealth, RuleKind};
use super::store::{SourceState, Store};
use super::subject::Subject;
use super::target::{Target, TargetHealth};
use crate::text;

/// A measured condition, as the verdict table knows them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Condition {
    /// An alert that Prometheus or Alertmanager holds true.
    Alert(Severity, AlertState),
    /// An alert that vanished while its Prometheus was not heard.
    Vanished,
    /// The alert that must always fire does not arrive.
    WatchdogMissing,
    /// A source does not answer, for so many of its intervals.
    SourceDown {
        /// Which kind of server.
        kind: SourceKind,
        /// For how many intervals.
        intervals: f64,
    },
    /// A source refuses our credentials.
    Unauthorised,
    /// What feeds a rule of this table is not fresh.
    NotFresh,
    /// A rule that cannot be evaluated.
    RuleBroken,
    /// A scrape target.
    Target {
        /// What the last scrape came to.
        health: TargetHealth,
        /// It is up, but brought no sample.
        hollow: bool,
        /// An alert already speaks of it.
        covered: bool,
        /// It is so for at least two scrapes.
        settled: bool,
    },
    /// A guest's backup.
    Backup {
        /// The state of the backup.
        state: BackupState,
        /// How bad the assessment found it.
        health: Health,
    },
    /// Backups that the token may not read.
    Unreadable,
    /// A datastore's fill or absence.
    Datastore(Health),
}

/// After how many intervals without an answer a watcher counts as lost.
const LOST_AFTER: f64 = 3.0;

/// The verdict table: what state a condition is; `None` when it is listed but changes nothing.
pub fn weigh(condition: Condition) -> Option<Health> {
    use Health::{Critical, Ok, Unknown, Warning};
    match condition {
        Condition::Alert(_, AlertState::Silenced | AlertState::Inhibited | AlertState::Pending) => None,
        Condition::Alert(Severity::Critical, AlertState::Firing) | Condition::WatchdogMissing => {
            Some(Critical)
        }
        Condition::Alert(Severity::Critical, AlertState::Acknowledged)
        | Condition::Alert(Severity::Warning, AlertState::Firing) => Some(Warning),
        Condition::Alert(Severity::Warning, AlertState::Acknowledged)
        | Condition::Alert(Severity::Info, _) => None,
        Condition::Vanished | Condition::NotFresh | Condition::Unreadable => Some(Unknown),
        Condition::SourceDown { kind, intervals } if kind.watches() => {
            Some(if intervals > LOST_AFTER { Critical } else { Unknown })
        }
        Condition::SourceDown { .. } | Condition::Unauthorised | Condition::RuleBroken => Some(Warning),
        Condition::Target { covered: true, .. } | Condition::Target { settled: false, .. } => None,
        Condition::Target { health: TargetHealth::Up, hollow: false, .. } => None,
        Condition::Target { health: TargetHealth::Unknown, .. } => Some(Unknown),
        Condition::Target { .. } => Some(Warning),
        Condition::Backup { state: BackupState::Unknown, .. } => Some(Unknown),
        Condition::Backup { state: BackupState::Ambiguous, .. } => Some(Warning),
        Condition::Backup { health, .. } | Condition::Datastore(health) => {
            Some(health).filter(|health| *health != Ok)
        }
    }
}

/// Something that the verdict found, in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// How bad; `None` is listed, and changes nothing.
    pub health: Option<Health>,
    /// What, in a few words.
    pub text: String,
    /// What one would open to see more.
    pub subject: Option<Subject>,
}

/// How many of each there are: the second half of the verdict's sentence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Alerts that count as critical.
    pub critical: usize,
    /// Alerts that count as a warning: acknowledged critical ones are among them.
    pub warning: usize,
    /// Silenced and inhibited alerts.
    pub hidden: usize,
    /// Targets that are up with something behind it.
    pub targets_up: usize,
    /// All targets that were heard of lately.
    pub targets: usize,
    /// Backups that are fine, exempt ones left out.
    pub backups_ok: usize,
    /// All backups that somebody expects and that were heard of lately.
    pub backups: usize,
}

/// The verdict.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// The worst state of all.
    pub state: Health,
    /// One sentence.
    pub text: String,
    /// Everything that is not ok, the worst first.
    pub findings: Vec<Finding>,
    /// The counts.
    pub counts: Counts,
}

/// How many reasons are told; a storm has thousands.
const REASONS: usize = 50;

impl Verdict {
    /// What was found, in words, the worst first; the rest of a storm is only counted.
    pub fn reasons(&self) -> Vec<String> {
        let bad = self.findings.iter().filter(|finding| finding.health.is_some());
        let mut told: Vec<String> = bad.clone().take(REASONS).map(|finding| finding.text.clone()).collect();
        let left = bad.count().saturating_sub(REASONS);
        if left > 0 {
            told.push(format!("and {left} more"));
        }
        told
    }
}

/// Which parts of what is known a verdict may rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Alerts, rules and silences.
    pub alerts: bool,
    /// Targets.
    pub targets: bool,
    /// Logs.
    pub logs: bool,
    /// Backups and datastores.
    pub backups: bool,
}

impl Scope {
    /// All of it.
    pub const ALL: Self = Self { alerts: true, targets: true, logs: true, backups: true };

    /// Whether a feed of a kind of source is asked for.
    pub const fn covers(self, kind: SourceKind, feed: Feed) -> bool {
        match (kind, feed) {
            (SourceKind::Prometheus, Feed::Targets | Feed::Scrapes) => self.targets,
            (SourceKind::Prometheus | SourceKind::Alertmanager, _) => self.alerts,
            (SourceKind::Loki, _) => self.logs,
            (SourceKind::Pbs, _) => self.backups,
        }
    }
}

/// Judges everything that is known.
pub fn judge(store: &Store, scope: Scope, now: DateTime<Utc>) -> Verdict {
    let mut findings = Vec::new();
    let mut counts = Counts::default();
    if scope.alerts {
        alerts(store, now, &mut findings, &mut counts);
        rules(store, now, &mut findings);
    }
    if scope.targets {
        targets(store, now, &mut findings, &mut counts);
    }
    if scope.backups {
        backups(store, now, &mut findings, &mut counts);
    }
    sources(store, scope, now, &mut findings);
    // Stable: within a state the order above is the order of importance.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.health));
    let found = worst(findings.iter().filter_map(|finding| finding.health));
    // Nothing was measured: that is not well.
    let state = if store.sources.is_empty() { Health::Unknown } else { found };
    let text = sentence(state, &findings, counts, store, scope);
    Verdict { state, text, findings, counts }
}

fn sentence(state: Health, findings: &[Finding], counts: Counts, store: &Store, scope: Scope) -> String {
    let mut parts = Vec::new();
    match findings.iter().find(|finding| finding.health == Some(state)) {
        Some(worst) if state != Health::Ok => parts.push(worst.text.clone()),
        _ if store.sources.is_empty() => parts.push("no source is configured".to_owned()),
        _ => parts.push("all is well".to_owned()),
    }
    let plural = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    if counts.critical > 1 {
        parts.push(format!("{} critical", counts.critical));
    }
    if counts.warning > 0 {
        parts.push(plural(counts.warning, "warning"));
    }
    if scope.backups && counts.backups > 0 {
        parts.push(format!("backups {} of {}", counts.backups_ok, counts.backups));
    }
    if scope.targets && counts.targets > 0 {
        parts.push(format!("targets {} of {}", counts.targets_up, counts.targets));
    }
    if counts.hidden > 0 {
        parts.push(format!("{} hidden", counts.hidden));
    }
    parts.join(" · ")
}

fn alerts(store: &Store, now: DateTime<Utc>, findings: &mut Vec<Finding>, counts: &mut Counts) {
    for listed in &**store.alerts() {
        let alert = &listed.alert;
        let health = weigh(Condition::Alert(alert.rank, alert.state));
        counts.hidden += usize::from(alert.state.is_hidden());
        counts.critical += usize::from(health == Some(Health::Critical));
        counts.warning += usize::from(health == Some(Health::Warning));
        findings.push(Finding {
            health,
            text: if health.is_some() { alert_text(alert, store, now) } else { String::new() },
            subject: Some(Subject::Alert {
                source: listed.source.clone(),
                fingerprint: alert.fingerprint.clone(),
            }),
        });
    }
    for ghost in &store.vanished {
        findings.push(Finding {
            health: weigh(Condition::Vanished),
            text: format!(
                "{} {} unknown since {}: vanished while Prometheus was not heard",
                ghost.alert.name,
                ghost.alert.subject(),
                text::age(now - ghost.since)
            ),
            subject: Some(Subject::Alert {
                source: ghost.source.clone(),
                fingerprint: ghost.alert.fingerprint.clone(),
            }),
        });
    }
    if watchdog_missing(store, now) {
        findings.push(Finding {
            health: weigh(Condition::WatchdogMissing),
            text: format!("{} is missing: alerts do not reach Alertmanager", store.thresholds.watchdog),
            subject: None,
        });
    }
}

/// When somebody must have responded to an alert.
pub fn response_due(alert: &Alert, store: &Store) -> Option<DateTime<Utc>> {
    store.thresholds.response.get(&alert.rank).map(|span| alert.starts_at + *span)
}

fn alert_text(alert: &Alert, store: &Store, now: DateTime<Utc>) -> String {
    let mut text = format!("{} {} {}", alert.name, alert.subject(), text::age(now - alert.starts_at));
    if let Some(ack) = &alert.acked_by {
        text.push_str(", acknowledged by ");
        text.push_str(&ack.who);
    } else if let Some(due) = response_due(alert, store).filter(|due| *due < now) {
        text.push_str(", response overdue ");
        text.push_str(&text::age(now - due));
    }
    text
}

/// A restart of Prometheus or Alertmanager empties the list for up to a minute.
const WATCHDOG_GRACE: TimeDelta = TimeDelta::seconds(90);

/// The Watchdog is missing when Prometheus, which is heard, has a rule for it, and yet it does not
/// arrive where alerts should.
fn watchdog_missing(store: &Store, now: DateTime<Utc>) -> bool {
    let name = &*store.thresholds.watchdog;
    if name.is_empty() {
        return false;
    }
    store.of(SourceKind::Prometheus).any(|source| {
        let has_rule = source.is_fresh(Feed::Rules, now)
            && source.data.rules.iter().any(|rule| rule.kind == RuleKind::Alerting && &*rule.name == name);
        if !has_rule || !source.is_fresh(Feed::Alerts, now) {
            return false;
        }
        let raised = source.data.raised.iter().find(|raised| raised.labels.get("alertname") == Some(name));
        let Some(raised) = raised else { return true };
        if now - raised.active_at < WATCHDOG_GRACE {
            return false;
        }
        let mut routers =
            store.of(SourceKind::Alertmanager).filter(|router| router.is_fresh(Feed::Alerts, now)).peekable();
        routers.peek().is_some()
            && !routers.any(|router| router.data.alerts.iter().any(|alert| &*alert.name == name))
    })
}

fn rules(store: &Store, now: DateTime<Utc>, findings: &mut Vec<Finding>) {
    for source in store.of(SourceKind::Prometheus).filter(|source| source.is_fresh(Feed::Rules, now)) {
        for rule in source.data.rules.iter().filter(|rule| rule.health == RuleHealth::Err) {
            findings.push(Finding {
                health: weigh(Condition::RuleBroken),
                text: format!("rule {} cannot be evaluated: its alert is blind", rule.name),
                subject: Some(Subject::Rule {
                    source: source.id.clone(),
                    group: (rule.file.clone(), rule.group.clone()),
                    name: rule.name.clone(),
                }),
            });
        }
    }
}

fn targets(store: &Store, now: DateTime<Utc>, findings: &mut Vec<Finding>, counts: &mut Counts) {
    for source in store.of(SourceKind::Prometheus) {
        let fresh = source.is_fresh(Feed::Targets, now);
        counts.targets += if fresh { source.data.targets.len() } else { 0 };
        for target in &*source.data.targets {
            let condition = target_condition(store, source, target, now);
            let good = matches!(condition, Condition::Target { health: TargetHealth::Up, hollow: false, .. });
            if good {
                counts.targets_up += usize::from(fresh);
                continue;
            }
            if !fresh {
                continue;
            }
            let what = match target.health {
                TargetHealth::Up => "is up, but brings no sample",
                TargetHealth::Down => "is down",
                TargetHealth::Unknown => "was never scraped",
            };
            findings.push(Finding {
                health: weigh(condition),
                text: format!("target {} {} {what}", target.job, target.instance),
                subject: Some(Subject::Target {
                    source: source.id.clone(),
                    pool: target.pool.clone(),
                    instance: target.instance.clone(),
                }),
            });
        }
    }
}

/// The condition that a target is in.
pub fn target_condition(
    store: &Store,
    source: &SourceState,
    target: &Target,
    now: DateTime<Utc>,
) -> Condition {
    let scrape = source.data.scrape(target);
    let hollow = target.health == TargetHealth::Up && scrape.is_some_and(|scrape| scrape.hollow);
    let twice = TimeDelta::milliseconds((target.interval * 2000.0) as i64);
    let settled = match target.health {
        TargetHealth::Up => true,
        // Service discovery publishes a target before its first scrape.
        TargetHealth::Unknown => target.last_scrape.is_some() || source.is_fresh(Feed::Scrapes, now),
        TargetHealth::Down => {
            scrape.and_then(|scrape| scrape.last_success).is_none_or(|success| now - success > twice)
        }
    };
    let covered = target.health == TargetHealth::Down
        && store.alerts().iter().any(|listed| correlate::covers(&listed.alert, target));
    Condition::Target { health: target.health, hollow, covered, settled }
}

/// A backup group with its judgement, and where it is kept.
#[derive(Clone, Debug)]
pub struct JudgedBackup<'a> {
    /// The server that holds it.
    pub source: &'a SourceState,
    /// The group.
    pub group: &'a super::backup::BackupGroup,
    /// The judgement.
    pub assessment: Assessment,
    /// The oldest that its newest backup may be.
    pub rpo: TimeDelta,
}

/// Every backup group judged, the worst first, then by kind and id.
pub fn judged_backups(store: &Store, now: DateTime<Utc>) -> Vec<JudgedBackup<'_>> {
    let mut all: Vec<JudgedBackup<'_>> = Vec::new();
    for source in store.of(SourceKind::Pbs) {
        let fresh = source.is_fresh(Feed::Snapshots, now);
        for group in &*source.data.groups {
            let expect = store.thresholds.expect(group);
            let (last_run, running) = correlate::runs(group, &source.data);
            let assessment = if fresh {
                assess(group, expect, last_run.as_ref(), running, now)
            } else {
                Assessment {
                    state: BackupState::Unknown,
                    health: Health::Unknown,
                    reason: "the backup server was not heard".to_owned(),
                }
            };
            all.push(JudgedBackup { source, group, assessment, rpo: expect.rpo });
        }
    }
    all.sort_by(|one, other| {
        (other.assessment.health, other.assessment.state, &one.group.id).cmp(&(
            one.assessment.health,
            one.assessment.state,
            &other.group.id,
        ))
    });
    all
}

fn backups(store: &Store, now: DateTime<Utc>, findings: &mut Vec<Finding>, counts: &mut Counts) {
    for judged in judged_backups(store, now) {
        let Assessment { state, health, reason } = &judged.assessment;
        if *state == BackupState::Exempt {
            continue;
        }
        if judged.source.is_fresh(Feed::Snapshots, now) {
            counts.backups += 1;
        }
        counts.backups_ok += usize::from(*health == Health::Ok);
        findings.push(Finding {
            health: weigh(Condition::Backup { state: *state, health: *health }),
            text: format!("backup {} {} {state}: {reason}", judged.group.id, judged.group.guest),
            subject: Some(Subject::Backup {
                source: judged.source.id.clone(),
                group: judged.group.id.clone(),
            }),
        });
    }
    for source in store.of(SourceKind::Pbs) {
        for denied in source.data.unreadable.iter() {
            findings.push(Finding {
                health: weigh(Condition::Unreadable),
                text: format!("datastore {} is not readable: {}", denied.datastore, denied.reason),
                subject: Some(Subject::Datastore {
                    source: source.id.clone(),
                    name: denied.datastore.clone(),
                }),
            });
        }
        if !source.is_fresh(Feed::Datastores, now) {
            continue;
        }
        for datastore in &*source.data.datastores {
            let health = datastore.health(&store.thresholds.fill, now);
            let text = match (&datastore.error, datastore.share()) {
                (Some(error), _) => format!("datastore {} is offline: {error}", datastore.name),
                (None, Some(share)) => format!("datastore {} is {:.0} % full", datastore.name, share * 100.0),
                (None, None) => format!("datastore {} does not say how full it is", datastore.name),
            };
            findings.push(Finding {
                health: weigh(Condition::Datastore(health)),
                text,
                subject: Some(Subject::Datastore { source: source.id.clone(), name: datastore.name.clone() }),
            });
        }
    }
}

fn sources(store: &Store, scope: Scope, now: DateTime<Utc>, findings: &mut Vec<Finding>) {
    for source in &store.sources {
        let feeds = source.feeds.iter().filter(|(feed, _)| scope.covers(source.id.kind, **feed));
        let Some((feed, freshness)) = feeds.max_by_key(|(_, freshness)| freshness.state(now)) else {
            continue;
        };
        let state = freshness.state(now);
        let (short, since) =
            source.failure(now).map_or(("", None), |(failure, since)| (&*failure.short, Some(since)));
        let condition = match state {
            FeedState::Fresh => continue,
            FeedState::Unauthorised => Condition::Unauthorised,
            FeedState::Down => Condition::SourceDown {
                kind: source.id.kind,
                intervals: since
                    .map_or(0.0, |since| super::feed::seconds(now - since) / freshness.interval.max(1.0)),
            },
            FeedState::Pending | FeedState::Stale => Condition::NotFresh,
        };
        let name = &source.id;
        let subject = Some(Subject::Source(source.id.clone()));
        let text = match state {
            FeedState::Down => {
                format!("{name} is down for {}: {short}", text::age(now - since.unwrap_or(now)))
            }
            FeedState::Unauthorised => format!("{name} refuses our credentials: {short}"),
            FeedState::Stale => format!("{name} was last heard {} ago", text::age_of(freshness.age(now))),
            _ => format!("{name} has not answered yet ({feed})"),
        };
        let feeds_a_rule = source.id.kind != SourceKind::Loki;
        let mut health = weigh(condition);
        if feeds_a_rule {
            health = health.max(weigh(Condition::NotFresh));
        } else if condition == Condition::NotFresh {
            health = None;
        }
        findings.push(Finding { health, text, subject });
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
