//! What a dashboard is made with.

use std::sync::Arc;

use crate::domain::clocks::Clocks;
use crate::domain::drill::Drill;
use crate::domain::host::Inventory;
use crate::domain::log::RingLimits;
use crate::domain::store::Expected;
use crate::domain::thresholds::Thresholds;
use crate::domain::wanted::Wanted;
use crate::keymap::Keymap;
use crate::runbooks::lore::Lore;
use crate::ui::glyphs::Glyphs;
use crate::ui::theme::Theme;
use crate::ui::times::Zone;
use crate::ui::view::{self, Views};

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
    /// Who is at the keyboard: offered where somebody is to be named.
    pub operator: Arc<str>,
    /// The name of the first view.
    pub view: String,
    /// The alert whose detail is opened as soon as it is there.
    pub wanted: Option<Wanted>,
    /// The response clocks that were kept.
    pub clocks: Clocks,
    /// What the config says about runbooks.
    pub lore: Lore,
    /// The operator's hosts.
    pub hosts: Inventory,
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
            glyphs: Glyphs::default(),
            keymap: Keymap::default(),
            views: view::embedded(),
            zone: Zone::default(),
            banner: None,
            read_only: false,
            operator: Arc::default(),
            view: "bridge".to_owned(),
            wanted: None,
            clocks: Clocks::default(),
            lore: Lore::default(),
            hosts: Inventory::default(),
            drills: Vec::new(),
            queries: Vec::new(),
        }
    }
}
