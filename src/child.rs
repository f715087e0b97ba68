//! What a program gets that we start: a short list of the environment, and nothing of ours. No token
//! that Wardroom knows enters a child.

use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

/// What is handed on.
const KEPT: [&str; 6] = ["PATH", "HOME", "LANG", "USER", "LOGNAME", "SSH_AUTH_SOCK"];

/// What is set: no pager, no colours, no questions.
const SET: [(&str, &str); 4] =
    [("PAGER", "cat"), ("SYSTEMD_PAGER", ""), ("SYSTEMD_COLORS", "0"), ("TERM", "dumb")];

/// Gives a command its environment.
pub async fn give(command: &mut Command) {
    command.env_clear();
    for name in KEPT {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.envs(SET);
    if let Some(socket) = agent().await {
        command.env("SSH_AUTH_SOCK", socket);
    }
}

/// The agent's socket as tmux knows it now: in a session of weeks ours leads nowhere.
async fn agent() -> Option<String> {
    std::env::var_os("TMUX")?;
    let mut ask = Command::new("tmux");
    ask.env_clear();
    for name in ["PATH", "HOME", "TMUX", "TMUX_TMPDIR"] {
        ask.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    ask.args(["show-environment", "SSH_AUTH_SOCK"]).kill_on_drop(true);
    let answer = timeout(Duration::from_secs(1), ask.output()).await.ok()?.ok()?;
    let text = String::from_utf8(answer.stdout).ok()?;
    text.trim().strip_prefix("SSH_AUTH_SOCK=").map(str::to_owned)
}
