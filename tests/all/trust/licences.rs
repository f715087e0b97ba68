//! Every crate that the program is built from has a licence that `deny.toml` allows, as the crates
//! themselves state it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Whether an SPDX expression can be fulfilled by licences of a list: `A OR B`, `A AND (B OR C)`, and
/// the older `A/B`. An exception widens what its licence allows.
fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let fulfilled = any(&words, &mut at, allowed);
    fulfilled && at == words.len()
}

fn any(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut fulfilled = all(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        fulfilled |= all(words, at, allowed);
    }
    fulfilled
}

fn all(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut fulfilled = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        fulfilled &= one(words, at, allowed);
    }
    fulfilled
}

fn one(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let fulfilled = any(words, at, allowed);
        let closes = words.get(*at) == Some(&")");
        *at += 1;
        return fulfilled && closes;
    }
    if words.get(*at) == Some(&"WITH") {
        *at += 2;
    }
    allowed.contains(*word)
}

#[test]
fn expressions_are_read() {
    let allowed: BTreeSet<String> = ["MIT", "Apache-2.0", "ISC"].map(str::to_owned).into();
    for (expression, is) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("MIT OR GPL-3.0", true),
        ("MIT/Apache-2.0", true),
        ("MIT AND GPL-3.0", false),
        ("Apache-2.0 AND ISC", true),
        ("(MIT OR GPL-3.0) AND ISC", true),
        ("(GPL-2.0 OR GPL-3.0) AND ISC", false),
        ("Apache-2.0 WITH LLVM-exception OR GPL-3.0", true),
        ("", false),
        ("MIT GPL-3.0", false),
        ("(MIT", false),
    ] {
        assert_eq!(is_allowed(expression, &allowed), is, "{expression:?}");
    }
}

/// Asks cargo, which has every crate's own manifest at hand, or brings those that only another system builds
/// with.
#[test]
fn every_crate_has_a_licence_that_is_allowed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rules: toml::Table =
        std::fs::read_to_string(root.join("deny.toml")).expect("the rules").parse().expect("TOML");
    let list = rules["licenses"]["allow"].as_array().expect("a list of licences");
    let allowed: BTreeSet<String> = list.iter().filter_map(|one| one.as_str()).map(str::to_owned).collect();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version", "1", "--locked", "--all-features"]);
    let asked = cargo.current_dir(root).output().expect("cargo runs");
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    let about: Value = serde_json::from_slice(&asked.stdout).expect("JSON");
    let packages = about["packages"].as_array().expect("a list of packages");
    let built = built(&about);
    assert!(built.len() > 100, "{}", built.len());
    let mut named = BTreeSet::new();
    for package in packages.iter().filter(|package| built.contains(id(&package["id"]))) {
        let (name, licence) = (&package["name"], package["license"].as_str().unwrap_or_default());
        assert!(is_allowed(licence, &allowed), "{name} is under {licence:?}");
        named.extend(licence.split([' ', '/', '(', ')']));
    }
    let idle: Vec<_> = allowed.iter().filter(|one| !named.contains(one.as_str())).collect();
    assert!(idle.is_empty(), "allowed, and no crate is under it: {idle:?}");
}

fn id(value: &Value) -> &str {
    value.as_str().expect("a package has an identity")
}

/// What the program is built from: what only its tests use is not given to anybody.
fn built(about: &Value) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let mut left = vec![id(&about["resolve"]["root"])];
    let nodes = about["resolve"]["nodes"].as_array().expect("a graph");
    while let Some(next) = left.pop() {
        if !found.insert(next) {
            continue;
        }
        let node = nodes.iter().find(|node| id(&node["id"]) == next).expect("every crate is in the graph");
        for uses in node["deps"].as_array().expect("a list") {
            let kinds = uses["dep_kinds"].as_array().expect("a list");
            if kinds.iter().any(|kind| kind["kind"].as_str() != Some("dev")) {
                left.push(id(&uses["pkg"]));
            }
        }
    }
    found
}
