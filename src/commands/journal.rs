//! `wardroom journal`: what was run, by whom, where, how it was confirmed, and what came of it.

use std::fmt::Write as _;
use std::process::ExitCode;

use color_eyre::eyre::{Result, WrapErr as _};
use serde::Serialize;

use super::{complain, say};
use crate::cli::{Form, Journal as Asked};
use crate::domain::ran::Ran;
use crate::journal::{Entry, Journal, refuge, told};
use crate::state::Place;
use crate::text::sanitise;

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
            let all = Told { schema: 1, entries: &entries, torn };
            say(&format!("{}\n", serde_json::to_string_pretty(&all)?))?;
        }
        Form::Text => say(&text(&told(&entries)))?,
    }
    if torn > 0 {
        complain(&format!(
            "{torn} lines of the journal are torn and left out: something was killed as it wrote"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// A line for each command, the newest last.
fn text(ran: &[Ran]) -> String {
    let mut out = String::new();
    for ran in ran {
        // Writing to a text cannot fail.
        let _written = writeln!(
            out,
            "{}  {}  on {}  {} ({})  {}",
            ran.at.format("%Y-%m-%d %H:%M:%S UTC"),
            sanitise(&ran.operator),
            sanitise(&ran.host),
            ran.level,
            sanitise(&ran.how),
            sanitise(&ran.came_to()),
        );
        for line in ran.text.lines() {
            let _written = writeln!(out, "    {}", sanitise(line));
        }
        if let Some(trouble) = &ran.trouble {
            let _written = writeln!(out, "    ! {}", sanitise(trouble));
        }
    }
    if out.is_empty() { "nothing was run yet\n".to_owned() } else { out }
}
