//! The objectives and their error budgets: what is left, how fast it burns, and how much nobody measured.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, Local, TimeDelta, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Listing, Pane, draw_lines, nothing, nothing_matches};
use crate::domain::feed::{SourceKind, seconds};
use crate::domain::health::Health;
use crate::domain::question::{Ask, Known, Question, Series};
use crate::domain::slo::{Burn, Goal, Objective, Span, Tally, Window};
use crate::domain::subject::Subject;
use crate::text;
use crate::ui::filter::Hay;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::times::Zone;
use crate::ui::widgets::columns::{Column, EXTRA};
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::gauge::gauge;
use crate::ui::widgets::sign::{self, Sign};
use crate::ui::widgets::table::{Item, Row, Table};

/// Seconds that one sample speaks for.
const STEP: u32 = 300;

/// From this share on what nobody measured is said.
const GAPS: f64 = 0.01;

const COLUMNS: [Column; 7] = [
    Column::text("objective", 0, 8, 20),
    Column::number("wanted", 1, 7),
    Column::number("was", 1, 8),
    Column::word("", 3, 10),
    Column::text("budget", 2, 10, 34),
    Column::number("burns", 3, 6),
    Column::text("not measured", EXTRA, 10, 20),
];

/// An objective's row.
#[derive(Debug)]
struct Entry {
    subject: Subject,
    goal: Goal,
    told: Told,
}

/// What is known of an objective.
#[derive(Debug)]
enum Told {
    Asking,
    Failed(String),
    Counted { tally: Tally, window: Window, burn: Burn },
}

impl Hay for Entry {
    fn text(&self) -> Cow<'_, str> {
        format!("{} {}", self.goal.name, self.state().word).into()
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        (name == "name").then(|| (&*self.goal.name).into())
    }
}

impl Item for Entry {
    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn state(&self) -> Sign {
        match &self.told {
            Told::Counted { tally, window, burn } => sign::of_health(judge(&self.goal, tally, window, burn)),
            _ => sign::UNKNOWN,
        }
    }
}

/// How an objective is: nothing measured is unknown; a spent budget and a slow burn are warnings.
fn judge(goal: &Goal, tally: &Tally, window: &Window, burn: &Burn) -> Health {
    if tally.availability().is_none() {
        return Health::Unknown;
    }
    let spent = goal.objective.budget(tally, window).left <= 0.0;
    burn.health().max(if spent { Health::Warning } else { Health::Ok })
}

/// The pane.
#[derive(Debug, Default)]
pub struct Objectives {
    table: Table<Entry>,
}

fn window(span: Span, scene: &Scene<'_>, now: DateTime<Utc>) -> Window {
    match (span, scene.times.zone) {
        (Span::Rolling(days), _) => Window::rolling(days, now),
        (Span::Month, Zone::Local) => Window::month(now, &Local),
        (Span::Month, Zone::Named(zone)) => Window::month(now, &zone),
    }
}

/// The instant up to which is asked: the same until the next sample.
fn settled(now: DateTime<Utc>) -> DateTime<Utc> {
    let step = i64::from(STEP);
    DateTime::from_timestamp(now.timestamp().div_euclid(step) * step, 0).unwrap_or(now)
}

fn ask(goal: &Goal, scene: &Scene<'_>) -> Option<Ask> {
    let source = scene.store.of(SourceKind::Prometheus).next()?;
    let to = settled(scene.wall());
    let window = window(goal.span, scene, to);
    let question = Question::Series {
        query: format!("avg_over_time(({})[5m:1m])", goal.query).into(),
        from: window.from.min(to),
        to,
        step: STEP,
    };
    Some(Ask { slot: format!("slo/{}", goal.name).into(), source: source.id.clone(), question })
}

/// The samples of all series, the mean where there are several.
fn mean(series: &[Series]) -> Vec<(DateTime<Utc>, f64)> {
    let mut all: BTreeMap<DateTime<Utc>, (f64, f64)> = BTreeMap::new();
    for (at, value) in series.iter().flat_map(|series| &series.points).filter(|(_, value)| value.is_finite())
    {
        let (sum, count) = all.entry(*at).or_default();
        *sum += value;
        *count += 1.0;
    }
    all.into_iter().map(|(at, (sum, count))| (at, sum / count)).collect()
}

