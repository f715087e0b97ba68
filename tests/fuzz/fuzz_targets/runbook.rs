//! Any bytes are a runbook: reading and planning it never panics, and never plans an open
//! placeholder or an unknown host.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wardroom::runbooks::facts::Facts;
use wardroom::runbooks::{plan, read};

fuzz_target!(|bytes: &[u8]| {
    let runbook = read("fuzz.md", bytes);
    let facts =
        Facts { labels: [("instance", "10.0.0.25:9100"), ("vmid", "102")].into_iter().collect(), ..Facts::default() };
    for procedure in &runbook.procedures {
        for group in plan::plan(&runbook, procedure, "Fuzz", &facts, None).groups {
            assert!(group.refusals.is_empty() == group.filled.is_some());
            assert!(group.argv.is_none() || group.host.resolved.is_some());
        }
    }
});
