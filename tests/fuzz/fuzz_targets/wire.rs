//! Any bytes are an answer of any server: reading it never panics, and nothing of it acts on a terminal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rooms::sources::{alertmanager, loki, pbs, prometheus, pve};

fuzz_target!(|bytes: &[u8]| {
    // Bytes that are no text come no further than this.
    let Ok(body) = std::str::from_utf8(bytes) else { return };
    prometheus::read(body);
    alertmanager::read(body);
    loki::read(body);
    pbs::read(body);
    pve::read(body);
});
