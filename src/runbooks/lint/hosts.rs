//! Lints on hosts: addresses written into the text, and blocks that do not say where they run.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::Source;
use super::logical;
use crate::runbooks::document::{Node, walk};
use crate::runbooks::model::{Block, Lang, Lint, Runbook};

/// What is doubtful about hosts.
pub(super) fn lint(source: &Source<'_>, runbook: &Runbook) -> Vec<Lint> {
    let nodes = runbook.sections.iter().flat_map(|section| walk(&section.body));
    let blocks: Vec<&Block> = nodes
        .filter_map(|node| match node {
            Node::Code { block, indented: false } if block.lang == Lang::Shell => Some(&**block),
            _ => None,
        })
        .collect();
    let mut lints: Vec<Lint> = blocks.iter().filter(|block| !names_host(block)).map(|block| {
        let message = "nothing here says on which host this runs: it is guessed and has to be confirmed; begin it with \
                       `ssh USER@HOST`, or write <!-- host: NAME --> above it";
        source.lint(block.lines.0, "", "unknown-host", message)
    }).collect();
    for (address, (line, count)) in literals(&blocks) {
        let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
        let message = format!(
            "{address} is written into the commands {times}: when the alert is about another host this one is \
             changed; say whose it is in the config, under [hosts] or [runbooks.hosts]"
        );
        lints.push(source.lint(line, &address.to_string(), "literal-host", message));
    }
    lints
}

/// Whether a block says where it runs: a line `ssh USER@HOST`, or a hint above it.
fn names_host(block: &Block) -> bool {
    block.annotations.host.is_some()
        || (block.text.contains("ssh") && logical::read(block).iter().any(|command| is_switch(&command.text)))
}

/// `ssh USER@HOST` and nothing else: from here on the commands run there.
fn is_switch(command: &str) -> bool {
    let mut words = command.split_whitespace();
    let is_ssh = words.next() == Some("ssh");
    let rest: Vec<&str> = words.collect();
    is_ssh && rest.len() == 1 && rest.iter().all(|host| !host.starts_with('-'))
}

/// The addresses in the code of blocks: where each stands first, and how often.
fn literals(blocks: &[&Block]) -> BTreeMap<Ipv4Addr, (usize, usize)> {
    let mut found: BTreeMap<Ipv4Addr, (usize, usize)> = BTreeMap::new();
    for block in blocks {
        for (at, line) in block.text.lines().enumerate() {
            for address in addresses(line) {
                let (_, count) = found.entry(address).or_insert((block.lines.0 + at, 0));
                *count += 1;
            }
        }
    }
    found
}

/// The addresses of hosts in a line. Loopback is none.
fn addresses(line: &str) -> impl Iterator<Item = Ipv4Addr> {
    let words = line.split(|char: char| !char.is_ascii_digit() && char != '.');
    let words = words.filter(|word| word.len() >= 7);
    let all = words.filter_map(|word| word.trim_end_matches('.').parse::<Ipv4Addr>().ok());
    all.filter(|address| !address.is_loopback() && !address.is_unspecified() && !address.is_broadcast())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_a_line() {
        let found: Vec<String> =
            addresses("nc 10.0.0.21 9100; curl http://10.0.0.11:9090 127.0.0.1 v2.48.0 1.2.3")
                .map(|one| one.to_string())
                .collect();
        assert_eq!(found, ["10.0.0.21", "10.0.0.11"]);
    }

    #[test]
    fn what_switches_the_host() {
        for (command, is) in [
            ("ssh admin@10.0.0.21", true),
            ("ssh root@<TARGET_HOST>", true),
            ("ssh admin@10.0.0.21 \"systemctl is-active x\"", false),
            ("ssh-keygen x", false),
            ("ssh", false),
        ] {
            assert_eq!(is_switch(command), is, "{command}");
        }
    }
}
