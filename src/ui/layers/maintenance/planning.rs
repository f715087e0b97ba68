//! A maintenance in the making: its fields, and what they come to.

use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, NaiveTime, TimeDelta, Utc};

use crate::domain::amtool::duration;
use crate::domain::deed::{Deed, What};
use crate::domain::feed::{SourceId, SourceKind};
use crate::domain::maintenance::{Part, Plan};
use crate::domain::matcher::read_all;
use crate::domain::silence::Matcher;
use crate::domain::silencing::{QUICK, review};
use crate::domain::slo::Window;
use crate::domain::subject::Subject;
use crate::runbooks::model::Procedure;
use crate::ui::describe::find_alert;
use crate::ui::filter;
use crate::ui::glyphs;
use crate::ui::layers::dialogue::{Dialogue, Purpose};
use crate::ui::scene::{Scene, piece};
use crate::ui::theme::Role;
use crate::ui::times::Times;
use crate::ui::widgets::form::{Field, Form};
use crate::ui::widgets::prose::Prose;

/// The places of the fields.
const NAME: usize = 0;
const FROM: usize = 1;
const SPAN: usize = 2;
const DOWN: usize = 3;
const HIDES: usize = 4;
const BY: usize = 5;
const WHY: usize = 6;
/// Only where there are several Alertmanagers.
const KEPT: usize = 7;

/// None lasts longer.
const LONGEST: TimeDelta = TimeDelta::days(7);

/// The fields.
#[derive(Debug)]
pub struct Planning {
    pub form: Form,
    /// The Alertmanagers that can keep it.
    routers: Vec<SourceId>,
}

impl Planning {
    /// The fields, with what can be said by what is meant.
    pub fn new(meant: &[Subject], operator: &str, scene: &Scene<'_>) -> Self {
        let store = scene.store;
        let down = meant.iter().find_map(|subject| match subject {
            Subject::Source(id) => Some(id.to_string()),
            _ => None,
        });
        let hides = meant.iter().find_map(|subject| hidden(subject, scene));
        let procedures = scene.desk.books().iter().flat_map(|book| &book.procedures);
        let needy = procedures.filter(|one| !one.prerequisites.items.is_empty());
        let routers: Vec<SourceId> =
            store.of(SourceKind::Alertmanager).map(|source| source.id.clone()).collect();
        let mut fields = vec![
            Field::new("name", "")
                .hint("your words, or the heading of a procedure")
                .offers(needy.map(|one| one.title.clone())),
            Field::new("from", "now")
                .hint("now, 2h, 02:00, 2026-11-29 02:00")
                .offers(["now", "1h"].map(String::from)),
            Field::new("for", "1h").hint("30m, 1h30m, 2d").offers(QUICK.map(duration)),
            Field::new("down", down.unwrap_or_default())
                .hint("kind.name, kind.name: expected to be down")
                .offers(store.sources.iter().map(|source| source.id.to_string())),
            Field::new("hides", hides.unwrap_or_default()).hint("label=\"value\",...; label=\"value\""),
            Field::new("by", operator),
            Field::new("why", ""),
        ];
        if let [first, _, ..] = routers.as_slice() {
            let names = routers.iter().map(|id| id.name.to_string());
            fields.push(Field::new("kept on", &*first.name).offers(names));
        }
        let mut form = Form::new(fields);
        form.go(NAME);
        Self { form, routers }
    }

    fn value(&self, at: usize) -> &str {
        self.form.fields.get(at).map_or("", |field| field.value().trim())
    }

    fn fault(&mut self, at: usize, text: impl Into<String>) {
        if let Some(field) = self.form.fields.get_mut(at).filter(|field| field.fault.is_none()) {
            field.fault = Some(text.into());
        }
    }

    /// The Alertmanager that is to keep it.
    fn router(&self) -> Option<&SourceId> {
        let named = self.value(KEPT);
        self.routers
            .iter()
            .find(|id| *id.name == *named)
            .or_else(|| self.routers.first().filter(|_| named.is_empty()))
    }

