//! The mouse, for who wants it: a click selects, a second one opens, the wheel scrolls, the edge between two
//! panes is dragged. It can do nothing that a key cannot, and nothing that changes anything.

use super::{App, HOLD};
use crate::action::Action;
use crate::border::{Effect, Pointed, Pointing};
use crate::clock::Now;
use crate::ui::panes;
use crate::ui::theme::Role;
use crate::ui::view::{Place, Side};
use crate::ui::widgets::frame::Border;

/// Lines that a turn of the wheel moves.
const TURN: usize = 3;

/// The edge of a pane that is dragged.
#[derive(Clone, Debug)]
pub(super) struct Edge {
    pane: String,
    side: Side,
}

impl App {
    /// Something was pasted: it is for what lies on top.
    pub(super) fn paste(&mut self, text: &str, now: Now) -> Vec<Effect> {
        if self.is_wall() {
            return Vec::new();
        }
        let outcome = self.layers.last_mut().and_then(|layer| layer.paste(text));
        outcome.map_or_else(Vec::new, |outcome| self.settle(self.layers.len() - 1, outcome, now))
    }

    /// Heeds the mouse, or no longer.
    pub(super) fn heed_mouse(&mut self, now: Now) -> Vec<Effect> {
        self.look.mouse = !self.look.mouse;
        let told = if self.look.mouse {
            "the mouse selects and scrolls; with Shift it selects text; mouse = true in [ui] keeps it"
        } else {
            "the mouse is your terminal's again"
        };
        self.notify(told, Role::Info, now);
        vec![Effect::Mouse(self.look.mouse)]
    }

    /// Something was pointed at.
    pub(super) fn pointed(&mut self, pointed: Pointed, now: Now) -> Vec<Effect> {
        if !self.look.mouse || self.is_wall() {
            return Vec::new();
        }
        self.dirty = true;
        self.hints = None;
        let turn = match pointed.how {
            Pointing::Drag => {
                self.drag(pointed);
                return Vec::new();
            }
            Pointing::Click => None,
            Pointing::Up => Some(Action::Up),
            Pointing::Down => Some(Action::Down),
        };
        self.edge = None;
        if !self.layers.is_empty() {
            // A click beside a dialogue must not answer it.
            let turns = turn.into_iter().flat_map(|turn| std::iter::repeat_n(turn, TURN));
            return turns.flat_map(|turn| self.perform(turn, now)).collect();
        }
        if turn.is_none() && !self.zoomed {
            self.edge = edge(&self.places(), pointed);
        }
        if self.edge.is_some() {
            return Vec::new();
        }
        let Some(place) = self.shown().into_iter().find(|place| contains(place, pointed)) else {
            return if pointed.row == 0 && turn.is_none() { self.act(Action::Why, now) } else { Vec::new() };
        };
        self.focus_on(&place);
        match turn {
            Some(turn) => (0..TURN).flat_map(|_| self.act(turn, now)).collect(),
            None if pointed.row == place.area.y => {
                self.open_own(&place);
                Vec::new()
            }
            None => self.click(&place, pointed.row, now),
        }
    }

    /// Moves the edge that was taken hold of.
    fn drag(&mut self, to: Pointed) {
        let (places, width) = (self.places(), self.body().width);
        let Some(edge) = &self.edge else { return };
        let Some(place) = places.iter().find(|place| place.pane == edge.pane) else { return };
        let length = match edge.side {
            Side::Right => to.column.saturating_add(1).saturating_sub(place.area.x),
            Side::Below => to.row.saturating_add(1).saturating_sub(place.area.y),
        };
        if let Some(view) = self.look.views.get_mut(self.view) {
            view.drag(width, &edge.pane, edge.side, length, &places);
        }
    }

    /// Selects the row; opens it when it is selected already.
    fn click(&mut self, place: &Place, row: u16, now: Now) -> Vec<Effect> {
        let list = self.panes.get_mut(place.pane.as_str()).and_then(|slot| slot.pane.list_mut());
        match list.and_then(|list| list.point(row)) {
            Some(true) => self.act(Action::Open, now),
            Some(false) => {
                self.held_until = now.mono + HOLD;
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    fn focus_on(&mut self, place: &Place) {
        let at = self.places().iter().position(|have| have.pane == place.pane);
        if let Some((focus, at)) = self.focus.get_mut(self.view).zip(at) {
            *focus = at;
        }
    }

    /// The view of the pane whose title was clicked.
    fn open_own(&mut self, place: &Place) {
        if panes::number(&place.pane).is_some_and(|number| number > 0) {
            self.open_view(if place.pane == "runbook" { "runbooks" } else { &place.pane });
        }
    }
}

/// The edge between two panes that is pointed at: the frames on both sides of it, but for titles, which are
/// clicked.
fn edge(places: &[Place], at: Pointed) -> Option<Edge> {
    let of = |place: &Place| {
        let area = place.area;
        let is_beside = (area.right().saturating_sub(1)..=area.right()).contains(&at.column)
            && (area.y + 1..area.bottom().saturating_sub(1)).contains(&at.row);
        let is_under =
            at.row.saturating_add(1) == area.bottom() && (area.x..area.right()).contains(&at.column);
        let goes_on = |side: Side| {
            places.iter().any(|other| match side {
                Side::Right => other.area.x == area.right() && other.area.y == area.y,
                Side::Below => other.area.y == area.bottom(),
            })
        };
        let side = if is_beside { Side::Right } else { Side::Below };
        let is_meant = place.border == Border::Box && (is_beside || is_under) && goes_on(side);
        is_meant.then(|| Edge { pane: place.pane.clone(), side })
    };
    places.iter().find_map(of)
}

const fn contains(place: &Place, pointed: Pointed) -> bool {
    let area = place.area;
    pointed.column >= area.x
        && pointed.column < area.x + area.width
        && pointed.row >= area.y
        && pointed.row < area.y + area.height
}
