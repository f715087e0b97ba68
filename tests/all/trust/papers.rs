//! Files and an environment that somebody else had a hand in: config, theme, runbook, journal, state,
//! recording. Whatever is in them, it is told or left out, and nothing of it acts on the terminal.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;
use wardroom::config::Config;
use wardroom::text::is_plain;

use super::chance::Chance;
use super::hostile::nasty;
use crate::check::home;

/// Runs the program in a home, and looks at all that it says; what it said, and its status.
fn said(home: &Path, arguments: &[&str], env: &[(&str, &str)]) -> (String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wardroom"));
    command.args(arguments).env_clear().env("HOME", home).env("PATH", "/usr/bin:/bin");
    let output = command.envs(env.iter().copied()).stdin(Stdio::null()).output().expect("the program runs");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).unwrap_or_else(|error| panic!("{arguments:?}: no text: {error}"));
    let bad = text.chars().find(|char| *char != '\n' && !is_plain(*char));
    assert_eq!(bad.map(u32::from), None, "{arguments:?}: {text:?}");
    assert!(!text.contains("panicked"), "{arguments:?}: {text}");
    (text, output.status.code().unwrap_or(-1))
}

fn file(home: &TempDir, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = home.path().join(name);
    std::fs::create_dir_all(path.parent().expect("below the home")).expect("a directory");
    std::fs::write(&path, bytes).expect("written");
    path.display().to_string()
}

