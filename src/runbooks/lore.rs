//! What the operator's config says about runbooks.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::actions::Configured;
use super::placeholder::Declared;

/// `[runbooks]`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lore {
    /// The files, in the order of the config.
    pub files: Vec<PathBuf>,
    /// The procedure of an alert: its heading or its anchor, by the alert's name.
    pub aliases: BTreeMap<String, String>,
    /// What stands for the hosts of the document: a host, or `{target}` for the alert's.
    pub hosts: BTreeMap<String, String>,
    /// The procedures of what is no alert, by what it is.
    pub subjects: BTreeMap<String, Vec<String>>,
    /// What is declared about placeholders.
    pub placeholders: BTreeMap<String, Declared>,
    /// `[[actions]]`: commands of the config itself.
    pub actions: Vec<Configured>,
}
