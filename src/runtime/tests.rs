use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, UnboundedSender};

use super::*;
use crate::app::Setup;
use crate::domain::feed::{Feed, SourceId, SourceKind};
use crate::domain::store::Expected;
use crate::replay::Moment;
use crate::sources::{Looking, Plan, Source};

/// A screen that notes what happens to it.
#[derive(Debug, Default)]
struct Noted {
    frames: usize,
    given_back: bool,
    unanswered: usize,
}

impl Screen for Noted {
    fn draw(&mut self, app: &mut App, now: Now) -> io::Result<()> {
        self.frames += 1;
        Paper::new(80, 24).draw(app, now)
    }

    fn answered(&mut self) {
        self.unanswered -= 1;
    }

    fn outstanding(&self) -> Option<Duration> {
        (self.unanswered > 0).then_some(Duration::from_mins(1))
    }

    fn give_back(&mut self) {
        self.given_back = true;
    }
}

fn a_loop() -> (Loop<Noted>, UnboundedSender<Input>) {
    let (sender, inputs) = mpsc::unbounded_channel();
    let clock = Clock::fixed(DateTime::UNIX_EPOCH);
    let load = |_: Option<&str>| Err(vec!["wardroom.toml:1:1: no".to_owned()]);
    let feeds = Feeds::new(Handle::current(), Arc::new(load));
    (Loop::new(App::new(Setup::default()), Noted::default(), clock, inputs, feeds), sender)
}

fn key(text: &str) -> Input {
    Input::Msg(Msg::Key(text.parse().expect("a key")))
}

#[tokio::test]
async fn all_that_was_typed_is_folded_into_one_frame() {
    let (mut one, keys) = a_loop();
    one.turn().await.expect("drawn");
    assert_eq!((one.screen.frames, one.app.is_dirty()), (1, false));
    for text in ["j", "k", "?"] {
        keys.send(key(text)).expect("typed");
    }
    for _ in 0..4 {
        one.turn().await.expect("drawn");
    }
    assert_eq!((one.screen.frames, one.app.is_dirty()), (2, false));
}

#[tokio::test]
async fn nothing_is_drawn_when_nothing_changed() {
    let (mut one, _keys) = a_loop();
    one.turn().await.expect("drawn");
    let idle = tokio::time::timeout(Duration::from_millis(50), one.turn()).await;
    assert!(idle.is_err(), "it waits");
    assert_eq!(one.screen.frames, 1);
}

#[tokio::test]
async fn it_ends_by_a_key_a_signal_or_a_lost_terminal() {
    for (input, end) in [
        (key("q"), Ended::Quit),
        (Input::Signal(Call::End(15)), Ended::Signal(15)),
        (Input::Gone, Ended::Gone),
    ] {
        let (mut one, keys) = a_loop();
        keys.send(input).expect("sent");
        assert_eq!(one.run().await.expect("drawn"), end);
    }
}

#[tokio::test]
async fn the_last_answer_is_waited_for_at_the_end() {
    let (mut one, keys) = a_loop();
    one.screen.unanswered = 1;
    for input in [key("q"), key("x"), Input::Answered, key("y")] {
        keys.send(input).expect("sent");
    }
    one.run().await.expect("drawn");
    assert_eq!(one.screen.unanswered, 0);
    assert_eq!(one.inputs.try_recv(), Ok(key("y")), "no more than that was read");
}

#[tokio::test]
async fn what_takes_long_to_read_is_shown_after_the_first_frame_and_before_what_is_newer() {
    let (mut one, _keys) = a_loop();
    let (to, events) = mpsc::channel(1);
    one.feeds.events = events;
    let (source, feed) = (SourceId::new(SourceKind::Prometheus, "main"), Feed::Measures);
    let newer = crate::sources::Event { source, feed, result: Ok(Vec::new()), took: 0.1, place: None };
    to.send(newer).await.expect("heard");
    let (go, is_drawn) = std::sync::mpsc::channel();
    one.remember_later(move || {
        is_drawn.recv().expect("it is drawn");
        vec![Moment::new(DateTime::UNIX_EPOCH, Msg::Focus(false))]
    });
    one.turn().await.expect("drawn");
    assert_eq!((one.screen.frames, one.later.is_some(), one.feeds.events.len()), (1, true, 1));
    go.send(()).expect("it is read");
    one.turn().await.expect("read");
    assert_eq!((one.later.is_some(), one.feeds.events.len()), (false, 1));
    one.turn().await.expect("heard");
    assert_eq!(one.feeds.events.len(), 0);
}

