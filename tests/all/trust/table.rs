//! SECURITY.md lists every fault and every hostile class with its test, and each of these tests exists.

use std::collections::BTreeSet;
use std::path::Path;

/// Every test in the repository: its file without the ending, and its name.
fn tests() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut left = vec![root.join("tests"), root.join("src")];
    let mut found = BTreeSet::new();
    while let Some(directory) = left.pop() {
        for path in std::fs::read_dir(directory).expect("a directory").flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                left.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let text = std::fs::read_to_string(&path).expect("a file");
                let place = path.strip_prefix(root).expect("below it").with_extension("");
                found.extend(named(&text).map(|name| format!("{}::{name}", place.display())));
            }
        }
    }
    found
}

/// The names of the functions behind an attribute that makes them tests.
fn named(text: &str) -> impl Iterator<Item = &str> {
    let mut is_test = false;
    text.lines().filter_map(move |line| {
        let line = line.trim();
        is_test |= ["#[test]", "#[rstest]", "#[tokio::test"].iter().any(|mark| line.starts_with(mark));
        let line = line.strip_prefix("async ").unwrap_or(line);
        let name = line.strip_prefix("fn ").and_then(|rest| rest.split(['(', '<']).next())?;
        std::mem::take(&mut is_test).then_some(name)
    })
}

/// The rows of the table: a class, and the tests that are named for it.
fn rows(paper: &str) -> Vec<(&str, Vec<&str>)> {
    let table = paper.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
    table
        .map(|line| {
            let (class, named) = line.trim_matches('|').split_once('|').unwrap_or_default();
            (class.trim(), named.split('`').skip(1).step_by(2).collect())
        })
        .collect()
}

#[test]
fn every_test_that_the_paper_names_exists() {
    let paper = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("SECURITY.md"));
    let (paper, tests) = (paper.expect("the paper"), tests());
    let rows = rows(&paper);
    assert!(rows.len() >= 50, "{} rows", rows.len());
    let missing: Vec<_> = rows
        .iter()
        .flat_map(|(class, named)| named.iter().map(move |name| (class, name)))
        .filter(|(_, name)| {
            !tests.contains(&format!("tests/{name}")) && !tests.contains(&format!("src/{name}"))
        })
        .collect();
    assert!(missing.is_empty(), "no such test: {missing:#?}");
    let classes: BTreeSet<&str> = rows.iter().map(|(class, _)| *class).collect();
    assert_eq!(classes.len(), rows.len(), "each class stands there once");
}

#[test]
fn a_name_that_is_none_is_found() {
    let text = "#[tokio::test]\nasync fn one() {}\nfn helper() {}\n#[rstest]\n#[case(1)]\nfn two(#[case] _n: u8) {}\n";
    assert_eq!(named(text).collect::<Vec<_>>(), ["one", "two"]);
    let table = "| reset | `all/trust/faults::one`, `net/error::two` |\n| class | test |\n";
    assert_eq!(rows(table), [("reset", vec!["all/trust/faults::one", "net/error::two"])]);
}
