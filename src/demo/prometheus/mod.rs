//! Prometheus: targets, rules, alerts and a few metrics. The shapes are those of 2.42.

mod measured;
mod past;
mod query;
mod wire;

use std::sync::Arc;

use axum::http::header::{ALLOW, LOCATION};
use axum::http::{Method, StatusCode};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::Serialize;

use super::script::Script;
use super::script::alerts::{EXTERNAL, Raised};
use super::script::hosts::{Reach, Target};
use super::script::mix;
use super::script::rules::{self, RULES};
use super::serve::{Answer, Api, Ask};
use wire::{ActiveTarget, Alert, Done, Failed, Group, Recording, Rule, Rules, Runtime};

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// Seconds between two scrapes, and between two evaluations of a rule.
const INTERVAL: i64 = 15;

/// The server.
#[derive(Debug)]
pub struct Prometheus {
    script: Arc<Script>,
    /// `/status/config`, written once.
    config: String,
}

impl Prometheus {
    pub fn new(script: Arc<Script>) -> Self {
        let config = config(&script);
        Self { script, config }
    }

    /// Seconds since the anchor.
    fn offset(&self, now: DateTime<Utc>) -> i64 {
        (now - self.script.anchor).num_seconds()
    }

    fn targets(&self, ask: &Ask, now: DateTime<Utc>) -> Answer {
        let active = matches!(ask.get("state").unwrap_or(""), "" | "any" | "active");
        let wanted = |target: &&Target| {
            active && ask.get("scrapePool").is_none_or(|pool| pool.is_empty() || pool == target.job)
        };
        let targets = self.script.targets.iter().filter(wanted);
        let active: Vec<_> = targets.map(|target| self.target(target, now)).collect();
        success(&wire::Targets { active_targets: active, dropped_targets: [] })
    }

