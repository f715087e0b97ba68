//! Several sites on one screen: all in one, or one alone.

use wardroom::app::Setup;
use wardroom::border::{Effect, Msg};
use wardroom::domain::feed::{FailureKind, SourceId, SourceKind};

use super::desk::Desk;
use super::homelab::{self, ALERTMANAGER, PBS, PROMETHEUS};
use super::looks::look;

fn setup(site: Option<&str>) -> Setup {
    Setup { sites: vec!["cabin".into(), "home".into()], site: site.map(Into::into), ..homelab::setup() }
}

#[test]
fn one_site_is_shown_alone_and_said_to_be() {
    let mut desk = Desk::new(setup(None), (120, 40));
    desk.hear(homelab::host_down());
    assert!(!desk.screen().contains("only home"), "{}", desk.screen());
    desk.keys(":site ca<enter>");
    assert!(desk.effects.contains(&Effect::Site(Some("cabin".into()))), "{:?}", desk.effects);
    for width in [60, 120, 200] {
        let mut desk = Desk::new(setup(None), (width, 30));
        desk.hear(homelab::host_down());
        let now = desk.now;
        desk.app.reconfigure(setup(Some("home")), now);
        desk.hear([Msg::Reloaded(Ok(()))]);
        let screen = desk.screen();
        assert!(screen.lines().next().is_some_and(|line| line.contains("only home")), "{screen}");
        desk.keys(":site all<enter>");
        assert!(desk.effects.contains(&Effect::Site(None)), "{:?}", desk.effects);
    }
}

#[test]
fn where_there_is_one_site_there_is_no_choice() {
    let mut desk = Desk::homelab((120, 40));
    desk.keys(":site");
    assert!(!desk.screen().contains("Show one site"), "{}", desk.screen());
}

#[test]
fn what_is_critical_at_another_site_rings_no_bell_when_one_goes_there() {
    let mut desk = Desk::new(setup(None), (120, 40));
    desk.hear(homelab::calm());
    let now = desk.now;
    let mut away = setup(Some("home"));
    // Another set of servers: one of them is left out.
    away.sources.retain(|source| source.id.kind != PBS);
    desk.app.reconfigure(away, now);
    desk.effects.clear();
    desk.hear(homelab::host_down());
    assert!(!desk.effects.iter().any(|effect| matches!(effect, Effect::Ring { .. })), "{:?}", desk.effects);
}

/// The homelab, and the same again at the cabin.
fn twice((width, height): (u16, u16)) -> Desk {
    let cabin = |kind: SourceKind| SourceId::new(kind, "cabin");
    let watches = |kind: SourceKind| [PROMETHEUS, ALERTMANAGER, PBS].contains(&kind);
    let mut setup = setup(None);
    setup.thresholds.titles.insert("cabin".into(), "The cabin".into());
    let own = setup.sources.clone();
    setup.sources.extend(own.into_iter().filter(|source| watches(source.id.kind)).map(|mut source| {
        source.id = cabin(source.id.kind);
        source.site = "cabin".into();
        source
    }));
    let mut desk = Desk::new(setup, (width, height));
    desk.hear(homelab::host_down());
    desk.hear(homelab::host_down().into_iter().filter_map(|msg| match msg {
        Msg::Observed { source, feed, result, took } if watches(source.kind) => {
            Some(Msg::Observed { source: cabin(source.kind), feed, result, took })
        }
        _ => None,
    }));
    desk
}

#[test]
fn what_is_called_alike_at_two_sites_is_shown_with_its_site() {
    look("two_sites_bridge_120x40", &mut twice((120, 40)));
    look("two_sites_alerts_80x24", twice((80, 24)).keys("2"));
    let mut desk = twice((120, 40));
    let screen = desk.keys("2").screen();
    for site in ["home", "cabin"] {
        assert!(screen.contains(&format!("vm102 ({site})")), "{screen}");
    }
    assert!(screen.contains("The cabin: "), "the site is called by its title: {screen}");
    for (view, name) in [("3", "10.0.0.21:9100"), ("5", "ct/200"), ("5", "main"), ("5", "main:vm/102")] {
        let screen = desk.keys(view).screen();
        for site in ["home", "cabin"] {
            assert!(screen.contains(&format!("{name} ({site})")), "{screen}");
        }
    }
}

#[test]
fn its_site_is_found_by_every_kind_of_filter_and_kept_where_there_is_little_room() {
    for filter in ["cabin", "~cabin$", "-f cabin"] {
        let mut desk = twice((120, 40));
        let screen = desk.keys(&format!("3/{filter}<enter>")).screen();
        assert!(screen.contains("10.0.0.21:9100 (cabin)"), "{filter}: {screen}");
        assert!(!screen.contains("10.0.0.21:9100 (home)"), "{filter}: {screen}");
    }
    for width in [50, 56, 60, 66] {
        let screen = twice((width, 24)).keys("5").screen();
        let groups = screen.lines().filter(|line| line.contains(" ct/"));
        assert!(groups.clone().count() > 0, "{screen}");
        assert!(
            groups.clone().all(|line| line.contains(" (home) ") || line.contains(" (cabin) ")),
            "{screen}"
        );
    }
}

#[test]
fn a_source_that_is_the_only_one_of_its_kind_at_its_site_is_called_by_its_kind() {
    for width in [200, 120, 80, 60] {
        let screen = twice((width, 24)).screen();
        let line = screen.lines().nth(1).expect("the sources");
        assert!(line.contains("The cabin: ") && line.contains("home: "), "{line}");
        assert!(!line.contains(" main ") && !line.contains(" cabin "), "{line}");
        assert_eq!(line.contains("prom "), width > 60, "{line}");
    }
    // Where names have no room those stay that say what is wrong.
    let mut desk = twice((60, 24));
    desk.hear(homelab::lost(PBS, FailureKind::Refused, "refused", "connection refused"));
    let screen = desk.screen();
    assert!(screen.lines().nth(1).is_some_and(|line| line.contains("pbs ✗")), "{screen}");
}
