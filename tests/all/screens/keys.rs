//! What the keys do: one test per key, and what the keymap promises.

use std::collections::BTreeSet;

use rstest::rstest;
use strum::IntoEnumIterator;
use wardroom::action::Action;
use wardroom::border::{Effect, Msg};
use wardroom::domain::feed::FailureKind;
use wardroom::keymap::{Context, EMBEDDED, Keymap, Press, chord, presses, show};
use wardroom::settings::Document;

use super::desk::Desk;
use super::homelab;

const SIZE: (u16, u16) = (120, 40);

/// The line of the selected row, as it is on the screen.
fn selected(desk: &mut Desk) -> String {
    let screen = desk.screen();
    let line = screen.lines().find(|line| line.contains('▌')).unwrap_or_default();
    line.split('▌').nth(1).unwrap_or_default().to_owned()
}

/// Whether some line of the screen has this text.
fn shows(desk: &mut Desk, text: &str) -> bool {
    desk.screen().contains(text)
}

#[rstest]
#[case("1", "⁴Logs")]
#[case("2", "respond by")]
#[case("3", "Sources")]
#[case("4", "paused")]
#[case("5", "Tasks")]
fn a_digit_opens_its_view(#[case] key: &str, #[case] seen: &str) {
    let mut desk = Desk::homelab(SIZE);
    desk.keys(if key == "4" { "4 " } else { key });
    assert!(shows(&mut desk, seen), "{}", desk.screen());
}

#[rstest]
#[case("j", "HostDown")]
#[case("<down>", "HostDown")]
#[case("jk", "BackupJobFailed")]
#[case("j<up>", "BackupJobFailed")]
#[case("G", "ContainerUnhealthy")]
#[case("<end>", "ContainerUnhealthy")]
#[case("Gg", "BackupJobFailed")]
#[case("G<home>", "BackupJobFailed")]
#[case("<ctrl-d>", "DiskSpaceLow")]
#[case("G<ctrl-u>", "HighCPUUsage")]
#[case("<pagedown>", "ContainerUnhealthy")]
#[case("G<pageup>", "BackupJobFailed")]
#[case("/vm102<enter>n", "SnapRAIDSyncOld")]
#[case("/vm102<enter>N", "NFSMountStale")]
fn motions_move_the_selection(#[case] keys: &str, #[case] name: &str) {
    let mut desk = Desk::homelab((120, 14));
    desk.keys("2").keys(keys);
    assert!(selected(&mut desk).contains(name), "{keys}: {}", desk.screen());
}

#[test]
fn the_bell_rings_once_for_what_is_newly_critical() {
    let rings = |desk: &Desk| {
        let rung = desk.effects.iter().filter_map(|effect| match effect {
            Effect::Ring { text, .. } => Some(text.clone()),
            _ => None,
        });
        rung.collect::<Vec<_>>()
    };
    let mut desk = Desk::homelab(SIZE);
    assert!(rings(&desk).is_empty(), "what was so at the start is no news");
    desk.hear(homelab::calm()).hear(homelab::host_down());
    assert_eq!(rings(&desk).len(), 1, "{:?}", rings(&desk));
    assert!(rings(&desk)[0].contains("HostDown") || rings(&desk)[0].contains("more"), "{:?}", rings(&desk));
    desk.hear(homelab::calm()).hear(homelab::host_down());
    assert_eq!(rings(&desk).len(), 1, "not again at once");
    desk.wait(31).hear(homelab::host_down());
    assert_eq!(rings(&desk).len(), 2, "what came within the pause is told after it");
    desk.keys("M").wait(31).hear(homelab::calm()).hear(homelab::host_down());
    assert_eq!(rings(&desk).len(), 2, "muted");
}

#[test]
fn tab_goes_round_the_panes() {
    let mut desk = Desk::homelab(SIZE);
    assert!(selected(desk.keys("<tab>")).contains("10.0.0.21:9100"));
    assert!(selected(desk.keys("<tab>")).contains("14:02:09"));
    assert!(selected(desk.keys("<shift-tab><shift-tab>")).contains("BackupJobFailed"));
    assert!(selected(desk.keys("<shift-tab>")).contains("nas-nfs"), "backwards over the edge");
}

