//! What is told of the past, against a real Prometheus whose past is known to the minute: it was written
//! before the server was started.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Timelike, Utc};
use serde_json::Value;

use crate::program::{Program, instant, list, text};
use crate::shared;
use crate::stack::parts::Launch;
use crate::stack::wait::until;
use crate::stack::{Part, Stack, ports, programs};

/// Long enough for a server that reads a week of blocks on a busy machine.
const SETTLED: Duration = Duration::from_mins(2);

/// A sample counts as the newest for so long where no mark of staleness follows it.
const LOOKBACK: TimeDelta = TimeDelta::minutes(5);

/// How many days were written.
const DAYS: i64 = 6;

const RULES: &str = "groups:\n- name: storage\n  rules:\n\
    \x20 - {alert: DiskFull, expr: 'vector(1) > 2', for: 15m, labels: {severity: critical}}\n\
    \x20 - {alert: LongAgo, expr: 'vector(1) > 2', labels: {severity: warning}}\n\
    - name: hosts\n  rules:\n\
    \x20 - {alert: HostDown, expr: 'vector(1) > 2', for: 1m, labels: {severity: critical}}\n\
    \x20 - {alert: NeverFired, expr: 'vector(1) > 2'}\n\
    \x20 - {alert: Broken, expr: 'vector(1) * on (a) group_left () (vector(1) or label_replace(vector(1), \"b\", \"c\", \"\", \"\"))'}\n";

struct Past {
    stack: Stack,
    url: String,
    program: Program,
    now: DateTime<Utc>,
}

/// The times, in minutes before now, in which something was so.
type Spans = &'static [(i64, i64)];

/// An alert fired at these times; the first number is earlier.
const FIRED: [(&str, &str, &str, Spans); 3] = [
    ("DiskFull", "vm102", "critical", &[(1200, 1180), (300, 240)]),
    ("HostDown", "pve", "critical", &[(600, 598)]),
    ("Stays", "pbs", "warning", &[(1435, 1400)]),
];

/// Nothing was measured in this time.
const GAP: (i64, i64) = (900, 840);

/// The service was down, half up, and not measured: in minutes before now.
const DOWN: (i64, i64) = (4000, 3800);
const HALF: (i64, i64) = (2000, 1900);
const UNSEEN: (i64, i64) = (3000, 2700);

/// `pve` was started then.
const BOOTED: i64 = 480;

fn within(minute: i64, (from, to): (i64, i64)) -> bool {
    to <= minute && minute <= from
}

/// The past as OpenMetrics, a sample a minute.
fn written(now: DateTime<Utc>, long_ago: (i64, i64)) -> String {
    let mut out = String::new();
    let at = |minute: i64| (now - TimeDelta::minutes(minute)).timestamp();
    let mut family = |name: &str, labels: &str, value: &dyn Fn(i64) -> Option<f64>| {
        for minute in (1..DAYS * 1440).rev() {
            if let Some(value) = value(minute) {
                let _infallible = writeln!(out, "{name}{{{labels}}} {value} {}", at(minute));
            }
        }
    };
    let alert = |name: &str, host: &str, severity: &str| {
        format!("alertname=\"{name}\",alertstate=\"firing\",host=\"{host}\",severity=\"{severity}\"")
    };
    for (name, host, severity, spans) in FIRED {
        family("ALERTS", &alert(name, host, severity), &|minute| {
            spans.iter().any(|span| within(minute, *span)).then_some(1.0)
        });
    }
    family("ALERTS", &alert("LongAgo", "nas", "warning"), &|minute| within(minute, long_ago).then_some(1.0));
    family("up", "instance=\"pve:9100\",job=\"node\"", &|minute| (!within(minute, GAP)).then_some(1.0));
    let (old, new) = (at(DAYS * 1440), at(BOOTED));
    family("node_boot_time_seconds", "host=\"pve\",instance=\"pve:9100\",job=\"node\"", &|minute| {
        (!within(minute, GAP)).then_some(if minute > BOOTED { old } else { new } as f64)
    });
    family("lab_good", "service=\"cloud\"", &|minute| match minute {
        minute if within(minute, UNSEEN) => None,
        minute if within(minute, DOWN) => Some(0.0),
        minute if within(minute, HALF) => Some(0.5),
        _ => Some(1.0),
    });
    out + "# EOF\n"
}

