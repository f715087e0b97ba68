//! The operator's config: where it stands, what it says, and all that is wrong with it, at once.

mod actions;
mod bookmarks;
mod due;
mod hosts;
mod place;
mod runbooks;
mod services;
mod sites;
mod slo;
mod tables;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use place::{default_file, exposed, is_readable_by_others};
pub use runbooks::Runbooks;

use crate::border::Notify;
use crate::domain::feed::SourceId;
use crate::domain::host::Inventory;
use crate::domain::log::RingLimits;
use crate::domain::thresholds::{Mapping, Thresholds};
use crate::keymap::Keymap;
use crate::settings::{Document, Fault, Table};
use crate::sources::{KINDS, Source, tunnelled};
use crate::ui::theme::{self, Theme};
use crate::ui::times::Zone;
use crate::ui::view::{self, View, Views};
use crate::ui::wall::Wall;

/// A config with every key explained, as `config example` prints it.
pub const EXAMPLE: &str = include_str!("../../config.example.toml");

/// Everything that the operator may say.
#[derive(Clone, Debug)]
pub struct Config {
    /// The servers, in the order in which they are shown.
    pub sources: Vec<Arc<dyn Source>>,
    /// The sites that they stand at, by name; all of them, whichever is kept.
    pub sites: Vec<Arc<str>>,
    /// The numbers that turn measurements into states.
    pub thresholds: Thresholds,
    /// How much of a tail is kept.
    pub ring: RingLimits,
    /// The operator's hosts.
    pub hosts: Inventory,
    /// The owner's runbooks.
    pub runbooks: Runbooks,
    /// Where operators share the records of incidents, if they do.
    pub incidents: Option<PathBuf>,
    /// How things look.
    pub ui: Ui,
    /// The keys.
    pub keymap: Keymap,
    /// The views.
    pub views: Views,
    /// Places with a name.
    pub bookmarks: Vec<view::Shortcut>,
    /// A secret stands in the file itself.
    pub holds_secrets: bool,
}

/// `[ui]`
#[derive(Clone, Debug, Default)]
pub struct Ui {
    /// The colours.
    pub theme: Theme,
    /// In which zone times are shown.
    pub zone: Zone,
    /// Only ASCII characters are drawn.
    pub ascii: bool,
    /// Who is at the keyboard: the author of silences.
    pub operator: Option<String>,
    /// How the operator is told of something new that is critical.
    pub notify: Notify,
    /// The mouse is heeded.
    pub mouse: bool,
    /// The terminal is told what are addresses, where it takes them.
    pub links: bool,
    /// How a screen is shown that nobody sits at.
    pub wall: Wall,
    /// Nothing is written before it is armed, and then for so long.
    pub arm: Option<std::time::Duration>,
}

/// Why there is no config.
#[derive(Debug)]
pub enum Error {
    /// Nobody wrote one.
    Missing(PathBuf),
    /// It cannot be read.
    Unreadable(PathBuf, std::io::Error),
    /// It is wrong: all faults, in the order of the file.
    Faulty(Vec<Fault>),
}

impl fmt::Display for Error {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(file) => write!(
                to,
                "there is no config at {}. Write one (`wardroom config example` prints one to start from){}",
                file.display(),
                if cfg!(feature = "demo") {
                    ", name another with --config FILE, or look at the demo lab with --demo"
                } else {
                    " or name another with --config FILE"
                }
            ),
            Self::Unreadable(file, error) => write!(to, "cannot read the config {}: {error}", file.display()),
            Self::Faulty(faults) => {
                let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
                to.write_str(&told.join("\n"))
            }
        }
    }
}

impl std::error::Error for Error {}

impl Config {
    /// Reads the config at `file`.
    ///
    /// # Errors
    /// When it is not there, not readable, or wrong.
    pub fn load(file: &Path) -> Result<Self, Error> {
        let text = text_of(file)?;
        Self::parse(&file.display().to_string(), &text, file.parent())
    }

    /// Reads a config's text. `file` is how faults name it; themes of the operator's own are
    /// looked for under `directory`.
    ///
    /// # Errors
    /// When it is wrong: [`Error::Faulty`] with all faults.
    pub fn parse(file: &str, text: &str, directory: Option<&Path>) -> Result<Self, Error> {
        let document = Document::new(file, text);
        match document.read(|root| Self::read(root, directory)) {
            Some((config, ours)) if document.faults().is_empty() && ours.is_empty() => Ok(config),
            Some((_, ours)) => Err(Error::Faulty(document.faults().into_iter().chain(ours).collect())),
            None => Err(Error::Faulty(document.faults())),
        }
    }