#[test]
fn enter_opens_and_esc_closes_but_never_leaves() {
    let mut desk = Desk::homelab(SIZE);
    assert!(shows(desk.keys("<enter>"), "fingerprint"));
    assert!(!shows(desk.keys("<esc>"), "fingerprint"));
    desk.keys("<esc><esc><esc>");
    assert_eq!(desk.effects, []);
}

#[test]
fn q_and_ctrl_c_leave_from_anywhere() {
    for keys in ["q", "<ctrl-c>", "<enter>q", "?q", "/<ctrl-c>", "<enter>/<ctrl-c>"] {
        let mut desk = Desk::homelab(SIZE);
        desk.keys(keys);
        assert_eq!(desk.effects, [Effect::Quit], "{keys}");
    }
    let mut desk = Desk::homelab(SIZE);
    desk.keys("/q");
    assert_eq!(desk.effects, [], "while typing, q is a letter");
}

#[test]
fn a_filter_is_live_and_esc_takes_it_away() {
    let mut desk = Desk::homelab(SIZE);
    desk.keys("/snap");
    assert!(!shows(&mut desk, "DiskSpaceLow") && shows(&mut desk, "/snap  1 of 7"), "{}", desk.screen());
    desk.keys("<backspace><backspace><backspace><backspace>");
    assert!(shows(&mut desk, "DiskSpaceLow") && shows(&mut desk, "1 of 6"), "{}", desk.screen());
    desk.keys("snap<esc>");
    assert!(!shows(&mut desk, "/snap"), "given up");
    desk.keys("/snap<enter><esc>");
    assert!(!shows(&mut desk, "/snap"), "taken, then cleared");
    desk.keys("/");
    desk.hear([Msg::Paste("Host\u{1b}[2JDown".to_owned())]);
    assert!(shows(&mut desk, "nothing matches"), "a paste is typed, without what a terminal acts on");
}

#[test]
fn z_gives_a_pane_the_screen() {
    let mut desk = Desk::homelab(SIZE);
    assert!(!shows(desk.keys("z"), "³Targets"));
    assert!(shows(desk.keys("z"), "³Targets"));
    assert!(shows(desk.keys("z<esc>"), "³Targets"));
}

#[test]
fn f_holds_the_rows_and_thaws_by_itself() {
    let mut desk = Desk::homelab(SIZE);
    desk.keys("f").hear(homelab::calm());
    assert!(shows(&mut desk, "FROZEN 14:02") && shows(&mut desk, "HostDown"));
    assert!(shows(&mut desk, "OK"), "the verdict goes on");
    desk.wait(599);
    assert!(shows(&mut desk, "FROZEN"));
    desk.wait(1);
    assert!(!shows(&mut desk, "FROZEN") && !shows(&mut desk, "HostDown"));
    desk.keys("f");
    assert!(!shows(desk.keys("f"), "FROZEN"), "a second f thaws");
}

#[test]
fn t_shows_times_of_day() {
    let mut desk = Desk::homelab(SIZE);
    assert!(selected(desk.keys("t")).contains("13:21"));
    assert!(selected(desk.keys("t")).contains("41m"));
}

#[rstest]
#[case("<ctrl-r>", Effect::Refresh(None))]
#[case("<ctrl-z>", Effect::Suspend)]
#[case("R", Effect::Reload)]
#[case("3y", Effect::Copy("10.0.0.21:9100".into()))]
#[case("5y", Effect::Copy("vm/102".into()))]
#[case("4y", Effect::Copy("status update time (9.112 seconds)".into()))]
#[case("y", Effect::Copy(r#"{alertname="BackupJobFailed", guest="vm/102", severity="critical"}"#.into()))]
#[case("3<enter>y", Effect::Copy("10.0.0.21:9100".into()))]
fn keys_with_an_effect(#[case] keys: &str, #[case] effect: Effect) {
    let mut desk = Desk::homelab(SIZE);
    desk.keys(keys);
    assert_eq!(desk.effects, [effect]);
}

