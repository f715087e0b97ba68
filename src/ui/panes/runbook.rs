//! The runbooks: the procedures that are found, or the one that is followed, as its owner wrote it.

pub mod about;
pub mod page;

use std::cmp::Ordering;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Pane, draw_lines, nothing_matches};
use crate::action::Action;
use crate::domain::feed::SourceKind;
use crate::domain::question::Ask;
use crate::keymap::Context;
use crate::runbooks::danger::Level;
use crate::runbooks::diagnosis::Answer;
use crate::runbooks::model::ProcedureKind;
use crate::runbooks::session::{Check, Session, State, Stop, What};
use crate::runbooks::shelf::{Standing, short};
use crate::runbooks::verify::Outcome;
use crate::text::{self, sanitise};
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::frame::Title;
use crate::ui::widgets::paint::{put_pieces, width};
use crate::ui::widgets::prose::{Scroll, wrap};
use page::{Laid, lay};

/// The pane.
#[derive(Debug, Default)]
pub struct Runbook {
    scroll: Scroll,
    /// What is searched for among the procedures.
    typed: String,
    /// What the lines were laid out for.
    laid_for: Option<(String, String, u16, usize)>,
    lines: Vec<Laid>,
    /// Where the focus was when it was last drawn.
    stood: Option<(String, usize)>,
}

impl Pane for Runbook {
    fn title(&self, scene: &Scene<'_>) -> Title {
        let desk = scene.desk;
        let Some((session, (book, procedure, page))) = desk.session().zip(desk.document()) else {
            let count = desk.books().iter().map(|book| book.procedures.len()).sum::<usize>();
            let files = text::number(desk.books().len(), "file", "files");
            let words = format!("{} in {files}", text::number(count, "procedure", "procedures"));
            let counts = vec![piece(words, Role::Muted)];
            return Title { short: counts.clone(), counts, ..Title::new("Runbooks") };
        };
        let title = procedure.title.strip_prefix("Alert:").unwrap_or(&procedure.title).trim();
        let room = if procedure.kind == ProcedureKind::Alert { 24 } else { 40 };
        let name = format!("{} › {}", short(&book.path), text::truncate(&sanitise(title), room));
        let (done, of) = session.progress();
        let about =
            ["host", "guest", "instance"].iter().find_map(|name| session.cause.about.labels.get(name));
        let counts = vec![piece(about.unwrap_or_default().to_owned(), Role::Text)];
        let mut right = vec![piece(format!("{done}/{of} done"), Role::Muted)];
        match page.standing {
            Standing::Trusted => {}
            Standing::New => right.insert(0, piece("not trusted  ", Role::Muted)),
            Standing::Changed { .. } => right.insert(0, piece("changed  ", Role::Warning)),
            Standing::Exposed => right.insert(0, piece("others write it  ", Role::Warning)),
        }
        if desk.unrecorded.is_some() {
            right.insert(0, piece("UNRECORDED  ", Role::Critical));
        }
        Title { counts, right, ..Title::new(name) }
    }

    fn made_of(&self) -> &'static [SourceKind] {
        &[]
    }

    fn refresh(&mut self, _scene: &Scene<'_>) {}

    fn context(&self) -> Context {
        Context::Runbook
    }

    fn wants(&self, scene: &Scene<'_>) -> Vec<Ask> {
        let Some(session) = scene.desk.session() else { return Vec::new() };
        about::check_asks(session, scene.store, scene.wall()).into_iter().map(|(_, ask)| ask).collect()
    }

    fn act(&mut self, action: Action, _scene: &Scene<'_>) -> bool {
        self.scroll.act(action)
    }

    fn set_filter(&mut self, text: &str) {
        text.clone_into(&mut self.typed);
        self.scroll.set_search(text);
        self.scroll.seek = !text.is_empty();
    }

    fn filter(&self) -> (&str, Option<&str>) {
        (&self.typed, None)
    }

    fn position(&self) -> Option<(usize, usize)> {
        None
    }

    fn draw(&mut self, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        match scene.desk.session() {
            Some(session) => self.draw_document(session, scene, area, buffer),
            None => self.draw_list(scene, area, buffer),
        }
    }
}

