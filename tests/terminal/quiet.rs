//! Nothing is written when nothing changed.

use std::time::Duration;

use crate::lab::{PROGRAM, Plan};
use crate::wait::{throughout, until};

/// What the clock may cost in a second: the cursor's place, a digit or two, and the marks of a frame.
const TICK: usize = 120;

#[test]
fn only_the_clock_writes() {
    let home = tempfile::tempdir().expect("a directory");
    let file = home.path().join("wardroom.toml");
    // Nothing listens there, and it is asked once in an hour.
    let lost = "[sources.loki.lost]\nurl = \"http://127.0.0.1:1\"\ninterval = \"1h\"\n";
    std::fs::write(&file, lost).expect("written");
    let path = file.display().to_string();
    let dashboard = Plan { command: &[PROGRAM, "--config", &path], ..Plan::default() }.start();
    dashboard.shows(&["loki", "connection refused"]);
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
