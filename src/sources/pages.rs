//! All lines of a time, page by page, oldest first.

use chrono::{DateTime, Utc};

use super::{Source, SourceError};
use crate::domain::log::{Entry, Line};
use crate::domain::question::{Answer, Question, Window};

/// Lines in one answer.
const PAGE: u32 = 5_000;

/// A page with fewer lines than this is the last one: fewer than asked for may also be all that the
/// server hands out at once.
const FEW: usize = 50;

/// A time that is read page by page. A page may end amid lines of one instant: the lines of its last
/// instant are left to the next page.
#[derive(Debug)]
pub struct Pages {
    window: Window,
    is_over: bool,
}

impl Pages {
    /// The lines of `query` from and up to a nanosecond.
    pub fn new(query: &str, (from, to): (i64, i64)) -> Self {
        Self { window: Window { query: query.into(), from, to, limit: PAGE, newest: false }, is_over: false }
    }

    /// Up to this nanosecond everything was read.
    pub const fn read(&self) -> i64 {
        self.window.from
    }

    /// The next page, of about so many lines at the most; nothing after the last. Where one instant has
    /// more lines than a page, a gap says so.
    ///
    /// # Errors
    /// What went wrong on the way; the same page may be asked for again.
    pub async fn next(
        &mut self,
        source: &dyn Source,
        most: u64,
        now: DateTime<Utc>,
    ) -> Result<Option<Vec<Entry>>, SourceError> {
        if self.is_over {
            return Ok(None);
        }
        let limit = u32::try_from(most).unwrap_or(u32::MAX).clamp(2, PAGE);
        let window = Window { limit, ..self.window.clone() };
        let Answer::Lines(lines) = source.answer(Question::Lines(window), now).await? else {
            return Ok(None);
        };
        let Some((first, last)) = lines.first().map(|line| line.at).zip(lines.last().map(|line| line.at))
        else {
            self.is_over = true;
            return Ok(None);
        };
        self.is_over = lines.len() < (limit as usize).min(FEW);
        let is_crowded = first == last;
        let is_whole = self.is_over || is_crowded;
        let told = lines.iter().filter(|line: &&Line| is_whole || line.at < last);
        let mut entries: Vec<Entry> = told.cloned().map(Entry::Line).collect();
        if is_crowded && lines.len() >= limit as usize {
            entries.push(Entry::Gap { from: last, to: last + 1 });
        }
        self.window.from = if is_crowded { last + 1 } else { last };
        Ok(Some(entries))
    }
}
