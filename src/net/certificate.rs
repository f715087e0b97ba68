//! The one thing that is read of a certificate beside its fingerprint: when it ends.

use chrono::{DateTime, NaiveDateTime, Utc};

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERAL_TIME: u8 = 0x18;

/// Until when a certificate in DER is valid; `None` when it is no certificate.
pub(super) fn end(der: &[u8]) -> Option<DateTime<Utc>> {
    let (certificate, _) = inside(der, SEQUENCE)?;
    let (mut rest, _) = inside(certificate, SEQUENCE)?;
    if rest.first() == Some(&VERSION) {
        rest = element(rest)?.2;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        rest = element(rest)?.2;
    }
    let (validity, _) = inside(rest, SEQUENCE)?;
    let (_, _, after_begin) = element(validity)?;
    let (tag, time, _) = element(after_begin)?;
    self::time(tag, str::from_utf8(time).ok()?)
}

/// What an element of this tag holds, and what follows it.
fn inside(der: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, inside, rest) = element(der)?;
    (tag == wanted).then_some((inside, rest))
}

/// The first element: its tag, what it holds, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(*first & 0x7f))?;
        let length = bytes
            .iter()
            .try_fold(0_usize, |length, byte| length.checked_mul(256)?.checked_add(usize::from(*byte)))?;
        (length, rest)
    };
    let (inside, rest) = rest.split_at_checked(length)?;
    Some((*tag, inside, rest))
}

/// `261121135500Z`, or with a year of four digits: from 2050 on only that.
fn time(tag: u8, text: &str) -> Option<DateTime<Utc>> {
    let full = match tag {
        UTC_TIME => {
            let year: u32 = text.get(..2)?.parse().ok()?;
            format!("{}{text}", if year < 50 { "20" } else { "19" })
        }
        GENERAL_TIME => text.to_owned(),
        _ => return None,
    };
    NaiveDateTime::parse_from_str(&full, "%Y%m%d%H%M%SZ").ok().map(|time| time.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_found_whatever_its_form() {
        for (year, text) in [(2027, "2027-01-02T00:00:00Z"), (3026, "3026-01-02T00:00:00Z")] {
            let mut wanted = rcgen::CertificateParams::new(vec!["pbs".to_owned()]).expect("a name");
            wanted.not_after = rcgen::date_time_ymd(year, 1, 2);
            let key = rcgen::KeyPair::generate().expect("a key");
            let made = wanted.self_signed(&key).expect("a certificate");
            let expected = text.parse::<DateTime<Utc>>().expect("a time");
            assert_eq!(end(made.der()), Some(expected));
            for cut in 0..made.der().len().min(200) {
                // Whatever is cut off, nothing is read beyond the end.
                let _whatever = end(made.der().get(..cut).expect("a part"));
            }
        }
        assert_eq!(end(b"no certificate"), None);
        assert_eq!(end(&[]), None);
    }
}
