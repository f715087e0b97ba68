//! Proxmox Backup Server: datastores, groups, snapshots, tasks and jobs. The shapes are those of
//! 3.2. Success is JSON, errors are text that claims to be JSON.

mod stores;
mod tasks;

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::AUTHORIZATION;
use axum::http::{Method, StatusCode};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;

use super::TOKEN;
use super::script::Script;
use super::script::mix;
use super::serve::{Answer, Api, Ask};

const JSON: &str = "application/json;charset=UTF-8";

/// What a refused login takes, and what most refused rights take.
const LOGIN: Duration = Duration::from_secs(3);
const RIGHT: Duration = Duration::from_millis(500);

/// The server.
#[derive(Debug)]
pub struct Pbs {
    script: Arc<Script>,
}

/// The time of an answer in Unix seconds, which is how this server counts.
type Seconds = i64;

impl Pbs {
    pub const fn new(script: Arc<Script>) -> Self {
        Self { script }
    }

    /// The answer of a path below `/api2/json`; `None` if there is no such path.
    fn read(&self, path: &[&str], ask: &Ask, now: Seconds) -> Option<Result<Answer, Answer>> {
        let checked = |known: &[&str]| accepts(ask, known);
        Some(match path {
            ["version"] => checked(&[]).map(|()| {
                data(&json!({
                    "release": "4", "repoid": "4940514b0f05d6cd6a5f711edfdd47c1fa41b537", "version": "3.2"
                }))
            }),
            ["access", "permissions"] => checked(&["auth-id", "path"]).map(|()| permissions()),
            ["admin", "datastore"] => checked(&[]).map(|()| stores::list()),
            ["admin", "datastore", store, "namespace"] => {
                checked(&["parent", "max-depth"]).and_then(|()| stores::namespaces(store))
            }
            ["admin", "datastore", store, "groups"] => {
                checked(&["ns"]).and_then(|()| stores::groups(&self.script.backups, store, ask, now))
            }
            ["admin", "datastore", store, "snapshots"] => checked(&["ns", "backup-type", "backup-id"])
                .and_then(|()| stores::snapshots(&self.script.backups, store, ask, now)),
            ["admin", "datastore", store, "status"] => {
                checked(&["verbose"]).and_then(|()| stores::status(&self.script, store, ask, now))
            }
            ["admin", "datastore", store, "gc"] => {
                checked(&[]).and_then(|()| tasks::collected(&self.script.backups, store, now))
            }
            ["status", "datastore-usage"] => checked(&[]).map(|()| stores::usage(&self.script, now)),
            ["admin", "gc"] => {
                checked(&["store"]).map(|()| tasks::collections(&self.script.backups, ask, now))
            }
            ["admin", kind @ ("verify" | "prune" | "sync")] => {
                checked(&["store"]).map(|()| tasks::jobs(&self.script.backups, kind, ask, now))
            }
            ["nodes", node, rest @ ..] if !rest.is_empty() => {
                if let Err(refusal) = node_name(node) {
                    return Some(Err(refusal));
                }
                return self.node(rest, ask, now);
            }
            // No token may list the nodes.
            ["nodes"] => Err(text(StatusCode::FORBIDDEN, "permission check failed").after(RIGHT)),
            _ => return None,
        })
    }

    fn node(&self, path: &[&str], ask: &Ask, now: Seconds) -> Option<Result<Answer, Answer>> {
        Some(match path {
            ["status"] => accepts(ask, &[]).map(|()| self.status(now)),
            ["services"] => accepts(ask, &[]).map(|()| services()),
            ["time"] => accepts(ask, &[])
                .map(|()| data(&json!({ "localtime": now, "time": now, "timezone": "Etc/UTC" }))),
            ["tasks"] => tasks::list(&self.script.backups, ask, now),
            ["tasks", upid, "status"] => tasks::status(&self.script.backups, upid, now),
            ["tasks", upid, "log"] => tasks::log(&self.script.backups, upid, ask, now),
            _ => return None,
        })
    }

    fn status(&self, now: Seconds) -> Answer {
        let roll = |what: u64, most: u64| mix(&[self.script.seed, now.unsigned_abs() / 10, what]) % most;
        let running = self.script.backups.tasks(now).first().is_some_and(|task| task.is_running(now));
        let cpu = (if running { 380.0 } else { 20.0 } + roll(1, 60) as f64) / 1000.0;
        let (memory, used) = (8_589_934_592_u64, 2_147_483_648 + roll(2, 90) * 1_048_576);
        data(&json!({
            "boot-info": { "mode": "efi", "secureboot": false },
            "cpu": cpu,
            "cpuinfo": { "cpus": 4, "model": "Intel(R) N100", "sockets": 1 },
            "current-kernel": { "machine": "x86_64", "release": "6.8.12-1-pve", "sysname": "Linux",
                "version": "#1 SMP PREEMPT_DYNAMIC PMX 6.8.12-1" },
            "info": { "fingerprint": "5e:22:af:e5:c7:71:2c:0f:57:c9:02:2e:00:d9:c2:f0:65:68:03:76:7d:5a:d0:45:e1:f2:04:4b:c8:e5:56:3c" },
            "kversion": "Linux 6.8.12-1-pve #1 SMP PREEMPT_DYNAMIC PMX 6.8.12-1",
            "loadavg": [cpu * 4.0, 0.31, 0.28],
            "memory": { "free": memory - used, "total": memory, "used": used },
            "root": { "avail": 51_539_607_552_u64, "total": 67_012_644_864_u64, "used": 12_034_260_992_u64 },
            "swap": { "free": 0, "total": 0, "used": 0 },
            "uptime": now - self.script.anchor.timestamp() + 1_987_200,
            "wait": roll(3, 20) as f64 / 1000.0,
        }))
    }
}

