//! Every view of every scenario of the demo lab at every size that counts, as the program draws it.
//!
//! After a change of the look: `INSTA_UPDATE=always cargo test --test all screens::gallery`, and look at
//! what `git diff` says.

use std::process::{Command, Stdio};

use rstest::rstest;

pub(super) const VIEWS: [&str; 15] = [
    "bridge", "alerts", "targets", "logs", "backups", "hosts", "runbooks", "chain", "journal", "silences",
    "coverage", "horizon", "digest", "probes", "services",
];

/// What lies over a view: its name, the view, and the keys that open it.
const LAYERS: [(&str, &str, &str); 11] = [
    ("help", "alerts", "?"),
    ("hints", "alerts", ";"),
    ("palette", "alerts", ":sil"),
    ("detail", "alerts", "<enter><wait>"),
    ("silence", "alerts", "s<wait>"),
    ("acknowledge", "alerts", "a<wait>"),
    ("why", "bridge", "v"),
    ("opened", "alerts", "r<wait>"),
    ("trust", "alerts", "r<wait><enter><wait>"),
    ("expire", "silences", "X<wait>"),
    ("due", "horizon", "<enter><wait>"),
];

const SIZES: [&str; 4] = ["60x12", "80x24", "120x40", "200x60"];

/// The picture, which is the same every time.
pub(super) fn shot(scenario: &str, view: &str, size: &str, keys: &str) -> String {
    let home = tempfile::tempdir().expect("a home directory");
    let output = Command::new(env!("CARGO_BIN_EXE_wardroom"))
        .args(["shot", &format!("--demo={scenario}"), "--view", view, "--size", size, "--keys", keys])
        .env_clear()
        .env("HOME", home.path())
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Holds a picture to its size and to the one that was looked at.
fn is_as_it_was(name: &str, size: &str, picture: &str) {
    let cells = size.split_once('x').expect("a size");
    let (width, height): (usize, usize) = (cells.0.parse().expect("columns"), cells.1.parse().expect("rows"));
    assert!(picture.lines().count() <= height, "{name} {size}");
    assert!(picture.lines().all(|line| wardroom::text::width(line) <= width), "{picture}");
    insta::with_settings!({
        snapshot_path => "gallery",
        omit_expression => true,
        prepend_module_to_snapshot => false,
    }, {
        insta::assert_snapshot!(format!("{name}_{size}"), picture);
    });
}

#[rstest]
fn every_view_of(
    #[values("calm", "host-down", "backup-late", "storm", "chain-broken", "cold-boot", "nfs-hang")] scenario: &str,
    #[values(0, 1, 2, 3)] size: usize,
) {
    for view in VIEWS {
        let picture = shot(scenario, view, SIZES[size], "");
        is_as_it_was(&format!("{scenario}_{view}"), SIZES[size], &picture);
    }
}

#[rstest]
fn every_layer_over_a_storm(#[values(0, 1, 2, 3)] size: usize) {
    for (layer, view, keys) in LAYERS {
        let picture = shot("storm", view, SIZES[size], keys);
        is_as_it_was(&format!("layer_{layer}"), SIZES[size], &picture);
    }
}

#[rstest]
fn the_layers_while_the_lab_comes_up(#[values(0, 1, 2, 3)] size: usize) {
    let picture = shot("cold-boot", "services", SIZES[size], "<tab>j<enter>");
    is_as_it_was("cold-boot_layer", SIZES[size], &picture);
}
