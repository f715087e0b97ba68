//! Which procedure an alert or a few words mean, in the owner's own files.

use std::collections::BTreeMap;

use rstest::rstest;
use wardroom::domain::labels::Labels;
use wardroom::runbooks::Runbook;
use wardroom::runbooks::find::{Wanted, find, search};

use super::{OWNER, owner};

fn library() -> Vec<Runbook> {
    OWNER.iter().map(|name| owner(name)).collect()
}

/// How it was found, and the anchors.
fn found(
    name: &str,
    annotations: &[(&str, &str)],
    query: Option<&str>,
    library: &[Runbook],
) -> (String, Vec<String>) {
    let annotations: Labels = annotations.iter().copied().collect();
    let aliases: BTreeMap<String, String> = [
        ("SnapraidDiskMissing", "4.1 Disk Failure"),
        ("MergerfsGone", "#43-mergerfs-mount-failure"),
        ("Elsewhere", "4.1 Disk Fail"),
    ]
    .map(|(alert, to)| (alert.to_owned(), to.to_owned()))
    .into();
    let all = find(Wanted { name, annotations: &annotations, query }, library, &aliases);
    let kind = all.first().map(|one| serde_json::to_string(&one.kind).expect("a word")).unwrap_or_default();
    assert!(all.iter().all(|one| Some(one.kind) == all.first().map(|first| first.kind)), "found in one way");
    (kind.trim_matches('"').to_owned(), all.iter().map(|one| one.procedure.id.clone()).collect())
}

#[rstest]
#[case::name("HostDown", &[], None, "exact", &["alert-hostdown"])]
#[case::other_spelling("host_down", &[], None, "exact", &["alert-hostdown"])]
#[case::fragment("Anything", &[("runbook_url", "https://wiki.example/x.md#alert-diskspacelow")], None, "annotation", &["alert-diskspacelow"])]
#[case::bare_fragment("Anything", &[("runbook", "#Alert-HostDown")], None, "annotation", &["alert-hostdown"])]
#[case::annotation_before_name("HostDown", &[("runbook", "a#updating-prometheus")], None, "annotation", &["updating-prometheus"])]
#[case::address_alone("HostDown", &[("runbook_url", "https://runbooks.example/HighCPUUsage")], None, "exact", &["alert-hostdown"])]
#[case::dead_fragment("HostDown", &[("runbook_url", "a#nowhere")], None, "exact", &["alert-hostdown"])]
#[case::alias("SnapraidDiskMissing", &[], None, "alias", &["41-disk-failure-snapraid-data-disk"])]
#[case::alias_by_anchor("mergerfs-gone", &[], None, "alias", &["43-mergerfs-mount-failure"])]
#[case::metric("InstanceGone", &[], Some("up{job=\"node\"} == 0"), "trigger", &["alert-hostdown"])]
#[case::name_before_metric("BackupJobFailed", &[], Some("up == 0"), "exact", &["alert-backupjobfailed"])]
#[case::words("ParityDiskFailed", &[], None, "suggested", &["42-parity-disk-failure", "41-disk-failure-snapraid-data-disk"])]
#[case::half_an_alias("Elsewhere", &[], None, "", &[])]
#[case::nothing("Zzz", &[], Some("rate(x[5m])"), "", &[])]
fn alerts_and_their_procedures(
    #[case] name: &str,
    #[case] annotations: &[(&str, &str)],
    #[case] query: Option<&str>,
    #[case] kind: &str,
    #[case] ids: &[&str],
) {
    let (how, anchors) = found(name, annotations, query, &library());
    assert_eq!((how.as_str(), anchors.iter().map(String::as_str).collect::<Vec<_>>()), (kind, ids.to_vec()));
}

#[test]
fn an_item_of_a_list_is_only_suggested() {
    let (how, anchors) =
        found("Backup failure (critical)", &[("runbook", "#backup-failure-critical")], None, &library());
    assert_eq!(how, "suggested");
    assert!(anchors.contains(&"backup-failure-critical".to_owned()), "{anchors:?}");
}

#[test]
fn two_files_with_one_alert_are_asked_about() {
    let twice = [owner("observability"), owner("observability")];
    let (how, anchors) = found("HostDown", &[], None, &twice);
    assert_eq!((how.as_str(), anchors.len()), ("exact", 2));
}

#[rstest]
#[case::title("hostdown", "alert-hostdown", 83)]
#[case::words_of_a_title("vm backup", "recovering-vm-from-backup", 940)]
#[case::alike("hstdwn", "alert-hostdown", 83)]
#[case::code("pstree", "alert-highcpuusage", 284)]
#[case::table("snapshot failed", "alert-backupjobfailed", 507)]
#[case::prose("ilo", "alert-hostdown", 198)]
fn words_and_where_they_stand(#[case] typed: &str, #[case] id: &str, #[case] line: usize) {
    let library = [owner("observability")];
    let hits = search(typed, &library);
    let first = hits.first().expect("a hit");
    assert_eq!((first.procedure.id.as_str(), first.line), (id, line));
}

#[test]
fn no_words_find_everything_and_wrong_ones_nothing() {
    let library = library();
    assert_eq!(search(" ", &library).len(), 29);
    assert!(search("qqqqqq", &library).is_empty());
}
