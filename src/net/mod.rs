//! HTTP over loopback, a homelab's own network or the world: one client per server, that opens
//! nothing before it is asked, follows no redirect, takes no endless answer and tells every
//! failure in a few words.

mod certificate;
mod clock;
mod endpoint;
mod error;
mod refusal;
mod spent;
mod tls;
mod tunnel;

use std::sync::{Arc, Mutex as Lock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, LOCATION, USER_AGENT};
use reqwest::tls::TlsInfo;
use reqwest::{Method, RequestBuilder};
use rustls::ClientConfig;
use tokio::sync::{Mutex, OnceCell, Semaphore};
use tokio::time::timeout;

pub use endpoint::{Endpoint, Token};
pub use error::NetError;
pub use spent::{Spent, counted};
pub use tls::Fingerprint;
pub use tunnel::{Far, Standing, Tunnel};

use crate::secret::ExposeSecret;
use crate::{secret, text};

/// Requests at once to one server: Alertmanager turns the ninth away, a homelab's server has
/// better things to do, and each takes a connection with its buffers.
const AT_ONCE: usize = 4;

/// Connections kept for the next poll: each costs both sides some 30 kB, and another is made soon.
const IDLE: usize = 1;

/// The connection that is kept is waited for so long: another costs both sides more.
const SOON: Duration = Duration::from_millis(40);

/// What is kept of an answer that only says why not.
const WORDS: usize = 64 << 10;

/// Bodies over this many bytes are decoded beside the network, not between its packets.
const LARGE: usize = 256 << 10;

/// A body over this many bytes is a long one: of these one at a time is read from a server, so that
/// what it can make us keep does not grow with what we ask.
const LONG: usize = 4 << 20;

/// Who asks.
const AGENT: &str = concat!("wardroom/", env!("CARGO_PKG_VERSION"));

/// One server, asked over and over.
#[derive(Debug)]
pub struct Client {
    endpoint: Endpoint,
    ready: OnceCell<Ready>,
    credentials: Mutex<Option<HeaderMap>>,
    turns: Semaphore,
    /// The turn on the connection that is kept.
    kept: Semaphore,
    /// The turn of long bodies.
    long: Semaphore,
    /// Until when the server's certificate is valid, as its last answer had it.
    certificate_end: Lock<Option<DateTime<Utc>>>,
    /// How far the server's clock is from ours, as its last answer had it.
    skew: Lock<Option<TimeDelta>>,
}

/// What is made at the first request.
#[derive(Debug)]
struct Ready {
    http: reqwest::Client,
    tls: Arc<ClientConfig>,
}

/// An answer with a status of success.
#[derive(Debug)]
pub struct Response {
    /// The status of HTTP, 200 to 299.
    pub status: u16,
    /// What the server says it is: `application/json`; empty when it says nothing.
    pub content_type: String,
    /// The body, unpacked.
    pub body: Vec<u8>,
}

impl Response {
    /// Whether the body is a page for people: a login, a proxy, a wrong port.
    pub fn is_html(&self) -> bool {
        error::is_html(&self.content_type, &self.body)
    }
}

