//! The nodes and storages of a hypervisor, in the detail of its source: each with its state in a word.

use wardroom::app::Setup;
use wardroom::domain::cluster::{Node, Storage};
use wardroom::domain::feed::{FailureKind, Feed, SourceKind};
use wardroom::domain::observation::Observation;
use wardroom::domain::store::Expected;

use super::desk::Desk;
use super::homelab::{self, failed, id, observed};

const PVE: SourceKind = SourceKind::Pve;
const GIB: u64 = 1 << 30;

fn node(name: &str, online: Option<bool>, room: Option<(u64, u64)>) -> Node {
    let uptime = online.filter(|online| *online).map(|_| 8 * 86_400);
    let (used, total) = room.unzip();
    Node { name: name.into(), online, uptime, used, total }
}

fn storage(name: &str, plugin: &str, place: &str, active: bool, room: Option<(u64, u64)>) -> Storage {
    let (used, total) = room.unzip();
    // Shared ones hold backups here.
    let backups = place.is_empty();
    Storage { name: name.into(), node: place.into(), plugin: plugin.into(), backups, active, used, total }
}

/// The homelab with a hypervisor that was heard, its detail open.
fn desk(size: (u16, u16)) -> Desk {
    let mut setup: Setup = homelab::setup();
    let feeds = vec![(Feed::Guests, 10.0)];
    setup.sources.push(Expected { id: id(PVE), feeds, ..setup.sources[0].clone() });
    let mut desk = Desk::new(setup, size);
    desk.hear(homelab::host_down());
    let seen = Observation::Inventory {
        guests: [].into(),
        nodes: [
            node("pve1", Some(true), Some((30 * GIB, 100 * GIB))),
            node("pve2", Some(false), None),
            node("pve3", None, None),
            node("pve4", Some(true), Some((97 * GIB, 100 * GIB))),
        ]
        .into(),
        storages: [
            storage("pbs", "pbs", "", true, Some((90 * GIB, 100 * GIB))),
            storage("nas", "nfs", "", false, None),
            storage("local-zfs", "zfspool", "pve1", true, Some((10 * GIB, 200 * GIB))),
        ]
        .into(),
        partial: None,
    };
    desk.hear([observed(PVE, Feed::Guests, vec![seen])]);
    desk.keys("3<tab>/pve<enter><enter>");
    desk
}

#[test]
fn every_node_and_storage_is_told_with_its_state_and_room() {
    let screen = desk((120, 40)).screen();
    let (_, told) = screen.split_once("Nodes").unwrap_or_else(|| panic!("no nodes:\n{screen}"));
    let line = |name: &str| {
        let found = told.lines().find(|line| line.contains(&format!(" {name} ")));
        found.unwrap_or_else(|| panic!("no {name}:\n{screen}")).to_owned()
    };
    for (name, told) in [
        ("pve1", &["online", "up for 8d", "root disk 30 %, 30G of 100G"][..]),
        ("pve2", &["offline"]),
        ("pve3", &["nobody can say whether it is up"]),
        ("pve4", &["online", "root disk 97 %"]),
        ("pbs", &["active", "90 %, 90G of 100G", "pbs, for backups"]),
        ("nas", &["offline", "nfs, for backups"]),
        ("local-zfs", &["active", "5 %, 10G of 200G", "zfspool on pve1"]),
    ] {
        let line = line(name);
        for word in told {
            assert!(line.contains(word), "{word} is not in {line:?}\n{screen}");
        }
    }
    assert!(told.contains("Storages"), "{screen}");
    assert!(!line("pve2").contains("online") && !line("nas").contains("active"), "{screen}");
}

#[test]
fn what_was_known_is_old_once_the_hypervisor_is_lost_and_all_of_it_can_be_read_at_every_size() {
    let mut lost = desk((120, 40));
    lost.hear([failed(PVE, Feed::Guests, FailureKind::Refused, "refused", "pve: connection refused")]);
    let screen = lost.screen();
    assert!(screen.contains("connection refused") && screen.contains("pve4"), "{screen}");
    for size in [(60, 12), (80, 24), (200, 60)] {
        let mut desk = desk(size);
        let mut seen = desk.screen();
        for _ in 0..20 {
            desk.keys("j");
            seen.push_str(&desk.screen());
        }
        for name in ["pve1", "pve2", "pve3", "pve4", "local-zfs"] {
            assert!(seen.contains(name), "{name} at {size:?}:\n{seen}");
        }
    }
}
