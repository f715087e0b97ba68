use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::*;

/// A terminal that paints into memory.
fn terminal(width: u16, height: u16, mono: bool) -> Terminal<Painter<Vec<u8>>> {
    Terminal::new(Painter::new(Vec::new(), Size::new(width, height), mono)).expect("memory")
}

/// What the frame says, without the marks around it.
fn frame(terminal: &mut Terminal<Painter<Vec<u8>>>, paint: impl FnOnce(&mut Buffer)) -> String {
    terminal.draw(|frame| paint(frame.buffer_mut())).expect("memory");
    let bytes = std::mem::take(terminal.backend_mut().out());
    assert_eq!(terminal.backend().written(), bytes.len());
    let text = String::from_utf8(bytes).expect("all texts are UTF-8").replace('\u{1b}', "^");
    text.strip_prefix("^[?2026h").and_then(|text| text.strip_suffix("^[?2026l")).unwrap_or(&text).to_owned()
}

#[test]
fn only_what_changed_is_written() {
    let mut terminal = terminal(20, 3, false);
    let red = Style::new().fg(Color::Red);
    let paint =
        |text: &'static str, style: Style| move |buffer: &mut Buffer| buffer.set_string(4, 1, text, style);
    assert_eq!(frame(&mut terminal, |_| ()), "");
    assert_eq!(
        frame(&mut terminal, |buffer| {
            paint("down", red)(buffer);
        }),
        "^[2;5H^[31mdown"
    );
    assert_eq!(
        frame(&mut terminal, |buffer| {
            paint("down", red)(buffer);
        }),
        "",
        "nothing changed"
    );
    assert_eq!(
        frame(&mut terminal, |buffer| {
            paint("dawn", red)(buffer);
        }),
        "^[6Ga"
    );
    assert_eq!(
        frame(&mut terminal, |buffer| {
            paint("dawn", red.bold())(buffer);
        }),
        "^[5G^[1mdawn"
    );
    assert_eq!(
        frame(&mut terminal, |buffer| {
            paint("dawn", Style::new())(buffer);
        }),
        "^[5G^[mdawn"
    );
    let bright = Style::new().fg(Color::LightRed).bg(Color::Indexed(3));
    assert_eq!(
        frame(&mut terminal, |buffer| {
            paint("dawn", bright)(buffer);
        }),
        "^[5G^[91;43mdawn"
    );
}

#[test]
fn the_question_goes_with_a_frame_and_never_alone() {
    let mut terminal = terminal(5, 1, false);
    terminal.backend_mut().ask(true);
    assert_eq!(frame(&mut terminal, |_| ()), "");
    let asked = frame(&mut terminal, |buffer| {
        buffer.set_string(0, 0, "x", Style::new());
    });
    assert_eq!(asked, "^[?2026h^[1Hx^[?2026l^[c");
}

#[test]
fn without_colours_the_rest_of_a_style_stays() {
    let mut terminal = terminal(9, 1, true);
    let style = Style::new().fg(Color::Red).bg(Color::Blue).add_modifier(Modifier::REVERSED | Modifier::BOLD);
    let first = frame(&mut terminal, |buffer| {
        buffer.set_string(0, 0, "ab", style);
        buffer.set_string(2, 0, "c", Style::new().fg(Color::Green));
    });
    assert_eq!(first, "^[1H^[1;7mab^[mc");
}

#[test]
fn the_cursor_is_told_once() {
    let mut terminal = terminal(9, 2, false);
    let mut at = |position: Option<(u16, u16)>| {
        terminal
            .draw(|frame| {
                if let Some(position) = position {
                    frame.set_cursor_position(position);
                }
            })
            .expect("memory");
        String::from_utf8(std::mem::take(terminal.backend_mut().out())).expect("UTF-8").replace('\u{1b}', "^")
    };
    assert_eq!(at(None), "");
    assert_eq!(at(Some((3, 1))), "^[?2026h^[?25h^[2;4H^[?2026l");
    assert_eq!(at(Some((3, 1))), "");
    assert_eq!(at(Some((4, 1))), "^[?2026h^[C^[?2026l");
    assert_eq!(at(None), "^[?2026h^[?25l^[?2026l");
}