impl Runbook {
    /// The procedures that are found, in the order of how well they fit.
    fn draw_list(&mut self, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        self.stood = None;
        let desk = scene.desk;
        let hits = desk.hits();
        if hits.is_empty() {
            let lines = match (&desk.shelf, desk.lore.files.is_empty(), desk.typed.is_empty()) {
                (_, true, _) => {
                    vec![vec![piece("no runbook is configured: [runbooks] files = [\"FILE\"]", Role::Muted)]]
                }
                (None, ..) => vec![vec![piece("reading the runbooks", Role::Muted)]],
                (_, _, false) => nothing_matches(&desk.typed),
                (Some(read), ..) => {
                    let told = read.faults.iter().map(|fault| vec![piece(fault.clone(), Role::Warning)]);
                    told.chain([vec![piece("no procedure is in them", Role::Muted)]]).collect()
                }
            };
            return draw_lines(&lines, area, buffer, scene);
        }
        let page = usize::from(area.height).max(1);
        let top = desk.selected.saturating_sub(page - 1).min(hits.len().saturating_sub(page));
        let place = |path: &str, line| format!("{}:{line}", short(path));
        let places = hits.iter().map(|hit| text::width(&place(&hit.runbook.path, hit.line)));
        // Places are as wide as the widest where a severity stands before them; else the name has the room.
        let column = places.max().unwrap_or(0).min(usize::from(area.width) / 3);
        for (y, (at, hit)) in (area.top()..area.bottom()).zip(hits.iter().enumerate().skip(top)) {
            let is_selected = at == desk.selected;
            let bar = if is_selected { glyphs::BAR } else { " " };
            let role = if is_selected { Role::Selection } else { Role::Text };
            let severity = hit.procedure.severity.clone().unwrap_or_default();
            let place = place(&hit.runbook.path, hit.line);
            let tail = if severity.is_empty() {
                vec![piece(place, Role::Muted)]
            } else {
                vec![piece(format!("{severity:<9} {place:>column$}"), Role::Muted)]
            };
            let room = area.width.saturating_sub(width(&tail) + 2);
            let title =
                vec![piece(bar, Role::Accent), piece(sanitise(&hit.procedure.title).into_owned(), role)];
            put_pieces(buffer, (area.x, y), &title, room, scene);
            let at = area.right().saturating_sub(width(&tail) + 1);
            put_pieces(buffer, (at, y), &tail, area.right().saturating_sub(at), scene);
        }
    }

    fn draw_document(&mut self, session: &Session, scene: &Scene<'_>, area: Rect, buffer: &mut Buffer) {
        let Some((book, procedure, _)) = scene.desk.document() else {
            let gone = "the file no longer has this procedure; what was ticked is kept";
            return draw_lines(&[vec![piece(gone, Role::Warning)]], area, buffer, scene);
        };
        let cells = area.width.saturating_sub(4);
        let unfolded = session.unfolded.iter().fold(session.unfolded.len(), |sum, line| sum * 31 + line);
        let wanted = (book.sha256.clone(), procedure.id.clone(), cells, unfolded);
        if self.laid_for.as_ref() != Some(&wanted) {
            self.lines = lay(book, procedure, cells, &|line| session.unfolded.contains(&line));
            self.laid_for = Some(wanted);
        }
        let decorated = decorate(&self.lines, session, scene, usize::from(cells));
        let room = usize::from(area.height);
        let stands = (session.procedure.clone(), session.at);
        if self.stood.as_ref() != Some(&stands) {
            let is_other = self.stood.as_ref().is_none_or(|(procedure, _)| *procedure != session.procedure);
            if is_other {
                self.scroll.top = 0;
            }
            self.stood = Some(stands);
            let focus = |line: &Decorated| line.focused;
            let from = decorated.iter().position(focus);
            let to = decorated.iter().rposition(focus);
            if let (Some(from), Some(to)) = (from, to) {
                self.scroll.top = into_view(self.scroll.top, room, from, to);
            }
        }
        let tags: Vec<Option<Piece>> = decorated.iter().map(|line| line.tag.clone()).collect();
        let lines: Vec<Vec<Piece>> = decorated.into_iter().map(|line| line.pieces).collect();
        self.scroll.draw(&lines, area, buffer, scene);
        for (y, tag) in (area.top()..area.bottom()).zip(tags.iter().skip(self.scroll.top)) {
            if let Some(tag) = tag {
                let cells = u16::try_from(text::width(&tag.0)).unwrap_or(0);
                let at = area.right().saturating_sub(cells + 1);
                put_pieces(buffer, (at, y), std::slice::from_ref(tag), cells, scene);
            }
        }
    }
}

