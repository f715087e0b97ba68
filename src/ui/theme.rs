//! Colours: a theme says how each role looks. The roles are fixed, themes are data.

use ratatui::style::{Color, Modifier, Style};
use strum::{EnumCount, IntoEnumIterator};

use crate::settings::{Document, Fault, Table};

/// What a piece of text is there for.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    strum::Display,
    strum::AsRefStr,
    strum::EnumIter,
    strum::EnumCount,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Role {
    /// Plain text.
    #[default]
    Text,
    /// What may be overlooked.
    Muted,
    /// The one accent: what has the focus, what is typed.
    Accent,
    /// Somebody should look now.
    Critical,
    /// Somebody should look within the day.
    Warning,
    /// Measured, recent, good.
    Ok,
    /// Worth a word, no state.
    Info,
    /// Measured too long ago.
    Stale,
    /// Not known.
    Unknown,
    /// The frame of a pane.
    Border,
    /// The frame of the pane that has the focus.
    BorderFocus,
    /// The title of a pane.
    Title,
    /// The selected row.
    Selection,
    /// What a filter or search found.
    Match,
    /// A key in the footer or the help.
    Key,
    /// The line that says what this is not.
    Banner,
    /// A log line of level error or worse.
    LogError,
    /// A log line of level warning.
    LogWarning,
    /// A log line of level info, or of none.
    LogInfo,
    /// A log line of level debug.
    LogDebug,
}

/// How every role looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Its name.
    pub name: String,
    /// What it is for, in a sentence.
    pub about: String,
    styles: [Style; Role::COUNT],
}

/// The themes that are built in: name and text.
pub const EMBEDDED: [(&str, &str); 10] = [
    ("default", include_str!("../../themes/default.toml")),
    ("dark", include_str!("../../themes/dark.toml")),
    ("light", include_str!("../../themes/light.toml")),
    ("high-contrast", include_str!("../../themes/high-contrast.toml")),
    ("colour-blind", include_str!("../../themes/colour-blind.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
    ("wall", include_str!("../../themes/wall.toml")),
    ("catppuccin", include_str!("../../themes/catppuccin.toml")),
    ("gruvbox", include_str!("../../themes/gruvbox.toml")),
    ("nord", include_str!("../../themes/nord.toml")),
];

/// All built-in themes.
pub fn embedded() -> Vec<Theme> {
    EMBEDDED.iter().filter_map(|(name, _)| Theme::embedded(name)).collect()
}

impl Default for Theme {
    fn default() -> Self {
        Self::embedded("default").unwrap_or_else(Self::plain)
    }
}

impl Theme {
    /// A built-in theme by its name.
    pub fn embedded(name: &str) -> Option<Self> {
        let (name, text) = EMBEDDED.iter().find(|(have, _)| *have == name)?;
        Self::plain().read_text(name, &format!("{name}.toml"), text).ok()
    }

    /// The theme without any colour, for `NO_COLOR`: every cell keeps the terminal's own colours.
    pub fn mono() -> Self {
        Self::embedded("mono").unwrap_or_else(Self::plain)
    }

    /// The theme `name` that `file` describes. A role that it leaves out looks as in the default.
    ///
    /// # Errors
    /// All faults of the file, each at its line.
    pub fn parse(name: &str, file: &str, text: &str) -> Result<Self, Vec<Fault>> {
        Self::default().read_text(name, file, text)
    }

    /// How a role looks.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// The word of a state, as a block: the one coloured background.
    pub fn block(&self, role: Role) -> Style {
        self.style(role).add_modifier(Modifier::BOLD | Modifier::REVERSED).remove_modifier(Modifier::DIM)
    }

    /// The same for a dark room: colours at less than half of their light.
    #[must_use]
    pub fn dimmed(&self) -> Self {
        let mut dimmed = self.clone();
        for style in &mut dimmed.styles {
            *style = match style.fg {
                Some(Color::Rgb(red, green, blue)) => {
                    let less = |part: u8| u8::try_from(u16::from(part) * 9 / 20).unwrap_or(part);
                    style.fg(Color::Rgb(less(red), less(green), less(blue)))
                }
                _ => style.add_modifier(Modifier::DIM),
            };
        }
        dimmed
    }

    fn plain() -> Self {
        Self { name: "plain".into(), about: String::new(), styles: [Style::new(); Role::COUNT] }
    }

    fn read_text(self, name: &str, file: &str, text: &str) -> Result<Self, Vec<Fault>> {
        let document = Document::new(file, text);
        let read = document.read(|root| self.read(name, root));
        match read {
            Some(theme) if document.faults().is_empty() => Ok(theme),
            _ => Err(document.faults()),
        }
    }

    fn read(mut self, name: &str, root: &Table<'_>) -> Self {
        name.clone_into(&mut self.name);
        self.about = root.get("about").unwrap_or_default();
        let named = |word: String| {
            colour_of(&word).ok_or_else(|| format!("a colour such as \"#1a1b26\" or \"black\", not {word:?}"))
        };
        let ground = root.get_with("background", named).unwrap_or(Color::Reset);
        for style in &mut self.styles {
            if style.bg.is_none_or(|colour| colour == Color::Reset) {
                *style = style.bg(ground);
            }
        }
        if let Some(roles) = root.table("roles") {
            for role in Role::iter() {
                let style = roles.get_with(role.as_ref(), |text: String| style(&text, ground));
                if let (Some(style), Some(slot)) = (style, self.styles.get_mut(role as usize)) {
                    *slot = style;
                }
            }
        }
        self
    }
}

/// Reads `red bold`, `#e0af68 on #1a1b26`, `default dim`, `bold underline`. Without a word on it the
/// ground is the theme's.
fn style(text: &str, ground: Color) -> Result<Style, String> {
    let mut style = Style::new().fg(Color::Reset).bg(ground);
    let mut behind = false;
    for word in text.split_whitespace() {
        let modifier = match word {
            "on" => {
                behind = true;
                continue;
            }
            "bold" => Modifier::BOLD,
            "dim" => Modifier::DIM,
            "italic" => Modifier::ITALIC,
            "underline" => Modifier::UNDERLINED,
            "reversed" => Modifier::REVERSED,
            colour => {
                let colour = colour_of(colour).ok_or_else(|| {
                    format!("a style such as \"red bold\", \"bright-blue\" or \"#7aa2f7 on #1a1b26\" ({colour:?} is no colour)")
                })?;
                style = if std::mem::take(&mut behind) { style.bg(colour) } else { style.fg(colour) };
                continue;
            }
        };
        style = style.add_modifier(modifier);
    }
    Ok(style)
}

fn colour_of(word: &str) -> Option<Color> {
    match word {
        "default" => Some(Color::Reset),
        word => word.parse().ok(),
    }
}
