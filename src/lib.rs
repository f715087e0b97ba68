//! Wardroom, a terminal war room for a homelab: targets, alerts, logs and backups of Prometheus,
//! Alertmanager, Loki, Proxmox Backup Server and Proxmox VE in one look.
//!
//! Four rules carry the design; everything else follows from them.
//!
//! 1. **One owner of state, no locks.** [`app::App`] is a plain struct that lives on the loop. What
//!    reads the network owns nothing that the screen reads; it sends messages.
//! 2. **Update is a function that returns effects.** A message and the time go in, effects come
//!    out ([`border`]): no I/O, no clock and no task inside, so that every behaviour is a table test.
//! 3. **Sources and panes never see each other.** Both speak [`domain`]: a source turns a server's
//!    answer into domain values, a pane turns domain values into cells.
//! 4. **What a user may change is data.** Keys, themes, views and thresholds are text with embedded
//!    defaults, merged and checked when it is read.
//!
//! A datum on its way: [`sources::watch`] asks a [`sources::Source`] through [`net`]; the answer is
//! decoded, every text in it made harmless by [`text::sanitise`], and becomes an
//! [`domain::observation::Observation`]; the loop applies it to the [`domain::store::Store`], which
//! keeps how fresh each feed is; [`domain::verdict`] judges; a pane in [`ui`] draws. `wardroom check`
//! takes the same way and ends in a [`report`] instead of a frame.
//!
//! Which module may use which is written down, and held, in `tests/all/modules.rs`; the why is in
//! `ARCHITECTURE.md`.

pub mod action;
pub mod actions;
pub mod app;
pub mod backend;
pub mod border;
pub mod child;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
#[cfg(feature = "demo")]
pub mod demo;
pub mod domain;
pub mod incident;
pub mod journal;
pub mod keymap;
mod ledger;
pub mod link;
pub mod mask;
pub mod net;
pub mod picture;
pub mod replay;
pub mod report;
pub mod runbooks;
pub mod runner;
pub mod runtime;
pub mod secret;
pub mod settings;
pub mod setup;
pub mod sources;
pub mod state;
pub mod terminal;
pub mod text;
pub mod ui;
pub mod zone;
