//! What a dashboard is made with.

use std::sync::Arc;

use crate::border::Notify;
use crate::domain::clocks::Clocks;
use crate::domain::drill::Drill;
use crate::domain::log::RingLimits;
use crate::domain::store::Expected;
use crate::domain::thresholds::Thresholds;
use crate::domain::wanted::Wanted;
use crate::keymap::Keymap;
use crate::ui::glyphs::Glyphs;
use crate::ui::theme::{self, Theme};
use crate::ui::times::Zone;
use crate::ui::view::{self, Views};
use crate::ui::wall::Wall;

/// What the screen is made with.
#[derive(Clone, Debug)]
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
    /// In which zone times are shown.
    pub zone: Zone,
    /// A line that says what this is not: the demo lab says so.
    pub banner: Option<String>,
    /// Nothing is written to any server.
    pub read_only: bool,
    /// A recording is played.
    pub replays: bool,
    /// How the operator is told of something new that is critical.
    pub notify: Notify,
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
    /// What was asked for by name before, the newest first.
    pub recent: Vec<String>,
    /// The restore drills that were kept.
    pub drills: Vec<Drill>,
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
            zone: Zone::default(),
            banner: None,
            read_only: false,
            replays: false,
            notify: Notify::default(),
            operator: Arc::default(),
            view: "bridge".to_owned(),
            wall: None,
            wanted: None,
            clocks: Clocks::default(),
            recent: Vec::new(),
            drills: Vec::new(),
            queries: Vec::new(),
        }
    }
}
