//! The journal of an alert's host, read on that host: what is left when Loki is down.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::selector::without_port;
use crate::domain::host::Inventory;
use crate::domain::labels::Labels;

/// So long before the alert began its journal is read.
const BEFORE: TimeDelta = TimeDelta::minutes(15);

/// And so long after.
const AFTER: TimeDelta = TimeDelta::minutes(15);

/// Lines at the most.
const LINES: &str = "500";

/// A command that reads a journal, and changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// The host, as it is logged in to.
    pub host: String,
    /// The same by its name in the config, where it has one.
    pub named: String,
    /// The unit whose lines are wanted; without it, all of the host.
    pub unit: Option<String>,
    /// The program and its arguments, on the host.
    pub words: Vec<String>,
    /// The same by way of ssh, as it is handed over.
    pub argv: Vec<String>,
}

impl Journal {
    /// Where an alert's journal is and how it is read; nothing when its labels name no host that can
    /// be logged in to.
    pub fn of(
        labels: &Labels,
        starts_at: DateTime<Utc>,
        now: DateTime<Utc>,
        hosts: &Inventory,
    ) -> Option<Self> {
        let named =
            ["host", "exported_host", "nodename", "instance"].iter().find_map(|name| labels.get(name))?;
        let named = without_port(named);
        let known = hosts.find(named).map(|(name, host)| {
            let address = host.addresses.first().map_or(name, String::as_str);
            let login = match &host.ssh_user {
                Some(user) => format!("{user}@{address}"),
                None => address.to_owned(),
            };
            (login, name.to_owned())
        });
        let (host, named) = known.or_else(|| is_host(named).then(|| (named.to_owned(), named.to_owned())))?;
        let unit = ["unit", "systemd_unit", "name", "service"].iter().find_map(|name| labels.get(name));
        let unit = unit.filter(|unit| is_unit(unit)).map(str::to_owned);
        let time = |at: DateTime<Utc>| {
            at.to_rfc3339_opts(SecondsFormat::Secs, true).replace('T', " ").replace('Z', " UTC")
        };
        let (since, until) = (time(starts_at - BEFORE), time((starts_at + AFTER).min(now.max(starts_at))));
        let options = [("since", since.as_str()), ("until", until.as_str())];
        let options: Vec<_> = options.into_iter().chain(unit.iter().map(|unit| ("unit", &**unit))).collect();
        let plain = ["journalctl", "--no-pager", "--output=short-iso"].map(str::to_owned);
        let plain: Vec<String> = plain.into_iter().chain([format!("--lines={LINES}")]).collect();
        let told = |quote: &str| {
            let options = options.iter().map(|(name, value)| format!("--{name}={quote}{value}{quote}"));
            plain.iter().cloned().chain(options).collect::<Vec<_>>()
        };
        let argv = ["ssh", "-o", "BatchMode=yes", "-T", "--", &host, &told("'").join(" ")];
        let argv = argv.map(str::to_owned).into();
        Some(Self { words: told(""), argv, host: host.clone(), named, unit })
    }

    /// Whose journal it is: `nginx.service on vm102`.
    pub fn whose(&self) -> String {
        self.unit.as_ref().map_or_else(|| self.named.clone(), |unit| format!("{unit} on {}", self.named))
    }

    /// The command for a shell, to be pasted.
    pub fn line(&self) -> String {
        let words = self.argv.iter().map(|word| {
            let is_plain =
                word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=.@:/".contains(&byte));
            if is_plain { word.clone() } else { format!("\"{word}\"") }
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

/// Whether a text is a name or an address, and nothing that ssh takes for an option.
fn is_host(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_alphanumeric()) && text.bytes().all(is_letter)
}

/// Whether a text is the name of a unit. What a shell could act on is none.
fn is_unit(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b":_.@-".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.len() < 256
        && text.bytes().all(is_letter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::host::Host;

    fn of(pairs: &[(&str, &str)], hosts: &Inventory) -> Option<Journal> {
        let labels: Labels = pairs.iter().copied().collect();
        let start: DateTime<Utc> = "2026-11-13T13:48:11Z".parse().expect("a time");
        Journal::of(&labels, start, start + TimeDelta::minutes(5), hosts)
    }

    #[test]
    fn the_command_is_exact_and_only_reads() {
        let none = Inventory::default();
        let journal = of(&[("host", "vm102"), ("name", "nginx.service")], &none).expect("a command");
        assert_eq!(journal.argv[..6], ["ssh", "-o", "BatchMode=yes", "-T", "--", "vm102"]);
        assert_eq!(
            journal.argv[6],
            "journalctl --no-pager --output=short-iso --lines=500 --since='2026-11-13 13:33:11 UTC' \
             --until='2026-11-13 13:53:11 UTC' --unit='nginx.service'"
        );
        assert_eq!(
            journal.words[4..],
            ["--since=2026-11-13 13:33:11 UTC", "--until=2026-11-13 13:53:11 UTC", "--unit=nginx.service"]
        );
        assert!(
            journal.line().starts_with("ssh -o BatchMode=yes -T -- vm102 \"journalctl --no-pager"),
            "{}",
            journal.line()
        );
        let host =
            Host { addresses: vec!["10.0.0.21".into()], ssh_user: Some("ops".into()), ..Host::default() };
        let hosts = Inventory([("vm102".to_owned(), host)].into());
        assert_eq!(of(&[("instance", "10.0.0.21:9100")], &hosts).expect("known").host, "ops@10.0.0.21");
        assert_eq!(of(&[("instance", "[fe80::1]:9100")], &none).expect("an address").host, "fe80::1");
    }

    #[test]
    fn what_a_label_holds_never_becomes_a_command() {
        let none = Inventory::default();
        for host in ["-oProxyCommand=sh", "a b", "$(id)", "a;b", "`x`", "", "a'b", "a\nb"] {
            assert_eq!(of(&[("host", host)], &none), None, "{host:?}");
        }
        for unit in ["x'; rm -rf /", "-f", "a b", "$(id)", "a\\x2d"] {
            let journal = of(&[("host", "a"), ("unit", unit)], &none).expect("the host's");
            assert_eq!(journal.unit, None, "{unit:?}");
            assert!(!journal.argv[6].contains("--unit"), "{}", journal.argv[6]);
        }
        assert_eq!(of(&[("job", "node")], &none), None);
    }
}
