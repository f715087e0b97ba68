//! On which host a command of the document is meant to run, and how that is known.

use std::collections::BTreeMap;

use serde::Serialize;

use super::group::{Entry, Group, groups};
use super::model::{Lang, Place, Procedure, Runbook};
use super::segment::Ssh;
use super::shell::{self, commands};

/// How the host of a command is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Provenance {
    /// The command itself names it: `ssh host "command"`.
    Explicit,
    /// `ssh host` stands above it.
    Switched,
    /// A hint of the owner names it.
    Annotation,
    /// What stands before it in the same list runs there.
    Inherited,
    /// Its program is at home there.
    Inferred,
    /// It is the host of the alert.
    Target,
    /// It asks over the network, from here.
    Local,
    /// Nothing tells.
    Unknown,
}

/// The host that the document means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meant {
    /// It is named.
    Named(Ssh),
    /// By what it is there for.
    Role(&'static str),
    /// By a hint: a role, a name or an address.
    Hint(String),
    /// The alert's.
    Target,
    /// This one.
    Local,
}

/// A group and where it belongs.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The group.
    pub group: Group,
    /// The host that is meant; `None` when nothing tells.
    pub meant: Option<Meant>,
    /// How that is known.
    pub provenance: Provenance,
    /// Which login it belongs to: what is set in one is not set in another.
    pub session: usize,
}

/// The groups of one block after another, with their hosts.
#[derive(Debug, Default)]
pub struct Walk {
    /// Where the last block of a list ended.
    carried: BTreeMap<String, Ssh>,
    /// The alert names a host.
    has_target: bool,
}

impl Walk {
    /// A walk that has seen nothing yet; whether the alert names a host.
    pub fn new(has_target: bool) -> Self {
        Self { has_target, ..Self::default() }
    }

    /// The groups of the next block.
    pub fn block(&mut self, place: &Place<'_>) -> Vec<Placed> {
        let list = match (place.scenario, place.step) {
            (Some(scenario), _) => format!("scenario {}", scenario.label),
            (None, Some(step)) => format!("{:?}", step.role),
            (None, None) => String::new(),
        };
        let mut inherited = self.carried.get(&list).cloned();
        let mut switch: Option<Ssh> = None;
        let mut inferred: Option<Meant> = None;
        let mut session = 0;
        let mut placed = Vec::new();
        for entry in groups(&place.block.text) {
            match entry {
                Entry::Switch(ssh) => {
                    switch = Some(ssh);
                    session += 1;
                }
                Entry::Leave => {
                    switch = None;
                    inherited = None;
                    session += 1;
                }
                Entry::Group(group) => {
                    let own = infer(&group.text);
                    let hint = place.block.annotations.host.clone();
                    let (meant, provenance) = match (&group.ssh, &switch, hint, &inherited, own, &inferred) {
                        (Some(ssh), ..) => (Some(Meant::Named(ssh.clone())), Provenance::Explicit),
                        (_, Some(ssh), ..) => (Some(Meant::Named(ssh.clone())), Provenance::Switched),
                        (_, _, Some(hint), ..) => (Some(Meant::Hint(hint)), Provenance::Annotation),
                        (_, _, _, Some(ssh), ..) => (Some(Meant::Named(ssh.clone())), Provenance::Inherited),
                        (_, _, _, _, Some(Meant::Local), _) => (Some(Meant::Local), Provenance::Local),
                        (_, _, _, _, Some(own), _) => {
                            inferred = Some(own.clone());
                            (Some(own), Provenance::Inferred)
                        }
                        (_, _, _, _, None, Some(before)) => (Some(before.clone()), Provenance::Inherited),
                        _ if self.has_target => (Some(Meant::Target), Provenance::Target),
                        _ => (None, Provenance::Unknown),
                    };
                    placed.push(Placed { group, meant, provenance, session });
                }
            }
        }
        if let Some(ssh) = switch {
            self.carried.insert(list, ssh);
        }
        placed
    }
}

/// Programs that are at home on one host.
const HOMES: [(&str, &str); 14] = [
    ("qm", "proxmox"),
    ("pct", "proxmox"),
    ("pvesh", "proxmox"),
    ("pvesm", "proxmox"),
    ("pvecm", "proxmox"),
    ("pveversion", "proxmox"),
    ("vzdump", "proxmox"),
    ("qmrestore", "proxmox"),
    ("ha-manager", "proxmox"),
    ("/var/log/vzdump/", "proxmox"),
    ("/etc/pve/", "proxmox"),
    ("proxmox-backup-manager", "pbs"),
    ("/etc/proxmox-backup/", "pbs"),
    ("promtool", "prometheus"),
];

/// Programs that ask another host over the network.
const ASKING: [&str; 11] =
    ["curl", "ping", "ping6", "nc", "traceroute", "tracepath", "mtr", "dig", "nslookup", "host", "amtool"];

/// Programs that only shorten what another says.
const FILTERS: [&str; 10] = ["grep", "head", "tail", "jq", "sort", "uniq", "wc", "cut", "tr", "column"];

