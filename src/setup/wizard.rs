//! The conversation: what is found is shown, asked about, tested and explained, one server after the
//! other.

use std::path::PathBuf;

use tokio::runtime::Runtime;

use super::entry::{Entry, Login, written};
use super::find::{self, Candidate};
use super::hosts::{self, Guests, Machines};
use super::runbooks::{self, Book};
use super::trial::{self, Met, PORTS};
use super::{Talk, advice};
use crate::domain::feed::{Feed, SourceKind};
use crate::domain::observation::Observation;
use crate::secret::SecretString;
use crate::text::sanitise;

/// A login that is refused so often is left for later.
const TRIES: usize = 3;

/// What is to be written.
#[derive(Debug, Default)]
pub struct Plan {
    /// The text of the config, or what is to be added to it.
    pub text: String,
    /// The secrets, each for a file of its own.
    pub secrets: Vec<(PathBuf, SecretString)>,
    /// How many servers it names.
    pub servers: usize,
}

/// A conversation under way.
pub struct Wizard<'a> {
    talk: &'a mut dyn Talk,
    network: &'a Runtime,
    /// What the config names already: kinds with names, and addresses.
    known: Vec<(SourceKind, String)>,
    addresses: Vec<String>,
    taken: Vec<(SourceKind, Entry)>,
    machines: Machines,
    guests: Guests,
    /// The operator's ssh config, for names.
    ssh: Machines,
    /// Hosts that the config has: names and addresses.
    hosts: Vec<String>,
    /// Documents with procedures that the config does not have.
    books: Vec<Book>,
}

impl std::fmt::Debug for Wizard<'_> {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("Wizard").field("taken", &self.taken.len()).finish_non_exhaustive()
    }
}

impl<'a> Wizard<'a> {
    /// A conversation that begins. `ssh` is the text of the operator's ssh config.
    pub fn new(talk: &'a mut dyn Talk, network: &'a Runtime, ssh: &str) -> Self {
        Self {
            talk,
            network,
            known: Vec::new(),
            addresses: Vec::new(),
            taken: Vec::new(),
            machines: Machines::new(),
            guests: Guests::new(),
            ssh: hosts::ssh(ssh),
            hosts: Vec::new(),
            books: Vec::new(),
        }
    }

    /// Hosts that a config has: their names and addresses. None of them is proposed again.
    pub fn has_hosts(&mut self, words: impl IntoIterator<Item = String>) {
        self.hosts.extend(words);
    }

    /// Documents that were found; a config that names some has chosen already.
    pub fn found(&mut self, books: Vec<Book>) {
        self.books = books;
    }

    /// What a config names already: nothing of it is asked about again.
    pub fn knows(&mut self, sources: impl IntoIterator<Item = (SourceKind, String)>, addresses: Vec<String>) {
        self.known.extend(sources);
        self.addresses.extend(addresses);
    }

    /// Looks, asks and tests. `words` are the hosts and addresses that were named; without any the
    /// usual places are looked at.
    pub fn run(&mut self, words: &[String], secrets: &str) -> Plan {
        let (through, words): (Vec<String>, Vec<String>) =
            words.iter().cloned().partition(|word| word.starts_with("ssh:"));
        if through.is_empty() || !words.is_empty() {
            for (url, hint) in self.look(&words) {
                self.offer(&url, hint);
            }
        }
        for via in through {
            self.reach(&via);
        }
        self.ask_for_more();
        self.join_peers();
        self.ask_about_peers();
        self.plan(secrets)
    }

    fn look(&mut self, words: &[String]) -> Vec<Candidate> {
        let (this, named) = (["127.0.0.1".to_owned()], words.join(", "));
        let usual = words.is_empty();
        self.talk.say(&format!(
            "Looking at {} ...",
            if usual {
                "this machine, and at the names prometheus, alertmanager, loki, pbs, pve and grafana"
            } else {
                &named
            }
        ));
        let words = if usual { &this } else { words };
        let mut found: Vec<Candidate> = Vec::new();
        for word in words {
            found.extend(self.network.block_on(find::candidates(word)));
        }
        if usual {
            found.extend(self.network.block_on(find::named()));
            let machines = self.network.block_on(find::tailnet());
            let question = format!("Tailscale knows {} machines. Look there too?", machines.len());
            if !machines.is_empty() && self.talk.agrees(&question, false) {
                for machine in &machines {
                    found.extend(self.network.block_on(find::candidates(machine)));
                }
            }
        }
        found.retain(|(url, _)| !self.addresses.contains(url));
        if found.is_empty() {
            self.talk.say(
                "Nothing new listens on the usual ports there. Servers that listen on their own host only are \
                 reached through ssh: `wardroom init ssh:HOST`.",
            );
        }
        found
    }

