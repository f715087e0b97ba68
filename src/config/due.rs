//! `[due]`: dates that nobody can measure, such as the end of a key.

use chrono::{Local, NaiveDate};

use crate::domain::horizon::{Dated, begins};
use crate::settings::Table;
use crate::ui::times::Zone;

/// Reads the table; a date is the beginning of its day in `zone`.
pub(super) fn dates(root: &Table<'_>, zone: Zone) -> Vec<Dated> {
    let Some(table) = root.table("due") else { return Vec::new() };
    let read = |(what, date): (String, String)| {
        let began = date.parse::<NaiveDate>().ok().and_then(|day| match zone {
            Zone::Local => begins(day, &Local),
            Zone::Named(zone) => begins(day, &zone),
        });
        if began.is_none() {
            table.fault(&what, format!("expected a date such as \"2027-03-31\", found {date:?}"));
        }
        Some(Dated { what: crate::text::sanitise(&what).into(), at: began? })
    };
    table.entries::<String>().into_iter().filter_map(read).collect()
}
