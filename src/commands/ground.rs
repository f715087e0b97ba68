//! What every command that reads data stands on: a config, a clock, and perhaps the demo lab.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use color_eyre::eyre::Result;

use super::promises::{promised, reviews};
use super::{Usage, complain, themes};
use crate::app::Setup;
use crate::cli::Global;
use crate::clock::Clock;
use crate::config::{self, Config};
#[cfg(feature = "demo")]
use crate::demo::{Lab, Scenario};
use crate::domain::clocks::Clocks;
use crate::domain::feed::Feed;
use crate::domain::store::Expected;
use crate::replay::Recording;
use crate::sources::Source;
use crate::state::Place;
use crate::ui::glyphs::Glyphs;
use crate::ui::theme::Theme;
#[cfg(feature = "demo")]
use crate::ui::times::Zone;

/// A config, with the flags of the command line worked in, and what it needs to be true.
#[derive(Debug)]
pub struct Ground {
    /// The config.
    pub config: Config,
    /// The file that it was read from; none for the demo lab.
    pub file: Option<PathBuf>,
    /// The clock that all times are measured by.
    pub clock: Clock,
    /// What is played instead of asking servers.
    pub recording: Option<Recording>,
    /// The demo lab, which runs as long as this is kept.
    #[cfg(feature = "demo")]
    pub lab: Option<Lab>,
}

impl Ground {
    /// Where the operator's own state is kept, if there is any; the demo lab has none of it.
    pub fn own_state(&self) -> Option<Place> {
        #[cfg(feature = "demo")]
        if self.lab.is_some() {
            return None;
        }
        if self.recording.is_some() {
            return None;
        }
        Place::of_user_if_there().ok().flatten()
    }

    /// Where what is done is written down, made if it is not there; the demo lab and a recording have
    /// no such place.
    ///
    /// # Errors
    /// When it cannot be made: then nothing is to be done either.
    pub fn kept_state(&self) -> std::io::Result<Option<Place>> {
        #[cfg(feature = "demo")]
        if self.lab.is_some() {
            return Ok(None);
        }
        if self.recording.is_some() { Ok(None) } else { Place::of_user().map(Some) }
    }

    /// Who is at the keyboard: as the config says, as they once said, or as the machine knows them.
    pub fn operator(&self) -> String {
        let kept = || self.own_state().and_then(|place| place.operator());
        self.config.ui.operator.clone().or_else(kept).unwrap_or_else(whoever)
    }
}

/// Reads the config that `global` asks for, or starts the demo lab. With `still` the lab's clock
/// stands at its scenario's instant, so that the same is seen every time.
///
/// # Errors
/// When there is no config, or it is wrong, or the lab cannot start.
pub async fn ground(global: &Global, still: bool) -> Result<Ground> {
    if let Some(scenario) = &global.demo {
        let mut ground = demo(scenario.as_deref(), still).await?;
        dress(&mut ground.config, None, global)?;
        return Ok(ground);
    }
    if let Some(file) = &global.replay {
        return replay(global, file);
    }
    let file = own_config(global)?;
    let config = read(global, &file)?;
    warn_of_readers(&config, &file);
    Ok(Ground {
        config,
        file: Some(file),
        clock: Clock::system(),
        recording: None,
        #[cfg(feature = "demo")]
        lab: None,
    })
}

/// Reads a config, with the flags of the command line worked in.
///
/// # Errors
/// When it is not there or wrong.
pub fn read(global: &Global, file: &Path) -> Result<Config> {
    let mut config = Config::load(file)?;
    if let Some(site) = &global.site {
        config.keep_site(site).map_err(Usage)?;
    }
    config.thresholds.promised = promised(&config.runbooks);
    config.thresholds.reviews = reviews(&config.runbooks, config.ui.zone);
    dress(&mut config, Some(file), global)?;
    Ok(config)
}

/// The screen for this ground, which may be a recording.
///
/// # Errors
/// When there is no view of that name.
pub fn setup_on(ground: &Ground, global: &Global, banner: Option<String>) -> Result<Setup> {
    let mut setup = setup(&ground.config, global, banner)?;
    if let Some(recording) = &ground.recording {
        setup.sources.clone_from(&recording.sources);
        setup.read_only = true;
        setup.replays = true;
    }
    Ok(setup)
}

/// The screen that the config asks for. `banner` says what is shown, when that is no real server.
///
/// # Errors
/// When there is no view of that name.
pub fn setup(config: &Config, global: &Global, banner: Option<String>) -> Result<Setup> {
    let view = global.view.clone().unwrap_or_else(|| "bridge".to_owned());
    let names: Vec<&str> = config.views.iter().map(|view| view.name.as_str()).collect();
    if !names.contains(&view.as_str()) {
        return Err(Usage(format!("there is no view {view:?}; there are {}", names.join(", "))).into());
    }
    Ok(Setup {
        sources: expected(&config.sources),
        thresholds: config.thresholds.clone(),
        ring: config.ring,
        theme: config.ui.theme.clone(),
        themes: if is_mono(global) { Vec::new() } else { themes::usable(place_of(global).as_deref()) },
        glyphs: if config.ui.ascii { Glyphs::Ascii } else { Glyphs::Unicode },
        keymap: config.keymap.clone(),
        views: config.views.clone(),
        bookmarks: config.bookmarks.clone(),
        zone: config.ui.zone,
        sites: config.sites.clone(),
        site: global.site.as_deref().map(Into::into),
        banner,
        read_only: global.read_only || global.wall,
        arm: config.ui.arm,
        exercise: None,
        exercised: Vec::new(),
        replays: false,
        notify: config.ui.notify,
        mouse: config.ui.mouse,
        links: false,
        wall: global.wall.then(|| config.ui.wall.clone()),
        operator: config.ui.operator.clone().unwrap_or_else(whoever).into(),
        view,
        wanted: None,
        clocks: Clocks::default(),
        lore: config.runbooks.clone(),
        hosts: config.hosts.clone(),
        recent: Vec::new(),
        drills: Vec::new(),
        looked: None,
        maintained: Vec::new(),
        routines: Vec::new(),
        boots: Vec::new(),
        queries: Vec::new(),
    })
}

