//! Where servers may be: the usual ports of this machine and of the machines that are named.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::net::TcpStream;
use tokio::process::Command;

use super::trial::PORTS;
use crate::domain::feed::SourceKind;
use crate::secret::keep_from;

/// A port that does not answer within this time has nobody behind it worth waiting for.
const PATIENCE: Duration = Duration::from_millis(800);

/// No more machines of a tailnet are looked at.
const MACHINES: usize = 40;

/// An address, and what is expected there.
pub(super) type Candidate = (String, Option<SourceKind>);

/// What is to be looked at for one word of the command line: an address as it stands, a host with
/// a port, or the usual ports of a host.
pub(super) async fn candidates(word: &str) -> Vec<Candidate> {
    if word.starts_with("http://") || word.starts_with("https://") {
        return vec![(word.trim_end_matches('/').to_owned(), None)];
    }
    if let Some((host, port)) =
        word.rsplit_once(':').filter(|(host, _)| !host.contains(':') || host.ends_with(']'))
        && let Ok(port) = port.parse::<u16>()
    {
        let usual = PORTS.iter().find(|(_, usual)| *usual == port).map(|(kind, _)| *kind);
        return vec![(url(host, port, usual), usual)];
    }
    let open = PORTS.iter().map(|(kind, port)| async move {
        is_open(word, *port).await.then(|| (url(word, *port, Some(*kind)), Some(*kind)))
    });
    join_all(open).await.into_iter().flatten().collect()
}

/// Names that people give to such servers, where this machine's name service knows them.
pub(super) async fn named() -> Vec<Candidate> {
    let open = PORTS.iter().map(|(kind, port)| async move {
        let name = kind.to_string();
        is_open(&name, *port).await.then(|| (url(&name, *port, Some(*kind)), Some(*kind)))
    });
    join_all(open).await.into_iter().flatten().collect()
}

fn url(host: &str, port: u16, kind: Option<SourceKind>) -> String {
    let scheme = if matches!(kind, Some(SourceKind::Pbs | SourceKind::Pve)) { "https" } else { "http" };
    let host =
        if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
    format!("{scheme}://{host}:{port}")
}

async fn is_open(host: &str, port: u16) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    matches!(tokio::time::timeout(PATIENCE, TcpStream::connect((host, port))).await, Ok(Ok(_)))
}

/// The names of the machines that Tailscale knows and that are there now; none without it.
pub(super) async fn tailnet() -> Vec<String> {
    let mut ask = Command::new("tailscale");
    ask.args(["status", "--json"]).stdin(std::process::Stdio::null()).kill_on_drop(true);
    keep_from(ask.as_std_mut());
    let Ok(Ok(output)) = tokio::time::timeout(Duration::from_secs(3), ask.output()).await else {
        return Vec::new();
    };
    machines(&output.stdout)
}

fn machines(status: &[u8]) -> Vec<String> {
    let Ok(status) = serde_json::from_slice::<serde_json::Value>(status) else { return Vec::new() };
    let Some(peers) = status.get("Peer").and_then(|peers| peers.as_object()) else { return Vec::new() };
    let online =
        peers.values().filter(|peer| peer.get("Online").and_then(serde_json::Value::as_bool) == Some(true));
    let names = online.filter_map(|peer| peer.get("DNSName")?.as_str());
    let is_name = |name: &&str| name.chars().all(|char| char.is_ascii_alphanumeric() || ".-_".contains(char));
    let mut names: Vec<String> =
        names.map(|name| name.trim_end_matches('.')).filter(is_name).map(str::to_owned).collect();
    names.sort();
    names.truncate(MACHINES);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_word_is_an_address_a_port_or_a_host() {
        assert_eq!(candidates("http://lab/prometheus/").await, [("http://lab/prometheus".into(), None)]);
        assert_eq!(candidates("lab:8007").await, [("https://lab:8007".into(), Some(SourceKind::Pbs))]);
        assert_eq!(candidates("[::1]:9999").await, [("http://[::1]:9999".into(), None)]);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        assert!(is_open("127.0.0.1", port).await);
        drop(listener);
        assert!(!is_open("127.0.0.1", port).await);
    }

    #[test]
    fn machines_of_a_tailnet_that_are_there() {
        let status = br#"{"Peer":{"a":{"DNSName":"nas.tail.ts.net.","Online":true},
            "b":{"DNSName":"off.tail.ts.net.","Online":false},"c":{"DNSName":"x;rm","Online":true}}}"#;
        assert_eq!(machines(status), ["nas.tail.ts.net"]);
        assert!(machines(b"no JSON").is_empty());
    }
}
