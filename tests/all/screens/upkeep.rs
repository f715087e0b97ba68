//! What the dashboard does unasked: it ends what is over, has clocks written down, and opens what
//! it was started for.

use std::sync::Arc;

use wardroom::app::Setup;
use wardroom::border::{Effect, Msg};
use wardroom::domain::alert::RaisedAlert;
use wardroom::domain::deed::{Receipt, What};
use wardroom::domain::feed::{Feed, SourceId, SourceKind};
use wardroom::domain::labels::Labels;
use wardroom::domain::observation::Observation;
use wardroom::domain::silence::{Matcher, Silence, SilenceState};
use wardroom::domain::wanted::Wanted;

use super::desk::{Desk, instant};
use super::homelab;

const SIZE: (u16, u16) = (120, 40);

fn wanted(alert: &str, labels: &[(&str, &str)]) -> Setup {
    let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Setup { wanted: Some(Wanted { alert: alert.to_owned(), labels }), ..homelab::setup() }
}

#[test]
fn the_alert_that_was_asked_for_is_opened_as_soon_as_it_is_there() {
    for (name, labels) in [("HostDown", &[][..]), ("00000000hostdown", &[]), ("DiskSpaceLow", &[])] {
        let mut desk = Desk::new(wanted(name, labels), SIZE);
        desk.hear(homelab::host_down());
        let screen = desk.screen();
        assert!(screen.contains("fingerprint"), "{name}: {screen}");
        assert_eq!(screen.contains("00000000hostdown"), name != "DiskSpaceLow", "{name}: {screen}");
    }
}

#[test]
fn what_is_asked_for_is_not_opened_before_alertmanager_has_told_of_it() {
    let raised = RaisedAlert {
        labels: [("alertname", "HostDown"), ("instance", "10.0.0.21:9100")].into_iter().collect(),
        annotations: Labels::default(),
        firing: true,
        active_at: instant(),
        value: "1".into(),
    };
    let told = |seen: Observation, kind| Msg::Observed {
        source: SourceId::new(kind, "main"),
        feed: Feed::Alerts,
        result: Ok(vec![seen]),
        took: 0.01,
    };
    let mut desk = Desk::new(wanted("HostDown", &[]), SIZE);
    desk.hear([told(Observation::Raised([raised].into()), SourceKind::Prometheus)]);
    assert!(!desk.screen().contains("fingerprint"), "{}", desk.screen());
    desk.hear(homelab::host_down());
    assert!(desk.screen().contains("00000000hostdown"), "{}", desk.screen());
}

#[test]
fn an_alert_that_is_not_there_is_told() {
    let mut desk = Desk::new(wanted("HostDown", &[("instance", "elsewhere")]), SIZE);
    desk.hear(homelab::host_down());
    let told = "there is no alert HostDown instance=elsewhere now";
    let is_told = (0..31).any(|_| desk.wait(1).screen().contains(told));
    assert!(is_told, "{}", desk.screen());
    let mut desk = Desk::new(wanted("HostDown", &[]), SIZE);
    desk.keys("j");
    desk.hear(homelab::host_down());
    assert!(!desk.screen().contains("respond by"), "a key says that there is something else to do");
}

/// Both servers heard, nothing fires, and a silence that ends when what it hides is resolved.
fn resolved() -> Vec<Msg> {
    let seen = |kind, feed, seen| Msg::Observed {
        source: SourceId::new(kind, "main"),
        feed,
        result: Ok(seen),
        took: 0.01,
    };
    let silence = Silence {
        id: "5ad0c2a4".into(),
        state: SilenceState::Active,
        matchers: vec![Matcher::equal("alertname", "HostDown")],
        created_by: "sam".into(),
        comment: "wardroom/1 until=resolved | the fan".into(),
        annotations: Labels::default(),
        starts_at: instant(),
        ends_at: instant() + chrono::TimeDelta::hours(1),
        updated_at: instant(),
    };
    vec![
        seen(SourceKind::Prometheus, Feed::Status, Vec::new()),
        seen(SourceKind::Prometheus, Feed::Alerts, vec![Observation::Raised(Arc::default())]),
        seen(SourceKind::Alertmanager, Feed::Alerts, vec![Observation::Alerts(Arc::default())]),
        seen(SourceKind::Alertmanager, Feed::Silences, vec![Observation::Silences([silence].into())]),
    ]
}

fn ended(desk: &Desk) -> Vec<(u64, Arc<str>)> {
    let calls = desk.effects.iter().filter_map(|effect| match effect {
        Effect::Call { id, deed } => match &deed.what {
            What::Expire { id: silence } => Some((*id, Arc::clone(silence))),
            _ => None,
        },
        _ => None,
    });
    calls.collect()
}

#[test]
fn an_open_dashboard_ends_what_is_over_once_and_quietly() {
    let mut desk = Desk::new(Setup { read_only: false, ..homelab::setup() }, SIZE);
    desk.hear(resolved()).wait(1);
    let first = ended(&desk);
    let [(call, silence)] = first.as_slice() else { panic!("one call: {first:?}") };
    assert_eq!(&**silence, "5ad0c2a4");
    let before = desk.screen();
    desk.hear([Msg::Done { id: *call, result: Ok(Receipt { id: Arc::clone(silence) }) }]);
    assert!(desk.effects.contains(&Effect::Refresh(None)), "it is looked again");
    assert_eq!(desk.screen(), before, "nobody asked for it, nobody is told");
    desk.hear(resolved()).wait(12);
    assert_eq!(ended(&desk).len(), 1, "not again at once");
}

#[test]
fn under_read_only_nothing_is_ended() {
    let mut desk = Desk::new(homelab::setup(), SIZE);
    desk.hear(resolved()).wait(12);
    assert!(!desk.effects.iter().any(|effect| matches!(effect, Effect::Call { .. })));
}

#[test]
fn response_clocks_are_written_down() {
    let mut desk = Desk::homelab(SIZE);
    desk.wait(1);
    let noted = desk.effects.iter().find_map(|effect| match effect {
        Effect::KeepClocks(clocks) => Some(clocks),
        _ => None,
    });
    let clocks = noted.expect("the clocks of what fires");
    assert!(clocks.iter().any(|clock| &*clock.fingerprint == "00000000hostdown"), "{clocks:?}");
}
