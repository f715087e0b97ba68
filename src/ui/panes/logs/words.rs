//! What a line says of itself beside its text: on which machine and by what it was written, and by
//! which names it is found.

use std::borrow::Cow;

use crate::domain::log::Line;
use crate::domain::log::fields::fields;
use crate::ui::filter::Hay;

impl Hay for Line {
    fn text(&self) -> Cow<'_, str> {
        // A million of these are made for one search.
        let (host, unit) = (host(self), unit(self));
        let mut text = String::with_capacity(host.len() + unit.len() + self.text.len() + 2);
        for (part, gap) in [(host, " "), (unit, " "), (&*self.text, "")] {
            text.push_str(part);
            text.push_str(gap);
        }
        text.into()
    }

    /// A label of the stream, else metadata, else a field of the text.
    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        if let Some(value) = self.stream.get(name).or_else(|| self.more.get(name)) {
            return Some(value.into());
        }
        if name == "level" {
            return Some(self.level.as_ref().into());
        }
        let named = self.text.contains(name).then(|| fields(&self.text)).into_iter().flatten();
        named.into_iter().find(|(have, _)| have == name).map(|(_, value)| value.into())
    }
}

/// On which machine a line was written.
pub(super) fn host(line: &Line) -> &str {
    let named =
        ["host", "hostname", "nodename", "node", "instance"].iter().find_map(|name| line.stream.get(name));
    let named = named.unwrap_or("");
    // `10.0.0.21:9100` is the host 10.0.0.21.
    named
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(named, |(host, _)| host)
}

/// By what a line was written.
pub(super) fn unit(line: &Line) -> &str {
    let origins = ["unit", "systemd_unit", "service", "service_name", "container", "app", "job"];
    let named = origins.iter().find_map(|name| line.stream.get(name)).unwrap_or("");
    named.strip_suffix(".service").unwrap_or(named)
}
