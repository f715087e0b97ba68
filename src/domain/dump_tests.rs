use super::*;

const START: i64 = 1_794_535_200;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(START + seconds, 0).expect("a time")
}

fn task(guest: Option<u32>, ended: Option<i64>, status: Option<&str>) -> DumpTask {
    DumpTask {
        upid: "UPID:pve:1".into(),
        node: "pve".into(),
        guest,
        started: at(0),
        ended: ended.map(at),
        outcome: Outcome::of(status),
        by: "root@pam".into(),
    }
}

fn log(text: &str) -> DumpLog {
    let mut log = DumpLog::default();
    text.lines().for_each(|line| log.read(line));
    log
}

/// `GUEST OUTCOME[: LINE] STARTED..ENDED [PROGRESS]`, in seconds from the task's beginning.
fn told(dumps: &[Dump]) -> Vec<String> {
    let seconds = |at: DateTime<Utc>| (at.timestamp() - START).to_string();
    let one = |dump: &Dump| {
        let why = match &dump.outcome {
            Outcome::Failed(why) => format!(": {why}"),
            _ => String::new(),
        };
        let progress = dump.progress.map_or_else(String::new, |share| format!(" {share}%"));
        format!(
            "{} {}{why} {}..{}{progress}",
            dump.guest,
            dump.outcome.word(),
            seconds(dump.started),
            dump.ended.map_or_else(String::new, seconds)
        )
    };
    dumps.iter().map(one).collect()
}

#[test]
fn of_many_guests_the_log_says_which_failed() {
    let log = log("INFO: starting new backup job: vzdump --all 1 --storage pbs\n\
         INFO: Starting Backup of VM 100 (qemu)\n\
         INFO:  62% (20.0 GiB of 32.0 GiB) in 3m 2s, read: 88.0 MiB/s, write: 12.1 MiB/s\n\
         INFO: Finished Backup of VM 100 (00:05:00)\n\
         INFO: Starting Backup of VM 101 (qemu)\n\
         ERROR: VM 101 qmp command 'backup' failed - backup connect failed: timed out\n\
         ERROR: Backup of VM 101 failed - backup connect failed: timed out\n\
         INFO: Starting Backup of VM 200 (lxc)\n\
         INFO: Finished Backup of VM 200 (00:01:11)\n\
         INFO: Backup job finished with errors\n\
         TASK ERROR: job errors");
    assert_eq!(
        told(&log.dumps(&task(None, Some(400), Some("job errors")))),
        ["100 ok 0..300", "101 failed: backup connect failed: timed out 300..300", "200 ok 300..371",]
    );
}

#[test]
fn a_run_under_way_says_how_far_it_is() {
    let text = "INFO: Starting Backup of VM 100 (qemu)\nINFO: Finished Backup of VM 100 (00:05:00)\n\
                INFO: Starting Backup of VM 102 (qemu)\nINFO:   7% (1 GiB of 12 GiB) in 9s\n\
                INFO:  62% (9 GiB of 12 GiB) in 99s";
    let running = log(text).dumps(&task(None, None, None));
    assert_eq!(told(&running), ["100 ok 0..300", "102 running 300.. 62%"]);
    let died = log(text).dumps(&task(None, Some(900), Some("unexpected status")));
    assert_eq!(told(&died), ["100 ok 0..300", "102 failed: unexpected status 300..900"]);
}

#[test]
fn a_task_for_one_guest_needs_no_log() {
    for (status, outcome) in [
        (Some("OK"), "ok"),
        (Some("job errors"), "failed: job errors"),
        (Some("WARNINGS: 1"), "warnings"),
        (None, "running"),
    ] {
        let ended = status.map(|_| 60);
        let end = ended.map_or_else(String::new, |end| end.to_string());
        let dumps = DumpLog::default().dumps(&task(Some(102), ended, status));
        assert_eq!(told(&dumps), [format!("102 {outcome} 0..{end}")]);
    }
}

#[test]
fn an_error_before_any_turn_is_the_reason_of_all() {
    let log = log("INFO: starting new backup job: vzdump 102 --storage pbs\n\
         ERROR: could not activate storage 'pbs': pbs: error fetching datastores - 500 timed out\n\
         TASK ERROR: job errors");
    let dumps = log.dumps(&task(Some(102), Some(9), Some("job errors")));
    assert_eq!(
        told(&dumps),
        ["102 failed: could not activate storage 'pbs': pbs: error fetching datastores - 500 timed out 0..9"]
    );
    assert_eq!(log.lines(), 3);
}

#[test]
fn a_guest_that_failed_before_its_turn_has_failed() {
    let log = log("ERROR: Backup of VM 105 failed - can't lock file '/var/lock/qemu-server/lock-105.conf'");
    let dumps = log.dumps(&task(None, Some(9), Some("job errors")));
    assert_eq!(told(&dumps), ["105 failed: can't lock file '/var/lock/qemu-server/lock-105.conf' 0..9"]);
}

#[test]
fn the_newest_run_of_each_guest_counts() {
    let old = task(Some(102), Some(60), Some("job errors"));
    let new = DumpTask { started: at(1000), ended: Some(at(1060)), ..task(Some(102), None, Some("OK")) };
    let other = task(Some(100), Some(60), Some("OK"));
    let all = [old, new, other].iter().flat_map(|task| DumpLog::default().dumps(task)).collect::<Vec<_>>();
    assert_eq!(told(&newest(&all)), ["100 ok 0..60", "102 ok 1000..1060"]);
}

#[test]
fn strange_lines_break_nothing() {
    let log = log("INFO: Starting Backup of VM  (qemu)\nINFO: Finished Backup of VM 7 (99999999999:00:00)\n\
         ERROR: Backup of VM x failed - y\nINFO: 400% done\nERROR: \nTASK ERROR: ");
    assert!(log.dumps(&task(None, Some(9), Some("job errors"))).is_empty());
}
