use proptest::prelude::*;

use super::*;
use crate::runbooks::spot::spots;

fn filled(template: &str, value: &str, kind: Kind) -> Result<String, Vec<String>> {
    let script = shell::lex(template);
    let spots = spots(&script, template);
    let names: Vec<String> = spots.iter().map(|spot| spot.name.clone()).collect();
    let value = Value { text: value.to_owned(), kind };
    shell(template, &script, &spots, &names.into_iter().map(|name| (name, value.clone())).collect())
}

#[test]
fn values_stand_as_their_place_asks() {
    for (template, value, kind, expected) in [
        ("qm start <VMID>", "100", Kind::Vmid, Some("qm start 100")),
        ("echo <V>", "a b", Kind::Any, Some("echo 'a b'")),
        ("echo x<V>y", "a b", Kind::Any, Some("echo x'a b'y")),
        ("echo \"<V>\"", "$x", Kind::Any, Some("echo \"\\$x\"")),
        ("echo '<V>'", "a'b", Kind::Any, Some("echo 'a'\\''b'")),
        ("watch -n 5 'qm status <VMID>'", "100", Kind::Vmid, Some("watch -n 5 'qm status 100'")),
        ("watch 'ls <V>'", "a b", Kind::Any, None),
        ("echo $(ls <V>)", "a b", Kind::Any, None),
        ("echo \"`ls <V>`\"", "a b", Kind::Any, None),
        ("ssh h ls <V>", "a b", Kind::Any, None),
        ("sh -c 'ls <V>'", "a b", Kind::Any, None),
        ("ls <V> | sh", "a b", Kind::Any, None),
        ("sudo su -c 'ls <V>'", "a;b", Kind::Any, None),
        ("/usr/bin/bash -c \"<V>\"", "a b", Kind::Any, None),
        ("eval ls <V>", "a b", Kind::Any, None),
        ("X=<V>", "a b", Kind::Any, None),
        ("X=<V>", "4242", Kind::Pid, Some("X=4242")),
        ("export X=<V>", "a b", Kind::Any, None),
        ("cat <<E\n<V>\nE\n", "a b", Kind::Any, None),
        ("cat <<EOF\n<V>\nEOF\nrm x\n", "EOF", Kind::Safeword, None),
        ("cat <<'EOF'\nx<V>\nEOF\n", "y", Kind::Safeword, Some("cat <<'EOF'\nxy\nEOF\n")),
        ("echo ${X:-<V>}", "a", Kind::Safeword, None),
        ("echo $((<V> + 1))", "a", Kind::Safeword, None),
        ("echo $((<V> + 1))", "7", Kind::Any, Some("echo $((7 + 1))")),
        ("echo $<V>", "HOME", Kind::Safeword, None),
        ("echo \"$<V>\"", "HOME", Kind::Safeword, None),
        ("echo \"\\<V>\"", "$HOME", Kind::Any, None),
        ("echo '$<V>'", "HOME", Kind::Safeword, Some("echo '$HOME'")),
        ("watch 'echo $<V>'", "HOME", Kind::Safeword, None),
        ("echo $'<V>'", "a", Kind::Safeword, None),
        ("echo {a,<V>}", "b,c", Kind::Safeword, Some("echo {a,'b,c'}")),
        ("echo <V>>/tmp/x", "2", Kind::Any, Some("echo '2'>/tmp/x")),
        ("echo x >&<V>", "2", Kind::Any, None),
        ("<V> status", "A=1", Kind::Any, Some("'A=1' status")),
        ("awk '{print <V>}'", "x/y", Kind::Safeword, None),
        ("sed 's/a/<V>/'", "b/e;w", Kind::Any, None),
        ("curl http://<V>/x", "evil@host", Kind::Safeword, None),
        (
            "curl http://<V>:9100/metrics",
            "fd00::25",
            Kind::Host,
            Some("curl http://'[fd00::25]':9100/metrics"),
        ),
        ("ping -c 4 <V>", "fd00::25", Kind::Host, Some("ping -c 4 fd00::25")),
        ("x instance=\"<V>:9100\"", "fd00::25", Kind::Host, Some("x instance=\"[fd00::25]:9100\"")),
        ("curl \"http://h/<V>\"", "a b&c", Kind::Any, Some("curl \"http://h/a%20b%26c\"")),
        ("echo \\<V\\> <W>", "x", Kind::Safeword, Some("echo \\<V\\> x")),
    ] {
        assert_eq!(filled(template, value, kind).ok().as_deref(), expected, "{template} with {value}");
    }
}

