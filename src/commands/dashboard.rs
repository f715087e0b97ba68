//! `wardroom`: the dashboard.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use color_eyre::eyre::{Report, Result, WrapErr as _};
use sha2::{Digest as _, Sha256};
use tokio::runtime::Builder;
use tokio::sync::mpsc;

use super::{Ground, Usage, complain, ground, is_mono, read, setup, setup_on};
use crate::app::{App, Setup};
use crate::cli::{Global, Open};
use crate::config::{self, Config};
#[cfg(feature = "demo")]
use crate::demo::Scenario;
use crate::domain::clocks::Clocks;
use crate::domain::exercise::Course;
use crate::domain::store::Expected;
use crate::domain::wanted::Wanted;
use crate::replay::{Player, Recorder};
use crate::runtime::{
    Ended, Feeds, Latest, Live, Load, Loaded, Loop, Network, Screen as _, Tape, latest, latest_values,
    listen, listen_for_the_deaf, network,
};
use crate::state::{self, Place};
use crate::terminal;
use crate::ui::view::Shortcut;

/// The number of the signal that says that a terminal is gone.
const HANGUP: i32 = 1;

/// No recording of the dashboard becomes larger, in bytes.
const LARGEST: u64 = 256 << 20;

/// Runs it until it ends.
///
/// # Errors
/// No terminal, wrong usage, a wrong config, or a terminal that no longer takes what is written.
pub fn run(global: &Global, record: Option<&Path>) -> Result<ExitCode> {
    start(global, None, record)
}

/// Runs it, and opens the detail of an alert.
///
/// # Errors
/// As [`run`].
pub fn open(global: &Global, open: &Open) -> Result<ExitCode> {
    let label = |word: &String| {
        let (name, value) = word.split_once('=')?;
        (!name.is_empty()).then(|| (name.to_owned(), value.to_owned()))
    };
    let labels: Option<Vec<_>> = open.labels.iter().map(label).collect();
    let labels =
        labels.ok_or_else(|| Usage("labels are written LABEL=VALUE, such as instance=nas".into()))?;
    start(global, Some(Wanted { alert: open.alert.clone(), labels }), None)
}

/// Plays a recording.
///
/// # Errors
/// As [`run`], and a file that is no recording.
pub fn replay(global: &Global, file: &Path) -> Result<ExitCode> {
    start(&Global { replay: Some(file.to_owned()), demo: None, ..global.clone() }, None, None)
}

fn start(global: &Global, wanted: Option<Wanted>, record: Option<&Path>) -> Result<ExitCode> {
    terminal::check()?;
    if let Some(file) = record.filter(|file| file.exists()) {
        return Err(Usage(format!("{} is there already and stays as it is", file.display())).into());
    }
    let network = network()?;
    let global = shown(global);
    let ground = network.block_on(ground(&global, false))?;
    let place =
        if global.demo.is_some() || global.replay.is_some() { Place::temporary() } else { Place::of_user() };
    // What cannot be logged may still be noted, here or in the journal's refuge.
    let logged = place.as_ref().map_err(ToString::to_string);
    if let Err(error) = logged.and_then(|place| place.start_log().map_err(|error| error.to_string())) {
        complain(&format!("there will be no log: {error}"));
    }
    terminal::restore_on_panic();
    network.block_on(async { listen_for_the_deaf() })?;
    let network = Network::start(network)?;
    Ok(match watch(&global, &ground, &network, place.as_ref().ok(), wanted, record)? {
        Ended::Quit => ExitCode::SUCCESS,
        Ended::Signal(signal) => died_of(signal),
        Ended::Gone => died_of(HANGUP),
    })
}

/// With no config anywhere the demo lab is shown.
fn shown(global: &Global) -> Global {
    let has_none = global.config.is_none() && config::default_file().is_none_or(|file| !file.exists());
    let mut global = global.clone();
    if has_none && global.demo.is_none() && global.replay.is_none() {
        global.demo = Some(None);
    }
    global
}

