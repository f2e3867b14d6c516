//! A quick reader of UTC times in the one form that programs write.
//!
//! It reads a part of what [`parse_iso`](super::parse_iso) reads, and the same; what it does not read is left to that.

use super::US_PER_S;

/// Reads `2023-05-17T14:15:57Z` with up to six digits of a fraction, or with `+00:00` for `Z`: UTC microseconds.
///
/// `None` leaves the text to the general reader; it does not say that the text is no time. The count of days is
/// Howard Hinnant's `days_from_civil`, for the years after 1970.
#[must_use]
pub fn parse_utc(text: &str) -> Option<i64> {
    let (civil, rest) = text.as_bytes().split_first_chunk::<19>()?;
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', n0, n1, b':', s0, s1] = *civil else {
        return None;
    };
    let year = two(y0, y1)? * 100 + two(y2, y3)?;
    let (month, day) = (two(m0, m1)?, two(d0, d1)?);
    let (hour, minute, second) = (two(h0, h1)?, two(n0, n1)?, two(s0, s1)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = days_since_1970(year, month, day)? * 86_400 + hour * 3_600 + minute * 60 + second;
    Some(seconds * US_PER_S + fraction_us(rest)?)
}

fn digit(byte: u8) -> Option<i64> {
    byte.is_ascii_digit().then(|| i64::from(byte - b'0'))
}

fn two(tens: u8, ones: u8) -> Option<i64> {
    Some(digit(tens)? * 10 + digit(ones)?)
}

/// Whole days; `None` if there is no such day in the years 1970 to 9998.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        _ => return None,
    };
    if !(1..=length).contains(&day) || !(1970..=9998).contains(&year) {
        return None;
    }
    // A year that begins in March, so that the day that comes and goes is its last.
    let march_year = year - i64::from(month <= 2);
    let (era, of_era) = (march_year / 400, march_year % 400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719_468)
}

/// What follows the seconds, in microseconds: a fraction of up to six digits or none, and the sign of UTC.
fn fraction_us(rest: &[u8]) -> Option<i64> {
    let (digits, zone) = match rest.split_first()? {
        (b'.', rest) => rest.split_at(rest.iter().position(|b| !b.is_ascii_digit())?),
        _ => (&[][..], rest),
    };
    let has_point = zone.len() < rest.len();
    if !matches!(zone, b"Z" | b"+00:00") || digits.len() > 6 || (has_point && digits.is_empty()) {
        return None;
    }
    let value = digits.iter().try_fold(0_i64, |sum, d| Some(sum * 10 + digit(*d)?))?;
    Some((digits.len()..6).fold(value, |us, _| us * 10))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::{Reading, parse_iso};

    #[test]
    fn the_usual_times_are_read_and_odd_ones_left_alone() {
        assert_eq!(parse_utc("2023-05-17T14:15:57.455211Z"), Some(1_684_332_957_455_211));
        assert_eq!(parse_utc("2023-05-17T14:15:57.4+00:00"), Some(1_684_332_957_400_000));
        assert_eq!(parse_utc("2024-02-29T00:00:00Z"), Some(1_709_164_800_000_000));
        let odd = [
            "",
            "2023-05-17T14:15:57",
            "2023-05-17T14:15:57.Z",
            "2023-05-17T14:15:57.1234567Z",
            "2023-05-17 14:15:57Z",
            "2023-02-29T00:00:00Z",
            "2023-05-17T24:00:00Z",
            "2023-05-17T14:15:60Z",
            "1969-12-31T23:59:59Z",
            "2023-05-17T14:15:57+01:00",
            "2023-05-17T14:15:57z",
            "2023-05-17T14:15:57Z ",
            "2023-05-17T14:15Z",
        ];
        for text in odd {
            assert_eq!(parse_utc(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_the_general_reader_reads(
            (y, m, d) in (1960_u16..=9999, 0_u8..14, 0_u8..33),
            (h, min, s) in (0_u8..26, 0_u8..62, 0_u8..62),
            fraction in "(\\.[0-9]{0,7})?",
            zone in "(Z|\\+00:00|z|-00:00|\\+01:00|)",
        ) {
            let text = format!("{y:04}-{m:02}-{d:02}T{h:02}:{min:02}:{s:02}{fraction}{zone}");
            if let Some(us) = parse_utc(&text) {
                prop_assert_eq!(parse_iso(&text, None), Ok(Reading::at(us)), "{}", text);
            }
        }

        #[test]
        fn every_moment_written_in_full_is_read(us in 0_i64..250_000_000_000_000_000) {
            prop_assert_eq!(parse_utc(&crate::time::utc_text(us)), Some(us));
        }
    }
}
