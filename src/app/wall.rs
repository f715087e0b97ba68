//! The wall: the verdict in large letters, what is wrong below it, and the views in turn. No key
//! changes anything.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draw::draw_sources;
use super::{App, scene};
use crate::action::Action;
use crate::border::Effect;
use crate::clock::Now;
use crate::domain::health::Health;
use crate::text;
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::view;
use crate::ui::wall::Wall;
use crate::ui::widgets::large;
use crate::ui::widgets::paint::{put, put_pieces, width};
use crate::ui::widgets::sign;

/// A view that somebody chose is shown for at least so long.
const CHOSEN: Duration = Duration::from_mins(2);

/// The wall, and where it is.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) wall: Wall,
    /// When the next view comes.
    next: Option<Duration>,
}

impl Shown {
    pub(super) const fn new(wall: Wall) -> Self {
        Self { wall, next: None }
    }
}

/// How the wall is divided from top to bottom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    /// The large verdict and clock; or one line where there is no room.
    verdict: Rect,
    sentence: Rect,
    sources: Rect,
    worst: Rect,
    pub(super) body: Rect,
    footer: Rect,
}

impl Parts {
    fn of(screen: Rect, findings: usize) -> Self {
        let is_large = screen.width >= 84 && screen.height >= 24;
        let mut rest = screen;
        let mut take = |lines: u16| {
            let height = lines.min(rest.height);
            let part = Rect { height, ..rest };
            rest = Rect { y: rest.y + height, height: rest.height - height, ..rest };
            part
        };
        let verdict = take(if is_large { large::HEIGHT + 2 } else { 1 });
        let sentence = take(u16::from(screen.height >= 4));
        let sources = take(u16::from(screen.height >= 6));
        let wanted = u16::try_from(findings).unwrap_or(u16::MAX).saturating_add(2);
        // What is wrong comes first; on a small screen there is nothing but that.
        let most = if screen.height >= 20 { screen.height * 2 / 5 } else { screen.height };
        let worst = take(if findings == 0 { 0 } else { wanted.min(most) });
        let foot = u16::from(rest.height > 1);
        let footer = Rect { y: rest.bottom() - foot, height: foot, ..rest };
        Self { verdict, sentence, sources, worst, body: Rect { height: rest.height - foot, ..rest }, footer }
    }
}

impl App {
    /// Whether nobody sits here.
    pub(super) const fn is_wall(&self) -> bool {
        self.wall.is_some()
    }

    fn parts(&self) -> Parts {
        let bad = self.known.verdict.findings.iter().filter(|finding| is_bad(finding.health)).count();
        let told = self.known.verdict.services.len() + self.known.verdict.planned.len();
        Parts::of(self.screen, bad + told)
    }

    /// Where the panes stand.
    pub(super) fn body(&self) -> Rect {
        if self.is_wall() {
            return self.parts().body;
        }
        self.regions().body
    }

    /// What a key may do on the wall: leave, and look at another view for a while.
    pub(super) fn wall_key(&mut self, action: Option<Action>, now: Now) -> Vec<Effect> {
        let count = self.look.views.len().max(1);
        match action {
            Some(Action::Quit) => return vec![Effect::Quit],
            Some(Action::Suspend) => return vec![Effect::Suspend],
            Some(Action::NextPane | Action::NextTab) => self.turn_to((self.view + 1) % count, now, CHOSEN),
            Some(Action::PreviousPane | Action::PreviousTab) => {
                self.turn_to((self.view + count - 1) % count, now, CHOSEN);
            }
            Some(action) => {
                let name = view::NAMES.iter().find(|(_, open)| *open == action).map(|(name, _)| *name);
                let at = self.look.views.iter().position(|view| Some(view.name.as_str()) == name);
                if let Some(at) = at {
                    self.turn_to(at, now, CHOSEN);
                }
            }
            None => {}
        }
        Vec::new()
    }

    fn turn_to(&mut self, view: usize, now: Now, span: Duration) {
        if let Some(shown) = &mut self.wall {
            shown.next = Some(now.mono + span);
        }
        self.view = view;
        self.lay_filters();
        self.forget_seen();
    }

    /// A second has passed: perhaps it is another view's turn.
    pub(super) fn turn(&mut self, now: Now) {
        let Some(shown) = &mut self.wall else { return };
        let next = *shown.next.get_or_insert(now.mono + shown.wall.rotate);
        if now.mono >= next {
            let (rotate, view) = (shown.wall.rotate, (self.view + 1) % self.look.views.len().max(1));
            self.turn_to(view, now, rotate);
        }
    }

    /// Whether the wall is dim now. What is critical is as bright by night as by day.
    pub(super) fn is_dim(&self, now: Now) -> bool {
        let minute = self.look.times.minute(now.wall);
        let calm = self.known.verdict.state != Health::Critical;
        calm && self.wall.as_ref().is_some_and(|shown| shown.wall.is_night(&minute))
    }

    pub(super) fn draw_wall(&mut self, buffer: &mut Buffer, now: Now) {
        let parts = self.parts();
        let live = scene(&self.known, None, &self.look, now);
        draw_large(&live, self.site().as_ref(), parts.verdict, buffer);
        draw_sentence(&live, parts.sentence, buffer);
        draw_sources(&live, self.writes_word(now), parts.sources, buffer);
        draw_worst(&live, &self.known.verdict.services, parts.worst, buffer);
        self.draw_turn(parts.footer, buffer, now);
        if parts.body.width >= 20 && parts.body.height >= 4 {
            self.draw_panes(buffer, now);
        }
    }

