//! Alertmanager's answers, what becomes of them, and how those of several peers become one.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use serde::Deserialize;

use crate::domain::alert::{Alert, AlertState, FingerprintSource, Severity};
use crate::domain::labels::Interner;
use crate::domain::observation::Observation;
use crate::domain::silence::{Matcher, Silence, SilenceState};
use crate::sources::wire::{List, Pairs, Text, Wrong, time, time_or_oldest};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireAlert<'a> {
    #[serde(borrow)]
    labels: Pairs<'a>,
    #[serde(default, borrow)]
    annotations: Pairs<'a>,
    #[serde(borrow)]
    fingerprint: Text<'a>,
    #[serde(default, borrow)]
    starts_at: Text<'a>,
    #[serde(default, borrow)]
    ends_at: Text<'a>,
    #[serde(default, borrow)]
    receivers: List<Named<'a>>,
    #[serde(default, borrow, rename = "generatorURL")]
    generator_url: Text<'a>,
    #[serde(borrow)]
    status: AlertStatus<'a>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AlertStatus<'a> {
    #[serde(borrow)]
    state: Text<'a>,
    #[serde(default, borrow)]
    silenced_by: List<Text<'a>>,
    #[serde(default, borrow)]
    inhibited_by: List<Text<'a>>,
    #[serde(default, borrow)]
    muted_by: List<Text<'a>>,
}

/// The alerts of one peer.
pub(super) fn alerts(body: &str) -> Result<Vec<Alert>, Wrong> {
    let mut known = Interner::default();
    // Nothing at all is not "no alerts": the server always writes a list.
    let wire: Vec<WireAlert<'_>> = serde_json::from_str(body).map_err(Wrong::strange)?;
    Ok(wire.iter().map(|wire| alert(wire, &mut known)).collect())
}

fn alert(wire: &WireAlert<'_>, known: &mut Interner) -> Alert {
    let status = &wire.status;
    let severity = wire.labels.get("severity").keep(known);
    let generator_url = wire.generator_url.keep(known);
    Alert {
        name: wire.labels.get("alertname").keep(known),
        rank: Severity::of(&severity),
        severity,
        state: state(status),
        fingerprint: wire.fingerprint.keep(known),
        fingerprint_source: FingerprintSource::Alertmanager,
        starts_at: time_or_oldest(&wire.starts_at.0),
        ends_at: time(&wire.ends_at.0),
        labels: wire.labels.keep(known),
        exact: wire.labels.exact(known),
        annotations: wire.annotations.keep(known),
        silenced_by: keep_all(&status.silenced_by, known),
        inhibited_by: keep_all(&status.inhibited_by, known),
        muted_by: keep_all(&status.muted_by, known),
        acked_by: None,
        receivers: wire.receivers.0.iter().map(|receiver| receiver.name.keep(known)).collect(),
        generator_url: (!generator_url.is_empty()).then_some(generator_url),
        at: None,
    }
}

/// The first that is true, in the order of precedence; acknowledgements are told by the silences.
fn state(status: &AlertStatus<'_>) -> AlertState {
    if !status.inhibited_by.0.is_empty() {
        AlertState::Inhibited
    } else if !status.silenced_by.0.is_empty() || status.state.0 == "suppressed" {
        AlertState::Silenced
    } else {
        AlertState::Firing
    }
}

fn keep_all(texts: &List<Text<'_>>, known: &mut Interner) -> Vec<Arc<str>> {
    texts.0.iter().map(|text| text.keep(known)).collect()
}

/// Every alert once, in the default order: it is hidden if any peer hides it.
pub(super) fn merge_alerts(peers: Vec<Vec<Alert>>) -> Observation {
    let mut merged: BTreeMap<Arc<str>, Alert> = BTreeMap::new();
    for alert in peers.into_iter().flatten() {
        match merged.entry(Arc::clone(&alert.fingerprint)) {
            Entry::Vacant(place) => {
                place.insert(alert);
            }
            Entry::Occupied(place) => join(place.into_mut(), alert),
        }
    }
    let mut alerts: Vec<Alert> = merged.into_values().collect();
    alerts.sort_by(Alert::order);
    Observation::Alerts(alerts.into())
}

fn join(have: &mut Alert, other: Alert) {
    have.state = have.state.min(other.state);
    have.starts_at = have.starts_at.min(other.starts_at);
    have.ends_at = have.ends_at.max(other.ends_at);
    for (mine, theirs) in [
        (&mut have.silenced_by, other.silenced_by),
        (&mut have.inhibited_by, other.inhibited_by),
        (&mut have.muted_by, other.muted_by),
        (&mut have.receivers, other.receivers),
    ] {
        let new = theirs.into_iter().filter(|one| !mine.contains(one)).collect::<Vec<_>>();
        mine.extend(new);
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSilence<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    status: SilenceStatus<'a>,
    #[serde(default, borrow)]
    matchers: List<WireMatcher<'a>>,
    #[serde(default, borrow)]
    created_by: Text<'a>,
    #[serde(default, borrow)]
    comment: Text<'a>,
    #[serde(default, borrow)]
    annotations: Pairs<'a>,
    #[serde(default, borrow)]
    starts_at: Text<'a>,
    #[serde(default, borrow)]
    ends_at: Text<'a>,
    #[serde(default, borrow)]
    updated_at: Text<'a>,
}

#[derive(Deserialize)]
struct SilenceStatus<'a> {
    #[serde(borrow)]
    state: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireMatcher<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(default, borrow)]
    value: Text<'a>,
    #[serde(default)]
    is_regex: bool,
    #[serde(default = "yes")]
    is_equal: bool,
}

const fn yes() -> bool {
    true
}

