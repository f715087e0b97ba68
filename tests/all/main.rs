//! Everything that needs no server but the demo lab.

mod modules;
