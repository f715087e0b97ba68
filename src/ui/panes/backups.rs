//! The backups: one row per guest, the riskiest first, with the reason when one is late.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::listed::Rows;
use crate::domain::backup::{
    BackupGroup, BackupState, Expectation, Plan, Reason, Took, Unreadable, Verification,
};
use crate::domain::datastore::Datastore;
use crate::domain::drill;
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::health::Health;
use crate::domain::off_site::Copies;
use crate::domain::sites;
use crate::domain::store::{SourceState, Store};
use crate::domain::subject::Subject;
use crate::domain::verdict::{judged_backups, starved};
use crate::text;
use crate::ui::filter::Hay;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::columns::{Column, EXTRA};
use crate::ui::widgets::sign::{self, Sign};
use crate::ui::widgets::spark::spark;
use crate::ui::widgets::table::{Item, Row};

/// They give way from the last rank to the first.
const COLUMNS: [Column; 15] = [
    Column::text("group", 0, 14, 24),
    Column::text("guest", 1, 6, 22),
    Column::number("age / RPO", 1, 11),
    Column::word("state", 3, 10),
    Column::text("reason", 2, 16, 40),
    Column::number("last good", EXTRA, 12),
    Column::word("verified", EXTRA + 1, 19),
    Column::number("size", EXTRA + 2, 11),
    Column::word("", EXTRA + 3, TREND),
    Column::number("next", EXTRA + 4, 12),
    Column::text("job", EXTRA + 5, 5, 16),
    Column::number("took", EXTRA + 6, 11),
    Column::text("kept on", EXTRA + 7, 7, 24),
    Column::number("off-site", EXTRA + 8, 8),
    Column::number("restored", EXTRA + 9, 8),
];

/// So many sizes make a trend.
const TREND: u16 = 7;

/// A size or a time that grew or shrank by this factor is remarkable.
const REMARKABLE: f64 = 1.5;

/// A guest's row, or what could not be read.
#[derive(Debug)]
pub struct Entry {
    subject: Subject,
    /// `vm/102`, or the datastore that cannot be read.
    name: String,
    group: Option<BackupGroup>,
    sign: Sign,
    health: Health,
    reason: String,
    /// A full datastore is why it failed.
    starved: bool,
    /// What there is is good, and a run after it failed.
    failed_since: bool,
    /// The newest copy that is kept elsewhere.
    away: Away,
    expect: Expectation,
    plan: Plan,
    took: Option<Took>,
    place: String,
    stale: bool,
}

/// What of a guest is kept off the site.
#[derive(Clone, Copy, Debug)]
enum Away {
    /// No place is off the site.
    Nowhere,
    /// There is such a place, and nothing good of the guest is in it.
    Missing,
    /// The newest good copy there is of that time.
    At(DateTime<Utc>),
}

impl Hay for Entry {
    fn text(&self) -> Cow<'_, str> {
        let guest = self.group.as_ref().map_or("", |group| &*group.guest);
        format!("{} {guest} {} {} {}", self.name, self.sign.word, self.reason, self.place).into()
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        let group = self.group.as_ref()?;
        match name {
            "guest" => Some(Cow::from(&*group.guest)),
            "datastore" => Some(Cow::from(&*group.id.datastore)),
            "namespace" => Some(Cow::from(&*group.id.namespace)),
            "type" => Some(Cow::from(&*group.id.kind)),
            "id" => Some(Cow::from(&*group.id.id)),
            "owner" => Some(Cow::from(&*group.owner)),
            "state" => Some(self.sign.word.into()),
            _ => None,
        }
    }
}

impl Item for Entry {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> Sign {
        self.sign
    }
}

/// The pane's rows.
#[derive(Debug)]
pub struct Backups;

impl Rows for Backups {
    type Entry = Entry;

