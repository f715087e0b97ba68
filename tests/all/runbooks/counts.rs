//! Every construct of the owner's five files, counted. The files are read unchanged.

use std::collections::BTreeMap;

use wardroom::runbooks::Runbook;
use wardroom::runbooks::document::Node;
use wardroom::runbooks::model::{Block, Lang, Procedure, ProcedureKind, Role};
use wardroom::runbooks::words;

use super::{OWNER, bytes, nodes, owner};

fn all() -> Vec<Runbook> {
    OWNER.iter().map(|name| owner(name)).collect()
}

/// Every fence, with the runbook's name. What is only indented is none.
fn blocks(runbook: &Runbook) -> Vec<&Block> {
    let fences = nodes(runbook).into_iter().filter_map(|node| match node {
        Node::Code { block, indented: false } => Some(&**block),
        _ => None,
    });
    fences.collect()
}

fn shell(runbook: &Runbook) -> Vec<&Block> {
    blocks(runbook).into_iter().filter(|block| block.lang == Lang::Shell).collect()
}

fn procedure<'r>(runbook: &'r Runbook, id: &str) -> &'r Procedure {
    runbook.procedure(id).unwrap_or_else(|| panic!("no procedure {id}"))
}

fn count<T>(all: impl IntoIterator<Item = T>, is: impl Fn(&T) -> bool) -> usize {
    all.into_iter().filter(|one| is(one)).count()
}

#[test]
fn headings_and_fences() {
    let books = all();
    let level = |level| count(books.iter().flat_map(|book| &book.sections), |section| section.level == level);
    assert_eq!([1, 2, 3, 4].map(level), [5, 35, 63, 24]);
    let fences: Vec<&Block> = books.iter().flat_map(blocks).collect();
    let lang = |lang: Lang| count(&fences, |block| block.lang == lang);
    // One of the 47 bash fences is none: the list around it is broken.
    let langs = [Lang::Shell, Lang::Mermaid, Lang::Yaml, Lang::Promql, Lang::None].map(lang);
    assert_eq!((langs, fences.len()), ([46, 2, 2, 1, 1], 52));
    let indented =
        books.iter().flat_map(nodes).filter(|node| matches!(node, Node::Code { indented: true, .. }));
    assert_eq!(indented.count(), 1);
    assert_eq!([shell(&books[0]).len(), shell(&books[4]).len()], [38, 8]);
}

#[test]
fn every_line_of_code_stands_where_it_says() {
    for name in OWNER {
        let raw = String::from_utf8(bytes(name)).expect("text");
        let lines: Vec<&str> = raw.lines().collect();
        let book = owner(name);
        for block in blocks(&book) {
            assert_eq!(block.lines.1 + 1 - block.lines.0, block.text.lines().count(), "{name} {}", block.id);
            for (at, line) in block.text.lines().enumerate() {
                let there = lines[block.lines.0 + at - 1];
                assert!(
                    there.ends_with(line) && there.trim() == line.trim(),
                    "{name}:{}: {line:?}",
                    block.lines.0 + at
                );
            }
            let fence = raw.get(block.span.clone()).expect("a range of the file");
            assert!(fence.starts_with("```") && fence.ends_with("```"), "{name} {}: {fence:?}", block.id);
        }
    }
}

