//! `wardroom init`: a config to start from, in its place.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::process::ExitCode;

use color_eyre::eyre::{Result, WrapErr, bail};

use super::{own_config, say};
use crate::cli::Global;
use crate::config::EXAMPLE;

/// Runs it.
///
/// # Errors
/// A config that is there already: it is never written over. A place that cannot be written to.
pub fn run(global: &Global) -> Result<ExitCode> {
    let file = own_config(global)?;
    write(&file)?;
    let shown = file.display();
    say(&format!(
        "wrote {shown}\n\n\
         Next:\n  \
         1. name your servers in it: every key is explained there\n  \
         2. wardroom config check     tells all that is wrong, each with its line\n  \
         3. wardroom                  the dashboard on your servers\n"
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes the example, readable by nobody else: secrets may come to stand in it.
fn write(file: &Path) -> Result<()> {
    let shown = file.display();
    if let Some(directory) = file.parent() {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
        made.wrap_err_with(|| format!("cannot make the directory {}", directory.display()))?;
    }
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut config = match opened {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{shown} is there already and stays as it is; edit it, or name another file with --config")
        }
        opened => opened.wrap_err_with(|| format!("cannot write {shown}"))?,
    };
    config.write_all(EXAMPLE.as_bytes()).wrap_err_with(|| format!("cannot write {shown}"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn it_writes_once_and_for_its_owner_only() {
        let home = tempfile::tempdir().expect("a directory");
        let file = home.path().join("new/wardroom/config.toml");
        write(&file).expect("it is written");
        assert_eq!(std::fs::read_to_string(&file).expect("it is there"), EXAMPLE);
        assert_eq!(std::fs::metadata(&file).expect("it is there").permissions().mode() & 0o777, 0o600);
        std::fs::write(&file, "mine").expect("it is changed");
        let again = write(&file).expect_err("it is there already").to_string();
        assert!(again.contains("stays as it is"), "{again}");
        assert_eq!(std::fs::read_to_string(&file).expect("it is there"), "mine");
    }
}