/// Where a text of `room` lines is to begin so that the lines `from` to `to` are seen, and some of what
/// stands around them.
fn into_view(top: usize, room: usize, from: usize, to: usize) -> usize {
    let above = from.saturating_sub(2);
    if above < top {
        above
    } else if to >= top + room {
        // What was just done stays in sight above.
        (to + 1 + room / 3).saturating_sub(room).min(above)
    } else {
        top
    }
}

/// A line as it is drawn.
struct Decorated {
    pieces: Vec<Piece>,
    /// What stands at its right end.
    tag: Option<Piece>,
    focused: bool,
}

/// The lines with what is known of them: where the focus is, what is ticked, how dangerous a command
/// is, and under each box what answers it.
fn decorate(lines: &[Laid], session: &Session, scene: &Scene<'_>, cells: usize) -> Vec<Decorated> {
    let mut out = Vec::with_capacity(lines.len() + session.checks.len());
    let mut next = 0;
    for (at, laid) in lines.iter().enumerate() {
        // Stops are in the order of the page.
        while session.stops.get(next).is_some_and(|stop| laid.line > 0 && stop.last < laid.line) {
            next += 1;
        }
        let stop = session.stops.get(next).filter(|stop| (stop.line..=stop.last).contains(&laid.line));
        let focused = stop.is_some_and(|_| next == session.at);
        let (sign, tag) = match stop {
            Some(stop) if laid.first && laid.line == stop.line => {
                (sign(stop, session), danger(stop, session))
            }
            _ => (piece(" ", Role::Muted), answer(laid, session)),
        };
        let bar = if focused { glyphs::BAR } else { " " };
        let mut pieces = vec![piece(bar, Role::Accent), sign, piece(" ", Role::Muted)];
        let is_other = stop.is_none() && in_other_scenario(laid.line, session, scene);
        pieces.extend(laid.pieces.iter().map(|(text, role)| {
            let role = if is_other { Role::Muted } else { *role };
            (text.clone(), role)
        }));
        out.push(Decorated { pieces, tag, focused });
        let is_last = lines.get(at + 1).is_none_or(|after| after.line != laid.line);
        if let Some(stop) = stop.filter(|stop| is_last && laid.line == stop.last) {
            for line in under(stop, session, scene, cells) {
                let mut pieces = vec![piece(bar, Role::Accent), piece("    ", Role::Muted)];
                pieces.extend(line);
                out.push(Decorated { pieces, tag: None, focused });
            }
        }
    }
    out
}

/// What the data say of an end of the decision tree.
fn answer(laid: &Laid, session: &Session) -> Option<Piece> {
    let leaves = session.diagnosis.leaves.iter();
    let (_, answer) = leaves.filter(|_| laid.first).find(|(line, _)| *line == laid.line)?;
    match answer {
        Answer::Fits(_) => Some(piece("fits", Role::Warning)),
        Answer::RuledOut(_) => Some(piece("ruled out", Role::Muted)),
        Answer::Open => None,
    }
}