impl Past {
    fn start(test: &str) -> Option<Self> {
        let mut stack = shared::own_with(test, &[Part::Alertmanagers], &["promtool"])?;
        let now = Utc::now().trunc_subsecs(0);
        let data = stack.directory().to_owned();
        fs::write(data.join("past.om"), written(now, long_ago(now))).expect("written");
        let mut promtool = Command::new(programs::locate("promtool").expect("Prometheus' package has it"));
        promtool.args(["tsdb", "create-blocks-from", "openmetrics"]);
        let made = promtool.arg(data.join("past.om")).arg(data.join("past")).output().expect("it runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        fs::write(data.join("past-rules.yml"), RULES).expect("written");
        let [first, second] = stack.alertmanagers().map(|url| url.trim_start_matches("http://").to_owned());
        let config = format!(
            "global: {{evaluation_interval: 1s}}\nrule_files: [{}/past-rules.yml]\nalerting:\n  alertmanagers:\n\
             \x20 - static_configs: [{{targets: [{first:?}, {second:?}]}}]\n",
            data.display()
        );
        fs::write(data.join("past.yml"), config).expect("written");
        let [port] = ports::free().expect("a free port");
        let url = format!("http://127.0.0.1:{port}");
        let arguments = vec![
            format!("--config.file={}/past.yml", data.display()),
            format!("--storage.tsdb.path={}/past", data.display()),
            format!("--web.listen-address=127.0.0.1:{port}"),
        ];
        let page = format!("{url}/-/ready");
        let launch = Launch { name: "past", program: "prometheus", arguments, page };
        stack.add(&launch).unwrap_or_else(|reason| panic!("{reason}"));
        let [first, second] = stack.alertmanagers();
        let program = Program::new(&format!(
            "[sources.prometheus.main]\nurl = {url:?}\n[sources.alertmanager.main]\nurls = [{first:?}, {second:?}]\n\
             [slo.cloud]\nobjective = 99.5\nwindow = \"5d\"\nquery = \"lab_good\"\n"
        ));
        Some(Self { stack, url, program, now })
    }

    fn asked(&self, path: &str, query: &[(&str, &str)]) -> Value {
        let mut url = reqwest::Url::parse(&format!("{}/api/v1/{path}", self.url)).expect("an address");
        url.query_pairs_mut().extend_pairs(query);
        self.stack.asker().json(url.as_str()).unwrap_or_else(|reason| panic!("{reason}"))
    }

    fn value(&self, query: &str, at: DateTime<Utc>) -> f64 {
        let answer = self.asked("query", &[("query", query), ("time", &at.timestamp().to_string())]);
        let value = text(&answer["data"]["result"][0]["value"][1]).parse();
        value.unwrap_or_else(|error| panic!("{query}: {error}: {answer}"))
    }

    fn before(&self, minutes: i64) -> DateTime<Utc> {
        self.now - TimeDelta::minutes(minutes)
    }
}

/// Twenty minutes between two full hours, about noon three days ago.
fn long_ago(now: DateTime<Utc>) -> (i64, i64) {
    let day = now - TimeDelta::days(3);
    let from = day - TimeDelta::seconds(i64::from(day.num_seconds_from_midnight())) + TimeDelta::minutes(730);
    let ago = (now - from).num_minutes();
    (ago, ago - 20)
}

/// From where to where an alert's own samples go, run by run: asked for raw, not at points.
fn runs(past: &Past) -> BTreeMap<(String, DateTime<Utc>), DateTime<Utc>> {
    let answer = past.asked("query", &[("query", "ALERTS{alertstate=\"firing\"}[24h]")]);
    let mut all = BTreeMap::new();
    for row in list(&answer["data"]["result"]) {
        let what = format!("{} {}", text(&row["metric"]["alertname"]), text(&row["metric"]["host"]));
        let at = |pair: &Value| pair[0].as_f64().map(instant);
        let mut points = list(&row["values"]).iter().filter_map(at).peekable();
        while let Some(first) = points.next() {
            let mut last = first;
            while let Some(next) = points.next_if(|next| *next - last <= TimeDelta::minutes(1)) {
                last = next;
            }
            all.insert((what.clone(), first), last);
        }
    }
    all
}

#[test]
fn the_digest_of_a_day_has_each_alert_gap_and_reboot_at_its_time() {
    let Some(past) = Past::start("a day that is known") else { return };
    let rows = past.program.rows(&["digest", "--since", "24h", "--timeout", "60s"], "happened");
    let rows = rows.unwrap_or_else(|reason| panic!("{reason}"));
    let of = |kind: &str| -> Vec<&Value> { rows.iter().filter(|row| row["kind"] == kind).collect() };
    let at = |value: &Value| -> DateTime<Utc> { text(value).parse().unwrap_or_else(|_| panic!("{value}")) };
    // A day is looked at in steps of a minute.
    let near = |one: DateTime<Utc>, other: DateTime<Utc>| (one - other).abs() <= TimeDelta::minutes(2);

    let expected = runs(&past);
    assert_eq!(expected.len(), 4, "what was written is there: {expected:?}");
    let alerts = of("alert");
    assert_eq!(alerts.len(), expected.len(), "{alerts:#?}");
    for ((what, from), to) in &expected {
        let found = alerts.iter().find(|row| row["what"] == **what && near(at(&row["at"]), *from));
        let row = found.unwrap_or_else(|| panic!("{what} at {from}: {alerts:#?}"));
        let until = at(&row["until"]);
        assert!(
            *to - TimeDelta::minutes(2) <= until && until <= *to + LOOKBACK + TimeDelta::minutes(2),
            "{row}"
        );
        assert!(text(&row["text"]).starts_with("resolved after"), "{row}");
    }
    let gaps = of("gap");
    // Before the server was started it measured nothing for a moment either.
    let gap = gaps.iter().find(|row| near(at(&row["at"]), past.before(GAP.0)));
    let gap = gap.unwrap_or_else(|| panic!("{gaps:#?}"));
    assert!(near(at(&gap["until"]), past.before(GAP.1)) || at(&gap["until"]) > past.before(GAP.1), "{gap}");
    let reboots = of("reboot");
    assert_eq!(reboots.len(), 1, "{reboots:#?}");
    assert_eq!((text(&reboots[0]["what"]), at(&reboots[0]["at"])), ("pve", past.before(BOOTED)));
}

/// The rows of a page's first table with these columns, by their first cell.
fn table(page: &str, columns: usize) -> BTreeMap<String, Vec<String>> {
    let rows = page.lines().filter(|line| line.starts_with('|'));
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split(" | ").map(|cell| cell.trim().replace('\\', "")).collect()
    };
    rows.map(cells).filter(|row| row.len() == columns).map(|row| (row[0].clone(), row)).collect()
}

