//! VictoriaMetrics speaks Prometheus' API but for some of it: what it measures is shown as ever, what it does
//! not know is said with where that is found, and nothing breaks.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::program::{Program, list, text};
use crate::shared;
use crate::stack::ports::{self, Closed};
use crate::stack::programs;
use crate::stack::wait::until;

const STARTED: Duration = Duration::from_mins(1);

/// A server of its own that scrapes itself, and a port on which nobody listens.
struct Victoria {
    child: Child,
    url: String,
    silent: Closed,
    _place: TempDir,
}

impl Drop for Victoria {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

impl Victoria {
    fn start() -> Self {
        let program = programs::locate("victoria-metrics").expect("it is fetched with the other servers");
        let place = tempfile::Builder::new().prefix("wardroom-victoria-").tempdir().expect("a directory");
        let [port] = ports::free().expect("a free port");
        let silent = Closed::take().expect("a port");
        let targets = format!(
            "scrape_configs:\n- job_name: node\n  scrape_interval: 1s\n  static_configs:\n  - targets: [\"127.0.0.1:{port}\"]\n\
             - job_name: gone\n  scrape_interval: 1s\n  static_configs:\n  - targets: [\"127.0.0.1:{}\"]\n",
            silent.port().expect("its number"),
        );
        let file = place.path().join("scrape.yml");
        fs::write(&file, targets).expect("what is scraped");
        let child = Command::new(program)
            .arg(format!("-httpListenAddr=127.0.0.1:{port}"))
            .arg(format!("-storageDataPath={}", place.path().join("data").display()))
            .arg(format!("-promscrape.config={}", file.display()))
            .args(["-search.latencyOffset=0s", "-memory.allowedBytes=64MB"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        Self { child, url: format!("http://127.0.0.1:{port}"), silent, _place: place }
    }
}

#[test]
fn what_victoria_metrics_lacks_is_said_and_the_rest_is_shown() {
    if shared::is_left_out("VictoriaMetrics") {
        return;
    }
    let server = Victoria::start();
    let program = Program::new(&format!("[sources.prometheus.main]\nurl = {:?}\n", server.url));
    let silent = format!("127.0.0.1:{}", server.silent.port().expect("its number"));
    until("both targets", STARTED, || {
        let report = program.check();
        let health = |instance: &str| {
            let found = list(&report["targets"]).iter().find(|target| text(&target["instance"]) == instance);
            found.map(|target| text(&target["health"]).to_owned())
        };
        let own = server.url.trim_start_matches("http://");
        if (health(own).as_deref(), health(&silent).as_deref()) != (Some("up"), Some("down")) {
            return Err(report["targets"].to_string());
        }
        let source = &list(&report["sources"])[0];
        match text(&source["state"]) {
            "fresh" => Ok(()),
            _ => Err(source.to_string()),
        }
    })
    .expect("it is shown like a Prometheus");
    // The doctor says where the rest is found, and no feed of it is a fault.
    let said = program.run(&["doctor"]);
    let said = String::from_utf8_lossy(&said.stdout);
    assert!(said.contains("prometheus.main"), "{said}");
    let mut pty = program.dashboard((120, 40));
    for (keys, seen) in [("3", "127.0.0.1"), ("6", "Hosts"), ("8", "Chain"), ("1", "Alerts")] {
        pty.keys(keys);
        until(seen, STARTED, || if pty.screen().contains(seen) { Ok(()) } else { Err(pty.screen()) })
            .expect("every view is shown");
    }
    pty.keys("q");
    until("the end", STARTED, || pty.exit_code().ok_or("running")).expect("q leaves");
}
