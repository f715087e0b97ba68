//! What Wardroom writes into the comment of a silence, so that every other Wardroom on the cluster
//! can read it: `wardroom/1 until=resolved | text`, `wardroom/1 ack start=TIME by=NAME | text`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::labels::Labels;

const MARK: &str = "wardroom/1";

/// What ends a silence before its time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// No alert that it covers fires or is pending any more.
    Resolved,
    /// A task of a Proxmox Backup Server has ended.
    Task {
        /// The name of the server in the config; empty: whichever has the task.
        source: Arc<str>,
        /// The task.
        upid: Arc<str>,
    },
    /// A host is up again.
    HostUp(Arc<str>),
}

impl fmt::Display for Condition {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolved => to.write_str("resolved"),
            Self::Task { source, upid } if source.is_empty() => write!(to, "task:{upid}"),
            Self::Task { source, upid } => write!(to, "task:{source}/{upid}"),
            Self::HostUp(name) => write!(to, "host-up:{name}"),
        }
    }
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let is_word = |word: &str| !word.is_empty() && !word.contains(['|', '\n']);
        match text.split_once(':') {
            None if text == "resolved" => Ok(Self::Resolved),
            Some(("task", task)) if is_word(task) && !task.contains(char::is_whitespace) => {
                // A UPID has colons and no slash.
                let (source, upid) = task.split_once('/').unwrap_or(("", task));
                Ok(Self::Task { source: source.into(), upid: upid.into() })
            }
            Some(("host-up", name)) if is_word(name) => Ok(Self::HostUp(name.trim().into())),
            _ => Err(format!("{text:?} is no condition; write resolved, task:UPID or host-up:NAME")),
        }
    }
}

impl Serialize for Condition {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// What the mark in a comment says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tag {
    /// The silence ends when this is true.
    Until(Condition),
    /// Somebody is on the alert.
    Ack {
        /// When the alert's episode began; unreadable ones are none.
        start: Option<DateTime<Utc>>,
        /// Who.
        by: Option<Arc<str>>,
    },
    /// The silence carries a maintenance.
    Maintenance {
        /// What it is called.
        name: Arc<str>,
        /// When it is to be over.
        until: DateTime<Utc>,
        /// The sources that are expected to be down.
        down: Vec<Arc<str>>,
    },
    /// The silence is a part of the maintenance of this name.
    Part(Arc<str>),
}

/// A comment, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// What Wardroom wrote.
    pub tag: Option<Tag>,
    /// What a person wrote.
    pub text: Arc<str>,
}

impl Comment {
    /// Takes a comment apart. One of another's making is all text.
    pub fn read(comment: &str) -> Self {
        let marked = comment.trim_start().strip_prefix(MARK).filter(|rest| rest.starts_with(' '));
        let (tag, text) = marked.map_or(("", comment), |rest| rest.split_once('|').unwrap_or((rest, "")));
        match tag_of(tag.trim()) {
            Some(tag) => Self { tag: Some(tag), text: text.trim().into() },
            None => Self { tag: None, text: comment.trim().into() },
        }
    }

    /// What ends the silence, if anything but time does.
    pub fn condition(&self) -> Option<&Condition> {
        match &self.tag {
            Some(Tag::Until(condition)) => Some(condition),
            _ => None,
        }
    }

    /// The same as annotations, for servers that keep them.
    pub fn annotations(&self) -> Labels {
        match &self.tag {
            None => Labels::default(),
            Some(Tag::Until(condition)) => [("wardroom_until", condition.to_string())].into_iter().collect(),
            Some(Tag::Ack { start, by }) => [
                ("wardroom_ack_start", start.map(rfc3339).unwrap_or_default()),
                ("wardroom_ack_by", by.as_deref().unwrap_or_default().to_owned()),
            ]
            .into_iter()
            .collect(),
            Some(Tag::Maintenance { name, .. } | Tag::Part(name)) => {
                [("wardroom_maintenance", name.to_string())].into_iter().collect()
            }
        }
    }
}

fn tag_of(tag: &str) -> Option<Tag> {
    if let Some(condition) = tag.strip_prefix("until=") {
        return condition.parse().ok().map(Tag::Until);
    }
    if let Some(rest) = tag.strip_prefix("maintenance ") {
        return maintenance_of(rest);
    }
    if let Some(name) = tag.strip_prefix("part of=") {
        return Some(Tag::Part(name.trim().into()));
    }
    let ack = tag.strip_prefix("ack").filter(|rest| rest.is_empty() || rest.starts_with(' '))?;
    // A name may have spaces: it stands last.
    let (words, by) = ack.split_once("by=").map_or((ack, None), |(words, by)| (words, Some(by.trim())));
    let start = words.split_whitespace().find_map(|word| word.strip_prefix("start="));
    let start = start.and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    Some(Tag::Ack {
        start: start.map(|start| start.to_utc()),
        by: by.filter(|by| !by.is_empty()).map(Arc::from),
    })
}

