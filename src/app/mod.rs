//! The state of the screen, and what happens to it. `update` is a pure function of a message and a
//! time: no I/O, no clock, nothing spawned; what is to be done it returns as effects.

mod act;
mod actions;
mod annotate;
mod announce;
mod armed;
mod asks;
mod bell;
mod bookmarks;
mod draw;
mod exercise;
mod follow;
mod footer;
mod hints;
mod incidents;
mod maintain;
mod mouse;
mod order;
mod past;
mod places;
mod practice;
mod records;
mod related;
mod runs;
mod saves;
mod seen;
mod settled;
mod setup;
mod site;
mod strip;
mod upkeep;
mod wall;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ratatui::layout::Rect;

use crate::border::{Effect, Msg, Notify};
use crate::clock::Now;
use crate::domain::answers::Answers;
use crate::domain::exercise::Course;
use crate::domain::feed::{FeedState, SourceKind};
use crate::domain::log::RingLimits;
use crate::domain::slo::Ledger;
use crate::domain::store::{Expected, Relating, Store};
use crate::domain::verdict::Verdict;
use crate::incident::Entry;
use crate::keymap::{self, Keymap};
use crate::link::Links;
use crate::runbooks::desk::Desk;
use crate::ui::glyphs::Glyphs;
use crate::ui::layers::Layer;
use crate::ui::layers::history::History;
use crate::ui::layers::sheet::{Matter, Sheet};
use crate::ui::panes::{PANES, Pane};
use crate::ui::scene::Scene;
use crate::ui::theme::{Role, Theme};
use crate::ui::times::Times;
use crate::ui::view::{Shortcut, Views};

pub use setup::Setup;

/// How things are shown.
#[derive(Debug)]
struct Look {
    theme: Theme,
    glyphs: Glyphs,
    keymap: Keymap,
    views: Views,
    bookmarks: Vec<Shortcut>,
    times: Times,
    /// What else may be chosen as `theme`.
    themes: Vec<Theme>,
    /// The sites of the config, and the one of them that is shown alone.
    sites: Vec<Arc<str>>,
    site: Option<Arc<str>>,
    banner: Option<String>,
    writes: armed::Writes,
    /// A recording is played.
    replays: bool,
    /// How the operator is told of something new that is critical.
    notify: Notify,
    /// The mouse is heeded.
    mouse: bool,
    /// The addresses on the screen that the terminal may open.
    links: Links,
    /// Who is at the keyboard, as far as is known: offered where somebody is to be named.
    operator: Arc<str>,
}

/// What is known, and what it comes to.
#[derive(Debug)]
struct Known {
    store: Store,
    verdict: Verdict,
    /// What was asked beside the feeds.
    answers: Answers,
    /// What is known of the samples of each objective, by its name.
    ledgers: BTreeMap<Arc<str>, Ledger>,
    /// The runbooks.
    desk: Desk,
    /// What was recorded, incident by incident.
    records: BTreeMap<String, Vec<Entry>>,
    /// What was run here, and runs.
    going: runs::Going,
    /// How often each kind of source has said something, so that only what changed is redone.
    said: BTreeMap<SourceKind, u64>,
    /// How every feed stood a second ago.
    states: Vec<FeedState>,
    /// The verdict is older than what is known.
    unjudged: bool,
    /// The verdict was found away from the loop.
    is_judged_elsewhere: bool,
}

/// What was known when the screen was frozen.
#[derive(Debug)]
struct Frozen {
    store: Store,
    verdict: Verdict,
    at: Now,
}

/// A pane, and up to what it has seen.
struct Slot {
    pane: Box<dyn Pane>,
    seen: Option<u64>,
}

/// A word to the operator, in the place of the footer.
#[derive(Debug)]
struct Notice {
    text: String,
    role: Role,
    until: Duration,
}

/// Rows stay where they are for so long after a key.
const HOLD: Duration = Duration::from_secs(1);

/// Hints that nobody acts on go away, so that they hide nothing for long.
const HINTS: Duration = Duration::from_secs(30);

/// A frozen screen thaws by itself, lest somebody takes it for the present.
const THAW: Duration = Duration::from_mins(10);

