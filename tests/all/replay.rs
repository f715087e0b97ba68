//! A recording shows again what was seen: the same frames, byte for byte.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::buffer::Buffer;
use wardroom::app::Setup;
use wardroom::border::Msg;
use wardroom::clock::{Clock, Now};
use wardroom::replay::{Moment, Player, Recorder, Recording};

use super::check::{complained, conforms_to, home, run, said};
use super::screens::desk::{Desk, instant};
use super::screens::homelab;

/// A storm that comes and goes: each message at its time.
fn storm() -> Vec<Moment> {
    let mut moments = Vec::new();
    let acts = [homelab::calm(), homelab::host_down(), homelab::calm(), homelab::host_down()];
    for (act, minute) in acts.into_iter().zip([0_i64, 1, 2, 3]) {
        for (nth, msg) in (0_i64..).zip(act) {
            let at = instant() + TimeDelta::minutes(minute) + TimeDelta::milliseconds(5 + 170 * nth);
            moments.push(Moment { at, msg });
        }
    }
    moments
}

fn record(file: &Path, setup: &Setup, moments: &[Moment]) {
    let mut recorder = Recorder::start(file, &setup.sources, instant(), 64 << 20).expect("a file");
    for moment in moments {
        assert!(recorder.take(moment).expect("taken down"));
    }
    recorder.finish().expect("ended");
}

/// A frame and its time.
type Shown = (DateTime<Utc>, Buffer);

/// A dashboard that hears this at this time, drawn.
fn hear(desk: &mut Desk, now: Now, msg: Msg) -> Shown {
    desk.now = now;
    desk.hear([msg]);
    (now.wall, desk.draw().clone())
}

/// What was seen live: every message at its time, and a tick at each whole second between.
fn live(setup: &Setup, view: &str, moments: &[Moment]) -> Vec<Shown> {
    let mut desk = Desk::new(Setup { view: view.into(), ..setup.clone() }, (120, 40));
    let mut left = moments.iter().peekable();
    let mut shown = Vec::new();
    let mut second = 1;
    while left.peek().is_some() {
        let tick = instant() + TimeDelta::seconds(second);
        while let Some(moment) = left.next_if(|moment| moment.at <= tick) {
            shown.push(hear(&mut desk, now(moment.at), moment.msg.clone()));
        }
        if left.peek().is_some() {
            shown.push(hear(&mut desk, now(tick), Msg::Tick));
            second += 1;
        }
    }
    shown
}

fn now(wall: DateTime<Utc>) -> Now {
    Now { wall, mono: (wall - instant()).to_std().expect("later") }
}

#[test]
fn a_recorded_storm_gives_the_same_frames_as_live() {
    let home = home();
    let (setup, moments) = (homelab::setup(), storm());
    let file = home.path().join("storm.wardroom");
    record(&file, &setup, &moments);
    for view in ["bridge", "alerts", "targets", "logs", "backups", "silences"] {
        let recording = Recording::read(&file).expect("a recording");
        assert_eq!(recording.sources, setup.sources);
        let clock = Clock::fixed(recording.started);
        let mut player = Player::new(recording, clock.clone());
        let mut desk = Desk::new(Setup { view: view.into(), ..setup.clone() }, (120, 40));
        let mut expected = live(&setup, view, &moments).into_iter();
        let mut count = 0;
        while let Some(msg) = player.step() {
            let (at, frame) = hear(&mut desk, clock.now(), msg);
            let (live_at, live) = expected.next().expect("live had no more");
            assert_eq!((at, &frame), (live_at, &live), "{view}: frame {count}");
            count += 1;
        }
        assert!(expected.next().is_none() && count > 180, "{view}: {count}");
    }
}

#[test]
fn what_was_recorded_is_shown_and_judged_again() {
    let home = home();
    let file = home.path().join("storm.wardroom");
    let file = file.to_str().expect("a name");
    let recorded = run(home.path(), &["record", file, "--demo=storm", "--for", "4s"]);
    assert_eq!(recorded.status.code(), Some(0), "{}", complained(&recorded));
    assert!(said(&recorded).contains("the time is up"), "{}", said(&recorded));
    let again = run(home.path(), &["record", file, "--demo=storm", "--for", "1s"]);
    assert_eq!(again.status.code(), Some(2), "it is not written over");

    let check = run(home.path(), &["check", "--replay", file, "--format", "json"]);
    let report = conforms_to("check", &check);
    assert_eq!(check.status.code(), Some(2), "{:#}", report["verdict"]);
    assert!(report["alerts"].as_array().is_some_and(|alerts| alerts.len() > 10));
    for view in ["bridge", "alerts", "logs", "backups"] {
        let shot =
            || said(&run(home.path(), &["shot", "--replay", file, "--view", view, "--size", "120x40"]));
        let first = shot();
        assert!(first.contains("CRITICAL") && first.contains("recording of"), "{first}");
        assert_eq!(first, shot(), "the same bytes every time");
    }
    let status = run(home.path(), &["status", "--replay", file]);
    assert_eq!(status.status.code(), Some(2), "{}", said(&status));
    let none = run(home.path(), &["shot", "--replay", "/nowhere.wardroom"]);
    assert_eq!(none.status.code(), Some(2), "{}", complained(&none));
    let left: Vec<_> = std::fs::read_dir(home.path()).expect("a home").collect();
    assert_eq!(left.len(), 1, "a recording writes nothing under the user's directories: {left:?}");
}

#[test]
fn a_recording_is_paused_hurried_and_jumped_in() {
    use wardroom::border::{Control, Effect};
    let setup = Setup { replays: true, ..homelab::setup() };
    for (typed, control) in [
        ("replay pause", Control::Pause),
        ("replay faster", Control::Faster),
        ("replay slower", Control::Slower),
        ("replay next", Control::NextAlert),
    ] {
        let mut desk = Desk::new(setup.clone(), (120, 40));
        desk.keys(&format!(":{typed}<enter>"));
        assert!(desk.effects.contains(&Effect::Replay(control)), "{typed}: {:?}", desk.effects);
    }
    let mut desk = Desk::new(homelab::setup(), (120, 40));
    assert!(desk.keys(":replay").screen().contains("nothing here has that name"), "only where one is played");
}
