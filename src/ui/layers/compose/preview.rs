//! What a silence would do: what it hides now, what it would have hidden, what speaks against it, and
//! the same as a line for a shell.

use chrono::TimeDelta;

use super::Compose;
use crate::domain::amtool;
use crate::domain::deed::Draft;
use crate::domain::feed::SourceKind;
use crate::domain::hidden::{Hidden, query};
use crate::domain::question::{Ask, Known, Question};
use crate::domain::store::SourceState;
use crate::ui::glyphs;
use crate::ui::scene::{Piece, Scene, piece};
use crate::ui::theme::Role;
use crate::ui::widgets::prose::Prose;
use crate::ui::widgets::sign;

/// How far back is looked, under which name, and in which slot the answer is kept.
const BACK: [(&str, &str, TimeDelta); 2] =
    [("last 24 h", "silence/day", TimeDelta::hours(24)), ("last 7 d", "silence/week", TimeDelta::days(7))];

/// So many of the alerts that it hides now are named.
const MOST: usize = 12;

/// What is asked of each Prometheus for a draft.
pub fn asks(draft: &Draft, scene: &Scene<'_>) -> Vec<Ask> {
    let of = |source| BACK.iter().filter_map(move |(_, slot, span)| ask(draft, source, slot, *span));
    scene.store.of(SourceKind::Prometheus).flat_map(of).collect()
}

fn ask(draft: &Draft, source: &SourceState, slot: &str, span: TimeDelta) -> Option<Ask> {
    let external = source.data.external.clone().unwrap_or_default();
    let query = query(&draft.matchers, &external, span)?;
    Some(Ask {
        slot: format!("{slot}/{}", source.id.name).into(),
        source: source.id.clone(),
        question: Question::Value { query: query.into(), at: None },
    })
}

/// What it would have hidden, a line for each Prometheus and each time that is looked back.
fn before(draft: &Draft, names: bool, scene: &Scene<'_>) -> Vec<Prose> {
    let sources: Vec<&SourceState> = scene.store.of(SourceKind::Prometheus).collect();
    if sources.is_empty() {
        return vec![Prose::pair("before", "not known: no Prometheus is configured")];
    }
    let mut all = Vec::new();
    for (name, slot, span) in &BACK {
        for (at, source) in sources.iter().enumerate() {
            let mut pieces = match ask(draft, source, slot, *span) {
                None => vec![piece("nothing: no alert of this Prometheus would be covered", Role::Text)],
                Some(ask) => told(&scene.answers.get(&ask), names),
            };
            if sources.len() > 1 {
                pieces.insert(0, piece(format!("{}: ", source.id.name), Role::Muted));
            }
            let name = if at == 0 { *name } else { "" };
            all.push(Prose::Pair(name.to_owned(), pieces));
        }
    }
    all
}

fn told(known: &Known<'_>, names: bool) -> Vec<Piece> {
    match known {
        Known::Waiting => vec![piece("asking Prometheus", Role::Muted)],
        Known::Failed(failure) => vec![piece(format!("not known: {}", failure.short), Role::Unknown)],
        Known::Answer(answer) => {
            let hidden = Hidden::read(answer);
            let count = hidden.count();
            if count == 0 {
                return vec![piece("would have hidden nothing", Role::Muted)];
            }
            let mut pieces = vec![piece(format!("would have hidden {}", alerts(count)), Role::Text)];
            if names {
                let list = hidden
                    .by_name()
                    .into_iter()
                    .map(|(name, count)| if count > 1 { format!("{name} ({count})") } else { name });
                let list: Vec<String> = list.take(MOST).collect();
                pieces.push(piece(format!(": {}", list.join(", ")), Role::Muted));
            }
            pieces
        }
    }
}

fn alerts(count: usize) -> String {
    format!("{count} alert{}", if count == 1 { "" } else { "s" })
}

fn doubts(compose: &Compose) -> Vec<Prose> {
    let doubt = |text: String| {
        Prose::Line(vec![piece(format!("{} ", glyphs::WARNING), Role::Warning), piece(text, Role::Warning)])
    };
    compose.review.doubts.iter().map(|one| doubt(one.to_string())).collect()
}

/// In a few lines, below the fields.
pub fn brief(compose: &Compose, scene: &Scene<'_>) -> Vec<Prose> {
    let mut all = Vec::new();
    if let Some(refused) = &compose.refused {
        let text = format!("{} {refused}", glyphs::FAILED);
        all.push(Prose::Line(vec![piece(text, Role::Critical)]));
    }
    let Some(draft) = &compose.draft else {
        all.push(Prose::Line(vec![piece("without a matcher it would hide everything", Role::Muted)]));
        return all;
    };
    all.extend(doubts(compose));
    let mut now = vec![piece(format!("hides {}", alerts(compose.review.covers.len())), Role::Text)];
    let mut names: Vec<&str> = compose.review.covers.iter().map(|listed| &*listed.alert.name).collect();
    names.dedup();
    if !names.is_empty() {
        names.truncate(6);
        now.push(piece(format!(": {}", names.join(", ")), Role::Muted));
    }
    all.push(Prose::Pair("now".to_owned(), now));
    all.extend(before(draft, true, scene));
    all
}

/// All of it, before it is made. `sure`: what speaks against it was seen.
pub fn whole(compose: &Compose, sure: bool, scene: &Scene<'_>) -> Vec<Prose> {
    let Some(draft) = &compose.draft else { return Vec::new() };
    let mut all = doubts(compose);
    if !all.is_empty() {
        let words = if sure { "Enter makes it all the same." } else { "Enter asks once more." };
        all.push(Prose::Line(vec![piece(words, Role::Muted)]));
        all.push(Prose::Blank);
    }
    all.extend(draft.matchers.iter().map(|matcher| Prose::pair("match", matcher.to_string())));
    let ends = scene.times.full(draft.ends_at);
    all.push(Prose::pair("for", format!("{}, until {ends}", amtool::duration(draft.ends_at - compose.now))));
    all.push(Prose::pair("by", &*draft.author));
    all.push(Prose::pair("why", &*draft.comment));
    all.push(Prose::Blank);
    let covers = &compose.review.covers;
    all.push(Prose::pair("now", format!("hides {}", alerts(covers.len()))));
    for listed in covers.iter().take(MOST) {
        let sign = sign::of_alert(&listed.alert);
        let text = format!("{} {}", listed.alert.name, listed.alert.subject());
        let pieces = vec![piece(format!("{} ", sign.glyph), sign.role), piece(text, Role::Text)];
        all.push(Prose::Pair(String::new(), pieces));
    }
    if covers.len() > MOST {
        all.push(Prose::pair("", format!("and {} more", covers.len() - MOST)));
    }
    all.extend(before(draft, true, scene));
    all.extend([Prose::Blank, Prose::Head("The same as a command".to_owned())]);
    all.push(Prose::Line(vec![piece(amtool::line(draft, &compose.url, compose.now), Role::Muted)]));
    all
}
