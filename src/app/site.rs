//! Sites: one of them alone on the screen, or all of them in one.

use std::sync::Arc;

use super::App;
use crate::border::Effect;
use crate::clock::Now;
use crate::ui::palette::{Choice, Order};
use crate::ui::scene::{Piece, piece};
use crate::ui::theme::Role;

impl App {
    /// The sites, for the palette, where there are several.
    pub(super) fn sites(&self) -> Vec<Choice> {
        if self.look.sites.len() < 2 {
            return Vec::new();
        }
        let one = |site: &Arc<str>| {
            let what = match self.known.store.thresholds.titles.get(site) {
                Some(title) => format!("{title} alone"),
                None => "This site alone".to_owned(),
            };
            Choice::new(format!("site {site}"), what, Order::Site(Some(Arc::clone(site))))
        };
        let stem = Choice::stem("site", "Show one site alone, or all of them");
        let all = Choice::new("site all", "All sites in one", Order::Site(None));
        [stem, all].into_iter().chain(self.look.sites.iter().map(one)).collect()
    }

    /// Has this site shown alone, or all of them.
    pub(super) fn show_site(&mut self, site: Option<Arc<str>>, now: Now) -> Vec<Effect> {
        if site == self.look.site {
            self.notify("that is what is shown", Role::Muted, now);
            return Vec::new();
        }
        let told = site.as_ref().map_or_else(|| "all sites".to_owned(), |site| format!("site {site}"));
        self.notify(format!("going to {told}"), Role::Info, now);
        vec![Effect::Site(site)]
    }

    /// Says that the config was read, and of which site.
    pub(super) fn tell_reloaded(&mut self, now: Now) {
        let told = match &self.look.site {
            Some(site) => format!("the config was read: site {site} alone, `:site all` shows every one"),
            None if self.look.sites.len() > 1 => {
                format!("the config was read: all {} sites", self.look.sites.len())
            }
            None => "the config was read again".to_owned(),
        };
        self.notify(told, Role::Ok, now);
    }

    /// What the verdict line says where not every site is judged: what it does not cover may burn.
    pub(super) fn site_note(&self) -> Vec<Piece> {
        match &self.look.site {
            Some(site) if self.look.sites.len() > 1 => {
                vec![piece(format!("only {} ", self.known.store.title(site)), Role::Accent)]
            }
            _ => Vec::new(),
        }
    }
}