#[test]
fn v_says_why() {
    let mut desk = Desk::homelab(SIZE);
    assert!(shows(desk.keys("v"), "target snmp 10.0.0.2 is down"));
    assert!(!shows(desk.keys("v"), "target snmp 10.0.0.2 is down"), "and again takes it away");
}

#[test]
fn help_is_true_for_the_place() {
    let mut desk = Desk::homelab(SIZE);
    assert!(!shows(desk.keys("?"), "Wrap long lines"));
    assert!(shows(desk.keys("?4?"), "Wrap long lines"));
    assert!(!shows(desk.keys("?"), "Wrap long lines"), "and again takes it away");
}

#[test]
fn space_stops_the_stream_and_follows_again() {
    let mut desk = Desk::homelab(SIZE);
    desk.keys("4 ");
    desk.hear([homelab::late_line("a new line at the end")]);
    assert!(shows(&mut desk, "paused  +1 new") && selected(&mut desk).contains("14:02:09"));
    assert!(selected(desk.keys("j")).contains("a new line"));
    assert!(shows(desk.keys("G"), "live"), "the bottom follows");
    assert!(shows(desk.keys(" "), "paused"));
    assert!(shows(desk.keys(" "), "live"));
}

#[test]
fn e_goes_from_error_to_error() {
    let mut desk = Desk::homelab(SIZE);
    assert!(selected(desk.keys("4E")).contains("Stale file handle"));
    assert!(selected(desk.keys("E")).contains("error gathering metrics"));
    assert!(selected(desk.keys("E")).contains("connection reset"));
    assert!(selected(desk.keys("E")).contains("connection reset"), "there is none before");
    assert!(selected(desk.keys("e")).contains("error gathering metrics"));
}

#[test]
fn the_top_of_the_logs_is_the_oldest_line() {
    let mut desk = Desk::homelab((80, 12));
    assert!(selected(desk.keys("4g")).contains("nfs: server"));
    assert!(selected(desk.keys("j")).contains("backup vm/102 failed"));
    assert!(selected(desk.keys("kk")).contains("nfs: server"));
    assert!(selected(desk.keys("<ctrl-d>")).contains("13:51:40"));
}

#[test]
fn brackets_go_through_the_tails() {
    let mut desk = Desk::homelab(SIZE);
    assert!(shows(desk.keys("4]"), "⁴Logs  units"));
    assert!(shows(desk.keys("]"), "⁴Logs  containers"));
    assert!(shows(desk.keys("]"), "2 tails merged"));
    assert!(shows(desk.keys("["), "⁴Logs  containers"));
}

#[test]
fn w_wraps() {
    let mut desk = Desk::homelab(SIZE);
    assert!(!shows(desk.keys("4"), "until it ends here"));
    assert!(shows(desk.keys("w"), "until it ends here"));
}

#[test]
fn a_search_marks_and_moves() {
    let mut desk = Desk::homelab((80, 14));
    desk.keys("?/quit<enter>");
    assert!(!shows(&mut desk, "Esc back") || shows(&mut desk, "search"));
    desk.keys("<esc>/Leave<enter>");
    assert!(shows(&mut desk, "Leave"), "the search brings it into view: {}", desk.screen());
    assert!(shows(desk.keys("<esc>"), "Keys in"), "Esc takes the search away first");
    assert!(!shows(desk.keys("<esc>"), "Keys in"));
}

