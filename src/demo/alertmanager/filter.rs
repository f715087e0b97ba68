//! Which alerts and silences are asked for.

use super::super::matcher::{Matcher, anchored};
use super::super::serve::{Answer, Ask};
use super::refused;
use super::wire::Alert;

/// Which alerts are asked for.
pub struct Wanted {
    pub matchers: Vec<Matcher>,
    pub receiver: Option<regex::Regex>,
    active: bool,
    silenced: bool,
    inhibited: bool,
}

impl Wanted {
    /// Reads the parameters.
    pub fn read(ask: &Ask) -> Result<Self, Answer> {
        let receiver = match ask.get("receiver").map(anchored) {
            None => None,
            Some(Ok(regex)) => Some(regex),
            Some(Err(error)) => return Err(refused(&format!("failed to parse receiver param: {error}"))),
        };
        let yes = |name| ask.get(name).is_none_or(is_true);
        Ok(Self {
            matchers: filters(ask)?,
            receiver,
            active: yes("active"),
            silenced: yes("silenced"),
            inhibited: yes("inhibited"),
        })
    }

    /// Whether the state of an alert is asked for.
    pub fn takes(&self, alert: &Alert<'_>) -> bool {
        (self.active || alert.status.state != "active")
            && (self.silenced || alert.status.silenced_by.is_empty())
            && (self.inhibited || alert.status.inhibited_by.is_empty())
    }
}

/// What counts as a yes; anything else is a no, not an error.
fn is_true(text: &str) -> bool {
    matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "1" | "yes" | "ok" | "y" | "on" | "selected" | "checked" | "t" | "enabled"
    )
}

/// The matchers of `filter=`, one each.
pub fn filters(ask: &Ask) -> Result<Vec<Matcher>, Answer> {
    ask.all("filter")
        .map(|text| {
            let strange = || refused(&format!("bad matcher format: {text}"));
            let is_name = |char: char| char.is_ascii_alphanumeric() || char == '_' || char == ':';
            let end = text.find(|char| !is_name(char)).ok_or_else(strange)?;
            let (name, rest) = text.split_at(end);
            let operator = ["=~", "!~", "!=", "="].into_iter().find(|operator| rest.starts_with(operator));
            let operator = operator.filter(|_| !name.is_empty()).ok_or_else(strange)?;
            let value = rest.strip_prefix(operator).unwrap_or("").trim();
            let bare = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            let value = bare
                .map_or_else(|| value.to_owned(), |value| value.replace("\\\"", "\"").replace("\\\\", "\\"));
            Matcher::new(name, operator, &value).map_err(|error| refused(&error))
        })
        .collect()
}
