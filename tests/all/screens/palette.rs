//! The palette: everything by its name, with words to complete and a look at colours before they stay.

use std::collections::BTreeSet;

use rstest::rstest;
use strum::IntoEnumIterator;
use wardroom::action::Action;
use wardroom::app::Setup;
use wardroom::border::Effect;
use wardroom::config::Config;
use wardroom::keymap::{Context, Keymap};
use wardroom::settings::Document;
use wardroom::ui::layers::help;
use wardroom::ui::palette::{Order, actions};
use wardroom::ui::theme::{Role, Theme};
use wardroom::ui::widgets::prose::Prose;

use super::desk::Desk;
use super::homelab;
use super::looks::look;

const SIZE: (u16, u16) = (120, 40);

fn shows(desk: &mut Desk, text: &str) -> bool {
    desk.screen().contains(text)
}

/// What the palette left to be done, without the note of what was asked for.
fn effects(desk: &Desk) -> Vec<&Effect> {
    desk.effects.iter().filter(|effect| !matches!(effect, Effect::KeepRecent(_))).collect()
}

#[test]
fn every_action_has_a_key_or_a_name_and_is_told_in_the_help() {
    let keymap = Keymap::default();
    let typed = [Context::Palette, Context::Prompt, Context::Form, Context::Confirm];
    let mut reached = BTreeSet::new();
    let mut told = BTreeSet::new();
    for context in Context::iter() {
        reached.extend(keymap.bound(context).map(|(action, _)| action));
        if !typed.contains(&context) {
            let named = actions(&keymap, context).into_iter().filter_map(|choice| match choice.order {
                Some(Order::Act(action)) => Some(action),
                _ => None,
            });
            reached.extend(named);
        }
        for everywhere in [false, true] {
            for line in help::keys(context, everywhere, &keymap) {
                if let Prose::Pair(_, about) = line {
                    told.extend(about.into_iter().map(|(text, _)| text));
                }
            }
        }
    }
    for action in Action::iter() {
        assert!(reached.contains(&action), "{action} can be reached by no key and no name");
        let about = action.about().trim_end_matches('.');
        assert!(!about.is_empty() && told.contains(about), "{action} is in no help");
        assert!(!action.word().is_empty(), "{action} has no word");
    }
}

#[rstest]
#[case(":")]
#[case("<ctrl-p>")]
#[case("4:")]
#[case("<enter>:")]
#[case("v<ctrl-p>")]
fn it_opens_wherever_nothing_is_typed(#[case] keys: &str) {
    let mut desk = Desk::homelab(SIZE);
    assert!(shows(desk.keys(keys), "Palette"), "{}", desk.screen());
    assert!(!shows(desk.keys("<esc>"), "Palette"));
}

#[rstest]
#[case(":view logs<enter>", "paused")]
#[case(":logs<enter>", "paused")]
#[case(":why<enter>", "critical")]
#[case(":hel<enter>", "Keys in")]
#[case(":filter snap<enter>", "/snap")]
#[case("2:alert hostdown vm102<enter>", "fingerprint")]
fn what_is_asked_for_is_done(#[case] keys: &str, #[case] seen: &str) {
    let mut desk = Desk::homelab(SIZE);
    desk.keys(keys);
    if seen == "paused" {
        desk.keys(" ");
    }
    assert!(shows(&mut desk, seen), "{keys}: {}", desk.screen());
    assert!(!shows(&mut desk, "Palette"), "{keys}: it is gone");
}

#[test]
fn it_leaves_asks_and_acts_on_what_lies_below() {
    let mut desk = Desk::homelab(SIZE);
    desk.keys(":q<enter>");
    assert_eq!(effects(&desk), [&Effect::Quit]);
    let mut desk = Desk::homelab(SIZE);
    desk.keys(":ask loki<enter>");
    assert!(
        matches!(effects(&desk)[..], [Effect::Refresh(Some(source))] if source.to_string().contains("loki"))
    );
    let mut desk = Desk::homelab(SIZE);
    assert!(shows(desk.keys("<enter>"), "fingerprint"));
    assert!(!shows(desk.keys(":close<enter>"), "fingerprint"), "the detail below it is closed");
}

