use super::*;

fn read(text: &str) -> Vec<BackupJob> {
    jobs(&serde_json::from_str::<Vec<JobItem>>(text).expect("jobs"))
}

#[test]
fn jobs_of_every_version_are_read() {
    let all = read(
        r#"[
        {"id":"backup-7a1f0c2e-11aa","type":"vzdump","enabled":1,"schedule":"02:00","next-run":1762480800,
         "storage":"pbs","mode":"snapshot","all":1,"exclude":"900","mailnotification":"failure",
         "notes-template":"{{guestname}}","prune-backups":{"keep-daily":"7","keep-weekly":"4"}},
        {"id":"backup-b","enabled":"0","schedule":"sat 03:00","next-run":1762480800,"vmid":"100,101","storage":"nfs",
         "comment":"weekly","prune-backups":"keep-last=3","node":"pve1"},
        {"id":"c:1","starttime":"04:30","dow":"mon,tue","pool":"prod"},
        {"id":"d","schedule":"05:00","vmid":105},
        {"id":"e","schedule":"05:00","exclude":"7"},
        {"id":"realm-sync","type":"realm-sync","schedule":"06:00"}
    ]"#,
    );
    let told: Vec<String> = all
        .iter()
        .map(|job| {
            format!(
                "{} {} {:?} {} {:?}",
                job.name(),
                job.enabled,
                job.next.map(|at| at.timestamp()),
                job.schedule,
                job.selection
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "backup-7a1f0c2e-11aa true Some(1762480800) 02:00 All([900])",
            "weekly false None sat 03:00 Some([100, 101])",
            "c:1 true None mon,tue 04:30 Pool(\"prod\")",
            "d true None 05:00 Some([105])",
            "e true None 05:00 All([7])",
        ]
    );
}

#[test]
fn guests_in_no_job_may_lack_a_name() {
    let items: Vec<Uncovered> = serde_json::from_str(
        r#"[{"vmid":210,"type":"lxc"},{"vmid":105,"name":"testvm","type":"qemu"},{"vmid":1,"type":"openvz"}]"#,
    )
    .expect("guests");
    let told: Vec<String> = uncovered(&items).iter().map(ToString::to_string).collect();
    assert_eq!(told, ["vm/105", "ct/210"]);
}

#[test]
fn a_task_is_what_its_end_says() {
    for (fields, outcome, guest) in [
        (r#""id":"100","endtime":9,"status":"OK""#, "ok", Some(100)),
        (r#""id":"","endtime":9,"status":"job errors""#, "failed", None),
        (r#""endtime":9,"status":"WARNINGS: 2""#, "warnings", None),
        (r#""id":"100","status":"RUNNING","pid":5"#, "running", Some(100)),
        (r#""id":"100""#, "running", Some(100)),
        (r#""id":100,"endtime":"9","status":"unexpected status""#, "unknown", Some(100)),
        (r#""id":"100","endtime":9"#, "unknown", Some(100)),
    ] {
        let text = format!(
            r#"{{"upid":"UPID:pve1:0012D687:04A1B2C3:690C3A80:vzdump:100:root@pam:","node":"pve1","type":"vzdump",
                "user":"root@pam","starttime":"5",{fields}}}"#
        );
        let item: TaskItem = serde_json::from_str(&text).expect("a task");
        let task = item.read("pve1").expect("a backup task");
        assert_eq!((task.outcome.word(), task.guest), (outcome, guest), "{fields}");
    }
    let other = r#"{"upid":"U","type":"qmstart","starttime":5}"#;
    assert!(serde_json::from_str::<TaskItem>(other).expect("a task").read("pve1").is_none());
}

#[test]
fn a_config_tells_what_no_backup_holds() {
    let vm: ConfigItem = serde_json::from_str(
        r#"{"onboot":1,"name":"storage","cores":4,"scsihw":"virtio-scsi-pci","digest":"x",
        "scsi0":"local-zfs:vm-102-disk-0,size=32G","scsi1":"local-zfs:vm-102-disk-1,backup=0,size=4T",
        "ide2":"local:iso/debian.iso,media=cdrom,backup=0","virtio3":"/dev/disk/by-id/ata-x,backup=0",
        "unused0":"local-zfs:vm-102-disk-9"}"#,
    )
    .expect("a config");
    let read = config(GuestId { kind: GuestKind::Vm, vmid: 102 }, &vm);
    assert!(read.onboot);
    assert_eq!(read.left_out.iter().map(|disk| &**disk).collect::<Vec<_>>(), ["scsi1", "virtio3"]);
    let ct: ConfigItem = serde_json::from_str(
        r#"{"rootfs":"local-zfs:subvol-210-disk-0,size=8G","mp0":"local-zfs:subvol-210-disk-1,mp=/data",
        "mp1":"/mnt/media,mp=/media","mp2":"local-zfs:subvol-210-disk-2,mp=/db,backup=1","mpx":"a:b"}"#,
    )
    .expect("a config");
    let read = config(GuestId { kind: GuestKind::Ct, vmid: 210 }, &ct);
    assert!(!read.onboot);
    assert_eq!(read.left_out.iter().map(|disk| &**disk).collect::<Vec<_>>(), ["mp0"]);
}
