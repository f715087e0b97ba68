//! The screen from top to bottom: verdict, sources, panes, layers, keys.

use std::sync::Arc;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{App, scene};
use crate::clock::Now;
use crate::domain::feed::{FeedState, SourceKind};
use crate::domain::health::Health;
use crate::domain::sites;
use crate::domain::store::SourceState;
use crate::text;
use crate::ui::glyphs;
use crate::ui::panes::{self, logs};
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::frame::frame;
use crate::ui::widgets::paint::{blank, put, put_pieces, width};
use crate::ui::widgets::sign::{self, of_feed};

/// How the screen is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Regions {
    verdict: Rect,
    sources: Rect,
    banner: Rect,
    strip: Rect,
    /// The panes.
    pub body: Rect,
    footer: Rect,
}

impl Regions {
    /// Divides a screen. The verdict is the last to go. `strip`: there is a line about services.
    pub fn of(screen: Rect, banner: bool, strip: bool) -> Self {
        let mut rest = screen;
        let mut take = |wanted: bool| {
            let height = u16::from(wanted && rest.height > 0);
            let line = Rect { height, ..rest };
            rest = Rect { y: rest.y + height, height: rest.height - height, ..rest };
            line
        };
        let verdict = take(true);
        let sources = take(screen.height >= 6);
        let banner = take(banner && screen.height >= 10);
        let strip = take(strip && screen.height >= 20);
        let foot = u16::from(screen.height >= 5).min(rest.height);
        let footer = Rect { y: rest.bottom() - foot, height: foot, ..rest };
        Self { verdict, sources, banner, strip, body: Rect { height: rest.height - foot, ..rest }, footer }
    }
}

/// What a terminal acts on never gets further than this, wherever it came from: the operator's own files
/// are drawn too, and somebody else may have written in them.
fn keep_harmless(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let symbol = cell.symbol();
        if !symbol.bytes().all(|byte| (0x20..0x7f).contains(&byte)) && !symbol.chars().all(text::is_plain) {
            cell.set_symbol("\u{b7}");
        }
    }
}

impl App {
    /// The site, when all sources are of one.
    pub(super) fn site(&self) -> Arc<str> {
        let mut sites = self.known.store.sources.iter().map(|source| &source.site);
        let first = sites.next().cloned().unwrap_or_default();
        let title = || Arc::clone(self.known.store.title(&first));
        if sites.all(|site| *site == first) { title() } else { Arc::default() }
    }

    /// Draws the screen, in the colours that are being tried if some are; the wall dim by night.
    pub fn draw(&mut self, frame: &mut Frame<'_>, now: Now) {
        self.judge(now);
        self.look.links.begin();
        let dim = self.is_dim(now).then(|| self.look.theme.dimmed());
        let tried = self.layers.last().and_then(|layer| layer.theme());
        let tried = tried.and_then(|name| self.look.themes.iter().find(|theme| theme.name == name)).cloned();
        let own = tried.or(dim).map(|theme| std::mem::replace(&mut self.look.theme, theme));
        self.draw_all(frame, now);
        keep_harmless(frame.buffer_mut());
        if let Some(own) = own {
            self.look.theme = own;
        }
    }

    fn draw_all(&mut self, frame: &mut Frame<'_>, now: Now) {
        self.dirty = false;
        self.screen = frame.area();
        let buffer = frame.buffer_mut();
        let live = scene(&self.known, None, &self.look, now);
        blank(buffer, self.screen, &live);
        if self.is_wall() {
            self.draw_wall(buffer, now);
            return self.look.glyphs.apply(buffer);
        }
        let regions = self.regions();
        self.draw_verdict(regions.verdict, buffer, now);
        draw_sources(&live, self.writes_word(now), regions.sources, buffer);
        if let Some(banner) = &self.look.banner {
            let text = format!(" {}", brief(banner, regions.banner.width.saturating_sub(1)));
            put(
                buffer,
                (regions.banner.x, regions.banner.y),
                &text,
                regions.banner.width,
                live.style(Role::Banner),
            );
        }
        self.draw_strip(regions.strip, buffer, now);
        if regions.body.width < 20 || regions.body.height < 2 {
            let style = live.style(Role::Muted);
            for y in regions.body.top()..regions.body.bottom().min(regions.body.top() + 1) {
                put(buffer, (regions.body.x, y), "too small", regions.body.width, style);
            }
        } else {
            self.draw_panes(buffer, now);
        }
        let over = scene(&self.known, self.frozen.as_ref(), &self.look, now);
        for layer in &mut self.layers {
            layer.draw(&over, regions.body, regions.footer, buffer);
        }
        let top = self.layers.last().map(|layer| layer.context());
        self.confirmable.draw(self.layers.len(), top, regions.body);
        self.draw_footer(regions.footer, buffer, now);
        if self.hints.is_some_and(|until| now.mono < until) {
            self.draw_hints(regions.body, buffer, now);
        }
        self.look.glyphs.apply(buffer);
    }

