//! The logs pane: what is shown, found, asked for and marked.

use std::sync::Arc;

use wardroom::border::{Effect, Msg};
use wardroom::domain::labels::Labels;
use wardroom::domain::log::{Entry, Level, Line};
use wardroom::domain::question::{Answer, Question, Wrong};

use super::desk::Desk;
use super::homelab;

fn nanoseconds(desk: &Desk) -> i64 {
    desk.now.wall.timestamp_nanos_opt().expect("a time")
}

fn line(at: i64, host: &str, text: &str) -> Line {
    let stream: Labels = [("host", host), ("unit", "nginx")].into_iter().collect();
    Line::new(at, stream, text, Level::Info)
}

/// Answers what the screen asks until it asks nothing more.
fn answer(desk: &mut Desk, say: impl Fn(&Question) -> Answer) -> Vec<Question> {
    let mut asked = Vec::new();
    for _ in 0..5 {
        desk.draw();
        let effects = desk.app.asks(desk.now);
        let asks = effects.into_iter().filter_map(|effect| match effect {
            Effect::Ask { id, ask } => Some((id, ask)),
            _ => None,
        });
        let answers: Vec<Msg> = asks
            .map(|(id, ask)| {
                asked.push(ask.question.clone());
                Msg::Answered { slot: ask.slot, id, result: Ok(say(&ask.question)) }
            })
            .collect();
        if answers.is_empty() {
            break;
        }
        desk.hear(answers);
    }
    asked
}

fn names(names: &[&str]) -> Answer {
    Answer::Names(names.iter().map(|name| Arc::from(*name)).collect())
}

#[test]
fn an_alert_opens_its_logs_and_what_is_new_stands_out() {
    let mut desk = Desk::homelab((120, 30));
    desk.keys("2/HostDown<enter>l");
    let now = nanoseconds(&desk);
    let asked = answer(&mut desk, |question| match question {
        Question::Labels => names(&["host", "job"]),
        Question::Lines(window) if window.to < now - 1_700_000_000_000 => {
            Answer::Lines([line(window.from, "vm102", "request 12 took 3ms")].into())
        }
        Question::Lines(window) => Answer::Lines(
            [
                line(window.from, "vm102", "request 99 took 7ms"),
                line(window.from + 1, "vm102", "the disk is gone"),
            ]
            .into(),
        ),
        _ => Answer::Series(Vec::new()),
    });
    let queries: Vec<&str> = asked
        .iter()
        .filter_map(|question| match question {
            Question::Lines(window) => Some(&*window.query),
            _ => None,
        })
        .collect();
    assert!(queries.len() >= 3, "{asked:?}");
    assert!(queries.iter().all(|query| query.starts_with("{host=")), "{queries:?}");
    let screen = desk.screen();
    assert!(screen.contains("±15m") && screen.contains("2 new"), "{screen}");
    assert!(screen.contains("the disk is gone") && screen.contains("request 99"), "{screen}");
    let screen = desk.keys("u").screen();
    assert!(screen.contains("the disk is gone") && !screen.contains("request 99"), "{screen}");
    let screen = desk.keys("u+").screen();
    assert!(screen.contains("±30m") && screen.contains("asking"), "{screen}");
    let screen = desk.keys("<esc>").screen();
    assert!(!screen.contains("±30m"), "back to the tails: {screen}");
}

#[test]
fn without_a_common_label_nothing_is_asked() {
    let mut desk = Desk::homelab((100, 20));
    desk.keys("2l");
    let asked = answer(&mut desk, |_| names(&["pod"]));
    assert_eq!(asked, [Question::Labels], "never everything");
    assert!(desk.screen().contains("no label of this alert"), "{}", desk.screen());
}

#[test]
fn a_query_is_checked_completed_and_remembered() {
    let mut desk = Desk::homelab((100, 20));
    desk.keys("4Q<ctrl-u>{ho");
    answer(&mut desk, |question| match question {
        Question::Labels => names(&["host", "hostname", "job"]),
        Question::Check(_) => {
            Answer::Checked(Some(Wrong { text: "parse error: unexpected $end".into(), at: Some(3) }))
        }
        _ => Answer::Series(Vec::new()),
    });
    assert!(desk.screen().contains("parse error: unexpected $end"), "{}", desk.screen());
    desk.keys("<tab>=\"n");
    let asked = answer(&mut desk, |question| match question {
        Question::LabelValues(_) => names(&["nas01", "nas02"]),
        Question::Check(_) => Answer::Checked(None),
        _ => Answer::Series(Vec::new()),
    });
    assert!(asked.contains(&Question::LabelValues("host".into())), "{asked:?}");
    assert!(desk.screen().contains("nas01  nas02"), "{}", desk.screen());
    desk.keys("<tab>1\"}<enter>");
    let asked = answer(&mut desk, |_| Answer::Lines([line(7, "nas01", "hello there")].into()));
    let is_it = |question: &Question| matches!(question, Question::Lines(window) if &*window.query == "{host=\"nas01\"}");
    assert!(asked.iter().any(is_it), "{asked:?}");
    assert!(desk.screen().contains("hello there"), "{}", desk.screen());
    assert!(desk.keys("<esc>Q<up>").screen().contains("{host=\"nas01\"}"), "{}", desk.screen());
}

