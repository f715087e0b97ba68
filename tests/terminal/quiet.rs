//! Nothing is written when nothing changed.

use std::time::Duration;

use crate::lab::{PROGRAM, Plan};
use crate::wait::{throughout, until};

/// What the clock and the ages may cost in a second: the cursor's places, a digit or two each, and
/// the marks of a frame.
const TICK: usize = 120;

#[test]
fn only_the_clock_writes() {
    let home = tempfile::tempdir().expect("a directory");
    let file = home.path().join("wardroom.toml");
    std::fs::write(&file, "[sources.prometheus.gone]\nurl = \"http://127.0.0.1:1\"\n").expect("written");
    let path = file.display().to_string();
    let dashboard = Plan { command: &[PROGRAM, "--config", &path], ..Plan::default() }.start();
    dashboard.shows(&["connection refused"]);
    let mut before = 0;
    until("the first frame is out", crate::lab::LIMIT, || {
        let now = dashboard.pty.bytes().len();
        let calm = now - before < TICK && before > 0;
        before = now;
        if calm { Ok(()) } else { Err("it still writes") }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
    let start = dashboard.pty.bytes().len();
    throughout(Duration::from_secs(3), || {
        let written = dashboard.pty.bytes().len() - start;
        if written <= 4 * TICK { Ok(()) } else { Err(format!("{written} bytes in 3 s")) }
    })
    .unwrap_or_else(|reason| panic!("{reason}"));
}
