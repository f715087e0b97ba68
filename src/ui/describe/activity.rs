//! When an alert fired within the last day: a strip of what Prometheus kept of it in `ALERTS`.

use chrono::{DateTime, TimeDelta, Utc};

use super::Place;
use crate::domain::alert::{Alert, RaisedAlert};
use crate::domain::feed::SourceKind;
use crate::domain::hidden::selector;
use crate::domain::question::{Ask, Known, Question, Series};
use crate::domain::silence::Matcher;
use crate::domain::store::{SourceState, Store};
use crate::text;
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::prose::Prose;

/// How far back is looked.
const SPAN: TimeDelta = TimeDelta::hours(24);

/// Seconds from one look to the next.
const STEP: u32 = 300;

/// So many cells, of an hour each: they stand on one line of a narrow detail.
const CELLS: usize = 24;

/// The Prometheus behind an alert.
#[derive(Debug)]
pub struct Prometheus<'s> {
    pub source: &'s SourceState,
    /// The alert as it has it, when it raises it now.
    pub raised: Option<&'s RaisedAlert>,
}

/// The Prometheus that raises an alert; else the one that has its rule; else the first.
pub fn prometheus<'s>(alert: &'s Alert, store: &'s Store) -> Option<Prometheus<'s>> {
    let all = || store.near(SourceKind::Prometheus, alert.site());
    let raised = store.listed(alert.key()).and_then(|listed| listed.raised.as_ref());
    let raising = raised.and_then(|(source, raised)| {
        let source = store.source(source)?;
        Some(Prometheus { source, raised: Some(raised) })
    });
    let ruling = || all().find(|source| source.data.rules.iter().any(|rule| rule.name == alert.name));
    raising.or_else(|| Some(Prometheus { source: ruling().or_else(|| all().next())?, raised: None }))
}

/// Asks for the series of the last day; the same question for five minutes.
pub fn ask(alert: &Alert, prometheus: &Prometheus<'_>, place: Place, now: DateTime<Utc>) -> Option<Ask> {
    let external = prometheus.source.data.external.clone().unwrap_or_default();
    // The series have the labels of the rule, not those that are added on the way.
    let own = prometheus.raised.map_or_else(|| alert.exact_labels(), |raised| &raised.labels);
    let labels = own.iter().filter(|(name, value)| !value.is_empty() && external.get(name) != Some(*value));
    let matchers: Vec<String> = labels.map(|(name, value)| selector(&Matcher::equal(name, value))).collect();
    let to = DateTime::from_timestamp(now.timestamp().div_euclid(i64::from(STEP)) * i64::from(STEP), 0)?;
    Some(Ask {
        slot: place.slot("activity"),
        source: prometheus.source.id.clone(),
        question: Question::Series {
            query: format!("ALERTS{{{}}}", matchers.join(",")).into(),
            from: to - SPAN,
            to,
            step: STEP,
        },
    })
}

/// Tells what was answered.
pub fn tell(ask: &Ask, role: Role, scene: &Scene<'_>, to: &mut Vec<Prose>) {
    let Question::Series { from, to: end, .. } = &ask.question else { return };
    let pieces = match scene.answers.get(ask) {
        Known::Waiting => vec![piece("asking", Role::Muted)],
        Known::Failed(failure) => vec![piece(format!("not known: {}", failure.short), Role::Unknown)],
        Known::Answer(answer) => {
            let fired = Fired::of(answer.series(), *from, *end);
            to.push(Prose::Pair("last 24 h".into(), fired.strip(role)));
            to.push(Prose::Pair(String::new(), vec![piece(fired.words(), Role::Muted)]));
            return;
        }
    };
    to.push(Prose::Pair("last 24 h".into(), pieces));
}

/// How it was at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Was {
    #[default]
    Absent,
    Pending,
    Firing,
}

/// When it fired.
#[derive(Debug)]
struct Fired {
    /// One look after the other.
    looks: Vec<Was>,
}

impl Fired {
    fn of(series: &[Series], from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        let place = |at: DateTime<Utc>| usize::try_from((at - from).num_seconds() / i64::from(STEP)).ok();
        let mut looks = vec![Was::Absent; place(to).map_or(0, |last| last + 1)];
        for series in series {
            let was =
                if series.labels.get("alertstate") == Some("firing") { Was::Firing } else { Was::Pending };
            for (at, _) in &series.points {
                if let Some(look) = place(*at).and_then(|at| looks.get_mut(at)) {
                    *look = was.max(*look);
                }
            }
        }
        Self { looks }
    }

    fn strip(&self, role: Role) -> Vec<Piece> {
        // The first look stands for the five minutes before the span.
        let looks = self.looks.get(1..).unwrap_or_default();
        let mut pieces = vec![piece(glyphs::RULE, Role::Muted)];
        for cell in looks.chunks(looks.len().div_ceil(CELLS).max(1)) {
            let (glyph, role) = match cell.iter().max() {
                Some(Was::Firing) => (glyphs::FIRED, role),
                Some(Was::Pending) => (glyphs::WAITED, Role::Muted),
                _ => (" ", Role::Muted),
            };
            match pieces.last_mut() {
                Some((text, have)) if *have == role => text.push_str(glyph),
                _ => pieces.push(piece(glyph, role)),
            }
        }
        pieces.push(piece(glyphs::RULE, Role::Muted));
        pieces
    }

    /// `fired twice, 2h10 in all`.
    fn words(&self) -> String {
        let firing = self.looks.iter().filter(|was| **was == Was::Firing).count();
        let before = std::iter::once(&Was::Absent).chain(&self.looks);
        let begins =
            before.zip(&self.looks).filter(|(before, now)| **before != Was::Firing && **now == Was::Firing);
        let times = match begins.count() {
            0 => return "did not fire".to_owned(),
            1 => "once".to_owned(),
            2 => "twice".to_owned(),
            times => format!("{times} times"),
        };
        let span = TimeDelta::seconds(i64::try_from(firing).unwrap_or(0) * i64::from(STEP));
        format!("fired {times}, about {} in all", text::age(span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn episodes_are_counted_and_drawn() {
        let from = DateTime::UNIX_EPOCH;
        let at = |minutes: i64| (from + TimeDelta::minutes(minutes), 1.0);
        let series = |state: &str, points| Series {
            labels: [("alertname", "A"), ("alertstate", state)].into_iter().collect(),
            points,
        };
        let all = [
            series("pending", vec![at(0), at(5)]),
            series("firing", vec![at(10), at(15), at(700), at(705), at(710)]),
        ];
        let fired = Fired::of(&all, from, from + SPAN);
        assert_eq!(fired.words(), "fired twice, about 25m in all");
        let strip: String = fired.strip(Role::Critical).into_iter().map(|(text, _)| text).collect();
        assert!(
            strip.starts_with("│▇ ") && strip.chars().filter(|char| *char == '▇').count() == 2,
            "{strip}"
        );
        assert_eq!(strip.chars().count(), 2 + CELLS);
        assert_eq!(Fired::of(&[], from, from + SPAN).words(), "did not fire");
    }
}
