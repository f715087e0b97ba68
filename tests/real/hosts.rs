//! The rows of the hosts are what Prometheus says, asked in another way; what is planted in the
//! synthetic hosts is named by the right row; and when the storage falls its consumers lie below it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::program::{Program, list, text};
use crate::shared;
use crate::stack::wait::until;
use crate::stack::{Part, Stack};

const HOSTS: [&str; 8] = ["pve", "vm102", "vm100", "lxc200", "lxc210", "lxc212", "lxc230", "pbs"];

/// Long enough for a few scrapes, rules and looks on a busy machine.
const SETTLED: Duration = Duration::from_mins(2);

/// What a host's measure is, asked of one host alone, and how far it may move between two looks.
const INDEPENDENT: [(&str, &str, f64); 9] = [
    (
        "memory",
        r#"(node_memory_MemTotal_bytes{job="node",host="HOST"} - node_memory_MemAvailable_bytes{job="node",host="HOST"}) / node_memory_MemTotal_bytes"#,
        0.001,
    ),
    (
        "swap",
        r#"(node_memory_SwapTotal_bytes{job="node",host="HOST"} - node_memory_SwapFree_bytes) / node_memory_SwapTotal_bytes"#,
        0.001,
    ),
    (
        "disk",
        r#"(node_filesystem_size_bytes{job="node",host="HOST"} - node_filesystem_avail_bytes) / node_filesystem_size_bytes"#,
        0.001,
    ),
    (
        "inodes",
        r#"((node_filesystem_files{job="node",host="HOST"} - node_filesystem_files_free) / node_filesystem_files) >= 0"#,
        0.001,
    ),
    ("read-only", r#"node_filesystem_readonly{job="node",host="HOST"}"#, 0.0),
    (
        "load",
        r#"node_load5{job="node",host="HOST"} / scalar(count(node_cpu_seconds_total{job="node",host="HOST",mode="user"}))"#,
        0.001,
    ),
    (
        "cpu",
        r#"sum(rate(node_cpu_seconds_total{job="node",host="HOST",mode!~"idle|iowait"}[5m])) / sum(rate(node_cpu_seconds_total{job="node",host="HOST"}[5m]))"#,
        0.08,
    ),
    // It grows until its five minutes are full.
    (
        "net-errors",
        r#"rate(node_network_receive_drop_total{job="node",host="HOST",device="eth0"}[5m]) + rate(node_network_transmit_drop_total[5m]) + rate(node_network_transmit_errs_total[5m]) + rate(node_network_receive_errs_total[5m])"#,
        0.5,
    ),
    ("uptime", r#"time() - node_boot_time_seconds{job="node",host="HOST"}"#, 30.0),
];

fn host<'r>(report: &'r Value, name: &str) -> Option<&'r Value> {
    list(&report["hosts"]).iter().find(|host| host["name"] == name)
}

/// The values of a measure by what they are values of.
fn shown(report: &Value, name: &str, measure: &str) -> BTreeMap<String, f64> {
    let values = host(report, name).and_then(|host| host["metrics"][measure].as_object());
    let values = values.into_iter().flatten();
    values.filter_map(|(thing, value)| Some((thing.clone(), value.as_f64()?))).collect()
}

/// The same of the server, asked for this host alone.
fn asked(stack: &Stack, name: &str, query: &str) -> Result<BTreeMap<String, f64>, String> {
    let query = query.replace("HOST", name);
    let mut url = reqwest::Url::parse(&format!("{}/api/v1/query", stack.prometheus()))
        .map_err(|error| error.to_string())?;
    url.query_pairs_mut().append_pair("query", &query);
    let answer = stack.asker().json(url.as_str())?;
    let row = |row: &Value| {
        let labels = &row["metric"];
        let thing = text(labels.get("mountpoint").unwrap_or(&labels["device"])).to_owned();
        Some((thing, row["value"][1].as_str()?.parse().ok().filter(|value: &f64| value.is_finite())?))
    };
    Ok(list(&answer["data"]["result"]).iter().filter_map(row).collect())
}

#[test]
fn rows_equal_independent_queries() {
    let Some(stack) = shared::stack("hosts in check") else { return };
    let program = Program::new(&stack.config("5s"));
    until("the rows of the hosts equal the server's answers", SETTLED, || {
        let report = program.check_within("45s");
        for name in HOSTS {
            for (measure, query, slack) in INDEPENDENT {
                let (shown, asked) = (shown(&report, name, measure), asked(stack, name, query)?);
                // No swap, no inodes: nothing is shown, and no zero.
                if shown.keys().ne(asked.keys()) {
                    return Err(format!("{name} {measure}: {shown:?}, the server says {asked:?}"));
                }
                let off = shown.iter().find(|(thing, value)| (*value - asked[*thing]).abs() > slack);
                if let Some((thing, value)) = off {
                    return Err(format!(
                        "{name} {measure} {thing}: {value}, the server says {}",
                        asked[thing]
                    ));
                }
                if shown.is_empty() && !(measure == "swap" && name == "pbs") {
                    return Err(format!("{name} {measure} is blank"));
                }
            }
        }
        Ok(())
    })
    .expect("what is shown is what the server says");
}

