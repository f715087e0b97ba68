//! Storms of connections: a server that takes each and ends it before a word, and one that comes and
//! goes. It is asked ever more slowly, no connection is left lying, the others are heard as before, and
//! what is well again is seen by itself.

use std::time::{Duration, Instant};

use rstest::rstest;
use wardroom::demo::Scenario;
use wardroom::domain::feed::SourceKind;
use wardroom::sources::Source;

use super::alone::Ear;
use super::door::{Door, Fault};
use super::house::{House, look_at_all};
use super::outputs::wait_for;
use super::quick::{dashboard, leave};

/// As often as the config lets one ask.
const OFTEN: Duration = Duration::from_millis(100);

/// How often the server comes and goes.
const TURNS: usize = 4;

/// The sum over the doors of a kind of server.
fn sum(house: &House, kind: SourceKind, count: fn(&Door) -> usize) -> usize {
    house.doors_of(kind).map(count).sum()
}

/// So many connections may be made of one round of questions: each feed and tail asks each peer, up to
/// four questions at once; where a feed asks more than that in a round, each question may make its own.
async fn round(house: &House, source: &dyn Source) -> usize {
    let kind = source.id().kind;
    let before = sum(house, kind, Door::asked);
    look_at_all(source, &house.clock).await;
    let asked = sum(house, kind, Door::asked) - before;
    asked.max((source.feeds().len() + source.tails().len()) * house.doors_of(kind).count() * 4)
}

#[rstest]
#[tokio::test]
async fn a_server_that_drops_every_connection_is_asked_ever_more_slowly(
    #[values(
        SourceKind::Prometheus,
        SourceKind::Alertmanager,
        SourceKind::Loki,
        SourceKind::Pbs,
        SourceKind::Pve
    )]
    kind: SourceKind,
) {
    let house = House::start(Scenario::HostDown).await;
    let sources = house.sources("timeout = \"20s\"\ninterval = \"100ms\"");
    let source = sources.iter().find(|source| source.id().kind == kind).expect("all kinds are in the lab");
    let round = round(&house, &**source).await;
    let mut ear = Ear::to(&sources, &house.clock).await;

    let (began, before) = (Instant::now(), sum(&house, kind, Door::came));
    house.doors_of(kind).for_each(|door| door.set(Fault::Slammed));
    ear.until("it fails, and the others go on", |heard| {
        heard.badly(kind) >= 4 && heard.others_go_on(kind, 4)
    })
    .await;
    // After each failure the pause is twice as long.
    let took = began.elapsed();
    assert!(took >= OFTEN * (1 + 2 + 4), "{took:?}");
    // Three pauses lie behind it, and then one of eight intervals after the other.
    let rounds = 5 + usize::try_from(took.as_millis() / (OFTEN * 8).as_millis()).expect("a small number");
    let came = sum(&house, kind, Door::came) - before;
    assert!(came <= round * rounds, "{came} connections in {took:?}, {round} are one round");

    for turn in 0..TURNS {
        house.doors_of(kind).for_each(|door| door.set(Fault::None));
        ear.until("it is heard again", |heard| heard.well(kind) && heard.others_go_on(kind, 1)).await;
        house.doors_of(kind).for_each(|door| door.set(Fault::Slammed));
        ear.until("it is gone again", |heard| heard.badly(kind) > 0 && heard.others_go_on(kind, 1)).await;
        let (came, took) = (sum(&house, kind, Door::came) - before, began.elapsed());
        let rounds =
            8 * (turn + 2) + usize::try_from(took.as_millis() / OFTEN.as_millis()).expect("a small number");
        assert!(came <= round * rounds, "{came} connections in {took:?}, {round} are one round");
    }
    house.doors_of(kind).for_each(|door| door.set(Fault::None));
    ear.until("it is heard again", |heard| heard.well(kind) && heard.others_go_on(kind, 1)).await;
    let (most, open) = (sum(&house, kind, Door::most), sum(&house, kind, Door::open));
    assert!(most <= round, "{most} connections were open at once, {open} are now; {round} are one round");
}

/// How many files a process holds open, sockets among them; the least of some looks, for what is under way
/// for a while is none that was forgotten.
async fn files(pid: u32) -> usize {
    let mut least = usize::MAX;
    for _ in 0..20 {
        let open = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("it runs").count();
        least = least.min(open);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    least
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(2);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundreds_of_broken_connections_leave_no_file_open() {
    let house = House::start(Scenario::HostDown).await;
    let text = house.text("timeout = \"20s\"\ninterval = \"100ms\"");
    let shown = tokio::task::spawn_blocking(move || {
        let shown = dashboard(&text);
        wait_for(&shown.0, "HostDown");
        shown
    });
    let (pty, _home) = shown.await.expect("it starts");
    let count = |of: fn(&Door) -> usize| house.doors.iter().map(|(_, door)| of(door)).sum::<usize>();
    let mut held = Vec::new();
    for fault in [Fault::Slammed, Fault::Reset, Fault::CutEnd, Fault::Closed].into_iter().cycle().take(12) {
        let came = count(Door::came);
        house.set(&fault);
        until("it is asked, in vain", || count(Door::came) >= came + 30).await;
        house.set(&Fault::None);
        let asked = count(Door::asked);
        until("it is asked, and answers", || count(Door::asked) >= asked + 60).await;
        held.push(files(pty.pid()).await);
    }
    let (first, last) = held.split_at(held.len() / 2);
    // How many connections are kept open at the moment is chance; a leak would have gone on.
    let (before, after) = (first.iter().max(), last.iter().min());
    assert!(after.zip(before).is_some_and(|(after, before)| after <= before), "{held:?}");
    assert!(count(Door::came) > 300, "there was a storm");
    tokio::task::spawn_blocking(move || leave(pty)).await.expect("it leaves");
}
