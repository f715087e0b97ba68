//! Incidents from keys: started about anything or nothing, alerts attached, said to be mitigated,
//! resolved and closed, exported. All of it is a line in the record of the incident.

use std::sync::Arc;

use super::{App, scene};
use crate::border::Effect;
use crate::clock::Now;
use crate::domain::feed::SourceKind;
use crate::domain::subject::Subject;
use crate::incident::{self, Entry, Event, Record};
use crate::ui::describe::find_alert;
use crate::ui::layers::entry::{Entry as Line, Purpose};
use crate::ui::layers::incidents::{Incidents, Meant, Step};
use crate::ui::panes::runbook::about;
use crate::ui::theme::Role;

impl App {
    /// Shows the incidents that were recorded, by whomever.
    pub(super) fn list_incidents(&mut self, kept: Vec<(String, Vec<Entry>)>, now: Now) {
        for (incident, entries) in kept {
            let known = self.known.records.entry(incident).or_default();
            let newer: Vec<Entry> = std::mem::take(known);
            let older = entries.into_iter().filter(|entry| !newer.contains(entry));
            let mut all: Vec<Entry> = older.chain(newer.iter().cloned()).collect();
            all.sort_by_key(|entry| entry.at);
            *known = all;
        }
        let meant = self.meant_by_selection(now);
        if std::mem::take(&mut self.upkeep.noting) {
            return self.note_in_newest(&meant, now);
        }
        let records = self.known.records.iter().filter(|(_, entries)| !entries.is_empty());
        let records = records.map(|(name, entries)| (name, Record::of(entries.clone())));
        let has_grafana = self.known.store.of(SourceKind::Grafana).next().is_some();
        let layer = Incidents::new(records, meant).annotating(has_grafana);
        self.layers.push(Box::new(layer));
        self.dirty = true;
    }

    /// The alerts that are selected or marked, or of what is selected, and a name for them.
    fn meant_by_selection(&self, now: Now) -> Meant {
        let store = &self.known.store;
        let scene = scene(&self.known, self.frozen.as_ref(), &self.look, now);
        let subjects: Vec<Subject> = match self.layers.last().map(|layer| layer.subject().cloned()) {
            Some(subject) => subject.into_iter().collect(),
            None => self.panes.get(self.pane_name()).map_or_else(Vec::new, |slot| slot.pane.meant(&scene)),
        };
        let alert = |subject: &Subject| match subject {
            Subject::Alert { fingerprint, .. } => find_alert(store, fingerprint),
            _ => about::alert_of(subject, store),
        };
        let alerts: Vec<_> = subjects.iter().filter_map(alert).collect();
        let title = match (alerts.first(), subjects.first()) {
            (Some(alert), _) => format!("{} {}", alert.name, alert.subject()).trim().to_owned(),
            (None, Some(subject)) => about::of_subject(subject, store).1.last().cloned().unwrap_or_default(),
            (None, None) => String::new(),
        };
        Meant { title, alerts: alerts.iter().map(|alert| Arc::clone(alert.key())).collect() }
    }

    /// Does with an incident what was chosen.
    pub(super) fn step_incident(&mut self, step: Step, meant: &Meant, now: Now) -> Vec<Effect> {
        match step {
            Step::Start => {
                let purpose = Purpose::Incident { incident: None, alerts: meant.alerts.clone() };
                self.layers.push(Box::new(Line::new(purpose, &meant.title, Vec::new())));
                Vec::new()
            }
            Step::Note(incident) => {
                let purpose = Purpose::Incident { incident: Some(incident), alerts: Vec::new() };
                self.layers.push(Box::new(Line::new(purpose, "", Vec::new())));
                Vec::new()
            }
            Step::Attach(incident) => {
                let events = self.attached(&incident, &meant.alerts);
                self.notify(format!("attached to {incident}"), Role::Ok, now);
                self.write_of(&incident, events, now)
            }
            Step::Became(incident, stage) => {
                self.notify(format!("{incident} is {}", stage.as_ref()), Role::Ok, now);
                self.write_of(&incident, vec![Event::Became { stage }], now)
            }
            Step::Export(incident) => self.export(incident, now),
            Step::Annotate(incident) => {
                self.annotate_incident(&incident, now);
                Vec::new()
            }
            Step::Annotated { incident, source, number } => {
                let marked = Event::Annotated { source: source.to_string(), id: number.to_string() };
                self.write_of(&incident, vec![marked], now)
            }
        }
    }

    /// Takes the line that was typed: what a new incident is called, or a note.
    pub(super) fn incident_line(
        &mut self,
        incident: Option<&str>,
        alerts: &[Arc<str>],
        text: &str,
        now: Now,
    ) -> Vec<Effect> {
        if text.is_empty() {
            return Vec::new();
        }
        if let Some(incident) = incident {
            self.notify(format!("noted in {incident}"), Role::Ok, now);
            return self.write_of(incident, vec![Event::Noted { line: None, text: text.to_owned() }], now);
        }
        let first = incident::name(now.wall, text, "");
        let is_free = |name: &String| !self.known.records.contains_key(name);
        let names = (2..1000).map(|number| format!("{first}-{number}"));
        let Some(incident) = [first.clone()].into_iter().chain(names).find(is_free) else {
            return Vec::new();
        };
        let mut events = vec![Event::Started { title: text.to_owned() }];
        events.extend(self.attached(&incident, alerts));
        self.notify(format!("the incident is {incident}: I goes on with it"), Role::Ok, now);
        self.write_of(&incident, events, now)
    }

    /// What says that these alerts belong to an incident, but for those that do already.
    fn attached(&self, incident: &str, alerts: &[Arc<str>]) -> Vec<Event> {
        let record = Record::of(self.known.records.get(incident).cloned().unwrap_or_default());
        let new = alerts.iter().filter(|alert| !record.has(alert));
        new.filter_map(|alert| find_alert(&self.known.store, alert)).map(incident::attached).collect()
    }

    /// Writes down what the operator did with an incident.
    fn write_of(&mut self, incident: &str, events: Vec<Event>, now: Now) -> Vec<Effect> {
        let by = self.look.operator.to_string();
        self.write_to(incident, events.into_iter().map(|event| (by.clone(), event)).collect(), now)
    }
}
