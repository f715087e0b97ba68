//! An incident without any server: started by keys, still there after a restart, exported.

use std::fs;

use crate::fixing::{SETTLED, home, open_with, shows};
use crate::pty::Pty;
use crate::stack::wait::until;

fn leave(pty: &mut Pty) {
    pty.keys("q");
    until("the end", SETTLED, || pty.exit_code().ok_or_else(|| pty.screen())).expect("it ends");
}

#[test]
fn what_was_said_of_an_incident_outlives_the_program() {
    let home = home("# Own\n", None);
    let path = std::env::var("PATH").unwrap_or_default();
    let mut pty = open_with(home.path(), &path, "bridge", &[]);
    shows(&pty, &["prom"]);
    pty.keys("I");
    shows(&pty, &["start one"]);
    pty.keys("\r");
    shows(&pty, &["what is wrong"]);
    pty.keys("\x15power cut\r");
    shows(&pty, &["power-cut"]);
    pty.keys("I");
    shows(&pty, &["open       power cut"]);
    pty.keys("j\r");
    shows(&pty, &["it is mitigated"]);
    pty.keys("j\r");
    shows(&pty, &["is mitigated"]);
    leave(&mut pty);
    let mut pty = open_with(home.path(), &path, "bridge", &[]);
    shows(&pty, &["prom"]);
    pty.keys("I");
    shows(&pty, &["mitigated  power cut"]);
    pty.keys("j\r");
    shows(&pty, &["export its report"]);
    pty.keys("G\r");
    shows(&pty, &["on the clipboard"]);
    let directory = home.path().join(".local/state/wardroom/incidents");
    let report = until("the report", SETTLED, || {
        let files = fs::read_dir(&directory).map_err(|error| error.to_string())?.flatten();
        let mut reports =
            files.map(|file| file.path()).filter(|file| file.extension().is_some_and(|end| end == "md"));
        fs::read_to_string(reports.next().ok_or("no report yet")?).map_err(|error| error.to_string())
    });
    assert!(report.is_ok_and(|text| text.contains("**State:** mitigated") && text.contains("power cut")));
    leave(&mut pty);
}
