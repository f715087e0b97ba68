//! The one table of all panes: it filters, groups, scrolls, keeps the selection on the thing and not
//! on the row, remembers what is marked, and holds the rows still while somebody is pressing keys.

mod draw;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::sign::Sign;
use crate::action::Action;
use crate::domain::subject::Subject;
use crate::ui::filter::{Filter, Hay};
use crate::ui::scene::Piece;

/// Something that has a row.
pub trait Item: Hay {
    /// What it is; the selection stays with it.
    fn subject(&self) -> &Subject;

    /// How it is in a word, for the line that sums up what does not fit: `11 more up`.
    fn state(&self) -> Sign;

    /// The group that it belongs to, where rows are grouped.
    fn group(&self) -> Option<&Arc<str>> {
        None
    }

    /// Whether nobody needs to see it: a group of such rows is folded until somebody unfolds it.
    fn is_calm(&self) -> bool {
        false
    }
}

/// A row as it is drawn.
#[derive(Clone, Debug)]
pub struct Row {
    /// Glyph and colour in front.
    pub sign: Sign,
    /// One piece per column.
    pub cells: Vec<Piece>,
    /// Whether the row is not to be trusted as it stands: all of it is dimmed.
    pub stale: bool,
}

/// A line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// An item, by its place among the items.
    Item(usize),
    /// The head of a group, by its place among the heads.
    Head(usize),
}

/// A group of rows.
#[derive(Debug)]
struct Head {
    name: Arc<str>,
    /// Its rows that pass the filter, as places among the items; never empty.
    members: Vec<usize>,
    /// Its rows are not shown.
    folded: bool,
}

/// What is selected: it stays so while rows move.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Chosen {
    Item(Subject),
    Group(Arc<str>),
}

/// The rows of a pane, and where one is among them.
#[derive(Debug)]
pub struct Table<T> {
    items: Vec<T>,
    /// Items that came while the rows were held.
    waiting: Option<Vec<T>>,
    /// How many of the waiting ones are new.
    new: usize,
    /// The groups of what is shown.
    heads: Vec<Head>,
    /// The groups that the operator folded, or unfolded, against what they would be, by name.
    turned: HashSet<Arc<str>>,
    /// The lines, top to bottom.
    shown: Vec<Line>,
    passing: usize,
    filter: Filter,
    /// What must be true of an item beside the filter.
    only: Option<fn(&T) -> bool>,
    /// What the operator marked.
    marks: HashSet<Subject>,
    selected: Option<Chosen>,
    at: usize,
    top: usize,
    page: usize,
    /// How many lines had room when it was last drawn.
    room: usize,
    /// Where the rows were last drawn: the first line of the screen, and how many there are.
    drawn: (u16, usize),
    /// The column that the rows are sorted by, which the heading tells.
    pub sorted: Option<usize>,
    /// The widest that each column has been at this width, so that columns do not dance.
    natural: Vec<u16>,
    /// What they were measured for: the width, and whether times are absolute.
    measured: (u16, bool),
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            waiting: None,
            new: 0,
            heads: Vec::new(),
            turned: HashSet::new(),
            shown: Vec::new(),
            passing: 0,
            filter: Filter::default(),
            only: None,
            marks: HashSet::new(),
            selected: None,
            at: 0,
            top: 0,
            page: 1,
            room: 0,
            drawn: (0, 0),
            sorted: None,
            natural: Vec::new(),
            measured: (0, false),
        }
    }
}

/// Above this many rows new ones are not counted one by one while they wait.
const COUNTED: usize = 20_000;

impl<T: Item> Table<T> {
    /// Takes new rows, at once or, while the rows are held, later.
    pub fn offer(&mut self, items: Vec<T>, held: bool) {
        if held && !self.items.is_empty() {
            if items.iter().map(Item::subject).eq(self.items.iter().map(Item::subject)) {
                self.new = 0;
            } else if items.len() <= COUNTED {
                let known: HashSet<&Subject> = self.items.iter().map(Item::subject).collect();
                self.new = items.iter().filter(|item| !known.contains(item.subject())).count();
            }
            self.waiting = Some(items);
            return;
        }
        (self.waiting, self.new) = (None, 0);
        self.items = items;
        if !self.marks.is_empty() {
            let here: HashSet<&Subject> = self.items.iter().map(Item::subject).collect();
            self.marks.retain(|marked| here.contains(marked));
        }
        self.sift();
    }

    /// Whether rows wait to be shown.
    pub const fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Shows the rows that were held back.
    pub fn release(&mut self) {
        if let Some(items) = self.waiting.take() {
            self.offer(items, false);
        }
    }

    /// Filters the rows as typed.
    pub fn set_filter(&mut self, text: &str) {
        if text != self.filter.as_str() {
            self.filter = Filter::new(text);
            self.sift();
        }
    }

