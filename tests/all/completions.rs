//! Completions, as a bash makes them of what is typed.

use std::process::Command;

use super::check::{home, run, said};

/// What bash offers after these words, the last of which is being typed.
fn offered(home: &std::path::Path, words: &[&str]) -> Vec<String> {
    let script = home.join("wardroom.bash");
    std::fs::write(&script, said(&run(home, &["completions", "bash"]))).expect("the script");
    let program = env!("CARGO_BIN_EXE_wardroom");
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let last = words.len();
    let before = if last > 1 { words[last - 2] } else { program };
    let lines = format!(
        "source '{}'\nCOMP_WORDS=('{program}' {})\nCOMP_CWORD={last}\n\
         complete -p wardroom >&2\n_wardroom_named '{program}' '{}' '{before}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        script.display(),
        quoted.join(" "),
        words[last - 1],
    );
    let output = Command::new("bash")
        .args(["--norc", "--noprofile", "-c", &lines])
        .env_clear()
        .env("HOME", home)
        .env("PATH", "/usr/bin:/bin")
        .output()
        .expect("bash runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && told.contains("_wardroom_named"), "{told}");
    said(&output).lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn names_are_completed() {
    let home = home();
    let config = home.path().join("config.toml");
    let text = "[sources.loki.attic]\nurl = \"http://127.0.0.1:1\"\nsite = \"cabin\"\n\
                [sources.prometheus.main]\nurl = \"http://127.0.0.1:1\"\n";
    std::fs::write(&config, text).expect("a config");
    let config = config.display().to_string();
    for (words, expected) in [
        (&["--view", "hor"][..], &["horizon"][..]),
        (&["--view", "b"], &["bridge", "backups"]),
        (&["--theme", "=", "high"], &["high-contrast"]),
        (&["check", "--demo", "=", "back"], &["backup-late"]),
        (&["lab", "--scenario", "st"], &["storm"]),
        (&["--config", &config, "logs", "--source", ""], &["attic", "main"]),
        (&["--config", "=", &config, "--site", "="], &["cabin"]),
        (&["--site", "x"], &[]),
        (&["runb"], &["runbook"]),
        (&["check", "--form"], &["--format"]),
    ] {
        assert_eq!(offered(home.path(), words), expected, "{words:?}");
    }
}

#[test]
fn other_shells_ask_for_the_same_names() {
    for (shell, told) in [
        ("zsh", "names views 2>/dev/null"),
        ("zsh", "names themes 2>/dev/null"),
        ("fish", "-a \"(wardroom names scenarios 2>/dev/null)\""),
        ("fish", "-a \"(wardroom names sources 2>/dev/null)\""),
    ] {
        let script = said(&run(home().path(), &["completions", shell]));
        assert!(script.contains(told), "{shell}: {told}");
    }
}
