//! A certificate authority for one run, and a certificate of it for the loopback.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};

/// The papers of one stack. Nothing of it is kept after the run.
#[derive(Debug)]
pub struct Certificate {
    /// The authority's certificate, PEM: what `ca_file` names.
    pub authority: String,
    /// The server's certificate, PEM.
    pub server: String,
    /// The server's key, PEM.
    pub key: String,
    /// When the server's certificate ends.
    pub ends: DateTime<Utc>,
    der: CertificateDer<'static>,
}

/// So long the certificate is good: longer than any warning begins, and not for ever.
const GOOD: TimeDelta = TimeDelta::days(90);

impl Certificate {
    /// Makes a new authority and a certificate for `127.0.0.1` and `localhost`.
    pub fn make() -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "lab authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let mut params = CertificateParams::new(["127.0.0.1".to_owned(), "localhost".to_owned()])?;
        params.distinguished_name.push(DnType::CommonName, "lab.invalid");
        let ends = (Utc::now() + GOOD).trunc_subsecs(0);
        let since = u64::try_from(ends.timestamp()).unwrap_or_default();
        params.not_after = date_time_ymd(1970, 1, 1) + Duration::from_secs(since);
        let key = KeyPair::generate()?;
        let server = params.signed_by(&key, &authority)?;
        let der = server.der().clone();
        Ok(Self { authority: authority.pem(), server: server.pem(), key: key.serialize_pem(), ends, der })
    }

    /// SHA-256 of the server's certificate, as `AA:BB:..`.
    pub fn fingerprint(&self) -> String {
        let bytes = Sha256::digest(&self.der);
        bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
    }

    /// How a server of ours speaks TLS with it.
    pub fn server_config(&self) -> io::Result<Arc<ServerConfig>> {
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).map_err(io::Error::other)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![self.der.clone()], key))
            .map_err(io::Error::other)?;
        Ok(Arc::new(config))
    }
}
