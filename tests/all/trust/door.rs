//! A door before a server: it lets questions through to the demo lab and does to the answers what a
//! bad network, a broken server or somebody in between would do.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub use super::fault::Fault;

/// What a server said.
struct Answer {
    status: u16,
    content_type: String,
    body: Vec<u8>,
}

/// Stands in a changed answer for bytes that are no text: JSON itself could not hold them.
pub const NO_TEXT: &str = "\u{f8ff}no text\u{f8ff}";

/// Those bytes: no beginning, no end, half a pair, beyond the last character, longer than need be.
const BYTES: &[u8] = b"\xff\xfe\x80(\xc3\xed\xa0\x80\xf4\x90\x80\x80\xc0\xaf";

/// The body with the bytes in the places that stand for them.
fn spoilt(body: &[u8]) -> Vec<u8> {
    let mark = NO_TEXT.as_bytes();
    let mut spoilt = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.windows(mark.len()).position(|window| window == mark) {
        spoilt.extend_from_slice(&rest[..at]);
        spoilt.extend_from_slice(BYTES);
        rest = &rest[at + mark.len()..];
    }
    spoilt.extend_from_slice(rest);
    spoilt
}

/// One door.
pub struct Door {
    pub url: String,
    fault: Arc<Mutex<Fault>>,
    asked: Arc<AtomicUsize>,
    visits: Arc<Visits>,
    serving: JoinHandle<()>,
}

/// The connections of a door: how many came, how many are open, and how many were at most.
#[derive(Default)]
struct Visits {
    came: AtomicUsize,
    open: AtomicUsize,
    most: AtomicUsize,
}

/// A connection for as long as it is open.
struct Open(Arc<Visits>);

impl Open {
    fn of(visits: &Arc<Visits>) -> Self {
        visits.came.fetch_add(1, Ordering::SeqCst);
        let open = visits.open.fetch_add(1, Ordering::SeqCst) + 1;
        visits.most.fetch_max(open, Ordering::SeqCst);
        Self(Arc::clone(visits))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Door {
    /// A door to `server`, open.
    pub async fn to(server: &str) -> Self {
        Self::at("127.0.0.1:0", server).await.expect("a free port")
    }

    /// The same at an address; an error where this machine has none such.
    pub async fn at(address: &str, server: &str) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let url = format!("http://{}", listener.local_addr().expect("a bound port has an address"));
        let fault = Arc::new(Mutex::new(Fault::None));
        let asked = Arc::<AtomicUsize>::default();
        let visits = Arc::<Visits>::default();
        let serving = {
            let (fault, asked, visits) = (Arc::clone(&fault), Arc::clone(&asked), Arc::clone(&visits));
            let server = server.trim_start_matches("http://").to_owned();
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let visit = Visit {
                        server: server.clone(),
                        fault: Arc::clone(&fault),
                        asked: Arc::clone(&asked),
                    };
                    let open = Open::of(&visits);
                    tokio::spawn(async move {
                        let _open = open;
                        // Whoever hangs up has had enough.
                        visit.serve(stream).await.ok()
                    });
                }
            })
        };
        Ok(Self { url, fault, asked, visits, serving })
    }

    pub fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// How many questions came.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// How many connections came.
    pub fn came(&self) -> usize {
        self.visits.came.load(Ordering::SeqCst)
    }

    /// How many connections are open.
    pub fn open(&self) -> usize {
        self.visits.open.load(Ordering::SeqCst)
    }

    /// How many connections were open at once, at most.
    pub fn most(&self) -> usize {
        self.visits.most.load(Ordering::SeqCst)
    }
}

/// One connection, and what it knows of the door.
struct Visit {
    server: String,
    fault: Arc<Mutex<Fault>>,
    asked: Arc<AtomicUsize>,
}

/// So long between two bytes that drip: whoever waits four seconds has seen few of them.
const DRIP: Duration = Duration::from_secs(1);

impl Visit {
    async fn serve(self, mut client: TcpStream) -> std::io::Result<()> {
        let fault = || self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone();
        loop {
            if matches!(fault(), Fault::Slammed) {
                return Ok(());
            }
            let (head, body) = question(&mut client).await?;
            self.asked.fetch_add(1, Ordering::SeqCst);
            let fault = fault();
            if head.to_ascii_lowercase().contains("upgrade: websocket") {
                return self.tail(client, &head, &fault).await;
            }
            if !self.answer(&mut client, &head, &body, fault).await? {
                return Ok(());
            }
        }
    }

