//! The homelab that the lab plays: hosts, alerts, logs and backups as functions of the time.
//!
//! Everything is written in seconds from the anchor, the instant at which the scenario stands as
//! its description says. After it time goes on: backups run every night, alerts grow older.

pub mod alerts;
pub mod backups;
pub mod boot;
pub mod guests;
pub mod hosts;
pub mod logs;
mod phrases;
pub mod rules;
pub mod scale;
pub mod tasks;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};

use super::Scenario;
use alerts::Raised;
use backups::Backups;
use hosts::Target;
use logs::Logs;

/// Seconds in a minute, an hour, a day.
pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// A scenario, played from an anchor on.
#[derive(Debug)]
pub struct Script {
    pub scenario: Scenario,
    pub seed: u64,
    /// A whole second.
    pub anchor: DateTime<Utc>,
    pub targets: Vec<Target>,
    pub raised: Vec<Raised>,
    pub logs: Logs,
    pub backups: Backups,
}

impl Script {
    /// Writes the script; nothing in it changes afterwards.
    pub fn new(scenario: Scenario, seed: u64, anchor: DateTime<Utc>) -> Self {
        let anchor = anchor.duration_trunc(TimeDelta::seconds(1)).unwrap_or(anchor);
        Self {
            scenario,
            seed,
            anchor,
            targets: hosts::targets(scenario),
            raised: alerts::raised(scenario),
            logs: Logs::new(scenario, seed, anchor.timestamp()),
            backups: Backups::new(scenario, anchor.timestamp()),
        }
    }

    /// The instant `seconds` after the anchor; before it when negative.
    pub fn at(&self, seconds: i64) -> DateTime<Utc> {
        self.anchor + TimeDelta::seconds(seconds)
    }
}

/// Mixes numbers into one that looks random and is always the same (splitmix64).
pub fn mix(parts: &[u64]) -> u64 {
    parts.iter().fold(0x9e37_79b9_7f4a_7c15, |state, part| {
        let mut z = (state ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

/// A number that belongs to a text.
pub fn mark(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
