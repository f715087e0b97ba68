//! Themes: whole, told at their line when they are wrong, and without colour where none is wanted.

use ratatui::style::{Color, Modifier, Style};
use strum::IntoEnumIterator;
use wardroom::app::Setup;
use wardroom::ui::theme::{EMBEDDED, Role, Theme};

use super::desk::Desk;
use super::homelab;

#[test]
fn every_embedded_theme_has_every_role() {
    for (name, text) in EMBEDDED {
        let theme = Theme::parse(name, &format!("{name}.toml"), text).expect(name);
        assert!(!theme.about.is_empty(), "{name}");
        for role in Role::iter() {
            assert!(text.contains(&format!("\n{role} = ")), "{name} lacks {role}");
        }
        assert_eq!(Theme::embedded(name).expect("embedded"), theme);
    }
}

#[test]
fn severities_differ_in_more_than_one_theme_by_colour() {
    for name in ["default", "dark", "light", "high-contrast"] {
        let theme = Theme::embedded(name).expect(name);
        let colours =
            [Role::Critical, Role::Warning, Role::Ok, Role::Unknown].map(|role| theme.style(role).fg);
        for (at, colour) in colours.iter().enumerate() {
            assert!(!colours[..at].contains(colour), "{name}: two states in one colour");
        }
    }
}

#[test]
fn a_theme_of_the_operator_changes_what_it_names() {
    let theme = Theme::parse("mine", "mine.toml", "[roles]\ncritical = \"#ff0000 on black bold\"\n")
        .expect("a theme");
    let style = Style::new().fg(Color::Rgb(255, 0, 0)).bg(Color::Black).add_modifier(Modifier::BOLD);
    assert_eq!(theme.style(Role::Critical), style);
    assert_eq!(theme.style(Role::Ok), Theme::default().style(Role::Ok));
}

#[test]
fn faults_of_a_theme_are_told_at_their_line() {
    let told = Theme::parse("mine", "mine.toml", "[roles]\ncritcal = \"red\"\nok = \"greenish\"\n")
        .expect_err("faults");
    let told: Vec<String> = told.iter().map(ToString::to_string).collect();
    assert!(
        told.iter().any(|fault| fault.starts_with("mine.toml:2:1") && fault.contains("`critical`")),
        "{told:?}"
    );
    assert!(
        told.iter().any(|fault| fault.starts_with("mine.toml:3:6") && fault.contains("greenish")),
        "{told:?}"
    );
}

/// Every view, a detail and the help, under one theme.
fn frames(theme: &Theme, mut check: impl FnMut(&ratatui::buffer::Buffer)) {
    for keys in ["1", "2", "3", "4", "5", "<enter>", "?", "/vm", "f", "v"] {
        let mut desk = Desk::new(Setup { theme: theme.clone(), ..homelab::setup() }, (120, 40));
        desk.hear(homelab::host_down());
        check(desk.keys(keys).draw());
    }
}

#[test]
fn mono_keeps_the_colours_of_the_terminal_in_every_cell() {
    frames(&Theme::mono(), |buffer| {
        let coloured = buffer.content.iter().find(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset);
        assert_eq!(coloured, None);
        assert!(
            buffer.content.iter().any(|cell| cell.modifier.contains(Modifier::BOLD)),
            "the selection shows"
        );
    });
}

#[test]
fn only_the_verdict_and_the_cursor_are_blocks() {
    frames(&Theme::default(), |buffer| {
        let width = usize::from(buffer.area.width);
        let blocks = buffer.content.iter().enumerate();
        let blocks =
            blocks.filter(|(_, cell)| cell.modifier.contains(Modifier::REVERSED) || cell.bg != Color::Reset);
        let lines: std::collections::BTreeSet<usize> = blocks.map(|(at, _)| at / width).collect();
        assert!(lines.iter().all(|line| *line == 0 || *line == 39), "{lines:?}");
    });
}

#[test]
fn stale_is_never_in_the_colour_of_ok() {
    let theme = Theme::default();
    let ok = theme.style(Role::Ok).fg.expect("a colour");
    let mut desk = Desk::new(Setup { theme, ..homelab::setup() }, (120, 40));
    desk.hear(homelab::calm());
    assert!(desk.draw().content.iter().any(|cell| cell.fg == ok));
    let stale = desk.wait(300).draw();
    assert!(stale.content.iter().all(|cell| cell.fg != ok), "nothing green is left");
}
