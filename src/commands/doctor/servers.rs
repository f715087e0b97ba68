//! Every feed of every source is looked at once, as the dashboard does it.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use serde::Serialize;

use super::{Finding, rights, took, ways};
use crate::domain::feed::{FailureKind, Feed, SourceKind};
use crate::domain::observation::Observation;
use crate::domain::question::{Answer, Question};
use crate::domain::rule::RuleKind;
use crate::domain::target::Target;
use crate::setup::{self, Look};
use crate::sources::{Source, SourceError};
use crate::text;

/// Two clocks may differ by so much: a request takes a moment.
const SKEW: f64 = 5.0;

/// A certificate that ends sooner is told.
const SOON: TimeDelta = TimeDelta::days(21);

/// A source, and what it costs.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Examined {
    pub(super) source: String,
    /// As many as its feeds are looked at, as its first answers cost.
    pub(super) requests_per_minute: f64,
    /// Bytes of answers, likewise.
    pub(super) bytes_per_minute: f64,
    pub(super) version: Option<String>,
    /// How far its clock is ahead of ours, in seconds.
    pub(super) clock_skew: Option<f64>,
    pub(super) feeds: Vec<Looked>,
}

/// A feed that was looked at.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Looked {
    pub(super) name: Feed,
    /// In seconds.
    pub(super) took: f64,
    pub(super) error: Option<String>,
}

/// Looks at all of them at once.
pub(super) async fn examine(sources: &[Arc<dyn Source>], timeout: Duration) -> Vec<(Examined, Vec<Finding>)> {
    join_all(sources.iter().map(|source| one(&**source, timeout))).await
}

async fn one(source: &dyn Source, timeout: Duration) -> (Examined, Vec<Finding>) {
    let id = source.id().to_string();
    let mut examined = Examined {
        source: id.clone(),
        requests_per_minute: 0.0,
        bytes_per_minute: 0.0,
        version: None,
        clock_skew: None,
        feeds: Vec::new(),
    };
    let Ok(looks) = tokio::time::timeout(timeout, setup::test(source)).await else {
        let text = format!("no whole answer within {}", took(timeout));
        return (
            examined,
            vec![Finding::failed("source", &id, text, "try a longer --timeout, or ask the server why")],
        );
    };
    let mut findings = Vec::new();
    let mut answered = 0;
    let mut slowest = Duration::ZERO;
    let plans = source.feeds();
    for Look { feed, took: span, spent, seen } in looks {
        slowest = slowest.max(span);
        let interval =
            plans.iter().find(|plan| plan.feed == feed).map_or(60.0, |plan| plan.interval.as_secs_f64());
        let times = 60.0 / interval.max(0.001);
        examined.requests_per_minute += spent.requests as f64 * times;
        examined.bytes_per_minute += spent.bytes as f64 * times;
        let error = match seen {
            Ok(seen) => {
                // An open way says nothing of the server at its end.
                answered += usize::from(feed != Feed::Tunnel);
                examined.version = examined.version.or_else(|| version(&seen));
                findings.extend(seen.iter().flat_map(|seen| notes(&id, seen)));
                None
            }
            Err(error) => {
                findings.push(failed(&id, feed, &error));
                Some(error.to_string())
            }
        };
        examined.feeds.push(Looked { name: feed, took: span.as_secs_f64(), error });
    }
    // The same reason for every feed is told once.
    let all_failed = answered == 0 && findings.len() > 1;
    if all_failed {
        findings.truncate(1);
    }
    if answered > 0 {
        let text = format!(
            "{answered} of {} feeds answered, the slowest in {}",
            examined.feeds.iter().filter(|looked| looked.name != Feed::Tunnel).count(),
            took(slowest)
        );
        findings.insert(0, Finding::ok("source", &id, text));
        if findings.iter().all(|finding| finding.area != "rights") {
            findings.extend(rights::look(source, &id).await);
        }
        findings.extend(clock(source, &id, &mut examined).await);
    }
    findings.extend(ways::look(source, &id));
    if let Some(version) = &examined.version {
        findings.push(known(source.id().kind, &id, version));
    }
    (examined, findings)
}

