//! What the credentials of a source may do: read all that is asked of it, and perhaps more than that.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::header::HeaderMap;
use serde::Deserialize;

use super::Finding;
use crate::domain::feed::SourceKind;
use crate::sources::Source;
use crate::text::sanitise;

/// Privileges by path, as both servers of Proxmox tell them.
#[derive(Deserialize)]
struct Permissions {
    data: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
}

/// What is told when nothing that was asked of a source was refused or hidden; `None` of one without a server.
pub(super) async fn look(source: &dyn Source, id: &str) -> Option<Finding> {
    let doors = source.doors();
    doors.first()?;
    let Some(credential) = doors.iter().find_map(|door| door.endpoint().credential()) else {
        return Some(Finding::ok("rights", id, "it lets everybody read, without credentials"));
    };
    let text = format!("{credential} may read all that is asked of it");
    let all = privileges(source).await.unwrap_or_default();
    let more = beyond_reading(&all);
    if more.is_empty() {
        return Some(Finding::ok("rights", id, text));
    }
    Some(Finding::note(
        "rights",
        id,
        format!("{text}, and may do more: {}", more.join(", ")),
        "leave it so if you act on this server from here, else give it the roles that `wardroom init` lists alone",
    ))
}

/// What a token of Proxmox may do, anywhere.
async fn privileges(source: &dyn Source) -> Option<BTreeSet<String>> {
    if !matches!(source.id().kind, SourceKind::Pbs | SourceKind::Pve) {
        return None;
    }
    let door = source.doors().first()?;
    let answer = door.get("/api2/json/access/permissions", &[], HeaderMap::new()).await.ok()?;
    read(&answer.body)
}

fn read(body: &[u8]) -> Option<BTreeSet<String>> {
    let told: Permissions = serde_json::from_slice(body).ok()?;
    let names = told.data.into_values().flat_map(BTreeMap::into_keys);
    Some(names.map(|name| sanitise(&name).into_owned()).collect())
}

/// Those that change something, or show what is backed up.
fn beyond_reading(all: &BTreeSet<String>) -> Vec<&str> {
    all.iter().map(String::as_str).filter(|name| !name.ends_with(".Audit")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_looks_is_no_more_than_is_needed() {
        let pbs =
            r#"{"data":{"/":{"Datastore.Audit":true,"Datastore.Prune":true},"/system":{"Sys.Audit":false}}}"#;
        let pve =
            r#"{"data":{"/":{"VM.PowerMgmt":1,"VM.GuestAgent.Audit":1},"/vms/100":{"VM.PowerMgmt":1}}}"#;
        let auditor = r#"{"data":{"/":{"VM.Audit":1,"Sys.Audit":1}}}"#;
        for (body, more) in
            [(pbs, Vec::from(["Datastore.Prune"])), (pve, Vec::from(["VM.PowerMgmt"])), (auditor, Vec::new())]
        {
            assert_eq!(beyond_reading(&read(body.as_bytes()).expect("permissions")), more);
        }
        assert_eq!(read(b"<html>"), None);
    }
}
