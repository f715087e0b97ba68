//! Where a server is and how it lets us in, as a table of the config says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::tls::Fingerprint;
use super::tunnel::{Far, Tunnel};
use crate::secret::{Secret, expand_home};
use crate::settings::Table;

/// Bytes of an answer, unpacked: twice what thirty thousand targets take.
const CAP: usize = 48 << 20;

/// A request that takes longer has failed, unless the config says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How a kind of server wants its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// `Authorization: Bearer TOKEN`.
    Bearer,
    /// `Authorization: PBSAPIToken=USER@REALM!NAME:SECRET`.
    Pbs,
    /// `Authorization: PVEAPIToken=USER@REALM!NAME=SECRET`.
    Pve,
}

impl Token {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer ",
            Self::Pbs => "PBSAPIToken=",
            Self::Pve => "PVEAPIToken=",
        }
    }
}

/// How we are let in.
#[derive(Clone, Debug)]
pub(super) enum Login {
    None,
    Basic { username: String, password: Secret },
    Token { prefix: &'static str, token: Secret },
}

/// How the address is reached.
#[derive(Clone, Debug, Default)]
pub(super) enum Way {
    /// As it stands.
    #[default]
    Direct,
    /// By a socket of this machine.
    Socket(PathBuf),
    /// Through ssh.
    Tunnel(Arc<Tunnel>),
}

/// A server's address, and everything that a request to it needs.
#[derive(Clone, Debug)]
pub struct Endpoint {
    url: String,
    login: Login,
    headers: HeaderMap,
    ca_file: Option<PathBuf>,
    fingerprint: Option<Fingerprint>,
    timeout: Duration,
    cap: usize,
    insecure_http: bool,
    via: Option<String>,
    socket: Option<String>,
    way: Way,
}

impl Endpoint {
    /// Reads `url` and the keys that go with it; faults are told through the table.
    pub fn read(table: &Table<'_>, token: Token) -> Option<Self> {
        let url = table.require::<String>("url");
        let url = url.and_then(|url| tell(table, "url", base(&url)));
        let access = Self::access(table, token);
        access.at(table, "url", &url?)
    }

    /// Reads `urls`, or `url`: the addresses of one group that are reached in the same way.
    pub fn read_group(table: &Table<'_>, token: Token) -> Option<Vec<Self>> {
        let access = Self::access(table, token);
        let urls = table.get::<Vec<String>>("urls");
        let (key, urls) = match table.get::<String>("url") {
            Some(_) if table.has("urls") => {
                table.fault("url", "give `url` or `urls`, not both");
                return None;
            }
            Some(url) => ("url", vec![url]),
            None if table.has("urls") || table.has("url") => ("urls", urls?),
            None => ("url", vec![table.require::<String>("url")?]),
        };
        if urls.is_empty() {
            table.fault(key, "give at least one address");
        }
        let mut all = Vec::new();
        for url in urls {
            let url = tell(table, key, base(&url))?;
            all.push(access.clone().at(table, key, &url)?);
        }
        (!all.is_empty()).then_some(all)
    }

    /// The address without its last slash: `http://10.0.0.15:9090/prometheus`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address of `path`, which begins with a slash. A path prefix of the URL stays.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Whether the connection is encrypted.
    pub fn is_https(&self) -> bool {
        self.url.starts_with("https:")
    }

    /// How long one request may take.
    pub const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The tunnel to it, if it is reached by one.
    pub const fn tunnel(&self) -> Option<&Arc<Tunnel>> {
        match &self.way {
            Way::Tunnel(tunnel) => Some(tunnel),
            Way::Direct | Way::Socket(_) => None,
        }
    }

    /// The socket of this machine that leads there, if one does.
    ///
    /// # Errors
    /// When there is no place for the socket of a tunnel.
    pub fn socket(&self) -> std::io::Result<Option<&Path>> {
        match &self.way {
            Way::Direct => Ok(None),
            Way::Socket(path) => Ok(Some(path)),
            Way::Tunnel(tunnel) => tunnel.socket().map(Some),
        }
    }

    /// How long a look of `requests` requests may take, one after the other: a backstop behind
    /// their own time-outs.
    pub fn patience(&self, requests: u32) -> Duration {
        let secret = match &self.login {
            Login::Basic { password: Secret::Command(_), .. }
            | Login::Token { token: Secret::Command(_), .. } => Duration::from_secs(30),
            _ => Duration::from_secs(1),
        };
        let opening = if self.tunnel().is_some() { self.timeout } else { Duration::ZERO };
        self.timeout * requests + secret + opening
    }

    /// How we are let in, in a few words; `None` when nothing is sent.
    pub fn credential(&self) -> Option<&'static str> {
        match &self.login {
            Login::Basic { .. } => Some("its user and password"),
            Login::Token { .. } => Some("its token"),
            Login::None if self.headers.keys().any(is_secret) => Some("its header"),
            Login::None => None,
        }
    }

    pub(super) const fn login(&self) -> &Login {
        &self.login
    }