/// What is planted in each host: words of its row. In one nothing is.
const PLANTED: [(&str, &[&str]); 8] = [
    ("vm102", &["/mnt/mergerfs 91 % full", "SMART sdc failing"]),
    ("vm100", &["CPU 9", "container calibre-web unhealthy"]),
    ("lxc200", &["swap 92 %"]),
    ("lxc210", &["inodes of /mnt/nextcloud 97 % used", "unit mnt-nextcloud.mount failed"]),
    ("lxc212", &["/books read-only", "clock 12s off"]),
    ("lxc230", &["rebooted "]),
    ("pbs", &["eth0 ", "/s network errors"]),
    ("pve", &[]),
];

#[test]
fn planted_faults_are_named_by_the_right_row_and_by_no_other() {
    let Some(stack) = shared::stack("planted faults") else { return };
    let program = Program::new(&stack.config("5s"));
    until("every planted fault is named", SETTLED, || {
        let report = program.check_within("45s");
        for (name, words) in PLANTED {
            let because = host(&report, name).map(|host| host["because"].to_string()).unwrap_or_default();
            if let Some(word) = words.iter().find(|word| !because.contains(**word)) {
                return Err(format!("{name} says nothing of {word:?}: {because}"));
            }
            let others = PLANTED.iter().filter(|(other, _)| *other != name).flat_map(|(_, words)| *words);
            // One Docker serves two hosts alike.
            let strange =
                others.filter(|word| !word.contains("calibre-web")).find(|word| because.contains(**word));
            if let Some(word) = strange {
                return Err(format!("{name} says {word:?}, which is another's: {because}"));
            }
        }
        let pve = host(&report, "pve").map(|host| host["state"].clone());
        if pve == Some(json!("ok")) { Ok(()) } else { Err(format!("pve is {pve:?}")) }
    })
    .expect("each row names its own fault");
}

/// The alerts of this name and host in a report, each with what it follows from.
fn followed(report: &Value, name: &str, host: &str) -> Vec<String> {
    let mine = list(&report["alerts"]).iter().filter(|alert| {
        alert["alertname"] == name && alert["labels"]["host"] == host && alert["state"] != "pending"
    });
    mine.map(|alert| text(&alert["caused_by"]["text"]).to_owned()).collect()
}

#[test]
fn when_the_storage_falls_its_consumers_lie_below_it_and_come_back() {
    let parts = [Part::Prometheus, Part::Alertmanagers];
    let Some(stack) = shared::own("a fall of the storage", &parts) else { return };
    let [first, second] = stack.alertmanagers();
    let config = format!(
        "[sources.prometheus.main]\nurl = {:?}\n[sources.alertmanager.main]\nurls = [{first:?}, {second:?}]\n",
        stack.prometheus()
    );
    let program = Program::new(&config);
    let down = |host: &str, mode: &str| {
        stack.control(&json!({ "host": host, "mode": mode })).expect("it is steered");
    };
    // A storage of the stack is down from the start; of two that fell the last is the cause.
    until("the other storage fell before", SETTLED, || {
        let report = program.check_within("45s");
        if followed(&report, "HostDown", "nas-old").is_empty() { Err("no HostDown") } else { Ok(()) }
    })
    .expect("its alert fires");
    down("vm102", "down");
    until("the storage is down", SETTLED, || {
        let report = program.check_within("45s");
        match followed(&report, "HostDown", "vm102").first() {
            Some(_) => Ok(()),
            None => Err("no HostDown".to_owned()),
        }
    })
    .expect("its alert fires");
    down("lxc210", "down");
    let counted = until("its consumer lies below it", SETTLED, || {
        let report = program.check_within("45s");
        let causes = followed(&report, "HostDown", "lxc210");
        let whole = !causes.is_empty() && causes.iter().all(|cause| cause == "HostDown vm102");
        let reasons = report["verdict"]["reasons"].to_string();
        if !whole || !reasons.contains("HostDown lxc210") {
            return Err(format!("{causes:?}: {reasons}"));
        }
        let at = |text: &str| reasons.find(text);
        if at("HostDown vm102") < at("HostDown lxc210") { Ok(causes.len()) } else { Err(reasons) }
    })
    .expect("it follows, and is told after its cause");
    assert!(counted >= 1, "what follows is counted as ever");
    down("vm102", "up");
    until("it stands on its own", SETTLED, || {
        let causes = followed(&program.check_within("45s"), "HostDown", "lxc210");
        let alone = !causes.is_empty() && causes.iter().all(String::is_empty);
        if alone { Ok(()) } else { Err(format!("{causes:?}")) }
    })
    .expect("the cause is gone");
}
