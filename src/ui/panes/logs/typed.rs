//! What is looked at instead of the tails: the logs of an alert, the context of a line, a query or a
//! time that was typed.

use chrono::{DateTime, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use super::Logs;
use super::look::Look;
use crate::action::Action;
use crate::domain::alert::Alert;
use crate::domain::feed::{SourceId, SourceKind};
use crate::domain::store::Store;
use crate::domain::subject::Subject;
use crate::ui::layers::entry::{Entry, Purpose};
use crate::ui::panes::Entered;
use crate::ui::scene::Scene;
use crate::ui::times::Times;

impl Logs {
    /// The Loki that is asked: that of what is shown, else the first.
    pub(super) fn source(&self, scene: &Scene<'_>) -> Option<SourceId> {
        let shown = self.look.as_ref().map(|look| look.source().clone());
        shown.or_else(|| {
            let tab =
                super::tails(scene.store).nth(self.tab.unwrap_or(0)).map(|(source, _)| source.id.clone());
            tab.or_else(|| scene.store.of(SourceKind::Loki).next().map(|source| source.id.clone()))
        })
    }

    /// The query of what is shown.
    fn query(&self, store: &Store) -> Option<String> {
        if let Some(look) = &self.look {
            return look.query().map(str::to_owned);
        }
        let tail = super::tails(store).nth(self.tab.unwrap_or(0)).map(|(_, tail)| tail.query.to_string());
        tail.filter(|query| !query.is_empty())
    }

    pub(super) fn look_at_alert(&mut self, alert: &Alert, scene: &Scene<'_>) -> bool {
        let Some(source) = scene.store.of(SourceKind::Loki).next().map(|source| source.id.clone()) else {
            return false;
        };
        let name = format!("{} {}", alert.name, alert.subject());
        self.set_nothing();
        self.show(Some(Look::at_alert(source, name, alert.labels.clone(), alert.starts_at, scene.wall())));
        true
    }

    fn set_nothing(&mut self) {
        self.filter = crate::ui::filter::Filter::default();
    }

    pub(super) fn look_around(&mut self, scene: &Scene<'_>) {
        let selected = self.cursor.clone().or_else(|| self.newest(scene.store));
        if let Some(Subject::Line { source, line, .. }) = selected {
            self.set_nothing();
            self.show(Some(Look::around(source, &line, scene.wall())));
        }
    }

    /// A longer or shorter time; of the tails, what the server has of their query.
    pub(super) fn change_span(&mut self, longer: bool, scene: &Scene<'_>) {
        if let Some(look) = &mut self.look {
            if look.widen(longer) {
                self.search_anew();
                self.cursor = None;
            }
        } else if let (Some(source), Some(query)) = (self.source(scene), self.query(scene.store)) {
            self.show(Some(Look::of_query(source, &query, scene.wall())));
        }
    }

    pub(super) fn line_for(&self, action: Action, scene: &Scene<'_>) -> Option<Entry> {
        match action {
            Action::Query => {
                let query = self.query(scene.store).unwrap_or_default();
                Some(Entry::new(Purpose::Query(self.source(scene)?), &query, Self::offered(scene.store)))
            }
            Action::Export => {
                let name = format!("wardroom-logs-{}.txt", scene.wall().format("%Y%m%dT%H%M%SZ"));
                Some(Entry::new(Purpose::File, &name, Vec::new()))
            }
            Action::GoTo => Some(Entry::new(Purpose::Time, "", Vec::new())),
            _ => None,
        }
    }

    /// The queries of the tails and those that have names, and those that were typed.
    fn offered(store: &Store) -> Vec<String> {
        let named = super::tails(store).map(|(_, tail)| tail.query.to_string());
        let named = named.chain(store.thresholds.log_queries.iter().map(|(_, query)| query.to_string()));
        named.filter(|query| !query.is_empty()).chain(store.queries.iter().cloned()).collect()
    }

    pub(super) fn take_line(
        &mut self,
        purpose: &Purpose,
        text: &str,
        scene: &Scene<'_>,
    ) -> Result<Entered, String> {
        if text.is_empty() {
            return Ok(Entered::Taken);
        }
        match purpose {
            Purpose::Query(source) => {
                self.set_nothing();
                self.show(Some(Look::of_query(source.clone(), text, scene.wall())));
                return Ok(Entered::Query(text.to_owned()));
            }
            Purpose::File => return Ok(Entered::Export(self.export(text, scene))),
            // Those are typed for a runbook.
            Purpose::Note | Purpose::Value { .. } | Purpose::Incident { .. } => {}
            Purpose::Time => {
                let at = time(text, scene.wall(), scene.times).and_then(|at| at.timestamp_nanos_opt());
                let at =
                    at.ok_or_else(|| format!("{text:?} is no time; write 14:02, 2026-11-13 14:02 or -2h"))?;
                let look = match self.look.take() {
                    Some(look) => Some(look),
                    None => self
                        .source(scene)
                        .zip(self.query(scene.store))
                        .map(|(source, query)| Look::of_query(source, &query, scene.wall())),
                };
                self.show(look.map(|look| look.moved_to(at)));
            }
        }
        Ok(Entered::Taken)
    }

    /// Takes in what was answered. What is around an instant is shown from there.
    pub(super) fn advance(&mut self, scene: &Scene<'_>) {
        self.is_fresh = false;
        let Some(look) = &mut self.look else { return };
        let is_whole = look.advance(scene);
        self.is_fresh = is_whole;
        let pivot = look.pivot;
        if is_whole {
            self.search_anew();
            if let Some(pivot) = pivot {
                self.search(scene.store);
                self.go_to(pivot, scene.store);
            }
        }
    }

    pub(super) fn move_bar(&mut self, forward: bool, store: &Store) {
        let at = match &self.cursor {
            Some(Subject::Line { line, .. }) => self.bars.place(line.at),
            _ => self.bars.bars.len().checked_sub(1),
        };
        let Some(at) = at else { return };
        let filled = |place: &usize| self.bars.bars.get(*place).is_some_and(|bar| bar.count > 0.0);
        let next =
            if forward { (at + 1..self.bars.bars.len()).find(filled) } else { (0..at).rev().find(filled) };
        if let Some(next) = next {
            self.go_to(self.bars.begin(next), store);
        }
    }

    pub(super) fn bookmark(&mut self, scene: &Scene<'_>) {
        if let Some(line) = self.cursor.clone().or_else(|| self.newest(scene.store)) {
            if !self.bookmarks.remove(&line) {
                self.bookmarks.insert(line.clone());
            }
            self.select(Some(line), scene.store);
        }
    }

    /// The next marked line by time, after the last one the first.
    pub(super) fn next_bookmark(&mut self, store: &Store) {
        let at = |subject: &Subject| match subject {
            Subject::Line { line, .. } => line.at,
            _ => i64::MIN,
        };
        let here = self.cursor.as_ref().map_or(i64::MAX, at);
        let later = self.bookmarks.iter().filter(|mark| at(mark) > here).min_by_key(|mark| at(mark));
        let next = later.or_else(|| self.bookmarks.iter().min_by_key(|mark| at(mark))).cloned();
        if next.is_some() {
            self.select(next, store);
        }
    }
}

/// `14:02`, `14:02:11`, `2026-11-13 14:02`, or `-2h`. A time of day is the last one that has been.
fn time(text: &str, now: DateTime<Utc>, times: Times) -> Option<DateTime<Utc>> {
    if let Some(ago) = text.strip_prefix('-') {
        let ago = humantime::parse_duration(ago.trim()).ok()?;
        return now.checked_sub_signed(TimeDelta::from_std(ago).ok()?);
    }
    let of_day = ["%H:%M:%S", "%H:%M"].iter().find_map(|form| NaiveTime::parse_from_str(text, form).ok());
    if let Some(of_day) = of_day {
        let today = times.local(now).date();
        let at = times.utc(today.and_time(of_day))?;
        return Some(if at > now { at - TimeDelta::days(1) } else { at });
    }
    let forms = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"];
    let whole = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())?;
    times.utc(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        let now: DateTime<Utc> = "2026-11-13T14:02:11Z".parse().expect("a time");
        let times = Times { zone: "Europe/Vienna".parse().expect("a zone"), absolute: false };
        let read = |text: &str| time(text, now, times).map(|at| at.to_rfc3339());
        for (text, at) in [
            ("-2h", Some("2026-11-13T12:02:11+00:00")),
            ("14:30", Some("2026-11-13T13:30:00+00:00")),
            ("15:30", Some("2026-11-12T14:30:00+00:00")),
            ("2026-11-01 00:00", Some("2026-10-31T23:00:00+00:00")),
            ("2026-10-25 02:30", Some("2026-10-25T00:30:00+00:00")),
            ("2026-03-29 02:30", None),
            ("soon", None),
            ("-soon", None),
        ] {
            assert_eq!(read(text).as_deref(), at, "{text}");
        }
    }
}
