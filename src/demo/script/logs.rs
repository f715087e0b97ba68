//! The logs: which stream says what in a given second.
//!
//! Lines belong to whole seconds, so that the same second always has the same lines, whoever asks
//! and whenever; a second is readable once it is over.

use std::fmt::Write as _;
use std::ops::Range;

use super::super::Scenario;
use super::super::span::SECOND;
use super::phrases::{CHATTER, Phrase, trouble};
use super::scale::{Flood, HEARD};
use super::{HOUR, MINUTE, mix};
use crate::domain::labels::Labels;

/// How long lines are kept, in seconds.
pub const KEPT: i64 = 6 * HOUR;

/// About so many lines of a flood are counted.
const COUNTED: i64 = 200_000;

/// A stream: one unit of one host.
#[derive(Debug)]
pub struct Stream {
    /// The labels that Loki indexes, with the `service_name` that Loki 3 adds.
    pub labels: Labels,
    /// The same without it, for Loki 2.
    pub plain: Labels,
}

/// When a phrase is said.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// In so many of a thousand seconds.
    Now(u64),
    /// Every so many seconds from an offset on.
    Every { from: i64, period: i64 },
    /// Once, at an offset.
    Once(i64),
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Nanoseconds since 1970.
    pub at: i64,
    /// Its place in [`Logs::streams`].
    pub stream: usize,
    /// The level that Loki detects.
    pub level: &'static str,
    pub text: String,
    /// What was pushed with it: its structured metadata.
    pub more: Labels,
}

/// All logs of a scenario.
#[derive(Debug)]
pub struct Logs {
    pub streams: Vec<Stream>,
    /// Each phrase with its stream.
    phrases: Vec<(usize, &'static Phrase)>,
    seed: u64,
    /// The second of the anchor.
    anchor: i64,
    /// How talkative the lab is, in thousandths.
    busy: u64,
    /// From this offset on the storage VM is gone, and nobody says what needs it.
    storage_gone: i64,
    /// Lines without end instead of all others, if they are wanted.
    flood: Option<Flood>,
}

impl Logs {
    /// The logs around the second `anchor`.
    pub fn new(scenario: Scenario, seed: u64, anchor: i64) -> Self {
        let mut units: Vec<(&'static str, &'static str)> = Vec::new();
        let mut phrases = Vec::new();
        for phrase in CHATTER.iter().chain(trouble(scenario)) {
            let unit = (phrase.host, phrase.unit);
            let stream = units.iter().position(|have| *have == unit).unwrap_or_else(|| {
                units.push(unit);
                units.len() - 1
            });
            phrases.push((stream, phrase));
        }
        let busy = match scenario {
            Scenario::Calm | Scenario::ColdBoot | Scenario::NfsHang | Scenario::Scale(_) => 1_000,
            Scenario::BackupLate | Scenario::ChainBroken => 1_400,
            Scenario::HostDown => 2_400,
            Scenario::Storm => 3_000,
        };
        let flood = match scenario {
            Scenario::Scale(scale) => Some(Flood::new(scale.lines, seed)),
            _ => None,
        };
        let streams = match flood {
            Some(_) => Flood::streams(),
            None => units.into_iter().map(|(host, unit)| stream(host, unit)).collect(),
        };
        let storage_gone = match scenario {
            Scenario::HostDown => -16 * MINUTE,
            Scenario::Storm => -13 * MINUTE,
            _ => i64::MAX,
        };
        Self { streams, phrases, seed, anchor, busy, storage_gone, flood }
    }

    /// The nanosecond up to which lines can be read at `now` (nanoseconds): the last whole second.
    pub const fn end(now: i64) -> i64 {
        now - now.rem_euclid(SECOND)
    }

    /// The nanosecond up to which a tail hears them at `now`.
    pub fn heard(&self, now: i64) -> i64 {
        if self.is_dense() { Flood::heard(now) } else { Self::end(now) }
    }

    fn is_dense(&self) -> bool {
        self.flood.as_ref().is_some_and(Flood::is_dense)
    }

    /// How often a tail hears more, in nanoseconds, if that is more than once a second.
    pub fn pace(&self) -> Option<i64> {
        self.is_dense().then_some(HEARD)
    }

    /// Lines of `range` to be counted, oldest first, and for how many each of them stands: of a
    /// flood not all are written for that.
    pub fn counted(&self, range: &Range<i64>, wanted: &Wanted<'_>) -> (Vec<Line>, usize) {
        let Some(flood) = &self.flood else { return (self.oldest(range, wanted, usize::MAX), 1) };
        let numbers = flood.numbers(range);
        let weight = usize::try_from((numbers.end - numbers.start) / COUNTED).unwrap_or(0).max(1);
        let lines = numbers.step_by(weight).filter_map(|number| flood.line(number, wanted));
        (lines.collect(), weight)
    }

    /// Lines of `range` in streams that `wanted` picks, oldest first, at most `limit`.
    pub fn oldest(&self, range: &Range<i64>, wanted: &Wanted<'_>, limit: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        if let Some(flood) = &self.flood {
            let all = flood.numbers(range).filter_map(|number| flood.line(number, wanted));
            return all.take(limit).collect();
        }
        for second in seconds(range) {
            self.second(second, range, wanted, &mut lines);
            if lines.len() >= limit {
                break;
            }
        }
        lines.truncate(limit);
        lines
    }