    /// Which view is shown, and how long still.
    fn draw_turn(&self, line: Rect, buffer: &mut Buffer, now: Now) {
        if line.is_empty() {
            return;
        }
        let scene = scene(&self.known, None, &self.look, now);
        let left = self.wall.as_ref().and_then(|shown| shown.next).map(|next| next.saturating_sub(now.mono));
        let mut pieces: Vec<Piece> = Vec::new();
        for (at, view) in self.look.views.iter().enumerate() {
            let role = if at == self.view { Role::Accent } else { Role::Muted };
            pieces.push(piece(format!(" {} ", view.name), role));
        }
        if let Some(left) = left.filter(|_| self.look.views.len() > 1) {
            pieces.push(piece(format!(" next in {} s", left.as_secs() + 1), Role::Muted));
        }
        if let Some(banner) = &self.look.banner {
            pieces.push(piece(format!("  {}", banner.split(". ").next().unwrap_or_default()), Role::Banner));
        }
        pieces.push(piece("  q leaves", Role::Muted));
        put_pieces(buffer, (line.x, line.y), &pieces, line.width, &scene);
    }
}

const fn is_bad(health: Option<Health>) -> bool {
    !matches!(health, None | Some(Health::Ok))
}

/// The state and the time, as large as they can be.
fn draw_large(scene: &Scene<'_>, site: &str, area: Rect, buffer: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let sign = sign::of_health(scene.verdict.state);
    let word = sign.word.to_uppercase();
    let style = scene.theme.block(sign.role);
    buffer.set_style(area, style);
    if area.height < large::HEIGHT + 2 {
        let clock = scene.times.clock(scene.wall());
        let used =
            put(buffer, (area.x, area.y), &format!(" {} {word}  {site}", sign.glyph), area.width, style);
        let cells = u16::try_from(text::width(&clock)).unwrap_or(0) + 1;
        if used + cells < area.width {
            put(buffer, (area.right() - cells, area.y), &clock, cells, style);
        }
        return;
    }
    large::draw(buffer, (area.x + 2, area.y + 1), &word, style);
    let clock = scene.times.minute(scene.wall());
    let at = area.right().saturating_sub(large::width(&clock) + 2);
    large::draw(buffer, (at, area.y + 1), &clock, style);
    let zone = scene.times.zone_name(scene.wall());
    let small = if site.is_empty() { zone } else { format!("{site} {zone}") };
    let cells = u16::try_from(text::width(&small)).unwrap_or(0);
    put(buffer, (area.right().saturating_sub(cells + 2), area.y + large::HEIGHT + 1), &small, cells, style);
}

fn draw_sentence(scene: &Scene<'_>, line: Rect, buffer: &mut Buffer) {
    if line.is_empty() {
        return;
    }
    let role = match scene.verdict.state {
        Health::Ok => Role::Title,
        state => sign::of_health(state).role,
    };
    let text = text::truncate(&scene.verdict.text, usize::from(line.width.saturating_sub(2)));
    put(buffer, (line.x + 1.min(line.width), line.y), &text, line.width.saturating_sub(1), scene.style(role));
}

/// What is wrong, the worst first, a line each.
fn draw_worst(scene: &Scene<'_>, services: &[(Health, String)], area: Rect, buffer: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let bad: Vec<_> = scene.verdict.findings.iter().filter(|finding| is_bad(finding.health)).collect();
    let room = usize::from(area.height.saturating_sub(2)).max(1);
    let top = area.y + u16::from(area.height > 2);
    // What people ask about comes first.
    let first = services.iter().take(room);
    for (y, (health, words)) in (top..area.bottom()).zip(first) {
        let sign = sign::of_health(*health);
        let role = if *health == Health::Critical { Role::Critical } else { Role::Text };
        let pieces = [piece(format!("  {} {:8}  ", sign.glyph, "service"), sign.role), piece(words, role)];
        put_pieces(buffer, (area.x, y), &pieces, area.width.min(width(&pieces)), scene);
    }
    let used = services.len().min(room);
    // What is planned is told calmly, before what is wrong beside it.
    let planned = scene.verdict.planned.iter().take(room - used);
    for (y, words) in (top + u16::try_from(used).unwrap_or(0)..area.bottom()).zip(planned.clone()) {
        let line = [
            piece(format!("  {} {:8}  ", glyphs::SILENCED, "planned"), Role::Info),
            piece(words, Role::Info),
        ];
        put_pieces(buffer, (area.x, y), &line, area.width.min(width(&line)), scene);
    }
    let used = used + planned.count();
    let room = room - used;
    if room == 0 {
        return;
    }
    let shown = if bad.len() > room { room.saturating_sub(1).max(1) } else { bad.len() };
    let top = top.saturating_add(u16::try_from(used).unwrap_or(0));
    for (y, finding) in (top..area.bottom()).zip(bad.iter().take(shown)) {
        let sign = sign::of_health(finding.health.unwrap_or_default());
        // What follows from another is dimmed below it, and counted as ever.
        let caused = scene.store.cause_of(finding.subject.as_ref()).is_some();
        let role = match finding.health {
            _ if caused => Role::Muted,
            Some(Health::Critical) => Role::Critical,
            _ => Role::Text,
        };
        let mark = if caused { Role::Muted } else { sign.role };
        let pieces =
            [piece(format!("  {} {:8}  ", sign.glyph, sign.word), mark), piece(finding.text.clone(), role)];
        put_pieces(buffer, (area.x, y), &pieces, area.width.min(width(&pieces)), scene);
    }
    let left = bad.len() - shown.min(bad.len());
    let y = top.saturating_add(u16::try_from(shown).unwrap_or(0));
    if left > 0 && y < area.bottom() {
        put(buffer, (area.x + 2, y), &format!("and {left} more"), area.width, scene.style(Role::Muted));
    }
}
