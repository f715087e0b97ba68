//! A recording shows again what was seen: the same frames, byte for byte.

use std::collections::VecDeque;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use ratatui::buffer::Buffer;
use wardroom::app::Setup;
use wardroom::border::{Effect, Msg};
use wardroom::clock::{Clock, Now};
use wardroom::domain::labels::Labels;
use wardroom::domain::question::{Answer, Ask, Series};
use wardroom::keymap::chord;
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
            moments.push(Moment::new(at, msg));
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

/// An answer takes so long.
const TAKES: TimeDelta = TimeDelta::milliseconds(230);

/// When the operator opens the detail of what is selected.
const LOOKS: TimeDelta = TimeDelta::seconds(62);

/// What a server answers: never twice the same, so that one answer is not taken for another.
fn answer(id: u64, ask: &Ask, asked: DateTime<Utc>) -> Moment {
    let value = id as f64 + ask.slot.len() as f64 / 100.0;
    let points = vec![(asked - TimeDelta::minutes(30), value), (asked, value + 1.0)];
    let series = Series { labels: Labels::default(), points };
    let msg = Msg::Answered { slot: ask.slot.clone(), id, result: Ok(Answer::Series(vec![series])) };
    Moment { at: asked + TAKES, msg, asked: Some(ask.clone()) }
}

/// What the operator does once a frame was seen, and what the screen asks then.
fn operate(desk: &mut Desk, shown: &mut Vec<Shown>, is_tick: bool) -> Vec<(u64, Ask)> {
    if is_tick && desk.now.wall == instant() + LOOKS {
        let now = desk.now;
        shown.push(hear(desk, now, Msg::Key(chord("enter").expect("a key"))));
    }
    let effects = desk.app.asks(desk.now).into_iter();
    effects
        .filter_map(|effect| if let Effect::Ask { id, ask } = effect { Some((id, ask)) } else { None })
        .collect()
}

/// What was seen live: every message at its time, and a tick at each whole second between; and all that
/// was heard, as it is recorded.
fn live(setup: &Setup, view: &str, moments: &[Moment]) -> (Vec<Shown>, Vec<Moment>) {
    let mut desk = Desk::new(Setup { view: view.into(), ..setup.clone() }, (120, 40));
    let mut left: VecDeque<Moment> = moments.to_vec().into();
    let (mut shown, mut heard) = (Vec::new(), Vec::new());
    let mut second = 1;
    while !left.is_empty() {
        let tick = instant() + TimeDelta::seconds(second);
        let due = left.front().is_some_and(|moment| moment.at <= tick);
        let moment = if due { left.pop_front() } else { None };
        let at = moment.as_ref().map_or(tick, |moment| moment.at);
        let msg = moment.as_ref().map_or(Msg::Tick, |moment| moment.msg.clone());
        heard.extend(moment);
        let frame = hear(&mut desk, now(at), msg);
        shown.push(frame);
        for (id, ask) in operate(&mut desk, &mut shown, !due) {
            let answer = answer(id, &ask, at);
            left.insert(left.partition_point(|moment| moment.at <= answer.at), answer);
        }
        second += i64::from(!due);
    }
    (shown, heard)
}

fn now(wall: DateTime<Utc>) -> Now {
    Now { wall, mono: (wall - instant()).to_std().expect("later") }
}

#[test]
fn a_recorded_storm_gives_the_same_frames_as_live() {
    let home = home();
    let (setup, moments) = (homelab::setup(), storm());
    for view in ["bridge", "alerts", "targets", "logs", "backups", "hosts", "chain", "silences"] {
        let (expected, heard) = live(&setup, view, &moments);
        let file = home.path().join(format!("{view}.wardroom"));
        record(&file, &setup, &heard);
        let recording = Recording::read(&file).expect("a recording");
        assert_eq!(recording.sources, setup.sources);
        let clock = Clock::fixed(recording.started);
        let mut player = Player::new(recording, clock.clone());
        let mut desk = Desk::new(Setup { view: view.into(), ..setup.clone() }, (120, 40));
        let (mut shown, mut asked) = (Vec::new(), 0);
        while let Some(msg) = player.step() {
            let is_tick = msg == Msg::Tick;
            let frame = hear(&mut desk, clock.now(), msg);
            shown.push(frame);
            for (id, ask) in operate(&mut desk, &mut shown, is_tick) {
                asked += 1;
                assert_eq!(player.answer(id, &ask), None, "{view}: the answer comes at its time");
            }
        }
        assert!(shown.len() > 180, "{view}: {} frames", shown.len());
        assert!(view != "alerts" || asked > 0, "{view}: a detail asks");
        for (count, (frame, live)) in shown.iter().zip(&expected).enumerate() {
            assert_eq!(frame, live, "{view}: frame {count}");
        }
        assert_eq!(shown.len(), expected.len(), "{view}");
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
    use wardroom::border::Control;
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