    /// Lets a tail through, as long as nothing is wrong with the door.
    async fn tail(&self, mut client: TcpStream, head: &str, fault: &Fault) -> std::io::Result<()> {
        if let Fault::Redirect(status, to) = fault {
            let away = whole(*status, "text/plain", b"", &format!("location: {to}\r\nconnection: close\r\n"));
            return client.write_all(&away).await;
        }
        if !matches!(fault, Fault::None | Fault::Changes(_)) {
            return client.write_all(&whole(503, "text/plain", b"no", "connection: close\r\n")).await;
        }
        let mut server = TcpStream::connect(&self.server).await?;
        server.write_all(head.as_bytes()).await?;
        tokio::io::copy_bidirectional(&mut client, &mut server).await.map(drop)
    }

    /// What the server behind says.
    async fn ask(&self, head: &str, body: &[u8]) -> std::io::Result<Answer> {
        let mut server = TcpStream::connect(&self.server).await?;
        server.write_all(head.replacen("\r\n", "\r\nConnection: close\r\n", 1).as_bytes()).await?;
        server.write_all(body).await?;
        let mut said = Vec::new();
        server.read_to_end(&mut said).await?;
        let end = said.windows(4).position(|four| four == b"\r\n\r\n").expect("the lab ends its heads") + 4;
        let head = String::from_utf8_lossy(&said[..end]).into_owned();
        assert!(!head.contains("transfer-encoding"), "the lab knows how much it says: {head}");
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        let content_type = field(&head, "content-type").unwrap_or_default();
        Ok(Answer { status, content_type, body: said[end..].to_vec() })
    }

    /// Answers one question; `false` when the connection is over.
    async fn answer(
        &self,
        client: &mut TcpStream,
        head: &str,
        body: &[u8],
        fault: Fault,
    ) -> std::io::Result<bool> {
        match fault {
            Fault::Silent => std::future::pending::<()>().await,
            Fault::Reset => {
                socket2::SockRef::from(&*client).set_linger(Some(Duration::ZERO))?;
                return Ok(false);
            }
            Fault::Closed | Fault::Slammed => return Ok(false),
            Fault::Raw(bytes) => {
                client.write_all(bytes).await?;
                return Ok(false);
            }
            Fault::Garbage(seed) => {
                client.write_all(&garbage(seed)).await?;
                return Ok(false);
            }
            Fault::EndlessHead => {
                client.write_all(b"HTTP/1.1 200 OK\r\n").await?;
                loop {
                    client.write_all(format!("x-more: {}\r\n", "x".repeat(8_000)).as_bytes()).await?;
                }
            }
            Fault::Huge(size) => return huge(client, size, false).await,
            Fault::HugeInPieces(size) => return huge(client, size, true).await,
            Fault::Bomb(megabytes) => {
                static PACKED: OnceLock<Vec<u8>> = OnceLock::new();
                let packed = PACKED.get_or_init(|| bomb(megabytes));
                let bomb = whole(200, "application/json", packed, "content-encoding: gzip\r\n");
                client.write_all(&bomb).await?;
            }
            Fault::Says(status, kind, body) => client.write_all(&whole(status, kind, &body, "")).await?,
            Fault::Redirect(status, to) => {
                client.write_all(&whole(status, "text/plain", b"", &format!("location: {to}\r\n"))).await?;
            }
            fault => {
                let answer = self.ask(head, body).await?;
                return spoil(client, answer, fault, path(head)).await;
            }
        }
        Ok(true)
    }
}

