use super::*;
use crate::domain::correlate::tests::alert;
use crate::domain::feed::Feed;
use crate::domain::log::RingLimits;
use crate::domain::observation::{Observation, Peer};
use crate::domain::store::Expected;
use crate::domain::thresholds::Thresholds;

fn now() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-13T14:00:00Z").expect("a time").to_utc()
}

fn router() -> SourceId {
    SourceId::new(SourceKind::Alertmanager, "main")
}

fn store(alerts: Vec<Alert>, silences: Vec<Silence>) -> Store {
    let feeds = vec![(Feed::Alerts, 5.0), (Feed::Silences, 5.0)];
    let expected = Expected { id: router(), site: "".into(), feeds, tails: Vec::new() };
    let mut store = Store::new([expected], Thresholds::default(), RingLimits::default());
    store.apply(&router(), Feed::Alerts, Ok(vec![Observation::Alerts(alerts.into())]), 0.0, now());
    store.apply(&router(), Feed::Silences, Ok(vec![Observation::Silences(silences.into())]), 0.0, now());
    store
}

fn written(draft: &Draft) -> Silence {
    Silence {
        id: "5ad0c2a4".into(),
        state: SilenceState::Active,
        matchers: draft.matchers.clone(),
        created_by: Arc::clone(&draft.author),
        comment: Arc::clone(&draft.comment),
        annotations: draft.annotations.clone(),
        starts_at: draft.starts_at,
        ends_at: draft.ends_at,
        updated_at: draft.starts_at,
    }
}

fn draft(matchers: &[&str]) -> Draft {
    Draft {
        matchers: matchers.iter().map(|text| text.parse().expect("a matcher")).collect(),
        author: "sam".into(),
        comment: "the fan".into(),
        ..Draft::empty(now(), now() + TimeDelta::hours(1))
    }
}

fn shown(draft: &Draft) -> Vec<String> {
    draft.matchers.iter().map(ToString::to_string).collect()
}