/// A basic string of TOML that holds any text.
fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|char| match char {
        '"' | '\\' => format!("\\{char}"),
        char if is_plain(char) => char.to_string(),
        char => format!("\\U{:08X}", u32::from(char)),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

#[test]
fn a_config_may_hold_anything() {
    let nasty = quoted(&nasty());
    let home = home();
    let texts = [
        format!("[ui]\noperator = {nasty}\ntheme = {nasty}\n{nasty} = {nasty}\n"),
        format!("[sources.prometheus.{nasty}]\nurl = {nasty}\n"),
        format!(
            "[sources.prometheus.{nasty}]\nurl = \"http://127.0.0.1:1\"\nsite = {nasty}\ntimeout = \"1s\"\n"
        ),
        format!(
            "[sources.loki.x]\nurl = \"http://127.0.0.1:1\"\ntails = [{{ name = {nasty}, query = {nasty} }}]\n"
        ),
        format!("[runbooks]\nfiles = [{nasty}]\n[hosts.{nasty}]\naddresses = [{nasty}]\n"),
        format!("[keys.{nasty}]\nopen = [{nasty}]\n[keys.global]\n{nasty} = [{nasty}]\n"),
        format!("[slo.{nasty}]\nobjective = 99\nquery = {nasty}\n[backups]\nrpo = {nasty}\n"),
        nasty.clone(),
        super::hostile::nasty(),
        "[".repeat(50_000),
        "a.".repeat(20_000) + "a = 1",
        String::new(),
    ];
    for text in texts {
        let path = file(&home, "w.toml", &text);
        for arguments in [
            &["config", "check", &path][..],
            &["--config", &path, "check", "--timeout", "2s"],
            &["--config", &path, "doctor"],
            &["--config", &path, "shot"],
            &["--config", &path, "keys"],
        ] {
            said(home.path(), arguments, &[]);
        }
    }
    let path = file(&home, "w.toml", b"\xff\xfe[ui]\n\x00");
    let (text, status) = said(home.path(), &["config", "check", &path], &[]);
    assert!(status == 2 && text.contains("w.toml"), "{status}: {text}");
}

/// The example with some of it gone, doubled, moved or replaced, always from the same seed.
#[test]
fn a_config_spoilt_by_chance_is_read_or_told() {
    const ROUNDS: usize = 400;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = std::fs::read_to_string(root.join("config.example.toml")).expect("the example");
    // What stands there as an example is a config once it is no comment.
    let example: String = example.lines().flat_map(|line| [line.trim_start_matches("# "), "\n"]).collect();
    let lines: Vec<&str> =
        example.lines().filter(|line| line.contains('=') || line.starts_with('[')).collect();
    let strange = [
        "\"",
        "[",
        "]",
        "=",
        "\n",
        "\u{1b}[2J",
        "\u{202e}",
        "9999999999999999999",
        "-1",
        "{}",
        "true",
        "''",
        "磁",
    ];
    let mut chance = Chance::new(11);
    let (mut read, mut faulty) = (0, 0);
    for _ in 0..ROUNDS {
        // Half of them a few lines, which more often make a whole.
        let most = if chance.one_in(2) { 6 } else { 40 };
        let from = chance.below(lines.len());
        let mut text: String =
            lines.iter().cycle().skip(from).take(most).flat_map(|line| [*line, "\n"]).collect();
        for _ in 0..chance.below(5) {
            let at = text.floor_char_boundary(chance.below(text.len().max(1)));
            match chance.below(3) {
                0 => text.insert_str(at, chance.of(&strange)),
                1 => text.truncate(at),
                _ => {
                    let end = text.ceil_char_boundary((at + chance.below(12)).min(text.len()));
                    text.replace_range(at..end, chance.of(&strange));
                }
            }
        }
        match Config::parse("w.toml", &text, None) {
            Ok(_) => read += 1,
            Err(error) => {
                faulty += 1;
                let told = format!("{error:#}");
                let bad = told.chars().find(|char| *char != '\n' && char.is_control());
                assert_eq!(bad, None, "{text:?}: {told:?}");
                assert!(told.contains("w.toml"), "{text:?}: {told}");
            }
        }
    }
    assert!(read > 0 && faulty > ROUNDS / 4, "{read} read, {faulty} told");
}

#[test]
fn a_theme_may_hold_anything() {
    let home = home();
    let nasty = quoted(&nasty());
    file(
        &home,
        ".config/wardroom/themes/bad.toml",
        format!("name = {nasty}\n[roles]\n{nasty} = {nasty}\ncritical = {nasty}\n"),
    );
    file(&home, ".config/wardroom/themes/worse.toml", b"\xff\x00\x1b[2J");
    said(home.path(), &["themes"], &[]);
    said(home.path(), &["shot", "--demo", "--theme", "bad"], &[]);
    said(home.path(), &["shot", "--demo", "--theme", "worse"], &[]);
    said(home.path(), &["shot", "--demo", "--theme", "\u{1b}]0;owned\u{7}"], &[]);
}

#[test]
fn a_runbook_may_hold_anything() {
    let home = home();
    let nasty = nasty();
    let book = format!(
        "# {nasty}\n\n## Alert: HostDown {nasty}\n\n**Severity**: {nasty}\n\n### Scenario A: {nasty}\n\n```bash\nssh {nasty}@10.0.0.1 'echo {nasty}'\n```\n\n```{nasty}\n{nasty}\n```\n\n- [ ] {nasty}\n\n| {nasty} | b |\n|---|---|\n| {nasty} | `{nasty}` |\n\n[{nasty}](javascript:{nasty})\n<!-- wardroom: {nasty} -->\n"
    );
    let books = [
        book.clone(),
        book.replace("HostDown", "").repeat(20),
        "> ".repeat(5_000),
        "- ".repeat(5_000) + &nasty,
        "```bash\n".to_owned() + &"$(".repeat(5_000),
    ];
    for book in books {
        let path = file(&home, "book.md", book);
        let config = file(&home, "w.toml", format!("[runbooks]\nfiles = [{}]\n", quoted(&path)));
        for arguments in [
            &["runbook", "list"][..],
            &["runbook", "list", "--format", "json"],
            &["runbook", "show", "HostDown"],
            &["runbook", "lint"],
            &["runbook", "lint", "--format", "json"],
            &["shot", "--view", "runbooks", "--keys", "<enter>"],
        ] {
            said(home.path(), &[&["--config", &config][..], arguments].concat(), &[]);
        }
    }
    let path = file(&home, "book.md", b"# \xff\xfe\n\x00\x1b[2J");
    let config = file(&home, "w.toml", format!("[runbooks]\nfiles = [{}]\n", quoted(&path)));
    said(home.path(), &["--config", &config, "runbook", "list"], &[]);
}

#[test]
fn a_journal_may_hold_anything() {
    let home = home();
    let nasty = nasty();
    let line = serde_json::json!({
        "schema": 2, "at": "2025-11-06T02:00:03Z", "run": nasty, "event": "began", "operator": nasty, "title": nasty, "host": nasty,
        "provenance": nasty, "template": nasty, "values": [[nasty, nasty, nasty]], "final": nasty, "argv": [nasty], "sha256": nasty,
        "level": nasty, "confirmed": nasty,
    });
    let text = format!("{line}\nnothing\n{{}}\n[1,2]\n{}\n{line}", "[".repeat(100_000));
    let bytes = [text.as_bytes(), b"\n\xff\xfe\x00\x1b[2J\n"].concat();
    file(&home, ".local/state/wardroom/journal/journal.jsonl", bytes);
    let (text, _) = said(home.path(), &["journal"], &[]);
    assert!(text.contains("owned"), "it is told, made harmless: {text}");
    said(home.path(), &["journal", "--format", "json"], &[]);
}

#[test]
fn kept_state_may_hold_anything() {
    let home = home();
    let mut chance = Chance::new(5);
    let names = [
        "clocks.jsonl",
        "trust.jsonl",
        "drills.jsonl",
        "exercises.jsonl",
        "routines.jsonl",
        "maintained.jsonl",
        "queries",
        "queries.jsonl",
        "recent",
        "operator",
        "history.jsonl",
    ];
    let path =
        file(&home, "w.toml", "[sources.prometheus.main]\nurl = \"http://127.0.0.1:1\"\ntimeout = \"1s\"\n");
    for round in 0..4 {
        for name in names {
            let bytes: Vec<u8> = match round {
                0 => nasty().into_bytes(),
                1 => (0..3_000).map(|_| u8::try_from(chance.below(256)).expect("a byte")).collect(),
                2 => "[".repeat(100_000).into_bytes(),
                _ => Vec::new(),
            };
            file(&home, &format!(".local/state/wardroom/{name}"), bytes);
        }
        for arguments in [
            &["--config", &path, "shot"][..],
            &["--config", &path, "status"],
            &["drills"],
            &["--config", &path, "check", "--timeout", "2s"],
            &["--config", &path, "runbook", "list"],
        ] {
            said(home.path(), arguments, &[]);
        }
    }
}

#[test]
fn a_recording_may_hold_anything() {
    let home = home();
    let nasty = nasty();
    let packed = |text: &str| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(text.as_bytes()).expect("memory takes it");
        packed.finish().expect("memory takes it")
    };
    let head = serde_json::json!({ "schema": 1, "started": "2026-11-13T14:02:11Z", "sources": [{ "id": { "kind": "prometheus", "name": nasty }, "site": nasty, "feeds": [["targets", 5.0]], "tails": [] }] });
    let failure = serde_json::json!({ "kind": "other", "short": nasty, "text": nasty });
    let observed = serde_json::json!({ "at": "2026-11-13T14:02:12Z", "msg": { "Observed": { "source": { "kind": "prometheus", "name": nasty }, "feed": "targets", "result": { "Err": failure }, "took": 0.1 } } });
    let whole = format!("{head}\n{observed}\n");
    let mut cut = packed(&whole.repeat(50));
    cut.truncate(cut.len() / 2);
    let deep = "[".repeat(200_000);
    for bytes in [
        packed(&whole),
        packed(&nasty),
        packed(&format!("{head}\n{deep}\n{nasty}\n")),
        cut,
        nasty.clone().into_bytes(),
        Vec::new(),
        packed(""),
    ] {
        let path = file(&home, "x.wardroom", bytes);
        for arguments in [
            &["check", "--replay", &path][..],
            &["check", "--replay", &path, "--format", "json"],
            &["shot", "--replay", &path],
            &["shot", "--replay", &path, "--view", "targets"],
        ] {
            said(home.path(), arguments, &[]);
        }
    }
}

