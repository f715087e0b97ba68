//! What the owner's runbooks promise: within which time somebody responds to which alert.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};

use crate::config::Runbooks;
use crate::domain::horizon::Review;
use crate::runbooks::model::Procedure;
use crate::runbooks::{self, Runbook};
use crate::text::sanitise;
use crate::ui::times::Zone;

/// What a procedure states of itself.
struct Stated {
    id: String,
    title: String,
    alerts: Vec<String>,
    within: TimeDelta,
}

/// The response times that the files of the config state, by name of the alert. A file that cannot be
/// read promises nothing; `wardroom runbook list` says why.
pub fn promised(config: &Runbooks) -> BTreeMap<Arc<str>, TimeDelta> {
    let read = |path: &std::path::PathBuf| {
        let bytes = std::fs::read(path);
        if let Err(error) = &bytes {
            tracing::warn!(%error, path = %path.display(), "a runbook was not read");
        }
        Some(runbooks::read(&path.display().to_string(), &bytes.ok()?))
    };
    // One file after the other: none is kept for this.
    let stated: Vec<Stated> = config.files.iter().filter_map(read).flat_map(stated).collect();
    by_alert(&stated, &config.aliases)
}

fn stated(file: Runbook) -> Vec<Stated> {
    let procedures = file.procedures.into_iter();
    let one = |procedure: Procedure| {
        let within = TimeDelta::try_seconds(i64::try_from(procedure.response_time?).ok()?)?;
        Some(Stated { id: procedure.id, title: procedure.title, alerts: procedure.alert_names, within })
    };
    procedures.filter_map(one).collect()
}

/// The first procedure that names an alert counts; an alias in the config before all.
fn by_alert(stated: &[Stated], aliases: &BTreeMap<String, String>) -> BTreeMap<Arc<str>, TimeDelta> {
    let mut all = BTreeMap::new();
    for (alert, wanted) in aliases {
        let meant = stated.iter().find(|one| one.id == *wanted || one.title == *wanted);
        all.extend(meant.map(|one| (Arc::from(alert.as_str()), one.within)));
    }
    for one in stated {
        for alert in &one.alerts {
            all.entry(Arc::from(alert.as_str())).or_insert(one.within);
        }
    }
    all
}

/// When the files of the config say that they are to be read again, `Next Review: February 6, 2026`: the
/// day begins where the clocks show `zone`.
pub fn reviews(config: &Runbooks, zone: Zone) -> Vec<Review> {
    let read = |path: &std::path::PathBuf| {
        let what = path.file_name().unwrap_or_default().to_string_lossy();
        let text = std::fs::read_to_string(path);
        let day = text.map_err(|error| format!("not readable: {error}")).and_then(|text| {
            next_review(&text).ok_or_else(|| "it names no day of its next review".to_owned())
        });
        let at = day.and_then(|day| zone.begins(day).ok_or_else(|| "there is no such day".to_owned()));
        Review { what: sanitise(&what).as_ref().into(), at: at.map_err(Into::into) }
    };
    config.files.iter().map(read).collect()
}

/// The day that a document names for its next review.
fn next_review(text: &str) -> Option<NaiveDate> {
    let day = |line: &str| {
        let at = line.to_ascii_lowercase().find("next review")?;
        let (_, day) = line.get(at..)?.split_once(':')?;
        let day = day.split('(').next().unwrap_or_default().trim_matches(['*', '_', ' ', '.']);
        let formats = ["%Y-%m-%d", "%B %d, %Y", "%d %B %Y", "%B %d %Y"];
        formats.iter().find_map(|format| NaiveDate::parse_from_str(day, format).ok())
    };
    text.lines().find_map(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_names_the_day_of_its_next_review() {
        for (text, day) in [
            (
                "*Last Reviewed: November 6, 2025*\n*Next Review: February 6, 2026 (Quarterly)*\n",
                Some("2026-02-06"),
            ),
            ("**Next review:** 2026-03-29\n", Some("2026-03-29")),
            ("next review: 7 March 2026.", Some("2026-03-07")),
            ("Next Review: soon", None),
            ("Review the changelog", None),
        ] {
            assert_eq!(next_review(text).map(|day| day.to_string()).as_deref(), day, "{text}");
        }
    }

    #[test]
    fn a_runbook_says_how_soon_somebody_responds() {
        let text = "# R\n\n## Alert: HostDown\n\n**Severity:** Critical\n**Response Time:** 5 minutes\n\n\
                    ### Steps\n\n1. look\n\n## Alert: DiskFull\n\n**Severity:** Warning\n\n### Steps\n\n1. look\n";
        let file = stated(runbooks::read("r.md", text.as_bytes()));
        let none = BTreeMap::new();
        let minutes = |all: &BTreeMap<Arc<str>, TimeDelta>, name| all.get(name).map(TimeDelta::num_minutes);
        let all = by_alert(&file, &none);
        assert_eq!((minutes(&all, "HostDown"), minutes(&all, "DiskFull")), (Some(5), None));
        let alias = [("NodeGone".to_owned(), "Alert: HostDown".to_owned())].into();
        assert_eq!(minutes(&by_alert(&file, &alias), "NodeGone"), Some(5));
    }
}
