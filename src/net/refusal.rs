//! What ssh says when there is no way through it, in our words.

use super::NetError;

/// Why there is no tunnel: a few words for the badge, and a sentence. `said` is sanitised.
pub(super) fn of_ssh(said: &str, host: &str) -> (&'static str, String) {
    let has = |words: &str| said.contains(words);
    let last = said.lines().next_back().unwrap_or_default();
    let (short, why) = match () {
        () if has("HOST IDENTIFICATION HAS CHANGED") => (
            "host key changed",
            "its host key is not the one that is known: find out why before anything else",
        ),
        () if has("Host key verification failed") => {
            ("host key unknown", "its host key is not known yet: log in by hand once and compare it")
        }
        () if has("Permission denied") => {
            ("login refused", "it does not let this key in: load it into the agent, or name the user")
        }
        () if has("timed out") => ("no answer", "it did not answer in time"),
        () if has("Could not resolve") => ("name not found", "its name is not known"),
        () if has("refused") => ("ssh refused", "no ssh server listens there"),
        () if has("could not be started") => ("no ssh", "is ssh installed, and on the PATH?"),
        () => ("connection lost", "the way there broke"),
    };
    let last = if last.is_empty() { String::new() } else { format!(" ({last})") };
    (short, format!("{host}: {why}{last}"))
}

/// What a request over a tunnel came to whose far end opened no connection, in the words of sshd.
pub(super) fn of_far_end(url: &str, host: &str, far: &str, permission: &str, said: &str) -> NetError {
    let url = url.to_owned();
    if said.contains("prohibited") || said.contains("permission") {
        let why = format!(
            "{host} does not let us through to {far} ({said}). For a key that may do this alone, its line in \
             authorized_keys begins with {permission}"
        );
        return NetError::Tunnel { url, short: "forwarding refused", why };
    }
    // The way is open; it is the server at its end that is not there.
    NetError::Behind { url, host: host.to_owned(), far: far.to_owned(), reason: said.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_tunnel_is_told_with_what_to_do() {
        for (said, short, told) in [
            (
                "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
                "host key changed",
                "find out why",
            ),
            ("Host key verification failed.", "host key unknown", "log in by hand once"),
            ("sam@box: Permission denied (publickey).", "login refused", "name the user"),
            ("ssh: connect to host box port 22: Connection timed out", "no answer", "in time"),
            ("ssh: Could not resolve hostname box: x", "name not found", "not known"),
            ("ssh: connect to host box port 22: Connection refused", "ssh refused", "listens"),
            ("Connection to box closed by remote host.", "connection lost", "broke"),
            ("", "connection lost", "broke"),
        ] {
            let (found, why) = of_ssh(said, "box");
            assert_eq!(found, short, "{said}");
            assert!(why.starts_with("box: ") && why.contains(told), "{why}");
        }
    }

    #[test]
    fn a_server_that_is_not_there_is_no_lost_tunnel() {
        let of = |said| of_far_end("http://127.0.0.1:9090", "box", "127.0.0.1:9090", "restrict", said);
        assert!(matches!(of("connect failed: Connection refused"), NetError::Behind { .. }));
        let forbidden = of("administratively prohibited: open failed");
        assert!(matches!(&forbidden, NetError::Tunnel { short: "forwarding refused", .. }), "{forbidden}");
        assert!(forbidden.to_string().contains("authorized_keys"));
    }
}
