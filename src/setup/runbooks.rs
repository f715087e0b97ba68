//! Where an operator's runbooks may lie: Markdown with a heading for an alert in it.

use std::fs;
use std::path::{Path, PathBuf};

/// The usual directories, below the home directory and the one that we are in.
const USUAL: [&str; 7] = ["", "runbooks", "docs", "docs/runbooks", "homelab", "homelab/docs", "wiki"];

/// No more files of a directory are looked at, and none that is larger.
const FILES: usize = 200;
const LARGEST: u64 = 2 << 20;

/// A document with procedures in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    /// Where it is.
    pub file: PathBuf,
    /// How many alerts have a heading in it.
    pub alerts: usize,
}

/// The documents in the usual places below these directories, in the order of their names, each once.
pub fn find(below: &[PathBuf]) -> Vec<Book> {
    let mut books: Vec<Book> = Vec::new();
    for (base, usual) in below.iter().flat_map(|base| USUAL.iter().map(move |usual| (base, usual))) {
        for book in read(&base.join(usual)) {
            if books.iter().all(|have| have.file != book.file) {
                books.push(book);
            }
        }
    }
    books.sort_by(|one, other| one.file.cmp(&other.file));
    books
}

fn read(directory: &Path) -> Vec<Book> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten().take(FILES);
    let files =
        entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|kind| kind == "md"));
    files.filter_map(book).collect()
}

fn book(path: PathBuf) -> Option<Book> {
    let about = fs::metadata(&path).ok().filter(|about| about.is_file() && about.len() <= LARGEST)?;
    let text = (about.len() > 0).then(|| fs::read_to_string(&path).ok()).flatten()?;
    let alerts = text.lines().filter(|line| is_alert(line)).count();
    // The same file by one name, whatever way led to it.
    (alerts > 0).then(|| Book { file: fs::canonicalize(&path).unwrap_or(path), alerts })
}

/// `### Alert: HostDown`
fn is_alert(line: &str) -> bool {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    let name = rest.trim_start().strip_prefix("Alert:").map_or("", str::trim);
    (1..=6).contains(&level) && rest.starts_with(' ') && !name.is_empty()
}

/// Their table of the config, each as it is told from `home`.
pub(super) fn table(books: &[Book], home: Option<&Path>) -> String {
    let shown = |book: &Book| match home.and_then(|home| book.file.strip_prefix(home).ok()) {
        Some(rest) => Path::new("~").join(rest).display().to_string(),
        None => book.file.display().to_string(),
    };
    let files: Vec<String> =
        books.iter().map(|book| format!("  {},\n", super::entry::quoted(&shown(book)))).collect();
    format!(
        "# Your procedures: `r` on an alert opens its own. Nothing in them is run before you trust them.\n\
         [runbooks]\nfiles = [\n{}]\n",
        files.concat()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_with_alerts_are_found_and_no_others() {
        let home = tempfile::tempdir().expect("a home");
        let root = home.path().canonicalize().expect("its name");
        fs::create_dir(root.join("runbooks")).expect("a directory");
        fs::write(root.join("runbooks/a.md"), "# x\n### Alert: HostDown\ntext\n## Alert: DiskFull\n")
            .expect("a file");
        fs::write(root.join("runbooks/b.md"), "### Alerts\nAlert: none\n###Alert: x\n### Alert:\n")
            .expect("a file");
        fs::write(root.join("notes.md"), "# Alert: Note").expect("a file");
        let found = find(&[root.clone(), root.clone()]);
        let names: Vec<(PathBuf, usize)> =
            found.iter().map(|book| (book.file.clone(), book.alerts)).collect();
        assert_eq!(names, [(root.join("notes.md"), 1), (root.join("runbooks/a.md"), 2)]);
        let table = table(&found, Some(&root));
        let read: toml::Table = table.parse().expect("TOML");
        assert_eq!(read["runbooks"]["files"][1].as_str(), Some("~/runbooks/a.md"), "{table}");
        assert!(find(&[root.join("nowhere")]).is_empty());
    }
}
