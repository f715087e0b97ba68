//! A demo lab in a process of its own, as large as is wanted.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The lab; it ends with this.
pub struct Lab {
    process: Child,
    /// The config that reaches it.
    pub config: PathBuf,
}

impl Lab {
    /// Starts `scale:TARGETS,ALERTS,SNAPSHOTS,LINES`. Its config goes into `place`, with `more` in the part
    /// about Prometheus.
    pub fn start(scale: &str, place: &Path, more: &str) -> Self {
        let config = place.join("lab.toml");
        let process = Command::new(env!("CARGO_BIN_EXE_wardroom"))
            .args(["lab", "--scenario", &format!("scale:{scale}"), "--port-file"])
            .arg(&config)
            .stdout(Stdio::null())
            .spawn()
            .expect("the lab starts");
        let lab = Self { process, config };
        let end = Instant::now() + Duration::from_mins(1);
        while !lab.config.exists() && Instant::now() < end {
            thread::sleep(Duration::from_millis(20));
        }
        let text = fs::read_to_string(&lab.config).expect("the lab listens");
        let head = "[sources.prometheus.home]\n";
        fs::write(&lab.config, text.replacen(head, &format!("{head}{more}\n"), 1)).expect("a config");
        lab
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _killed = self.process.kill();
        let _reaped = self.process.wait();
    }
}
