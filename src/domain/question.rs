//! What is asked on demand, beside the feeds: the value of a query for the detail on the screen, the
//! past of an alert, the log of a task. And what is answered.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::backup::GroupId;
use super::board::Board;
use super::dashboard::Dashboard;
use super::feed::{Failure, SourceId};
use super::labels::Labels;
use super::log::Line;
use super::task::TaskLog;

/// The place that an answer is for. A newer question in the same slot takes the place of the older,
/// which is no longer waited for.
pub type Slot = Cow<'static, str>;

/// Something to be asked, by whom and of whom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// The place that the answer is for.
    pub slot: Slot,
    /// Who is asked.
    pub source: SourceId,
    /// What.
    pub question: Question,
}

/// A question to a source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Question {
    /// The value of a PromQL query.
    Value {
        /// The query.
        query: Arc<str>,
        /// At which time; `None` is now.
        at: Option<DateTime<Utc>>,
    },
    /// The values of a PromQL query over a time.
    Series {
        /// The query.
        query: Arc<str>,
        /// The first instant.
        from: DateTime<Utc>,
        /// The last instant.
        to: DateTime<Utc>,
        /// Seconds from one value to the next.
        step: u32,
    },
    /// A piece of the log of a task.
    Log {
        /// Which task.
        upid: Arc<str>,
        /// The line to begin with, the first is 1; `None` for the last lines.
        from: Option<u64>,
        /// How far the task was known to be when this was asked: it changes while the task writes,
        /// so that its log is read again.
        seen: Option<DateTime<Utc>>,
    },
    /// Lines of a time.
    Lines(Window),
    /// The names of all labels that streams have.
    Labels,
    /// The values of a label.
    LabelValues(Arc<str>),
    /// How many lines of each level there are, over a time.
    Volume {
        /// The LogQL of the lines.
        query: Arc<str>,
        /// The first instant.
        from: DateTime<Utc>,
        /// The last instant.
        to: DateTime<Utc>,
        /// Seconds from one number to the next.
        step: u32,
    },
    /// Whether a LogQL query is one.
    Check(Arc<str>),
    /// Whether the newest file of a backup can be read to its end.
    Readable(GroupId),
    /// Which dashboards there are.
    Dashboards,
    /// The same, each with what is in it.
    Boards,
}

/// Lines of a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The LogQL.
    pub query: Arc<str>,
    /// The first instant, in nanoseconds.
    pub from: i64,
    /// The end; a line of this instant is no more among them.
    pub to: i64,
    /// How many lines at the most.
    pub limit: u32,
    /// When there are more: the newest of them instead of the oldest.
    pub newest: bool,
}

/// What is wrong with a query, in the server's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrong {
    /// The words.
    pub text: Arc<str>,
    /// At which character of the query, from 0, if the server says.
    pub at: Option<usize>,
}

/// What a source answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// To [`Question::Value`], [`Question::Series`] and [`Question::Volume`]: each series with its values in order of time.
    Series(Vec<Series>),
    /// To [`Question::Log`]: a piece of the log.
    Log(TaskLog),
    /// To [`Question::Lines`]: the lines in order of time.
    Lines(Arc<[Line]>),
    /// To [`Question::Labels`] and [`Question::LabelValues`].
    Names(Arc<[Arc<str>]>),
    /// To [`Question::Check`]: nothing, or what is wrong.
    Checked(Option<Wrong>),
    /// To [`Question::Dashboards`].
    Dashboards(Arc<[Dashboard]>),
    /// To [`Question::Boards`], by folder and title.
    Boards(Arc<[Board]>),
    /// To [`Question::Readable`]: what was read, or why it cannot be, in words.
    Readable(Result<Arc<str>, Arc<str>>),
}

impl Answer {
    /// The series, when it has any.
    pub fn series(&self) -> &[Series] {
        match self {
            Self::Series(series) => series,
            _ => &[],
        }
    }
}

/// One series of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Its labels; a name is among them as `__name__`.
    pub labels: Labels,
    /// Its values.
    pub points: Vec<(DateTime<Utc>, f64)>,
}

/// What is known of something that was asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Known<'a> {
    /// Nobody asked yet, or the answer is under way.
    Waiting,
    /// What was answered.
    Answer(&'a Answer),
    /// Why nothing was.
    Failed(&'a Failure),
}
