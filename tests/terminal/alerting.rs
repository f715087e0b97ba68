//! Silences and acknowledgements by keys, on the demo lab.

use crate::lab::{PROGRAM, Plan};

#[test]
fn an_alert_is_silenced_and_another_acknowledged() {
    let command = [PROGRAM, "--demo=host-down", "--view", "alerts"];
    let mut dashboard = Plan { command: &command, ..Plan::default() }.start();
    dashboard.shows(&["HostDown", "slack-backups"]);

    dashboard.pty.keys("/HighCPU\r");
    dashboard.shows(&["1 of 1", "slack-homelab"]);
    dashboard.pty.keys("s");
    dashboard.shows(&["alertname=\"HighCPUUsage\"", "hides 1 alert", "would have hidden 1 alert"]);
    dashboard.pty.keys("the lab is hot\r");
    dashboard.shows(&["The same as a command", "--comment='the lab is hot'"]);
    dashboard.pty.keys("\r");
    dashboard.hides("The same as a command");
    dashboard.shows(&["○ silenced", "by sam@desk until"]);

    dashboard.pty.keys("S");
    dashboard.shows(&["alertname=\"HighCPUUsage\"", "the lab is hot"]);
    dashboard.pty.keys("2");
    dashboard.shows(&["/HighCPU"]);
    // A key right behind Escape would be Alt and that key.
    dashboard.pty.keys("\x1b");
    dashboard.hides("/HighCPU");

    dashboard.pty.keys("/BackupJob\r");
    dashboard.shows(&["1 of 1"]);
    dashboard.pty.keys("a");
    dashboard.shows(&["Pages go on"]);
    dashboard.pty.keys("looking\r");
    dashboard.hides("Pages go on");
    dashboard.shows(&["acked", "by sam@desk"]);

    dashboard.pty.keys("a");
    dashboard.shows(&["nobody is on it any more"]);
    dashboard.pty.keys("\r");
    dashboard.hides("acked ");
    dashboard.shows(&["▲ critical"]);

    dashboard.pty.keys("q");
    assert_eq!(dashboard.ends(), 0);
}

#[test]
fn under_read_only_nothing_is_written() {
    let command = [PROGRAM, "--demo=host-down", "--view", "alerts", "--read-only"];
    let mut dashboard = Plan { command: &command, ..Plan::default() }.start();
    dashboard.shows(&["HostDown", "read-only"]);
    dashboard.pty.keys("s");
    dashboard.shows(&["nothing is written under --read-only"]);
    dashboard.pty.keys("q");
    assert_eq!(dashboard.ends(), 0);
}
