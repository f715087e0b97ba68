//! What chance writes is read and planned without a panic, and what is planned keeps its promises.
//! `tests/fuzz` does the same for as long as one likes.

use proptest::prelude::*;
use wardroom::runbooks::danger::Level;
use wardroom::runbooks::facts::Facts;
use wardroom::runbooks::mode::Mode;
use wardroom::runbooks::whereabouts::Provenance;
use wardroom::runbooks::{plan, reviewed};

fn facts(instance: &str, value: &str) -> Facts {
    let mut facts =
        Facts { labels: [("instance", instance), ("vmid", value)].into_iter().collect(), ..Facts::default() };
    for name in ["X", "SERVICE_NAME", "PROCESS_ID", "TIMESTAMP"] {
        facts.set.insert(name.to_owned(), value.to_owned());
    }
    facts.host_map.insert("10.0.0.21".to_owned(), "{target}".to_owned());
    facts
}

/// Plans every procedure, and holds what is planned to its promises.
fn keeps_its_promises(bytes: &[u8], facts: &Facts) {
    let runbook = reviewed("chance.md", bytes);
    for procedure in &runbook.procedures {
        let plan = plan::plan(&runbook, procedure, "Chance", facts, None);
        let count = plan.groups.len();
        for group in plan.groups {
            assert_eq!(group.refusals.is_empty(), group.filled.is_some(), "{group:#?}");
            assert!(group.argv.is_none() || group.filled.is_some(), "{group:#?}");
            assert_eq!(group.argv.is_some(), group.sha256.is_some());
            if let Some(argv) = &group.argv {
                let host = group.host.resolved.as_deref().expect("a host");
                let is_local = group.host.provenance == Provenance::Local || host == "localhost";
                assert_eq!(argv.first().map(String::as_str) == Some("bash"), is_local, "{group:#?}");
                let script = argv.last().expect("a script");
                assert!(is_local || script.starts_with("exec "), "{group:#?}");
                assert!(group.mode != Mode::Manual && group.danger.level != Level::X, "{group:#?}");
                assert!(group.host.provenance != Provenance::Unknown, "{group:#?}");
            }
            assert!(group.alternative_of.is_none_or(|first| first < count));
            assert!(!group.danger.reasons.is_empty());
            assert!(group.placeholders.iter().all(|one| one.value.is_some() == one.origin.is_some()));
            assert!(
                group.filled.is_none() || group.placeholders.iter().all(|one| one.value.is_some()),
                "{group:#?}"
            );
        }
    }
}

#[test]
fn the_owners_files_with_a_piece_torn_out() {
    let good = facts("10.0.0.25:9100", "102");
    let bytes = super::bytes("observability");
    for at in (0..bytes.len()).step_by(2_003) {
        let mut torn = bytes.clone();
        torn.drain(at..(at + 37).min(bytes.len()));
        keeps_its_promises(&torn, &good);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut runbook = b"### Alert: Chance\n\n```bash\n".to_vec();
        runbook.extend(bytes);
        keeps_its_promises(&runbook, &facts("10.0.0.25:9100", "102"));
    }

    #[test]
    fn what_looks_like_a_runbook(
        lines in proptest::collection::vec(
            "(ssh (admin@|-p 22 |-o X=y |)(10\\.0\\.0\\.21|<TARGET_HOST>|h)( uptime| \"ls <X>\"|)|# (Option [12]: x|Or y|Expected: z|1\\. a)|qm start <VMID>|PID=<PROCESS_ID>|kill \\$PID|cd /tmp|rm -rf [/~$<>A-Za-z*]{0,9}|a:|  - b: c|```|exit|cat <<E|E|curl http://<TARGET>:9100/|sudo -i|)",
            0..14,
        ),
        instance in "10\\.0\\.0\\.25:9100|\\PC{0,12}|[a-z.:;$()-]{0,12}",
        value in "102|4242|\\PC{0,10}|[ -~]{0,10}",
    ) {
        let text = format!("### Alert: Chance\n\n**Scenario A: x**\n```bash\n{}\n", lines.join("\n"));
        keeps_its_promises(text.as_bytes(), &facts(&instance, &value));
    }
}
