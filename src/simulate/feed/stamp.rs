//! UTC times as text, fast: the day is written once and kept.

use crate::time::utc_text;

use super::record::append_whole;

const DAY_US: i64 = 86_400_000_000;

/// Writes times as ISO 8601 in UTC: `2025-10-26T00:30:00Z`, with a fraction only if there is one.
///
/// Fractions have three digits where these say it all, and six otherwise.
#[derive(Debug, Default)]
pub struct Stamp {
    day: Option<i64>,
    /// `2025-10-26T`.
    text: String,
}

impl Stamp {
    /// Appends a moment, UTC microseconds.
    pub fn append(&mut self, us: i64, out: &mut Vec<u8>) {
        let day = us.div_euclid(DAY_US);
        if self.day != Some(day) {
            self.text = utc_text(day.saturating_mul(DAY_US)).chars().take_while(|c| *c != 'T').chain(['T']).collect();
            self.day = Some(day);
        }
        out.extend_from_slice(self.text.as_bytes());
        let within = us.rem_euclid(DAY_US).unsigned_abs();
        let second = within / 1_000_000;
        append_whole(second / 3_600, 2, out);
        out.push(b':');
        append_whole(second / 60 % 60, 2, out);
        out.push(b':');
        append_whole(second % 60, 2, out);
        let fraction = within % 1_000_000;
        if fraction != 0 {
            out.push(b'.');
            if fraction.is_multiple_of(1_000) {
                append_whole(fraction / 1_000, 3, out);
            } else {
                append_whole(fraction, 6, out);
            }
        }
        out.push(b'Z');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::parse_iso;

    #[test]
    fn times_are_written_so_that_they_are_read_back() {
        let mut stamp = Stamp::default();
        for us in [0, 1_761_436_800_120_000, 1_761_436_799_999_999, 1_761_438_600_000_000, 1_761_438_600_000_001] {
            let mut out = Vec::new();
            stamp.append(us, &mut out);
            let text = String::from_utf8(out).unwrap();
            assert_eq!(parse_iso(&text, None).unwrap().t0_us, us, "{text}");
            assert_eq!(text.len(), [20, 24, 27][usize::from(us % 1_000_000 != 0) + usize::from(us % 1_000 != 0)]);
        }
    }
}
