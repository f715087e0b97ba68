//! What a line says of itself beside its text: on which machine and by what it was written, and by
//! which names it is found.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::domain::log::Line;
use crate::domain::log::fields::fields;
use crate::ui::filter::Hay;

/// Who wrote the lines that are searched: found out once for a stream, not once for each of a million lines.
#[derive(Debug, Default)]
pub(super) struct Writers {
    /// Host and unit, by where the labels of their stream are kept.
    known: HashMap<usize, Rc<str>>,
    /// Those of the line before.
    last: Option<(usize, Rc<str>)>,
    /// Room for a line and its writer before it.
    whole: RefCell<String>,
}

impl Writers {
    /// A line with who wrote it.
    pub(super) fn of<'l>(&'l mut self, line: &'l Line) -> Written<'l> {
        let place = line.stream.place();
        if self.last.as_ref().is_none_or(|(last, _)| *last != place) {
            let by =
                self.known.entry(place).or_insert_with(|| format!("{} {} ", host(line), unit(line)).into());
            self.last = Some((place, Rc::clone(by)));
        }
        Written { line, by: self.last.as_ref().map_or("", |(_, by)| by), whole: &self.whole }
    }
}

/// A line with who wrote it.
#[derive(Debug)]
pub(super) struct Written<'l> {
    line: &'l Line,
    by: &'l str,
    whole: &'l RefCell<String>,
}

impl Hay for Written<'_> {
    fn text(&self) -> Cow<'_, str> {
        [self.by, &self.line.text].concat().into()
    }

    fn says(&self, test: &dyn Fn(&str) -> bool) -> bool {
        self.reads(test)
    }

    fn reads(&self, test: &dyn Fn(&str) -> bool) -> bool {
        let mut whole = self.whole.borrow_mut();
        whole.clear();
        whole.push_str(self.by);
        whole.push_str(&self.line.text);
        test(&whole)
    }

    /// A label of the stream, else metadata, else a field of the text.
    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        let line = self.line;
        if let Some(value) = line.stream.get(name).or_else(|| line.more.get(name)) {
            return Some(value.into());
        }
        if name == "level" {
            return Some(line.level.as_ref().into());
        }
        let named = line.text.contains(name).then(|| fields(&line.text)).into_iter().flatten();
        named.into_iter().find(|(have, _)| have == name).map(|(_, value)| value)
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