#[test]
fn procedures_of_each_kind() {
    let kinds: Vec<[usize; 3]> = all()
        .iter()
        .map(|book| {
            [ProcedureKind::Alert, ProcedureKind::Procedure, ProcedureKind::Suggested]
                .map(|kind| count(&book.procedures, |procedure| procedure.kind == kind))
        })
        .collect();
    assert_eq!(kinds, [[4, 10, 0], [0, 0, 3], [0, 0, 0], [0, 6, 0], [0, 6, 0]]);
    let book = owner("observability");
    let alerts: Vec<_> = book
        .procedures
        .iter()
        .filter(|procedure| procedure.kind == ProcedureKind::Alert)
        .map(|one| {
            (
                one.alert_names[0].as_str(),
                one.severity.as_deref().unwrap_or(""),
                one.response_time,
                one.source_lines,
            )
        })
        .collect();
    assert_eq!(
        alerts,
        [
            ("HostDown", "critical", Some(300), (83, 201)),
            ("HighCPUUsage", "warning", Some(1_800), (202, 326)),
            ("DiskSpaceLow", "warning", Some(3_600), (327, 454)),
            ("BackupJobFailed", "critical", Some(900), (455, 586)),
        ]
    );
    // Headings that begin with the word and name no alert.
    for (name, title) in [
        ("observability", "Alert Response Procedures"),
        ("observability", "Alertmanager Not Sending Notifications"),
        ("stack", "Alert Response Playbooks"),
    ] {
        let book = owner(name);
        assert!(book.sections.iter().any(|section| section.title == title), "{title}");
        let named = book.procedures.iter().find(|procedure| procedure.title == title);
        assert!(named.is_none_or(|procedure| procedure.alert_names.is_empty()), "{title}");
    }
    let titles =
        |name: &str| -> Vec<String> { owner(name).procedures.iter().map(|one| one.title.clone()).collect() };
    assert_eq!(count(titles("operations"), |title| title.starts_with("4.")), 5);
    assert_eq!(count(titles("restore"), |title| title.contains("Scenario")), 3);
    assert_eq!(
        titles("stack"),
        ["Backup failure (critical)", "Latency budget burn", "Disk utilization >85%"]
    );
    let stack = owner("stack");
    assert_eq!(stack.procedures[0].severity.as_deref(), Some("critical"));
    let escalation = stack.procedures[1].escalation.as_ref().expect("an escalation");
    assert!(escalation.condition.starts_with("escalate to virtualization on-call if"), "{escalation:?}");
}

#[test]
fn keys_and_values_triggers_and_durations() {
    let book = owner("observability");
    let fields: usize = book.procedures.iter().map(|procedure| procedure.fields.len()).sum();
    let head = count(&book.meta.fields, |field| field.line < 8);
    assert_eq!(fields + head, 26, "lines of **Key:** value");
    assert_eq!(
        (book.meta.version.as_deref(), book.meta.updated.as_deref()),
        (Some("1.0"), Some("November 6, 2025"))
    );
    assert_eq!(book.meta.contact.as_deref(), Some("#homelab-alerts (Slack)"));
    let defaults: Vec<_> =
        book.defaults.response_by_severity.iter().map(|(word, span)| (word.as_str(), *span)).collect();
    assert_eq!(defaults, [("critical", 900), ("warning", 3_600)]);
    let triggers: Vec<_> = book
        .procedures
        .iter()
        .filter_map(|procedure| procedure.trigger.as_ref())
        .map(|trigger| (trigger.text.as_str(), trigger.promql.as_deref(), trigger.hold))
        .collect();
    let status = "proxmox_backup_job_last_status != 0";
    assert_eq!(
        triggers,
        [
            ("up == 0 for 2 minutes", Some("up == 0"), Some(120)),
            ("CPU >80% for 15 minutes", None, Some(900)),
            ("Free space <15%", None, None),
            (status, Some(status), None),
        ]
    );
    let when = |id: &str| procedure(&book, id).when.clone().expect("when");
    assert_eq!(when("manual-backup-trigger"), "Before major changes, after critical VM creation");
    assert_eq!(
        when("recovering-prometheus-from-corruption"),
        "Prometheus fails to start due to data corruption"
    );
    assert_eq!((book.contacts.len(), book.urls.len()), (2, 7), "the escalation that is N/A is no contact");
}

