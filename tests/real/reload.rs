//! A Prometheus that is told by keys to read its config again: it does, or says why not.

use crate::fixing::{SETTLED, shows};
use crate::program::Program;
use crate::shared;
use crate::stack::Part;
use crate::stack::wait::until;

#[test]
fn a_prometheus_reads_its_config_again_when_keys_say_so() {
    let Some(stack) = shared::own("a Prometheus that is reloaded", &[Part::Prometheus]) else { return };
    let loaded = || -> Result<String, String> {
        let metrics = stack.asker().get(&format!("{}/metrics", stack.prometheus()))?;
        let line = metrics
            .lines()
            .find(|line| line.starts_with("prometheus_config_last_reload_success_timestamp_seconds "));
        line.map(str::to_owned).ok_or_else(|| "no such metric".to_owned())
    };
    let before = loaded().expect("it was loaded once");
    let config = format!("[sources.prometheus.main]\nurl = {:?}\n", stack.prometheus());
    let pty = Program::new(&config).dashboard((120, 40));
    shows(&pty, &["prom ●"]);
    pty.keys("3\t");
    shows(&pty, &["prometheus.main"]);
    pty.keys("x");
    shows(&pty, &["reload its config and rules"]);
    pty.keys("\r");
    shows(&pty, &["POST /-/reload"]);
    pty.keys("\r");
    shows(&pty, &["it has read its config and rules again"]);
    until("it was loaded anew", SETTLED, || match loaded() {
        Ok(now) if now != before => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .expect("the server says so itself");
}
