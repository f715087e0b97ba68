//! A view is a named arrangement of panes. Views are data: built in, and changeable by the
//! operator.

use crokey::KeyCombination;
use ratatui::layout::Rect;

use super::filter::Filter;
use super::panes;
use super::widgets::frame::Border;
use crate::action::Action;
use crate::domain::bookmark::Bookmark;
use crate::keymap::Keymap;
use crate::settings::{Document, Table, nearest};

/// The built-in views.
pub const EMBEDDED: &str = include_str!("views.toml");

/// The built-in views in the order of their keys, with the action that opens each.
pub const NAMES: [(&str, Action); 15] = [
    ("bridge", Action::Bridge),
    ("alerts", Action::Alerts),
    ("targets", Action::Targets),
    ("logs", Action::Logs),
    ("backups", Action::Backups),
    ("hosts", Action::Hosts),
    ("runbooks", Action::Runbooks),
    ("chain", Action::Chain),
    ("journal", Action::JournalView),
    ("silences", Action::Silences),
    ("coverage", Action::Coverage),
    ("horizon", Action::Horizon),
    ("digest", Action::Digest),
    ("probes", Action::Probes),
    ("services", Action::Services),
];

/// Panes beside each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// Their names, with the share of the width that each gets.
    pub panes: Vec<(String, u16)>,
    /// The share of the height that the band gets.
    pub share: u16,
    /// Its least height.
    pub least: u16,
}

/// A named arrangement of panes, for a wide and for a narrow screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Its name.
    pub name: String,
    /// Keys of its own, if it is the operator's.
    pub keys: Vec<KeyCombination>,
    /// From so many columns on the wide arrangement is used.
    pub wide_from: u16,
    /// The wide one.
    pub wide: Vec<Band>,
    /// The narrow one.
    pub narrow: Vec<Band>,
    /// Panes that are filtered when it is opened, and how.
    pub filters: Vec<(String, String)>,
}

/// A place with a name, and how one gets there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortcut {
    /// The place.
    pub bookmark: Bookmark,
    /// Keys of its own.
    pub keys: Vec<KeyCombination>,
    /// It stands in the config: the program does not change it.
    pub is_own: bool,
}

impl Shortcut {
    /// One that was kept while the program ran.
    pub const fn kept(bookmark: Bookmark) -> Self {
        Self { bookmark, keys: Vec::new(), is_own: false }
    }
}

/// All views: those that are built in, then the operator's own.
pub type Views = Vec<View>;

/// The built-in views.
pub fn embedded() -> Views {
    let document = Document::new("views.toml", EMBEDDED);
    document.read(|root| with(&[], root, &Keymap::default())).unwrap_or_default()
}

/// `base`, changed by the tables `[views.NAME]` of a config; a name that is not built in makes a view of the
/// operator's own. Faults are told at their line.
pub fn with(base: &[View], root: &Table<'_>, keymap: &Keymap) -> Views {
    let tables = root.named("views");
    let built_in = NAMES.iter().filter_map(|(name, _)| {
        let known = base.iter().find(|view| view.name == *name);
        match tables.iter().find(|(have, _)| have == name) {
            Some((_, table)) => view(name, table, known, keymap),
            None => known.cloned(),
        }
    });
    let mut views: Views = built_in.collect();
    for (name, table) in tables.iter().filter(|(name, _)| !is_built_in(name)) {
        if let Some(fault) = misnamed(name, table) {
            table.fault("wide", fault);
        }
        let Some(own) = view(name, table, None, keymap) else { continue };
        if views.iter().any(|view| view.keys.iter().any(|key| own.keys.contains(key))) {
            table.fault("keys", "two views have this key");
        }
        views.push(own);
    }
    views
}

fn is_built_in(name: &str) -> bool {
    NAMES.iter().any(|(have, _)| *have == name)
}

/// What is wrong with the table of a view that is not built in: perhaps it was meant to be.
fn misnamed(name: &str, table: &Table<'_>) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if name.is_empty() || name.len() > LONGEST || !name.bytes().all(is_plain) {
        return Some(format!("the name of a view is letters, digits, - and _, {LONGEST} at most"));
    }
    let near = nearest(name, NAMES.iter().map(|(name, _)| *name));
    let hint = near.map_or_else(String::new, |near| format!(", or did you mean `{near}`?"));
    let is_empty = !table.has("wide") && !table.has("narrow");
    is_empty.then(|| format!("a view of your own needs bands of panes{hint}"))
}