/// The dashboard.
pub struct App {
    known: Known,
    look: Look,
    frozen: Option<Frozen>,
    panes: BTreeMap<&'static str, Slot>,
    /// Which view is open.
    view: usize,
    /// Which pane has the focus, view by view.
    focus: Vec<usize>,
    zoomed: bool,
    /// The drill that is under way.
    course: Option<Course>,
    layers: Vec<Box<dyn Layer>>,
    notice: Option<Notice>,
    held_until: Duration,
    /// How large the screen was when it was last drawn.
    screen: Rect,
    dirty: bool,
    /// What lay on top when the screen was last drawn.
    confirmable: seen::Seen,
    /// How many deeds were let be done.
    calls: u64,
    /// What the last of them comes to, in a few words.
    doing: String,
    /// The expectation that the store was made for.
    expected: (Vec<Expected>, RingLimits),
    /// On a wall: which views in turn, and whose turn it is.
    wall: Option<wall::Shown>,
    /// The lines that were asked for by name, the newest first.
    recent: Vec<String>,
    /// What was rung for.
    bell: bell::Bell,
    /// The edge between panes that the mouse took hold of.
    edge: Option<mouse::Edge>,
    /// The filters that the layout of the view set.
    laid: Vec<(String, String)>,
    /// Lines are being written into a file.
    saving: bool,
    /// Until when the keys of the place are shown, if no key is pressed before.
    hints: Option<Duration>,
    /// Which view of what happened is open, and when the journal was last read for it.
    looking: Option<(&'static str, Duration)>,
    /// What was written down of maintenance.
    followed: maintain::Followed,
    /// What is done unasked.
    upkeep: upkeep::Upkeep,
}

impl std::fmt::Debug for App {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("App")
            .field("view", &self.view)
            .field("layers", &self.layers.len())
            .finish_non_exhaustive()
    }
}

fn scene<'a>(known: &'a Known, frozen: Option<&'a Frozen>, look: &'a Look, now: Now) -> Scene<'a> {
    let (store, verdict, now) = match frozen {
        Some(frozen) => (&frozen.store, &frozen.verdict, frozen.at),
        None => (&known.store, &known.verdict, now),
    };
    Scene {
        store,
        verdict,
        answers: &known.answers,
        desk: &known.desk,
        runs: &known.going.runs,
        record: known.record(),
        theme: &look.theme,
        keymap: &look.keymap,
        links: &look.links,
        times: look.times,
        now,
        focused: false,
        whole: false,
        held: false,
        selected: None,
    }
}

impl App {
    /// A screen that waits for its sources.
    pub fn new(mut setup: Setup) -> Self {
        setup.views = setup::views(&setup);
        let look = setup.look();
        let mut store = Store::new(setup.sources.clone(), setup.thresholds, setup.ring);
        store.take_clocks(setup.clocks);
        (store.drills, store.exercised) = (setup.drills, setup.exercised);
        (store.looked, store.maintained, store.routines) = (setup.looked, setup.maintained, setup.routines);
        (store.queries, store.boots) = (setup.queries, setup.boots);
        let panes = PANES.iter().map(|(name, _, make)| (*name, Slot { pane: make(), seen: None }));
        let view = setup.views.iter().position(|view| view.name == setup.view).unwrap_or(0);
        let mut app = Self {
            known: Known {
                store,
                verdict: Verdict::default(),
                answers: Answers::default(),
                ledgers: BTreeMap::new(),
                desk: Desk::new(setup.lore, setup.hosts),
                records: BTreeMap::new(),
                going: runs::Going::default(),
                said: BTreeMap::new(),
                states: Vec::new(),
                unjudged: true,
                is_judged_elsewhere: false,
            },
            focus: vec![0; setup.views.len()],
            look,
            frozen: None,
            panes: panes.collect(),
            view,
            zoomed: false,
            course: setup.exercise,
            layers: Vec::new(),
            notice: None,
            held_until: Duration::ZERO,
            screen: Rect::new(0, 0, 80, 24),
            dirty: true,
            confirmable: seen::Seen::default(),
            calls: 0,
            doing: String::new(),
            expected: (setup.sources, setup.ring),
            wall: setup.wall.map(wall::Shown::new),
            recent: setup.recent,
            bell: bell::Bell::default(),
            edge: None,
            laid: Vec::new(),
            saving: false,
            hints: None,
            looking: None,
            followed: maintain::Followed::default(),
            upkeep: upkeep::Upkeep::new(setup.wanted),
        };
        app.lay_filters();
        app
    }

    /// Who is at the keyboard, as far as is known.
    pub fn operator(&self) -> &str {
        &self.look.operator
    }

    /// The addresses that the cells of its frames stand for.
    pub const fn links(&self) -> &Links {
        &self.look.links
    }

    /// What is known.
    pub const fn store(&self) -> &Store {
        &self.known.store
    }

    /// The verdict on it.
    pub fn verdict(&mut self, now: Now) -> &Verdict {
        self.judge(now);
        &self.known.verdict
    }

    /// All panes are to look again.
    fn forget_seen(&mut self) {
        (self.known.unjudged, self.known.is_judged_elsewhere) = (true, false);
        self.dirty = true;
        for slot in self.panes.values_mut() {
            slot.seen = None;
        }
    }

    /// Says a word to the operator, in the place of the footer.
    pub fn tell(&mut self, text: impl Into<String>, now: Now) {
        self.notify(text, Role::Info, now);
    }

