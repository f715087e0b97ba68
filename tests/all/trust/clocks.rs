//! Clocks that jump, ours and those of servers, and a machine that slept: what was measured before is
//! not taken for measured now, nothing is younger than it is, and what is heard anew counts again.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use regex::Regex;
use rstest::rstest;
use wardroom::border::{Effect, Msg};
use wardroom::cli::Global;
use wardroom::demo::Scenario;
use wardroom::domain::health::Health;
use wardroom::sources::Source;

use super::house::{House, look_at_all};
use crate::screens::desk::Desk;

/// A screen on a lab.
struct Scene {
    house: House,
    sources: Vec<Arc<dyn Source>>,
    desk: Desk,
}

impl Scene {
    async fn start(scenario: Scenario) -> Self {
        let house = House::start(scenario).await;
        let config = house.config("timeout = \"60s\"");
        let setup = wardroom::commands::setup(&config, &Global::default(), None).expect("all views");
        let desk = Desk::new(setup, (200, 60));
        Self { house, sources: config.sources, desk }
    }

    /// Hears every feed, when our clock is so far ahead of the servers'.
    async fn hear(&mut self, ahead: TimeDelta) {
        let servers = self.house.clock.now().wall;
        self.desk.now.wall = servers + ahead;
        for source in &self.sources {
            // Whoever looks does so by our clock.
            let ours = wardroom::clock::Clock::fixed(servers + ahead);
            for (feed, result) in look_at_all(&**source, &ours).await {
                self.desk.hear([Msg::Observed { source: source.id().clone(), feed, result, took: 0.01 }]);
            }
            for mut tail in source.tails() {
                tail.keep_time(&ours);
                if let Ok(Ok(seen)) = tokio::time::timeout(Duration::from_secs(10), tail.next()).await {
                    let (source, feed) = (source.id().clone(), wardroom::domain::feed::Feed::Tail);
                    self.desk.hear([Msg::Observed { source, feed, result: Ok(vec![seen]), took: 0.01 }]);
                }
            }
        }
        // A state changes after two looks.
        self.desk.wait(2);
    }

    fn state(&mut self) -> Health {
        let now = self.desk.now;
        self.desk.app.verdict(now).state
    }

    /// No age is less than none, in no view.
    fn expect_sound(&mut self, when: &str) {
        let negative = Regex::new(r"(?m)(?:^|[\s(])[-−]\d+[smhdy]\b").expect("a pattern");
        for keys in ["1", "2", "2<enter>", "3", "3<enter>", "4", "5", "5<enter>", "6", "7", "8", "v", "H"] {
            let screen = self.desk.keys(keys).screen();
            let found = negative.find(&screen).map(|found| found.as_str().to_owned());
            assert_eq!(found, None, "{when}, after {keys}:\n{screen}");
            self.desk.keys("<esc><esc>");
        }
    }
}

const HOUR: TimeDelta = TimeDelta::hours(1);

/// A jump of the wall clock, and of the one that nobody sets.
#[rstest]
#[case::back_an_hour(-HOUR, Duration::from_secs(1))]
#[case::forward_a_day(HOUR * 24, Duration::from_secs(1))]
#[case::slept_eight_hours(HOUR * 8, Duration::from_hours(8))]
#[case::slept_where_no_clock_counted(HOUR * 8, Duration::from_secs(1))]
#[tokio::test]
async fn after_a_jump_nothing_is_good_until_it_is_heard_again(
    #[case] wall: TimeDelta,
    #[case] mono: Duration,
) {
    let mut scene = Scene::start(Scenario::Calm).await;
    scene.hear(TimeDelta::zero()).await;
    let before = scene.state();
    assert_eq!(before, Health::Ok, "{}", scene.desk.screen());
    scene.desk.now.wall += wall;
    scene.desk.now.mono += mono;
    scene.desk.effects.clear();
    scene.desk.hear([Msg::Jumped, Msg::Tick]);
    assert!(scene.desk.effects.contains(&Effect::Refresh(None)), "all is asked at once");
    assert_ne!(scene.state(), Health::Ok, "{}", scene.desk.screen());
    scene.expect_sound("after the jump");
    // Servers whose clocks went the same way, as those of one network do.
    scene.house.clock.advance(wall);
    scene.hear(TimeDelta::zero()).await;
    scene.hear(TimeDelta::zero()).await;
    assert_ne!(scene.state(), Health::Unknown, "{}", scene.desk.screen());
    scene.expect_sound("heard again");
}

/// Our clock is ahead of the servers', or behind.
#[rstest]
#[tokio::test]
async fn a_server_whose_clock_is_off_is_not_believed_to_be_well(
    #[values(Scenario::Calm, Scenario::HostDown)] scenario: Scenario,
    #[values(-24, -1, 1, 24)] hours: i64,
) {
    let mut scene = Scene::start(scenario).await;
    scene.hear(HOUR * i32::try_from(hours).expect("a small number")).await;
    assert_ne!(scene.state(), Health::Ok, "{}", scene.desk.screen());
    scene.expect_sound("with clocks that differ");
}