/// A view as its table has it; what that does not say is as `known` has it.
fn view(name: &str, table: &Table<'_>, known: Option<&View>, keymap: &Keymap) -> Option<View> {
    let bands = |key: &str| {
        let read: Vec<Band> = table.list(key).iter().filter_map(band).collect();
        if read.is_empty() { None } else { Some(read) }
    };
    let (wide, narrow) = (bands("wide"), bands("narrow"));
    let filters = table.table("filters").map(|table| filters(&table));
    let built_in = NAMES.iter().find(|(have, _)| *have == name);
    let own_keys = |texts: Vec<String>| match built_in {
        Some((_, action)) => {
            Err(format!("no keys here: those of a built-in view stand in [keys.global] as {action}"))
        }
        None => keymap.free(&texts),
    };
    let from = table.get("wide-from").unwrap_or_else(|| known.map_or(100, |view| u64::from(view.wide_from)));
    let keys = table.get_with("keys", own_keys).unwrap_or_default();
    let narrow = narrow.or_else(|| known.map(|view| view.narrow.clone())).or_else(|| wide.clone());
    let wide = wide.or_else(|| known.map(|view| view.wide.clone())).or_else(|| narrow.clone());
    Some(View {
        name: name.to_owned(),
        keys,
        wide_from: from.try_into().unwrap_or(100),
        narrow: narrow?,
        wide: wide?,
        filters: filters.or_else(|| known.map(|view| view.filters.clone())).unwrap_or_default(),
    })
}

/// `filters = { PANE = FILTER }`
fn filters(table: &Table<'_>) -> Vec<(String, String)> {
    let all = table.entries::<String>();
    for (pane, filter) in &all {
        if panes::number(pane).is_none() {
            table.fault(pane, format!("expected the name of a pane ({})", panes::NAMES.join(", ")));
        }
        if let Some(fault) = Filter::new(filter).fault() {
            table.fault(pane, fault);
        }
    }
    all
}

fn band(table: &Table<'_>) -> Option<Band> {
    let known = |names: Vec<String>| match names.iter().find(|name| panes::number(name).is_none()) {
        Some(name) => Err(format!("names of panes ({}), not {name:?}", panes::NAMES.join(", "))),
        None => Ok(names),
    };
    let names: Vec<String> = table.get_with("panes", known)?;
    let number = |key: &str, otherwise: u16| {
        let read = table.get_with(key, |number: u64| match u16::try_from(number) {
            Ok(number) if (1..=1000).contains(&number) => Ok(number),
            _ => Err("a number from 1 to 1000".to_owned()),
        });
        read.unwrap_or(otherwise)
    };
    let shares: Vec<u64> = table.get("widths").unwrap_or_default();
    let share_of =
        |at: usize| shares.get(at).map_or(1, |share| u16::try_from(*share).unwrap_or(1).clamp(1, 1000));
    Some(Band {
        panes: names.into_iter().enumerate().map(|(at, name)| (name, share_of(at))).collect(),
        share: number("share", 1),
        least: number("least", 3),
    })
}

/// A longer name of a view is none.
const LONGEST: usize = 40;

/// Where a pane stands, and how it is set apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The pane's name.
    pub pane: String,
    /// Its place, frame included.
    pub area: Rect,
    /// Its frame.
    pub border: Border,
}

/// Which edge of a pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Towards the pane beside it.
    Right,
    /// Towards the panes below it.
    Below,
}

/// No pane is dragged narrower, in cells.
const NARROWEST: u16 = 12;

