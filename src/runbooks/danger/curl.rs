//! curl, whose options say whether it reads, writes or sends.

use super::{Level, Said};

/// What curl does: reading a page is harmless, everything else is not.
pub(super) fn curl(words: &[Said]) -> (Level, String) {
    let mut method = String::new();
    let (mut sends, mut writes, mut is_told) = (false, false, false);
    let mut at = 0;
    let mut page = String::new();
    while let Some(word) = words.get(at) {
        at += 1;
        let text = word.text.as_str();
        let mut value = || {
            at += 1;
            words.get(at - 1).map(|word| word.text.clone()).unwrap_or_default()
        };
        match text {
            "--request" => method = value(),
            "--data" | "--data-raw" | "--data-binary" | "--data-urlencode" | "--data-ascii" | "--form"
            | "--json" | "--upload-file" | "--form-string" => {
                value();
                sends = true;
            }
            "--output" | "--output-dir" | "--dump-header" | "--cookie-jar" | "--trace" | "--trace-ascii" => {
                writes |= value() != "/dev/null";
            }
            "--remote-name" | "--remote-name-all" => writes = true,
            "--config" => is_told = true,
            "--header" | "--user" | "--max-time" | "--connect-timeout" | "--user-agent" | "--cacert"
            | "--write-out" | "--retry" | "--resolve" | "--proxy" | "--cookie" => {
                value();
            }
            _ if text.starts_with("--request=") => text.clone_into(&mut method),
            _ if text.starts_with("--") => {
                sends |= text.starts_with("--data")
                    || text.starts_with("--form")
                    || text.starts_with("--json")
                    || text.starts_with("--upload");
                writes |= text.starts_with("--output=");
            }
            _ if text.starts_with('-') && text.len() > 1 => {
                for (index, letter) in text.char_indices().skip(1) {
                    if !"XdFToKHuAebcDEmwrxUyYzCPQt".contains(letter) {
                        writes |= letter == 'O';
                        continue;
                    }
                    let glued = text.get(index + letter.len_utf8()..).unwrap_or_default();
                    let given = if glued.is_empty() { value() } else { glued.to_owned() };
                    match letter {
                        'X' => method = given,
                        'd' | 'F' | 'T' | 'Q' => sends = true,
                        'o' | 'c' | 'D' => writes |= given != "/dev/null" && given != "-",
                        'K' => is_told = true,
                        _ => {}
                    }
                    break;
                }
            }
            _ => text.clone_into(&mut page),
        }
    }
    let method = method.to_uppercase();
    let is_get = !sends && matches!(method.as_str(), "" | "GET" | "HEAD" | "OPTIONS");
    let is_reload = page.trim_end_matches('/').ends_with("/-/reload");
    match () {
        () if is_told => (Level::L2, "curl -K: does what a file says".into()),
        () if method.contains("DELETE") => (Level::L3, "curl -X DELETE: destroys".into()),
        () if is_get && writes => (Level::L1, "curl: writes a file".into()),
        () if is_get => (Level::L0, "curl: only reads".into()),
        () if is_reload => (Level::L1, "curl: reloads a configuration".into()),
        () => (Level::L2, "curl: sends something".into()),
    }
}
