//! Everything that needs no server but those of the demo lab.

mod demo;
