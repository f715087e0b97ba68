//! `wardroom completions SHELL`: what the command line says of itself, and the names that only the program
//! knows: views, themes, scenarios, sources and sites are asked for while somebody types.

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::Shell;
use color_eyre::eyre::Result;

use crate::cli::Cli;

/// The options whose values have names, and what `wardroom names` calls them.
const NAMED: [(&str, &str); 6] = [
    ("view", "views"),
    ("theme", "themes"),
    ("demo", "scenarios"),
    ("scenario", "scenarios"),
    ("source", "sources"),
    ("site", "sites"),
];

/// Runs it.
///
/// # Errors
/// When stdout cannot be written.
pub fn run(shell: Shell) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "wardroom", &mut script);
    let script = String::from_utf8(script)?;
    super::say_as_it_is(&match shell {
        Shell::Bash => script + &bash(),
        Shell::Zsh => each_line(&script, zsh),
        Shell::Fish => each_line(&script, fish),
        _ => script,
    })?;
    Ok(ExitCode::SUCCESS)
}

fn each_line(script: &str, change: impl Fn(&str) -> String) -> String {
    script.lines().map(|line| change(line) + "\n").collect()
}

/// A function before the generated one. Bash takes `=` for a word of its own.
fn bash() -> String {
    let cases: String =
        NAMED.iter().flat_map(|(option, kind)| ["        --", option, ") kind=", kind, " ;;\n"]).collect();
    format!(
        r#"
_wardroom_named() {{
    local at=$COMP_CWORD word=${{COMP_WORDS[COMP_CWORD]}} kind config=()
    if [[ $word == = ]]; then
        word=
    elif [[ ${{COMP_WORDS[at-1]}} == = ]]; then
        at=$((at - 1))
    fi
    case ${{COMP_WORDS[at-1]}} in
{cases}        *)
            _wardroom "$@"
            return
            ;;
    esac
    for ((at = 1; at < COMP_CWORD - 1; at++)); do
        if [[ ${{COMP_WORDS[at]}} == --config ]]; then
            [[ ${{COMP_WORDS[at+1]}} == = ]] && at=$((at + 1))
            config=(--config "${{COMP_WORDS[at+1]}}")
        fi
    done
    local IFS=$'\n'
    COMPREPLY=($(compgen -W "$("${{COMP_WORDS[0]}}" "${{config[@]}}" names "$kind" 2>/dev/null)" -- "$word"))
}}
complete -F _wardroom_named -o nosort -o bashdefault -o default wardroom 2>/dev/null ||
    complete -F _wardroom_named -o bashdefault -o default wardroom
"#
    )
}

/// `'--view=[..]:NAME:_default'`: the action of `_arguments` is changed.
fn zsh(line: &str) -> String {
    let named = NAMED.iter().find(|(option, _)| line.trim_start().starts_with(&format!("'--{option}=")));
    match named {
        Some((_, kind)) => line.replace(
            ":_default'",
            &format!(":{{compadd -- ${{(f)\"$(wardroom names {kind} 2>/dev/null)\"}}}}'"),
        ),
        None => line.to_owned(),
    }
}

/// `complete -c wardroom -l view -d '..' -r`: the values are added.
fn fish(line: &str) -> String {
    let named = NAMED.iter().find(|(option, _)| line.contains(&format!(" -l {option} ")));
    match named {
        Some((_, kind)) => format!("{line} -f -a \"(wardroom names {kind} 2>/dev/null)\""),
        None => line.to_owned(),
    }
}