    fn target<'t>(&self, target: &'t Target, now: DateTime<Utc>) -> ActiveTarget<'t> {
        let scrape = self.last_scrape(target, now);
        let offset = self.offset(scrape);
        let error = target.error(offset);
        let roll =
            mix(&[self.script.seed, super::script::mark(&target.query), scrape.timestamp().unsigned_abs()]);
        let millis = f64::from(target.took) * (0.8 + (roll % 400) as f64 / 1000.0);
        let took = match target.reach {
            Reach::Down { how: super::script::hosts::Failing::Deadline, .. } if !error.is_empty() => 10.000_3,
            Reach::Down { .. } if !error.is_empty() => 0.000_7,
            _ => millis / 1000.0,
        };
        let url = target.url();
        ActiveTarget {
            discovered_labels: wire::Discovered {
                address: &target.address,
                metrics_path: target.path,
                scheme: "http",
                scrape_interval: "15s",
                scrape_timeout: "10s",
                job: target.job,
            },
            labels: &target.labels,
            scrape_pool: target.job,
            global_url: url.replace("127.0.0.1", "10.0.0.11"),
            scrape_url: url,
            health: if error.is_empty() { "up" } else { "down" },
            last_error: error,
            last_scrape: rfc3339(scrape),
            last_scrape_duration: took,
            scrape_interval: "15s",
            scrape_timeout: "10s",
        }
    }

    /// The last scrape of a target: each has its own place in the interval.
    fn last_scrape(&self, target: &Target, now: DateTime<Utc>) -> DateTime<Utc> {
        let place = mix(&[self.script.seed, super::script::mark(&target.url())]) % 15_000;
        let interval = INTERVAL * 1000;
        let since = (now.timestamp_millis() - place.cast_signed()).rem_euclid(interval);
        now - TimeDelta::milliseconds(since)
    }

    /// The alerts that are true at `now`, with whether they fire.
    fn raised(&self, now: DateTime<Utc>) -> impl Iterator<Item = (&Raised, bool)> {
        let offset = self.offset(now);
        let raised = self.script.raised.iter();
        raised
            .filter(move |raised| offset >= raised.fires - raised.rule.hold)
            .map(move |raised| (raised, offset >= raised.fires))
    }

    fn alert<'r>(&self, raised: &'r Raised, fires: bool) -> Alert<'r> {
        Alert {
            labels: &raised.labels,
            annotations: &raised.annotations,
            state: if fires { "firing" } else { "pending" },
            active_at: rfc3339(
                self.script.at(raised.fires - raised.rule.hold) + TimeDelta::milliseconds(324),
            ),
            value: exponent(raised.value),
        }
    }

    fn alerts(&self, now: DateTime<Utc>) -> Answer {
        let alerts: Vec<_> = self.raised(now).map(|(raised, fires)| self.alert(raised, fires)).collect();
        success(&wire::Alerts { alerts })
    }

    fn rules(&self, ask: &Ask, now: DateTime<Utc>) -> Answer {
        let (alerting, recording) = match ask.get("type").unwrap_or("") {
            "" => (true, true),
            "alert" => (true, false),
            "record" => (false, true),
            other => return bad(&format!("invalid parameter \"type\": not supported value {other:?}")),
        };
        let evaluated = now - TimeDelta::milliseconds(now.timestamp_millis().rem_euclid(INTERVAL * 1000));
        let mut groups: Vec<Group<'_>> = Vec::new();
        let group = |name: &'static str, file, rules| Group {
            name,
            file,
            rules,
            interval: 15,
            limit: 0,
            evaluation_time: 0.001_2,
            last_evaluation: rfc3339(evaluated),
        };
        for rule in RULES.iter().filter(|_| alerting) {
            let written = Rules::Alerting(Box::new(self.rule(rule, evaluated, now)));
            match groups.iter_mut().find(|group| group.name == rule.group) {
                Some(group) => group.rules.push(written),
                None => groups.push(group(rule.group, "/etc/prometheus/rules/alerts.yml", vec![written])),
            }
        }
        if recording {
            let rules = RECORDED.map(|(name, query)| {
                Rules::Recording(Recording {
                    name,
                    query,
                    health: "ok",
                    evaluation_time: 0.000_4,
                    last_evaluation: rfc3339(evaluated),
                    kind: "recording",
                })
            });
            groups.push(group("homelab.records", "/etc/prometheus/rules/records.yml", rules.into()));
        }
        success(&wire::Groups { groups })
    }

    fn rule<'r>(
        &'r self,
        rule: &'static rules::Rule,
        evaluated: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Rule<'r> {
        let fault = rules::fault(self.script.scenario, rule);
        let mine = |(raised, _): &(&Raised, bool)| raised.rule.name == rule.name;
        let alerts: Vec<_> =
            self.raised(now).filter(mine).map(|(raised, fires)| self.alert(raised, fires)).collect();
        let worst = alerts.iter().map(|alert| alert.state).max_by_key(|state| *state == "firing");
        Rule {
            state: worst.unwrap_or("inactive"),
            name: rule.name,
            query: rule.query,
            duration: rule.hold,
            keep_firing_for: 0,
            labels: [("severity", rule.severity)].into_iter().collect(),
            annotations: rules::annotations(rule, str::to_owned),
            alerts,
            health: if fault.is_some() { "err" } else { "ok" },
            last_error: fault,
            evaluation_time: 0.000_3,
            last_evaluation: rfc3339(evaluated),
            kind: "alerting",
        }
    }

    fn runtime(&self) -> Answer {
        let started = self.script.at(-6 * super::script::DAY);
        success(&Runtime {
            start_time: rfc3339(started),
            cwd: "/var/lib/prometheus",
            reload_config_success: true,
            last_config_time: rfc3339(started),
            corruption_count: 0,
            goroutine_count: 139,
            gomaxprocs: 2,
            gogc: "",
            godebug: "",
            storage_retention: "30d",
        })
    }

    fn pools(&self) -> Answer {
        let mut pools: Vec<_> = self.script.targets.iter().map(|target| target.job).collect();
        pools.sort_unstable();
        pools.dedup();
        success(&wire::Pools { scrape_pools: pools })
    }
}

/// Recording rules: name and query.
const RECORDED: [(&str, &str); 2] = [
    (
        "instance:node_cpu_utilisation:rate5m",
        r#"1 - avg by (instance, host) (rate(node_cpu_seconds_total{mode="idle"}[5m]))"#,
    ),
    (
        "instance:node_memory_utilisation:ratio",
        "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes",
    ),
];

/// Where Prometheus sends its alerts.
pub const ALERTMANAGERS: [&str; 2] = ["10.0.0.11:9093", "10.0.0.15:9093"];

