//! A mark in a Grafana of what happened here: of an incident, or of a command that was run.

use chrono::TimeDelta;

use super::{App, scene};
use crate::clock::Now;
use crate::incident::Record;
use crate::mask::Mask;
use crate::ui::layers::annotate::{self, Mark};

impl App {
    /// Opens the dialogue that leaves a mark of an incident.
    pub(super) fn annotate_incident(&mut self, incident: &str, now: Now) {
        let record = Record::of(self.known.records.get(incident).cloned().unwrap_or_default());
        let Some(first) = record.entries.first() else { return };
        let mark = Mark {
            text: record.title().to_owned(),
            tags: "wardroom incident".to_owned(),
            from: first.at,
            to: record.over(),
            incident: Some(incident.to_owned()),
        };
        self.annotate(&mark, now);
    }

    /// Opens the dialogue that leaves a mark of a run that is over.
    pub(super) fn annotate_run(&mut self, id: u64, now: Now) {
        let Some((run, end)) = self.known.going.runs.get(id).and_then(|run| Some((run, run.end.as_ref()?)))
        else {
            return;
        };
        let (order, ago) = (&run.order, TimeDelta::from_std(now.mono.saturating_sub(run.began)));
        let from = now.wall - ago.unwrap_or_default();
        let text = format!("{} on {} by {}: {}", order.title, order.host, order.operator, end.words());
        let mark = Mark {
            // Others read it.
            text: Mask::default().text(&text),
            tags: format!("wardroom run {}", order.host),
            from,
            to: Some(from + TimeDelta::from_std(end.took).unwrap_or_default()),
            incident: None,
        };
        self.annotate(&mark, now);
    }

    fn annotate(&mut self, mark: &Mark, now: Now) {
        if self.withholds(now) {
            return;
        }
        let scene = scene(&self.known, self.frozen.as_ref(), &self.look, now);
        let opened = annotate::open(mark, &scene);
        self.lay(opened, now);
    }
}