    /// Shows only items of which this is true, whatever the filter says.
    pub fn show_only(&mut self, only: Option<fn(&T) -> bool>) {
        self.only = only;
        self.sift();
    }

    /// The filter.
    pub const fn filter(&self) -> &Filter {
        &self.filter
    }

    fn sift(&mut self) {
        let mut passing = Vec::new();
        for (at, item) in self.items.iter().enumerate() {
            let wanted = self.only.is_none_or(|only| only(item));
            if wanted && (self.filter.is_empty() || self.filter.lets(item)) {
                passing.push(at);
            }
        }
        self.passing = passing.len();
        self.arrange(&passing);
        let last = self.shown.len().saturating_sub(1);
        let same = self.selected.as_ref().and_then(|selected| self.find(selected));
        self.at = same.unwrap_or(self.at).min(last);
        if same.is_none() {
            self.selected = None;
            // What one came for stands below the head of its group.
            if self.at == 0 && matches!(self.shown.as_slice(), [Line::Head(_), Line::Item(_), ..]) {
                self.at = 1;
            }
        }
    }

    /// Makes the lines: groups in the order of their first rows, ungrouped rows where they are.
    fn arrange(&mut self, passing: &[usize]) {
        self.shown.clear();
        self.heads.clear();
        let mut known: HashMap<Arc<str>, usize> = HashMap::new();
        for at in passing {
            let Some(group) = self.items.get(*at).and_then(Item::group) else {
                self.shown.push(Line::Item(*at));
                continue;
            };
            let place = known.entry(Arc::clone(group)).or_insert_with(|| {
                self.shown.push(Line::Head(self.heads.len()));
                self.heads.push(Head { name: Arc::clone(group), members: Vec::new(), folded: false });
                self.heads.len() - 1
            });
            if let Some(head) = self.heads.get_mut(*place) {
                head.members.push(*at);
            }
        }
        if self.heads.is_empty() {
            return;
        }
        // What a filter found is to be seen.
        let calm = |head: &Head| {
            let mut members = head.members.iter().filter_map(|at| self.items.get(*at));
            self.filter.is_empty() && members.all(Item::is_calm)
        };
        let calm: Vec<bool> = self.heads.iter().map(calm).collect();
        let loud = self.heads.iter().zip(&calm).filter(|(_, calm)| !**calm);
        let open: usize = loud.map(|(head, _)| head.members.len()).sum();
        // Nothing is folded away that has room.
        let mut left = self.room.saturating_sub(self.heads.len() + open);
        for (head, calm) in self.heads.iter_mut().zip(calm) {
            let rows = if calm { head.members.len() } else { 0 };
            let fits = rows <= left;
            left -= if fits { rows } else { 0 };
            head.folded = fits == self.turned.contains(&head.name);
        }
        let lines = std::mem::take(&mut self.shown);
        for line in lines {
            self.shown.push(line);
            let Line::Head(at) = line else { continue };
            if let Some(head) = self.heads.get(at).filter(|head| !head.folded) {
                self.shown.extend(head.members.iter().map(|at| Line::Item(*at)));
            }
        }
    }

    fn find(&self, chosen: &Chosen) -> Option<usize> {
        self.shown.iter().position(|line| match (line, chosen) {
            (Line::Item(at), Chosen::Item(subject)) => {
                self.items.get(*at).is_some_and(|item| item.subject() == subject)
            }
            (Line::Head(at), Chosen::Group(name)) => {
                self.heads.get(*at).is_some_and(|head| head.name == *name)
            }
            _ => false,
        })
    }

    /// All rows, filtered or not.
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// The rows that pass the filter.
    pub fn passing(&self) -> impl Iterator<Item = &T> {
        let lines = self.shown.iter().flat_map(|line| match line {
            Line::Item(at) if self.heads.is_empty() => std::slice::from_ref(at),
            // Under a head they are among its members; one without a group stands for itself.
            Line::Item(at) => match self.items.get(*at).and_then(Item::group) {
                Some(_) => &[],
                None => std::slice::from_ref(at),
            },
            Line::Head(head) => self.heads.get(*head).map_or(&[][..], |head| &head.members),
        });
        lines.filter_map(|at| self.items.get(*at))
    }

    /// All rows, or those alone that pass the filter.
    pub fn counted(&self, all: bool) -> Vec<&T> {
        if all { self.items.iter().collect() } else { self.passing().collect() }
    }

    /// The selected row; `None` on the head of a group.
    pub fn selected(&self) -> Option<&T> {
        match self.shown.get(self.at)? {
            Line::Item(at) => self.items.get(*at),
            Line::Head(_) => None,
        }
    }

