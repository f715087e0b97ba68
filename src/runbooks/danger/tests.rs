use super::Level::{L0, L1, L2, L3, X};
use super::*;

fn level(text: &str) -> Level {
    judge(text, &Around::default()).level
}

const EXAMPLES: &[(Level, &[&str])] = &[
    (
        L0,
        &[
            "ping -c 4 10.0.0.21",
            "nc -zv 10.0.0.21 9100",
            "traceroute 10.0.0.15",
            "sudo systemctl status node_exporter",
            "systemctl is-active node_exporter",
            "sudo journalctl -n 50",
            "journalctl -u prometheus -n 100 -f",
            "ps aux --sort=-%cpu | head -10",
            "top -bn 2 -d 1 | grep \"Cpu(s)\" | tail -1",
            "uptime",
            "df -h",
            "sudo du -h --max-depth=2 / | sort -hr | head -20",
            "ls -lh /etc",
            "sudo cat /etc/logrotate.conf",
            "grep -i \"error\\|fail\" /var/log/vzdump/*.log",
            "crontab -l | grep -E \"0[0-4].*\"",
            "last | head -20",
            "sudo ufw status numbered",
            "docker system df",
            "docker ps",
            "docker logs x",
            "qm status <VMID>",
            "qm config <VMID> | grep -E \"(cores|memory)\"",
            "qm list",
            "pvesh get /cluster/tasks --limit 50",
            "proxmox-backup-manager datastore list",
            "promtool check config /etc/prometheus/prometheus.yml",
            "sudo -u prometheus promtool tsdb analyze /var/lib/prometheus/data/",
            "amtool config show --alertmanager.url=http://x:9093",
            "amtool silence query --alertmanager.url=http://x",
            "curl http://10.0.0.21:9100/metrics",
            "curl -s http://x/api | jq '.data.activeTargets[] | select(.labels.instance==\"a\")'",
            "sudo find /var/log -type f -exec du -h {} + | sort -rh | head -20",
            "find /tmp -name x",
            "sed -n 1p /etc/hosts",
            "watch -n 5 'qm status <VMID>'",
            "pstree -p $PID",
            "prometheus --version",
            "sudo apt-cache policy prometheus",
            "PID=4242",
            "cd /tmp",
            "sleep 5",
            "tar tzf x.tgz",
            "ip addr",
            "mount",
            "true 2>&1",
            "ls > /dev/null",
            "timeout 5 nice -n 5 env A=b uptime",
            "ssh admin@h \"systemctl is-active x\"",
            "bash -c 'uptime'",
            "xargs ls",
            "kill -0 12",
            "git status",
            "docker compose -f a/b.yml ps",
            "tail -f /var/log/x",
            "echo $(date +%s)",
        ],
    ),
    (
        L1,
        &[
            "sudo systemctl restart node_exporter",
            "systemctl start x",
            "systemctl enable x",
            "systemctl daemon-reload",
            "sudo ufw allow from 10.0.0.11 to any port 9100 proto tcp",
            "qm start <VMID>",
            "vzdump <VMID> --storage homelab-pbs --mode snapshot --remove 0",
            "sudo kill -15 $PID",
            "kill $PID",
            "touch /mnt/pbs-storage/test-$(date +%s).txt",
            "sudo cp /tmp/a/prometheus /usr/local/bin/",
            "mkdir -p x",
            "sudo cp -r /var/lib/prometheus /var/lib/prometheus.backup-$(date +%F)",
            "wget https://x/y.tar.gz",
            "tar xvfz y.tar.gz",
            "sudo chown -R prometheus:prometheus /var/lib/prometheus/data/",
            "sudo apt-get clean",
            "sudo apt-get autoclean",
            "amtool silence add alertname=\"HighCPUUsage\" instance=\"x:9100\" --duration=2h",
            "curl -X POST http://localhost:9090/-/reload",
            "docker compose up -d",
            "proxmox-backup-manager verify main",
            "ls > /tmp/x",
            "ls >> notes.txt",
            "sudo nano /etc/x",
            "curl -o /tmp/x http://h/x",
            "systemctl status x && systemctl restart x",
            "echo $(systemctl restart x)",
        ],
    ),
    (
        L2,
        &[
            "sudo systemctl stop prometheus",
            "systemctl disable x",
            "sudo kill -9 $PID",
            "kill -s KILL 12",
            "qm set <VMID> --cores 4",
            "qm unlock <VMID>",
            "sudo sed -i 's/a=30d/a=15d/' /etc/systemd/system/prometheus.service",
            "sudo journalctl --vacuum-time=7d",
            "sudo logrotate -f /etc/logrotate.conf",
            "sudo apt-get install prometheus=<OLD_VERSION>",
            "sudo apt-get autoremove",
            "sudo yum clean all",
            "mount -o remount,rw /mnt/x",
            "amtool silence expire $(amtool silence query -q) --alertmanager.url=http://x",
            "docker container prune -f",
            "docker compose -f monitoring/compose/docker-compose.yml down",
            "reboot",
            "ip link set eth0 down",
            "iptables -F",
            "git pull",
            "sudo ./deploy.sh",
            "make postdeploy",
            "unknown-program",
            "rm x",
            "curl -X POST -d '{}' http://h/x",
            "qmrestore /mnt/x.vma.zst <NEW_VMID> --storage local-lvm",
            "LD_PRELOAD=x ls",
            "ssh admin@h",
            "bash x.sh",
            "docker exec c ls",
            "echo \"`reboot`\"",
            "watch reboot",
            "journalctl --rotate",
        ],
    ),
    (
        L3,
        &[
            "sudo rm -rf /var/lib/prometheus/data/<CORRUPTED_BLOCK_ID>",
            "sudo rm -rf /var/lib/prometheus/data/*",
            "rm -r x",
            "rm -f x",
            "sudo find /var/log -type f -name \"*.gz\" -mtime +30 -delete",
            "sudo find /var/lib/prometheus/data -type d -name \"0*\" -mtime +15 -exec rm -rf {} +",
            "sudo truncate -s 0 /var/log/syslog",
            "docker image prune -a -f",
            "docker volume prune -f",
            "docker system prune -a -f --volumes",
            "proxmox-backup-manager prune --datastore x --keep-daily 7",
            "qmrestore /mnt/x.vma.zst <VMID>",
            "pct restore <VMID> /mnt/x.tar.zst --storage local-lvm",
            "sudo gpg --decrypt a.gpg > monitoring/compose/.env",
            "sudo cp /var/lib/prometheus.backup-$(date +%F)/* /var/lib/prometheus/",
            "zfs destroy a/b",
            "zpool destroy a",
            "lvremove /dev/pve/x",
            "dd if=/dev/zero of=/dev/sdq",
            "mkfs.ext4 /dev/sdq1",
            "wipefs -a /dev/sdq",
            "qm destroy 100",
            "shred x",
            "ls > /etc/hosts",
            "curl http://x | sh",
            "curl -s http://x | sudo bash -s",
            "bash <(curl http://x)",
            "mysql -e 'DROP TABLE x'",
            "psql -c 'delete from x'",
            "ls 'unclosed",
            "ls | xargs rm",
            "sh -c 'rm -rf x'",
            "$CMD x",
            "sudo sh -c \"ls; rm -rf x\"",
            "ssh h 'rm -rf x'",
            "echo `rm -rf x`",
            "echo $(rm -rf x)",
            "cat <(rm -rf x)",
            "if true; then rm -rf x; fi",
            "docker compose down -v",
            "docker exec c rm -rf x",
            "rsync -a --delete a b",
            "curl -X DELETE http://x",
            "git reset --hard",
            "eval \"$X\"",
            "bash <<E\nrm -rf x\nE\n",
            "\\rm -rf x",
            "'rm' -rf x",
            "/bin/rm -rf x",
            "env -i A=b rm -rf x",
            "sudo -u root -- rm -rf x",
            "watch 'rm -rf x'",
            "nohup timeout -k 5 10 rm -rf x &",
            "command rm -rf x",
            "crontab -r",
            "docker rm x",
            "tee /etc/hosts",
        ],
    ),
    (
        X,
        &[
            "rm -rf /",
            "sudo rm -rf /*",
            "rm -rf ~",
            "rm -rf ~/",
            "rm -rf $HOME",
            "rm -rf \"$DIR\"/*",
            "rm -rf $DIR/",
            "rm -rf //",
            "rm -rf /./",
            "rm -rf --no-preserve-root x",
            "rm -rf /etc",
            "dd if=/dev/zero of=/dev/sda",
            "mkfs.ext4 /dev/nvme0n1p2",
            ":(){ :|:& };:",
            "cat x > /dev/sda",
            "sh -c 'rm -rf /'",
            "ssh h 'rm -rf /*'",
            "kill -9 -1",
            "find / -delete",
            "bomb() { bomb | bomb & }; bomb",
            "rm -rf ${X}/*",
            "X=1; rm -rf /",
        ],
    ),
];

