//! Any bytes are a runbook: reading and planning it never panics, and never plans an open
//! placeholder or an unknown host.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rooms::runbooks::facts::Facts;
use rooms::runbooks::{find, plan, reviewed};

fuzz_target!(|bytes: &[u8]| {
    let runbook = reviewed("fuzz.md", bytes);
    let mut facts =
        Facts { labels: [("instance", "10.0.0.25:9100"), ("vmid", "102")].into_iter().collect(), ..Facts::default() };
    // The end of the bytes is also what somebody types for a placeholder.
    let typed = String::from_utf8_lossy(bytes.get(bytes.len().saturating_sub(16)..).unwrap_or_default());
    for name in ["X", "SERVICE_NAME", "TIMESTAMP"] {
        facts.set.insert(name.to_owned(), typed.clone().into_owned());
    }
    for procedure in &runbook.procedures {
        for group in plan::plan(&runbook, procedure, "Fuzz", &facts, None).groups {
            assert!(group.refusals.is_empty() == group.filled.is_some(), "{group:?}");
            assert!(group.argv.is_none() || group.host.resolved.is_some(), "{group:?}");
            assert!(group.argv.is_some() == group.sha256.is_some(), "{group:?}");
            let is_open = group.placeholders.iter().any(|one| one.value.is_none());
            assert!(group.filled.is_none() || !is_open, "{group:?}");
        }
    }
    let _found = find::search(&typed, std::slice::from_ref(&runbook));
});