#[test]
fn a_word_is_completed() {
    let mut desk = Desk::homelab(SIZE);
    desk.keys(":the<tab>");
    assert!(shows(&mut desk, ": theme "), "{}", desk.screen());
    assert!(shows(&mut desk, "theme high-contrast"), "the words that may follow");
    desk.keys("mon<tab>");
    assert!(shows(&mut desk, ": theme mono"));
    let mut desk = Desk::homelab(SIZE);
    desk.keys(":theme<enter>");
    assert!(shows(&mut desk, ": theme "), "Enter on a beginning asks for the word");
    let mut desk = Desk::homelab(SIZE);
    desk.keys("2:filter sever<tab><tab>");
    assert!(shows(&mut desk, ": filter severity="), "{}", desk.screen());
}

#[test]
fn colours_are_shown_before_they_are_taken() {
    let (dark, own) = (Theme::embedded("dark").expect("dark"), Theme::default());
    let title = |theme: &Theme, desk: &mut Desk| {
        let style = theme.style(Role::Accent).fg.expect("a colour");
        desk.draw().content.iter().any(|cell| cell.fg == style)
    };
    let mut desk = Desk::homelab(SIZE);
    assert!(!title(&dark, &mut desk));
    assert!(title(&dark, desk.keys(":theme dark")), "while it is chosen");
    desk.keys("<esc>");
    assert!(!title(&dark, &mut desk) && title(&own, &mut desk), "given up");
    desk.keys(":theme dark<enter>");
    assert!(title(&dark, &mut desk), "taken");
}

#[test]
fn what_was_asked_for_is_kept_and_offered_first() {
    let mut desk = Desk::homelab(SIZE);
    desk.keys(":theme dark<enter>:why<enter><esc>");
    let kept = desk.effects.iter().rev().find_map(|effect| match effect {
        Effect::KeepRecent(lines) => Some(lines.clone()),
        _ => None,
    });
    assert_eq!(kept.expect("it is written down"), ["why", "theme dark"]);
    let mut desk =
        Desk::new(Setup { recent: vec!["theme light".into(), "why".into()], ..homelab::setup() }, SIZE);
    desk.keys(":");
    let screen = desk.screen();
    let first = screen.lines().find(|line| line.contains('▌')).expect("a selected row");
    assert!(first.contains("theme light"), "{screen}");
}

#[test]
fn an_action_without_a_key_still_has_its_name() {
    let document = Document::new("config.toml", "[keys.global]\nfreeze = []\nwhy = [\"f\"]\n");
    let keymap = document.read(|root| Keymap::default().with(root)).expect("TOML");
    let mut desk = Desk::new(Setup { keymap, ..homelab::setup() }, SIZE);
    desk.hear(homelab::host_down());
    assert!(shows(desk.keys(":freeze<enter>"), "FROZEN"));
}

#[test]
fn a_name_that_nothing_has_is_said() {
    let mut desk = Desk::homelab(SIZE);
    assert!(shows(desk.keys(":xyzzy<enter>"), "nothing here has that name"));
    assert!(desk.effects.is_empty());
    desk.keys("<ctrl-u><backspace>");
    assert!(!shows(&mut desk, "Palette"), "Backspace on an empty line takes it away");
}

#[test]
fn the_list_wraps_and_scrolls() {
    let mut desk = Desk::homelab((60, 12));
    desk.keys(":<up>");
    let last = desk.screen();
    assert!(last.contains('▌') && !last.contains("▌ mark"), "{last}");
    assert!(shows(desk.keys("<down>"), "▌ mark"), "{}", desk.screen());
    assert!(shows(desk.keys("<pagedown><pageup>"), "▌ mark"));
    assert!(shows(desk.keys("<ctrl-n><ctrl-p>"), "▌ mark"));
}

#[test]
fn it_looks_like_this() {
    for (name, size) in
        [("60x12", (60, 12)), ("80x24", (80, 24)), ("120x40", (120, 40)), ("200x60", (200, 60))]
    {
        look(&format!("palette_{name}"), Desk::homelab(size).keys(":"));
        look(&format!("palette_theme_{name}"), Desk::homelab(size).keys(":the"));
    }
}