fn tell(goal: &Goal, scene: &Scene<'_>) -> Told {
    let Some(ask) = ask(goal, scene) else { return Told::Failed("no Prometheus is configured".to_owned()) };
    let series = match scene.answers.get(&ask) {
        Known::Answer(answer) => answer.series(),
        Known::Failed(failure) => return Told::Failed(failure.short.to_string()),
        Known::Waiting => match scene.answers.latest(&ask) {
            Some(answer) => answer.series(),
            None => return Told::Asking,
        },
    };
    let samples = mean(series);
    let now = settled(scene.wall());
    let window = window(goal.span, scene, now);
    let step = TimeDelta::seconds(i64::from(STEP));
    let count = |window: &Window| Tally::of(&samples, step, window, now);
    let last = |minutes: i64| {
        goal.objective.burn(&count(&Window { from: now - TimeDelta::minutes(minutes), to: now }))
    };
    let burn = Burn { hour: last(60), minutes: last(5), six_hours: last(360), half_hour: last(30) };
    Told::Counted { tally: count(&window), window, burn }
}

impl Pane for Objectives {
    fn title(&self, _scene: &Scene<'_>) -> Title {
        Title { right: self.table.notes(), ..Title::new("Error budgets") }
    }

    fn made_of(&self) -> &'static [SourceKind] {
        &[SourceKind::Prometheus]
    }

    fn refresh(&mut self, scene: &Scene<'_>) {
        let all = scene.store.thresholds.goals.iter().map(|goal| Entry {
            subject: Subject::Objective(goal.name.clone()),
            told: tell(goal, scene),
            goal: goal.clone(),
        });
        self.table.offer(all.collect(), scene.held);
    }

    fn wants(&self, scene: &Scene<'_>) -> Vec<Ask> {
        scene.store.thresholds.goals.iter().filter_map(|goal| ask(goal, scene)).collect()
    }

    fn list(&self) -> Option<&dyn Listing> {
        Some(&self.table)
    }

    fn list_mut(&mut self) -> Option<&mut dyn Listing> {
        Some(&mut self.table)
    }

    fn draw(&mut self, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        // Answers come between two looks at the feeds.
        self.refresh(scene);
        if self.table.is_empty() {
            let (filter, _) = Listing::filter(&self.table);
            let lines = if filter.is_empty() {
                vec![nothing("no objective is configured: [slo.NAME] in the config")]
            } else {
                nothing_matches(filter)
            };
            return draw_lines(&lines, area, buffer, scene);
        }
        self.table.draw(&COLUMNS, |entry| row(entry, scene), area, buffer, scene);
    }
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

fn row(entry: &Entry, scene: &Scene<'_>) -> Row {
    let goal = &entry.goal;
    let sign = entry.state();
    let name = piece(&*goal.name, Role::Text);
    let wanted = piece(percent(goal.objective.0), Role::Muted);
    let cells = match &entry.told {
        Told::Asking => {
            vec![name, wanted, piece("", Role::Muted), piece("", Role::Muted), piece("asking", Role::Muted)]
        }
        Told::Failed(why) => {
            let why = piece(format!("not known: {why}"), Role::Unknown);
            vec![name, wanted, piece("", Role::Muted), piece("", Role::Muted), why]
        }
        Told::Counted { tally, window, burn } => {
            let budget = goal.objective.budget(tally, window);
            let was = tally.availability().map_or_else(String::new, percent);
            vec![
                name,
                wanted,
                piece(was, Role::Text),
                piece(gauge(budget.left.max(0.0), 10), sign.role),
                left(goal.objective, budget, burn, scene),
                piece(burn.hour.map_or_else(String::new, |burn| format!("{burn:.1}x")), Role::Muted),
                unmeasured(tally),
            ]
        }
    };
    Row { sign, cells, stale: false }
}

/// What is left of a budget, and until when.
fn left(objective: Objective, budget: crate::domain::slo::Budget, burn: &Burn, scene: &Scene<'_>) -> Piece {
    let now = scene.wall();
    if budget.left <= 0.0 {
        let over = text::age_of(Some(budget.spent - budget.allowed));
        return piece(format!("spent, {over} more"), Role::Warning);
    }
    let rest = text::age_of(Some(budget.allowed - budget.spent));
    let end = burn.hour.and_then(|burn| objective.spent_at(&budget, burn, now));
    let end = end.filter(|end| *end - now < TimeDelta::days(30));
    match end {
        Some(end) => {
            piece(format!("{rest} left, spent in {}", text::age_of(Some(seconds(end - now)))), Role::Warning)
        }
        None => piece(format!("{rest} left"), Role::Text),
    }
}

fn unmeasured(tally: &Tally) -> Piece {
    let share = tally.unknown_share();
    if share < GAPS {
        return piece("", Role::Muted);
    }
    piece(format!("{:.0} % unknown", share * 100.0), Role::Unknown)
}
