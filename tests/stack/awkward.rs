//! Alerts whose text a terminal must not interpret.

use std::fmt::Write;

struct Awkward {
    name: &'static str,
    kind: &'static str,
    summary: String,
    description: String,
    url: &'static str,
}

const PLAIN_URL: &str = "https://runbooks.lab.invalid/a%20b?x=1&y=2#frag";

fn awkward(name: &'static str, summary: impl Into<String>, description: impl Into<String>) -> Awkward {
    Awkward { name, kind: "plain", summary: summary.into(), description: description.into(), url: PLAIN_URL }
}

fn alerts() -> Vec<Awkward> {
    vec![
        Awkward {
            kind: "\u{1b}[32mgreen",
            url: "https://runbooks.lab.invalid/\u{1b}[31m",
            ..awkward(
                "AwkwardAnsi",
                "\u{1b}[31;1mRED\u{1b}[0m \u{1b}]0;title pwned\u{7} \u{1b}[2J\u{1b}[H \u{9b}31m c1",
                "OSC 8: \u{1b}]8;;http://evil.invalid\u{1b}\\click\u{1b}]8;;\u{1b}\\ bell \u{7} \
                 backspace abc\u{8}\u{8}\u{8}xyz carriage\rreturn",
            )
        },
        awkward(
            "AwkwardNewlines",
            "first line\nsecond line\r\nthird\tline\n\n\nafter blanks",
            "- a\n- b\n  - c\n\n```bash\nssh admin@{{ $labels.kind }}\n```\n",
        ),
        Awkward {
            kind: "键=值 🔑",
            ..awkward(
                "AwkwardUnicode",
                "磁盘空间不足 ディスク容量不足 🔥🧯👩\u{200d}👩\u{200d}👧\u{200d}👦 🏳\u{fe0f}\u{200d}🌈 \
                 e\u{301}\u{323}\u{308} ﷽ \u{200b}zero\u{200d}width \u{feff}BOM",
                "Ünïcödé Ελληνικά кириллица हिन्दी ไทย 한국어 \u{1f1e9}\u{1f1ea} \u{10fffd}",
            )
        },
        Awkward {
            kind: "שלום",
            ..awkward(
                "AwkwardRtl",
                "שלום עולם مرحبا بالعالم",
                "abc \u{202e}gpj.exe\u{202c} \u{2066}isolate\u{2069} \u{200f}rlm",
            )
        },
        Awkward {
            kind: "a\"b\\c$(id)",
            url: "https://runbooks.lab.invalid/$(id)?q=`x`&y=\"z\"",
            ..awkward(
                "AwkwardShell",
                "$(touch /tmp/pwned) `id` ; rm -rf ~ && echo \"x\" 'y' | cat > /dev/null %s %n",
                "<script>alert(1)</script> \\x1b[31m \\n literal backslashes C:\\\\temp {{ \"{{\" }} nested",
            )
        },
        awkward("AwkwardNul", "before\0after", "\0".repeat(64)),
        awkward("AwkwardLong", "W".repeat(4_000), "lorem ipsum dolor sit amet ".repeat(400).trim_end()),
        awkward("AwkwardHuge", "\u{1b}[5mH".repeat(20_000), "x".repeat(100_000)),
        awkward("AwkwardEmpty", "", ""),
        awkward("AwkwardTemplateError", "value {{ $labels.nope.deeper }}", "{{ template \"missing\" }}"),
        Awkward {
            url: "javascript:alert(1)",
            ..awkward("AwkwardUrl", "runbook url is not http", "see runbook")
        },
    ]
}

/// A rule file for Prometheus.
pub fn rules() -> String {
    let mut file =
        format!("groups:\n  - name: {}\n    rules:\n", quote("awkward \u{1b}[31mgroup\u{1b}[0m /slash 日本"));
    for alert in alerts() {
        let Awkward { name, kind, summary, description, url } = alert;
        let [kind, summary, description, url] = [kind, &summary, &description, url].map(quote);
        write!(
            file,
            "      - alert: {name}\n        expr: vector(1)\n        \
             labels: {{severity: info, test: awkward, kind: {kind}}}\n        annotations:\n          \
             summary: {summary}\n          description: {description}\n          runbook_url: {url}\n"
        )
        .expect("a String takes every text");
    }
    file
}

/// The text as a double-quoted scalar of YAML, in ASCII.
fn quote(text: &str) -> String {
    let mut quoted = String::from('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            ' '..='~' => quoted.push(char),
            _ => write!(quoted, "\\U{:08x}", u32::from(char)).expect("a String takes every text"),
        }
    }
    quoted.push('"');
    quoted
}
