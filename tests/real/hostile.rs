//! Hostile text from real servers: it is shown, and the terminal never acts on it.

use std::time::Duration;

use crate::program::Program;
use crate::pty::Pty;
use crate::pty::escapes::foreign;
use crate::shared;
use crate::stack::wait::until;

const SHOWN: Duration = Duration::from_secs(30);
const ENTER: &str = "\r";
const ESCAPE: &str = "\u{1b}";

/// Waits for what the panes show, below the verdict and the badges.
fn wait_panes(pty: &Pty, what: &str, is_there: impl Fn(&str) -> bool) {
    until(what, SHOWN, || {
        let screen = pty.screen();
        let panes = screen.lines().skip(2).collect::<Vec<_>>().join("\n");
        if is_there(&panes) { Ok(()) } else { Err(screen) }
    })
    .expect("the screen follows the keys");
}

/// Filters for an alert, opens its detail, reads it to its end, and goes back.
fn read_alert(pty: &Pty, name: &str) {
    pty.keys(&format!("/{name}{ENTER}"));
    wait_panes(pty, name, |panes| panes.contains(name) && !panes.contains("HostDown"));
    pty.keys(ENTER);
    // The detail ends with it, and nothing else shows it.
    pty.keys("G");
    wait_panes(pty, "the end of the detail", |panes| panes.contains("fingerprint"));
    pty.keys(ESCAPE);
    wait_panes(pty, "the list", |panes| !panes.contains("fingerprint"));
    pty.keys(ESCAPE);
    wait_panes(pty, "the whole list", |panes| panes.contains("HostDown"));
}

#[test]
fn nothing_that_servers_say_reaches_the_terminal_as_control() {
    let Some(stack) = shared::stack("hostile text") else { return };
    let [first, _] = stack.alertmanagers();
    let names = ["AwkwardAnsi", "AwkwardHuge", "AwkwardLong", "AwkwardNewlines", "AwkwardNul", "AwkwardRtl"];
    let more = ["AwkwardShell", "AwkwardUnicode", "AwkwardUrl", "AwkwardLabels"];
    let names = [names.as_slice(), &more].concat();
    until("the awkward alerts", Duration::from_mins(1), || {
        let alerts = stack.asker().get(&format!("{first}/api/v2/alerts"))?;
        let missing = names.iter().find(|name| !alerts.contains(*name));
        missing.map_or(Ok(()), |name| Err(format!("{name} does not fire yet")))
    })
    .expect("they fire");
    // The program's own bell would ring for what becomes critical meanwhile.
    let config = format!("[ui]\nnotify = \"off\"\n\n{}", stack.config("1s"));
    let mut pty = Program::new(&config).dashboard((120, 40));
    wait_panes(&pty, "alerts", |panes| panes.contains("HostDown"));
    for name in names {
        read_alert(&pty, name);
    }
    for (view, size) in [("2", (60, 12)), ("3", (1, 1)), ("4", (200, 60)), ("5", (30, 8)), ("1", (120, 40))] {
        pty.keys(view);
        pty.resize(size.0, size.1);
    }
    wait_panes(&pty, "alerts", |panes| panes.contains("HostDown"));
    pty.keys("q");
    until("the end", SHOWN, || pty.exit_code().ok_or("running")).expect("q leaves");
    foreign(&pty.bytes()).expect("only the program's own sequences, to the end");
}
