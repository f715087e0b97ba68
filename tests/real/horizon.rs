//! The horizon against real servers: the dates of disks, certificates, scrubs and failing disks are those that
//! whoever asks without us comes to.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::program::{Program, instant, list, text};
use crate::shared;
use crate::stack::wait::until;
use crate::stack::{Part, Stack};

/// Long enough for a few scrapes, rules and looks on a busy machine.
const SETTLED: Duration = Duration::from_mins(3);

/// A date is counted from when the last of many questions was answered.
const SLACK: TimeDelta = TimeDelta::seconds(20);

/// What is further away is no date that anybody plans for.
const FAR: f64 = 10.0 * 365.0 * 86_400.0;

/// File systems that nobody fills.
const PASSING: [&str; 14] = [
    "tmpfs",
    "ramfs",
    "devtmpfs",
    "overlay",
    "squashfs",
    "iso9660",
    "nsfs",
    "fuse.lxcfs",
    "autofs",
    "proc",
    "sysfs",
    "cgroup",
    "cgroup2",
    "tracefs",
];

/// What the server says of a query, series by series.
fn asked(stack: &Stack, query: &str) -> Result<Vec<Value>, String> {
    let mut url = reqwest::Url::parse(&format!("{}/api/v1/query", stack.prometheus()))
        .map_err(|error| error.to_string())?;
    url.query_pairs_mut().append_pair("query", query);
    let answer = stack.asker().json(url.as_str())?;
    Ok(list(&answer["data"]["result"]).to_vec())
}

fn number(value: &Value) -> f64 {
    value.as_str().and_then(|value| value.parse().ok()).unwrap_or(f64::NAN)
}

/// What comes due of a kind, by what it is of.
fn due(program: &Program, kind: &str) -> Result<BTreeMap<String, DateTime<Utc>>, String> {
    let output = program.run(&["due", "--within", "3650d", "--timeout", "45s", "--format", "json"]);
    let due: Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    let rows = list(&due["due"]).iter().filter(|row| row["kind"] == kind);
    let row = |row: &Value| match text(&row["at"]).parse() {
        Ok(at) => Ok((text(&row["what"]).to_owned(), at)),
        Err(_) => Err(format!("{row}")),
    };
    rows.map(row).collect()
}

/// When each file system will be full, by hand: the straight line through its raw samples, by least squares.
fn full(stack: &Stack) -> Result<BTreeMap<String, DateTime<Utc>>, String> {
    let key = |labels: &Value| format!("{} on {}", text(&labels["mountpoint"]), text(&labels["host"]));
    let sizes = asked(stack, "node_filesystem_size_bytes")?;
    let sizes: BTreeMap<String, f64> =
        sizes.iter().map(|row| (key(&row["metric"]), number(&row["value"][1]))).collect();
    let mut all = BTreeMap::new();
    for row in asked(stack, "node_filesystem_avail_bytes[6h]")? {
        let labels = &row["metric"];
        if PASSING.contains(&text(&labels["fstype"])) {
            continue;
        }
        let samples = list(&row["values"]).iter();
        let samples: Vec<(f64, f64)> =
            samples.filter_map(|pair| Some((pair[0].as_f64()?, number(&pair[1])))).collect();
        let Some(&(last, free)) = samples.last() else { continue };
        let size = sizes.get(&key(labels)).copied().unwrap_or(f64::NAN);
        let left = free / -slope(&samples);
        if left > 0.0 && left < FAR && free / size < 0.5 {
            all.insert(key(labels), instant(last + left));
        }
    }
    Ok(all)
}

fn slope(samples: &[(f64, f64)]) -> f64 {
    let count = samples.len() as f64;
    let (first, level) = samples[0];
    if samples.iter().all(|(_, value)| value.total_cmp(&level).is_eq()) {
        return 0.0;
    }
    let mean = |of: fn(&(f64, f64)) -> f64, less: f64| {
        samples.iter().map(|pair| of(pair) - less).sum::<f64>() / count
    };
    let (time, value) = (mean(|pair| pair.0, first), mean(|pair| pair.1, level));
    let sum = |weigh: &dyn Fn(f64, f64) -> f64| -> f64 {
        samples.iter().map(|(at, free)| weigh(at - first - time, free - level - value)).sum()
    };
    sum(&|at, free| at * free) / sum(&|at, _| at * at)
}

/// Whether a date lies between two others, or as near as a line through a few more samples may move it.
fn between(at: DateTime<Utc>, one: DateTime<Utc>, other: DateTime<Utc>) -> bool {
    let (early, late) = (one.min(other), one.max(other));
    let slack = SLACK + (late - Utc::now()).max(TimeDelta::zero()) / 20;
    early - slack <= at && at <= late + slack
}