#[test]
fn context_is_asked_of_the_server_by_the_labels_of_the_stream() {
    let mut desk = Desk::homelab((100, 20));
    desk.hear([homelab::tail("units", vec![Entry::Line(line(nanoseconds(&desk), "web\"1", "boom"))])]);
    desk.keys("4c");
    let asked = answer(&mut desk, |question| match question {
        Question::Lines(window) if window.newest => {
            Answer::Lines([line(window.to - 1, "web\"1", "just before")].into())
        }
        Question::Lines(window) => Answer::Lines([line(window.from, "web\"1", "boom")].into()),
        _ => Answer::Series(Vec::new()),
    });
    let Some(Question::Lines(window)) = asked.first() else { panic!("{asked:?}") };
    assert_eq!(&*window.query, r#"{host="web\"1", unit="nginx"}"#);
    let screen = desk.screen();
    assert!(screen.contains("context") && screen.contains("just before"), "{screen}");
}

#[test]
fn stamps_labels_bookmarks_and_times() {
    let mut desk = Desk::homelab((120, 24));
    let now = nanoseconds(&desk);
    let lines = (0..200).map(|at| {
        Entry::Line(line(now - 200_000_000_000 + at * 1_000_000_000, "web1", &format!("number {at}")))
    });
    desk.hear([homelab::tail("units", lines.collect())]);
    desk.keys("4");
    assert!(desk.screen().contains("web1"));
    assert!(!desk.keys("L").screen().lines().any(|line| line.contains("web1") && line.contains("number")));
    let ages = desk.keys("T").screen();
    assert!(ages.contains("1s│") || ages.contains("1s │") || ages.contains("  1s"), "{ages}");
    desk.keys("kkkkkm");
    let marked = desk.screen();
    assert!(marked.contains('»'), "{marked}");
    let there = desk.keys("G'").screen();
    assert!(there.contains("paused"), "{there}");
    // Bars: one that lies before.
    desk.keys("G<lt>");
    assert!(desk.screen().contains("paused"), "{}", desk.screen());
    assert!(desk.keys("Jnever<enter>").screen().contains("is no time"), "{}", desk.screen());
}

#[test]
fn fields_are_shown_and_filtered_by() {
    let mut desk = Desk::homelab((120, 30));
    let now = nanoseconds(&desk);
    let mut odd = line(now, "web1", r#"{"status":500,"path":"/x"}"#);
    odd.more = [("trace_id", "abc123")].into_iter().collect();
    desk.hear([homelab::tail(
        "units",
        vec![Entry::Line(line(now - 5, "web1", "status=200 path=/fine")), Entry::Line(odd)],
    )]);
    let screen = desk.keys("4/status=500<enter>").screen();
    assert!(screen.contains("\"status\":500") && !screen.contains("/fine"), "{screen}");
    let detail = desk.keys("<enter>").screen();
    for word in ["Fields", "path", "/x", "Metadata", "trace_id", "abc123"] {
        assert!(detail.contains(word), "{word}: {detail}");
    }
    let screen = desk.keys("<esc>/<ctrl-u>~status=2\\d+<enter>").screen();
    assert!(screen.contains("/fine") && !screen.contains("500"), "{screen}");
}

#[test]
fn a_hundred_thousand_lines_are_searched_a_slice_a_frame() {
    let mut desk = Desk::new(
        wardroom::app::Setup {
            ring: wardroom::domain::log::RingLimits { lines: 200_000, bytes: 1 << 30 },
            ..homelab::setup()
        },
        (100, 20),
    );
    desk.hear(homelab::host_down());
    let now = nanoseconds(&desk);
    let lines = (0..100_000).map(|at| {
        let text = if at % 33_000 == 500 { format!("needle {at}") } else { format!("hay {at}") };
        Entry::Line(line(now - 100_000 + at, "web1", &text))
    });
    desk.hear([homelab::tail("units", lines.collect())]);
    desk.keys("4/~needle<enter>");
    let first = desk.screen();
    assert!(first.contains("searching"), "{first}");
    assert!(first.contains("needle 99500"), "the newest at once: {first}");
    for _ in 0..10 {
        desk.draw();
    }
    let whole = desk.screen();
    assert!(whole.contains("needle 500") && !whole.contains("searching"), "{whole}");
    assert!(!desk.app.is_dirty(), "nothing more is to be done");
}

#[test]
fn what_is_missing_is_drawn() {
    let mut desk = Desk::homelab((100, 20));
    let now = nanoseconds(&desk);
    desk.hear([homelab::tail(
        "units",
        vec![
            Entry::Gap { from: now - 14_000_000_000, to: now },
            Entry::Dropped { at: now + 1, count: 120 },
            Entry::Skipped { from: now + 1, to: now + 2, count: 7_000 },
        ],
    )]);
    let screen = desk.keys("4").screen();
    for words in ["gap 14s", "dropped 120 lines or more", "7000 lines not shown"] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
}

#[test]
fn tails_stand_side_by_side() {
    let mut setup = homelab::setup();
    for source in &mut setup.sources {
        if source.tails.is_empty() {
            continue;
        }
        source.tails = vec![("left".into(), "{a=\"1\"}".into()), ("right".into(), "{a=\"2\"}".into())];
    }
    let mut desk = Desk::new(setup, (120, 20));
    let now = nanoseconds(&desk);
    for (name, text) in [("left", "from the left"), ("right", "from the right")] {
        desk.hear([homelab::tail(name, vec![Entry::Line(line(now, "web1", text))])]);
    }
    let merged = desk.keys("4").screen();
    assert!(merged.lines().any(|row| row.contains("from the left")) && merged.contains("merged"), "{merged}");
    let split = desk.keys("|").screen();
    let row = split.lines().find(|row| row.contains("from the left")).expect("a row");
    assert!(row.contains("from the right"), "{split}");
}