fn failed(id: &str, feed: Feed, error: &SourceError) -> Finding {
    let failure = error.failure();
    let fix = match failure.kind {
        FailureKind::Refused => "start the server, or correct the port in its url",
        FailureKind::Dns => "correct the name in its url, or the name service of this machine",
        FailureKind::Timeout => "look whether the server hangs, or whether a firewall swallows the request",
        FailureKind::Tls => "compare the certificate at the server, then set `fingerprint` or `ca_file`",
        FailureKind::Unauthorised => {
            "give the credentials the rights that `wardroom init` lists for this kind"
        }
        _ if failure.text.contains("no org id") => "it has several tenants: set `tenant` to yours",
        FailureKind::Missing => elsewhere(feed),
        FailureKind::Busy => "ask less often: set `interval`",
        _ => "look at what the server itself logs",
    };
    let fix = ways::remedy(error).unwrap_or(fix);
    let area = if failure.kind == FailureKind::Unauthorised { "rights" } else { "source" };
    let text = format!("{feed}: {}", failure.text);
    if failure.kind == FailureKind::Missing {
        return Finding::note(area, id, text, fix);
    }
    Finding::failed(area, id, text, fix)
}

/// Where products with this API keep what this server does not know. Nothing else is lost by it.
const fn elsewhere(feed: Feed) -> &'static str {
    match feed {
        Feed::Targets | Feed::Scrapes => {
            "what scrapes knows its targets: add vmagent (:8429), the Prometheus behind Thanos or Mimir, or an agent as \
             [sources.prometheus.NAME]"
        }
        Feed::Rules => {
            "what evaluates knows the rules: add vmalert (:8880), Thanos Ruler (:10902), or Mimir with its `tenant` and \
             the path /prometheus as [sources.prometheus.NAME]"
        }
        Feed::Status => "nothing: without it alerts are joined by their labels alone",
        _ => "nothing, if it is another product with this API; else update the server",
    }
}

/// Whether these are targets of a server that does not tell when it scrapes, nor how often.
fn is_by_up(all: &[Target]) -> bool {
    !all.is_empty() && all.iter().all(|one| one.last_scrape.is_none() && one.interval == 0.0)
}

fn version(seen: &[Observation]) -> Option<String> {
    let version = seen.iter().find_map(|seen| match seen {
        Observation::Ready { version, .. } | Observation::Cluster { version, .. } => Some(version),
        Observation::Server(server) => Some(&server.version),
        Observation::Peers(peers) => {
            peers.iter().map(|peer| &peer.version).find(|version| !version.is_empty())
        }
        _ => None,
    });
    version.filter(|version| !version.is_empty()).map(ToString::to_string)
}

