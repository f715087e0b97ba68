//! What a dashboard is made with.

use std::sync::Arc;

use super::armed::Writes;
use super::{App, Look, related};
use crate::border::{Effect, Notify};
use crate::clock::Now;
use crate::domain::bookmark::Bookmark;
use crate::domain::clocks::Clocks;
use crate::domain::digest::Looked;
use crate::domain::drill::Drill;
use crate::domain::exercise::{Course, Exercised};
use crate::domain::host::Inventory;
use crate::domain::layer::Boot;
use crate::domain::log::RingLimits;
use crate::domain::routine::Done;
use crate::domain::slo::Window;
use crate::domain::store::{Expected, Store};
use crate::domain::thresholds::Thresholds;
use crate::domain::wanted::Wanted;
use crate::keymap::Keymap;
use crate::link::Links;
use crate::runbooks::lore::Lore;
use crate::ui::glyphs::Glyphs;
use crate::ui::theme::{self, Theme};
use crate::ui::times::{Times, Zone};
use crate::ui::view::{self, Shortcut, Views};
use crate::ui::wall::Wall;

/// What the screen is made with.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Setup {
    /// The sources that will be heard.
    pub sources: Vec<Expected>,
    /// The numbers that turn measurements into states.
    pub thresholds: Thresholds,
    /// How much of a tail is kept.
    pub ring: RingLimits,
    /// The colours.
    pub theme: Theme,
    /// What else may be chosen for them.
    pub themes: Vec<Theme>,
    /// Which signs may be drawn.
    pub glyphs: Glyphs,
    /// The keys.
    pub keymap: Keymap,
    /// The views.
    pub views: Views,
    /// Places with a name.
    pub bookmarks: Vec<Shortcut>,
    /// In which zone times are shown.
    pub zone: Zone,
    /// The sites of the config.
    pub sites: Vec<Arc<str>>,
    /// The one of them that is shown alone.
    pub site: Option<Arc<str>>,
    /// A line that says what this is not: the demo lab says so.
    pub banner: Option<String>,
    /// Nothing is written to any server.
    pub read_only: bool,
    /// Nothing is written before it is armed, and then for so long.
    pub arm: Option<std::time::Duration>,
    /// The drill that is to be done.
    pub exercise: Option<Course>,
    /// A recording is played.
    pub replays: bool,
    /// How the operator is told of something new that is critical.
    pub notify: Notify,
    /// The mouse is heeded.
    pub mouse: bool,
    /// The terminal is told what are addresses.
    pub links: bool,
    /// Who is at the keyboard: offered where somebody is to be named.
    pub operator: Arc<str>,
    /// The name of the first view.
    pub view: String,
    /// Nobody sits here: how it is shown then.
    pub wall: Option<Wall>,
    /// The alert whose detail is opened as soon as it is there.
    pub wanted: Option<Wanted>,
    /// The response clocks that were kept.
    pub clocks: Clocks,
    /// What the config says about runbooks.
    pub lore: Lore,
    /// The operator's hosts.
    pub hosts: Inventory,
    /// What was asked for by name before, the newest first.
    pub recent: Vec<String>,
    /// The restore drills that were kept.
    pub drills: Vec<Drill>,
    /// The drills on the demo lab that were done.
    pub exercised: Vec<Exercised>,
    /// The routines that were worked through.
    pub routines: Vec<Done>,
    /// The times in which maintenance was planned before.
    pub maintained: Vec<Window>,
    /// When the operator last looked at what had happened.
    pub looked: Option<Looked>,
    /// The starts of the lab that were kept, the newest last.
    pub boots: Vec<Boot>,
    /// The queries that were typed on other days, the newest last.
    pub queries: Vec<String>,
}

impl Default for Setup {
    /// No source, and all else as it is built in.
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            thresholds: Thresholds::default(),
            ring: RingLimits::default(),
            theme: Theme::default(),
            themes: theme::embedded(),
            glyphs: Glyphs::default(),
            keymap: Keymap::default(),
            views: view::embedded(),
            bookmarks: Vec::new(),
            zone: Zone::default(),
            sites: Vec::new(),
            site: None,
            banner: None,
            read_only: false,
            arm: None,
            exercise: None,
            replays: false,
            notify: Notify::default(),
            mouse: false,
            links: false,
            operator: Arc::default(),
            view: "bridge".to_owned(),
            wall: None,
            wanted: None,
            clocks: Clocks::default(),
            lore: Lore::default(),
            hosts: Inventory::default(),
            recent: Vec::new(),
            drills: Vec::new(),
            exercised: Vec::new(),
            maintained: Vec::new(),
            routines: Vec::new(),
            looked: None,
            boots: Vec::new(),
            queries: Vec::new(),
        }
    }
}

