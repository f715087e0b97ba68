//! Text of others at every field of every answer: whatever stands there, no character that a terminal
//! acts on comes further than the source, and nothing breaks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ratatui::buffer::Buffer;
use rstest::rstest;
use serde::Serialize;
use serde_json::{Value, json};
use wardroom::app::Setup;
use wardroom::border::Msg;
use wardroom::demo::Scenario;
use wardroom::domain::feed::{Failure, Feed, SourceKind};
use wardroom::domain::observation::Observation;
use wardroom::sources::Source;
use wardroom::text::is_plain;

use super::door::{Fault, NO_TEXT};
use super::house::House;
use crate::screens::desk::Desk;

/// What no terminal should ever be told by another: C0, C1, CSI, OSC 0, 8 and 52, DCS, text that
/// turns, text that hides, marks without end, wide signs, and what looks like our own.
pub fn nasty() -> String {
    let mut text = String::from(
        "\u{1b}[2J\u{1b}[31;5mR\u{1b}]0;owned\u{7}\u{1b}]8;;http://evil.invalid\u{1b}\\x\u{1b}]52;c;AAAA\u{7}\u{1b}P+q\u{1b}\\\
         \u{1b}[?1000h\u{9b}31m\u{9d}0;t\u{9c}\u{90}q\u{9c}\0\u{8}\u{7f}\r\n\t\u{b}\u{c}\u{85}\u{2028}\u{2029}\
         \u{202e}gpj.exe\u{202c}\u{2066}i\u{2069}\u{200f}\u{61c}\u{200b}\u{200d}\u{2060}\u{feff}\u{ad}\u{fe0f}\u{e0041}\u{180e}\
         磁盘🧯👩\u{200d}👧\u{1f1e9}\u{1f1ea}ﷺ$(id)`id`;'\"\\\\",
    );
    // Signs that are one, two or no cells by the terminal's own tables, and such as grow together.
    text.push_str(
        "°±①★…─Ａｶﾞ\u{1100}\u{1161}\u{11a8}क्षिกำ\u{f67}\u{f90}\u{fb5}\u{fa8}1\u{20e3}👍\u{1f3fd}\u{1f1e9}\
         \u{e000}\u{fffd}\u{ffff}\u{10ffff}",
    );
    text.push('e');
    text.extend(std::iter::repeat_n('\u{301}', 60));
    text
}

/// A megabyte: marks on one letter, and more of the same as above.
fn endless() -> String {
    let marks = "\u{301}\u{488}\u{20dd}".repeat((512 << 10) / 7);
    format!("e{marks}{}", nasty().repeat((512 << 10) / nasty().len()))
}

/// A field of an answer: the path that was asked for, and the names down to it; `*` is every element.
pub type Field = (String, String);

/// All fields of an answer that hold what `is_meant`.
pub fn fields(json: &Value, at: &str, is_meant: fn(&Value) -> bool, found: &mut BTreeSet<String>) {
    match json {
        Value::Object(map) => {
            map.iter().for_each(|(name, value)| fields(value, &format!("{at}/{name}"), is_meant, found));
        }
        Value::Array(list) => {
            for value in list {
                fields(value, &format!("{at}/*"), is_meant, found);
            }
        }
        _ => {}
    }
    if is_meant(json) && !at.is_empty() {
        found.insert(at.to_owned());
    }
}

