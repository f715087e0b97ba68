//! Commands of a runbook: confirmed, run, heard, stopped.

use std::sync::Arc;
use std::time::Duration;

use wardroom::app::Setup;
use wardroom::border::{Effect, Msg};
use wardroom::config::Config;
use wardroom::domain::feed::{SourceId, SourceKind};
use wardroom::domain::ran::Ran;
use wardroom::domain::run::{End, Line, Order, Stopped, Stream, Told};
use wardroom::incident::Event;
use wardroom::runbooks::actions::Configured;
use wardroom::runbooks::danger::Level;
use wardroom::runbooks::lore::Lore;

use super::desk::Desk;
use super::looks::look;
use super::{homelab, runbooks};

const WIDE: (u16, u16) = (120, 40);

/// The procedure of the firing HostDown: first a look.
fn host_down(size: (u16, u16)) -> Desk {
    runbooks::host_down(size)
}

/// Stands at the restart of scenario B, which is of level L1.
fn at_restart(desk: &mut Desk) {
    desk.keys("gB");
    for _ in 0..40 {
        if desk.screen().contains("Command  sudo systemctl restart node_exporter") {
            return;
        }
        desk.keys(".");
    }
    panic!("no restart:\n{}", desk.screen());
}

/// Lets so many milliseconds pass.
fn pass(desk: &mut Desk, ms: u64) {
    desk.now.mono += Duration::from_millis(ms);
}

fn ordered(desk: &Desk) -> Vec<(u64, Arc<Order>)> {
    let orders = desk.effects.iter().filter_map(|effect| match effect {
        Effect::Run { id, order } => Some((*id, Arc::clone(order))),
        _ => None,
    });
    orders.collect()
}

fn end(exit: i32) -> End {
    End { trouble: None, exit: Some(exit), took: Duration::from_millis(1_200), ..End::refused("") }
}

fn lines(texts: &[&str]) -> Told {
    let line = |text: &&str| Line { stream: Stream::Out, text: (*text).into() };
    Told::Lines { lines: texts.iter().map(line).collect(), dropped: 0, open: None }
}

#[test]
fn a_look_is_run_by_a_new_enter_and_a_change_by_y() {
    let mut desk = host_down(WIDE);
    desk.keys("<enter><enter><enter>");
    assert!(ordered(&desk).is_empty(), "the key that showed it does not run it");
    pass(&mut desk, 1_000);
    desk.keys("<enter>");
    let orders = ordered(&desk);
    let [(_, order)] = orders.as_slice() else { panic!("one run: {orders:?}") };
    assert_eq!((order.level.as_str(), order.host.as_str(), order.how.as_str()), ("L0", "localhost", "enter"));
    assert_eq!(
        order.argv.last().map(String::as_str),
        Some(order.text.as_str()),
        "what was shown is what runs"
    );
    assert_eq!(order.confirmed, wardroom::runbooks::login::digest(&order.argv));
    desk.keys("<esc>");
    at_restart(&mut desk);
    desk.keys("<enter>");
    pass(&mut desk, 1_000);
    assert!(desk.screen().contains("y runs it"), "{}", desk.screen());
    desk.keys("Y");
    assert_eq!(ordered(&desk).len(), 1, "another key is none");
    pass(&mut desk, 300);
    desk.keys("y");
    let orders = ordered(&desk);
    assert_eq!(orders.len(), 2);
    assert_eq!(orders[1].1.operator, "sam");
    assert!(orders[1].1.limit.is_some() && orders[1].1.document.is_some());
}

#[test]
fn a_paste_and_nothing_said_run_nothing() {
    let mut desk = host_down(WIDE);
    at_restart(&mut desk);
    desk.keys("<enter>");
    pass(&mut desk, 1_000);
    desk.hear([Msg::Paste("y".to_owned())]);
    assert!(desk.screen().contains("pasted text does not count"), "{}", desk.screen());
    desk.keys("<enter>");
    assert!(!desk.screen().contains("y runs it"), "Enter is no");
    assert!(ordered(&desk).is_empty());
}

