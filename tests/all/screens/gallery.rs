//! Every view of every scenario of the demo lab at every size that counts, as the program draws it.
//!
//! After a change of the look: `INSTA_UPDATE=always cargo test --test all screens::gallery`, and look at
//! what `git diff` says.

use std::process::{Command, Stdio};

use rstest::rstest;

const VIEWS: [&str; 10] =
    ["bridge", "alerts", "targets", "logs", "backups", "hosts", "runbooks", "chain", "silences", "coverage"];

const SIZES: [&str; 4] = ["60x12", "80x24", "120x40", "200x60"];

/// The picture, without what chance put into it: the ports of the lab's servers.
fn shot(scenario: &str, view: &str, size: &str) -> String {
    let home = tempfile::tempdir().expect("a home directory");
    let output = Command::new(env!("CARGO_BIN_EXE_wardroom"))
        .args(["shot", &format!("--demo={scenario}"), "--view", view, "--size", size])
        .env_clear()
        .env("HOME", home.path())
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[rstest]
fn every_view_of(
    #[values("calm", "host-down", "backup-late", "storm", "chain-broken")] scenario: &str,
    #[values(0, 1, 2, 3)] size: usize,
) {
    let size = SIZES[size];
    insta::with_settings!({
        snapshot_path => "gallery",
        omit_expression => true,
        prepend_module_to_snapshot => false,
        filters => [(r"127\.0\.0\.1:\d{5}", "127.0.0.1:PORT.")],
    }, {
        for view in VIEWS {
            let picture = shot(scenario, view, size);
            let cells = size.split_once('x').expect("a size");
            let (width, height): (usize, usize) =
                (cells.0.parse().expect("columns"), cells.1.parse().expect("rows"));
            assert!(picture.lines().count() <= height, "{scenario} {view} {size}");
            assert!(picture.lines().all(|line| wardroom::text::width(line) <= width), "{picture}");
            insta::assert_snapshot!(format!("{scenario}_{view}_{size}"), picture);
        }
    });
}
