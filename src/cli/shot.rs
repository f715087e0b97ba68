//! `wardroom shot`: one frame.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Size;

/// `wardroom shot`
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
The frame is drawn when every server has answered once. The view is chosen with --view.

Examples:
  wardroom shot --demo=host-down --size 80x24                the bridge as text
  wardroom shot --demo --view alerts --keys \"j<enter>\"       after two keys
  wardroom shot --demo --format svg --out bridge.svg         a picture")]
pub struct Shot {
    /// Columns and rows.
    #[arg(long, default_value = "120x40", value_name = "COLSxROWS")]
    pub size: Size,
    /// Plain text, text with colours, or a picture.
    #[arg(long, value_enum, default_value_t = Picture::Text, value_name = "FORMAT")]
    pub format: Picture,
    /// Keys to press before: each character is one, `<enter>` `<ctrl-d>` `<lt>` name others,
    /// `<wait>` waits until all is settled.
    #[arg(long, default_value = "", value_name = "KEYS", hide_default_value = true)]
    pub keys: String,
    /// Write here instead of to stdout.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// How a frame is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Picture {
    /// Characters only.
    Text,
    /// With the terminal's colour sequences.
    Ansi,
    /// A picture for a web page.
    Svg,
}
