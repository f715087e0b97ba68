//! A way through ssh to a server that listens on its own host only: `ssh -N -L` from a socket of ours
//! to an address or a socket over there. It is started at the first request, watched, started again
//! when it is lost, and ends with the program, however that ends.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileTypeExt as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout};

use super::refusal;
use crate::{child, text};

/// What is said to ssh before the host.
const OPTIONS: [&str; 14] = [
    "BatchMode=yes",
    "ConnectTimeout=5",
    "ServerAliveInterval=5",
    "ServerAliveCountMax=3",
    "StrictHostKeyChecking=yes",
    "ForwardAgent=no",
    "ForwardX11=no",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
    // A connection that others share would keep the way open without us.
    "ControlMaster=no",
    "ControlPath=none",
    "StreamLocalBindMask=0177",
    "StreamLocalBindUnlink=yes",
    // It is from these words that is known why the far end opens no connection.
    "LogLevel=INFO",
];

/// A login that takes longer has failed.
const OPENING: Duration = Duration::from_secs(20);

/// How often it is looked whether it is open.
const BEAT: Duration = Duration::from_millis(25);

/// The first pause after it was lost, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// A tunnel that stood so long is none that fails over and over.
const STEADY: Duration = Duration::from_mins(1);

/// What ssh said last may come this much later than the connection ends of which it tells.
const LATER: Duration = Duration::from_millis(300);

/// A path of a socket may not be longer than 107 bytes.
const LONGEST_PATH: usize = 80;

/// How it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has asked for it yet.
    Idle,
    /// ssh logs in.
    Opening,
    /// It can be used.
    Up,
    /// It is not there; it is tried again.
    Lost {
        /// A few words for the badge.
        short: &'static str,
        /// What happened, and what to do. Sanitised.
        why: Arc<str>,
    },
}

/// Where it leads, seen from the far end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Far {
    /// Host and port, as ssh takes them: `127.0.0.1:9090`, `[::1]:9090`.
    Address(String),
    /// A socket's path.
    Socket(String),
}

/// What its supervisor and those who use it have in common.
#[derive(Debug)]
struct Life {
    standing: watch::Sender<Standing>,
    /// How often the far end opened no connection, and its words for the last time.
    refused: watch::Sender<(usize, Arc<str>)>,
}

/// A tunnel.
#[derive(Debug)]
pub struct Tunnel {
    /// HOST or USER@HOST, as the config says.
    host: String,
    /// What ssh is told instead, when the config knows more of the host.
    destination: OnceLock<String>,
    far: Far,
    place: OnceLock<PathBuf>,
    life: Arc<Life>,
    task: Mutex<Option<AbortHandle>>,
}

impl Tunnel {
    /// A tunnel to `far` by way of `host`. Nothing is started yet.
    pub fn new(host: String, far: Far) -> Self {
        let life = Life {
            standing: watch::Sender::new(Standing::Idle),
            refused: watch::Sender::new((0, Arc::from(""))),
        };
        Self {
            host,
            destination: OnceLock::new(),
            far,
            place: OnceLock::new(),
            life: Arc::new(life),
            task: Mutex::default(),
        }
    }

    /// By way of which host: HOST or USER@HOST, as the config says.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Where it leads.
    pub const fn far(&self) -> &Far {
        &self.far
    }

    /// Says how ssh reaches the host, before the first request.
    pub fn lead(&self, destination: String) {
        // It leads one way for as long as it lives.
        let _first = self.destination.set(destination);
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        self.life.standing.borrow().clone()
    }

    /// What a key needs that may do nothing else: the beginning of its line in `authorized_keys`.
    pub fn permission(&self) -> String {
        match &self.far {
            Far::Address(address) => format!("restrict,port-forwarding,permitopen=\"{address}\""),
            // There is no such word for sockets: sshd_config decides.
            Far::Socket(_) => "restrict,port-forwarding".to_owned(),
        }
    }

    /// The socket at this end, in a directory that is ours alone.
    pub(super) fn socket(&self) -> io::Result<&Path> {
        if let Some(place) = self.place.get() {
            return Ok(place);
        }
        let made = directory()?.join("s");
        Ok(self.place.get_or_init(|| made))
    }

