//! VictoriaMetrics, and vmalert beside it: what they have is shown, what they have not is said, and nothing is
//! shown green that nobody looked at.

use std::fs;
use std::time::Duration;

use serde_json::Value;

use crate::program::{Program, list, source, text};
use crate::shared;
use crate::stack::parts::Launch;
use crate::stack::wait::until;
use crate::stack::{Part, Stack, ports};

/// What it takes in is seen by queries 30 s later, unless it is told otherwise.
const SETTLED: Duration = Duration::from_mins(2);

const STORE: &str = "victoria-metrics";

const RULES: &str = "groups:\n- name: lab\n  interval: 1s\n  rules:\n\
    \x20 - {alert: NodeSeen, expr: 'up{job=\"node\"} == 1', labels: {severity: info}}\n\
    \x20 - {alert: NeverDue, expr: 'up{job=\"node\"} == 7', labels: {severity: critical}}\n\
    \x20 - {record: 'lab:up', expr: 'sum(up)'}\n";

/// The two servers, scraping the stack's real node exporter and a port on which nobody listens.
struct Victoria {
    stack: Stack,
    url: String,
    alerts: String,
}

impl Victoria {
    /// VictoriaMetrics alone, or with vmalert beside it.
    fn start(test: &str, evaluates: bool) -> Option<Self> {
        let mut stack = shared::own_with(test, &[Part::Exporters], &[STORE, "vmalert"])?;
        let node = stack.process("node").map(|node| node.page().to_owned()).expect("it runs");
        let node = node.trim_start_matches("http://").trim_end_matches('/');
        let ports: [u16; 3] = ports::free().expect("free ports");
        let [own, other, closed] = ports.map(|port| format!("127.0.0.1:{port}"));
        let data = stack.directory().display().to_string();
        let scrapes = format!(
            "global: {{scrape_interval: 1s, external_labels: {{cluster: homelab}}}}\nscrape_configs:\n\
             - job_name: node\n  static_configs: [{{targets: [\"{node}\"], labels: {{host: thisbox}}}}]\n\
             - job_name: gone\n  static_configs: [{{targets: [\"{closed}\"]}}]\n"
        );
        fs::write(stack.directory().join("victoria.yml"), scrapes).expect("written");
        fs::write(stack.directory().join("vmalert.yml"), RULES).expect("written");
        let arguments = vec![
            format!("-storageDataPath={data}/victoria"),
            format!("-httpListenAddr={own}"),
            format!("-promscrape.config={data}/victoria.yml"),
            "-search.latencyOffset=1s".to_owned(),
            "-memory.allowedBytes=128MB".to_owned(),
        ];
        let page = format!("http://{own}/health");
        let launch = Launch { name: STORE, program: "victoria-metrics", arguments, page };
        stack.add(&launch).unwrap_or_else(|reason| panic!("{reason}"));
        let arguments = vec![
            format!("-rule={data}/vmalert.yml"),
            format!("-datasource.url=http://{own}"),
            format!("-remoteWrite.url=http://{own}"),
            "-notifier.url=http://127.0.0.1:1".to_owned(),
            format!("-httpListenAddr={other}"),
        ];
        let page = format!("http://{other}/health");
        let launch = Launch { name: "vmalert", program: "vmalert", arguments, page };
        if evaluates {
            stack.add(&launch).unwrap_or_else(|reason| panic!("{reason}"));
        }
        Some(Self { stack, url: format!("http://{own}"), alerts: format!("http://{other}") })
    }

    fn config(&self, with_rules: bool) -> String {
        let table = |name: &str, url: &str| {
            format!("[sources.prometheus.{name}]\nurl = {url:?}\ninterval = \"1s\"\n")
        };
        table("main", &self.url) + &if with_rules { table("rules", &self.alerts) } else { String::new() }
    }

    fn value(&self, query: &str) -> Result<f64, String> {
        let answer = self.stack.asker().json(&format!("{}/api/v1/query?query={query}", self.url))?;
        let value = answer["data"]["result"][0]["value"][1].as_str().and_then(|value| value.parse().ok());
        value.ok_or_else(|| answer.to_string())
    }
}

/// Each target's health, by its job.
fn targets(report: &Value) -> Vec<(String, String)> {
    let pair = |target: &Value| (text(&target["job"]).to_owned(), text(&target["health"]).to_owned());
    list(&report["targets"]).iter().filter(|target| target["source"] == "main").map(pair).collect()
}

fn link<'r>(report: &'r Value, from: &str, to: &str) -> Option<&'r Value> {
    list(&report["chain"]).iter().find(|link| link["from"] == from && link["to"] == to)
}

