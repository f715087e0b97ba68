//! The nouns of the field and their rules: pure data, no I/O and no clock (`now` is an argument).

pub mod alert;
pub mod backup;
pub mod correlate;
pub mod datastore;
pub mod feed;
pub mod health;
pub mod host;
pub mod labels;
pub mod log;
pub mod observation;
pub mod rule;
pub mod silence;
pub mod store;
pub mod subject;
pub mod target;
pub mod task;
pub mod thresholds;
pub mod verdict;