    /// The plan that the fields come to; `None` when something is wrong, which they then say.
    pub fn read(&mut self, now: DateTime<Utc>, times: Times) -> Option<Plan> {
        for field in &mut self.form.fields {
            field.fault = None;
        }
        let from = moment(self.value(FROM), now, times);
        let span =
            filter::duration(self.value(SPAN)).filter(|span| *span > TimeDelta::zero() && *span <= LONGEST);
        let hides = self.value(HIDES).split(';').filter(|text| !text.trim().is_empty());
        let subjects = hides.map(|text| read_all(text).map_err(|error| error.to_string()));
        let subjects: Result<Vec<Vec<Matcher>>, String> = subjects.collect();
        let down =
            self.value(DOWN).split([',', ' ']).filter(|name| !name.is_empty()).map(Arc::from).collect();
        if from.is_none() {
            self.fault(FROM, "say when: now, 2h, 02:00, 2026-11-29 02:00");
        }
        if span.is_none() {
            self.fault(SPAN, "say how long, at most 7d: 30m, 1h30m, 2d");
        }
        if let Err(error) = &subjects {
            self.fault(HIDES, error.clone());
        }
        if self.value(BY).is_empty() {
            self.fault(BY, "say who plans it");
        }
        if self.router().is_none() {
            let none = if self.routers.is_empty() {
                "no Alertmanager is configured: there is nobody to keep it"
            } else {
                "there is no such Alertmanager"
            };
            self.fault(if self.routers.len() > 1 { KEPT } else { NAME }, none);
        }
        if self.form.go_to_fault() {
            return None;
        }
        let why = self.value(WHY);
        Some(Plan {
            name: self.value(NAME).into(),
            window: Window { from: from?, to: from? + span? },
            down,
            subjects: subjects.unwrap_or_default(),
            by: self.value(BY).into(),
            text: if why.is_empty() { "maintenance" } else { why }.into(),
        })
    }

    /// What is shown before it is made, and once more when something speaks against it; `None` when it cannot
    /// be made, which the fields then say.
    pub fn weigh(&mut self, plan: &Plan, scene: &Scene<'_>) -> Option<(Dialogue, Option<Dialogue>)> {
        for (part, text) in plan.faults(scene.store, scene.wall()) {
            let at = match part {
                Part::Name => NAME,
                Part::Window => SPAN,
                Part::Down => DOWN,
            };
            self.fault(at, text);
        }
        if self.form.go_to_fault() {
            return None;
        }
        let source = self.router()?.clone();
        let deed = |draft| Deed { source: source.clone(), what: What::Silence(draft) };
        let deeds: Vec<Deed> = plan.drafts().into_iter().map(deed).collect();
        let (about, is_doubtful) = about(plan, &source, scene);
        let asks = |words: String, role: Role| {
            let mut about = about.clone();
            about.push(Prose::Line(vec![piece(words, role)]));
            Dialogue::new("Plan maintenance", about, Vec::new(), Purpose::Do(deeds.clone()), scene)
        };
        let met =
            if prerequisites(&plan.name, scene).is_empty() { "" } else { "says that they are met, and " };
        let last = |role| asks(format!("Enter {met}writes it to {source}."), role);
        Some(if is_doubtful {
            (asks("Enter asks once more.".to_owned(), Role::Muted), Some(last(Role::Warning)))
        } else {
            (last(Role::Text), None)
        })
    }

    /// What the fields come to so far, below them.
    pub fn brief(&self, scene: &Scene<'_>) -> Vec<Prose> {
        let needs = prerequisites(self.value(NAME), scene);
        let mut told = Vec::new();
        if !needs.is_empty() {
            told.push(Prose::Line(vec![piece(
                format!("{} prerequisites are asked for", needs.len()),
                Role::Muted,
            )]));
        }
        let words =
            "It is kept in Alertmanager: every Wardroom on the cluster knows of it. Nothing is written yet.";
        told.push(Prose::Line(vec![piece(words, Role::Muted)]));
        told
    }
}