/// A line that says that nothing of this is real.
pub fn banner(ground: &Ground) -> Option<String> {
    #[cfg(feature = "demo")]
    if let Some(lab) = &ground.lab {
        let scenario = lab.scenario();
        return Some(format!("demo lab: {scenario}. Nothing here is real. `wardroom init` sets up your own"));
    }
    let recording = ground.recording.as_ref()?;
    let span = crate::text::age(recording.span());
    Some(format!("recording of {span}. Nothing here is now. `:replay` pauses, hurries and jumps"))
}

/// The screen that the config asks for, with links where the terminal takes them.
fn linked(setup: Setup, config: &Config) -> Setup {
    let env = |name: &str| std::env::var(name).ok();
    Setup { links: config.ui.links && terminal::takes_links(&env), ..setup }
}

/// Reads the config again, when there is a file to read: what is of one site in it, or all.
pub fn load(ground: &Ground, global: &Global) -> Load {
    let (file, global) = (ground.file.clone(), global.clone());
    Arc::new(move |site: Option<&str>| {
        let Some(file) = &file else {
            return Err(vec!["neither the demo lab nor a recording has a config to read again".to_owned()]);
        };
        let global = Global { site: site.map(str::to_owned), ..global.clone() };
        let loaded = read(&global, file).and_then(|config| {
            let setup = linked(setup(&config, &global, None)?, &config);
            Ok(Loaded { setup, sources: config.sources })
        });
        loaded.map_err(|error| format!("{error:#}").lines().map(str::to_owned).collect())
    })
}

/// The drill that is asked for: its clock begins now.
#[cfg(feature = "demo")]
fn exercise(ground: &Ground, global: &Global) -> Result<Option<Course>> {
    let Some(lab) = ground.lab.as_ref().filter(|_| global.drill) else { return Ok(None) };
    let exercise = lab.scenario().exercise().ok_or_else(|| {
        let drills = Scenario::ALL.iter().filter(|one| one.exercise().is_some()).map(AsRef::as_ref);
        let drills: Vec<&str> = drills.collect();
        Usage(format!("{} is no drill: there are {}", lab.scenario().as_ref(), drills.join(", ")))
    })?;
    Ok(Some(Course::new(exercise, ground.clock.now().wall).for_keeps(global.keep)))
}

#[cfg(not(feature = "demo"))]
#[expect(clippy::unnecessary_wraps, reason = "where there is a lab not every scenario is a drill")]
fn exercise(_: &Ground, _: &Global) -> Result<Option<Course>> {
    Ok(None)
}

