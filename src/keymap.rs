//! Which key does what, and where: an embedded table, changed by the operator's own.

use std::collections::BTreeMap;

use crokey::{KeyCombination, OneToThree};
use crossterm::event::{KeyCode, KeyModifiers};
use strum::IntoEnumIterator;

use crate::action::Action;
use crate::settings::{Document, Table};

/// The default keys.
pub const EMBEDDED: &str = include_str!("keymap.toml");

/// Where a key is pressed. A key that a context does not know is looked up in the one around it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::Display, strum::AsRefStr, strum::EnumIter,
)]
#[strum(serialize_all = "lowercase")]
pub enum Context {
    /// Everywhere but where something is typed or confirmed.
    Global,
    /// A pane with rows that can be opened.
    List,
    /// The alerts.
    Alerts,
    /// The scrape targets.
    Targets,
    /// The hosts.
    Hosts,
    /// The silences.
    Silences,
    /// The log pane.
    Logs,
    /// A runbook, and the plan beside it.
    Runbook,
    /// A text that lies over the panes: a detail, or why the verdict is what it is.
    Detail,
    /// The help.
    Help,
    /// A list over the panes, from which something is chosen.
    Pick,
    /// Names to choose from: what is not bound here is text.
    Palette,
    /// What can be done to one thing.
    Menu,
    /// A line that is being typed: what is not bound here is text.
    Prompt,
    /// Fields that are being filled in: what is not bound here is text.
    Form,
    /// What is about to be done, before it is.
    Confirm,
    /// A command that may be run: what is not bound here is pressed at it.
    Gate,
    /// What a command says.
    Output,
}

impl Context {
    /// The context around it.
    pub const fn around(self) -> Option<Self> {
        match self {
            Self::Global | Self::Palette | Self::Prompt | Self::Form | Self::Confirm | Self::Gate => None,
            Self::List
            | Self::Runbook
            | Self::Detail
            | Self::Help
            | Self::Pick
            | Self::Menu
            | Self::Output => Some(Self::Global),
            Self::Alerts | Self::Targets | Self::Hosts | Self::Silences | Self::Logs => Some(Self::List),
        }
    }

    /// This context and those around it, the innermost first.
    pub fn outwards(self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |context| context.around())
    }
}

/// Keys that mean the same everywhere: no context may give them another action.
const EVERYWHERE: [&str; 17] =
    ["ctrl-c", "q", "esc", "?", ":", "1", "2", "3", "4", "5", "6", "7", "8", "9", "/", "n", "N"];

/// The keys of every context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap(BTreeMap<Context, BTreeMap<Action, Vec<KeyCombination>>>);

impl Default for Keymap {
    /// The embedded keys.
    fn default() -> Self {
        let document = Document::new("keymap.toml", EMBEDDED);
        let empty = Self(BTreeMap::new());
        document.read(|root| empty.with(root)).unwrap_or(empty)
    }
}

impl Keymap {
    /// These keys, changed by the tables `[keys.CONTEXT]` of a config. Faults are told at their
    /// line: a chord that is none, an action that is none, a chord that would do two things.
    #[must_use]
    pub fn with(&self, root: &Table<'_>) -> Self {
        let mut changed = self.clone();
        let Some(keys) = root.table("keys") else { return changed };
        for context in Context::iter() {
            let Some(table) = keys.table(context.as_ref()) else { continue };
            for action in Action::iter() {
                let chords = table.get_with(action.as_ref(), |texts: Vec<String>| {
                    texts.iter().map(|text| chord(text)).collect::<Result<Vec<_>, _>>()
                });
                if let Some(chords) = chords {
                    changed.0.entry(context).or_default().insert(action, chords);
                }
            }
            for (action, other, key) in changed.conflicts(context) {
                // Told at a line that the operator wrote.
                let (own, other) = if table.get::<Vec<String>>(action.as_ref()).is_some() {
                    (action, other)
                } else {
                    (other, action)
                };
                let message = format!(
                    "`{}` is already `{other}` here; give one of them another key, or `{other} = []`",
                    show(key)
                );
                table.fault(own.as_ref(), message);
            }
            for (action, key, meant) in changed.shadows(context) {
                let message = format!("`{}` means `{meant}` everywhere, and nothing else", show(key));
                table.fault(action.as_ref(), message);
            }
        }
        changed
    }