#[test]
fn a_value_is_not_read_for_placeholders() {
    assert_eq!(filled("echo <V> <V>", "<V>", Kind::Any).ok().as_deref(), Some("echo '<V>' '<V>'"));
}

#[test]
fn an_open_placeholder_refuses() {
    let template = "vzdump <VMID> --storage x";
    let script = shell::lex(template);
    let told = shell(template, &script, &spots(&script, template), &BTreeMap::new());
    assert_eq!(told, Err(vec!["<VMID> is open".to_owned()]));
}

#[test]
fn queries_are_parted_and_filled() {
    let text = "# View\n100 - (avg by(instance) (\n\n  x{i=\"<T>:9100\"}))\n\n# Mode\nsum(y{i=~\"<T>\"})\n";
    let all = queries(text);
    assert_eq!(all.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 6]);
    let value = Value { text: "fd00::25".into(), kind: Kind::Host };
    let values: BTreeMap<String, Value> = [("T".to_owned(), value)].into();
    let told: Vec<String> = all.iter().map(|(_, query)| promql(query, &values).expect("filled")).collect();
    assert!(told.first().is_some_and(|query| query.contains("\"[fd00::25]:9100\"")), "{told:?}");
    assert_eq!(promql("sum(<T>)", &values).ok(), None);
    assert_eq!(promql("x{a=\"\\<T>\"}", &values).ok(), None);
}

/// The label values of a query, unescaped as Prometheus does it.
fn strings(query: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut chars = query.chars();
    while let Some(char) = chars.next() {
        if char == '"' {
            let mut text = String::new();
            loop {
                match chars.next()? {
                    '"' => break,
                    '\\' => text.push(chars.next()?),
                    char => text.push(char),
                }
            }
            found.push(text);
        }
    }
    Some(found)
}

proptest! {
    #[test]
    fn a_value_is_never_a_second_word_or_command(
        value in "\\PC{1,12}|[ -~]{1,12}|[a-z$`\"'\\\\;|&<>(){}*?~#!=, ]{1,8}",
        template in proptest::sample::select(vec![
            "a <V>", "a x<V>y", "a \"<V>\"", "a \"x <V>\"y", "a '<V>'", "a '<V>'<V>\"<V>\"", "<V> b", "a {x,<V>}",
            "a <V>>b", "a \"$x<V>\" | b", "a 'x'<V>",
        ]),
    ) {
        if let Ok(text) = filled(template, &value, Kind::Any) {
            let (was, is) = (shell::lex(template), shell::lex(&text));
            prop_assert_eq!(&is.faults, &vec![]);
            let said = |script: &Script, text: &str| -> Vec<Vec<String>> {
                let all = shell::commands(&script.tokens, text);
                all.iter().map(|one| one.said(text).into_iter().map(|said| said.text).collect()).collect()
            };
            let expected: Vec<Vec<String>> = said(&was, template)
                .into_iter()
                .map(|words| words.into_iter().map(|word| word.replace("<V>", &value)).collect())
                .collect();
            prop_assert_eq!(said(&is, &text), expected, "{}", text);
        }
    }

    #[test]
    fn a_filled_query_is_one_selector_with_that_label(value in "\\PC{1,16}|[\"\\\\}{,=a~.*# ]{1,10}") {
        let values: BTreeMap<String, Value> =
            [("V".to_owned(), Value { text: value.clone(), kind: Kind::Any })].into();
        let query = promql("up{instance=\"<V>\",job=\"node\"}", &values).expect("filled");
        let is_one = query.starts_with("up{instance=\"") && query.ends_with("\",job=\"node\"}");
        prop_assert!(is_one, "{}", query);
        prop_assert_eq!(strings(&query), Some(vec![value.clone(), "node".to_owned()]));
        let regex = promql("up{instance=~\"<V>\"}", &values).expect("filled");
        let pattern = strings(&regex).and_then(|mut all| all.pop()).expect("a pattern");
        let pattern = super::super::placeholder::whole(&pattern).expect("a regular expression");
        prop_assert!(pattern.is_match(&value));
        let longer = value.clone() + "x";
        prop_assert!(!pattern.is_match(&longer));
    }
}
