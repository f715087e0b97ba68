//! The tables that hold numbers: what counts as what, and how much is kept.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{NaiveTime, TimeDelta};

use crate::domain::alert::Severity;
use crate::domain::backup::Expectation;
use crate::domain::burden::Window;
use crate::domain::cause::CauseRules;
use crate::domain::datastore::FillLimits;
use crate::domain::log::RingLimits;
use crate::domain::log::selector::{LabelMap, LabelRule, is_name};
use crate::domain::thresholds::{BackupRule, Select, Thresholds};
use crate::settings::Table;
use crate::ui::times::Zone;
use crate::ui::view::View;
use crate::ui::wall::{self, Wall};

pub(super) fn thresholds(root: &Table<'_>, zone: Zone) -> Thresholds {
    let mut all = Thresholds::default();
    if let Some(table) = root.table("alerts") {
        if let Some(words) = table.table("severities") {
            for (word, means) in words.entries::<String>() {
                match severity(&means) {
                    Some(severity) => drop(all.severities.insert(word.into(), severity)),
                    None => words.fault(
                        &word,
                        format!("expected \"critical\", \"warning\" or \"info\", found {means:?}"),
                    ),
                }
            }
        }
        if let Some(times) = table.table("response") {
            response(&times, &mut all.response);
        }
        all.ack_for = span(&table, "ack_for").unwrap_or(all.ack_for);
        all.max_silence = span(&table, "max_silence").unwrap_or(all.max_silence);
    }
    if let Some(table) = root.table("identity") {
        let names = |names: Vec<String>| {
            if !names.is_empty() && names.iter().all(|name| is_name(name)) {
                Ok(names.into_iter().map(Arc::from).collect())
            } else {
                Err("a list of names of labels".to_owned())
            }
        };
        all.identity = table.get_with("labels", names).unwrap_or(all.identity);
    }
    if let Some(table) = root.table("causes") {
        let list = |key: &str, otherwise: Vec<Arc<str>>| {
            let read = table.get::<Vec<String>>(key);
            read.map_or(otherwise, |all| all.into_iter().map(Arc::from).collect())
        };
        all.causes = CauseRules {
            layers: list("layers", all.causes.layers),
            follow: list("follow", all.causes.follow),
        };
    }
    if let Some(table) = root.table("chain") {
        all.skew = span(&table, "clock_skew").unwrap_or(all.skew);
        all.watchdog = table.get::<String>("watchdog").map_or(all.watchdog, Into::into);
    }
    if let Some(table) = root.table("backups") {
        all.backups = Expectation {
            rpo: span(&table, "rpo").unwrap_or(all.backups.rpo),
            verify_max_age: span(&table, "verify_max_age").unwrap_or(all.backups.verify_max_age),
            ..all.backups
        };
        all.window = window(&table, zone);
        all.rto = span(&table, "rto").unwrap_or(all.rto);
        all.drill_every = span(&table, "drill_every").unwrap_or(all.drill_every);
        all.backup_rules = table.list("rule").iter().filter_map(rule).collect();
    }
    if let Some(table) = root.table("datastores") {
        all.fill = fill(&table, all.fill);
    }
    all
}

/// `[ui] arm`: for how long writes are armed, where they are to be.
pub(super) fn arm(table: &Table<'_>) -> Option<Duration> {
    table.get_with("arm", |span: Duration| {
        let sensible = Duration::from_mins(1)..=Duration::from_hours(8);
        if sensible.contains(&span) { Ok(span) } else { Err("a duration from 1m to 8h".to_owned()) }
    })
}

/// `window` of `[backups]`, by the clock of `zone`.
fn window(table: &Table<'_>, zone: Zone) -> Option<Window> {
    let read = |text: String| {
        let time = |text: &str| NaiveTime::parse_from_str(text.trim(), "%H:%M").ok();
        let (from, to) = text.split_once('-').and_then(|(from, to)| Some((time(from)?, time(to)?))).unzip();
        match from.zip(to) {
            Some((from, to)) if from != to => Ok((from, to)),
            _ => Err("two times such as \"02:00-04:00\"".to_owned()),
        }
    };
    let (from, to) = table.get_with("window", read)?;
    Some(Window { from, to, clock: Arc::new(move |at| zone.time(at)) })
}

/// `[ui.wall]`
pub(super) fn wall(ui: &Table<'_>, views: &[View]) -> Wall {
    let mut all = Wall::default();
    let Some(table) = ui.table("wall") else { return all };
    let known =
        |names: Vec<String>| match names.iter().find(|name| views.iter().all(|view| view.name != **name)) {
            Some(name) => Err(format!("names of views, not {name:?}")),
            None if names.is_empty() => Err("at least one view".to_owned()),
            None => Ok(names),
        };
    all.views = table.get_with("views", known).unwrap_or(all.views);
    let rotate = |span: Duration| match span.as_secs() {
        2..=86_400 => Ok(span),
        _ => Err("a time from 2s to 24h".to_owned()),
    };
    all.rotate = table.get_with("rotate", rotate).unwrap_or(all.rotate);
    all.logs = table.get("logs").unwrap_or(all.logs);
    all.night = table.get_with("night", |text: String| wall::night(&text));
    all
}

