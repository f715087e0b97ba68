//! Where an alert would go: Alertmanager's routes, read from the configuration as it says it itself.

use std::sync::Arc;

use super::labels::Labels;
use super::matcher::Matchers;
use super::outline::{Node, read};
use super::silence::Matcher;

/// A route, and those below it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Route {
    /// Who gets what stops here.
    pub receiver: Arc<str>,
    /// What an alert must meet to get here.
    pub matchers: Vec<Matcher>,
    /// What comes after it is looked at too.
    pub goes_on: bool,
    /// The labels by which alerts are grouped.
    pub group_by: Vec<Arc<str>>,
    /// How long a new group waits, as it is written; empty where Alertmanager's own 30s counts.
    pub group_wait: Arc<str>,
    /// The time intervals that mute it.
    pub mutes: Vec<Arc<str>>,
    /// The routes below, the first that takes an alert has it.
    pub routes: Vec<Route>,
}

/// What is known of Alertmanager's configuration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Routing {
    /// The root, which takes everything.
    pub root: Route,
    /// The receivers, each with its integrations: `webhook`, `pagerduty`.
    pub receivers: Vec<(Arc<str>, Vec<Arc<str>>)>,
}

impl Routing {
    /// Reads the configuration as `/api/v2/status` has it.
    ///
    /// # Errors
    /// When no routes are in it, or a matcher of them cannot be read.
    pub fn read(yaml: &str) -> Result<Self, String> {
        let whole = read(yaml);
        let root = whole.get("route").ok_or("there is no `route` in its configuration")?;
        let receivers = whole.get("receivers").map_or(&[][..], Node::items).iter().filter_map(|receiver| {
            let name = receiver.get("name")?.text();
            let own = receiver.entries().iter().filter_map(|(key, list)| {
                let kind = key.strip_suffix("_configs").filter(|_| !list.items().is_empty())?;
                Some(Arc::from(kind))
            });
            Some((name.into(), own.collect()))
        });
        Ok(Self { receivers: receivers.collect(), root: route(root, &Route::default())? })
    }

    /// The routes at which an alert with these labels stops, each with the receivers on its way.
    pub fn ways(&self, labels: &Labels) -> Vec<&Route> {
        let mut found = Vec::new();
        walk(&self.root, labels, &mut found);
        found
    }

    /// Labels with which an alert would go to this receiver, found from the matchers on the way to it.
    pub fn labels_for(&self, receiver: &str, base: &Labels) -> Option<Labels> {
        let mut paths = Vec::new();
        collect(&self.root, &mut Vec::new(), receiver, &mut paths);
        paths.into_iter().find_map(|path: Vec<&Route>| {
            let wanted = path.iter().flat_map(|route| &route.matchers).filter_map(sample);
            let wanted: Vec<(String, String)> = wanted.collect();
            // What leads there stands over what the alert has of its own.
            let own = base.iter().filter(|(name, _)| wanted.iter().all(|(have, _)| have != name));
            let wanted_all = wanted.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let labels: Labels = own.chain(wanted_all).collect();
            self.ways(&labels).iter().any(|way| &*way.receiver == receiver).then_some(labels)
        })
    }
}

fn route(node: &Node, parent: &Route) -> Result<Route, String> {
    let texts = |key: &str| -> Vec<Arc<str>> {
        let items = node.get(key).map_or(&[][..], Node::items);
        items.iter().map(|item| item.text().into()).collect()
    };
    let inherited = |key: &str, otherwise: &Arc<str>| {
        node.get(key).map_or_else(|| Arc::clone(otherwise), |node| node.text().into())
    };
    let mut own = Route {
        receiver: inherited("receiver", &parent.receiver),
        matchers: matchers(node)?,
        goes_on: node.get("continue").is_some_and(|node| node.text() == "true"),
        group_by: if node.get("group_by").is_some() { texts("group_by") } else { parent.group_by.clone() },
        group_wait: inherited("group_wait", &parent.group_wait),
        mutes: texts("mute_time_intervals"),
        routes: Vec::new(),
    };
    let below = node.get("routes").map_or(&[][..], Node::items);
    own.routes = below.iter().map(|below| route(below, &own)).collect::<Result<_, _>>()?;
    Ok(own)
}

/// The matchers of a route, in all three ways in which they were ever written.
fn matchers(node: &Node) -> Result<Vec<Matcher>, String> {
    let new = node.get("matchers").map_or(&[][..], Node::items).iter();
    let mut all = new
        .map(|item| item.text().parse::<Matcher>().map_err(|error| format!("{}: {error}", item.text())))
        .collect::<Result<Vec<_>, _>>()?;
    for (key, is_regex) in [("match", false), ("match_re", true)] {
        let old = node.get(key).map_or(&[][..], Node::entries);
        all.extend(
            old.iter().map(|(name, value)| Matcher { is_regex, ..Matcher::equal(&**name, value.text()) }),
        );
    }
    Ok(all)
}

fn walk<'r>(route: &'r Route, labels: &Labels, found: &mut Vec<&'r Route>) -> bool {
    // A matcher that cannot be compiled takes nothing, and Alertmanager would not have started with it.
    if !Matchers::new(&route.matchers).is_ok_and(|matchers| matchers.matches(labels)) {
        return false;
    }
    let mut taken = false;
    for below in &route.routes {
        let took = walk(below, labels, found);
        taken |= took;
        if took && !below.goes_on {
            break;
        }
    }
    if !taken {
        found.push(route);
    }
    true
}

fn collect<'r>(route: &'r Route, path: &mut Vec<&'r Route>, receiver: &str, paths: &mut Vec<Vec<&'r Route>>) {
    path.push(route);
    if &*route.receiver == receiver {
        paths.push(path.clone());
    }
    for below in &route.routes {
        collect(below, path, receiver, paths);
    }
    path.pop();
}

/// A label that meets a matcher, where one is easily found.
fn sample(matcher: &Matcher) -> Option<(String, String)> {
    let is_wanted = matcher.is_equal && !matcher.value.is_empty();
    let first = matcher.value.split('|').next().unwrap_or_default();
    let bare = first.trim_matches(|char| matches!(char, '^' | '$' | '(' | ')' | '?' | ':'));
    let value = if matcher.is_regex {
        bare.replace(".*", "").replace(".+", "x").replace('\\', "")
    } else {
        matcher.value.to_string()
    };
    is_wanted.then(|| (matcher.name.to_string(), value))
}

#[cfg(test)]
#[path = "routing_tests.rs"]
mod tests;
