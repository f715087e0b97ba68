//! Paths with `*` and `?` in them, looked up in a bounded number of steps.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// So many entries of directories may be looked at for one pattern; a directory of a hundred thousand
/// files is no place for backups.
pub(super) const MOST: usize = 20_000;

/// Every path that a pattern stands for, in no order. `*` stands for any characters of a name but a
/// dot at its beginning, `?` for one.
///
/// # Errors
/// When a directory cannot be read, or holds too much; in words.
pub(super) fn find(pattern: &Path, budget: &mut usize) -> Result<Vec<PathBuf>, String> {
    let mut found = vec![PathBuf::new()];
    for piece in pattern.components() {
        let name = piece.as_os_str().to_string_lossy();
        if !is_pattern(&name) {
            for path in &mut found {
                path.push(piece);
            }
            continue;
        }
        let mut next = Vec::new();
        for directory in &found {
            let entries = match std::fs::read_dir(directory) {
                Ok(entries) => entries,
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                    continue;
                }
                Err(error) => return Err(format!("{}: {error}", directory.display())),
            };
            for entry in entries {
                *budget = budget.checked_sub(1).ok_or_else(|| {
                    format!("{}: more than {MOST} entries; name a narrower path", directory.display())
                })?;
                let entry = entry.map_err(|error| format!("{}: {error}", directory.display()))?;
                if fits(&name, &entry.file_name().to_string_lossy()) {
                    next.push(entry.path());
                }
            }
        }
        found = next;
    }
    Ok(found)
}

/// Whether something in a name stands for something else.
pub(super) fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?'])
}

fn fits(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut of, mut star) = (0, 0, None);
    while of < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, of));
                at += 1;
            }
            Some(char) if *char == '?' || name.get(of) == Some(char) => {
                at += 1;
                of += 1;
            }
            // The star before takes one more.
            _ => match &mut star {
                Some((place, taken)) => {
                    *taken += 1;
                    (at, of) = (*place + 1, *taken);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|char| *char == '*')
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns() {
        for (pattern, name, yes) in [
            ("*.tar.gz", "grafana.tar.gz", true),
            ("*.tar.gz", "grafana.tar", false),
            ("*", ".env.gpg", false),
            (".*.gpg", ".env.gpg", true),
            ("2026-??-13", "2026-11-13", true),
            ("2026-??-13", "2026-1-13", false),
            ("a*b*c", "axxbyybc", true),
            ("a*b*c", "axxbyyb", false),
            ("**", "x", true),
            ("x", "xy", false),
        ] {
            assert_eq!(fits(pattern, name), yes, "{pattern} on {name}");
        }
    }
}
