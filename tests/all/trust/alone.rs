//! The fault of one server is its own: the others are heard as before, the screen tells the reason, few
//! questions are asked meanwhile, and with the fault gone all is as it was, by itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rstest::rstest;
use tokio::sync::mpsc;
use tokio::time::timeout;
use wardroom::app::Setup;
use wardroom::border::Msg;
use wardroom::clock::Clock;
use wardroom::demo::Scenario;
use wardroom::domain::feed::{Feed, SourceKind};
use wardroom::sources::watch::Watch;
use wardroom::sources::{Event, Source};

use super::door::{Door, Fault};
use super::house::House;
use crate::screens::desk::Desk;

/// The feed of each server that is asked most often.
const QUICK: [(SourceKind, Feed); 5] = [
    (SourceKind::Prometheus, Feed::Targets),
    (SourceKind::Alertmanager, Feed::Alerts),
    (SourceKind::Loki, Feed::Ready),
    (SourceKind::Pbs, Feed::Tasks),
    (SourceKind::Pve, Feed::Guests),
];

const LIMIT: Duration = Duration::from_mins(1);

/// How often each was heard well, and how often not, since it was last asked.
#[derive(Debug, Default)]
pub struct Heard(BTreeMap<SourceKind, (usize, usize)>);

impl Heard {
    /// Whether this one was heard well.
    pub fn well(&self, kind: SourceKind) -> bool {
        self.0.get(&kind).is_some_and(|(well, _)| *well > 0)
    }

    /// How often it was not.
    pub fn badly(&self, kind: SourceKind) -> usize {
        self.0.get(&kind).map_or(0, |(_, badly)| *badly)
    }

    /// Whether all the others were heard well so often, and never badly.
    pub fn others_go_on(&self, kind: SourceKind, often: usize) -> bool {
        let mut others = QUICK.iter().filter(|(other, _)| *other != kind);
        others.all(|(other, _)| self.0.get(other).is_some_and(|(well, badly)| *well >= often && *badly == 0))
    }
}

/// What was heard of the quick feeds, on a screen.
pub struct Ear {
    events: mpsc::Receiver<Event>,
    desk: Desk,
    heard: Heard,
    /// The last reason, in a few words.
    reason: String,
    _watch: Watch,
}

impl Ear {
    /// Begins to listen to these sources, until all of them were heard well.
    pub async fn to(sources: &[Arc<dyn Source>], clock: &Clock) -> Self {
        let setup = Setup { sources: wardroom::commands::expected(sources), ..Setup::default() };
        let (to, events) = mpsc::channel(64);
        let watch = Watch::start(sources, clock, &to);
        let desk = Desk::new(setup, (200, 60));
        let mut ear = Self { events, desk, heard: Heard::default(), reason: String::new(), _watch: watch };
        ear.until("all are heard", |heard| QUICK.iter().all(|(kind, _)| heard.well(*kind))).await;
        ear
    }

    /// Listens until it is as one wishes.
    pub async fn until(&mut self, what: &str, is_so: impl Fn(&Heard) -> bool) {
        self.heard = Heard::default();
        let deadline = Instant::now() + LIMIT;
        while !is_so(&self.heard) {
            let event =
                timeout(LIMIT, self.events.recv()).await.expect("the watch goes on").expect("it is there");
            assert!(Instant::now() < deadline, "{what}: {:?}", self.heard);
            let Event { source, feed, result, took, place: _held } = event;
            if QUICK.contains(&(source.kind, feed)) {
                let (well, badly) = self.heard.0.entry(source.kind).or_default();
                *if result.is_ok() { well } else { badly } += 1;
                if let Err(failure) = &result {
                    self.reason = failure.short.to_string();
                }
            }
            self.desk.hear([Msg::Observed { source, feed, result, took }]);
        }
    }
}

#[rstest]
#[tokio::test]
async fn the_fault_of_one_server_is_its_own(
    #[values(
        SourceKind::Prometheus,
        SourceKind::Alertmanager,
        SourceKind::Loki,
        SourceKind::Pbs,
        SourceKind::Pve
    )]
    kind: SourceKind,
    #[values(
        Fault::Silent,
        Fault::Closed,
        Fault::Garbage(3),
        Fault::CutEnd,
        Fault::Says(200, "text/html", b"<html>".to_vec()),
        Fault::Says(401, "text/plain", b"no".to_vec()),
        Fault::Says(500, "text/plain", b"boom".to_vec()),
        Fault::Huge(60 << 20)
    )]
    fault: Fault,
) {
    let house = House::start(Scenario::HostDown).await;
    let sources = house.sources("timeout = \"4s\"\ninterval = \"250ms\"");
    let mut ear = Ear::to(&sources, &house.clock).await;

    house.doors_of(kind).for_each(|door| door.set(fault.clone()));
    let (began, before) = (Instant::now(), house.doors_of(kind).map(Door::asked).sum::<usize>());
    ear.until("it fails, and the others go on", |heard| heard.badly(kind) > 1 && heard.others_go_on(kind, 2))
        .await;
    let asked = house.doors_of(kind).map(Door::asked).sum::<usize>() - before;
    // Seven feeds at most, two doors, one more try where a server is busy: at first at once, then ever
    // more slowly.
    let most = 60 + began.elapsed().as_secs() * 30;
    assert!(asked as u64 <= most, "{asked} questions in {:?}", began.elapsed());
    let reason: String = ear.reason.chars().take(12).collect();
    let screen = ear.desk.keys("3").screen();
    assert!(!reason.is_empty() && screen.contains(&reason), "{reason:?} is not on\n{screen}");

    house.doors_of(kind).for_each(|door| door.set(Fault::None));
    ear.until("it is heard again", |heard| heard.well(kind)).await;
}
