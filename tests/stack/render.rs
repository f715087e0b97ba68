//! The servers' files, from the templates beside this one: `@NAME@` is replaced by a value.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::awkward;

const TEMPLATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stack");
const DAY: Duration = Duration::from_hours(24);

/// Writes everything the servers read into `directory`.
pub fn write(directory: &Path, values: &[(&str, String)]) -> io::Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let times = [("AGO_1H", 3_600), ("AGO_30H", 108_000), ("AGO_20D", 1_728_000)];
    let times = times.map(|(name, ago)| (name, (now - ago).to_string()));
    let values = [values, &times].concat();
    for folder in ["conf", "rules", "textfile"] {
        let (from, to) = (Path::new(TEMPLATES).join(folder), directory.join(folder));
        fs::create_dir_all(&to)?;
        for file in fs::read_dir(from)? {
            let file = file?;
            // The templates of Prometheus' own alerts hold no `@NAME@`: they pass unchanged.
            let text = render(fs::read_to_string(file.path())?, &values);
            fs::write(to.join(file.file_name()), text)?;
        }
    }
    fs::write(directory.join("rules/awkward.yml"), awkward::rules())?;
    File::open(directory.join("textfile/stale.prom"))?.set_modified(SystemTime::now() - 3 * DAY)
}

fn render(template: String, values: &[(&str, String)]) -> String {
    values.iter().fold(template, |text, (name, value)| text.replace(&format!("@{name}@"), value))
}
