//! A command that is run: what was confirmed, what it says while it runs, and how it ended.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::feed::SourceId;

/// A command as it was confirmed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What it is, in a few words.
    pub title: String,
    /// The words that are executed.
    pub argv: Vec<String>,
    /// SHA-256 of these words, each ended by a zero byte, as it was shown when it was confirmed.
    pub confirmed: String,
    /// The command as it was shown.
    pub text: String,
    /// The command as it stands in the document, its placeholders open.
    pub template: String,
    /// Its placeholders, their values, and where each comes from.
    pub values: Vec<(String, String, String)>,
    /// The host; `localhost` for this one.
    pub host: String,
    /// How the host is known.
    pub provenance: String,
    /// `L0` to `L3`.
    pub level: String,
    /// How it was confirmed: the keys that were pressed.
    pub how: String,
    /// Who confirmed it.
    pub operator: String,
    /// What it is about: the alert's fingerprint, or nothing.
    pub subject: String,
    /// The document, its SHA-256 and the lines at which it stands there.
    pub document: Option<(String, String, (usize, usize))>,
    /// It is stopped after so long; `None`: when it ends.
    pub limit: Option<Duration>,
    /// It does not end by itself: to stop it is no failure.
    pub is_follow: bool,
    /// The terminal is handed over to it: what it says is not captured.
    pub is_handed: bool,
    /// Programs that must be there where it runs; else it is not begun.
    #[serde(default)]
    pub requires: Vec<String>,
    /// What is asked again when it is over.
    #[serde(default)]
    pub refresh: Vec<SourceId>,
    /// Words that may occur in its output, and what they mean.
    pub hints: Vec<(String, String)>,
    /// It was confirmed that nothing can be written down of it.
    pub is_unrecorded: bool,
}

impl Order {
    /// Whether it may change something.
    pub fn changes(&self) -> bool {
        self.level != "L0"
    }
}

/// Where a line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// A line of output, harmless and without secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// From where.
    pub stream: Stream,
    /// What.
    pub text: Arc<str>,
}

/// What is heard of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// More output.
    Lines {
        /// What is new.
        lines: Vec<Line>,
        /// So many lines came too fast and were dropped before these.
        dropped: u64,
        /// The line that is not ended yet.
        open: Option<Arc<str>>,
    },
    /// It is being stopped.
    Stopping,
    /// It is over.
    Ended(End),
}

/// Why a run was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stopped {
    /// Somebody stopped it.
    Operator,
    /// It took too long.
    Limit,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// The exit code.
    pub exit: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Why it was stopped.
    pub stopped: Option<Stopped>,
    /// Why it did not run, or what went wrong around it.
    pub trouble: Option<String>,
    /// What may still be running: `on HOST, process group N`.
    pub left: Option<String>,
    /// It asked for a terminal: it can be handed over.
    pub asks_terminal: bool,
    /// How long it took.
    pub took: Duration,
    /// How many bytes it wrote.
    pub bytes: u64,
    /// SHA-256 of what it wrote.
    pub sha256: String,
}

impl End {
    /// The end of something that was never begun.
    pub fn refused(why: impl Into<String>) -> Self {
        Self {
            exit: None,
            signal: None,
            stopped: None,
            trouble: Some(why.into()),
            left: None,
            asks_terminal: false,
            took: Duration::ZERO,
            bytes: 0,
            sha256: String::new(),
        }
    }

    /// Whether it did what it was there for.
    pub fn is_well(&self, is_follow: bool) -> bool {
        self.trouble.is_none()
            && (self.exit == Some(0) || is_follow && self.stopped == Some(Stopped::Operator))
    }

    /// How it ended, in a few words.
    pub fn words(&self) -> String {
        let how = match (self.exit, self.signal) {
            (Some(0), _) => "done".to_owned(),
            (Some(code), _) => match signal_of(code) {
                Some(name) => format!("exit {code} ({name})"),
                None => format!("exit {code}"),
            },
            (None, Some(signal)) => match name_of(signal) {
                Some(name) => format!("ended by {name}"),
                None => format!("ended by signal {signal}"),
            },
            (None, None) => "did not run".to_owned(),
        };
        match self.stopped {
            Some(Stopped::Operator) => format!("stopped, {how}"),
            Some(Stopped::Limit) => format!("took too long and was stopped, {how}"),
            None => how,
        }
    }
}

