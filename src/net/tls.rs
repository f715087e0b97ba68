//! Whom to believe: the machine's authorities, the operator's own, or one certificate that the
//! operator has looked at.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};
use sha2::{Digest, Sha256};

use super::endpoint::Endpoint;
use super::error::NetError;

/// The SHA-256 of a certificate as it goes over the wire (DER).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of this certificate.
    pub fn of(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate).into())
    }
}

impl FromStr for Fingerprint {
    type Err = String;

    /// 64 hexadecimal digits in any case, with or without colons.
    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "a SHA-256 fingerprint: 64 hexadecimal digits, with or without colons".to_owned();
        let digits: Vec<u8> = text
            .chars()
            .filter(|char| !matches!(char, ':' | ' '))
            .map(|char| char.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect::<Option<_>>()
            .ok_or_else(expected)?;
        let bytes: Vec<u8> =
            digits.chunks(2).map(|pair| pair.iter().fold(0, |sum, digit| sum << 4 | digit)).collect();
        match <[u8; 32]>::try_from(bytes) {
            Ok(bytes) if digits.len() == 64 => Ok(Self(bytes)),
            _ => Err(expected()),
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            write!(to, "{}{byte:02x}", if at == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, to)
    }
}

/// Why a certificate was not believed.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Distrust {
    /// It is not the pinned one.
    #[error("the certificate is {found}, not the pinned {pinned}")]
    Changed { pinned: Fingerprint, found: Fingerprint },
    /// No authority vouches for it, or for another time or name.
    #[error("the certificate {found} is not trusted: {reason}")]
    Untrusted { found: Fingerprint, reason: Reason },
}

/// What an authority would not vouch for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// Its signer.
    Issuer,
    /// Its time.
    Expired,
    /// Its time, in the other direction: mostly a clock that is wrong.
    NotYet,
    /// Its name.
    Name,
    /// There are no authorities on this machine.
    Nobody,
    /// Something else, in rustls' words.
    Other(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(match self {
            Self::Issuer => "no authority known here signed it",
            Self::Expired => "it has expired",
            Self::NotYet => "it is not valid yet",
            Self::Name => "it is for another name",
            Self::Nobody => "this machine has no certificate authorities (the package ca-certificates)",
            Self::Other(text) => text,
        })
    }
}

/// The TLS for `endpoint`. Reads files: not for a thread that must answer.
pub(super) fn config(endpoint: &Endpoint) -> Result<ClientConfig, NetError> {
    let provider = Arc::new(ring::default_provider());
    let broken =
        |error: Error| NetError::Broken { url: endpoint.url().to_owned(), reason: error.to_string() };
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(broken)?;
    if !endpoint.is_https() {
        let mut unused = builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
        unused.resumption = Resumption::disabled();
        return Ok(unused);
    }
    let roots = match (endpoint.fingerprint(), endpoint.ca_file()) {
        (Some(_), _) => RootCertStore::empty(),
        (None, Some(file)) => roots_in(endpoint, file)?,
        (None, None) => roots_of_the_machine(),
    };
    let trust = match endpoint.fingerprint() {
        Some(pinned) => Trust::Pinned(pinned),
        None if roots.is_empty() => Trust::Nobody,
        None => {
            let verifier =
                WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
            Trust::Signed(verifier.build().map_err(|error| NetError::Trust {
                url: endpoint.url().to_owned(),
                reason: error.to_string(),
            })?)
        }
    };
    let verifier = Arc::new(Verifier { trust, provider });
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

fn roots_in(endpoint: &Endpoint, file: &std::path::Path) -> Result<RootCertStore, NetError> {
    let trouble = |reason: String| NetError::Trust {
        url: endpoint.url().to_owned(),
        reason: format!("ca_file {}: {reason}", file.display()),
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| trouble(error.to_string()))? {
        let certificate = certificate.map_err(|error| trouble(error.to_string()))?;
        roots.add(certificate).map_err(|error| trouble(error.to_string()))?;
    }
    if roots.is_empty() { Err(trouble("no certificate in it".to_owned())) } else { Ok(roots) }
}

/// The machine's own store; empty when it has none. It may hold old certificates that no longer
/// parse: the others count.
fn roots_of_the_machine() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

#[derive(Debug)]
enum Trust {
    Pinned(Fingerprint),
    Signed(Arc<WebPkiServerVerifier>),
    /// There is nobody to ask; the operator is told the fingerprint all the same.
    Nobody,
}

/// Judges a certificate, and tells its fingerprint when it does not pass.
#[derive(Debug)]
struct Verifier {
    trust: Trust,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let found = Fingerprint::of(leaf);
        let distrust = match &self.trust {
            Trust::Pinned(pinned) if *pinned == found => return Ok(ServerCertVerified::assertion()),
            Trust::Pinned(pinned) => Distrust::Changed { pinned: *pinned, found },
            Trust::Nobody => Distrust::Untrusted { found, reason: Reason::Nobody },
            Trust::Signed(verifier) => match verifier.verify_server_cert(leaf, chain, name, ocsp, now) {
                Ok(fine) => return Ok(fine),
                Err(error) => Distrust::Untrusted { found, reason: reason(&error) },
            },
        };
        Err(Error::Other(OtherError(Arc::new(distrust))))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn reason(error: &Error) -> Reason {
    match error {
        Error::InvalidCertificate(error) => match error {
            CertificateError::UnknownIssuer
            | CertificateError::BadSignature
            // An authority's certificate used as a server's: the usual self-made one.
            | CertificateError::Other(_) => Reason::Issuer,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Reason::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Reason::NotYet,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Reason::Name
            }
            other => Reason::Other(other.to_string()),
        },
        other => Reason::Other(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_authorities_still_tells_the_fingerprint() {
        let made = rcgen::generate_simple_self_signed(vec!["lab".to_owned()]).expect("a certificate");
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier { trust: Trust::Nobody, provider };
        let name = ServerName::try_from("lab").expect("a name");
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_795_000_000));
        let refused = verifier.verify_server_cert(made.cert.der(), &[], &name, &[], now);
        let told = refused.expect_err("nobody vouches for it").to_string();
        assert!(told.contains(&Fingerprint::of(made.cert.der()).to_string()), "{told}");
        assert!(told.contains("ca-certificates"), "{told}");
    }

    #[test]
    fn a_fingerprint_is_read_in_every_form() {
        let plain = "00ff".repeat(16);
        let colons = format!("00:FF{}", ":00:ff".repeat(15));
        let read: Fingerprint = plain.parse().expect("64 digits");
        assert_eq!(colons.parse(), Ok(read));
        assert_eq!(read.to_string(), colons.to_lowercase());
        for wrong in ["", "00", "zz".repeat(32).as_str(), "00".repeat(33).as_str(), "0".repeat(63).as_str()] {
            assert!(wrong.parse::<Fingerprint>().is_err(), "{wrong}");
        }
    }
}
