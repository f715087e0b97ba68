//! From what is selected to what belongs to it: the backups of its guest, a note in its incident.

use chrono::{DateTime, Utc};

use super::{App, scene};
use crate::border::Effect;
use crate::clock::Now;
use crate::domain::backup::BackupGroup;
use crate::domain::correlate::{self, Owner};
use crate::domain::feed::SourceKind;
use crate::domain::sites;
use crate::domain::store::{SourceState, Store};
use crate::domain::subject::Subject;
use crate::incident::{Record, Stage};
use crate::ui::layers::incidents::{Meant, Step};
use crate::ui::panes::runbook::about;
use crate::ui::scene::Scene;
use crate::ui::theme::Role;

impl App {
    /// Opens the backups at that of the guest which is selected, or which the detail is about.
    pub(super) fn show_backups(&mut self, now: Now) {
        let Some(subject) = self.subject_over(now) else { return };
        let Some(found) = backup_of(&subject, &self.known.store, now.wall) else {
            return self.notify("no backup of this is known", Role::Muted, now);
        };
        self.open_view("backups");
        let at = self.places().iter().position(|place| place.pane == "backups");
        if let Some((focus, at)) = self.focus.get_mut(self.view).zip(at) {
            *focus = at;
        }
        let scene = Scene { whole: true, ..scene(&self.known, self.frozen.as_ref(), &self.look, now) };
        if let Some(slot) = self.panes.get_mut("backups") {
            slot.pane.refresh(&scene);
            let _hidden_by_a_filter = slot.pane.list_mut().is_some_and(|list| !list.select(&found));
        }
    }

    /// Takes a note as soon as the incidents are known that it may belong to.
    pub(super) fn note_about(&mut self) -> Vec<Effect> {
        self.upkeep.noting = true;
        vec![Effect::RecallAll]
    }

    /// Takes a note in the newest incident that is not closed and is about what is meant; where there is
    /// none, one is started.
    pub(super) fn note_in_newest(&mut self, meant: &Meant, now: Now) {
        let kept = self.known.records.iter().filter(|(_, entries)| !entries.is_empty());
        let fits = kept.filter_map(|(name, entries)| {
            let record = Record::of(entries.clone());
            let is_it = record.stage() != Stage::Closed && meant.alerts.iter().all(|alert| record.has(alert));
            is_it.then(|| (record.entries.first().map(|entry| entry.at), name.clone()))
        });
        let step = fits.max().map_or(Step::Start, |(_, incident)| Step::Note(incident));
        let _nothing_yet = self.step_incident(step, meant, now);
        self.dirty = true;
    }
}

/// The backup of the guest that something is about.
fn backup_of(subject: &Subject, store: &Store, now: DateTime<Utc>) -> Option<Subject> {
    if let Subject::Backup { .. } = subject {
        return Some(subject.clone());
    }
    let (mut labels, _) = about::of_subject(subject, store);
    if let Subject::Service(name) = subject {
        let service = store.thresholds.services.iter().find(|service| service.name == *name)?;
        let guest = service.backup.as_deref().or(service.guest.as_deref())?;
        labels = [("guest", guest)].into_iter().collect();
    }
    let host = labels.get("host").and_then(|host| store.thresholds.hosts.0.get(host));
    let vmid = host.and_then(|host| host.vmid).map(|vmid| vmid.to_string());
    let also = vmid.map(|vmid| [("vmid", vmid.as_str())].into_iter().collect());
    let is_of = |group| {
        correlate::names(&labels, group) || also.as_ref().is_some_and(|also| correlate::names(also, group))
    };
    // Another site may have a guest of the same number; its server may keep a copy of this one.
    let site = about::site_of(subject, store);
    let is_owned = |source: &SourceState, group: &BackupGroup| {
        let owner = correlate::owner(store, source, &group.id, now);
        sites::meet(&source.apart, site)
            || matches!(owner, Owner::Guest(pve, _) if sites::meet(&pve.apart, site))
    };
    let (near, far): (Vec<_>, Vec<_>) =
        store.of(SourceKind::Pbs).partition(|source| sites::meet(&source.apart, site));
    near.into_iter().chain(far).find_map(|source| {
        let mut groups = source.data.groups.iter();
        let group = groups.find(|group| is_of(group) && is_owned(source, group))?;
        Some(Subject::Backup { source: source.id.clone(), group: group.id.clone() })
    })
}
