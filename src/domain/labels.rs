//! Label sets: sorted, shared, compared by value.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A name and its value.
pub type Label = (Arc<str>, Arc<str>);

/// A label set, sorted by name. A clone shares the storage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Labels(Arc<[Label]>);

impl Labels {
    /// The value of `name`. A label that is absent and one that is empty are the same thing to
    /// Prometheus; both answer `None` here.
    pub fn get(&self, name: &str) -> Option<&str> {
        let at = self.0.binary_search_by(|(have, _)| (**have).cmp(name)).ok()?;
        Some(&*self.0.get(at)?.1).filter(|value| !value.is_empty())
    }

    /// The same, shared.
    pub fn shared(&self, name: &str) -> Option<Arc<str>> {
        let at = self.0.binary_search_by(|(have, _)| (**have).cmp(name)).ok()?;
        self.0.get(at).map(|(_, value)| Arc::clone(value))
    }

    /// Where they are kept: those that are kept in one place are equal.
    pub fn place(&self) -> usize {
        Arc::as_ptr(&self.0).cast::<Label>().addr()
    }

    /// All labels, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// These labels and those of `other`; of two with one name, those here stay.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        self.iter().chain(other.iter().filter(|(name, _)| self.get(name).is_none())).collect()
    }

    /// How many labels there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no label at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every label of `other` is here with the same value.
    pub fn contains(&self, other: &Self) -> bool {
        other.iter().all(|(name, value)| self.get(name).unwrap_or("") == value)
    }
}

impl<N: Into<Arc<str>>, V: Into<Arc<str>>> FromIterator<(N, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(labels: I) -> Self {
        let mut all: Vec<Label> =
            labels.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        all.sort();
        all.dedup_by(|later, earlier| later.0 == earlier.0);
        Self(all.into())
    }
}

impl fmt::Display for Labels {
    /// As PromQL writes it: `{instance="10.0.0.21:9100", job="node"}`.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("{")?;
        for (at, (name, value)) in self.iter().enumerate() {
            write!(to, "{}{name}={value:?}", if at == 0 { "" } else { ", " })?;
        }
        to.write_str("}")
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Labels;
            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("a map of label names to values")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels, A::Error> {
                let mut all = Vec::with_capacity(map.size_hint().unwrap_or(8));
                while let Some((Text(name), Text(value))) = map.next_entry()? {
                    all.push((name, value));
                }
                Ok(all.into_iter().collect())
            }
        }
        from.deserialize_map(Map)
    }
}

/// A name or a value, where the input has it if it stands there as it is.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Keeps one copy of each distinct string of an answer: ten thousand targets share a handful of
/// label names and most values, and the measures of a host all of its labels.
#[derive(Debug, Default)]
pub struct Interner {
    texts: HashSet<Arc<str>>,
    sets: HashSet<Labels>,
    /// What the answer before had.
    earlier: (HashSet<Arc<str>>, HashSet<Labels>),
}

impl Interner {
    /// The shared copy of `text`.
    pub fn intern(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let fresh = self.earlier.0.take(text).unwrap_or_else(|| text.into());
        self.texts.insert(Arc::clone(&fresh));
        fresh
    }

    /// The shared copy of a whole set.
    pub fn share(&mut self, labels: Labels) -> Labels {
        if let Some(known) = self.sets.get(&labels) {
            return known.clone();
        }
        let labels = self.earlier.1.take(&labels).unwrap_or(labels);
        self.sets.insert(labels.clone());
        labels
    }

    /// Another answer begins. It shares what the last one had; what that one had not is forgotten.
    pub fn renew(&mut self) {
        self.earlier = (std::mem::take(&mut self.texts), std::mem::take(&mut self.sets));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Interner, Labels};

    #[test]
    fn an_answer_shares_what_the_last_one_had() {
        let set = |known: &mut Interner| {
            let labels = [("job", "node")].map(|(name, value)| (known.intern(name), known.intern(value)));
            known.share(labels.into_iter().collect())
        };
        let mut known = Interner::default();
        let (first, text) = (set(&mut known), known.intern("node"));
        known.renew();
        assert_eq!(set(&mut known).place(), first.place());
        assert!(Arc::ptr_eq(&known.intern("node"), &text));
        known.renew();
        known.renew();
        assert_eq!(set(&mut known), first);
        assert!(!Arc::ptr_eq(&known.intern("node"), &text), "what nobody told of again is forgotten");
    }

    #[test]
    fn an_absent_label_is_an_empty_one() {
        let have: Labels = [("job", "node"), ("host", "")].into_iter().collect();
        assert_eq!(have.get("host"), None);
        assert!(have.contains(&[("job", "node"), ("zone", "")].into_iter().collect()));
        assert!(!have.contains(&[("job", "pve")].into_iter().collect()));
    }

    #[test]
    fn equal_sets_are_kept_once() {
        let mut known = Interner::default();
        let made = || -> Labels { [("job", "node"), ("host", "a")].into_iter().collect() };
        let (one, other) = (known.share(made()), known.share(made()));
        assert_eq!(one.place(), other.place());
        assert_ne!(one.place(), made().place());
    }

    #[test]
    fn labels_survive_json_sorted() {
        let labels: Labels = serde_json::from_str(r#"{"job":"node","instance":"a\"b"}"#).expect("a map");
        assert_eq!(labels.to_string(), r#"{instance="a\"b", job="node"}"#);
        assert_eq!(serde_json::to_string(&labels).expect("a map"), r#"{"instance":"a\"b","job":"node"}"#);
    }
}