    const TITLE: &'static str = "Backups";
    const KIND: SourceKind = SourceKind::Pbs;
    const MADE_OF: &'static [SourceKind] =
        &[SourceKind::Pbs, SourceKind::Pve, SourceKind::Files, SourceKind::Prometheus];
    const FEED: Feed = Feed::Snapshots;
    const COLUMNS: &'static [Column] = &COLUMNS;
    const NOTHING: &'static str = "no backup group is readable with this token";

    fn entries(store: &Store, now: DateTime<Utc>) -> Vec<Entry> {
        entries(store, now)
    }

    fn row(entry: &Entry, scene: &Scene<'_>) -> Row {
        row(entry, scene)
    }

    fn counts(entries: &[Entry], scene: &Scene<'_>) -> (Vec<Piece>, Vec<Piece>) {
        let counts = scene.verdict.counts;
        let (good, all) = (counts.backups_ok, counts.backups);
        if all == 0 {
            return (Vec::new(), Vec::new());
        }
        let told = |text: String, since: String| {
            [piece(text, Role::Muted), piece(since, Role::Warning)]
                .into_iter()
                .filter(|piece| !piece.0.is_empty())
                .collect()
        };
        let (long, short) = match entries.iter().filter(|entry| entry.failed_since).count() {
            0 => Default::default(),
            since => (format!(", {since} failed since"), format!(", {since} failed")),
        };
        (told(format!("{good} of {all} good"), long), told(format!("{good}/{all}"), short))
    }
}

fn entries(store: &Store, now: DateTime<Utc>) -> Vec<Entry> {
    let judged = judged_backups(store, now);
    let filling: Vec<Entry> = store
        .of(SourceKind::Pbs)
        .flat_map(|source| source.data.datastores.iter().map(move |one| (source, one)))
        .filter_map(|(source, one)| {
            filling(source, one, starved(&judged, source, &one.name).count(), store, now)
        })
        .collect();
    let copies = Copies::of(&judged, store, now);
    let rows = judged.iter().map(|judged| Entry {
        subject: Subject::Backup { source: judged.source.id.clone(), group: judged.group.id.clone() },
        name: judged.group.id.to_string(),
        group: Some(judged.group.clone()),
        sign: sign::of_backup(judged.assessment.state, judged.assessment.health),
        health: judged.assessment.health,
        reason: judged.assessment.reason.to_string(),
        starved: matches!(judged.assessment.reason, Reason::NoRoom(..)),
        failed_since: matches!(judged.assessment.reason, Reason::FailedSince(_)),
        away: match copies.newest(judged) {
            Some(copy) => Away::At(copy.at),
            None if copies.any() => Away::Missing,
            None => Away::Nowhere,
        },
        expect: judged.expect,
        plan: judged.plan.clone(),
        took: judged.took(),
        place: place(&judged.group.id.datastore, &judged.group.id.namespace),
        stale: !judged.source.knows_backups(now),
    });
    let unreadable = store
        .of(SourceKind::Pbs)
        .flat_map(|source| source.data.unreadable.iter().map(move |denied| closed(source, denied)));
    let mut all: Vec<Entry> = filling.into_iter().chain(rows).chain(unreadable).collect();
    tell_apart(&mut all, store);
    // Stable. A full datastore and what failed for it stand together. Exempt guests are fine, and
    // nobody looks for them: they come last.
    all.sort_by_key(|entry| {
        let alone = !entry.starved && entry.group.is_some();
        (std::cmp::Reverse(entry.health), entry.sign.word == "exempt", alone)
    });
    all
}

/// Gives what is called alike at several sites its site.
fn tell_apart(all: &mut [Entry], store: &Store) {
    let at = |entry: &Entry| match &entry.subject {
        Subject::Backup { source, .. } | Subject::Datastore { source, .. } => store.site_of(source),
        _ => "",
    };
    let named: Vec<(String, &str)> = all.iter().map(|entry| (entry.name.clone(), at(entry))).collect();
    let shared = sites::shared(named.iter().map(|(name, site)| (&**name, *site)));
    for (entry, (name, site)) in all.iter_mut().zip(&named) {
        if shared.contains(&**name) {
            entry.name = sites::beside(name, site);
        }
    }
}