impl Api for Pbs {
    fn answer(&self, ask: &Ask, now: DateTime<Utc>) -> Answer {
        let parts = ask.parts();
        let missing = || text(StatusCode::NOT_FOUND, &format!("Path '{}' not found.", ask.raw_path));
        let path = match parts.as_slice() {
            ["api2", "json", "ping"] if ask.method == Method::GET => return data(&json!({ "pong": true })),
            ["api2", "json", path @ ..] => path,
            ["api2", format, ..] => {
                let error = format!("Unsupported output format '{format}'.");
                return Answer::new(StatusCode::BAD_REQUEST, "", error);
            }
            _ => return missing(),
        };
        if let Err(why) = login(ask) {
            let error = format!("authentication failed - {why}");
            return Answer::new(StatusCode::UNAUTHORIZED, "", error).after(LOGIN);
        }
        let answer = match ask.method {
            Method::GET => self.read(path, ask, now.timestamp()),
            Method::POST => trigger(path).map(Err),
            _ => None,
        };
        answer.map_or_else(missing, |answer| answer.unwrap_or_else(|refusal| refusal))
    }
}

/// What the lab's token is refused: it may only look.
fn trigger(path: &[&str]) -> Option<Answer> {
    Some(match path {
        ["admin", "datastore", _, "gc"] => {
            text(StatusCode::FORBIDDEN, "permission check failed").after(RIGHT)
        }
        ["admin", "datastore", store, "verify"] => {
            let error = format!(
                "permission check failed - missing Datastore.Verify|Datastore.Backup on /datastore/{store}"
            );
            text(StatusCode::FORBIDDEN, &error)
        }
        ["admin", "verify", _, "run"] => {
            text(StatusCode::BAD_REQUEST, "missing permissions 'Datastore.Verify' on '/datastore/main'")
        }
        ["admin", "prune", _, "run"] => {
            text(StatusCode::BAD_REQUEST, "missing permissions 'Datastore.Modify' on '/datastore/main'")
        }
        ["admin", "sync", _, "run"] => text(StatusCode::BAD_REQUEST, "permission check failed"),
        _ => return None,
    })
}

/// Checks the token; the error is the server's reason.
fn login(ask: &Ask) -> Result<(), &'static str> {
    let header = ask.header(AUTHORIZATION);
    let given = header.strip_prefix("PBSAPIToken").ok_or("no authentication credentials provided.")?;
    let given = given.strip_prefix(['=', ' ']).ok_or("no authentication credentials provided.")?;
    let Some((name, secret)) = given.split_once(':') else {
        return Err(if given.contains('=') {
            "invalid token name"
        } else {
            "failed to split API token header"
        });
    };
    match TOKEN.split_once(':') {
        Some((known, _)) if known != name => Err("user account or token disabled or expired."),
        Some((_, right)) if right == secret => Ok(()),
        _ => Err("invalid credentials"),
    }
}

/// What runs on the server. Mail is not installed there.
fn services() -> Answer {
    let service = |name: &str, desc: &str, state: &str, unit: &str| {
        json!({
            "desc": desc, "name": format!("{name}.service"), "service": name, "state": state, "unit-state": unit,
        })
    };
    data(&[
        service("proxmox-backup", "Proxmox Backup API Server", "running", "enabled"),
        service("proxmox-backup-proxy", "Proxmox Backup API Proxy Server", "running", "enabled"),
        service("sshd", "OpenBSD Secure Shell server", "running", "enabled"),
        service("systemd-journald", "Journal Service", "running", "static"),
        service("cron", "Regular background program processing daemon", "running", "enabled"),
        service("postfix", "postfix.service", "dead", "not-found"),
        service("chrony", "chrony, an NTP client/server", "running", "enabled"),
    ])
}

fn permissions() -> Answer {
    let all = json!({ "Datastore.Audit": true, "Remote.Audit": true, "Sys.Audit": true });
    data(&json!({
        "/": all, "/access": all, "/datastore": { "Datastore.Audit": true },
        "/datastore/main": { "Datastore.Audit": true }, "/datastore/offsite": { "Datastore.Audit": true },
        "/remote": all, "/system": all,
    }))
}

/// Refuses parameters that a path does not know.
fn accepts(ask: &Ask, known: &[&str]) -> Result<(), Answer> {
    match ask.query.iter().find(|(name, _)| name != "_dc" && !known.contains(&name.as_str())) {
        None => Ok(()),
        Some((name, _)) => Err(parameter(name, "schema does not allow additional properties.")),
    }
}

/// A parameter that is not as it should be.
fn parameter(name: &str, why: &str) -> Answer {
    text(StatusCode::BAD_REQUEST, &format!("parameter verification failed - '{name}': {why}"))
}

fn node_name(node: &str) -> Result<(), Answer> {
    let fits = !node.is_empty() && node.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if fits { Ok(()) } else { Err(parameter("node", "value does not match the regex pattern")) }
}

/// A flag as this server reads it.
fn flag(ask: &Ask, name: &str) -> bool {
    ask.get(name).is_some_and(|text| matches!(text, "1" | "true" | "yes" | "on"))
}

fn data(value: &impl Serialize) -> Answer {
    #[derive(Serialize)]
    struct Data<'a, T> {
        data: &'a T,
    }
    Answer::json(JSON, &Data { data: value })
}

/// An error: text, under the content type of JSON.
fn text(status: StatusCode, error: &str) -> Answer {
    Answer::new(status, JSON, error)
}