    /// ` ▲ CRITICAL  HostDown vm102 14m · 1 warning …      home 14:02:11 CET `
    fn draw_verdict(&self, line: Rect, buffer: &mut Buffer, now: Now) {
        if line.is_empty() {
            return;
        }
        let scene = scene(&self.known, None, &self.look, now);
        let verdict = scene.verdict;
        let sign = sign::of_health(verdict.state);
        let mut right: Vec<Piece> = Vec::new();
        if let Some(frozen) = &self.frozen {
            right.push(piece(format!("FROZEN {}", scene.times.minute(frozen.at.wall)), Role::Accent));
            right.push(piece("  ", Role::Muted));
        }
        let alone = self.site_note();
        let site = self.site();
        if alone.is_empty() && !site.is_empty() && line.width >= 70 {
            right.push(piece(format!("{site} "), Role::Text));
        }
        right.extend(alone);
        let wide = line.width >= 100;
        let clock = if wide { scene.times.clock(now.wall) } else { scene.times.minute(now.wall) };
        right.push(piece(clock, Role::Text));
        if line.width >= 60 {
            right.push(piece(format!(" {}", scene.times.zone_name(now.wall)), Role::Muted));
        }
        let word = format!(" {} {} ", sign.glyph, sign.word.to_uppercase());
        let mut x = put(buffer, (line.x, line.y), &word, line.width, scene.theme.block(sign.role));
        x += 1;
        let right_width = width(&right) + 1;
        let room = line.width.saturating_sub(x);
        let (room, right) =
            if room > right_width + 20 { (room - right_width - 2, right) } else { (room, Vec::new()) };
        let role = if verdict.state == Health::Ok { Role::Text } else { sign.role };
        let text = shorten(&verdict.text, usize::from(room));
        let (head, tail) = text.split_once(" · ").map_or((text.as_str(), ""), |(head, tail)| (head, tail));
        let mut pieces = vec![piece(head, role)];
        if !tail.is_empty() {
            pieces.push(piece(format!(" · {tail}"), Role::Text));
        }
        put_pieces(buffer, (line.x + x, line.y), &pieces, room, &scene);
        let at = line.right().saturating_sub(right_width);
        put_pieces(buffer, (at, line.y), &right, right_width, &scene);
    }

    pub(super) fn draw_panes(&mut self, buffer: &mut Buffer, now: Now) {
        let places = self.places();
        let focus = self.focus_at(&places);
        let first = places.first().map(|place| place.pane.clone());
        let places = self.shown();
        let base = scene(&self.known, self.frozen.as_ref(), &self.look, now);
        let (whole, is_wall) = (self.is_whole(), self.is_wall());
        let mut selected = None;
        for (at, place) in places.iter().enumerate() {
            let Some(slot) = self.panes.get_mut(place.pane.as_str()) else { continue };
            let focused = (self.zoomed || at == focus) && !is_wall;
            let held = now.mono < self.held_until;
            let scene = Scene { focused, whole, held, selected: selected.as_ref(), ..base };
            let made_of = slot.pane.made_of();
            let stamp = made_of.iter().filter_map(|kind| self.known.said.get(kind)).sum::<u64>();
            if slot.seen != Some(stamp) || (slot.pane.is_waiting() && !held) {
                slot.pane.refresh(&scene);
                slot.seen = Some(stamp);
            }
            let mut title = slot.pane.title(&scene);
            title.number = panes::number(&place.pane).unwrap_or(0);
            let inside = frame(&title, place.border, place.area, buffer, &scene);
            slot.pane.draw(&scene, inside, buffer);
            self.dirty |= slot.pane.is_working();
            if first.as_deref() == Some(place.pane.as_str()) {
                selected = slot.pane.subject(&scene);
            }
        }
    }
}

/// The sentences of a banner that fit in so many cells: those in the middle go first.
fn brief(banner: &str, cells: u16) -> String {
    let mut sentences: Vec<&str> = banner.split(". ").collect();
    while sentences.len() > 2 && text::width(&sentences.join(". ")) > usize::from(cells) {
        sentences.remove(sentences.len() - 2);
    }
    sentences.join(". ")
}

/// The verdict's sentence in so many cells: shorter words first, then fewer parts, and only then a
/// cut inside the first.
fn shorten(sentence: &str, cells: usize) -> String {
    if text::width(sentence) <= cells {
        return sentence.to_owned();
    }
    let brief = sentence
        .replace(", response overdue ", ", over ")
        .replace(" of ", "/")
        .replace(" warnings", " warn")
        .replace(" warning", " warn")
        .replace("targets ", "up ");
    // At which layer the lab stands is said in full.
    let booting = brief.strip_prefix("BOOTING layer ").and_then(|rest| rest.split_once('/'));
    let brief = booting.map_or(brief.clone(), |(layer, rest)| format!("BOOTING layer {layer} of {rest}"));
    let mut parts: Vec<&str> = brief.split(" · ").collect();
    while parts.len() > 1 && text::width(&parts.join(" · ")) > cells {
        // That something is planned says why much else is so: it goes last.
        let is_planned = parts.len() > 2 && parts.last().is_some_and(|part| part.starts_with("maintenance "));
        parts.remove(parts.len() - 1 - usize::from(is_planned));
    }
    // The reason before its clause on the response.
    let joined = parts.join(" · ");
    match joined.rsplit_once(", ") {
        Some((reason, _)) if text::width(&joined) > cells && text::width(reason) <= cells => {
            reason.to_owned()
        }
        _ => text::truncate(&joined, cells).into_owned(),
    }
}

