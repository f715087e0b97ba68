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
    for (name, _) in EMBEDDED.iter().filter(|(name, _)| *name != "mono") {
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

/// What a theme of true colours is drawn on: its own ground, or what its terminals have.
fn grounds(theme: &Theme) -> Vec<(u8, u8, u8)> {
    match (theme.style(Role::Text).bg, theme.name.as_str()) {
        (Some(Color::Rgb(red, green, blue)), _) => vec![(red, green, blue)],
        (_, "light") => vec![(255, 255, 255), (250, 250, 250)],
        _ => vec![(0, 0, 0), (26, 27, 38)],
    }
}

fn linear(part: u8) -> f64 {
    let part = f64::from(part) / 255.0;
    if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
}

/// <https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio>
fn contrast(one: (u8, u8, u8), other: (u8, u8, u8)) -> f64 {
    let luminance =
        |(red, green, blue)| 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
    let (one, other): (f64, f64) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn every_text_has_the_contrast_of_wcag_aa() {
    let mut measured = 0;
    for theme in wardroom::ui::theme::embedded() {
        // The terminal's own colours are as its owner chose them.
        if matches!(theme.name.as_str(), "default" | "mono") {
            continue;
        }
        for role in Role::iter() {
            // A frame is no text; it is to be seen at all.
            let least = match role {
                Role::Border => 1.5,
                Role::BorderFocus => 3.0,
                _ => 4.5,
            };
            let Some(Color::Rgb(red, green, blue)) = theme.style(role).fg else {
                panic!("{} {role} has no true colour", theme.name)
            };
            assert!(!theme.style(role).add_modifier.contains(Modifier::DIM), "{} {role}", theme.name);
            for ground in grounds(&theme) {
                let ratio = contrast((red, green, blue), ground);
                assert!(ratio >= least, "{} {role}: {ratio:.2} on {ground:?}", theme.name);
                measured += 1;
            }
        }
    }
    assert!(measured > 150, "{measured}");
}

/// How people see a colour who lack one kind of cone: Machado, Oliveira and Fernandes, 2009.
const KINDS: [(&str, [[f64; 3]; 3]); 3] = [
    (
        "protanopia",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
    (
        "deuteranopia",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
    (
        "tritanopia",
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ),
];

/// The colour in CIE L*a*b*, as seen.
fn lab((red, green, blue): (u8, u8, u8), kind: &[[f64; 3]; 3]) -> [f64; 3] {
    let parts = [linear(red), linear(green), linear(blue)];
    let product = |row: &[f64; 3]| row.iter().zip(parts).map(|(one, other)| one * other).sum::<f64>();
    let [red, green, blue] = [0, 1, 2].map(|at| product(&kind[at]).clamp(0.0, 1.0));
    let bent = |part: f64| if part > 0.008_856 { part.cbrt() } else { 7.787 * part + 16.0 / 116.0 };
    let x = bent((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505);
    let y = bent(0.2126 * red + 0.7152 * green + 0.0722 * blue);
    let z = bent((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

#[test]
fn the_colour_blind_theme_keeps_states_apart_for_everybody() {
    let theme = Theme::embedded("colour-blind").expect("a theme");
    let colour = |role| match theme.style(role).fg {
        Some(Color::Rgb(red, green, blue)) => (red, green, blue),
        other => panic!("{role}: {other:?}"),
    };
    let states = [Role::Critical, Role::Warning, Role::Ok, Role::Unknown];
    for (kind, matrix) in &KINDS {
        for (at, one) in states.iter().enumerate() {
            for other in &states[..at] {
                let (a, b) = (lab(colour(*one), matrix), lab(colour(*other), matrix));
                let apart = a.iter().zip(b).map(|(one, other)| (one - other).powi(2)).sum::<f64>().sqrt();
                assert!(apart > 25.0, "{kind}: {one} and {other} are {apart:.1} apart");
            }
        }
    }
}

#[test]
fn a_theme_may_have_a_ground_of_its_own() {
    let text = "background = \"#102030\"\n[roles]\ncritical = \"red\"\nkey = \"red on black\"\n";
    let theme = Theme::parse("mine", "mine.toml", text).expect("a theme");
    let ground = Some(Color::Rgb(16, 32, 48));
    assert_eq!([Role::Critical, Role::Ok, Role::Text].map(|role| theme.style(role).bg), [ground; 3]);
    assert_eq!(theme.style(Role::Key).bg, Some(Color::Black));
    let wrong = Theme::parse("mine", "mine.toml", "background = \"dusk\"\n").expect_err("a fault");
    assert!(wrong[0].to_string().contains("dusk"), "{wrong:?}");
}

#[test]
fn no_meaning_is_told_by_colour_alone() {
    use wardroom::domain::feed::FeedState;
    use wardroom::domain::health::Health;
    use wardroom::ui::widgets::sign;
    let health = [Health::Ok, Health::Warning, Health::Unknown, Health::Critical].map(sign::of_health);
    let feeds =
        [FeedState::Fresh, FeedState::Pending, FeedState::Stale, FeedState::Down, FeedState::Unauthorised]
            .map(sign::of_feed);
    for signs in [&health[..], &feeds[..]] {
        for (at, one) in signs.iter().enumerate() {
            assert!(!one.glyph.is_empty() && !one.word.is_empty());
            assert!(signs[..at].iter().all(|other| other.word != one.word), "{}", one.word);
            let same = signs[..at].iter().find(|other| other.glyph == one.glyph);
            // Both failed: the word says how.
            assert!(
                same.is_none_or(|other| [other.word, one.word] == ["down", "unauthorised"]),
                "{}",
                one.word
            );
        }
    }
    // What is read is the same whatever the colours are.
    let text = |theme: Theme, keys: &str| {
        let mut desk = Desk::new(Setup { theme, ..homelab::setup() }, (120, 40));
        desk.hear(homelab::host_down());
        desk.keys(keys).screen()
    };
    for keys in ["1", "2", "3", "4", "5", "<enter>", "v"] {
        assert_eq!(text(Theme::mono(), keys), text(Theme::default(), keys), "{keys}");
    }
}