/// The silences of one peer, the expired ones too: they overrule another peer's older copy.
pub(super) fn silences(body: &str) -> Result<Vec<Silence>, Wrong> {
    let mut known = Interner::default();
    let wire: Vec<WireSilence<'_>> = serde_json::from_str(body).map_err(Wrong::strange)?;
    Ok(wire.iter().map(|wire| silence(wire, &mut known)).collect())
}

fn silence(wire: &WireSilence<'_>, known: &mut Interner) -> Silence {
    let matcher = |wire: &WireMatcher<'_>| Matcher {
        // A matcher that is not exactly the server's would match something else when it is sent back.
        name: known.intern(&wire.name.0),
        value: known.intern(&wire.value.0),
        is_regex: wire.is_regex,
        is_equal: wire.is_equal,
    };
    let matchers = wire.matchers.0.iter().map(matcher).collect();
    Silence {
        id: wire.id.keep(known),
        state: match &*wire.status.state.0 {
            "active" => SilenceState::Active,
            "pending" => SilenceState::Pending,
            _ => SilenceState::Expired,
        },
        matchers,
        created_by: wire.created_by.keep(known),
        comment: wire.comment.keep(known),
        annotations: wire.annotations.keep(known),
        starts_at: time_or_oldest(&wire.starts_at.0),
        ends_at: time_or_oldest(&wire.ends_at.0),
        updated_at: time_or_oldest(&wire.updated_at.0),
    }
}

/// So many expired silences are kept: a server has those of five days.
const EXPIRED: usize = 100;

/// Every silence once, in its newest form: the first to end first, and after them the last that
/// expired.
pub(super) fn merge_silences(peers: Vec<Vec<Silence>>) -> Observation {
    let mut newest: BTreeMap<Arc<str>, Silence> = BTreeMap::new();
    for silence in peers.into_iter().flatten() {
        match newest.get(&silence.id) {
            Some(have) if have.updated_at >= silence.updated_at => {}
            _ => {
                newest.insert(Arc::clone(&silence.id), silence);
            }
        }
    }
    let (mut expired, mut silences): (Vec<Silence>, Vec<Silence>) =
        newest.into_values().partition(|silence| silence.state == SilenceState::Expired);
    silences.sort_by_key(|silence| (silence.state, silence.ends_at));
    expired.sort_by_key(|silence| std::cmp::Reverse(silence.ends_at));
    silences.extend(expired.into_iter().take(EXPIRED));
    Observation::Silences(silences.into())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireStatus<'a> {
    #[serde(borrow)]
    cluster: Cluster<'a>,
    #[serde(borrow)]
    version_info: VersionInfo<'a>,
}

#[derive(Deserialize)]
struct Cluster<'a> {
    #[serde(borrow)]
    status: Text<'a>,
}

#[derive(Deserialize)]
struct VersionInfo<'a> {
    #[serde(default, borrow)]
    version: Text<'a>,
}

/// What a peer says of itself.
#[derive(Clone, Debug)]
pub(super) struct Status {
    /// Of its cluster: `ready`, `settling`, `disabled`.
    pub(super) cluster: Arc<str>,
    /// Its version.
    pub(super) version: Arc<str>,
}

/// The status of one peer.
pub(super) fn status(body: &str) -> Result<Status, Wrong> {
    let mut known = Interner::default();
    let wire: WireStatus<'_> = serde_json::from_str(body).map_err(Wrong::strange)?;
    Ok(Status {
        cluster: wire.cluster.status.keep(&mut known),
        version: wire.version_info.version.keep(&mut known),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sources::wire::changed;

    /// Every decoder, on whatever comes, also as the answer of two peers.
    fn decode_all(body: &str) {
        let seen = [
            alerts(body).map(|alerts| merge_alerts(vec![alerts.clone(), alerts])),
            silences(body).map(|silences| merge_silences(vec![silences.clone(), silences])),
        ];
        for seen in seen.into_iter().flatten() {
            let json = serde_json::to_string(&seen).expect("an observation can be recorded");
            assert!(!json.contains("\\u00"), "a control character got through: {json}");
        }
        let _ = status(body);
    }

    #[test]
    fn the_answers_that_are_changed_below_are_good_ones() {
        assert!(alerts(ANSWERS[0]).is_ok() && silences(ANSWERS[1]).is_ok() && status(ANSWERS[2]).is_ok());
    }

    proptest! {
        #[test]
        fn no_text_makes_a_decoder_panic(body in ".{0,200}") {
            decode_all(&body);
        }

        #[test]
        fn no_change_to_an_answer_makes_a_decoder_panic(
            which in 0usize..3,
            at in 0usize..1000,
            new in "[\\[\\]{}\",:0-9a-z\\\\\u{1b}\u{202e}]{0,6}",
            cut in 0usize..30,
        ) {
            decode_all(&changed(ANSWERS[which], at, &new, cut));
        }
    }

    const ANSWERS: [&str; 3] = [
        r#"[{"labels":{"alertname":"A"},"annotations":{"s":"\u0000"},"fingerprint":"aa","startsAt":"2026-11-20T20:00:00.000Z","endsAt":"2026-11-20T20:04:00.000Z","receivers":[{"name":"x"}],"status":{"state":"suppressed","silencedBy":["s"],"inhibitedBy":[]}}]"#,
        r#"[{"id":"1","status":{"state":"active"},"updatedAt":"2026-11-20T20:00:00Z","startsAt":"2026-11-20T20:00:00Z","endsAt":"2026-11-20T22:00:00+02:00","createdBy":"sam","comment":"c","matchers":[{"name":"job","value":"x","isRegex":false,"isEqual":true}]}]"#,
        r#"{"cluster":{"status":"ready","peers":[]},"versionInfo":{"version":"0.25.0"}}"#,
    ];
}