#[test]
fn roles_scenarios_and_layers() {
    let books = all();
    let roles =
        |book: &Runbook| count(&book.sections, |section| section.level == 4 && section.role != Role::Notes);
    assert_eq!(books.iter().map(roles).collect::<Vec<_>>(), [22, 0, 0, 0, 0]);
    let labels = |book: &Runbook, names: &[&str]| {
        count(nodes(book), |node| match node {
            Node::Paragraph { words, .. } => names.contains(&words::plain(words).as_str()),
            _ => false,
        })
    };
    assert_eq!(labels(&books[0], &["Symptoms:", "Diagnosis:", "Resolution:"]), 9);
    assert_eq!(labels(&books[0], &["Steps:"]), 1);
    assert_eq!(
        labels(&books[3], &["Symptoms:", "Actions:", "Recovery steps:", "High-level recovery steps:"]),
        10
    );
    assert_eq!(labels(&books[4], &["Symptoms:", "Steps:", "Notes:"]), 6);

    let scenarios: usize = books[0].procedures.iter().map(|procedure| procedure.scenarios.len()).sum();
    assert_eq!(scenarios, 12);
    for procedure in books[0].procedures.iter().filter(|procedure| procedure.kind == ProcedureKind::Alert) {
        let labels: Vec<&str> = procedure.scenarios.iter().map(|scenario| scenario.label.as_str()).collect();
        assert_eq!(labels, ["A", "B", "C"], "{}", procedure.title);
        assert!(procedure.scenarios.iter().all(|scenario| scenario.blocks.len() == 1));
    }
    let disk = procedure(&books[0], "alert-diskspacelow");
    assert_eq!(disk.scenarios[0].title, "/var/lib/prometheus Full");
    let labels: Vec<_> =
        books[4].procedures.iter().filter_map(|procedure| procedure.label.as_deref()).collect();
    assert_eq!(labels, ["A", "B", "C"], "scenarios that are headings are procedures to choose from");
    let boot = procedure(&books[3], "31-dependency-layers-boot-order");
    let layers: Vec<_> = boot.layers.iter().map(|layer| (layer.ordinal, layer.items.len())).collect();
    assert_eq!(layers, [(0, 1), (1, 4), (2, 3), (3, 3), (4, 2)]);
}

#[test]
fn steps_and_broken_steps() {
    let books = all();
    let nested = |book: &Runbook| {
        let steps = book.procedures.iter().flat_map(|procedure| &procedure.steps);
        steps.filter(|step| step.ordinal.is_some()).flat_map(|step| &step.blocks).count()
    };
    assert_eq!(nested(&books[0]), 12, "fences in the steps of a list");
    assert_eq!(nested(&books[4]), 6, "with the one that is broken");
    let restore = procedure(&books[4], "42-scenario-b-full-monitoring-stack-loss-same-os");
    let steps: Vec<_> = restore
        .steps
        .iter()
        .map(|step| (step.ordinal, step.title.as_str(), step.blocks.len(), step.broken))
        .collect();
    assert_eq!(
        steps,
        [
            (Some(1), "Verify Git checkout:", 1, false),
            (Some(2), "Restore runtime secret env files:", 1, false),
            (Some(3), "Restore volumes:", 1, true),
            (Some(4), "Deploy:", 1, false),
        ]
    );
    let broken = &restore.steps[2].blocks[0];
    assert!(!broken.runnable && broken.text.contains("```bash"), "{broken:?}");
    assert_eq!(restore.steps[0].blocks[0].text, "cd ~/iac/raspberry-pi-homelab\ngit status\ngit pull\n");
    let start = &procedure(&books[4], "41-scenario-a-service-failure-same-host").steps[2];
    assert_eq!(start.prose[0].text, "which implicitly runs postdeploy tests");
    assert!(restore.notes.iter().any(|note| note.text == "implicitly validates with postdeploy tests"));
    let unrunnable: Vec<_> = books
        .iter()
        .flat_map(shell)
        .filter(|block| !block.runnable)
        .map(|block| (block.lines.0, block.reasons.len()))
        .collect();
    assert_eq!(unrunnable, [(658, 1)], "the block of comments only");
    let script = &procedure(&books[4], "33-example-volume-backup-script").steps[0].blocks[0];
    assert!(script.text.starts_with("#!/usr/bin/env bash\nset -euo pipefail\n"));
}

/// The lines `ssh USER@HOST` with nothing behind, as a reader would count them.
#[test]
fn lines_that_switch_the_host() {
    let book = owner("observability");
    let is_switch = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.len() == 2 && words[0] == "ssh" && words[1].contains('@')
    };
    let per_block: Vec<usize> =
        shell(&book).iter().map(|block| count(block.text.lines(), |line| is_switch(line))).collect();
    assert_eq!((per_block.iter().sum::<usize>(), count(&per_block, |many| **many > 0)), (22, 20));
    assert_eq!(per_block.iter().max(), Some(&3), "one block switches three times");
    let lines: Vec<&str> = shell(&book).iter().flat_map(|block| block.text.lines()).collect();
    assert_eq!(count(&lines, |line| is_switch(line) && line.contains("<TARGET_HOST>")), 2);
    assert_eq!(
        count(&lines, |line| line.starts_with("ssh ") && line.contains(" \"")),
        2,
        "ssh HOST \"COMMAND\""
    );
    assert_eq!(count(&book.lints, |lint| lint.code == "unknown-host"), 18, "blocks that name no host");
}

