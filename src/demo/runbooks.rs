//! The owner's runbooks, as files for as long as the lab runs: the demo opens, trusts and reloads them
//! like any others.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::script::hosts::HOSTS;

/// The files: names and texts.
const BOOKS: [(&str, &str); 5] = [
    ("observability.md", include_str!("../../tests/owner/observability.md")),
    ("stack.md", include_str!("../../tests/owner/stack.md")),
    ("reliability.md", include_str!("../../tests/owner/reliability.md")),
    ("operations.md", include_str!("../../tests/owner/operations.md")),
    ("restore.md", include_str!("../../tests/owner/restore.md")),
];

/// What hosts are there for.
const ROLES: [(&str, &str); 4] =
    [("pve", "proxmox"), ("pbs", "pbs"), ("lxc200", "prometheus"), ("vm102", "storage")];

/// What the name of their directory begins with; seven digits follow, so that it is always as long.
pub const DIRECTORY: &str = "wardroom-runbooks-";

/// The host that the others' files lie on, where they lie there, and who needs them.
const STORAGE: &str = "vm102";
const SHARED: &str = "/mnt/mergerfs";
/// What they and the backup server have mounted of the NAS.
const SHARE: &str = "nas nfs";
const CONSUMERS: [&str; 4] = ["vm100", "lxc210", "lxc212", "lxc230"];

/// The runbooks, in a directory of their own that goes when this is dropped.
#[derive(Debug)]
pub struct Runbooks {
    directory: PathBuf,
}

impl Runbooks {
    /// Writes them.
    ///
    /// # Errors
    /// When the system's directory for such things cannot be written.
    pub fn write() -> io::Result<Self> {
        let runbooks = Self { directory: directory()? };
        for (name, text) in BOOKS {
            let file = runbooks.directory.join(name);
            let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(file)?;
            file.write_all(text.as_bytes())?;
        }
        Ok(runbooks)
    }

    /// The files, in their order.
    pub fn files(&self) -> Vec<PathBuf> {
        BOOKS.iter().map(|(name, _)| self.directory.join(name)).collect()
    }

    /// What a config says of them and of the lab's hosts.
    pub fn config(&self) -> String {
        let files: Vec<String> =
            self.files().iter().map(|file| format!("{:?}", file.display().to_string())).collect();
        let mut config = format!(
            "\n[runbooks]\nfiles = [{}]\n\n[runbooks.hosts]\n\"10.0.0.21\" = \"{{target}}\"\n",
            files.join(", ")
        );
        for host in &HOSTS {
            let role = ROLES.iter().find(|(name, _)| *name == host.name);
            let role = role.map(|(_, role)| format!("role = \"{role}\"\n")).unwrap_or_default();
            let tier = match host.name {
                STORAGE => "tier = \"storage\"\n",
                "pve" | "vm100" => "tier = \"compute\"\n",
                name if name.starts_with("lxc") => "tier = \"services\"\n",
                _ => "",
            };
            let vmid = if host.vmid.is_empty() { String::new() } else { format!("vmid = {}\n", host.vmid) };
            let storage = match host.name {
                STORAGE => format!("mounts = [\"{SHARED}\"]\n"),
                name if CONSUMERS.contains(&name) => format!("depends = [\"{STORAGE}\", \"{SHARE}\"]\n"),
                "pbs" => format!("depends = [\"{SHARE}\"]\n"),
                _ => String::new(),
            };
            // Writing to a text cannot fail.
            let _written = write!(
                config,
                "\n[hosts.{}]\naddresses = [\"{}\"]\n{vmid}{role}{tier}{storage}",
                host.name, host.address
            );
        }
        config
    }
}

impl Drop for Runbooks {
    fn drop(&mut self) {
        // What is left of it is in the system's own directory for such things.
        let _removed = fs::remove_dir_all(&self.directory);
    }
}

/// A new directory that nobody else may look into.
fn directory() -> io::Result<PathBuf> {
    let base = std::env::temp_dir();
    for attempt in 0..1_000 {
        // One that was killed has left its own behind; the next number may be free.
        let number = std::process::id().wrapping_add(attempt) % 10_000_000;
        let directory = base.join(Path::new(&format!("{DIRECTORY}{number:07}")));
        match DirBuilder::new().mode(0o700).create(&directory) {
            Ok(()) => return Ok(directory),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(ErrorKind::AlreadyExists, format!("no free name under {}", base.display())))
}
