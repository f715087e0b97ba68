//! Servers with TLS: whose certificate is believed, and what is said of one that is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::Datelike as _;
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use wardroom::domain::feed::{FailureKind, Feed, SourceKind};
use wardroom::domain::health::Health;
use wardroom::domain::observation::Observation;
use wardroom::domain::probe::Probe;

use super::faults::{TARGETS, failure, told};
use super::replay::{Answer, Server, bind, look, source};

/// A certificate and its key.
struct Identity {
    certificate: rcgen::Certificate,
    key: rcgen::KeyPair,
}

fn self_signed(names: &[&str]) -> Identity {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names).expect("names that can be certified");
    Identity { certificate: made.cert, key: made.signing_key }
}

impl Identity {
    fn fingerprint(&self) -> String {
        wardroom::net::Fingerprint::of(self.certificate.der()).to_string()
    }
}

/// A server of TLS that answers no targets; its certificate can be changed while it runs.
struct TlsServer {
    url: String,
    /// How many trusted its certificate and went on.
    trusted: Arc<AtomicUsize>,
    serving: JoinHandle<()>,
}

impl TlsServer {
    async fn start(identity: &Identity) -> Self {
        Self::start_at("127.0.0.1:0", identity).await
    }

    async fn start_at(address: &str, identity: &Identity) -> Self {
        let listener = bind(address).await;
        let url = format!("https://{}", listener.local_addr().expect("a bound port has an address"));
        let key = rustls::pki_types::PrivateKeyDer::try_from(identity.key.serialize_der()).expect("a key");
        let config =
            rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("ring knows them")
                .with_no_client_auth()
                .with_single_cert(vec![identity.certificate.der().clone()], key)
                .expect("the key fits");
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let trusted = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&trusted);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that does not like the certificate hangs up.
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                count.fetch_add(1, Ordering::SeqCst);
                let mut head = [0; 4096];
                let _ = stream.read(&mut head).await;
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{TARGETS}",
                    TARGETS.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { url, trusted, serving }
    }

    async fn works(&self, keys: &str) {
        let source = source(SourceKind::Prometheus, &format!("url = {:?}\n{keys}", self.url));
        look(&*source, Feed::Targets).await.expect("the certificate is trusted");
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

#[tokio::test]
async fn a_self_signed_certificate_needs_a_pin_and_is_told_with_it() {
    let identity = self_signed(&["127.0.0.1"]);
    let server = TlsServer::start(&identity).await;
    let authority = self_signed(&["elsewhere"]);
    let file = ca_file(&authority);
    let failure = failure(&server.url, &format!("ca_file = {:?}", file.path())).await;
    assert_eq!(told(&failure), (FailureKind::Tls, "certificate not trusted"));
    let line = format!("fingerprint = \"{}\"", identity.fingerprint());
    assert!(failure.text.contains(&line), "{}", failure.text);
    server.works(&line).await;
    server.works(&line.to_uppercase().replace("FINGERPRINT", "fingerprint")).await;
    server.works(&line.replace(':', "")).await;
}

#[tokio::test]
async fn a_certificate_that_changed_tells_both_fingerprints() {
    let (first, second) = (self_signed(&["127.0.0.1"]), self_signed(&["127.0.0.1"]));
    let server = TlsServer::start(&first).await;
    let keys = format!("fingerprint = {:?}", first.fingerprint());
    let source = source(SourceKind::Prometheus, &format!("url = {:?}\n{keys}", server.url));
    look(&*source, Feed::Targets).await.expect("the pinned certificate");
    let address = server.url.trim_start_matches("https://").to_owned();
    drop(server);
    let server = TlsServer::start_at(&address, &second).await;
    let failure = look(&*source, Feed::Targets).await.expect_err("another certificate");
    assert_eq!(told(&failure), (FailureKind::Tls, "certificate changed"));
    assert!(failure.text.contains(&first.fingerprint()), "{}", failure.text);
    assert!(failure.text.contains(&second.fingerprint()), "{}", failure.text);
    drop(server);
}

#[tokio::test]
async fn the_end_of_a_certificate_is_known_after_an_answer() {
    let identity = self_signed(&["127.0.0.1"]);
    let server = TlsServer::start(&identity).await;
    let keys = format!("url = {:?}\nfingerprint = {:?}", server.url, identity.fingerprint());
    let document = wardroom::settings::Document::new("w.toml", keys);
    let endpoint =
        document.read(|table| wardroom::net::Endpoint::read(table, wardroom::net::Token::Bearer)).flatten();
    let client = wardroom::net::Client::new(endpoint.expect("an endpoint"));
    assert_eq!(client.certificate_end(), None);
    client.get("/", &[], axum::http::HeaderMap::new()).await.expect("an answer");
    let end = client.certificate_end().expect("the certificate was seen");
    assert_eq!(end.to_rfc3339(), "4096-01-01T00:00:00+00:00", "as far as the test's certificates go");
}

fn ca_file(identity: &Identity) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), identity.certificate.pem()).expect("it can be written");
    file
}

