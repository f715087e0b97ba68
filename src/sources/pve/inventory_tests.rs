use super::*;
use crate::domain::guest::GuestId;

const ANSWER: &str = r#"[
    {"id":"node/pve1","node":"pve1","type":"node","status":"online","level":"","uptime":812345,"cpu":0.0712,
     "maxcpu":16,"mem":24159191040,"maxmem":67385085952,"disk":11811160064,"maxdisk":100861726720,"cgroup-mode":2},
    {"id":"node/pve2","node":"pve2","type":"node","status":"offline"},
    {"id":"qemu/100","vmid":100,"name":"media01","node":"pve1","type":"qemu","status":"running","template":0,
     "uptime":402211,"disk":0,"maxdisk":34359738368,"lock":"backup","tags":"prod;media"},
    {"id":"lxc/210","vmid":"210","node":"pve2","type":"lxc","status":"unknown","template":"0","uptime":"0"},
    {"id":"qemu/900","vmid":900,"name":"tmpl\u001b[31m","node":"pve1","type":"qemu","status":"stopped","template":1},
    {"id":"storage/pve1/pbs","storage":"pbs","node":"pve1","type":"storage","plugintype":"pbs",
     "status":"available","shared":1,"content":"backup","disk":1319413953331,"maxdisk":5497558138880},
    {"id":"storage/pve2/pbs","storage":"pbs","node":"pve2","type":"storage","plugintype":"pbs",
     "status":"unknown","shared":1,"content":"backup"},
    {"id":"storage/pve1/local","storage":"local","node":"pve1","type":"storage","plugintype":"dir",
     "status":"available","shared":"0","content":"iso,backup,vztmpl","disk":"1","maxdisk":4},
    {"id":"storage/pve2/local","storage":"local","node":"pve2","type":"storage","plugintype":"dir",
     "status":"unknown","shared":0,"content":"iso"},
    {"id":"sdn/pve1/localnetwork","sdn":"localnetwork","node":"pve1","type":"sdn","status":"ok"},
    {"id":"/pool/x","pool":"x","type":"pool"}
]"#;

fn read(text: &str) -> Vec<Resource> {
    serde_json::from_str(text).expect("resources")
}

#[test]
fn guests_are_read_in_every_form() {
    let guests = guests(&read(ANSWER));
    let told: Vec<String> = guests
        .iter()
        .map(|guest| {
            let Guest { id, name, node, state, template, tags, lock, uptime, .. } = guest;
            format!("{id} {name:?} {node} {state} {template} {} {lock:?} {uptime:?}", tags.join("+"))
        })
        .collect();
    assert_eq!(
        told,
        [
            "vm/100 \"media01\" pve1 running false prod+media \"backup\" Some(402211)",
            "vm/900 \"tmpl\" pve1 stopped true  \"\" None",
            "ct/210 \"\" pve2 unknown false  \"\" None",
        ]
    );
    assert!(guests.is_sorted_by_key(|guest| guest.id), "guests are found by identity");
    assert_eq!(guests.first().map(|guest| guest.id), GuestId::of("vm", "100"));
}

#[test]
fn a_storage_of_an_absent_node_is_no_trouble_of_its_own() {
    let resources = read(ANSWER);
    let nodes = nodes(&resources);
    assert_eq!(nodes.iter().map(|node| node.online).collect::<Vec<_>>(), [Some(true), Some(false)]);
    let told: Vec<String> = storages(&resources, &nodes)
        .iter()
        .map(|one| format!("{}@{} {} {} {:?}", one.name, one.node, one.active, one.backups, one.used))
        .collect();
    assert_eq!(told, ["local@pve1 true true Some(1)", "pbs@ true true Some(1319413953331)"]);
}

#[test]
fn a_shared_storage_that_one_node_cannot_use_names_the_node() {
    let answer = ANSWER.replace("offline", "online");
    let resources = read(&answer);
    let storages = storages(&resources, &nodes(&resources));
    let pbs = storages.iter().find(|one| &*one.name == "pbs").expect("the storage");
    assert_eq!((pbs.active, &*pbs.node), (false, "pve2"));
    assert_eq!(pbs.used, Some(1_319_413_953_331), "the other node still knows how full it is");
    assert!(storages.iter().any(|one| &*one.name == "local" && &*one.node == "pve2" && !one.active));
}