    /// Waits until it can be used, and starts it if nobody did.
    ///
    /// # Errors
    /// When it is lost, or not open within `patience`: a few words, and a sentence.
    pub async fn ready(&self, patience: Duration) -> Result<(), (&'static str, Arc<str>)> {
        self.start().map_err(|error| ("no place", Arc::from(format!("no socket can be made: {error}"))))?;
        let mut standing = self.life.standing.subscribe();
        let decided = |standing: &Standing| matches!(standing, Standing::Up | Standing::Lost { .. });
        match timeout(patience, standing.wait_for(decided)).await {
            Ok(Ok(now)) => match &*now {
                Standing::Lost { short, why } => Err((short, Arc::clone(why))),
                _ => Ok(()),
            },
            _ => Err(("opening", Arc::from(format!("ssh is still logging in to {}", self.host)))),
        }
    }

    /// How often the far end has opened no connection.
    pub(super) fn refusals(&self) -> usize {
        self.life.refused.borrow().0
    }

    /// Why the far end opened no connection since there were `before` such cases.
    pub(super) async fn refused(&self, before: usize) -> Option<Arc<str>> {
        let mut refused = self.life.refused.subscribe();
        let heard = timeout(LATER, refused.wait_for(|(count, _)| *count > before)).await.ok()?.ok()?;
        Some(Arc::clone(&heard.1))
    }

    fn start(&self) -> io::Result<()> {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_some_and(|task| !task.is_finished()) {
            return Ok(());
        }
        let socket = self.socket()?.to_owned();
        let destination = self.destination.get_or_init(|| self.host.clone());
        let argv = argv(destination, &socket, &self.far);
        self.life.standing.send_replace(Standing::Opening);
        let running = tokio::spawn(supervise(argv, socket, self.host.clone(), Arc::clone(&self.life)));
        *task = Some(running.abort_handle());
        Ok(())
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
        if let Some(directory) = self.place.get().and_then(|socket| socket.parent()) {
            // What is left of it is in the system's own directory for such things.
            let _removed = std::fs::remove_dir_all(directory);
        }
    }
}

/// The words that are started: no shell reads them.
fn argv(destination: &str, socket: &Path, far: &Far) -> Vec<String> {
    let (Far::Address(to) | Far::Socket(to)) = far;
    let options = OPTIONS.iter().flat_map(|option| ["-o".to_owned(), (*option).to_owned()]);
    let first = ["ssh", "-n", "-N", "-T"].map(str::to_owned);
    let last =
        ["-L".to_owned(), format!("{}:{to}", socket.display()), "--".to_owned(), destination.to_owned()];
    first.into_iter().chain(options).chain(last).collect()
}

/// A directory that was made just now, in the place for sockets of programs that run.
fn directory() -> io::Result<PathBuf> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let bases = runtime.into_iter().chain([std::env::temp_dir(), PathBuf::from("/tmp")]);
    // ssh ends the path of a socket at a colon.
    let fits = |base: &PathBuf| {
        let shown = base.to_str().unwrap_or(":");
        base.is_absolute() && base.is_dir() && shown.len() < LONGEST_PATH && !shown.contains(':')
    };
    let mut last = io::Error::other("neither XDG_RUNTIME_DIR nor TMPDIR will do");
    for base in bases.filter(fits) {
        for _ in 0..100 {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let made = base.join(format!("wardroom-way-{}-{number}", std::process::id()));
            // Made, not merely found: somebody else's directory of that name is not ours to use.
            match DirBuilder::new().mode(0o700).create(&made) {
                Ok(()) => return Ok(made),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    last = error;
                    break;
                }
            }
        }
    }
    Err(last)
}

async fn supervise(argv: Vec<String>, socket: PathBuf, host: String, life: Arc<Life>) {
    let (first, longest) = PAUSES;
    let mut pause = first;
    loop {
        let began = Instant::now();
        let said = once(&argv, &socket, &life).await;
        let (short, why) = refusal::of_ssh(&said, &host);
        life.standing.send_replace(Standing::Lost { short, why: why.into() });
        if began.elapsed() > STEADY {
            pause = first;
        }
        sleep(pause).await;
        pause = (pause * 2).min(longest);
    }
}

