//! The ways in which a chain breaks, each with what is to be said of it.

use chrono::Utc;
use serde_json::{Value, json};

use super::doors::{At, Fault};
use Fault::{Edit, Gone, Hangs, Measure, Query, Says, Status};

/// A lab that is broken in some way, and how the words for its first broken link begin.
#[derive(Debug)]
pub struct Situation {
    pub name: &'static str,
    pub faults: &'static [Fault],
    pub expected: &'static str,
}

const fn when(name: &'static str, faults: &'static [Fault], expected: &'static str) -> Situation {
    Situation { name, faults, expected }
}

/// The rows of an answer of Prometheus' API for queries.
fn rows(said: &mut Value) -> impl Iterator<Item = &mut Value> {
    said["data"]["result"].as_array_mut().into_iter().flatten()
}

fn targets(said: &mut Value) -> impl Iterator<Item = &mut Value> {
    said["data"]["activeTargets"].as_array_mut().into_iter().flatten()
}

/// The rules of all groups.
fn rules(said: &mut Value) -> impl Iterator<Item = &mut Value> {
    let groups = said["data"]["groups"].as_array_mut().into_iter().flatten();
    groups.flat_map(|group| group["rules"].as_array_mut().into_iter().flatten())
}

/// Takes the alerts away of which `gone` is true.
fn take(said: &mut Value, gone: impl Fn(&str) -> bool) {
    let name = |alert: &Value| alert["labels"]["alertname"].as_str().unwrap_or_default().to_owned();
    if let Some(alerts) = said.as_array_mut() {
        alerts.retain(|alert| !gone(&name(alert)));
    }
}

/// A reload that failed, of the jobs of this name.
fn reload(said: &mut Value, job: &str) {
    for row in rows(said).filter(|row| row["metric"]["job"] == job) {
        row["value"][1] = "0".into();
    }
}

fn without_watchdog(said: &mut Value) {
    take(said, |name| name == "Watchdog");
}

fn without_others(said: &mut Value) {
    take(said, |name| name != "Watchdog");
}

const API: &str = "/api/v1/";
const PROMETHEUS: &str = "broken exporters > Prometheus: prometheus.home";
const SENDING: &str = "broken rules > Alertmanager: ";

