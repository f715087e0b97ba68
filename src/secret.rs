//! Secrets: where they come from, and that they are never shown.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

pub use secrecy::{ExposeSecret, SecretString};
use tokio::process::Command;

use crate::settings::Table;

/// Where a secret comes from. It is read when it is needed, so that a rotated token is taken up
/// without a restart.
#[derive(Clone, Debug)]
pub enum Secret {
    /// It stands in the config itself.
    Value(SecretString),
    /// The first line of a file.
    File(PathBuf),
    /// An environment variable.
    Env(String),
    /// What a program prints, given as program and arguments; no shell is involved.
    Command(Vec<String>),
}

/// Every secret that was read by this process: what it must not show, wherever it turns up.
static REVEALED: Mutex<Vec<SecretString>> = Mutex::new(Vec::new());

/// The secrets that were read so far.
pub fn revealed() -> Vec<SecretString> {
    REVEALED.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// A value shorter than this would take half of every text with it.
const SHORTEST: usize = 6;

/// A text of others without our secrets: a server may say back what it was told.
pub fn unsaid(text: &str) -> Cow<'_, str> {
    let known = REVEALED.lock().unwrap_or_else(PoisonError::into_inner);
    let mut text = Cow::Borrowed(text);
    for secret in known.iter().map(ExposeSecret::expose_secret) {
        if secret.len() >= SHORTEST && text.contains(secret) {
            text = Cow::Owned(text.replace(secret, "[secret]"));
        }
    }
    text
}

/// Notes something that is never to be shown.
pub fn note(secret: SecretString) {
    let mut known = REVEALED.lock().unwrap_or_else(PoisonError::into_inner);
    if !known.iter().any(|one| one.expose_secret() == secret.expose_secret()) {
        known.push(secret);
    }
}

/// The environment variables that the config names for secrets.
static VARIABLES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The files that the config names for secrets.
static FILES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// The files that the config names for secrets, each once.
pub fn files() -> Vec<PathBuf> {
    let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner).clone();
    files.sort();
    files.dedup();
    files
}

/// Keeps the secrets in our own environment out of that of a child.
pub fn keep_from(command: &mut std::process::Command) {
    for name in VARIABLES.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        command.env_remove(name);
    }
}

/// A program that prints a secret has this long: it may ask a password manager.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);

impl Secret {
    /// Reads `NAME`, `NAME_file`, `NAME_env` or `NAME_command` of a table; more than one is a fault.
    pub fn read(table: &Table<'_>, name: &str) -> Option<Self> {
        let file_key = format!("{name}_file");
        let env_key = format!("{name}_env");
        let command_key = format!("{name}_command");
        let value = table.get::<String>(name).map(|value| Self::Value(value.into()));
        let file = table.get::<String>(&file_key).map(|file| Self::File(expand_home(&file)));
        let env = table.get::<String>(&env_key).map(Self::Env);
        let command = table.get_with(&command_key, |command: Vec<String>| {
            if command.is_empty() {
                Err("a program and its arguments".to_owned())
            } else {
                Ok(Self::Command(command))
            }
        });
        let mut given = [value, file, env, command].into_iter().flatten();
        let first = given.next();
        match &first {
            Some(Self::Env(name)) => {
                VARIABLES.lock().unwrap_or_else(PoisonError::into_inner).push(name.clone());
            }
            Some(Self::File(file)) => {
                FILES.lock().unwrap_or_else(PoisonError::into_inner).push(file.clone());
            }
            _ => {}
        }
        if given.next().is_some() {
            table.fault(
                name,
                format!("give one of `{name}`, `{file_key}`, `{env_key}`, `{command_key}`, not several"),
            );
        }
        first
    }

    /// The secret itself, noted as one that is never to be shown. The error names its place, never
    /// its content.
    pub async fn reveal(&self) -> Result<SecretString, String> {
        let secret = self.read_out().await?;
        note(secret.clone());
        Ok(secret)
    }

    async fn read_out(&self) -> Result<SecretString, String> {
        let text = match self {
            Self::Value(value) => return Ok(value.clone()),
            Self::File(path) => tokio::fs::read_to_string(path)
                .await
                .map_err(|error| format!("cannot read the secret in {}: {error}", path.display()))?,
            Self::Env(name) => std::env::var(name)
                .map_err(|_| format!("the environment variable {name} with the secret is not set"))?,
            Self::Command(command) => run(command).await?,
        };
        match text.lines().next().map(str::trim) {
            Some(line) if !line.is_empty() => Ok(line.to_owned().into()),
            _ => Err(format!("the secret from {} is empty", self.place())),
        }
    }

    /// Where it comes from, in words.
    pub fn place(&self) -> String {
        match self {
            Self::Value(_) => "the config".to_owned(),
            Self::File(path) => path.display().to_string(),
            Self::Env(name) => format!("${name}"),
            Self::Command(command) => command.first().cloned().unwrap_or_default(),
        }
    }
}

async fn run(command: &[String]) -> Result<String, String> {
    let (program, arguments) = command.split_first().ok_or("the command for the secret is empty")?;
    let mut child = Command::new(program);
    child.args(arguments).stdin(std::process::Stdio::null()).kill_on_drop(true);
    keep_from(child.as_std_mut());
    let output = tokio::time::timeout(COMMAND_TIMEOUT, child.output())
        .await
        .map_err(|_| format!("{program} took over {} s to print the secret", COMMAND_TIMEOUT.as_secs()))?
        .map_err(|error| format!("cannot run {program} for the secret: {error}"))?;
    if !output.status.success() {
        return Err(format!("{program}, which should print the secret, ended with {}", output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("{program} printed a secret that is no text"))
}

/// `~/` at the start of a path is the user's home.
pub fn expand_home(path: &str) -> PathBuf {
    let home = path
        .strip_prefix("~/")
        .and_then(|rest| directories::BaseDirs::new().map(|dirs| dirs.home_dir().join(rest)));
    home.unwrap_or_else(|| PathBuf::from(path))
}
