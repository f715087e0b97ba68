//! What is asked for by name: what the palette offers, and what becomes of the choice.

use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyModifiers};

use super::App;
use super::bookmarks::shown;
use crate::action::Action;
use crate::border::{Control, Effect};
use crate::clock::Now;
use crate::domain::subject::Subject;
use crate::keymap::Context;
use crate::ui::layers::Outcome;
use crate::ui::layers::palette::Palette;
use crate::ui::layers::sheet::{Matter, Sheet};
use crate::ui::palette::{self, Choice, Order};
use crate::ui::theme::Role;
use crate::ui::view;

/// So many alerts are offered by name.
const ALERTS: usize = 200;

/// So many lines are kept of what was asked for.
const KEPT: usize = 50;

/// No key at all: for what was asked for by name.
const NO_KEY: KeyCombination = KeyCombination::one_key(KeyCode::Null, KeyModifiers::NONE);

/// What can be done with a recording.
fn replay() -> Vec<Choice> {
    let all = [
        ("pause", "Let the recording stand still, or go on", Control::Pause),
        ("faster", "Play the recording faster", Control::Faster),
        ("slower", "Play the recording slower", Control::Slower),
        ("next-alert", "Play the recording at once up to the next alert that begins", Control::NextAlert),
    ];
    let choices = all
        .map(|(word, about, control)| Choice::new(format!("replay {word}"), about, Order::Replay(control)));
    [Choice::stem("replay", "Pause, hurry or jump in the recording")].into_iter().chain(choices).collect()
}

impl App {
    /// Opens the palette for this place.
    pub(super) fn palette(&mut self) {
        let here = self.layers.last().map_or_else(|| self.context(), |layer| layer.context());
        let census = if self.layers.is_empty() {
            self.focused().map(|pane| pane.census(true)).unwrap_or_default()
        } else {
            crate::ui::census::Census::default()
        };
        let mut choices = palette::actions(&self.look.keymap, here);
        if self.look.replays {
            choices.extend(replay());
        }
        choices.extend(self.views(here));
        choices.extend(self.bookmarks());
        choices.extend(self.named_actions());
        choices.extend(self.themes());
        if here.outwards().any(|context| context == Context::List) {
            choices.push(Choice::stem(palette::FILTER, "Rows of this pane that have this"));
            let names = census.names().map(str::to_owned);
            let groups: Vec<Choice> = names
                .map(|name| {
                    Choice::new(format!("group-by {name}"), "Group the rows by it", Order::Group(name))
                })
                .collect();
            if !groups.is_empty() && matches!(here, Context::Alerts | Context::Targets) {
                choices.push(Choice::stem("group-by", "Group the rows by a label"));
                choices.extend(groups);
            }
        }
        choices.extend(self.sites());
        choices.extend(self.sources());
        choices.extend(self.alerts());
        self.layers.push(Box::new(Palette::new(choices, self.recent.clone(), census)));
    }

    fn views(&self, here: Context) -> Vec<Choice> {
        let named =
            view::NAMES.iter().filter(|(name, _)| self.look.views.iter().any(|view| view.name == *name));
        let mut all = vec![Choice::stem("view", "Open a view")];
        all.extend(named.map(|(name, action)| Choice {
            keys: self.look.keymap.chords(*action, here),
            ..Choice::new(format!("view {name}"), action.about().trim_end_matches('.'), Order::Act(*action))
        }));
        let is_own = |name: &str| view::NAMES.iter().all(|(have, _)| *have != name);
        all.extend(self.look.views.iter().filter(|view| is_own(&view.name)).map(|view| Choice {
            keys: shown(&view.keys),
            ..Choice::new(
                format!("view {}", view.name),
                format!("Your view: {}", view.panes().join(", ")),
                Order::View(view.name.clone()),
            )
        }));
        all
    }

    fn themes(&self) -> Vec<Choice> {
        let mut all = vec![Choice::stem("theme", "Other colours; they are shown as you choose")];
        all.extend(self.look.themes.iter().map(|theme| {
            let about = theme.about.trim_end_matches('.');
            Choice::new(format!("theme {}", theme.name), about, Order::Theme(theme.name.clone()))
        }));
        all
    }

    fn sources(&self) -> Vec<Choice> {
        let mut all = vec![Choice::stem("ask", "Ask one source again now")];
        all.extend(self.known.store.sources.iter().map(|source| {
            Choice::new(format!("ask {}", source.id), "Ask it again now", Order::Refresh(source.id.clone()))
        }));
        all
    }

    fn alerts(&self) -> Vec<Choice> {
        let mut all = vec![Choice::stem("alert", "Open the detail of an alert")];
        all.extend(self.known.store.alerts().iter().take(ALERTS).map(|listed| {
            let alert = &listed.alert;
            let label = |name: &str| alert.labels.get(name).unwrap_or_default();
            let on = [label("host"), label("instance")].into_iter().find(|word| !word.is_empty());
            let line = format!("alert {} {}", label("alertname"), on.unwrap_or_default());
            let subject = Subject::Alert { source: listed.source.clone(), fingerprint: alert.key().clone() };
            Choice::new(line.trim_end(), label("severity"), Order::Open(subject))
        }));
        all
    }

    /// Does what was asked for by this line.
    pub(super) fn order(&mut self, line: &str, order: Order, now: Now) -> Vec<Effect> {
        self.recent.retain(|have| have != line);
        self.recent.insert(0, line.to_owned());
        self.recent.truncate(KEPT);
        let mut effects = vec![Effect::KeepRecent(self.recent.clone())];
        match order {
            Order::Act(action) => effects.extend(self.perform(action, now)),
            Order::Theme(name) => {
                if let Some(theme) = self.look.themes.iter().find(|theme| theme.name == name) {
                    self.look.theme = theme.clone();
                    let text = format!("{name} until you leave; theme = \"{name}\" in [ui] keeps it");
                    self.notify(text, Role::Info, now);
                }
            }
            Order::Group(label) => self.group_by(&label, now),
            Order::View(name) => self.open_view(&name),
            Order::Go(name) => self.visit(&name, now),
            Order::Keep(name) => effects.extend(self.keep(&name, now)),
            Order::Forget(name) => effects.extend(self.forget(&name, now)),
            Order::Filter(text) => self.filter(&text),
            Order::Refresh(source) => {
                self.notify(format!("asking {source} again"), Role::Info, now);
                effects.push(Effect::Refresh(Some(source)));
            }
            Order::Run(name) => effects.extend(self.run_named(&name, now)),
            Order::Site(site) => effects.extend(self.show_site(site, now)),
            Order::Replay(control) => effects.push(Effect::Replay(control)),
            Order::Open(subject) => self.layers.push(Box::new(Sheet::new(Matter::Detail(subject)))),
        }
        effects
    }

    /// Does what a key would do that means this action here.
    pub(super) fn perform(&mut self, action: Action, now: Now) -> Vec<Effect> {
        if let Some(at) = self.layers.len().checked_sub(1)
            && let Some(layer) = self.layers.get_mut(at)
        {
            let outcome = layer.key(NO_KEY, Some(action));
            if outcome != Outcome::Pass {
                return self.settle(at, outcome, now);
            }
        }
        self.act(action, now)
    }
}
