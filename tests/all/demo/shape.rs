//! The shape of an answer, learnt from recorded ones: which keys, which of them always, which
//! types, whether null, and which form a text has.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use serde_json::Value;

/// What the names of keys mean to a reader of one API.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// Objects under these keys are maps: their keys are data.
    pub maps: &'static [&'static str],
    /// Texts under these keys are words of a small vocabulary.
    pub words: &'static [&'static str],
    /// Objects are told apart by this key; empty for none.
    pub tag: &'static str,
}

/// What was seen at one place of an answer.
#[derive(Debug, Default)]
pub struct Shape {
    plain: BTreeSet<Plain>,
    /// The forms of texts, and the texts themselves if they are words.
    forms: BTreeSet<Form>,
    words: Option<BTreeSet<String>>,
    items: Option<Box<Shape>>,
    map: Option<Box<Shape>>,
    objects: BTreeMap<String, Object>,
    reading: Option<Reading>,
}

/// A value that is what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Plain {
    Null,
    Boolean,
    Integer,
    Fraction,
}

/// The objects of one tag.
#[derive(Debug, Default)]
struct Object {
    seen: usize,
    keys: BTreeMap<String, (usize, Shape)>,
}

/// The form of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    Empty,
    Time,
    Nanoseconds,
    Fingerprint,
    Uuid,
    Upid,
    Number,
    Url,
    Any,
}

impl Plain {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(Self::Null),
            Value::Bool(_) => Some(Self::Boolean),
            Value::Number(number) if number.is_f64() => Some(Self::Fraction),
            Value::Number(_) => Some(Self::Integer),
            _ => None,
        }
    }
}

impl Form {
    fn of(text: &str) -> Self {
        let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if text.is_empty() {
            Self::Empty
        } else if text.contains('T') && DateTime::parse_from_rfc3339(text).is_ok() {
            Self::Time
        } else if text.len() == 19 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Self::Nanoseconds
        } else if text.len() == 16 && is_hex(text) {
            Self::Fingerprint
        } else if text.len() == 36 && text.split('-').map(str::len).eq([8, 4, 4, 4, 12]) {
            Self::Uuid
        } else if text.starts_with("UPID:") && text.ends_with(':') {
            Self::Upid
        } else if text.parse::<f64>().is_ok() {
            Self::Number
        } else if text.starts_with("http://") || text.starts_with("https://") {
            Self::Url
        } else {
            Self::Any
        }
    }
}

impl Shape {
    /// Learns from recorded answers.
    pub fn learn(answers: impl IntoIterator<Item = Value>, reading: Reading) -> Self {
        let mut shape = Self { reading: Some(reading), ..Self::default() };
        for answer in answers {
            shape.add(&answer, "", reading);
        }
        shape
    }

