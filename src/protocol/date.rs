//! The three spellings of a date that services use.

use super::text::{around, pieces};
use crate::core::Wall;
use std::time::Duration;

/// A date as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT`
/// ([RFC 9110 §5.6.7](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7); the obsolete forms are not read).
pub(super) fn http_date(text: &str) -> Option<Wall> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = pieces(around(text.trim_ascii().strip_suffix("GMT")?, ", ")?.1, " ");
    let day = number(words.next()?)?;
    let name = words.next()?;
    let month = MONTHS.iter().position(|month| *month == name)? + 1;
    let year = number(words.next()?)?;
    let mut clock = pieces(words.next()?, ":").map(number);
    moment(year, month as u64, day, clock.next()??, clock.next()??, clock.next()??)
}

/// A date as Amazon writes it: `20261120T133700Z`.
pub(super) fn amz_date(text: &str) -> Option<Wall> {
    let (day, clock) = around(text.strip_suffix('Z')?, "T")?;
    let digits = format!("{day}{clock}");
    if digits.len() != 14 {
        return None;
    }
    let field = |at: usize, len: usize| number(digits.get(at..at + len)?);
    moment(field(0, 4)?, field(4, 2)?, field(6, 2)?, field(8, 2)?, field(10, 2)?, field(12, 2)?)
}

/// A date as JSON has it, in whole seconds of UTC: `2026-11-20T13:37:00Z`, with or without a fraction
/// ([RFC 3339](https://www.rfc-editor.org/rfc/rfc3339#section-5.6); other offsets are not read).
pub(super) fn json_date(text: &str) -> Option<Wall> {
    let (day, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut day = day.split('-').map(number);
    let mut clock = time.split('.').next()?.split(':').map(number);
    moment(day.next()??, day.next()??, day.next()??, clock.next()??, clock.next()??, clock.next()??)
}

/// How long `Retry-After` asks to wait: seconds, or a date. A date that is over asks for nothing.
pub(super) fn retry_after(text: &str, now: Wall) -> Option<Duration> {
    match text.trim_ascii().parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => http_date(text).map(|date| now.until(date)),
    }
}

fn number(digits: &str) -> Option<u64> {
    // Which would take a sign, too.
    if digits.starts_with('+') { None } else { digits.parse().ok() }
}

/// [Days from the civil calendar](https://howardhinnant.github.io/date_algorithms.html#days_from_civil).
fn moment(year: u64, month: u64, day: u64, hour: u64, minute: u64, second: u64) -> Option<Wall> {
    let sane = (1970..10_000).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !sane || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (shifted / 400, shifted % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some(Wall::from_millis((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000))
}

// The crate that thinks numbers up is for native tests only.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn patience_is_asked_for_in_seconds_or_by_date() {
        let now = Wall::from_millis(784_111_777_000 - 3_000);
        assert_eq!(retry_after("3", now), Some(Duration::from_secs(3)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(Duration::from_secs(3)));
        assert_eq!(retry_after("Sun, 06 Nov 1970 08:49:37 GMT", now), Some(Duration::ZERO));
        for nonsense in ["", "soon", "-1", "1.5", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 anF 1994 08:49:37 GMT"] {
            assert_eq!(retry_after(nonsense, now), None, "{nonsense}");
        }
    }

    #[test]
    fn the_date_of_a_signature() {
        assert_eq!(amz_date("19941106T084937Z"), Some(Wall::from_millis(784_111_777_000)));
        assert_eq!(json_date("1994-11-06T08:49:37Z"), Some(Wall::from_millis(784_111_777_000)));
        assert_eq!(json_date("1994-11-06T08:49:37.123Z"), Some(Wall::from_millis(784_111_777_000)));
        assert_eq!(json_date("1994-11-06T08:49:37+02:00"), None);
        assert_eq!(amz_date("1994110ZT084937Z"), None);
        assert_eq!(amz_date("20261120T133700"), None);
    }

    proptest! {
        #[test]
        fn dates_are_read_as_the_httpdate_crate_writes_them(seconds in 0..253_402_300_799u64) {
            let date = std::time::UNIX_EPOCH + Duration::from_secs(seconds);
            prop_assert_eq!(http_date(&httpdate::fmt_http_date(date)), Some(Wall::from_millis(seconds * 1000)));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in ".*") {
            let _ = (http_date(&text), amz_date(&text), json_date(&text), retry_after(&text, Wall::default()));
        }
    }
}
