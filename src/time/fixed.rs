//! A quick reader of times with a fixed number of digits, for the patterns that files use most.
//!
//! It reads a part of what the general reader reads, and the same; what it does not read is left to the general one.

use jiff::civil::DateTime;

/// The civil time, and whether its seconds are written; `None` leaves the text to the general reader.
///
/// Understands `%Y %m %d %H %M %S` with all their digits and any other characters as they stand.
pub(super) fn read(text: &str, pattern: &str) -> Option<(DateTime, bool)> {
    let mut text = text.as_bytes();
    let mut pattern = pattern.as_bytes();
    let [mut year, mut month, mut day, mut hour, mut minute, mut second] = [None; 6];
    while let Some((first, rest)) = pattern.split_first() {
        if *first != b'%' {
            text = text.strip_prefix(&[*first])?;
            pattern = rest;
            continue;
        }
        let (directive, rest) = rest.split_first()?;
        pattern = rest;
        let (digits, slot) = match directive {
            b'Y' => (4, &mut year),
            b'm' => (2, &mut month),
            b'd' => (2, &mut day),
            b'H' => (2, &mut hour),
            b'M' => (2, &mut minute),
            b'S' => (2, &mut second),
            _ => return None,
        };
        let (number, after) = text.split_at_checked(digits)?;
        *slot = Some(whole(number)?);
        text = after;
    }
    if !text.is_empty() {
        return None;
    }
    let two = |value: Option<i16>| i8::try_from(value?).ok();
    let seconds = if second.is_some() { two(second)? } else { 0 };
    let civil = DateTime::new(year?, two(month)?, two(day)?, two(hour)?, two(minute)?, seconds, 0).ok()?;
    Some((civil, second.is_some()))
}

/// At most four digits as a number.
fn whole(digits: &[u8]) -> Option<i16> {
    digits.iter().try_fold(0_i16, |sum, d| d.is_ascii_digit().then(|| sum * 10 + i16::from(d - b'0')))
}

#[cfg(test)]
mod tests {
    use jiff::fmt::strtime::BrokenDownTime;
    use proptest::prelude::*;

    use super::*;

    const PATTERNS: [&str; 6] = [
        "%d/%m/%Y %H:%M",
        "%d/%m/%Y %H:%M:%S",
        "%Y-%m-%d %H:%M:%S",
        "%Y%m%d%H%M%S",
        "%H:%M:%S %m-%d-%Y",
        "%d/%m/%Y %H",
    ];

    #[test]
    fn the_usual_times_are_read_and_odd_ones_left_alone() {
        assert!(read("26/10/2025 01:30", PATTERNS[0]).is_some_and(|(_, seconds)| !seconds));
        assert!(read("20251026013005", PATTERNS[3]).is_some_and(|(_, seconds)| seconds));
        for odd in ["6/10/2025 01:30", "26/10/2025 01:3", "26/10/2025 01:30 ", "30/02/2025 01:30", "26/10/2025 24:00"] {
            assert_eq!(read(odd, PATTERNS[0]), None, "{odd}");
        }
        assert_eq!(read("26/10/2025 01", PATTERNS[5]), None, "without minutes");
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_the_general_reader_reads(
            (y, m, d, h, min, s) in (0_u16..10_000, 0_u8..14, 0_u8..33, 0_u8..26, 0_u8..62, 0_u8..62),
            noise in "[ 0-9:/T-]{0,2}",
            at in 0_usize..18,
        ) {
            let texts = [
                format!("{d:02}/{m:02}/{y:04} {h:02}:{min:02}"),
                format!("{d:02}/{m:02}/{y:04} {h:02}:{min:02}:{s:02}"),
                format!("{y:04}-{m:02}-{d:02} {h:02}:{min:02}:{s:02}"),
                format!("{y:04}{m:02}{d:02}{h:02}{min:02}{s:02}"),
                format!("{h:02}:{min:02}:{s:02} {m:02}-{d:02}-{y:04}"),
            ];
            for text in texts {
                let mut broken = text.clone();
                broken.insert_str(at.min(text.len()), &noise);
                for (text, pattern) in [&text, &broken].into_iter().flat_map(|t| PATTERNS.map(|p| (t, p))) {
                    if let Some((civil, seconds)) = read(text, pattern) {
                        let general = BrokenDownTime::parse(pattern, text).unwrap();
                        prop_assert_eq!(general.to_datetime().unwrap(), civil, "{} {}", text, pattern);
                        prop_assert_eq!(general.second().is_some(), seconds);
                    }
                }
            }
        }
    }
}
