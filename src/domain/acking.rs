//! Acknowledgements in the making: silences that hide nothing and say who is on an alert.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::alert::Alert;
use super::comment::{Comment, Tag};
use super::deed::{Draft, What};
use super::silence::{ACKNOWLEDGED, Matcher, Silence, SilenceState};

/// "`author` is on these": one silence, whatever their number, that no alert meets.
pub fn acknowledge(
    alerts: &[&Alert],
    author: &str,
    text: &str,
    span: TimeDelta,
    now: DateTime<Utc>,
) -> Draft {
    let mut matchers = vec![Matcher::one_of(ACKNOWLEDGED, alerts.iter().map(|alert| &*alert.fingerprint))];
    // The name is for those who look with other tools; it does not matter for what is hidden.
    let name = alerts.first().map(|alert| alert.exact_labels().get("alertname").unwrap_or(""));
    let is_same = |alert: &&&Alert| alert.exact_labels().get("alertname") == name;
    let all_same = alerts.iter().filter(is_same).count() == alerts.len();
    if let Some(name) = name.filter(|name| !name.is_empty() && all_same) {
        matchers.push(Matcher::equal("alertname", name));
    }
    let tag = Tag::Ack { start: alerts.iter().map(|alert| alert.starts_at).max(), by: Some(author.into()) };
    let comment = Comment { tag: Some(tag), text: text.trim().into() };
    Draft {
        matchers,
        author: author.into(),
        comment: comment.to_string().into(),
        ..Draft::empty(now - TimeDelta::seconds(30), now + span)
    }
}

impl Silence {
    /// The fingerprints that it acknowledges; none when it is no acknowledgement.
    pub fn acknowledged(&self) -> Vec<&str> {
        let Some(matcher) = self.matchers.iter().find(|one| &*one.name == ACKNOWLEDGED && one.is_equal)
        else {
            return Vec::new();
        };
        if !matcher.is_regex {
            return vec![&matcher.value];
        }
        matcher.value.split('|').map(|one| one.trim_matches(['(', ')'])).collect()
    }
}

/// What takes the acknowledgement of an alert back: those that speak of it alone end, those that
/// speak of others too go on without it.
pub fn unacknowledge(fingerprint: &str, silences: &[Silence]) -> Vec<What> {
    let speaks = |silence: &&Silence| {
        silence.state == SilenceState::Active && silence.acknowledged().contains(&fingerprint)
    };
    silences.iter().filter(speaks).map(|silence| without(fingerprint, silence)).collect()
}

fn without(fingerprint: &str, silence: &Silence) -> What {
    let left: Vec<&str> = silence.acknowledged().into_iter().filter(|one| *one != fingerprint).collect();
    if left.is_empty() {
        return What::Expire { id: Arc::clone(&silence.id) };
    }
    let matcher = Matcher::one_of(ACKNOWLEDGED, left);
    let mut draft = Draft::of(silence);
    for have in draft.matchers.iter_mut().filter(|have| &*have.name == ACKNOWLEDGED) {
        have.clone_from(&matcher);
    }
    What::Silence(draft)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::correlate::tests::alert;

    fn time(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).expect("a time").to_utc()
    }

    fn written(draft: Draft) -> Silence {
        Silence {
            id: "1".into(),
            state: SilenceState::Active,
            matchers: draft.matchers,
            created_by: draft.author,
            comment: draft.comment,
            annotations: draft.annotations,
            starts_at: draft.starts_at,
            ends_at: draft.ends_at,
            updated_at: draft.starts_at,
        }
    }

    #[test]
    fn what_is_acknowledged_can_be_taken_back_one_by_one() {
        let now = time("2026-11-13T14:00:00Z");
        let begun = time("2026-11-13T13:48:11Z");
        let (mut one, mut other) = (alert("HostDown", "a"), alert("HostDown", "b"));
        one.starts_at = begun - TimeDelta::hours(1);
        other.starts_at = begun;
        let draft = acknowledge(&[&one, &other], "Sam Vimes", "on it", TimeDelta::hours(12), now);
        assert_eq!(&*draft.comment, "wardroom/1 ack start=2026-11-13T13:48:11.000Z by=Sam Vimes | on it");
        let ack = written(draft);
        for alert in [&one, &other] {
            let said = ack.acknowledges(&alert.fingerprint, alert.starts_at).expect("acknowledged");
            assert_eq!(&*said.who, "Sam Vimes");
        }
        let [What::Silence(left)] = &*unacknowledge(&one.fingerprint, std::slice::from_ref(&ack)) else {
            panic!("the other stays")
        };
        assert_eq!(left.id.as_deref(), Some("1"));
        let left = written(left.clone());
        assert!(left.acknowledges(&one.fingerprint, one.starts_at).is_none());
        assert!(left.acknowledges(&other.fingerprint, other.starts_at).is_some());
        let none = unacknowledge(&other.fingerprint, &[left]);
        assert_eq!(none, [What::Expire { id: "1".into() }]);
        assert!(unacknowledge("cc", &[ack]).is_empty());
    }
}