#[test]
fn one_alert_is_named_by_all_its_labels_and_several_by_what_they_share() {
    let (one, other) = (alert("HostDown", "a:9100"), alert("HostDown", "b.c:9100"));
    let single = prefilled(&[&one], "sam", TimeDelta::hours(1), now());
    assert_eq!(shown(&single), ["alertname=\"HostDown\"", "instance=\"a:9100\""]);
    let both = prefilled(&[&one, &other], "sam", TimeDelta::hours(1), now());
    assert_eq!(shown(&both), ["alertname=\"HostDown\"", r#"instance=~"a:9100|b\\.c:9100""#]);
    let mut bare = alert("DiskFull", "x");
    bare.labels = [("alertname", "DiskFull")].into_iter().collect();
    let all = prefilled(&[&one, &bare], "sam", TimeDelta::hours(1), now());
    assert_eq!(shown(&all), ["alertname=~\"DiskFull|HostDown\""]);
    assert!(all.starts_at <= now() && all.ends_at == now() + TimeDelta::hours(1));
}

#[test]
fn an_awkward_name_is_matched_exactly() {
    let mut odd = alert("HostDown", "a");
    odd.exact = Some([("alertname", "q\"uo\nte\u{1b}.*"), ("instance", "a")].into_iter().collect());
    let twin = alert("q\"uo te·.*", "a");
    let store = store(vec![odd.clone(), twin], Vec::new());
    let silence = prefilled(&[&odd], "sam", TimeDelta::hours(1), now());
    let hit = covered(&silence.matchers, &router(), &store);
    assert_eq!(hit.len(), 1);
    assert!(hit.iter().all(|listed| listed.alert == odd));
}

#[test]
fn what_cannot_be_written_is_refused_at_its_place() {
    let refused = |draft: &Draft| {
        refusals(draft, now()).into_iter().map(|refusal| (refusal.field, refusal.text)).collect::<Vec<_>>()
    };
    assert_eq!(refused(&draft(&["a=b"])), []);
    let empty = Draft::empty(now(), now());
    let fields: Vec<Field> = refused(&empty).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, [Field::Matcher(0), Field::End, Field::Author, Field::Comment]);
    let all = refused(&draft(&["a=~.*", "b=\"\""]));
    assert_eq!(all, [(Field::Matcher(0), "at least one matcher must not match the empty string".into())]);
    let bad = Draft {
        matchers: vec![Matcher::equal("a", "b"), Matcher { is_regex: true, ..Matcher::equal("c", "(") }],
        ..draft(&[])
    };
    assert_eq!(
        refused(&bad),
        [(Field::Matcher(1), "\"(\" is no regular expression: unclosed group".to_owned())]
    );
    let tag_only = Draft { comment: "wardroom/1 until=resolved | ".into(), ..draft(&["a=b"]) };
    assert_eq!(refused(&tag_only), [(Field::Comment, "say why".to_owned())]);
    let past = Draft {
        starts_at: now() - TimeDelta::hours(2),
        ends_at: now() - TimeDelta::hours(1),
        ..draft(&["a=b"])
    };
    assert_eq!(refused(&past), [(Field::End, "it ends in the past".to_owned())]);
}

#[test]
fn a_silence_that_is_too_wide_or_too_long_is_doubted() {
    let mut alerts: Vec<Alert> = (0..12).map(|at| alert("DiskFull", &format!("h{at}"))).collect();
    alerts.push(alert("Watchdog", ""));
    let store = store(alerts, Vec::new());
    let doubts =
        |draft: &Draft, meant: Option<&[Arc<str>]>| review(draft, &router(), meant, &store, now()).doubts;
    assert_eq!(doubts(&draft(&["instance=h1"]), None), []);
    let wide = Doubt::Wide { count: 12, names: vec!["DiskFull".into()] };
    assert_eq!(doubts(&draft(&["alertname=DiskFull"]), None), std::slice::from_ref(&wide));
    assert_eq!(wide.to_string(), "too wide: it also hides 12 alerts: DiskFull");
    assert_eq!(doubts(&draft(&["alertname=~.+"]), None), [Doubt::CatchAll, Doubt::Watchdog, wide]);
    let meant = covered(&draft(&["instance=h1"]).matchers, &router(), &store);
    let meant: Vec<Arc<str>> = meant.iter().map(|listed| Arc::clone(&listed.alert.fingerprint)).collect();
    assert_eq!(doubts(&draft(&["instance=h1"]), Some(&meant)), []);
    let beyond = doubts(&draft(&["instance=~h1|h2"]), Some(&meant));
    assert_eq!(beyond, [Doubt::Wide { count: 1, names: vec!["DiskFull".into()] }]);
    let long = Draft { ends_at: now() + TimeDelta::hours(30), ..draft(&["instance=h1"]) };
    let told: Vec<String> = doubts(&long, None).iter().map(ToString::to_string).collect();
    assert_eq!(told, ["it lasts 1d6h, more than 1d"]);
}

#[test]
fn forgotten_silences_and_those_of_tonight_are_found() {
    let used = written(&draft(&["alertname=HostDown"]));
    let forgotten = Silence { id: "2".into(), ..written(&draft(&["alertname=Gone"])) };
    let ack = Silence { id: "3".into(), ..written(&draft(&["wardroom_ack=aa"])) };
    let old = now() - TimeDelta::hours(13);
    let yesterday = Silence { id: "4".into(), starts_at: old, updated_at: old, ..used.clone() };
    let store = store(vec![alert("HostDown", "a")], vec![used, forgotten, ack, yesterday]);
    let source = store.source(&router()).expect("it is there");
    let ids = |silences: Vec<&Silence>| silences.iter().map(|one| one.id.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(unmatched(source, &store)), ["2"]);
    assert_eq!(ids(made_tonight(source, "sam", now())), ["5ad0c2a4", "2"]);
    assert!(made_tonight(source, "kim", now()).is_empty());
}

#[test]
fn notes_go_to_servers_that_keep_them() {
    for (version, keeps) in
        [("0.25.0", false), ("0.32.0", true), ("0.34.0+ds", true), ("1.0.0", true), ("", false)]
    {
        let mut store = store(Vec::new(), Vec::new());
        let peer =
            Peer { url: "http://x".into(), failure: None, cluster: "ready".into(), version: version.into() };
        store.apply(&router(), Feed::Status, Ok(vec![Observation::Peers([peer].into())]), 0.0, now());
        let source = store.source(&router()).expect("it is there");
        let tagged = Draft { comment: "wardroom/1 until=resolved | x".into(), ..draft(&["a=b"]) };
        let What::Silence(written) = deed(tagged, source).what else { panic!("a silence") };
        assert_eq!(written.annotations.get("wardroom_until"), keeps.then_some("resolved"), "{version}");
    }
}
