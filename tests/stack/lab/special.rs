//! Values and label texts at the edge of what the format allows.

use std::time::Duration;

use super::exposition::Exposition;

/// Every float that is not an ordinary number.
pub fn floats() -> String {
    let values = [
        ("nan", "NaN"),
        ("pinf", "+Inf"),
        ("ninf", "-Inf"),
        ("tiny", "4.9e-324"),
        ("huge", "1.7976931348623157e+308"),
        ("negzero", "-0"),
        ("int53", "9007199254740993"),
        ("neg", "-273.15"),
        ("exp", "1e+06"),
        ("zero", "0"),
    ];
    let mut out = Exposition::default();
    let rows = values.map(|(kind, value)| (vec![("kind", kind)], value));
    out.rows("gauge", "lab_value", "Special float values", rows);
    out.into_text()
}

/// Label values that a terminal must not interpret.
pub fn awkward() -> String {
    let long = "L".repeat(300);
    let texts = [
        ("ansi", "\u{1b}[31mRED\u{1b}[0m\u{1b}]0;pwned title\u{7}\u{1b}[2J"),
        ("newline", "line1\nline2\r\nline3\ttab"),
        ("rtl", "abc\u{202e}gpj.exe \u{5e9}\u{5dc}\u{5d5}\u{5dd}"),
        (
            "wide",
            "磁盘空间不足 ディスク 🔥🧯👩\u{200d}👩\u{200d}👧\u{200d}👦 ﷽ e\u{301}\u{323} \u{200b}\u{200d}zw",
        ),
        ("shell", "$(touch /tmp/pwned) `id` ; rm -rf ~ ' \" | & > <b>{{ .x }}%s%n"),
        ("empty", ""),
        ("long", &long),
        ("c1", "c1:\u{9b}31mX \u{90} \u{85}"),
        ("nul", "a\0b"),
    ];
    let mut out = Exposition::default();
    let rows = texts.map(|(kind, text)| (vec![("kind", kind), ("text", text)], 1));
    out.rows("gauge", "lab_awkward", "Awkward label values", rows);
    out.into_text()
}

/// A service's latency and requests, ten a second, of which some fail.
pub fn histogram(running: Duration) -> String {
    let requests = running.as_secs() * 10;
    let mut out = Exposition::default();
    out.family("histogram", "lab_latency_seconds", "Request latency");
    for (limit, thousandths) in [("0.05", 500), ("0.1", 800), ("0.5", 970), ("1", 990), ("+Inf", 1000)] {
        out.sample("lab_latency_seconds_bucket", &[("le", limit)], requests * thousandths / 1000);
    }
    out.sample("lab_latency_seconds_sum", &[], requests * 8 / 100);
    out.sample("lab_latency_seconds_count", &[], requests);
    let codes = [("200", 995), ("500", 5)]
        .map(|(code, thousandths)| (vec![("code", code)], requests * thousandths / 1000));
    out.rows("counter", "lab_http_requests_total", "Requests", codes);
    out.into_text()
}
