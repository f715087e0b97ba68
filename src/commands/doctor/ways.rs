//! The ways through ssh on which a source is reached, and what a key needs that may do nothing else.

use super::Finding;
use crate::net::{Far, NetError, Standing};
use crate::sources::{Source, SourceError};

/// What is told of each way after the source was looked at.
pub(super) fn look(source: &dyn Source, id: &str) -> Vec<Finding> {
    let told = |way: &std::sync::Arc<crate::net::Tunnel>| {
        let (Far::Address(far) | Far::Socket(far)) = way.far();
        let allowing = match way.far() {
            Far::Address(_) => "",
            Far::Socket(_) => ", and sshd needs AllowStreamLocalForwarding there",
        };
        let text = format!(
            "the tunnel by {} to {far} is open; a key for it alone begins in authorized_keys with \
             {}{allowing}",
            way.host(),
            way.permission()
        );
        // One that is not open is among the feeds.
        (way.standing() == Standing::Up).then(|| Finding::ok("source", id, text))
    };
    source.tunnels().iter().filter_map(told).collect()
}

/// What to do about a failure on the way.
pub(super) fn remedy(error: &SourceError) -> Option<&'static str> {
    match error {
        SourceError::Net(NetError::Tunnel { short: "forwarding refused", .. }) => {
            Some("allow the forwarding: AllowTcpForwarding in sshd_config, permitopen at the key")
        }
        SourceError::Net(NetError::Tunnel { .. }) => {
            Some("see that `ssh -oBatchMode=yes HOST true` goes through without a question")
        }
        SourceError::Net(NetError::Behind { .. }) => {
            Some("start the server there, or correct its url or socket")
        }
        _ => None,
    }
}
