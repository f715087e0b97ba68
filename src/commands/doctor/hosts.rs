//! Every host of the config is logged in to once, as a command would be run there: whether it lets us
//! in, whether its shell is the one that is configured, whether it asks for a password to become root,
//! and whether the programs are there that actions need.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::{Finding, Level};
use crate::config::Config;
use crate::domain::host::{Expected, Host, Inventory};
use crate::domain::run::{End, Order, Told};
use crate::mask::Mask;
use crate::runbooks::actions::Configured;
use crate::runbooks::facts::Facts;
use crate::runbooks::login::{digest, hint};
use crate::runbooks::mode::Mode;
use crate::runbooks::quote;
use crate::runner::{self, Patience};

/// A login may take so long.
const LIMIT: Duration = Duration::from_secs(15);

const AREA: &str = "host";

/// Looks at all of them at once.
pub(super) async fn look(config: &Config) -> Vec<Finding> {
    if config.hosts.0.is_empty() {
        let fix = "name your hosts: [hosts.NAME] addresses = [\"...\"]";
        return vec![Finding::note(AREA, "hosts", "the config names none", fix)];
    }
    let facts = Facts { hosts: config.hosts.clone(), ..Facts::default() };
    let all = config.hosts.0.iter().map(|(name, host)| {
        let programs = wanted(name, host, &config.runbooks.actions, &config.hosts);
        one(name, host, programs, &facts)
    });
    join_all(all).await.into_iter().flatten().collect()
}

/// The programs that actions need on a host.
fn wanted(name: &str, host: &Host, actions: &[Configured], hosts: &Inventory) -> BTreeSet<String> {
    let is_there = |action: &&Configured| {
        let is_meant = hosts.find(&action.host).is_some_and(|(found, _)| found == name);
        is_meant || host.role.as_deref() == Some(action.host.as_str())
    };
    actions.iter().filter(is_there).flat_map(|action| action.requires.iter().cloned()).collect()
}

async fn one(name: &str, host: &Host, programs: BTreeSet<String>, facts: &Facts) -> Vec<Finding> {
    let login = hint(name, facts);
    if let Some(why) = login.refused.clone().or_else(|| login.refusal()) {
        return vec![Finding::failed(AREA, name, why, format!("see [hosts.{name}] in the config"))];
    }
    let argv = login.argv(&script(&programs), Mode::Capture);
    let order = Order {
        confirmed: digest(&argv),
        argv,
        host: name.to_owned(),
        level: "L0".to_owned(),
        limit: Some(LIMIT),
        ..Order::default()
    };
    let (lines, end) = heard(order).await;
    let mut found = told(name, host, &lines, &end);
    if host.expected != Expected::Always && end.trouble.is_some() {
        // It may be off, and is meant to be now and then.
        for finding in &mut found {
            finding.level = Level::Note;
        }
    }
    found
}

/// What is asked there: it changes nothing.
fn script(programs: &BTreeSet<String>) -> String {
    let looked: Vec<String> =
        programs.iter().map(|program| format!("look {}; ", quote::single(program))).collect();
    let looked = looked.concat();
    format!(
        "look() {{ command -v \"$1\" >/dev/null 2>&1 || echo \"lacks $1\"; }}; \
         echo \"shell ${{SHELL##*/}}\"; {looked}\
         if [ \"$(id -u)\" = 0 ]; then echo 'root is'; \
         elif ! command -v sudo >/dev/null 2>&1; then echo 'root no'; \
         elif sudo -n true >/dev/null 2>&1; then echo 'root sudo'; else echo 'root asks'; fi"
    )
}

async fn heard(order: Order) -> (Vec<String>, End) {
    let mut running = runner::start(Arc::new(order), Mask::default(), Patience::default());
    let mut all = Vec::new();
    loop {
        match running.told.recv().await {
            Some(Told::Lines { lines, .. }) => all.extend(lines.iter().map(|line| line.text.to_string())),
            Some(Told::Stopping) => {}
            Some(Told::Ended(end)) => return (all, end),
            None => return (all, End::refused("wardroom broke while it asked")),
        }
    }
}

fn told(name: &str, host: &Host, lines: &[String], end: &End) -> Vec<Finding> {
    if let Some(why) = &end.trouble {
        return vec![Finding::failed(AREA, name, why.clone(), remedy(why, name))];
    }
    if !end.is_well(false) {
        let last = lines.last().map_or("", String::as_str);
        let text = format!("logged in, and then: {} ({last})", end.words());
        let fix = format!("try another shell for it: [hosts.{name}] shell = \"sh\"");
        return vec![Finding::failed(AREA, name, text, fix)];
    }
    let said: BTreeMap<&str, &str> = lines.iter().filter_map(|line| line.split_once(' ')).collect();
    let root = match said.get("root").copied() {
        Some("is") => "as root",
        Some("sudo") => "sudo needs no password",
        Some("asks") => "sudo asks for a password: what needs it gets the terminal",
        _ => "no sudo there",
    };
    let shell = said.get("shell").copied().unwrap_or_default();
    let mut found = vec![Finding::ok(AREA, name, format!("lets us in, its shell is {shell}; {root}"))];
    let meant = host.shell.as_deref().unwrap_or("bash");
    if ["fish", "csh", "tcsh"].contains(&shell) && meant != shell {
        let fix = format!("give that login another shell, or say [hosts.{name}] shell = \"{shell}\"");
        found.push(Finding::failed(AREA, name, format!("its shell is {shell}, not {meant}"), fix));
    }
    let lacking = lines.iter().filter_map(|line| line.strip_prefix("lacks "));
    found.extend(lacking.map(|program| {
        let text = format!("{program} is not there, and an action needs it");
        Finding::failed(AREA, name, text, format!("install {program} there, or give the action another host"))
    }));
    found
}

fn remedy(why: &str, name: &str) -> String {
    if why.contains("host key is not the one") {
        "find out why before anything else; nothing here takes the old key away".to_owned()
    } else if why.contains("host key") {
        format!("log in by hand once and compare the key: ssh {name}")
    } else if why.contains("let this key in") {
        format!("put your key there, load it into the agent, or name the user: [hosts.{name}] ssh_user")
    } else {
        format!("see whether it is up and can be reached; its address is in [hosts.{name}]")
    }
}
