//! The samples of an objective: read a piece at a time, newest first, and kept small, so that a month of
//! them is neither asked for at once nor again every five minutes.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::account::STEP;
use super::{Account, Goal, Window};
use crate::domain::question::Series;

/// So much is asked for at once.
const PIECE: TimeDelta = TimeDelta::days(3);

/// So much of what is known is asked for again with what is new: values may come late.
const LATE: TimeDelta = TimeDelta::hours(1);

/// What is known of an objective's samples. A window here has its end in it and its beginning not: a
/// sample speaks for the time before it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    /// The time that was asked for, whether there were samples or not.
    known: Option<Window>,
    runs: Vec<Run>,
}

/// Samples one step apart with the same value: most of the time all is well, for days.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Run {
    first: DateTime<Utc>,
    count: u16,
    share: f64,
}

impl Run {
    /// When the next sample would be one of it.
    fn next(&self) -> DateTime<Utc> {
        self.first + STEP * i32::from(self.count)
    }

    /// How many of its samples are no later than `at`.
    fn until(&self, at: DateTime<Utc>) -> u16 {
        let steps = (at - self.first).num_milliseconds().div_euclid(STEP.num_milliseconds()) + 1;
        u16::try_from(steps.clamp(0, i64::from(self.count))).unwrap_or(self.count)
    }

    /// Those of its samples that are later than `from`, and no later than `to`.
    fn within(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Option<Self> {
        let (before, until) = (self.until(from), self.until(to));
        let count = until.checked_sub(before).filter(|count| *count > 0)?;
        Some(Self { first: self.first + STEP * i32::from(before), count, share: self.share })
    }
}

impl Ledger {
    /// The time to be asked for next, so that all of `window` up to `to` is known; nothing when it is.
    pub fn lacks(&self, window: &Window, to: DateTime<Utc>) -> Option<Window> {
        let to = to.min(window.to).max(window.from);
        let newest = Window { from: (to - PIECE).max(window.from), to };
        let Some(known) = self.known.filter(|known| known.to > window.from) else { return Some(newest) };
        if known.to < to {
            let from = (known.to - LATE).max(window.from);
            Some(Window { from, to: (from + PIECE).min(to) })
        } else if known.from > window.from {
            Some(Window { from: (known.from - PIECE).max(window.from), to: known.from.min(to) })
        } else {
            None
        }
    }

    /// Takes the answer about a time, of several series their mean; what was before `since` is forgotten.
    pub fn take(&mut self, piece: Window, series: &[Series], since: DateTime<Utc>) {
        let known = self.known.filter(|known| known.from <= piece.to && piece.from <= known.to);
        if known.is_none() {
            self.runs.clear();
        }
        let mut new = mean(series);
        new.retain(|at, _| piece.from < *at && *at <= piece.to);
        let before = self.runs.iter().filter_map(|run| run.within(since, piece.from));
        let after =
            self.runs.iter().filter_map(|run| run.within(piece.to.max(since), DateTime::<Utc>::MAX_UTC));
        // Only what is new is unpacked: of a month the rest stays as it is.
        let new = new.into_iter().map(|(first, share)| Run { first, count: 1, share });
        self.runs = joined(before.chain(new).chain(after));
        let hull = known.unwrap_or(piece);
        self.known = Some(Window { from: hull.from.min(piece.from).max(since), to: hull.to.max(piece.to) });
    }

    /// How the objective stands at `to`, as far as its samples are known; what was `planned` counts for nothing.
    pub fn account(&self, goal: &Goal, window: Window, to: DateTime<Utc>, planned: &[Window]) -> Account {
        Account::of(goal, |from| self.after(from), window, to, planned)
    }

    /// The samples later than an instant, in the order of time.
    fn after(&self, from: DateTime<Utc>) -> impl Iterator<Item = (DateTime<Utc>, f64)> {
        let runs = self.runs.iter().filter_map(move |run| run.within(from, DateTime::<Utc>::MAX_UTC));
        runs.flat_map(|run| (0..run.count).map(move |place| (run.first + STEP * i32::from(place), run.share)))
    }
}

/// The samples of all series by their time, the mean where there are several.
fn mean(series: &[Series]) -> BTreeMap<DateTime<Utc>, f64> {
    let mut all: BTreeMap<DateTime<Utc>, (f64, f64)> = BTreeMap::new();
    let points = series.iter().flat_map(|series| &series.points);
    for (at, value) in points.filter(|(_, value)| value.is_finite()) {
        let (sum, count) = all.entry(*at).or_default();
        *sum += value;
        *count += 1.0;
    }
    all.into_iter().map(|(at, (sum, count))| (at, sum / count)).collect()
}

/// Runs in the order of time, those in one that go on with the same value.
fn joined(all: impl Iterator<Item = Run>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for run in all {
        let longer = runs.last().and_then(|last| last.count.checked_add(run.count));
        match (runs.last_mut(), longer) {
            (Some(last), Some(count))
                if last.next() == run.first && last.share.to_bits() == run.share.to_bits() =>
            {
                last.count = count;
            }
            _ => runs.push(run),
        }
    }
    runs.shrink_to_fit();
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::labels::Labels;
    use crate::domain::slo::{Objective, Span};

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::hours(hours)
    }

