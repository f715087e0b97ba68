//! Doors in front of the demo lab's servers: each lets questions through, and breaks the answers that
//! it is told to break.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, Response, Uri};
use serde_json::Value;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;
use wardroom::clock::Clock;
use wardroom::demo::{Lab, Scenario};

/// A server of the lab, in the order in which its config names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    Prometheus,
    First,
    Second,
    Loki,
    Pbs,
    Pve,
}

const ALL: [At; 6] = [At::Prometheus, At::First, At::Second, At::Loki, At::Pbs, At::Pve];

/// One thing that is broken; a path says which answers, by a part of it.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// Connections are refused.
    Gone(At),
    /// It takes the question and never answers.
    Hangs(At),
    /// It answers with this status.
    Status(At, &'static str, u16),
    /// It answers these words.
    Says(At, &'static str, &'static str),
    /// Its answer is changed.
    Edit(At, &'static str, fn(&mut Value)),
    /// Every sample of a query in which these words stand has this value.
    Measure(&'static str, f64),
    /// The answer to such a query is changed.
    Query(&'static str, fn(&mut Value)),
}

impl Fault {
    const fn at(self) -> At {
        match self {
            Self::Gone(at)
            | Self::Hangs(at)
            | Self::Status(at, ..)
            | Self::Says(at, ..)
            | Self::Edit(at, ..) => at,
            Self::Measure(..) | Self::Query(..) => At::Prometheus,
        }
    }
}

/// The doors of a lab; all of it ends when this is dropped.
#[derive(Debug)]
pub struct Doors {
    /// The config that goes through them.
    pub config: String,
    _lab: Lab,
    _closed: Vec<TcpSocket>,
    serving: Vec<JoinHandle<()>>,
}

impl Drop for Doors {
    fn drop(&mut self) {
        self.serving.iter().for_each(JoinHandle::abort);
    }
}

/// A question as a door sees it.
#[derive(Debug)]
struct Asked {
    method: Method,
    path: String,
    /// The `query` of it, without blanks.
    query: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Doors {
    pub async fn open(faults: &[Fault]) -> Self {
        let lab = Lab::start(Scenario::Calm, 7, Clock::system()).await.expect("the lab starts");
        let mut config = lab.config();
        let (mut closed, mut serving) = (Vec::new(), Vec::new());
        for (at, port) in ALL.into_iter().zip(ports(&config)) {
            let mine = faults.iter().copied().filter(move |fault| fault.at() == at);
            let mine: Arc<[Fault]> = mine.collect();
            let new = if mine.iter().any(|fault| matches!(fault, Fault::Gone(_))) {
                let socket = TcpSocket::new_v4().expect("a socket");
                socket.bind(([127, 0, 0, 1], 0).into()).expect("a port");
                let port = socket.local_addr().expect("bound").port();
                closed.push(socket);
                port
            } else {
                let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
                let new = listener.local_addr().expect("bound").port();
                serving.push(tokio::spawn(serve(listener, port, mine)));
                new
            };
            let address = |port: u16| format!("http://127.0.0.1:{port}\"");
            config = config.replace(&address(port), &address(new));
        }
        if faults.iter().any(|fault| matches!(fault, Fault::Hangs(At::Prometheus))) {
            let table = "[sources.prometheus.home]\n";
            config = config.replace(table, &format!("{table}timeout = \"1s\"\n"));
        }
        Self { config, _lab: lab, _closed: closed, serving }
    }
}

/// The ports of a config, in order.
fn ports(config: &str) -> Vec<u16> {
    // Those of the servers; what is looked at by probes comes after them.
    let after = config.split("http://127.0.0.1:").skip(1).take(ALL.len());
    let number = |rest: &str| rest.chars().take_while(char::is_ascii_digit).collect::<String>();
    let ports: Vec<u16> = after.map(|rest| number(rest).parse().expect("a port")).collect();
    assert_eq!(ports.len(), ALL.len(), "{config}");
    ports
}

/// A client for plain HTTP; it still wants to know how it would speak TLS.
fn client() -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().expect("a client")
}

async fn serve(listener: TcpListener, port: u16, faults: Arc<[Fault]>) {
    let client = client();
    let app = Router::new().fallback(move |method, uri: Uri, headers, body: Bytes| {
        let (client, faults) = (client.clone(), Arc::clone(&faults));
        async move {
            let all = format!("http://x/?{}", uri.query().unwrap_or(&String::from_utf8_lossy(&body)));
            let all = reqwest::Url::parse(&all).expect("an address");
            let query = all.query_pairs().find(|(name, _)| name == "query");
            let query = query.map(|(_, text)| text.split_whitespace().collect()).unwrap_or_default();
            let path = uri.path().to_owned();
            let url = format!("http://127.0.0.1:{port}{uri}");
            answer(&client, &url, Asked { method, path, query, headers, body }, &faults).await
        }
    });
    axum::serve(listener, app).await.expect("it serves until it is ended");
}

async fn answer(client: &reqwest::Client, url: &str, asked: Asked, faults: &[Fault]) -> Response<Body> {
    for fault in faults {
        match *fault {
            Fault::Hangs(_) => tokio::time::sleep(Duration::from_mins(10)).await,
            Fault::Status(_, path, status) if asked.path.contains(path) => {
                return Response::builder().status(status).body(Body::empty()).expect("an answer");
            }
            Fault::Says(_, path, words) if asked.path.contains(path) => {
                return Response::new(Body::from(words));
            }
            _ => {}
        }
    }
    let mut request = client.request(asked.method.clone(), url).body(asked.body.clone());
    for (name, value) in asked.headers.iter().filter(|(name, _)| *name != "host") {
        request = request.header(name, value);
    }
    let said = request.send().await.expect("the lab answers");
    let (status, media) = (said.status(), said.headers().get(CONTENT_TYPE).cloned());
    let mut body = said.bytes().await.expect("a whole answer").to_vec();
    for fault in faults {
        let change: &dyn Fn(&mut Value) = match fault {
            Fault::Edit(_, path, change) if asked.path.contains(path) => change,
            Fault::Query(words, change) if asked.query.contains(words) => change,
            Fault::Measure(words, value) if asked.query.contains(words) => &|said| set(said, *value),
            _ => continue,
        };
        let mut value: Value = serde_json::from_slice(&body).expect("JSON");
        change(&mut value);
        body = serde_json::to_vec(&value).expect("JSON");
    }
    let mut response = Response::builder().status(status);
    if let Some(media) = media {
        response = response.header(CONTENT_TYPE, media);
    }
    response.body(Body::from(body)).expect("an answer")
}

/// Gives every sample of an answer this value.
fn set(said: &mut Value, value: f64) {
    for row in said["data"]["result"].as_array_mut().into_iter().flatten() {
        row["value"][1] = value.to_string().into();
    }
}
