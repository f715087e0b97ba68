//! What is done with log lines: a flood of them, and taking them away.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use wardroom::app::Setup;
use wardroom::border::{Effect, Msg};
use wardroom::domain::alert::RaisedAlert;
use wardroom::domain::feed::{FailureKind, Feed};
use wardroom::domain::host::{Host, Inventory};
use wardroom::domain::labels::Labels;
use wardroom::domain::log::export::{Export, Wanted};
use wardroom::domain::log::{Entry, Level, Line, RingLimits};
use wardroom::domain::observation::Observation;
use wardroom::domain::question::{Answer, Question};
use wardroom::domain::thresholds::Thresholds;

use super::desk::Desk;
use super::homelab;

const SECOND: i64 = 1_000_000_000;

fn now(desk: &Desk) -> i64 {
    desk.now.wall.timestamp_nanos_opt().expect("a time")
}

fn numbered(from: i64, count: i64, at: i64) -> Msg {
    let stream: Labels = [("host", "web1"), ("unit", "nginx")].into_iter().collect();
    let line = |number: i64| Line::new(at + number, stream.clone(), format!("number {number}"), Level::Info);
    homelab::tail("units", (from..from + count).map(|number| Entry::Line(line(number))).collect())
}

/// One tail, with room for so many lines.
fn desk(lines: usize, size: (u16, u16)) -> Desk {
    let mut setup = Setup { ring: RingLimits { lines, bytes: 1 << 30 }, ..homelab::setup() };
    for source in &mut setup.sources {
        source.tails.truncate(1);
    }
    let mut desk = Desk::new(setup, size);
    desk.hear(homelab::host_down());
    desk.keys("4");
    desk
}

