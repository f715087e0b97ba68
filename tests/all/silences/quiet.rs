//! Under `--read-only` nothing is written: a proxy before the lab's servers notes every request.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::{fs, thread};

use crokey::KeyCombination;
use strum::IntoEnumIterator as _;
use wardroom::action::Action;
use wardroom::keymap::{Context, Keymap, show};

use super::{Lab, complained, run};

/// What was asked of a server, as it came.
type Noted = Arc<Mutex<Vec<u8>>>;

/// A port that passes everything on to `port` and notes what is asked.
fn proxy(port: &str, noted: &Noted) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let own = listener.local_addr().expect("an address").port();
    let (port, noted) = (format!("127.0.0.1:{port}"), Arc::clone(noted));
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(&port) else { continue };
            let (Ok(from), Ok(to)) = (server.try_clone(), client.try_clone()) else { continue };
            let noted = Arc::clone(&noted);
            thread::spawn(move || pass(client, server, Some(&noted)));
            thread::spawn(move || pass(from, to, None));
        }
    });
    own
}

fn pass(mut from: TcpStream, mut to: TcpStream, noted: Option<&Noted>) {
    let mut buffer = [0; 8 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let piece = buffer.get(..count).unwrap_or_default();
        if let Some(noted) = noted {
            noted.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(piece);
        }
        if to.write_all(piece).is_err() {
            break;
        }
    }
    let _closed = to.shutdown(Shutdown::Write);
}

/// The requests that would change something.
fn writes(noted: &Noted) -> Vec<String> {
    let noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
    let text = String::from_utf8_lossy(&noted);
    let methods = ["POST /", "PUT /", "DELETE /", "PATCH /"];
    let lines = text.lines().filter(|line| line.contains(" HTTP/1"));
    lines.filter(|line| methods.iter().any(|method| line.contains(method))).map(str::to_owned).collect()
}

fn is_asked(noted: &Noted) -> bool {
    let noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(&noted).contains("GET /api/v2/alerts")
}

/// The config of a lab, with a proxy before each of its servers.
fn proxied(lab: &Lab, noted: &Noted) -> String {
    let config = lab.config();
    let mut parts = config.split("127.0.0.1:");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|char: char| !char.is_ascii_digit()).unwrap_or(part.len());
        let (port, rest) = part.split_at_checked(end).expect("a port");
        out.extend(["127.0.0.1:", &proxy(port, noted).to_string(), rest]);
    }
    out
}

/// Every key of every place, each with confirmations and a way back.
fn every_key() -> String {
    let keymap = Keymap::default();
    let bound = Context::iter().flat_map(|context| keymap.bound(context).collect::<Vec<_>>());
    let stays = |action: &Action| !matches!(action, Action::Quit | Action::Suspend | Action::Reload);
    let mut keys: Vec<String> =
        bound.filter(|(action, _)| stays(action)).map(|(_, key)| named(key)).collect();
    keys.sort();
    keys.dedup();
    keys.iter().flat_map(|key| [key, "<enter><wait>y<enter><ctrl-s><esc><esc><esc>"]).collect()
}

/// Every entry of the palette, likewise.
fn every_entry() -> String {
    let leaves = |action: &Action| matches!(action, Action::Quit | Action::Suspend | Action::Reload);
    let after = "<enter><wait>y<enter><ctrl-s><esc><esc><esc>";
    let all = Action::iter().filter(|action| !leaves(action));
    all.flat_map(|action| [":".to_owned(), action.to_string(), "<enter>".to_owned(), after.to_owned()])
        .collect()
}

/// A key as `--keys` names it.
fn named(key: KeyCombination) -> String {
    match show(key).as_str() {
        "<" => "<lt>".to_owned(),
        shown if shown.chars().count() == 1 => shown.to_owned(),
        _ => format!("<{}>", key.to_string().to_lowercase()),
    }
}

#[test]
fn no_key_and_no_subcommand_writes_under_read_only() {
    let lab = Lab::start("storm");
    let noted = Noted::default();
    let file = lab.home.path().join("proxied.toml");
    fs::write(&file, proxied(&lab, &noted)).expect("written");
    let quiet = |arguments: &[&str]| run(lab.home.path(), &file, &[arguments, &["--read-only"]].concat());
    let (keys, entries) = (every_key(), every_entry());
    let places = ["bridge", "alerts", "targets", "logs", "backups", "hosts", "runbooks", "silences"];
    let walks =
        places.map(|view| (view, &keys)).into_iter().chain([("alerts", &entries), ("backups", &entries)]);
    for (view, keys) in walks {
        let output = quiet(&["shot", "--view", view, "--size", "120x40", "--keys", keys]);
        assert_eq!(output.status.code(), Some(0), "{view}: {}", complained(&output));
    }
    let id = "2f9c1a5e-7c57-4d3b-9a4e-0c6d1f4b8a11";
    for (arguments, code) in [
        (&["check"][..], 2),
        (&["alerts"], 0),
        (&["silences", "list"], 0),
        (&["silences", "add", "-m", "alertname=HostDown", "-c", "x"], 2),
        (&["silences", "add", "-m", "alertname=HostDown", "-c", "x", "--yes"], 2),
        (&["silences", "expire", id], 2),
        (&["silences", "reap"], 2),
        (&["open", "HostDown"], 2),
        (&["backups"], 2),
        (&["runbook", "list"], 0),
        (&["status"], 2),
    ] {
        let output = quiet(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", complained(&output));
    }
    assert!(is_asked(&noted), "the proxy hears what is asked");
    assert_eq!(writes(&noted), Vec::<String>::new());
    let add = ["silences", "add", "-m", "alertname=HostDown", "-m", "instance=x", "-c", "x"];
    let output = run(lab.home.path(), &file, &add);
    assert_eq!(output.status.code(), Some(0), "{}", complained(&output));
    assert!(
        writes(&noted).iter().any(|line| line.contains("POST /api/v2/silences")),
        "the proxy hears a write"
    );
}