    /// Looks at the usual ports of a host's own loopback, through ssh.
    fn reach(&mut self, via: &str) {
        self.talk.say(&format!("Looking at {}'s own loopback, through ssh ...", sanitise(via)));
        let mut reasons = Vec::new();
        for (kind, port) in PORTS {
            let scheme = if matches!(kind, SourceKind::Pbs | SourceKind::Pve) { "https" } else { "http" };
            let entry =
                Entry { via: Some(via.to_owned()), ..Entry::at(&format!("{scheme}://127.0.0.1:{port}")) };
            match self.network.block_on(trial::identify(&entry, Some(kind))) {
                Met::Nothing(why) | Met::Another(why) => reasons.push(why),
                _ => {
                    let Some((kind, entry)) = self.meet(entry, Some(kind)) else { continue };
                    if self.talk.agrees(&format!("  Use this {kind}?"), true) {
                        self.take(kind, entry);
                    }
                }
            }
        }
        if let Some(why) = reasons.first().filter(|_| reasons.len() == PORTS.len()) {
            self.talk.say(&format!("x nothing was reached: {}", sanitise(why)));
        }
    }

    /// A server that may be at `url`: shown, and taken if that is wanted.
    fn offer(&mut self, url: &str, hint: Option<SourceKind>) {
        let Some((kind, entry)) = self.meet(Entry::at(url), hint) else { return };
        if self.talk.agrees(&format!("  Use this {kind}?"), true) {
            self.take(kind, entry);
        }
    }

    /// Tests a server until it answers or is given up.
    fn meet(&mut self, mut entry: Entry, hint: Option<SourceKind>) -> Option<(SourceKind, Entry)> {
        let mut hint = hint;
        let mut tries = 0;
        self.talk.say("");
        loop {
            match self.network.block_on(trial::identify(&entry, hint)) {
                Met::Server(kind, words) => {
                    self.talk.say(&format!("+ {kind} at {}: {words}", entry.place()));
                    self.tell_lacking(kind, &entry);
                    return Some((kind, entry));
                }
                Met::Untrusted { found, reason } => self.pin(&mut entry, hint, found, &reason)?,
                Met::Locked(kind, why) => {
                    hint = kind.or(hint);
                    tries += 1;
                    if tries > TRIES {
                        self.talk.say("  That is left for later: `wardroom init --add` goes on from here.");
                        return None;
                    }
                    self.unlock(&mut entry, hint, &why)?;
                }
                Met::Another(why) | Met::Nothing(why) => {
                    self.talk.say(&format!("x {}", sanitise(&why)));
                    return None;
                }
            }
        }
    }

    /// Shows a certificate, and has it trusted or not.
    fn pin(
        &mut self,
        entry: &mut Entry,
        kind: Option<SourceKind>,
        found: String,
        reason: &str,
    ) -> Option<()> {
        let place = entry.place();
        self.talk.say(&format!(
            "! {place} shows a certificate of its own: {}.\n  SHA-256 {found}\n  {}",
            sanitise(reason),
            advice::compare(kind, &place)
        ));
        if !self.talk.agrees("  Is it the same there? Trust exactly this certificate?", false) {
            self.talk.say("  It is not trusted, so nothing is asked there.");
            return None;
        }
        entry.fingerprint = Some(found);
        Some(())
    }

