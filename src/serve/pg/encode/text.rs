//! Values as PostgreSQL writes them in text.

use std::io::Write as _;
use std::ops::Range;

use datafusion::arrow::datatypes::IntervalMonthDayNano;
use jiff::tz::TimeZone;

const US_PER_S: i64 = 1_000_000;
const US_PER_DAY: i64 = 86_400 * US_PER_S;

/// Writing to a `Vec` cannot fail.
macro_rules! put {
    ($out:expr, $($args:tt)*) => {
        let _ = write!($out, $($args)*);
    };
}

/// A `float8`: as few digits as tell it from every other, exponents where PostgreSQL has them.
pub(super) fn float8(value: f64, out: &mut Vec<u8>) {
    float(value, value.abs(), 1e-4..1e15, out);
}

/// A `float4`, likewise.
pub(super) fn float4(value: f32, out: &mut Vec<u8>) {
    float(value, value.abs(), 1e-4..1e6, out);
}

/// A float of this magnitude, without an exponent within `plain`. Of two numbers of as few digits and equally near, zmij takes the
/// even one, as PostgreSQL does (both: Adams, "Ryū: fast float-to-string conversion", 2018); the standard library does not.
fn float<T>(value: T, magnitude: T, plain: Range<T>, out: &mut Vec<u8>)
where
    T: zmij::Float + PartialOrd + Default,
{
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format(value);
    if magnitude == T::default() || plain.contains(&magnitude) {
        out.extend_from_slice(text.strip_suffix(".0").unwrap_or(text).as_bytes());
        return;
    }
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |text| ("-", text));
    match text {
        "NaN" => out.extend_from_slice(b"NaN"),
        "inf" => {
            put!(out, "{sign}Infinity");
        }
        _ => scientific(sign, text, out),
    }
}

/// A positive number written in any way, as `1.5e-07`.
fn scientific(sign: &str, text: &str, out: &mut Vec<u8>) {
    let (mantissa, power) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    // The first digit that counts stands `whole` digits before the point, less the zeros before it.
    let place = whole.len().cast_signed() - (all.len() - digits.len()).cast_signed() - 1;
    let power = power.parse::<isize>().unwrap_or(0) + place;
    let (first, rest) = digits.trim_end_matches('0').split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let power_sign = if power < 0 { '-' } else { '+' };
    put!(out, "{sign}{first}{point}{rest}e{power_sign}{:02}", power.unsigned_abs());
}