    pub(super) const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub(super) fn ca_file(&self) -> Option<&Path> {
        self.ca_file.as_deref()
    }

    pub(super) const fn fingerprint(&self) -> Option<Fingerprint> {
        self.fingerprint
    }

    pub(super) const fn cap(&self) -> usize {
        self.cap
    }

    /// Everything but the address.
    fn access(table: &Table<'_>, token: Token) -> Self {
        Self {
            url: String::new(),
            login: login(table, token),
            headers: headers(table),
            ca_file: table.get::<String>("ca_file").map(|file| expand_home(&file)),
            fingerprint: table.get_with("fingerprint", |text: String| text.parse::<Fingerprint>()),
            timeout: table.get_with("timeout", bounded_timeout).unwrap_or(TIMEOUT),
            cap: CAP,
            insecure_http: table.get("insecure_http").unwrap_or(false),
            via: table.get_with("via", host).flatten(),
            socket: table.get_with("socket", socket),
            way: Way::Direct,
        }
    }

    /// The same at `url`, unless that would give secrets away.
    fn at(mut self, table: &Table<'_>, key: &str, url: &Url) -> Option<Self> {
        let https = url.scheme() == "https";
        let stays_there = is_loopback(url) || self.socket.is_some();
        if !https && !self.insecure_http && self.has_secrets() && !stays_there {
            table.fault(
                key,
                "the credentials would cross the network readable; use https://, or set insecure_http = true",
            );
            return None;
        }
        // What the site of the source says goes for those that it can go for.
        if !table.is_own("ca_file") && (!https || self.fingerprint.is_some()) {
            self.ca_file = None;
        }
        for (name, given) in
            [("fingerprint", self.fingerprint.is_some()), ("ca_file", self.ca_file.is_some())]
        {
            if given && !https {
                table.fault(name, "is of use with an https:// url only");
                return None;
            }
        }
        if self.fingerprint.is_some() && self.ca_file.is_some() {
            table.fault("ca_file", "give `ca_file` or `fingerprint`, not both");
            return None;
        }
        url.as_str().trim_end_matches('/').clone_into(&mut self.url);
        self.way = match (self.via.take(), self.socket.take()) {
            (None, None) => Way::Direct,
            (None, Some(path)) => Way::Socket(path.into()),
            (Some(host), path) => {
                Way::Tunnel(Arc::new(Tunnel::new(host, path.map_or_else(|| far(url), Far::Socket))))
            }
        };
        Some(self)
    }

    fn has_secrets(&self) -> bool {
        !matches!(self.login, Login::None) || self.headers.keys().any(is_secret)
    }
}

/// `via = "ssh:HOST"`: the host, as the operator names it; `none`: directly, whatever the site says.
#[expect(clippy::needless_pass_by_value, reason = "what reads a key takes its value whole")]
fn host(via: String) -> Result<Option<String>, String> {
    if via == "none" {
        return Ok(None);
    }
    let is_word = |word: &str| {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-:".contains(&byte);
        !word.is_empty() && !word.starts_with('-') && word.bytes().all(is_letter)
    };
    let host = via.strip_prefix("ssh:").filter(|host| host.splitn(2, '@').all(is_word));
    host.map(|host| Some(host.to_owned())).ok_or_else(|| "\"ssh:HOST\" or \"ssh:USER@HOST\"".to_owned())
}

/// `socket`: the path of one.
fn socket(path: String) -> Result<String, String> {
    let is_plain =
        |path: &str| path.starts_with('/') && !path.contains(':') && !path.contains(char::is_control);
    if is_plain(&path) && path.len() < 108 {
        Ok(path)
    } else {
        Err("the path of a socket, such as \"/run/prometheus.sock\"".to_owned())
    }
}

/// What a URL names, as ssh takes it.
fn far(url: &Url) -> Far {
    let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(80));
    Far::Address(format!("{host}:{port}"))
}

/// Whether a header of this name lets somebody in.
pub(super) fn is_secret(name: &HeaderName) -> bool {
    ["auth", "cookie", "token", "key", "secret"].iter().any(|word| name.as_str().contains(word))
}

fn tell<T>(table: &Table<'_>, key: &str, result: Result<T, String>) -> Option<T> {
    result.map_err(|message| table.fault(key, message)).ok()
}

/// The address in a config: scheme, host, and perhaps port and path.
fn base(text: &str) -> Result<Url, String> {
    const EXPECTED: &str = "expected an address such as \"http://127.0.0.1:9090\"";
    let url = Url::parse(text).map_err(|error| format!("{EXPECTED}: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("{EXPECTED}, with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "no credentials in the address; use `username` and `password`, or `password_file`".to_owned()
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("{EXPECTED}, without what follows `?` or `#`"));
    }
    Ok(url)
}

