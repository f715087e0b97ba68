//! What the program is made of, as far as a test can tell: the rules of `deny.toml` held to the lock file.

use std::path::Path;

fn read(name: &str) -> toml::Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let text = std::fs::read_to_string(path).expect("a file of the repository");
    text.parse().expect("TOML")
}

#[test]
fn the_lock_file_holds_what_the_rules_allow() {
    let (rules, lock, manifest) = (read("deny.toml"), read("Cargo.lock"), read("Cargo.toml"));
    let banned = rules["bans"]["deny"].as_array().expect("a list of crates");
    let banned: Vec<&str> = banned.iter().filter_map(|rule| rule["crate"].as_str()).collect();
    assert!(banned.contains(&"openssl-sys"), "{banned:?}");
    let packages = lock["package"].as_array().expect("a list of packages");
    assert!(packages.len() > 100, "{}", packages.len());
    for package in packages {
        let name = package["name"].as_str().expect("a name");
        assert!(!banned.contains(&name), "{name} is banned");
        if name == "wardroom" {
            continue;
        }
        let source = package.get("source").and_then(toml::Value::as_str).unwrap_or_default();
        assert!(source.starts_with("registry+"), "{name} comes from {source:?}");
        assert!(package.get("checksum").is_some(), "{name} has no checksum");
    }
    assert_eq!(rules["sources"]["unknown-registry"].as_str(), Some("deny"));
    assert_eq!(rules["sources"]["unknown-git"].as_str(), Some("deny"));
    assert_eq!(manifest["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
    for kind in ["dependencies", "dev-dependencies"] {
        for (name, about) in manifest[kind].as_table().expect("a table") {
            let version = about.as_str().or_else(|| about.get("version")?.as_str());
            assert!(version.is_some_and(|version| version != "*"), "{name} takes any version");
        }
    }
}
