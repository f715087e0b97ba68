//! Chores of a backup server: a snapshot verified or protected, a job run.

use std::borrow::Cow;
use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;

use super::silence::refusal;
use crate::domain::backup::GroupId;
use crate::domain::chore::Chore;
use crate::domain::deed::Receipt;
use crate::domain::job::JobKind;
use crate::net::{Client, encoded};
use crate::sources::SourceError;
use crate::text::sanitise;

/// The server waits ten seconds for a run of the same job that is under way, and then says no.
const PATIENCE: Duration = Duration::from_secs(18);

#[derive(Deserialize)]
struct Started {
    data: String,
}

/// Does it. The receipt bears the UPID of the task that was started; it is empty when there is none.
pub(super) async fn carry_out(door: &Client, chore: &Chore) -> Result<Receipt, SourceError> {
    let (method, path, form) = request(chore);
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, &**value)).collect();
    let path = format!("/api2/json/admin{path}");
    let answer = door.send_form(method, &path, &form, PATIENCE).await.map_err(refusal)?;
    if !chore.is_task() {
        return Ok(Receipt { id: "".into() });
    }
    let started = serde_json::from_slice::<Started>(&answer.body).map_err(|error| {
        SourceError::strange(door.endpoint().join(&path), "Proxmox Backup Server's API", &error)
    })?;
    Ok(Receipt { id: sanitise(&started.data).as_ref().into() })
}

type Form = Vec<(&'static str, Cow<'static, str>)>;

fn request(chore: &Chore) -> (Method, String, Form) {
    match chore {
        Chore::Verify { group, at } => {
            let mut form = snapshot(group, at.timestamp());
            // Else one that was verified before is passed over, and the task says that all is well.
            form.push(("ignore-verified", "0".into()));
            (Method::POST, format!("/datastore/{}/verify", encoded(&group.datastore)), form)
        }
        Chore::Protect { group, at, on } => {
            let mut form = snapshot(group, at.timestamp());
            form.push(("protected", if *on { "1" } else { "0" }.into()));
            (Method::PUT, format!("/datastore/{}/protected", encoded(&group.datastore)), form)
        }
        Chore::Run { kind: JobKind::Gc, datastore, .. } => {
            (Method::POST, format!("/datastore/{}/gc", encoded(datastore)), Vec::new())
        }
        Chore::Run { kind, id, .. } => (Method::POST, format!("/{kind}/{}/run", encoded(id)), Vec::new()),
    }
}

fn snapshot(group: &GroupId, at: i64) -> Form {
    let own = |text: &str| Cow::from(text.to_owned());
    let mut form = vec![
        ("backup-type", own(&group.kind)),
        ("backup-id", own(&group.id)),
        ("backup-time", own(&at.to_string())),
    ];
    if !group.namespace.is_empty() {
        form.push(("ns", own(&group.namespace)));
    }
    form
}
