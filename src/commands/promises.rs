//! What the owner's runbooks promise: within which time somebody responds to which alert.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;

use crate::config::Runbooks;
use crate::report::inventory::Covering;
use crate::runbooks::model::Procedure;
use crate::runbooks::{self, Runbook};

/// The response times that the files of the config state, by name of the alert. A file that cannot be
/// read promises nothing; `wardroom runbook list` says why.
pub fn promised(config: &Runbooks) -> BTreeMap<Arc<str>, TimeDelta> {
    stated(&read(config), &config.aliases)
}

/// The files that can be read.
fn read(config: &Runbooks) -> Vec<Runbook> {
    let read = |path: &std::path::PathBuf| {
        let bytes = std::fs::read(path);
        if let Err(error) = &bytes {
            tracing::warn!(%error, path = %path.display(), "a runbook was not read");
        }
        Some(runbooks::read(&path.display().to_string(), &bytes.ok()?))
    };
    config.files.iter().filter_map(read).collect()
}

/// The procedures of the config's files, by the alerts that they are for.
pub fn covering(config: &Runbooks) -> Vec<Covering> {
    let mut all: Vec<Covering> = Vec::new();
    for file in read(config) {
        // The paper is the same wherever the files lie.
        let name = std::path::Path::new(&file.path).file_name().unwrap_or_default();
        for procedure in &file.procedures {
            all.extend(procedure.alert_names.iter().map(|alert| Covering {
                alert: alert.clone(),
                file: name.to_string_lossy().into_owned(),
                procedure: procedure.title.clone(),
            }));
        }
    }
    for (alert, wanted) in &config.aliases {
        all.push(Covering {
            alert: alert.clone(),
            file: "[runbooks.aliases]".to_owned(),
            procedure: wanted.clone(),
        });
    }
    all.sort();
    all
}

/// The first procedure that names an alert counts; an alias in the config before all.
fn stated(files: &[Runbook], aliases: &BTreeMap<String, String>) -> BTreeMap<Arc<str>, TimeDelta> {
    let procedures = || files.iter().flat_map(|file| &file.procedures);
    let span = |procedure: &Procedure| TimeDelta::try_seconds(i64::try_from(procedure.response_time?).ok()?);
    let mut all = BTreeMap::new();
    for (alert, wanted) in aliases {
        let meant = procedures().find(|procedure| procedure.id == *wanted || procedure.title == *wanted);
        all.extend(meant.and_then(span).map(|span| (Arc::from(alert.as_str()), span)));
    }
    for procedure in procedures() {
        let Some(span) = span(procedure) else { continue };
        for alert in &procedure.alert_names {
            all.entry(Arc::from(alert.as_str())).or_insert(span);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runbook_says_how_soon_somebody_responds() {
        let text = "# R\n\n## Alert: HostDown\n\n**Severity:** Critical\n**Response Time:** 5 minutes\n\n\
                    ### Steps\n\n1. look\n\n## Alert: DiskFull\n\n**Severity:** Warning\n\n### Steps\n\n1. look\n";
        let file = runbooks::read("r.md", text.as_bytes());
        let none = BTreeMap::new();
        let minutes = |all: &BTreeMap<Arc<str>, TimeDelta>, name| all.get(name).map(TimeDelta::num_minutes);
        let all = stated(std::slice::from_ref(&file), &none);
        assert_eq!((minutes(&all, "HostDown"), minutes(&all, "DiskFull")), (Some(5), None));
        let alias = [("NodeGone".to_owned(), "Alert: HostDown".to_owned())].into();
        assert_eq!(minutes(&stated(&[file], &alias), "NodeGone"), Some(5));
    }
}
