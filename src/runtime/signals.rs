//! Signals, in the queue of what is typed, and the one that we send ourselves.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Signal, getppid, kill_current_process_group};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::UnboundedSender;

use crate::terminal::{self, Call, Input};

/// Somebody else has the terminal: Ctrl-C is theirs.
static ELSEWHERE: AtomicBool = AtomicBool::new(false);

/// Says whether somebody else has the terminal.
pub fn elsewhere(is_so: bool) {
    ELSEWHERE.store(is_so, Ordering::Relaxed);
}

/// A loop that has not ended after this time hangs.
const PATIENCE: Duration = Duration::from_secs(3);

/// Sends every signal that concerns the screen to `inputs`. To be called inside a runtime.
///
/// # Errors
/// When the system takes no handler.
pub fn listen(inputs: &UnboundedSender<Input>) -> io::Result<()> {
    let end = |kind: SignalKind| (kind, Call::End(kind.as_raw_value()));
    let calls = [
        (SignalKind::window_change(), Call::Resized),
        (SignalKind::from_raw(Signal::CONT.as_raw()), Call::Continue),
        (SignalKind::from_raw(Signal::TSTP.as_raw()), Call::Stop),
        end(SignalKind::terminate()),
        end(SignalKind::hangup()),
        end(SignalKind::interrupt()),
        end(SignalKind::quit()),
    ];
    for (kind, call) in calls {
        let mut signals = signal(kind)?;
        let inputs = inputs.clone();
        tokio::spawn(async move {
            while signals.recv().await.is_some() && inputs.send(Input::Signal(call)).is_ok() {}
        });
    }
    Ok(())
}

/// Ends the process for a loop that no longer hears: whoever asks it to end gets the terminal back,
/// even if it hangs. To be called on another runtime than the loop's.
///
/// # Errors
/// When the system takes no handler.
pub fn listen_for_the_deaf() -> io::Result<()> {
    for kind in [SignalKind::terminate(), SignalKind::hangup(), SignalKind::interrupt()] {
        let mut signals = signal(kind)?;
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                if kind == SignalKind::interrupt() && ELSEWHERE.load(Ordering::Relaxed) {
                    continue;
                }
                tokio::time::sleep(PATIENCE).await;
                tracing::error!("the loop did not end when it was asked to");
                // A terminal that takes nothing any more must not keep us either.
                let (done, restored) = mpsc::channel();
                thread::spawn(move || {
                    terminal::restore();
                    done.send(())
                });
                let _in_vain = restored.recv_timeout(PATIENCE);
                std::process::exit(128 + kind.as_raw_value());
            }
        });
    }
    Ok(())
}

/// Stops this process and all of its job, until a shell tells them to go on. Without a shell that
/// could do so (in a pane that runs nothing else) nothing happens, and the answer is `false`.
pub fn stop() -> bool {
    has_shell() && kill_current_process_group(Signal::STOP).is_ok()
}

/// Whether some process of our session, outside our group, waits for us.
fn has_shell() -> bool {
    let (Some(us), Some(parent)) = (job("self"), getppid()) else { return false };
    job(&parent.as_raw_pid().to_string())
        .is_some_and(|parent| parent.session == us.session && parent.group != us.group)
}

/// Where a process belongs. The leader of either may be outside our container, and is 0 then: the
/// calls that ask for them take such an answer for impossible.
struct Job {
    group: String,
    session: String,
}

/// proc(5): `pid (name) state parent group session`, where the name may contain anything.
fn job(process: &str) -> Option<Job> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(") ")?;
    let mut fields = after_name.split(' ').skip(2).map(str::to_owned);
    Some(Job { group: fields.next()?, session: fields.next()? })
}
