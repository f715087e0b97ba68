//! A command on the prompt of a login in a window of tmux: nothing runs until somebody presses Enter
//! there, and the dashboard goes on. Each host has one window, and a command gets the prompt there that
//! is free.

use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::runs::{keep, mask};
use crate::clock::Clock;
use crate::domain::run::{End, Order};
use crate::journal::{Entry, Journal};
use crate::runbooks::login::digest;
use crate::runner;
use crate::secret::keep_from;

/// tmux answers at once, or not at all.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a pane of ours bears: which login it holds.
const MARK: &str = "@wardroom";

/// What is asked of each pane of the session, with tabs between.
const ASKED: &str = "#{@wardroom}\t#{pane_id}\t#{pane_dead}\t#{pane_in_mode}\t#{cursor_x}\t#{cursor_y}";

/// How a prompt ends on which nothing is typed. `>` is none: a database or an interpreter may wait there.
const PROMPTS: [char; 4] = ['$', '#', '%', '❯'];

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
    let done = put(order).await;
    let end = match &done {
        Ok(_) => End { trouble: None, exit: Some(0), ..End::refused("") },
        Err(why) => End::refused(why.clone()),
    };
    let said = vec!["(placed, not captured)".to_owned()];
    let _kept = keep(journal.as_ref(), Entry::ended(&name, &end, said, clock.now().wall), order).await;
    done
}

async fn put(order: &Order) -> Result<String, String> {
    let login = runner::login(order)?;
    let own = digest(&login);
    let panes = panes(&own).await;
    let mut free = None;
    for pane in &panes {
        if free.is_none() && is_free(pane).await {
            free = Some(pane.id.clone());
        }
    }
    let pane = match (free, panes.first()) {
        (Some(free), _) => free,
        // What stands there is not to be mixed with this: a prompt of its own, in the same window.
        (None, Some(beside)) => {
            let split = ["split-window", "-d", "-P", "-F", "#{pane_id}", "-t", &beside.id, "--"];
            opened(&split, login, &own).await?
        }
        (None, None) => {
            let window = ["new-window", "-P", "-F", "#{pane_id}", "-n", &order.host, "--"];
            opened(&window, login, &own).await?
        }
    };
    let typed = ["send-keys", "-t", &pane, "-l", "--", order.text.trim()].map(str::to_owned);
    tmux(typed).await?;
    for shown in ["select-window", "select-pane"] {
        // It stands there, whether it is looked at or not.
        let _shown = tmux([shown, "-t", &pane].map(str::to_owned)).await;
    }
    Ok(format!("on a prompt of {} in another window of tmux: Enter there runs it", order.host))
}

/// Opens a pane with the login, which is found again by its mark.
async fn opened(how: &[&str], login: Vec<String>, own: &str) -> Result<String, String> {
    let words = how.iter().map(|word| (*word).to_owned());
    let pane = tmux(words.chain(login)).await?.trim().to_owned();
    // A tmux that knows no options of panes gives each command a window of its own.
    let _marked = tmux(["set-option", "-p", "-t", &pane, MARK, own].map(str::to_owned)).await;
    Ok(pane)
}

/// A pane that holds a login of ours.
#[derive(Debug, PartialEq, Eq)]
struct Pane {
    id: String,
    /// Where its cursor is: column and row. None while keys would not reach the login.
    cursor: Option<(usize, String)>,
}

/// The panes of this session that hold the login.
async fn panes(own: &str) -> Vec<Pane> {
    let listed = tmux(["list-panes", "-s", "-F", ASKED].map(str::to_owned)).await.unwrap_or_default();
    listed.lines().filter_map(|line| pane(line, own)).collect()
}

fn pane(line: &str, own: &str) -> Option<Pane> {
    let mut fields = line.split('\t');
    let mut next = || fields.next();
    let (mark, id, dead, mode) = (next()?, next()?, next()?, next()?);
    let (column, row) = (next()?.parse().ok()?, next()?.to_owned());
    let takes_keys = dead == "0" && mode == "0";
    (mark == own && dead == "0")
        .then(|| Pane { id: id.to_owned(), cursor: takes_keys.then_some((column, row)) })
}

/// Whether a prompt stands there on which nothing is typed.
async fn is_free(pane: &Pane) -> bool {
    let Some((column, row)) = &pane.cursor else { return false };
    let line = ["capture-pane", "-p", "-t", &pane.id, "-S", row, "-E", row].map(str::to_owned);
    tmux(line).await.is_ok_and(|line| is_prompt(line.trim_end_matches('\n'), *column))
}

/// Whether a line is a prompt and no more, with the cursor behind it.
fn is_prompt(line: &str, column: usize) -> bool {
    let line = line.trim_end();
    line.ends_with(PROMPTS) && column > 0 && column <= crate::text::width(line) + 1
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_empty_prompt_is_free() {
        for (line, column) in [("root@vm102:~# ", 14), ("$", 2), ("~/runbooks ❯ ", 13), ("box%", 4)] {
            assert!(is_prompt(line, column), "{line}");
        }
        for (line, column) in [
            ("", 0),
            ("root@vm102:~# sudo touch mended", 31),
            ("[sudo] password for sam: ", 25),
            ("mysql> ", 7),
            (">>> ", 4),
            ("Password:", 10),
            ("Proceed? [y/N] ", 15),
            ("root@vm102:~# ", 40),
            ("this costs 5 $", 0),
        ] {
            assert!(!is_prompt(line, column), "{line}");
        }
    }

    #[test]
    fn a_pane_is_ours_while_its_login_is_the_same_and_lives() {
        let of = |line| pane(line, "abc");
        assert_eq!(
            of("abc\t%3\t0\t0\t14\t2"),
            Some(Pane { id: "%3".into(), cursor: Some((14, "2".into())) })
        );
        assert_eq!(of("abc\t%3\t0\t1\t14\t2"), Some(Pane { id: "%3".into(), cursor: None }), "in copy mode");
        assert_eq!(of("abc\t%3\t1\t0\t14\t2"), None, "its login has ended");
        assert_eq!(of("\t%1\t0\t0\t0\t0"), None);
        assert_eq!(of("other\t%1\t0\t0\t0\t0"), None);
        assert_eq!(of("abc\t%1"), None);
    }
}
