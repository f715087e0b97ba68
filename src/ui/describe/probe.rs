//! What was found at a door.

use super::{Description, Prose};
use crate::domain::feed::{Feed, SourceId};
use crate::domain::probe::Probe;
use crate::domain::store::SourceState;
use crate::ui::panes::STALE;
use crate::ui::scene::Scene;
use crate::ui::widgets::sign;

/// The probe of this name, and who looked.
fn find<'s>(source: &SourceId, name: &str, scene: &Scene<'s>) -> Option<(&'s SourceState, &'s Probe)> {
    let source = scene.store.source(source)?;
    Some((source, source.data.probes.iter().find(|probe| &*probe.name == name)?))
}

pub(super) fn of_probe(source: &SourceId, name: &str, scene: &Scene<'_>) -> Option<Description> {
    let (source, probe) = find(source, name, scene)?;
    let now = scene.wall();
    let health = probe.door().max(probe.certificate(now));
    let sign = if source.is_fresh(Feed::Probes, now) { sign::of_health(health) } else { STALE };
    let mut text = vec![
        Prose::plain(format!("{} {}", probe.name, probe.word())),
        Prose::Blank,
        Prose::pair("looked by", format!("{} from this machine", source.id)),
        Prose::pair("how", probe.kind.as_ref()),
        Prose::pair("where", &*probe.address),
        Prose::pair("found", &*probe.text),
        Prose::pair("since", scene.times.since(probe.since, now)),
    ];
    if let Some(end) = probe.certificate_end {
        text.push(Prose::pair("certificate", format!("ends {}", scene.times.short(end, now))));
    }
    if !probe.wanted {
        text.push(Prose::Blank);
        text.push(Prose::plain("It must not be reached from here: `open = false` in the config."));
    }
    Some(Description { sign: Some(sign), name: probe.name.to_string(), text })
}
