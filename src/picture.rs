//! A frame as a picture: plain text, text with colours, or SVG.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

/// What a picture is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The characters only.
    Text,
    /// The characters with the colours of a terminal.
    Ansi,
    /// A drawing for a web page.
    Svg,
}

/// On which ground an SVG is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// As on a dark terminal.
    Dark,
    /// As on a light one.
    Light,
}

/// Draws the frame.
pub fn draw(frame: &Buffer, format: Format, ground: Ground) -> String {
    match format {
        Format::Text => text(frame),
        Format::Ansi => ansi(frame),
        Format::Svg => Svg { palette: Palette::of(ground) }.draw(frame),
    }
}

/// Neighbouring cells of one look.
struct Run {
    /// The first column.
    column: usize,
    /// How many cells it takes.
    cells: usize,
    /// What stands in it.
    text: String,
    look: Look,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Look {
    const fn of(cell: &Cell) -> Self {
        Self { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }
}

/// The rows of a frame as runs. The second cell of a wide character is part of the first.
fn rows(frame: &Buffer) -> impl Iterator<Item = Vec<Run>> {
    let width = usize::from(frame.area.width).max(1);
    frame.content.chunks(width).map(|cells| {
        let mut runs: Vec<Run> = Vec::new();
        let mut hidden = 0;
        for (column, cell) in cells.iter().enumerate() {
            if hidden > 0 {
                hidden -= 1;
                continue;
            }
            let taken = crate::text::width(cell.symbol()).max(1);
            hidden = taken - 1;
            let look = Look::of(cell);
            match runs.last_mut().filter(|run| run.look == look) {
                Some(run) => {
                    run.text.push_str(cell.symbol());
                    run.cells += taken;
                }
                None => runs.push(Run { column, cells: taken, text: cell.symbol().to_owned(), look }),
            }
        }
        runs
    })
}

fn text(frame: &Buffer) -> String {
    let mut drawn = String::new();
    for runs in rows(frame) {
        let line: String = runs.iter().map(|run| run.text.as_str()).collect();
        drawn.push_str(line.trim_end());
        drawn.push('\n');
    }
    drawn
}

fn ansi(frame: &Buffer) -> String {
    let mut drawn = String::new();
    for runs in rows(frame) {
        for run in runs {
            let _infallible = write!(drawn, "\u{1b}[0{}m{}", codes(run.look), run.text);
        }
        drawn.push_str("\u{1b}[0m\n");
    }
    drawn
}

/// The parameters that a look adds to a reset.
fn codes(look: Look) -> String {
    const MODIFIERS: [(Modifier, u8); 5] = [
        (Modifier::BOLD, 1),
        (Modifier::DIM, 2),
        (Modifier::ITALIC, 3),
        (Modifier::UNDERLINED, 4),
        (Modifier::REVERSED, 7),
    ];
    let set = MODIFIERS.iter().filter(|(modifier, _)| look.modifier.contains(*modifier));
    let mut codes = String::new();
    for (_, code) in set {
        let _infallible = write!(codes, ";{code}");
    }
    for (color, offset) in [(look.fg, 0), (look.bg, 10)] {
        let _infallible = match (color, index(color)) {
            (Color::Rgb(red, green, blue), _) => write!(codes, ";{};2;{red};{green};{blue}", 38 + offset),
            (Color::Indexed(number), _) => write!(codes, ";{};5;{number}", 38 + offset),
            (_, Some(number @ 0..8)) => write!(codes, ";{}", 30 + offset + number),
            (_, Some(number)) => write!(codes, ";{}", 82 + offset + number),
            (_, None) => Ok(()),
        };
    }
    codes
}

/// The place of a named colour among a terminal's sixteen.
const fn index(color: Color) -> Option<usize> {
    Some(match color {
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Reset | Color::Rgb(..) | Color::Indexed(_) => return None,
    })
}

/// The colours of an SVG.
struct Palette {
    ground: &'static str,
    text: &'static str,
    /// A terminal's sixteen, in its order.
    named: [&'static str; 16],
}

impl Palette {
    const fn of(ground: Ground) -> Self {
        match ground {
            Ground::Dark => Self {
                ground: "#14171c",
                text: "#d5d9e0",
                named: [
                    "#1d2128", "#f2636f", "#7fc77a", "#e5b45c", "#6aa6f0", "#c78ae0", "#56bcc4", "#b9bec8",
                    "#7a828f", "#ff7a85", "#95dd8f", "#f5c97a", "#87bbff", "#d9a3f0", "#74d4db", "#f4f6f9",
                ],
            },
            Ground::Light => Self {
                ground: "#fbfbf9",
                text: "#24292f",
                named: [
                    "#24292f", "#c01c28", "#1a7f37", "#8a5a00", "#0b5cbf", "#8b3fb0", "#0b7285", "#57606a",
                    "#6e7781", "#a40e26", "#116329", "#6f4700", "#0a4a9c", "#6f2c91", "#095c6b", "#0d1117",
                ],
            },
        }
    }

    fn color(&self, color: Color, plain: &'static str) -> String {
        match color {
            Color::Rgb(red, green, blue) => format!("#{red:02x}{green:02x}{blue:02x}"),
            Color::Indexed(number) => self.indexed(number),
            named => index(named).and_then(|at| self.named.get(at)).unwrap_or(&plain).to_string(),
        }
    }

    /// A colour of the 256: the sixteen, a cube of six levels, and greys.
    fn indexed(&self, number: u8) -> String {
        let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
        match number {
            0..16 => self.named.get(usize::from(number)).unwrap_or(&self.text).to_string(),
            16..232 => {
                let cube = number - 16;
                let (red, green, blue) = (level(cube / 36), level(cube / 6 % 6), level(cube % 6));
                format!("#{red:02x}{green:02x}{blue:02x}")
            }
            232.. => {
                let grey = 8 + 10 * (number - 232);
                format!("#{grey:02x}{grey:02x}{grey:02x}")
            }
        }
    }
}

/// The width of a cell, of a row, and the size of the letters, in the drawing's units. The ratio is
/// that of the usual monospace fonts, so that box lines meet.
const CELL: f64 = 8.43;
const ROW: f64 = 16.25;
const LETTER: f64 = 14.0;
/// From the top of a row to the line that letters stand on.
const BASE: f64 = 12.75;
/// Around the frame.
const MARGIN: f64 = 14.0;

struct Svg {
    palette: Palette,
}

impl Svg {
    fn draw(&self, frame: &Buffer) -> String {
        let width = f64::from(frame.area.width).mul_add(CELL, 2.0 * MARGIN);
        let height = f64::from(frame.area.height).mul_add(ROW, 2.0 * MARGIN);
        let Palette { ground, text, .. } = self.palette;
        let mut drawn = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.2} {height:.2}\">\n\
             <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{ground}\"/>\n\
             <g font-family=\"'DejaVu Sans Mono','JetBrains Mono',Menlo,Consolas,monospace\" \
             font-size=\"{LETTER}\" fill=\"{text}\" xml:space=\"preserve\">\n"
        );
        let mut top = MARGIN;
        for runs in rows(frame) {
            for run in runs {
                self.run(&mut drawn, &run, top);
            }
            top += ROW;
        }
        drawn.push_str("</g>\n</svg>\n");
        drawn
    }

    fn run(&self, drawn: &mut String, run: &Run, top: f64) {
        let left = (run.column as f64).mul_add(CELL, MARGIN);
        let width = run.cells as f64 * CELL;
        let Look { mut fg, mut bg, modifier } = run.look;
        let (mut plain, mut under) = (self.palette.text, self.palette.ground);
        if modifier.contains(Modifier::REVERSED) {
            std::mem::swap(&mut fg, &mut bg);
            std::mem::swap(&mut plain, &mut under);
        }
        let fill = self.palette.color(bg, under);
        if fill != self.palette.ground {
            let _infallible = writeln!(
                drawn,
                "<rect x=\"{left:.2}\" y=\"{top:.2}\" width=\"{width:.2}\" height=\"{ROW}\" fill=\"{fill}\"/>"
            );
        }
        if run.text.trim().is_empty() {
            return;
        }
        let mut style = String::new();
        let color = self.palette.color(fg, plain);
        if color != self.palette.text {
            let _infallible = write!(style, " fill=\"{color}\"");
        }
        for (set, attribute) in [
            (Modifier::BOLD, " font-weight=\"bold\""),
            (Modifier::DIM, " opacity=\"0.65\""),
            (Modifier::ITALIC, " font-style=\"italic\""),
            (Modifier::UNDERLINED, " text-decoration=\"underline\""),
        ] {
            if modifier.contains(set) {
                style.push_str(attribute);
            }
        }
        let base = top + BASE;
        let _infallible = writeln!(
            drawn,
            "<text x=\"{left:.2}\" y=\"{base:.2}\" textLength=\"{width:.2}\"{style}>{}</text>",
            escape(&run.text)
        );
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    fn frame() -> Buffer {
        let mut frame = Buffer::empty(Rect::new(0, 0, 12, 2));
        frame.set_string(0, 0, "a<b & 磁", Style::new().red().bold());
        frame.set_string(0, 1, "plain", Style::new());
        frame
    }

    #[test]
    fn text_ends_where_the_line_does() {
        assert_eq!(draw(&frame(), Format::Text, Ground::Dark), "a<b & 磁\nplain\n");
    }

    #[test]
    fn colours_are_reset_after_each_line() {
        let drawn = draw(&frame(), Format::Ansi, Ground::Dark);
        assert_eq!(drawn, "\u{1b}[0;1;31ma<b & 磁\u{1b}[0m    \u{1b}[0m\n\u{1b}[0mplain       \u{1b}[0m\n");
    }

    #[test]
    fn svg_escapes_and_measures() {
        let drawn = draw(&frame(), Format::Svg, Ground::Dark);
        assert!(drawn.contains("textLength=\"67.44\""), "8 cells, the wide one counts twice: {drawn}");
        assert!(drawn.contains("a&lt;b &amp; 磁"), "{drawn}");
        assert!(drawn.contains("fill=\"#f2636f\" font-weight=\"bold\""), "{drawn}");
    }

    #[test]
    fn every_look_has_codes() {
        let look = |fg, bg| codes(Look { fg, bg, modifier: Modifier::empty() });
        assert_eq!(look(Color::LightRed, Color::Reset), ";91");
        assert_eq!(look(Color::White, Color::Black), ";97;40");
        assert_eq!(look(Color::Rgb(1, 2, 3), Color::Indexed(7)), ";38;2;1;2;3;48;5;7");
        assert_eq!(Palette::of(Ground::Dark).indexed(196), "#ff0000");
    }
}