/// How much of a tail is kept, which labels lead from an alert to its logs, and which queries have names.
pub(super) fn logs(root: &Table<'_>) -> (RingLimits, LabelMap, Vec<Named>) {
    let mut ring = RingLimits::default();
    let mut map = LabelMap::default();
    let mut queries: Vec<Named> = Vec::new();
    if let Some(table) = root.table("logs") {
        let at_least = |key: &str, least: usize| {
            table.get_with(key, |number: u64| match usize::try_from(number) {
                Ok(number) if number >= least => Ok(number),
                _ => Err(format!("a whole number, {least} or more")),
            })
        };
        ring.lines = at_least("max_lines", 100).unwrap_or(ring.lines);
        ring.bytes = at_least("max_bytes", 65_536).unwrap_or(ring.bytes);
        let rules: Vec<LabelRule> = table.list("labels").iter().filter_map(label_rule).collect();
        if !rules.is_empty() {
            map = LabelMap(rules);
        }
        for table in table.list("queries") {
            let (name, query) = (table.require::<String>("name"), table.require::<String>("query"));
            let Some((name, query)) = name.zip(query) else { continue };
            if queries.iter().any(|(have, _)| **have == *name) {
                table.fault("name", "two queries have this name");
            } else {
                queries.push((name.into(), query.into()));
            }
        }
    }
    (ring, map, queries)
}

/// A name, and the query that goes by it.
type Named = (Arc<str>, Arc<str>);

fn label_rule(table: &Table<'_>) -> Option<LabelRule> {
    let (alert, loki) = (table.require::<String>("alert"), table.require::<String>("loki"));
    let (alert, loki) = (alert?, loki?);
    if !is_name(&loki) {
        table.fault("loki", "expected the name of a label: letters, digits and `_`");
        return None;
    }
    Some(LabelRule { alert: alert.into(), loki: loki.into() })
}

fn severity(word: &str) -> Option<Severity> {
    match word {
        "critical" => Some(Severity::Critical),
        "warning" => Some(Severity::Warning),
        "info" => Some(Severity::Info),
        _ => None,
    }
}

fn response(table: &Table<'_>, times: &mut BTreeMap<Severity, TimeDelta>) {
    for word in ["critical", "warning", "info"] {
        if let (Some(severity), Some(span)) = (severity(word), span(table, word)) {
            times.insert(severity, span);
        }
    }
}

fn rule(table: &Table<'_>) -> Option<BackupRule> {
    let by = |key: &str, select: fn(Arc<str>) -> Select| table.get::<String>(key).map(|it| select(it.into()));
    let selects = [by("match", Select::Match), by("guest", Select::Guest), by("tag", Select::Tag)];
    let mut named = selects.into_iter().flatten();
    let select = named.next();
    if select.is_none() {
        table.fault("match", "is missing: say which guests, by `match`, `guest` or `tag`");
    } else if named.next().is_some() {
        table.fault("match", "a rule selects in one way: by `match`, `guest` or `tag`");
    }
    let rpo = span(table, "rpo");
    let exempt = table.get("exempt").unwrap_or(false);
    if rpo.is_none() && !exempt && !table.has("rpo") {
        let named = ["guest", "tag"].into_iter().find(|key| table.has(key)).unwrap_or("match");
        table.fault(named, "the rule says nothing: give it `rpo` or `exempt = true`");
    }
    Some(BackupRule { select: select?, rpo, exempt })
}

fn fill(table: &Table<'_>, limits: FillLimits) -> FillLimits {
    let read = |key: &str, used: f64, within: TimeDelta| match table.table(key) {
        Some(level) => {
            (level.get_with("used", percent).unwrap_or(used), span(&level, "full_within").unwrap_or(within))
        }
        None => (used, within),
    };
    let (warn_used, warn_within) = read("warning", limits.warn_used, limits.warn_within);
    let (critical_used, critical_within) = read("critical", limits.critical_used, limits.critical_within);
    if warn_used > critical_used {
        table.fault("warning", "`used` is above that of `critical`: nothing would ever be a warning");
    }
    FillLimits { warn_used, critical_used, warn_within, critical_within }
}

/// A share, 0 to 1, written as a percentage.
fn percent(number: f64) -> Result<f64, String> {
    if (0.0..=100.0).contains(&number) {
        Ok(number / 100.0)
    } else {
        Err("a percentage, 0 to 100".to_owned())
    }
}

/// A time that is not nothing, and not beyond a century.
fn span(table: &Table<'_>, key: &str) -> Option<TimeDelta> {
    table.get_with(key, |duration: Duration| match TimeDelta::from_std(duration) {
        Ok(span) if span > TimeDelta::zero() && span < TimeDelta::days(36_500) => Ok(span),
        _ => Err("a duration above 0, such as \"15m\" or \"24h\"".to_owned()),
    })
}
