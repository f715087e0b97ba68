//! What may be broken, and what is said first of it.

use super::*;

pub(super) const SITUATIONS: [Situation; 39] = [
    ("all is well", |_| {}, "the chain is whole"),
    (
        "Prometheus hangs",
        |seen| seen.fail(PROMETHEUS, &ALL_OF_PROMETHEUS, FailureKind::Timeout, 60),
        "broken at exporters > Prometheus: prometheus.main does not answer (targets): timeout",
    ),
    (
        "Prometheus is gone",
        |seen| seen.fail(PROMETHEUS, &ALL_OF_PROMETHEUS, FailureKind::Refused, 60),
        "broken at exporters > Prometheus: prometheus.main does not answer (targets): refused",
    ),
    (
        "Prometheus just missed once",
        |seen| seen.fail(PROMETHEUS, &[Feed::Targets], FailureKind::Timeout, 1),
        "broken at exporters > Prometheus: prometheus.main does not answer (targets): timeout",
    ),
    (
        "Prometheus refuses us",
        |seen| seen.fail(PROMETHEUS, &ALL_OF_PROMETHEUS, FailureKind::Unauthorised, 60),
        "broken at exporters > Prometheus: prometheus.main refuses our credentials (targets): unauthorised",
    ),
    (
        "Prometheus went silent",
        |seen| seen.old.push((PROMETHEUS, Feed::Targets, 120)),
        "broken at exporters > Prometheus: prometheus.main was last heard 2m ago (targets)",
    ),
    (
        "no target at all",
        |seen| seen.targets.clear(),
        "broken at exporters > Prometheus: Prometheus scrapes nothing: it has no target",
    ),
    (
        "every exporter is down",
        |seen| seen.targets.iter_mut().for_each(|target| target.health = TargetHealth::Down),
        "broken at exporters > Prometheus: none of 2 targets answers",
    ),
    (
        "one exporter is down",
        |seen| seen.targets[0].health = TargetHealth::Down,
        "weak at exporters > Prometheus: 1 of 2 targets do not answer",
    ),
    (
        "Prometheus' clock is 5 minutes slow",
        |seen| seen.measure("time", &[("job", "x", 1_794_999_700.0)]),
        "weak at exporters > Prometheus: Prometheus' clock is 4m from ours",
    ),
    (
        "a host's clock is 5 minutes ahead",
        |seen| seen.measure("clock", &[("host", "nas", 300.0), ("host", "web", 0.1)]),
        "weak at exporters > Prometheus: the clock of nas is 5m from Prometheus'",
    ),
    (
        "a reload of Prometheus failed",
        |seen| seen.measure("reload", &[("job", "prometheus", 0.0)]),
        "weak at exporters > Prometheus: the last reload of Prometheus' config failed: it goes on with the old one",
    ),
    (
        "the rules are not told",
        |seen| seen.fail(PROMETHEUS, &[Feed::Rules], FailureKind::Http, 60),
        "broken at Prometheus > rules: prometheus.main does not answer (rules): http",
    ),
    (
        "there is no rule",
        |seen| seen.rules.clear(),
        "weak at Prometheus > rules: Prometheus has no alerting rule: nothing can fire; if vmalert or a ruler has \
         them, add it as a source",
    ),
    (
        "a rule cannot be evaluated",
        |seen| {
            seen.rules[1].health = RuleHealth::Err;
            seen.rules[1].error = "many-to-many".into();
        },
        "weak at Prometheus > rules: rule HostDown cannot be evaluated: many-to-many",
    ),
    (
        "what a broken rule once raised is not awaited",
        |seen| {
            seen.rules[2].health = RuleHealth::Err;
            seen.rules[2].error = "limit".into();
            seen.alerts.retain(|alert| &*alert.name == "Watchdog");
        },
        "weak at Prometheus > rules: rule Full cannot be evaluated: limit",
    ),
    (
        "a rule is blind",
        |seen| seen.rules.push(rule("BackupJobFailed", "proxmox_backup_job_last_status != 0")),
        "weak at Prometheus > rules: rule BackupJobFailed is blind: nothing exports \
         proxmox_backup_job_last_status for 7 days",
    ),
    (
        "one side of an or is enough",
        |seen| seen.rules.push(rule("Either", "disk > 5 or nothing > 5")),
        "the chain is whole",
    ),
    (
        "a rule that looks for what is absent is not blind",
        |seen| seen.rules.push(rule("Gone", "absent(nothing)")),
        "the chain is whole",
    ),
    (
        "the rules are late",
        |seen| seen.measure("rule-lag", &[("rule_group", "homelab", 9.0)]),
        "broken at Prometheus > rules: homelab was not evaluated for 9 of its intervals",
    ),
    (
        "Prometheus knows no Alertmanager",
        |seen| {
            seen.measure("alertmanagers", &[("job", "prometheus", 0.0)]);
            seen.alerts.clear();
        },
        "broken at rules > Alertmanager: Prometheus knows no Alertmanager to send to",
    ),
    (
        "Prometheus reaches none of them",
        |seen| seen.measure("send-errors", &[("alertmanager", "a", 0.1), ("alertmanager", "b", 0.1)]),
        "broken at rules > Alertmanager: Prometheus cannot hand alerts to 2 of 2 Alertmanagers",
    ),
    (
        "Prometheus reaches one of them",
        |seen| seen.measure("send-errors", &[("alertmanager", "a", 0.1), ("alertmanager", "b", 0.0)]),
        "weak at rules > Alertmanager: Prometheus cannot hand alerts to 1 of 2 Alertmanagers",
    ),
    (
        "Prometheus throws alerts away",
        |seen| seen.measure("dropped", &[("job", "prometheus", 0.4)]),
        "broken at rules > Alertmanager: Prometheus throws alerts away unsent",
    ),
    (
        "its queue fills",
        |seen| seen.measure("queue", &[("job", "prometheus", 0.8)]),
        "weak at rules > Alertmanager: Prometheus' queue of alerts is 80 % full",
    ),
    (
        "the Watchdog does not arrive",
        |seen| seen.alerts.retain(|alert| &*alert.name != "Watchdog"),
        "broken at rules > Alertmanager: Watchdog fires and does not arrive at Alertmanager",
    ),
    (
        "one alert does not arrive",
        |seen| seen.alerts.retain(|alert| &*alert.name == "Watchdog"),
        "broken at rules > Alertmanager: Full fires and Alertmanager does not have it",
    ),
    (
        "what has just begun to fire may be under way",
        |seen| {
            seen.alerts.retain(|alert| &*alert.name == "Watchdog");
            seen.raised[1].active_at = now() - TimeDelta::seconds(20);
        },
        "the chain is whole",
    ),
    (
        "Alertmanager is gone",
        |seen| seen.fail(ROUTER, &[Feed::Alerts, Feed::Silences], FailureKind::Refused, 60),
        "broken at Alertmanager > its peers: alertmanager.main does not answer (alerts): refused",
    ),
    (
        "a peer is gone",
        |seen| seen.peers[1].failure = Some("connection refused".into()),
        "weak at Alertmanager > http://b:9093: http://b:9093 does not answer: connection refused",
    ),
    (
        "a peer is still settling",
        |seen| seen.peers[0].cluster = "settling".into(),
        "weak at Alertmanager > http://a:9093: http://a:9093 is still settling into its cluster",
    ),
    (
        "the peers do not see each other",
        |seen| seen.measure("members", &[("instance", "a", 1.0), ("instance", "b", 1.0)]),
        "weak at Alertmanager > its peers: an Alertmanager does not see its peers: silences and notifications are not shared",
    ),
    (
        "the peers disagree",
        |seen| seen.splits.push(Split { fingerprint: "f".into(), lacking: Vec::new(), loud: Vec::new() }),
        "weak at Alertmanager > its peers: the peers disagree on 1 alerts",
    ),
    (
        "a reload of Alertmanager failed",
        |seen| seen.measure("reload", &[("job", "alertmanager", 0.0)]),
        "weak at Alertmanager > its peers: the last reload of Alertmanager's config failed: it goes on with the old one",
    ),
    (
        "a receiver takes nothing",
        |seen| seen.measure("notify-failed", &[("integration", "slack", 0.1)]),
        "broken at Alertmanager > receivers: 100 % of the notifications by slack fail",
    ),
    (
        "a receiver fails now and then",
        |seen| seen.measure("notify-failed", &[("integration", "email", 0.02)]),
        "weak at Alertmanager > receivers: 20 % of the notifications by email fail",
    ),
    (
        "Loki is not ready",
        |seen| seen.fail(LOKI, &[Feed::Ready], FailureKind::Busy, 60),
        "weak at log agents > Loki: loki.main does not answer (ready): busy",
    ),
    (
        "no line comes in",
        |seen| seen.measure("log-lines", &[("instance", "loki", 0.0)]),
        "weak at log agents > Loki: no line comes in",
    ),
    (
        "a datastore is offline",
        |seen| seen.datastores[0].error = Some("no such device".into()),
        "broken at backups > PBS: datastore main is offline: no such device",
    ),
];
