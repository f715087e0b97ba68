//! Copies that are kept elsewhere: what is left of a guest when its site is gone.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::backup::{BackupState, GroupId};
use super::correlate::{self, Owner};
use super::feed::{SourceId, SourceKind};
use super::store::{SourceState, Store};
use super::verdict::JudgedBackup;

/// Whether backups are somewhere else than what is at `home`: on a server of another site, or in a
/// place that is called so. Where nobody named the sites, names of places are all there is.
pub fn is_off_site(source: &SourceState, id: &GroupId, home: &str) -> bool {
    let elsewhere = !source.site.is_empty() && *source.site != *home;
    elsewhere || is_called_so(source, id)
}

fn is_called_so(source: &SourceState, id: &GroupId) -> bool {
    [&id.datastore, &id.namespace, &source.id.name].into_iter().any(|name| {
        let name = name.to_lowercase();
        name.contains("offsite") || name.contains("off-site")
    })
}

/// A good copy that is kept elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The server that has it.
    pub source: SourceId,
    /// Its datastore.
    pub datastore: Arc<str>,
    /// When the backup was made.
    pub at: DateTime<Utc>,
}

/// One group, and whose it is.
#[derive(Debug)]
struct Kept<'j> {
    judged: &'j JudgedBackup<'j>,
    /// The site of its guest, and its hypervisor, where that is known.
    owner: Option<&'j SourceState>,
}

/// Every guest's copies on backup servers, found by guest.
#[derive(Debug)]
pub struct Copies<'j> {
    by_guest: HashMap<(&'j str, &'j str), Vec<Kept<'j>>>,
    /// Whether there is a place at all that is elsewhere.
    any: bool,
}

impl<'j> Copies<'j> {
    /// Sorts what was judged by guest.
    pub fn of(judged: &'j [JudgedBackup<'j>], store: &'j Store, now: DateTime<Utc>) -> Self {
        let mut by_guest: HashMap<_, Vec<Kept<'j>>> = HashMap::new();
        // What two guests may share is nobody's copy.
        let known = judged.iter().filter(|one| {
            one.source.id.kind == SourceKind::Pbs && one.assessment.state != BackupState::Ambiguous
        });
        for one in known {
            let owner = match correlate::owner(store, one.source, &one.group.id, now) {
                Owner::Guest(pve, _) => Some(pve),
                _ => None,
            };
            let guest = (&*one.group.id.kind, &*one.group.id.id);
            by_guest.entry(guest).or_default().push(Kept { judged: one, owner });
        }
        let mut copies = Self { by_guest, any: false };
        let all = copies.by_guest.values().flatten();
        copies.any = all.clone().any(|one| copies.elsewhere(one).next().is_some());
        copies
    }

    /// Whether any place is elsewhere: without one, nothing is missing there.
    pub const fn any(&self) -> bool {
        self.any
    }

    /// The newest good copy of the same guest that is elsewhere; the group's own, if it is.
    pub fn newest(&self, of: &JudgedBackup<'_>) -> Option<Copy> {
        let kept = self.by_guest.get(&(&*of.group.id.kind, &*of.group.id.id))?;
        let own = kept
            .iter()
            .find(|one| one.judged.source.id == of.source.id && one.judged.group.id == of.group.id)?;
        let copies = self.elsewhere(own).filter_map(|one| {
            let judged = one.judged;
            let at = judged.group.last_good()?.at;
            let datastore = Arc::clone(&judged.group.id.datastore);
            Some(Copy { source: judged.source.id.clone(), datastore, at })
        });
        copies.max_by_key(|copy| copy.at)
    }

    /// The groups of the same guest that are elsewhere than it. The same VMID of another hypervisor,
    /// or under another name, is another guest.
    fn elsewhere<'c>(&'c self, own: &'c Kept<'j>) -> impl Iterator<Item = &'c Kept<'j>> {
        let group = own.judged.group;
        let home = own.owner.map_or(&*own.judged.source.site, |pve| &*pve.site);
        let all = self.by_guest.get(&(&*group.id.kind, &*group.id.id)).into_iter().flatten();
        let same = move |one: &&Kept<'j>| {
            let hypervisor = match (own.owner, one.owner) {
                (Some(own), Some(other)) => own.id == other.id,
                _ => true,
            };
            let (name, other) = (&group.guest, &one.judged.group.guest);
            hypervisor && (name.eq_ignore_ascii_case(other) || name.is_empty() || other.is_empty())
        };
        all.filter(same).filter(move |one| is_off_site(one.judged.source, &one.judged.group.id, home))
    }
}

#[cfg(test)]
#[path = "off_site_tests.rs"]
mod tests;