#[test]
fn placeholders() {
    let text = String::from_utf8(bytes("observability")).expect("text");
    let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
    for piece in text.split('<').skip(1) {
        if let Some((name, _)) = piece.split_once('>')
            && !name.is_empty()
            && name.chars().all(|char| char.is_ascii_uppercase() || char == '_')
        {
            *uses.entry(name).or_default() += 1;
        }
    }
    assert_eq!((uses.len(), uses.values().sum::<usize>()), (13, 40));
    let more: Vec<_> =
        uses.iter().filter(|(_, many)| **many > 1).map(|(name, many)| (*name, *many)).collect();
    assert_eq!(more, [("TARGET", 3), ("TARGET_HOST", 2), ("TIMESTAMP", 3), ("VMID", 23)]);
    // None of them is lost on the way: they stand in code, whole.
    let book = owner("observability");
    let in_blocks: usize = blocks(&book)
        .iter()
        .map(|block| uses.keys().map(|name| block.text.matches(&format!("<{name}>")).count()).sum::<usize>())
        .sum();
    let in_words =
        procedure(&book, "alert-backupjobfailed").causes.iter().flat_map(|cause| &cause.inline_commands);
    assert_eq!(in_blocks + count(in_words, |command| command.text.contains("<VMID>")), 40);
    for (name, command) in [("stack", "pbs-client job resume <job>"), ("operations", "findmnt -T <path>")] {
        let book = owner(name);
        let commands = book.procedures.iter().flat_map(wardroom::runbooks::inline_commands);
        assert_eq!(count(commands, |one| one.text == command), 1, "{command}");
    }
}

#[test]
fn trees_tables_causes_and_folds() {
    let books = all();
    let trees: Vec<_> =
        books.iter().flat_map(|book| &book.procedures).filter_map(|one| one.tree.as_ref()).collect();
    assert_eq!(trees.len(), 1);
    let leaves: Vec<_> = trees[0].leaves.iter().map(|leaf| (leaf.line, leaf.path.len())).collect();
    assert_eq!(leaves, [(136, 3), (137, 3), (138, 3), (141, 3), (142, 3), (143, 3)]);
    assert_eq!(trees[0].leaves[5].commands[0].text, "journalctl -u node_exporter -n 50");
    assert_eq!(
        trees[0].leaves[0].path,
        ["Host unreachable?", "YES → Check physical/VM status", "VM powered off"]
    );

    let tables = |book: &Runbook| count(nodes(book), |node| matches!(node, Node::Table { .. }));
    assert_eq!(books.iter().map(tables).collect::<Vec<_>>(), [3, 0, 0, 0, 6]);
    let causes = |id: &str| procedure(&books[0], id).causes.len();
    assert_eq!(causes("alert-highcpuusage"), 5);
    let backup = procedure(&books[0], "alert-backupjobfailed");
    let messages: Vec<&str> = backup.causes.iter().filter_map(|cause| cause.message.as_deref()).collect();
    let table =
        ["permission denied", "no space left on device", "timeout", "VM is locked", "snapshot failed"];
    assert_eq!(messages, table);
    let scraping = procedure(&books[0], "prometheus-not-scraping-targets");
    let told: Vec<_> =
        scraping.causes.iter().map(|cause| (cause.line, cause.message.as_deref().unwrap_or(""))).collect();
    assert_eq!(
        told,
        [(607, "context deadline exceeded"), (608, "connection refused"), (609, "no route to host")]
    );

    let folds = |book: &Runbook| -> Vec<(String, usize)> {
        let folds = nodes(book).into_iter().filter_map(|node| match node {
            Node::Fold { summary, body, .. } => Some((summary.clone(), body.len())),
            _ => None,
        });
        folds.collect()
    };
    assert_eq!(
        folds(&books[1]),
        [("Prometheus federation rule".to_owned(), 1), ("Alertmanager playbook mapping".to_owned(), 1),]
    );
}