/// `prom ● 1s   am ●● 1s   loki ● live 12/s   pbs ✗ 401 unauthorised 3m            read-only`
pub(super) fn draw_sources(scene: &Scene<'_>, writes: Option<Piece>, line: Rect, buffer: &mut Buffer) {
    if line.is_empty() {
        return;
    }
    let mut room = line.width.saturating_sub(1);
    if let Some((words, role)) = writes.filter(|_| line.width >= 60) {
        let cells = u16::try_from(text::width(&words)).unwrap_or(0) + 1;
        put(buffer, (line.right() - cells, line.y), &words, cells, scene.style(role));
        room -= cells + 2;
    }
    if scene.store.sources.is_empty() {
        put(buffer, (line.x + 1, line.y), "no source is configured", room, scene.style(Role::Muted));
        return;
    }
    // In full, then without the age of what is fresh, then glyphs alone, then names only of what is not fresh.
    let gaps = ["   ", "  ", "  ", " ", " "];
    for (level, gap) in gaps.iter().enumerate() {
        let mut all: Vec<Piece> = Vec::new();
        for one in badges(scene, level) {
            if !all.is_empty() {
                all.push(piece(*gap, Role::Muted));
            }
            all.extend(one);
        }
        if width(&all) <= room || level + 1 == gaps.len() {
            put_pieces(buffer, (line.x + 1, line.y), &all, room, scene);
            return;
        }
    }
}

/// The sources; of several sites each under its name, and one that is out of reach as one.
fn badges(scene: &Scene<'_>, level: usize) -> Vec<Vec<Piece>> {
    let (store, now) = (scene.store, scene.wall());
    let sites = sites::sites(store);
    if sites.is_empty() {
        return store.sources.iter().map(|source| badge(source, scene, level)).collect();
    }
    let lost = sites::lost(store, now);
    let mut all: Vec<Vec<Piece>> = Vec::new();
    for site in sites {
        let name = if site.is_empty() {
            Vec::new()
        } else {
            vec![piece(format!("{}: ", store.title(&site)), Role::Accent)]
        };
        if let Some(lost) = lost.iter().find(|lost| lost.site == site) {
            let sign = of_feed(FeedState::Down);
            let mut told = name;
            told.push(piece(sign.glyph, sign.role));
            if level < 3 {
                told.push(piece(format!(" out of reach {}", text::age(now - lost.since)), sign.role));
            }
            all.push(told);
            continue;
        }
        let own = store.sources.iter().filter(|source| source.site == site);
        let first = all.len();
        all.extend(own.map(|source| badge(source, scene, level)));
        if let Some(badge) = all.get_mut(first) {
            badge.splice(0..0, name);
        }
    }
    all
}

/// A source in few cells; the higher the level the fewer.
fn badge(source: &SourceState, scene: &Scene<'_>, level: usize) -> Vec<Piece> {
    let now = scene.wall();
    // The site is said before it.
    let alike = scene.store.of(source.id.kind).filter(|other| other.apart == source.apart).count() > 1;
    let name = if alike { source.id.name.to_string() } else { source.id.kind.short().to_owned() };
    let state = source.state(now);
    let sign = of_feed(state);
    let peers = &source.data.peers;
    let is_well = state == FeedState::Fresh && peers.iter().all(|peer| peer.failure.is_none());
    let mut pieces = match level {
        4.. if is_well => Vec::new(),
        _ => vec![piece(name, Role::Text), piece(" ", Role::Muted)],
    };
    if peers.len() > 1 && state == FeedState::Fresh {
        for peer in peers.iter() {
            let sign = of_feed(if peer.failure.is_none() { FeedState::Fresh } else { FeedState::Down });
            pieces.push(piece(sign.glyph, sign.role));
        }
    } else {
        pieces.push(piece(sign.glyph, sign.role));
    }
    let fresh = state == FeedState::Fresh;
    let words = if fresh && source.id.kind == SourceKind::Loki && !source.data.tails.is_empty() {
        let rate = source.data.tails.iter().map(|tail| tail.rate(now)).sum();
        let words: String = logs::state(source.data.tails.iter().map(|tail| &tail.state), rate)
            .iter()
            .map(|(text, _)| text.trim_start_matches(glyphs::OK).trim_start())
            .collect();
        piece(words, Role::Muted)
    } else {
        sign::standing(source, now)
    };
    let words = match level {
        1 | 2 if fresh => return pieces,
        0 | 1 => words,
        2 => piece(text::truncate(&words.0, 14).into_owned(), words.1),
        _ => return pieces,
    };
    pieces.push(piece(" ", Role::Muted));
    pieces.push(words);
    pieces
}