#[test]
fn no_control_character_gets_through() {
    let mut terminal = terminal(9, 1, false);
    let hostile = frame(&mut terminal, |buffer| {
        if let Some(cell) = buffer.cell_mut((0, 0)) {
            cell.set_symbol("\u{1b}]0;x\u{7}");
        }
        if let Some(cell) = buffer.cell_mut((8, 0)) {
            cell.set_symbol("\u{9b}");
        }
    });
    assert_eq!(hostile, "^[1H·^[1;9H·");
}

#[test]
fn after_others_had_the_terminal_everything_is_written_again() {
    let mut terminal = terminal(5, 1, false);
    let paint = |buffer: &mut Buffer| {
        buffer.set_string(0, 0, "x", Style::new().fg(Color::Red));
    };
    frame(&mut terminal, paint);
    terminal.backend_mut().forget();
    terminal.resize(Rect::new(0, 0, 5, 1)).expect("memory");
    assert_eq!(frame(&mut terminal, paint), "^[m^[2J^[1H^[31mx^[?25l");
}

/// A piece of text somewhere, in a style.
#[derive(Clone, Debug)]
struct Stroke {
    x: u16,
    y: u16,
    text: String,
    style: Style,
}

fn stroke() -> impl Strategy<Value = Stroke> {
    let text = prop_oneof!["[a-z ]{1,12}", "[a日é│ ]{1,8}"];
    let colour = prop_oneof![
        Just(Color::Reset),
        (0_u8..=255).prop_map(Color::Indexed),
        any::<(u8, u8, u8)>().prop_map(|(red, green, blue)| Color::Rgb(red, green, blue)),
        Just(Color::Red),
        Just(Color::LightBlue),
    ];
    // The judge knows bold and dim only one at a time.
    let weight = prop_oneof![Just(Modifier::empty()), Just(Modifier::BOLD), Just(Modifier::DIM)];
    let others = (Modifier::ITALIC | Modifier::UNDERLINED | Modifier::REVERSED).bits();
    let modifiers = (weight, prop::bits::u16::masked(others))
        .prop_map(|(weight, others)| weight | Modifier::from_bits_truncate(others));
    (0_u16..40, 0_u16..8, text, colour.clone(), colour, modifiers).prop_map(
        |(x, y, text, fg, bg, modifiers)| {
            let style = Style::reset().fg(fg).bg(bg).add_modifier(modifiers);
            Stroke { x, y, text, style }
        },
    )
}

fn paint(strokes: &[Stroke], buffer: &mut Buffer) {
    let area = buffer.area;
    for stroke in strokes.iter().filter(|stroke| stroke.x < area.width && stroke.y < area.height) {
        let most = usize::from(area.width - stroke.x);
        buffer.set_stringn(stroke.x, stroke.y, &stroke.text, most, stroke.style);
    }
}

fn on_screen(colour: Color) -> vt100::Color {
    match colour {
        Color::Red => vt100::Color::Idx(1),
        Color::LightBlue => vt100::Color::Idx(12),
        Color::Indexed(index) => vt100::Color::Idx(index),
        Color::Rgb(red, green, blue) => vt100::Color::Rgb(red, green, blue),
        _ => vt100::Color::Default,
    }
}

