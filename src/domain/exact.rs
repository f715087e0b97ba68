//! Texts that must stay exactly as the server has them, because matchers compare them. Nothing
//! writes them down but in a form that is harmless: with escapes for what no terminal shows.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serializer};

use super::matcher::{escaped, hidden, unescaped};
use crate::text;

fn write(text: &str) -> Cow<'_, str> {
    let is_plain = text.chars().all(|char| char != '\\' && text::is_plain(char));
    if is_plain { Cow::Borrowed(text) } else { Cow::Owned(escaped(text, hidden)) }
}

/// Writes a text with escapes.
pub fn serialize<S: Serializer>(text: &Arc<str>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&write(text))
}

/// Reads a text with escapes.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<str>, D::Error> {
    String::deserialize(from).map(|text| unescaped(&text).into())
}

/// The same for the labels of an alert.
pub mod labels {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{unescaped, write};
    use crate::domain::labels::Labels;

    /// Writes labels with escapes.
    pub fn serialize<S: Serializer>(labels: &Option<Labels>, to: S) -> Result<S::Ok, S::Error> {
        let labels = labels.as_ref();
        let written = labels
            .map(|labels| labels.iter().map(|(name, value)| (write(name), write(value))).collect::<Labels>());
        written.serialize(to)
    }

    /// Reads labels with escapes.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Labels>, D::Error> {
        let read =
            |labels: Labels| labels.iter().map(|(name, value)| (unescaped(name), unescaped(value))).collect();
        Ok(Option::<Labels>::deserialize(from)?.map(read))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::domain::alert::Alert;
    use crate::domain::correlate::tests::alert;
    use crate::domain::silence::Matcher;

    proptest! {
        #[test]
        fn what_is_recorded_is_harmless_and_reads_back(text in "(?s).{0,12}|[\\\\\"\n\u{1b}\u{202e}a]{0,12}") {
            let matcher = Matcher::equal(text.as_str(), text.as_str());
            let json = serde_json::to_string(&matcher).expect("JSON");
            prop_assert!(json.chars().all(crate::text::is_plain) && !json.contains("\\u00"));
            prop_assert_eq!(serde_json::from_str::<Matcher>(&json).expect("it reads back"), matcher);
            let exact = Some([("alertname", text.as_str())].into_iter().collect());
            let odd = Alert { exact, ..alert("A", "b") };
            let json = serde_json::to_string(&odd).expect("JSON");
            prop_assert!(json.chars().all(crate::text::is_plain) && !json.contains("\\u00"));
            prop_assert_eq!(serde_json::from_str::<Alert>(&json).expect("it reads back"), odd);
        }
    }
}