/// The numbers of the lines on the screen.
fn shown(screen: &str) -> Vec<i64> {
    let words = screen.lines().filter_map(|row| row.split_once("number ")?.1.split_whitespace().next());
    words.filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn a_flood_is_counted_and_the_newest_stay() {
    let mut desk = desk(1_000, (120, 24));
    let begun = now(&desk) - 30 * SECOND;
    for batch in 0..10 {
        desk.hear([numbered(batch * 50_000, 50_000, begun)]);
        let screen = desk.screen();
        let numbers = shown(&screen);
        assert_eq!(numbers.last(), Some(&(batch * 50_000 + 49_999)), "{screen}");
        assert!(numbers.len() > 10 && numbers.windows(2).all(|two| two[1] == two[0] + 1), "{screen}");
        let title = screen.lines().find(|row| row.contains("Logs")).expect("a title").to_owned();
        let dropped: u64 = title
            .split_once(" older dropped from view")
            .and_then(|(head, _)| head.split_whitespace().next_back()?.parse().ok())
            .unwrap_or_else(|| panic!("{title}"));
        let all = u64::try_from((batch + 1) * 50_000 - 1_000).expect("more than none");
        // A few lines were there before.
        assert!((all..all + 200).contains(&dropped), "{title}");
    }
    let screen = desk.screen();
    // Half a million in a minute, also those that are no longer kept.
    assert!(screen.contains("live 8333/s") || screen.contains("live 8334/s"), "{screen}");
}

#[test]
fn what_is_read_stays_while_the_tail_goes_on() {
    let mut desk = desk(1_000, (120, 24));
    let begun = now(&desk) - 5 * SECOND;
    desk.hear([numbered(0, 5_000, begun)]);
    let before = shown(&desk.keys("kkk").screen());
    assert!(before.contains(&4_990), "{before:?}");
    for batch in 0..5 {
        desk.hear([numbered(5_000 + batch * 5_000, 5_000, begun)]);
        let screen = desk.screen();
        assert_eq!(shown(&screen), before, "{screen}");
        assert!(screen.contains(&format!("+{} new", (batch + 1) * 5_000)), "{screen}");
    }
    // One can read on in what was there.
    let earlier = shown(&desk.keys("<pageup>").screen());
    assert!(earlier.last() < before.last() && earlier.len() > 10, "{earlier:?}");
    assert_eq!(shown(&desk.keys(" ").screen()).last(), Some(&29_999));
}

#[test]
fn a_million_lines_are_searched_from_the_newest_on() {
    let mut desk = desk(1_000_000, (100, 20));
    let begun = now(&desk) - 5 * SECOND;
    desk.hear([numbered(0, 1_000_000, begun)]);
    let first = desk.keys("/~number.*99999$<enter>").screen();
    assert!(first.contains("number 999999") && first.contains("searching"), "{first}");
    // A key is answered amid the search.
    let amid = desk.keys("k").screen();
    assert!(amid.contains("searching") && amid.contains("paused"), "{amid}");
    let mut frames = 0;
    while desk.app.is_dirty() && frames < 1_000 {
        desk.draw();
        frames += 1;
    }
    assert!(frames > 20, "never all at once: {frames}");
    assert_eq!(shown(&desk.screen()), (0..10).map(|nth| nth * 100_000 + 99_999).collect::<Vec<_>>());
}

#[test]
fn several_lines_are_copied() {
    let mut desk = desk(1_000, (120, 24));
    let begun = now(&desk);
    desk.hear([numbered(0, 100, begun)]);
    desk.keys("Vkky");
    let copied = desk.effects.pop();
    assert_eq!(copied, Some(Effect::Copy("number 97\nnumber 98\nnumber 99".to_owned())));
    assert!(desk.screen().contains("copied 3 lines"), "{}", desk.screen());
    desk.keys("<esc>y");
    assert_eq!(desk.effects.pop(), Some(Effect::Copy("number 97".to_owned())), "one line again");
}

#[test]
fn what_is_shown_is_written_into_a_file() {
    let mut desk = desk(1_000, (120, 24));
    let begun = now(&desk) - 5 * SECOND;
    desk.hear([numbered(0, 100, begun)]);
    desk.keys("/~number.\\d$<enter>X<ctrl-u>lines.jsonl<enter>");
    let Some(Effect::Save(Export { path, what: Wanted::Entries(entries) })) = desk.effects.pop() else {
        panic!("{:?}", desk.effects)
    };
    assert_eq!(path, "lines.jsonl");
    let texts = entries.iter().filter_map(|entry| match entry {
        Entry::Line(line) => Some(line.text.to_string()),
        _ => None,
    });
    assert_eq!(texts.collect::<Vec<_>>(), (0..10).map(|nth| format!("number {nth}")).collect::<Vec<_>>());
    desk.hear([Msg::Saving { lines: 5, share: 0.5 }]);
    assert!(desk.screen().contains("writing: 5 lines, 50 %; X stops it"), "{}", desk.screen());
    desk.keys("X");
    assert_eq!(desk.effects.pop(), Some(Effect::StopSaving));
    desk.hear([Msg::Saved(Err("cannot write lines.jsonl: the disk is full".to_owned()))]);
    assert!(desk.screen().contains("the disk is full"), "{}", desk.screen());
}

/// Answers what the screen asks, until it asks nothing more.
fn answer(desk: &mut Desk) -> Vec<Question> {
    let mut asked = Vec::new();
    for _ in 0..5 {
        desk.draw();
        for effect in desk.app.asks(desk.now) {
            let Effect::Ask { id, ask } = effect else { continue };
            let answer = match &ask.question {
                Question::Lines(window) => Answer::Lines(
                    [Line::new(window.to - 1, Labels::default(), "asked for", Level::Info)].into(),
                ),
                Question::Check(_) => Answer::Checked(None),
                Question::Labels => Answer::Names([Arc::from("host")].into()),
                _ => Answer::Series(Vec::new()),
            };
            asked.push(ask.question);
            desk.hear([Msg::Answered { slot: ask.slot, id, result: Ok(answer) }]);
        }
    }
    asked
}

#[test]
fn of_a_query_all_that_the_server_has_is_written() {
    let mut desk = desk(1_000, (120, 24));
    desk.keys("Q<ctrl-u>{host=\"nas\"}<enter>");
    assert_eq!(desk.effects.pop(), Some(Effect::KeepQuery("{host=\"nas\"}".to_owned())));
    answer(&mut desk);
    desk.keys("X<ctrl-u>nas.txt<enter>");
    let Some(Effect::Save(Export { what: Wanted::Range { query, from, to, .. }, .. })) = desk.effects.pop()
    else {
        panic!("{:?}", desk.effects)
    };
    assert_eq!((query.as_str(), to - from), ("{host=\"nas\"}", 3_600 * SECOND));
}

#[test]
fn queries_of_other_days_and_those_with_names_are_there() {
    let mut setup = Setup { queries: vec!["{old=\"1\"}".to_owned()], ..homelab::setup() };
    setup.thresholds.log_queries = vec![("oops".into(), "{host=~\".+\"} |= \"oops\"".into())];
    let mut desk = Desk::new(setup, (120, 24));
    desk.hear(homelab::host_down());
    assert!(desk.keys("4Q<up>").screen().contains("{old=\"1\"}"), "{}", desk.screen());
    let first = desk.keys("<esc>").screen();
    assert!(first.contains("all units containers oops"), "{first}");
    desk.keys("]]]");
    let asked = answer(&mut desk);
    let is_it =
        |question: &Question| matches!(question, Question::Lines(window) if window.query.contains("oops"));
    assert!(asked.iter().any(is_it), "{asked:?}");
    assert!(desk.screen().contains("asked for"), "{}", desk.screen());
    let back = desk.keys("]").screen();
    assert!(back.contains("merged") && !back.contains("asked for"), "{back}");
    let last = desk.keys("[").screen();
    assert!(last.contains("last 1h"), "{last}");
    assert!(desk.keys("<esc>").screen().contains("merged"), "{}", desk.screen());
}

#[test]
fn the_end_of_an_alert_is_marked() {
    let mut desk = Desk::homelab((120, 40));
    desk.keys("4");
    assert!(!desk.screen().contains("resolved"), "{}", desk.screen());
    let msg = Msg::Observed {
        source: homelab::id(homelab::ALERTMANAGER),
        feed: Feed::Alerts,
        result: Ok(vec![Observation::Alerts(Arc::default())]),
        took: 0.0,
    };
    desk.wait(1).hear([msg]);
    let screen = desk.screen();
    assert!(screen.contains("HostDown vm102 resolved 14:02:12"), "{screen}");
    assert!(screen.contains("HostDown vm102 fires"), "it began all the same: {screen}");
}

#[test]
fn an_alert_that_two_servers_tell_of_does_not_end_with_either() {
    // Prometheus is heard first, then Alertmanager, which knows the same alert by another name.
    let mut desk = Desk::new(homelab::setup(), (120, 40));
    let labels = [("alertname", "HostDown"), ("severity", "critical"), ("host", "vm102"), ("job", "node")];
    let raised = RaisedAlert {
        labels: labels.into_iter().chain([("instance", "10.0.0.21:9100")]).collect(),
        annotations: Labels::default(),
        firing: true,
        active_at: desk.now.wall - TimeDelta::minutes(15),
        value: "0".into(),
    };
    let raised = Msg::Observed {
        source: homelab::id(homelab::PROMETHEUS),
        feed: Feed::Alerts,
        result: Ok(vec![Observation::Raised([raised].into())]),
        took: 0.0,
    };
    let is_prometheus =
        |msg: &Msg| matches!(msg, Msg::Observed { source, .. } if source.kind == homelab::PROMETHEUS);
    let (first, second): (Vec<Msg>, Vec<Msg>) = homelab::host_down().into_iter().partition(is_prometheus);
    desk.hear(first).hear([raised]);
    assert!(desk.keys("4").screen().contains("HostDown vm102"), "{}", desk.screen());
    let screen = desk.hear(second).screen();
    assert!(!screen.contains("resolved"), "{screen}");
}

#[test]
fn while_loki_is_down_the_hosts_own_journal_is_offered() {
    let mut desk = Desk::homelab((120, 30));
    desk.hear(homelab::lost(
        homelab::LOKI,
        FailureKind::Refused,
        "connection refused",
        "loki: connection refused",
    ));
    let screen = desk.keys("2/HostDown<enter>l").screen();
    assert!(screen.contains("Loki does not answer: connection refused"), "{screen}");
    assert!(screen.contains("ssh -o BatchMode=yes -T -- vm102") && screen.contains("journalctl"), "{screen}");
    desk.keys("y");
    let Some(Effect::Copy(command)) = desk.effects.pop() else { panic!("{:?}", desk.effects) };
    assert!(command.contains("--since='2026-11-13 13:"), "{command}");
    desk.keys("<esc>");
    assert!(!desk.screen().contains("journalctl"), "{}", desk.screen());
    // Or it is opened to be run; on a host that the config does not know it is refused.
    let screen = desk.keys("l<enter>").screen();
    assert!(screen.contains("Journal of vm102"), "{screen}");
    let screen = desk.keys("<enter>").screen();
    assert!(screen.contains("journalctl --no-pager") && screen.contains("Refused"), "{screen}");
}

#[test]
fn while_loki_is_down_the_hosts_own_journal_is_run() {
    let host = Host { addresses: vec!["10.0.0.21".into()], ..Host::default() };
    let hosts = Inventory([("vm102".to_owned(), host)].into());
    let thresholds = Thresholds { hosts: hosts.clone(), ..Thresholds::default() };
    let mut desk = Desk::new(Setup { hosts, thresholds, read_only: false, ..homelab::setup() }, (120, 30));
    desk.hear(homelab::host_down());
    desk.hear(homelab::lost(homelab::LOKI, FailureKind::Refused, "refused", "loki: connection refused"));
    let screen = desk.keys("2/HostDown<enter>l<enter><enter>").screen();
    assert!(screen.contains("L0 only reads") && screen.contains("journalctl --no-pager"), "{screen}");
    desk.effects.clear();
    desk.now.mono += Duration::from_secs(2);
    desk.keys("<enter>");
    let ran = desk.effects.iter().any(|effect| matches!(effect, Effect::Run { .. }));
    let screen = desk.screen();
    assert!(ran, "{:?}\n{screen}", desk.effects);
}
