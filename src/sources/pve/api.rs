//! Questions to Proxmox VE.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::inventory::{NodeItem, Resource};
use super::wire::{self, Permissions, StatusItem, Version};
use super::work::{ConfigItem, JobItem, LogLine, TaskItem, Uncovered};
use crate::domain::guest::{GuestId, GuestKind};
use crate::net::{Client, NetError};
use crate::sources::SourceError;
use crate::sources::wire::{ask, encoded};

/// What the answers should have been.
const API: &str = "Proxmox VE's API";

/// So many lines of a log are read in one request.
pub(super) const PAGE: u64 = 2_500;

/// One cluster, by way of one of its nodes.
#[derive(Debug)]
pub(super) struct Api {
    pub client: Arc<Client>,
}

impl Api {
    /// Guests, nodes and storages. It answers from a cache and waits for no storage.
    pub async fn resources(&self) -> Result<Vec<Resource>, SourceError> {
        self.get("/cluster/resources", &[]).await
    }

    /// Guests alone.
    pub async fn guests(&self) -> Result<Vec<Resource>, SourceError> {
        self.get("/cluster/resources", &[("type", "vm")]).await
    }

    /// The nodes; everybody who is let in may ask.
    pub async fn nodes(&self) -> Result<Vec<NodeItem>, SourceError> {
        self.get("/nodes", &[]).await
    }

    /// The backup jobs.
    pub async fn jobs(&self) -> Result<Vec<JobItem>, SourceError> {
        self.get("/cluster/backup", &[]).await
    }

    /// The guests that no backup job covers.
    pub async fn uncovered(&self) -> Result<Vec<Uncovered>, SourceError> {
        self.get("/cluster/backup-info/not-backed-up", &[]).await
    }

    /// The cluster and its nodes, by name.
    pub async fn status(&self) -> Result<Vec<StatusItem>, SourceError> {
        self.get("/cluster/status", &[]).await
    }

    /// The version.
    pub async fn version(&self) -> Result<Version, SourceError> {
        self.get("/version", &[]).await
    }

    /// What the token may do.
    pub async fn permissions(&self) -> Result<Permissions, SourceError> {
        self.get("/access/permissions", &[]).await
    }

    /// The backup tasks of a node since a second: those that run, too.
    pub async fn tasks(&self, node: &str, since: i64) -> Result<Vec<TaskItem>, SourceError> {
        let since = since.to_string();
        let query = [("typefilter", "vzdump"), ("source", "all"), ("limit", "200"), ("since", &*since)];
        self.get(&format!("/nodes/{}/tasks", encoded(node)), &query).await
    }

    /// Lines of a task's log, [`PAGE`] at most.
    pub async fn log(&self, node: &str, upid: &str, start: u64) -> Result<Vec<LogLine>, SourceError> {
        let (start, limit) = (start.to_string(), PAGE.to_string());
        let path = format!("/nodes/{}/tasks/{}/log", encoded(node), encoded(upid));
        self.get(&path, &[("start", &start), ("limit", &limit)]).await
    }

    /// A guest's config.
    pub async fn config(&self, node: &str, id: GuestId) -> Result<ConfigItem, SourceError> {
        let kind = match id.kind {
            GuestKind::Vm => "qemu",
            GuestKind::Ct => "lxc",
        };
        self.get(&format!("/nodes/{}/{kind}/{}/config", encoded(node), id.vmid), &[]).await
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

/// Whether an error is of one node or guest, not of the whole cluster; and the reason in its words.
/// A node that is away is answered for by another, with a status of its own.
pub(super) fn local_reason(error: &SourceError) -> Option<String> {
    match error {
        SourceError::Net(NetError::Status { status: 595, .. }) => {
            Some("the node cannot be reached".to_owned())
        }
        SourceError::Net(NetError::Status { status: 596, .. }) => Some("the node does not answer".to_owned()),
        SourceError::Net(NetError::Status { status, text, .. }) => {
            Some(if text.is_empty() { format!("the server answered {status}") } else { text.clone() })
        }
        SourceError::Net(NetError::Unauthorised { status: 403, text, .. }) => {
            Some(if text.is_empty() { "permission check failed".to_owned() } else { text.clone() })
        }
        SourceError::Net(NetError::Timeout { after, .. }) => {
            Some(format!("no answer within {} s", after.as_secs_f64()))
        }
        SourceError::Net(error @ (NetError::TooLarge { .. } | NetError::Cut { .. })) => Some(error.short()),
        SourceError::Strange { reason, .. } => Some(reason.clone()),
        _ => None,
    }
}