/// A config of two sites with a server each.
fn of_site(site: Option<&str>) -> Loaded {
    let server = |name: &str| Expected {
        id: SourceId::new(SourceKind::Prometheus, name),
        site: name.into(),
        feeds: Vec::new(),
        tails: Vec::new(),
    };
    let shown = ["cabin", "home"].into_iter().filter(|name| site.is_none_or(|site| site == *name));
    let setup =
        Setup { sources: shown.map(server).collect(), site: site.map(Into::into), ..Setup::default() };
    Loaded { setup, sources: Vec::new() }
}

fn shown(one: &Loop<Noted>) -> Vec<&str> {
    one.app.store().sources.iter().map(|source| &*source.site).collect()
}

#[tokio::test]
async fn the_site_that_was_asked_for_last_is_shown() {
    let (mut one, _keys) = a_loop();
    one.feeds = Feeds::new(Handle::current(), Arc::new(|site: Option<&str>| Ok(of_site(site))));
    for (asked, sites) in
        [(Some("home"), &["home"][..]), (None, &["cabin", "home"]), (Some("cabin"), &["cabin"])]
    {
        one.feeds.show_site(asked.map(str::to_owned));
        let turns = async {
            while shown(&one) != sites {
                one.turn().await.expect("drawn");
            }
        };
        tokio::time::timeout(Duration::from_secs(10), turns).await.expect("it is read and shown");
    }
    // What was read of another before is not shown any more.
    assert!(!one.feeds.is_wanted(&of_site(Some("home"))));
}

#[tokio::test]
async fn a_wrong_config_is_told() {
    let (mut one, keys) = a_loop();
    one.turn().await.expect("drawn");
    one.feeds.reload();
    one.turn().await.expect("drawn");
    assert!(one.app.is_dirty());
    keys.send(key("q")).expect("typed");
    assert_eq!(one.run().await.expect("drawn"), Ended::Quit);
}

#[test]
fn a_sleeping_machine_and_a_set_clock_are_noticed() {
    let at = |wall: i64, mono: u64| Now {
        wall: DateTime::from_timestamp(wall, 0).expect("a time"),
        mono: Duration::from_secs(mono),
    };
    for (last, now, jumped) in [
        (at(100, 10), at(101, 11), false),
        (at(100, 10), at(104, 10), false),
        (at(100, 10), at(3_700, 11), true),
        (at(100, 10), at(40, 11), true),
        (at(100, 10), at(130, 40), true),
    ] {
        assert_eq!(has_jumped(last, now), jumped, "{last:?} {now:?}");
    }
}

/// A source whose every look takes the network's whole thread, as reading a huge answer there would.
#[derive(Debug)]
struct Greedy {
    id: SourceId,
    site: Arc<str>,
    began: std::sync::mpsc::Sender<()>,
    /// A look ends when the other end is gone.
    held: std::sync::Mutex<std::sync::mpsc::Receiver<()>>,
}

impl Source for Greedy {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn site(&self) -> &Arc<str> {
        &self.site
    }

    fn feeds(&self) -> Vec<Plan> {
        let span = Duration::from_mins(1);
        vec![Plan { feed: Feed::Snapshots, interval: span, timeout: span }]
    }

    fn observe(&self, _feed: Feed, _now: DateTime<Utc>) -> Looking<'_> {
        Box::pin(async move {
            self.began.send(()).expect("the test waits for it");
            let ended = self.held.lock().expect("nobody else has it").recv();
            assert!(ended.is_err(), "nothing is ever sent");
            Ok(Vec::new())
        })
    }
}

/// Were anything of a look done on the loop, it would stand still here for ever.
#[test]
fn keys_are_answered_while_a_look_takes_the_whole_thread_of_the_network() {
    let network =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a thread");
    let (began, looking) = std::sync::mpsc::channel();
    let (release, held) = std::sync::mpsc::channel();
    let greedy = Greedy {
        id: SourceId::new(SourceKind::Pbs, "main"),
        site: "".into(),
        began,
        held: std::sync::Mutex::new(held),
    };
    let screen = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a loop");
    screen.block_on(async {
        let (mut one, keys) = a_loop();
        one.feeds = Feeds::new(network.handle().clone(), Arc::new(|_: Option<&str>| Err(Vec::new())));
        one.feeds.watch(&[Arc::new(greedy)], &Clock::system());
        looking.recv_timeout(Duration::from_secs(20)).expect("the look begins");
        one.turn().await.expect("drawn");
        let before = one.screen.frames;
        for text in ["j", "?", "esc"] {
            keys.send(key(text)).expect("typed");
            while one.screen.frames == before || one.app.is_dirty() {
                one.turn().await.expect("drawn");
            }
        }
        assert!(one.screen.frames > before);
        keys.send(key("q")).expect("typed");
        assert_eq!(one.run().await.expect("drawn"), Ended::Quit);
        drop(release);
    });
    network.shutdown_background();
}