/// Addresses of others may carry credentials: they are cut out before anybody reads them.
pub(super) fn without_login(text: &str) -> String {
    match Url::parse(text) {
        Ok(mut url) if !url.username().is_empty() || url.password().is_some() => {
            let cut = url.set_username("").is_ok() && url.set_password(None).is_ok();
            if cut { url.to_string() } else { "an address with credentials".to_owned() }
        }
        _ => text.to_owned(),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => {
            let host = host.trim_start_matches('[').trim_end_matches(']');
            host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        None => false,
    }
}

fn login(table: &Table<'_>, token: Token) -> Login {
    let username = table.get::<String>("username");
    let password = Secret::read(table, "password");
    let secret = Secret::read(table, "token");
    match (username, password, secret) {
        (None, None, None) => Login::None,
        (None, None, Some(secret)) => Login::Token { prefix: token.prefix(), token: secret },
        (Some(username), Some(password), None) => Login::Basic { username, password },
        (Some(_), None, None) => {
            table
                .fault("username", "needs `password`, `password_file`, `password_env` or `password_command`");
            Login::None
        }
        (None, Some(_), _) => {
            table.fault("password", "needs `username`");
            Login::None
        }
        (Some(_), _, Some(_)) => {
            table.fault("username", "give `username` and `password`, or `token`, not both");
            Login::None
        }
    }
}

fn headers(table: &Table<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut add = |key: &str, name: &str, value: &str| match (
        HeaderName::from_bytes(name.as_bytes()),
        HeaderValue::from_str(value),
    ) {
        (Ok(name), Ok(mut value)) => {
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        _ => table.fault(key, format!("`{name}` is no header that can be sent")),
    };
    if let Some(tenant) = table.get::<String>("tenant") {
        add("tenant", "x-scope-orgid", &tenant);
    }
    for (name, value) in table.get::<BTreeMap<String, String>>("headers").unwrap_or_default() {
        add("headers", &name, &value);
    }
    headers
}

fn bounded_timeout(timeout: Duration) -> Result<Duration, String> {
    let sensible = Duration::from_millis(100)..=Duration::from_mins(5);
    if sensible.contains(&timeout) { Ok(timeout) } else { Err("a time-out from 100ms to 5m".to_owned()) }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::settings::Document;

    fn read(text: &str) -> (Option<Endpoint>, Vec<String>) {
        let document = Document::new("w.toml", text);
        let endpoint = document.read(|table| Endpoint::read(table, Token::Bearer)).flatten();
        (endpoint, document.faults().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_path_prefix_stays() {
        let (endpoint, faults) = read("url = \"http://lab/prometheus/\"\n");
        assert_eq!(faults, [""; 0]);
        let endpoint = endpoint.expect("an endpoint");
        assert_eq!(endpoint.join("/api/v1/targets"), "http://lab/prometheus/api/v1/targets");
    }

    #[rstest]
    #[case("url = \"http://10.0.0.1:9090\"\ntoken = \"x\"", "insecure_http")]
    #[case("url = \"http://sam:pw@lab\"", "use `username`")]
    #[case("url = \"ftp://lab\"", "http://")]
    #[case("url = \"lab:9090\"", "http://")]
    #[case("url = \"http://lab/?x=1\"", "without what follows")]
    #[case("url = \"http://lab\"\nfingerprint = \"00\"", "64 hexadecimal digits")]
    #[case("url = \"http://lab\"\nca_file = \"ca.pem\"", "https:// url only")]
    #[case("url = \"https://lab\"\nusername = \"sam\"", "needs `password`")]
    #[case("url = \"https://lab\"\npassword = \"x\"", "needs `username`")]
    #[case("url = \"https://lab\"\ntimeout = \"1h\"", "100ms to 5m")]
    #[case("url = \"https://lab\"\nheaders = { \"a b\" = \"c\" }", "no header")]
    #[case("url = \"http://lab\"\nheaders = { Authorization = \"c\" }", "readable")]
    fn what_is_wrong_is_told(#[case] text: &str, #[case] told: &str) {
        let (_, faults) = read(text);
        assert!(faults.iter().any(|fault| fault.contains(told)), "{faults:?}");
        assert!(!faults.join("").contains("pw@"), "no secret in a fault");
    }

    #[rstest]
    #[case("url = \"http://127.0.0.1:1\"\ntoken = \"hidden\"")]
    #[case("url = \"http://[::1]:1\"\nusername = \"sam\"\npassword = \"hidden\"")]
    #[case("url = \"http://10.0.0.1\"\ntoken = \"hidden\"\ninsecure_http = true")]
    #[case("url = \"https://lab\"\nheaders = { Authorization = \"hidden\" }")]
    fn credentials_go_where_nobody_reads_them(#[case] text: &str) {
        let (endpoint, faults) = read(text);
        assert_eq!(faults, [""; 0]);
        assert!(!format!("{endpoint:?}").contains("hidden"), "no secret in a log");
    }

    #[test]
    fn addresses_of_others_lose_their_credentials() {
        assert_eq!(without_login("http://sam:pw@x/y"), "http://x/y");
        assert_eq!(without_login("/login"), "/login");
    }
}
