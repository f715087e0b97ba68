//! `wardroom keys`: every key, by the place where it works.

use std::fmt::Write as _;
use std::process::ExitCode;

use color_eyre::eyre::Result;
use strum::IntoEnumIterator as _;

use super::{own_config, say};
use crate::action::Action;
use crate::cli::Global;
use crate::config::{Config, Error};
use crate::keymap::{Context, Keymap, show};

/// Runs it.
///
/// # Errors
/// A config that is wrong. Without one the built-in keys are listed.
pub fn run(global: &Global) -> Result<ExitCode> {
    let keymap = match Config::load(&own_config(global)?) {
        Ok(config) => config.keymap,
        Err(Error::Missing(_)) if global.config.is_none() => Keymap::default(),
        Err(error) => return Err(error.into()),
    };
    say(&table(&keymap))?;
    Ok(ExitCode::SUCCESS)
}

fn table(keymap: &Keymap) -> String {
    let mut table = String::new();
    for context in Context::iter() {
        let keys = |action: Action| {
            let own = keymap.bound(context).filter(|(have, _)| *have == action);
            own.map(|(_, key)| show(key)).collect::<Vec<_>>().join(" ")
        };
        let rows: Vec<(String, Action)> = Action::iter()
            .map(|action| (keys(action), action))
            .filter(|(keys, _)| !keys.is_empty())
            .collect();
        if rows.is_empty() {
            continue;
        }
        let _infallible = writeln!(table, "[keys.{context}]");
        for (keys, action) in rows {
            let _infallible = writeln!(table, "  {keys:20} {:16} {}", action.as_ref(), action.about());
        }
        table.push('\n');
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_that_has_a_key_is_listed() {
        let keymap = Keymap::default();
        let table = table(&keymap);
        for context in Context::iter() {
            for (action, _) in keymap.bound(context) {
                assert!(table.contains(action.about()), "{action:?} in {context}");
            }
        }
    }
}
