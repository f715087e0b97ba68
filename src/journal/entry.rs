//! What stands in a line of the journal.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::run::{End, Order};
use crate::mask::Mask;

/// The version of the lines that are written. Lines of the version before are read.
pub const SCHEMA: u8 = 2;

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The version of the line; the first had none.
    #[serde(default = "first")]
    pub schema: u8,
    /// When.
    pub at: DateTime<Utc>,
    /// Which run, named by its start and the process that started it.
    pub run: String,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

const fn first() -> u8 {
    1
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event {
    /// A command is about to begin.
    Began(Box<Began>),
    /// It is over.
    Ended(Box<Ended>),
}

/// A command that is about to begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Began {
    /// Who confirmed it.
    pub operator: String,
    /// What it is, in a few words.
    pub title: String,
    /// Where.
    pub host: String,
    /// How the host is known.
    pub provenance: String,
    /// The command as it stands in the document.
    pub template: String,
    /// Placeholders, their values, and where each came from.
    pub values: Vec<(String, String, String)>,
    /// The command as it ran, without secrets.
    #[serde(rename = "final")]
    pub text: String,
    /// The words that were started, without secrets.
    pub argv: Vec<String>,
    /// SHA-256 of the words with all that is in them.
    pub sha256: String,
    /// What confirmation it asked for.
    pub level: String,
    /// What was pressed.
    pub confirmed: String,
    /// What it is about.
    #[serde(default)]
    pub subject: String,
    /// The document, its SHA-256, the lines.
    #[serde(default)]
    pub document: Option<(String, String, (usize, usize))>,
    /// `captured`, or `handed over`: then there is no output.
    #[serde(default = "captured")]
    pub output: String,
}

fn captured() -> String {
    "captured".to_owned()
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// The exit code.
    pub exit: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The same in words.
    pub words: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// SHA-256 of its output.
    pub output_sha256: String,
    /// How many bytes that were.
    pub bytes: u64,
    /// Its last lines, without secrets.
    pub last: Vec<String>,
    /// What went wrong around it, and what may still be running.
    pub trouble: Option<String>,
}

/// So many of the last lines are kept.
pub const LAST: usize = 50;

impl Entry {
    /// A command that is about to begin.
    pub fn began(run: &str, order: &Order, mask: &Mask, at: DateTime<Utc>) -> Self {
        let values =
            order.values.iter().map(|(name, value, origin)| (name.clone(), mask.text(value), origin.clone()));
        let began = Began {
            operator: order.operator.clone(),
            title: mask.text(&order.title),
            host: order.host.clone(),
            provenance: order.provenance.clone(),
            template: mask.text(&order.template),
            values: values.collect(),
            text: mask.text(&order.text),
            argv: order.argv.iter().map(|word| mask.text(word)).collect(),
            sha256: order.confirmed.clone(),
            level: order.level.clone(),
            confirmed: order.how.clone(),
            subject: order.subject.clone(),
            document: order.document.clone(),
            output: captured(),
        };
        Self { schema: SCHEMA, at, run: run.to_owned(), event: Event::Began(Box::new(began)) }
    }

    /// The same for a command that was put on a prompt: nobody knows whether it was run.
    #[must_use]
    pub fn placed(mut self) -> Self {
        if let Event::Began(began) = &mut self.event {
            "placed, not captured".clone_into(&mut began.output);
        }
        self
    }

    /// The same for a command that got the terminal: nobody knows what it said.
    #[must_use]
    pub fn handed_over(mut self) -> Self {
        if let Event::Began(began) = &mut self.event {
            "handed over".clone_into(&mut began.output);
        }
        self
    }

    /// A command that is over. Its last lines have no secrets any more.
    pub fn ended(run: &str, end: &End, last: Vec<String>, at: DateTime<Utc>) -> Self {
        let trouble: Vec<&str> = end.trouble.iter().chain(&end.left).map(String::as_str).collect();
        let ended = Ended {
            exit: end.exit,
            signal: end.signal,
            words: end.words(),
            seconds: end.took.as_secs_f64(),
            output_sha256: end.sha256.clone(),
            bytes: end.bytes,
            last,
            trouble: (!trouble.is_empty()).then(|| trouble.join("; ")),
        };
        Self { schema: SCHEMA, at, run: run.to_owned(), event: Event::Ended(Box::new(ended)) }
    }
}