#[test]
fn the_catalogue_has_every_rule_as_the_server_has_it_and_when_it_fired_last() {
    let Some(past) = Past::start("the catalogue of a known past") else { return };
    until("the rules are evaluated", SETTLED, || {
        let answer = past.asked("rules", &[]);
        let mut rules = list(&answer["data"]["groups"]).iter().flat_map(|group| list(&group["rules"]));
        if rules.all(|rule| rule["health"] != "unknown") { Ok(()) } else { Err(answer.to_string()) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
    let page = past.program.say(&["inventory", "alerts", "--timeout", "60s"]).expect("a page");
    let rows = table(&page, 9);
    let answer = past.asked("rules", &[]);
    let groups = list(&answer["data"]["groups"]);
    let mut names = 0;
    for (group, rule) in
        groups.iter().flat_map(|group| list(&group["rules"]).iter().map(move |rule| (group, rule)))
    {
        let name = text(&rule["name"]);
        let row = rows.get(name).unwrap_or_else(|| panic!("{name}: {page}"));
        let severity = rule["labels"]["severity"].as_str().unwrap_or("none");
        assert_eq!((&*row[1], &*row[3]), (severity, text(&group["name"])), "{name}");
        let hold = match rule["duration"].as_f64() {
            Some(900.0) => "15m",
            Some(60.0) => "1m",
            Some(0.0) => "0s",
            other => panic!("{other:?}"),
        };
        assert_eq!(row[2], hold, "{name}");
        let evaluated = if rule["health"] == "ok" { "yes" } else { "no: " };
        assert!(row[4].starts_with(evaluated), "{name}: {}", row[4]);
        // When it fired last, by its newest raw sample.
        let query = format!("ALERTS{{alertname=\"{name}\",alertstate=\"firing\"}}[6d]");
        let answer = past.asked("query", &[("query", &query)]);
        let points = list(&answer["data"]["result"]).iter().flat_map(|row| list(&row["values"]));
        let last = points.filter_map(|pair| pair[0].as_f64()).fold(f64::NAN, f64::max);
        let told = if last.is_nan() { Vec::new() } else { days(instant(last)) };
        let is_told = if last.is_nan() { row[7] == "not in 30 days" } else { told.contains(&row[7]) };
        assert!(is_told, "{name} fired {told:?}: {row:?}");
        names += 1;
    }
    // The head, and the line below it.
    assert_eq!((names, rows.len()), (5, 5 + 2), "no other row is there: {rows:?}");
    assert!(rows["LongAgo"][7].starts_with("20"), "twenty minutes between two hours are not lost: {page}");
    assert_eq!(rows["NeverFired"][7], "not in 30 days");
}

/// The day of an instant; of one shortly before midnight the next too.
fn days(at: DateTime<Utc>) -> Vec<String> {
    let later = at + TimeDelta::minutes(10);
    [at, later].map(|at| at.format("%Y-%m-%d").to_string()).into()
}

#[test]
fn the_policy_has_the_figures_that_the_servers_own_functions_come_to() {
    let Some(past) = Past::start("an error budget of a known past") else { return };
    let page = past.program.say(&["inventory", "slo", "--timeout", "60s"]).expect("a page");
    let rows = table(&page, 8);
    let row = rows.get("cloud").unwrap_or_else(|| panic!("{page}"));
    let percent = |cell: &str| -> f64 {
        cell.trim_end_matches(" %").parse().unwrap_or_else(|error| panic!("{cell}: {error}"))
    };
    let report = past.program.check_within("60s");
    let goal = &report["slo"][0];
    let counted: DateTime<Utc> = text(&goal["at"]).parse().unwrap_or_else(|_| panic!("{goal:#}"));
    // The server's own mean over the same time, and how many of the minutes it has.
    let good = past.value("avg_over_time(lab_good[5d])", counted) * 100.0;
    let seen = past.value("count_over_time(lab_good[5d])", counted) / (5.0 * 1440.0) * 100.0;
    assert!(good < 97.5 && seen < 97.0, "the past is there: {good} {seen}");
    let left = (1.0 - (100.0 - good) / 0.5) * 100.0;
    assert_eq!((&*row[1], &*row[2]), ("99.50 %", "5d"), "{row:?}");
    // It is counted in steps of five minutes, three edges of which are in the window.
    assert!((percent(&row[3]) - good).abs() < 0.3, "{row:?}: {good}");
    assert!((percent(&row[5]) - (100.0 - seen)).abs() < 0.3, "{row:?}: {seen}");
    assert!((percent(&row[4]) - left).abs() < 0.3 / 0.5 * 100.0, "{row:?}: {left}");
    assert_eq!(goal["good"].as_f64().map(|good| format!("{:.2} %", good * 100.0)), Some(row[3].clone()));
}
