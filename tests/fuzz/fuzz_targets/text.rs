//! Any text is made harmless, and stays what it is when that is done again; what is cut fits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rooms::expect_harmless;
use rooms::text::{LONGEST, bounded, harmless, sanitise, sanitise_lines, truncate, width};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let clean = sanitise(&text);
    expect_harmless(&clean);
    assert!(!clean.contains('\n') && clean.len() <= LONGEST);
    assert_eq!(sanitise(&clean), clean);
    let lines = sanitise_lines(&text);
    expect_harmless(&lines);
    assert_eq!(sanitise_lines(&lines), lines);
    expect_harmless(&harmless(&text));
    let cells = bytes.first().map_or(0, |byte| usize::from(*byte));
    assert!(width(&truncate(&clean, cells)) <= cells);
    assert!(bounded(&text, cells).len() <= cells);
});
