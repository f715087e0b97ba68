//! Questions to Proxmox Backup Server.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::jobs::JobItem;
use super::log::Page;
use super::server::{ServiceItem, Status, Time, Version};
use super::wire::{self, Permissions, SnapshotItem, TaskItem, Usage};
use crate::net::{Client, NetError};
use crate::sources::SourceError;
use crate::sources::wire::{Wrong, ask, encoded};

/// What the answers should have been.
const API: &str = "Proxmox Backup Server's API";

/// One server.
#[derive(Debug)]
pub(super) struct Api {
    pub client: Arc<Client>,
}

impl Api {
    /// Every datastore that the token may see; never fails because of one of them.
    pub async fn stores(&self) -> Result<Vec<wire::Store>, SourceError> {
        self.get("/admin/datastore", &[]).await
    }

    /// How full the datastores are. One whose directory vanished makes all of it fail.
    pub async fn usage(&self) -> Result<Vec<Usage>, SourceError> {
        self.get("/status/datastore-usage", &[]).await
    }

    /// How full one datastore is.
    pub async fn status(&self, store: &str) -> Result<Usage, SourceError> {
        self.get(&format!("/admin/datastore/{}/status", encoded(store)), &[]).await
    }

    /// The namespaces of a datastore, the root (an empty name) among them if it is readable.
    pub async fn namespaces(&self, store: &str) -> Result<Vec<wire::Namespace>, SourceError> {
        self.get(&format!("/admin/datastore/{}/namespace", encoded(store)), &[]).await
    }

    /// The groups of a namespace.
    pub async fn groups(&self, store: &str, namespace: &str) -> Result<Vec<wire::Group>, SourceError> {
        let query: &[_] = if namespace.is_empty() { &[] } else { &[("ns", namespace)] };
        self.get(&format!("/admin/datastore/{}/groups", encoded(store)), query).await
    }

    /// The snapshots of a group. The server reads a file for each of them.
    pub async fn snapshots(
        &self,
        store: &str,
        namespace: &str,
        group: &wire::Group,
    ) -> Result<Vec<SnapshotItem>, SourceError> {
        let mut query = vec![("backup-type", &*group.backup_type), ("backup-id", &*group.backup_id)];
        if !namespace.is_empty() {
            query.push(("ns", namespace));
        }
        self.get(&format!("/admin/datastore/{}/snapshots", encoded(store)), &query).await
    }

    /// Tasks.
    pub async fn tasks(&self, query: &[(&str, &str)]) -> Result<Vec<TaskItem>, SourceError> {
        // Any node name is good; a list of names is for nobody's token.
        self.get("/nodes/localhost/tasks", query).await
    }

    /// A piece of a task's log. A UPID has backslashes, which must not become a part of the path.
    pub async fn log(&self, upid: &str, query: &[(&str, &str)]) -> Result<Page, SourceError> {
        let path = format!("/api2/json/nodes/localhost/tasks/{}/log", encoded(upid));
        ask(&self.client, API, &path, query, |body| serde_json::from_str(body).map_err(Wrong::strange)).await
    }

    /// The jobs of a kind: `verify`, `prune`, `sync` or `gc`.
    pub async fn jobs(&self, kind: &str, query: &[(&str, &str)]) -> Result<Vec<JobItem>, SourceError> {
        self.get(&format!("/admin/{kind}"), query).await
    }

    /// The version of the server.
    pub async fn version(&self) -> Result<Version, SourceError> {
        self.get("/version", &[]).await
    }

    /// The time of the server, and its zone.
    pub async fn time(&self) -> Result<Time, SourceError> {
        self.get("/nodes/localhost/time", &[]).await
    }

    /// The machine under the server.
    pub async fn machine(&self) -> Result<Status, SourceError> {
        self.get("/nodes/localhost/status", &[]).await
    }

    /// The services of the server's system; one question to the system for each.
    pub async fn services(&self) -> Result<Vec<ServiceItem>, SourceError> {
        self.get("/nodes/localhost/services", &[]).await
    }

    /// What the token may do.
    pub async fn permissions(&self) -> Result<Permissions, SourceError> {
        self.get("/access/permissions", &[]).await
    }

    async fn get<T: DeserializeOwned + Send + 'static>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, SourceError> {
        let path = format!("/api2/json{path}");
        ask(&self.client, API, &path, query, wire::data).await
    }
}

/// Whether an error is of one datastore, not of the whole server; and the reason in its words.
pub(super) fn local_reason(error: &SourceError) -> Option<String> {
    match error {
        SourceError::Net(NetError::Status { text, status, .. }) => {
            Some(if text.is_empty() { format!("the server answered {status}") } else { text.clone() })
        }
        SourceError::Net(NetError::Unauthorised { status: 403, text, .. }) => {
            Some(if text.is_empty() { "permission check failed".to_owned() } else { text.clone() })
        }
        // The file system under a datastore may hang while the others answer.
        SourceError::Net(NetError::Timeout { after, .. }) => {
            Some(format!("no answer within {} s", after.as_secs_f64()))
        }
        SourceError::Net(error @ (NetError::TooLarge { .. } | NetError::Cut { .. })) => Some(error.short()),
        SourceError::Strange { reason, .. } => Some(reason.clone()),
        _ => None,
    }
}
