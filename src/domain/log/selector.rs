//! From an alert to its logs: which labels of a stream say the same as the alert's.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::domain::labels::Labels;

/// Which label of an alert is which label of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelRule {
    /// The alert's label.
    pub alert: Arc<str>,
    /// The stream's.
    pub loki: Arc<str>,
}

/// The rules, in the order in which they are tried; of those for one stream label the first that
/// finds a value counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelMap(pub Vec<LabelRule>);

impl Default for LabelMap {
    fn default() -> Self {
        let pairs = [
            ("host", "host"),
            ("instance", "instance"),
            ("instance", "host"),
            ("unit", "unit"),
            ("service", "unit"),
            ("name", "unit"),
            ("container", "container"),
        ];
        Self(pairs.map(|(alert, loki)| LabelRule { alert: alert.into(), loki: loki.into() }).into())
    }
}

impl LabelMap {
    /// The streams that an alert speaks of, in LogQL. Only labels that this Loki has are asked for;
    /// `None` when none of them is: nobody wants the logs of everything.
    pub fn selector(&self, alert: &Labels, have: &[Arc<str>]) -> Option<String> {
        let mut matchers: Vec<(&str, String)> = Vec::new();
        for LabelRule { alert: name, loki } in &self.0 {
            let is_there = have.iter().any(|have| have == loki) && is_name(loki);
            let is_said = matchers.iter().any(|(said, _)| **said == **loki);
            // An instance stands in for the host only where nothing else says it.
            let is_host_said = &**name == "instance"
                && matchers.iter().any(|(said, _)| matches!(*said, "host" | "instance"));
            let Some(value) = alert.get(name).filter(|_| is_there && !is_said && !is_host_said) else {
                continue;
            };
            matchers.push((loki, matcher(name, loki, value)));
        }
        let all: Vec<String> = matchers.into_iter().map(|(_, matcher)| matcher).collect();
        (!all.is_empty()).then(|| format!("{{{}}}", all.join(", ")))
    }
}

fn matcher(name: &str, loki: &str, value: &str) -> String {
    match (name, loki) {
        // The exporter's port is none of the log's business.
        ("instance", _) => format!("{loki}={}", quoted(without_port(value))),
        // A unit may be called with its ending or without.
        (_, "unit") => {
            let base = regex::escape(value.strip_suffix(".service").unwrap_or(value));
            format!("{loki}=~{}", quoted(&format!("{base}(\\.service)?")))
        }
        _ => format!("{loki}={}", quoted(value)),
    }
}

/// `10.0.0.21` of `10.0.0.21:9100`, `::1` of `[::1]:9100`.
pub(super) fn without_port(instance: &str) -> &str {
    let host = match instance.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            // Two colons without brackets are an address of IPv6, with no port.
            if host.contains(':') && !host.ends_with(']') { instance } else { host }
        }
        _ => instance,
    };
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

/// The streams with exactly these labels, in LogQL.
pub fn exactly(labels: &Labels) -> String {
    let matchers = labels.iter().filter(|(name, value)| is_name(name) && !value.is_empty());
    let all: Vec<String> = matchers.map(|(name, value)| format!("{name}={}", quoted(value))).collect();
    format!("{{{}}}", all.join(", "))
}

/// Whether a text is the name of a label; nothing else may stand in a query as one.
pub fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|char| char.is_ascii_alphanumeric() || char == '_')
}

/// A text as LogQL quotes it, which is as Go does: whatever it holds, it stays one text.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            char if char.is_control() => {
                // Writing to a text cannot fail.
                let _written = write!(quoted, "\\u{:04x}", u32::from(char));
            }
            char => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An alert's labels, the labels that Loki has, and the query.
    type Row<'r> = (&'r [(&'r str, &'r str)], &'r [&'r str], Option<&'r str>);

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().copied().collect()
    }

    fn have(names: &[&str]) -> Vec<Arc<str>> {
        names.iter().map(|name| (*name).into()).collect()
    }

    #[test]
    fn an_alert_finds_its_streams() {
        let all = ["host", "unit", "container", "job"];
        let rows: [Row<'_>; 14] = [
            (&[("host", "nas")], &all, Some(r#"{host="nas"}"#)),
            (&[("host", "nas"), ("instance", "10.0.0.2:9100")], &all, Some(r#"{host="nas"}"#)),
            (&[("instance", "10.0.0.21:9100")], &all, Some(r#"{host="10.0.0.21"}"#)),
            (&[("instance", "10.0.0.21:9100")], &["host", "instance"], Some(r#"{instance="10.0.0.21"}"#)),
            (&[("instance", "[::1]:9100")], &all, Some(r#"{host="::1"}"#)),
            (&[("instance", "fe80::1")], &all, Some(r#"{host="fe80::1"}"#)),
            (&[("instance", "nas.lan")], &all, Some(r#"{host="nas.lan"}"#)),
            (&[("name", "nginx.service")], &all, Some(r#"{unit=~"nginx(\\.service)?"}"#)),
            (
                &[("host", "vm1"), ("unit", "a.b"), ("service", "other")],
                &all,
                Some(r#"{host="vm1", unit=~"a\\.b(\\.service)?"}"#),
            ),
            (&[("container", "x")], &["host"], None),
            (&[("severity", "critical")], &all, None),
            (&[("host", "")], &all, None),
            (&[("host", r#"x"} or {job=~".+"#)], &all, Some(r#"{host="x\"} or {job=~\".+"}"#)),
            (
                &[("host", r"a\"), ("container", "b\n\u{7}")],
                &all,
                Some("{host=\"a\\\\\", container=\"b\\n\\u0007\"}"),
            ),
        ];
        for (alert, names, wanted) in rows {
            let got = LabelMap::default().selector(&labels(alert), &have(names));
            assert_eq!(got.as_deref(), wanted, "{alert:?}");
        }
        let own = LabelMap(vec![LabelRule { alert: "guest".into(), loki: "vm".into() }]);
        assert_eq!(
            own.selector(&labels(&[("guest", "101")]), &have(&["vm"])).as_deref(),
            Some(r#"{vm="101"}"#)
        );
        let bad = LabelMap(vec![LabelRule { alert: "guest".into(), loki: "vm\"} x".into() }]);
        assert_eq!(bad.selector(&labels(&[("guest", "101")]), &have(&["vm\"} x"])), None);
        assert_eq!(exactly(&labels(&[("job", "a\"b"), ("x-y", "1")])), r#"{job="a\"b"}"#);
    }

    proptest! {
        #[test]
        fn a_quoted_text_ends_where_it_should(text in "\\PC*|[\\x00-\\u{ff}\"\\\\]*") {
            let quoted = quoted(&text);
            let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).expect("quotes");
            let mut escaped = false;
            for char in inner.chars() {
                prop_assert!(escaped || char != '"', "{quoted}");
                prop_assert!(!char.is_control());
                escaped = !escaped && char == '\\';
            }
            prop_assert!(!escaped, "{quoted}");
        }
    }
}
