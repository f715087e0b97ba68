//! What programs do, by their verbs. Verbs of two words stand with a `/` between them. What is not
//! here is not known, and what is not known is not harmless.

use super::Level;

/// A program, its options that take a value, and the levels of its verbs. A verb that is not there
/// disrupts.
pub(super) struct Verbs {
    pub program: &'static str,
    pub valued: &'static str,
    pub levels: [&'static str; 4],
}

/// Programs that only read, whatever their arguments.
pub(super) const READERS: &str = "\
    arp base64 basename cal cat cd cmp column comm cut df diff dig dirname dmidecode du echo egrep exit expr \
    false fgrep file findmnt fold free getent grep groups head host id ifstat iostat iotop jobs jq last lastlog \
    less locale locate logname logout ls lsattr lsb_release lsblk lscpu lshw lsmem lsmod lsns lsof lspci lsusb man \
    md5sum more mpstat mtr namei netstat nl nproc nslookup ntpq od paste pgrep ping ping6 \
    pmap printenv printf ps pstree pvdisplay pveperf pveversion pvs pwd readlink realpath rev sar seq set \
    sha1sum sha256sum sha512sum sleep ss stat strings sum tac tail test time top htop btop tr traceroute traceroute6 \
    tracepath tree true tty type uname uptime users vgdisplay vgs lvdisplay lvs vmstat w wc whatis whereis which \
    who whoami zcat zgrep zless [ [[ : wait hash export local readonly return shift unset declare typeset \
    break continue getopt getopts read apt-cache iptables-save ip6tables-save ";

/// Programs that change something, easily changed back.
pub(super) const CHANGERS: &str = "\
    touch mkdir mv ln install rmdir chgrp setfacl setfattr gzip gunzip bzip2 bunzip2 xz unxz zstd \
    unzstd zip unzip patch logger wall mktemp mkfifo fallocate sync vzdump scp sftp mail sendmail ssh-keyscan \
    nano pico vim vi nvim emacs joe micro ed tcpdump telnet nmap";

/// Programs that destroy.
pub(super) const DESTROYERS: &str = "\
    shred wipefs blkdiscard lvremove vgremove pvremove lvreduce mkswap cfdisk sfdisk sgdisk gdisk wipe srm truncate \
    userdel groupdel dropdb mkntfs mke2fs pveceph";

pub(super) const VERBS: [Verbs; 40] = [
    Verbs {
        program: "systemctl",
        valued: "-H --host -M -t --type -n --lines -p --property -o --output",
        levels: [
            "status is-active is-enabled is-failed is-system-running list-units list-unit-files list-timers list-sockets list-jobs \
         list-dependencies list-machines show cat help get-default show-environment --failed",
            "start restart reload try-restart reload-or-restart try-reload-or-restart enable reenable preset daemon-reload \
         daemon-reexec unmask reset-failed link",
            "stop disable mask kill isolate edit set-default set-property revert reboot poweroff halt suspend rescue emergency \
         kexec hibernate cancel",
            "",
        ],
    },
    Verbs {
        program: "docker",
        valued: "-H --host -c --context --config -l --log-level -f --file -p --project-name --env-file --profile --project-directory",
        levels: [
            "ps images logs inspect stats top version info port diff events search history system/df system/info system/events \
         compose/ps compose/logs compose/config compose/top compose/ls compose/images compose/version compose/port container/ls \
         container/list container/inspect container/logs container/stats container/top container/port container/diff image/ls \
         image/list image/inspect image/history volume/ls volume/list volume/inspect network/ls network/list network/inspect \
         node/ls service/ls service/ps service/logs stack/ls stack/ps",
            "start restart pull create tag login logout build unpause cp compose/up compose/start compose/restart compose/pull \
         compose/build compose/create compose/unpause container/start container/restart container/unpause image/pull image/tag \
         image/build network/create network/connect volume/create save",
            "stop kill pause run exec update rename commit push load import container/prune container/stop container/kill \
         container/pause container/run container/exec compose/down compose/stop compose/kill compose/pause compose/run \
         compose/exec network/prune network/rm network/disconnect builder/prune buildx/prune",
            "rm rmi image/prune image/rm image/remove volume/prune volume/rm volume/remove system/prune container/rm \
         container/remove compose/rm service/rm stack/rm swarm/leave",
        ],
    },
    Verbs {
        program: "qm",
        valued: "--node",
        levels: [
            "status config list pending showcmd listsnapshot help cloudinit/dump",
            "start resume snapshot wait rescan",
            "stop shutdown reboot reset suspend set unlock resize migrate clone template sendkey monitor terminal move-disk \
         move_disk agent guest/exec guest/cmd create importdisk importovf remote-migrate",
            "destroy rollback delsnapshot unlink disk/unlink disk/import restore",
        ],
    },
    Verbs {
        program: "pct",
        valued: "--node",
        levels: [
            "status config list df listsnapshot pending cpusets help",
            "start resume snapshot mount unmount wait rescan fstrim",
            "stop shutdown reboot suspend set unlock resize migrate clone template exec enter push pull console create \
         move-volume move_volume remote-migrate",
            "destroy rollback delsnapshot fsck",
        ],
    },
    Verbs { program: "pvesh", valued: "", levels: ["get ls help usage", "", "create set", "delete"] },
    Verbs {
        program: "pvesm",
        valued: "",
        levels: ["status list path help scan", "", "add set alloc", "free remove prune-backups"],
    },
    Verbs { program: "pvecm", valued: "", levels: ["status nodes help", "", "add expected", "delnode"] },
    Verbs { program: "ha-manager", valued: "", levels: ["status config", "", "", ""] },
    Verbs {
        program: "proxmox-backup-manager",
        valued: "--output-format",
        levels: [
            "version versions report status help datastore/list datastore/show task/list task/log user/list user/list-tokens \
         user/permissions acl/list cert/info disk/list garbage-collection/status garbage-collection/list verify-job/list \
         verify-job/show sync-job/list sync-job/show prune-job/list prune-job/show remote/list remote/show network/list \
         dns/get subscription/get traffic-control/list",
            "verify verify-job/run",
            "garbage-collection/start sync-job/run pull push datastore/create datastore/update task/stop",
            "prune prune-job/run datastore/remove disk/initialize disk/wipe user/remove user/delete-token remote/remove",
        ],
    },
    Verbs {
        program: "proxmox-backup-client",
        valued: "--repository --ns --output-format",
        levels: [
            "list snapshots snapshot/list snapshot/files status version catalog/dump task/list task/log",
            "backup login logout benchmark snapshot/notes",
            "restore mount map unmap snapshot/protected",
            "prune forget snapshot/forget key/import",
        ],
    },
    Verbs {
        program: "promtool",
        valued: "",
        levels: ["check query test debug tsdb/analyze tsdb/list tsdb/dump tsdb/bench", "push", "tsdb", ""],
    },
    Verbs {
        program: "amtool",
        valued: "--alertmanager.url --config.file -o --output --timeout",
        levels: [
            "silence/query alert/query alert config/show config/routes config check-config cluster cluster/show template/render",
            "silence/add alert/add",
            "silence/expire silence/update silence/import",
            "",
        ],
    },
    Verbs {
        program: "logcli",
        valued: "",
        levels: ["query instant-query labels series stats volume detected-fields", "", "", "delete"],
    },
    Verbs {
        program: "ufw",
        valued: "",
        levels: [
            "status version show app",
            "allow limit",
            "deny reject delete enable disable reload route insert default logging",
            "reset",
        ],
    },
    Verbs {
        program: "apt-get",
        valued: "-o -t -c",
        levels: ["", "clean autoclean update check download changelog", "", ""],
    },
    Verbs {
        program: "apt",
        valued: "-o -t -c",
        levels: [
            "list show search policy depends rdepends",
            "clean autoclean update download changelog",
            "",
            "",
        ],
    },
    Verbs {
        program: "apt-mark",
        valued: "",
        levels: ["showhold showauto showmanual", "hold unhold auto manual", "", ""],
    },
    Verbs {
        program: "yum",
        valued: "",
        levels: ["list info search repolist check-update provides history", "makecache", "clean", ""],
    },
    Verbs {
        program: "dnf",
        valued: "",
        levels: [
            "list info search repolist check-update provides history repoquery",
            "makecache",
            "clean",
            "",
        ],
    },
    Verbs { program: "apk", valued: "", levels: ["info list search policy stats version", "update", "", ""] },
    Verbs {
        program: "snap",
        valued: "",
        levels: ["list info find services changes version", "start restart", "", ""],
    },
    Verbs { program: "pip", valued: "", levels: ["list show freeze check", "", "", ""] },
    Verbs {
        program: "git",
        valued: "-C -c --git-dir --work-tree",
        levels: [
            "status log diff show blame describe rev-parse ls-files ls-remote shortlog reflog grep cat-file",
            "fetch clone add commit init",
            "pull checkout switch merge rebase stash push cherry-pick revert restore tag branch remote",
            "clean filter-branch gc",
        ],
    },
    Verbs {
        program: "zfs",
        valued: "",
        levels: [
            "list get holds diff version",
            "snapshot hold bookmark",
            "set create mount unmount rename send clone promote release inherit",
            "destroy rollback receive recv",
        ],
    },
    Verbs {
        program: "zpool",
        valued: "",
        levels: [
            "status list get iostat history events version",
            "scrub clear online",
            "offline attach import export set trim resilver upgrade add reopen",
            "destroy detach labelclear create remove replace split",
        ],
    },
    Verbs {
        program: "restic",
        valued: "-r --repo --password-file",
        levels: [
            "snapshots stats ls find diff list version check cat",
            "backup",
            "restore mount unlock",
            "forget prune rewrite",
        ],
    },
    Verbs {
        program: "borg",
        valued: "",
        levels: [
            "list info diff check",
            "create",
            "extract mount umount break-lock",
            "prune delete compact recreate",
        ],
    },
    Verbs {
        program: "snapraid",
        valued: "-c --conf",
        levels: ["status smart list diff dup devices up", "scrub check touch", "sync down", "fix"],
    },
    Verbs {
        program: "kubectl",
        valued: "-n --namespace --context --kubeconfig",
        levels: [
            "get describe logs top version explain cluster-info api-resources events",
            "apply create scale label annotate rollout",
            "exec drain cordon uncordon edit patch replace",
            "delete",
        ],
    },
    Verbs { program: "tailscale", valued: "", levels: ["status ip netcheck ping version whois", "", "", ""] },
    Verbs {
        program: "loginctl",
        valued: "",
        levels: ["list-sessions list-users show-session show-user session-status user-status", "", "", ""],
    },
    Verbs {
        program: "timedatectl",
        valued: "",
        levels: ["status show list-timezones timesync-status show-timesync", "", "", ""],
    },
    Verbs {
        program: "resolvectl",
        valued: "",
        levels: ["status query statistics dns domain", "flush-caches", "", ""],
    },
    Verbs { program: "networkctl", valued: "", levels: ["status list lldp", "reload renew", "", ""] },
    Verbs { program: "nft", valued: "", levels: ["list", "", "", "flush"] },
    Verbs { program: "ceph", valued: "", levels: ["status health df -s", "", "", ""] },
    Verbs { program: "chronyc", valued: "", levels: ["tracking sources sourcestats activity", "", "", ""] },
    Verbs {
        program: "virsh",
        valued: "-c --connect",
        levels: [
            "list dominfo domstate nodeinfo dumpxml domblklist domiflist",
            "start resume",
            "",
            "destroy undefine vol-delete snapshot-delete",
        ],
    },
    Verbs { program: "certbot", valued: "", levels: ["certificates", "", "", "delete revoke"] },
    Verbs {
        program: "openssl",
        valued: "",
        levels: ["s_client x509 verify version ciphers dgst", "", "", ""],
    },
];

/// Whether `name` stands in a list of names.
pub(super) fn lists(list: &str, name: &str) -> bool {
    list.split_whitespace().any(|one| one == name)
}

impl Verbs {
    /// The verb among the words behind the program, and its level.
    pub(super) fn level(&self, words: &[&str]) -> (String, Level) {
        let mut plain = Vec::new();
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            if lists(self.valued, word) {
                let _value = rest.next();
            } else if !word.starts_with('-') {
                plain.push(*word);
            }
        }
        let one = plain.first().copied().unwrap_or_default();
        let two = plain.get(1).map_or_else(String::new, |second| format!("{one}/{second}"));
        for verb in [two.as_str(), one] {
            let found = self.levels.iter().position(|verbs| !verb.is_empty() && lists(verbs, verb));
            if let Some(level) = found {
                let level = [Level::L0, Level::L1, Level::L2, Level::L3].get(level).copied();
                return (verb.replace('/', " "), level.unwrap_or(Level::L2));
            }
        }
        (one.to_owned(), Level::L2)
    }
}