    /// Takes a message and says what is to be done.
    pub fn update(&mut self, msg: Msg, now: Now) -> Vec<Effect> {
        if matches!(msg, Msg::Key(_) | Msg::Pointed(_)) {
            self.want_no_more();
        }
        match msg {
            Msg::Key(key) => return self.key(keymap::normal(key), now),
            Msg::Paste(text) => return self.paste(&text, now),
            Msg::Pointed(pointed) => return self.pointed(pointed, now),
            Msg::Focus(_) => {}
            Msg::Resize { width, height } => {
                self.screen = Rect::new(0, 0, width, height);
                // What was drawn may no longer be on it.
                self.confirmable = seen::Seen::default();
                self.dirty = true;
            }
            Msg::Observed { source, feed, result, took } => {
                let taken = self.known.store.observe(&source, feed, result, took, now.wall);
                if taken.changed {
                    self.hear(source.kind);
                }
                if taken.joined {
                    self.hear(SourceKind::Alertmanager);
                }
                return self.heard(taken.relating, now);
            }
            Msg::Computed { number, related: found } => {
                let next = self.take_related(number, found.as_deref(), now);
                return self.heard(next, now);
            }
            Msg::Answered { slot, id, result } => {
                self.answered(&slot, id, result, now);
                return self.look_at_runbook(now);
            }
            Msg::Shelved(read) => self.shelved(read, now),
            Msg::Remembered { incident, entries } => self.remembered(&incident, entries),
            Msg::Incidents(kept) => self.list_incidents(kept, now),
            Msg::Unrecorded(why) => self.unrecorded(why),
            Msg::Done { id, result } => {
                return self.kept_up(id, &result, now).unwrap_or_else(|| self.done(&result, now));
            }
            Msg::Saving { lines, share } => self.hear_saving(lines, share, now),
            Msg::Saved(result) => self.hear_saved(result, now),
            Msg::Journal { ran, torn } => self.layers.push(Box::new(History::new(ran, torn))),
            Msg::Past(ran) => self.take_past(ran),
            Msg::Unread(why) => self.notify(why, Role::Warning, now),
            Msg::Ran { id, told } => return self.ran(id, told, now),
            Msg::Placed(placed) => self.placed(placed, now),
            Msg::Reloaded(Ok(())) => self.tell_reloaded(now),
            Msg::Reloaded(Err(faults)) => {
                self.layers.push(Box::new(Sheet::new(Matter::Faults(faults))));
                self.dirty = true;
            }
            Msg::Jumped => {
                self.known.store.doubt();
                self.look.writes.disarm();
                self.forget_seen();
                return vec![Effect::Refresh(None)];
            }
            Msg::Terminate => return vec![Effect::Quit],
            Msg::Tick => {
                let ticked = self.tick(now);
                self.known.desk.hear_hosts(&self.known.store);
                self.known.desk.diagnose(&self.known.store, now.wall);
                let kept = self.keep_up(now);
                return [kept, ticked, self.look_at_runbook(now)].concat();
            }
        }
        Vec::new()
    }

    /// A source of this kind has said something new.
    fn hear(&mut self, kind: SourceKind) {
        *self.known.said.entry(kind).or_default() += 1;
        self.known.unjudged = true;
        self.dirty = true;
    }

    /// What follows when something new is known: what is to be found of it, opened, looked at, rung for.
    fn heard(&mut self, relating: Option<Relating>, now: Now) -> Vec<Effect> {
        self.open_wanted(now);
        let looked = self.look_at_runbook(now);
        [related(relating), looked, self.ring(now)].concat()
    }

    fn tick(&mut self, now: Now) -> Vec<Effect> {
        if self.frozen.as_ref().is_some_and(|frozen| now.mono.saturating_sub(frozen.at.mono) >= THAW) {
            self.frozen = None;
            self.forget_seen();
            self.notify("thawed after 10 minutes", Role::Info, now);
        }
        self.notice.take_if(|notice| notice.until <= now.mono);
        self.turn(now);
        let exercised = self.follow_exercise(now);
        // Ages grow, and what was fresh becomes stale.
        let states = self.known.store.states(now.wall);
        let same = self.known.states == states;
        self.known.states = states;
        self.known.unjudged = true;
        self.dirty = true;
        for slot in self.panes.values_mut().filter(|slot| !same || slot.pane.ages()) {
            slot.seen = None;
        }
        exercised.into_iter().chain(related(self.known.store.rejudge(!same, now.wall))).collect()
    }

    fn notify(&mut self, text: impl Into<String>, role: Role, now: Now) {
        self.notice = Some(Notice { text: text.into(), role, until: now.mono + Duration::from_secs(4) });
        self.dirty = true;
    }
}

/// What is to be found elsewhere, as an effect.
fn related(relating: Option<Relating>) -> Vec<Effect> {
    relating.into_iter().map(|relating| Effect::Compute(Box::new(relating))).collect()
}
