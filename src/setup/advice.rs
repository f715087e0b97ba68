//! The least that a server has to allow, as the commands that allow it.

use crate::domain::feed::SourceKind;

/// What a token looks like.
pub(super) const fn token_form(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Pbs => "user@realm!name:secret",
        SourceKind::Pve => "user@realm!name=secret",
        _ => "a token",
    }
}

/// How to make a login that may read, and nothing else.
pub(super) const fn least(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Pbs => {
            "A token that may look and nothing else; run this on the backup server:

    proxmox-backup-manager user create wardroom@pbs
    proxmox-backup-manager user generate-token wardroom@pbs dash
    proxmox-backup-manager acl update / Audit --auth-id 'wardroom@pbs'
    proxmox-backup-manager acl update / Audit --auth-id 'wardroom@pbs!dash'

The second line prints the secret once. The token is then  wardroom@pbs!dash:SECRET
Sync jobs from a remote want RemoteAudit on /remote too, for both."
        }
        SourceKind::Pve => {
            "A token that may look and nothing else; run this on a node:

    pveum user add wardroom@pve
    pveum user token add wardroom@pve dash --privsep 1
    pveum acl modify / --users wardroom@pve --roles PVEAuditor
    pveum acl modify / --tokens 'wardroom@pve!dash' --roles PVEAuditor

The second line prints the secret once. The token is then  wardroom@pve!dash=SECRET"
        }
        SourceKind::Grafana => {
            "A token that may look and nothing else: Administration, Service accounts, Add service account with the
role Viewer, Add token. Or, with its address instead of HOST:

    curl -u admin -H 'Content-Type: application/json' http://HOST:3000/api/serviceaccounts \\
      -d '{\"name\":\"wardroom\",\"role\":\"Viewer\"}'
    curl -u admin -H 'Content-Type: application/json' http://HOST:3000/api/serviceaccounts/ID/tokens \\
      -d '{\"name\":\"dash\"}'

The first answers with the ID, the second with the key, once: it is the token."
        }
        _ => "It asks for a name and a password (basic auth), or for a bearer token.",
    }
}

/// How to see the fingerprint at the server itself.
pub(super) fn compare(kind: Option<SourceKind>, place: &str) -> String {
    match kind {
        Some(SourceKind::Pbs) => {
            "At the server:  proxmox-backup-manager cert info | grep Fingerprint".to_owned()
        }
        Some(SourceKind::Pve) => "At the server:  pvenode cert info  (the one that pveproxy uses)".to_owned(),
        _ => {
            let host = reqwest::Url::parse(place).ok();
            let at =
                host.and_then(|url| Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?)));
            format!(
                "At the server:  openssl s_client -connect {} </dev/null | openssl x509 -noout -fingerprint -sha256",
                at.unwrap_or_default()
            )
        }
    }
}
