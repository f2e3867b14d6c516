//! Numbers as files write them.

use crate::decode::profile::DegreeUnit;

/// A number; `None` if it is none, or not finite.
pub(super) fn number(text: &str, decimal_comma: bool) -> Option<f64> {
    let value = if decimal_comma { with_point(text)? } else { text.parse::<f64>().ok()? };
    value.is_finite().then_some(value)
}

/// Reads `51,5` without an allocation; `None` for text longer than any number.
fn with_point(text: &str) -> Option<f64> {
    let mut buffer = [0_u8; 48];
    let room = buffer.get_mut(..text.len())?;
    for (to, from) in room.iter_mut().zip(text.bytes()) {
        *to = if from == b',' { b'.' } else { from };
    }
    std::str::from_utf8(room).ok()?.parse().ok()
}

/// Which coordinate a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    /// Latitude: `N` and `S`.
    Latitude,
    /// Longitude: `E` and `W`.
    Longitude,
}

/// A coordinate in degrees; `None` if it is not written in the unit.
///
/// A hemisphere letter must be there: a number that lost it would be read on the wrong side.
pub(super) fn degrees(text: &str, unit: DegreeUnit, axis: Axis, decimal_comma: bool) -> Option<f64> {
    match unit {
        DegreeUnit::Degrees => number(text, decimal_comma),
        DegreeUnit::E7 => Some(number(text, decimal_comma)? / 1e7),
        DegreeUnit::Hemisphere => {
            let (letter, rest) = letter_and_rest(text)?;
            let sign = match (axis, letter.to_ascii_uppercase()) {
                (Axis::Latitude, 'N') | (Axis::Longitude, 'E') => 1.0,
                (Axis::Latitude, 'S') | (Axis::Longitude, 'W') => -1.0,
                _ => return None,
            };
            let value = number(rest.trim().trim_end_matches('°').trim(), decimal_comma)?;
            (value >= 0.0).then_some(sign * value)
        }
    }
}

fn letter_and_rest(text: &str) -> Option<(char, &str)> {
    let last = text.chars().next_back()?;
    if last.is_ascii_alphabetic() {
        return Some((last, text.strip_suffix(last)?));
    }
    let first = text.chars().next()?;
    first.is_ascii_alphabetic().then(|| text.strip_prefix(first).map(|rest| (first, rest)))?
}

/// A length of time in seconds: a number of `unit_s`, or `h:mm:ss` or `mm:ss`; `None` if negative or unreadable.
pub(super) fn duration_s(text: &str, unit_s: f64, decimal_comma: bool) -> Option<f64> {
    let seconds = if text.contains(':') {
        let mut parts = text.split(':');
        let mut total = 0.0;
        for part in parts.by_ref().take(3) {
            let value: u32 = part.trim().parse().ok()?;
            total = total * 60.0 + f64::from(value);
        }
        parts.next().is_none().then_some(total)?
    } else {
        number(text, decimal_comma)? * unit_s
    };
    (0.0..=1e9).contains(&seconds).then_some(seconds)
}

/// A whole number that a spreadsheet turned into `1.23E+14`: its last digits are lost.
pub(super) fn is_spreadsheet_damage(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
    exponent.strip_prefix('+').is_some_and(digits) && digits(whole) && digits(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_in_every_unit() {
        let lat = |t: &str, u| degrees(t, u, Axis::Latitude, false);
        assert_eq!(lat("51.5", DegreeUnit::Degrees), Some(51.5));
        assert_eq!(lat("515000000", DegreeUnit::E7), Some(51.5));
        assert_eq!(lat("51.5N", DegreeUnit::Hemisphere), Some(51.5));
        assert_eq!(lat("S 51.5°", DegreeUnit::Hemisphere), Some(-51.5));
        assert_eq!(lat("51.5", DegreeUnit::Hemisphere), None, "the letter is lost");
        assert_eq!(lat("-51.5S", DegreeUnit::Hemisphere), None, "south of south");
        assert_eq!(lat("51.5E", DegreeUnit::Hemisphere), None, "a longitude");
        assert_eq!(lat("nan", DegreeUnit::Degrees), None);
        assert_eq!(degrees("0,12W", DegreeUnit::Hemisphere, Axis::Longitude, true), Some(-0.12));
        assert_eq!(number("1.234,5", true), None, "grouped digits are not guessed");
        assert_eq!(number(&"1".repeat(60), true), None);
    }

    #[test]
    fn durations_and_damage() {
        assert_eq!(duration_s("0:01:30", 1.0, false), Some(90.0));
        assert_eq!(duration_s("01:30", 1.0, false), Some(90.0));
        assert_eq!(duration_s("1.5", 60.0, false), Some(90.0));
        assert_eq!(duration_s("-1", 1.0, false), None);
        assert_eq!(duration_s("1:2:3:4", 1.0, false), None);
        assert!(is_spreadsheet_damage("2.34151E+14") && is_spreadsheet_damage("2E+14"));
        assert!(!is_spreadsheet_damage("E+14") && !is_spreadsheet_damage("7E4A2") && !is_spreadsheet_damage("TEL"));
    }
}