/// A whole number.
pub(super) fn integer(value: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// `\x` and two digits a byte.
pub(super) fn bytes(value: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend_from_slice(b"\\x");
    for byte in value {
        out.push(DIGITS[usize::from(byte >> 4)]);
        out.push(DIGITS[usize::from(byte & 15)]);
    }
}

/// Year, month and day of days since 1970-01-01 (Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// The last two digits of what is not negative.
fn two(value: i64, out: &mut Vec<u8>) {
    let digits = u8::try_from(value % 100).unwrap_or(0);
    out.extend_from_slice(&[b'0' + digits / 10, b'0' + digits % 10]);
}

/// The date; years before 1 are written with their sign turned, and what follows says so.
fn date_part(days: i64, out: &mut Vec<u8>) -> bool {
    let (year, month, day) = civil(days);
    let before_christ = year < 1;
    let shown = if before_christ { 1 - year } else { year };
    if shown < 10_000 {
        two(shown / 100, out);
        two(shown % 100, out);
    } else {
        put!(out, "{shown}");
    }
    out.push(b'-');
    two(month, out);
    out.push(b'-');
    two(day, out);
    before_christ
}

/// A date.
pub(super) fn date(days: i32, out: &mut Vec<u8>) {
    if date_part(i64::from(days), out) {
        out.extend_from_slice(b" BC");
    }
}

/// A time of day, microseconds since midnight.
pub(super) fn time(us: i64, out: &mut Vec<u8>) {
    let seconds = us.div_euclid(US_PER_S);
    two(seconds / 3600, out);
    out.push(b':');
    two(seconds / 60 % 60, out);
    out.push(b':');
    two(seconds % 60, out);
    fraction(us.rem_euclid(US_PER_S), out);
}

/// Microseconds as `.5`, nothing if there are none.
fn fraction(us: i64, out: &mut Vec<u8>) {
    if us == 0 {
        return;
    }
    put!(out, ".{us:06}");
    while out.last() == Some(&b'0') {
        out.pop();
    }
}

/// A moment without a zone.
pub(super) fn timestamp(us: i64, out: &mut Vec<u8>) {
    let before_christ = date_part(us.div_euclid(US_PER_DAY), out);
    out.push(b' ');
    time(us.rem_euclid(US_PER_DAY), out);
    if before_christ {
        out.extend_from_slice(b" BC");
    }
}

/// A moment in a zone, with the zone's offset then.
pub(super) fn timestamptz(us: i64, zone: Option<&TimeZone>, out: &mut Vec<u8>) {
    let offset_s = match (zone, jiff::Timestamp::from_microsecond(us)) {
        (Some(zone), Ok(moment)) => i64::from(zone.to_offset(moment).seconds()),
        _ => 0,
    };
    let local = us.saturating_add(offset_s * US_PER_S);
    let before_christ = date_part(local.div_euclid(US_PER_DAY), out);
    out.push(b' ');
    time(local.rem_euclid(US_PER_DAY), out);
    out.push(if offset_s < 0 { b'-' } else { b'+' });
    let offset_s = offset_s.abs();
    two(offset_s / 3600, out);
    for part in [offset_s / 60 % 60, offset_s % 60] {
        // Minutes are written if there are any, and seconds likewise.
        if part != 0 {
            out.push(b':');
            two(part, out);
        }
    }
    if before_christ {
        out.extend_from_slice(b" BC");
    }
}

/// An interval in PostgreSQL's own style: `1 year 2 mons 3 days 04:05:06`.
pub(super) fn interval(value: IntervalMonthDayNano, out: &mut Vec<u8>) {
    let begin = out.len();
    let mut negative_before = false;
    let units = [(value.months / 12, "year"), (value.months % 12, "mon"), (value.days, "day")];
    for (count, unit) in units.into_iter().filter(|(count, _)| *count != 0) {
        if out.len() > begin {
            out.push(b' ');
        }
        let plus = if negative_before && count > 0 { "+" } else { "" };
        let plural = if count == 1 { "" } else { "s" };
        put!(out, "{plus}{count} {unit}{plural}");
        negative_before = count < 0;
    }
    let us = value.nanoseconds / 1000;
    if us == 0 && out.len() > begin {
        return;
    }
    if out.len() > begin {
        out.push(b' ');
    }
    if us < 0 {
        out.push(b'-');
    } else if negative_before {
        out.push(b'+');
    }
    let us = us.unsigned_abs();
    let seconds = us / 1_000_000;
    put!(out, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    fraction(i64::try_from(us % 1_000_000).unwrap_or(0), out);
}

/// A number with a fixed count of digits after its point.
pub(super) fn numeric(value: i128, scale: usize, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    let digits = format!("{:0width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, rest) = digits.split_at(digits.len() - scale);
    out.extend_from_slice(whole.as_bytes());
    if scale > 0 {
        out.push(b'.');
        out.extend_from_slice(rest.as_bytes());
    }
}

/// An element of an array, quoted if it would be read as something else.
pub(super) fn element(text: &[u8], out: &mut Vec<u8>) {
    let special = |b: &u8| matches!(b, b'{' | b'}' | b',' | b'"' | b'\\') || b.is_ascii_whitespace();
    if !text.is_empty() && !text.eq_ignore_ascii_case(b"null") && !text.iter().any(special) {
        out.extend_from_slice(text);
        return;
    }
    out.push(b'"');
    for &byte in text {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn floats_are_written_as_postgresql_16_writes_them() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (0.1, "0.1"),
            (-51.5074, "-51.5074"),
            (100.0, "100"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (123_456_789_012_345.0, "123456789012345"),
            (1e15, "1e+15"),
            (1.5e300, "1.5e+300"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
            (0.1 + 0.2, "0.30000000000000004"),
            // Halfway between two of as many digits: the even one.
            (247_160_633_185_854.0 + 0.625, "247160633185854.62"),
            (-1_125_899_906_842_625.0 - 0.25, "-1.1258999068426252e+15"),
            (0.000_012_5, "1.25e-05"),
            (1_234_567_890_123_456.0, "1.234567890123456e+15"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::from_bits(1), "5e-324"),
        ] {
            assert_eq!(written(|out| float8(value, out)), text);
        }
        for (value, text) in [
            (0.0, "0"),
            (0.1, "0.1"),
            (51.5074, "51.5074"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (999_999.9, "999999.9"),
            (1e6, "1e+06"),
            (-1_234_567.0, "-1.234567e+06"),
            (1e-45, "1e-45"),
            (f32::INFINITY, "Infinity"),
        ] {
            assert_eq!(written(|out| float4(value, out)), text);
        }
    }

    /// The digits that count, without sign, point and exponent.
    fn digits(text: &str) -> String {
        let mantissa = text.split('e').next().unwrap_or_default();
        let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
        digits.trim_start_matches('0').trim_end_matches('0').to_owned()
    }

    /// The fewest digits from which a number is read back, and of those the nearest, the even one of two: the standard library
    /// finds how many, and rounds to so many (its own choice between two is another).
    macro_rules! fewest_digits {
        ($value:expr) => {{
            let fewest = digits(&format!("{:e}", $value));
            let nearest = format!("{:.*e}", fewest.len().saturating_sub(1), $value);
            // Beside a power of two the nearest may belong to the number below it.
            if nearest.parse() == Ok($value) { digits(&nearest) } else { fewest }
        }};
    }

    proptest::proptest! {
        #[test]
        fn a_float_is_read_back_from_no_more_digits_than_it_needs(
            bits: u64,
            degrees in -180.0..180.0_f64,
            // Where numbers halfway between two are common.
            eighths in 400_000_000_000_000..8_000_000_000_000_000_i64,
        ) {
            let single = f32::from_bits(u32::try_from(bits >> 32).unwrap());
            #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
            let halfway = eighths as f64 / 8.0;
            for value in [f64::from_bits(bits), degrees, halfway] {
                let text = written(|out| float8(value, out));
                proptest::prop_assert!(text.parse::<f64>().unwrap().to_bits() == value.to_bits() || value.is_nan());
                proptest::prop_assert_eq!(digits(&text), fewest_digits!(value));
            }
            let text = written(|out| float4(single, out));
            proptest::prop_assert!(text.parse::<f32>().unwrap().to_bits() == single.to_bits() || single.is_nan());
            proptest::prop_assert_eq!(digits(&text), fewest_digits!(single));
        }
    }

    #[test]
    fn dates_agree_with_the_calendar() {
        for (year, month, day) in [(1970, 1, 1), (2000, 2, 29), (1900, 3, 1), (2026, 11, 24), (1, 1, 1), (9999, 12, 31)]
        {
            let date_of = jiff::civil::date(year, month, day);
            let days = (date_of - jiff::civil::date(1970, 1, 1)).get_days();
            assert_eq!(written(|out| date(days, out)), date_of.to_string());
        }
        assert_eq!(written(|out| date(-719_163, out)), "0001-12-31 BC");
    }

    #[test]
    fn moments_are_written_in_the_zone_with_its_offset() {
        let london = TimeZone::get("Europe/London").unwrap();
        let india = TimeZone::get("Asia/Kolkata").unwrap();
        let us = 1_781_524_800_500_000; // 2026-06-15T12:00:00.5Z
        assert_eq!(written(|out| timestamptz(us, None, out)), "2026-06-15 12:00:00.5+00");
        assert_eq!(written(|out| timestamptz(us, Some(&london), out)), "2026-06-15 13:00:00.5+01");
        assert_eq!(written(|out| timestamptz(us, Some(&india), out)), "2026-06-15 17:30:00.5+05:30");
        assert_eq!(written(|out| timestamp(-1, out)), "1969-12-31 23:59:59.999999");
    }

    #[test]
    fn intervals_and_numbers_are_postgresqls() {
        let of = |months, days, ns| written(|out| interval(IntervalMonthDayNano::new(months, days, ns), out));
        assert_eq!(of(14, 3, 14_706_000_000_000), "1 year 2 mons 3 days 04:05:06");
        assert_eq!(of(0, 0, 0), "00:00:00");
        assert_eq!(of(0, -1, 3_600_000_000_000), "-1 days +01:00:00");
        assert_eq!(of(0, 0, -500_000_000), "-00:00:00.5");
        assert_eq!(written(|out| numeric(-5, 2, out)), "-0.05");
        assert_eq!(written(|out| numeric(18_446_744_073_709_551_615, 0, out)), "18446744073709551615");
    }

    #[test]
    fn elements_are_quoted_where_they_must_be() {
        for (text, expected) in [("a", "a"), ("", "\"\""), ("NULL", "\"NULL\""), ("a,b", "\"a,b\""), ("\"", "\"\\\"\"")]
        {
            assert_eq!(written(|out| element(text.as_bytes(), out)), expected);
        }
        assert_eq!(written(|out| bytes(&[0, 255], out)), "\\x00ff");
    }
}
