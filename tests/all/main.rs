//! Everything that needs no server but the demo lab.

mod modules;
//! Everything that needs no server but our own.

mod sources;
//! Everything that needs no server but those of the demo lab.

mod demo;
