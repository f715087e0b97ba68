//! Where the panes stand, and which of them has the focus.

use super::App;
use crate::action::Action;
use crate::clock::Now;
use crate::keymap::Context;
use crate::ui::panes::{self, Pane};
use crate::ui::theme::Role;
use crate::ui::view::{Place, View};

impl App {
    pub(super) fn current(&self) -> Option<&View> {
        self.look.views.get(self.view)
    }

    /// Where the panes of the view stand, whatever is zoomed.
    pub(super) fn places(&self) -> Vec<Place> {
        let body = self.body();
        self.current().map_or_else(Vec::new, |view| view.arrange(body))
    }

    /// Where the panes stand that are shown: all of the view, or the one that has the whole screen.
    pub(super) fn shown(&self) -> Vec<Place> {
        let places = self.places();
        if !self.zoomed {
            return places;
        }
        let body = self.body();
        let place = places.get(self.focus_at(&places));
        place.map(|place| Place { area: body, ..place.clone() }).into_iter().collect()
    }

    /// Which of the shown panes has the focus.
    pub(super) fn focus_at(&self, places: &[Place]) -> usize {
        self.focus.get(self.view).copied().unwrap_or(0).min(places.len().saturating_sub(1))
    }

    /// Whether the panes have room, and need not be brief.
    pub(super) const fn is_whole(&self) -> bool {
        self.view != 0 || self.zoomed || self.is_wall()
    }

    pub(super) fn move_focus(&mut self, by: isize) {
        let places = self.places();
        let count = isize::try_from(places.len()).unwrap_or(1).max(1);
        let at = isize::try_from(self.focus_at(&places)).unwrap_or(0);
        if let Some(focus) = self.focus.get_mut(self.view) {
            *focus = usize::try_from((at + by).rem_euclid(count)).unwrap_or(0);
        }
    }

    /// Gives the pane with the focus more or less of the screen.
    pub(super) fn resize(&mut self, action: Action, now: Now) {
        let (name, width) = (self.pane_name(), self.body().width);
        let view = self.look.views.get_mut(self.view);
        if !view.is_some_and(|view| view.resize(width, name, action)) {
            self.notify("nothing beside it has room to give or take", Role::Muted, now);
        }
    }

    /// The name of the pane with the focus.
    pub(super) fn pane_name(&self) -> &'static str {
        let places = self.places();
        let focused = places.get(self.focus_at(&places));
        let name = focused.map_or("alerts", |place| &place.pane);
        panes::NAMES.iter().find(|have| **have == name).copied().unwrap_or("alerts")
    }

    /// Filters the panes of the view as its layout says, where the operator has not; what the layout before
    /// said goes.
    pub(super) fn lay_filters(&mut self) {
        let wanted = self.current().map(|view| view.filters.clone()).unwrap_or_default();
        let before = std::mem::replace(&mut self.laid, wanted.clone());
        for (pane, filter) in before {
            let slot = self.panes.get_mut(pane.as_str()).filter(|slot| slot.pane.filter().0 == filter);
            if let Some(slot) = slot {
                slot.pane.set_filter("");
            }
        }
        for (pane, filter) in wanted {
            let slot = self.panes.get_mut(pane.as_str()).filter(|slot| slot.pane.filter().0.is_empty());
            if let Some(slot) = slot {
                slot.pane.set_filter(&filter);
            }
        }
    }

    pub(super) fn focused(&mut self) -> Option<&mut Box<dyn Pane>> {
        let name = self.pane_name();
        self.panes.get_mut(name).map(|slot| &mut slot.pane)
    }

    pub(super) fn context(&self) -> Context {
        self.panes.get(self.pane_name()).map_or(Context::Global, |slot| slot.pane.context())
    }
}