#[test]
fn what_changes_before_it_is_confirmed_is_shown_anew() {
    let mut desk = host_down(WIDE);
    desk.keys("<enter>");
    pass(&mut desk, 1_000);
    let changed = runbooks::text().replace("ping -c 4", "ping -c 9");
    desk.hear([runbooks::shelf(changed)]);
    desk.hear([Msg::Tick]);
    desk.keys("<enter>");
    assert!(ordered(&desk).is_empty(), "what was pressed was meant for another text");
    assert!(!desk.screen().contains("Command  ping -c 4"), "{}", desk.screen());
}

#[test]
fn where_nothing_may_be_written_a_command_is_only_shown() {
    let mut desk = Desk::new(Setup { read_only: true, ..runbooks::setup() }, WIDE);
    desk.hear(homelab::host_down());
    desk.hear([runbooks::shelf(runbooks::text())]);
    desk.keys("2/HostDown<enter>r<enter>");
    pass(&mut desk, 1_000);
    assert!(desk.screen().contains("Executed, word by word"), "{}", desk.screen());
    desk.keys("<enter><enter>y");
    assert!(ordered(&desk).is_empty());
}

fn running(size: (u16, u16)) -> (Desk, u64) {
    let mut desk = host_down(size);
    desk.keys("<enter>");
    pass(&mut desk, 1_000);
    desk.keys("<enter>");
    let id = ordered(&desk).last().expect("it runs").0;
    (desk, id)
}

#[test]
fn output_is_shown_searched_and_its_end_is_told() {
    for (name, size) in [("60x12", (60, 12)), ("80x24", (80, 24)), ("120x40", WIDE), ("200x60", (200, 60))] {
        let (mut desk, id) = running(size);
        desk.hear([Msg::Ran {
            id,
            told: lines(&[
                "PING vm102 (10.0.0.102) 56(84) bytes of data.",
                "From 10.0.0.1 Destination Host Unreachable",
            ]),
        }]);
        look(&format!("run_live_{name}"), &mut desk);
        desk.hear([Msg::Ran { id, told: Told::Ended(end(1)) }]);
        look(&format!("run_failed_{name}"), &mut desk);
    }
    let (mut desk, id) = running(WIDE);
    for _ in 0..30 {
        desk.hear([Msg::Ran { id, told: lines(&["one", "two", "three"]) }]);
    }
    desk.hear([Msg::Ran { id, told: lines(&["the needle"]) }]);
    assert!(desk.screen().contains("the needle"), "the end is followed");
    desk.keys("g");
    assert!(!desk.screen().contains("the needle"), "{}", desk.screen());
    desk.keys("/needle<enter>");
    assert!(desk.screen().contains("the needle"), "{}", desk.screen());
}

#[test]
fn a_run_marks_its_step_and_is_recorded() {
    let (mut desk, id) = running(WIDE);
    desk.hear([Msg::Ran { id, told: Told::Ended(end(0)) }]);
    desk.keys("<esc>");
    assert!(desk.screen().contains("ok by sam") || desk.screen().contains("✓"), "{}", desk.screen());
    let is_ran = |effect: &Effect| {
        matches!(effect, Effect::Record(entries) if entries.iter().any(|entry| {
            matches!(&entry.event, Event::Ran { outcome, confirmed, .. } if outcome == "done" && confirmed == "enter")
        }))
    };
    assert!(desk.effects.iter().any(is_ran), "{:#?}", desk.effects);
}

#[test]
fn ctrl_c_stops_what_runs_and_leaving_asks() {
    let (mut desk, id) = running(WIDE);
    desk.keys("K");
    desk.keys("<ctrl-c>");
    let stops = desk.effects.iter().filter(|effect| **effect == Effect::Stop(id)).count();
    assert_eq!(stops, 2);
    assert!(!desk.effects.contains(&Effect::Quit));
    desk.keys("<esc>q");
    assert!(desk.screen().contains("once more within 2 s"), "{}", desk.screen());
    assert!(!desk.effects.contains(&Effect::Quit));
    pass(&mut desk, 3_000);
    desk.keys("q");
    assert!(!desk.effects.contains(&Effect::Quit), "that was too late");
    desk.keys("q");
    assert!(desk.effects.contains(&Effect::Quit));
    let (mut desk, id) = running(WIDE);
    let stopped = End { stopped: Some(Stopped::Operator), ..end(130) };
    desk.hear([Msg::Ran { id, told: Told::Ended(stopped) }]);
    assert!(desk.screen().contains("stopped, exit 130 (INT)"), "{}", desk.screen());
    desk.keys("<esc>q");
    assert!(desk.effects.contains(&Effect::Quit), "nothing runs any more");
}

