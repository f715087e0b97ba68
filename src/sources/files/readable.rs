//! Whether the newest file of a backup can be read to its end: an archive is listed, what is encrypted
//! is looked at packet by packet. Nothing is unpacked, and no key is needed.

use std::path::Path;
use std::time::Duration;

use super::copies::{Copy, Files, copies};
use super::programs::check;
use super::remote::{Remote, quoted, tell};
use crate::text::sanitise;

/// A test that takes longer is given up. Somebody waits for it.
const PATIENCE: Duration = Duration::from_secs(14);

/// What tests a file, by its name.
fn test(path: &str) -> Option<&'static [&'static str]> {
    let ends = |endings: &[&str]| endings.iter().any(|ending| path.ends_with(ending));
    if ends(&[".tar.gz", ".tgz"]) {
        Some(&["tar", "-tzf"])
    } else if ends(&[".tar", ".tar.xz", ".tar.bz2", ".tar.zst", ".tar.lz4"]) {
        Some(&["tar", "-tf"])
    } else if ends(&[".gpg", ".asc", ".pgp"]) {
        Some(&["gpg", "--batch", "--no-tty", "--list-packets"])
    } else if ends(&[".gz"]) {
        Some(&["gzip", "-t"])
    } else if ends(&[".zst"]) {
        Some(&["zstd", "-tq"])
    } else if ends(&[".xz"]) {
        Some(&["xz", "-t"])
    } else {
        None
    }
}

/// Tests the newest file of this machine.
pub(super) async fn local(files: Files) -> Result<String, String> {
    let newest = tokio::task::spawn_blocking(move || {
        let newest = copies(&files)?.into_iter().max_by_key(|copy: &Copy| copy.at);
        newest.map(|copy| copy.path).ok_or_else(|| "there is no file".to_owned())
    });
    let path = newest.await.map_err(|error| error.to_string())??;
    let name = path.display().to_string();
    let (program, arguments) = command(&name)?;
    let arguments: Vec<String> = arguments.chain([name.clone()]).collect();
    told(&path, check(program, &arguments, PATIENCE).await)
}

/// Tests the newest file of another host, there.
pub(super) async fn remote(host: &Remote, files: &Files) -> Result<String, String> {
    let patterns: Vec<String> = files.patterns.iter().map(|path| quoted(&path.to_string_lossy())).collect();
    let newest = format!("ls -1dt {} 2>/dev/null | head -n 1", patterns.join(" "));
    let said = tell(host, &newest, PATIENCE).await?;
    let name = said.lines().next().filter(|name| name.starts_with('/')).ok_or("there is no file")?;
    if name.contains('\'') {
        return Err(format!("{}: its name has a quote", sanitise(name)));
    }
    let (program, arguments) = command(name)?;
    let arguments: Vec<String> = arguments.collect();
    let quoted: String = name.chars().map(plain).collect();
    let script = format!("{program} {} {quoted} >/dev/null", arguments.join(" "));
    told(Path::new(name), tell(host, &script, PATIENCE).await.map(|_| ()))
}

/// A character of a name for a shell, in which nothing means anything.
fn plain(char: char) -> String {
    if char.is_alphanumeric() || "/._-".contains(char) { char.to_string() } else { format!("\\{char}") }
}

fn command(name: &str) -> Result<(&'static str, impl Iterator<Item = String>), String> {
    let test = test(name).and_then(<[&str]>::split_first);
    let (program, arguments) =
        test.ok_or_else(|| format!("{}: nobody knows how to test such a file", sanitise(name)))?;
    Ok((program, arguments.iter().map(|word| (*word).to_owned())))
}

fn told(path: &Path, tested: Result<(), String>) -> Result<String, String> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let name = sanitise(&name).into_owned();
    tested.map(|()| format!("{name} was read to its end")).map_err(|error| format!("{name}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::test;

    #[test]
    fn a_name_tells_how_a_file_is_tested() {
        for (name, program) in [
            ("/b/x.tar.gz", Some("tar")),
            ("/b/x.tgz", Some("tar")),
            ("/b/.env.gpg", Some("gpg")),
            ("/b/dump.sql.gz", Some("gzip")),
            ("/b/vzdump-qemu-102.vma.zst", Some("zstd")),
            ("/b/x.tar.zst", Some("tar")),
            ("/b/x.json", None),
        ] {
            assert_eq!(test(name).and_then(|test| test.first().copied()), program, "{name}");
        }
    }
}