impl Client {
    /// A client for `endpoint`. It opens nothing yet.
    pub fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            ready: OnceCell::new(),
            credentials: Mutex::new(None),
            turns: Semaphore::new(AT_ONCE),
            kept: Semaphore::new(IDLE),
            long: Semaphore::new(1),
            certificate_end: Lock::new(None),
            skew: Lock::new(None),
        }
    }

    /// The server it asks.
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Asks for `path`, which begins with a slash and follows the URL's own path.
    pub async fn get(
        &self,
        path: &str,
        query: &[(&str, &str)],
        headers: HeaderMap,
    ) -> Result<Response, NetError> {
        self.send(path, |http, url| http.request(Method::GET, url).query(query).headers(headers)).await
    }

    /// Asks by a form: for queries that are too long for a URL.
    pub async fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Result<Response, NetError> {
        self.send_form(Method::POST, path, form, self.endpoint.timeout()).await
    }

    /// Sends a form, and waits for the answer for at least `patience`.
    pub async fn send_form(
        &self,
        method: Method,
        path: &str,
        form: &[(&str, &str)],
        patience: Duration,
    ) -> Result<Response, NetError> {
        let patience = patience.max(self.endpoint.timeout());
        let build = |http: &reqwest::Client, url: &str| {
            // The query's own encoding is that of a form.
            let built = http.request(Method::POST, url).query(form).build()?;
            let body = built.url().query().unwrap_or_default().to_owned();
            let form = http.request(method, url).body(body).timeout(patience);
            Ok(form.header(CONTENT_TYPE, "application/x-www-form-urlencoded"))
        };
        self.try_send(path, build).await
    }

    /// Writes: posts `body` as JSON.
    pub async fn post_json(&self, path: &str, body: &impl serde::Serialize) -> Result<Response, NetError> {
        self.send(path, |http, url| http.post(url).json(body)).await
    }

    /// Writes: deletes what is at `path`.
    pub async fn delete(&self, path: &str) -> Result<Response, NetError> {
        self.send(path, |http, url| http.delete(url)).await
    }

    /// Every header that the server needs to let us in, marked as secret; also for a websocket.
    ///
    /// They are kept until the server refuses them, then read afresh: a rotated token is taken up.
    pub async fn headers(&self) -> Result<HeaderMap, NetError> {
        let mut kept = self.credentials.lock().await;
        if let Some(headers) = &*kept {
            return Ok(headers.clone());
        }
        let headers = self.credentials().await?;
        *kept = Some(headers.clone());
        Ok(headers)
    }

    /// Until when the certificate is valid that came with the last answer; `None` before the first
    /// and without TLS.
    pub fn certificate_end(&self) -> Option<DateTime<Utc>> {
        self.certificate_end.lock().ok().and_then(|end| *end)
    }

    /// By how much the server's clock is at least ahead of this machine's, behind it when negative: what the
    /// `Date` of its last answer proves, which has whole seconds and was written some time between question
    /// and answer. `None` before the first answer, and of a server that says no date.
    pub fn skew(&self) -> Option<TimeDelta> {
        self.skew.lock().ok().and_then(|skew| *skew)
    }

    /// Forgets the credentials, so that the next request reads them afresh.
    pub async fn forget_credentials(&self) {
        *self.credentials.lock().await = None;
    }

    /// The TLS that its connections use; also for a websocket.
    pub async fn tls_config(&self) -> Result<Arc<ClientConfig>, NetError> {
        Ok(Arc::clone(&self.ready().await?.tls))
    }

    async fn credentials(&self) -> Result<HeaderMap, NetError> {
        let secret = |reason: String| NetError::Secret { url: self.endpoint.url().to_owned(), reason };
        let http = &self.ready().await?.http;
        let request = http.get(self.endpoint.url());
        let request = match self.endpoint.login() {
            endpoint::Login::None => request,
            endpoint::Login::Basic { username, password } => {
                let password = password.reveal().await.map_err(secret)?;
                request.basic_auth(username, Some(password.expose_secret()))
            }
            endpoint::Login::Token { prefix, token } => {
                let token = token.reveal().await.map_err(secret)?;
                request.header("authorization", format!("{prefix}{}", token.expose_secret()))
            }
        };
        let built = request.headers(self.endpoint.headers().clone()).build();
        let built =
            built.map_err(|_| secret("the credentials have characters no header takes".to_owned()))?;
        let mut headers = built.headers().clone();
        for (name, value) in &mut headers {
            value.set_sensitive(true);
            // As it goes over the wire it is as good as the secret itself.
            let said = value.to_str().ok().filter(|_| endpoint::is_secret(name));
            if let Some(said) = said.and_then(|said| said.split(' ').next_back()) {
                secret::note(said.to_owned().into());
            }
        }
        Ok(headers)
    }

    async fn ready(&self) -> Result<&Ready, NetError> {
        self.ready.get_or_try_init(|| self.prepare()).await
    }

    async fn prepare(&self) -> Result<Ready, NetError> {
        let endpoint = self.endpoint.clone();
        let broken = |reason: String| NetError::Broken { url: self.endpoint.url().to_owned(), reason };
        // Reading the machine's certificates takes a while.
        let tls = tokio::task::spawn_blocking(move || tls::config(&endpoint))
            .await
            .map_err(|error| broken(error.to_string()))??;
        let socket = self.endpoint.socket().map_err(|error| broken(error.to_string()))?;
        let mut builder = reqwest::Client::builder();
        if let Some(socket) = socket {
            builder = builder.unix_socket(socket);
        }
        let http = builder
            .tls_backend_preconfigured(tls.clone())
            .tls_info(true)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(self.endpoint.timeout())
            .timeout(self.endpoint.timeout())
            .pool_max_idle_per_host(IDLE)
            .build()
            .map_err(|error| broken(error.to_string()))?;
        Ok(Ready { http, tls: Arc::new(tls) })
    }

    /// Waits for the tunnel, if there is one; how often its far end has refused so far.
    ///
    /// # Errors
    /// When it is not open.
    pub async fn way(&self) -> Result<usize, NetError> {
        let Some(tunnel) = self.endpoint.tunnel() else { return Ok(0) };
        let url = || self.endpoint.url().to_owned();
        let ready = tunnel.ready(self.endpoint.timeout()).await;
        ready.map_err(|(short, why)| NetError::Tunnel { url: url(), short, why: why.to_string() })?;
        Ok(tunnel.refusals())
    }

    /// What a failure on the way is when there is a tunnel: the far end may have said why since.
    pub async fn told_by_the_way(&self, before: usize, error: NetError) -> NetError {
        let broke =
            matches!(error, NetError::Broken { .. } | NetError::Cut { .. } | NetError::Handshake { .. });
        let Some(tunnel) = self.endpoint.tunnel().filter(|_| broke) else { return error };
        if let Some(said) = tunnel.refused(before).await {
            let (Far::Address(far) | Far::Socket(far)) = tunnel.far();
            let permission = tunnel.permission();
            return refusal::of_far_end(self.endpoint.url(), tunnel.host(), far, &permission, &said);
        }
        match tunnel.standing() {
            Standing::Lost { short, why } => {
                NetError::Tunnel { url: self.endpoint.url().to_owned(), short, why: why.to_string() }
            }
            _ => error,
        }
    }

    async fn send(
        &self,
        path: &str,
        build: impl FnOnce(&reqwest::Client, &str) -> RequestBuilder,
    ) -> Result<Response, NetError> {
        self.try_send(path, |http, url| Ok(build(http, url))).await
    }

    async fn try_send(
        &self,
        path: &str,
        build: impl FnOnce(&reqwest::Client, &str) -> reqwest::Result<RequestBuilder>,
    ) -> Result<Response, NetError> {
        let before = self.way().await?;
        match self.over(path, build).await {
            Ok(answer) => Ok(answer),
            Err(error) => Err(self.told_by_the_way(before, error).await),
        }
    }

    async fn over(
        &self,
        path: &str,
        build: impl FnOnce(&reqwest::Client, &str) -> reqwest::Result<RequestBuilder>,
    ) -> Result<Response, NetError> {
        let url = self.endpoint.join(path);
        let http = &self.ready().await?.http;
        let headers = self.headers().await?;
        let _turn = self.turns.acquire().await;
        let _kept = timeout(SOON, self.kept.acquire()).await;
        let patience = self.endpoint.timeout();
        let fail = |error: reqwest::Error| NetError::of(&url, patience, &error);
        let request = build(http, &url).map_err(fail)?.headers(headers).header(USER_AGENT, AGENT);
        let asked = Utc::now();
        let mut answer = request.send().await.map_err(fail)?;
        let answered = Utc::now();
        let peer = answer.extensions().get::<TlsInfo>().and_then(TlsInfo::peer_certificate);
        if let (Some(der), Ok(mut end)) = (peer, self.certificate_end.lock()) {
            *end = certificate::end(der);
        }
        let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok());
        if let (Some(date), Ok(mut skew)) = (date, self.skew.lock()) {
            *skew = clock::skew(date, asked, answered);
        }
        let status = answer.status();
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let content_type = header(CONTENT_TYPE).unwrap_or_default().to_owned();
        if status.is_redirection() {
            let to = secret::unsaid(header(LOCATION).unwrap_or("nowhere"));
            let to = text::sanitise(&to).into_owned();
            return Err(NetError::Redirect { url, to: endpoint::without_login(&to) });
        }
        let cap = if status.is_success() { self.endpoint.cap() } else { WORDS };
        let too_large = || NetError::TooLarge { url: url.clone(), cap };
        if status.is_success() && answer.content_length().is_some_and(|length| length > cap as u64) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        let mut long = None;
        while let Some(chunk) = answer.chunk().await.map_err(fail)? {
            if body.len() + chunk.len() > cap {
                if status.is_success() {
                    return Err(too_large());
                }
                break;
            }
            body.extend_from_slice(&chunk);
            if body.len() > LONG && long.is_none() {
                // It waits in the kernel's buffers and the server's, not in ours.
                long = Some(self.long.acquire().await);
            }
        }
        drop(long);
        spent::note(body.len());
        if status.is_success() {
            return Ok(Response { status: status.as_u16(), content_type, body });
        }
        if status.as_u16() == 401 {
            self.forget_credentials().await;
        }
        Err(NetError::status(url, status, &content_type, &body))
    }
}

