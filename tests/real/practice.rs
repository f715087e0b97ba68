//! The digest and maintenance against real servers: what is told equals what they say when they are asked
//! without us, and a restart that was planned is no alarm.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::program::{Program, instant, list, text};
use crate::shared;
use crate::stack::wait::until;
use crate::stack::{Part, Stack};

/// Long enough for a few scrapes, rules and looks on a busy machine.
const SETTLED: Duration = Duration::from_mins(2);

fn config(stack: &Stack) -> String {
    let [first, second] = stack.alertmanagers();
    format!(
        "[sources.prometheus.main]\nurl = {:?}\ntimeout = \"2s\"\ninterval = \"1s\"\n\
         [sources.alertmanager.main]\nurls = [{first:?}, {second:?}]\ntimeout = \"2s\"\ninterval = \"1s\"\n\
         [slo.scrapes]\nobjective = 0.99\nquery = \"min(up{{job=\\\"prometheus\\\"}})\"\n",
        stack.prometheus()
    )
}

/// The alerts that fired within the last minutes by Prometheus' own samples: name and whether it fires now.
fn fired(stack: &Stack) -> Result<BTreeSet<String>, String> {
    let query = "query?query=count_over_time(ALERTS%7Balertstate%3D%22firing%22%7D%5B5m%5D)";
    let answer = stack.asker().json(&format!("{}/api/v1/{query}", stack.prometheus()))?;
    let names =
        list(&answer["data"]["result"]).iter().map(|row| text(&row["metric"]["alertname"]).to_owned());
    Ok(names.filter(|name| name != "Watchdog").collect())
}

fn happened<'r>(digest: &'r [Value], kind: &str) -> Vec<&'r Value> {
    digest.iter().filter(|row| row["kind"] == kind).collect()
}

#[test]
fn a_digest_says_what_prometheus_and_alertmanager_say() {
    let Some(stack) = shared::own("the digest", &[Part::Prometheus, Part::Alertmanagers]) else { return };
    let program = Program::new(&config(&stack));
    let digest = |program: &Program| program.rows(&["digest", "--since", "5m"], "happened");
    // A rule fires a moment later than another: both are asked until they are still.
    let rows = until("the same alerts", SETTLED, || {
        let before = fired(&stack)?;
        let rows = digest(&program)?;
        let name = |row: &&Value| text(&row["what"]).split(' ').next().unwrap_or_default().to_owned();
        let told: BTreeSet<String> = happened(&rows, "alert").iter().map(name).collect();
        let same = told == before && before == fired(&stack)? && !told.is_empty();
        if same { Ok(rows) } else { Err(format!("told {told:?}, Prometheus had {before:?}")) }
    });
    let rows = rows.unwrap_or_else(|reason| panic!("{reason}"));
    let began: Vec<DateTime<Utc>> = rows.iter().filter_map(|row| text(&row["at"]).parse().ok()).collect();
    assert!(began.iter().rev().is_sorted(), "the newest first: {began:?}");

    let add = ["silences", "add", "--matcher", "alertname=NoSuchAlert", "--comment", "x", "--author", "sam"];
    let id = program.say(&[&add[..], &["--duration", "10m", "--yes"]].concat()).expect("a silence");
    let told = until("the silence is told once", SETTLED, || {
        let rows = digest(&program)?;
        let own: Vec<Value> = happened(&rows, "silence").into_iter().cloned().collect();
        if own.len() == 1 { Ok(own) } else { Err(format!("{own:?}")) }
    });
    let told = told.unwrap_or_else(|reason| panic!("{reason}"));
    assert_eq!((text(&told[0]["by"]), text(&told[0]["what"])), ("sam", "alertname=\"NoSuchAlert\""), "{id}");
}