/// A datastore that is full, or will be soon, and how many backups failed for that.
fn filling(
    source: &SourceState,
    datastore: &Datastore,
    failed: usize,
    store: &Store,
    now: DateTime<Utc>,
) -> Option<Entry> {
    // One that does not say how full it is stands among what cannot be read.
    let share = datastore.share().filter(|_| source.is_fresh(Feed::Datastores, now))?;
    let limits = &store.thresholds.fill;
    let health = datastore.health(limits, now);
    if health == Health::Ok {
        return None;
    }
    let soon = datastore.full_at.filter(|at| *at - now < limits.warn_within);
    let soon = soon.map(|at| format!(", full in {}", text::age(at - now))).unwrap_or_default();
    let failed = match failed {
        0 => String::new(),
        1 => ", a backup failed for it".to_owned(),
        failed => format!(", {failed} backups failed for it"),
    };
    Some(Entry {
        subject: Subject::Datastore { source: source.id.clone(), name: datastore.name.clone() },
        name: datastore.name.to_string(),
        group: None,
        sign: Sign { word: "full", ..sign::of_health(health) },
        health,
        reason: format!("{:.0} % full{soon}{failed}", share * 100.0),
        starved: false,
        failed_since: false,
        away: Away::Nowhere,
        expect: Expectation::default(),
        plan: Plan::Unknown,
        took: None,
        place: datastore.name.to_string(),
        stale: false,
    })
}

/// What cannot be read: it was closed by somebody, it is gone, or the token may not.
fn closed(source: &SourceState, denied: &Unreadable) -> Entry {
    let store = source.data.datastores.iter().find(|store| store.name == denied.datastore);
    let (state, health, reason) = match store.map(|store| (&store.maintenance, &store.error)) {
        Some((Some(why), _)) => (BackupState::Exempt, Health::Ok, format!("maintenance: {why}")),
        Some((None, Some(why))) => (BackupState::Failed, Health::Critical, format!("offline: {why}")),
        _ => (BackupState::Unknown, Health::Unknown, format!("not readable: {}", denied.reason)),
    };
    Entry {
        subject: Subject::Datastore { source: source.id.clone(), name: denied.datastore.clone() },
        name: place(&denied.datastore, &denied.namespace),
        group: None,
        sign: sign::of_backup(state, health),
        health,
        reason,
        starved: false,
        failed_since: false,
        away: Away::Nowhere,
        expect: Expectation::default(),
        plan: Plan::Unknown,
        took: None,
        place: denied.datastore.to_string(),
        stale: false,
    }
}

fn place(datastore: &str, namespace: &str) -> String {
    if namespace.is_empty() { datastore.to_owned() } else { format!("{datastore}:{namespace}") }
}

fn row(entry: &Entry, scene: &Scene<'_>) -> Row {
    let now = scene.wall();
    let quiet = entry.sign.role == Role::Muted;
    let plain = if quiet { Role::Muted } else { Role::Text };
    let group = entry.group.as_ref();
    let good = group.and_then(BackupGroup::last_good);
    let age = match (good, group) {
        _ if quiet => String::new(),
        (Some(good), _) => format!("{} / {}", text::age(now - good.at), text::age(entry.expect.rpo)),
        (None, Some(_)) => format!("– / {}", text::age(entry.expect.rpo)),
        (None, None) => String::new(),
    };
    let mut cells = vec![
        piece(entry.name.clone(), plain),
        piece(group.map_or("", |group| &*group.guest), plain),
        piece(age, plain),
        piece(entry.sign.word, entry.sign.role),
        piece(entry.reason.clone(), if entry.failed_since { Role::Warning } else { plain }),
    ];
    if scene.whole {
        cells.push(piece(good.map_or_else(String::new, |good| scene.times.short(good.at, now)), Role::Muted));
        cells
            .extend(group.map_or_else(|| vec![piece("", Role::Muted); 3], |group| kept(group, entry, scene)));
        cells.extend(made(entry, scene));
        cells.push(piece(entry.place.clone(), Role::Muted));
        cells.push(off_site(entry, now));
        cells.push(restored(entry, scene));
    }
    cells.resize(COLUMNS.len(), piece("", Role::Muted));
    Row { sign: entry.sign, cells, stale: entry.stale }
}

