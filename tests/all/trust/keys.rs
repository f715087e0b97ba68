//! Whatever is typed, at whatever size, on whatever the servers say: nothing breaks, every frame keeps
//! to its bounds, and nothing is written or run that was not shown and confirmed.
//!
//! `WARDROOM_EVENTS` is how many events are played in all, `WARDROOM_SEED` what chance starts from.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use crokey::KeyCombination;
use ratatui::buffer::Buffer;
use rstest::rstest;
use strum::IntoEnumIterator as _;
use tokio::runtime::Runtime;
use wardroom::border::{Effect, Msg};
use wardroom::demo::Scenario;
use wardroom::domain::deed::{Receipt, What};
use wardroom::domain::run::{End, Line, Order, Stream, Told};
use wardroom::keymap::{Context, Keymap, Press, chord, presses};
use wardroom::runbooks::login::digest;
use wardroom::runbooks::shelf::Standing;

use super::chance::Chance;
use super::facts::{Facts, failure};
use super::hostile::{expect_sound, nasty};
use crate::screens::desk::{Desk, text_of};

/// Ways to what is behind more than one key.
const WAYS: [&str; 26] = [
    "2",
    "2s",
    "2a",
    "2<space>j<space>s",
    "2<space>ja",
    "2<enter>",
    "2x",
    "Sx",
    "Se",
    "5x",
    "5jjx",
    "5<enter>",
    "3r",
    "2r",
    "7<enter>",
    "2/HostDown<enter>r",
    "A",
    "B",
    "C",
    "<enter>",
    "<enter><enter>",
    "<tab><tab><enter>",
    "sam",
    "new disks",
    ":silence",
    "y",
];

/// Texts that a person would type, and some that none would.
fn pasted(chance: &mut Chance) -> String {
    let hostile = nasty();
    chance
        .of(&["vm/102", "10.0.0.21", "a\nb\ny\nY\n", hostile.as_str(), "", "{host=~\".+\"}", "yyyyyyyy"])
        .to_owned()
}

/// What happened so far, and what must stay true.
struct Game {
    desk: Desk,
    facts: Facts,
    others: Vec<Msg>,
    runtime: Runtime,
    chance: Chance,
    pool: Vec<KeyCombination>,
    typed: VecDeque<KeyCombination>,
    read_only: bool,
    size: (u16, u16),
    /// The last frame.
    frame: Buffer,
    calls: usize,
    runs: usize,
}

/// Where an effect came from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    Key,
    /// A write that went well may be followed by the next of those that were confirmed together.
    Done,
    Tick,
    /// Something was heard of a run.
    Run,
    Other,
}

