//! What may stand for a placeholder: its kind, and the rules R1 to R4 and R6 that a value has to
//! pass before it comes anywhere near a command. The first rule that fails refuses.

use std::net::Ipv6Addr;
use std::sync::LazyLock;

use icu_normalizer::ComposingNormalizerBorrowed;
use regex::Regex;
use serde::{Deserialize, Serialize};
use strum::{EnumString, VariantNames};

/// No value is longer, in bytes.
pub const LONGEST: usize = 253;

/// What sort of thing stands for a placeholder.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    EnumString,
    VariantNames,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase", ascii_case_insensitive)]
pub enum Kind {
    /// A host's name or address.
    Host,
    /// A TCP port.
    Port,
    /// The number of a guest.
    Vmid,
    /// The number of a process, but not that of init.
    Pid,
    /// A unit of systemd.
    Unit,
    /// `2025-11-06`
    Date,
    /// `2025_11_06-02_00_03`, as vzdump names its files.
    Timestamp,
    /// The name of a block of Prometheus.
    Ulid,
    /// A version of a package.
    Version,
    /// `2025-11-06T02:00:03Z`, as PBS names its snapshots.
    Pbstime,
    /// `STORE:backup/vm/102/2025-11-06T02:00:03Z`
    Volid,
    /// A word that means nothing to a shell.
    #[default]
    Safeword,
    /// Any text of one line: only where the operator has declared it.
    Any,
}

/// The whole value has to match; `Any` has no pattern.
const PATTERNS: [(Kind, &str); 11] = [
    (Kind::Host, r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?"),
    (Kind::Port, r"[1-9][0-9]{0,4}"),
    (Kind::Vmid, r"[1-9][0-9]{2,8}"),
    (Kind::Pid, r"[2-9]|[1-9][0-9]{1,6}"),
    (Kind::Unit, r"[A-Za-z0-9][A-Za-z0-9_.@-]*"),
    (Kind::Date, r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    (Kind::Timestamp, r"[0-9]{4}_[0-9]{2}_[0-9]{2}-[0-9]{2}_[0-9]{2}_[0-9]{2}"),
    (Kind::Ulid, r"[0-7][0-9A-HJKMNP-TV-Z]{25}"),
    (Kind::Version, r"[0-9][0-9A-Za-z.+~:-]*"),
    (Kind::Pbstime, r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"),
    (
        Kind::Volid,
        r"[A-Za-z][A-Za-z0-9_.-]*:backup/(?:vm|ct|host)/[A-Za-z0-9][A-Za-z0-9_-]*/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z",
    ),
];

static KINDS: LazyLock<Vec<(Kind, Regex)>> = LazyLock::new(|| {
    PATTERNS.iter().filter_map(|(kind, pattern)| Some((*kind, whole(pattern).ok()?))).collect()
});

static SAFEWORD: LazyLock<Option<Regex>> = LazyLock::new(|| whole("[A-Za-z0-9_][A-Za-z0-9_.:@%+/=,-]*").ok());

/// A pattern that only a whole text matches: its end is the end of the text, not of a line.
///
/// # Errors
/// When it is no pattern.
pub fn whole(pattern: &str) -> Result<Regex, regex::Error> {
    regex::RegexBuilder::new(&format!(r"\A(?:{pattern})\z")).size_limit(1 << 20).build()
}

impl Kind {
    /// What its values look like, for a person.
    pub const fn expects(self) -> &'static str {
        match self {
            Self::Host => "a host's name or address",
            Self::Port => "a port, 1 to 65535",
            Self::Vmid => "the number of a guest, 100 or more",
            Self::Pid => "the number of a process, above 1",
            Self::Unit => "the name of a unit",
            Self::Date => "a date such as 2025-11-06",
            Self::Timestamp => "a time such as 2025_11_06-02_00_03",
            Self::Ulid => "the 26 characters of a block's name",
            Self::Version => "a version such as 2.48.0",
            Self::Pbstime => "a time such as 2025-11-06T02:00:03Z",
            Self::Volid => "a volume such as STORE:backup/vm/102/2025-11-06T02:00:03Z",
            Self::Safeword => "a word of letters, digits and _.:@%+/=,-",
            Self::Any => "a text of one line",
        }
    }

    /// The kind that a placeholder's name tells: `RESTORED_VM_IP` is a host.
    pub fn of(name: &str) -> Self {
        let ends = |ends: &[&str]| {
            ends.iter().any(|end| {
                name.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('_'))
            })
        };
        match name {
            "TARGET" | "INSTANCE_HOST" => Self::Host,
            "PROCESS_ID" => Self::Pid,
            "PBS_TIME" | "SNAPSHOT_TIME" => Self::Pbstime,
            _ if ends(&["HOST", "IP", "HOSTNAME", "ADDRESS"]) => Self::Host,
            _ if ends(&["PORT"]) => Self::Port,
            _ if ends(&["VMID", "CTID"]) => Self::Vmid,
            _ if ends(&["PID"]) => Self::Pid,
            _ if ends(&["SERVICE_NAME", "SERVICE", "UNIT", "UNIT_NAME"]) => Self::Unit,
            _ if ends(&["DATE"]) => Self::Date,
            _ if ends(&["PBSTIME"]) => Self::Pbstime,
            _ if ends(&["TIMESTAMP"]) => Self::Timestamp,
            _ if ends(&["BLOCK_ID", "ULID"]) => Self::Ulid,
            _ if ends(&["VERSION"]) => Self::Version,
            _ if ends(&["VOLID"]) => Self::Volid,
            _ => Self::Safeword,
        }
    }

    /// R2: whether all of the value is what the kind asks for.
    pub fn admits(self, value: &str) -> bool {
        let matches = || {
            let pattern = KINDS.iter().find(|(kind, _)| *kind == self);
            pattern.is_some_and(|(_, pattern)| pattern.is_match(value))
        };
        match self {
            Self::Host => {
                (matches() && !value.contains("..") && !looks_like_an_address(value)) || is_address(value)
            }
            Self::Port => matches() && value.parse::<u16>().is_ok_and(|port| port > 0),
            Self::Date => matches() && is_day(value),
            Self::Safeword => is_safeword(value),
            Self::Any => true,
            _ => matches(),
        }
    }
}

/// Four numbers with dots between them: an address, and then a right one.
fn looks_like_an_address(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

fn is_address(value: &str) -> bool {
    is_ipv6(value) || value.parse::<std::net::Ipv4Addr>().is_ok()
}

/// An IPv6 address without brackets and zone.
pub fn is_ipv6(value: &str) -> bool {
    value.parse::<Ipv6Addr>().is_ok()
}

fn is_day(value: &str) -> bool {
    chrono::NaiveDate::parse_from_str(value, "%Y-%m-%d").is_ok()
}

/// Whether a shell takes it as one word as it stands.
pub fn is_safeword(value: &str) -> bool {
    SAFEWORD.as_ref().is_some_and(|pattern| pattern.is_match(value))
}

/// R6: whether it stays one word however often it is read again.
pub fn is_plain(value: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:@%+/=,-".contains(&byte);
    !value.is_empty() && value.bytes().all(is_plain)
}

/// What the operator has declared about a placeholder.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    /// What sort of thing it is, if not what its name tells.
    pub kind: Option<Kind>,
    /// What the whole value has to match besides.
    pub pattern: Option<Regex>,
    /// Where its value comes from.
    pub source: Option<Source>,
}

impl PartialEq for Declared {
    fn eq(&self, other: &Self) -> bool {
        let pattern = |this: &Self| this.pattern.as_ref().map(|pattern| pattern.as_str().to_owned());
        self.kind == other.kind && self.source == other.source && pattern(self) == pattern(other)
    }
}

/// Where the value of a placeholder comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The host of the alert.
    Target,
    /// The port of the alert's instance.
    Port,
    /// A label of the alert.
    Label(String),
    /// The config itself.
    Value(String),
    /// The operator is asked.
    Ask,
}

