//! `[[actions]]`: commands that the operator's config gives. Each becomes a procedure of one command,
//! in a runbook that is trusted as the config is: everything that holds for a command of a document
//! holds for it, from the rules for its values to what has to be pressed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use crokey::KeyCombination;

use super::danger::Level;
use super::mode::Mode;
use super::placeholder::{self, Declared};
use super::quote;
use super::shelf::{Page, Standing};
use crate::domain::feed::SourceId;
use crate::domain::labels::Labels;
use crate::domain::log::journal::Journal;

/// The file under which they stand among the runbooks.
pub const FILE: &str = "[[actions]]";

/// The file under which the journals of hosts stand that are read in place of Loki.
pub const JOURNAL: &str = "the journal of a host";

/// An action of the config.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configured {
    /// Its name: a heading.
    pub name: String,
    /// Program and arguments. `{target}`, `{port}`, `{unit}` and `{vmid}` come from what is selected;
    /// another name in braces is a placeholder of that name.
    pub argv: Vec<String>,
    /// Where it runs: `{target}`, `local`, a host of `[hosts]`, or a role.
    pub host: String,
    /// The alerts that it is for; none: all.
    pub alerts: Vec<String>,
    /// What it is for has these labels.
    pub labels: BTreeMap<String, String>,
    /// Its level is at least this.
    pub level: Option<Level>,
    /// How it runs, if not as its words say.
    pub mode: Option<Mode>,
    /// What to look for afterwards.
    pub expect: Option<String>,
    /// The panes that it is offered in; none: all.
    pub panes: Vec<String>,
    /// Keys of its own.
    pub keys: Vec<KeyCombination>,
    /// It is stopped after so long; `None`: as its level and its words say.
    pub timeout: Option<Duration>,
    /// Programs that must be there where it runs.
    pub requires: Vec<String>,
    /// What stands for its own placeholders, by their names.
    pub inputs: BTreeMap<String, Input>,
    /// What tells afterwards that it helped: a line of a checklist.
    pub verify: Option<String>,
    /// What is asked again when it is over.
    pub refresh: Vec<SourceId>,
}

/// What may stand for a placeholder of an action.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Input {
    /// The rules for its value.
    pub declared: Declared,
    /// The values that are offered; where there are any, there are no others.
    pub choices: Vec<String>,
    /// What its values look like, for whoever types one.
    pub expects: String,
}

impl Configured {
    /// Whether it is for something with these labels in this pane, and this alert if it is one.
    pub fn is_for(&self, pane: &str, alert: &str, labels: &Labels) -> bool {
        if !self.panes.is_empty() && !self.panes.iter().any(|name| name == pane) {
            return false;
        }
        let is_named = self.alerts.is_empty() || self.alerts.iter().any(|name| name == alert);
        is_named && self.labels.iter().all(|(name, value)| labels.get(name) == Some(value.as_str()))
    }

    /// Its command, its placeholders open.
    pub fn text(&self) -> String {
        let words: Vec<String> = self.argv.iter().map(|word| template(word)).collect();
        words.join(" ")
    }
}

/// The placeholder that a name in braces stands for.
pub fn placeholder_of(name: &str) -> String {
    match name {
        "target" => "TARGET_HOST".to_owned(),
        "port" => "EXPORTER_PORT".to_owned(),
        "unit" => "SERVICE_NAME".to_owned(),
        other => other.to_uppercase().replace('-', "_"),
    }
}

/// A word of the config as a word of a shell.
fn template(word: &str) -> String {
    let mut text = String::new();
    let mut rest = word;
    while let Some((before, name, after)) = placeholder(rest) {
        text.push_str(&literal(before));
        text.extend(["<", &placeholder_of(name), ">"]);
        rest = after;
    }
    text.push_str(&literal(rest));
    if text.is_empty() { "''".to_owned() } else { text }
}

fn literal(text: &str) -> String {
    // An option stays as it was written: no shell makes anything else of it.
    let is_option = text.starts_with('-') && placeholder::is_plain(text);
    if text.is_empty() || is_option { text.to_owned() } else { quote::word(text) }
}

/// What stands before the first `{name}`, the name, and what follows.
fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    let is_name =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    is_name.then_some((before, name, after))
}

/// The actions as a runbook; `None` when there are none.
pub fn page(actions: &[Configured]) -> Option<Page> {
    (!actions.is_empty()).then(|| written(FILE, "Actions of the config", actions))
}

