//! The line about services: what people ask about, when it is not well, and what is suspected.

use chrono::{DateTime, Utc};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::draw::Regions;
use super::{App, scene};
use crate::border::Effect;
use crate::clock::Now;
use crate::domain::health::Health;
use crate::domain::store::Store;
use crate::domain::{layer, service, suspect};
use crate::text;
use crate::ui::scene::{Piece, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::paint::put_pieces;
use crate::ui::widgets::sign;

/// The services that are not well, the worst first, and what is suspected.
pub(super) fn outlook(store: &Store, now: DateTime<Utc>) -> Vec<(Health, String)> {
    let all = service::services(store, now);
    let suspects = suspect::suspects(store, &all, now);
    let bad = all.iter().filter(|standing| standing.state != Health::Ok);
    let bad = bad.map(|standing| (standing.state, standing.sentence(now)));
    let mut told: Vec<(Health, String)> = bad.collect();
    // A suspicion explains what is down: it stands behind that, and before what only suffers.
    let at = told.iter().position(|(health, _)| *health != Health::Critical).unwrap_or(told.len());
    let suspects = suspects.iter().map(|suspect| (Health::Unknown, suspect.sentence()));
    told.splice(at..at, suspects);
    told
}

impl App {
    /// How the screen is divided.
    pub(super) fn regions(&self) -> Regions {
        let is_bridge = self.look.views.get(self.view).is_some_and(|view| view.name == "bridge");
        let strip = is_bridge && !self.known.outlook.is_empty();
        Regions::of(self.screen, self.look.banner.is_some(), strip)
    }

    /// `services  ▲ Nextcloud down 14m because storage vm102   and 2 more`
    pub(super) fn draw_strip(&self, line: Rect, buffer: &mut Buffer, now: Now) {
        if line.is_empty() {
            return;
        }
        let scene = scene(&self.known, None, &self.look, now);
        let mut pieces: Vec<Piece> = vec![piece(" services  ", Role::Muted)];
        let mut room = usize::from(line.width).saturating_sub(11);
        let all = &self.known.outlook;
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
            pieces.extend([piece(format!("{} ", sign.glyph), sign.role), piece(format!("{words}   "), role)]);
            room = room.saturating_sub(needs);
        }
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