    /// Asks for what a server wants to know.
    fn unlock(&mut self, entry: &mut Entry, kind: Option<SourceKind>, why: &str) -> Option<()> {
        let place = entry.place();
        let named = kind.map_or_else(|| "the server".to_owned(), |kind| kind.to_string());
        self.talk.say(&format!("! {named} at {place}: {}", sanitise(why)));
        if why.contains("no org id") {
            let tenant = self.talk.ask("  It has several tenants. Which is yours (Enter: leave it out)", "");
            entry.tenant = (!tenant.is_empty()).then_some(tenant);
            return entry.tenant.is_some().then_some(());
        }
        if let Some(kind @ (SourceKind::Pbs | SourceKind::Pve | SourceKind::Grafana)) = kind {
            self.talk.say(advice::least(kind));
            let question = format!("  Token, {} (not shown; Enter: leave it out)", advice::token_form(kind));
            let token = self.talk.secret(&question);
            entry.login = Login::Token(token.clone().into());
            return (!token.is_empty()).then_some(());
        }
        self.talk.say(&format!("  {}", advice::least(SourceKind::Prometheus)));
        let name = self.talk.ask("  User name (Enter: a token instead)", "");
        let question = if name.is_empty() { "  Token" } else { "  Password" };
        let secret = self.talk.secret(&format!("{question} (not shown; Enter: leave it out)"));
        if secret.is_empty() {
            return None;
        }
        entry.login =
            if name.is_empty() { Login::Token(secret.into()) } else { Login::Password(name, secret.into()) };
        Some(())
    }

    fn tell_lacking(&mut self, kind: SourceKind, entry: &Entry) {
        let lacking = self.network.block_on(trial::lacking(entry, kind));
        for line in &lacking {
            self.talk.say(&format!("  ! not everything is allowed: {}", sanitise(line)));
        }
    }

    fn take(&mut self, kind: SourceKind, mut entry: Entry) {
        let is_used = |name: &str| {
            let known = self.known.iter().any(|(have, used)| *have == kind && used == name);
            known || self.taken.iter().any(|(have, other)| *have == kind && other.name == name)
        };
        if is_used(&entry.name) {
            let host = entry
                .urls
                .first()
                .and_then(|url| reqwest::Url::parse(url).ok()?.host_str().map(str::to_owned));
            let through = entry.via.as_ref().and_then(|via| via.strip_prefix("ssh:")).map(str::to_owned);
            let host =
                through.or(host).unwrap_or_default().replace(|char: char| !char.is_ascii_alphanumeric(), "-");
            let names = std::iter::once(host.clone()).chain((2..).map(|number| format!("{host}-{number}")));
            entry.name =
                names.filter(|name| !name.is_empty()).find(|name| !is_used(name)).unwrap_or_default();
        }
        match kind {
            SourceKind::Prometheus => self.note_machines(&entry),
            SourceKind::Pve => self.note_guests(&entry),
            _ => {}
        }
        // Behind a tunnel it is another machine's loopback.
        if entry.via.is_none() {
            self.addresses.extend(entry.urls.iter().cloned());
        }
        self.taken.push((kind, entry));
    }

    fn note_machines(&mut self, entry: &Entry) {
        for seen in self.network.block_on(trial::seen(entry, SourceKind::Prometheus, Feed::Targets)) {
            if let Observation::Targets(targets) = seen {
                self.machines.extend(hosts::machines(&targets, &self.ssh));
            }
        }
    }

    fn note_guests(&mut self, entry: &Entry) {
        for seen in self.network.block_on(trial::seen(entry, SourceKind::Pve, Feed::Guests)) {
            if let Observation::Inventory { guests, .. } = seen {
                let named = guests.iter().filter(|guest| !guest.template && !guest.name.is_empty());
                self.guests.extend(named.map(|guest| (guest.name.to_string(), guest.id.vmid)));
            }
        }
    }

    /// Asks for the address of every kind that nobody found.
    fn ask_for_more(&mut self) {
        for (kind, port) in PORTS {
            let has = |all: &[(SourceKind, Entry)]| all.iter().any(|(have, _)| *have == kind);
            if has(&self.taken) || self.known.iter().any(|(have, _)| *have == kind) {
                continue;
            }
            loop {
                let question = format!("Address of a {kind}, such as nas:{port} (Enter: none)");
                let word = self.talk.ask(&question, "");
                if word.is_empty() {
                    break;
                }
                let candidates = self.network.block_on(find::candidates(&word));
                let wanted = candidates.into_iter().find(|(_, hint)| hint.is_none_or(|hint| hint == kind));
                let Some((url, _)) = wanted else {
                    self.talk.say(&format!("x nothing listens at {word} on port {port}"));
                    continue;
                };
                if let Some((kind, entry)) = self.meet(Entry::at(&url), Some(kind)) {
                    self.take(kind, entry);
                    break;
                }
            }
        }
    }