/// Keeps it open for as long as it goes; what ssh said last, sanitised.
async fn once(argv: &[String], socket: &Path, life: &Life) -> String {
    // What a tunnel before this one left must not look like this one's.
    let _gone = std::fs::remove_file(socket);
    let mut child = match spawn(argv).await {
        Ok(child) => child,
        Err(error) => return format!("ssh could not be started: {error}"),
    };
    let _leash = leash(&child);
    let mut said = String::new();
    let mut lines = child.stderr.take().map(|stderr| BufReader::new(stderr).split(b'\n'));
    let began = Instant::now();
    let mut seen = false;
    loop {
        let is_up = *life.standing.borrow() == Standing::Up;
        tokio::select! {
            more = async { lines.as_mut()?.next_segment().await.ok()? }, if lines.is_some() => match more {
                Some(words) => hear(&words, &mut said, life),
                None => lines = None,
            },
            _ended = child.wait() => break,
            () = sleep(BEAT), if !is_up => {
                // It binds the socket once it is logged in, and listens a moment later.
                if seen {
                    life.standing.send_replace(Standing::Up);
                } else if began.elapsed() > OPENING {
                    return "the login timed out".to_owned();
                }
                seen = std::fs::metadata(socket).is_ok_and(|about| about.file_type().is_socket());
            }
        }
    }
    while let Some(reader) = &mut lines
        && let Ok(Ok(Some(words))) = timeout(BEAT, reader.next_segment()).await
    {
        hear(&words, &mut said, life);
    }
    said
}

/// Takes in a line of ssh: the far end's refusals are told to those who wait, the rest is kept.
fn hear(words: &[u8], said: &mut String, life: &Life) {
    let words = String::from_utf8_lossy(words);
    let words = text::truncate(&text::sanitise(words.trim()), 300).into_owned();
    if let Some((_, why)) = words.split_once("open failed: ") {
        let why: Arc<str> = why.into();
        life.refused.send_modify(|(count, last)| {
            *count += 1;
            *last = why;
        });
    } else if !words.is_empty() {
        // A changed key is told in many lines, and named in the first.
        if said.len() < 4000 {
            said.push_str(if said.is_empty() { "" } else { "\n" });
            said.push_str(&words);
        }
    }
}

/// In a process group of its own: Ctrl-C is for who has the terminal.
async fn spawn(argv: &[String]) -> io::Result<Child> {
    let (program, arguments) = argv.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    child::give(&mut command).await;
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true).spawn()
}

/// Ends ssh when we are gone, even if nobody could say farewell: it reads from a pipe of which we hold
/// the other end.
fn leash(child: &Child) -> Option<Child> {
    let id = child.id()?.to_string();
    let mut command = Command::new("sh");
    command.args(["-c", "read -r _; kill \"$1\"", "sh", &id]).env_clear();
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.process_group(0).kill_on_drop(true).spawn().ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_host_is_never_an_option_and_nothing_is_read_by_a_shell() {
        let words = argv("sam@-oProxyCommand=x", Path::new("/run/s"), &Far::Address("[::1]:9090".into()));
        let at = words.iter().position(|word| word == "--").expect("the end of the options");
        assert_eq!(words.get(at + 1..), Some(&["sam@-oProxyCommand=x".to_owned()][..]));
        assert!(
            words.contains(&"/run/s:[::1]:9090".to_owned()) && words.contains(&"BatchMode=yes".to_owned())
        );
        assert!(!words.iter().any(|word| word.contains("ClearAllForwardings")), "it would clear ours too");
    }

    #[test]
    fn its_socket_is_in_a_directory_of_its_own_that_goes_with_it() {
        let tunnel = Tunnel::new("box".into(), Far::Socket("/run/x.sock".into()));
        let directory = tunnel.socket().expect("a place").parent().expect("a directory").to_owned();
        let mode = std::fs::metadata(&directory).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert_eq!(tunnel.permission(), "restrict,port-forwarding");
        drop(tunnel);
        assert!(!directory.exists());
    }

    #[test]
    fn a_refusal_of_the_far_end_is_told_apart_from_what_ends_it() {
        let life = Tunnel::new("box".into(), Far::Address("127.0.0.1:1".into()));
        let mut said = String::new();
        hear(b"channel 2: open failed: connect failed: Connection refused\r", &mut said, &life.life);
        assert_eq!((life.refusals(), said.as_str()), (1, ""));
        hear(b"Host key verification failed.\x1b[2J", &mut said, &life.life);
        assert!(!said.contains('\x1b'));
        assert!(said.starts_with("Host key verification failed."));
    }
}