impl std::str::FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "target" => Ok(Self::Target),
            None if text == "port" => Ok(Self::Port),
            None if text == "ask" => Ok(Self::Ask),
            Some(("label", name)) if !name.is_empty() => Ok(Self::Label(name.to_owned())),
            Some(("value", value)) => Ok(Self::Value(value.to_owned())),
            _ => Err("\"target\", \"port\", \"ask\", \"label:NAME\" or \"value:TEXT\"".to_owned()),
        }
    }
}

/// R1, R2 and R3 and the declared pattern: why a value is refused, with the value made visible.
///
/// # Errors
/// The rule that it fails, in words.
pub fn admit(value: &str, kind: Kind, pattern: Option<&Regex>) -> Result<(), String> {
    let shown = visible(value);
    if value.is_empty() {
        return Err("R1: the value is empty".to_owned());
    }
    if value.len() > LONGEST {
        return Err(format!("R1: {shown} has {} bytes, at most {LONGEST} are taken", value.len()));
    }
    if let Some(hidden) = value.chars().find(|char| is_hidden(*char)) {
        return Err(format!("R1: {shown} holds a character that is not shown, U+{:04X}", u32::from(hidden)));
    }
    if !ComposingNormalizerBorrowed::new_nfc().is_normalized(value) {
        return Err(format!("R1: {shown} is not in the composed form (NFC)"));
    }
    if value.starts_with('-') {
        return Err(format!("R3: {shown} begins with -, a program would take it for an option"));
    }
    if !kind.admits(value) {
        return Err(format!("R2: {shown} is not {}", kind.expects()));
    }
    if kind != Kind::Any && value.split('/').any(|part| part == "..") {
        return Err(format!("R2: {shown} leads out of its directory"));
    }
    if let Some(pattern) = pattern.filter(|pattern| !pattern.is_match(value)) {
        return Err(format!("R2: {shown} does not match {}", declared(pattern)));
    }
    Ok(())
}

/// The pattern as the operator wrote it.
fn declared(pattern: &Regex) -> &str {
    let text = pattern.as_str();
    text.strip_prefix(r"\A(?:").and_then(|text| text.strip_suffix(r")\z")).unwrap_or(text)
}

/// Characters that show nothing, or that change how others are shown.
pub fn is_hidden(char: char) -> bool {
    let is_odd_space = char != ' ' && char.is_whitespace();
    char.is_control()
        || is_odd_space
        || matches!(char,
        '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}'
        | '\u{8e2}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{ffff}' | '\u{110bd}' | '\u{110cd}'
        | '\u{13430}'..='\u{1345f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}')
}

/// The value between quotes, with everything that hides in it shown, and not endless.
pub fn visible(value: &str) -> String {
    let mut shown = String::from("\"");
    for (count, char) in value.chars().enumerate() {
        if count >= 80 {
            shown.push('…');
            break;
        }
        match char {
            '"' | '\\' => shown.extend(['\\', char]),
            _ if is_hidden(char) || !char.is_ascii() => {
                shown.extend(format!("<U+{:04X}>", u32::from(char)).chars());
            }
            _ => shown.push(char),
        }
    }
    shown.push('"');
    shown
}

#[cfg(test)]
#[path = "placeholder_tests.rs"]
mod tests;
