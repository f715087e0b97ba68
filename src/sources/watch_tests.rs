//! The polling loop against sources that do what they are told, on a clock that is stepped.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::domain::feed::SourceKind;
use crate::domain::labels::Labels;
use crate::domain::log::TailState;
use crate::domain::observation::Observation;
use crate::net::NetError;
use crate::sources::{Looking, Next};
use chrono::{DateTime, Utc};

/// What a look at a feed does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Does {
    Answers,
    Fails,
    Hangs,
    Panics,
}

/// A source whose feeds do as the script says; the last line of it goes on for ever.
#[derive(Debug)]
struct Scripted {
    id: SourceId,
    site: Arc<str>,
    plans: Vec<Plan>,
    script: Mutex<VecDeque<Does>>,
    hanging: Option<Feed>,
    tails: Mutex<Vec<ScriptedTail>>,
    looks: Arc<AtomicUsize>,
}

fn scripted(name: &str, feeds: &[Feed], script: &[Does]) -> Scripted {
    let plan = |feed: &Feed| Plan {
        feed: *feed,
        interval: Duration::from_secs(5),
        timeout: Duration::from_secs(10),
    };
    Scripted {
        id: SourceId::new(SourceKind::Prometheus, name),
        site: "".into(),
        plans: feeds.iter().map(plan).collect(),
        script: Mutex::new(script.iter().copied().collect()),
        hanging: None,
        tails: Mutex::default(),
        looks: Arc::default(),
    }
}

fn refused() -> SourceError {
    NetError::Refused { url: "http://127.0.0.1:1".to_owned() }.into()
}

impl Source for Scripted {
    fn id(&self) -> &SourceId {
        &self.id
    }
    fn site(&self) -> &Arc<str> {
        &self.site
    }
    fn feeds(&self) -> Vec<Plan> {
        self.plans.clone()
    }
    fn observe(&self, feed: Feed, _now: DateTime<Utc>) -> Looking<'_> {
        self.looks.fetch_add(1, Ordering::Relaxed);
        let mut script = self.script.lock().expect("no test panics while it holds this");
        let does = if script.len() > 1 { script.pop_front() } else { script.front().copied() };
        let does = if self.hanging == Some(feed) { Some(Does::Hangs) } else { does };
        Box::pin(async move {
            match does.expect("a script has a line") {
                Does::Answers => Ok(vec![Observation::ExternalLabels(Labels::default())]),
                Does::Fails => Err(refused()),
                Does::Hangs => std::future::pending().await,
                Does::Panics => panic!("the script says so"),
            }
        })
    }
    fn tails(&self) -> Vec<Box<dyn Tail>> {
        let tails = std::mem::take(&mut *self.tails.lock().expect("no test panics while it holds this"));
        tails.into_iter().map(|tail| Box::new(tail) as Box<dyn Tail>).collect()
    }
}

#[derive(Debug)]
struct ScriptedTail {
    name: Arc<str>,
    script: VecDeque<Does>,
}

impl Tail for ScriptedTail {
    fn name(&self) -> &Arc<str> {
        &self.name
    }
    fn query(&self) -> &Arc<str> {
        &self.name
    }
    fn next(&mut self) -> Next<'_> {
        let does = self.script.pop_front().unwrap_or(Does::Hangs);
        let tail = Arc::clone(&self.name);
        Box::pin(async move {
            match does {
                Does::Answers => Ok(Observation::Tail { tail, state: TailState::Live, entries: Vec::new() }),
                Does::Fails => Err(refused()),
                Does::Hangs => std::future::pending().await,
                Does::Panics => panic!("the script says so"),
            }
        })
    }
    fn heartbeat(&self) -> Duration {
        Duration::from_secs(10)
    }
}

/// A watch, and what comes out of it.
struct Seen {
    watch: Watch,
    events: mpsc::Receiver<Event>,
    began: Instant,
}

fn start(sources: Vec<Scripted>) -> Seen {
    let sources: Vec<Arc<dyn Source>> =
        sources.into_iter().map(|source| Arc::new(source) as Arc<dyn Source>).collect();
    let (to, events) = mpsc::channel(64);
    // No second of a clock that stands is worth waiting for.
    let watch = Watch::start(&sources, &Clock::fixed(DateTime::UNIX_EPOCH), &to);
    Seen { watch, events, began: Instant::now() }
}