#[test]
fn an_alert_that_ended_is_told_from_its_first_sample_to_its_last() {
    let Some(stack) = shared::own("an alert that ends", &[Part::Prometheus]) else { return };
    let program = Program::new(&format!("[sources.prometheus.main]\nurl = {:?}\n", stack.prometheus()));
    // The raw samples, not what a question at points brings.
    let samples = || -> Result<Vec<DateTime<Utc>>, String> {
        let query = "query?query=ALERTS%7Balertname%3D%22HighCPUUsage%22%2Chost%3D%22vm100%22%2C\
                     alertstate%3D%22firing%22%7D%5B10m%5D";
        let answer = stack.asker().json(&format!("{}/api/v1/{query}", stack.prometheus()))?;
        let points = list(&answer["data"]["result"][0]["values"]).iter();
        Ok(points.filter_map(|pair| pair[0].as_f64().map(instant)).collect())
    };
    // Long enough to be seen at several points.
    until("it fires for a while", SETTLED, || {
        let all = samples()?;
        if all.len() > 20 { Ok(()) } else { Err(format!("{} samples", all.len())) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
    stack.control(&json!({ "host": "vm100", "cpu": 0.1 })).expect("it is steered");
    until("it is told as ended", SETTLED, || {
        let rows = program.rows(&["digest", "--since", "10m", "--timeout", "45s"], "happened")?;
        let mut alerts = happened(&rows, "alert").into_iter();
        let own = alerts.find(|row| row["what"] == "HighCPUUsage vm100").ok_or("it is not told")?;
        let all = samples()?;
        let (Some(first), Some(last)) = (all.first(), all.last()) else { return Err("no sample".to_owned()) };
        let near = |told: &Value, at: DateTime<Utc>| {
            let told: Option<DateTime<Utc>> = text(told).parse().ok();
            told.is_some_and(|told| (told - at).abs() <= TimeDelta::seconds(20))
        };
        let is_over = text(&own["text"]).starts_with("resolved after");
        let same = near(&own["at"], *first) && near(&own["until"], *last);
        if is_over && same { Ok(()) } else { Err(format!("{own}, samples from {first} to {last}")) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
}

#[test]
fn a_planned_restart_is_no_alarm_and_ends_by_itself() {
    let Some(mut stack) = shared::own("planned maintenance", &[Part::Prometheus, Part::Alertmanagers]) else {
        return;
    };
    let program = Program::new(&config(&stack));
    let critical = |program: &Program| -> BTreeSet<String> {
        let report = program.check_within("20s");
        let reasons = list(&report["verdict"]["reasons"]).iter().map(|reason| text(reason).to_owned());
        reasons.filter(|reason| reason.contains("main") || reason.contains("Watchdog")).collect()
    };
    until("nothing is wrong with the servers", SETTLED, || {
        let reasons = critical(&program);
        if reasons.is_empty() { Ok(()) } else { Err(format!("{reasons:?}")) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));

    let plan = ["maintenance", "plan", "Updating Prometheus", "--for", "90s", "--author", "sam"];
    program.say(&[&plan[..], &["--down", "prometheus.main"]].concat()).expect("planned");
    let began = Instant::now();
    let going = program.rows(&["maintenance", "list"], "maintenance").expect("it is listed");
    assert_eq!(going[0]["state"], "going", "{going:?}");

    // It is gone for a while, and nobody is alarmed.
    stack.process("prometheus").expect("it runs").kill();
    for _ in 0..3 {
        let report = program.check_within("10s");
        let reasons = list(&report["verdict"]["reasons"]);
        let loud: Vec<&str> =
            reasons.iter().map(text).filter(|reason| reason.contains("prometheus.main")).collect();
        assert!(loud.is_empty(), "what is planned is no alarm: {loud:?}");
        assert!(text(&report["verdict"]["text"]).contains("maintenance Updating Prometheus"), "{report:#}");
        assert_ne!(report["verdict"]["state"], "unknown", "{:#}", report["verdict"]);
    }
    let early = program.run(&["maintenance", "end", "Updating Prometheus"]);
    assert_eq!(early.status.code(), Some(1), "not all is back: {}", String::from_utf8_lossy(&early.stdout));
    stack.restart("prometheus").expect("it starts again");

    // After its time whoever looks ends it, once all is measured to be back.
    let ended = until("it is ended by itself", SETTLED * 2, || {
        let said = program.say(&["silences", "reap"])?;
        if said.contains("ended maintenance Updating Prometheus") { Ok(began.elapsed()) } else { Err(said) }
    });
    let took = ended.unwrap_or_else(|reason| panic!("{reason}"));
    assert!(took >= Duration::from_secs(89), "not before its time: {took:?}");
    let none = program.rows(&["maintenance", "list"], "maintenance").expect("a list");
    assert!(none.is_empty(), "{none:?}");

    // No budget was burned by it: the time is planned, and neither good nor bad nor unknown.
    // It is counted up to the last full five minutes.
    let counted = until("its time is counted", Duration::from_mins(7), || {
        let report = program.check_within("30s");
        let planned = report["slo"][0]["planned"].as_f64();
        if planned.is_some_and(|planned| planned > 60.0) {
            Ok(report)
        } else {
            Err(report["slo"].to_string())
        }
    });
    let report = counted.unwrap_or_else(|reason| panic!("{reason}"));
    let slo = &report["slo"][0];
    assert!(slo["budget_left"].is_null() || slo["budget_left"].as_f64() == Some(1.0), "{slo:#}");
    // The record is complete: what was planned, what was measured, that it ended.
    let record = program.kept("incidents");
    for told in
        ["planned by sam, until ", "prometheus.main answers: ok", "its time is over, and all is back: ended"]
    {
        assert!(record.contains(told), "{told}: {record}");
    }
    // Everything that was written stands in the journal.
    let journal = program.say(&["journal"]).expect("the journal");
    assert!(journal.matches("Updating Prometheus").count() >= 1, "{journal}");
}

#[test]
fn an_overrun_is_loud() {
    let Some(mut stack) = shared::own("maintenance over time", &[Part::Prometheus, Part::Alertmanagers])
    else {
        return;
    };
    let program = Program::new(&config(&stack));
    let plan = ["maintenance", "plan", "new disks", "--for", "10s", "--author", "sam"];
    program.say(&[&plan[..], &["--down", "prometheus.main"]].concat()).expect("planned");
    stack.process("prometheus").expect("it runs").signal(Signal::STOP);
    until("it is over time", SETTLED, || {
        let report = program.check_within("15s");
        let reasons: Vec<&str> = list(&report["verdict"]["reasons"]).iter().map(text).collect();
        let loud = reasons.iter().any(|reason| reason.contains("new disks is over time by"));
        if loud && report["verdict"]["state"] == "critical" { Ok(()) } else { Err(format!("{reasons:?}")) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
    let listed = program.run(&["maintenance", "list"]);
    assert_eq!(listed.status.code(), Some(1), "{}", String::from_utf8_lossy(&listed.stdout));
    stack.process("prometheus").expect("it hangs").signal(Signal::CONT);
}

#[test]
fn the_horizon_and_the_papers_say_what_the_servers_say() {
    let Some(stack) = shared::own("the horizon", &[Part::Prometheus, Part::Alertmanagers]) else { return };
    let program = Program::new(&config(&stack));
    let add = ["silences", "add", "--matcher", "alertname=NoSuchAlert", "--comment", "x", "--author", "sam"];
    program.say(&[&add[..], &["--duration", "3h", "--yes"]].concat()).expect("a silence");
    // Silences that end, by the instant that Alertmanager itself says.
    let [first, _] = stack.alertmanagers();
    until("the same silences", SETTLED, || {
        let silences = stack.asker().json(&format!("{first}/api/v2/silences"))?;
        let active = list(&silences).iter().filter(|one| one["status"]["state"] == "active");
        let expected: BTreeSet<DateTime<Utc>> =
            active.filter_map(|one| text(&one["endsAt"]).parse().ok()).collect();
        let output = program.run(&["due", "--within", "1d", "--format", "json"]);
        let due: Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
        let rows = list(&due["due"]).iter().filter(|row| row["kind"] == "silence");
        let told: BTreeSet<DateTime<Utc>> = rows.filter_map(|row| text(&row["at"]).parse().ok()).collect();
        if told == expected && told.len() == 1 { Ok(()) } else { Err(format!("{told:?}, not {expected:?}")) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));

    // Every alerting rule, by what Prometheus itself says.
    let rules =
        stack.asker().json(&format!("{}/api/v1/rules?type=alert", stack.prometheus())).expect("rules");
    let rules = list(&rules["data"]["groups"]).iter().flat_map(|group| list(&group["rules"]));
    let expected: BTreeSet<String> = rules.map(|rule| text(&rule["name"]).to_owned()).collect();
    let write = || program.say(&["inventory", "alerts", "--timeout", "60s"]);
    // A rule may begin to fire in between, but not for ever.
    let page = until("the same bytes", SETTLED, || {
        let page = write()?;
        if write()? == page { Ok(page) } else { Err("two papers differ".to_owned()) }
    });
    let page = page.unwrap_or_else(|reason| panic!("{reason}"));
    let heads = page.lines().filter_map(|line| line.strip_prefix("### "));
    let told: BTreeSet<String> = heads.map(|name| name.replace('\\', "")).collect();
    assert!(told == expected && told.len() > 3, "{told:?}, not {expected:?}");
}