/// An authority, and a certificate of it for `names` that ends in `year`.
fn signed(names: &[&str], year: i32) -> (Identity, Identity) {
    signed_until(names, (year, 1, 1))
}

/// An authority, and a certificate of it for `names` that ends then.
fn signed_until(names: &[&str], (year, month, day): (i32, u8, u8)) -> (Identity, Identity) {
    let mut authority = rcgen::CertificateParams::new(Vec::new()).expect("no names");
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().expect("a key");
    let root = authority.self_signed(&key).expect("an authority");
    let issuer = rcgen::Issuer::from_params(&authority, &key);
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut leaf = rcgen::CertificateParams::new(names).expect("names that can be certified");
    leaf.not_after = rcgen::date_time_ymd(year, month, day);
    let leaf_key = rcgen::KeyPair::generate().expect("a key");
    let certificate = leaf.signed_by(&leaf_key, &issuer).expect("a certificate");
    (Identity { certificate: root, key }, Identity { certificate, key: leaf_key })
}

#[tokio::test]
async fn an_own_authority_vouches_for_its_certificates_only() {
    let (authority, identity) = signed(&["127.0.0.1"], 2999);
    let server = TlsServer::start(&identity).await;
    let file = ca_file(&authority);
    server.works(&format!("ca_file = {:?}", file.path())).await;
}

#[rstest]
#[case(&["lab.example"], 2999, "certificate for another name")]
#[case(&["127.0.0.1"], 2001, "certificate expired")]
#[tokio::test]
async fn a_signed_certificate_that_does_not_fit(
    #[case] names: &[&str],
    #[case] year: i32,
    #[case] short: &str,
) {
    let (authority, identity) = signed(names, year);
    let server = TlsServer::start(&identity).await;
    let file = ca_file(&authority);
    let failure = failure(&server.url, &format!("ca_file = {:?}", file.path())).await;
    assert_eq!(told(&failure), (FailureKind::Tls, short));
}

/// Whoever is asked, and in whichever way.
#[rstest]
#[tokio::test]
async fn nothing_is_said_to_a_server_whose_certificate_does_not_hold(
    #[values(
        SourceKind::Prometheus,
        SourceKind::Alertmanager,
        SourceKind::Loki,
        SourceKind::Pbs,
        SourceKind::Pve,
        SourceKind::Grafana
    )]
    kind: SourceKind,
) {
    let (authority, expired) = signed(&["127.0.0.1"], 2001);
    let (pinned, other) = (self_signed(&["127.0.0.1"]), self_signed(&["127.0.0.1"]));
    let file = ca_file(&authority);
    let token = match kind {
        SourceKind::Pbs => "monitor@pbs!dash:0b9e0f0e-0000-4000-8000-000000000000",
        SourceKind::Pve => "monitor@pve!dash=0b9e0f0e-0000-4000-8000-000000000000",
        _ => "hidden",
    };
    let tails = if kind == SourceKind::Loki {
        "tails = [{ name = \"all\", query = \"{a=~\\\".+\\\"}\" }]"
    } else {
        ""
    };
    for (identity, keys, short) in [
        (&expired, format!("ca_file = {:?}", file.path()), "certificate expired"),
        (&other, format!("fingerprint = {:?}", pinned.fingerprint()), "certificate changed"),
    ] {
        let server = TlsServer::start(identity).await;
        let source = source(kind, &format!("url = {:?}\ntoken = {token:?}\n{keys}\n{tails}", server.url));
        for plan in source.feeds() {
            let failure = look(&*source, plan.feed).await.expect_err("nobody is trusted there");
            assert_eq!(told(&failure), (FailureKind::Tls, short), "{}", plan.feed);
        }
        for mut tail in source.tails() {
            let heard = timeout(Duration::from_secs(20), tail.next()).await;
            assert!(!matches!(heard, Ok(Ok(Observation::Tail { .. }))), "{heard:?}");
        }
        assert_eq!(server.trusted.load(Ordering::SeqCst), 0, "{kind}: credentials went there");
    }
}