/// What is kept: verification, size, and how the size went.
fn kept(group: &BackupGroup, entry: &Entry, scene: &Scene<'_>) -> Vec<Piece> {
    let now = scene.wall();
    let verified = match (group.newest().and_then(|newest| newest.verification), group.last_verified()) {
        (Some(Verification::Failed(at)), _) => {
            piece(format!("failed {}", scene.times.since(at, now)), Role::Critical)
        }
        (_, Some(verified)) => verified.verified().map_or_else(Default::default, |at| {
            let old = now - at > entry.expect.verify_max_age;
            let role = if old && entry.sign.role != Role::Muted { Role::Warning } else { Role::Muted };
            piece(format!("ok {}", scene.times.since(at, now)), role)
        }),
        (_, None) => piece(if group.snapshots.is_empty() { "" } else { "never" }, Role::Muted),
    };
    let size = group.newest().map_or_else(String::new, |newest| text::bytes(newest.size));
    let sizes: Vec<f64> = group.sizes(TREND.into()).map(|size| size as f64).collect();
    vec![verified, changed(size, group.growth()), piece(spark(&sizes), Role::Muted)]
}

/// How old the newest copy is that is kept elsewhere.
fn off_site(entry: &Entry, now: DateTime<Utc>) -> Piece {
    match entry.away {
        Away::At(at) => piece(text::age(now - at), Role::Muted),
        Away::Missing if entry.sign.role != Role::Muted => piece("none", Role::Warning),
        _ => piece("", Role::Muted),
    }
}

/// When somebody last tried to restore it.
fn restored(entry: &Entry, scene: &Scene<'_>) -> Piece {
    let Subject::Backup { source, group } = &entry.subject else { return piece("", Role::Muted) };
    let Some(last) = drill::last(&scene.store.drills, source, group) else {
        return piece("never", Role::Muted);
    };
    let (now, every) = (scene.wall(), scene.store.thresholds.drill_every);
    let overdue = now - last.at > every;
    piece(text::age(now - last.at), if overdue { Role::Warning } else { Role::Muted })
}

/// How it is made: the next run, its job, and how long the last took.
fn made(entry: &Entry, scene: &Scene<'_>) -> [Piece; 3] {
    let now = scene.wall();
    let (job, next) = match &entry.plan {
        Plan::Scheduled(job, next) => {
            (&**job, next.map_or_else(String::new, |next| scene.times.short(next, now)))
        }
        Plan::Disabled(job) | Plan::Skipped(job) => (&**job, String::new()),
        Plan::NoJob => ("none", String::new()),
        Plan::Unknown => ("", String::new()),
    };
    let took = entry
        .took
        .map_or_else(|| piece("", Role::Muted), |took| changed(text::age_of(Some(took.last)), took.growth));
    [piece(next, Role::Muted), piece(job, Role::Muted), took]
}

/// A measure, and by which factor it changed when that is remarkable.
fn changed(measure: String, growth: Option<f64>) -> Piece {
    match growth {
        Some(factor) if factor >= REMARKABLE || factor <= 1.0 / REMARKABLE => {
            piece(format!("x{factor:.1} {measure}"), Role::Warning)
        }
        _ => piece(measure, Role::Muted),
    }
}