#[test]
fn rows_do_not_move_under_the_fingers() {
    let mut desk = Desk::homelab(SIZE);
    desk.keys("2jj");
    assert!(selected(&mut desk).contains("HighCPUUsage"));
    desk.hear(homelab::more_alerts());
    let rows = |desk: &mut Desk| desk.screen().lines().skip(1).collect::<Vec<_>>().join("\n");
    let before = rows(&mut desk);
    assert!(before.contains("+2 new") && !before.contains("AaaNew"), "{before}");
    desk.wait(1);
    assert!(rows(&mut desk).contains("AaaNew"));
    assert!(selected(&mut desk).contains("HighCPUUsage"), "the selection stays on the thing");
}

#[test]
fn a_machine_that_slept_asks_again_and_trusts_nothing() {
    let mut desk = Desk::new(homelab::setup(), SIZE);
    desk.hear(homelab::calm());
    assert!(shows(&mut desk, "all is well"));
    desk.hear([Msg::Jumped]);
    assert_eq!(desk.effects, [Effect::Refresh(None)]);
    assert!(shows(&mut desk, "UNKNOWN") && shows(&mut desk, "16 stale"));
}

#[test]
fn enter_on_a_failed_pane_says_why() {
    let mut desk = Desk::new(homelab::setup(), SIZE);
    desk.hear(homelab::lost(
        homelab::PBS,
        FailureKind::Tls,
        "certificate changed",
        "The certificate changed.",
    ));
    assert!(shows(desk.keys("5<enter>"), "The certificate changed."));
}

#[test]
fn a_bad_config_is_told_and_the_old_one_goes_on() {
    let mut desk = Desk::homelab(SIZE);
    desk.hear([Msg::Reloaded(Err(vec!["config.toml:3:1: ui.them: unknown key".into()]))]);
    assert!(shows(&mut desk, "config.toml:3:1") && shows(&mut desk, "the old one goes on"));
    assert!(shows(desk.keys("<esc>"), "HostDown"));
}

// ---- the habits: a test for every key that the others above do not press ----

#[rstest]
#[case("6", "⁶Hosts")]
#[case("7", "Runbooks")]
#[case("8", "Error budgets")]
#[case("9", "⁹Journal")]
#[case("S", "Silences")]
#[case("C", "Coverage")]
fn other_keys_open_views(#[case] key: &str, #[case] seen: &str) {
    let mut desk = Desk::homelab(SIZE);
    assert!(shows(desk.keys(key), seen), "{}", desk.screen());
}

#[test]
fn space_marks_and_unmarks() {
    let mut desk = Desk::homelab(SIZE);
    assert!(shows(desk.keys("2  "), "2 marked"), "{}", desk.screen());
    assert!(shows(desk.keys("k "), "1 marked"), "{}", desk.screen());
    assert!(!shows(desk.keys("<esc>"), "marked"));
}

#[rstest]
#[case("s", "Silence")]
#[case("a", "Acknowledge")]
fn s_and_a_open_their_dialogues(#[case] key: &str, #[case] seen: &str) {
    let setup = wardroom::app::Setup { read_only: false, ..homelab::setup() };
    let mut desk = Desk::new(setup, SIZE);
    desk.hear(homelab::host_down());
    let before = desk.screen().matches(seen).count();
    desk.keys("2j").keys(key);
    assert!(desk.screen().matches(seen).count() > before, "{}", desk.screen());
    desk.keys("<esc>");
    assert_eq!(desk.screen().matches(seen).count(), before, "Esc gives it up");
}

#[test]
fn l_shows_the_logs_of_an_alert() {
    let mut desk = Desk::homelab(SIZE);
    desk.keys("2jl");
    assert!(shows(&mut desk, "⁴Logs") && !shows(&mut desk, "²Alerts"), "{}", desk.screen());
}

#[test]
fn r_looks_for_a_runbook_and_says_when_there_is_none() {
    let mut desk = Desk::homelab(SIZE);
    let before = desk.screen();
    assert_ne!(desk.keys("2jr").screen(), before);
    assert!(shows(&mut desk, "runbook"), "{}", desk.screen());
}

#[test]
fn x_offers_what_can_be_done() {
    let mut desk = Desk::homelab(SIZE);
    let before = desk.keys("2j").screen();
    assert_ne!(desk.keys("x").screen(), before, "a menu, or why there is none");
}

