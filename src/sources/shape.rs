//! What the answers of several servers are made of: borrowed strings, label sets that may be null, times
//! of Go. Nothing here asks for anything.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::domain::labels::{Interner, Labels};
use crate::text;

/// Why an answer of success is of no use; the caller knows where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It is not of this API.
    Strange(String),
    /// It says no.
    Refused(String),
}

impl Wrong {
    pub(super) fn strange(reason: impl fmt::Display) -> Self {
        Self::Strange(text::truncate(&text::sanitise(&reason.to_string()), 200).into_owned())
    }
}

/// A string of an answer, not copied where it needs no unescaping; null is an empty one.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Text<'a>(pub Cow<'a, str>);

impl Text<'_> {
    /// The shared, harmless copy of it.
    pub(super) fn keep(&self, known: &mut Interner) -> Arc<str> {
        known.intern(&text::sanitise(&self.0))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Borrow<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Borrow<'a> {
            type Value = Text<'a>;
            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'a>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Text<'a>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
            fn visit_unit<E>(self) -> Result<Text<'a>, E> {
                Ok(Text::default())
            }
        }
        from.deserialize_any(Borrow(PhantomData))
    }
}

/// A map of names to texts, as it comes; null is an empty one.
#[derive(Clone, Debug, Default)]
pub(super) struct Pairs<'a>(pub Vec<(Text<'a>, Text<'a>)>);

impl Pairs<'_> {
    /// The value of `name` as it came; empty when absent.
    pub(super) fn get(&self, name: &str) -> &Text<'_> {
        const NONE: &Text<'_> = &Text(Cow::Borrowed(""));
        self.0.iter().find(|(have, _)| have.0 == name).map_or(NONE, |(_, value)| value)
    }

    /// The labels, harmless and shared; names come from others too.
    pub(super) fn keep(&self, known: &mut Interner) -> Labels {
        self.0.iter().map(|(name, value)| (name.keep(known), value.keep(known))).collect()
    }
}

impl Pairs<'_> {
    /// The labels as they came, when they are not harmless.
    pub(super) fn exact(&self, known: &mut Interner) -> Option<Labels> {
        let is_harmless = |text: &Text<'_>| text::sanitise(&text.0) == text.0;
        let harmless = self.0.iter().all(|(name, value)| is_harmless(name) && is_harmless(value));
        let labels =
            || self.0.iter().map(|(name, value)| (known.intern(&name.0), known.intern(&value.0))).collect();
        (!harmless).then(labels)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Map<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Map<'a> {
            type Value = Pairs<'a>;
            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("a map of strings")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'a>, A::Error> {
                let mut all = Vec::with_capacity(8);
                while let Some(pair) = map.next_entry()? {
                    all.push(pair);
                }
                Ok(Pairs(all))
            }
            fn visit_unit<E>(self) -> Result<Pairs<'a>, E> {
                Ok(Pairs::default())
            }
        }
        from.deserialize_any(Map(PhantomData))
    }
}

/// A list; null is an empty one, as Go writes a slice that was never made.
#[derive(Clone, Debug)]
pub(super) struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Items<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
            type Value = List<T>;
            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<List<T>, A::Error> {
                let mut all = Vec::new();
                while let Some(item) = items.next_element()? {
                    all.push(item);
                }
                Ok(List(all))
            }
            fn visit_unit<E>(self) -> Result<List<T>, E> {
                Ok(List::default())
            }
        }
        from.deserialize_any(Items(PhantomData))
    }
}

/// A time as Go writes it; its zero time, 0001-01-01, means never.
pub(super) fn time(text: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    (time.timestamp() > -62_000_000_000).then_some(time)
}

/// A time that must be there; a server that leaves it out gets the oldest there is, so that
/// nothing looks new that may be old.
pub(super) fn time_or_oldest(text: &str) -> DateTime<Utc> {
    time(text).unwrap_or(DateTime::UNIX_EPOCH)
}

/// An answer with `cut` bytes replaced by `new` at byte `at`: for tests of decoders.
#[cfg(test)]
pub(super) fn changed(answer: &str, at: usize, new: &str, cut: usize) -> String {
    let (before, rest) = answer.split_at_checked(at % answer.len()).unwrap_or((answer, ""));
    let after = rest.get(cut.min(rest.len())..).unwrap_or_default();
    format!("{before}{new}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_nothing_and_escapes_are_read() {
        let pairs: Pairs<'_> = serde_json::from_str("null").expect("null is a map here");
        assert!(pairs.0.is_empty());
        let list: List<Text<'_>> = serde_json::from_str("[null, \"a\\u001bb\"]").expect("a list");
        let mut known = Interner::default();
        let kept: Vec<_> = list.0.iter().map(|text| text.keep(&mut known).to_string()).collect();
        assert_eq!(kept, ["", "a·b"]);
    }

    #[test]
    fn times_of_go() {
        assert_eq!(time("0001-01-01T00:00:00Z"), None);
        assert_eq!(time("yesterday"), None);
        assert_eq!(time("2026-11-20T21:30:36.991505238+01:00"), time("2026-11-20T20:30:36.991505238Z"));
        assert!(time("2026-11-20T20:30:36Z").is_some());
    }
}
