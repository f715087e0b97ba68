//! From the host that a document means to the words that are executed: here through bash, there
//! through ssh with one quoted command.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::facts::Facts;
use super::mode::Mode;
use super::planned::Host;
use super::quote;
use super::segment::Ssh;
use super::shell;
use super::whereabouts::{Meant, Provenance};

/// What is said to ssh before the host, besides how the terminal is treated.
const OPTIONS: [&str; 7] = [
    "ConnectTimeout=5",
    "ServerAliveInterval=5",
    "ServerAliveCountMax=3",
    "StrictHostKeyChecking=yes",
    "ForwardAgent=no",
    "ClearAllForwardings=yes",
    "PermitLocalCommand=no",
];

/// Shells whose words end as those of POSIX do: our one quoted command is safe there.
const SHELLS: [&str; 6] = ["bash", "sh", "dash", "ash", "zsh", "ksh"];

/// A host as it is reached.
#[derive(Clone, Debug)]
pub struct Login {
    /// Which, and as whom.
    pub host: Host,
    /// Options that the document gives to ssh.
    options: Vec<String>,
    /// The shell of its logins.
    shell: String,
    /// It is protected.
    pub is_protected: bool,
    is_local: bool,
    /// Why it cannot be had.
    pub refused: Option<String>,
}

impl Login {
    fn of(literal: Option<&str>, user: Option<&str>, resolved: Option<&str>, facts: &Facts) -> Self {
        let known = resolved.and_then(|host| facts.hosts.find(host)).map(|(_, host)| host);
        let user = user.map(str::to_owned).or_else(|| known.and_then(|host| host.ssh_user.clone()));
        Self {
            host: Host {
                literal: literal.map(str::to_owned),
                user,
                resolved: resolved.map(str::to_owned),
                provenance: Provenance::Unknown,
            },
            options: Vec::new(),
            shell: known.and_then(|host| host.shell.clone()).unwrap_or_else(|| "bash".to_owned()),
            is_protected: known.is_some_and(|host| host.protected),
            is_local: false,
            refused: None,
        }
    }

    /// No host.
    pub fn unknown() -> Self {
        Self::of(None, None, None, &Facts::default())
    }

    /// The same, and why it cannot be had.
    fn but(mut self, why: String) -> Self {
        self.refused = Some(why);
        self
    }

    fn here() -> Self {
        let mut here = Self::of(None, None, Some("localhost"), &Facts::default());
        here.is_local = true;
        here
    }

    /// Why its shell cannot be trusted with our quotes.
    pub fn refusal(&self) -> Option<String> {
        let shell = self.shell.rsplit('/').next().unwrap_or_default();
        (!SHELLS.contains(&shell)).then(|| {
            format!(
                "the login shell {shell} reads quotes in its own way; give it sh or bash, [hosts.NAME] shell"
            )
        })
    }

    /// The words that are executed for a text.
    pub fn argv(&self, text: &str, mode: Mode) -> Vec<String> {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        if self.is_local {
            return owned(&["bash", "--noprofile", "--norc", "-c", text]);
        }
        let mut argv = owned(if mode == Mode::Handoff {
            &["ssh", "-tt"]
        } else {
            &["ssh", "-T", "-o", "BatchMode=yes"]
        });
        for option in OPTIONS {
            argv.extend(owned(&["-o", option]));
        }
        argv.extend(self.options.iter().cloned());
        let host = self.host.resolved.as_deref().unwrap_or_default();
        let destination =
            self.host.user.as_ref().map_or_else(|| host.to_owned(), |user| format!("{user}@{host}"));
        let inner = if matches!(self.shell.rsplit('/').next(), Some("bash") | None) { "bash" } else { "sh" };
        argv.extend(["--".to_owned(), destination, format!("exec {inner} -c {}", quote::single(text))]);
        argv
    }
}

/// The login of a host that is named, is the alert's, or is this one.
pub fn meant(meant: &Meant, facts: &Facts) -> Login {
    match meant {
        Meant::Named(ssh) => named(ssh, facts),
        Meant::Local => Login::here(),
        Meant::Role(role) => self::role(role, facts, None),
        Meant::Hint(hint) => self::hint(hint, facts),
        Meant::Target => match facts.target() {
            Some(Ok(target)) => Login::of(None, None, Some(&target.host), facts),
            Some(Err(why)) => Login::unknown().but(format!("the alert's host: {why}")),
            None => Login::unknown(),
        },
    }
}

