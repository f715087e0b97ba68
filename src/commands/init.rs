//! `wardroom init`: a first config, asked for at the terminal and written to its place.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, BufRead as _, ErrorKind, IsTerminal as _, Write as _};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use color_eyre::eyre::{Result, WrapErr, bail};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use super::{Usage, dashboard, own_config, say};
use crate::cli::{self, Global};
use crate::config::{Config, EXAMPLE};
use crate::runtime::network;
use crate::secret::{ExposeSecret as _, SecretString};
use crate::setup::{Plan, Talk, Wizard, find_runbooks};

/// Runs it.
///
/// # Errors
/// A config that is there already: it is never written over. A place that cannot be written to.
pub fn run(global: &Global, init: &cli::Init) -> Result<ExitCode> {
    let file = own_config(global)?;
    let shown = file.display();
    let there = file.exists();
    if there && !init.add {
        bail!(
            "{shown} is there already and stays as it is; add servers with `wardroom init --add`, edit it, or \
             name another file with --config"
        );
    }
    if !there && init.add {
        return Err(Usage(format!("there is no config at {shown} to add to; run `wardroom init`")).into());
    }
    if init.example {
        write_new(&file, EXAMPLE)?;
        return told(&file, &format!("wrote {shown}"));
    }
    let mut talk = Terminal::default();
    let plan = ask(&mut talk, &file, init)?;
    if plan.servers == 0 && plan.text.is_empty() {
        if init.add {
            talk.say("Nothing was added.");
            return Ok(ExitCode::SUCCESS);
        }
        write_new(&file, EXAMPLE)?;
        return told(&file, &format!("No server was found, so {shown} is the example."));
    }
    talk.say(&format!("\nThis will stand in {shown}:\n\n{}", indented(&plan.text)));
    if !talk.agrees("Write it?", true) {
        talk.say("Nothing was written.");
        return Ok(ExitCode::SUCCESS);
    }
    write(&file, &plan, init.add)?;
    talk.say(&format!("+ wrote {shown}, readable by you alone"));
    if talk.is_there() && talk.agrees("Start the dashboard?", true) {
        return dashboard::run(global, None);
    }
    told(&file, "")
}

fn ask(talk: &mut Terminal, file: &Path, init: &cli::Init) -> Result<Plan> {
    let network = network()?;
    let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    let mut has_books = false;
    let ssh = home.as_ref().map(|home| home.join(".ssh/config"));
    let ssh = ssh.and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default();
    let mut wizard = Wizard::new(talk, &network, &ssh);
    if init.add {
        let config = Config::load(file)?;
        let ids = config.sources.iter().map(|source| (source.id().kind, source.id().name.to_string()));
        wizard.knows(ids, addresses(&fs::read_to_string(file)?));
        let hosts = config.hosts.0.iter();
        wizard.has_hosts(hosts.flat_map(|(name, host)| host.addresses.iter().cloned().chain([name.clone()])));
        has_books = !config.runbooks.files.is_empty();
    }
    if !has_books {
        let here = std::env::current_dir().ok();
        wizard.found(find_runbooks(&home.into_iter().chain(here).collect::<Vec<_>>()));
    }
    let plan = wizard.run(&init.hosts, &secrets(file).display().to_string());
    network.shutdown_background();
    Ok(plan)
}

/// Every address that stands in a config, between quotes.
fn addresses(text: &str) -> Vec<String> {
    let quoted =
        text.split(['"', '\'']).filter(|word| word.starts_with("http://") || word.starts_with("https://"));
    quoted.map(|url| url.trim_end_matches('/').to_owned()).collect()
}

/// Where the secrets of a config go.
fn secrets(file: &Path) -> PathBuf {
    let directory = file.parent().map(Path::to_owned).unwrap_or_default();
    std::path::absolute(&directory).unwrap_or(directory).join("secrets")
}

fn indented(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }).collect()
}

/// Writes the secrets, then the config, whole or not at all. What does not read back is not written.
fn write(file: &Path, plan: &Plan, add: bool) -> Result<()> {
    let before = if add { fs::read_to_string(file)?.trim_end().to_owned() + "\n\n" } else { head() };
    let text = before + plan.text.trim_end() + "\n";
    Config::parse(&file.display().to_string(), &text, file.parent())
        .wrap_err("what was to be written cannot be read back; nothing was written")?;
    let directory = secrets(file);
    for (name, secret) in &plan.secrets {
        keep_secret(&directory.join(name), secret)?;
    }
    if !add {
        return write_new(file, &text);
    }
    let fresh = file.with_extension("toml.new");
    write_new(&fresh, &text)?;
    fs::rename(&fresh, file).wrap_err_with(|| format!("cannot write {}", file.display()))
}

fn head() -> String {
    "# Wardroom's config. `wardroom config example` explains every key there is, `wardroom doctor` holds this\n\
     # against your servers, `wardroom init --add` adds one. While the dashboard runs, R reads it anew.\n\n"
        .to_owned()
}

fn keep_secret(file: &Path, secret: &SecretString) -> Result<()> {
    make_directory(file)?;
    let shown = file.display();
    let opened = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file);
    let mut opened = opened.wrap_err_with(|| format!("cannot write {shown}"))?;
    writeln!(opened, "{}", secret.expose_secret()).wrap_err_with(|| format!("cannot write {shown}"))
}

