//! Where the real servers' programs are.

use std::env;
use std::path::{Path, PathBuf};

/// The directory of the servers. Unset: the PATH is searched, and what needs servers is left out
/// when one is missing. Set: a missing server is a failure. Empty: what needs servers is left out.
pub const VARIABLE: &str = "WARDROOM_SERVERS";

/// What a whole stack needs.
pub const PROGRAMS: [&str; 5] = [
    "prometheus",
    "prometheus-alertmanager",
    "prometheus-node-exporter",
    "prometheus-blackbox-exporter",
    "prometheus-pushgateway",
];

/// Where a program is: in the directory that the variable names, else on the PATH.
pub fn locate(program: &str) -> Result<PathBuf, String> {
    let named = env::var_os(VARIABLE).map(PathBuf::from);
    let path = env::var_os("PATH").unwrap_or_default();
    let places = named.into_iter().chain(env::split_paths(&path));
    places.map(|place| place.join(program)).find(|file| is_program(file)).ok_or_else(|| {
        format!("{program} is neither in ${VARIABLE} nor on the PATH: `tests/run servers` fetches it")
    })
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// Why tests against real servers that need `more` than a stack are left out here; `None` when they have to
/// run.
pub fn left_out(more: &[&str]) -> Option<String> {
    match env::var_os(VARIABLE) {
        Some(directory) if directory.is_empty() => Some(format!("${VARIABLE} is empty")),
        Some(_) => None,
        None => PROGRAMS.iter().chain(more).find_map(|program| locate(program).err()),
    }
}
