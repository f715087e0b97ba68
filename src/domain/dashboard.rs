//! Dashboards of Grafana, and which of them are about an alert or a host.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::alert::Alert;

/// A dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dashboard {
    /// Its title.
    pub title: Arc<str>,
    /// The folder that it is in; empty for none.
    pub folder: Arc<str>,
    /// Its tags.
    pub tags: Vec<Arc<str>>,
    /// Where a browser finds it.
    pub url: Arc<str>,
}

impl Dashboard {
    /// Where a browser finds it, at this time and with these variables; a dashboard without such a variable
    /// does not mind.
    pub fn at(&self, from: DateTime<Utc>, to: DateTime<Utc>, variables: &[(&str, &str)]) -> String {
        let mut url = format!("{}?from={}&to={}", self.url, from.timestamp_millis(), to.timestamp_millis());
        for (name, value) in variables {
            url.extend(["&var-", name, "=", &encoded(value)]);
        }
        url
    }
}

/// How long before an alert a dashboard begins.
const BEFORE: TimeDelta = TimeDelta::hours(1);

/// The labels that dashboards have variables for.
const VARIABLES: [&str; 5] = ["host", "instance", "job", "node", "service"];

/// The dashboards that are about an alert, what fits best first, each with its link at that time.
pub fn about_alert<'d>(
    alert: &Alert,
    all: &'d [Dashboard],
    now: DateTime<Utc>,
) -> Vec<(&'d Dashboard, String)> {
    let mut wanted: Vec<(String, u32)> = words(&alert.name).map(|word| (word, 2)).collect();
    for (name, value) in alert.labels.iter().filter(|(name, _)| *name != "alertname" && *name != "severity") {
        let weight = if VARIABLES.contains(&name) { 3 } else { 1 };
        wanted.extend(words(value).map(|word| (word, weight)));
    }
    let variables: Vec<(&str, &str)> =
        VARIABLES.iter().filter_map(|name| Some((*name, alert.labels.get(name)?))).collect();
    fitting(&wanted, all)
        .into_iter()
        .map(|dashboard| (dashboard, dashboard.at(alert.starts_at - BEFORE, now, &variables)))
        .collect()
}

/// The dashboards that are about a host.
pub fn about_host<'d>(
    host: &str,
    instances: &[Arc<str>],
    all: &'d [Dashboard],
    now: DateTime<Utc>,
) -> Vec<(&'d Dashboard, String)> {
    let mut wanted: Vec<(String, u32)> = words(host).map(|word| (word, 3)).collect();
    wanted.extend(["node", "host", "system"].map(|word| (word.to_owned(), 1)));
    let mut variables = vec![("host", host)];
    variables.extend(instances.first().map(|instance| ("instance", &**instance)));
    let from = now - TimeDelta::hours(6);
    let found = fitting(&wanted, all).into_iter();
    found.map(|dashboard| (dashboard, dashboard.at(from, now, &variables))).collect()
}

/// So many are told.
const TOLD: usize = 3;

/// The dashboards whose title or tags have the most of these words, the best first.
fn fitting<'d>(wanted: &[(String, u32)], all: &'d [Dashboard]) -> Vec<&'d Dashboard> {
    let score = |dashboard: &Dashboard| -> u32 {
        let texts = dashboard.tags.iter().chain([&dashboard.title]);
        let have: BTreeSet<String> = texts.flat_map(|text| words(text)).collect();
        let mut counted = BTreeSet::new();
        let hits = wanted.iter().filter(|(word, _)| have.contains(word) && counted.insert(word.clone()));
        hits.map(|(_, weight)| weight).sum()
    };
    let mut found: Vec<(u32, &Dashboard)> =
        all.iter().map(|dashboard| (score(dashboard), dashboard)).collect();
    found.retain(|(score, _)| *score > 1);
    found.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.title.cmp(&other.1.title)));
    found.into_iter().take(TOLD).map(|(_, dashboard)| dashboard).collect()
}

/// The words of a text, in small letters: `HostDown` has two, and numbers alone are none.
fn words(text: &str) -> impl Iterator<Item = String> + use<> {
    let mut all: Vec<String> = vec![String::new()];
    let mut before = ' ';
    for char in text.chars() {
        let begins = char.is_uppercase() && before.is_lowercase() || !char.is_alphanumeric();
        if begins {
            all.push(String::new());
        }
        if char.is_alphanumeric()
            && let Some(last) = all.last_mut()
        {
            last.extend(char.to_lowercase());
        }
        before = char;
    }
    all.into_iter().filter(|word| word.chars().count() > 2 && word.chars().any(char::is_alphabetic))
}

/// A value as a part of a query.
fn encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _written = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::correlate;
    use crate::domain::made::now;

    fn dashboard(title: &str, tags: &[&str]) -> Dashboard {
        Dashboard {
            title: title.into(),
            folder: "".into(),
            tags: tags.iter().map(|&tag| tag.into()).collect(),
            url: format!("http://g/d/{}", title.len()).into(),
        }
    }

    #[test]
    fn what_shares_the_most_words_comes_first() {
        let all = [
            dashboard("Loki", &["logs"]),
            dashboard("Node Exporter Full", &["node", "linux"]),
            dashboard("Nextcloud", &["service", "lxc210"]),
            dashboard("Disk health", &["smart", "vm102"]),
        ];
        let mut alert = correlate::tests::alert("DiskSpaceLow", "10.0.0.22:9100");
        alert.labels = alert.labels.with(&[("host", "lxc210"), ("job", "node")].into_iter().collect());
        let found = about_alert(&alert, &all, now());
        let titles: Vec<&str> = found.iter().map(|(dashboard, _)| &*dashboard.title).collect();
        assert_eq!(titles, ["Nextcloud", "Node Exporter Full", "Disk health"]);
        let end = now().timestamp_millis();
        let wanted = format!(
            "http://g/d/9?from=-3600000&to={end}&var-host=lxc210&var-instance=10.0.0.22%3A9100&var-job=node"
        );
        assert_eq!(found[0].1, wanted, "from an hour before it began");
        let of_host = about_host("vm102", &["10.0.0.21:9100".into()], &all, now());
        let titles: Vec<&str> = of_host.iter().map(|(dashboard, _)| &*dashboard.title).collect();
        assert_eq!(titles, ["Disk health"]);
        assert!(about_alert(&correlate::tests::alert("X", "y"), &all, now()).is_empty());
    }
}