fn named(ssh: &Ssh, facts: &Facts) -> Login {
    let user = ssh.user.as_deref();
    let placeholder = ssh.host.strip_prefix('<').and_then(|name| name.strip_suffix('>'));
    let found = match placeholder {
        Some(name) => match facts.value(name) {
            Ok(Some(found)) => super::placeholder::admit(&found.text, super::placeholder::Kind::Host, None)
                .map(|()| facts.hosts.address(&found.text).to_owned())
                .map_err(|why| format!("<{name}>: {why}")),
            Ok(None) => Err(format!("<{name}> is open: the host; say --set {name}=HOST")),
            Err(why) => Err(format!("<{name}>: {why}")),
        },
        None => facts.host(&ssh.host).map(|found| found.text),
    };
    match found {
        Ok(host) => {
            let mut login = Login::of(Some(&ssh.host), user, Some(&host), facts);
            login.options.clone_from(&ssh.options);
            login
        }
        Err(why) => Login::of(Some(&ssh.host), user, None, facts).but(why),
    }
}

/// The login of the host that is there for `role`: that of the inventory, or the one on which the
/// document itself always runs such commands.
pub fn role(role: &str, facts: &Facts, home: Option<&Ssh>) -> Login {
    match (facts.hosts.with_role(role).as_slice(), home) {
        ([(name, _)], _) => {
            let host = facts.hosts.address(name);
            match super::placeholder::admit(host, super::placeholder::Kind::Host, None) {
                Ok(()) => Login::of(None, None, Some(host), facts),
                Err(why) => Login::unknown().but(why),
            }
        }
        ([], Some(ssh)) => named(ssh, facts),
        ([], None) => Login::unknown()
            .but(format!("no host has the role {role}: give one [hosts.NAME] role = \"{role}\"")),
        (several, _) => {
            let names: Vec<&str> = several.iter().map(|(name, _)| *name).collect();
            let names = names.join(", ");
            Login::unknown()
                .but(format!("several hosts have the role {role}: {names}; which one is not known"))
        }
    }
}

/// The login that a hint of the owner names: a role, a host, `target` or `local`.
pub fn hint(hint: &str, facts: &Facts) -> Login {
    match hint {
        "local" | "localhost" => Login::here(),
        "target" | "{target}" => meant(&Meant::Target, facts),
        _ if !facts.hosts.with_role(hint).is_empty() => role(hint, facts, None),
        _ => {
            let (user, host) = hint.rsplit_once('@').map_or((None, hint), |(user, host)| (Some(user), host));
            let is_user =
                |user: &str| user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
            let user = user.filter(|user| is_user(user) && !user.starts_with('-')).map(str::to_owned);
            named(&Ssh { user, host: host.to_owned(), ..Ssh::default() }, facts)
        }
    }
}

/// SHA-256 of words, each ended by a zero byte, in hex.
pub fn digest(argv: &[String]) -> String {
    let mut hash = Sha256::new();
    for word in argv {
        hash.update(word.as_bytes());
        hash.update([0]);
    }
    let mut hex = String::with_capacity(64);
    for byte in hash.finalize() {
        // Writing to a text cannot fail.
        let _written = write!(hex, "{byte:02x}");
    }
    hex
}

/// The same words with the terminal handed over to what they start: what asks is answered there.
pub fn handed(argv: &[String]) -> Vec<String> {
    let is_login = argv.first().is_some_and(|first| first == "ssh");
    let Some(options) = argv.iter().position(|word| word == "--").filter(|_| is_login) else {
        return argv.to_vec();
    };
    let mut words = argv.iter().enumerate().peekable();
    let mut handed = Vec::with_capacity(argv.len());
    while let Some((at, word)) = words.next() {
        let is_batch = words.peek().is_some_and(|(_, next)| next.starts_with("BatchMode="));
        match word.as_str() {
            "-T" if at < options => handed.push("-tt".to_owned()),
            "-o" if at < options && is_batch => {
                words.next();
            }
            // An unknown key is shown and asked about; a changed one is still refused.
            "StrictHostKeyChecking=yes" if at < options => {
                handed.push("StrictHostKeyChecking=ask".to_owned());
            }
            _ => handed.push(word.clone()),
        }
    }
    handed
}

/// Whether a text becomes another user.
pub fn is_sudo(text: &str) -> bool {
    let script = shell::lex(text);
    let is_sudo = |word: &shell::Said| matches!(word.text.as_str(), "sudo" | "doas" | "su");
    shell::commands(&script.tokens, text).iter().any(|command| command.said(text).iter().any(is_sudo))
}
