//! What runs is said to the others in an acknowledgement of its alert, read by their dashboards, and
//! taken back at its end, whichever comes first.

use std::time::Duration;

use chrono::TimeDelta;
use wardroom::border::{Effect, Msg};
use wardroom::domain::alert::RaisedAlert;
use wardroom::domain::deed::{Deed, Draft, Receipt, What};
use wardroom::domain::feed::{Feed, SourceId, SourceKind};
use wardroom::domain::observation::Observation;
use wardroom::domain::run::{End, Told};
use wardroom::domain::silence::{Silence, SilenceState};

use super::desk::Desk;
use super::homelab::PROMETHEUS;
use super::{homelab, runbooks};

const WIDE: (u16, u16) = (120, 40);

/// The restart of the exporter, of level L1, run by Sam.
fn restarted() -> (Desk, u64) {
    let mut desk = runbooks::host_down(WIDE);
    desk.keys("gB");
    for _ in 0..40 {
        if desk.screen().contains("Command  sudo systemctl restart node_exporter") {
            break;
        }
        desk.keys(".");
    }
    desk.keys("<enter>");
    desk.now.mono += Duration::from_secs(2);
    desk.effects.clear();
    desk.keys("y");
    let run = desk.effects.iter().find_map(|effect| match effect {
        Effect::Run { id, .. } => Some(*id),
        _ => None,
    });
    let run = run.unwrap_or_else(|| panic!("it runs:\n{}", desk.screen()));
    (desk, run)
}

fn calls(desk: &Desk) -> Vec<(u64, Deed)> {
    let calls = desk.effects.iter().filter_map(|effect| match effect {
        Effect::Call { id, deed } => Some((*id, deed.clone())),
        _ => None,
    });
    calls.collect()
}

fn made(desk: &Desk) -> (u64, SourceId, Draft) {
    match calls(desk).first() {
        Some((id, Deed { source, what: What::Silence(draft) })) => (*id, source.clone(), draft.clone()),
        other => panic!("an announcement: {other:?}"),
    }
}

fn ended() -> Told {
    Told::Ended(End { trouble: None, exit: Some(0), took: Duration::from_secs(1), ..End::refused("") })
}

fn receipt(id: u64) -> Msg {
    Msg::Done { id, result: Ok(Receipt { id: "a17f".into() }) }
}

#[test]
fn what_runs_is_announced_read_by_others_and_taken_back() {
    let (mut desk, run) = restarted();
    let (call, source, draft) = made(&desk);
    assert_eq!(source.kind, SourceKind::Alertmanager);
    let said = "sam runs sudo systemctl restart node_exporter on";
    assert!(draft.comment.starts_with("wardroom/1 ack start=") && draft.comment.contains(said), "{draft:?}");
    assert!(draft.comment.contains("since 14:02 UTC"), "{draft:?}");
    let lease = draft.ends_at - desk.now.wall;
    assert!(lease < TimeDelta::minutes(10), "should nobody take it back: {lease}");
    // The dashboard of another operator.
    let mut other = Desk::homelab(WIDE);
    let silence = Silence {
        id: "a17f".into(),
        state: SilenceState::Active,
        matchers: draft.matchers.clone(),
        created_by: draft.author.clone(),
        comment: draft.comment.clone(),
        annotations: draft.annotations.clone(),
        starts_at: draft.starts_at,
        ends_at: draft.ends_at,
        updated_at: draft.starts_at,
    };
    let seen = Observation::Silences([silence].into());
    other.hear([Msg::Observed { source, feed: Feed::Silences, result: Ok(vec![seen]), took: 0.01 }]);
    other.keys("2/HostDown<enter><enter>");
    assert!(other.screen().contains("acknowledged  by sam"), "{}", other.screen());
    assert!(other.screen().contains(said), "{}", other.screen());
    // It is over.
    desk.hear([receipt(call)]);
    desk.effects.clear();
    desk.hear([Msg::Ran { id: run, told: ended() }]);
    let back = calls(&desk);
    assert!(
        matches!(&back[..], [(_, Deed { what: What::Expire { id }, .. })] if &**id == "a17f"),
        "{back:?}"
    );
}

