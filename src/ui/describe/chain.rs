//! A link of the chain as a text: all that was checked of it.

use super::{Description, when};
use crate::domain::chain;
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::prose::Prose;
use crate::ui::widgets::sign;

pub fn of_link(from: &str, to: &str, scene: &Scene<'_>) -> Option<Description> {
    let links = chain::links(scene.store, scene.wall());
    let link = links.iter().find(|link| &*link.from == from && &*link.to == to)?;
    let mut told = Vec::new();
    for check in &link.checks {
        let sign = sign::of_health(check.state);
        let mut line = vec![piece(format!("{} ", sign.glyph), sign.role), piece(&check.text, Role::Text)];
        if let Some(since) = check.since {
            line.push(piece(format!("  since {}", when(since, scene)), Role::Muted));
        }
        told.push(Prose::Line(line));
    }
    if chain::first_broken(&links) == Some(link) {
        told.push(Prose::Blank);
        told.push(Prose::plain("This is the first link in trouble: what lies behind it may be its doing."));
    }
    Some(Description { sign: Some(sign::of_health(link.state)), name: format!("{from} > {to}"), text: told })
}
