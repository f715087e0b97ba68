//! A small HTTP/1.1 server with a thread per connection: small enough to break an answer anywhere
//! between its first byte and its last.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use socket2::SockRef;

/// Longer than anybody waits for an answer.
const TOO_LATE: Duration = Duration::from_secs(30);
/// The first byte of a TLS connection.
const TLS_HANDSHAKE: u8 = 0x16;
/// Between two bytes of a dripping answer.
const DRIP: Duration = Duration::from_millis(300);

/// What was asked.
#[derive(Debug, Default)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// After the question mark, as it came.
    pub query: String,
    /// As far as `Content-Length` says.
    pub body: Vec<u8>,
}

impl Request {
    /// The value of a query parameter, not decoded.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }
}

/// An answer in good order.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    kind: &'static str,
    location: Option<&'static str>,
    body: Vec<u8>,
}

impl Reply {
    /// Metrics, or a short message.
    pub fn text(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::of("text/plain; version=0.0.4; charset=utf-8", status, body)
    }

    /// Leads elsewhere.
    pub fn redirect(place: &'static str) -> Self {
        Self { location: Some(place), ..Self::text(302, "") }
    }

    /// A body of another kind.
    pub fn of(kind: &'static str, status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, kind, location: None, body: body.into() }
    }

    fn head(&self, length: usize) -> String {
        let location = self.location.map(|place| format!("Location: {place}\r\n")).unwrap_or_default();
        let Self { status, kind, .. } = self;
        let reason = reason(*status);
        format!(
            "HTTP/1.1 {status} {reason}\r\nServer: lab/1\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{location}\r\n"
        )
    }
}

/// The words after a status, which Prometheus shows.
const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

/// What happens on the wire.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A complete answer.
    Whole(Reply),
    /// A complete answer, after this long.
    After(Duration, Reply),
    /// A complete answer that comes when nobody waits any more.
    Late(Reply),
    /// The head at once, then a byte now and then.
    Drip,
    /// A part of what the head promises, then the end.
    Truncated(&'static [u8]),
    /// The connection is reset.
    Reset,
}

/// A server, until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

type Handle = Arc<dyn Fn(&Request) -> Answer + Send + Sync>;

impl Server {
    /// Serves on a free port of the loopback, with TLS if `tls` is given.
    pub fn start(
        tls: Option<Arc<ServerConfig>>,
        handle: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let ended = Arc::new(AtomicBool::new(false));
        let handle: Handle = Arc::new(handle);
        let over = Arc::clone(&ended);
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                let (tls, handle) = (tls.clone(), Arc::clone(&handle));
                // A client that goes away in the middle is everyday life here.
                thread::spawn(move || converse(stream, tls, &handle).ok());
            }
        });
        Ok(Self { address, ended, thread: Some(thread) })
    }

    /// The port it listens on.
    pub const fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // A last connection wakes the thread from its wait.
        let _woken = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// Answers one request after the other until the client leaves.
fn converse(tcp: TcpStream, tls: Option<Arc<ServerConfig>>, handle: &Handle) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    let raw = tcp.try_clone()?;
    let stream: Box<dyn Stream> = match tls {
        Some(tls) => {
            let session = ServerConnection::new(tls).map_err(io::Error::other)?;
            Box::new(StreamOwned::new(session, tcp))
        }
        None => Box::new(tcp),
    };
    let mut stream = BufReader::new(stream);
    // A client that begins a TLS handshake here is told so in HTTP, as real servers do.
    if stream.fill_buf()?.first() == Some(&TLS_HANDSHAKE) {
        return write(stream.get_mut(), &Reply::text(400, "this port speaks plain HTTP\n"));
    }
    while let Some(request) = read(&mut stream)? {
        let out = stream.get_mut();
        match handle(&request) {
            Answer::Whole(reply) => write(out, &reply)?,
            Answer::After(span, reply) => {
                thread::sleep(span);
                write(out, &reply)?;
            }
            Answer::Late(reply) => {
                raw.set_read_timeout(Some(TOO_LATE))?;
                // Ends at once when the client hangs up.
                let _left = raw.peek(&mut [0]);
                write(out, &reply)?;
                raw.set_read_timeout(None)?;
            }
            Answer::Drip => return drip(out),
            Answer::Truncated(part) => {
                out.write_all(Reply::text(200, "").head(5000).as_bytes())?;
                out.write_all(part)?;
                return raw.shutdown(Shutdown::Both);
            }
            // Closed without waiting: the client sees a reset.
            Answer::Reset => return SockRef::from(&raw).set_linger(Some(Duration::ZERO)),
        }
    }
    Ok(())
}

fn write(out: &mut dyn Stream, reply: &Reply) -> io::Result<()> {
    let mut bytes = reply.head(reply.body.len()).into_bytes();
    bytes.extend_from_slice(&reply.body);
    out.write_all(&bytes)?;
    out.flush()
}

fn drip(out: &mut dyn Stream) -> io::Result<()> {
    out.write_all(Reply::text(200, "").head(100_000).as_bytes())?;
    for _ in 0..100 {
        out.write_all(b"a")?;
        out.flush()?;
        thread::sleep(DRIP);
    }
    Ok(())
}

/// The next request; `None` when the client has left.
fn read(stream: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let mut next = || words.next().unwrap_or_default().to_owned();
    let (method, target) = (next(), next());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut request = Request { method, path: path.to_owned(), query: query.to_owned(), body: Vec::new() };
    let mut length = 0;
    loop {
        let mut header = String::new();
        if stream.read_line(&mut header)? == 0 || header.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    stream.take(length).read_to_end(&mut request.body)?;
    Ok(Some(request))
}
