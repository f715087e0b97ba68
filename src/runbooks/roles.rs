//! What a part of a procedure is for, by what its title or label says.

use super::model::Role;

/// The words of titles and labels, in lower case, and what they mean.
const WORDS: [(&str, Role); 46] = [
    ("symptoms", Role::Symptoms),
    ("symptom", Role::Symptoms),
    ("impact", Role::Symptoms),
    ("immediate actions", Role::ImmediateActions),
    ("immediate action", Role::ImmediateActions),
    ("actions", Role::ImmediateActions),
    ("first response", Role::ImmediateActions),
    ("diagnosis", Role::Diagnosis),
    ("diagnosis decision tree", Role::Diagnosis),
    ("decision tree", Role::Diagnosis),
    ("diagnostics", Role::Diagnosis),
    ("investigation", Role::Diagnosis),
    ("common causes", Role::Causes),
    ("causes", Role::Causes),
    ("possible causes", Role::Causes),
    ("common failure scenarios", Role::Causes),
    ("common errors", Role::Causes),
    ("resolution", Role::Resolution),
    ("resolution steps", Role::Resolution),
    ("resolution by filesystem", Role::Resolution),
    ("fix", Role::Resolution),
    ("mitigation", Role::Resolution),
    ("remediation", Role::Resolution),
    ("verification", Role::Verification),
    ("verify", Role::Verification),
    ("validation", Role::Verification),
    ("escalation", Role::Escalation),
    ("post-incident", Role::PostIncident),
    ("post incident", Role::PostIncident),
    ("follow-up", Role::PostIncident),
    ("prerequisites", Role::Prerequisites),
    ("prerequisite", Role::Prerequisites),
    ("before you start", Role::Prerequisites),
    ("steps", Role::Steps),
    ("procedure", Role::Steps),
    ("recovery steps", Role::Steps),
    ("high-level recovery steps", Role::Steps),
    ("rollback", Role::Rollback),
    ("roll back", Role::Rollback),
    ("what not to do", Role::Warnings),
    ("do not", Role::Warnings),
    ("notes", Role::Notes),
    ("note", Role::Notes),
    ("rules", Role::Notes),
    ("properties", Role::Notes),
    ("result", Role::Notes),
];

/// The role that a title or label names; `None` when it names none that is known. What stands in
/// parentheses, a number before it and a colon behind it do not count.
pub fn named(title: &str) -> Option<Role> {
    let (_, title) = numbered(title);
    let title = title.split('(').next().unwrap_or(title).trim().trim_end_matches(':').trim();
    let lower = title.to_lowercase();
    WORDS.iter().find(|(word, _)| *word == lower).map(|(_, role)| *role)
}

/// The number that a title begins with, and the rest: `4.1` and `Disk Failure`.
pub fn numbered(title: &str) -> (Option<&str>, &str) {
    let end = title.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(title.len());
    let (number, rest) = title.split_at(end);
    let number = number.trim_end_matches('.');
    if number.starts_with(|char: char| char.is_ascii_digit()) && rest.starts_with(' ') {
        (Some(number), rest.trim_start())
    } else {
        (None, title)
    }
}

/// The alert that a heading names, `HostDown` in `Alert: HostDown`, and a severity behind it in
/// parentheses. `Alert Response Procedures` and `Alertmanager …` name none.
pub fn alert(title: &str) -> Option<(&str, Option<String>)> {
    let (_, title) = numbered(title);
    let head = title.get(..5)?;
    let rest = title.get(5..)?;
    if !head.eq_ignore_ascii_case("alert") {
        return None;
    }
    let name = match rest.trim_start().strip_prefix(':') {
        Some(name) => name,
        None => ["-", "–", "—"].iter().find_map(|dash| rest.strip_prefix(' ')?.strip_prefix(dash))?,
    };
    let (name, severity) = severity_behind(name.trim());
    let name = name.trim_matches('`');
    let is_name = name.starts_with(|char: char| char.is_alphabetic() || char == '_')
        && name.chars().all(|char| char.is_alphanumeric() || matches!(char, '_' | '-' | '.' | ':'));
    is_name.then_some((name, severity))
}

