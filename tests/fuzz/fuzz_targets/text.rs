//! Any bytes are a text of others and the output of a command: nothing of it acts on a terminal, it
//! takes no more room than it is given, and a secret in it is not shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use rooms::mask::Mask;
use rooms::runner::clean::{Lines, clean};
use rooms::text::{LONGEST, bounded, harmless, is_plain, sanitise, sanitise_lines, truncate, width};

const SECRET: &str = "correct-horse-battery";

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let one = sanitise(&text);
    assert!(one.chars().all(is_plain), "{one:?}");
    assert!(bounded(&one, LONGEST).len() < one.len() || sanitise(&one) == one, "{one:?}");
    assert!(sanitise_lines(&text).chars().all(|char| char == '\n' || is_plain(char)));
    assert!(harmless(&text).chars().all(|char| char == '\n' || is_plain(char)));
    for cells in [0, 1, 2, 17, 80] {
        assert!(width(&truncate(&one, cells)) <= cells, "{one:?} in {cells}");
    }

    // Cut anywhere, the lines are the same.
    let (mut whole, mut in_pieces) = (Vec::new(), Vec::new());
    for (step, seen) in [(bytes.len().max(1), &mut whole), (1 + bytes.len() % 7, &mut in_pieces)] {
        let mut lines = Lines::default();
        for piece in bytes.chunks(step) {
            lines.feed(piece, |line| seen.push(clean(line)));
        }
        seen.extend(lines.finish().map(|line| clean(&line)));
    }
    assert_eq!(whole, in_pieces);
    assert!(whole.iter().all(|line| line.chars().all(is_plain)), "{whole:?}");

    let mut mask = Mask::new([SECRET]);
    let planted = format!("{one}{SECRET}{one}");
    assert!(!mask.text(&planted).contains(SECRET), "{planted:?}");
    assert!(mask.open(&planted).is_none_or(|shown| !shown.contains(SECRET)), "{planted:?}");
    for line in whole {
        assert!(!mask.line(&format!("{line}{SECRET}")).contains(SECRET), "{line:?}");
    }
});
