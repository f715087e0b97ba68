//! What in an output says that the command wanted a terminal, or that ssh itself is in the way.

/// Whether a line asks for a terminal, a password, or a word about a host key: with the terminal
/// handed over it can be answered.
pub fn asks_terminal(line: &str) -> bool {
    const ASKING: [&str; 10] = [
        "a terminal is required",
        "a password is required",
        "no tty present",
        "must have a tty",
        "you must have a tty",
        "Host key verification failed",
        "Permission denied (publickey",
        "/dev/tty: No such device",
        "not a tty",
        "login.tailscale.com",
    ];
    ASKING.iter().any(|words| line.contains(words))
}

/// What exit code 255 of ssh means, from what it said last.
pub fn of_ssh(last: &str, host: &str) -> String {
    let why = match last {
        _ if last.contains("REMOTE HOST IDENTIFICATION HAS CHANGED") || last.contains("host key for") => {
            "its host key is not the one that is known: find out why before anything else"
        }
        _ if last.contains("Host key verification failed") => {
            "its host key is not known yet: log in by hand once and compare it"
        }
        _ if last.contains("Permission denied") => "it does not let this key in",
        _ if last.contains("timed out") => "it did not answer in time",
        _ if last.contains("refused") => "nothing listens there",
        _ if last.contains("Could not resolve") => "its name is not known",
        _ if last.contains("closed by") || last.contains("Broken pipe") => "the way there broke",
        _ => "ssh failed",
    };
    if last.is_empty() { format!("{host}: {why}") } else { format!("{host}: {why} ({last})") }
}
