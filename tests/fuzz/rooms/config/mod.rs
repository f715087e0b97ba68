//! The tables of a config that need neither a server nor a pane.

#[path = "../../../../src/config/due.rs"]
mod due;
#[path = "../../../../src/config/hosts.rs"]
mod hosts;
#[path = "../../../../src/config/services.rs"]
mod services;
#[path = "../../../../src/config/slo.rs"]
mod slo;

use crate::keymap::Keymap;
use crate::settings::{Document, Fault};
use crate::ui::times::Zone;

/// Reads a config's text: its keys, if they mean one thing each, and all faults.
pub fn read(text: &str) -> (Option<Keymap>, Vec<Fault>) {
    let document = Document::new("fuzz.toml", text);
    let keymap = document.read(|root| {
        let zone = root.table("ui").and_then(|ui| ui.get_with("zone", |name: String| name.parse::<Zone>()));
        let _hosts = hosts::hosts(root).guests();
        let _dates = due::dates(root, zone.unwrap_or_default());
        let _services = (services::services(root), services::layers(root));
        let _goals = slo::goals(root);
        Keymap::default().with(root)
    });
    let faults = document.faults();
    (keymap.filter(|_| faults.is_empty()), faults)
}
