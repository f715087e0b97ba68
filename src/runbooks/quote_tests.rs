use super::*;

fn at(quote: Quote, reading: Reading) -> Context {
    Context { quote, reading, ..Context::default() }
}

#[test]
fn each_context_has_its_encoding() {
    let url = |url| Context { url: Some(url), ..Context::default() };
    let exposed = |reading| Context { is_exposed: true, reading, ..Context::default() };
    let here = Context { delimiter: Some("EOF1".into()), ..at(Quote::Double, Reading::Again) };
    for (value, kind, context, expected) in [
        ("100", Kind::Vmid, at(Quote::Bare, Reading::Once), Some("100")),
        ("a b", Kind::Any, at(Quote::Bare, Reading::Once), Some("'a b'")),
        ("it's", Kind::Any, at(Quote::Bare, Reading::Once), Some(r"'it'\''s'")),
        ("~root", Kind::Any, at(Quote::Bare, Reading::Once), Some("'~root'")),
        ("A=1", Kind::Any, exposed(Reading::Once), Some("'A=1'")),
        ("if", Kind::Safeword, exposed(Reading::Once), Some("'if'")),
        ("a,b", Kind::Safeword, exposed(Reading::Again), None),
        ("a$b`c\"d\\e", Kind::Any, at(Quote::Double, Reading::Once), Some("a\\$b\\`c\\\"d\\\\e")),
        ("it's", Kind::Any, at(Quote::Double, Reading::Once), Some("it's")),
        ("it's", Kind::Any, at(Quote::Single, Reading::Once), Some(r"it'\''s")),
        ("$(x)", Kind::Any, at(Quote::Single, Reading::Once), Some("$(x)")),
        ("a b", Kind::Any, at(Quote::Single, Reading::Again), None),
        ("web-1.lan", Kind::Host, at(Quote::Single, Reading::Again), Some("web-1.lan")),
        ("a/b", Kind::Safeword, at(Quote::Single, Reading::Program), None),
        ("10.0.0.25", Kind::Host, at(Quote::Single, Reading::Program), Some("10.0.0.25")),
        ("12", Kind::Any, at(Quote::Bare, Reading::Number), Some("12")),
        ("a[0]", Kind::Any, at(Quote::Bare, Reading::Number), None),
        ("x", Kind::Any, at(Quote::Bare, Reading::Never("no")), None),
        ("EOF", Kind::Safeword, here.clone(), None),
        ("EOF2", Kind::Safeword, here, Some("EOF2")),
        ("fd00::25", Kind::Host, url(Url::Authority), Some("'[fd00::25]'")),
        ("fd00::25", Kind::Host, at(Quote::Bare, Reading::Once), Some("'fd00::25'")),
        ("10.0.0.25", Kind::Host, url(Url::Authority), Some("10.0.0.25")),
        ("9100", Kind::Port, url(Url::Authority), Some("9100")),
        ("a@evil", Kind::Safeword, url(Url::Authority), None),
        ("a b/c?d&e", Kind::Any, url(Url::Path), Some("a%20b%2Fc%3Fd%26e")),
        ("2025-11-06T02:00:03Z", Kind::Pbstime, url(Url::Path), Some("2025-11-06T02%3A00%3A03Z")),
    ] {
        // `fd00::25` begins with a letter and is a safe word.
        let expected = if value == "fd00::25" && context.url.is_none() { Some("fd00::25") } else { expected };
        assert_eq!(encode(value, kind, &context).ok().as_deref(), expected, "{value} {context:?}");
    }
    let port = Context { has_port: true, ..at(Quote::Double, Reading::Once) };
    assert_eq!(encode("::1", Kind::Host, &port), Ok("[::1]".to_owned()));
}

#[test]
fn promql_stays_one_string() {
    let text = |quote, is_regex| Promql::Text { quote, is_regex };
    for (value, place, expected) in [
        ("up\"} or on() vector(1) #", text('"', false), Some(r#"up\"} or on() vector(1) #"#)),
        ("a\\", text('"', false), Some(r"a\\")),
        ("it's", text('\'', false), Some(r"it\'s")),
        (".*", text('"', true), Some(r"\\.\\*")),
        ("a.b", text('`', true), Some(r"a\.b")),
        ("a`b", text('`', false), None),
        ("5", Promql::Bare, Some("5")),
        ("up", Promql::Bare, None),
        ("", Promql::Bare, None),
    ] {
        assert_eq!(promql(value, place).ok().as_deref(), expected, "{value}");
    }
}