/// Does `change` to what stands at a field.
pub fn change_at(json: &mut Value, path: &str, change: &dyn Fn(&mut Value)) {
    let Some(rest) = path.strip_prefix('/') else { return change(json) };
    let (name, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match json {
        Value::Object(map) => {
            // The names of labels have no slash here; of those that have, all are meant.
            map.iter_mut()
                .filter(|(have, _)| *have == name)
                .for_each(|(_, value)| change_at(value, rest, change));
        }
        Value::Array(list) if name == "*" => list.iter_mut().for_each(|value| change_at(value, rest, change)),
        _ => {}
    }
}

/// Where what a source says of its feeds comes from: the fields, and the feeds that ask for them.
async fn known(
    house: &House,
    source: &dyn Source,
    is_meant: fn(&Value) -> bool,
) -> BTreeMap<Field, BTreeSet<Feed>> {
    let seen: Arc<std::sync::Mutex<BTreeSet<Field>>> = Arc::default();
    let note = Arc::clone(&seen);
    let kind = source.id().kind;
    for door in house.doors_of(kind) {
        let note = Arc::clone(&note);
        door.set(Fault::Changes(Arc::new(move |path, json| {
            let mut found = BTreeSet::new();
            fields(json, "", is_meant, &mut found);
            let mut all = note.lock().expect("no test panics while it holds this");
            all.extend(found.into_iter().map(|field| (path.to_owned(), field)));
        })));
    }
    let mut known: BTreeMap<Field, BTreeSet<Feed>> = BTreeMap::new();
    for plan in source.feeds() {
        source.observe(plan.feed, house.clock.now().wall).await.expect("the lab is well");
        for field in std::mem::take(&mut *seen.lock().expect("no test panics while it holds this")) {
            known.entry(field).or_default().insert(plan.feed);
        }
    }
    known
}

/// The first character in what was seen that a terminal would act on.
pub fn acted_on(seen: &Result<impl Serialize, Failure>) -> Option<String> {
    let told = match seen {
        Ok(seen) => serde_json::to_value(seen).expect("what is seen can be recorded"),
        Err(failure) => json!([failure.short, failure.text]),
    };
    let mut all = vec![("", &told)];
    while let Some((name, value)) = all.pop() {
        match value {
            Value::String(text) => {
                if let Some(bad) = text.chars().find(|char| *char != '\n' && !is_plain(*char)) {
                    return Some(format!("U+{:04X} in {name}", u32::from(bad)));
                }
            }
            Value::Array(list) => all.extend(list.iter().map(|value| (name, value))),
            Value::Object(map) => {
                if let Some(bad) = map.keys().find(|key| !key.chars().all(is_plain)) {
                    return Some(format!("a key of {name}: {bad:?}"));
                }
                all.extend(map.iter().map(|(name, value)| (name.as_str(), value)));
            }
            _ => {}
        }
    }
    None
}

/// Asks the feeds again with one field changed, and gives what was seen.
async fn with_changed(
    house: &House,
    source: &dyn Source,
    (path, field): &Field,
    feeds: &BTreeSet<Feed>,
    change: Arc<dyn Fn(&mut Value) + Send + Sync>,
) -> Vec<(Feed, Result<Vec<Observation>, Failure>)> {
    for door in house.doors_of(source.id().kind) {
        let (path, field, change) = (path.clone(), field.clone(), Arc::clone(&change));
        door.set(Fault::Changes(Arc::new(move |asked, json| {
            if asked == path {
                change_at(json, &field, &*change);
            }
        })));
    }
    let mut all = Vec::new();
    for feed in feeds {
        let seen = source.observe(*feed, house.clock.now().wall).await;
        all.push((*feed, seen.map_err(|error| error.failure())));
    }
    all
}

/// Where what a kind of server says is shown.
const fn places(kind: SourceKind) -> &'static [&'static str] {
    match kind {
        SourceKind::Prometheus => &["1", "3", "3<enter>", "6", "8"],
        SourceKind::Alertmanager => &["1", "2", "2<enter>", "S"],
        SourceKind::Loki => &["1", "3", "4"],
        _ => &["1", "5", "5<enter>", "C", "v"],
    }
}

/// Each cell holds what a terminal only shows, and nothing of it stands beyond the edge: half of a wide
/// sign there moves all that follows.
pub fn expect_sound(buffer: &Buffer, when: &str) {
    let width = usize::from(buffer.area.width);
    for (at, cell) in buffer.content.iter().enumerate() {
        let symbol = cell.symbol();
        // Most cells by far: a million frames are looked at.
        if matches!(symbol.as_bytes(), [b' '..=b'~']) {
            continue;
        }
        assert!(symbol.chars().all(is_plain), "{when}, cell {at}: {symbol:?}");
        let end = at % width + wardroom::text::width(symbol);
        assert!(end <= width, "{when}, cell {at} at the edge: {symbol:?}");
    }
}

/// Draws the views in which it is shown, and looks at each cell.
fn draw_all(desk: &mut Desk, kind: SourceKind, what: &str) {
    for keys in places(kind) {
        desk.keys(keys);
        let buffer = desk.draw();
        expect_sound(buffer, &format!("{what}, after {keys}"));
        desk.keys("<esc><esc>");
    }
}

