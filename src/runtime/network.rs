//! The thread on which servers are asked and answers are read.

use std::io;
use std::thread;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;

/// At most so many threads help with what takes long.
const HELPERS: usize = 2;

/// A runtime for all that waits for servers.
///
/// # Errors
/// When the system gives no file descriptors for it.
pub fn network() -> io::Result<Runtime> {
    Builder::new_current_thread().max_blocking_threads(HELPERS).thread_name("network").enable_all().build()
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
