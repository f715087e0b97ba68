//! Proxmox VE: guests, storages, backup jobs and tasks of one node. The shapes are those of 9.2.
//! What it says of errors stands in `message`; booleans are 0 and 1.

mod guests;
mod tasks;

use std::sync::Arc;
use std::time::Duration;

use axum::http::header::AUTHORIZATION;
use axum::http::{Method, StatusCode};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};

use super::PVE_TOKEN;
use super::script::Script;
use super::script::guests::NODE;
use super::serve::{Answer, Api, Ask};

const JSON: &str = "application/json;charset=UTF-8";

/// What a refused login takes.
const LOGIN: Duration = Duration::from_secs(3);

/// The hypervisor.
#[derive(Debug)]
pub struct Pve {
    script: Arc<Script>,
}

/// The time of an answer in Unix seconds.
type Seconds = i64;

impl Pve {
    pub const fn new(script: Arc<Script>) -> Self {
        Self { script }
    }

    /// The answer of a path below `/api2/json`; `None` if there is no such path.
    fn read(&self, path: &[&str], ask: &Ask, now: Seconds) -> Option<Result<Answer, Answer>> {
        let checked = |known: &[&str]| accepts(ask, known);
        Some(match path {
            ["version"] => checked(&[]).map(|()| {
                data(&json!({
                    "version": "9.2.11", "release": "9.2", "repoid": "14a22df35955d97d", "console": "xtermjs"
                }))
            }),
            ["access", "permissions"] => checked(&["path", "userid"]).map(|()| permissions()),
            ["cluster", "resources"] => {
                checked(&["type"]).and_then(|()| guests::resources(&self.script, ask, now))
            }
            ["cluster", "status"] => checked(&[]).map(|()| {
                data(&json!([{
                    "id": "node/pve", "ip": "10.0.0.10", "level": "", "local": 1, "name": NODE, "nodeid": 0,
                    "online": 1, "type": "node"
                }]))
            }),
            ["cluster", "backup"] => checked(&[]).map(|()| tasks::jobs(&self.script, now)),
            ["cluster", "backup-info", "not-backed-up"] => {
                checked(&[]).map(|()| guests::uncovered(self.script.scenario))
            }
            ["nodes"] => checked(&[]).map(|()| guests::nodes(&self.script, now)),
            ["nodes", node, ..] if *node != NODE => Err(error(
                StatusCode::INTERNAL_SERVER_ERROR,
                &format!("hostname lookup '{node}' failed - failed to get address info"),
            )),
            ["nodes", _, "tasks"] => tasks::list(&self.script, ask, now),
            ["nodes", _, "tasks", upid, "status"] => {
                checked(&[]).and_then(|()| tasks::status(&self.script, upid, now))
            }
            ["nodes", _, "tasks", upid, "log"] => tasks::log(&self.script, upid, ask, now),
            ["nodes", _, kind @ ("qemu" | "lxc"), vmid, "config"] => checked(&["current", "snapshot"])
                .and_then(|()| guests::config(self.script.scenario, kind, vmid)),
            _ => return None,
        })
    }
}

impl Api for Pve {
    fn answer(&self, ask: &Ask, now: DateTime<Utc>) -> Answer {
        let parts = ask.parts();
        let ["api2", "json", path @ ..] = parts.as_slice() else {
            return Answer::new(StatusCode::NOT_FOUND, "", "no such file");
        };
        if let Err(why) = login(ask) {
            return Answer::new(StatusCode::UNAUTHORIZED, "", why).after(LOGIN);
        }
        let missing = || {
            let path = path.join("/");
            error(StatusCode::NOT_IMPLEMENTED, &format!("Method '{} /{path}' not implemented", ask.method))
        };
        match ask.method {
            Method::GET => self
                .read(path, ask, now.timestamp())
                .map_or_else(missing, |answer| answer.unwrap_or_else(|refusal| refusal)),
            Method::POST => refused(path).unwrap_or_else(missing),
            _ => missing(),
        }
    }
}

/// What the lab's token is refused: it may only look.
fn refused(path: &[&str]) -> Option<Answer> {
    let needed = match path {
        ["nodes", _, "qemu" | "lxc", vmid, "status", _] => format!("/vms/{vmid}, VM.PowerMgmt"),
        ["nodes", _, "vzdump"] => "/, VM.Backup".to_owned(),
        _ => return None,
    };
    Some(error(StatusCode::FORBIDDEN, &format!("Permission check failed ({needed})")))
}

/// Checks the token; the error is the server's reason.
fn login(ask: &Ask) -> Result<(), &'static str> {
    match ask.header(AUTHORIZATION).strip_prefix("PVEAPIToken=") {
        None => Err("No ticket"),
        Some(token) if token == PVE_TOKEN => Ok(()),
        Some(_) => Err("Authentication failed!"),
    }
}

/// What PVEAuditor on `/` comes to.
fn permissions() -> Answer {
    let all = json!({
        "Datastore.Audit": 1, "Mapping.Audit": 1, "Pool.Audit": 1, "SDN.Audit": 1, "Sys.Audit": 1, "VM.Audit": 1
    });
    let paths = ["/", "/access", "/nodes", "/pool", "/sdn", "/storage", "/vms"];
    data(&paths.iter().map(|path| ((*path).to_owned(), all.clone())).collect::<serde_json::Map<_, Value>>())
}

/// Refuses parameters that a path does not know.
fn accepts(ask: &Ask, known: &[&str]) -> Result<(), Answer> {
    match ask.query.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some((name, _)) => Err(parameter(
            name,
            "property is not defined in schema and the schema does not allow additional properties",
        )),
    }
}

/// A parameter that is not as it should be.
fn parameter(name: &str, why: &str) -> Answer {
    let body =
        json!({ "data": null, "errors": { name: why }, "message": "Parameter verification failed.\n" });
    Answer::new(StatusCode::BAD_REQUEST, JSON, body.to_string())
}

/// An error with its text.
fn error(status: StatusCode, text: &str) -> Answer {
    Answer::new(status, JSON, json!({ "data": null, "message": format!("{text}\n") }).to_string())
}

fn data(value: &impl Serialize) -> Answer {
    #[derive(Serialize)]
    struct Data<'a, T> {
        data: &'a T,
    }
    Answer::json(JSON, &Data { data: value })
}
