//! The thread on which servers are asked and answers are read.

use std::io;
use std::thread;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;

/// At most so many threads help with what takes long.
const HELPERS: usize = 2;

/// What takes long gives way to the loop by so much: with a core to spare it is as quick, and a key never waits
/// for a core because ten thousand targets are being read. The thread of the network itself does not: commands
/// are started on it, and would inherit it.
const NICE: i32 = 10;

/// A runtime for all that waits for servers.
///
/// # Errors
/// When the system gives no file descriptors for it.
pub fn network() -> io::Result<Runtime> {
    Builder::new_current_thread()
        .max_blocking_threads(HELPERS)
        .thread_name("network")
        .on_thread_start(give_way)
        .enable_all()
        .build()
}

/// Lets this thread give way to the others.
fn give_way() {
    // On Linux it is of this thread alone; elsewhere it is left as it is.
    #[cfg(target_os = "linux")]
    if let Ok(have) = rustix::process::getpriority_process(None) {
        let _refused = rustix::process::setpriority_process(None, (have + NICE).min(19));
    }
}

/// Such a runtime on a thread of its own, until it is dropped. Nobody waits for its end: a server
/// that hangs must not keep anybody.
#[derive(Debug)]
pub struct Network {
    handle: Handle,
    _end: oneshot::Sender<()>,
}

impl Network {
    /// Lets `runtime` run.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(runtime: Runtime) -> io::Result<Self> {
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel();
        thread::Builder::new().name("network".to_owned()).spawn(move || {
            let _dropped = runtime.block_on(ended);
            runtime.shutdown_background();
        })?;
        Ok(Self { handle, _end: end })
    }

    /// Where to hand tasks to.
    pub const fn handle(&self) -> &Handle {
        &self.handle
    }
}
