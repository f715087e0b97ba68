//! The nouns of the field and their rules: pure data, no I/O and no clock (`now` is an argument).

pub mod alert;
pub mod answers;
pub mod backup;
pub mod cluster;
pub mod correlate;
pub mod datastore;
pub mod deed;
pub mod dump;
pub mod feed;
pub mod guest;
pub mod health;
pub mod job;
pub mod labels;
pub mod log;
pub mod observation;
pub mod question;
pub mod rule;
pub mod server;
pub mod silence;
pub mod store;
pub mod subject;
pub mod target;
pub mod task;
pub mod thresholds;
pub mod verdict;
