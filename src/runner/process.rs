//! The life of one child: started, heard, stopped if it must be, and its end.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{sleep, sleep_until, timeout};

use super::order::{Launch, ending, lacks};
use super::report::Report;
use super::{Patience, hints};
use crate::child;
use crate::domain::run::{End, Order, Stopped, Stream, Told};
use crate::mask::Mask;

/// What was said is told this often.
const BEAT: Duration = Duration::from_millis(50);

/// A second login that ends a group has so long.
const SECOND: Duration = Duration::from_secs(20);

/// What goes on around a child.
struct Watched<'r> {
    order: &'r Order,
    launch: &'r Launch,
    patience: Patience,
    report: Report,
    leader: Option<Pid>,
    stopped: Option<(Stopped, Instant)>,
    /// How far a stop has gone: asked, told, killed.
    step: usize,
    second: Option<JoinHandle<bool>>,
    told_at: Option<Instant>,
}

/// Runs it to its end.
pub async fn run(
    order: &Order,
    launch: &Launch,
    mask: Mask,
    patience: Patience,
    mut stop: oneshot::Receiver<()>,
    to: &mpsc::Sender<Told>,
) -> End {
    let start = Instant::now();
    let mut child = match spawn(&launch.argv).await {
        Ok(child) => child,
        Err(error) => {
            let program = launch.argv.get(1).map_or("it", String::as_str);
            return End::refused(format!("{program} could not be started: {error}"));
        }
    };
    let leader = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    let report = Report::new(&launch.mark, &mask);
    let mut watched = Watched {
        order,
        launch,
        patience,
        report,
        leader,
        stopped: None,
        step: 0,
        second: None,
        told_at: None,
    };
    let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
    let (mut of_out, mut of_err) = (vec![0; 64 << 10], vec![0; 16 << 10]);
    let mut ended: Option<(io::Result<ExitStatus>, Instant)> = None;
    let limit = order.limit.map(|limit| start + limit);
    loop {
        let is_over = (out.is_none() && err.is_none() && ended.is_some())
            || ended.as_ref().is_some_and(|(_, at)| at.elapsed() >= patience.rest);
        if is_over {
            break;
        }
        let wait = BEAT.min(patience.rest);
        tokio::select! {
            _asked = &mut stop, if watched.stopped.is_none() && ended.is_none() => {
                watched.begin(Stopped::Operator, to);
            }
            () = sleep_until(limit.unwrap_or(start).into()), if limit.is_some() && watched.stopped.is_none() && ended.is_none() => {
                watched.begin(Stopped::Limit, to);
            }
            read = read(&mut out, &mut of_out) => watched.hear(Stream::Out, &mut out, &of_out, &read),
            read = read(&mut err, &mut of_err) => watched.hear(Stream::Err, &mut err, &of_err, &read),
            status = child.wait(), if ended.is_none() => ended = Some((status, Instant::now())),
            () = sleep(wait) => {}
        }
        watched.tell(to);
        watched.press();
        // The login has told its exit code; what it left in the background holds the way open.
        if watched.report.code.is_some() && ended.is_none() && watched.stopped.is_none() {
            if let Ok(status) = timeout(patience.rest, child.wait()).await {
                ended = Some((status, Instant::now()));
            } else {
                watched.drain(&mut out, &mut of_out, Stream::Out).await;
                watched.drain(&mut err, &mut of_err, Stream::Err).await;
                let _killed = child.start_kill();
            }
        }
    }
    watched.report.finish();
    if let Some(last) = watched.report.tell() {
        let _sent = to.send(last).await;
    }
    let status = ended.map(|(status, _)| status);
    let left = watched.sweep().await;
    watched.end(status, left, start.elapsed())
}

async fn spawn(argv: &[String]) -> io::Result<Child> {
    let (program, arguments) = argv.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    child::give(&mut command).await;
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true).spawn()
}

/// Reads once; never, when there is nothing to read from.
async fn read(from: &mut Option<impl AsyncRead + Unpin>, into: &mut [u8]) -> io::Result<usize> {
    match from {
        Some(from) => from.read(into).await,
        None => std::future::pending().await,
    }
}

