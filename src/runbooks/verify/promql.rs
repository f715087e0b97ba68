//! Queries for what a line asks: the numbers come from the line, the labels from the alert.

use super::{About, Probe, manual};
use crate::runbooks::duration;

/// A label's value inside the double quotes of PromQL.
fn quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    for char in value.chars() {
        match char {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            _ => text.push(char),
        }
    }
    text
}

/// `instance="10.0.0.21:9100"`: labels of the alert as matchers; `None` when one is missing.
pub(super) fn selector(about: &About, names: &[&str]) -> Option<String> {
    let matcher = |name: &&str| Some(format!("{name}=\"{}\"", quoted(about.labels.get(name)?)));
    let matchers: Option<Vec<String>> = names.iter().map(matcher).collect();
    Some(matchers?.join(","))
}

/// `CPU utilization <60% for 10 minutes`
pub(super) fn cpu(line: &str, about: &About) -> Option<Probe> {
    let instance = selector(about, &["instance"])?;
    let limit = number_after(line, '<')?;
    let minutes = (duration::following("for", line).unwrap_or(600) / 60).max(1);
    let busy =
        format!("100 - avg by(instance)(rate(node_cpu_seconds_total{{mode=\"idle\",{instance}}}[5m])) * 100");
    Some(truth(format!("max_over_time(({busy})[{minutes}m:1m]) < bool {limit}")))
}

/// `System load average <(# of CPU cores)`
pub(super) fn load(about: &About) -> Option<Probe> {
    let instance = selector(about, &["instance"])?;
    let cores = format!("count by(instance)(node_cpu_seconds_total{{mode=\"idle\",{instance}}})");
    Some(truth(format!("node_load5{{{instance}}} < bool on(instance) {cores}")))
}

/// `No zombie processes`
pub(super) fn zombies(about: &About) -> Option<Probe> {
    let instance = selector(about, &["instance"])?;
    Some(truth(format!("node_processes_state{{state=\"Z\",{instance}}} == bool 0")))
}

/// `Disk usage <80%`
pub(super) fn disk_used(line: &str, about: &About) -> Option<Probe> {
    let place = selector(about, &["instance", "mountpoint"])?;
    let limit = number_after(line, '<')?;
    let free = format!("node_filesystem_avail_bytes{{{place}}} / node_filesystem_size_bytes{{{place}}}");
    Some(truth(format!("100 - 100 * {free} < bool {limit}")))
}

/// `At least 5GB free space available`
pub(super) fn disk_free(line: &str, about: &About) -> Option<Probe> {
    let place = selector(about, &["instance", "mountpoint"])?;
    let (_, amount) = line.split_once("at least ")?;
    let digits = amount.find(|char: char| !char.is_ascii_digit())?;
    let (number, unit) = amount.split_at(digits);
    let unit: u64 = match unit.trim_start().get(..2)? {
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        _ => return None,
    };
    let bytes = number.parse::<u64>().ok()?.checked_mul(unit)?;
    Some(truth(format!("node_filesystem_avail_bytes{{{place}}} >= bool {bytes}")))
}

/// `Monitoring confirms space increasing (over 24 hours)`
pub(super) fn disk_grows(line: &str, about: &About) -> Option<Probe> {
    let place = selector(about, &["instance", "mountpoint"])?;
    let over = duration::first(line).filter(|seconds| *seconds >= 60).unwrap_or(86_400);
    let query = format!("deriv(node_filesystem_avail_bytes{{{place}}}[{over}s]) > bool 0");
    Some(Probe::Truth { query, not_before: over })
}

/// `<!-- verify: up{instance="{instance}"} == 1 for 60s -->`: `{label}` is the alert's label, in
/// quotes only.
pub(super) fn annotated(written: &str, about: &About) -> Probe {
    let (query, hold) = match written.rsplit_once(" for ") {
        Some((query, time)) => match duration::first(time) {
            Some(seconds) => (query, seconds),
            None => (written, 0),
        },
        None => (written, 0),
    };
    match filled(query, about) {
        Ok(query) => Probe::Query { query, hold },
        Err(label) => manual(&format!("the alert has no label {label}, or it does not stand in quotes")),
    }
}

/// The query with the labels filled in, in one pass: a value is never looked at again. The error is
/// the label that is missing.
fn filled(query: &str, about: &About) -> Result<String, String> {
    let mut text = String::with_capacity(query.len());
    let mut rest = query;
    let mut in_quotes = false;
    while let Some(at) = rest.find(['"', '{', '\\']) {
        let (before, tail) = rest.split_at(at);
        text.push_str(before);
        let name = tail.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        if let Some((name, after)) = name.filter(|(name, _)| in_quotes && is_label(name)) {
            text.push_str(&quoted(about.labels.get(name).ok_or_else(|| name.to_owned())?));
            rest = after;
            continue;
        }
        let mut chars = tail.chars();
        let first = chars.next().unwrap_or_default();
        text.push(first);
        if first == '"' {
            in_quotes = !in_quotes;
        } else if first == '\\' {
            text.extend(chars.next());
        }
        rest = chars.as_str();
    }
    text.push_str(rest);
    Ok(text)
}

fn is_label(name: &str) -> bool {
    name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
        && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
}

const fn truth(query: String) -> Probe {
    Probe::Truth { query, not_before: 0 }
}

/// The number right behind the first `mark`.
fn number_after(line: &str, mark: char) -> Option<u32> {
    let (_, rest) = line.split_once(mark)?;
    let rest = rest.trim_start();
    let end = rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn about(value: &str) -> About {
        About { labels: [("instance", value)].into_iter().collect(), ..About::default() }
    }

    #[test]
    fn annotations_are_filled_in_quotes_only() {
        let told = |written: &str, value: &str| match annotated(written, &about(value)) {
            Probe::Query { query, hold } => (query, hold),
            other => (other.describe(), 0),
        };
        assert_eq!(
            told("up{instance=\"{instance}\"} == 1 for 60s", "a:1"),
            ("up{instance=\"a:1\"} == 1".into(), 60)
        );
        assert_eq!(
            told("up{instance=\"{instance}\"}", "x\"} or vector(1) #").0,
            "up{instance=\"x\\\"} or vector(1) #\"}"
        );
        assert_eq!(told("up{instance=\"{instance}\"}", "{instance}").0, "up{instance=\"{instance}\"}");
        assert_eq!(told("up{instance=\"\\\"{instance}\"}", "a").0, "up{instance=\"\\\"a\"}");
        assert!(told("up{job=\"{job}\"}", "a").0.contains("no label job"));
        assert_eq!(told("up{instance}", "a").0, "up{instance}");
    }

    proptest! {
        #[test]
        fn a_value_never_leaves_its_quotes(value in "\\PC{1,20}") {
            let Probe::Query { query, .. } = annotated("up{instance=\"{instance}\"}", &about(&value)) else {
                return Err(TestCaseError::fail("a query"));
            };
            let inner = query.strip_prefix("up{instance=\"").and_then(|rest| rest.strip_suffix("\"}"));
            let inner = inner.ok_or_else(|| TestCaseError::fail("its frame"))?;
            let mut escaped = false;
            for char in inner.chars() {
                prop_assert!(escaped || char != '"');
                escaped = char == '\\' && !escaped;
            }
            prop_assert!(!escaped);
        }
    }
}
