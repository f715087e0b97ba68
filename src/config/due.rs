//! `[due]`: dates that nobody can measure, such as the end of a key.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::domain::horizon::Dated;
use crate::settings::Table;
use crate::ui::times::Zone;

/// What has no end.
const NEVER: &str = "never";

/// Reads the table: dates, each the beginning of its day in `zone`, and what has no end.
pub(super) fn dates(root: &Table<'_>, zone: Zone) -> (Vec<Dated>, Vec<Arc<str>>) {
    let Some(table) = root.table("due") else { return (Vec::new(), Vec::new()) };
    let (mut dates, mut endless) = (Vec::new(), Vec::new());
    for (name, date) in table.entries::<String>() {
        let what: Arc<str> = crate::text::sanitise(&name).into();
        if date == NEVER {
            endless.push(what);
            continue;
        }
        match date.parse::<NaiveDate>().ok().and_then(|day| zone.begins(day)) {
            Some(at) => dates.push(Dated { what, at }),
            None => {
                table.fault(
                    &name,
                    format!("expected a date such as \"2027-03-31\", or \"never\", found {date:?}"),
                );
            }
        }
    }
    (dates, endless)
}
