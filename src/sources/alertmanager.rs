//! Alertmanager.
