//! The screens themselves.

use wardroom::app::Setup;
use wardroom::domain::feed::{FailureKind, Feed};

use super::desk::Desk;
use super::homelab::{self, ALERTMANAGER, LOKI, PBS, PROMETHEUS};

const SMALL: (u16, u16) = (60, 12);
const NARROW: (u16, u16) = (80, 24);
const WIDE: (u16, u16) = (120, 40);
const WALL: (u16, u16) = (200, 60);

/// A screen against the one on file.
pub fn look(name: &str, desk: &mut Desk) {
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, desk.screen());
    });
}

#[test]
fn bridge_at_every_size() {
    for (name, size) in [("60x12", SMALL), ("80x24", NARROW), ("120x40", WIDE), ("200x60", WALL)] {
        look(&format!("bridge_{name}"), &mut Desk::homelab(size));
    }
}

#[test]
fn every_view() {
    for (name, key) in [("alerts", "2"), ("targets", "3"), ("logs", "4"), ("backups", "5")] {
        for (size_name, size) in [("80x24", NARROW), ("120x40", WIDE)] {
            look(&format!("{name}_{size_name}"), Desk::homelab(size).keys(key));
        }
    }
}

#[test]
fn loading() {
    for (name, size) in [("80x24", NARROW), ("120x40", WIDE)] {
        look(&format!("loading_{name}"), &mut Desk::new(homelab::setup(), size));
    }
}

#[test]
fn healthy() {
    for (name, size) in [("80x24", NARROW), ("120x40", WIDE)] {
        let mut desk = Desk::new(homelab::setup(), size);
        look(&format!("healthy_{name}"), desk.hear(homelab::calm()));
    }
}

#[test]
fn empty() {
    for (name, size) in [("80x24", NARROW), ("120x40", WIDE)] {
        let mut desk = Desk::new(homelab::setup(), size);
        look(&format!("empty_{name}"), desk.hear(homelab::empty()));
    }
}

#[test]
fn no_source_at_all() {
    let setup = Setup { sources: Vec::new(), ..homelab::setup() };
    look("no_source_80x24", &mut Desk::new(setup, NARROW));
}

#[test]
fn failing() {
    let refused = "nothing listens on 10.0.0.20:9090 (connection refused): is Prometheus running there?";
    for (name, size) in [("80x24", NARROW), ("120x40", WIDE)] {
        let mut desk = Desk::homelab(size);
        desk.hear(homelab::lost(PROMETHEUS, FailureKind::Refused, "connection refused", refused));
        desk.hear(homelab::lost(LOKI, FailureKind::Timeout, "no answer in 10s", "no answer"));
        look(&format!("failing_{name}"), desk.wait(3));
    }
}

#[test]
fn stale() {
    for (name, size) in [("80x24", NARROW), ("120x40", WIDE)] {
        let mut desk = Desk::homelab(size);
        look(&format!("stale_{name}"), desk.wait(200));
    }
}

#[test]
fn unauthorised() {
    let told =
        "http://10.0.0.15:8007 answered 401: the token is not valid. Check `token` of [sources.pbs.main].";
    for (name, size) in [("80x24", NARROW), ("120x40", WIDE)] {
        let mut desk = Desk::new(homelab::setup(), size);
        desk.hear(homelab::host_down().into_iter().filter(|msg| !format!("{msg:?}").contains("kind: Pbs")));
        desk.hear(homelab::lost(PBS, FailureKind::Unauthorised, "401 unauthorised", told));
        look(&format!("unauthorised_{name}"), desk.wait(1));
    }
    let mut desk = Desk::new(homelab::setup(), NARROW);
    desk.hear(homelab::lost(PBS, FailureKind::Unauthorised, "401 unauthorised", told));
    look("unauthorised_detail_80x24", desk.keys("5<enter>"));
}

#[test]
fn one_feed_of_a_source_fails() {
    let mut desk = Desk::homelab(WIDE);
    desk.hear([homelab::failed(ALERTMANAGER, Feed::Alerts, FailureKind::Http, "500", "the server failed")]);
    look("one_feed_120x40", desk.wait(2));
}

#[test]
fn too_small() {
    for (width, height) in [(1, 1), (10, 3), (19, 10), (30, 6)] {
        look(&format!("too_small_{width}x{height}"), &mut Desk::homelab((width, height)));
    }
}

#[test]
fn filter_zoom_detail_help() {
    for (name, keys) in [
        ("filter", "3/node"),
        ("filter_taken", "3/node !10.0.0.2<enter>"),
        ("filter_nothing", "3/nowhere"),
        ("filter_fault", "3/job=~["),
        ("zoom", "<tab>z"),
        ("detail_alert", "<enter>"),
        ("detail_target", "3<enter>"),
        ("detail_line", "4E<enter>"),
        ("detail_backup", "5<enter>"),
        ("detail_search", "<enter>/vm102<enter>"),
        ("help", "?"),
        ("help_logs", "4?"),
        ("why", "v"),
        ("absolute_times", "t"),
        ("wrapped_logs", "4w"),
        ("one_tail", "4]"),
        ("paused_logs", "4kkk"),
    ] {
        for (size_name, size) in [("80x24", NARROW), ("120x40", WIDE)] {
            look(&format!("{name}_{size_name}"), Desk::homelab(size).keys(keys));
        }
    }
}

#[test]
fn frozen() {
    let mut desk = Desk::homelab(WIDE);
    desk.keys("f").hear(homelab::calm());
    look("frozen_120x40", desk.wait(5));
}

#[test]
fn banner() {
    for (name, size) in [("60x12", SMALL), ("80x24", NARROW), ("120x40", WIDE)] {
        let banner = "demo lab (host-down): nothing here is real · `wardroom init` sets up your own";
        let setup = Setup { banner: Some(banner.into()), ..homelab::setup() };
        look(&format!("banner_{name}"), Desk::new(setup, size).hear(homelab::host_down()));
    }
}

#[test]
fn ascii() {
    let setup = Setup { glyphs: wardroom::ui::glyphs::Glyphs::Ascii, ..homelab::setup() };
    let mut desk = Desk::new(setup, WIDE);
    look("ascii_120x40", desk.hear(homelab::host_down()));
    assert!(desk.screen().is_ascii(), "every sign has its twin");
}