    /// Two actions on one key of a context.
    fn conflicts(&self, context: Context) -> Vec<(Action, Action, KeyCombination)> {
        let mut seen: Vec<(KeyCombination, Action)> = Vec::new();
        let mut found = Vec::new();
        for (action, key) in self.bound(context) {
            match seen.iter().find(|(have, _)| *have == key) {
                Some((_, other)) => found.push((action, *other, key)),
                None => seen.push((key, action)),
            }
        }
        found
    }

    /// Keys that should mean one thing everywhere, and do not in this context.
    fn shadows(&self, context: Context) -> Vec<(Action, KeyCombination, Action)> {
        if context == Context::Global {
            return Vec::new();
        }
        let fixed: Vec<KeyCombination> = EVERYWHERE.iter().filter_map(|text| chord(text).ok()).collect();
        let own = self.bound(context).filter(|(_, key)| fixed.contains(key));
        own.filter_map(|(action, key)| {
            let (meant, _) = self.bound(Context::Global).find(|(_, have)| *have == key)?;
            (meant != action).then_some((action, key, meant))
        })
        .collect()
    }

    /// What a key does at a place.
    pub fn action(&self, context: Context, key: KeyCombination) -> Option<Action> {
        context
            .outwards()
            .find_map(|context| self.bound(context).find(|(_, have)| *have == key).map(|(action, _)| action))
    }

    /// Reads keys that are to be the operator's own: they mean nothing else wherever there are rows.
    pub fn free(&self, texts: &[String]) -> Result<Vec<KeyCombination>, String> {
        let on_rows = || Context::iter().filter(|here| here.outwards().any(|one| one == Context::List));
        let free = |text: &String| {
            let key = chord(text)?;
            match on_rows().find_map(|here| self.action(here, key)) {
                Some(taken) => Err(format!("a key that means nothing else: `{text}` is `{taken}`")),
                None => Ok(key),
            }
        };
        texts.iter().map(free).collect()
    }

    /// Every key of one context alone, with its action.
    pub fn bound(&self, context: Context) -> impl Iterator<Item = (Action, KeyCombination)> + '_ {
        let all = self.0.get(&context).into_iter().flatten();
        all.flat_map(|(action, keys)| keys.iter().map(move |key| (*action, *key)))
    }

    /// The keys of an action at a place, in words: `j`, `Down`. Empty when it has none there.
    pub fn chords(&self, action: Action, context: Context) -> Vec<String> {
        let all = context.outwards().flat_map(|context| self.bound(context));
        all.filter(|(have, key)| *have == action && self.action(context, *key) == Some(action))
            .map(|(_, key)| show(key))
            .collect()
    }

    /// The shortest key of an action at a place, for the footer and the help.
    pub fn hint(&self, action: Action, context: Context) -> Option<String> {
        self.chords(action, context).into_iter().min_by_key(|text| text.chars().count())
    }
}

/// The key as it is compared: terminals differ in whether they tell Shift beside the character
/// that it made, and beside Tab.
pub fn normal(key: KeyCombination) -> KeyCombination {
    let OneToThree::One(code) = key.codes else { return key };
    let mut modifiers = key.modifiers;
    let code = match code {
        KeyCode::Char('\r' | '\n') => KeyCode::Enter,
        KeyCode::Char('\t') => KeyCode::Tab,
        KeyCode::BackTab => {
            modifiers.insert(KeyModifiers::SHIFT);
            KeyCode::BackTab
        }
        KeyCode::Tab if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        // Ctrl and a letter are one key, whatever case a terminal reports.
        KeyCode::Char(char) if modifiers.contains(KeyModifiers::CONTROL) && char.is_ascii_alphabetic() => {
            modifiers.remove(KeyModifiers::SHIFT);
            KeyCode::Char(char.to_ascii_lowercase())
        }
        KeyCode::Char(char) if char.is_ascii_lowercase() && modifiers.contains(KeyModifiers::SHIFT) => {
            KeyCode::Char(char.to_ascii_uppercase())
        }
        KeyCode::Char(char) => {
            modifiers.set(KeyModifiers::SHIFT, char.is_ascii_uppercase());
            KeyCode::Char(char)
        }
        other => other,
    };
    KeyCombination::one_key(code, modifiers)
}

