//! `wardroom journal`: what was run, by whom, where, how it was confirmed, and what came of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

use color_eyre::eyre::{Result, WrapErr as _};
use serde::Serialize;

use super::{complain, say};
use crate::cli::{Form, Journal as Asked};
use crate::journal::{Ended, Entry, Event, Journal, refuge};
use crate::state::Place;
use crate::text::{sanitise, took};

/// All of it, as programs read it.
#[derive(Serialize)]
struct Told<'e> {
    schema: u8,
    entries: &'e [Entry],
    /// Lines of the file that are no entries: a writer was killed within them.
    torn: usize,
}

/// Runs it.
///
/// # Errors
/// A journal that cannot be read, or stdout that cannot be written.
pub fn run(asked: &Asked) -> Result<ExitCode> {
    let (entries, torn) = match Place::of_user_if_there()? {
        Some(place) => {
            let home = place.path().join("journal");
            let journal = Journal::new(&home, refuge());
            journal.read().wrap_err_with(|| format!("cannot read the journal in {}", home.display()))?
        }
        None => (Vec::new(), 0),
    };
    match asked.format {
        Form::Json => {
            let told = Told { schema: 1, entries: &entries, torn };
            say(&format!("{}\n", serde_json::to_string_pretty(&told)?))?;
        }
        Form::Text => say(&text(&entries))?,
    }
    if torn > 0 {
        complain(&format!(
            "{torn} lines of the journal are torn and left out: something was killed as it wrote"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// A line for each command, the newest last.
fn text(entries: &[Entry]) -> String {
    let ends: BTreeMap<&str, &Ended> = entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Ended(ended) => Some((entry.run.as_str(), &**ended)),
            Event::Began(_) => None,
        })
        .collect();
    let mut out = String::new();
    for entry in entries {
        let Event::Began(began) = &entry.event else { continue };
        let end = ends.get(entry.run.as_str());
        let came = end.map_or_else(
            || "no end is written down".to_owned(),
            |end| format!("{} in {}", end.words, took(end.seconds)),
        );
        // Writing to a text cannot fail.
        let _written = writeln!(
            out,
            "{}  {}  on {}  {} ({})  {came}",
            entry.at.format("%Y-%m-%d %H:%M:%S UTC"),
            sanitise(&began.operator),
            sanitise(&began.host),
            began.level,
            sanitise(&began.confirmed),
        );
        for line in began.text.lines() {
            let _written = writeln!(out, "    {}", sanitise(line));
        }
        if let Some(trouble) = end.and_then(|end| end.trouble.as_deref()) {
            let _written = writeln!(out, "    ! {}", sanitise(trouble));
        }
    }
    if out.is_empty() { "nothing was run yet\n".to_owned() } else { out }
}