fn name_of(signal: i32) -> Option<&'static str> {
    Some(match signal {
        1 => "HUP",
        2 => "INT",
        3 => "QUIT",
        6 => "ABRT",
        9 => "KILL",
        11 => "SEGV",
        13 => "PIPE",
        15 => "TERM",
        _ => return None,
    })
}

/// The signal that a shell tells by its exit code.
fn signal_of(code: i32) -> Option<&'static str> {
    code.checked_sub(128).and_then(name_of)
}

/// So many lines of a run are kept.
const KEPT: usize = 10_000;

/// So many bytes of them.
const BYTES: usize = 8 << 20;

/// A run as it is known on the screen.
#[derive(Clone, Debug)]
pub struct Run {
    /// Which.
    pub id: u64,
    /// What.
    pub order: Arc<Order>,
    /// When it began, on a clock that nobody sets.
    pub began: Duration,
    /// Its last lines.
    pub lines: std::collections::VecDeque<Line>,
    /// Lines before them that are no longer kept.
    pub dropped: u64,
    /// The line that is not ended yet.
    pub open: Option<Arc<str>>,
    /// It is being stopped.
    pub is_stopping: bool,
    /// How it ended.
    pub end: Option<End>,
    /// When it last said something.
    pub heard: Duration,
    /// How many bytes its lines are.
    held: usize,
}

impl Run {
    /// One that begins now.
    pub fn new(id: u64, order: Arc<Order>, now: Duration) -> Self {
        let lines = std::collections::VecDeque::new();
        Self {
            id,
            order,
            began: now,
            lines,
            dropped: 0,
            open: None,
            is_stopping: false,
            end: None,
            heard: now,
            held: 0,
        }
    }

    /// Takes what was heard of it.
    pub fn hear(&mut self, told: Told, now: Duration) {
        self.heard = now;
        match told {
            Told::Lines { lines, dropped, open } => {
                if dropped > 0 {
                    // What came before the gap would be read as what stands before these.
                    self.dropped += dropped + self.lines.len() as u64;
                    self.lines.clear();
                    self.held = 0;
                }
                self.held += lines.iter().map(|line| line.text.len()).sum::<usize>();
                self.lines.extend(lines);
                while self.lines.len() > KEPT || self.held > BYTES {
                    let Some(line) = self.lines.pop_front() else { break };
                    self.held -= line.text.len();
                    self.dropped += 1;
                }
                self.open = open;
            }
            Told::Stopping => self.is_stopping = true,
            Told::Ended(end) => {
                self.is_stopping = false;
                self.end = Some(end);
            }
        }
    }

    /// Whether it still runs.
    pub const fn is_live(&self) -> bool {
        self.end.is_none()
    }
}

/// All that was run here, and runs.
#[derive(Clone, Debug, Default)]
pub struct Runs(Vec<Run>);

/// So many runs that are over are remembered.
const REMEMBERED: usize = 20;

impl Runs {
    /// Adds one.
    pub fn add(&mut self, run: Run) {
        self.0.push(run);
        while self.0.iter().filter(|run| !run.is_live()).count() > REMEMBERED {
            let Some(oldest) = self.0.iter().position(|run| !run.is_live()) else { return };
            self.0.remove(oldest);
        }
    }

    /// One of them.
    pub fn get(&self, id: u64) -> Option<&Run> {
        self.0.iter().find(|run| run.id == id)
    }

    /// One of them, to be changed.
    pub fn get_mut(&mut self, id: u64) -> Option<&mut Run> {
        self.0.iter_mut().find(|run| run.id == id)
    }

    /// Those that go on.
    pub fn live(&self) -> impl Iterator<Item = &Run> {
        self.0.iter().filter(|run| run.is_live())
    }

    /// All, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Run> {
        self.0.iter()
    }

    /// Why this may not begin now: two that change something do not run at once on one host.
    pub fn conflict(&self, order: &Order) -> Option<String> {
        let is_other = |run: &&Run| run.order.changes() && run.order.host == order.host;
        let other = self.live().find(is_other).filter(|_| order.changes())?;
        Some(format!("{} still runs on {}: wait for it, or stop it", other.order.title, order.host))
    }
}
