//! The line about services: what people ask about, when it is not well, what is suspected, and what is planned.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draw::Regions;
use super::{App, scene};
use crate::border::Effect;
use crate::clock::Now;
use crate::domain::health::Health;
use crate::domain::layer;
use crate::text;
use crate::ui::glyphs;
use crate::ui::scene::{Piece, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::paint::put_pieces;
use crate::ui::widgets::sign;

/// A maintenance that goes on, calmly.
fn planned(words: &str) -> Piece {
    piece(format!("{} {words}   ", glyphs::SILENCED), Role::Info)
}

impl App {
    /// How the screen is divided.
    pub(super) fn regions(&self) -> Regions {
        let is_bridge = self.look.views.get(self.view).is_some_and(|view| view.name == "bridge");
        let verdict = &self.known.verdict;
        let strip = is_bridge && !(verdict.services.is_empty() && verdict.planned.is_empty());
        Regions::of(self.screen, self.look.banner.is_some(), strip)
    }

    /// `services  ▲ Nextcloud down 14m because storage vm102   and 2 more`
    pub(super) fn draw_strip(&self, line: Rect, buffer: &mut Buffer, now: Now) {
        if line.is_empty() {
            return;
        }
        let scene = scene(&self.known, None, &self.look, now);
        let all = &self.known.verdict.services;
        let mut pieces: Vec<Piece> =
            vec![piece(if all.is_empty() { " planned  " } else { " services  " }, Role::Muted)];
        let mut room = usize::from(line.width).saturating_sub(11);
        for (at, (health, words)) in all.iter().enumerate() {
            let sign = sign::of_health(*health);
            let more = all.len() - at - 1;
            let rest = if more > 0 { format!("and {more} more").len() + 1 } else { 0 };
            let needs = text::width(words) + 5;
            if at > 0 && needs + rest > room {
                pieces.push(piece(format!("and {} more", more + 1), Role::Muted));
                break;
            }
            let words = text::truncate(words, room.saturating_sub(2 + rest)).into_owned();
            let role = if *health == Health::Critical { sign.role } else { Role::Text };
            let [glyph, gap] = [piece(sign.glyph, sign.role), piece(" ", Role::Text)];
            pieces.extend([glyph, gap, piece(words, role), piece("   ", Role::Text)]);
            room = room.saturating_sub(needs);
        }
        // What is planned is no reason to worry: it has the room that is left.
        pieces.extend(self.known.verdict.planned.iter().map(|words| planned(words)));
        put_pieces(buffer, (line.x, line.y), &pieces, line.width, &scene);
    }

    /// Follows a start of the lab, and has it written down when it is over.
    pub(super) fn follow_boot(&mut self, now: Now) -> Option<Effect> {
        let store = &mut self.known.store;
        let known = store.boots.last();
        let boot = layer::follow(known, store, now.wall)?;
        let is_over = boot.is_done && known.is_none_or(|known| !known.is_done || known.at != boot.at);
        match store.boots.last_mut() {
            Some(known) if known.at == boot.at => known.clone_from(&boot),
            _ => store.boots.push(boot.clone()),
        }
        is_over.then_some(Effect::KeepBoot(boot))
    }
}
