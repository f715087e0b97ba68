//! Copies and scripts that write over what is there.

use super::programs::device_level;
use super::{Level, Said};

/// Copying over the data of a service destroys it; beside it, it does not.
pub(super) fn copy(words: &[Said], texts: &[&str]) -> (Level, String) {
    let plain: Vec<&Said> = words.iter().filter(|word| !word.text.starts_with('-')).collect();
    let Some((target, sources)) = plain.split_last() else {
        return (Level::L1, "cp: changes something".into());
    };
    let is_data = ["/var/lib/", "/srv/", "/mnt/", "/data/", "/opt/", "/home/", "/etc/"]
        .iter()
        .any(|place| target.text.starts_with(place));
    let is_many =
        sources.iter().any(|source| source.has_glob || source.text.ends_with("/.")) || texts.contains(&"-T");
    if is_data
        && (is_many || target.text.ends_with('/') && sources.iter().any(|source| source.text.ends_with('/')))
    {
        (Level::L3, format!("cp: writes over what is in {}", target.text))
    } else if target.text.starts_with("/dev/") {
        (device_level(&target.text), format!("cp: writes over {}", target.text))
    } else {
        (Level::L1, format!("cp: writes {}", target.text))
    }
}

/// Whether a script of sed writes a file or runs a program.
pub(super) fn sed_writes(script: &str) -> bool {
    let ends = |flag: char| {
        script.split(';').any(|part| {
            let flags = part.rsplit(['/', '|', '#', ',']).next().unwrap_or_default().trim();
            part.starts_with('s')
                && flags.chars().all(|char| char.is_ascii_alphanumeric() || char == ' ')
                && flags.contains(flag)
        })
    };
    script.starts_with("w ")
        || script.contains("/w ")
        || script.contains(";w ")
        || script.starts_with("e ")
        || ends('e')
        || ends('w')
}
