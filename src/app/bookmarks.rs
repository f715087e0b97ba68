//! Places with a name: gone to by the palette or a key of their own, and made of where one is.

use crokey::KeyCombination;

use super::App;
use crate::border::Effect;
use crate::clock::Now;
use crate::domain::bookmark::Bookmark;
use crate::keymap;
use crate::ui::palette::{self, Choice, Order};
use crate::ui::theme::Role;

impl App {
    /// Goes to the place of this name.
    pub(super) fn visit(&mut self, name: &str, now: Now) {
        let found = self.look.bookmarks.iter().find(|one| one.bookmark.name == name);
        let Some(place) = found.map(|one| one.bookmark.clone()) else { return };
        self.open_view(&place.view);
        let pane = self.places().iter().position(|here| here.pane == place.pane);
        if let Some(focus) = self.focus.get_mut(self.view) {
            *focus = pane.unwrap_or(0);
        }
        self.filter(&place.filter);
        let told = if place.filter.is_empty() { String::new() } else { format!("  /{}", place.filter) };
        self.notify(format!("{name}: {}{told}", place.view), Role::Info, now);
    }

    /// Goes to the view or the place that has this key; `false` when none has it.
    pub(super) fn go_by_key(&mut self, key: KeyCombination, now: Now) -> bool {
        let view = self.look.views.iter().find(|view| view.keys.contains(&key));
        if let Some(name) = view.map(|view| view.name.clone()) {
            self.open_view(&name);
            return true;
        }
        let found = self.look.bookmarks.iter().find(|one| one.keys.contains(&key));
        let Some(name) = found.map(|one| one.bookmark.name.clone()) else { return false };
        self.visit(&name, now);
        true
    }

    /// Gives the place where one is a name. One of the config keeps its place.
    pub(super) fn keep(&mut self, name: &str, now: Now) -> Vec<Effect> {
        let name = name.trim();
        if !Bookmark::is_name(name) {
            self.notify("a bookmark has a name of a few words: keep NAME", Role::Warning, now);
            return Vec::new();
        }
        let view = self.current().map_or("bridge", |view| &view.name).to_owned();
        let pane = self.pane_name();
        let filter = self.focused().map(|pane| pane.filter().0.to_owned()).unwrap_or_default();
        let place = Bookmark { name: name.to_owned(), view, pane: pane.to_owned(), filter };
        if !self.look.keep(place.clone()) {
            self.notify(format!("{name} stands in your config and stays as it is"), Role::Warning, now);
            return Vec::new();
        }
        self.notify(format!("kept: `go {name}` comes back here"), Role::Ok, now);
        vec![Effect::KeepBookmark(place)]
    }

    /// Forgets a place that was kept.
    pub(super) fn forget(&mut self, name: &str, now: Now) -> Vec<Effect> {
        self.look.bookmarks.retain(|one| one.is_own || one.bookmark.name != name);
        self.notify(format!("{name} is forgotten"), Role::Info, now);
        vec![Effect::ForgetBookmark(name.to_owned())]
    }

    /// The views and places that have keys of their own, with these.
    pub(super) fn own_places(&self) -> impl Iterator<Item = (String, String)> {
        let views = self.look.views.iter().map(|view| (&view.keys, "view", &view.name));
        let places = self.look.bookmarks.iter().map(|one| (&one.keys, "go", &one.bookmark.name));
        let keyed = views.chain(places).filter(|(keys, ..)| !keys.is_empty());
        keyed.map(|(keys, word, name)| (shown(keys).join(" "), format!("{word} {name}")))
    }

    /// The places, for the palette.
    pub(super) fn bookmarks(&self) -> Vec<Choice> {
        let mut all = vec![Choice::stem(palette::KEEP, "Give this view and its filter a name: keep NAME")];
        if !self.look.bookmarks.is_empty() {
            all.push(Choice::stem("go", "Go to a bookmark: a view with its filter"));
        }
        for one in &self.look.bookmarks {
            let Bookmark { name, view, filter, .. } = &one.bookmark;
            let about = if filter.is_empty() { view.clone() } else { format!("{view}  /{filter}") };
            let keys = shown(&one.keys);
            all.push(Choice { keys, ..Choice::new(format!("go {name}"), about, Order::Go(name.clone())) });
            if !one.is_own {
                let about = "Take this bookmark away";
                all.push(Choice::new(format!("forget {name}"), about, Order::Forget(name.clone())));
            }
        }
        all
    }
}

/// The keys in words.
pub(super) fn shown(keys: &[KeyCombination]) -> Vec<String> {
    keys.iter().map(|key| keymap::show(*key)).collect()
}
