//! A command on the prompt of a login in a window of tmux: nothing runs until somebody presses Enter
//! there, and the dashboard goes on.

use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::runs::{keep, mask};
use crate::clock::Clock;
use crate::domain::run::{End, Order};
use crate::journal::{Entry, Journal};
use crate::runner;
use crate::secret::keep_from;

/// tmux answers at once, or not at all.
const PATIENCE: Duration = Duration::from_secs(5);

/// Places it, and has that written down; what to tell the operator.
///
/// # Errors
/// When there is no tmux around us, or it does not do what it is told; or nothing can be written down.
pub(super) async fn place(
    order: &Order,
    journal: Option<Arc<Mutex<Journal>>>,
    clock: &Clock,
) -> Result<String, String> {
    if std::env::var_os("TMUX").is_none() {
        return Err("you are not in tmux: the terminal can be handed over instead".to_owned());
    }
    let name = format!("{}-{}-t", clock.now().wall.timestamp_millis(), std::process::id());
    let began = Entry::began(&name, order, &mask(), clock.now().wall).placed();
    keep(journal.as_ref(), began, order).await?;
    let done = open(order).await;
    let end = match &done {
        Ok(_) => End { trouble: None, exit: Some(0), ..End::refused("") },
        Err(why) => End::refused(why.clone()),
    };
    let said = vec!["(placed, not captured)".to_owned()];
    let _kept = keep(journal.as_ref(), Entry::ended(&name, &end, said, clock.now().wall), order).await;
    done
}

async fn open(order: &Order) -> Result<String, String> {
    let login = runner::login(order)?;
    let window = ["new-window", "-P", "-F", "#{pane_id}", "-n", &order.host, "--"].map(str::to_owned);
    let pane = tmux(window.into_iter().chain(login)).await?;
    let typed = ["send-keys", "-t", pane.trim(), "-l", "--", order.text.trim()].map(str::to_owned);
    tmux(typed).await?;
    Ok(format!("on a prompt of {} in another window of tmux: Enter there runs it", order.host))
}

async fn tmux(words: impl IntoIterator<Item = String>) -> Result<String, String> {
    let mut command = Command::new("tmux");
    command.args(words).stdin(Stdio::null()).kill_on_drop(true);
    keep_from(command.as_std_mut());
    match timeout(PATIENCE, command.output()).await {
        Ok(Ok(said)) if said.status.success() => Ok(String::from_utf8_lossy(&said.stdout).into_owned()),
        Ok(Ok(said)) => Err(format!("tmux: {}", String::from_utf8_lossy(&said.stderr).trim())),
        Ok(Err(error)) => Err(format!("tmux could not be started: {error}")),
        Err(_late) => Err("tmux does not answer".to_owned()),
    }
}
