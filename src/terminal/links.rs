//! Which terminals may be told what is an address (OSC 8).

/// Consoles and terminals that show what they do not understand: what their names begin with.
const PLAIN: [&str; 8] = ["dumb", "linux", "cons", "vt", "eterm", "sun", "ansi", "unknown"];

/// Whether this terminal takes links; the others are not harmed by them. `env` says which it is. tmux
/// takes them and hands them on where the terminal outside knows them.
pub fn takes_links(env: &dyn Fn(&str) -> Option<String>) -> bool {
    let term = env("TERM").unwrap_or_default();
    !term.is_empty() && !PLAIN.iter().any(|plain| term.starts_with(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_console_gets_none() {
        let takes = |term: &str| takes_links(&|name| (name == "TERM").then(|| term.to_owned()));
        for term in ["xterm-256color", "xterm-kitty", "tmux-256color", "screen-256color", "foot", "alacritty"]
        {
            assert!(takes(term), "{term}");
        }
        for term in ["", "dumb", "linux", "linux-16color", "vt100", "vt220", "eterm-color"] {
            assert!(!takes(term), "{term:?}");
        }
        assert!(!takes_links(&|_| None));
    }
}
