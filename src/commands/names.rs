//! `wardroom names KIND`: one name in a line, for the completions of a shell. What cannot be read has no
//! names: nobody wants an error in the middle of a line that is being typed.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;

use color_eyre::eyre::Result;

use super::{own_config, say, themes};
use crate::cli::{Global, Kind, Names};
use crate::config::Config;
use crate::ui::view;

/// Runs it.
///
/// # Errors
/// When stdout cannot be written.
pub fn run(global: &Global, asked: &Names) -> Result<ExitCode> {
    let file = own_config(global).ok();
    let config = || file.as_deref().and_then(|file| Config::load(file).ok());
    let names: Vec<String> = match asked.kind {
        Kind::Views => {
            let views = config().map_or_else(view::embedded, |config| config.views);
            views.into_iter().map(|view| view.name).collect()
        }
        Kind::Themes => themes::names(file.as_deref().and_then(Path::parent)),
        Kind::Scenarios => scenarios(),
        Kind::Sources => {
            let config = config();
            let sources = config.iter().flat_map(|config| &config.sources);
            sources.map(|source| source.id().name.to_string()).collect::<BTreeSet<_>>().into_iter().collect()
        }
        Kind::Sites => {
            let config = config();
            let sites =
                config.iter().flat_map(|config| &config.sources).map(|source| source.site().to_string());
            sites.filter(|site| !site.is_empty()).collect::<BTreeSet<_>>().into_iter().collect()
        }
    };
    say(&names.iter().flat_map(|name| [name.as_str(), "\n"]).collect::<String>())?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(feature = "demo")]
fn scenarios() -> Vec<String> {
    crate::demo::Scenario::ALL.iter().map(|scenario| scenario.as_ref().to_owned()).collect()
}

#[cfg(not(feature = "demo"))]
fn scenarios() -> Vec<String> {
    Vec::new()
}