/// The views that are shown: all, or those of the wall.
pub(super) fn views(setup: &Setup) -> Views {
    setup.wall.as_ref().map_or_else(|| setup.views.clone(), |wall| wall.choose(&setup.views))
}

impl Setup {
    /// How things are shown.
    pub(super) fn look(&self) -> Look {
        Look {
            theme: self.theme.clone(),
            themes: self.themes.clone(),
            glyphs: self.glyphs,
            keymap: self.keymap.clone(),
            views: self.views.clone(),
            bookmarks: self.bookmarks.clone(),
            times: Times { zone: self.zone, absolute: false },
            sites: self.sites.clone(),
            site: self.site.clone(),
            banner: self.banner.clone(),
            writes: Writes::new(self.read_only, self.arm),
            replays: self.replays,
            notify: self.notify,
            mouse: self.mouse,
            links: if self.links && self.wall.is_none() { Links::on() } else { Links::default() },
            operator: Arc::clone(&self.operator),
        }
    }
}

impl Look {
    /// The places that were kept, and stand in no config.
    pub(super) fn kept(&self) -> impl Iterator<Item = &Bookmark> {
        self.bookmarks.iter().filter(|one| !one.is_own).map(|one| &one.bookmark)
    }

    /// Keeps a place, instead of one of the same name; `false` when that one stands in the config.
    pub(super) fn keep(&mut self, place: Bookmark) -> bool {
        let is_named = |one: &Shortcut| one.bookmark.name == place.name;
        if self.bookmarks.iter().any(|one| one.is_own && is_named(one)) {
            return false;
        }
        self.bookmarks.retain(|one| !is_named(one));
        self.bookmarks.push(Shortcut::kept(place));
        true
    }
}

impl App {
    /// Takes a new config. What is known stays, as far as the sources are the same; where one is
    /// on the screen stays too.
    pub fn reconfigure(&mut self, mut setup: Setup, now: Now) -> Vec<Effect> {
        setup.views = views(&setup);
        if let (Some(shown), Some(wall)) = (&mut self.wall, &setup.wall) {
            shown.wall = wall.clone();
        }
        let look = setup.look();
        let mut relating = None;
        if (&setup.sources, &setup.ring) == (&self.expected.0, &self.expected.1) {
            relating = self.known.store.take_thresholds(setup.thresholds, now.wall);
        } else {
            let store = Store::new(setup.sources.clone(), setup.thresholds, setup.ring);
            self.known.store = store.instead_of(&self.known.store);
            self.bell.begin_anew();
            self.expected = (setup.sources, setup.ring);
        }
        if self.known.desk.lore.files != setup.lore.files {
            self.known.desk.shelf = None;
        }
        (self.known.desk.lore, self.known.desk.hosts) = (setup.lore, setup.hosts);
        self.known.desk.replan();
        self.focus.resize(setup.views.len(), 0);
        // Where one is stays, also when other views come or go before it.
        let here = self.current().map(|view| view.name.clone());
        self.view = setup.views.iter().position(|view| Some(&view.name) == here.as_ref()).unwrap_or(0);
        // What was kept while the program runs stands in no config.
        let kept: Vec<Bookmark> = self.look.kept().cloned().collect();
        self.look = Look {
            times: Times { absolute: self.look.times.absolute, ..look.times },
            // Who has once said who they are is not asked again.
            operator: Arc::clone(&self.look.operator),
            writes: look.writes.after(self.look.writes),
            links: look.links.after(&self.look.links),
            ..look
        };
        for place in kept {
            let _stands_in_the_config = self.look.keep(place);
        }
        self.frozen = None;
        self.forget_seen();
        let mut effects = related(relating);
        effects.push(Effect::Mouse(self.look.mouse && !self.is_wall()));
        effects
    }
}