impl Watched<'_> {
    fn hear<R>(&mut self, stream: Stream, from: &mut Option<R>, bytes: &[u8], read: &io::Result<usize>) {
        match read {
            Ok(count) if *count > 0 => self.report.hear(stream, bytes.get(..*count).unwrap_or_default()),
            _ => *from = None,
        }
    }

    /// Takes what is there already.
    async fn drain(&mut self, from: &mut Option<impl AsyncRead + Unpin>, into: &mut [u8], stream: Stream) {
        while let Ok(read) = timeout(Duration::from_millis(1), read(from, into)).await {
            self.hear(stream, from, into, &read);
            if from.is_none() {
                return;
            }
        }
    }

    /// Tells what is new, unless nobody has taken what was told before: then it waits, bounded.
    fn tell(&mut self, to: &mpsc::Sender<Told>) {
        if self.told_at.is_some_and(|at| at.elapsed() < BEAT) {
            return;
        }
        if let Ok(room) = to.try_reserve()
            && let Some(told) = self.report.tell()
        {
            room.send(told);
            self.told_at = Some(Instant::now());
        }
    }

    fn begin(&mut self, why: Stopped, to: &mpsc::Sender<Told>) {
        self.stopped = Some((why, Instant::now()));
        let _sent = to.try_send(Told::Stopping);
        if let (Some(login), Some(group)) = (&self.launch.second, self.report.group) {
            let argv: Vec<String> = login.iter().cloned().chain([ending(group)]).collect();
            self.second = Some(tokio::spawn(async move {
                let Ok(mut child) = spawn(&argv).await else { return false };
                matches!(timeout(SECOND, child.wait()).await, Ok(Ok(status)) if status.success())
            }));
        }
        self.press();
    }

    /// Presses on with a stop, as far as it is due.
    fn press(&mut self) {
        let Some((_, since)) = self.stopped else { return };
        let dues = [Duration::ZERO, self.patience.term, self.patience.kill];
        let signals = [Signal::INT, Signal::TERM, Signal::KILL];
        while let (Some(due), Some(signal)) = (dues.get(self.step), signals.get(self.step)) {
            // Over ssh the second login ends what runs there; cut off too early, it would be left.
            let is_far = self.second.as_ref().is_some_and(|second| !second.is_finished());
            if since.elapsed() < *due || is_far && since.elapsed() < self.patience.kill {
                return;
            }
            self.signal(*signal);
            self.step += 1;
        }
    }

    /// Sends a signal to all that is left of the session.
    fn signal(&self, signal: Signal) {
        let Some(leader) = self.leader else { return };
        // Just started, it may not yet lead a group of its own.
        if kill_process_group(leader, signal).is_err() && !is_reaped(leader) {
            let _sent = kill_process(leader, signal);
        }
        for member in session(leader) {
            let _sent = kill_process(member, signal);
        }
    }

    /// After a stop: ends what outlived its leader, and says what could not be ended.
    async fn sweep(&mut self) -> Option<String> {
        let (_, since) = self.stopped?;
        let mut left = None;
        if let Some(second) = self.second.take() {
            let is_ended = second.await.unwrap_or(false);
            if let (false, Some(group)) = (is_ended, self.report.group) {
                left = Some(format!("on {}, process group {group}", self.order.host));
            }
        }
        let leader = self.leader?;
        while is_alive(leader) {
            if since.elapsed() > self.patience.kill + Duration::from_secs(2) {
                let here = format!("here, process group {}", leader.as_raw_nonzero());
                return Some(left.map_or(here.clone(), |there| format!("{there}; {here}")));
            }
            self.press();
            sleep(BEAT).await;
        }
        left
    }

    fn end(self, status: Option<io::Result<ExitStatus>>, left: Option<String>, took: Duration) -> End {
        use std::os::unix::process::ExitStatusExt as _;
        let status = status.and_then(Result::ok);
        let is_remote = self.launch.second.is_some();
        let exit = self.report.code.or_else(|| status.and_then(|status| status.code()));
        let is_ssh = is_remote && self.report.code.is_none() && self.stopped.is_none();
        let lacks = self.report.lacks.as_ref().map(|program| lacks(program, &self.order.host));
        let failed = lacks.is_some() || is_ssh && exit.is_none_or(|code| code == 255);
        End {
            exit: exit.filter(|_| !failed),
            signal: status.and_then(|status| status.signal()).filter(|_| self.report.code.is_none()),
            stopped: self.stopped.map(|(why, _)| why),
            trouble: failed
                .then(|| lacks.unwrap_or_else(|| hints::of_ssh(&self.report.last, &self.order.host))),
            left: left.map(|left| format!("it may still be running {left}")),
            asks_terminal: self.report.asks_terminal,
            took,
            bytes: self.report.bytes,
            sha256: self.report.sha256(),
        }
    }
}

/// Whether anything of the session of `leader` is left.
fn is_alive(leader: Pid) -> bool {
    test_kill_process_group(leader).is_ok() && !members(leader, 2).is_empty() || !session(leader).is_empty()
}

fn is_reaped(leader: Pid) -> bool {
    !std::path::Path::new(&format!("/proc/{}", leader.as_raw_nonzero())).exists()
}

/// The processes of a session that still run: a program may have put its children into groups of
/// their own, but not into another session without meaning to.
fn session(leader: Pid) -> Vec<Pid> {
    members(leader, 3)
}

/// The processes whose field `at` behind the name, in the kernel's line on them, is `leader`, dead
/// ones left out.
fn members(leader: Pid, at: usize) -> Vec<Pid> {
    let wanted = leader.as_raw_nonzero().to_string();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    ids.filter(|id| {
        let line = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // The name stands in brackets and may hold anything.
        let fields: Vec<&str> =
            line.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
        fields.get(at) == Some(&wanted.as_str()) && !matches!(fields.first(), Some(&("Z" | "X")))
    })
    .filter_map(Pid::from_raw)
    .collect()
}
