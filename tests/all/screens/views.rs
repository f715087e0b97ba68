//! Views of the operator's own: a name in the config, reached by that name, by the palette and by a key.

use wardroom::app::Setup;
use wardroom::config::Config;

use super::desk::Desk;
use super::homelab;

const SIZE: (u16, u16) = (120, 40);

/// One that is read at night.
const NIGHT: &str = r#"
[views.night]
keys = ["f7"]
wide-from = 100
wide = [{ panes = ["alerts", "hosts"], widths = [2, 1], share = 2 }, { panes = ["horizon"] }]
narrow = [{ panes = ["alerts"] }]
filters = { alerts = "severity=critical" }
"#;

fn read(more: &str) -> Result<Config, String> {
    let text = format!("[sources.prometheus.main]\nurl = \"http://127.0.0.1:1\"\n{more}");
    Config::parse("config.toml", &text, None).map_err(|error| error.to_string())
}

fn setup(more: &str) -> Setup {
    let Config { views, keymap, bookmarks, .. } = read(more).expect("a config");
    Setup { views, keymap, bookmarks, ..homelab::setup() }
}

fn desk(more: &str, size: (u16, u16)) -> Desk {
    let mut desk = Desk::new(setup(more), size);
    desk.hear(homelab::host_down());
    desk
}

#[test]
fn it_is_reached_by_its_key_its_name_and_from_the_start() {
    let is_there = |desk: &mut Desk| {
        let screen = desk.screen();
        ["²Alerts", "⁶Hosts", "Horizon"].iter().all(|title| screen.contains(title))
            && screen.contains("/severity=critical")
    };
    for keys in ["<f7>", ":view night<enter>", "3<f7>", "3:night<enter>"] {
        let mut desk = desk(NIGHT, SIZE);
        assert!(!is_there(&mut desk));
        assert!(is_there(desk.keys(keys)), "{keys}: {}", desk.screen());
        assert!(!is_there(desk.keys("1")), "the others are where they were: {}", desk.screen());
    }
    let mut desk = Desk::new(Setup { view: "night".to_owned(), ..setup(NIGHT) }, SIZE);
    assert!(is_there(desk.hear(homelab::host_down())), "{}", desk.screen());
}

#[test]
fn it_is_in_the_help_and_has_its_own_layout_where_it_is_narrow() {
    let mut desk = desk(NIGHT, SIZE);
    desk.keys("?/view night<enter>");
    assert!(desk.screen().contains("view night") && desk.screen().contains("F7"), "{}", desk.screen());
    desk.keys("<esc><esc><f7>").resize(80, 24);
    let screen = desk.screen();
    assert!(screen.contains("Alerts") && !screen.contains("Hosts"), "{screen}");
}

#[test]
fn a_bookmark_and_the_wall_know_it() {
    let more = "[bookmarks.dark]\nview = \"night\"\npane = \"hosts\"\n[ui.wall]\nviews = [\"night\"]\n";
    let config = read(&format!("{NIGHT}{more}")).expect("a config");
    assert_eq!(config.ui.wall.views, ["night"]);
    let mut desk = desk(&format!("{NIGHT}{more}"), SIZE);
    assert!(desk.keys(":go dark<enter>").screen().contains("Horizon"), "{}", desk.screen());
}

#[test]
fn a_reload_stays_in_it_though_others_come_before_it() {
    let mut desk = desk(NIGHT, SIZE);
    desk.keys("<f7>");
    let more = format!("{NIGHT}\n[views.aaa]\nwide = [{{ panes = [\"logs\"] }}]\n");
    desk.app.reconfigure(setup(&more), desk.now);
    assert!(desk.screen().contains("Horizon"), "{}", desk.screen());
}

#[test]
fn what_is_wrong_with_one_is_told() {
    for (more, told) in [
        ("[views.brige]\nwide-from = 90\n", "did you mean `bridge`?"),
        ("[views.\"my view\"]\nwide = [{ panes = [\"logs\"] }]\n", "letters, digits"),
        ("[views.night]\nkeys = [\"j\"]\nwide = [{ panes = [\"logs\"] }]\n", "`j` is `down`"),
        ("[views.bridge]\nkeys = [\"f7\"]\n", "[keys.global] as bridge"),
        ("[views.night]\nwide = [{ panes = [\"log\"] }]\n", "names of panes"),
        (
            "[views.a]\nkeys = [\"f7\"]\nwide = [{ panes = [\"logs\"] }]\n[views.b]\nkeys = [\"f7\"]\nwide = [{ panes = [\"logs\"] }]\n",
            "two views have this key",
        ),
        (
            "[views.a]\nkeys = [\"f7\"]\nwide = [{ panes = [\"logs\"] }]\n[bookmarks.b]\nkeys = [\"f7\"]\nview = \"a\"\n",
            "a view has this key",
        ),
        ("[bookmarks.b]\nview = \"night\"\n", "a view: bridge"),
        ("[ui.wall]\nviews = [\"night\"]\n", "not \"night\""),
    ] {
        let faults = read(more).expect_err(more);
        assert!(faults.contains(told), "{more}: {faults}");
    }
}
