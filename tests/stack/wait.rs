//! Waiting for something to become true.

use std::thread;
use std::time::{Duration, Instant};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// Looks until there is something to see, and gives it; after `limit` the last reason why not.
pub fn until<T, E: std::fmt::Display>(
    what: &str,
    limit: Duration,
    mut look: impl FnMut() -> Result<T, E>,
) -> Result<T, String> {
    let start = Instant::now();
    loop {
        match look() {
            Ok(seen) => return Ok(seen),
            Err(reason) if start.elapsed() > limit => {
                return Err(format!("{what}: not within {} s: {reason}", limit.as_secs()));
            }
            Err(_) => thread::sleep(PAUSE),
        }
    }
}

/// Looks again and again for `span` whether something stays true; the first reason why not.
pub fn throughout<E>(span: Duration, mut look: impl FnMut() -> Result<(), E>) -> Result<(), E> {
    let start = Instant::now();
    while start.elapsed() < span {
        look()?;
        thread::sleep(PAUSE);
    }
    Ok(())
}