impl Seen {
    /// The next event and when it came, in seconds since the start.
    async fn next(&mut self) -> (f64, Event) {
        let event = self.events.recv().await.expect("the watch goes on");
        (self.began.elapsed().as_secs_f64(), event)
    }

    /// When the next `count` events came.
    async fn times(&mut self, count: usize) -> Vec<f64> {
        let mut times = Vec::new();
        for _ in 0..count {
            times.push(self.next().await.0);
        }
        times
    }
}

fn gaps(times: &[f64]) -> Vec<f64> {
    times
        .windows(2)
        .map(|pair| pair.iter().rev().copied().reduce(|later, earlier| later - earlier).unwrap_or(0.0))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_feed_is_looked_at_once_at_the_start_and_then_at_its_interval() {
    let mut seen = start(vec![scripted("a", &[Feed::Targets], &[Does::Answers])]);
    let times = seen.times(20).await;
    assert!(times.first().is_some_and(|first| *first < 0.01), "{times:?}");
    for gap in gaps(&times) {
        assert!((4.74..=5.01).contains(&gap), "{gap} of {times:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn feeds_do_not_march_in_step() {
    let mut seen = start(vec![scripted("a", &[Feed::Targets, Feed::Alerts], &[Does::Answers])]);
    let mut at = [Vec::new(), Vec::new()];
    for _ in 0..40 {
        let (time, event) = seen.next().await;
        at[usize::from(event.feed == Feed::Alerts)].push(time);
    }
    let apart = at[0].iter().zip(&at[1]).filter(|(one, other)| (*one - *other).abs() > 0.01).count();
    assert!(apart > 10, "{at:?}");
}

#[tokio::test(start_paused = true)]
async fn who_is_in_no_hurry_is_asked_with_a_second_of_the_clock() {
    let clock = Clock::system();
    let slow = Duration::from_secs(5);
    for ahead in (0..3_000).step_by(7).map(|part| slow + Duration::from_millis(part)) {
        let (wall, now) = (clock.now().wall, Instant::now());
        let asked = with_a_second(now + ahead, slow, &clock);
        // The clock that is looked at goes on, the one that is waited by stands.
        let passed = clock.now().wall - wall;
        let moved = asked.duration_since(now).as_secs_f64() - ahead.as_secs_f64();
        assert!(moved.abs() < 0.51, "{moved} of {ahead:?}");
        let past = (wall + asked.duration_since(now)).timestamp_subsec_millis();
        let short = i64::from(1_000 - past);
        assert!(past <= 2 || short <= passed.num_milliseconds() + 2, "{past} ms past a second, {passed}");
        assert_eq!(with_a_second(now + ahead, Duration::from_secs(1), &clock), now + ahead, "in a hurry");
    }
}

#[tokio::test(start_paused = true)]
async fn failures_slow_a_feed_down_to_a_limit_and_success_resets_it() {
    let mut script = vec![Does::Fails; 8];
    script.extend([Does::Answers, Does::Answers]);
    let mut seen = start(vec![scripted("a", &[Feed::Targets], &script)]);
    let mut times = Vec::new();
    for at in 0..10 {
        let (time, event) = seen.next().await;
        times.push(time);
        assert_eq!(event.result.is_ok(), at >= 8, "{at}");
        if let Err(failure) = event.result {
            assert_eq!((failure.kind, &*failure.short), (FailureKind::Refused, "connection refused"));
        }
    }
    let gaps = gaps(&times);
    let (failed, fine) = gaps.split_at(8);
    assert!(failed.first().is_some_and(|first| (5.0..=10.01).contains(first)), "{gaps:?}");
    assert!(failed.iter().all(|gap| *gap <= 40.01), "eight intervals at the most: {gaps:?}");
    assert!(failed.iter().rev().take(3).all(|gap| *gap > 39.0), "it grew: {gaps:?}");
    assert!(fine.iter().all(|gap| *gap <= 5.01), "{gaps:?}");
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_a_minute_unless_the_interval_is_longer() {
    let source = SourceId::new(SourceKind::Pbs, "main");
    for (interval, limit) in [(5, 40), (15, 60), (300, 300)] {
        let mut pace = Pace::new(&source, Feed::Tasks, Duration::from_secs(interval));
        let last = (0..12).map(|_| pace.failed()).last().expect("twelve pauses");
        assert_eq!(last, Duration::from_secs(limit));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_looks_now_also_during_a_pause_after_failures() {
    let mut seen = start(vec![
        scripted("a", &[Feed::Targets], &[Does::Fails]),
        scripted("b", &[Feed::Targets], &[Does::Answers]),
    ]);
    seen.times(2).await;
    let a = SourceId::new(SourceKind::Prometheus, "a");
    seen.watch.refresh(Some(&a));
    let (time, event) = seen.next().await;
    assert_eq!(event.source, a);
    assert!(time < 0.01, "{time}");
    seen.watch.refresh(None);
    let times = seen.times(2).await;
    assert!(times.iter().all(|time| *time < 0.01), "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn a_feed_that_answers_again_wakes_the_others_of_its_source() {
    let mut source = scripted("a", &[Feed::Targets, Feed::Status], &[Does::Fails; 4]);
    source.script.get_mut().expect("nobody else has it yet").push_back(Does::Answers);
    source.plans.iter_mut().for_each(|plan| {
        plan.interval = Duration::from_secs(if plan.feed == Feed::Status { 60 } else { 1 });
    });
    let mut seen = start(vec![source]);
    let mut answered = Vec::new();
    while answered.len() < 2 {
        let (time, event) = seen.next().await;
        if event.result.is_ok() {
            answered.push((event.feed, time));
        }
    }
    let feeds: Vec<Feed> = answered.iter().map(|(feed, _)| *feed).collect();
    assert_eq!(feeds, [Feed::Targets, Feed::Status]);
    assert!(answered.iter().all(|(_, time)| *time < 15.0), "long before its minute is over: {answered:?}");
}

/// One that answers every other time at random: what recovers wakes what failed, and yet it is asked in
/// bounds.
#[tokio::test(start_paused = true)]
async fn a_server_that_comes_and_goes_is_asked_in_bounds() {
    const FEEDS: [Feed; 6] =
        [Feed::Targets, Feed::Alerts, Feed::Rules, Feed::Status, Feed::Scrapes, Feed::Measures];
    const HOUR: f64 = 3_600.0;
    let mut dice = 11_u64;
    let script: Vec<Does> = (0..100_000)
        .map(|_| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            if dice >> 63 == 0 { Does::Answers } else { Does::Fails }
        })
        .collect();
    let mut seen = start(vec![scripted("a", &FEEDS, &script)]);
    let mut times = Vec::new();
    while times.last().is_none_or(|last| *last < HOUR) {
        times.push(seen.next().await.0);
    }
    let well = HOUR / 4.75 * FEEDS.len() as f64;
    assert!((times.len() as f64) < 4.0 * well, "{} looks, {well} of one that is well", times.len());
    let most = FEEDS.len() * FEEDS.len();
    let crowd = times.windows(most + 1).find(|crowd| crowd[most] - crowd[0] < 1.0);
    assert!(crowd.is_none(), "more than {most} looks in a second: {crowd:?}");
}

#[tokio::test(start_paused = true)]
async fn a_feed_that_hangs_is_a_failure_of_its_own() {
    let mut hangs = scripted("a", &[Feed::Targets, Feed::Alerts], &[Does::Answers]);
    hangs.hanging = Some(Feed::Targets);
    let mut seen = start(vec![hangs]);
    let mut alerts = 0;
    loop {
        let (time, event) = seen.next().await;
        if event.feed == Feed::Alerts {
            alerts += 1;
            continue;
        }
        let failure = event.result.expect_err("it hangs");
        assert_eq!((failure.kind, &*failure.short), (FailureKind::Timeout, "timed out after 10 s"));
        assert!((10.0..10.1).contains(&time), "{time}");
        break;
    }
    assert!(alerts >= 2, "{alerts} looks at the other feed meanwhile");
}

#[tokio::test(start_paused = true)]
async fn a_full_channel_loses_nothing() {
    let mut counting = scripted("a", &[Feed::Targets, Feed::Alerts], &[Does::Answers]);
    let looks = Arc::clone(&counting.looks);
    counting.plans.iter_mut().for_each(|plan| plan.interval = Duration::from_secs(1));
    let source: Arc<dyn Source> = Arc::new(counting);
    let (to, mut events) = mpsc::channel(1);
    let watch = Watch::start(&[source], &Clock::system(), &to);
    drop(to);
    let mut received = 0;
    for _ in 0..20 {
        // The loop is busy with something else for longer than several looks take.
        sleep(Duration::from_secs(5)).await;
        received += usize::from(events.recv().await.is_some());
    }
    // One waits in the channel, and each feed holds at most one that it could not send yet.
    let made = looks.load(Ordering::Relaxed);
    assert!((received..=received + 3).contains(&made), "{made} looks, {received} received");
    drop(watch);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_watch_stops_every_task() {
    let mut seen = start(vec![scripted("a", &[Feed::Targets, Feed::Alerts], &[Does::Answers])]);
    seen.times(2).await;
    drop(seen.watch);
    // Every task holds a sender: the channel ends only when all of them are gone.
    while let Some(event) = timeout(Duration::from_mins(1), seen.events.recv()).await.expect("all tasks end")
    {
        assert!(event.result.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn a_tail_that_breaks_goes_on_and_one_that_is_silent_is_told() {
    let source = scripted("a", &[], &[Does::Answers]);
    let script = [Does::Answers, Does::Fails, Does::Fails, Does::Answers, Does::Hangs, Does::Answers];
    let tail = ScriptedTail { name: "all".into(), script: script.into() };
    source.tails.lock().expect("nobody else has it yet").push(tail);
    let mut seen = start(vec![source]);
    let mut told = Vec::new();
    for _ in script {
        let (time, event) = seen.next().await;
        assert_eq!(event.feed, Feed::Tail);
        let said = event.result.expect("a tail's failure names the tail").remove(0);
        let result = match said {
            Observation::Lost { tail, failure } => {
                assert_eq!(&*tail, "all");
                Err(failure.short.to_string())
            }
            _ => Ok(()),
        };
        told.push((time, result));
    }
    let words: Vec<&str> =
        told.iter().map(|(_, result)| result.as_ref().map_or_else(String::as_str, |()| "")).collect();
    assert_eq!(words, ["", "connection refused", "connection refused", "", "silent for 20 s", ""]);
    let times: Vec<f64> = told.iter().map(|(time, _)| *time).collect();
    let gaps = gaps(&times);
    assert!(gaps.get(1).is_some_and(|pause| (1.0..2.01).contains(pause)), "{gaps:?}");
    assert!(gaps.get(2).is_some_and(|pause| (2.0..4.01).contains(pause)), "a growing pause: {gaps:?}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_told_and_the_feed_goes_on() {
    let mut seen = start(vec![scripted("a", &[Feed::Targets], &[Does::Panics, Does::Answers])]);
    let (_, broken) = seen.next().await;
    let failure = broken.result.expect_err("the look panicked");
    assert_eq!(&*failure.short, "a fault in wardroom");
    let (_, next) = seen.next().await;
    assert!(next.result.is_ok());
}

#[test]
fn what_is_equal_is_the_same_again() {
    let pools = |name: &str| Observation::Pools([Arc::from(name)].into());
    let place = |seen: &Observation| match seen {
        Observation::Pools(pools) => Arc::as_ptr(pools),
        _ => panic!("pools"),
    };
    let mut before = Vec::new();
    let mut first = [pools("node")];
    keep_same(&mut before, &mut first);
    let mut again = [pools("node")];
    assert_ne!(place(&first[0]), place(&again[0]));
    keep_same(&mut before, &mut again);
    assert_eq!(place(&first[0]), place(&again[0]), "it is shared, so that a glance tells");
    let mut other = [pools("pve")];
    keep_same(&mut before, &mut other);
    assert_ne!(place(&first[0]), place(&other[0]));
}
