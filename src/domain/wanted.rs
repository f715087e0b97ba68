//! An alert that somebody names: by its fingerprint, or by its name and some labels.

use std::sync::Arc;

use super::store::Store;
use super::subject::Subject;

/// What is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The fingerprint or the name.
    pub alert: String,
    /// Labels that it must have.
    pub labels: Vec<(String, String)>,
}

impl Wanted {
    /// The alert, if it is there; of several the loudest.
    pub fn find(&self, store: &Store) -> Option<Subject> {
        let mut all = store.alerts().iter().chain(store.heartbeats());
        let found = all.find(|listed| {
            let alert = &listed.alert;
            let has = |(name, value): &(String, String)| {
                [alert.exact_labels(), &alert.labels]
                    .iter()
                    .any(|labels| labels.get(name).unwrap_or("") == value)
            };
            let is_named = *alert.fingerprint == *self.alert
                || **alert.key() == *self.alert
                || *alert.name == *self.alert
                || alert.exact_labels().get("alertname") == Some(&self.alert);
            is_named && self.labels.iter().all(has)
        });
        found.map(|listed| Subject::Alert {
            source: listed.source.clone(),
            fingerprint: Arc::clone(listed.alert.key()),
        })
    }
}

impl std::fmt::Display for Wanted {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str(&self.alert)?;
        self.labels.iter().try_for_each(|(name, value)| write!(to, " {name}={value}"))
    }
}