    fn goal() -> Goal {
        Goal {
            name: "cloud".into(),
            objective: Objective(0.995),
            query: "up".into(),
            span: Span::Rolling(10),
        }
    }

    /// What a server says of a time: the service was down in the first two hours of every tenth hour of
    /// the clock, and nobody looked in hours 50 to 53.
    fn answer(piece: &Window) -> Vec<Series> {
        let mut points = Vec::new();
        let mut time = piece.from + STEP;
        while time <= piece.to {
            let hour = (time - at(0)).num_seconds().div_euclid(3600);
            if !(50..53).contains(&hour) {
                points.push((time, if hour.rem_euclid(10) < 2 { 0.0 } else { 1.0 }));
            }
            time += STEP;
        }
        vec![Series { labels: Labels::default(), points }]
    }

    /// Reads what is lacking until nothing is; gives the pieces that were asked for.
    fn read(ledger: &mut Ledger, window: Window, to: DateTime<Utc>) -> Vec<Window> {
        let mut asked = Vec::new();
        while let Some(piece) = ledger.lacks(&window, to) {
            assert!(asked.len() < 20, "it comes to an end: {asked:?}");
            ledger.take(piece, &answer(&piece), window.from);
            asked.push(piece);
        }
        asked
    }

    #[test]
    fn pieces_come_to_what_the_whole_comes_to() {
        let mut ledger = Ledger::default();
        // On and on: some minutes, a night, a week of sleep, a month of it, and the clock an hour back.
        for (hours, pieces) in [(240, 4), (241, 1), (249, 1), (417, 3), (1_137, 4), (1_136, 1)] {
            let to = at(hours);
            let window = Window::rolling(10, to);
            let asked = read(&mut ledger, window, to);
            assert_eq!(asked.len(), pieces, "{hours}: {asked:?}");
            assert!(asked.iter().all(|piece| piece.to - piece.from <= PIECE), "{asked:?}");
            let mut whole = Ledger::default();
            whole.take(
                Window { from: window.from, to },
                &answer(&Window { from: window.from, to }),
                window.from,
            );
            let counted = whole.account(&goal(), window, to, &[]);
            assert!(counted.tally.bad > 0.0, "{counted:?}");
            assert_eq!(ledger.account(&goal(), window, to, &[]), counted, "{hours}");
            assert!(
                ledger.after(DateTime::<Utc>::MIN_UTC).all(|(time, _)| time > window.from),
                "what is over is forgotten"
            );
            assert!(ledger.runs.len() < 60, "{} runs", ledger.runs.len());
        }
    }

    #[test]
    fn a_calendar_month_begins_anew() {
        let mut ledger = Ledger::default();
        let first = Window { from: at(0), to: at(720) };
        assert_eq!(read(&mut ledger, first, at(719)).len(), 10);
        let second = Window { from: at(720), to: at(1_464) };
        assert_eq!(read(&mut ledger, second, at(721)), [Window { from: at(720), to: at(721) }]);
        assert_eq!(ledger.after(DateTime::<Utc>::MIN_UTC).count(), 12);
    }

    #[test]
    fn an_answer_about_another_time_is_no_answer() {
        let mut ledger = Ledger::default();
        let window = Window::rolling(10, at(240));
        let piece = ledger.lacks(&window, at(240)).expect("nothing is known");
        let other = Window { from: at(0), to: at(72) };
        ledger.take(piece, &answer(&other), window.from);
        assert_eq!(ledger.after(DateTime::<Utc>::MIN_UTC).count(), 0);
        assert_ne!(ledger.lacks(&window, at(240)), Some(piece), "it was asked for all the same");
    }

    #[test]
    fn several_series_count_as_their_mean() {
        let piece = Window { from: at(0), to: at(1) };
        let one = |share: f64| Series { labels: Labels::default(), points: vec![(at(1), share)] };
        let mut ledger = Ledger::default();
        ledger.take(piece, &[one(1.0), one(0.0), one(f64::NAN), one(0.5)], at(0));
        assert_eq!(ledger.after(DateTime::<Utc>::MIN_UTC).collect::<Vec<_>>(), [(at(1), 0.5)]);
    }
}
