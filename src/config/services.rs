//! `[services.NAME]` and `[[layers]]`: what people ask about, and in which order the lab comes up.

use std::sync::Arc;

use crate::domain::layer::Layer;
use crate::domain::service::Service;
use crate::settings::Table;
use crate::text::sanitise;

/// Reads `[services.NAME]`.
pub(super) fn services(root: &Table<'_>) -> Vec<Service> {
    root.named("services").into_iter().map(|(name, table)| service(&name, &table)).collect()
}

fn service(name: &str, table: &Table<'_>) -> Service {
    let word = |key: &str| table.get_with(key, word);
    let service = Service {
        name: plain(name),
        probe: word("probe"),
        guest: word("guest"),
        host: word("host"),
        mounts: table.get_with("mounts", paths).unwrap_or_default(),
        backup: word("backup"),
        depends: names(table, "depends"),
    };
    if ["probe", "guest", "host"].iter().all(|key| !table.has(key)) {
        table.fault("probe", "is missing: say by `probe`, `guest` or `host` how the service is known");
    }
    if table.has("mounts") && !table.has("host") {
        table.fault("mounts", "needs `host`: whose mount points they are");
    }
    service
}

/// Reads `[[layers]]`.
pub(super) fn layers(root: &Table<'_>) -> Vec<Layer> {
    root.list("layers").iter().map(layer).collect()
}

fn layer(table: &Table<'_>) -> Layer {
    let pairs = |key: &str, is_good: fn(&str) -> bool, expected: &str| {
        let pair = |text: &String| {
            let (host, rest) = text.split_once(':')?;
            (!host.is_empty() && is_good(rest)).then(|| (plain(host), plain(rest)))
        };
        let read = |all: Vec<String>| {
            all.iter().map(pair).collect::<Option<Vec<_>>>().ok_or_else(|| expected.to_owned())
        };
        table.get_with(key, read).unwrap_or_default()
    };
    let (is_path, is_unit) = (|path: &str| path.starts_with('/'), |unit: &str| unit.ends_with(".automount"));
    let (mounts, units) = (
        "host and mount point, such as \"vm102:/mnt/disk1\"",
        "host and unit, such as \"lxc210:mnt-data.automount\"",
    );
    let layer = Layer {
        name: table.require::<String>("name").map(|name| plain(&name)).unwrap_or_default(),
        hosts: names(table, "hosts"),
        guests: names(table, "guests"),
        mounts: pairs("mounts", is_path, mounts),
        automounts: pairs("automounts", is_unit, units),
        probes: names(table, "probes"),
        targets: names(table, "targets"),
    };
    let keys = ["hosts", "guests", "mounts", "automounts", "probes", "targets"];
    if keys.iter().all(|key| !table.has(key)) {
        table.fault("name", format!("the layer needs nothing: give it one of {}", keys.join(", ")));
    }
    layer
}

fn names(table: &Table<'_>, key: &str) -> Vec<Arc<str>> {
    let all = table.get_with(key, |all: Vec<String>| all.into_iter().map(word).collect::<Result<_, _>>());
    all.unwrap_or_default()
}

#[expect(clippy::needless_pass_by_value, reason = "what reads a key takes its value whole")]
fn word(text: String) -> Result<Arc<str>, String> {
    if text.trim().is_empty() { Err("a name".to_owned()) } else { Ok(plain(text.trim())) }
}

#[expect(clippy::needless_pass_by_value, reason = "what reads a key takes its value whole")]
fn paths(all: Vec<String>) -> Result<Vec<Arc<str>>, String> {
    if all.iter().all(|path| path.starts_with('/')) {
        Ok(all.iter().map(|path| plain(path)).collect())
    } else {
        Err("a list of mount points, each beginning with `/`".to_owned())
    }
}

fn plain(text: &str) -> Arc<str> {
    sanitise(text).into()
}
