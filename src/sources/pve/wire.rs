//! The forms in which Proxmox VE says things. It is written in Perl: numbers may be texts,
//! yes is 1, an absent field is an undefined one, and lists come in any order.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::de::{DeserializeOwned, Error, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::domain::guest::{GuestId, GuestKind};
use crate::domain::instant;
use crate::sources::wire::Wrong;
use crate::text::sanitise;

#[derive(Deserialize)]
struct Answer<T> {
    data: T,
}

/// Reads the `data` of an answer.
pub(super) fn data<T: DeserializeOwned>(body: &str) -> Result<T, Wrong> {
    let answer: Result<Answer<T>, _> = serde_json::from_str(body);
    answer.map(|answer| answer.data).map_err(Wrong::strange)
}

/// A scalar in whichever form Perl kept it: `1`, `"1"`, `true`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Scalar(pub String);

impl Scalar {
    pub fn number(&self) -> Option<i64> {
        let number = self.0.parse::<i64>().ok();
        // 1.5e10 is how a large number may come.
        number.or_else(|| self.0.parse::<f64>().ok().filter(|number| number.is_finite()).map(whole))
    }

    pub fn bytes(&self) -> Option<u64> {
        self.number().and_then(|number| u64::try_from(number).ok())
    }

    pub fn time(&self) -> Option<DateTime<Utc>> {
        instant::of_seconds(self.number()?)
    }

    pub fn is_yes(&self) -> bool {
        matches!(self.0.as_str(), "1" | "true" | "yes" | "on")
    }

    pub fn clean(&self) -> Arc<str> {
        sanitise(&self.0).into()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a count of bytes or seconds fits, or is clamped")]
const fn whole(number: f64) -> i64 {
    number as i64
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Scalar;
            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("a text, a number or a flag")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar(text.to_owned()))
            }
            fn visit_bool<E: Error>(self, yes: bool) -> Result<Scalar, E> {
                Ok(Scalar(u8::from(yes).to_string()))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Scalar, E> {
                Ok(Scalar(number.to_string()))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar(number.to_string()))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Scalar, E> {
                Ok(Scalar(number.to_string()))
            }
        }
        from.deserialize_any(Any)
    }
}

/// An optional text, made harmless; empty when it is absent.
pub(super) fn clean(text: Option<&Scalar>) -> Arc<str> {
    text.map(Scalar::clean).unwrap_or_default()
}

/// The guest that PVE calls `qemu` or `lxc` and a VMID.
pub(super) fn guest_id(kind: &str, vmid: &Scalar) -> Option<GuestId> {
    let kind = match kind {
        "qemu" => GuestKind::Vm,
        "lxc" => GuestKind::Ct,
        _ => return None,
    };
    Some(GuestId { kind, vmid: u32::try_from(vmid.number()?).ok()? })
}

/// An entry of `/cluster/status`.
#[derive(Debug, Deserialize)]
pub(super) struct StatusItem {
    #[serde(rename = "type")]
    kind: String,
    name: Option<Scalar>,
}

/// The name of the cluster; of the node, if it is alone.
pub(super) fn name(items: &[StatusItem]) -> Arc<str> {
    let of = |kind: &str| items.iter().find(|item| item.kind == kind);
    clean(of("cluster").or_else(|| of("node")).and_then(|item| item.name.as_ref()))
}

/// `/version`.
#[derive(Debug, Deserialize)]
pub(super) struct Version {
    version: Scalar,
}

impl Version {
    /// The version, harmless.
    pub fn text(&self) -> Arc<str> {
        self.version.clean()
    }
}

/// Privileges by path, as `/access/permissions` tells them.
pub(super) type Permissions = BTreeMap<String, BTreeMap<String, Value>>;

/// Whether the token has a privilege on all of `path`.
pub(super) fn has(permissions: &Permissions, path: &str, privilege: &str) -> bool {
    // The closest path decides: what is given there replaces what comes from above.
    let closest = [path, "/"].iter().find_map(|path| permissions.get(*path));
    closest.is_some_and(|privileges| privileges.contains_key(privilege))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn perl_keeps_a_number_in_several_forms() {
        for (text, number) in [("1", 1), ("\"1\"", 1), ("true", 1), ("1.5e10", 15_000_000_000), ("-1", -1)] {
            let read: Scalar = serde_json::from_str(text).expect("a scalar");
            assert_eq!(read.number(), Some(number), "{text}");
        }
        let read: Vec<Option<Scalar>> = serde_json::from_str("[null, \"\", \"x\"]").expect("scalars");
        assert!(read.iter().flatten().all(|scalar| scalar.number().is_none() && !scalar.is_yes()));
        assert!(serde_json::from_str::<Scalar>("[1]").is_err());
    }

    #[test]
    fn the_closest_path_decides() {
        let read = |text: &str| serde_json::from_str::<Permissions>(text).expect("permissions");
        let all = read(r#"{"/":{"VM.Audit":1,"Sys.Audit":1}}"#);
        assert!(has(&all, "/vms", "VM.Audit") && has(&all, "/nodes", "Sys.Audit"));
        let less = read(r#"{"/":{"VM.Audit":1},"/vms":{},"/vms/100":{"VM.Audit":1}}"#);
        assert!(!has(&less, "/vms", "VM.Audit") && !has(&read("{}"), "/vms", "VM.Audit"));
    }

    #[test]
    fn the_name_is_that_of_the_cluster_or_of_the_node() {
        let read = |text: &str| serde_json::from_str::<Vec<StatusItem>>(text).expect("a status");
        let both = read(
            r#"[{"type":"node","name":"pve1","id":"node/pve1","local":1},
            {"type":"cluster","name":"lab","id":"cluster","nodes":2,"quorate":1,"version":3}]"#,
        );
        assert_eq!(&*name(&both), "lab");
        assert_eq!(&*name(&read(r#"[{"type":"node","name":"pve1","id":"node/pve1","local":1}]"#)), "pve1");
        assert_eq!(&*name(&[]), "");
    }
}
