//! A proxy that breaks things: by its seed and the number of the connection, so that the same seed
//! brings the same faults.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Numbers without a pattern, the same for the same seed.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `sides`.
    pub const fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

/// What was done to connections, for whoever wants to know that something was.
#[derive(Debug, Default)]
pub struct Broken {
    pub refused: AtomicU64,
    pub cut: AtomicU64,
    pub closed: AtomicU64,
    pub stalled: AtomicU64,
}

/// The proxy; it ends when it is dropped.
pub struct Proxy {
    pub url: String,
    pub broken: Arc<Broken>,
    serving: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// What happens to a live tail.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// The end of the connection, amid a frame.
    Cut,
    /// A close that overtakes the frames behind it.
    Close,
    /// Nothing comes any more.
    Stall,
}

impl Proxy {
    /// Stands before the server at `port`.
    pub async fn start(port: u16, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound port has an address"));
        let broken: Arc<Broken> = Arc::default();
        let noted = Arc::clone(&broken);
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            for number in 0.. {
                let Ok((client, _)) = listener.accept().await else { return };
                let (dice, noted) = (Dice::new(seed.wrapping_mul(1_000_003) + number), Arc::clone(&noted));
                // Who leaves is not waited for.
                connections.spawn(async move { drop(carry(client, port, dice, &noted).await) });
            }
        });
        Self { url, broken, serving }
    }
}

/// Carries one request and its answer.
async fn carry(mut client: TcpStream, port: u16, mut dice: Dice, broken: &Broken) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let text = String::from_utf8(head).expect("a request's head is ASCII");
    let is_tail = text.contains("/tail?");
    match dice.roll(100) {
        0..10 => return refuse(client, "500 Internal Server Error", "boom", broken).await,
        10..20 => {
            return refuse(client, "429 Too Many Requests", "too many outstanding requests", broken).await;
        }
        20..40 => tokio::time::sleep(Duration::from_millis(dice.roll(150))).await,
        _ => {}
    }
    let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
    if is_tail {
        server.write_all(text.as_bytes()).await?;
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        return tokio::select! {
            done = upward(from_client, to_server) => done,
            done = downward(from_server, to_client, dice, broken) => done,
        };
    }
    // One request a connection: each is a chance.
    server.write_all(text.replacen("\r\n", "\r\nConnection: close\r\n", 1).as_bytes()).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    if dice.roll(100) < 12 {
        broken.cut.fetch_add(1, Ordering::Relaxed);
        answer.truncate(answer.len() / 2);
    }
    client.write_all(&answer).await
}

async fn refuse(mut client: TcpStream, status: &str, body: &str, broken: &Broken) -> std::io::Result<()> {
    broken.refused.fetch_add(1, Ordering::Relaxed);
    let length = body.len() + 1;
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}\n"
    );
    client.write_all(answer.as_bytes()).await
}

async fn upward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> std::io::Result<()> {
    tokio::io::copy(&mut from, &mut to).await.map(drop)
}

/// Carries the frames of a tail until their number is up.
async fn downward(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut dice: Dice,
    broken: &Broken,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(from.read_u8().await?);
    }
    to.write_all(&head).await?;
    let fault = match dice.roll(10) {
        0 => Fault::Stall,
        1..5 => Fault::Close,
        _ => Fault::Cut,
    };
    for _ in 0..dice.roll(30) {
        let frame = frame(&mut from).await?;
        if dice.roll(10) == 0 {
            tokio::time::sleep(Duration::from_millis(dice.roll(60))).await;
        }
        to.write_all(&frame).await?;
    }
    match fault {
        Fault::Cut => {
            broken.cut.fetch_add(1, Ordering::Relaxed);
            let frame = frame(&mut from).await?;
            to.write_all(frame.get(..frame.len() / 2).unwrap_or_default()).await
        }
        Fault::Close => {
            broken.closed.fetch_add(1, Ordering::Relaxed);
            let lost = frame(&mut from).await?;
            let mut close = b"\x88\x1f\x03\xf3reached tail max duration limit".to_vec();
            close[1] = u8::try_from(close.len() - 2).expect("a short reason");
            to.write_all(&close).await?;
            // It comes after the close, where nobody may take it for anything.
            to.write_all(&lost).await
        }
        Fault::Stall => {
            broken.stalled.fetch_add(1, Ordering::Relaxed);
            std::future::pending().await
        }
    }
}

/// One frame, as it is.
async fn frame(from: &mut OwnedReadHalf) -> std::io::Result<Vec<u8>> {
    let mut frame = vec![from.read_u8().await?, from.read_u8().await?];
    let length = match frame[1] & 0x7f {
        126 => {
            let length = from.read_u16().await?;
            frame.extend(length.to_be_bytes());
            u64::from(length)
        }
        127 => {
            let length = from.read_u64().await?;
            frame.extend(length.to_be_bytes());
            length
        }
        short => u64::from(short),
    };
    let start = frame.len();
    frame.resize(start + usize::try_from(length).expect("a frame fits into memory"), 0);
    from.read_exact(&mut frame[start..]).await?;
    Ok(frame)
}
