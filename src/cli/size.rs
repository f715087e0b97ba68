//! A size in columns and rows.

use std::str::FromStr;

/// A size in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl FromStr for Size {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let size = text.split_once('x').and_then(|(width, height)| {
            let (width, height) = (width.parse().ok()?, height.parse().ok()?);
            ((1..=1000).contains(&width) && (1..=1000).contains(&height)).then_some(Self { width, height })
        });
        size.ok_or_else(|| "expected columns and rows from 1 to 1000, such as 120x40".to_owned())
    }
}
