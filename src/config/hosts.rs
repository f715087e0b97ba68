//! `[hosts.NAME]`: the operator's hosts.

use crate::domain::host::{Expected, Host, Inventory};
use crate::runbooks::placeholder::{Kind, admit};
use crate::settings::Table;

/// Reads the tables.
pub(super) fn hosts(root: &Table<'_>) -> Inventory {
    Inventory(root.named("hosts").into_iter().map(|(name, table)| (name, host(&table))).collect())
}

fn host(table: &Table<'_>) -> Host {
    let addresses = |addresses: Vec<String>| {
        let is_host = |address: &String| admit(address, Kind::Host, None).is_ok();
        if addresses.iter().all(is_host) {
            Ok(addresses)
        } else {
            Err("a list of names or addresses, without ports".to_owned())
        }
    };
    let user = |user: String| {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        if !user.is_empty() && !user.starts_with('-') && user.bytes().all(is_letter) {
            Ok(user)
        } else {
            Err("the name of a user".to_owned())
        }
    };
    let vmid = |vmid: u64| {
        if (100..=999_999_999).contains(&vmid) {
            Ok(vmid)
        } else {
            Err("the number of a guest, 100 or more".to_owned())
        }
    };
    let shell = |shell: String| match shell.as_str() {
        "bash" | "sh" | "dash" | "ash" | "zsh" | "ksh" | "fish" | "csh" | "tcsh" => Ok(shell),
        _ => Err("\"bash\", \"sh\", \"zsh\", \"fish\" or \"tcsh\"".to_owned()),
    };
    let expected = |word: String| match word.as_str() {
        "always" => Ok(Expected::Always),
        "sometimes" => Ok(Expected::Sometimes),
        "schedule" => Ok(Expected::Schedule),
        _ => Err("\"always\", \"sometimes\" or \"schedule\"".to_owned()),
    };
    let paths = |paths: Vec<String>| {
        if paths.iter().all(|path| path.starts_with('/')) {
            Ok(paths)
        } else {
            Err("a list of mount points, each beginning with `/`".to_owned())
        }
    };
    Host {
        addresses: table.get_with("addresses", addresses).unwrap_or_default(),
        vmid: table.get_with("vmid", vmid),
        node: table.get("node"),
        labels: table.get("labels").unwrap_or_default(),
        loki: table.get("loki").unwrap_or_default(),
        role: table.get("role"),
        tier: table.get("tier"),
        ssh_user: table.get_with("ssh_user", user),
        shell: table.get_with("shell", shell),
        mounts: table.get_with("mounts", paths).unwrap_or_default(),
        read_only: table.get_with("read_only", paths).unwrap_or_default(),
        depends: table.get("depends").unwrap_or_default(),
        protected: table.get("protected").unwrap_or(false),
        expected: table.get_with("expected", expected).unwrap_or_default(),
    }
}
