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

fn wait_text(pty: &Pty, text: &str) {
    until(text, SHOWN, || {
        let screen = pty.screen();
        if screen.contains(text) { Ok(()) } else { Err(format!("not on the screen:\n{screen}")) }
    })
    .expect("it is shown");
}

fn wait_no_text(pty: &Pty, text: &str) {
    until(text, SHOWN, || {
        let screen = pty.screen();
        if screen.contains(text) { Err(format!("still on the screen:\n{screen}")) } else { Ok(()) }
    })
    .expect("it goes away");
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
    let mut pty = Program::new(&stack.config("1s")).dashboard((120, 40));
    wait_text(&pty, "HostDown");
    pty.keys("2");
    for name in names {
        pty.keys("/");
        pty.keys(name);
        pty.keys(ENTER);
        wait_text(&pty, name);
        pty.keys(ENTER);
        // The detail has what the list has not.
        wait_text(&pty, "summary");
        pty.keys("G");
        pty.keys(ESCAPE);
        wait_no_text(&pty, "summary");
        // The filter goes with the second.
        pty.keys(ESCAPE);
        wait_text(&pty, "HostDown");
    }
    for view in ["3", "4", "5", "1"] {
        pty.keys(view);
    }
    for (width, height) in [(60, 12), (1, 1), (200, 60), (80, 24)] {
        pty.resize(width, height);
    }
    wait_text(&pty, "HostDown");
    let bytes = pty.bytes();
    foreign(&bytes).expect("only the program's own sequences");
    pty.keys("q");
    until("the end", SHOWN, || pty.exit_code().ok_or("running")).expect("q leaves");
    foreign(&pty.bytes()).expect("only the program's own sequences, to the end");
}
