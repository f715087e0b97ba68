//! What is asked of a Loki on demand: lines of a time, labels and their values, how many lines of
//! each level there are, and whether a query is one.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::ask::Asker;
use super::wire;
use crate::domain::feed::SourceId;
use crate::domain::question::{Answer, Question, Wrong};
use crate::net::NetError;
use crate::sources::SourceError;
use crate::text::sanitise;

/// Answers one question.
pub(super) async fn answer(id: &SourceId, asker: &Asker, question: Question) -> Result<Answer, SourceError> {
    match question {
        Question::Lines(window) => {
            let rows = asker.window(&window).await?;
            Ok(Answer::Lines(rows.into_iter().map(|row| row.line).collect()))
        }
        Question::Labels => names(asker, "/loki/api/v1/labels").await,
        Question::LabelValues(name) => {
            // The name is a part of the path.
            let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if !is_name || name.is_empty() {
                return Ok(Answer::Names(Arc::default()));
            }
            names(asker, &format!("/loki/api/v1/label/{name}/values")).await
        }
        Question::Volume { query, from, to, step } => volume(asker, &query, (from, to), step).await,
        Question::Check(query) => check(asker, &query).await,
        Question::Value { .. }
        | Question::Series { .. }
        | Question::Readable(_)
        | Question::Dashboards
        | Question::Boards
        | Question::Log { .. } => Err(SourceError::unasked(id)),
    }
}

async fn names(asker: &Asker, path: &str) -> Result<Answer, SourceError> {
    let names = asker.ask(path, &[], wire::labels).await?;
    Ok(Answer::Names(names.iter().map(|name| sanitise(name).into()).collect()))
}

/// Loki 3 finds a level for every line; an older one counts by the label, if streams have one.
async fn volume(
    asker: &Asker,
    query: &str,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    step: u32,
) -> Result<Answer, SourceError> {
    let counted = format!("sum by (detected_level, level) (count_over_time({query} [{step}s]))");
    let (from, to) = (from.timestamp().to_string(), to.timestamp().to_string());
    let step = step.to_string();
    let parameters = [("query", counted.as_str()), ("start", &from), ("end", &to), ("step", &step)];
    asker.ask("/loki/api/v1/query_range", &parameters, wire::matrix).await.map(Answer::Series)
}

/// Asks the parser alone; a server without one is asked for a line.
async fn check(asker: &Asker, query: &str) -> Result<Answer, SourceError> {
    let parameters = [("query", query)];
    match asker.ask("/loki/api/v1/format_query", &parameters, wire::pretty).await {
        Ok(()) => Ok(Answer::Checked(None)),
        Err(SourceError::Refused { reason, .. }) => Ok(Answer::Checked(Some(wrong(&reason, query)))),
        Err(SourceError::Net(NetError::Status { status: 404, .. })) => {
            let parameters = [("query", query), ("limit", "1")];
            match asker.ask("/loki/api/v1/query_range", &parameters, wire::page).await {
                Ok(_) => Ok(Answer::Checked(None)),
                Err(SourceError::Refused { reason, .. }) => Ok(Answer::Checked(Some(wrong(&reason, query)))),
                Err(error) => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}

/// `parse error at line 1, col 11: syntax error: ...`, with the place.
fn wrong(reason: &str, query: &str) -> Wrong {
    // A newer parser answers with JSON.
    let text = serde_json::from_str::<serde_json::Value>(reason)
        .ok()
        .and_then(|read| read.get("error")?.as_str().map(str::to_owned))
        .unwrap_or_else(|| reason.to_owned());
    let text = sanitise(text.trim()).into_owned();
    let number = |after: &str| -> Option<usize> {
        let (_, rest) = text.split_once(after)?;
        rest.split(|char: char| !char.is_ascii_digit()).next()?.parse().ok()
    };
    let at = number("at line ").zip(number("col ")).map(|(line, column)| {
        let before: usize =
            query.split('\n').take(line.saturating_sub(1)).map(|line| line.chars().count() + 1).sum();
        (before + column.saturating_sub(1)).min(query.chars().count())
    });
    Wrong { text: text.into(), at }
}

#[cfg(test)]
mod tests {
    use super::wrong;

    #[test]
    fn the_place_of_a_fault_is_found() {
        let query = r#"{job="app""#;
        let told =
            wrong("parse error at line 1, col 11: syntax error: unexpected $end, expecting } or ,", query);
        assert_eq!(told.at, Some(10));
        let json = r#"{"status":"invalid-query","error":"parse error at line 2, col 3: syntax error"}"#;
        let told = wrong(json, "{a=\"b\"}\n| x");
        assert_eq!((&*told.text, told.at), ("parse error at line 2, col 3: syntax error", Some(10)));
        assert_eq!(wrong("queries require at least one matcher", "{}").at, None);
    }
}