/// A title, and the severity that stands behind it in parentheses: `Backup failure (critical)`.
pub fn severity_behind(title: &str) -> (&str, Option<String>) {
    let parts = title.trim_end().strip_suffix(')').and_then(|title| title.rsplit_once('('));
    match parts.map(|(title, word)| (title, word.trim().to_lowercase())) {
        Some((title, word)) if is_severity(&word) => (title.trim_end(), Some(word)),
        _ => (title, None),
    }
}

/// Whether the word, in lower case, says how bad an alert is.
pub fn is_severity(word: &str) -> bool {
    matches!(word, "critical" | "warning" | "info" | "page" | "emergency" | "error" | "major" | "minor")
}

/// `A` and `VM Powered Off` in `Scenario A: VM Powered Off`.
pub fn scenario(title: &str) -> Option<(&str, &str)> {
    let (_, title) = numbered(title);
    let rest = title.get(..9).filter(|head| head.eq_ignore_ascii_case("scenario ")).and(title.get(9..))?;
    let (label, title) = rest.split_once(':').or_else(|| rest.split_once(" - "))?;
    let is_label = label.len() <= 2 && label.chars().all(|char| char.is_ascii_alphanumeric());
    (is_label && !label.is_empty()).then_some((label, title.trim()))
}

/// `1` and `Storage` in `Layer 1: Storage`.
pub fn layer(title: &str) -> Option<(u64, &str)> {
    let heads = ["layer ", "stage ", "phase "];
    let rest = heads.iter().find_map(|head| {
        title.get(..head.len()).filter(|start| start.eq_ignore_ascii_case(head)).and(title.get(head.len()..))
    })?;
    let (number, title) = rest.split_once(':')?;
    Some((number.trim().parse().ok()?, title.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_and_labels() {
        for (title, role) in [
            ("Symptoms", Some(Role::Symptoms)),
            ("Symptoms:", Some(Role::Symptoms)),
            ("Diagnosis Decision Tree", Some(Role::Diagnosis)),
            ("Common Failure Scenarios", Some(Role::Causes)),
            ("Resolution by Filesystem", Some(Role::Resolution)),
            ("Rollback (if issues occur)", Some(Role::Rollback)),
            ("High-level recovery steps:", Some(Role::Steps)),
            ("6. What NOT to Do", Some(Role::Warnings)),
            ("Post-Incident", Some(Role::PostIncident)),
            ("Backup Verification", None),
            ("Recovering VM from Backup", None),
            ("", None),
        ] {
            assert_eq!(named(title), role, "{title}");
        }
    }

    #[test]
    fn what_names_an_alert() {
        for (title, name) in [
            ("Alert: HostDown", Some("HostDown")),
            ("alert : `Host_Down`", Some("Host_Down")),
            ("3.1 Alert – HostDown", Some("HostDown")),
            ("Alert - HostDown (critical)", Some("HostDown")),
            ("Alert Response Procedures", None),
            ("Alert Response Playbooks", None),
            ("Alertmanager Not Sending Notifications", None),
            ("Alert: two words", None),
            ("Alert:", None),
            ("Alert-Fatigue", None),
            ("Aleré", None),
        ] {
            assert_eq!(alert(title).map(|(name, _)| name), name, "{title}");
        }
        assert_eq!(alert("Alert: X (Critical)"), Some(("X", Some("critical".to_owned()))));
    }

    #[test]
    fn scenarios_layers_and_numbers() {
        assert_eq!(scenario("Scenario A: VM Powered Off"), Some(("A", "VM Powered Off")));
        assert_eq!(scenario("4.1 Scenario A: Service Failure"), Some(("A", "Service Failure")));
        assert_eq!(scenario("Scenario: it fails"), None);
        assert_eq!(scenario("Scenarios A: it fails"), None);
        assert_eq!(layer("Layer 0: Hypervisor"), Some((0, "Hypervisor")));
        assert_eq!(layer("Layers 0: Hypervisor"), None);
        assert_eq!(numbered("4.1 Disk Failure"), (Some("4.1"), "Disk Failure"));
        assert_eq!(numbered("1. Scope"), (Some("1"), "Scope"));
        assert_eq!(numbered("10.0.0.5:/mnt"), (None, "10.0.0.5:/mnt"));
        assert_eq!(severity_behind("Backup failure (critical)"), ("Backup failure", Some("critical".into())));
        assert_eq!(severity_behind("Boot (again)"), ("Boot (again)", None));
    }
}
