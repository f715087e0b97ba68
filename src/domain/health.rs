//! How well something is, in four words, and the worst of several.

use serde::{Deserialize, Serialize};

/// A measured state. The order is the order of badness: unknown is worse than a warning, because
/// what nobody can see may be on fire.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::AsRefStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Health {
    /// Measured, recent, good.
    Ok,
    /// Somebody should look within the day.
    Warning,
    /// Not measured, or measured too long ago to count.
    #[default]
    Unknown,
    /// Somebody should look now.
    Critical,
}

impl Health {
    /// The exit status that says it, as monitoring plugins do. A critical beats an unknown, and
    /// an unknown a warning, although its number is higher.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }
}

/// The worst of all; `Ok` for none.
pub fn worst(all: impl IntoIterator<Item = Health>) -> Health {
    all.into_iter().max().unwrap_or(Health::Ok)
}

#[cfg(test)]
mod tests {
    use super::{Health, worst};

    #[test]
    fn unknown_stands_between_warning_and_critical() {
        assert_eq!(worst([Health::Ok, Health::Unknown, Health::Warning]), Health::Unknown);
        assert_eq!(worst([Health::Unknown, Health::Critical]), Health::Critical);
        assert_eq!(worst([]), Health::Ok);
    }
}
