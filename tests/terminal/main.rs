//! The program in a real terminal, on the demo lab: what it shows, what keys do, and how it leaves
//! the terminal, whatever ends it.

#[expect(dead_code, reason = "shared by two test programs, each with a use for a part of it")]
#[path = "../pty/mod.rs"]
mod pty;
#[path = "../stack/wait.rs"]
mod wait;

mod alerting;
mod dashboard;
mod doctor;
mod ends;
mod lab;
mod modes;
mod practice;
mod quiet;
mod strange;
mod withheld;
