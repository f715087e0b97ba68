//! What is written down of incidents: from the procedure that is opened at an alert to the report.

use super::{App, Known};
use crate::border::Effect;
use crate::clock::Now;
use crate::incident::{self, Entry, Event, Record};
use crate::ui::panes::runbook::about;
use crate::ui::theme::Role;

impl Known {
    /// The record of the incident for which a procedure is followed.
    pub(super) fn record(&self) -> &[Entry] {
        let incident = self.desk.session().and_then(|session| session.incident.as_ref());
        incident.and_then(|incident| self.records.get(incident)).map_or(&[], Vec::as_slice)
    }
}

impl App {
    /// Begins the record of an incident, or goes on with it, when what is opened was opened at an alert.
    pub(super) fn begin_incident(&mut self, now: Now) -> Vec<Effect> {
        let known = &self.known;
        let Some((session, (book, procedure, _))) = known.desk.session().zip(known.desk.document()) else {
            return Vec::new();
        };
        let about = &session.cause.about;
        let Some(began) = about.since.filter(|_| !about.alertname.is_empty()) else { return Vec::new() };
        let labels = &about.labels;
        let subject = ["host", "guest", "instance", "job"].iter().find_map(|name| labels.get(name));
        let incident = incident::name(began, &about.alertname, subject.unwrap_or_default());
        let due = procedure.response_time.and_then(|seconds| i64::try_from(seconds).ok());
        let opened = Event::Opened {
            alert: about.alertname.clone(),
            labels: labels.clone(),
            fingerprint: session.cause.fingerprint.as_deref().unwrap_or_default().to_owned(),
            severity: session.cause.severity.clone(),
            began,
            due: due.and_then(|seconds| began.checked_add_signed(chrono::TimeDelta::try_seconds(seconds)?)),
            last_good: about.vmid.as_deref().and_then(|vmid| about::last_good(vmid, &known.store)),
            file: book.path.clone(),
            sha256: book.sha256.clone(),
            procedure: procedure.title.clone(),
            lines: procedure.source_lines,
        };
        if let Some(session) = self.known.desk.session_mut() {
            session.incident = Some(incident.clone());
        }
        let mut effects = vec![Effect::Recall(incident)];
        effects.extend(self.record(opened, now));
        effects
    }

    /// Writes down what somebody did, when an incident is kept.
    pub(super) fn record(&mut self, event: Event, now: Now) -> Vec<Effect> {
        self.write_down(vec![(self.look.operator.to_string(), event)], now)
    }

    /// Writes down what happened, each with who did it.
    pub(super) fn write_down(&mut self, events: Vec<(String, Event)>, now: Now) -> Vec<Effect> {
        self.dirty = true;
        let session = self.known.desk.session();
        let Some(incident) = session.and_then(|session| session.incident.clone()) else { return Vec::new() };
        let line = |(by, event)| Entry {
            schema: incident::SCHEMA,
            incident: incident.clone(),
            at: now.wall,
            by,
            event,
        };
        let entries: Vec<Entry> = events.into_iter().map(line).collect();
        self.known.records.entry(incident.clone()).or_default().extend(entries.iter().cloned());
        if entries.is_empty() { Vec::new() } else { vec![Effect::Record(entries)] }
    }

    /// Takes what was recorded of an incident before: its marks go on where there are none newer.
    pub(super) fn remembered(&mut self, incident: &str, entries: Vec<Entry>) {
        self.dirty = true;
        let Some(session) =
            self.known.desk.sessions_mut().find(|one| one.incident.as_deref() == Some(incident))
        else {
            return;
        };
        let before = Record::of(entries);
        for (key, mark) in before.marks() {
            session.marks.entry(key).or_insert(mark);
        }
        let record = self.known.records.entry(incident.to_owned()).or_default();
        let known = std::mem::take(record);
        let older = before.entries.into_iter().filter(|entry| !known.contains(entry));
        record.extend(older.chain(known.iter().cloned()));
    }

    /// Hears whether what is recorded could be written down.
    pub(super) fn unrecorded(&mut self, why: Option<String>) {
        self.dirty |= self.known.desk.unrecorded != why;
        self.known.desk.unrecorded = why;
    }

    /// Keeps the report of the incident, and puts it on the clipboard.
    pub(super) fn report(&mut self, now: Now) -> Vec<Effect> {
        let Some(session) = self.known.desk.session() else { return Vec::new() };
        let Some(incident) = session.incident.clone() else {
            self.notify(
                "no incident is kept: a procedure that is opened at an alert begins one",
                Role::Muted,
                now,
            );
            return Vec::new();
        };
        let text =
            incident::markdown(&Record::of(self.known.records.get(&incident).cloned().unwrap_or_default()));
        self.notify(format!("the report is incidents/{incident}.md, and on the clipboard"), Role::Ok, now);
        vec![Effect::Report { incident, text: text.clone() }, Effect::Copy(text)]
    }
}