impl View {
    /// Its panes, each once, in the order in which they stand on a wide screen.
    pub fn panes(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for (name, _) in self.wide.iter().chain(&self.narrow).flat_map(|band| &band.panes) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    /// The view without a pane; `None` when nothing is left of it.
    pub fn without(&self, pane: &str) -> Option<Self> {
        let bands = |bands: &[Band]| -> Vec<Band> {
            let left = bands.iter().cloned().map(|mut band| {
                band.panes.retain(|(name, _)| name != pane);
                band
            });
            left.filter(|band| !band.panes.is_empty()).collect()
        };
        let (wide, narrow) = (bands(&self.wide), bands(&self.narrow));
        (!wide.is_empty() && !narrow.is_empty()).then(|| Self { wide, narrow, ..self.clone() })
    }

    /// Gives a pane more or less of the width or height on a screen of so many columns; `false` when there is
    /// nobody to take it from, or to give it to.
    pub fn resize(&mut self, width: u16, pane: &str, action: Action) -> bool {
        let bands = if width >= self.wide_from { &mut self.wide } else { &mut self.narrow };
        let Some(at) = bands.iter().position(|band| band.panes.iter().any(|(name, _)| name == pane)) else {
            return false;
        };
        match action {
            Action::Taller | Action::Lower => {
                let shares: Vec<&mut u16> = bands.iter_mut().map(|band| &mut band.share).collect();
                shift(shares, at, action == Action::Taller)
            }
            _ => {
                let Some(band) = bands.get_mut(at) else { return false };
                let at = band.panes.iter().position(|(name, _)| name == pane).unwrap_or(0);
                let shares: Vec<&mut u16> = band.panes.iter_mut().map(|(_, share)| share).collect();
                shift(shares, at, action == Action::Wider)
            }
        }
    }

    /// Moves the edge of a pane, on a screen of so many columns, so that it becomes so many cells long; the
    /// pane behind the edge gives them, or takes them. `places` is where the panes stand.
    pub fn drag(&mut self, width: u16, pane: &str, side: Side, length: u16, places: &[Place]) {
        let bands = if width >= self.wide_from { &mut self.wide } else { &mut self.narrow };
        let area = |name: &str| places.iter().find(|place| place.pane == name).map(|place| place.area);
        let Some(at) = bands.iter().position(|band| band.panes.iter().any(|(name, _)| name == pane)) else {
            return;
        };
        match side {
            Side::Below => {
                let height =
                    |band: &Band| band.panes.first().and_then(|(name, _)| area(name)).map(|area| area.height);
                let Some(heights) = bands.iter().map(height).collect::<Option<Vec<u16>>>() else { return };
                let least: Vec<u16> = bands.iter().map(|band| band.least).collect();
                let shares = bands.iter_mut().map(|band| &mut band.share);
                move_edge(shares.collect(), &heights, &least, at, length);
            }
            Side::Right => {
                let Some(band) = bands.get_mut(at) else { return };
                let at = band.panes.iter().position(|(name, _)| name == pane).unwrap_or(0);
                let widths = band.panes.iter().map(|(name, _)| area(name).map(|area| area.width));
                let Some(widths) = widths.collect::<Option<Vec<u16>>>() else { return };
                let least = vec![NARROWEST; widths.len()];
                let shares = band.panes.iter_mut().map(|(_, share)| share);
                move_edge(shares.collect(), &widths, &least, at, length);
            }
        }
    }

    /// Where the panes stand in `area`. What does not fit is left out, the last first.
    pub fn arrange(&self, area: Rect) -> Vec<Place> {
        let bands = if area.width >= self.wide_from { &self.wide } else { &self.narrow };
        // A box costs two lines; where that is too much a line above does.
        let boxed = bands.iter().map(|band| band.least).sum::<u16>() <= area.height;
        let border = if boxed { Border::Box } else { Border::Line };
        let least = |band: &Band| if boxed { band.least } else { band.least.min(2) };
        let mut shown: Vec<&Band> = bands.iter().collect();
        while shown.len() > 1 && shown.iter().map(|band| least(band)).sum::<u16>() > area.height {
            shown.pop();
        }
        let shares: Vec<(u16, u16)> = shown.iter().map(|band| (least(band), band.share)).collect();
        let mut places = Vec::new();
        let mut y = area.y;
        for (band, height) in shown.iter().zip(divide(area.height, &shares)) {
            let shares: Vec<(u16, u16)> = band.panes.iter().map(|(_, share)| (0, *share)).collect();
            let mut x = area.x;
            for ((name, _), width) in band.panes.iter().zip(divide(area.width, &shares)) {
                places.push(Place { pane: name.clone(), area: Rect::new(x, y, width, height), border });
                x += width;
            }
            y += height;
        }
        places
    }
}

/// In so many parts a resized length is counted.
const PARTS: u32 = 400;

/// A step of a resize, in those parts.
const STEP: u32 = 20;

/// Gives the part `at` a step more of the whole, or less; `false` when that leaves somebody nothing.
fn shift(shares: Vec<&mut u16>, at: usize, more: bool) -> bool {
    let total: u32 = shares.iter().map(|share| u32::from(**share)).sum();
    let mut parts: Vec<u32> = shares.iter().map(|share| u32::from(**share) * PARTS / total.max(1)).collect();
    let others = PARTS.saturating_sub(parts.get(at).copied().unwrap_or(0));
    let Some(own) = parts.get_mut(at) else { return false };
    let before = *own;
    *own = if more { before + STEP } else { before.saturating_sub(STEP) };
    if shares.len() < 2 || *own < STEP || *own > PARTS - STEP {
        return false;
    }
    let left = PARTS - *own;
    for (_, part) in parts.iter_mut().enumerate().filter(|(nth, _)| *nth != at) {
        *part = *part * left / others.max(1);
    }
    for (share, part) in shares.into_iter().zip(parts) {
        *share = u16::try_from(part.max(1)).unwrap_or(u16::MAX);
    }
    true
}

/// Makes the part `at` as long as is wanted, at the cost of the next one; each keeps its least. Shares that
/// are lengths give those lengths.
fn move_edge(shares: Vec<&mut u16>, lengths: &[u16], least: &[u16], at: usize, wanted: u16) {
    let pair = |all: &[u16]| Some((*all.get(at)?, *all.get(at + 1)?));
    let Some(((own, next), (own_least, next_least))) = pair(lengths).zip(pair(least)) else { return };
    let both = own + next;
    if own_least + next_least > both {
        return;
    }
    let own = wanted.clamp(own_least, both - next_least);
    for (nth, (share, length)) in shares.into_iter().zip(lengths).enumerate() {
        let length = if nth == at { own } else { *length };
        *share = if nth == at + 1 { both - own } else { length }.max(1);
    }
}

/// Divides `length` by shares; each part gets at least its least, where there is so much.
fn divide(length: u16, parts: &[(u16, u16)]) -> Vec<u16> {
    let mut sizes = vec![0; parts.len()];
    let mut open: Vec<usize> = (0..parts.len()).collect();
    let mut left = length;
    // Parts whose share is less than their least take that, and the others divide the rest.
    loop {
        let total: u32 =
            open.iter().filter_map(|at| parts.get(*at)).map(|(_, share)| u32::from(*share)).sum();
        let share_of =
            |share: u16| u16::try_from(u32::from(left) * u32::from(share) / total.max(1)).unwrap_or(left);
        let short =
            open.iter().position(|at| parts.get(*at).is_some_and(|(least, share)| share_of(*share) < *least));
        let Some(short) = short else {
            for (nth, at) in open.iter().enumerate() {
                let Some((_, share)) = parts.get(*at) else { continue };
                // What rounding leaves over goes to the first, which is what the view is about.
                let others: u16 = open
                    .iter()
                    .skip(1)
                    .filter_map(|at| parts.get(*at))
                    .map(|(_, share)| share_of(*share))
                    .sum();
                let size = if nth == 0 { left - others } else { share_of(*share) };
                if let Some(slot) = sizes.get_mut(*at) {
                    *slot = size;
                }
            }
            return sizes;
        };
        let at = open.remove(short);
        if let (Some(slot), Some((least, _))) = (sizes.get_mut(at), parts.get(at)) {
            *slot = (*least).min(left);
            left -= *slot;
        }
        if open.is_empty() {
            return sizes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_leasts() {
        assert_eq!(divide(36, &[(5, 3), (5, 3), (5, 2)]), [14, 13, 9]);
        assert_eq!(divide(20, &[(6, 1), (4, 9)]), [6, 14]);
        assert_eq!(divide(3, &[(2, 1), (2, 1)]), [2, 1]);
        assert_eq!(divide(9, &[(2, 6), (2, 5), (2, 5), (2, 5)]), [3, 2, 2, 2]);
        assert_eq!(divide(0, &[(2, 1), (2, 1)]), [0, 0]);
    }

    #[test]
    fn the_embedded_views_are_whole() {
        let document = Document::new("views.toml", EMBEDDED);
        let views = document.read(|root| with(&[], root, &Keymap::default())).expect("TOML");
        assert_eq!(document.faults(), []);
        assert_eq!(views.len(), NAMES.len());
    }
}
