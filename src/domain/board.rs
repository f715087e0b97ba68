//! What a dashboard of Grafana shows: its panels, which of the golden signals they are about, and where
//! their thresholds lie.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::dashboard::Dashboard;
use super::promql;

/// A dashboard with what is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    /// Where it is, and what it is called.
    pub dashboard: Dashboard,
    /// Who keeps it: as a tag `owner:NAME` says, else who made it; empty when nobody says.
    pub owner: Arc<str>,
    /// Where it leads to: a title and an address each.
    pub links: Vec<Link>,
    /// Its panels, in their order; or why they are not known.
    pub panels: Result<Vec<Panel>, Arc<str>>,
}

/// A link of a dashboard or a panel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What it says.
    pub title: Arc<str>,
    /// Where it leads to.
    pub url: Arc<str>,
}

/// A panel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Panel {
    /// What it is called; empty for none.
    pub title: Arc<str>,
    /// `timeseries`, `stat`, `gauge`, `table`, ...
    pub kind: Arc<str>,
    /// The unit of its values as Grafana names it; empty for none.
    pub unit: Arc<str>,
    /// What it asks for.
    pub queries: Vec<Arc<str>>,
    /// Where something changes its colour or alerts, in words: `red from 90`.
    pub thresholds: Vec<Arc<str>>,
    /// Where it leads to.
    pub links: Vec<Link>,
}

/// A golden signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::AsRefStr)]
#[strum(serialize_all = "lowercase")]
pub enum Signal {
    /// How long it takes.
    Latency,
    /// How much is asked of it.
    Traffic,
    /// What fails.
    Errors,
    /// How full it is.
    Saturation,
}

/// Words in the names of metrics that tell which signal it is; the first that fits counts, so that
/// `http_request_duration_seconds` is no traffic and `node_network_receive_errs_total` an error.
const WORDS: [(Signal, &[&str]); 4] = [
    (Signal::Latency, &["duration", "latency", "response_time", "rtt", "delay", "_time_seconds"]),
    (
        Signal::Errors,
        &[
            "error",
            "errs",
            "fail",
            "drop",
            "unhealthy",
            "restart",
            "oom",
            "5xx",
            "timeout",
            "exceptions",
            "probe_success",
            "up",
            "health",
        ],
    ),
    (
        Signal::Traffic,
        &[
            "request",
            "receive",
            "transmit",
            "packets",
            "queries",
            "reads",
            "writes",
            "connections",
            "sessions",
        ],
    ),
    (
        Signal::Saturation,
        &[
            "cpu",
            "memory",
            "swap",
            "filesystem",
            "disk",
            "node_load",
            "avail",
            "free",
            "used",
            "usage",
            "queue",
            "pressure",
            "files",
            "fds",
            "size",
            "capacity",
        ],
    ),
];

/// Which signal a metric is, by its name; nothing where the name does not tell.
pub fn signal(metric: &str) -> Option<Signal> {
    let name = metric.to_lowercase();
    let has = |word: &&str| match *word {
        // Two letters are in almost every name.
        "up" => name == "up" || name.ends_with("_up"),
        word => name.contains(word),
    };
    WORDS.iter().find(|(_, words)| words.iter().any(has)).map(|(signal, _)| *signal)
}

impl Panel {
    /// The metrics that it asks for, by name, each once.
    pub fn metrics(&self) -> BTreeSet<&str> {
        self.queries.iter().flat_map(|query| promql::metrics(query)).collect()
    }

    /// The signals that it is about.
    pub fn signals(&self) -> BTreeSet<Signal> {
        self.metrics().into_iter().filter_map(signal).collect()
    }
}

impl Board {
    /// Its panels; none while they are not known.
    pub fn known(&self) -> &[Panel] {
        self.panels.as_deref().unwrap_or_default()
    }

    /// The metrics that it shows.
    pub fn metrics(&self) -> BTreeSet<&str> {
        self.known().iter().flat_map(Panel::metrics).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_tells_its_signal_by_its_name() {
        for (metric, told) in [
            ("http_request_duration_seconds_bucket", Some(Signal::Latency)),
            ("probe_duration_seconds", Some(Signal::Latency)),
            ("node_network_receive_errs_total", Some(Signal::Errors)),
            ("up", Some(Signal::Errors)),
            ("pve_up", Some(Signal::Errors)),
            ("node_network_receive_bytes_total", Some(Signal::Traffic)),
            ("http_requests_total", Some(Signal::Traffic)),
            ("node_filesystem_avail_bytes", Some(Signal::Saturation)),
            ("node_cpu_seconds_total", Some(Signal::Saturation)),
            ("group_backup_count", None),
            ("snapraid_parity_age", None),
        ] {
            assert_eq!(signal(metric), told, "{metric}");
        }
    }
}