#[test]
fn one_change_at_a_time_runs_on_a_host() {
    let mut desk = host_down(WIDE);
    for _ in 0..2 {
        at_restart(&mut desk);
        desk.keys("<enter>");
        pass(&mut desk, 1_000);
        desk.keys("y");
        desk.keys("<esc>");
        pass(&mut desk, 1_000);
    }
    assert_eq!(ordered(&desk).len(), 1);
}

#[test]
fn what_asks_for_a_terminal_is_offered_one() {
    let (mut desk, id) = running(WIDE);
    let asks = End { asks_terminal: true, ..end(1) };
    desk.hear([Msg::Ran { id, told: lines(&["sudo: a terminal is required to read the password"]) }]);
    desk.hear([Msg::Ran { id, told: Told::Ended(asks) }]);
    assert!(desk.screen().contains("hands the terminal over"), "{}", desk.screen());
    desk.keys("H");
    let handed = desk.effects.iter().find_map(|effect| match effect {
        Effect::HandOver { order, .. } => Some(Arc::clone(order)),
        _ => None,
    });
    let handed = handed.expect("it is handed over");
    assert_eq!(handed.confirmed, wardroom::runbooks::login::digest(&handed.argv));
}

#[test]
fn what_may_have_changed_something_is_confirmed_again_before_it_is_handed_over() {
    let mut desk = host_down(WIDE);
    at_restart(&mut desk);
    desk.keys("<enter>");
    pass(&mut desk, 1_000);
    desk.keys("y");
    let id = ordered(&desk).last().expect("it runs").0;
    desk.hear([Msg::Ran { id, told: lines(&["sudo: a terminal is required to read the password"]) }]);
    desk.hear([Msg::Ran { id, told: Told::Ended(End { asks_terminal: true, ..end(1) }) }]);
    let handed = |desk: &Desk| {
        let handed = desk.effects.iter().filter_map(|effect| match effect {
            Effect::HandOver { order, .. } => Some(Arc::clone(order)),
            _ => None,
        });
        handed.collect::<Vec<_>>()
    };
    desk.keys("H");
    assert!(handed(&desk).is_empty(), "it ran before: it is asked first");
    look("run_again_120x40", &mut desk);
    // The alert may go in the meantime: this is what was run for it, and nothing else takes its place.
    desk.hear([Msg::Tick]);
    desk.keys("H<enter>");
    assert!(handed(&desk).is_empty(), "nothing said is no");
    desk.keys("H");
    pass(&mut desk, 1_000);
    desk.keys("y");
    let handed = handed(&desk);
    let [order] = handed.as_slice() else { panic!("handed over once: {handed:?}") };
    assert_eq!(order.how, "y, terminal handed over, y");
    assert_eq!(order.confirmed, wardroom::runbooks::login::digest(&order.argv));
}

/// A desk whose one action has this level.
fn with_action(level: Level) -> Desk {
    let action = Configured {
        name: "Do it".to_owned(),
        argv: ["uptime".to_owned()].to_vec(),
        host: "local".to_owned(),
        level: Some(level),
        ..Configured::default()
    };
    let setup = runbooks::setup();
    let setup = Setup { lore: Lore { actions: vec![action], ..setup.lore.clone() }, ..setup };
    let mut desk = Desk::new(setup, WIDE);
    desk.hear(homelab::host_down());
    desk.hear([runbooks::shelf(runbooks::text())]);
    desk.keys("2/HostDown<enter>x");
    pass(&mut desk, 1_000);
    desk.keys("<enter>");
    desk
}

/// Types as a hand does.
fn type_in(desk: &mut Desk, text: &str) {
    for char in text.chars() {
        pass(desk, 80);
        desk.keys(&char.to_string());
    }
    pass(desk, 300);
}

