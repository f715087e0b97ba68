//! An ssh daemon on loopback with keys, users and a configuration of its own, for what runs over
//! ssh. It runs as somebody without rights and stops with the value, or with the tests.

use std::env;
use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::stack::parts::Launch;
use crate::stack::ports;
use crate::stack::process::{Guard, Process};
use crate::stack::programs::VARIABLE;
use crate::stack::wait::until;

/// Whom the daemon runs as where the tests run as root.
const NOBODY: u32 = 65_534;
/// How long it may take until it listens.
const READY: Duration = Duration::from_secs(15);
/// How often a port may be taken by another between its choice and its use.
const ATTEMPTS: usize = 5;

/// A user whose login shell is bash.
pub const BASH: &str = "warden";
/// A user whose login shell is dash.
pub const DASH: &str = "dasher";

/// The running daemon.
pub struct Sshd {
    process: Process,
    _guard: Guard,
    directory: TempDir,
    port: u16,
}

impl Sshd {
    /// Starts one; `None` where there is none and none is called for.
    pub fn start(test: &str) -> Option<Self> {
        let programs = match (Programs::find(), env::var_os(VARIABLE)) {
            (Ok(programs), Some(named)) if !named.is_empty() => programs,
            (Ok(programs), None) => programs,
            (Err(reason), Some(named)) if !named.is_empty() => panic!("{reason}"),
            (found, _) => {
                let reason = found.err().unwrap_or_else(|| format!("${VARIABLE} is empty"));
                // Not by a macro, whose words the test harness would keep to itself.
                let _said = writeln!(std::io::stderr(), "left out: {test} needs an ssh daemon: {reason}");
                return None;
            }
        };
        let mut reason = String::new();
        for _ in 0..ATTEMPTS {
            match Self::attempt(&programs) {
                Ok(daemon) => return Some(daemon),
                Err(error) => reason = error,
            }
        }
        panic!("no ssh daemon: {reason}")
    }

    fn attempt(programs: &Programs) -> Result<Self, String> {
        let told = |error: std::io::Error| error.to_string();
        let directory = tempfile::Builder::new().prefix("wardroom-sshd-").tempdir().map_err(told)?;
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).map_err(told)?;
        let [port] = ports::free::<1>().map_err(told)?;
        let own = rustix::process::getuid().as_raw();
        let user = if own == 0 { NOBODY } else { own };
        write(directory.path(), port, user)?;
        let at = |name: &str| directory.path().join(name).display().to_string();
        let mut arguments = vec![
            format!("NSS_WRAPPER_PASSWD={}", at("passwd")),
            format!("NSS_WRAPPER_GROUP={}", at("group")),
            format!("LD_PRELOAD={}", programs.wrapper.display()),
            format!("LD_LIBRARY_PATH={}", programs.libraries()),
        ];
        if own == 0 {
            let id = NOBODY.to_string();
            arguments
                .extend(["setpriv", "--reuid", &id, "--regid", &id, "--clear-groups"].map(str::to_owned));
        }
        arguments.extend([programs.daemon.display().to_string(), "-D".into(), "-e".into()]);
        arguments.extend(["-f".to_owned(), at("sshd_config")]);
        let launch = Launch { name: "sshd", program: "env", arguments, page: String::new() };
        let mut guard = Guard::start(directory.path()).map_err(told)?;
        let mut process =
            Process::start(&launch, PathBuf::from("/usr/bin/env"), directory.path()).map_err(told)?;
        guard.watch(&process).map_err(told)?;
        until("sshd", READY, || {
            if process.has_ended() {
                return Ok(Err(process.last_words()));
            }
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).map(|_| Ok(()))
        })??;
        Ok(Self { process, _guard: guard, directory, port })
    }

    /// Its port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Home of its users; everybody may write there.
    pub fn home(&self) -> PathBuf {
        self.directory.path().join("home")
    }

    /// The configuration with which an ssh client gets in, whatever the host is called.
    pub fn client_config(&self) -> PathBuf {
        self.directory.path().join("ssh_config")
    }

    /// A directory to be put first on the PATH: the `ssh` there uses [`Self::client_config`] and is
    /// the machine's own otherwise.
    pub fn bin(&self) -> PathBuf {
        self.directory.path().join("bin")
    }

    /// The PATH with [`Self::bin`] first.
    pub fn path(&self) -> String {
        format!("{}:{}", self.bin().display(), env::var("PATH").unwrap_or_default())
    }

    /// What it wrote last, for a failure.
    pub fn last_words(&self) -> String {
        self.process.last_words()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.process.signal(rustix::process::Signal::TERM);
        self.process.end_within(Duration::from_secs(5));
    }
}