    fn add(&mut self, value: &Value, key: &str, reading: Reading) {
        self.reading = Some(reading);
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => self.plain.extend(Plain::of(value)),
            Value::String(text) => {
                self.forms.insert(Form::of(text));
                if reading.words.contains(&key) {
                    self.words.get_or_insert_default().insert(text.clone());
                }
            }
            Value::Array(items) => {
                let shape = self.items.get_or_insert_default();
                // An item is known by the key of its list, and pairs by their place.
                for item in items {
                    shape.add(item, key, reading);
                }
            }
            Value::Object(object) if reading.maps.contains(&key) => {
                let shape = self.map.get_or_insert_default();
                for value in object.values() {
                    shape.add(value, "", reading);
                }
            }
            Value::Object(object) => {
                let tag = object.get(reading.tag).and_then(Value::as_str).unwrap_or("");
                let shape = self.objects.entry(tag.to_owned()).or_default();
                shape.seen += 1;
                for (key, value) in object {
                    let (seen, shape) = shape.keys.entry(key.clone()).or_default();
                    *seen += 1;
                    shape.add(value, key, reading);
                }
            }
        }
    }

    /// Where a value does not fit.
    pub fn faults(&self, value: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        self.check(value, "$", &mut faults);
        faults.truncate(12);
        faults
    }

    fn check(&self, value: &Value, place: &str, faults: &mut Vec<String>) {
        let mut fault = |what: &str| faults.push(format!("{place}: {what}"));
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => {
                let known = Plain::of(value).is_some_and(|plain| self.takes(plain));
                if !known {
                    fault(&format!("{value} was never there, recorded were {:?}", self.plain));
                }
            }
            Value::String(text) => self.check_text(text, &mut fault),
            Value::Array(items) => match &self.items {
                None => fault("was never a list"),
                Some(shape) => {
                    for (at, item) in items.iter().enumerate() {
                        shape.check(item, &format!("{place}[{at}]"), faults);
                    }
                }
            },
            Value::Object(object) => match &self.map {
                Some(shape) => {
                    for (key, value) in object {
                        shape.check(value, &format!("{place}.{key}"), faults);
                    }
                }
                None => self.check_object(object, place, faults),
            },
        }
    }

    /// Whether such a value was seen; a whole number is a fraction too.
    fn takes(&self, plain: Plain) -> bool {
        self.plain.contains(&plain) || plain == Plain::Integer && self.plain.contains(&Plain::Fraction)
    }

    fn check_text(&self, text: &str, fault: &mut impl FnMut(&str)) {
        let form = Form::of(text);
        if self.forms.is_empty() {
            fault("was never a text");
        } else if !self.forms.contains(&form) && !self.forms.contains(&Form::Any) {
            fault(&format!("{text:?} is {form:?}, recorded were {:?}", self.forms));
        }
        if self.words.as_ref().is_some_and(|words| !words.contains(text)) {
            fault(&format!("{text:?} is none of {:?}", self.words));
        }
    }

    fn check_object(&self, object: &serde_json::Map<String, Value>, place: &str, faults: &mut Vec<String>) {
        let tag = self.reading.map_or("", |reading| reading.tag);
        let tag = object.get(tag).and_then(Value::as_str).unwrap_or("");
        let Some(shape) = self.objects.get(tag) else {
            faults.push(format!("{place}: was never an object {tag:?}"));
            return;
        };
        for (key, (seen, _)) in &shape.keys {
            if *seen == shape.seen && !object.contains_key(key) {
                faults.push(format!("{place}: {key} is missing"));
            }
        }
        for (key, value) in object {
            match shape.keys.get(key) {
                None => faults.push(format!("{place}: {key} was never there")),
                Some((_, shape)) => shape.check(value, &format!("{place}.{key}"), faults),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    const READING: Reading = Reading { maps: &["labels"], words: &["state"], tag: "type" };

    fn shape() -> Shape {
        let answers = [
            json!({ "at": "2026-11-13T14:02:11Z", "state": "up", "labels": { "a": "b" }, "n": 1, "list": [1.5], "note": null }),
            json!({ "at": "2026-11-13T14:02:11.5+01:00", "state": "down", "labels": {}, "n": 2, "list": [], "note": "x", "more": true }),
        ];
        Shape::learn(answers, READING)
    }

    #[test]
    fn a_fitting_answer_fits() {
        let answer = json!({ "at": "2020-01-01T00:00:00Z", "state": "up", "labels": { "z": "y" }, "n": 7, "list": [3.5, 4], "note": null });
        assert_eq!(shape().faults(&answer), Vec::<String>::new());
    }

    #[rstest]
    #[case::missing_key(json!({ "state": "up", "labels": {}, "n": 1, "list": [], "note": null }), "at is missing")]
    #[case::new_key(json!({ "at": "2020-01-01T00:00:00Z", "state": "up", "labels": {}, "n": 1, "list": [], "note": null, "new": 1 }), "new was never there")]
    #[case::wrong_type(json!({ "at": "2020-01-01T00:00:00Z", "state": "up", "labels": {}, "n": "1", "list": [], "note": null }), "was never a text")]
    #[case::fraction(json!({ "at": "2020-01-01T00:00:00Z", "state": "up", "labels": {}, "n": 1.5, "list": [], "note": null }), "1.5 was never there")]
    #[case::null(json!({ "at": null, "state": "up", "labels": {}, "n": 1, "list": [], "note": null }), "null was never there")]
    #[case::form(json!({ "at": "yesterday", "state": "up", "labels": {}, "n": 1, "list": [], "note": null }), "recorded were")]
    #[case::word(json!({ "at": "2020-01-01T00:00:00Z", "state": "sideways", "labels": {}, "n": 1, "list": [], "note": null }), "is none of")]
    #[case::map_value(json!({ "at": "2020-01-01T00:00:00Z", "state": "up", "labels": { "a": 1 }, "n": 1, "list": [], "note": null }), "1 was never there")]
    #[case::item(json!({ "at": "2020-01-01T00:00:00Z", "state": "up", "labels": {}, "n": 1, "list": ["x"], "note": null }), "was never a text")]
    #[case::not_an_object(json!([]), "was never a list")]
    fn a_mutated_answer_does_not(#[case] answer: Value, #[case] fault: &str) {
        let faults = shape().faults(&answer);
        assert!(faults.len() == 1 && faults[0].contains(fault), "{faults:?}");
    }
}
