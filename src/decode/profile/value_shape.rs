//! What the values of a column look like: which time formats fit all of them, and whether they are coordinates.

use crate::time::{EARLIEST_US, TimeFormat, ZoneRule, parse_iso, parse_with};

/// A way to write times, with and without seconds; the names are those of a profile's `formats`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// What a person calls it.
    pub name: &'static str,
    /// Its formats.
    pub formats: &'static [&'static str],
}

const FAMILIES: &[Family] = &[
    Family { name: "ISO 8601", formats: &["iso"] },
    Family { name: "day/month/year", formats: &["%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M"] },
    Family { name: "month/day/year", formats: &["%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M"] },
    Family { name: "day-month-year", formats: &["%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M"] },
    Family { name: "month-day-year", formats: &["%m-%d-%Y %H:%M:%S", "%m-%d-%Y %H:%M"] },
    Family { name: "day.month.year", formats: &["%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M"] },
    Family { name: "day/month/year of two digits", formats: &["%d/%m/%y %H:%M:%S", "%d/%m/%y %H:%M"] },
    Family { name: "month/day/year of two digits", formats: &["%m/%d/%y %H:%M:%S", "%m/%d/%y %H:%M"] },
    Family { name: "year/month/day", formats: &["%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M"] },
    Family { name: "day month-name year", formats: &["%d %b %Y %H:%M:%S", "%d %b %Y %H:%M"] },
    Family { name: "fourteen digits", formats: &["%Y%m%d%H%M%S"] },
    Family { name: "seconds since 1970", formats: &["epoch_s"] },
    Family { name: "milliseconds since 1970", formats: &["epoch_ms"] },
    Family { name: "microseconds since 1970", formats: &["epoch_us"] },
];

/// The year 2100: a number that would be later is not a time.
const LATEST_US: i64 = 4_102_444_800_000_000;

/// The ways of writing times that fit every value, none if there is no value.
pub fn families(values: &[String]) -> Vec<Family> {
    let filled: Vec<&String> = values.iter().filter(|v| !v.is_empty()).collect();
    if filled.is_empty() {
        return Vec::new();
    }
    FAMILIES.iter().copied().filter(|f| filled.iter().all(|v| f.formats.iter().any(|x| is_time(v, x)))).collect()
}

fn is_time(text: &str, format: &str) -> bool {
    let utc = ZoneRule::utc();
    let format = match format {
        "iso" => TimeFormat::Iso,
        "epoch_s" => TimeFormat::Epoch(1_000_000),
        "epoch_ms" => TimeFormat::Epoch(1_000),
        "epoch_us" => TimeFormat::Epoch(1),
        pattern => TimeFormat::Pattern(pattern.to_owned()),
    };
    parse_with(text, &format, Some(&utc)).is_ok_and(|r| (EARLIEST_US..LATEST_US).contains(&r.t0_us))
}

/// Every value says its own zone.
pub fn have_offsets(values: &[String]) -> bool {
    values.iter().filter(|v| !v.is_empty()).all(|v| parse_iso(v, None).is_ok())
}

/// Every value is a number in the range, and there is one.
pub fn within(values: &[String], least: f64, most: f64) -> bool {
    let mut filled = values.iter().filter(|v| !v.is_empty()).peekable();
    filled.peek().is_some() && filled.all(|v| v.parse::<f64>().is_ok_and(|x| (least..=most).contains(&x)))
}

/// Every value is a number with a fraction, as coordinates in degrees are.
pub fn have_fractions(values: &[String]) -> bool {
    let mut filled = values.iter().filter(|v| !v.is_empty()).peekable();
    filled.peek().is_some()
        && filled.all(|v| v.split_once('.').is_some_and(|(_, f)| f.len() >= 3) && v.parse::<f64>().is_ok())
}

/// Every value has a decimal comma, and would be a number with a point.
pub fn have_decimal_commas(values: &[String]) -> bool {
    let mut filled = values.iter().filter(|v| !v.is_empty()).peekable();
    filled.peek().is_some() && filled.all(|v| v.contains(',') && v.replace(',', ".").parse::<f64>().is_ok())
}

/// Every value ends or begins with one of the letters and is a number otherwise.
pub fn have_hemispheres(values: &[String], letters: [char; 2]) -> bool {
    let letter = |c: char| letters.contains(&c.to_ascii_uppercase());
    let mut filled = values.iter().filter(|v| !v.is_empty()).peekable();
    filled.peek().is_some()
        && filled.all(|v| v.contains(letter) && v.trim_matches(letter).trim().parse::<f64>().is_ok())
}

/// A value that headings do not have: a number, or a time.
pub fn is_value(text: &str) -> bool {
    let number = text.replace(',', ".").parse::<f64>().is_ok();
    number || FAMILIES.iter().any(|f| f.formats.iter().any(|x| is_time(text, x)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(values: &[&str]) -> Vec<&'static str> {
        let values: Vec<String> = values.iter().map(|v| (*v).to_owned()).collect();
        families(&values).iter().map(|f| f.name).collect()
    }

    #[test]
    fn day_and_month_are_told_apart_only_by_a_day_above_twelve() {
        assert_eq!(names(&["03/04/2025 10:00", "05/06/2025 10:00:01"]), ["day/month/year", "month/day/year"]);
        assert_eq!(names(&["03/04/2025 10:00", "25/06/2025 10:00"]), ["day/month/year"]);
        assert_eq!(names(&["03/25/2025 10:00"]), ["month/day/year"]);
        assert!(names(&["25/03/2025 10:00", "03/25/2025 10:00"]).is_empty());
    }

    #[test]
    fn epochs_are_told_apart_by_their_size() {
        assert_eq!(names(&["1700000000"]), ["seconds since 1970"]);
        assert_eq!(names(&["1700000000000"]), ["milliseconds since 1970"]);
        assert_eq!(names(&["1700000000000000"]), ["microseconds since 1970"]);
        assert_eq!(names(&["51.5"]), Vec::<&str>::new());
    }
}
