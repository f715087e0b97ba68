//! What is done with alerts: grouped, filtered, marked, silenced, acknowledged; and what is not done
//! under `--read-only`.

use std::sync::Arc;

use chrono::TimeDelta;
use rstest::rstest;
use wardroom::app::Setup;
use wardroom::border::{Effect, Msg};
use wardroom::domain::deed::{Deed, Draft, Receipt, What};
use wardroom::domain::feed::{Failure, FailureKind};
use wardroom::domain::labels::Labels;
use wardroom::domain::question::{Answer, Ask, Question, Series};

use super::desk::{Desk, instant};
use super::homelab;
use super::looks::look;

const WIDE: (u16, u16) = (120, 40);

/// The homelab with a host down, where something may be written.
fn desk(size: (u16, u16)) -> Desk {
    let setup = Setup { read_only: false, operator: "sam".into(), ..homelab::setup() };
    let mut desk = Desk::new(setup, size);
    desk.hear(homelab::host_down());
    desk
}

fn shows(desk: &mut Desk, text: &str) -> bool {
    desk.screen().contains(text)
}

/// What is to be done on a server, so far.
fn called(desk: &Desk) -> Vec<(u64, Deed)> {
    let calls = desk.effects.iter().filter_map(|effect| match effect {
        Effect::Call { id, deed } => Some((*id, deed.clone())),
        _ => None,
    });
    calls.collect()
}

/// The silence that is to be made or changed.
fn drafted(desk: &Desk) -> Draft {
    match called(desk).pop() {
        Some((_, Deed { what: What::Silence(draft), .. })) => draft,
        other => panic!("a silence was to be made, not {other:?}"),
    }
}

fn matchers(draft: &Draft) -> Vec<String> {
    draft.matchers.iter().map(ToString::to_string).collect()
}

/// The server has done what was asked last.
fn done(desk: &mut Desk) {
    let (id, _) = called(desk).pop().expect("something was asked");
    desk.hear([Msg::Done { id, result: Ok(Receipt { id: "0d9b".into() }) }]);
}

/// The server refuses what was asked last.
fn refused(desk: &mut Desk, text: &str) {
    let (id, _) = called(desk).pop().expect("something was asked");
    let failure = Failure { kind: FailureKind::Http, short: "HTTP 400".into(), text: text.into() };
    desk.hear([Msg::Done { id, result: Err(failure) }]);
}

/// Answers what the screen wants to know of Prometheus.
fn answer(desk: &mut Desk, with: impl Fn(&Question) -> Result<Answer, Failure>) -> Vec<Ask> {
    desk.draw();
    let now = desk.now;
    let asked: Vec<(u64, Ask)> = desk
        .app
        .asks(now)
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::Ask { id, ask } => Some((id, ask)),
            _ => None,
        })
        .collect();
    for (id, ask) in &asked {
        desk.hear([Msg::Answered { slot: ask.slot.clone(), id: *id, result: with(&ask.question) }]);
    }
    asked.into_iter().map(|(_, ask)| ask).collect()
}

/// `ALERTS` of a host that was down twice, and counts of what would have been hidden.
fn history(question: &Question) -> Answer {
    let labels = |name: &str| -> Labels {
        [("__name__", "ALERTS"), ("alertname", name), ("alertstate", "firing")].into_iter().collect()
    };
    let ago = |minutes: i64| (instant() - TimeDelta::minutes(minutes), 1.0);
    Answer::Series(match question {
        Question::Series { .. } => {
            let first = (600..640).rev().step_by(5).map(ago);
            let second = (0..14).rev().step_by(5).map(ago);
            vec![Series { labels: labels("HostDown"), points: first.chain(second).collect() }]
        }
        Question::Value { query, .. } if query.contains("[7d]") => ["HostDown", "HostDown", "DiskSpaceLow"]
            .into_iter()
            .map(|name| Series { labels: labels(name), points: vec![ago(0)] })
            .collect(),
        _ => vec![Series { labels: labels("HostDown"), points: vec![ago(0)] }],
    })
}

