//! What the operator sees: themes, views, panes, layers and the widgets that they are made of.

pub mod census;
pub mod describe;
pub mod filter;
pub mod glyphs;
pub mod layers;
pub mod palette;
pub mod panes;
pub mod scene;
pub mod theme;
pub mod times;
pub mod view;
pub mod wall;
pub mod widgets;