#[test]
fn each_level_asks_for_its_own_keys() {
    for (level, wrong, right) in [
        (Level::L0, "yY", "<enter>"),
        (Level::L1, "Y", "y"),
        (Level::L2, "y", "Y"),
        (Level::L3, "yY", "localhost"),
    ] {
        let mut desk = with_action(level);
        assert!(desk.screen().contains(&format!(" {} on this machine", level.name())), "{}", desk.screen());
        // At once it is too soon, whatever is pressed.
        desk.keys(right);
        assert!(ordered(&desk).is_empty(), "{level:?}: too soon\n{}", desk.screen());
        pass(&mut desk, 2_000);
        desk.keys(wrong);
        pass(&mut desk, 1_000);
        assert!(ordered(&desk).is_empty(), "{level:?}: another key is none");
        if level == Level::L3 {
            desk.keys("<backspace><backspace>");
            type_in(&mut desk, right);
            assert!(ordered(&desk).is_empty(), "{level:?}: only with Enter");
            desk.keys("<enter>");
            let how = ordered(&desk).last().map(|(_, order)| order.how.clone());
            assert_eq!(how.as_deref(), Some("typed localhost"), "{}", desk.screen());
        } else {
            desk.keys(right);
            assert_eq!(ordered(&desk).len(), 1, "{level:?}\n{}", desk.screen());
        }
    }
}

#[test]
fn the_right_name_of_the_host_counts_only_when_it_is_typed() {
    let mut desk = with_action(Level::L3);
    pass(&mut desk, 2_000);
    desk.hear([Msg::Paste("localhost".to_owned())]);
    desk.keys("<enter>");
    assert!(ordered(&desk).is_empty(), "{}", desk.screen());
    pass(&mut desk, 1_000);
    // A terminal without marks around a paste sends it as keys, all at once, Enter at the end.
    desk.keys("localhost<enter>");
    assert!(ordered(&desk).is_empty(), "{}", desk.screen());
    assert!(desk.screen().contains("type localhost and Enter"), "{}", desk.screen());
    pass(&mut desk, 1_000);
    type_in(&mut desk, "localhost");
    desk.keys("<enter>");
    assert_eq!(ordered(&desk).len(), 1, "{}", desk.screen());
}

#[test]
fn an_alert_that_changes_between_preview_and_key_rebuilds_it() {
    let mut desk = host_down(WIDE);
    at_restart(&mut desk);
    desk.keys("<enter>");
    pass(&mut desk, 1_000);
    assert!(desk.screen().contains("y runs it"), "{}", desk.screen());
    desk.hear(homelab::calm());
    desk.keys("y");
    assert!(ordered(&desk).is_empty(), "the alert is over: what was pressed was meant for another state");
    assert!(desk.screen().contains("it has changed: look again"), "{}", desk.screen());
    pass(&mut desk, 1_000);
    desk.keys("y");
    assert_eq!(ordered(&desk).len(), 1, "seen as it is now it can be confirmed");
}

