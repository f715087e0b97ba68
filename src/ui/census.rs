//! The labels that are there, with their values and how often each: what a filter can be completed
//! with, and where the fire is.

use std::collections::BTreeMap;

/// Labels and values, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    names: BTreeMap<String, BTreeMap<String, usize>>,
    rows: usize,
}

impl Census {
    /// Counts a row.
    pub const fn row(&mut self) {
        self.rows += 1;
    }

    /// Counts a label of a row.
    pub fn label(&mut self, name: &str, value: &str) {
        if !self.names.contains_key(name) {
            self.names.insert(name.to_owned(), BTreeMap::new());
        }
        let Some(values) = self.names.get_mut(name) else { return };
        match values.get_mut(value) {
            Some(count) => *count += 1,
            None => {
                values.insert(value.to_owned(), 1);
            }
        }
    }

    /// How many rows were counted.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }

    /// The values of a label, the most frequent first.
    pub fn values(&self, name: &str) -> Vec<(&str, usize)> {
        let values = self.names.get(name).into_iter().flatten();
        let mut values: Vec<(&str, usize)> = values.map(|(value, count)| (value.as_str(), *count)).collect();
        values.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(other.0)));
        values
    }

    /// What the last word of `text` can become: whole texts, the first is the best.
    pub fn complete(&self, text: &str) -> Vec<String> {
        let quoted = text.matches('"').count() % 2 == 1;
        let start = if quoted {
            text.rfind('"').and_then(|quote| text.get(..quote)?.rfind(' ')).map_or(0, |blank| blank + 1)
        } else {
            text.rfind(' ').map_or(0, |blank| blank + 1)
        };
        let (before, word) = text.split_at_checked(start).unwrap_or(("", text));
        let (bang, word) = word.strip_prefix('!').map_or(("", word), |rest| ("!", rest));
        let starts = |have: &str, typed: &str| {
            have.len() >= typed.len()
                && have.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed))
        };
        let Some((name, operator, value)) = super::filter::split(word) else {
            let names = self.names().filter(|name| !word.is_empty() && starts(name, word));
            return names.map(|name| format!("{before}{bang}{name}=")).collect();
        };
        let typed = value.trim_matches('"');
        let values = self.values(name).into_iter().filter(|(value, _)| starts(value, typed));
        let quote = |value: &str| if value.contains(' ') { format!("\"{value}\"") } else { value.to_owned() };
        values.map(|(value, _)| format!("{before}{bang}{name}{operator}{}", quote(value))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn census() -> Census {
        let mut census = Census::default();
        for (name, value) in [("job", "node"), ("job", "pbs"), ("job", "node"), ("jot", "a b")] {
            census.label(name, value);
        }
        census
    }

    #[test]
    fn the_most_frequent_value_comes_first() {
        assert_eq!(census().values("job"), [("node", 2), ("pbs", 1)]);
        assert!(census().values("none").is_empty());
    }

    #[test]
    fn the_last_word_is_completed() {
        let census = census();
        assert_eq!(census.complete("vm jo"), ["vm job=", "vm jot="]);
        assert_eq!(census.complete("!job="), ["!job=node", "!job=pbs"]);
        assert_eq!(census.complete("a job!~P"), ["a job!~pbs"]);
        assert_eq!(census.complete("jot=\"a"), ["jot=\"a b\""]);
        assert!(census.complete("").is_empty() && census.complete("x=").is_empty());
    }
}
