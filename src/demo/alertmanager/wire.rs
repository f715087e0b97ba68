//! What Alertmanager's answers look like.

use serde::Serialize;

use crate::domain::labels::Labels;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Alert<'a> {
    pub annotations: &'a Labels,
    pub ends_at: String,
    pub fingerprint: &'a str,
    pub receivers: [Name<'a>; 1],
    pub starts_at: String,
    pub status: AlertStatus<'a>,
    pub updated_at: String,
    #[serde(rename = "generatorURL")]
    pub generator_url: String,
    pub labels: &'a Labels,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertStatus<'a> {
    pub inhibited_by: Vec<&'a str>,
    pub silenced_by: Vec<String>,
    pub state: &'static str,
}

#[derive(Clone, Copy, Serialize)]
pub struct Name<'a> {
    pub name: &'a str,
}

#[derive(Serialize)]
pub struct Group<'a> {
    pub alerts: Vec<Alert<'a>>,
    pub labels: Labels,
    pub receiver: Name<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Silence<'a> {
    pub id: &'a str,
    pub status: SilenceStatus,
    pub updated_at: String,
    pub comment: &'a str,
    pub created_by: &'a str,
    pub ends_at: String,
    pub matchers: Vec<Matcher<'a>>,
    pub starts_at: String,
}

#[derive(Serialize)]
pub struct SilenceStatus {
    pub state: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Matcher<'a> {
    pub is_equal: bool,
    pub is_regex: bool,
    pub name: &'a str,
    pub value: &'a str,
}

#[derive(Serialize)]
pub struct Made {
    #[serde(rename = "silenceID")]
    pub silence_id: String,
}

#[derive(Serialize)]
pub struct Coded<'a> {
    pub code: u16,
    pub message: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status<'a> {
    pub cluster: Members<'a>,
    pub config: Config,
    pub uptime: String,
    pub version_info: Server,
}

#[derive(Serialize)]
pub struct Members<'a> {
    pub name: &'a str,
    pub peers: Vec<Member<'a>>,
    pub status: &'static str,
}

#[derive(Serialize)]
pub struct Member<'a> {
    pub address: &'a str,
    pub name: &'a str,
}

#[derive(Serialize)]
pub struct Config {
    pub original: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Server {
    branch: &'static str,
    build_date: &'static str,
    build_user: &'static str,
    go_version: &'static str,
    revision: &'static str,
    version: &'static str,
}

/// The server that the lab plays.
pub const VERSION: Server = Server {
    branch: "debian/sid",
    build_date: "20230203-03:10:24",
    build_user: "wardroom demo lab",
    go_version: "go1.19.5",
    revision: "0.25.0-1+b4",
    version: "0.25.0",
};
