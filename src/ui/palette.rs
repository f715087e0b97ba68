//! What can be asked for by name: every action that works at a place, and what takes a word with it.

use std::sync::Arc;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use strum::IntoEnumIterator;

use super::census::Census;
use crate::action::Action;
use crate::border::Control;
use crate::domain::feed::SourceId;
use crate::domain::subject::Subject;
use crate::keymap::{Context, Keymap};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// What a key would do here.
    Act(Action),
    /// These colours, until the program ends.
    Theme(String),
    /// The rows of the pane by this label.
    Group(String),
    /// The rows of the pane that pass this.
    Filter(String),
    /// The operator's own view of this name.
    View(String),
    /// The bookmark of this name.
    Go(String),
    /// A bookmark of this place, under this name.
    Keep(String),
    /// No longer the bookmark of this name.
    Forget(String),
    /// This site alone, or all of them.
    Site(Option<Arc<str>>),
    /// Ask this source again.
    Refresh(SourceId),
    /// The detail of this.
    Open(Subject),
    /// The action of the config with this name.
    Run(String),
    /// This with the recording that is played.
    Replay(Control),
}

/// Something that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// As it is typed: `theme dark`.
    pub line: String,
    /// What it does, in a sentence.
    pub about: String,
    /// The keys that do the same here.
    pub keys: Vec<String>,
    /// What is asked for; `None` when a word is to follow.
    pub order: Option<Order>,
}

impl Choice {
    /// A choice without a key of its own.
    pub fn new(line: impl Into<String>, about: impl Into<String>, order: Order) -> Self {
        Self { line: line.into(), about: about.into(), keys: Vec::new(), order: Some(order) }
    }

    /// The beginning of a line that a word is to follow.
    pub fn stem(word: &str, about: &str) -> Self {
        Self { line: word.to_owned(), about: about.to_owned(), keys: Vec::new(), order: None }
    }
}

/// The word that a filter begins with; what follows is free text.
pub const FILTER: &str = "filter";

/// The word before the name of a new bookmark.
pub const KEEP: &str = "keep";

/// The actions that work at a place, the innermost context first, with their keys. An action that
/// the operator took every key from is among them: here it still has its name.
pub fn actions(keymap: &Keymap, here: Context) -> Vec<Choice> {
    let built_in = Keymap::default();
    let mut choices: Vec<Choice> = Vec::new();
    for context in here.outwards() {
        let bound: Vec<Action> = [&built_in, keymap]
            .iter()
            .flat_map(|keys| keys.bound(context))
            .map(|(action, _)| action)
            .collect();
        for action in Action::iter().filter(|action| bound.contains(action) && *action != Action::Palette) {
            if choices.iter().any(|have| have.line == action.as_ref()) {
                continue;
            }
            choices.push(Choice {
                line: action.as_ref().to_owned(),
                about: action.about().trim_end_matches('.').to_owned(),
                keys: keymap.chords(action, here),
                order: Some(Order::Act(action)),
            });
        }
    }
    choices
}

/// Those that fit what was typed, the best first. Of nothing typed: what was asked for last, then
/// all that stands for itself.
pub fn find(choices: &[Choice], recent: &[String], census: &Census, typed: &str) -> Vec<Choice> {
    let typed = typed.trim_start();
    if let Some(text) = typed.strip_prefix(FILTER).and_then(|rest| rest.strip_prefix(' ')) {
        return filters(text, census);
    }
    if let Some(name) = typed.strip_prefix(KEEP).and_then(|rest| rest.strip_prefix(' ')) {
        let about = "this view and its filter; `go` and the name come back here";
        return vec![Choice::new(format!("{KEEP} {name}"), about, Order::Keep(name.to_owned()))];
    }
    let line = typed.trim_end();
    if line.is_empty() {
        let last = recent.iter().filter_map(|line| choices.iter().find(|choice| choice.line == *line));
        let rest =
            choices.iter().filter(|choice| !choice.line.contains(' ') && !recent.contains(&choice.line));
        return last.chain(rest).cloned().collect();
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(line, CaseMatching::Ignore, Normalization::Smart);
    let mut found: Vec<((u8, i64), &Choice)> = choices
        .iter()
        .filter_map(|choice| Some((rank(choice, line, &pattern, &mut matcher)?, choice)))
        .collect();
    // What is alike stays in the order of the vocabulary.
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, choice)| choice.clone()).collect()
}

/// How well a choice fits: a lower rank is a better one.
fn rank(choice: &Choice, typed: &str, pattern: &Pattern, matcher: &mut Matcher) -> Option<(u8, i64)> {
    if choice.line == typed {
        return Some((0, 0));
    }
    if choice.keys.iter().any(|key| key == typed) {
        return Some((1, 0));
    }
    let lower = typed.to_lowercase();
    if choice.line.starts_with(&lower) {
        return Some((2, 0));
    }
    let mut buffer = Vec::new();
    if let Some(score) = pattern.score(Utf32Str::new(&choice.line, &mut buffer), matcher) {
        return Some((3, -i64::from(score)));
    }
    // A few letters are in almost every sentence.
    let about = choice.about.to_lowercase();
    (lower.len() > 3 && lower.split_whitespace().all(|word| about.contains(word))).then_some((4, 0))
}

/// A filter as it is typed, and what its last word can become.
fn filters(text: &str, census: &Census) -> Vec<Choice> {
    let choice = |text: &str| {
        Choice::new(format!("{FILTER} {text}"), "rows of this pane", Order::Filter(text.to_owned()))
    };
    let mut all = vec![choice(text)];
    all.extend(census.complete(text).iter().map(|text| choice(text)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(typed: &str, recent: &[&str]) -> Vec<String> {
        let mut choices = actions(&Keymap::default(), Context::Logs);
        choices.push(Choice::stem("theme", "the colours"));
        choices.push(Choice::new("theme dark", "for dark terminals", Order::Theme("dark".into())));
        let recent: Vec<String> = recent.iter().map(|line| (*line).to_owned()).collect();
        let found = find(&choices, &recent, &Census::default(), typed);
        found.into_iter().map(|choice| choice.line).collect()
    }

    #[test]
    fn what_is_meant_comes_first() {
        for (typed, first) in [
            ("wrap", "wrap"),
            ("w", "wrap"),
            ("q", "quit"),
            ("thedar", "theme dark"),
            ("theme", "theme"),
            ("dark", "theme dark"),
            ("NEXT-ER", "next-error"),
            ("nxterr", "next-error"),
            ("clipboard", "copy"),
        ] {
            assert_eq!(lines(typed, &[]).first().map(String::as_str), Some(first), "{typed}");
        }
        assert!(lines("xyzzy", &[]).is_empty());
    }

    #[test]
    fn what_was_asked_for_last_comes_first_when_nothing_is_typed() {
        let all = lines("", &["theme dark", "gone", "copy"]);
        assert_eq!(all[..2], ["theme dark", "copy"]);
        assert_eq!(all.iter().filter(|line| *line == "copy").count(), 1);
        assert!(!all[2..].contains(&"theme dark".to_owned()), "words come when they are typed");
    }

    #[test]
    fn a_filter_is_free_text_that_is_completed() {
        let mut census = Census::default();
        census.label("job", "node");
        let found = find(&[], &[], &census, "filter disk jo");
        let lines: Vec<&str> = found.iter().map(|choice| choice.line.as_str()).collect();
        assert_eq!(lines, ["filter disk jo", "filter disk job="]);
        assert_eq!(found[0].order, Some(Order::Filter("disk jo".into())));
    }
}