/// Whether a line belongs to a scenario that was not chosen.
fn in_other_scenario(line: usize, session: &Session, scene: &Scene<'_>) -> bool {
    let (Some(chosen), Some((_, procedure, _))) = (&session.scenario, scene.desk.document()) else {
        return false;
    };
    procedure.scenarios.iter().any(|one| one.label != *chosen && (one.lines.0..=one.lines.1).contains(&line))
}

/// The sign of a stop: as it was marked, else as it was measured.
pub fn sign(stop: &Stop, session: &Session) -> Piece {
    match session.state(stop) {
        State::Ok | State::ByHand => return piece("✓", Role::Ok),
        State::Failed => return piece(glyphs::FAILED, Role::Critical),
        State::Skipped => return piece("-", Role::Muted),
        State::Todo => {}
    }
    match stop.what {
        What::Check(at) => session.checks.get(at).map_or_else(|| piece(" ", Role::Muted), sign_of),
        _ => piece(" ", Role::Muted),
    }
}

fn sign_of(check: &Check) -> Piece {
    match &check.seen {
        Some((Outcome::Pass(_), _)) => piece("✓", Role::Ok),
        Some((Outcome::Fail(_), _)) if check.is_lost() => piece(glyphs::WARNING, Role::Warning),
        Some((Outcome::Fail(_), _)) => piece(glyphs::FAILED, Role::Critical),
        Some((Outcome::Unknown(_), _)) => piece(glyphs::UNKNOWN, Role::Unknown),
        None => piece("□", Role::Muted),
    }
}

/// How dangerous a command is, in two letters.
fn danger(stop: &Stop, session: &Session) -> Option<Piece> {
    let What::Group(at) = stop.what else { return None };
    let group = session.plan.groups.get(at)?;
    let role = level_role(group.danger.level);
    Some(if group.filled.is_none() {
        piece(format!("! {}", group.danger.level), Role::Warning)
    } else {
        piece(group.danger.level.name(), role)
    })
}

/// The colour of a level.
pub fn level_role(level: Level) -> Role {
    match level.cmp(&Level::L1) {
        Ordering::Less => Role::Muted,
        Ordering::Equal => Role::Info,
        Ordering::Greater if level == Level::L2 => Role::Warning,
        Ordering::Greater => Role::Critical,
    }
}

/// What stands under a stop: what answers a box and what the answer was, who ticked it, what was noted.
fn under(stop: &Stop, session: &Session, scene: &Scene<'_>, cells: usize) -> Vec<Vec<Piece>> {
    let mut told: Vec<Vec<Piece>> = Vec::new();
    if let What::Check(at) = stop.what
        && let Some(check) = session.checks.get(at)
    {
        told.push(vec![piece(check.probe.describe(), Role::Muted)]);
        if let Some((outcome, when)) = &check.seen {
            let (word, why, role) = match outcome {
                Outcome::Pass(why) => ("pass", why, Role::Ok),
                Outcome::Fail(why) if check.is_lost() => ("passed, now fails", why, Role::Warning),
                Outcome::Fail(why) => ("fail", why, Role::Critical),
                Outcome::Unknown(why) => ("unknown", why, Role::Unknown),
            };
            let at = scene.times.clock(*when);
            told.push(vec![
                piece(format!("{word} "), role),
                piece(format!("{} {at}", sanitise(why)), Role::Muted),
            ]);
        }
    }
    if let Some(mark) = session.marks.get(&stop.key) {
        if mark.state != State::Todo {
            let word = crate::incident::word(mark.state);
            told.push(vec![piece(format!("{word} by {} {}", mark.by, scene.times.clock(mark.at)), Role::Ok)]);
        }
        if !mark.note.is_empty() {
            told.push(vec![piece(format!("note: {}", sanitise(&mark.note)), Role::Accent)]);
        }
    }
    told.iter().flat_map(|pieces| wrap(pieces, cells.saturating_sub(4).max(8))).collect()
}
