//! Everything that needs no server but our own.

mod sources;
