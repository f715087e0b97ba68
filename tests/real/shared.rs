//! The stack that all tests share that only read.

use std::io::Write;
use std::sync::OnceLock;

use crate::stack::{Part, Stack, programs};

/// The shared stack, started by whoever asks first; `None` when real servers are left out here.
///
/// It is never dropped: its guard stops the servers when this process ends.
pub fn stack(test: &str) -> Option<&'static Stack> {
    static STACK: OnceLock<Result<Stack, String>> = OnceLock::new();
    needed(test, &[]).then(|| {
        let stack = STACK.get_or_init(|| Stack::start(Part::ALL));
        stack.as_ref().expect("the real servers start")
    })
}

/// A stack for one test, which may do with it what it likes; `None` as for [`stack`].
pub fn own(test: &str, parts: &[Part]) -> Option<Stack> {
    own_with(test, parts, &[])
}

/// The same for a test that starts more programs beside the parts.
pub fn own_with(test: &str, parts: &[Part], more: &[&str]) -> Option<Stack> {
    needed(test, more).then(|| Stack::start(parts).expect("the real servers start"))
}

/// Whether the test has to run; says so if not.
fn needed(test: &str, more: &[&str]) -> bool {
    let Some(reason) = programs::left_out(more) else { return true };
    // Not by a macro, whose words the test harness would keep to itself.
    let _said = writeln!(std::io::stderr(), "left out: {test} needs real servers: {reason}");
    false
}