/// A piece of a path: a backslash or a slash in a name must not become one of the path.
pub fn encoded(piece: &str) -> String {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    let bytes = piece
        .bytes()
        .map(|byte| if safe(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
    bytes.collect()
}

/// Decodes a body; a large one on a thread of its own, so that other answers do not wait for it.
pub async fn decode<T: Send + 'static>(body: Vec<u8>, parse: impl FnOnce(&[u8]) -> T + Send + 'static) -> T {
    if body.len() < LARGE {
        return parse(&body);
    }
    match tokio::task::spawn_blocking(move || parse(&body)).await {
        Ok(parsed) => parsed,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is going away, and this task with it.
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::{LARGE, decode, encoded};

    #[test]
    fn a_name_stays_one_piece_of_the_path() {
        assert_eq!(encoded("main-1_a.b"), "main-1_a.b");
        assert_eq!(encoded(r"a\x3a/!@:ü"), "a%5Cx3a%2F%21%40%3A%C3%BC");
    }

    /// On one thread: were the large body read where it came in, what ends its reading would never
    /// run.
    #[tokio::test]
    async fn a_large_body_is_read_beside_everything_else() {
        let (go_on, wait) = mpsc::channel();
        let reading =
            decode(vec![b' '; LARGE], move |body| (body.len(), wait.recv_timeout(Duration::from_secs(20))));
        let (read, sent) = tokio::join!(reading, async { go_on.send(()) });
        assert_eq!((read, sent), ((LARGE, Ok(())), Ok(())));
    }

    #[tokio::test]
    async fn a_small_body_is_read_where_it_came_in() {
        let here = std::thread::current().id();
        assert_eq!(decode(vec![b' '; LARGE - 1], |_| std::thread::current().id()).await, here);
    }
}