#[test]
fn what_is_over_before_it_was_announced_is_taken_back_too() {
    let (mut desk, run) = restarted();
    let (call, ..) = made(&desk);
    desk.effects.clear();
    desk.hear([Msg::Ran { id: run, told: ended() }]);
    assert!(calls(&desk).is_empty(), "there is nothing to take back yet");
    desk.hear([receipt(call)]);
    let back = calls(&desk);
    assert!(matches!(&back[..], [(_, Deed { what: What::Expire { .. }, .. })]), "{back:?}");
}

#[test]
fn a_look_is_not_announced_and_no_server_holds_up_what_runs() {
    let mut desk = runbooks::host_down(WIDE);
    desk.effects.clear();
    desk.keys("<enter>");
    desk.now.mono += Duration::from_secs(2);
    desk.keys("<enter>");
    assert!(desk.effects.iter().any(|effect| matches!(effect, Effect::Run { .. })), "{}", desk.screen());
    assert!(calls(&desk).is_empty());
    let (mut desk, run) = restarted();
    let (call, ..) = made(&desk);
    let failure = wardroom::sources::SourceError::unasked(&SourceId::new(SourceKind::Alertmanager, "main"));
    desk.hear([Msg::Done { id: call, result: Err(failure.failure()) }]);
    assert!(desk.screen().contains("others do not hear that it runs"), "{}", desk.screen());
    desk.effects.clear();
    desk.hear([Msg::Ran { id: run, told: ended() }]);
    assert!(calls(&desk).is_empty(), "nothing was announced");
}

#[test]
fn a_prometheus_is_told_to_read_its_config_by_keys() {
    let mut desk = Desk::new(runbooks::setup(), WIDE);
    desk.hear(homelab::host_down());
    desk.keys("3<tab>/prometheus<enter>x");
    assert!(desk.screen().contains("reload its config and rules"), "{}", desk.screen());
    desk.keys("<enter>");
    assert!(desk.screen().contains("POST /-/reload"), "{}", desk.screen());
    assert!(calls(&desk).is_empty(), "it is shown first");
    desk.keys("<enter>");
    let calls = calls(&desk);
    let [(id, Deed { source, what: What::Reload })] = &calls[..] else { panic!("{calls:?}") };
    assert_eq!(source.kind, SourceKind::Prometheus);
    desk.hear([Msg::Done { id: *id, result: Ok(Receipt { id: "".into() }) }]);
    assert!(desk.screen().contains("it has read its config and rules again"), "{}", desk.screen());
}

#[test]
fn what_was_selected_before_it_was_routed_is_acknowledged_where_it_was_routed_to() {
    let known = homelab::host_down().into_iter().find_map(|msg| match msg {
        Msg::Observed { result: Ok(seen), .. } => seen.into_iter().find_map(|one| match one {
            Observation::Alerts(alerts) => alerts.iter().find(|alert| &*alert.name == "HostDown").cloned(),
            _ => None,
        }),
        _ => None,
    });
    let known = known.expect("it is among them");
    let raised = RaisedAlert {
        // An external label of the Prometheus is what an Alertmanager alone is told.
        labels: known.labels.iter().filter(|(name, _)| *name != "severity").collect(),
        annotations: known.annotations.clone(),
        firing: true,
        active_at: known.starts_at,
        value: "1".into(),
    };
    let told =
        || homelab::observed(PROMETHEUS, Feed::Alerts, vec![Observation::Raised([raised.clone()].into())]);
    let mut desk = Desk::new(runbooks::setup(), WIDE);
    desk.hear([told()]);
    desk.keys("2/HostDown<enter>");
    desk.keys("a");
    assert!(desk.screen().contains("no Alertmanager has this alert yet"), "{}", desk.screen());
    desk.keys("j");
    // The list is held under the keys: the row is still the one that Prometheus told of.
    desk.hear(homelab::host_down()).hear([told()]);
    desk.keys("aon it<enter>");
    let (_, source, draft) = made(&desk);
    assert_eq!(source.kind, SourceKind::Alertmanager, "{draft:?}");
}