#[test]
fn checklists_escalation_and_warnings() {
    let books = all();
    let boxes = |book: &Runbook| {
        nodes(book)
            .iter()
            .map(|node| match node {
                Node::List { items, .. } => count(items, |item| item.ticked == Some(false)),
                _ => 0,
            })
            .sum::<usize>()
    };
    assert_eq!(books.iter().map(boxes).collect::<Vec<_>>(), [23, 0, 9, 0, 0]);
    let sum = |of: fn(&Procedure) -> usize| books[0].procedures.iter().map(of).sum::<usize>();
    assert_eq!(sum(|procedure| procedure.verification.items.len()), 19);
    assert_eq!(sum(|procedure| procedure.prerequisites.items.len()), 4);
    let escalations: Vec<_> =
        books[0].procedures.iter().filter_map(|procedure| procedure.escalation.as_ref()).collect();
    assert_eq!(escalations.len(), 1);
    assert_eq!((escalations[0].after, escalations[0].steps.len()), (Some(1_800), 3));
    assert_eq!(escalations[0].condition, "If host remains down after 30 minutes");
    assert_eq!(escalations[0].steps[0].commands[0].text, "pvesh get /nodes");
    assert_eq!(books.iter().map(|book| book.warnings.len()).collect::<Vec<_>>(), [0, 0, 0, 0, 5]);
}

#[test]
fn what_was_misread_is_shown_repaired() {
    let book = owner("reliability");
    assert_eq!(count(&book.lints, |lint| lint.code == "mojibake"), 7);
    let shown: String = nodes(&book)
        .iter()
        .filter_map(|node| match node {
            Node::Paragraph { words, .. } => Some(words::plain(words)),
            _ => None,
        })
        .collect();
    assert!(shown.contains("🟠 In Progress – legacy") && !shown.contains('â'), "{shown}");
    for name in ["observability", "operations", "restore"] {
        assert_eq!(count(owner(name).lints, |lint| lint.code == "mojibake"), 0, "{name}");
    }
}

#[test]
fn what_is_doubtful_is_told() {
    let told = |name: &str, code: &str| -> Vec<usize> {
        owner(name).lints.iter().filter(|lint| lint.code == code).map(|lint| lint.line).collect()
    };
    for (name, code, lines) in [
        ("observability", "after-follower", vec![155, 648, 695]),
        ("observability", "stopped-twice", vec![758]),
        ("observability", "rollback-date", vec![795]),
        ("observability", "wrong-probe", vec![58]),
        ("observability", "sample-value", vec![698]),
        ("observability", "yaml-in-shell", vec![622, 839]),
        ("observability", "no-command", vec![658]),
        ("observability", "unfinished", vec![975]),
        ("observability", "pinned-version", vec![754]),
        ("observability", "known-wrong", vec![469, 484, 518, 566, 574, 891, 955, 958]),
        ("stack", "known-wrong", vec![68, 75]),
        ("reliability", "dead-link", vec![8, 9, 10, 11, 12, 13]),
        ("restore", "torn-table", vec![82]),
        ("restore", "broken-step", vec![224]),
        ("restore", "redirect-as-user", vec![211, 215]),
        ("restore", "unfinished", vec![47, 222]),
        ("operations", "dead-link", vec![]),
    ] {
        assert_eq!(told(name, code), lines, "{name} {code}");
    }
    let book = owner("observability");
    let literal = |address: &str| {
        let lint =
            book.lints.iter().find(|lint| lint.message.starts_with(&format!("{address} "))).expect(address);
        assert_eq!(lint.code, "literal-host");
        lint.message.split_whitespace().find_map(|word| word.parse().ok()).unwrap_or(1)
    };
    let hosts = [
        "10.0.0.11",
        "10.0.0.10",
        "10.0.0.21",
        "10.0.0.15",
        "10.0.0.20",
        "10.0.0.25",
        "10.0.0.5",
        "10.0.0.1",
    ];
    assert_eq!(hosts.map(literal), [17, 9, 8, 6, 2, 2, 1, 1]);
}
