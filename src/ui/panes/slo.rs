//! The objectives and their error budgets: what is left, how fast it burns, and how much nobody measured.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Listing, Pane, draw_lines, nothing, nothing_matches};
use crate::domain::feed::{SourceKind, seconds};
use crate::domain::health::Health;
use crate::domain::slo::{Account, Goal, Tally};
use crate::domain::subject::Subject;
use crate::text;
use crate::ui::filter::Hay;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::columns::{Column, EXTRA};
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::gauge::gauge;
use crate::ui::widgets::sign::{self, Sign};
use crate::ui::widgets::table::{Item, Row, Table};

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
    health: Health,
}

/// What is known of an objective.
#[derive(Debug)]
enum Told {
    Asking,
    Failed(String),
    Counted(Box<Account>),
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
        sign::of_health(self.health)
    }
}

/// The pane.
#[derive(Debug, Default)]
pub struct Objectives {
    table: Table<Entry>,
}

fn tell(goal: &Goal, scene: &Scene<'_>) -> Told {
    match scene.store.account(&goal.name) {
        Some(Ok(account)) => Told::Counted(Box::new(account.clone())),
        Some(Err(failure)) => Told::Failed(failure.short.to_string()),
        None if scene.store.of(SourceKind::Prometheus).next().is_none() => {
            Told::Failed("no Prometheus is configured".to_owned())
        }
        None => Told::Asking,
    }
}

fn entry(goal: &Goal, scene: &Scene<'_>) -> Entry {
    let told = tell(goal, scene);
    let health = match &told {
        Told::Counted(account) => goal.health(account, scene.wall()),
        _ => Health::Unknown,
    };
    Entry { subject: Subject::Objective(goal.name.clone()), told, health, goal: goal.clone() }
}

impl Pane for Objectives {
    fn title(&self, _scene: &Scene<'_>) -> Title {
        Title { right: self.table.notes(), ..Title::new("Error budgets") }
    }

    fn made_of(&self) -> &'static [SourceKind] {
        &[SourceKind::Prometheus]
    }

    fn refresh(&mut self, scene: &Scene<'_>) {
        let all = scene.store.thresholds.goals.iter().map(|goal| entry(goal, scene));
        self.table.offer(all.collect(), scene.held);
    }

    fn list(&self) -> Option<&dyn Listing> {
        Some(&self.table)
    }

    fn list_mut(&mut self) -> Option<&mut dyn Listing> {
        Some(&mut self.table)
    }

    fn draw(&mut self, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        // They are counted between two looks at the feeds.
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
        self.table.draw(&COLUMNS, row, area, buffer, scene);
    }
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

fn row(entry: &Entry) -> Row {
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
        Told::Counted(account) => {
            let budget = goal.budget(account);
            // A budget that burns fast says so in the colour of its sign.
            let alarm = if sign.role == Role::Critical { Role::Critical } else { Role::Warning };
            let was = account.tally.availability().map_or_else(String::new, percent);
            let burn = account.burn.hour.map_or_else(String::new, |burn| format!("{burn:.1}x"));
            vec![
                name,
                wanted,
                piece(was, Role::Text),
                piece(gauge(budget.left.max(0.0), 10), sign.role),
                left(goal, account, alarm),
                piece(burn, Role::Muted),
                unmeasured(&account.tally),
            ]
        }
    };
    Row { sign, cells, stale: false }
}

/// What is left of a budget, and until when.
fn left(goal: &Goal, account: &Account, alarm: Role) -> Piece {
    if account.tally.availability().is_none() {
        return piece("nobody measures it", Role::Unknown);
    }
    let budget = goal.budget(account);
    if budget.left <= 0.0 {
        let over = text::age_of(Some(budget.spent - budget.allowed));
        return piece(format!("spent, {over} more"), alarm);
    }
    let rest = text::age_of(Some(budget.allowed - budget.spent));
    match goal.spent_at(account) {
        Some(end) => {
            let span = text::age_of(Some(seconds(end - account.at)));
            piece(format!("{rest} left, spent in {span}"), alarm)
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