#[test]
fn a_disk_is_full_when_the_line_through_its_samples_says() {
    let Some(stack) = shared::own("disks that fill", &[Part::Prometheus, Part::Exporters]) else { return };
    let program = Program::new(&format!("[sources.prometheus.main]\nurl = {:?}\n", stack.prometheus()));
    let free = r#"node_filesystem_avail_bytes{host="vm102",mountpoint="/mnt/mergerfs"} / node_filesystem_size_bytes"#;
    // It fills slowly: each step is scraped before the next.
    for step in 0..12 {
        let wanted = 0.09 - 0.0003 * f64::from(step);
        stack.control(&json!({ "host": "vm102", "disk_free": wanted })).expect("it is steered");
        until("the step is scraped", SETTLED, || {
            let rows = asked(&stack, free)?;
            let have = rows.first().map_or(f64::NAN, |row| number(&row["value"][1]));
            if (have - wanted).abs() < 1e-6 { Ok(()) } else { Err(format!("{have}, not {wanted}")) }
        })
        .unwrap_or_else(|reason| panic!("{reason}"));
    }
    until("the dates of the disks", SETTLED, || {
        let before = full(&stack)?;
        let told = due(&program, "disk")?;
        let after = full(&stack)?;
        for (what, at) in &told {
            let (one, other) = (before.get(what), after.get(what));
            let Some(near) = one.or(other) else { return Err(format!("{what} fills for us alone")) };
            if !between(*at, *one.unwrap_or(near), *other.unwrap_or(near)) {
                return Err(format!("{what} full at {at}, not from {one:?} to {other:?}"));
            }
        }
        // The program's own file systems are in use and may level out between two looks.
        let missing = before.keys().find(|what| after.contains_key(*what) && !told.contains_key(*what));
        match missing {
            Some(what) => Err(format!("{what} is not told: {told:?}")),
            None if told.contains_key("/mnt/mergerfs on vm102") => Ok(()),
            None => Err(format!("{told:?}")),
        }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
}

#[test]
fn a_certificate_ends_when_it_says_itself_and_when_the_exporter_says() {
    let Some(stack) = shared::stack("the ends of certificates") else { return };
    let address = format!("127.0.0.1:{}", stack.lab().tls_port());
    let config = format!(
        "[sources.prometheus.main]\nurl = {:?}\n[sources.probe.here]\n\
         [[sources.probe.here.item]]\nname = \"lab by ourselves\"\nurl = \"https://{address}/ok\"\nca_file = {:?}\n",
        stack.prometheus(),
        stack.authority_file().display().to_string()
    );
    let program = Program::new(&config);
    let probed = format!("https://{address}/ok");
    until("the ends of the certificates", SETTLED, || {
        let rows = asked(stack, "probe_ssl_earliest_cert_expiry")?;
        let end =
            |row: &Value| (text(&row["metric"]["instance"]).to_owned(), instant(number(&row["value"][1])));
        let mut expected: BTreeMap<String, DateTime<Utc>> = rows.iter().map(end).collect();
        // The exporter says what the certificate says that the test made.
        if expected.get(&probed) != Some(&stack.certificate_end()) {
            return Err(format!("the exporter says {expected:?}, not {}", stack.certificate_end()));
        }
        expected.insert("lab by ourselves".to_owned(), stack.certificate_end());
        let told = due(&program, "certificate")?;
        if told.keys().ne(expected.keys()) {
            return Err(format!("{told:?}, not {expected:?}"));
        }
        let off = told.iter().find(|(what, at)| (**at - expected[*what]).abs() > SLACK);
        // What was seen at the door itself is exact.
        let own = told["lab by ourselves"] == stack.certificate_end();
        if off.is_none() && own { Ok(()) } else { Err(format!("{told:?}, not {expected:?}")) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
}

#[test]
fn a_scrub_comes_due_by_its_last_and_a_failing_disk_is_due_at_once() {
    let Some(stack) = shared::stack("scrubs and failing disks") else { return };
    let program = Program::new(&format!("[sources.prometheus.main]\nurl = {:?}\n", stack.prometheus()));
    until("the scrub and the failing disks", SETTLED, || {
        let rows = asked(stack, "snapraid_last_scrub_timestamp_seconds")?;
        let last = rows.first().map_or(f64::NAN, |row| number(&row["value"][1]));
        let expected = instant(last) + TimeDelta::days(30);
        let told = due(&program, "scrub")?;
        match told.get("SnapRAID on vm102") {
            Some(at) if told.len() == 1 && (*at - expected).abs() < SLACK => {}
            _ => return Err(format!("{told:?}, not {expected}")),
        }
        let query = "smartctl_device_smart_status == 0 or smartmon_device_smart_healthy == 0";
        let disk = |row: &Value| {
            let labels = &row["metric"];
            let name =
                [&labels["device"], &labels["disk"]].map(text).into_iter().find(|name| !name.is_empty());
            format!("{} on {}", name.unwrap_or_default(), text(&labels["host"]))
        };
        let expected: Vec<String> = asked(stack, query)?.iter().map(disk).collect();
        let told = due(&program, "smart")?;
        let both = expected.iter().all(|what| told.contains_key(what)) && told.len() == expected.len();
        if both && expected.len() == 2 { Ok(()) } else { Err(format!("{told:?}, not {expected:?}")) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
}