/// What reads a host's journal, as a runbook of one command that changes nothing.
pub fn journal(journal: &Journal) -> Page {
    let reads = Configured {
        name: format!("Journal of {}", journal.whose()),
        argv: journal.words.clone(),
        host: journal.named.clone(),
        ..Configured::default()
    };
    written(JOURNAL, "What the host itself says", &[reads])
}

fn written(file: &str, title: &str, actions: &[Configured]) -> Page {
    let mut text = format!("# {title}\n");
    for action in actions {
        // Writing to a text cannot fail.
        let _written = write!(text, "\n### {}\n\n<!-- host: {} -->\n", action.name, action.host);
        if let Some(level) = action.level {
            let _written = writeln!(text, "<!-- danger: {} -->", level.name());
        }
        if let Some(mode) = action.mode {
            let _written = writeln!(text, "<!-- mode: {} -->", mode.name());
        }
        let _written = writeln!(text, "```bash\n{}", action.text());
        if let Some(expect) = &action.expect {
            let _written = writeln!(text, "# Expected: {expect}");
        }
        text.push_str("```\n");
        if let Some(verify) = &action.verify {
            let _written = write!(text, "\n#### Verification\n\n- [ ] {verify}\n");
        }
    }
    let sha256 = super::sha256(text.as_bytes());
    Page { file: file.to_owned(), text, sha256, standing: Standing::Trusted }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbooks::facts::Facts;
    use crate::runbooks::plan::{Planned, plan};
    use crate::runbooks::read;

    fn action(argv: &[&str]) -> Configured {
        Configured {
            name: "Restart the exporter".into(),
            argv: argv.iter().map(|word| (*word).to_owned()).collect(),
            host: "local".into(),
            ..Configured::default()
        }
    }

    fn planned(action: Configured, labels: &[(&str, &str)]) -> Planned {
        let page = page(&[action]).expect("a page");
        let book = read(&page.file, page.text.as_bytes());
        let facts = Facts { labels: labels.iter().copied().collect(), ..Facts::default() };
        let procedure = book.procedures.first().expect("a procedure");
        assert_eq!(procedure.title, "Restart the exporter");
        let mut groups = plan(&book, procedure, "X", &facts, None).groups;
        assert_eq!(groups.len(), 1, "{groups:#?}");
        groups.remove(0)
    }

    #[test]
    fn an_action_is_planned_like_a_command_of_a_document() {
        let restart = action(&["systemctl", "restart", "{unit}"]);
        let group = planned(restart.clone(), &[("name", "node_exporter")]);
        assert_eq!(group.filled.as_deref(), Some("systemctl restart node_exporter"));
        assert_eq!(group.danger.level, Level::L1);
        let hostile = planned(restart.clone(), &[("name", "x; rm -rf ~")]);
        assert!(hostile.argv.is_none() && !hostile.refusals.is_empty());
        assert!(planned(restart.clone(), &[]).argv.is_none(), "what is open does not run");
        let raised = Configured { level: Some(Level::L3), ..restart.clone() };
        assert_eq!(planned(raised, &[("name", "a")]).danger.level, Level::L3);
        let lowered = Configured { level: Some(Level::L0), ..restart };
        assert_eq!(planned(lowered, &[("name", "a")]).danger.level, Level::L1, "a level is only raised");
    }

    #[test]
    fn words_stay_words() {
        let group =
            planned(action(&["printf", "[%s]", "a b", "it's", "$HOME", "--x={unit}", ""]), &[("name", "u")]);
        assert_eq!(group.filled.as_deref(), Some("printf '[%s]' 'a b' 'it'\\''s' '$HOME' --x=u ''"));
        let filled = group.filled.expect("it is filled");
        let said = std::process::Command::new("sh").args(["-c", &filled]).output().expect("a shell");
        assert_eq!(String::from_utf8_lossy(&said.stdout), "[a b][it's][$HOME][--x=u][]");
    }

    #[test]
    fn an_action_is_for_its_alerts_and_labels() {
        let mut action = action(&["true"]);
        let labels: Labels = [("job", "node")].into_iter().collect();
        assert!(action.is_for("alerts", "HostDown", &labels));
        action.alerts = vec!["HostDown".into()];
        assert!(action.is_for("alerts", "HostDown", &labels) && !action.is_for("alerts", "Other", &labels));
        action.labels = [("job".to_owned(), "pve".to_owned())].into();
        assert!(!action.is_for("alerts", "HostDown", &labels));
        action.labels.clear();
        action.panes = vec!["targets".to_owned()];
        assert!(
            !action.is_for("alerts", "HostDown", &labels) && action.is_for("targets", "HostDown", &labels)
        );
    }
}