/// The loop has this thread to itself.
fn watch(
    global: &Global,
    ground: &Ground,
    network: &Network,
    place: Option<&Place>,
    wanted: Option<Wanted>,
    record: Option<&Path>,
) -> Result<Ended> {
    let mut setup = linked(setup_on(ground, global, banner(ground))?, &ground.config);
    setup.wanted = wanted;
    setup.exercise = exercise(ground, global)?;
    // Drills that were kept are the operator's, though the lab itself keeps nothing.
    let own = Place::of_user_if_there().ok().flatten();
    setup.exercised = own.map(|place| state::exercises(place.path())).unwrap_or_default();
    setup.recent = place.map(|place| state::recent(place.path())).unwrap_or_default();
    setup.clocks = Clocks::of(place.map(|place| state::clocks(place.path())).unwrap_or_default());
    setup.drills = place.map(|place| state::drills(place.path())).unwrap_or_default();
    setup.routines = place.map(|place| state::routines(place.path())).unwrap_or_default();
    setup.maintained = place.map(|place| state::maintained(place.path())).unwrap_or_default();
    setup.looked = place.and_then(|place| state::looked(place.path()));
    let kept = place.map(|place| state::bookmarks(place.path())).unwrap_or_default();
    setup.bookmarks.extend(kept.into_iter().map(Shortcut::kept));
    setup.boots = place.map(|place| state::boots(place.path())).unwrap_or_default();
    setup.queries = place.map(|place| state::queries(place.path())).unwrap_or_default();
    // A name in the config stands over one that was typed once.
    let kept = place.and_then(Place::operator).filter(|_| ground.config.ui.operator.is_none());
    if let Some(name) = kept {
        setup.operator = name.into();
    }
    let before = Arc::clone(&setup.operator);
    let sources = setup.sources.clone();
    let heeds = setup.mouse && setup.wall.is_none();
    let tape = record.map(|file| tape(file, &sources, ground)).transpose()?;
    let last = place.and_then(|place| last(place, ground, global));
    let screen = Builder::new_current_thread().enable_all().build().wrap_err("no loop can be started")?;
    screen.block_on(async {
        let (sender, inputs) = mpsc::unbounded_channel();
        listen(&sender)?;
        let live = Live::enter(sender, is_mono(global))?;
        let mut feeds = Feeds::new(network.handle().clone(), load(ground, global));
        feeds.keep_to(global.site.clone());
        feeds.incidents.clone_from(&ground.config.incidents);
        feeds.state = place.map(|place| place.path().to_owned());
        feeds.watch(&ground.config.sources, &ground.clock);
        if let Some(directory) = ground.file.as_deref().and_then(Path::parent) {
            feeds.reload_on_change(directory.join("themes"));
        }
        let mut dashboard = Loop::new(App::new(setup), live, ground.clock.clone(), inputs, feeds);
        let recording = ground.recording.clone();
        dashboard.player = recording.map(|recording| Player::new(recording, ground.clock.clone()));
        if let Some(file) = last {
            let (now, values) = (ground.clock.now().wall, latest_values(&file));
            let kept = latest(&file, &sources, now);
            dashboard.latest = Some(Latest::start(file, sources.clone())?);
            dashboard.remember(kept);
            dashboard.remember_later(move || latest(&values, &sources, now));
        }
        dashboard.tape = tape;
        dashboard.screen.point(heeds)?;
        #[cfg(debug_assertions)]
        break_down(&mut dashboard)?;
        let ended = dashboard.run().await?;
        if let Some(latest) = dashboard.latest.take() {
            latest.end();
        }
        if let Some(tape) = dashboard.tape.take() {
            tell(tape.end().wrap_err("the recording was not written to its end")?);
        }
        let named = dashboard.operator().filter(|name| **name != *before);
        if let Some((place, name)) = place.zip(named)
            && let Err(error) = place.keep_operator(name)
        {
            tracing::warn!(%error, "the operator's name was not kept");
        }
        Ok::<_, Report>(ended)
    })
}

/// Says what a recording has come to; by then the terminal is the shell's again or nobody's.
fn tell((count, missed): (u64, u64)) {
    tracing::info!(count, missed, "recorded");
    if missed > 0 {
        complain(&format!("the disk was too slow: {missed} answers are not in the recording"));
    }
}

/// A recording in a new file.
fn tape(file: &Path, sources: &[Expected], ground: &Ground) -> Result<Tape> {
    let started = ground.clock.now().wall;
    let tape = Recorder::start(file, sources, started, LARGEST).and_then(Tape::start);
    tape.wrap_err_with(|| format!("cannot write {}", file.display()))
}

/// Where the last that was seen under this config is kept; nowhere for what is not real.
fn last(place: &Place, ground: &Ground, global: &Global) -> Option<PathBuf> {
    let file = std::fs::canonicalize(ground.file.as_ref()?).ok()?;
    let named = format!("{} {}", file.display(), global.site.as_deref().unwrap_or_default());
    let digest = Sha256::digest(named.as_bytes());
    let name = digest.iter().take(8).fold(0_u64, |name, byte| name << 8 | u64::from(*byte));
    Some(place.path().join(format!("last-{name:016x}.wardroom")))
}

/// Lets tests see what becomes of the terminal when the loop panics, or hangs.
#[cfg(debug_assertions)]
fn break_down(dashboard: &mut Loop<Live>) -> Result<()> {
    let how = std::env::var("WARDROOM_PANIC").unwrap_or_default();
    if how == "loop" || how == "hang" {
        dashboard.draw()?;
        assert!(how != "loop", "WARDROOM_PANIC asked for this");
        loop {
            std::thread::park();
        }
    }
    Ok(())
}

/// What a shell makes of a process that a signal ended.
fn died_of(signal: i32) -> ExitCode {
    ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX))
}