#[test]
fn its_targets_and_measures_are_shown_and_that_it_has_no_rules_is_said() {
    let Some(victoria) = Victoria::start("VictoriaMetrics", false) else { return };
    let program = Program::new(&victoria.config(false));
    let report = until("it is scraped and measured", SETTLED, || {
        let report = program.check_within("45s");
        let seen = targets(&report);
        let expected = [("gone", "down"), ("node", "up")].map(|(job, health)| (job.into(), health.into()));
        let memory = list(&report["hosts"]).iter().find(|host| host["name"] == "thisbox");
        match memory.and_then(|host| host["metrics"]["memory"][""].as_f64()) {
            Some(memory) if seen == expected => {
                let all = victoria.value("node_memory_MemTotal_bytes")?;
                let free = victoria.value("node_memory_MemAvailable_bytes")?;
                let own = 1.0 - free / all;
                if (own - memory).abs() < 0.05 { Ok(report) } else { Err(format!("{memory}, not {own}")) }
            }
            memory => Err(format!("{seen:?}, memory {memory:?}")),
        }
    });
    let report = report.unwrap_or_else(|reason| panic!("{reason}"));
    let main = source(&report, "main");
    assert_eq!((text(&main["state"]), &main["error"]), ("fresh", &Value::Null), "{main:#}");
    let gone = list(&report["targets"]).iter().find(|target| target["job"] == "gone").expect("it is there");
    assert_eq!(gone["error_class"], "refused", "{gone:#}");
    // The rules are elsewhere: that is a warning with what to do, and no green line.
    let rules = link(&report, "Prometheus", "rules").unwrap_or_else(|| panic!("{report:#}"));
    assert_eq!(rules["state"], "warning", "{rules:#}");
    assert!(text(&rules["text"]).contains("if vmalert or a ruler has them"), "{rules:#}");
    let doctor = program.run(&["doctor", "--timeout", "45s"]);
    let doctor = String::from_utf8_lossy(&doctor.stdout);
    assert!(doctor.contains("add vmalert (:8880)"), "{doctor}");
    assert!(!doctor.contains("remoteAddr"), "plain words: {doctor}");
}

#[test]
fn vmalert_beside_it_tells_the_rules_and_is_not_called_down() {
    let Some(victoria) = Victoria::start("vmalert", true) else { return };
    let program = Program::new(&victoria.config(true));
    let report = until("the alert of vmalert is told", SETTLED, || {
        let report = program.check_within("45s");
        let names: Vec<&str> =
            list(&report["alerts"]).iter().map(|alert| text(&alert["alertname"])).collect();
        if names == ["NodeSeen"] { Ok(report) } else { Err(format!("{names:?}: {}", report["verdict"])) }
    });
    let report = report.unwrap_or_else(|reason| panic!("{reason}"));
    for name in ["main", "rules"] {
        let row = source(&report, name);
        assert_eq!((text(&row["state"]), &row["error"]), ("fresh", &Value::Null), "{row:#}");
    }
    // What it has not is said, feed by feed, in words that stay the same.
    let lacking = list(&source(&report, "rules")["feeds"]).iter().filter(|feed| !feed["error"].is_null());
    let lacking: Vec<(&str, &str)> =
        lacking.map(|feed| (text(&feed["name"]), text(&feed["error"]))).collect();
    let names: Vec<&str> = lacking.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["targets", "scrapes", "measures", "status"], "{lacking:?}");
    let plain = |why: &str| why.contains("does not offer this: unsupported path requested");
    assert!(lacking.iter().all(|(_, why)| plain(why)), "{lacking:?}");
    let rules = link(&report, "Prometheus rules", "rules").unwrap_or_else(|| panic!("{report:#}"));
    assert_eq!((text(&rules["state"]), text(&rules["text"])), ("ok", "2 alerting rules are evaluated"));
    assert!(link(&report, "exporters", "Prometheus rules").is_none(), "it scrapes nothing, and need not");
    let reasons = report["verdict"]["reasons"].to_string();
    assert!(!reasons.contains("prometheus.rules"), "{reasons}");

    // And on the screen: the sources are listed with what they do not offer.
    let screen = program.dashboard_with(&["--view", "targets"], (200, 60));
    until("the sources on the screen", SETTLED, || {
        let seen = screen.screen();
        let told = ["does not offer targets, scrapes, measures, status", "prometheus.main"];
        if told.iter().all(|told| seen.contains(told)) { Ok(()) } else { Err(seen) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
}

#[test]
fn a_store_that_is_gone_is_unknown_although_vmalert_answers() {
    let Some(mut victoria) = Victoria::start("VictoriaMetrics that is gone", true) else { return };
    let program = Program::new(&victoria.config(true));
    victoria.stack.process(STORE).expect("it runs").kill();
    let report = program.check_within("45s");
    assert_eq!(source(&report, "main")["state"], "down", "{report:#}");
    assert_eq!(report["verdict"]["state"], "unknown", "{:#}", report["verdict"]);
    assert_eq!(source(&report, "rules")["state"], "fresh", "{report:#}");
}