/// What is needed of the machine.
struct Programs {
    daemon: PathBuf,
    wrapper: PathBuf,
}

impl Programs {
    fn find() -> Result<Self, String> {
        let named = env::var_os(VARIABLE).map(PathBuf::from);
        let roots = named.as_deref().and_then(|bin| bin.ancestors().nth(2)).map(Path::to_owned);
        let roots: Vec<PathBuf> = roots.into_iter().chain([PathBuf::from("/")]).collect();
        let daemon = roots.iter().map(|root| root.join("usr/sbin/sshd")).find(|file| file.is_file());
        let libraries =
            roots.iter().flat_map(|root| fs::read_dir(root.join("usr/lib")).into_iter().flatten());
        let wrapper = libraries
            .flatten()
            .map(|entry| entry.path().join("libnss_wrapper.so"))
            .find(|file| file.is_file());
        let lacks = |what: &str| format!("{what} is not there: `tests/run servers` fetches it");
        Ok(Self {
            daemon: daemon.ok_or_else(|| lacks("sshd"))?,
            wrapper: wrapper.ok_or_else(|| lacks("libnss_wrapper.so"))?,
        })
    }

    /// Where the loader finds what an unpacked daemon needs and the machine lacks: beside the wrapper.
    fn libraries(&self) -> String {
        let beside = self.wrapper.parent().unwrap_or(Path::new("/"));
        let own = env::var("LD_LIBRARY_PATH").ok().filter(|own| !own.is_empty());
        beside.display().to_string() + &own.map(|own| format!(":{own}")).unwrap_or_default()
    }
}

/// Keys, users and both configurations.
fn write(directory: &Path, port: u16, user: u32) -> Result<(), String> {
    let at = |name: &str| directory.join(name);
    let write =
        |name: &str, text: String| fs::write(at(name), text).map_err(|error| format!("{name}: {error}"));
    for folder in ["home", "bin"] {
        fs::create_dir(at(folder)).map_err(|error| error.to_string())?;
    }
    fs::set_permissions(at("home"), fs::Permissions::from_mode(0o777)).map_err(|error| error.to_string())?;
    for key in ["host_key", "client_key"] {
        let mut keygen = Command::new("ssh-keygen");
        keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", key, "-f"]).arg(at(key)).stdin(Stdio::null());
        let made = keygen.status().map_err(|error| format!("ssh-keygen: {error}"))?;
        made.success().then_some(()).ok_or("ssh-keygen failed")?;
    }
    chown(at("host_key"), Some(user), Some(user)).map_err(|error| error.to_string())?;
    let read = |name: &str| fs::read_to_string(at(name)).map_err(|error| format!("{name}: {error}"));
    let (host, client) = (read("host_key.pub")?, read("client_key.pub")?);
    write("authorized_keys", client)?;
    write("known_hosts", format!("wardroom-test {host}"))?;
    let home = at("home").display().to_string();
    let line = |name: &str, shell: &str| format!("{name}:x:{user}:{user}:{name}:{home}:{shell}\n");
    write("passwd", line(BASH, "/bin/bash") + &line(DASH, "/bin/dash"))?;
    write("group", format!("{BASH}:x:{user}:\n"))?;
    let shown = directory.display();
    write(
        "sshd_config",
        format!(
            "ListenAddress 127.0.0.1\nPort {port}\nHostKey {shown}/host_key\nPidFile none\n\
             AuthorizedKeysFile {shown}/authorized_keys\nStrictModes no\nUsePAM no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nMaxStartups 100\n\
             AllowStreamLocalForwarding yes\nPrintMotd no\n"
        ),
    )?;
    write(
        "ssh_config",
        format!(
            "Host *\n  HostName 127.0.0.1\n  Port {port}\n  HostKeyAlias wardroom-test\n  User {BASH}\n\
             \x20 IdentityFile {shown}/client_key\n  IdentitiesOnly yes\n  IdentityAgent none\n\
             \x20 UserKnownHostsFile {shown}/known_hosts\n  GlobalKnownHostsFile /dev/null\n"
        ),
    )?;
    let program = env::split_paths(&env::var_os("PATH").unwrap_or_default())
        .map(|place| place.join("ssh"))
        .find(|file| file.is_file())
        .ok_or("ssh is not on the PATH")?;
    write("bin/ssh", format!("#!/bin/sh\nexec {} -F {shown}/ssh_config \"$@\"\n", program.display()))?;
    fs::set_permissions(at("bin/ssh"), fs::Permissions::from_mode(0o755)).map_err(|error| error.to_string())
}