#[rstest]
#[case("2jy", "HostDown")]
#[case("2jo", "")]
fn y_copies_the_row_and_o_its_link(#[case] keys: &str, #[case] part: &str) {
    let mut desk = Desk::homelab(SIZE);
    desk.keys(keys);
    let copied = desk.effects.iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text.clone()),
        _ => None,
    });
    let told = desk.screen();
    assert!(copied.is_some_and(|text| text.contains(part)) || told.contains("it has no link"), "{told}");
}

#[rstest]
#[case("/!vm102<enter>", "SnapRAIDSyncOld", false)]
#[case("/!vm102<enter>", "HighCPUUsage", true)]
#[case("/-f hicpu<enter>", "HighCPUUsage", true)]
#[case("/severity=warning<enter>", "HighCPUUsage", true)]
#[case("/severity=warning<enter>", "BackupJobFailed", false)]
#[case("/severity=~warn.*<enter>", "HighCPUUsage", true)]
fn a_filter_speaks_the_words_of_the_trade(#[case] keys: &str, #[case] name: &str, #[case] there: bool) {
    let mut desk = Desk::homelab(SIZE);
    let rows = |desk: &mut Desk| {
        desk.screen()
            .lines()
            .skip(3)
            .map(|line| line.chars().take(60).collect::<String>())
            .collect::<Vec<_>>()
            .join("\n")
    };
    desk.keys("2").keys(keys);
    assert_eq!(rows(&mut desk).contains(name), there, "{}", desk.screen());
}

#[test]
fn plus_and_minus_change_the_time_that_is_shown() {
    let mut desk = Desk::homelab(SIZE);
    let bars = |desk: &mut Desk| {
        let screen = desk.screen();
        screen.split("bars ").nth(1).and_then(|rest| rest.split_whitespace().next()).map(str::to_owned)
    };
    let first = bars(desk.keys("6"));
    assert!(first.is_some(), "{}", desk.screen());
    assert_ne!(bars(desk.keys("+")), first);
    assert_eq!(bars(desk.keys("-")), first);
}

#[test]
fn terminate_leaves() {
    let mut desk = Desk::homelab(SIZE);
    desk.hear([Msg::Terminate]);
    assert_eq!(desk.effects, [Effect::Quit]);
}

// ---- the keymap ----

/// A config's faults, with the embedded keys below it.
fn faults(text: &str) -> Vec<String> {
    let document = Document::new("config.toml", text);
    document.read(|root| Keymap::default().with(root)).expect("TOML");
    document.faults().iter().map(ToString::to_string).collect()
}

#[test]
fn the_embedded_keys_have_no_fault_and_no_chord_twice() {
    let document = Document::new("keymap.toml", EMBEDDED);
    document.read(|root| Keymap::default().with(root)).expect("TOML");
    assert_eq!(document.faults(), []);
    let keymap = Keymap::default();
    for context in Context::iter() {
        let all: Vec<String> = keymap.bound(context).map(|(_, key)| show(key)).collect();
        let once: BTreeSet<&String> = all.iter().collect();
        assert_eq!(all.len(), once.len(), "{context}: {all:?}");
    }
}

#[test]
fn every_action_has_a_key_and_words() {
    let keymap = Keymap::default();
    for action in Action::iter() {
        let reached = Context::iter().any(|context| keymap.hint(action, context).is_some());
        assert!(reached, "{action} has no key");
        assert!(action.about().ends_with('.') && !action.word().is_empty(), "{action} has no words");
    }
}

#[test]
fn a_chord_for_two_actions_is_an_error_that_names_both() {
    let told = faults("[keys.global]\nrefresh = [\"j\"]\n");
    assert_eq!(
        told,
        [
            "config.toml:2:11: keys.global.refresh: `j` is already `down` here; give one of them another key, or `down = []`"
        ]
    );
    assert_eq!(faults("[keys.global]\nrefresh = [\"j\"]\ndown = []\n"), Vec::<String>::new());
}

