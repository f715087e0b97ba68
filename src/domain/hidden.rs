//! What a silence would have hidden: read from the series `ALERTS`, in which Prometheus keeps what
//! fired and when.

use chrono::TimeDelta;

use super::amtool::duration;
use super::labels::Labels;
use super::matcher::{Matchers, escaped, is_plain_name};
use super::question::{Answer, Series};
use super::silence::Matcher;

/// The query for what fired within `span` and would have been hidden: each alert with the number of
/// its samples.
///
/// `external`: the server's external labels. Alertmanager's alerts have them, its own series do not:
/// a matcher on one is decided here. `None`: no alert of this server would ever be covered.
pub fn query(matchers: &[Matcher], external: &Labels, span: TimeDelta) -> Option<String> {
    let is_decided = |matcher: &&Matcher| external.get(&matcher.name).is_some();
    let (decided, open): (Vec<_>, Vec<_>) = matchers.iter().partition(is_decided);
    let decided: Vec<Matcher> = decided.into_iter().cloned().collect();
    if !Matchers::new(&decided).is_ok_and(|decided| decided.matches(external)) {
        return None;
    }
    let asked = open.into_iter().map(selector);
    let all: Vec<String> = std::iter::once("alertstate=\"firing\"".to_owned()).chain(asked).collect();
    Some(format!("count_over_time(ALERTS{{{}}}[{}])", all.join(","), duration(span)))
}

/// A matcher as PromQL writes it.
pub fn selector(matcher: &Matcher) -> String {
    let name = if is_plain_name(&matcher.name) {
        matcher.name.to_string()
    } else {
        format!("\"{}\"", escaped(&matcher.name, go))
    };
    format!("{name}{}\"{}\"", matcher.operator(), escaped(&matcher.value, go))
}

/// A character in Go's words, which are PromQL's.
fn go(char: char) -> String {
    format!("\\U{:08x}", u32::from(char))
}

/// What would have been hidden.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hidden {
    /// The labels of each alert, as Prometheus has them, with the number of samples in which it
    /// fired; those that fired longest first.
    pub alerts: Vec<(Labels, f64)>,
}

impl Hidden {
    /// Reads the answer to [`query`].
    pub fn read(answer: &Answer) -> Self {
        let mut alerts: Vec<(Labels, f64)> = answer.series().iter().filter_map(alert).collect();
        alerts.sort_by(|one, other| other.1.total_cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        Self { alerts }
    }

    /// How many alerts.
    pub fn count(&self) -> usize {
        self.alerts.len()
    }

    /// The names of the alerts, each with its number, the most frequent first.
    pub fn by_name(&self) -> Vec<(String, usize)> {
        let mut names: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
        for (labels, _) in &self.alerts {
            *names.entry(labels.get("alertname").unwrap_or("")).or_default() += 1;
        }
        let mut names: Vec<_> = names.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
        names.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        names
    }
}

/// The alert that a series tells of; the labels that only the series has are taken away.
fn alert(series: &Series) -> Option<(Labels, f64)> {
    let (_, samples) = series.points.last()?;
    let own = series.labels.iter().filter(|(name, _)| !matches!(*name, "__name__" | "alertstate"));
    Some((own.collect(), *samples))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn all(texts: &[&str]) -> Vec<Matcher> {
        texts.iter().map(|text| text.parse().expect("a matcher")).collect()
    }

    #[test]
    fn the_query_asks_for_what_the_matchers_cover() {
        let none = Labels::default();
        let asked =
            query(&all(&["alertname=HostDown", "instance=~\"10\\.0.*\""]), &none, TimeDelta::hours(24));
        assert_eq!(
            asked.as_deref(),
            Some(
                r#"count_over_time(ALERTS{alertstate="firing",alertname="HostDown",instance=~"10\\.0.*"}[1d])"#
            )
        );
        let odd = query(&[Matcher::equal("a", "q\"\\\n\u{1b}")], &none, TimeDelta::days(7));
        assert_eq!(
            odd.as_deref(),
            Some(r#"count_over_time(ALERTS{alertstate="firing",a="q\"\\\n\U0000001b"}[7d])"#)
        );
    }

    #[test]
    fn external_labels_are_decided_here() {
        let external: Labels = [("site", "home")].into_iter().collect();
        let asked = query(&all(&["site=home", "job=node"]), &external, TimeDelta::hours(24));
        assert_eq!(asked.as_deref(), Some(r#"count_over_time(ALERTS{alertstate="firing",job="node"}[1d])"#));
        assert_eq!(query(&all(&["site=cabin"]), &external, TimeDelta::hours(24)), None);
    }

    #[test]
    fn an_answer_is_a_list_of_alerts() {
        let series = |instance: &str, samples| Series {
            labels: [
                ("__name__", "x"),
                ("alertname", "HostDown"),
                ("alertstate", "firing"),
                ("instance", instance),
            ]
            .into_iter()
            .collect(),
            points: vec![(DateTime::UNIX_EPOCH, samples)],
        };
        let hidden = Hidden::read(&Answer::Series(vec![series("a", 2.0), series("b", 7.0)]));
        assert_eq!(hidden.count(), 2);
        assert_eq!(hidden.by_name(), [("HostDown".to_owned(), 2)]);
        let first = hidden.alerts.first().expect("two alerts");
        assert_eq!(first.0, [("alertname", "HostDown"), ("instance", "b")].into_iter().collect());
    }
}
