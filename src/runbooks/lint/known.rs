//! Commands that are known not to do what runbooks use them for: data, by program. Each comes with
//! what does it. Where that was not seen to work on a real server, it says so.

use serde::Serialize;

/// A command that is known to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct KnownWrong {
    /// Its program.
    pub program: &'static str,
    /// Words that stand in it, in this order; one that begins with `*` is only a word's end.
    pub words: &'static [&'static str],
    /// The versions of the program for which it is wrong.
    pub version: &'static str,
    /// Why.
    pub why: &'static str,
    /// What does it.
    pub instead: &'static str,
    /// Whether the replacement was seen to work.
    pub verified: bool,
}

/// The table. The first row that fits counts.
pub const KNOWN_WRONG: [KnownWrong; 7] = [
    KnownWrong {
        program: "pvesh",
        words: &["get", "/cluster/tasks", "--limit"],
        version: "all",
        why: "/cluster/tasks takes no --limit and no --source: pvesh refuses it",
        instead: "pvesh get /nodes/NODE/tasks --limit 50 --typefilter vzdump",
        verified: false,
    },
    KnownWrong {
        program: "pvesh",
        words: &["get", "/cluster/backup", "--target"],
        version: "all",
        why: "/cluster/backup lists backup jobs and takes no --target: it tests no connection to PBS",
        instead: "pvesm status --storage STORAGE",
        verified: false,
    },
    KnownWrong {
        program: "proxmox-backup-manager",
        words: &["prune"],
        version: "all",
        why: "proxmox-backup-manager has no prune with --datastore",
        instead: "proxmox-backup-manager prune-job run JOB",
        verified: false,
    },
    KnownWrong {
        program: "pbs-client",
        words: &["job", "resume"],
        version: "all",
        why: "PBS has no client named pbs-client, and a backup that failed cannot be resumed",
        instead: "vzdump VMID --storage STORAGE --mode snapshot",
        verified: false,
    },
    KnownWrong {
        program: "truenas",
        words: &["prune"],
        version: "all",
        why: "TrueNAS has no command truenas with prune",
        instead: "zfs list -t snapshot DATASET",
        verified: false,
    },
    KnownWrong {
        program: "qmrestore",
        words: &["*.vma.zst"],
        version: "all",
        why: "a datastore of PBS holds no .vma.zst files: this restores only from a dump directory",
        instead: "qmrestore STORAGE:backup/vm/VMID/TIME VMID",
        verified: false,
    },
    KnownWrong {
        program: "verify-pbs-backups.sh",
        words: &[],
        version: "all",
        why: "the script asks for endpoints that PBS does not have",
        instead: "proxmox-backup-manager verify DATASTORE",
        verified: false,
    },
];

/// What is known to be wrong about a command.
pub fn known_wrong(command: &str) -> Option<&'static KnownWrong> {
    let words: Vec<&str> = command.split_whitespace().filter(|word| *word != "sudo").collect();
    let (first, rest) = words.split_first()?;
    let program = first.rsplit('/').next().unwrap_or(first);
    KNOWN_WRONG.iter().find(|known| known.program == program && fits(known.words, rest))
}

fn fits(pattern: &[&str], words: &[&str]) -> bool {
    let mut words = words.iter();
    pattern.iter().all(|part| {
        words.any(|word| match part.strip_prefix('*') {
            Some(end) => word.ends_with(end),
            None => word == part,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wrong_commands_of_the_owner() {
        for (command, program) in [
            ("pvesh get /cluster/tasks --limit 50 --source cluster", Some("pvesh")),
            ("pvesh get /cluster/backup --target 10.0.0.15", Some("pvesh")),
            ("pvesh get /nodes", None),
            ("sudo proxmox-backup-manager prune --datastore x", Some("proxmox-backup-manager")),
            ("proxmox-backup-manager prune-job run x", None),
            ("pbs-client job resume <job>", Some("pbs-client")),
            ("truenas prune --dataset observability/logs", Some("truenas")),
            ("qmrestore /mnt/dump/vzdump-qemu-<VMID>-<TIMESTAMP>.vma.zst <VMID>", Some("qmrestore")),
            ("qmrestore main:backup/vm/100/2025-11-06T02:00:03Z 100", None),
            ("./assets/scripts/verify-pbs-backups.sh", Some("verify-pbs-backups.sh")),
            ("", None),
        ] {
            assert_eq!(known_wrong(command).map(|known| known.program), program, "{command}");
        }
    }
}
