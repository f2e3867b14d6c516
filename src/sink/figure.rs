//! A finding's figures as a person reads them: the name in words, the value with its unit.
//!
//! The unit is read off the name, where the design puts it: `distance_m`, `break_even_speed_m_s`, `dwell_us`.

use super::quantity::{count, metres, probability};
use crate::evaluate::{Figure, Value};
use crate::time::{ZoneRule, offset_text};

/// Metres a second to miles an hour: a mile is 1,609.344 m (International Yard and Pound Agreement, 1959).
const MPH_OF_M_S: f64 = 3_600.0 / 1_609.344;

/// What a name's ending says of its value.
const ENDINGS: [(&str, Unit); 9] = [
    ("_m_s", Unit::Speed),
    ("_m", Unit::Metres),
    ("_us", Unit::Microseconds),
    ("_s", Unit::Seconds),
    ("_h", Unit::Hours),
    ("_deg", Unit::Degrees),
    ("_share", Unit::Share),
    ("_percent", Unit::Percent),
    ("_p", Unit::Share),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Speed,
    Metres,
    Microseconds,
    Seconds,
    Hours,
    Degrees,
    Share,
    Percent,
    None,
}

fn split(name: &str) -> (&str, Unit) {
    let known = ENDINGS.into_iter().find_map(|(ending, unit)| Some((name.strip_suffix(ending)?, unit)));
    known.unwrap_or((name, Unit::None))
}

/// A figure's name in words: `break_even_speed_m_s` is `break even speed`.
pub(super) fn label(figure: &Figure) -> String {
    split(figure.name).0.replace('_', " ")
}

/// A figure's value with its unit; a moment in local time with its offset from UTC.
pub(super) fn value(figure: &Figure, zone: &ZoneRule) -> String {
    let (_, unit) = split(figure.name);
    match &figure.value {
        Value::Count(n) => with_unit(count(*n), unit),
        Value::Real(x) if x.is_infinite() => if *x > 0.0 { "no bound" } else { "none" }.to_owned(),
        Value::Real(x) => real(*x, unit),
        Value::MomentUs(us) => offset_text(*us, zone),
        Value::Word(word) => word.clone(),
        Value::Flag(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Absent => "not known".to_owned(),
    }
}

fn real(x: f64, unit: Unit) -> String {
    match unit {
        Unit::Speed => format!("{x:.1} m/s ({:.0} mph)", x * MPH_OF_M_S),
        Unit::Metres => metres(x),
        Unit::Microseconds => duration(x / 1e6),
        Unit::Seconds => duration(x),
        Unit::Hours => format!("{x:.1} h"),
        Unit::Degrees => format!("{x:.6} degrees"),
        Unit::Share => probability(x),
        Unit::Percent => format!("{x:.1} %"),
        Unit::None if x.abs() >= 1e6 || (x != 0.0 && x.abs() < 1e-3) => format!("{x:.3e}"),
        Unit::None => format!("{x:.3}"),
    }
}

fn with_unit(number: String, unit: Unit) -> String {
    let unit = match unit {
        Unit::Speed => " m/s",
        Unit::Metres => " m",
        Unit::Microseconds => " us",
        Unit::Seconds => " s",
        Unit::Hours => " h",
        Unit::Degrees => " degrees",
        Unit::Percent => " %",
        Unit::Share | Unit::None => "",
    };
    number + unit
}

/// A length of time: `12.5 s`, `3 min 20 s`, `2 h 05 min`, `3 d 04 h`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a length of time beyond what a whole number holds is not printed so"
)]
fn duration(seconds: f64) -> String {
    let sign = if seconds < 0.0 { "-" } else { "" };
    let s = seconds.abs();
    if s < 60.0 {
        return format!("{sign}{s:.1} s");
    }
    let whole = s.round() as i64;
    let (days, hours, minutes) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60);
    match whole {
        ..3_600 => format!("{sign}{minutes} min {:02} s", whole % 60),
        3_600..86_400 => format!("{sign}{hours} h {minutes:02} min"),
        _ => format!("{sign}{days} d {hours:02} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_their_units_and_values_carry_them() {
        let utc = ZoneRule::utc();
        let shown = |f: Figure| (label(&f), value(&f, &utc));
        assert_eq!(
            shown(Figure::real("break_even_speed_m_s", 13.4112)),
            ("break even speed".into(), "13.4 m/s (30 mph)".into())
        );
        assert_eq!(shown(Figure::real("distance_m", 12_345.0)), ("distance".into(), "12.35 km".into()));
        assert_eq!(shown(Figure::real("dwell_s", 7_500.0)).1, "2 h 05 min");
        assert_eq!(shown(Figure::real("dwell_us", 59.94e6)).1, "59.9 s");
        assert_eq!(shown(Figure::real("lag_s", -200.0)).1, "-3 min 20 s");
        assert_eq!(shown(Figure::count("fixes", 1_234)), ("fixes".into(), "1,234".into()));
        assert_eq!(shown(Figure::real("top_speed_m_s", f64::INFINITY)).1, "no bound");
        assert_eq!(shown(Figure::real("distance_m", f64::NAN)).1, "not known");
        let moment = shown(Figure::moment("earliest_arrival_us", 1_761_438_600_000_000));
        assert_eq!(moment.0, "earliest arrival");
        assert_eq!(moment.1, "2025-10-26 00:30:00 +00:00");
        let london = ZoneRule::parse("Europe/London").unwrap();
        let moment = |us| value(&Figure::moment("t_us", us), &london);
        // The hour that comes twice reads differently before and after the change.
        assert_eq!(moment(1_761_438_600_000_000), "2025-10-26 01:30:00 +01:00");
        assert_eq!(moment(1_761_442_200_000_000), "2025-10-26 01:30:00 +00:00");
    }

    #[test]
    fn a_share_is_never_rounded_into_a_certainty() {
        assert_eq!(value(&Figure::real("observed_share", 0.999_9), &ZoneRule::utc()), ">0.999");
        assert_eq!(value(&Figure::real("chance_p", 0.000_2), &ZoneRule::utc()), "<0.001");
    }
}
