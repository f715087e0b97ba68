//! The contract with Loki, against the demo lab's in both dialects; and that it notices when an
//! answer is not as it should be.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use wardroom::clock::Clock;
use wardroom::demo::{Dialect, Lab, Scenario};

use crate::contract::{self, Loki};
use crate::sources::loki::storm::port;

async fn hold(dialect: Dialect, contract: fn(&Loki)) {
    let lab = Lab::start_with(Scenario::Calm, 1, Clock::system(), dialect).await.expect("free ports");
    let loki = Loki::at(&format!("http://127.0.0.1:{}", port(&lab)), None);
    let held = tokio::task::spawn_blocking(move || contract(&loki)).await;
    held.expect("the contract holds");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_pushed_line_comes_back_once_and_in_order() {
    for dialect in [Dialect::Three, Dialect::Two] {
        hold(dialect, contract::every_pushed_line_comes_back_once_and_in_order).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_is_followed_through_a_burst() {
    for dialect in [Dialect::Three, Dialect::Two] {
        hold(dialect, contract::what_comes_is_followed_through_a_burst).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_line_is_harmless() {
    for dialect in [Dialect::Three, Dialect::Two] {
        hold(dialect, contract::a_hostile_line_is_harmless).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_that_is_none_is_refused_in_lokis_words() {
    for dialect in [Dialect::Three, Dialect::Two] {
        hold(dialect, contract::a_query_that_is_none_is_refused_in_lokis_words).await;
    }
}

/// Carries one request and changes a letter in its answer.
async fn mutate(mut client: TcpStream, port: u16) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let text = String::from_utf8_lossy(&head).replacen("\r\n", "\r\nConnection: close\r\n", 1);
    let length =
        text.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    client.read_exact(&mut body).await?;
    let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
    server.write_all(&[text.as_bytes(), &body].concat()).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer).replace("line 00777", "lime 00777");
    client.write_all(answer.as_bytes()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_not_as_it_should_be_is_noticed() {
    let lab = Lab::start(Scenario::Calm, 1, Clock::system()).await.expect("free ports");
    let port = port(&lab);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("a bound port has an address"));
    let carrying = tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(async move { drop(mutate(client, port).await) });
        }
    });
    let noticed = tokio::task::spawn_blocking(move || {
        let loki = Loki::at(&url, None);
        catch_unwind(AssertUnwindSafe(|| contract::every_pushed_line_comes_back_once_and_in_order(&loki)))
            .is_err()
    });
    assert!(noticed.await.expect("it ends"), "one letter of twelve thousand lines");
    carrying.abort();
}