/// `until=TIME down=KIND.NAME,... name=NAME`: a name may have spaces, so it stands last.
fn maintenance_of(text: &str) -> Option<Tag> {
    let (words, name) = text.split_once("name=")?;
    let word = |key: &str| words.split_whitespace().find_map(|word| word.strip_prefix(key));
    let until = DateTime::parse_from_rfc3339(word("until=")?).ok()?.to_utc();
    let down = word("down=").unwrap_or_default().split(',').filter(|name| !name.is_empty());
    Some(Tag::Maintenance { name: name.trim().into(), until, down: down.map(Arc::from).collect() })
}

fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

impl fmt::Display for Comment {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.tag {
            None => return to.write_str(&self.text),
            Some(Tag::Until(condition)) => write!(to, "{MARK} until={condition}")?,
            Some(Tag::Maintenance { name, until, down }) => {
                let (until, down) = (rfc3339(*until), down.join(","));
                write!(to, "{MARK} maintenance until={until} down={down} name={name}")?;
            }
            Some(Tag::Part(name)) => write!(to, "{MARK} part of={name}")?,
            Some(Tag::Ack { start, by }) => {
                write!(to, "{MARK} ack")?;
                if let Some(start) = start {
                    write!(to, " start={}", rfc3339(*start))?;
                }
                if let Some(by) = by {
                    // The bar ends the tag.
                    write!(to, " by={}", by.replace(['|', '\n'], "/").trim())?;
                }
            }
        }
        write!(to, " | {}", self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn time(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).expect("a time").to_utc()
    }

    #[test]
    fn tags_are_read_and_written() {
        let upid = "UPID:pbs:00000A1B:0000C3D4:00000001:66F00000:verify:main:root@pam:";
        for (comment, condition, text) in [
            ("wardroom/1 until=resolved | the fan", Some(Condition::Resolved), "the fan"),
            (
                &format!("wardroom/1 until=task:pbs/{upid} | verify | long"),
                Some(Condition::Task { source: "pbs".into(), upid: upid.into() }),
                "verify | long",
            ),
            ("wardroom/1 until=host-up:nas 1 | disks", Some(Condition::HostUp("nas 1".into())), "disks"),
            ("the fan is ordered | monday", None, "the fan is ordered | monday"),
            ("wardroom/1 until=full-moon | x", None, "wardroom/1 until=full-moon | x"),
            ("wardroom/12 until=resolved | x", None, "wardroom/12 until=resolved | x"),
        ] {
            let read = Comment::read(comment);
            assert_eq!(read.condition(), condition.as_ref(), "{comment}");
            assert_eq!(&*read.text, text);
            assert_eq!(read.to_string(), comment);
        }
    }

    #[test]
    fn a_maintenance_is_carried() {
        let down = vec!["prometheus.main".into(), "pbs.main".into()];
        let until = time("2026-11-22T03:00:00Z");
        for (tag, written) in [
            (
                Tag::Maintenance { name: "Updating Prometheus".into(), until, down },
                "wardroom/1 maintenance until=2026-11-22T03:00:00.000Z down=prometheus.main,pbs.main name=Updating Prometheus | 2.48",
            ),
            (
                Tag::Maintenance { name: "disks".into(), until, down: Vec::new() },
                "wardroom/1 maintenance until=2026-11-22T03:00:00.000Z down= name=disks | 2.48",
            ),
            (Tag::Part("new disks".into()), "wardroom/1 part of=new disks | 2.48"),
        ] {
            let comment = Comment { tag: Some(tag), text: "2.48".into() };
            assert_eq!(comment.to_string(), written);
            assert_eq!(Comment::read(written), comment);
        }
        assert_eq!(Comment::read("wardroom/1 maintenance until=noon name=x | y").tag, None);
    }

    #[test]
    fn acknowledgements_say_who_and_since_when() {
        let read = Comment::read("wardroom/1 ack start=2026-11-13T13:48:11Z by=Sam Vimes | on it");
        let start = Some(time("2026-11-13T13:48:11Z"));
        assert_eq!(read.tag, Some(Tag::Ack { start, by: Some("Sam Vimes".into()) }));
        assert_eq!(&*read.text, "on it");
        assert_eq!(read.annotations().get("wardroom_ack_by"), Some("Sam Vimes"));
        let bare = Comment::read("wardroom/1 ack | on it");
        assert_eq!(bare.tag, Some(Tag::Ack { start: None, by: None }));
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(by in "[ -~]{1,12}", text in "[ -~]{0,20}", seconds in 0i64..4_000_000_000) {
            let by = by.trim().to_owned();
            prop_assume!(!by.is_empty() && !by.contains('|'));
            let start = DateTime::from_timestamp(seconds, 0);
            let comment = Comment { tag: Some(Tag::Ack { start, by: Some(by.into()) }), text: text.trim().into() };
            prop_assert_eq!(Comment::read(&comment.to_string()), comment);
        }

        #[test]
        fn no_comment_makes_it_panic(text in "(wardroom/1 (ack|until=))?.{0,40}") {
            let _ = Comment::read(&text).to_string();
        }
    }
}
