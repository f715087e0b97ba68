//! Hostile values read by the shells of this machine: each arrives byte for byte as one word, or is
//! refused; none is ever run.

use std::path::Path;
use std::process::{Command, Stdio};

use wardroom::runbooks::quote;

use crate::shells::{VALUES, check, chunks, expected, nothing_was_run, together};

/// What a shell prints; `None` on a machine without that shell.
fn printed(program: &str, script: &str, directory: &Path) -> Option<Vec<u8>> {
    let mut command = Command::new(program);
    command.args(["-c", script]).current_dir(directory).stdin(Stdio::null()).env("HOME", "/home/of/nobody");
    let output = command.output().ok()?;
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

#[test]
fn real_shells_read_exactly_the_value() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("file"), "").expect("written");
    let expected = expected();
    let mut read = 0;
    for shell in ["bash", "dash"] {
        for some in chunks(&expected) {
            let Some(said) = printed(shell, &together(some, shell), directory.path()) else { continue };
            check(&said, some, shell);
            read += some.len();
        }
    }
    assert!(read >= expected.len(), "a machine without one of them still has the other");
    nothing_was_run(directory.path());
}

#[test]
fn our_own_quotes_survive_a_login_shell() {
    let directory = tempfile::tempdir().expect("a directory");
    for value in VALUES {
        let script = format!("printf '[%s]' {}", quote::single(value));
        let sent = format!("exec bash -c {}", quote::single(&script));
        for login in ["bash", "dash"] {
            if let Some(said) = printed(login, &sent, directory.path()) {
                assert_eq!(String::from_utf8_lossy(&said), format!("[{value}]"), "{login}: {sent}");
            }
        }
    }
}
