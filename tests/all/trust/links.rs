//! Addresses that servers name become links of the terminal, and nothing else of theirs does.

use std::sync::Arc;

use ratatui::Terminal;
use ratatui::layout::Size;
use wardroom::app::Setup;
use wardroom::backend::Painter;
use wardroom::border::Msg;
use wardroom::domain::alert::Alert;
use wardroom::domain::log::Level;
use wardroom::domain::observation::Observation;

use super::hostile::nasty;
use super::pty::escapes::foreign;
use crate::screens::desk::Desk;
use crate::screens::homelab;

const GOOD: &str = "https://docs.home.example/runbooks/000-alert-response#hostdown";

/// A dashboard with links, and what it writes to a terminal.
struct Written {
    desk: Desk,
    terminal: Terminal<Painter<Vec<u8>>>,
}

impl Written {
    fn new(setup: Setup, (width, height): (u16, u16)) -> Self {
        let painter = Painter::new(Vec::new(), Size::new(width, height), false);
        let terminal = Terminal::new(painter).expect("memory");
        Self { desk: Desk::new(setup, (width, height)), terminal }
    }

    fn frame(&mut self) -> String {
        let (app, now) = (&mut self.desk.app, self.desk.now);
        self.terminal.backend_mut().know(app.links().clone());
        self.terminal.draw(|frame| app.draw(frame, now)).expect("memory");
        let bytes = std::mem::take(self.terminal.backend_mut().out());
        assert_eq!(foreign(&bytes), Ok(()));
        String::from_utf8(bytes).expect("text")
    }
}

fn linked() -> Setup {
    Setup { links: true, ..homelab::setup() }
}

/// The homelab, whose alerts have this for the page of their runbook and of their expression.
fn with_address(address: &str) -> Vec<Msg> {
    let mut all = homelab::host_down();
    for msg in &mut all {
        let Msg::Observed { result: Ok(seen), .. } = msg else { continue };
        for one in seen {
            if let Observation::Alerts(alerts) = one {
                let changed: Arc<[Alert]> = alerts
                    .iter()
                    .map(|alert| Alert {
                        annotations: [("runbook_url", address)].into_iter().collect(),
                        generator_url: Some(address.into()),
                        ..alert.clone()
                    })
                    .collect();
                *alerts = changed;
            }
        }
    }
    all
}

/// The addresses of the links in what was written.
fn links(said: &str) -> Vec<&str> {
    let pieces = said.split("\u{1b}]8;id=w").skip(1);
    pieces.filter_map(|piece| piece.split_once(';')?.1.split_once('\u{1b}')).map(|(link, _)| link).collect()
}

#[test]
fn a_runbook_and_an_expression_are_links_on_each_of_their_lines() {
    for size in [(60, 60), (120, 60), (200, 60)] {
        let mut written = Written::new(linked(), size);
        written.desk.hear(homelab::host_down()).keys("2<enter>");
        let said = written.frame();
        let found = links(&said);
        let is_known = |link: &&str| [GOOD, "http://10.0.0.20:9090/graph?g0.expr=up+%3D%3D+0"].contains(link);
        assert!(found.contains(&GOOD) && found.iter().all(is_known), "{size:?}: {found:?}");
        assert_eq!(written.frame(), "", "what did not change is not written again");
    }
    let mut off = Written::new(homelab::setup(), (120, 60));
    off.desk.hear(homelab::host_down()).keys("2<enter>");
    assert!(!off.frame().contains("\u{1b}]8"), "where links are off there is none");
}

#[test]
fn nothing_but_a_page_becomes_a_link() {
    let long = format!("https://evil.invalid/{}", "a".repeat(4000));
    for address in [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://evil.invalid/\u{1b}\\\u{1b}[2Jx",
        "https://evil.invalid/\u{7}x",
        "https://evil.invalid/\u{9c}x",
        "https://evil.invalid/ x",
        "https://evil.invalid/\u{202e}gpj",
        "\u{1b}]8;id=w1;https://evil.invalid\u{1b}\\",
        &long,
        &nasty(),
    ] {
        for keys in ["2", "2<enter>"] {
            let mut written = Written::new(linked(), (120, 60));
            written.desk.hear(with_address(address)).keys(keys);
            assert_eq!(links(&written.frame()), [""; 0], "{address:?}");
        }
    }
}

#[test]
fn no_line_of_a_log_is_a_link() {
    let mut written = Written::new(linked(), (120, 40));
    let said = format!("see {GOOD} url={GOOD}");
    let line = homelab::line(0, "host=vm102 unit=kernel", Level::Error, &said);
    written.desk.hear(homelab::host_down()).hear([homelab::tail("units", vec![line])]);
    for keys in ["4", "G<enter>"] {
        written.desk.keys(keys);
        assert_eq!(links(&written.frame()), [""; 0]);
    }
    assert!(written.desk.screen().contains("docs.home.example"), "{}", written.desk.screen());
}
