//! Pbs.