/// Whether the screen shows what the buffer says, as far as an eye can tell.
fn assert_shown(screen: &vt100::Screen, buffer: &Buffer) -> Result<(), TestCaseError> {
    let area = buffer.area;
    for y in 0..area.height {
        let mut x = 0;
        while x < area.width {
            let (shown, cell) = (screen.cell(y, x).expect("on the screen"), &buffer[(x, y)]);
            let symbol = if shown.has_contents() { shown.contents() } else { " " };
            prop_assert_eq!(symbol, cell.symbol(), "at {},{}", x, y);
            prop_assert_eq!(shown.bgcolor(), on_screen(cell.bg), "background at {},{}", x, y);
            prop_assert_eq!(shown.inverse(), cell.modifier.contains(Modifier::REVERSED), "at {},{}", x, y);
            prop_assert_eq!(
                shown.underline(),
                cell.modifier.contains(Modifier::UNDERLINED),
                "at {},{}",
                x,
                y
            );
            if symbol != " " {
                prop_assert_eq!(shown.fgcolor(), on_screen(cell.fg), "foreground at {},{}", x, y);
                prop_assert_eq!(shown.bold(), cell.modifier.contains(Modifier::BOLD), "at {},{}", x, y);
                prop_assert_eq!(shown.dim(), cell.modifier.contains(Modifier::DIM), "at {},{}", x, y);
                prop_assert_eq!(shown.italic(), cell.modifier.contains(Modifier::ITALIC), "at {},{}", x, y);
            }
            x += cell.cell_width().max(1);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_terminal_shows_what_was_drawn(
        (width, height) in (1_u16..40, 1_u16..8),
        frames in prop::collection::vec(prop::collection::vec(stroke(), 0..12), 1..5),
    ) {
        let mut terminal = terminal(width, height, false);
        let mut screen = vt100::Parser::new(height, width, 0);
        for strokes in frames {
            let mut expected = Buffer::empty(Rect::new(0, 0, width, height));
            paint(&strokes, &mut expected);
            terminal.draw(|frame| paint(&strokes, frame.buffer_mut())).expect("memory");
            screen.process(&std::mem::take(terminal.backend_mut().out()));
            assert_shown(screen.screen(), &expected)?;
        }
    }
}

/// What a log shows: a frame around lines of which a new one comes in below.
fn log(buffer: &mut Buffer, lines: &[String], selected: usize) {
    let area = buffer.area;
    for y in area.top()..area.bottom() {
        buffer.set_string(0, y, "│", Style::new().fg(Color::Blue));
        buffer.set_string(area.right() - 1, y, "│", Style::new().fg(Color::Blue));
    }
    buffer.set_string(0, 0, "┌─ logs", Style::new().fg(Color::Blue));
    for (number, line) in lines.iter().enumerate() {
        let y = u16::try_from(number + 1).expect("a small screen");
        buffer.set_stringn(2, y, line, usize::from(area.width) - 3, Style::new());
        if number == selected {
            buffer.set_string(1, y, "▌", Style::new().fg(Color::Green));
        }
    }
}

#[test]
fn a_line_that_comes_in_moves_the_others() {
    let mut terminal = terminal(120, 40, false);
    let line =
        |number: usize| format!("14:02:{:02}  web{} GET /items/{number} status=200", number % 60, number % 7);
    let lines = |from: usize| (from..from + 38).map(line).collect::<Vec<_>>();
    let first = frame(&mut terminal, |buffer| log(buffer, &lines(0), 37));
    assert!(!first.contains("S^[r"), "nothing is moved at first");
    let next = frame(&mut terminal, |buffer| log(buffer, &lines(1), 37));
    assert!(next.contains("^[1S^[r"), "the terminal moves the lines: {next}");
    assert!(next.len() < 200, "{} bytes: {next}", next.len());
    let back = frame(&mut terminal, |buffer| log(buffer, &lines(0), 0));
    assert!(back.contains("^[1T^[r"), "and back: {back}");
    assert!(back.len() < 200, "{} bytes: {back}", back.len());
}

#[test]
fn a_column_of_values_costs_a_step_each() {
    let mut terminal = terminal(120, 40, false);
    let ages = |age: usize| {
        move |buffer: &mut Buffer| {
            (3..13).for_each(|row| buffer.set_string(98, row, format!("{age}s"), Style::new()));
        }
    };
    frame(&mut terminal, ages(1));
    let next = frame(&mut terminal, ages(2));
    assert!(next.contains("^[4;99H2^[B\u{8}2^[B\u{8}2"), "{next}");
    assert!(next.len() < 80, "{} bytes: {next}", next.len());
}

#[test]
fn nothing_is_moved_on_a_screen_that_somebody_else_wrote_on() {
    let mut terminal = terminal(120, 40, false);
    let lines = |from: usize| {
        (from..from + 38).map(|number| format!("a line {number} of the log")).collect::<Vec<_>>()
    };
    frame(&mut terminal, |buffer| log(buffer, &lines(0), 37));
    terminal.backend_mut().forget();
    let next = frame(&mut terminal, |buffer| log(buffer, &lines(1), 37));
    assert!(!next.contains("S^[r"), "{next}");
}

/// A screen of a few kinds of cells, so that rows are often alike.
fn screens() -> impl Strategy<Value = Vec<Vec<(usize, bool, Vec<String>)>>> {
    let line = prop_oneof![
        4 => "[ab ]{30}",
        2 => "[a-f]{10} [│─▲✗]{3} [0-9]{12}",
        1 => Just("日本語 wide é".to_owned()),
        1 => Just(String::new()),
    ];
    let step = (0_usize..5, any::<bool>(), prop::collection::vec(line, 1..4));
    prop::collection::vec(prop::collection::vec(step, 1..3), 1..8)
}

proptest! {
    #[test]
    fn whatever_moves_the_terminal_shows_the_frame(steps in screens()) {
        const SIZE: (u16, u16) = (36, 14);
        let mut terminal = terminal(SIZE.0, SIZE.1, false);
        let mut seen = vt100::Parser::new(SIZE.1, SIZE.0, 0);
        let mut rows: Vec<String> = (0..SIZE.1).map(|row| format!("{row} {}", "abcdefgh ".repeat(3))).collect();
        for step in steps {
            for (place, up, lines) in step {
                for line in lines {
                    // A pane: some rows from `place` on, into which a line comes from below or above.
                    if up {
                        rows.remove(place);
                        rows.insert(11, line);
                    } else {
                        rows.remove(11);
                        rows.insert(place, line);
                    }
                }
            }
            let mut wanted = None;
            terminal.draw(|frame| {
                let buffer = frame.buffer_mut();
                for (y, row) in (0..).zip(&rows) {
                    let colour = if row.starts_with('a') { Color::Red } else { Color::Reset };
                    let style = Style::new().fg(colour);
                    let style = if row.ends_with('b') { style.bg(Color::Blue) } else { style };
                    buffer.set_string(1, y, row, style);
                }
                wanted = Some(buffer.clone());
            }).expect("memory");
            let bytes = std::mem::take(terminal.backend_mut().out());
            seen.process(&bytes);
            let wanted = wanted.expect("a frame");
            for y in 0..SIZE.1 {
                let mut x = 0;
                while x < SIZE.0 {
                    let cell = &wanted[(x, y)];
                    let shown = seen.screen().cell(y, x).expect("on the screen");
                    let text = if shown.contents().is_empty() { " " } else { shown.contents() };
                    prop_assert_eq!(cell.symbol(), text, "at {},{}", x, y);
                    let colour = |colour| match colour { Color::Red => vt100::Color::Idx(1), Color::Blue => vt100::Color::Idx(4), _ => vt100::Color::Default };
                    prop_assert_eq!(colour(cell.bg), shown.bgcolor(), "at {},{}", x, y);
                    if cell.symbol() != " " {
                        prop_assert_eq!(colour(cell.fg), shown.fgcolor(), "at {},{}", x, y);
                    }
                    x += cell.cell_width().max(1);
                }
            }
        }
    }
}

#[test]
fn cells_that_stand_for_an_address_are_a_link_that_ends_with_them() {
    let links = Links::on();
    let mut terminal = terminal(20, 3, false);
    terminal.backend_mut().know(links.clone());
    let paint = |address: &'static str| {
        let links = links.clone();
        move |buffer: &mut Buffer| {
            links.begin();
            buffer.set_string(2, 1, "see docs now", Style::new());
            links.mark(buffer, Rect::new(6, 1, 4, 1), address);
        }
    };
    assert_eq!(
        frame(&mut terminal, paint("https://a.example/x")),
        "^[2;3Hsee^[C^]8;id=w1;https://a.example/x^\\docs^[C^]8;;^\\now"
    );
    assert_eq!(frame(&mut terminal, paint("https://a.example/x")), "", "nothing changed");
    assert_eq!(
        frame(&mut terminal, paint("https://b.example")),
        "^[7G^]8;id=w2;https://b.example^\\docs^]8;;^\\",
        "the same text for another page is written again"
    );
    assert_eq!(frame(&mut terminal, paint("javascript:alert(1)")), "^[7Gdocs", "it is no link any more");
}