    /// Selects a thing, if it has a row.
    pub fn select(&mut self, subject: &Subject) -> bool {
        let chosen = Chosen::Item(subject.clone());
        let Some(at) = self.find(&chosen) else { return false };
        (self.at, self.selected) = (at, Some(chosen));
        true
    }

    /// The selected group.
    fn group(&self) -> Option<&Head> {
        match self.shown.get(self.at)? {
            Line::Item(_) => None,
            Line::Head(at) => self.heads.get(*at),
        }
    }

    /// What a key acts on: what is marked, else the selected row, or all of the selected group.
    pub fn meant(&self) -> Vec<&T> {
        if !self.marks.is_empty() {
            return self.items.iter().filter(|item| self.marks.contains(item.subject())).collect();
        }
        match self.group() {
            Some(head) => head.members.iter().filter_map(|at| self.items.get(*at)).collect(),
            None => self.selected().into_iter().collect(),
        }
    }

    /// Which row is selected, from 1, and of how many; on the head of a group its first row.
    pub fn position(&self) -> Option<(usize, usize)> {
        let before = self.shown.iter().take(self.at).map(|line| match line {
            Line::Item(_) => 1,
            Line::Head(at) => {
                self.heads.get(*at).filter(|head| head.folded).map_or(0, |head| head.members.len())
            }
        });
        (!self.shown.is_empty()).then(|| (before.sum::<usize>() + 1, self.passing))
    }

    /// Whether no row passes the filter.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// Moves the selection, marks or folds; `false` when the action is not one of a list.
    pub fn act(&mut self, action: Action) -> bool {
        let last = self.shown.len().saturating_sub(1);
        let half = (self.page / 2).max(1);
        let page = self.page.max(1);
        self.at = match action {
            Action::Down => self.at + 1,
            Action::Up => self.at.saturating_sub(1),
            Action::Top => 0,
            Action::Bottom => last,
            Action::HalfDown => self.at + half,
            Action::HalfUp => self.at.saturating_sub(half),
            Action::PageDown => self.at + page,
            Action::PageUp => self.at.saturating_sub(page),
            Action::NextMatch if !self.filter.is_empty() => {
                if self.at >= last {
                    0
                } else {
                    self.at + 1
                }
            }
            Action::PreviousMatch if !self.filter.is_empty() => self.at.checked_sub(1).unwrap_or(last),
            Action::Mark => {
                self.mark();
                self.at + 1
            }
            Action::Open => return self.fold(),
            Action::FoldAll => return self.fold_all(),
            Action::Close if !self.marks.is_empty() => {
                self.marks.clear();
                return true;
            }
            _ => return false,
        }
        .min(last);
        self.choose();
        true
    }

    /// Binds the selection to what the line at its place is.
    fn choose(&mut self) {
        self.selected = match self.shown.get(self.at) {
            Some(Line::Item(at)) => self.items.get(*at).map(|item| Chosen::Item(item.subject().clone())),
            Some(Line::Head(at)) => self.heads.get(*at).map(|head| Chosen::Group(Arc::clone(&head.name))),
            None => None,
        };
    }

    /// Marks the selected row, or takes its mark away; on the head of a group all of its rows.
    fn mark(&mut self) {
        let members: Vec<Subject> = match self.group() {
            Some(head) => {
                let items = head.members.iter().filter_map(|at| self.items.get(*at));
                items.map(|item| item.subject().clone()).collect()
            }
            None => self.selected().map(|item| item.subject().clone()).into_iter().collect(),
        };
        if members.iter().all(|member| self.marks.contains(member)) {
            for member in &members {
                self.marks.remove(member);
            }
        } else {
            self.marks.extend(members);
        }
    }

    /// Takes all marks away.
    pub fn unmark(&mut self) {
        self.marks.clear();
    }

    /// Folds the selected group, or unfolds it; `false` when none is selected.
    fn fold(&mut self) -> bool {
        let Some(name) = self.group().map(|head| Arc::clone(&head.name)) else { return false };
        self.turn(&name);
        self.selected = Some(Chosen::Group(name));
        self.sift();
        true
    }

    fn turn(&mut self, name: &Arc<str>) {
        if !self.turned.remove(name) {
            self.turned.insert(Arc::clone(name));
        }
    }

    /// Folds every group, or unfolds all when none is open; the selection goes to its group.
    fn fold_all(&mut self) -> bool {
        let open = self.heads.iter().any(|head| !head.folded);
        let own = self.selected().and_then(Item::group).cloned();
        let other = self.heads.iter().filter(|head| head.folded != open).map(|head| Arc::clone(&head.name));
        for name in other.collect::<Vec<_>>() {
            self.turn(&name);
        }
        if open {
            self.selected = own.map(Chosen::Group).or_else(|| self.selected.take());
        }
        self.sift();
        true
    }
}
