use proptest::prelude::*;

use super::*;

fn all(text: &str) -> Vec<Group> {
    let entries = groups(text).into_iter();
    entries.filter_map(|entry| if let Entry::Group(group) = entry { Some(group) } else { None }).collect()
}

fn texts(text: &str) -> Vec<String> {
    all(text).into_iter().map(|group| group.text).collect()
}

#[test]
fn a_group_is_a_command_with_its_comments() {
    let text =
        "# Test port\n# from here\nnc -zv h 9100\n\n# Expected: \"ok\"\n\n# Two\na \\\n  b # why\n# note\n";
    let all = all(text);
    let [first, second] = all.as_slice() else { panic!("{all:#?}") };
    assert_eq!(
        (first.title.as_str(), first.notes.as_slice()),
        ("Test port", ["from here".to_owned()].as_slice())
    );
    assert_eq!(first.expectation, ["Expected: \"ok\""]);
    assert_eq!((second.text.as_str(), second.lines), ("a \\\n  b", (7, 8)));
    assert_eq!(second.notes, ["why", "note"]);
}

#[test]
fn commands_end_where_the_shell_ends_them() {
    for (text, expected) in [
        ("a\nb", vec!["a", "b"]),
        ("a |\nb\nc &&\n\n d", vec!["a |\nb", "c &&\n\n d"]),
        ("for x in a b; do\n  c\ndone\nd", vec!["for x in a b; do\n  c\ndone", "d"]),
        ("if a\nthen b\nfi", vec!["if a\nthen b\nfi"]),
        ("cat <<E\nx\nE\nb", vec!["cat <<E\nx\nE", "b"]),
        ("(a\nb)\nc", vec!["(a\nb)", "c"]),
        ("f() {\n a\n}\nb", vec!["f() {\n a\n}", "b"]),
        ("case $x in\n a) b;;\nesac\nc", vec!["case $x in\n a) b;;\nesac", "c"]),
        ("echo for if done\nb", vec!["echo for if done", "b"]),
        ("a 'x\ny'\nb", vec!["a 'x\ny'", "b"]),
        ("a\r\nb\r\n", vec!["a", "b"]),
    ] {
        assert_eq!(texts(text), expected, "{text}");
    }
}

#[test]
fn ssh_alone_is_a_switch_and_never_a_command() {
    let entries = groups("a\nssh -p 2222 admin@10.0.0.1\nb\nssh <TARGET_HOST>\nc\nexit\nd\n");
    let kinds: Vec<String> = entries
        .iter()
        .map(|entry| match entry {
            Entry::Switch(ssh) => format!("@{} {}", ssh.host, ssh.options.join(" ")),
            Entry::Leave => "leave".to_owned(),
            Entry::Group(group) => group.text.clone(),
        })
        .collect();
    assert_eq!(kinds, ["a", "@10.0.0.1 -p 2222", "b", "@<TARGET_HOST> ", "c", "leave", "d"]);
}

#[test]
fn an_ssh_that_cannot_be_followed_leaves_the_rest_to_a_person() {
    for text in [
        "ssh -o ProxyCommand=x h\nrm -rf x",
        "ssh $HOST\nrm -rf x",
        "ssh -N -L 1:2:3 h\nrm -rf x",
        "sudo -i\nrm x",
        "docker exec -it c bash\nrm x",
        "pct enter 200\nrm x",
        "mysql\nDROP x",
        "su -\nrm x",
        "ssh -oProxyCommand=x h\nrm x",
        "ssh '-oX=y' h\nrm x",
    ] {
        for group in all(text) {
            assert!(group.unrunnable.is_some(), "{text}: {group:?}");
        }
    }
}

#[test]
fn an_ssh_with_a_command_runs_there_what_it_says() {
    for (text, user, command, is_refused) in [
        ("ssh admin@h \"systemctl is-active x\"", Some("admin"), "systemctl is-active x", false),
        ("ssh -l root h ls '-l a'", Some("root"), "ls -l a", false),
        ("ssh h echo $HOME", None, "echo $HOME", true),
        ("ssh h 'echo $HOME'", None, "echo $HOME", false),
        ("ssh h ls *", None, "ls *", true),
        ("ssh h < script", None, "", true),
        ("ssh -o X=y h ls", None, "ls", true),
    ] {
        let groups = all(text);
        let ssh = groups.first().and_then(|group| group.ssh.clone()).expect(text);
        assert_eq!((ssh.user.as_deref(), ssh.command.as_deref()), (user, Some(command)), "{text}");
        assert_eq!(groups.first().is_some_and(|group| group.unrunnable.is_some()), is_refused, "{text}");
    }
}

#[test]
fn ways_exclude_each_other() {
    let text = "a\n\n# Option 1: x\nb\nc\n\n# Option 2: y\nd\n\n# more\ne\n";
    let labels: Vec<Option<String>> =
        all(text).into_iter().map(|group| group.choice.map(|one| one.label)).collect();
    let of = |label: &str| Some(label.to_owned());
    assert_eq!(labels, [None, of("Option 1"), of("Option 1"), of("Option 2"), of("Option 2")]);
    let text = "# Increase\na\n\n# Or add memory\nb\n\n# Check\nc\n";
    let sets: Vec<Option<usize>> =
        all(text).into_iter().map(|group| group.choice.map(|one| one.set)).collect();
    assert_eq!(sets, [Some(1), Some(1), None]);
    let text = "# Clear\na  # Debian/Ubuntu\nb  # CentOS/RHEL\n\n# Next\nc\n";
    let sets: Vec<Option<usize>> =
        all(text).into_iter().map(|group| group.choice.map(|one| one.set)).collect();
    assert_eq!(sets, [Some(1), Some(1), None]);
}

#[test]
fn what_is_no_command_is_for_a_person() {
    let text =
        "# 2. Add:\nscrape_configs:\n  - job_name: 'node'\n    x: 1\n\n# 3. Check\na\n\n# 4. Open the page\n";
    let all = all(text);
    let [yaml, check, prose] = all.as_slice() else { panic!("{all:#?}") };
    assert!(yaml.unrunnable.is_some() && yaml.lines == (1, 3) && yaml.ordinal == Some(2), "{yaml:?}");
    assert!(check.unrunnable.is_none() && check.ordinal == Some(3));
    assert!(prose.unrunnable.is_some() && prose.text.is_empty() && prose.title == "Open the page");
    assert!(all.iter().all(|group| !group.is_atomic));
    let script = groups("#!/bin/sh\nset -e\nssh h\nrm x\n");
    assert!(matches!(script.as_slice(), [Entry::Group(group)] if group.is_atomic), "{script:?}");
    assert!(self::all("a 'b\nc").iter().all(|group| group.unrunnable.is_some()), "unreadable");
}

#[test]
fn causes_belong_to_the_command_before() {
    let text = "journalctl\n\n# Common errors:\n# - \"refused\" → Port closed\n# - \"no route\" → Network\n";
    assert_eq!(all(text).first().map(|group| group.hints.len()), Some(2));
}

proptest! {
    #[test]
    fn grouping_never_panics(text in "([a-z#:<>|&;$(){}'\"\\\\ -]|\\n|\\n# |ssh a@b\\n|Option 1|Or |<VMID>|é){0,40}") {
        for group in all(&text) {
            prop_assert!(group.lines.0 <= group.lines.1);
        }
    }
}