    /// Several Alertmanagers are mostly the peers of one group.
    fn join_peers(&mut self) {
        let peers = self.taken.iter().filter(|(kind, entry)| {
            *kind == SourceKind::Alertmanager
                && matches!(entry.login, Login::None)
                && entry.via.is_none()
                && entry.fingerprint.is_none()
        });
        let urls: Vec<String> = peers.flat_map(|(_, entry)| entry.urls.clone()).collect();
        let question = format!("Are these Alertmanagers the peers of one group: {}?", urls.join(", "));
        if urls.len() > 1 && self.talk.agrees(&question, true) {
            let is_peer = |(kind, entry): &(SourceKind, Entry)| {
                *kind == SourceKind::Alertmanager && entry.urls.iter().all(|url| urls.contains(url))
            };
            let first = self.taken.iter().find(|taken| is_peer(taken)).cloned();
            self.taken.retain(|taken| !is_peer(taken));
            self.taken.extend(first.map(|(kind, entry)| (kind, Entry { urls, ..entry })));
        }
    }

    /// Alertmanagers that Prometheus sends to, and that nobody named.
    fn ask_about_peers(&mut self) {
        let metrics: Vec<Entry> = self.of(SourceKind::Prometheus);
        for entry in metrics {
            for url in self.network.block_on(trial::alertmanagers(&entry)) {
                if self.addresses.contains(&url) {
                    continue;
                }
                self.talk.say(&format!("\nPrometheus sends its alerts to {url}."));
                self.offer(&url, Some(SourceKind::Alertmanager));
            }
        }
    }

    fn of(&self, kind: SourceKind) -> Vec<Entry> {
        self.taken.iter().filter(|(have, _)| *have == kind).map(|(_, entry)| entry.clone()).collect()
    }

    fn plan(&mut self, secrets: &str) -> Plan {
        self.taken.sort_by_key(|(kind, _)| *kind);
        let (mut text, secrets) = written(&self.taken, secrets);
        if !self.taken.is_empty() || !self.known.is_empty() {
            text.push_str(&self.inventory());
            text.push_str(&self.procedures());
        }
        Plan { text, secrets, servers: self.taken.len() }
    }

    /// The hosts that are to be noted.
    fn inventory(&mut self) -> String {
        let is_new = |(address, name): &(&String, &String)| {
            !self.hosts.contains(address) && !self.hosts.contains(name)
        };
        let new = |all: &Machines| -> Machines {
            all.iter().filter(is_new).map(|(address, name)| (address.clone(), name.clone())).collect()
        };
        let (seen, mut written) = (new(&self.machines), new(&self.ssh));
        written.retain(|address, _| !seen.contains_key(address));
        let mut noted = Machines::new();
        for (machines, where_from, default) in
            [(seen, "The targets show", true), (written, "Your ssh config knows", false)]
        {
            let names: Vec<&str> = machines.values().map(String::as_str).take(12).collect();
            let question = format!(
                "\n{where_from} {} machines: {}{}. Note them as your hosts?",
                machines.len(),
                names.join(", "),
                if machines.len() > names.len() { ", ..." } else { "" }
            );
            if !machines.is_empty() && self.talk.agrees(&sanitise(&question), default) {
                noted.extend(machines);
            }
        }
        if noted.is_empty() { String::new() } else { hosts::tables(&noted, &self.guests) }
    }

    /// The documents that are to be read.
    fn procedures(&mut self) -> String {
        if self.books.is_empty() {
            return String::new();
        }
        let alerts: usize = self.books.iter().map(|book| book.alerts).sum();
        let files: Vec<String> = self
            .books
            .iter()
            .map(|book| format!("  {} ({} alerts)\n", book.file.display(), book.alerts))
            .collect();
        self.talk.say(&format!(
            "\nThese documents have procedures for {alerts} alerts:\n{}",
            sanitise_lines(&files)
        ));
        if !self.talk.agrees("Open them at their alerts? Nothing in them runs before you trust it.", true) {
            return String::new();
        }
        let home = directories::BaseDirs::new();
        runbooks::table(&self.books, home.as_ref().map(directories::BaseDirs::home_dir))
    }
}

fn sanitise_lines(lines: &[String]) -> String {
    let lines: Vec<_> = lines.iter().map(|line| sanitise(line.trim_end())).collect();
    lines.join("\n").trim_end().to_owned()
}
