//! A server on its way into a config.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::domain::feed::SourceKind;
use crate::secret::{ExposeSecret as _, SecretString};

/// How it lets us in.
#[derive(Clone, Debug, Default)]
pub enum Login {
    /// It lets everybody in.
    #[default]
    None,
    /// A name and a password.
    Password(String, SecretString),
    /// A token.
    Token(SecretString),
}

/// A server, as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// Its name in the config.
    pub name: String,
    /// Its addresses: several are the peers of one group.
    pub urls: Vec<String>,
    /// How it lets us in.
    pub login: Login,
    /// The certificate that was looked at.
    pub fingerprint: Option<String>,
    /// Which of several tenants.
    pub tenant: Option<String>,
    /// `ssh:HOST`, when it listens on its own host only.
    pub via: Option<String>,
}

impl Entry {
    /// A server at this address.
    pub fn at(url: &str) -> Self {
        Self { name: "main".to_owned(), urls: vec![url.to_owned()], ..Self::default() }
    }

    /// Its address, for people.
    pub fn place(&self) -> String {
        let urls = self.urls.join(", ");
        self.via.as_ref().map_or_else(|| urls.clone(), |via| format!("{urls} via {via}"))
    }

    /// Its table with the secret in it: for a test, never for a file.
    pub(super) fn for_test(&self, kind: SourceKind) -> String {
        let secret = match &self.login {
            Login::None => None,
            Login::Password(_, secret) => Some(("password", secret)),
            Login::Token(secret) => Some(("token", secret)),
        };
        let secret = secret.map(|(key, secret)| format!("{key} = {}\n", quoted(secret.expose_secret())));
        self.table(kind, &secret.unwrap_or_default())
    }

    /// Its table for the file, and the secret that belongs into a file of its own, by its name.
    pub fn for_file(&self, kind: SourceKind) -> (String, Option<(PathBuf, SecretString)>) {
        let (key, secret) = match &self.login {
            Login::None => return (self.table(kind, ""), None),
            Login::Password(_, secret) => ("password", secret),
            Login::Token(secret) => ("token", secret),
        };
        let file = PathBuf::from(format!("{kind}-{}.{key}", self.name));
        (
            self.table(kind, &format!("{key}_file = {}\n", quoted(&format!("@{}", file.display())))),
            Some((file, secret.clone())),
        )
    }

    fn table(&self, kind: SourceKind, secret: &str) -> String {
        let mut table = format!("[sources.{kind}.{}]\n", key(&self.name));
        match self.urls.as_slice() {
            [url] if kind != SourceKind::Alertmanager => {
                let _infallible = writeln!(table, "url = {}", quoted(url));
            }
            urls => {
                let urls: Vec<String> = urls.iter().map(|url| quoted(url)).collect();
                let _infallible = writeln!(table, "urls = [{}]", urls.join(", "));
            }
        }
        if let Login::Password(name, _) = &self.login {
            let _infallible = writeln!(table, "username = {}", quoted(name));
        }
        table.push_str(secret);
        for (key, value) in [("fingerprint", &self.fingerprint), ("tenant", &self.tenant), ("via", &self.via)]
        {
            if let Some(value) = value {
                let _infallible = writeln!(table, "{key} = {}", quoted(value));
            }
        }
        table
    }
}

/// A string of TOML on one line. The crate writes what has line breaks over several, and there
/// neither a key nor the name of a table may end.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            char if char.is_control() => {
                let _infallible = write!(quoted, "\\u{:04X}", u32::from(char));
            }
            char => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

/// A key of TOML, in quotes where it needs them.
pub(super) fn key(name: &str) -> String {
    let is_bare = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_');
    if !name.is_empty() && name.chars().all(is_bare) { name.to_owned() } else { quoted(name) }
}

/// What stands above the tables of a kind.
const fn about(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Prometheus => "Targets, rules and what is measured.",
        SourceKind::Alertmanager => {
            "Alerts as they are routed, and silences. Several addresses are one group."
        }
        SourceKind::Loki => {
            "Logs. Without `tails` everything is followed; a query of yours is kinder to it:\n# tails = [{ name = \"errors\", query = '{job=~\".+\"} |~ \"(?i)error|fail\"' }]"
        }
        SourceKind::Pbs => "Backups, their verification, datastores and tasks.",
        SourceKind::Pve => "Which guests there are, and which of them no backup job takes.",
        SourceKind::Grafana => "Dashboards.",
        SourceKind::Files | SourceKind::Probe => "",
    }
}

/// The tables for the file, each kind under its sentence, and the secrets beside it. `@` in a path
/// stands for the directory of the secrets.
pub fn written(entries: &[(SourceKind, Entry)], secrets: &str) -> (String, Vec<(PathBuf, SecretString)>) {
    let (mut text, mut kept, mut last) = (String::new(), Vec::new(), None);
    for (kind, entry) in entries {
        if last != Some(*kind) {
            last = Some(*kind);
            let _infallible = writeln!(text, "# {}", about(*kind));
        }
        let (table, secret) = entry.for_file(*kind);
        let beside = quoted(&format!("{secrets}/"));
        let beside = format!("_file = {}", beside.trim_end_matches('"'));
        text.push_str(&table.replace("_file = \"@", &beside));
        text.push('\n');
        kept.extend(secret);
    }
    (text, kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_stands_in_what_is_written() {
        let entry = Entry {
            login: Login::Token("root@pam!war:abc".into()),
            fingerprint: Some("aa:bb".into()),
            ..Entry::at("https://10.0.0.15:8007")
        };
        let (text, secrets) = written(&[(SourceKind::Pbs, entry.clone())], "~/.config/wardroom/secrets");
        assert!(text.contains("token_file = \"~/.config/wardroom/secrets/pbs-main.token\""), "{text}");
        assert!(!text.contains("abc") && secrets.len() == 1, "{text}");
        assert!(entry.for_test(SourceKind::Pbs).contains("token = \"root@pam!war:abc\""));
        assert!(!format!("{entry:?}").contains("abc"), "nor in a log");
    }

    #[test]
    fn texts_of_others_are_quoted() {
        let entry = Entry { name: "a b".into(), ..Entry::at("http://x/\"\n[ui]") };
        let (text, _) = written(&[(SourceKind::Prometheus, entry)], "");
        assert!(text.contains("[sources.prometheus.\"a b\"]"), "{text}");
        assert!(!text.contains("\n[ui]"), "{text}");
    }

    #[test]
    fn what_is_quoted_is_read_as_it_was() {
        for hostile in
            ["a\n[ui]\nx = 1", "\"\"\"\n'x'", "'''", "\\\"\\", "\u{7f}\u{0}\t\r\n", "", "\u{e9}\u{85}"]
        {
            let table = format!("[{}]\nx = {}\n", key(hostile), quoted(hostile));
            let read: toml::Table = table.parse().expect("TOML");
            assert_eq!(read.len(), 1, "{table}");
            assert_eq!(read[hostile]["x"].as_str(), Some(hostile), "{table}");
        }
        let entry = Entry { name: "q\"\nx".into(), login: Login::Token("t".into()), ..Entry::at("http://x") };
        let (text, _) = written(&[(SourceKind::Loki, entry)], "/s \"\\");
        let read: toml::Table = text.parse().expect("TOML");
        let file = read["sources"]["loki"]["q\"\nx"]["token_file"].as_str();
        assert_eq!(file, Some("/s \"\\/loki-q\"\nx.token"), "{text}");
    }
}
