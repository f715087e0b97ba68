//! `wardroom shot`: one frame of the dashboard, drawn by the same loop on paper.

#[cfg(feature = "demo")]
mod steady;

use std::process::ExitCode;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr as _};
use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyModifiers};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::dashboard::{banner, load};
use super::{Usage, ground, say_as_it_is, setup_on};
use crate::app::App;
use crate::border::Msg;
use crate::cli::{Global, Picture, Shot};
use crate::domain::feed::FeedState;
use crate::picture::{self, Format, Ground};
use crate::replay::Player;
use crate::runtime::{Feeds, Loop, Network, Paper, network};

/// Servers that have not answered by then are shown as they stand.
const LIMIT: Duration = Duration::from_secs(20);

/// Runs it.
///
/// # Errors
/// Wrong usage, a wrong config, or a file that cannot be written.
pub fn run(global: &Global, shot: &Shot) -> Result<ExitCode> {
    let steps = steps(&shot.keys)?;
    let network = network()?;
    let ground = network.block_on(ground(global, true))?;
    let network = Network::start(network)?;
    let setup = setup_on(&ground, global, banner(&ground))?;
    let theme = setup.theme.name.clone();
    let picture = tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        // Nobody types here: the sender is kept so that the loop does not take that for the end.
        let (_nobody, inputs) = mpsc::unbounded_channel();
        let mut feeds = Feeds::new(network.handle().clone(), load(&ground, global));
        feeds.keep_to(global.site.clone());
        feeds.watch(&ground.config.sources, &ground.clock);
        let paper = Paper::new(shot.size.width, shot.size.height);
        let mut dashboard = Loop::new(App::new(setup), paper, ground.clock.clone(), inputs, feeds);
        if let Some(recording) = ground.recording.clone() {
            dashboard.player = Some(Player::new(recording, ground.clock.clone()));
            dashboard.play_out();
        }
        play(&mut dashboard, &steps).await?;
        let paper = if theme == "light" { Ground::Light } else { Ground::Dark };
        #[cfg_attr(not(feature = "demo"), expect(unused_mut, reason = "only a lab has ports to hide"))]
        let mut frame = dashboard.screen.frame().clone();
        #[cfg(feature = "demo")]
        if let Some(lab) = &ground.lab {
            steady::still(&mut frame, &lab.usual_ports());
        }
        Ok::<_, color_eyre::eyre::Report>(picture::draw(&frame, format(shot.format), paper))
    });
    let picture = picture?;
    match &shot.out {
        Some(file) => {
            std::fs::write(file, picture).wrap_err_with(|| format!("cannot write {}", file.display()))?;
        }
        None => say_as_it_is(&picture)?,
    }
    Ok(ExitCode::SUCCESS)
}

const fn format(picture: Picture) -> Format {
    match picture {
        Picture::Text => Format::Text,
        Picture::Ansi => Format::Ansi,
        Picture::Svg => Format::Svg,
    }
}

/// What is done before the frame is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Press(KeyCombination),
    /// Until every feed has answered.
    Wait,
}

/// Reads `--keys`.
fn steps(keys: &str) -> Result<Vec<Step>, Usage> {
    let mut steps = Vec::new();
    let mut rest = keys.chars();
    while let Some(char) = rest.next() {
        if char != '<' {
            steps.push(Step::Press(
                KeyCombination::one_key(KeyCode::Char(char), KeyModifiers::NONE).normalized(),
            ));
            continue;
        }
        let Some((name, after)) = rest.as_str().split_once('>') else {
            return Err(Usage(format!(
                "--keys {keys:?}: `<` begins a name that ends with `>`; for `<` itself write <lt>"
            )));
        };
        rest = after.chars();
        steps.push(match name {
            "wait" => Step::Wait,
            "lt" => Step::Press(KeyCombination::one_key(KeyCode::Char('<'), KeyModifiers::NONE)),
            name => Step::Press(crokey::parse(name).map_err(|_| {
                Usage(format!(
                    "--keys {keys:?}: there is no key <{name}>; names are like <enter>, <ctrl-d>, <tab>"
                ))
            })?),
        });
    }
    Ok(steps)
}

/// Waits until all have answered, presses the keys, and draws.
async fn play(dashboard: &mut Loop<Paper>, steps: &[Step]) -> Result<()> {
    settle(dashboard).await?;
    for step in steps {
        // A pane knows how large it is when it was drawn.
        dashboard.draw()?;
        match step {
            Step::Wait => settle(dashboard).await?,
            Step::Press(key) => {
                if dashboard.take(Msg::Key(*key)).is_some() {
                    return Ok(());
                }
            }
        }
    }
    // What is shown may ask for more, and the answer may show what asks again.
    // A month is asked for piece by piece.
    let limit = Instant::now() + LIMIT;
    loop {
        dashboard.draw()?;
        if !dashboard.app.is_asking() || Instant::now() >= limit {
            break;
        }
        settle(dashboard).await?;
    }
    // A search goes on from frame to frame.
    while dashboard.app.is_dirty() && Instant::now() < limit {
        dashboard.draw()?;
    }
    Ok(())
}

async fn settle(dashboard: &mut Loop<Paper>) -> Result<()> {
    let limit = Instant::now() + LIMIT;
    while is_waiting(dashboard) {
        match timeout_at(limit, dashboard.turn()).await {
            Ok(turn) => turn?,
            Err(_late) => return Ok(()),
        };
    }
    Ok(())
}

fn is_waiting(dashboard: &Loop<Paper>) -> bool {
    // A recording says no more than it holds.
    if dashboard.player.is_some() {
        return dashboard.app.is_asking();
    }
    let now = dashboard.clock.now().wall;
    let mut feeds = dashboard.app.store().sources.iter().flat_map(|source| source.feeds.values());
    dashboard.app.is_asking()
        || dashboard.app.is_reading()
        || feeds.any(|feed| feed.state(now) == FeedState::Pending)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(keys: &str) -> Vec<String> {
        let name = |step: &Step| match step {
            Step::Press(key) => key.to_string(),
            Step::Wait => "wait".to_owned(),
        };
        steps(keys).expect("keys").iter().map(name).collect()
    }

    #[test]
    fn keys_are_characters_or_names() {
        assert_eq!(
            read("jG/<lt><enter><ctrl-d><wait>q"),
            ["j", "Shift-g", "/", "<", "Enter", "Ctrl-d", "wait", "q"]
        );
        assert!(read("").is_empty());
        for wrong in ["<", "<nokey>", "j<enter"] {
            assert!(steps(wrong).is_err(), "{wrong}");
        }
    }
}