    /// Reads the tables; the answer is worth something only if no fault was told. Faults of other
    /// files are given back beside it.
    pub fn read(root: &Table<'_>, directory: Option<&Path>) -> (Self, Vec<Fault>) {
        let mut elsewhere = Vec::new();
        let mut places = sites::Sites::of(root);
        let (sources, holds_secrets) = sources(root, &mut places);
        let named = sources.iter().map(|source| Arc::clone(source.site())).filter(|site| !site.is_empty());
        let sites: Vec<Arc<str>> = named.collect::<BTreeSet<_>>().into_iter().collect();
        let titles = places.titles();
        let (ring, log_labels, log_queries) = tables::logs(root);
        let hosts = hosts::hosts(root);
        lead(&sources, &hosts);
        let keymap = Keymap::default().with(root);
        let views = view::with(&view::embedded(), root, &keymap);
        let ui = ui(root, directory, &views, &mut elsewhere);
        let (dates, endless) = due::dates(root, ui.zone);
        let thresholds = Thresholds {
            clusters: mappings(&sources),
            log_labels,
            listed: hosts.guests(),
            log_queries,
            hosts: hosts.clone(),
            goals: slo::goals(root),
            dates,
            endless,
            services: services::services(root),
            layers: services::layers(root),
            titles,
            ..tables::thresholds(root, ui.zone)
        };
        let actions = actions::actions(root, &keymap);
        let config = Self {
            sources,
            sites,
            holds_secrets,
            thresholds,
            ring,
            hosts,
            runbooks: Runbooks { actions, ..runbooks::runbooks(root, directory) },
            incidents: runbooks::incidents(root, directory),
            ui,
            bookmarks: bookmarks::bookmarks(root, &keymap, &views),
            keymap,
            views,
        };
        (config, elsewhere)
    }

    /// Reads of the config at `file` what plans need. It may be the config of somebody who has no
    /// server.
    ///
    /// # Errors
    /// When it is not there, not readable, or wrong.
    pub fn rooms(file: &Path) -> Result<Rooms, Error> {
        Self::rooms_of(&file.display().to_string(), &text_of(file)?, file.parent())
    }

    /// As [`Config::rooms`], of a text that faults name `file`.
    ///
    /// # Errors
    /// When it is wrong.
    pub fn rooms_of(file: &str, text: &str, directory: Option<&Path>) -> Result<Rooms, Error> {
        let document = Document::new(file, text);
        let read = document.read(|root| Self::read(root, directory));
        let mut faults = document.faults();
        faults.retain(|fault| !fault.message.contains(NO_SERVER));
        match read {
            Some((config, ours)) if faults.is_empty() && ours.is_empty() => {
                Ok(Rooms { hosts: config.hosts, runbooks: config.runbooks })
            }
            Some((_, ours)) => Err(Error::Faulty(faults.into_iter().chain(ours).collect())),
            None => Err(Error::Faulty(faults)),
        }
    }

    /// Keeps the sources of one site.
    ///
    /// # Errors
    /// When no source is there; the error names the sites that are.
    pub fn keep_site(&mut self, site: &str) -> Result<(), String> {
        if !self.sites.iter().any(|have| &**have == site) {
            let none = || "no source names one".to_owned();
            let known = if self.sites.is_empty() { none() } else { self.sites.join(", ") };
            return Err(format!("no source has site = {site:?} in the config; there: {known}"));
        }
        self.sources.retain(|source| &**source.site() == site);
        Ok(())
    }
}

fn text_of(file: &Path) -> Result<String, Error> {
    std::fs::read_to_string(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::Missing(file.to_owned()),
        _ => Error::Unreadable(file.to_owned(), error),
    })
}

/// What a plan needs of the config.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rooms {
    /// The operator's hosts.
    pub hosts: Inventory,
    /// The owner's runbooks.
    pub runbooks: Runbooks,
}

/// What is said when no server is named.
const NO_SERVER: &str = "no server is named";

/// `[sources.pbs.NAME.clusters]`
fn mappings(sources: &[Arc<dyn Source>]) -> Vec<Mapping> {
    let of = |source: &Arc<dyn Source>| -> Vec<Mapping> {
        let all = source.clusters().iter();
        let mapping = |(namespace, cluster): &(Arc<str>, Arc<str>)| Mapping {
            source: source.id().clone(),
            namespace: Arc::clone(namespace),
            cluster: Arc::clone(cluster),
        };
        all.map(mapping).collect()
    };
    sources.iter().flat_map(of).collect()
}

