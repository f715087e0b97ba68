use proptest::prelude::*;

use super::*;

fn words(text: &str) -> Vec<Vec<String>> {
    let script = lex(text);
    assert_eq!(script.faults, [], "{text}");
    commands(&script.tokens, text)
        .iter()
        .map(|command| command.said(text).into_iter().map(|said| said.text).collect())
        .collect()
}

fn is_whole(text: &str) {
    let script = lex(text);
    let mut at = 0;
    for token in &script.tokens {
        assert_eq!(token.span.start, at, "{text:?}: {script:?}");
        assert!(token.span.end >= at && text.get(token.span.clone()).is_some(), "{text:?}: {token:?}");
        at = token.span.end;
    }
    assert_eq!(at, text.len(), "{text:?}: {script:?}");
    drop(commands(&script.tokens, text));
}

#[test]
fn words_lose_their_quotes() {
    for (text, expected) in [
        ("ping -c 4 10.0.0.21", vec![vec!["ping", "-c", "4", "10.0.0.21"]]),
        ("a 'b c' \"d e\" f\\ g", vec![vec!["a", "b c", "d e", "f g"]]),
        ("a'b'\"c\"d", vec![vec!["abcd"]]),
        ("vzdump <VMID> --storage x", vec![vec!["vzdump", "<VMID>", "--storage", "x"]]),
        ("a | b && c || d; e & f", vec![vec!["a"], vec!["b"], vec!["c"], vec!["d"], vec!["e"], vec!["f"]]),
        ("a \\\n  b", vec![vec!["a", "b"]]),
        ("a foo\\\nbar", vec![vec!["a", "foobar"]]),
        ("a \\\r\n b\r\nc", vec![vec!["a", "b"], vec!["c"]]),
        ("a # b | c\nd", vec![vec!["a"], vec!["d"]]),
        ("a b#c", vec![vec!["a", "b#c"]]),
        ("a > /tmp/x 2>&1 < in", vec![vec!["a"]]),
        ("A=1 B=2 c d=3", vec![vec!["c", "d=3"]]),
        ("if a; then b; else c; fi", vec![vec!["a"], vec!["b"], vec!["c"]]),
        ("for v in x y; do a $v; done", vec![vec!["a", "$v"]]),
        ("case $x in a) b;; *) c;; esac; d", vec![vec!["b"], vec!["c"], vec!["d"]]),
        ("[[ -f a && -d b ]] && c", vec![vec!["[[", "-f", "a", "-d", "b", "]]"], vec!["c"]]),
        ("cat <<EOF\nrm -rf /\nEOF\nls", vec![vec!["cat"], vec!["ls"]]),
        ("cat <<-'E F'\n\tx\n\tE F\nls", vec![vec!["cat"], vec!["ls"]]),
        ("(a; b) | { c; }", vec![vec!["a"], vec!["b"], vec!["c"]]),
        ("echo $(a `b`) $((1+2)) ${x:-y}", vec![vec!["echo", "$(a `b`)", "$((1+2))", "${x:-y}"]]),
        ("diff <(a) >(b)", vec![vec!["diff", "<(a)", ">(b)"]]),
        ("a=(1 2) b", vec![vec!["b"]]),
    ] {
        assert_eq!(words(text), expected, "{text}");
        is_whole(text);
    }
}

#[test]
fn what_cannot_be_read_is_said() {
    for (text, message) in [
        ("a 'b", "a ' that is not closed"),
        ("a \"b", "a \" that is not closed"),
        ("a $(b", "a ( that is not closed"),
        ("a `b", "a ` that is not closed"),
        ("a ${b", "a ${ that is not closed"),
        ("a `b \\`c\\``", "a backslash in backticks, which is read twice"),
        ("a )", "a ) that closes nothing"),
        ("( a", "a ( that is not closed"),
        ("a \\", "a backslash before nothing"),
        ("cat <<EOF\nx", "a here-document that does not end"),
        ("cat <<EOF", "a here-document without its lines"),
        ("cat << | b\n", "a here-document without a delimiter"),
    ] {
        let script = lex(text);
        assert!(script.faults.iter().any(|fault| fault.message == message), "{text}: {:?}", script.faults);
        is_whole(text);
    }
    let deep = "$(".repeat(10_000);
    assert!(lex(&deep).faults.iter().any(|fault| fault.message == "too deep"));
    is_whole(&deep);
    is_whole(&"2<<".repeat(10_000));
    is_whole(&"<<$(cat ".repeat(10_000));
}

fn count(parts: &[Part]) -> usize {
    parts.iter().map(|part| usize::from(part.kind == Piece::Placeholder) + count(part.inner())).sum()
}

#[test]
fn placeholders_are_words_and_redirects_are_redirects() {
    let script = lex("a <X> x<VMID>y '<A>' \"<B>\" <in >out <(b) < c \\<D> 2>e");
    let found: usize = script
        .tokens
        .iter()
        .filter_map(|token| if let Kind::Word(parts) = &token.kind { Some(count(parts)) } else { None })
        .sum();
    assert_eq!(found, 4, "{script:#?}");
}

#[test]
fn what_runs_inside_is_found() {
    let text = "echo \"$(rm -rf x)\" `id` <(ls)\ncat <<E\n$(reboot)\nE\n";
    let script = lex(text);
    assert_eq!(script.faults, []);
    let inner: Vec<String> = nested(&script.tokens)
        .into_iter()
        .flat_map(|tokens| commands(tokens, text))
        .filter_map(|command| command.said(text).first().map(|said| said.text.clone()))
        .collect();
    assert_eq!(inner, ["rm", "id", "ls", "reboot"]);
}

proptest! {
    #[test]
    fn tokens_cover_any_text(text in "\\PC*") {
        is_whole(&text);
    }

    #[test]
    fn tokens_cover_what_looks_like_shell(
        text in "([a-z<>A-Z]|[ \\n\\t\\r\\\\'\"`$(){}<>|&;#=*~!0-9]|<<E\\n|\\$\\(|<VMID>|E\\n|\\$\\{|case |esac|é){0,60}"
    ) {
        is_whole(&text);
    }
}
