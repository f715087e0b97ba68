//! The fields of a line that is JSON or logfmt.

use std::borrow::Cow;

use serde_json::Value;

/// A name and its value, out of the line where they stand there as they are.
pub type Field<'t> = (Cow<'t, str>, Cow<'t, str>);

/// More fields than this are not told.
const MOST: usize = 100;

/// The fields of a line, in their order; none when it is neither JSON nor logfmt. Those within
/// others are named as Loki does: `request_method`.
pub fn fields(text: &str) -> Vec<Field<'_>> {
    let text = text.trim();
    let json = text.starts_with('{').then(|| serde_json::from_str::<Value>(text).ok()).flatten();
    if let Some(Value::Object(object)) = json {
        let mut all = Vec::new();
        for (name, value) in object {
            flatten(name, value, &mut all);
        }
        return all;
    }
    logfmt(text)
}

fn flatten(name: String, value: Value, to: &mut Vec<Field<'_>>) {
    if to.len() >= MOST {
        return;
    }
    match value {
        Value::Object(inner) => {
            for (inner, value) in inner {
                flatten(format!("{name}_{inner}"), value, to);
            }
        }
        Value::String(text) => to.push((name.into(), crate::text::sanitise(&text).into_owned().into())),
        other => to.push((name.into(), other.to_string().into())),
    }
}

/// `level=info msg="a b" took=3ms`. One pair in a sentence makes no logfmt.
fn logfmt(text: &str) -> Vec<Field<'_>> {
    let mut all = Vec::new();
    let (mut rest, mut words) = (text, 0);
    while !rest.is_empty() && all.len() < MOST {
        rest = rest.trim_start();
        words += 1;
        let end = rest.find(|char: char| char == '=' || char.is_whitespace()).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let is_name =
            !name.is_empty() && name.chars().all(|char| char.is_alphanumeric() || "_-.".contains(char));
        if let Some(value) = after.strip_prefix('=').filter(|_| is_name) {
            let (value, after) = value_of(value);
            all.push((name.into(), value));
            rest = after;
        } else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            rest = rest.get(end..).unwrap_or_default();
        }
    }
    if all.len() >= 2 && all.len() * 2 >= words { all } else { Vec::new() }
}

/// A value, quoted or not, and what follows it.
fn value_of(text: &str) -> (Cow<'_, str>, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let (value, after) = text.split_at(end);
        return (value.into(), after);
    };
    // Nearly all are as they stand there, up to the next quote.
    if let Some((value, after)) = quoted.split_once('"')
        && !value.contains('\\')
    {
        return (value.into(), after);
    }
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return (value.into(), quoted.get(at + 1..).unwrap_or_default()),
            '\\' => match chars.next() {
                Some((_, 'n' | 't')) => value.push(' '),
                Some((_, char)) => value.push(char),
                None => break,
            },
            char => value.push(char),
        }
    }
    (value.into(), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found() {
        let found = |text: &str| {
            fields(text).iter().map(|(name, value)| format!("{name}:{value}")).collect::<Vec<_>>().join(" | ")
        };
        for (text, expected) in [
            (
                r#"{"level":"warn","req":{"method":"GET","n":3},"x":null}"#,
                "level:warn | req_method:GET | req_n:3 | x:null",
            ),
            (r#"level=info msg="a \"b\" c" took=3ms"#, r#"level:info | msg:a "b" c | took:3ms"#),
            ("ts=1 x=", "ts:1 | x:"),
            ("it took a=3 and then nothing more came of it", ""),
            ("plain words", ""),
            (r#"{"broken": "#, ""),
            ("[1,2]", ""),
            (r#"a="unfinished b=c"#, ""),
            ("", ""),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
        assert_eq!(fields(&"a=1 ".repeat(1000)).len(), MOST);
    }
}
