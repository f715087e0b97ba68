//! `wardroom man`: one manual page with a section for every command.

use std::process::ExitCode;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use color_eyre::eyre::Result;

use crate::cli::Cli;

/// Runs it.
///
/// # Errors
/// When stdout cannot be written.
pub fn run() -> Result<ExitCode> {
    super::say_as_it_is(&page()?)?;
    Ok(ExitCode::SUCCESS)
}

fn page() -> Result<String> {
    let program = Cli::command();
    let mut page = Vec::new();
    Man::new(program.clone()).title("WARDROOM").render(&mut page)?;
    let mut page = String::from_utf8(page)?;
    for command in program.get_subcommands() {
        page.push_str(&section("wardroom", command)?);
    }
    Ok(page)
}

/// A command's own section, and those of the commands below it.
fn section(above: &str, command: &Command) -> Result<String> {
    if command.is_hide_set() {
        return Ok(String::new());
    }
    let name = format!("{above} {}", command.get_name());
    let mut body = Vec::new();
    let man =
        Man::new(command.clone().bin_name(name.clone()).disable_help_flag(true).disable_version_flag(true));
    man.render_synopsis_section(&mut body)?;
    man.render_description_section(&mut body)?;
    if command.get_arguments().next().is_some() {
        man.render_options_section(&mut body)?;
    }
    if command.get_after_long_help().is_some() {
        man.render_extra_section(&mut body)?;
    }
    let body = String::from_utf8(body)?.replace(".SH ", ".SS ");
    let mut section = format!(".SH \"{}\"\n{body}", name.to_uppercase());
    for below in command.get_subcommands() {
        section.push_str(&self::section(&name, below)?);
    }
    Ok(section)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_command_has_its_section() {
        let page = super::page().expect("a page");
        for command in ["CHECK", "SHOT", "CONFIG", "CONFIG CHECK", "CONFIG EXAMPLE", "KEYS", "THEMES", "MAN"]
        {
            assert!(page.contains(&format!(".SH \"WARDROOM {command}\"\n")), "{command}\n{page}");
        }
        assert!(!page.contains("WARDROOM LAB"), "what is hidden in the help is hidden here");
        assert_eq!(page.matches(".TH ").count(), 1, "one page");
    }
}