#[test]
fn the_journal_is_shown_the_newest_first() {
    let ran = |title: &str, end: Option<&str>, trouble: Option<&str>| Ran {
        at: super::desk::instant(),
        operator: "sam".into(),
        title: title.into(),
        host: "vm102".into(),
        level: "L1".into(),
        how: "y".into(),
        text: format!("systemctl restart {title}"),
        output: "captured".into(),
        end: end.map(|words| (words.to_owned(), 1.2)),
        trouble: trouble.map(str::to_owned),
        last: vec!["\u{1b}[2Jlast of it".into()],
    };
    for (name, size) in [("60x12", (60, 12)), ("120x40", WIDE)] {
        let mut desk = host_down(size);
        desk.keys("J");
        assert!(desk.effects.contains(&Effect::ReadJournal));
        let all = vec![
            ran("first", Some("done"), None),
            ran("second", Some("exit 1"), Some("it broke")),
            ran("third", None, None),
        ];
        desk.hear([Msg::Journal { ran: all, torn: 1 }]);
        look(&format!("journal_{name}"), &mut desk);
        desk.keys("<esc>");
        assert!(!desk.screen().contains("Journal"), "{}", desk.screen());
    }
    for (name, size) in [("60x12", (60, 12)), ("80x24", (80, 24)), ("120x40", WIDE), ("200x60", (200, 60))] {
        let mut desk = host_down(size);
        desk.keys("9").screen();
        let now = desk.now;
        assert!(
            desk.app.asks(now).contains(&Effect::ReadPast),
            "the journal is read when its view is opened"
        );
        let all = [
            ("first", Some("done"), None),
            ("second", Some("exit 1"), Some("it broke")),
            ("third", None, None),
        ];
        desk.hear([Msg::Past(all.map(|(title, end, trouble)| ran(title, end, trouble)).to_vec())]);
        desk.keys("j");
        if size.1 < 24 {
            look(&format!("journal_view_{name}"), &mut desk);
        }
        assert!(desk.screen().contains("no end is written down"), "{}", desk.screen());
        desk.keys("/first<enter><enter>");
        let screen = desk.screen();
        let is_told = screen.contains("systemctl restart first") || size.1 < 24;
        assert!(screen.contains("confirmed by y") && is_told, "{screen}");
    }
    let mut desk = host_down(WIDE);
    desk.hear([Msg::Unread("the journal cannot be read: no".into())]);
    assert!(desk.screen().contains("cannot be read: no"));
}

/// A desk on the alert, with the actions that a config gives.
fn with_config(actions: &str) -> Desk {
    let text = format!("[sources.prometheus.main]\nurl = \"http://127.0.0.1:1\"\n{actions}");
    let config = Config::parse("wardroom.toml", &text, None).expect("a config");
    let setup = runbooks::setup();
    let setup = Setup { lore: Lore { actions: config.runbooks.actions, ..setup.lore.clone() }, ..setup };
    let mut desk = Desk::new(setup, WIDE);
    desk.hear(homelab::host_down());
    desk.hear([runbooks::shelf(runbooks::text())]);
    desk.keys("2/HostDown<enter>");
    desk
}

const BACK_UP: &str = r#"
[[actions]]
name = "Back it up again"
argv = ["vzdump", "102", "--storage", "{storage}", "--bwlimit", "{limit}"]
host = "local"
keys = ["alt-b"]
panes = ["alerts"]
requires = ["vzdump"]
timeout = "4h"
verify = 'Target shows "UP" in Prometheus UI'
[actions.inputs.storage]
kind = "choice"
choices = ["pbs", "local"]
[actions.inputs.limit]
kind = "number"
default = "0"
[[actions]]
name = "Elsewhere"
argv = ["uptime"]
host = "local"
panes = ["backups"]
keys = ["alt-b"]
"#;

#[test]
fn an_action_has_a_key_a_name_in_the_palette_and_a_line_in_the_help() {
    let mut desk = with_config(BACK_UP);
    desk.keys("?/Actions of your<enter>");
    assert!(
        desk.screen().contains("Alt-b") && desk.screen().contains("Back it up again"),
        "{}",
        desk.screen()
    );
    desk.keys("<esc><esc>:run back");
    assert!(desk.screen().contains("run Back it up again"), "{}", desk.screen());
    desk.keys("<enter>");
    assert!(desk.screen().contains("› Back it up again"), "{}", desk.screen());
    let mut desk = with_config(BACK_UP);
    desk.keys("<alt-b>");
    assert!(desk.screen().contains("› Back it up again"), "the one that is for this pane: {}", desk.screen());
    desk.keys("<esc><esc>:run else<enter>");
    assert!(desk.screen().contains("no action of the config is for this"), "{}", desk.screen());
}

