//! The Debian package: made of the binary under test, unpacked, and run from there.

use std::path::Path;
use std::process::Command;

use super::check::home;

#[test]
fn a_package_holds_all_that_belongs_to_the_program() {
    let Ok(known) = Command::new("dpkg-deb").arg("--version").output() else {
        // Where there is no dpkg nobody wants its packages.
        return;
    };
    assert!(known.status.success());
    let home = home();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let made = Command::new(root.join("packaging/build"))
        .args(["--fast", "--binary", env!("CARGO_BIN_EXE_wardroom"), "--out"])
        .arg(home.path())
        .output()
        .expect("the script runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let files = std::fs::read_dir(home.path()).expect("what was made").flatten();
    let package =
        files.map(|file| file.path()).find(|file| file.extension().is_some_and(|kind| kind == "deb"));
    let package = package.expect("a package");
    let unpacked = home.path().join("unpacked");
    let status =
        Command::new("dpkg-deb").arg("-x").arg(&package).arg(&unpacked).status().expect("it unpacks");
    assert!(status.success());
    for file in [
        "usr/share/man/man1/wardroom.1.gz",
        "usr/share/bash-completion/completions/wardroom",
        "usr/share/zsh/vendor-completions/_wardroom",
        "usr/share/fish/vendor_completions.d/wardroom.fish",
        "usr/share/doc/wardroom/examples/config.toml",
        "usr/share/doc/wardroom/examples/themes/gruvbox.toml",
        "usr/share/doc/wardroom/copyright",
        "usr/lib/systemd/user/wardroom-check.service",
        "usr/lib/systemd/user/wardroom-check.timer",
        "usr/lib/systemd/user/wardroom-reap.timer",
        "usr/lib/systemd/user/wardroom-digest.timer",
        "usr/lib/systemd/user/wardroom-due.timer",
    ] {
        let size = std::fs::metadata(unpacked.join(file)).map(|about| about.len());
        assert!(size.is_ok_and(|size| size > 100), "{file}");
    }
    let version = Command::new(unpacked.join("usr/bin/wardroom")).arg("--version").output().expect("it runs");
    assert!(String::from_utf8_lossy(&version.stdout).contains(env!("CARGO_PKG_VERSION")));
}
