//! What `Debug` prints goes into logs, panics and assertions: there is no secret in it, also not of a source
//! that has shown its credentials to a server.

use rstest::rstest;
use wardroom::config::Config;
use wardroom::demo::Scenario;

use super::house::{House, look_at_all};
use super::outputs::{echoing, leaks, planted};

#[rstest]
#[case::that_works(false)]
#[case::whose_servers_say_them_back(true)]
#[tokio::test]
async fn no_secret_is_in_what_debug_prints(#[case] is_echoed: bool) {
    let house = House::start(Scenario::HostDown).await;
    let place = tempfile::tempdir().expect("a directory");
    let text = planted(&house, place.path());
    assert!(leaks(&text).len() >= 3, "they stand in the config");
    if is_echoed {
        house.doors.iter().for_each(|(kind, door)| door.set(echoing(*kind)));
    }
    let config = Config::parse("wardroom.toml", &text, None).expect("the config is right");
    for source in &config.sources {
        for (feed, seen) in look_at_all(&**source, &house.clock).await {
            assert_eq!(leaks(&format!("{seen:?}")), [""; 0], "{feed}");
        }
        let doors = source.doors();
        assert_eq!(leaks(&format!("{source:?} {source:#?} {doors:?}")), [""; 0], "{}", source.id());
    }
    assert_eq!(leaks(&format!("{config:?} {config:#?}")), [""; 0]);
    assert_eq!(leaks(&format!("{:?}", wardroom::secret::revealed())), [""; 0]);
}