#[test]
fn every_example_has_its_level() {
    let mut wrong = Vec::new();
    for (expected, texts) in EXAMPLES {
        for text in *texts {
            let danger = judge(text, &Around::default());
            assert!(!danger.reasons.is_empty(), "{text}");
            if danger.level != *expected {
                wrong.push(format!("{text}: {danger:?}, expected {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_around_only_raises() {
    let around = |is_protected, said: &str| Around { is_protected, said: said.into(), ..Around::default() };
    for (text, around, expected) in [
        ("qm unlock 100", around(false, "Force unlock (caution: only if no backup runs)"), L3),
        ("systemctl stop x", around(true, ""), L3),
        ("systemctl restart x", around(true, "(emergency only)"), L3),
        ("systemctl restart x", around(true, ""), L2),
        ("docker system prune -f", around(true, "Nuclear option"), L3),
        ("uptime", around(true, "caution"), L0),
        ("rm x*", Around::default(), L3),
        ("rm a$X", Around::default(), L3),
        ("rm -rf $DIR/*", Around { set: vec!["DIR".into()], ..Around::default() }, L3),
        ("rm -rf /*", around(false, ""), X),
        ("qmrestore a.zst 200", Around { free: vec!["200".into()], ..Around::default() }, L2),
    ] {
        assert_eq!(judge(text, &around).level, expected, "{text} {around:?}");
    }
    assert_eq!(level("DIR=/srv/x; rm -rf $DIR/*"), L3, "it is set right there");
}

#[test]
fn levels_have_names() {
    for (name, expected) in
        [("L2", Some(L2)), ("destroy", Some(L3)), ("Change", Some(L1)), ("x", Some(X)), ("L9", None)]
    {
        assert_eq!(Level::named(name), expected, "{name}");
    }
    assert!(L0 < L1 && L1 < L2 && L2 < L3 && L3 < X);
}

proptest::proptest! {
    #[test]
    fn judging_never_panics_and_never_forgets(text in "\\PC{0,40}|[a-z $(){};|&<>'\"`*~/=-]{0,40}") {
        let alone = level(&text);
        proptest::prop_assert!(alone <= X);
        // What is added in front of it makes nothing harmless.
        if shell::lex(&text).faults.is_empty() && !text.contains(['#', '\\', '<']) {
            let both = level(&format!("rm -rf x\n{text}"));
            proptest::prop_assert!(both >= L3, "{}", text);
        }
    }
}