    /// As [`Logs::oldest`], but the newest lines, newest first.
    pub fn newest(&self, range: &Range<i64>, wanted: &Wanted<'_>, limit: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut second_lines = Vec::new();
        if let Some(flood) = &self.flood {
            let all = flood.numbers(range).rev().filter_map(|number| flood.line(number, wanted));
            return all.take(limit).collect();
        }
        for second in seconds(range).rev() {
            self.second(second, range, wanted, &mut second_lines);
            lines.extend(second_lines.drain(..).rev());
            if lines.len() >= limit {
                break;
            }
        }
        lines.truncate(limit);
        lines
    }

    /// Adds the lines of one second, in order of time.
    fn second(&self, second: i64, range: &Range<i64>, wanted: &Wanted<'_>, lines: &mut Vec<Line>) {
        let first = lines.len();
        for (at, (stream, phrase)) in self.phrases.iter().enumerate() {
            if !wanted.streams.get(*stream).is_some_and(|is| *is) {
                continue;
            }
            let Some(count) = self.said(at, phrase, second) else { continue };
            let roll = mix(&[self.seed, second.cast_unsigned(), at as u64, 7]);
            let nanos = i64::try_from(roll % 1_000_000_000).unwrap_or(0);
            let time = second * SECOND + nanos;
            if !range.contains(&time) {
                continue;
            }
            let text = fill(phrase.text, roll, count);
            if (wanted.text)(&text) {
                let (level, more) = (phrase.level, Labels::default());
                lines.push(Line { at: time, stream: *stream, level, text, more });
            }
        }
        if let Some(fresh) = lines.get_mut(first..) {
            fresh.sort_by_key(|line| line.at);
        }
    }

    /// Whether a phrase is said in a second, and for the how manieth time it is.
    fn said(&self, place: usize, phrase: &Phrase, second: i64) -> Option<u64> {
        let offset = second - self.anchor;
        match phrase.when {
            When::Now(_) if offset >= self.storage_gone && phrase.needs_storage() => None,
            When::Now(often) => {
                let roll = mix(&[self.seed, second.cast_unsigned(), place as u64]);
                (roll % 1_000_000 < often * self.busy).then_some(roll % 9_000)
            }
            When::Every { from, period } => {
                let since = offset - from;
                (since >= 0 && since % period == 0).then(|| (since / period + 1).unsigned_abs())
            }
            When::Once(at) => (offset == at).then_some(1),
        }
    }
}

/// Which lines are asked for.
pub struct Wanted<'a> {
    /// For each stream whether it is wanted.
    pub streams: &'a [bool],
    /// Whether a text is.
    pub text: &'a (dyn Fn(&str) -> bool + Sync),
}

/// The seconds that a range of nanoseconds touches.
const fn seconds(range: &Range<i64>) -> Range<i64> {
    range.start.div_euclid(SECOND)..(range.end + SECOND - 1).div_euclid(SECOND)
}

/// A stream as Promtail labels it: containers by their name, everything else by its unit.
fn stream(host: &'static str, unit: &'static str) -> Stream {
    let (job, key) = match unit.strip_prefix("docker:") {
        Some(_) => ("docker", "container"),
        None => ("journal", "unit"),
    };
    let name = unit.strip_prefix("docker:").unwrap_or(unit);
    let service = if key == "container" { name } else { job };
    let labels = [("host", host), ("job", job), (key, name)];
    Stream {
        plain: labels.into_iter().collect(),
        labels: labels.into_iter().chain([("service_name", service)]).collect(),
    }
}

/// Fills the places of a phrase: `{n}` its count, `{ms}` `{pid}` `{port}` `{s}` `{k}` numbers of
/// a fitting size, `{id}` twelve hex digits.
fn fill(text: &'static str, roll: u64, count: u64) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((place, after)) = after.split_once('}') else {
            rest = after;
            break;
        };
        let roll = mix(&[roll, after.len() as u64]);
        let _infallible = match place {
            "n" => write!(filled, "{count}"),
            "ms" => write!(filled, "{}", 3 + roll % 240),
            "pid" => write!(filled, "{}", 400 + roll % 31_000),
            "port" => write!(filled, "{}", 32_768 + roll % 28_000),
            "s" => write!(filled, "{}.{:03}", 5 + roll % 9, roll / 16 % 1_000),
            "k" => write!(filled, "{}", 20 + roll % 900),
            "id" => write!(filled, "{:012x}", roll & 0xffff_ffff_ffff),
            other => filled.write_str(other),
        };
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Wanted<'static> = Wanted { streams: &[true; 64], text: &|_| true };

    #[test]
    fn both_directions_bring_the_same_lines() {
        let anchor = Scenario::default().instant().timestamp();
        let logs = Logs::new(Scenario::HostDown, 1, anchor);
        let range = (anchor - 600) * SECOND..anchor * SECOND;
        let oldest = logs.oldest(&range, &ALL, usize::MAX);
        let mut newest = logs.newest(&range, &ALL, usize::MAX);
        newest.reverse();
        assert_eq!(oldest, newest);
        assert!(oldest.is_sorted_by_key(|line| line.at));
    }

    #[test]
    fn each_scenario_is_as_talkative_as_it_should_be() {
        let anchor = Scenario::default().instant().timestamp();
        for scenario in Scenario::ALL {
            let logs = Logs::new(scenario, 1, anchor);
            let range = (anchor - 300) * SECOND..anchor * SECOND;
            let rate = logs.oldest(&range, &ALL, usize::MAX).len() / 300;
            assert!((1..=14).contains(&rate), "{scenario}: {rate} lines a second");
        }
    }

    #[test]
    fn a_phrase_is_filled() {
        assert_eq!(fill("attempt {n} to //vm102/x", 1, 12), "attempt 12 to //vm102/x");
    }
}