impl Api for Prometheus {
    fn answer(&self, ask: &Ask, now: DateTime<Utc>) -> Answer {
        let parts = ask.parts();
        let asks_query = matches!(parts.as_slice(), ["api", "v1", "query" | "query_range" | "labels"]);
        let reads = ask.method == Method::GET || (ask.method == Method::HEAD && parts.first() == Some(&"-"));
        let known = reads || ask.method == Method::POST && asks_query;
        if !known && parts.first() == Some(&"api") {
            let allow = if asks_query { "GET, OPTIONS, POST" } else { "GET, OPTIONS" };
            let refusal = Answer::new(StatusCode::METHOD_NOT_ALLOWED, TEXT, "Method Not Allowed\n");
            return refusal.with(ALLOW, allow);
        }
        match parts.as_slice() {
            ["-", "healthy"] => Answer::new(StatusCode::OK, TEXT, "Prometheus Server is Healthy.\n"),
            ["-", "ready"] => Answer::new(StatusCode::OK, TEXT, "Prometheus Server is Ready.\n"),
            [""] => Answer::new(
                StatusCode::FOUND,
                "text/html; charset=utf-8",
                "<a href=\"/graph\">Found</a>.\n\n",
            )
            .with(LOCATION, "/graph"),
            ["api", "v1", "targets"] => self.targets(ask, now),
            ["api", "v1", "alerts"] => self.alerts(now),
            ["api", "v1", "rules"] => self.rules(ask, now),
            ["api", "v1", "query"] => query::instant(&self.script, ask, now),
            ["api", "v1", "query_range"] => query::range(&self.script, ask, now),
            ["api", "v1", "labels"] => query::labels(&self.script, now),
            ["api", "v1", "label", name, "values"] => query::values(&self.script, name, now),
            ["api", "v1", "alertmanagers"] => {
                let url = |peer: &str| wire::Url { url: format!("http://{peer}/api/v2/alerts") };
                success(&wire::Alertmanagers {
                    active_alertmanagers: ALERTMANAGERS.map(url),
                    dropped_alertmanagers: [],
                })
            }
            ["api", "v1", "scrape_pools"] => self.pools(),
            ["api", "v1", "status", "buildinfo"] => success(&wire::BUILD),
            ["api", "v1", "status", "runtimeinfo"] => self.runtime(),
            ["api", "v1", "status", "config"] => success(&wire::Config { yaml: &self.config }),
            _ => Answer::new(StatusCode::NOT_FOUND, TEXT, "404 page not found\n"),
        }
    }
}

/// The configuration, as far as a reader of it needs it.
fn config(script: &Script) -> String {
    use std::fmt::Write as _;
    let (name, value) = EXTERNAL;
    let mut yaml = format!(
        "global:\n  scrape_interval: 15s\n  scrape_timeout: 10s\n  evaluation_interval: 15s\n  external_labels:\n    \
         {name}: {value}\nalerting:\n  alertmanagers:\n  - follow_redirects: true\n    enable_http2: true\n    \
         scheme: http\n    timeout: 10s\n    api_version: v2\n    static_configs:\n    - targets:\n"
    );
    for peer in ALERTMANAGERS {
        let _infallible = writeln!(yaml, "      - {peer}");
    }
    yaml.push_str("rule_files:\n- /etc/prometheus/rules/*.yml\nscrape_configs:\n");
    let mut last = "";
    for target in &script.targets {
        if target.job != last {
            let _infallible = writeln!(
                yaml,
                "- job_name: {}\n  honor_timestamps: true\n  scrape_interval: 15s\n  scrape_timeout: 10s\n  \
                 metrics_path: {}\n  scheme: http\n  static_configs:\n  - targets:",
                target.job, target.path
            );
        }
        let _infallible = writeln!(yaml, "    - {}", target.labels.get("instance").unwrap_or(""));
        last = target.job;
    }
    yaml
}

fn success(data: &impl Serialize) -> Answer {
    Answer::json(JSON, &Done { status: "success", data })
}

fn failure(status: StatusCode, kind: &str, error: &str) -> Answer {
    Answer { status, ..Answer::json(JSON, &Failed { status: "error", error_type: kind, error }) }
}

/// The question makes no sense.
fn bad(error: &str) -> Answer {
    failure(StatusCode::BAD_REQUEST, "bad_data", error)
}

/// As Go writes a time: fractions without their last zeros.
fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// As Go writes a number with `%e`.
fn exponent(value: f64) -> String {
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_as_go_writes_them() {
        for (value, text) in [(1.0, "1e+00"), (0.095, "9.5e-02"), (93_600.0, "9.36e+04"), (0.0, "0e+00")] {
            assert_eq!(super::exponent(value), text);
        }
    }
}
