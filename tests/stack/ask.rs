//! Asking the servers directly: what they say is what the program must show.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

/// A client that trusts one authority.
#[derive(Debug)]
pub struct Asker {
    runtime: Runtime,
    client: Client,
    login: Option<(String, String)>,
}

impl Asker {
    /// Trusts the authority given in PEM; `login` goes with each request.
    pub fn new(authority: &str, login: Option<(&str, &str)>) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        let authority =
            CertificateDer::from_pem_slice(authority.as_bytes()).map_err(|error| error.to_string())?;
        roots.add(authority).map_err(|error| error.to_string())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .timeout(Duration::from_secs(5))
            .build()
            .map_err(|error| error.to_string())?;
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
        let login = login.map(|(user, password)| (user.to_owned(), password.to_owned()));
        Ok(Self { runtime, client, login })
    }

    /// The body of a page; every status but 2xx is an error.
    pub fn get(&self, url: &str) -> Result<String, String> {
        self.send(self.client.get(url))
    }

    /// The JSON at an address.
    pub fn json(&self, url: &str) -> Result<Value, String> {
        serde_json::from_str(&self.get(url)?).map_err(|error| format!("{url}: {error}"))
    }

    /// Sends JSON and gives the answer's body.
    pub fn post(&self, url: &str, body: &Value) -> Result<String, String> {
        self.send(self.client.post(url).json(body))
    }

    /// Sends a text with another method.
    pub fn text(&self, method: Method, url: &str, body: String) -> Result<String, String> {
        self.send(self.client.request(method, url).body(body))
    }

    fn send(&self, request: RequestBuilder) -> Result<String, String> {
        let request = match &self.login {
            Some((user, password)) => request.basic_auth(user, Some(password)),
            None => request,
        };
        let answer = async {
            let response = request.send().await?;
            let status = response.status();
            Ok::<_, reqwest::Error>((status, response.text().await?))
        };
        match self.runtime.block_on(answer) {
            Ok((status, body)) if status.is_success() => Ok(body),
            Ok((status, body)) => Err(format!("{status}: {}", body.trim())),
            Err(error) => Err(format!("{error:?}")),
        }
    }
}
