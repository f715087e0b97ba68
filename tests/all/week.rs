//! A week on a clock that runs fast: what is kept does not grow.
//!
//! The week is lived in a process of its own, so that its memory is nobody else's.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use chrono::TimeDelta;
use wardroom::app::Setup;
use wardroom::border::Msg;
use wardroom::domain::labels::Labels;
use wardroom::domain::log::{Entry, Level, Line, RingLimits};

use super::screens::desk::Desk;
use super::screens::homelab;

/// In the process that lives the week: the file where it says how large it was after each day.
const LIVES: &str = "WARDROOM_TEST_WEEK";

const WEEK: u32 = 7 * 86_400;

/// Seconds from one look at the clock to the next.
const STEP: u32 = 60;

/// Every fifth minute all servers answer, and the log says something new.
const POLL: u32 = 300;

/// Memory in use by this process, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its size");
    line.split_whitespace().nth(1).expect("a number").parse().expect("KiB")
}

/// Lines that were never there before.
fn lines(desk: &Desk, second: u32) -> Msg {
    let at = desk.now.wall.timestamp_nanos_opt().expect("a time");
    let line = |nth: u32| {
        let stream: Labels =
            [("host", format!("h{}", nth % 9)), ("unit", "x".to_owned())].into_iter().collect();
        let text = format!("request {} took {} ms", second * 100 + nth, nth * 7);
        Entry::Line(Line::new(at + i64::from(nth), stream, text, Level::Info))
    };
    homelab::tail("units", (0..50).map(line).collect())
}

fn live(days: &Path) {
    let mut told = File::create(days).expect("a file");
    let ring = RingLimits { lines: 2_000, bytes: 1 << 20 };
    let mut desk = Desk::new(Setup { ring, ..homelab::setup() }, (120, 40));
    for second in (0..WEEK).step_by(STEP as usize) {
        desk.now.wall += TimeDelta::seconds(i64::from(STEP));
        desk.now.mono += Duration::from_secs(u64::from(STEP));
        if second % POLL == 0 {
            // Trouble comes and goes, under names that are new each time.
            let hour = second / 3600;
            desk.hear(if hour.is_multiple_of(2) { homelab::host_down() } else { homelab::calm() });
            desk.hear([homelab::passing(&format!("Passing{hour}")), lines(&desk, second)]);
        }
        desk.hear([Msg::Tick]);
        // Somebody looks now and then: at every view, a detail, a filter.
        if second % 7200 == 0 {
            desk.keys("12<enter><esc>345678/x<esc>S1");
            let _asked = desk.app.asks(desk.now);
        }
        // What is asked for is carried out elsewhere.
        desk.effects.clear();
        drop(desk.app.take_gone());
        if (second + STEP).is_multiple_of(86_400) {
            desk.draw();
            writeln!(told, "{}", resident()).expect("a line");
        }
    }
}

#[test]
fn leaves_memory_flat() {
    if let Some(days) = std::env::var_os(LIVES) {
        return live(Path::new(&days));
    }
    let home = tempfile::tempdir().expect("a directory");
    let file = home.path().join("days");
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "week::leaves_memory_flat", "--nocapture", "--test-threads=1"])
        .env(LIVES, &file)
        .output()
        .expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let days: Vec<u64> = std::fs::read_to_string(&file)
        .expect("its days")
        .lines()
        .map(|line| line.parse().expect("KiB"))
        .collect();
    assert_eq!(days.len(), 7, "{told}");
    // The first day fills what is bounded: the ring of lines, the clocks, what was seen.
    let (second, last) = (days[1], days[6]);
    assert!(last <= second + second / 10, "it grows: {days:?} KiB");
}