/// Reads a chord: `j`, `G`, `ctrl-d`, `shift-tab`, `pagedown`, `space`.
pub fn chord(text: &str) -> Result<KeyCombination, String> {
    let wrong =
        || format!("a key such as \"j\", \"G\", \"ctrl-d\", \"enter\" or \"pagedown\" (not {text:?})");
    // crokey reads every letter as a small one; `G` is Shift and g.
    let last = text.rsplit('-').next().unwrap_or(text);
    let mut letters = last.chars();
    let single = letters.next().filter(|_| letters.next().is_none());
    if text.chars().count() == 1 {
        let char = text.chars().next().ok_or_else(wrong)?;
        return Ok(normal(KeyCombination::one_key(KeyCode::Char(char), KeyModifiers::NONE)));
    }
    let shifted = match single {
        Some(char) if char.is_ascii_uppercase() && !text.to_ascii_lowercase().contains("ctrl-") => {
            format!("shift-{text}")
        }
        _ => text.to_owned(),
    };
    let key = crokey::parse(&shifted).map_err(|_| wrong())?;
    // Two keys at once cannot be told from one after the other on a terminal.
    if !key.is_ansi_compatible() {
        return Err(wrong());
    }
    Ok(normal(key))
}

/// The chord in words, as short as it can be: `G`, `Ctrl-d`, `S-Tab`, `Space`.
pub fn show(key: KeyCombination) -> String {
    let KeyCombination { codes: OneToThree::One(code), modifiers } = key else { return key.to_string() };
    let shifted = modifiers.contains(KeyModifiers::SHIFT);
    let name = match code {
        KeyCode::BackTab => "S-Tab".to_owned(),
        KeyCode::Char(' ') => "Space".to_owned(),
        KeyCode::Char(char) => char.to_string(),
        KeyCode::PageUp => "PgUp".to_owned(),
        KeyCode::PageDown => "PgDn".to_owned(),
        _ => return key.to_string(),
    };
    let mut text = String::new();
    if modifiers.contains(KeyModifiers::CONTROL) {
        text.push_str("Ctrl-");
    }
    if modifiers.contains(KeyModifiers::ALT) {
        text.push_str("Alt-");
    }
    if shifted && !text.is_empty() && matches!(code, KeyCode::Char(_)) {
        text.push_str("Shift-");
    }
    text + &name
}

/// One item of a string of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// A key.
    Key(KeyCombination),
    /// `<wait>`: go on when everything asked for has been answered.
    Wait,
}

/// Reads a string of keys: each character is a key, `<name>` a chord (`<enter>`, `<ctrl-d>`),
/// `<lt>` the character `<`, `<wait>` a pause until all is settled.
pub fn presses(text: &str) -> Result<Vec<Press>, String> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let after = rest.get(char.len_utf8()..).unwrap_or_default();
        if char != '<' {
            all.push(Press::Key(chord(&char.to_string())?));
            rest = after;
            continue;
        }
        let Some((name, behind)) = after.split_once('>') else {
            return Err(format!("`<` without `>` in the keys {text:?}; write <lt> for the character"));
        };
        all.push(match name {
            "wait" => Press::Wait,
            "lt" => Press::Key(chord("<")?),
            name => Press::Key(chord(name).map_err(|expected| format!("expected {expected}"))?),
        });
        rest = behind;
    }
    Ok(all)
}
