//! All tests that need no server and no terminal.

mod screens;
