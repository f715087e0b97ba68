//! The owner's hints in HTML comments, which a web page does not show: `<!-- host: proxmox -->`.

use super::model::Annotations;

/// Every `key: value` of the comments in a piece of HTML.
pub(super) fn read(html: &str) -> Vec<(String, String)> {
    let comments = html.split("<!--").skip(1).filter_map(|rest| rest.split_once("-->"));
    let pairs = comments.filter_map(|(comment, _)| comment.split_once(':'));
    pairs.map(|(key, value)| (key.trim().to_ascii_lowercase(), value.trim().to_owned())).collect()
}

/// Takes the hints for the block that follows.
pub(super) fn hint(html: &str, hints: &mut Annotations) {
    for (key, value) in read(html) {
        match key.as_str() {
            "host" => hints.host = Some(value),
            "danger" => hints.danger = Some(value),
            "mode" => hints.mode = Some(value),
            _ => {}
        }
    }
}

/// The alerts that `<!-- alert: HostDown, InstanceDown -->` names.
pub(super) fn alerts(html: &str) -> Vec<String> {
    let hints = read(html).into_iter().filter(|(key, _)| key == "alert");
    let names =
        hints.flat_map(|(_, names)| names.split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>());
    names.filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_in_comments() {
        let html =
            "<!-- alert: HostDown, InstanceDown -->\n<!-- Host: proxmox --><b>x</b><!-- just words -->";
        assert_eq!(alerts(html), ["HostDown", "InstanceDown"]);
        let mut hints = Annotations::default();
        hint(html, &mut hints);
        assert_eq!(hints.host.as_deref(), Some("proxmox"));
        assert_eq!(
            read("<!-- verify: up{a=\"b\"} == 1 for 60s -->"),
            [("verify".into(), "up{a=\"b\"} == 1 for 60s".into())]
        );
        assert!(read("<!-- host: never closed").is_empty());
    }
}
