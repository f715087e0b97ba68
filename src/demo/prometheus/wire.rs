//! What Prometheus' answers look like.

use serde::Serialize;

use crate::domain::labels::Labels;

#[derive(Serialize)]
pub struct Done<'a, T> {
    pub status: &'static str,
    pub data: &'a T,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failed<'a> {
    pub status: &'static str,
    pub error_type: &'a str,
    pub error: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Targets<'a> {
    pub active_targets: Vec<ActiveTarget<'a>>,
    pub dropped_targets: [(); 0],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ActiveTarget<'a> {
    pub discovered_labels: Discovered<'a>,
    pub labels: &'a Labels,
    pub scrape_pool: &'a str,
    pub scrape_url: String,
    pub global_url: String,
    pub last_error: String,
    pub last_scrape: String,
    pub last_scrape_duration: f64,
    pub health: &'static str,
    pub scrape_interval: &'static str,
    pub scrape_timeout: &'static str,
}

#[derive(Serialize)]
pub struct Discovered<'a> {
    #[serde(rename = "__address__")]
    pub address: &'a str,
    #[serde(rename = "__metrics_path__")]
    pub metrics_path: &'a str,
    #[serde(rename = "__scheme__")]
    pub scheme: &'a str,
    #[serde(rename = "__scrape_interval__")]
    pub scrape_interval: &'a str,
    #[serde(rename = "__scrape_timeout__")]
    pub scrape_timeout: &'a str,
    pub job: &'a str,
}

#[derive(Serialize)]
pub struct Alerts<'a> {
    pub alerts: Vec<Alert<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Alert<'a> {
    pub labels: &'a Labels,
    pub annotations: &'a Labels,
    pub state: &'static str,
    pub active_at: String,
    pub value: String,
}

#[derive(Serialize)]
pub struct Groups<'a> {
    pub groups: Vec<Group<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Group<'a> {
    pub name: &'a str,
    pub file: &'a str,
    pub rules: Vec<Rules<'a>>,
    pub interval: u32,
    pub limit: u32,
    pub evaluation_time: f64,
    pub last_evaluation: String,
}

#[derive(Serialize)]
#[serde(untagged)]
pub enum Rules<'a> {
    Alerting(Box<Rule<'a>>),
    Recording(Recording<'a>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule<'a> {
    pub state: &'static str,
    pub name: &'a str,
    pub query: &'a str,
    pub duration: i64,
    pub keep_firing_for: i64,
    pub labels: Labels,
    pub annotations: Labels,
    pub alerts: Vec<Alert<'a>>,
    pub health: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<&'a str>,
    pub evaluation_time: f64,
    pub last_evaluation: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recording<'a> {
    pub name: &'a str,
    pub query: &'a str,
    pub health: &'static str,
    pub evaluation_time: f64,
    pub last_evaluation: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Runtime<'a> {
    pub start_time: String,
    #[serde(rename = "CWD")]
    pub cwd: &'a str,
    pub reload_config_success: bool,
    pub last_config_time: String,
    pub corruption_count: u32,
    pub goroutine_count: u32,
    #[serde(rename = "GOMAXPROCS")]
    pub gomaxprocs: u32,
    #[serde(rename = "GOGC")]
    pub gogc: &'a str,
    #[serde(rename = "GODEBUG")]
    pub godebug: &'a str,
    pub storage_retention: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pools<'a> {
    pub scrape_pools: Vec<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Alertmanagers {
    pub active_alertmanagers: [Url; 2],
    pub dropped_alertmanagers: [Url; 0],
}

#[derive(Serialize)]
pub struct Url {
    pub url: String,
}

#[derive(Serialize)]
pub struct Config<'a> {
    pub yaml: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Server {
    version: &'static str,
    revision: &'static str,
    branch: &'static str,
    build_user: &'static str,
    build_date: &'static str,
    go_version: &'static str,
}

/// The server that the lab plays.
pub const BUILD: Server = Server {
    version: "2.42.0+ds",
    revision: "2.42.0+ds-5+deb12u1",
    branch: "debian/sid",
    build_user: "wardroom demo lab",
    build_date: "20260604-00:58:54",
    go_version: "go1.19.8",
};

/// The result of a query.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Queried<T> {
    pub result_type: &'static str,
    pub result: Vec<T>,
}

#[derive(Serialize)]
pub struct Sample {
    pub metric: Labels,
    pub value: (f64, String),
}

#[derive(Serialize)]
pub struct Series {
    pub metric: Labels,
    pub values: Vec<(f64, String)>,
}