/// `[sources.KIND.NAME]`, and whether a secret stands among them.
fn sources<'a>(root: &Table<'a>, sites: &mut sites::Sites<'a>) -> (Vec<Arc<dyn Source>>, bool) {
    let mut all = Vec::new();
    let mut secrets = false;
    let mut named = 0;
    if let Some(kinds) = root.table("sources") {
        for (kind, read) in KINDS {
            for (name, table) in kinds.named(kind.as_ref()) {
                named += 1;
                secrets |= ["token", "password", "headers"].iter().any(|key| table.has(key));
                sites.provide(&table);
                let source = read(SourceId::new(*kind, name.as_str()), &table);
                all.extend(source.map(tunnelled::with_ways));
            }
        }
        if named > 0 {
            return (all, secrets);
        }
    }
    let kinds: Vec<&str> = KINDS.iter().map(|(kind, _)| kind.as_ref()).collect();
    root.fault(
        "sources",
        format!(
            "{NO_SERVER}; add a table [sources.KIND.NAME] with its url, KIND one of {}",
            kinds.join(", ")
        ),
    );
    (all, secrets)
}

/// Tells tunnels what the config knows of their hosts: where they are, and as whom they are entered.
fn lead(sources: &[Arc<dyn Source>], hosts: &Inventory) {
    for way in sources.iter().flat_map(|source| source.tunnels()) {
        let (user, name) =
            way.host().rsplit_once('@').map_or((None, way.host()), |(user, host)| (Some(user), host));
        let known = hosts.find(name).map(|(_, host)| host);
        let user = user.or_else(|| known.and_then(|host| host.ssh_user.as_deref()));
        let address = hosts.address(name);
        way.lead(user.map_or_else(|| address.to_owned(), |user| format!("{user}@{address}")));
    }
}

/// `[ui]`
fn ui(root: &Table<'_>, directory: Option<&Path>, views: &[View], elsewhere: &mut Vec<Fault>) -> Ui {
    let Some(table) = root.table("ui") else { return Ui { links: true, ..Ui::default() } };
    Ui {
        theme: table
            .get_with("theme", |name: String| match theme(&name, directory) {
                Ok(theme) => Ok(theme),
                Err(ThemeError::Unknown(expected)) => Err(expected),
                Err(ThemeError::Faulty(faults)) => {
                    elsewhere.extend(faults);
                    Ok(Theme::default())
                }
            })
            .unwrap_or_default(),
        zone: table.get_with("zone", |name: String| name.parse()).unwrap_or_default(),
        notify: table
            .get_with("notify", |word: String| {
                word.parse().map_err(|_| "\"bell\", \"desktop\" or \"off\"".to_owned())
            })
            .unwrap_or_default(),
        wall: tables::wall(&table, views),
        arm: tables::arm(&table),
        ascii: table.get("ascii").unwrap_or(false),
        mouse: table.get("mouse").unwrap_or(false),
        links: table.get("links").unwrap_or(true),
        operator: table.get_with("operator", |name: String| match name.trim() {
            "" => Err("a name".to_owned()),
            name => Ok(crate::text::sanitise(name).into_owned()),
        }),
    }
}

/// Why there is no such theme.
#[derive(Debug)]
pub enum ThemeError {
    /// No theme has that name; what was expected.
    Unknown(String),
    /// Its file is wrong.
    Faulty(Vec<Fault>),
}

impl fmt::Display for ThemeError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(expected) => write!(to, "expected {expected}"),
            Self::Faulty(faults) => {
                let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
                to.write_str(&told.join("\n"))
            }
        }
    }
}

impl std::error::Error for ThemeError {}

/// The theme `name`: the operator's own, `themes/NAME.toml` beside the config, or a built-in one.
///
/// # Errors
/// When there is none of that name, or its file is wrong.
pub fn theme(name: &str, directory: Option<&Path>) -> Result<Theme, ThemeError> {
    let own = directory.map(|directory| directory.join("themes").join(format!("{name}.toml")));
    let is_name = !name.contains(['/', '\\']);
    if let Some(file) = own.filter(|file| is_name && file.is_file()) {
        let shown = file.display().to_string();
        let text = std::fs::read_to_string(&file).map_err(|error| {
            ThemeError::Faulty(vec![Fault { file: shown.clone(), place: None, message: error.to_string() }])
        })?;
        return Theme::parse(name, &shown, &text).map_err(ThemeError::Faulty);
    }
    let unknown = || {
        let names: Vec<&str> = theme::EMBEDDED.iter().map(|(name, _)| *name).collect();
        ThemeError::Unknown(format!("a theme ({}, or the name of a file in themes/)", names.join(", ")))
    };
    Theme::embedded(name).ok_or_else(unknown)
}

#[cfg(test)]
mod tests;