#[test]
fn some_keys_mean_the_same_everywhere() {
    let told = faults("[keys.logs]\nwrap = [\"q\"]\n");
    assert_eq!(told, ["config.toml:2:8: keys.logs.wrap: `q` means `quit` everywhere, and nothing else"]);
    assert_eq!(faults("[keys.logs]\nwrap = [\"j\"]\n"), Vec::<String>::new(), "others may be shadowed");
}

#[test]
fn names_that_are_none_are_told_with_the_nearest() {
    let told = faults("[keys.global]\nrefesh = [\"x\"]\nfreeze = [\"hyper-x\"]\n[keys.log]\n");
    assert!(told.iter().any(|fault| fault.contains("did you mean `refresh`")), "{told:?}");
    assert!(
        told.iter().any(|fault| fault.contains("config.toml:3:10") && fault.contains("hyper-x")),
        "{told:?}"
    );
    assert!(told.iter().any(|fault| fault.contains("did you mean `logs`")), "{told:?}");
}

#[test]
fn an_override_works_and_the_footer_says_so() {
    let document = Document::new("config.toml", "[keys.global]\nfilter = [\"F\"]\nfreeze = []\n");
    let keymap = document.read(|root| Keymap::default().with(root)).expect("TOML");
    let mut desk = Desk::new(wardroom::app::Setup { keymap, ..homelab::setup() }, SIZE);
    desk.hear(homelab::host_down());
    assert!(shows(&mut desk, "F filter") && !shows(&mut desk, "f freeze"));
    assert!(shows(desk.keys("Fsnap"), "/snap  1 of 7"));
}

#[rstest]
#[case("G", "G")]
#[case("shift-g", "G")]
#[case("g", "g")]
#[case("?", "?")]
#[case("ctrl-d", "Ctrl-d")]
#[case("ctrl-D", "Ctrl-d")]
#[case("shift-tab", "S-Tab")]
#[case("backtab", "S-Tab")]
#[case("pagedown", "PgDn")]
#[case("space", "Space")]
#[case("-", "-")]
#[case("alt-x", "Alt-x")]
#[case("é", "é")]
#[case("f5", "F5")]
fn chords(#[case] written: &str, #[case] shown: &str) {
    assert_eq!(show(chord(written).expect(written)), shown);
}

#[test]
fn what_a_terminal_sends_is_what_was_written() {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    let sent = |code, modifiers| wardroom::keymap::normal(KeyEvent::new(code, modifiers).into());
    for (code, modifiers, written) in [
        (KeyCode::Char('G'), KeyModifiers::NONE, "G"),
        (KeyCode::Char('G'), KeyModifiers::SHIFT, "G"),
        (KeyCode::Char('g'), KeyModifiers::SHIFT, "G"),
        (KeyCode::Char('?'), KeyModifiers::SHIFT, "?"),
        (KeyCode::Char('/'), KeyModifiers::NONE, "/"),
        (KeyCode::BackTab, KeyModifiers::NONE, "shift-tab"),
        (KeyCode::Tab, KeyModifiers::SHIFT, "shift-tab"),
        (KeyCode::Char('D'), KeyModifiers::CONTROL, "ctrl-d"),
        (KeyCode::Char('\r'), KeyModifiers::NONE, "enter"),
    ] {
        assert_eq!(sent(code, modifiers), chord(written).expect(written), "{written}");
    }
}

#[test]
fn strings_of_keys() {
    let keys = presses("jG<enter><ctrl-d><lt>é<wait>").expect("keys");
    let shown: Vec<String> = keys
        .iter()
        .map(|press| match press {
            Press::Key(key) => show(*key),
            Press::Wait => "(wait)".to_owned(),
        })
        .collect();
    assert_eq!(shown, ["j", "G", "Enter", "Ctrl-d", "<", "é", "(wait)"]);
    assert!(presses("<enter").is_err() && presses("<nokey>").is_err());
}
