use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Matcher {
    text.parse().expect(text)
}

fn labels(all: &[(&str, &str)]) -> Labels {
    all.iter().copied().collect()
}

#[test]
fn matchers_are_read_as_amtool_reads_them() {
    for (text, name, operator, value) in [
        ("a=b", "a", "=", "b"),
        (" a = \"b c\" ", "a", "=", "b c"),
        ("a!=b", "a", "!=", "b"),
        ("a=~\"b|c\"", "a", "=~", "b|c"),
        ("a!~b.*", "a", "!~", "b.*"),
        ("a=", "a", "=", ""),
        ("a=\"\"", "a", "=", ""),
        ("a=b=c", "a", "=", "b=c"),
        (r#"a="say \"hi\"""#, "a", "=", "say \"hi\""),
        (r#"a="x\\y\nz""#, "a", "=", "x\\y\nz"),
        (r#"a=~"\d+""#, "a", "=~", r"\d+"),
        (r#""host name"="x""#, "host name", "=", "x"),
        ("größe=~1.", "größe", "=~", "1."),
        (r#"a="\u{1b}[2J""#, "a", "=", "\u{1b}[2J"),
        ("a=\"b,c}\"", "a", "=", "b,c}"),
    ] {
        let matcher = parse(text);
        assert_eq!((&*matcher.name, matcher.operator(), &*matcher.value), (name, operator, value), "{text}");
    }
    assert_eq!(Matcher::of_word("HostDown"), Ok(parse("alertname=HostDown")));
    assert_eq!(Matcher::of_word("a=b"), Ok(parse("a=b")));
}

#[test]
fn what_is_no_matcher_is_told_in_plain_words() {
    for (text, told) in [
        ("", "a matcher is empty; write name=\"value\""),
        ("HostDown", "HostDown has no operator; write name=\"value\", with =, !=, =~ or !~"),
        ("=x", "=x names no label; write name=\"value\""),
        ("a b=x", "the name a b has a space; put it in quotes"),
        ("a=\"x", "the quotes of \"x do not match"),
        ("a=x\"y", "x\"y has a quote in it; put the value in quotes and write \\\" for those within"),
        ("a=~\"(\"", "\"(\" is no regular expression: unclosed group"),
        ("{a=b}", "{a=b} stands in braces; write one matcher alone"),
        ("\"a", "the quote of \"a is not closed"),
    ] {
        assert_eq!(text.parse::<Matcher>().expect_err(text).to_string(), told);
    }
}

#[test]
fn lists_are_split_at_their_commas_only() {
    let all = read_all(r#"{a="b,c", d=~"x|y",}"#).expect("a list");
    assert_eq!(all, [parse("a=\"b,c\""), parse("d=~\"x|y\"")]);
    assert!(read_all("a=b,,c=d").is_err() && read_all("").is_err());
}

#[test]
fn an_absent_label_is_an_empty_one_and_expressions_are_anchored() {
    let alert = labels(&[("alertname", "HostDown"), ("instance", "10.0.0.21:9100")]);
    for (text, yes) in [
        ("alertname=HostDown", true),
        ("alertname=Host", false),
        ("alertname=~Host", false),
        ("alertname=~Host.*", true),
        ("instance=~10.0.0.21:9100", true),
        ("job=\"\"", true),
        ("job!=\"\"", false),
        ("job=~.*", true),
        ("job!=x", true),
        ("alertname!~Host.*", false),
    ] {
        let ready = Matchers::new(&[parse(text)]).expect(text);
        assert_eq!(ready.matches(&alert), yes, "{text}");
    }
}

#[test]
fn hollow_matchers_ask_for_nothing() {
    for (text, hollow) in [
        ("a=~.+", true),
        ("a=~.*", true),
        ("a!=\"\"", true),
        ("a!=b", true),
        ("a!~x.y", true),
        ("a=b", false),
        ("a=~b.*", false),
        ("a=~[0-9]+", false),
    ] {
        assert_eq!(parse(text).is_hollow(), hollow, "{text}");
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof!["(?s).{0,12}", "[\"\\\\\n,={}~! \u{1b}\u{202e}a.*+?|()\\[\\]^$]{0,12}"]
}

proptest! {
    #[test]
    fn what_is_shown_reads_back_the_same(name in any_text(), value in any_text(), is_equal: bool) {
        prop_assume!(!name.is_empty());
        let matcher = Matcher { is_equal, ..Matcher::equal(name.as_str(), value.as_str()) };
        let shown = matcher.to_string();
        prop_assert!(shown.chars().all(text::is_plain), "{shown:?}");
        prop_assert_eq!(shown.parse::<Matcher>(), Ok(matcher));
    }

    #[test]
    fn one_of_several_values_matches_these_and_no_other(
        values in prop::collection::vec(any_text(), 1..4),
        other in any_text(),
    ) {
        let matcher = Matcher::one_of("a", values.iter().map(String::as_str));
        let back: Matcher = matcher.to_string().parse().expect("it reads back");
        let ready = Matchers::new(&[back]).expect("an expression");
        for value in &values {
            prop_assert!(ready.matches(&labels(&[("a", value)])));
        }
        prop_assert_eq!(ready.matches(&labels(&[("a", &other)])), values.contains(&other));
    }

    #[test]
    fn no_text_makes_it_panic(text in any_text()) {
        let _ = text.parse::<Matcher>();
        let _ = read_all(&text);
    }
}
