//! The habits of the interface: a row for every key that people's fingers know, and what is seen of it.

use wardroom::app::Setup;
use wardroom::border::Effect;

use super::desk::Desk;
use super::{homelab, runbooks};

const SIZE: (u16, u16) = (120, 40);

/// What a key is seen to do.
enum Seen {
    /// This stands on the screen, and did not before.
    Shows(&'static str),
    /// This stood on the screen, and does no more.
    Hides(&'static str),
    /// The row with this is selected, and was not before.
    Selects(&'static str),
    /// This is what the program is told to do.
    Does(fn(&Effect) -> bool),
}

use Seen::{Does, Hides, Selects, Shows};

/// Keys pressed before, the key, and what it does.
type Habit = (&'static str, &'static str, Seen);

const EVERYWHERE: [Habit; 45] = [
    ("2", "1", Shows("³Targets")),
    ("", "2", Shows("respond by")),
    ("", "3", Shows("Sources")),
    ("", "4", Hides("²Alerts")),
    ("", "5", Shows("Tasks")),
    ("", "6", Shows("⁶Hosts")),
    ("", "7", Shows("⁷Runbooks")),
    ("", "8", Shows("Error budgets")),
    ("", "9", Shows("⁹Journal")),
    ("", "<tab>", Selects("10.0.0.21:9100")),
    ("<tab>", "<shift-tab>", Selects("BackupJobFailed")),
    ("2", "j", Selects("HostDown")),
    ("2", "<down>", Selects("HostDown")),
    ("2j", "k", Selects("BackupJobFailed")),
    ("2j", "<up>", Selects("BackupJobFailed")),
    ("2", "G", Selects("ContainerUnhealthy")),
    ("2", "<end>", Selects("ContainerUnhealthy")),
    ("2G", "g", Selects("BackupJobFailed")),
    ("2G", "<home>", Selects("BackupJobFailed")),
    ("2", "<ctrl-d>", Selects("ContainerUnhealthy")),
    ("2G", "<ctrl-u>", Selects("BackupJobFailed")),
    ("2", "<pagedown>", Selects("ContainerUnhealthy")),
    ("2G", "<pageup>", Selects("BackupJobFailed")),
    ("4", "]", Shows("⁴Logs  units")),
    ("4]", "[", Shows("2 tails merged")),
    ("6", "+", Shows("bars 6h")),
    ("6+", "-", Shows("bars 1h")),
    ("", "/snap", Shows("/snap  1 of")),
    ("", "/!snap", Hides("SnapRAIDSyncOld")),
    ("", "/-f snpsync", Shows("/-f snpsync  1 of 7")),
    ("", "/severity=critical", Hides("SnapRAIDSyncOld")),
    ("", "/severity=~crit.*", Hides("SnapRAIDSyncOld")),
    ("2/vm102<enter>", "n", Selects("SnapRAIDSyncOld")),
    ("2/vm102<enter>", "N", Selects("NFSMountStale")),
    ("", ":", Shows("Palette")),
    ("", "<ctrl-p>", Shows("Palette")),
    ("", "?", Shows("Keys in")),
    ("", "z", Hides("³Targets")),
    ("", "f", Shows("FROZEN 14:02")),
    ("", "t", Shows("13:21")),
    ("<enter>", "<esc>", Hides("fingerprint")),
    ("", "<ctrl-r>", Does(|effect| *effect == Effect::Refresh(None))),
    ("", "q", Does(|effect| *effect == Effect::Quit)),
    ("", "<ctrl-c>", Does(|effect| *effect == Effect::Quit)),
    ("", "<ctrl-z>", Does(|effect| *effect == Effect::Suspend)),
];

const ON_A_SUBJECT: [Habit; 14] = [
    ("", "<enter>", Shows("fingerprint")),
    ("2", " ", Shows("1 marked")),
    ("2j", "s", Shows("hides 1 alert")),
    ("2j", "a", Shows("Acknowledge ")),
    ("2j", "l", Hides("²Alerts")),
    ("2/HostDown<enter>", "r", Shows("Plan")),
    ("2", "b", Selects("storage")),
    ("2<enter>", "b", Selects("storage")),
    ("2", "x", Shows("no action")),
    ("3/9100 down<enter>", "o", Does(|effect| matches!(effect, Effect::Copy(_)))),
    ("3", "y", Does(|effect| *effect == Effect::Copy("10.0.0.21:9100".into()))),
    ("2", "i", Does(|effect| *effect == Effect::RecallAll)),
    ("2<enter>", "i", Does(|effect| *effect == Effect::RecallAll)),
    ("2", "I", Does(|effect| *effect == Effect::RecallAll)),
];

const IN_THE_LOGS: [Habit; 7] = [
    ("4", " ", Shows("paused")),
    ("4", "E", Selects("Stale file handle")),
    ("4EE", "e", Selects("Stale file handle")),
    ("4E", "c", Shows("context ±5m")),
    ("4", "w", Shows("until it ends here")),
    ("4E", "m", Shows("»")),
    ("4", "Q", Shows("LogQL")),
];

const IN_A_RUNBOOK: [Habit; 15] = [
    ("..", "<enter>", Shows("Executed, word by word")),
    ("", ".", Selects("ping 10.0.0.21")),
    (".", ",", Selects("ping -c 4")),
    ("", "A", Shows("chose scenario A")),
    ("", "B", Shows("scenario B")),
    ("", "C", Shows("scenario C")),
    ("", "D", Shows("no scenario D")),
    ("", "E", Shows("no scenario E")),
    ("", "F", Shows("no scenario F")),
    ("", "m", Shows("1/18 done")),
    ("", "-", Shows("skipped")),
    ("", "v", Shows("looking again")),
    ("", "T", Shows("said by you")),
    ("", "X", Does(|effect| matches!(effect, Effect::Record(_)))),
    ("", "/ping", Shows(" / ping")),
];

/// The selected row, as it is on the screen, without what stands in the pane beside it.
fn selected(screen: &str) -> &str {
    let line = screen.lines().find_map(|line| line.split_once('▌')).map_or("", |(_, line)| line);
    line.split("││").next().unwrap_or_default()
}

/// What is not so, if anything.
fn wrong(mut desk: Desk, (before, key, seen): &Habit) -> Option<String> {
    desk.keys(before);
    let first = desk.screen();
    desk.effects.clear();
    desk.keys(key);
    let then = desk.screen();
    let is_so = match seen {
        Shows(text) => !first.contains(text) && then.contains(text),
        Hides(text) => first.contains(text) && !then.contains(text),
        Selects(text) => !selected(&first).contains(text) && selected(&then).contains(text),
        Does(is_it) => desk.effects.iter().any(is_it),
    };
    (!is_so).then(|| format!("after {before:?} the key {key:?} does not do what it says:\n{then}"))
}

fn all_do(desk: impl Fn() -> Desk, habits: &[Habit]) {
    let told: Vec<String> = habits.iter().filter_map(|habit| wrong(desk(), habit)).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

/// The homelab with a host down and the owner's runbook, at which one may write.
fn lab() -> Desk {
    let mut desk = Desk::new(Setup { read_only: false, ..runbooks::setup() }, SIZE);
    desk.hear(homelab::host_down());
    desk.hear([runbooks::shelf(runbooks::text())]);
    desk
}

#[test]
fn keys_that_work_everywhere() {
    all_do(|| Desk::homelab(SIZE), &EVERYWHERE);
}

#[test]
fn keys_on_a_subject() {
    all_do(lab, &ON_A_SUBJECT);
}

#[test]
fn keys_in_the_logs() {
    all_do(lab, &IN_THE_LOGS);
}

#[test]
fn keys_in_a_runbook() {
    all_do(|| runbooks::host_down(SIZE), &IN_A_RUNBOOK);
}

#[test]
fn a_note_goes_into_the_incident_that_is_open_or_starts_one() {
    use wardroom::border::Msg;
    use wardroom::incident::Event;

    let mut desk = lab();
    desk.keys("2/HostDown<enter>i").hear([Msg::Incidents(Vec::new())]);
    assert!(desk.screen().contains("what is wrong"), "{}", desk.screen());
    desk.keys("<enter>").effects.clear();
    desk.keys("i").hear([Msg::Incidents(Vec::new())]);
    assert!(desk.screen().contains("note in "), "{}", desk.screen());
    desk.keys("the fuse is blown<enter>");
    let noted = desk.effects.iter().any(|effect| match effect {
        Effect::Record(entries) => entries
            .iter()
            .any(|entry| matches!(&entry.event, Event::Noted { text, .. } if text == "the fuse is blown")),
        _ => false,
    });
    assert!(noted, "{:?}", desk.effects);
}
