//! `wardroom themes`: the themes, each with a sample of its colours.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;

use color_eyre::eyre::Result;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::say_as_it_is;
use crate::config;
use crate::picture::{Format, Ground, draw};
use crate::text::harmless;
use crate::ui::glyphs;
use crate::ui::theme::{EMBEDDED, Role, Theme};

/// Runs it.
///
/// # Errors
/// When stdout cannot be written. A theme that is wrong is listed with what is wrong.
pub fn run() -> Result<ExitCode> {
    let directory = config::default_file();
    let directory = directory.as_deref().and_then(Path::parent);
    let mut list = String::new();
    for file in names(directory) {
        let name = harmless(&file);
        match config::theme(&file, directory) {
            Ok(theme) => {
                let _infallible = writeln!(list, "{name:14} {}\n{}", harmless(&theme.about), sample(&theme));
            }
            Err(error) => {
                let _infallible =
                    writeln!(list, "{name:14} cannot be used: {}\n", harmless(&error.to_string()));
            }
        }
    }
    say_as_it_is(&list)?;
    Ok(ExitCode::SUCCESS)
}

/// All that can be chosen, the operator's own among them; a theme that is wrong cannot.
pub fn usable(directory: Option<&Path>) -> Vec<Theme> {
    names(directory).iter().filter_map(|name| config::theme(name, directory).ok()).collect()
}

/// The built-in ones, then the operator's own.
pub fn names(directory: Option<&Path>) -> Vec<String> {
    let mut names: Vec<String> = EMBEDDED.iter().map(|(name, _)| (*name).to_owned()).collect();
    let files = directory.and_then(|directory| std::fs::read_dir(directory.join("themes")).ok());
    let own: BTreeSet<String> = files
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let is_theme = path.extension().is_some_and(|kind| kind == "toml");
            is_theme.then(|| path.file_stem().map(|stem| stem.to_string_lossy().into_owned())).flatten()
        })
        .collect();
    names.extend(own.into_iter().filter(|name| EMBEDDED.iter().all(|(have, _)| have != name)));
    names
}

/// A line with what matters most, in colour where somebody can see it.
fn sample(theme: &Theme) -> String {
    let pieces = [
        (format!("{} critical", glyphs::CRITICAL), Role::Critical),
        (format!("{} warning", glyphs::WARNING), Role::Warning),
        (format!("{} ok", glyphs::OK), Role::Ok),
        (format!("{} unknown", glyphs::UNKNOWN), Role::Unknown),
        ("muted".to_owned(), Role::Muted),
        ("accent".to_owned(), Role::Accent),
    ];
    let mut line = Buffer::empty(Rect::new(0, 0, 72, 1));
    let mut column = 15;
    for (text, role) in pieces {
        (column, _) = line.set_stringn(column, 0, &text, 40, theme.style(role));
        column += 2;
    }
    let format = if io::stdout().is_terminal() { Format::Ansi } else { Format::Text };
    draw(&line, format, Ground::Dark)
}