#[test]
fn an_action_asks_for_its_inputs_and_is_bounded() {
    let mut desk = with_config(BACK_UP);
    desk.keys("<alt-b>=");
    assert!(desk.screen().contains("Tab pbs  local"), "{}", desk.screen());
    desk.keys("nas<enter><enter>");
    pass(&mut desk, 1_000);
    assert!(!desk.screen().contains(" runs it"), "it is none of them: {}", desk.screen());
    desk.keys("<esc>=pbs<enter><enter>");
    pass(&mut desk, 1_000);
    look("action_bounded_120x40", &mut desk);
    desk.keys("y");
    let orders = ordered(&desk);
    let [(id, order)] = orders.as_slice() else { panic!("one run\n{}", desk.screen()) };
    assert_eq!(order.text, "vzdump 102 --storage pbs --bwlimit 0");
    assert_eq!(
        (order.limit, order.requires.as_slice()),
        (Some(Duration::from_hours(4)), &["vzdump".to_owned()][..])
    );
    let id = *id;
    desk.hear([Msg::Ran { id, told: Told::Ended(end(0)) }]);
    assert!(desk.effects.contains(&Effect::Refresh(None)), "what it changed is looked at");
    desk.keys("<esc>");
    assert!(
        desk.screen().contains("✗ Target shows \"UP\""),
        "what tells that it helped is measured: {}",
        desk.screen()
    );
}

#[test]
fn a_look_is_repeated_by_a_key_and_asks_only_the_sources_that_it_names() {
    let look = "[[actions]]\nname = \"Look\"\nargv = [\"uptime\"]\nhost = \"local\"\nkeys = [\"alt-l\"]\n\
                refresh = [\"prometheus.main\"]\n";
    let mut desk = with_config(look);
    desk.keys("<alt-l>");
    for count in 1..=2 {
        desk.keys("<enter>");
        pass(&mut desk, 1_000);
        desk.keys("<enter>");
        let orders = ordered(&desk);
        assert_eq!(orders.len(), count, "{}", desk.screen());
        let Some((id, order)) = orders.last() else { panic!("it runs") };
        assert_eq!(order.level, "L0");
        let wanted = Effect::Refresh(Some(SourceId::new(SourceKind::Prometheus, "main")));
        desk.effects.retain(|effect| !matches!(effect, Effect::Refresh(_)));
        desk.hear([Msg::Ran { id: *id, told: Told::Ended(end(0)) }]);
        let asked: Vec<&Effect> =
            desk.effects.iter().filter(|effect| matches!(effect, Effect::Refresh(_))).collect();
        assert_eq!(asked, [&wanted], "a look changes nothing: the others need not be asked");
        // Nothing runs again by itself.
        desk.wait(60);
        assert_eq!(ordered(&desk).len(), count);
        desk.keys("<esc>");
    }
}

#[test]
fn without_a_journal_a_change_asks_for_a_word_more() {
    let mut desk = host_down(WIDE);
    desk.hear([Msg::Unrecorded(Some("the disk is full".to_owned()))]);
    at_restart(&mut desk);
    desk.keys("<enter>");
    pass(&mut desk, 1_000);
    assert!(desk.screen().contains("type unrecorded and Enter"), "{}", desk.screen());
    desk.keys("y");
    assert!(ordered(&desk).is_empty());
}

#[test]
fn an_action_of_the_config_is_offered_where_it_fits_and_confirmed_like_any_other() {
    let action = |name: &str, alerts: &[&str]| Configured {
        name: name.to_owned(),
        argv: ["systemctl", "restart", "{unit}"].map(str::to_owned).to_vec(),
        host: "local".to_owned(),
        alerts: alerts.iter().map(|name| (*name).to_owned()).collect(),
        ..Configured::default()
    };
    let actions = vec![action("Restart it", &["HostDown"]), action("Never", &["Other"])];
    let setup = runbooks::setup();
    let setup = Setup { lore: Lore { actions, ..setup.lore.clone() }, ..setup };
    let mut desk = Desk::new(setup, WIDE);
    desk.hear(homelab::host_down());
    desk.hear([runbooks::shelf(runbooks::text())]);
    desk.keys("2/HostDown<enter>x");
    look("action_120x40", &mut desk);
    // What it restarts is not among the labels: it is asked, and until then nothing runs.
    desk.keys("<enter>");
    pass(&mut desk, 1_000);
    desk.keys("y");
    assert!(ordered(&desk).is_empty());
    desk.keys("<esc>=node_exporter<enter><enter>");
    pass(&mut desk, 1_000);
    assert!(desk.screen().contains("y runs it"), "{}", desk.screen());
    desk.keys("y");
    let orders = ordered(&desk);
    assert_eq!(orders.last().map(|(_, order)| order.text.as_str()), Some("systemctl restart node_exporter"));
}
