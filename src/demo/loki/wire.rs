//! What Loki's answers look like.

use serde::{Serialize, Serializer};

use super::super::script::logs::Line;
use crate::domain::labels::Labels;

#[derive(Serialize)]
pub struct Listed<'a, T> {
    pub status: &'static str,
    pub data: &'a T,
}

#[derive(Serialize)]
pub struct Wrong {
    pub status: &'static str,
    pub error: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Server {
    pub version: &'static str,
    pub revision: &'static str,
    pub branch: &'static str,
    pub build_user: &'static str,
    pub build_date: &'static str,
    pub go_version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Data<T> {
    pub result_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding_flags: Option<[&'static str; 1]>,
    pub result: Vec<T>,
}

/// A stream with lines of it.
#[derive(Serialize)]
pub struct Found<'a> {
    pub stream: Labels,
    pub values: Vec<Value<'a>>,
}

/// A line as it is sent: its time, its text and, if asked for, what is known of it.
pub struct Value<'a> {
    at: i64,
    text: &'a str,
    level: Option<&'static str>,
    more: &'a Labels,
}

impl<'a> Value<'a> {
    /// A line, with its level if labels are sent in their categories.
    pub fn of(line: &'a Line, categorized: bool) -> Self {
        Self { at: line.at, text: &line.text, level: categorized.then_some(line.level), more: &line.more }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct About {
    structured_metadata: Labels,
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let at = self.at.to_string();
        match self.level {
            None => (at, self.text).serialize(to),
            Some(level) => {
                let metadata = self.more.iter().chain([("detected_level", level)]).collect();
                let about = About { structured_metadata: metadata };
                (at, self.text, about).serialize(to)
            }
        }
    }
}
