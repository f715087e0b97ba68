//! The tiers of a report, each with its golden signals.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use strum::IntoEnumIterator as _;

use crate::domain::health::Health;
use crate::domain::measure::{Signal, Weight};
use crate::domain::store::Store;
use crate::domain::tier::{Level, Tier, tiers};

/// A tier.
#[derive(Clone, Debug, Serialize)]
pub struct TierRow {
    /// Its name.
    pub name: Arc<str>,
    /// How it is.
    pub state: Health,
    /// How many hosts it has.
    pub hosts: usize,
    /// How many of them are down.
    pub down: usize,
    /// Each signal by its name; null where nobody measures it.
    pub signals: BTreeMap<String, Option<SignalRow>>,
}

/// A signal of a tier.
#[derive(Clone, Debug, Serialize)]
pub struct SignalRow {
    /// The worst of it in words; of the traffic all.
    pub text: String,
    /// Of which host, or of which probed thing; null where it is of all.
    pub of: Option<Arc<str>>,
    /// How it is.
    pub state: Health,
}

impl From<Level> for SignalRow {
    fn from(level: Level) -> Self {
        let state = match level.weight {
            Some(Weight::Bad(health)) => health,
            Some(Weight::Noted) | None => Health::Ok,
        };
        Self { text: level.text, of: Some(level.of).filter(|of| !of.is_empty()), state }
    }
}

pub(super) fn rows(store: &Store) -> Vec<TierRow> {
    let row = |tier: Tier| {
        let signals = Signal::iter().zip(tier.signals);
        let signals = signals.map(|(signal, level)| (signal.as_ref().to_owned(), level.map(SignalRow::from)));
        let (hosts, down) = tier.hosts;
        TierRow { name: tier.name, state: tier.state, hosts, down, signals: signals.collect() }
    };
    tiers(store).into_iter().map(row).collect()
}