#[rstest]
#[tokio::test]
async fn no_field_of_any_answer_reaches_the_screen_as_control(
    #[values(
        SourceKind::Prometheus,
        SourceKind::Alertmanager,
        SourceKind::Loki,
        SourceKind::Pbs,
        SourceKind::Pve
    )]
    kind: SourceKind,
) {
    let house = House::start(Scenario::HostDown).await;
    let known = known(&house, &*house.source(kind), Value::is_string).await;
    assert!(!known.is_empty(), "{kind} says something");
    let (mut taken, mut wrong) = (0, String::new());
    for (field, feeds) in &known {
        let texts = [
            ("nasty", nasty(), usize::MAX),
            ("no text", format!("x{NO_TEXT}y"), usize::MAX),
            // An answer of more than 48 MB would be none.
            ("endless", endless(), 3),
        ];
        for (name, text, most) in texts {
            let source = house.source(kind);
            let setup =
                Setup { sources: wardroom::commands::expected(&[Arc::clone(&source)]), ..Setup::default() };
            let left = AtomicUsize::new(most);
            let change = move |value: &mut Value| {
                let one_less = |left: usize| left.checked_sub(1);
                if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
                    *value = Value::String(text.clone());
                }
            };
            let seen = with_changed(&house, &*source, field, feeds, Arc::new(change)).await;
            let is_taken = seen.iter().any(|(_, seen)| seen.is_ok());
            let mut desk = Desk::new(setup, (120, 40));
            for (feed, seen) in seen {
                if let Some(bad) = acted_on(&seen) {
                    let _infallible = writeln!(wrong, "{} {} ({name}), {feed}: {bad}", field.0, field.1);
                }
                desk.hear([Msg::Observed { source: source.id().clone(), feed, result: seen, took: 0.01 }]);
            }
            if name == "nasty" && is_taken {
                draw_all(&mut desk, kind, &format!("{} {}", field.0, field.1));
                taken += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(taken > known.len() / 3, "{taken} of {} are no more than refused", known.len());
}

/// Times at the ends of what can be told, and just beyond: whatever is reckoned with them, and shown.
#[rstest]
#[tokio::test]
async fn no_time_is_so_far_off_that_it_breaks_anything(
    #[values(
        SourceKind::Prometheus,
        SourceKind::Alertmanager,
        SourceKind::Loki,
        SourceKind::Pbs,
        SourceKind::Pve
    )]
    kind: SourceKind,
) {
    /// A number, or a text that is a number or a time.
    fn is_timely(value: &Value) -> bool {
        let is_time =
            |text: &str| text.parse::<f64>().is_ok() || chrono::DateTime::parse_from_rfc3339(text).is_ok();
        value.is_number() || value.as_str().is_some_and(is_time)
    }
    let house = House::start(Scenario::HostDown).await;
    let known = known(&house, &*house.source(kind), is_timely).await;
    // The ends of what the calendar of the program knows, of nanoseconds, and of four digits.
    let seconds = [8_210_266_876_799_i64, 253_402_300_799, 9_223_372_036, 0, -1, -8_334_601_228_800];
    let texts = ["9999-12-31T23:59:59.999999999Z", "0000-01-01T00:00:00Z", "1969-12-31T23:59:59-12:00"];
    for (number, (field, feeds)) in known.iter().enumerate() {
        for turn in 0..2 {
            let (at, text) =
                (seconds[(number + 3 * turn) % seconds.len()], texts[(number + turn) % texts.len()]);
            let source = house.source(kind);
            let change = move |value: &mut Value| {
                *value = match value {
                    Value::String(old) if old.parse::<f64>().is_ok() => json!(at.to_string()),
                    Value::String(_) => json!(text),
                    _ => json!(at),
                };
            };
            let seen = with_changed(&house, &*source, field, feeds, Arc::new(change)).await;
            let setup =
                Setup { sources: wardroom::commands::expected(&[Arc::clone(&source)]), ..Setup::default() };
            let mut desk = Desk::new(setup, (120, 40));
            let is_taken = seen.iter().any(|(_, seen)| seen.is_ok());
            for (feed, seen) in seen {
                assert_eq!(acted_on(&seen), None, "{field:?} {feed}");
                desk.hear([Msg::Observed { source: source.id().clone(), feed, result: seen, took: 0.01 }]);
            }
            if is_taken {
                draw_all(&mut desk, kind, &format!("{} {}", field.0, field.1));
            }
        }
    }
}

#[rstest]
#[tokio::test]
async fn no_field_of_a_wrong_type_breaks_anything(
    #[values(
        SourceKind::Prometheus,
        SourceKind::Alertmanager,
        SourceKind::Loki,
        SourceKind::Pbs,
        SourceKind::Pve
    )]
    kind: SourceKind,
) {
    let house = House::start(Scenario::HostDown).await;
    let known = known(&house, &*house.source(kind), |value| !value.is_null()).await;
    let wrongs = [
        json!(null),
        json!(-1),
        json!(1e300),
        json!(u64::MAX),
        json!(true),
        json!(""),
        json!([]),
        json!({}),
        json!("9999999999999999999"),
    ];
    for (number, (field, feeds)) in known.iter().enumerate() {
        for other in 0..3 {
            let value = wrongs[(number + 3 * other) % wrongs.len()].clone();
            let source = house.source(kind);
            let seen =
                with_changed(&house, &*source, field, feeds, Arc::new(move |at| *at = value.clone())).await;
            for (feed, seen) in seen {
                let bad = acted_on(&seen);
                assert_eq!(bad, None, "{field:?} {feed}");
            }
        }
    }
}
