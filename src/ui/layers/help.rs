//! The keys of this place: made from the keymap, so that it is true.

use crokey::KeyCombination;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use strum::IntoEnumIterator;

use super::sheet::{draw_lines, draw_sheet};
use super::{Layer, Outcome};
use crate::action::Action;
use crate::keymap::{Context, Keymap};
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::paint::width;
use crate::ui::widgets::prose::{Prose, Scroll, lay_out};

/// The layer.
#[derive(Debug)]
pub struct Help {
    /// Whose keys.
    of: Context,
    /// Under which name.
    name: String,
    /// The actions of the config: their keys, and their names.
    actions: Vec<(String, String)>,
    scroll: Scroll,
}

impl Help {
    /// The help for a place.
    pub fn new(of: Context, name: impl Into<String>) -> Self {
        Self { of, name: name.into(), actions: Vec::new(), scroll: Scroll::default() }
    }

    /// The same, with the actions of the config.
    #[must_use]
    pub fn with(self, actions: Vec<(String, String)>) -> Self {
        Self { actions, ..self }
    }

    /// The actions of the config; one without a key is found under `x`.
    fn own(&self, keymap: &Keymap) -> Vec<Prose> {
        if self.actions.is_empty() || !self.of.outwards().any(|context| context == Context::List) {
            return Vec::new();
        }
        let menu = keymap.hint(Action::Actions, self.of).unwrap_or_default();
        let pair = |(keys, name): &(String, String)| {
            Prose::pair(if keys.is_empty() { menu.clone() } else { keys.clone() }, name.clone())
        };
        let head = Prose::Head("Actions of your config".to_owned());
        std::iter::once(head).chain(self.actions.iter().map(pair)).chain([Prose::Blank]).collect()
    }
}

/// The keys that work in a context, in the order of the vocabulary: its own and those of the
/// contexts around it, or those that work everywhere.
pub fn keys(of: Context, everywhere: bool, keymap: &Keymap) -> Vec<Prose> {
    let mut told = Vec::new();
    for context in of.outwards().filter(|context| (*context == Context::Global) == everywhere) {
        let bound: Vec<Action> = keymap.bound(context).map(|(action, _)| action).collect();
        let mut shown = Vec::new();
        for action in Action::iter().filter(|action| bound.contains(action)) {
            let own = keymap.bound(context).filter(|(have, _)| *have == action);
            let chords: Vec<String> = own
                .filter(|(_, key)| keymap.action(of, *key) == Some(action))
                .map(|(_, key)| crate::keymap::show(key))
                .collect();
            if !chords.is_empty() {
                shown.push(Prose::Pair(
                    chords.join(" "),
                    vec![piece(action.about().trim_end_matches('.'), Role::Text)],
                ));
            }
        }
        if shown.is_empty() {
            continue;
        }
        if !told.is_empty() {
            told.push(Prose::Blank);
        }
        told.push(Prose::Head(match context {
            Context::Global => "Everywhere".to_owned(),
            Context::List => "On a row".to_owned(),
            Context::Alerts => "On an alert".to_owned(),
            Context::Targets => "On a target".to_owned(),
            Context::Hosts => "On a host".to_owned(),
            Context::Silences => "On a silence".to_owned(),
            Context::Logs => "In the logs".to_owned(),
            Context::Runbook => "In a runbook".to_owned(),
            Context::Detail => "In this text".to_owned(),
            Context::Help => "In this help".to_owned(),
            Context::Pick => "While choosing".to_owned(),
            Context::Palette => "In the palette".to_owned(),
            Context::Menu => "Among the actions".to_owned(),
            Context::Prompt | Context::Form => "While typing".to_owned(),
            Context::Confirm | Context::Gate => "Before it is done".to_owned(),
            Context::Output => "In what a command says".to_owned(),
        }));
        told.extend(shown);
    }
    told
}

/// What can be typed at the filter.
fn filter_language() -> Vec<Prose> {
    let rows = [
        ("disk", "rows with this text; a capital letter makes it exact"),
        ("!disk", "rows without it"),
        ("-f dsk", "rows with these letters in this order"),
        ("job=node", "rows with this label; != the others, =~ !~ by expression"),
        ("age>10m", "rows of a time; < shorter"),
        ("~vm[0-9]", "rows with a text that matches an expression"),
    ];
    let mut told = vec![Prose::Head("The filter".to_owned())];
    told.extend(rows.map(|(typed, about)| Prose::pair(typed, about)));
    told
}

/// Two texts beside each other, the second from the cell `at`.
fn beside(left: &[Vec<Piece>], right: &[Vec<Piece>], at: usize) -> Vec<Vec<Piece>> {
    let lines = (0..left.len().max(right.len())).map(|line| {
        let mut pieces = left.get(line).cloned().unwrap_or_default();
        let used = usize::from(width(&pieces));
        pieces.push(piece(" ".repeat(at.saturating_sub(used)), Role::Text));
        pieces.extend(right.get(line).into_iter().flatten().cloned());
        pieces
    });
    lines.collect()
}

/// Lets a text that is longer than the one beside it begin below that one.
fn even_out(left: &mut Vec<Prose>, right: &mut Vec<Prose>, width: u16) {
    let tall = |text: &[Prose]| lay_out(text, width).len();
    let over = tall(right).saturating_sub(tall(left));
    let Some(at) = (1..right.len()).find(|at| tall(&right[..*at]) >= over / 2) else { return };
    // A head and a row or two are not worth a second head.
    if at > 3 {
        let rest = right.split_off(at);
        left.push(Prose::Blank);
        left.append(right);
        right.push(Prose::Head("Everywhere, too".to_owned()));
        right.extend(rest);
    }
}

impl Layer for Help {
    fn context(&self) -> Context {
        Context::Help
    }

    fn key(&mut self, _key: KeyCombination, action: Option<Action>) -> Outcome {
        match action {
            Some(Action::Close) if !self.scroll.search.is_empty() => {
                self.scroll.set_search("");
                Outcome::Stay
            }
            Some(Action::Close | Action::Help) => Outcome::Close,
            Some(action) if self.scroll.act(action) => Outcome::Stay,
            _ => Outcome::Pass,
        }
    }

    fn draw(&mut self, scene: &Scene<'_>, body: Rect, _footer: Rect, buffer: &mut Buffer) {
        let title = Title::new(format!("Keys in {}", self.name));
        let mut own = keys(self.of, false, scene.keymap);
        let mut everywhere = keys(self.of, true, scene.keymap);
        let actions = self.own(scene.keymap);
        if !actions.is_empty() {
            own.push(Prose::Blank);
            own.extend(actions);
            own.pop();
        }
        if body.width < 110 {
            if !own.is_empty() {
                own.push(Prose::Blank);
            }
            own.extend(everywhere);
            own.push(Prose::Blank);
            own.extend(filter_language());
            return draw_sheet(title, &own, &mut self.scroll, scene, body, buffer);
        }
        if !own.is_empty() {
            own.push(Prose::Blank);
        }
        own.extend(filter_language());
        let half = (body.width - 6) / 2;
        even_out(&mut own, &mut everywhere, half);
        let lines = beside(&lay_out(&own, half), &lay_out(&everywhere, half), usize::from(half) + 2);
        draw_lines(title, &lines, &mut self.scroll, scene, body, buffer);
    }

    fn text(&mut self) -> Option<&mut Scroll> {
        Some(&mut self.scroll)
    }
}