/// Writes an answer, with what is wrong with it.
async fn spoil(client: &mut TcpStream, said: Answer, fault: Fault, path: &str) -> std::io::Result<bool> {
    let Answer { status, content_type, mut body } = said;
    let whole_answer = whole(status, &content_type, &body, "");
    let end = whole_answer.len() - body.len();
    let (cut, drip) = match fault {
        Fault::CutStatus(at) => (Some(at), None),
        Fault::CutHead => (Some(end - 7), None),
        Fault::CutBody => (Some(end), None),
        Fault::CutEnd => (Some(whole_answer.len() - 1), None),
        Fault::Hangup => (Some(whole_answer.len()), None),
        Fault::SlowHead => (None, Some(0)),
        Fault::SlowBody => (None, Some(end)),
        _ => (None, None),
    };
    if let Some(at) = cut {
        client.write_all(&whole_answer[..at]).await?;
        return Ok(false);
    }
    if let Some(from) = drip {
        client.write_all(&whole_answer[..from]).await?;
        for byte in &whole_answer[from..] {
            client.write_all(&[*byte]).await?;
            tokio::time::sleep(DRIP).await;
        }
        return Ok(true);
    }
    match fault {
        Fault::Length(more) => {
            let length = i64::try_from(body.len()).unwrap_or(0) + more;
            let head = head_of(status, &content_type, &format!("content-length: {length}\r\n"));
            client.write_all(&[head.as_bytes(), &body].concat()).await?;
            return Ok(false);
        }
        Fault::Stops(class) => {
            let text = body.trim_ascii_end();
            let inner = &text[..text.len().saturating_sub(1)];
            let at = inner.iter().rposition(class).map_or(text.len() / 2, |at| at + 1);
            client.write_all(&whole(status, &content_type, &body[..at], "")).await?;
        }
        Fault::BadPieces => {
            let head = head_of(status, &content_type, "transfer-encoding: chunked\r\n");
            client.write_all(&[head.as_bytes(), b"zz\r\n", &body].concat()).await?;
            return Ok(false);
        }
        Fault::CutPiece => {
            let head = head_of(status, &content_type, "transfer-encoding: chunked\r\n");
            let size = format!("{:x}\r\n", body.len() + 1);
            client.write_all(&[head.as_bytes(), size.as_bytes(), &body].concat()).await?;
            return Ok(false);
        }
        Fault::Calls(kind) => client.write_all(&whole(status, kind, &body, "")).await?,
        Fault::Skew(seconds) => {
            let date = chrono::Utc::now() + chrono::TimeDelta::seconds(seconds);
            let date = format!("date: {}\r\n", date.format("%a, %d %b %Y %H:%M:%S GMT"));
            client.write_all(&whole(status, &content_type, &body, &date)).await?;
        }
        Fault::Changes(change) => {
            if let Ok(mut json) = serde_json::from_slice(&body) {
                change(path, &mut json);
                body = spoilt(&serde_json::to_vec(&json)?);
            }
            client.write_all(&whole(status, &content_type, &body, "")).await?;
        }
        _ => client.write_all(&whole_answer).await?,
    }
    Ok(true)
}

/// Reads one question: its head and its body.
async fn question(client: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let length = field(&head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    client.read_exact(&mut body).await?;
    Ok((head, body))
}

/// What a field of a head says.
fn field(head: &str, name: &str) -> Option<String> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
}

/// The path that a head asks for, without what follows it.
fn path(head: &str) -> &str {
    head.split(' ').nth(1).and_then(|path| path.split('?').next()).unwrap_or_default()
}

fn head_of(status: u16, content_type: &str, more: &str) -> String {
    format!("HTTP/1.1 {status} x\r\ncontent-type: {content_type}\r\n{more}\r\n")
}

fn whole(status: u16, content_type: &str, body: &[u8], more: &str) -> Vec<u8> {
    let head = head_of(status, content_type, &format!("{more}content-length: {}\r\n", body.len()));
    [head.as_bytes(), body].concat()
}

/// A bracket and blanks, with their number said before or not.
async fn huge(client: &mut TcpStream, size: usize, in_pieces: bool) -> std::io::Result<bool> {
    let more = if in_pieces {
        "transfer-encoding: chunked\r\n".to_owned()
    } else {
        format!("content-length: {}\r\n", size + 1)
    };
    client.write_all(head_of(200, "application/json", &more).as_bytes()).await?;
    let blanks = vec![b' '; 1 << 20];
    client.write_all(if in_pieces { b"1\r\n[\r\n" } else { b"[" }).await?;
    let mut left = size;
    while left > 0 {
        let piece = blanks.get(..left).unwrap_or(&blanks);
        if in_pieces {
            client.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
        }
        client.write_all(piece).await?;
        if in_pieces {
            client.write_all(b"\r\n").await?;
        }
        left -= piece.len();
    }
    if in_pieces {
        client.write_all(b"0\r\n\r\n").await?;
    }
    Ok(true)
}

/// So many megabytes of blanks, packed.
fn bomb(megabytes: usize) -> Vec<u8> {
    use std::io::Write as _;
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    let blanks = vec![b' '; 1 << 20];
    for _ in 0..megabytes {
        packed.write_all(&blanks).expect("memory takes it");
    }
    packed.finish().expect("memory takes it")
}

/// Bytes by chance, the same for the same seed.
fn garbage(seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut bytes = Vec::with_capacity(300);
    for _ in 0..300 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        bytes.push(state.to_be_bytes()[0]);
    }
    bytes
}