/// Writes a file that is not there yet, readable by nobody else: secrets may come to stand in it.
fn write_new(file: &Path, text: &str) -> Result<()> {
    make_directory(file)?;
    let shown = file.display();
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut config = match opened {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{shown} is there already and stays as it is; edit it, or name another file with --config")
        }
        opened => opened.wrap_err_with(|| format!("cannot write {shown}"))?,
    };
    config.write_all(text.as_bytes()).wrap_err_with(|| format!("cannot write {shown}"))
}

fn make_directory(file: &Path) -> Result<()> {
    let Some(directory) = file.parent() else { return Ok(()) };
    let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.wrap_err_with(|| format!("cannot make the directory {}", directory.display()))
}

fn told(file: &Path, first: &str) -> Result<ExitCode> {
    let lead = if first.is_empty() { String::new() } else { format!("{first}\n\n") };
    say(&format!(
        "{lead}Next:\n  \
         1. look over {}: every key is explained by `wardroom config example`\n  \
         2. wardroom doctor     tells what is in the way, and what to do\n  \
         3. wardroom            the dashboard on your servers\n",
        file.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Whoever is at the terminal; or nobody, and then every question has its default.
#[derive(Debug, Default)]
struct Terminal {
    is_over: bool,
}

impl Terminal {
    /// Whether somebody is there who sees and types.
    fn is_there(&self) -> bool {
        !self.is_over && io::stdin().is_terminal() && io::stdout().is_terminal()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        self.is_over |= !matches!(read, Ok(1..));
        line.trim().to_owned()
    }

    /// Says it at once; a terminal that is gone is noticed where a line is read.
    fn put(text: &str) {
        let mut out = io::stdout().lock();
        let _unseen = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}

impl Talk for Terminal {
    fn say(&mut self, text: &str) {
        Self::put(&format!("{text}\n"));
    }

    fn ask(&mut self, question: &str, default: &str) -> String {
        Self::put(&format!("{question} "));
        let line = self.line();
        if self.is_over {
            Self::put("\n");
        }
        if line.is_empty() { default.to_owned() } else { line }
    }

    fn secret(&mut self, question: &str) -> String {
        Self::put(&format!("{question} "));
        let stdin = io::stdin();
        // Echo goes, and comes back whatever is typed.
        let before = tcgetattr(&stdin).ok();
        if let Some(settings) = &before {
            let mut silent = settings.clone();
            silent.local_modes.remove(LocalModes::ECHO);
            let _shown = tcsetattr(&stdin, OptionalActions::Flush, &silent);
        }
        let line = self.line();
        if let Some(settings) = &before {
            let _silent = tcsetattr(&stdin, OptionalActions::Now, settings);
        }
        Self::put("\n");
        line
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(file: &Path) -> u32 {
        fs::metadata(file).expect("it is there").permissions().mode() & 0o777
    }

    #[test]
    fn it_writes_once_and_for_its_owner_only() {
        let home = tempfile::tempdir().expect("a directory");
        let file = home.path().join("new/wardroom/config.toml");
        write_new(&file, EXAMPLE).expect("it is written");
        assert_eq!(fs::read_to_string(&file).expect("it is there"), EXAMPLE);
        assert_eq!(mode(&file), 0o600);
        fs::write(&file, "mine").expect("it is changed");
        let again = write_new(&file, EXAMPLE).expect_err("it is there already").to_string();
        assert!(again.contains("stays as it is"), "{again}");
        assert_eq!(fs::read_to_string(&file).expect("it is there"), "mine");
    }

    #[test]
    fn what_is_added_keeps_what_was_there() {
        let home = tempfile::tempdir().expect("a directory");
        let file = home.path().join("config.toml");
        let own = "# mine\n[sources.prometheus.main]\nurl = \"http://127.0.0.1:9090\"\n";
        write_new(&file, own).expect("a config");
        let secrets = vec![(PathBuf::from("loki-main.password"), SecretString::from("hidden"))];
        let table = "[sources.loki.main]\nurl = \"http://127.0.0.1:3100\"\n";
        let plan = Plan { text: table.into(), secrets, servers: 1 };
        write(&file, &plan, true).expect("added");
        assert_eq!(fs::read_to_string(&file).expect("it is there"), format!("{own}\n{table}"));
        assert_eq!(mode(&file), 0o600);
        let secret = home.path().join("secrets/loki-main.password");
        assert_eq!(
            (fs::read_to_string(&secret).expect("a secret").as_str(), mode(&secret)),
            ("hidden\n", 0o600)
        );
        let wrong = Plan { text: "[sources.loki.main]\n".into(), ..Plan::default() };
        assert!(write(&file, &wrong, true).is_err(), "what does not read back is not written");
        assert_eq!(fs::read_to_string(&file).expect("it is there"), format!("{own}\n{table}"));
    }

    #[test]
    fn addresses_of_a_config_are_found() {
        let text = "url = \"http://a:1/\"\nurls = ['https://b', \"x\"]\n";
        assert_eq!(addresses(text), ["http://a:1", "https://b"]);
    }
}