impl Game {
    fn new(scenario: Scenario, read_only: bool, seed: u64) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("threads");
        let facts = runtime.block_on(Facts::of(scenario));
        let others = runtime.block_on(Facts::of(Scenario::Calm)).all;
        let keymap = Keymap::default();
        let bound =
            Context::iter().flat_map(|context| keymap.bound(context).map(|(_, key)| key).collect::<Vec<_>>());
        let more = (' '..='~').filter_map(|char| chord(&char.to_string()).ok());
        let names = ["enter", "esc", "backspace", "left", "right", "delete", "f1", "insert", "alt-x"];
        let pool: Vec<KeyCombination> =
            bound.chain(more).chain(names.iter().filter_map(|name| chord(name).ok())).collect();
        let mut desk = Desk::new(facts.setup(read_only), (120, 40));
        desk.hear(facts.all.clone());
        desk.hear([facts.shelf(&Standing::Trusted)]);
        Self {
            desk,
            facts,
            others,
            runtime,
            chance: Chance::new(seed),
            pool,
            typed: VecDeque::new(),
            read_only,
            size: (120, 40),
            frame: Buffer::default(),
            calls: 0,
            runs: 0,
        }
    }

    /// Draws, looks whether the frame is sound, and answers what it asks.
    fn draw(&mut self) {
        let buffer = self.desk.draw();
        assert_eq!((buffer.area.width, buffer.area.height), self.size);
        expect_sound(buffer, "whatever was typed");
        self.frame.clone_from(buffer);
        // A search goes on from frame to frame, and comes to an end.
        let mut more = 0;
        while self.desk.app.is_dirty() {
            self.desk.draw();
            more += 1;
            assert!(more < 1_000, "it is drawn for ever");
        }
        let asks = self.desk.app.asks(self.desk.now);
        self.follow(asks, From::Other);
    }

    /// Does what effects ask for, as servers and machines would or would not.
    fn follow(&mut self, effects: Vec<Effect>, from: From) {
        for effect in effects {
            match effect {
                Effect::Ask { id, ask } => {
                    let result = if self.chance.one_in(10) {
                        Err(failure("no answer"))
                    } else {
                        self.runtime.block_on(self.facts.answer(&ask))
                    };
                    self.hear(Msg::Answered { slot: ask.slot, id, result }, From::Other);
                }
                Effect::Call { id, deed } => {
                    self.check_call(&deed.what, from);
                    let fails = self.chance.one_in(3);
                    let result = if fails {
                        Err(failure("the server is busy"))
                    } else {
                        Ok(Receipt { id: "1".into() })
                    };
                    self.hear(Msg::Done { id, result }, From::Done);
                }
                Effect::Run { id, order } | Effect::HandOver { id, order } => {
                    self.check_run(&order, from);
                    self.run(id);
                }
                Effect::Trust { .. } => {
                    let read = self.facts.shelf(&Standing::Trusted);
                    self.hear(read, From::Other);
                }
                Effect::Stop(id) => {
                    self.hear(Msg::Ran { id, told: Told::Ended(End::refused("stopped")) }, From::Run);
                }
                Effect::RecallAll => self.hear(Msg::Incidents(Vec::new()), From::Other),
                Effect::Save(_) => {
                    let saved = if self.chance.one_in(2) {
                        Ok("3 lines".to_owned())
                    } else {
                        Err("no room".to_owned())
                    };
                    self.hear(Msg::Saving { lines: 3, share: 0.5 }, From::Other);
                    self.hear(Msg::Saved(saved), From::Other);
                }
                _ => {}
            }
        }
    }

    fn run(&mut self, id: u64) {
        let line = |text: &str| Line { stream: Stream::Out, text: text.into() };
        let told = Told::Lines { lines: vec![line("one"), line("two")], dropped: 0, open: Some("$".into()) };
        self.hear(Msg::Ran { id, told }, From::Run);
        if !self.chance.one_in(4) {
            let asks_terminal = self.chance.one_in(2);
            let end = End { trouble: None, exit: Some(0), asks_terminal, ..End::refused("") };
            self.hear(Msg::Ran { id, told: Told::Ended(end) }, From::Run);
        }
    }

    /// A write was let through: was it shown, and confirmed?
    fn check_call(&mut self, what: &What, from: From) {
        assert!(!self.read_only, "a write under --read-only");
        self.calls += 1;
        match from {
            From::Key => {
                assert!(self.size.0 >= 20 && self.size.1 >= 4, "confirmed at {:?}", self.size);
                // A word to the operator may stand over the keys for a few seconds; that the rest was
                // drawn is held by `app::seen`.
                let frame = text_of(&self.frame);
                let footer = frame.lines().last().unwrap_or_default();
                // What was confirmed to run is announced to the others.
                let is_announced = matches!(what, What::Silence(draft) if draft.comment.contains(" runs "));
                let is_asked = is_announced
                    || footer.contains("do it")
                    || footer.contains("go on")
                    || !footer.contains("Esc");
                assert!(is_asked || self.size.0 < 80, "nothing on the screen asked:\n{frame}");
            }
            From::Done => {}
            // What is bound to a condition ends or goes on by itself, and nothing begins so.
            From::Tick => assert!(match what {
                What::Expire { .. } => true,
                What::Silence(draft) => draft.id.is_some(),
                What::Chore(_) | What::Test(_) | What::Reload | What::Annotate(_) => false,
            }),
            // That something runs is no longer said when it is over.
            From::Run => assert!(matches!(what, What::Expire { .. }), "{what:?}"),
            From::Other => panic!("a write that nobody asked for"),
        }
    }

    /// A command was let through.
    fn check_run(&mut self, order: &Order, from: From) {
        assert!(!self.read_only, "a command under --read-only");
        self.runs += 1;
        assert!(from == From::Key, "a command that nobody confirmed");
        assert_eq!(order.confirmed, digest(&order.argv), "what was shown is what runs");
        assert!(!order.how.is_empty() && order.level != "X", "{order:?}");
        let frame = text_of(&self.frame);
        let is_asked = ["runs it", "type ", "hand"].iter().any(|word| frame.contains(word));
        assert!(is_asked || self.size.0 < 80, "nothing on the screen asked for {order:?}:\n{frame}");
    }

    fn hear(&mut self, msg: Msg, from: From) {
        self.desk.effects.clear();
        self.desk.hear([msg]);
        let effects = std::mem::take(&mut self.desk.effects);
        self.follow(effects, from);
    }

    fn pass(&mut self, span: Duration) {
        self.desk.now.mono += span;
        self.desk.now.wall += chrono::TimeDelta::from_std(span).expect("a short while");
    }

    fn resize(&mut self) {
        let (width, height) = match self.chance.below(6) {
            0 => (1, 1),
            1 => (1 + self.chance.below(30), 1 + self.chance.below(12)),
            2 => (1 + self.chance.below(250), 1 + self.chance.below(70)),
            3 => (80, 24),
            _ => (120, 40),
        };
        let small = |cells| u16::try_from(cells).expect("a small number");
        self.size = (small(width), small(height));
        self.desk.effects.clear();
        self.desk.resize(self.size.0, self.size.1);
    }

    /// One event.
    fn step(&mut self) {
        match self.chance.below(100) {
            0..3 => self.resize(),
            3..6 => {
                self.pass(Duration::from_secs(1));
                self.hear(Msg::Tick, From::Tick);
            }
            6..9 => {
                let facts = if self.chance.one_in(2) { &self.facts.all } else { &self.others };
                let mut msg = facts[self.chance.below(facts.len())].clone();
                if let Msg::Observed { result, .. } = &mut msg
                    && self.chance.one_in(5)
                {
                    *result = Err(failure("connection refused"));
                }
                self.hear(msg, From::Other);
            }
            9 => {
                let text = pasted(&mut self.chance);
                self.hear(Msg::Paste(text), From::Other);
            }
            10 => {
                let standing = [Standing::New, Standing::Trusted, Standing::Exposed];
                let read = self.facts.shelf(&standing[self.chance.below(3)]);
                let other = [
                    Msg::Jumped,
                    Msg::Focus(true),
                    Msg::Reloaded(Err(vec!["no".to_owned()])),
                    Msg::Unrecorded(None),
                    read,
                ];
                let msg = other[self.chance.below(other.len())].clone();
                self.hear(msg, From::Other);
            }
            11..16 if self.typed.is_empty() => {
                let way = presses(self.chance.of(&WAYS)).expect("keys");
                self.typed.extend(way.iter().filter_map(|press| match press {
                    Press::Key(key) => Some(*key),
                    Press::Wait => None,
                }));
            }
            _ => self.press(),
        }
        // Frames come more slowly than keys.
        if !self.chance.one_in(3) {
            self.draw();
        }
    }

    fn press(&mut self) {
        let key = match self.typed.pop_front() {
            Some(key) => key,
            None => self.pool[self.chance.below(self.pool.len())],
        };
        let span = [1, 40, 300, 900][self.chance.below(4)];
        self.pass(Duration::from_millis(span));
        self.hear(Msg::Key(key), From::Key);
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Says how a game can be played again, and what came of it.
#[expect(clippy::print_stdout, reason = "shown when a test fails, or with --nocapture")]
fn tell(text: &str) {
    println!("{text}");
}

/// How many games share the events.
const GAMES: u64 = 10;

#[rstest]
fn nothing_is_written_that_was_not_confirmed_whatever_is_typed(
    #[values(
        Scenario::Calm,
        Scenario::HostDown,
        Scenario::BackupLate,
        Scenario::Storm,
        Scenario::ChainBroken
    )]
    scenario: Scenario,
    #[values(false, true)] read_only: bool,
) {
    let seed = number("WARDROOM_SEED", 1);
    let events = number("WARDROOM_EVENTS", 50_000) / GAMES;
    let mut game = Game::new(scenario, read_only, seed);
    for event in 0..events {
        let played = catch_unwind(AssertUnwindSafe(|| game.step()));
        if let Err(broken) = played {
            let size = game.size;
            tell(&format!(
                "scenario {scenario}, read-only {read_only}, seed {seed}, event {event}, at {size:?}\n{}",
                text_of(&game.frame)
            ));
            resume_unwind(broken);
        }
    }
    tell(&format!(
        "{scenario}, read-only {read_only}, seed {seed}: {events} events, {} writes, {} commands",
        game.calls, game.runs
    ));
    if !read_only && events >= 5_000 {
        assert!(game.calls > 0, "no way to a write was found");
    }
}