#[rustfmt::skip]
pub const SITUATIONS: [Situation; 43] = [
    when("nothing", &[], "whole"),
    // The exporters and Prometheus.
    when("Prometheus is gone", &[Gone(At::Prometheus)], "broken exporters > Prometheus: prometheus.home does not answer (targets): connection refused"),
    when("Prometheus hangs", &[Hangs(At::Prometheus)], "broken exporters > Prometheus: prometheus.home does not answer (targets): timed out after 1 s"),
    when("Prometheus refuses us", &[Status(At::Prometheus, API, 401)], "broken exporters > Prometheus: prometheus.home refuses our credentials"),
    when("something else sits in its place", &[Says(At::Prometheus, API, "<html>welcome</html>")], PROMETHEUS),
    when("its targets are not told", &[Status(At::Prometheus, "/targets", 500)], "broken exporters > Prometheus: prometheus.home does not answer (targets)"),
    when("it answers no query", &[Status(At::Prometheus, "/query", 503)], "broken exporters > Prometheus: prometheus.home does not answer (measures)"),
    when("no target", &[Edit(At::Prometheus, "/targets", |said| said["data"]["activeTargets"] = json!([]))], "broken exporters > Prometheus: Prometheus scrapes nothing"),
    when("every target is down", &[Edit(At::Prometheus, "/targets", |said| targets(said).for_each(|target| target["health"] = "down".into()))], "broken exporters > Prometheus: none of 16 targets answers"),
    when("a target is down", &[Edit(At::Prometheus, "/targets", |said| targets(said).take(1).for_each(|target| target["health"] = "down".into()))], "weak exporters > Prometheus: 1 of 16 targets do not answer"),
    when("Prometheus' clock is 5 minutes slow", &[Query("time()", |said| if said["data"]["resultType"] == "scalar" { said["data"]["result"][1] = (Utc::now().timestamp() - 300).to_string().into() })], "weak exporters > Prometheus: Prometheus' clock is "),
    when("a host's clock is 5 minutes ahead", &[Query("node_time_seconds-timestamp", |said| rows(said).take(1).for_each(|row| row["value"][1] = "300".into()))], "weak exporters > Prometheus: the clock of "),
    when("a reload of Prometheus failed", &[Query("prometheus_config_last_reload", |said| reload(said, "prometheus"))], "weak exporters > Prometheus: the last reload of Prometheus' config failed"),
    // The rules.
    when("the rules are not told", &[Status(At::Prometheus, "/rules", 500)], "broken Prometheus > rules: prometheus.home does not answer (rules)"),
    when("there is no rule", &[Edit(At::Prometheus, "/rules", |said| said["data"]["groups"] = json!([]))], "weak Prometheus > rules: Prometheus has no alerting rule"),
    when("a rule cannot be evaluated", &[Edit(At::Prometheus, "/rules", |said| rules(said).filter(|rule| rule["name"] == "HighIOWait").for_each(|rule| { rule["health"] = "err".into(); rule["lastError"] = "many-to-many matching".into(); }))], "weak Prometheus > rules: rule HighIOWait cannot be evaluated: many-to-many matching"),
    when("a rule is blind", &[Edit(At::Prometheus, "/rules", |said| rules(said).filter(|rule| rule["name"] == "HighIOWait").for_each(|rule| rule["query"] = "nobody_exports_this > 1".into()))], "weak Prometheus > rules: rule HighIOWait is blind: nothing exports nobody_exports_this"),
    when("the rules are late", &[Measure("prometheus_rule_group_last_evaluation", 9.0)], "broken Prometheus > rules: "),
    // Handing over.
    when("Prometheus knows no Alertmanager", &[Measure("prometheus_notifications_alertmanagers_discovered", 0.0)], "broken rules > Alertmanager: Prometheus knows no Alertmanager"),
    when("Prometheus reaches none of them", &[Measure("prometheus_notifications_errors_total", 0.1)], "broken rules > Alertmanager: Prometheus cannot hand alerts to 2 of 2"),
    when("Prometheus reaches one of them", &[Query("prometheus_notifications_errors_total", |said| rows(said).take(1).for_each(|row| row["value"][1] = "0.1".into()))], "weak rules > Alertmanager: Prometheus cannot hand alerts to 1 of 2"),
    when("Prometheus throws alerts away", &[Measure("prometheus_notifications_dropped_total", 0.4)], "broken rules > Alertmanager: Prometheus throws alerts away unsent"),
    when("its queue fills", &[Measure("prometheus_notifications_queue_length", 0.8)], "weak rules > Alertmanager: Prometheus' queue of alerts is 80 % full"),
    when("the Watchdog does not arrive", &[Edit(At::First, "/alerts", without_watchdog), Edit(At::Second, "/alerts", without_watchdog)], "broken rules > Alertmanager: Watchdog fires and does not arrive"),
    when("an alert does not arrive", &[Edit(At::First, "/alerts", without_others), Edit(At::Second, "/alerts", without_others)], SENDING),
    when("what fires is not told", &[Status(At::Prometheus, "/api/v1/alerts", 500)], "broken rules > Alertmanager: prometheus.home does not answer (alerts)"),
    // Alertmanager.
    when("both Alertmanagers are gone", &[Gone(At::First), Gone(At::Second)], "broken Alertmanager > its peers: alertmanager.home does not answer (alerts): connection refused"),
    when("Alertmanager refuses us", &[Status(At::First, "/api/v2/", 401), Status(At::Second, "/api/v2/", 401)], "broken Alertmanager > its peers: alertmanager.home refuses our credentials"),
    when("a peer is gone", &[Gone(At::Second)], "weak Alertmanager > a peer: http://127.0.0.1:"),
    when("a peer is still settling", &[Edit(At::First, "/status", |said| said["cluster"]["status"] = "settling".into())], "weak Alertmanager > a peer: http://127.0.0.1:"),
    when("the peers do not see each other", &[Measure("alertmanager_cluster_members", 1.0)], "weak Alertmanager > its peers: an Alertmanager does not see its peers"),
    when("the peers disagree", &[Edit(At::Second, "/alerts", without_others)], "weak Alertmanager > its peers: the peers disagree on "),
    when("its silences are not told", &[Status(At::First, "/silences", 500), Status(At::Second, "/silences", 500)], "broken Alertmanager > its peers: alertmanager.home does not answer (silences)"),
    when("a reload of Alertmanager failed", &[Query("alertmanager_config_last_reload", |said| reload(said, "alertmanager"))], "weak Alertmanager > its peers: the last reload of Alertmanager's config failed"),
    // The receivers.
    when("a receiver takes nothing", &[Measure("alertmanager_notifications_failed_total", 0.2)], "broken Alertmanager > receivers: 100 % of the notifications by "),
    when("a receiver fails now and then", &[Query("alertmanager_notifications_failed_total", |said| rows(said).filter(|row| row["metric"]["integration"] == "webhook").for_each(|row| row["value"][1] = "0.006".into()))], "weak Alertmanager > receivers: 20 % of the notifications by webhook fail"),
    // Beside it: logs, backups, certificates.
    when("Loki is not ready", &[Status(At::Loki, "/ready", 503)], "weak log agents > Loki: loki.home is not ready: "),
    when("Loki is gone", &[Gone(At::Loki)], "weak log agents > Loki: loki.home does not answer (ready): connection refused"),
    when("no line comes in", &[Measure("loki_distributor_lines_received_total", 0.0)], "weak log agents > Loki: no line comes in"),
    when("the backup server is gone", &[Gone(At::Pbs)], "weak backups > PBS: pbs.home does not answer"),
    when("the backup server refuses us", &[Status(At::Pbs, "/", 401)], "weak backups > PBS: pbs.home refuses our credentials"),
    when("a certificate ends in two days", &[Measure("probe_ssl_earliest_cert_expiry", 172_800.0)], "broken services > certificates: the certificate of "),
    // Several at once: what comes first on the way is named.
    when("much is broken at once", &[Status(At::Prometheus, "/rules", 500), Gone(At::Second), Status(At::Loki, "/ready", 503), Measure("alertmanager_notifications_failed_total", 0.2)], "broken Prometheus > rules: "),
];