#[tokio::test]
async fn a_ca_file_that_is_none_fails_its_source_only() {
    let empty = tempfile::NamedTempFile::new().expect("a file");
    let failure = failure("https://127.0.0.1:1", &format!("ca_file = {:?}", empty.path())).await;
    assert_eq!(told(&failure), (FailureKind::Tls, "no certificate authority"));
    assert!(failure.text.contains("no certificate in it"), "{}", failure.text);
}

#[tokio::test]
async fn https_to_a_server_without_it() {
    let server = Server::always(Answer::json(TARGETS)).await;
    let url = server.url.replace("http://", "https://");
    let failure = failure(&url, &format!("fingerprint = {:?}", "00".repeat(32))).await;
    assert_eq!(told(&failure), (FailureKind::Tls, "no TLS connection"));
    assert!(failure.text.contains("is it http://"), "{}", failure.text);
}

/// What is found at the door of `server`, which is trusted by `keys`.
async fn probed(server: &TlsServer, keys: &str) -> Probe {
    let item = format!("[[item]]\nname = \"cloud\"\nurl = {:?}\ncritical = true\n{keys}", server.url);
    let source = source(SourceKind::Probe, &item);
    let seen = look(&*source, Feed::Probes).await.expect("a look");
    let Observation::Probes(all) = seen else { panic!("probes: {seen:?}") };
    all.first().cloned().expect("a probe")
}

#[tokio::test]
async fn a_probe_of_tls_tells_when_the_certificate_ends() {
    let day = |days: i64| {
        let day = (chrono::Utc::now() + chrono::TimeDelta::days(days)).date_naive();
        let narrow = |part: u32| u8::try_from(part).expect("a calendar");
        (day.year(), narrow(day.month()), narrow(day.day()))
    };
    for (end, health) in [((2999, 1, 1), Health::Ok), (day(15), Health::Warning), (day(2), Health::Critical)]
    {
        let (authority, identity) = signed_until(&["127.0.0.1"], end);
        let server = TlsServer::start(&identity).await;
        let file = ca_file(&authority);
        let probe = probed(&server, &format!("ca_file = {:?}", file.path())).await;
        let (year, month, date) = end;
        let wanted = chrono::NaiveDate::from_ymd_opt(year, month.into(), date.into());
        assert!(probe.answers && probe.known, "{probe:?}");
        assert_eq!(probe.certificate_end.map(|end| end.date_naive()), wanted);
        assert_eq!((probe.door(), probe.certificate(chrono::Utc::now())), (Health::Ok, health), "{end:?}");
    }
}

#[tokio::test]
async fn a_probe_of_tls_does_not_take_just_any_certificate() {
    let (authority, old) = signed(&["127.0.0.1"], 2001);
    let file = ca_file(&authority);
    let by_authority = format!("ca_file = {:?}", file.path());
    let server = TlsServer::start(&old).await;
    let probe = probed(&server, &by_authority).await;
    assert_eq!((probe.answers, &*probe.text), (false, "certificate expired"));
    assert_eq!(probe.door(), Health::Critical);
    let own = self_signed(&["127.0.0.1"]);
    let server = TlsServer::start(&own).await;
    let probe = probed(&server, &by_authority).await;
    assert_eq!((probe.answers, &*probe.text), (false, "certificate not trusted"));
    let pinned = probed(&server, &format!("fingerprint = {:?}", own.fingerprint())).await;
    assert!(pinned.answers, "{pinned:?}");
    let other = self_signed(&["127.0.0.1"]);
    let changed = probed(&server, &format!("fingerprint = {:?}", other.fingerprint())).await;
    assert_eq!((changed.answers, &*changed.text), (false, "certificate changed"));
}
