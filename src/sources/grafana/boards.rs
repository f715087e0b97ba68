//! What Grafana says of one dashboard. Dashboards are written by many programs of many ages: what is not
//! understood of one is left out, and the rest stands.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::domain::board::{Board, Link, Panel};
use crate::domain::dashboard::Dashboard;
use crate::text::sanitise;

/// The tag that says who keeps a dashboard begins so.
const OWNER: [&str; 2] = ["owner:", "owner="];

/// Who made it where nobody did: it was put there by a file.
const NOBODY: [&str; 2] = ["Anonymous", "-"];

/// The answer of `/api/dashboards/uid/UID`.
#[derive(Deserialize)]
pub(super) struct Read {
    dashboard: Value,
    #[serde(default)]
    meta: Meta,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Meta {
    created_by: String,
}

/// Who keeps a dashboard: as its tags say, else who made it.
pub(super) fn owner(tags: &[Arc<str>], made_by: &str) -> Arc<str> {
    let tagged = tags.iter().find_map(|tag| OWNER.iter().find_map(|start| tag.strip_prefix(start)));
    let made_by = Some(made_by).filter(|name| !NOBODY.contains(name));
    sanitise(tagged.or(made_by).unwrap_or_default().trim()).into()
}

impl Read {
    pub(super) fn board(self, dashboard: Dashboard) -> Board {
        let mut panels = Vec::new();
        gather(&self.dashboard, &mut panels);
        // Very old ones have rows around their panels.
        for row in list(&self.dashboard, "rows") {
            gather(row, &mut panels);
        }
        Board {
            owner: owner(&dashboard.tags, &self.meta.created_by),
            links: links(&self.dashboard),
            panels: Ok(panels),
            dashboard,
        }
    }
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text(value: &Value, name: &str) -> Arc<str> {
    sanitise(value.get(name).and_then(Value::as_str).unwrap_or_default()).into()
}

/// Adds the panels of a dashboard or a row; rows lie flat among them, or hold theirs while they are folded.
fn gather(of: &Value, panels: &mut Vec<Panel>) {
    for one in list(of, "panels") {
        if one.get("type").and_then(Value::as_str) == Some("row") {
            gather(one, panels);
        } else {
            panels.push(panel(one));
        }
    }
}

fn panel(of: &Value) -> Panel {
    let defaults = &of["fieldConfig"]["defaults"];
    let queries = list(of, "targets").iter().filter(|target| target["hide"].as_bool() != Some(true));
    let queries = queries.map(|target| text(target, "expr")).filter(|query| !query.is_empty());
    Panel {
        title: text(of, "title"),
        kind: text(of, "type"),
        unit: match text(defaults, "unit") {
            unit if unit.is_empty() => text(of, "format"),
            unit => unit,
        },
        queries: queries.collect(),
        thresholds: thresholds(of),
        links: links(of),
    }
}

/// The links of a dashboard or a panel. A dashboard may name others by their tags instead of an address.
fn links(of: &Value) -> Vec<Link> {
    let link = |link: &Value| {
        let tags: Vec<Arc<str>> =
            list(link, "tags").iter().filter_map(Value::as_str).map(|tag| sanitise(tag).into()).collect();
        let url = match text(link, "url") {
            url if url.is_empty() && !tags.is_empty() => {
                format!("dashboards with {}", tags.join(", ")).into()
            }
            url => url,
        };
        Link { title: text(link, "title"), url }
    };
    list(of, "links").iter().map(link).filter(|link| !link.url.is_empty()).collect()
}

/// Where something changes its colour or alerts: as panels say it now, and as those of ten years ago did.
fn thresholds(of: &Value) -> Vec<Arc<str>> {
    let mut all: Vec<String> = steps(&of["fieldConfig"]["defaults"]["thresholds"]);
    for over in list(&of["fieldConfig"], "overrides") {
        let whose = text(&over["matcher"], "options");
        let own = list(over, "properties").iter().filter(|one| one["id"] == "thresholds");
        all.extend(own.flat_map(|one| steps(&one["value"])).map(|words| format!("{words} for {whose}")));
    }
    match &of["thresholds"] {
        // A graph: where a line is drawn.
        Value::Array(lines) => all.extend(lines.iter().filter_map(|line| {
            let value = line["value"].as_f64()?;
            let side = if line["op"] == "lt" { "under" } else { "over" };
            Some(format!("{} {side} {value}", text(line, "colorMode")).trim_start().to_owned())
        })),
        // A single number: where its colours change.
        Value::String(values) => {
            let values = values.split(',').map(str::trim).filter(|value| !value.is_empty());
            all.extend(values.map(|value| format!("another colour from {}", sanitise(value))));
        }
        _ => {}
    }
    // An alert of the panel itself, as Grafana had them before version 9.
    for condition in list(&of["alert"], "conditions") {
        let evaluator = &condition["evaluator"];
        let params: Vec<String> = list(evaluator, "params")
            .iter()
            .filter_map(Value::as_f64)
            .map(|value| value.to_string())
            .collect();
        let side = match evaluator["type"].as_str() {
            Some("gt") => "over",
            Some("lt") => "under",
            Some("outside_range") => "outside",
            Some("within_range") => "within",
            _ => "at",
        };
        if !params.is_empty() {
            all.push(format!("alerts {side} {}", params.join(" to ")));
        }
    }
    all.into_iter().map(Arc::from).collect()
}

/// The steps of thresholds in words. The first has no value: it is the colour of all below the others.
fn steps(of: &Value) -> Vec<String> {
    let percent = if of["mode"] == "percentage" { " %" } else { "" };
    let step = |step: &Value| {
        let value = step["value"].as_f64()?;
        Some(format!("{} from {value}{percent}", text(step, "color")).trim_start().to_owned())
    };
    list(of, "steps").iter().filter_map(step).collect()
}
