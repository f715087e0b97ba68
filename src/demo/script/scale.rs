//! A lab as large as is asked for: so many targets, alerts, snapshots and lines a second beside
//! what a calm lab has. It is for measuring, so its numbers are exact.

use std::ops::Range;
use std::str::FromStr;

use super::super::span::SECOND;
use super::logs::{Line, Stream, Wanted};
use super::mix;
use crate::domain::labels::Labels;

/// Hosts that share the lines of a flood.
const HOSTS: usize = 10;

/// Units of each of them.
const UNITS: [&str; 5] =
    ["api.service", "nginx.service", "postgresql.service", "sshd.service", "worker.service"];

/// How large a lab is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scale {
    /// Targets that are scraped.
    pub targets: usize,
    /// Alerts that fire.
    pub alerts: usize,
    /// Snapshots that the backup server keeps.
    pub snapshots: usize,
    /// Log lines a second.
    pub lines: u64,
}

impl FromStr for Scale {
    type Err = ();

    /// `TARGETS,ALERTS,SNAPSHOTS,LINES`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let numbers: Vec<usize> =
            text.split(',').map(str::parse).collect::<Result<_, _>>().map_err(|_not_a_number| ())?;
        match numbers[..] {
            [targets, alerts, snapshots, lines] if lines <= MOST => {
                Ok(Self { targets, alerts, snapshots, lines: lines as u64 })
            }
            _ => Err(()),
        }
    }
}

/// More lines a second would share their nanoseconds.
const MOST: usize = 1_000_000;

/// So often a flood is heard, in nanoseconds.
pub const HEARD: i64 = SECOND / 100;

/// Lines at an even pace. Which line is said when is a matter of arithmetic, so that the millionth
/// costs no more than the first.
#[derive(Debug)]
pub struct Flood {
    /// Lines a second.
    lines: u64,
    seed: u64,
}

impl Flood {
    /// So many lines a second.
    pub const fn new(lines: u64, seed: u64) -> Self {
        Self { lines, seed }
    }

    /// Whether there are so many that they are heard more often than once a second.
    pub const fn is_dense(&self) -> bool {
        self.lines > (SECOND / HEARD) as u64
    }

    /// Its streams.
    pub fn streams() -> Vec<Stream> {
        let hosts = (1..=HOSTS).flat_map(|host| UNITS.map(|unit| (format!("node{host:02}"), unit)));
        hosts
            .map(|(host, unit)| {
                let plain: Labels =
                    [("host", host.as_str()), ("job", "journal"), ("unit", unit)].into_iter().collect();
                Stream { labels: plain.iter().chain([("service_name", "journal")]).collect(), plain }
            })
            .collect()
    }

    /// The nanosecond up to which lines can be heard at `now`.
    pub const fn heard(now: i64) -> i64 {
        now - now.rem_euclid(HEARD)
    }

    /// How many lines are said before a nanosecond.
    fn before(&self, at: i64) -> i64 {
        let said = (i128::from(at) * i128::from(self.lines) + i128::from(SECOND) - 1) / i128::from(SECOND);
        i64::try_from(said).unwrap_or(i64::MAX)
    }

    /// The numbers of the lines of a range of nanoseconds.
    pub fn numbers(&self, range: &Range<i64>) -> Range<i64> {
        self.before(range.start)..self.before(range.end.max(range.start))
    }

    /// The line of a number, if it is wanted.
    pub fn line(&self, number: i64, wanted: &Wanted<'_>) -> Option<Line> {
        let roll = mix(&[self.seed, number.cast_unsigned()]);
        let stream = usize::try_from(roll % (HOSTS * UNITS.len()) as u64).unwrap_or(0);
        if !wanted.streams.get(stream).is_some_and(|is| *is) {
            return None;
        }
        let at = i128::from(number) * i128::from(SECOND) / i128::from(self.lines);
        let took = roll >> 40 & 0xff;
        let (level, text) = match roll >> 8 & 0x3ff {
            0 => (
                "error",
                format!(
                    "level=error msg=\"request failed\" id={number} took={took}ms err=\"connection reset\""
                ),
            ),
            1..16 => ("warn", format!("level=warn msg=\"slow request\" id={number} took={took}ms")),
            _ => (
                "info",
                format!(
                    "level=info msg=request id={number} path=/api/v1/items/{took} status=200 took={took}ms"
                ),
            ),
        };
        (wanted.text)(&text).then(|| Line {
            at: i64::try_from(at).unwrap_or(i64::MAX),
            stream,
            level,
            text,
            more: Labels::default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Wanted<'static> = Wanted { streams: &[true; 64], text: &|_| true };

    #[test]
    fn every_second_has_its_lines() {
        let flood = Flood::new(50_000, 1);
        let start = 1_794_578_531 * SECOND;
        let whole = flood.numbers(&(start..start + SECOND));
        assert_eq!(whole.end - whole.start, 50_000);
        let (first, second) =
            (flood.numbers(&(start..start + 333)), flood.numbers(&(start + 333..start + SECOND)));
        assert_eq!((first.start, first.end, second.end), (whole.start, second.start, whole.end));
        for number in [whole.start, whole.start + 1, whole.end - 1] {
            let line = flood.line(number, &ALL).expect("it is wanted");
            assert!((start..start + SECOND).contains(&line.at), "{line:?}");
            assert_eq!(flood.numbers(&(line.at..line.at + 1)), number..number + 1);
        }
    }

    #[test]
    fn none_is_none_and_few_come_once_a_second() {
        let (start, hour) = (1_794_578_531 * SECOND, 3_600 * SECOND);
        let silent = Flood::new(0, 1).numbers(&(start..start + hour));
        assert_eq!((silent.end - silent.start, Flood::new(0, 1).is_dense()), (0, false));
        let few = Flood::new(2, 1).numbers(&(start..start + hour));
        assert_eq!((few.end - few.start, Flood::new(2, 1).is_dense()), (7_200, false));
        assert!(Flood::new(50_000, 1).is_dense());
    }

    #[test]
    fn a_scale_is_four_numbers() {
        let scale = Scale { targets: 10, alerts: 5, snapshots: 50, lines: 7 };
        assert_eq!("10,5,50,7".parse(), Ok(scale));
        for wrong in ["", "10,5,50", "10,5,50,7,8", "10,5,50,x", "1,1,1,-1", "1,1,1,2000000"] {
            assert_eq!(wrong.parse::<Scale>(), Err(()), "{wrong}");
        }
    }
}