#[test]
fn rows_are_grouped_by_one_label_after_the_other() {
    let mut desk = desk(WIDE);
    desk.hear([homelab::routes("00000000hostdown", "page")]).keys("2c");
    assert!(shows(&mut desk, "by route") && shows(&mut desk, r#"▾ alertname="HostDown" → page"#));
    assert!(shows(&mut desk, "▾ not routed"), "{}", desk.screen());
    assert!(shows(desk.keys("c"), "by receiver"));
    assert!(shows(desk.keys("c"), "by severity"));
    look("alerts_by_severity_120x40", &mut desk);
    assert!(shows(desk.keys("c"), "▾ HostDown  1 critical"));
    assert!(!shows(desk.keys("c"), "▾"));
}

#[test]
fn a_group_is_folded_and_acts_as_one() {
    let mut desk = desk(WIDE);
    desk.keys("2ccc<home><enter>");
    assert!(shows(&mut desk, "▸ critical  2 critical") && !shows(&mut desk, "HostDown  "));
    desk.keys("s");
    assert!(shows(&mut desk, r#"alertname=~"BackupJobFailed|HostDown""#), "{}", desk.screen());
}

#[rstest]
#[case("severity=critical", 2)]
#[case("severity!=critical", 5)]
#[case("severity=~crit.*", 2)]
#[case("severity!~crit.*", 5)]
#[case("state=silenced", 1)]
#[case("!state=inhibited", 5)]
#[case("receiver=mattermost severity=critical", 2)]
#[case("receiver=nobody", 0)]
#[case("age>1h", 2)]
#[case("age<10m", 1)]
#[case("host=vm102 age>1d", 1)]
fn the_filter_speaks_of_labels_states_receivers_and_ages(#[case] filter: &str, #[case] found: usize) {
    let mut desk = desk(WIDE);
    desk.keys("2/");
    desk.hear([Msg::Paste(filter.to_owned())]);
    desk.keys("<enter>");
    let expected = if found == 0 { "nothing matches".to_owned() } else { format!("{found} of 7") };
    assert!(shows(&mut desk, &expected), "{filter}: {}", desk.screen());
}

#[test]
fn tab_completes_a_filter_from_the_labels_that_are_there() {
    let mut desk = desk(WIDE);
    assert!(shows(desk.keys("2/sev<tab>"), " / severity="), "{}", desk.screen());
    desk.keys("<tab>");
    assert!(shows(&mut desk, "severity=warning  severity=critical"), "the most frequent first");
    desk.keys("<tab><enter>");
    assert!(shows(&mut desk, "/severity=critical  2 of 7"), "{}", desk.screen());
}

#[test]
fn the_overview_says_where_the_fire_is_and_filters_by_it() {
    let mut desk = desk(WIDE);
    desk.keys("2w");
    look("overview_120x40", &mut desk);
    look("overview_80x24", desk.resize(80, 24));
    desk.resize(120, 40).keys("jjjj<enter>");
    assert!(shows(&mut desk, "/severity=warning  5 of 7"), "{}", desk.screen());
    desk.keys("wjjc");
    assert!(shows(&mut desk, "by "), "grouped by the label of the selected value");
}

#[test]
fn only_what_wants_somebody() {
    let mut desk = desk(WIDE);
    desk.keys("2u");
    assert!(!shows(&mut desk, "DiskSpaceLow") && !shows(&mut desk, "SnapRAIDSyncOld"));
    assert!(shows(&mut desk, "HighCPUUsage") && shows(&mut desk, "3 of 7"));
    assert!(shows(desk.keys("u"), "DiskSpaceLow"));
}

#[test]
fn a_rule_that_cannot_be_evaluated_is_as_loud_as_an_alert() {
    let mut desk = desk(WIDE);
    desk.hear([homelab::broken_rule()]).keys("2");
    assert!(shows(&mut desk, "1 broken") && shows(&mut desk, "blind: ca"), "{}", desk.screen());
    desk.keys("/broken<enter><enter>");
    assert!(shows(&mut desk, "many-to-many matching not allowed"), "{}", desk.screen());
}

#[test]
fn the_detail_tells_all_and_asks_for_the_rest() {
    let mut desk = desk(WIDE);
    desk.keys("2j");
    assert!(shows(&mut desk, "asking"));
    let asked = answer(&mut desk, |question| Ok(history(question)));
    assert!(asked.iter().any(|ask| matches!(&ask.question, Question::Series { query, .. }
        if &**query == r#"ALERTS{alertname="HostDown",host="vm102",instance="10.0.0.21:9100",job="node",severity="critical"}"#)));
    assert!(shows(&mut desk, "fired twice"), "{}", desk.screen());
    look("alerts_detail_120x40", &mut desk);
    look("alerts_detail_200x60", desk.resize(200, 60));
    let asked = answer(&mut desk, |question| Ok(history(question)));
    assert_eq!(asked, [], "what was answered is not asked again");
}

#[test]
fn the_detail_says_who_silenced_it_and_why() {
    let mut desk = desk(WIDE);
    desk.keys("2/DiskSpace<enter>");
    for text in ["by kim until", "cleaning up old images", r#"alertname="DiskSpaceLow""#] {
        assert!(shows(&mut desk, text), "{text}: {}", desk.screen());
    }
}

#[test]
fn a_failed_answer_is_told_where_it_is_missing() {
    let mut desk = desk(WIDE);
    desk.keys("2");
    let failure =
        Failure { kind: FailureKind::Timeout, short: "no answer after 15 s".into(), text: "…".into() };
    answer(&mut desk, |_| Err(failure.clone()));
    assert!(shows(&mut desk, "not known: no answer after 15 s"), "{}", desk.screen());
}

#[test]
fn an_alert_is_silenced_by_keys() {
    let mut desk = desk(WIDE);
    desk.keys("2js");
    answer(&mut desk, |question| Ok(history(question)));
    look("silence_120x40", &mut desk);
    look("silence_80x24", desk.resize(80, 24));
    look("silence_60x12", desk.resize(60, 12));
    desk.resize(120, 40).keys("a new disk<enter>");
    answer(&mut desk, |question| Ok(history(question)));
    look("silence_confirm_120x40", &mut desk);
    look("silence_confirm_80x24", desk.resize(80, 24));
    desk.resize(120, 40).keys("y");
    assert!(
        desk.effects.iter().any(|effect| matches!(effect, Effect::Copy(line)
            if line.starts_with("amtool silence add") && line.contains("--comment='a new disk'"))),
        "{:?}",
        desk.effects
    );
    desk.keys("<enter>");
    let draft = drafted(&desk);
    assert_eq!(
        matchers(&draft),
        [
            r#"alertname="HostDown""#,
            r#"host="vm102""#,
            r#"instance="10.0.0.21:9100""#,
            r#"job="node""#,
            r#"severity="critical""#
        ]
    );
    assert_eq!((&*draft.author, &*draft.comment), ("sam", "a new disk"));
    assert_eq!(draft.ends_at, instant() + TimeDelta::hours(1));
    done(&mut desk);
    assert!(shows(&mut desk, "silenced until 15:02") && !shows(&mut desk, "The same as a command"));
    assert!(desk.effects.contains(&Effect::Refresh(None)), "and all is looked at again");
}

#[test]
fn what_the_server_has_against_it_stands_beside_the_field_and_nothing_is_lost() {
    let mut desk = desk(WIDE);
    desk.keys("2jsreason<enter><enter>");
    refused(&mut desk, "invalid label matcher 1: invalid regular expression \"[\"");
    let screen = desk.screen();
    let at = screen.lines().position(|line| line.contains(r#"host="vm102""#)).expect("the second matcher");
    let below = screen.lines().nth(at + 1).unwrap_or_default();
    assert!(below.contains("✗ invalid label matcher 1"), "{screen}");
    assert!(shows(&mut desk, "reason"), "nothing typed is lost");
    refused_elsewhere(&mut desk);
}

/// A refusal that no field is to blame for is told below them.
fn refused_elsewhere(desk: &mut Desk) {
    desk.keys("<enter><enter>");
    refused(desk, "the disk is full");
    assert!(shows(desk, "✗ the disk is full") && shows(desk, "reason"), "{}", desk.screen());
}

#[test]
fn what_is_missing_or_wrong_is_said_where_it_is() {
    let mut desk = desk(WIDE);
    desk.keys("2js<enter>");
    assert!(shows(&mut desk, "✗ say why"), "{}", desk.screen());
    desk.keys("x<up><ctrl-u><enter>");
    assert!(shows(&mut desk, "✗ say who makes it"), "{}", desk.screen());
    desk.keys("sam<up><up><ctrl-u>soon<enter>");
    assert!(shows(&mut desk, "✗ say how long"), "{}", desk.screen());
    desk.keys("<ctrl-u>2h<up>");
    desk.hear([Msg::Paste("instance=~\"[\"".to_owned())]);
    desk.keys("<enter>");
    assert!(shows(&mut desk, "regular expression") || shows(&mut desk, "regex"), "{}", desk.screen());
    assert_eq!(called(&desk), []);
}

#[test]
fn a_silence_that_is_too_wide_or_too_long_is_asked_about_twice() {
    let mut desk = desk(WIDE);
    // Only the severity is left.
    desk.keys("2jsx<up><up><up>");
    desk.keys("<ctrl-u>2d<up><up><up><ctrl-u><up><ctrl-u><up><ctrl-u><up><ctrl-u>");
    assert!(shows(&mut desk, "too wide: it also hides 1 alert: BackupJobFailed"), "{}", desk.screen());
    assert!(shows(&mut desk, "it lasts 2d, more than 1d"), "{}", desk.screen());
    look("silence_doubts_120x40", &mut desk);
    desk.keys("<enter><enter>");
    assert_eq!(called(&desk), [], "Enter asks once more");
    desk.keys("<enter>");
    assert_eq!(matchers(&drafted(&desk)), [r#"severity="critical""#]);
}

#[test]
fn spans_and_conditions_are_at_hand() {
    let mut desk = desk(WIDE);
    desk.keys("2jsx<up><up><up>++");
    assert!(shows(&mut desk, "for        8h"), "{}", desk.screen());
    desk.keys("-<down><ctrl-n>");
    assert!(shows(&mut desk, "until      resolved"), "{}", desk.screen());
    desk.keys("<enter><enter>");
    assert_eq!(&*drafted(&desk).comment, "wardroom/1 until=resolved | x");
}

#[test]
fn several_marked_alerts_are_one_silence() {
    let mut desk = desk(WIDE);
    desk.keys("2  ");
    assert!(shows(&mut desk, "2 marked"), "{}", desk.screen());
    desk.keys("stonight<enter><enter>");
    assert_eq!(
        matchers(&drafted(&desk)),
        [r#"alertname=~"BackupJobFailed|HostDown""#, r#"severity="critical""#]
    );
    done(&mut desk);
    assert!(!shows(&mut desk, "marked"), "the marks were for this");
}

#[test]
fn an_alert_is_acknowledged_and_taken_back() {
    let mut desk = desk(WIDE);
    desk.keys("2ja");
    look("acknowledge_120x40", &mut desk);
    look("acknowledge_60x12", desk.resize(60, 12));
    desk.resize(120, 40).keys("<enter>");
    assert!(shows(&mut desk, "✗ say what you do"));
    desk.keys("on it<enter>");
    let draft = drafted(&desk);
    assert_eq!(matchers(&draft), [r#"wardroom_ack="00000000hostdown""#, r#"alertname="HostDown""#]);
    assert!(draft.comment.ends_with("by=sam | on it"), "{}", draft.comment);
    assert_eq!(draft.ends_at, instant() + TimeDelta::hours(12));
    done(&mut desk);
    assert!(shows(&mut desk, "acknowledged until"), "{}", desk.screen());
    desk.keys("/SnapRAID<enter>a");
    assert!(shows(&mut desk, "nobody is on it any more"), "{}", desk.screen());
    desk.keys("<enter>");
    assert!(
        matches!(called(&desk).pop(), Some((_, Deed { what: What::Expire { id }, .. })) if &*id == "77e1b9d0")
    );
}

#[test]
fn a_detail_can_be_silenced_and_acknowledged_too() {
    let mut desk = desk(WIDE);
    desk.keys("j<enter>");
    assert!(shows(&mut desk, "s silence") && shows(&mut desk, "a ack"), "{}", desk.screen());
    assert!(shows(desk.keys("s"), r#"alertname="HostDown""#));
    desk.keys("<esc>o");
    assert!(
        desk.effects
            .iter()
            .any(|effect| matches!(effect, Effect::Copy(link) if link.contains("runbooks/000")))
    );
}

#[test]
fn silences_are_browsed_extended_changed_and_ended() {
    let mut desk = desk(WIDE);
    desk.keys("S");
    look("silences_120x40", &mut desk);
    look("silences_80x24", desk.resize(80, 24));
    desk.resize(120, 40).keys("x");
    assert!(shows(&mut desk, "longer by"), "{}", desk.screen());
    desk.keys("<ctrl-n><enter>");
    let draft = drafted(&desk);
    assert_eq!(draft.id.as_deref(), Some("5ad0c2a4"));
    assert_eq!(draft.ends_at, instant() + TimeDelta::hours(3) - TimeDelta::seconds(131));
    done(&mut desk);
    desk.keys("e");
    assert!(shows(&mut desk, "Change silence") && shows(&mut desk, "cleaning up old images"));
    desk.keys(", and logs<enter><enter>");
    assert_eq!(&*drafted(&desk).comment, "cleaning up old images, and logs");
    done(&mut desk);
    desk.keys("  X");
    assert!(shows(&mut desk, "Enter ends all of them now."), "{}", desk.screen());
    desk.keys("<enter>");
    done(&mut desk);
    done(&mut desk);
    let ended = called(&desk).into_iter().filter(|(_, deed)| matches!(deed.what, What::Expire { .. }));
    assert_eq!(ended.count(), 2);
    assert!(!shows(&mut desk, "Enter ends"));
}

#[test]
fn all_that_i_made_tonight_is_undone_at_once() {
    let setup = Setup { read_only: false, operator: "kim".into(), ..homelab::setup() };
    let mut desk = Desk::new(setup, WIDE);
    desk.hear(homelab::host_down()).keys("SU");
    assert!(shows(&mut desk, "Undo all that I silenced tonight"), "{}", desk.screen());
    desk.keys("<enter>");
    assert!(
        matches!(called(&desk).pop(), Some((_, Deed { what: What::Expire { id }, .. })) if &*id == "5ad0c2a4")
    );
    done(&mut desk);
    let mut other = self::desk(WIDE);
    other.keys("SU");
    assert!(shows(&mut other, "sam made no silence"), "{}", other.screen());
}

#[test]
fn no_key_writes_under_read_only() {
    use strum::IntoEnumIterator as _;
    use wardroom::keymap::{Context, Keymap};
    let keymap = Keymap::default();
    let mut told = 0;
    for view in ["1", "2", "3", "4", "5", "S", "2<enter>"] {
        for context in Context::iter() {
            for (action, key) in keymap.bound(context) {
                if matches!(action.as_ref(), "quit" | "suspend" | "reload") {
                    continue;
                }
                let mut desk = Desk::homelab(WIDE);
                desk.keys(view);
                desk.hear([Msg::Key(key)]);
                told += usize::from(shows(&mut desk, "nothing is written under --read-only"));
                desk.keys("x<enter><enter><enter>");
                assert_eq!(called(&desk), [], "{view} {action}");
            }
        }
    }
    assert!(told >= 10, "the keys that would write say so: {told}");
}

#[test]
fn peers_that_disagree_are_told() {
    let mut desk = desk(WIDE);
    desk.hear([homelab::split("00000000hostdown")]).keys("2j");
    assert!(shows(&mut desk, "peers disagree"), "{}", desk.screen());
    assert!(shows(&mut desk, "http://10.0.0.21:9093 does not have"), "{}", desk.screen());
}

#[test]
fn a_silence_that_ends_soon_and_one_that_has_ended_are_seen() {
    let mut desk = desk(WIDE);
    desk.hear([homelab::ended_silence()]).keys("S");
    assert!(shows(&mut desk, "expired") && shows(&mut desk, "unmatched"), "{}", desk.screen());
    desk.keys("/expired<enter>s");
    assert!(shows(&mut desk, "moving house"), "again: {}", desk.screen());
    desk.keys("<enter><enter>");
    assert_eq!(drafted(&desk).id, None);
}

// ---- targets ----

/// The instances of the rows, top to bottom.
fn instances(desk: &mut Desk) -> Vec<String> {
    let screen = desk.screen();
    let rows =
        screen.lines().filter_map(|line| line.split_whitespace().find(|word| word.starts_with("10.0.0.")));
    rows.map(str::to_owned).collect()
}

#[test]
fn targets_are_grouped_by_job_and_what_is_well_is_folded() {
    let mut desk = desk((120, 34));
    desk.keys("3");
    assert!(shows(&mut desk, "▾ node  1 down  1 without samples  6 up"), "{}", desk.screen());
    assert!(shows(&mut desk, "▸ pbs  1 up") && !shows(&mut desk, "10.0.0.15:10019"));
    desk.keys("Z");
    assert!(shows(&mut desk, "▸ node") && shows(&mut desk, "▸ snmp"), "{}", desk.screen());
    desk.keys("Z");
    assert!(shows(&mut desk, "10.0.0.15:10019"), "{}", desk.screen());
    desk.keys("c");
    assert!(!shows(&mut desk, "▾"), "{}", desk.screen());
}

#[test]
fn nothing_is_folded_away_where_all_of_it_has_room() {
    let mut desk = desk((120, 60));
    desk.keys("3");
    assert!(shows(&mut desk, "▾ pbs  1 up") && shows(&mut desk, "10.0.0.15:10019"), "{}", desk.screen());
    desk.resize(120, 34);
    assert!(shows(&mut desk, "▾ loki  1 up"), "it has room: {}", desk.screen());
    assert!(shows(&mut desk, "▸ pbs  1 up") && !shows(&mut desk, "10.0.0.15:10019"), "{}", desk.screen());
    desk.resize(120, 60);
    assert!(shows(&mut desk, "10.0.0.15:10019"), "{}", desk.screen());
}

#[test]
fn targets_are_sorted_by_every_column() {
    let mut desk = desk(WIDE);
    desk.hear([homelab::samples()]).keys("3czO");
    assert!(shows(&mut desk, "job↓") && shows(&mut desk, "by job"), "{}", desk.screen());
    assert!(shows(desk.keys("O"), "instance↓"));
    let by_instance = instances(&mut desk);
    assert!(by_instance.is_sorted(), "{by_instance:?}");
    for title in ["last scrape↓", "good↓", "took↓", "samples↓", "every↓", "error↓"] {
        assert!(shows(desk.keys("O"), title), "{title}: {}", desk.screen());
        if title == "took↓" {
            assert_eq!(instances(&mut desk).first().map(String::as_str), Some("10.0.0.15:10019"));
        }
    }
    assert!(!shows(desk.keys("O"), "↓"), "and back to the worst first");
}

#[test]
fn only_targets_that_want_somebody() {
    let mut desk = desk(WIDE);
    desk.keys("3u");
    assert_eq!(instances(&mut desk).len(), 3, "{}", desk.screen());
    assert!(shows(&mut desk, "3 of 16"));
    desk.hear([homelab::flapping("10.0.0.30:9100")]).wait(2);
    assert!(shows(&mut desk, "up, but flapping"), "{}", desk.screen());
}

#[test]
fn a_pool_without_a_target_is_told() {
    let mut desk = desk(WIDE);
    desk.hear([homelab::pools(&["node", "snmp", "ceph"])]).keys("3");
    assert!(shows(&mut desk, "no target in ceph"), "{}", desk.screen());
}

#[test]
fn five_thousand_alerts_and_targets_are_sorted_and_filtered() {
    let mut desk = desk(WIDE);
    desk.hear([homelab::many_alerts(5000), homelab::many_targets(5000)]);
    desk.keys("2z");
    let screen = desk.screen();
    let first = screen.lines().find(|line| line.contains('▌')).unwrap_or_default().to_owned();
    assert!(first.contains("critical") && first.contains("Storm4990"), "the oldest critical first: {first}");
    desk.keys("/severity=critical instance=~\"node-1.*\" age>1h<enter>");
    let expected =
        (0..5000).filter(|at| at % 10 == 0 && at.to_string().starts_with('1') && at * 10 > 3600).count();
    assert!(shows(&mut desk, &format!("{expected} of 5000")), "{expected}: {}", desk.screen());
    desk.keys("<esc>ccc");
    assert!(shows(&mut desk, "▾ critical  500 critical"), "{}", desk.screen());
    desk.keys("z3zcOOOO");
    assert!(shows(&mut desk, "good↓"), "{}", desk.screen());
    desk.keys("O");
    let took: Vec<String> = instances_of(&mut desk);
    assert_eq!(took.first().map(String::as_str), Some("node-4999:9100"), "the slowest first: {took:?}");
    desk.keys("/took>4s node-49<enter>");
    assert!(shows(&mut desk, "100 of 5000"), "{}", desk.screen());
}

#[test]
fn a_storm_is_joined_away_from_the_loop_and_once() {
    let mut desk = desk(WIDE);
    desk.keys("2");
    let storm = homelab::many_alerts(5000);
    let effects = desk.app.update(storm.clone(), desk.now);
    let Some(Effect::Compute(relating)) = effects.into_iter().next() else { panic!("a join") };
    assert!(!desk.app.is_settled() && !shows(&mut desk, "of 5000"), "{}", desk.screen());
    let (number, related) = (relating.number, Some(Arc::new(relating.run())));
    let late = Msg::Computed { number: number + 1, related: related.clone() };
    assert_eq!(desk.app.update(late, desk.now), [], "another one's result is not taken");
    assert!(!shows(&mut desk, "of 5000"), "{}", desk.screen());
    let told = desk.app.update(Msg::Computed { number, related }, desk.now);
    assert!(matches!(told[..], [Effect::Ring { .. }]), "one bell for all of them: {told:?}");
    assert!(shows(&mut desk, "of 5000") && !desk.app.is_dirty(), "{}", desk.screen());
    assert_eq!(desk.app.update(storm, desk.now), [], "what says the same is not joined again");
    assert!(!desk.app.is_dirty(), "nor drawn");
}

fn instances_of(desk: &mut Desk) -> Vec<String> {
    let screen = desk.screen();
    // The verdict above the rows names one too.
    let named =
        |line: &str| line.split_whitespace().find(|word| word.starts_with("node-")).map(str::to_owned);
    screen.lines().skip(3).filter_map(named).collect()
}
