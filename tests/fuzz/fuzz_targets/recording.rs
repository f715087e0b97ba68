//! Any bytes are a recording, as they are and packed: reading it never panics and ends, and nothing in
//! it acts on a terminal.
#![no_main]

use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;
use rooms::expect_plain;
use rooms::replay::Recording;

fuzz_target!(|bytes: &[u8]| {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).expect("memory takes it");
    let packed = packed.finish().expect("memory takes it");
    for file in [bytes, &packed] {
        if let Ok(recording) = Recording::read_from(file, Path::new("fuzz.wardroom")) {
            recording.moments.iter().for_each(expect_plain);
            assert!(recording.span() >= chrono::TimeDelta::zero(), "{}", recording.span());
        }
    }
});