#[test]
fn a_place_gets_a_name_and_is_found_again() {
    let mut desk = Desk::homelab(SIZE);
    desk.keys("2/snap<enter>:keep the parity<enter>");
    let kept = desk.effects.iter().rev().find_map(|effect| match effect {
        Effect::KeepBookmark(place) => Some(place.clone()),
        _ => None,
    });
    let place = kept.expect("it is written down");
    assert_eq!((&*place.name, &*place.view, &*place.filter), ("the parity", "alerts", "snap"));
    desk.keys("<esc>5");
    assert!(!shows(&mut desk, "/snap"));
    desk.keys(":go the parity<enter>");
    assert!(shows(&mut desk, "/snap"), "{}", desk.screen());
    desk.keys(":forget the parity<enter>:go the<esc>");
    assert!(desk.effects.contains(&Effect::ForgetBookmark("the parity".to_owned())));
    // A name that is none, or that the config has, is not taken.
    desk.keys(":keep <enter>");
    assert!(shows(&mut desk, "a name of a few words"), "{}", desk.screen());
}

#[test]
fn a_place_of_the_config_has_a_key_of_its_own() {
    let text = "[sources.loki.main]\nurl = \"http://127.0.0.1:1\"\n\
                [bookmarks.late]\nview = \"backups\"\nfilter = \"state=late\"\nkeys = [\"f6\"]\n";
    let config = Config::parse("x.toml", text, None).expect("a config");
    let mut desk = Desk::new(Setup { bookmarks: config.bookmarks, ..homelab::setup() }, SIZE);
    assert!(shows(desk.keys("<f6>"), "/state=late"), "{}", desk.screen());
    assert!(shows(desk.keys("?"), "go late"), "{}", desk.screen());
    desk.keys("<esc>:keep late<enter>");
    assert!(shows(&mut desk, "stands in your config"), "{}", desk.screen());
    for (wrong, told) in [
        ("view = \"x\"", "a view"),
        ("view = \"alerts\"\npane = \"x\"", "a pane"),
        ("view = \"alerts\"\nkeys = [\"j\"]", "means nothing else"),
        ("filter = \"x\"", "view"),
        (
            "view = \"alerts\"\nkeys = [\"f6\"]\n[bookmarks.b]\nview = \"alerts\"\nkeys = [\"f6\"]",
            "two bookmarks",
        ),
    ] {
        let text = format!("[sources.loki.main]\nurl = \"http://127.0.0.1:1\"\n[bookmarks.a]\n{wrong}\n");
        let error = Config::parse("x.toml", &text, None).expect_err(wrong).to_string();
        assert!(error.contains(told), "{wrong}: {error}");
    }
}

#[test]
fn a_layout_filters_its_panes_until_another_view_is_opened() {
    let config = |filters: &str| {
        let text = format!(
            "[sources.prometheus.main]\nurl = \"http://127.0.0.1:1\"\n[views.alerts]\nfilters = {filters}\n"
        );
        Config::parse("w.toml", &text, None)
    };
    let views = config("{ alerts = \"BackupJob\" }").expect("a config").views;
    let mut desk = Desk::new(Setup { views, ..homelab::setup() }, (120, 40));
    desk.hear(homelab::host_down());
    assert!(shows(&mut desk, "HighCPUUsage"));
    desk.keys("2");
    assert!(shows(&mut desk, "BackupJobFailed") && !shows(&mut desk, "HighCPUUsage"), "{}", desk.screen());
    desk.keys("1");
    assert!(shows(&mut desk, "HighCPUUsage"), "another view shows all: {}", desk.screen());
    desk.keys("2<esc>");
    assert!(shows(&mut desk, "HighCPUUsage"), "Esc takes it away: {}", desk.screen());
    let wrong = config("{ alrts = \"x\" }").expect_err("a fault").to_string();
    assert!(wrong.contains("expected the name of a pane"), "{wrong}");
    let wrong = config("{ alerts = \"~[\" }").expect_err("a fault").to_string();
    assert!(wrong.contains("views.alerts.filters.alerts"), "{wrong}");
}