#[test]
fn an_environment_may_hold_anything() {
    let home = home();
    let hostile = "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}";
    let long = "x".repeat(100_000);
    for name in [
        "TERM",
        "LANG",
        "LC_ALL",
        "TZ",
        "NO_COLOR",
        "COLORTERM",
        "USER",
        "WARDROOM_CONFIG",
        "XDG_CONFIG_HOME",
        "XDG_STATE_HOME",
        "XDG_RUNTIME_DIR",
        "TMUX",
        "RUST_LOG",
        "EDITOR",
        "COLUMNS",
    ] {
        for value in [hostile, long.as_str(), ""] {
            for arguments in [&["shot", "--demo"][..], &["check"], &["config", "path"], &["journal"]] {
                said(home.path(), arguments, &[(name, value)]);
            }
        }
    }
    for arguments in [
        &["--config", hostile, "check"][..],
        &["--view", hostile, "--demo", "shot"],
        &["--site", hostile, "--demo", "check"],
        &["shot", "--demo", "--keys", hostile],
        &[hostile],
        &["runbook", "show", hostile],
        &["alerts", "--demo", "--filter", hostile],
        &["silences", "--demo", "expire", hostile],
        &["logs", "--demo", hostile],
    ] {
        said(home.path(), arguments, &[]);
    }
}