/// What answers, and says that it could say more.
fn notes(id: &str, seen: &Observation) -> Vec<Finding> {
    match seen {
        Observation::Targets(all) if is_by_up(all) => {
            let text = "targets: it keeps no list of them; those that have a series `up` are shown, without the \
                        errors of their scrapes";
            vec![Finding::note("source", id, text, elsewhere(Feed::Targets))]
        }
        Observation::Rules(all) if all.iter().all(|rule| rule.kind != RuleKind::Alerting) => {
            let text = "rules: it has no alerting rule, so nothing can fire by it";
            vec![Finding::note("source", id, text, elsewhere(Feed::Rules))]
        }
        Observation::Server(server) => {
            let hidden = server.hidden.as_ref().map(|why| {
                Finding::note(
                    "rights",
                    id,
                    format!("services: {why}"),
                    "give Audit on / to the token and its user",
                )
            });
            let now = Utc::now();
            let end = server.certificate.filter(|end| *end - now < SOON).map(|end| {
                let text =
                    format!("its certificate ends in {}", text::age((end - now).max(TimeDelta::zero())));
                Finding::note("source", id, text, "renew it, and compare the new fingerprint")
            });
            hidden.into_iter().chain(end).collect()
        }
        Observation::Backups { unreadable, .. } if !unreadable.is_empty() => {
            let text = format!("{} datastores or namespaces are not readable", unreadable.len());
            vec![Finding::note(
                "rights",
                id,
                text,
                "give Audit on / to the token and its user, or name `datastores`",
            )]
        }
        Observation::Inventory { partial: Some(why), .. } => {
            vec![Finding::note(
                "rights",
                id,
                why.to_string(),
                "give PVEAuditor on / to the token and its user",
            )]
        }
        Observation::Jobs { hidden, .. } => {
            let fix = "give RemoteAudit on /remote to the token and its user";
            hidden.iter().map(|why| Finding::note("rights", id, why.to_string(), fix)).collect()
        }
        Observation::Peers(peers) => {
            let silent = peers.iter().filter_map(|peer| Some((peer, peer.failure.as_ref()?)));
            let fix = "start it, or take it out of `urls`";
            silent
                .map(|(peer, why)| Finding::failed("source", id, format!("{}: {why}", peer.url), fix))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Holds the clock of a source against ours: what a Prometheus says of its own, of any other what the date of
/// its last answer proves.
async fn clock(source: &dyn Source, id: &str, examined: &mut Examined) -> Option<Finding> {
    if let Some(skew) = own_clock(source).await {
        examined.clock_skew = Some(skew);
        return Some(clocks(
            id,
            skew,
            format!("its clock differs by {:.1} s from this machine's", skew.abs()),
        ));
    }
    let proved = source.doors().iter().filter_map(|door| door.skew());
    let skew = seconds_of(proved.max_by_key(TimeDelta::abs)?);
    examined.clock_skew = Some(skew);
    let text = if skew == 0.0 {
        "its clock agrees with this machine's, as far as its answers tell".to_owned()
    } else {
        let side = if skew > 0.0 { "ahead of" } else { "behind" };
        format!("its clock is at least {:.1} s {side} this machine's", skew.abs())
    };
    Some(clocks(id, skew, text))
}

fn clocks(id: &str, skew: f64, text: String) -> Finding {
    if skew.abs() > SKEW {
        return Finding::failed("clock", id, text, "set both by NTP: `timedatectl set-ntp true`, or chrony");
    }
    Finding::ok("clock", id, text)
}

/// How far a Prometheus' own clock is ahead of ours, in seconds.
async fn own_clock(source: &dyn Source) -> Option<f64> {
    if source.id().kind != SourceKind::Prometheus {
        return None;
    }
    let before = Utc::now();
    let question = Question::Value { query: "vector(time())".into(), at: None };
    let Ok(Answer::Series(series)) = source.answer(question, before).await else { return None };
    let told = series.first()?.points.first()?.1;
    let middle = seconds(before) + (seconds(Utc::now()) - seconds(before)) / 2.0;
    Some(told - middle)
}

fn seconds_of(span: TimeDelta) -> f64 {
    span.num_milliseconds() as f64 / 1000.0
}

fn seconds(time: DateTime<Utc>) -> f64 {
    time.timestamp_millis() as f64 / 1000.0
}

/// What is known of a version.
fn known(kind: SourceKind, id: &str, version: &str) -> Finding {
    let mut numbers = version.trim_start_matches('v').split(|char: char| !char.is_ascii_digit());
    let mut next = || numbers.next().and_then(|number| number.parse::<u32>().ok()).unwrap_or(0);
    let release = (next(), next());
    let limits = [
        (
            SourceKind::Alertmanager,
            (0, 32),
            "before 0.32 silences carry no annotations; conditions stand in the comment",
        ),
        (SourceKind::Loki, (2, 9), "before 2.9 the volume is counted by queries, which is slow"),
        (SourceKind::Pbs, (3, 2), "before 3.2 there is no overview of garbage collection"),
        (SourceKind::Pve, (7, 0), "before 7.0 guests without a backup job are not listed"),
    ];
    let limit = limits.iter().find(|(of, least, _)| *of == kind && release < *least);
    match limit {
        Some((.., limit)) if release != (0, 0) => Finding::note(
            "version",
            id,
            format!("{version}: {limit}"),
            "update it when you can; nothing else is lost",
        ),
        _ => Finding::ok("version", id, version),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::*;

    #[test]
    fn old_versions_say_what_they_lack() {
        for (kind, version, level) in [
            (SourceKind::Alertmanager, "0.27.0", Level::Note),
            (SourceKind::Alertmanager, "v0.33.1", Level::Ok),
            (SourceKind::Pbs, "3.1-5", Level::Note),
            (SourceKind::Pbs, "4.0.3", Level::Ok),
            (SourceKind::Loki, "unknown", Level::Ok),
            (SourceKind::Prometheus, "2.1", Level::Ok),
        ] {
            assert_eq!(known(kind, "x", version).level, level, "{kind} {version}");
        }
    }
}
