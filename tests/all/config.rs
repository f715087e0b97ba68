//! The config: what is right is taken, what is wrong is told at its line, and the example tells all.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use wardroom::config::{Config, EXAMPLE};
use wardroom::domain::thresholds::Thresholds;
use wardroom::settings::Document;

fn files(kind: &str) -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config").join(kind);
    let entries = fs::read_dir(directory).expect("a directory of configs");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|kind| kind == "toml"));
    files.sort();
    files
}

fn parse(file: &Path) -> Result<Config, String> {
    let text = fs::read_to_string(file).expect("a config");
    let name = file.file_name().expect("a name").to_string_lossy();
    Config::parse(&name, &text, None).map_err(|error| error.to_string())
}

#[test]
fn every_fault_is_told_where_it_stands() {
    let files = files("invalid");
    assert!(files.len() >= 15, "{} files", files.len());
    for file in files {
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let told = parse(&file).expect_err(&name);
        let place = format!("{name}.toml:");
        assert!(told.lines().all(|line| line.starts_with(&place)), "{told}");
        assert!(!told.contains("hunter2") && !told.contains("hidden"), "no secret in a fault: {told}");
        insta::with_settings!({ snapshot_path => "../config/invalid", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, told);
        });
    }
}

#[test]
fn several_faults_are_told_at_once() {
    let several = files("invalid").into_iter().find(|file| file.ends_with("several.toml"));
    let told = parse(&several.expect("several.toml")).expect_err("faults");
    assert_eq!(told.lines().count(), 6, "{told}");
}

#[test]
fn what_is_right_is_taken() {
    for file in files("valid") {
        let config = parse(&file).unwrap_or_else(|told| panic!("{}: {told}", file.display()));
        assert!(!config.sources.is_empty(), "{}", file.display());
    }
}

#[test]
fn the_example_is_a_config() {
    let config = Config::parse("config.example.toml", EXAMPLE, None).expect("the example is right");
    assert_eq!(config.sources.len(), 5, "one of each kind");
}

/// The example with everything in it that is commented out: `#key = ...` and `#[table]`.
fn uncommented() -> String {
    let uncomment = |line: &str| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|char: char| char.is_ascii_lowercase() || char == '[') => {
            rest.to_owned()
        }
        _ => line.to_owned(),
    };
    EXAMPLE.lines().map(uncomment).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_key_of_the_example_is_one() {
    let config = Config::parse("config.example.toml", &uncommented(), None);
    assert!(config.is_ok(), "{}", config.expect_err("faults"));
}

#[test]
fn the_defaults_in_the_example_are_the_defaults() {
    let defaults = Config::parse("x.toml", EXAMPLE, None).expect("the example");
    // What is no default is an example, and says so beside it.
    let examples = [
        "#severities",
        "#info",
        "#[[backups",
        "#match",
        "#guest",
        "#tag",
        "#exempt",
        "#rpo = \"7d\"",
        "#rpo = \"8d\"",
        "#[sources.pbs.main.clusters",
        "#\"\"",
        "#files = [\"~/runbooks",
        "#aliases",
        "#[[logs",
        "#alert",
        "#loki",
        "#name = \"errors\"",
        "#query",
        "#window",
    ];
    // Nor is what stands under these.
    let tables = [
        "#[sources.prometheus.guarded.measures",
        "#[sources.grafana",
        "#[slo.",
        "#[sites.",
        "#[due]",
        "#[services.",
        "#[[layers",
    ];
    let mut is_in_example = false;
    let changed: Vec<String> = EXAMPLE
        .lines()
        .map(|line| {
            let is_key = line.starts_with('#') && !line.starts_with("# ");
            if line.trim_start_matches('#').starts_with('[') {
                is_in_example = tables.iter().any(|table| line.starts_with(table));
            }
            let is_example = is_in_example || examples.iter().any(|example| line.starts_with(example));
            if is_key && !is_example { line.trim_start_matches('#').to_owned() } else { line.to_owned() }
        })
        .collect();
    let written = Config::parse("x.toml", &changed.join("\n"), None).expect("the example with its defaults");
    // Hosts are the operator's own: what stands there is an example.
    let Thresholds { hosts, listed, goals, .. } = defaults.thresholds.clone();
    let thresholds = Thresholds { hosts, listed, goals, ..written.thresholds };
    assert_eq!(thresholds, defaults.thresholds);
    assert_eq!(written.ring, defaults.ring);
    assert_eq!(written.ui.theme, defaults.ui.theme);
    assert_eq!(written.ui.zone, defaults.ui.zone);
}

/// The keys that a config has, or that were asked for, with the operator's own names left out.
fn general(keys: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    let own = |key: String| {
        let mut parts: Vec<&str> = key.split('.').collect();
        if parts.first() == Some(&"sources") && parts.len() > 3 {
            // Most keys are the same in all kinds.
            parts.splice(1..3, ["KIND", "NAME"]);
            if parts.get(3) == Some(&"measures") && parts.len() > 4 {
                parts.splice(4..5, ["NAME"]);
            }
        }
        if parts.first() == Some(&"slo") && parts.len() > 1 {
            parts.splice(1..2, ["NAME"]);
        }
        if parts.first() == Some(&"hosts") && parts.len() > 1 {
            parts.splice(1..2, ["NAME"]);
        }
        if parts.starts_with(&["runbooks", "placeholders"]) && parts.len() > 2 {
            parts.splice(2..3, ["NAME"]);
        }
        if parts.starts_with(&["actions", "inputs"]) && parts.len() > 2 {
            parts.splice(2..3, ["NAME"]);
        }
        if parts.first() == Some(&"views") && parts.len() > 2 {
            parts.splice(1..2, ["NAME"]);
            if parts.len() > 3 {
                // A band has the same keys in both arrangements.
                parts.splice(2..3, ["BANDS"]);
            }
        }
        parts.join(".")
    };
    keys.into_iter().map(own).collect()
}

fn written(table: &toml::Table, path: &str, keys: &mut Vec<String>) {
    for (key, value) in table {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match value {
            toml::Value::Table(inner) => written(inner, &path, keys),
            toml::Value::Array(all) => {
                all.iter().filter_map(toml::Value::as_table).for_each(|inner| written(inner, &path, keys));
            }
            _ => {}
        }
        keys.push(path);
    }
}

#[test]
fn the_example_has_every_key() {
    let text = uncommented();
    let document = Document::new("config.example.toml", text.as_str());
    document.read(|root| Config::read(root, None));
    let mut there = Vec::new();
    written(&text.parse().expect("TOML"), "", &mut there);
    let there = general(there);
    // `wardroom keys` lists the actions; the names of views are listed in their comment.
    let listed_elsewhere =
        |key: &str| key.starts_with("keys.") || (key.starts_with("views.") && key.matches('.').count() == 1);
    // The page that a probe asks for has the keys of every server.
    let of_servers = |key: &str| there.contains(&key.replace("NAME.item.", "NAME."));
    let missing: Vec<String> = general(document.known_keys())
        .into_iter()
        .filter(|key| !there.contains(key) && !of_servers(key) && !listed_elsewhere(key))
        .collect();
    assert!(missing.is_empty(), "config.example.toml does not tell of {missing:#?}");
}