/// The host that a command's program or files belong to.
fn infer(text: &str) -> Option<Meant> {
    let script = shell::lex(text);
    let mut asks = false;
    let mut is_here = !shell::nested(&script.tokens).is_empty();
    for command in commands(&script.tokens, text) {
        let words: Vec<String> = command.said(text).into_iter().map(|said| said.text).collect();
        let program =
            words.iter().find(|word| *word != "sudo" && !word.starts_with('-')).cloned().unwrap_or_default();
        for word in &words {
            let is_program = *word == program || words.iter().any(|word| word == "watch");
            let inner = if is_program { word.split_whitespace().next().unwrap_or_default() } else { "" };
            let home = HOMES
                .iter()
                .find(|(name, _)| if name.starts_with('/') { word.contains(name) } else { inner == *name });
            if let Some((_, role)) = home {
                return Some(Meant::Role(role));
            }
            let is_path = word.contains("/prometheus/")
                || word.contains("/prometheus.service")
                || word.ends_with("/prometheus");
            let is_unit = matches!(program.as_str(), "systemctl" | "service" | "journalctl")
                && matches!(word.as_str(), "prometheus" | "prometheus.service");
            let is_port = word.contains("localhost:9090") || word.contains("127.0.0.1:9090");
            if is_path && !word.contains("://") || is_unit || is_port {
                return Some(Meant::Role("prometheus"));
            }
            is_here |= ["localhost", "127.0.0.1", "[::1]"].iter().any(|here| word.contains(here));
        }
        let asks_now = ASKING.contains(&program.as_str());
        let is_quiet = words.first() == Some(&program)
            && (asks_now || FILTERS.contains(&program.as_str()))
            && !command.redirects.iter().any(shell::Redirect::writes)
            && !(program == "curl" && words.iter().any(|word| writes_a_file(word)));
        // What does more than ask is not taken for local: it might be meant for another host.
        is_here |= !is_quiet;
        asks |= asks_now;
    }
    (asks && !is_here).then_some(Meant::Local)
}

/// Whether an option of curl writes a file, here.
fn writes_a_file(word: &str) -> bool {
    let is_short = word.starts_with('-') && !word.starts_with("--");
    is_short && word.contains(['o', 'O', 'K'])
        || ["--output", "--remote-name", "--config"].iter().any(|long| word.starts_with(long))
}

/// The hosts on which the document itself runs the programs of a role, by role: only where it is
/// always the same one.
pub fn homes(runbook: &Runbook) -> BTreeMap<&'static str, Ssh> {
    let mut found: BTreeMap<&'static str, Vec<Ssh>> = BTreeMap::new();
    for place in runbook.procedures.iter().flat_map(Procedure::blocks) {
        if place.block.lang != Lang::Shell {
            continue;
        }
        for placed in Walk::default().block(&place) {
            if let (Some(Meant::Named(ssh)), Provenance::Switched, Some(Meant::Role(role))) =
                (placed.meant, placed.provenance, infer(&placed.group.text))
            {
                let known = found.entry(role).or_default();
                if !known.contains(&ssh) {
                    known.push(ssh);
                }
            }
        }
    }
    found
        .into_iter()
        .filter(|(_, all)| all.len() == 1)
        .filter_map(|(role, mut all)| Some((role, all.pop()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_have_homes() {
        for (text, expected) in [
            ("qm status 100", Some(Meant::Role("proxmox"))),
            ("sudo qm status 100", Some(Meant::Role("proxmox"))),
            ("watch -n 5 'qm status 100'", Some(Meant::Role("proxmox"))),
            ("tail -f /var/log/vzdump/100.log", Some(Meant::Role("proxmox"))),
            ("proxmox-backup-manager datastore list", Some(Meant::Role("pbs"))),
            ("promtool check config x", Some(Meant::Role("prometheus"))),
            ("sudo cat /etc/systemd/system/prometheus.service | grep x", Some(Meant::Role("prometheus"))),
            ("sudo systemctl stop prometheus", Some(Meant::Role("prometheus"))),
            ("sudo systemctl restart node_exporter", None),
            ("curl http://localhost:9100/metrics | head", None),
            ("curl http://10.0.0.21:9100/metrics", Some(Meant::Local)),
            ("curl http://10.0.0.21/prometheus/x", Some(Meant::Local)),
            ("amtool silence query", Some(Meant::Local)),
            ("ping -c 4 10.0.0.21", Some(Meant::Local)),
            ("curl http://x/install.sh | sudo sh", None),
            ("curl -fsSLo /usr/bin/x http://x/y", None),
            ("curl http://x > /etc/y", None),
            ("curl http://x && rm -rf y", None),
            ("sudo ping -c 1 h", None),
            ("curl -s http://x | jq .y | head -1", Some(Meant::Local)),
            ("echo qm", None),
            ("uptime", None),
        ] {
            assert_eq!(infer(text), expected, "{text}");
        }
    }
}