/// Everything that is about to be written, and whether something speaks against it.
fn about(plan: &Plan, source: &SourceId, scene: &Scene<'_>) -> (Vec<Prose>, bool) {
    let mut is_doubtful = false;
    let now = scene.wall();
    let window = plan.window;
    let mut about = vec![
        Prose::pair("maintenance", &*plan.name),
        Prose::pair("from", scene.times.full(window.from)),
        Prose::pair(
            "until",
            format!("{}, {}", scene.times.full(window.to), duration(window.to - window.from)),
        ),
        Prose::pair("down", if plan.down.is_empty() { "nothing".to_owned() } else { plan.down.join(", ") }),
        Prose::pair("by", format!("{}: {}", plan.by, plan.text)),
        Prose::Blank,
    ];
    about.push(Prose::pair("silence", "one that carries it, and hides nothing (L1)"));
    // The first draft is the one that carries it.
    for draft in plan.drafts().iter().skip(1) {
        let review = review(draft, source, None, scene.store, now);
        let matchers: Vec<String> = draft.matchers.iter().map(ToString::to_string).collect();
        let count = review.covers.len();
        let words = format!("hides {}, now {count} alerts, for its time alone (L1)", matchers.join(", "));
        about.push(Prose::pair("silence", words));
        is_doubtful |= !review.doubts.is_empty();
        about.extend(
            review
                .doubts
                .iter()
                .map(|doubt| Prose::Line(vec![piece(format!("{} {doubt}", glyphs::WARNING), Role::Warning)])),
        );
    }
    let needs = prerequisites(&plan.name, scene);
    about.push(Prose::Blank);
    if !needs.is_empty() {
        about.push(Prose::Head("Prerequisites".to_owned()));
        about.extend(needs.iter().map(|need| Prose::plain(format!("□ {need}"))));
    }
    (about, is_doubtful)
}

/// What the procedure of this heading says must be so before.
fn prerequisites(name: &str, scene: &Scene<'_>) -> Vec<String> {
    let procedures = scene.desk.books().iter().flat_map(|book| &book.procedures);
    let own = procedures.filter(|one: &&Procedure| one.title.eq_ignore_ascii_case(name));
    own.flat_map(|one| {
        one.prerequisites.items.iter().map(|item| crate::text::sanitise(&item.text).into_owned())
    })
    .collect()
}

/// The matchers for the alerts of what is selected.
fn hidden(subject: &Subject, scene: &Scene<'_>) -> Option<String> {
    let equal = |name: &str, value: &str| Matcher::equal(name, value).to_string();
    match subject {
        Subject::Alert { fingerprint, .. } => {
            let labels = &find_alert(scene.store, fingerprint)?.labels;
            let name = ["host", "guest", "instance", "alertname"]
                .into_iter()
                .find(|name| labels.get(name).is_some())?;
            Some(equal(name, labels.get(name)?))
        }
        Subject::Host(name) => Some(equal("host", name)),
        Subject::Target { instance, .. } => Some(equal("instance", instance)),
        _ => None,
    }
}

/// When something is to begin: `now`, in a span, at a time of day that comes next, at a date.
fn moment(text: &str, now: DateTime<Utc>, times: Times) -> Option<DateTime<Utc>> {
    if text.is_empty() || text.eq_ignore_ascii_case("now") {
        return Some(now);
    }
    if let Some(span) = filter::duration(text.trim_start_matches("in ")) {
        return now.checked_add_signed(span);
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    if let Ok(local) = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M") {
        return times.utc(local);
    }
    let time = NaiveTime::parse_from_str(text, "%H:%M").ok()?;
    let today = times.local(now).date();
    let at = |day| times.utc(NaiveDateTime::new(day, time));
    at(today).filter(|at| *at >= now).or_else(|| at(today.succ_opt()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::times::Zone;

    #[test]
    fn a_beginning_is_typed_as_it_is_said() {
        let times = Times { zone: "Europe/Vienna".parse::<Zone>().expect("a zone"), absolute: false };
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
        let now = at("2026-11-13T21:30:00Z");
        for (typed, meant) in [
            ("now", Some("2026-11-13T21:30:00Z")),
            ("", Some("2026-11-13T21:30:00Z")),
            ("2h", Some("2026-11-13T23:30:00Z")),
            ("in 30m", Some("2026-11-13T22:00:00Z")),
            ("23:00", Some("2026-11-13T22:00:00Z")),
            ("02:00", Some("2026-11-14T01:00:00Z")),
            ("2026-11-29 02:00", Some("2026-11-29T01:00:00Z")),
            ("2026-07-01 02:00", Some("2026-07-01T00:00:00Z")),
            ("2026-11-29T02:00:00Z", Some("2026-11-29T02:00:00Z")),
            // The clocks are put forward over it.
            ("2027-03-28 02:30", None),
            ("tomorrow", None),
        ] {
            assert_eq!(moment(typed, now, times), meant.map(at), "{typed}");
        }
    }
}
