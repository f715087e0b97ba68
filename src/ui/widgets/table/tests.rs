use std::borrow::Cow;

use super::*;
use crate::domain::feed::{SourceId, SourceKind};
use crate::ui::widgets::sign::UNKNOWN;

#[derive(Debug)]
struct Thing {
    subject: Subject,
    name: String,
    group: Option<Arc<str>>,
    calm: bool,
}

impl Hay for Thing {
    fn text(&self) -> Cow<'_, str> {
        (&*self.name).into()
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        (name == "group").then(|| self.group.as_deref().map(Cow::from)).flatten()
    }
}

impl Item for Thing {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> Sign {
        UNKNOWN
    }

    fn group(&self) -> Option<&Arc<str>> {
        self.group.as_ref()
    }

    fn is_calm(&self) -> bool {
        self.calm
    }
}

/// `a/1` is the thing 1 in the group a; `a/1.` is calm, `1` in no group.
fn things(names: &[&str]) -> Vec<Thing> {
    let thing = |text: &&str| {
        let (group, name) = text.split_once('/').map_or((None, *text), |(group, name)| (Some(group), name));
        Thing {
            subject: Subject::Source(SourceId::new(SourceKind::Loki, name)),
            name: name.to_owned(),
            group: group.map(Arc::from),
            calm: name.ends_with('.'),
        }
    };
    names.iter().map(thing).collect()
}

fn lines(table: &Table<Thing>) -> Vec<String> {
    let line = |line: &Line| match line {
        Line::Item(at) => table.items.get(*at).map_or_else(String::new, |thing| thing.name.clone()),
        Line::Head(at) => table.heads.get(*at).map_or_else(String::new, |head| format!("[{}]", head.name)),
    };
    table.shown.iter().map(line).collect()
}

fn meant(table: &Table<Thing>) -> Vec<&str> {
    table.meant().into_iter().map(|thing| thing.name.as_str()).collect()
}

#[test]
fn groups_stand_in_the_order_of_their_first_rows() {
    let mut table = Table::default();
    table.offer(things(&["b/1", "a/2", "b/3", "4"]), false);
    assert_eq!(lines(&table), ["[b]", "1", "3", "[a]", "2", "4"]);
    assert_eq!(meant(&table), ["1"], "the first row and not its head is selected");
    table.set_filter("3");
    assert_eq!(lines(&table), ["[b]", "3"]);
    assert_eq!(table.passing().count(), 1);
}

#[test]
fn a_fold_acts_as_one() {
    let mut table = Table::default();
    table.offer(things(&["b/1", "a/2", "b/3"]), false);
    table.act(Action::Top);
    assert!(table.act(Action::Open), "Enter on a head folds");
    assert_eq!(lines(&table), ["[b]", "[a]", "2"]);
    assert_eq!(meant(&table), ["1", "3"]);
    table.act(Action::Mark);
    assert_eq!(meant(&table), ["1", "3"], "all of the group are marked");
    table.act(Action::FoldAll);
    assert_eq!(lines(&table), ["[b]", "[a]"]);
    table.act(Action::FoldAll);
    assert_eq!(lines(&table), ["[b]", "1", "3", "[a]", "2"]);
    assert!(table.act(Action::Close), "the marks go first");
    assert!(!table.act(Action::Close));
    assert!(!Table::<Thing>::default().act(Action::Open), "there is nothing to fold");
}

#[test]
fn a_group_of_calm_rows_is_folded_until_somebody_looks() {
    let mut table = Table::default();
    table.offer(things(&["a/1", "a/2.", "b/3."]), false);
    assert_eq!(lines(&table), ["[a]", "1", "2.", "[b]"]);
    table.act(Action::Bottom);
    table.act(Action::Open);
    assert_eq!(lines(&table), ["[a]", "1", "2.", "[b]", "3."]);
    table.act(Action::Open);
    table.set_filter("3");
    assert_eq!(lines(&table), ["[b]", "3."], "what was found is seen");
}

#[test]
fn marks_and_the_selection_stay_with_the_things() {
    let mut table = Table::default();
    table.offer(things(&["1", "2", "3"]), false);
    table.act(Action::Down);
    table.act(Action::Mark);
    table.offer(things(&["0", "3", "2"]), false);
    assert_eq!(meant(&table), ["2"]);
    assert_eq!(table.selected().map(|thing| thing.name.as_str()), Some("3"));
    table.offer(things(&["0", "3"]), false);
    assert_eq!(meant(&table), ["3"], "what is gone is no longer marked");
    assert!(table.select(&Subject::Source(SourceId::new(SourceKind::Loki, "0"))));
    assert_eq!(meant(&table), ["0"]);
}

#[test]
fn only_some_rows_are_shown() {
    let mut table = Table::default();
    table.offer(things(&["1", "2.", "3"]), false);
    table.show_only(Some(|thing| !thing.calm));
    assert_eq!(lines(&table), ["1", "3"]);
    assert!(table.notes().iter().any(|(text, _)| text == "2 of 3"));
    table.show_only(None);
    assert_eq!(table.passing().count(), 3);
}