/// The directory of the config: themes of the operator's own stand below it.
fn place_of(global: &Global) -> Option<PathBuf> {
    let file = global.config.clone().filter(|_| global.demo.is_none()).or_else(config::default_file);
    file.as_deref().and_then(Path::parent).map(Path::to_owned)
}

/// Whoever is at the keyboard, as the machine knows them: `USER@host`.
fn whoever() -> String {
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_default();
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let known: Vec<&str> = [user.trim(), host.trim()].into_iter().filter(|word| !word.is_empty()).collect();
    crate::text::sanitise(&known.join("@")).into_owned()
}

#[cfg(feature = "demo")]
async fn demo(scenario: Option<&str>, still: bool) -> Result<Ground> {
    let scenario: Scenario = match scenario {
        Some(name) => {
            name.parse().map_err(|unknown: crate::demo::UnknownScenario| Usage(unknown.to_string()))?
        }
        None => Scenario::default(),
    };
    let clock = if still { Clock::fixed(scenario.instant()) } else { Clock::system() };
    let lab = Lab::start(scenario, 1, clock.clone()).await?;
    let mut config = Config::parse("the demo lab's config", &lab.config(), None)?;
    if still {
        config.ui.zone = Zone::Named("UTC".parse()?);
    }
    Ok(Ground { config, file: None, clock, recording: None, lab: Some(lab) })
}

/// A config under which a recording is shown: the operator's own looks and keys, if there are any.
const BARE: &str = "[sources.prometheus.recorded]\nurl = \"http://127.0.0.1:9090\"\n";

/// A recording on a clock that stands at its beginning. No server is asked.
fn replay(global: &Global, file: &Path) -> Result<Ground> {
    let recording = Recording::read(file).map_err(|error| Usage(error.to_string()))?;
    let own = own_config(global).ok().filter(|own| own.exists());
    let mut config = match &own {
        Some(own) => Config::load(own)?,
        None => Config::parse("the recording", BARE, None)?,
    };
    config.sources.clear();
    config.sites.clear();
    dress(&mut config, own.as_deref(), global)?;
    Ok(Ground {
        config,
        file: None,
        clock: Clock::fixed(recording.started),
        recording: Some(recording),
        #[cfg(feature = "demo")]
        lab: None,
    })
}

#[cfg(not(feature = "demo"))]
fn demo(_: Option<&str>, _: bool) -> std::future::Ready<Result<Ground>> {
    std::future::ready(Err(Usage(super::WITHOUT_LAB.to_owned()).into()))
}

/// The config file that is to be read: the one named, or the one in the config directory.
///
/// # Errors
/// When none is named and there is no home directory.
pub fn own_config(global: &Global) -> Result<PathBuf> {
    let file = global.config.clone().or_else(config::default_file);
    Ok(file.ok_or_else(|| {
        Usage("there is no home directory to look for a config; name one with --config".into())
    })?)
}

/// Flags and environment have the last word on how things look.
fn dress(config: &mut Config, file: Option<&Path>, global: &Global) -> Result<()> {
    let directory = file.map(Path::to_owned).or_else(config::default_file);
    let ui = &mut config.ui;
    if let Some(name) = &global.theme {
        ui.theme = config::theme(name, directory.as_deref().and_then(Path::parent))?;
    } else if is_mono(global) {
        ui.theme = Theme::mono();
    }
    // The default's sixteen colours are made for somebody who sits there.
    if global.wall && ui.theme.name == "default" && global.theme.is_none() {
        ui.theme = Theme::embedded("wall").unwrap_or_default();
    }
    ui.ascii |= global.ascii;
    Ok(())
}

/// Whether nothing may be coloured: <https://no-color.org>.
pub fn is_mono(global: &Global) -> bool {
    global.theme.is_none() && std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

fn warn_of_readers(config: &Config, file: &Path) {
    for file in config::exposed(config, file) {
        let file = file.display();
        complain(&format!(
            "{file} holds a secret and others on this machine may read it; run: chmod 600 {file}"
        ));
    }
}

/// What the store has to know of the sources before they have said anything.
pub fn expected(sources: &[Arc<dyn Source>]) -> Vec<Expected> {
    let expect = |source: &Arc<dyn Source>| {
        let tails = source.tails();
        let plans = source.feeds().into_iter().map(|plan| (plan.feed, plan.interval.as_secs_f64()));
        let beat = tails.iter().map(|tail| tail.heartbeat().as_secs_f64()).reduce(f64::max);
        Expected {
            id: source.id().clone(),
            site: Arc::clone(source.site()),
            feeds: plans.chain(beat.map(|beat| (Feed::Tail, beat))).collect(),
            tails: tails.iter().map(|tail| (Arc::clone(tail.name()), Arc::clone(tail.query()))).collect(),
        }
    };
    sources.iter().map(expect).collect()
}
