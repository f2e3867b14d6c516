//! Parameters: values for the `$name` placeholders of a query, put in as literals and never as text of SQL.
//!
//! | type | written by its look | literal |
//! | --- | --- | --- |
//! | `int` | `120`, `-5` (no leading zero or `+`: those are telephone numbers) | `Int64` |
//! | `float` | `0.5`, `-1.2e3` | `Float64` |
//! | `bool` | `true`, `false` | `Boolean` |
//! | `timestamp` | `2025-06-01T12:00:00Z`, with an offset | `Timestamp(us, UTC)`, as `t0` |
//! | `date` | `2025-06-01` | `Date32` |
//! | `interval` | `2 minutes`, `90 s` is not: a number and a unit in words | `Interval` |
//! | `text` | everything else | `Utf8` |

use crate::query::quoted;
use crate::time::{ZoneRule, parse_iso};

/// A named value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name, without `$`.
    pub name: String,
    kind: Kind,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Int,
    Float,
    Bool,
    Timestamp,
    Date,
    Interval,
}

impl Kind {
    const ALL: [(&'static str, Self); 7] = [
        ("text", Self::Text),
        ("int", Self::Int),
        ("float", Self::Float),
        ("bool", Self::Bool),
        ("timestamp", Self::Timestamp),
        ("date", Self::Date),
        ("interval", Self::Interval),
    ];

    fn parse(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|(name, _)| *name == text);
        found.map(|(_, kind)| kind).ok_or_else(|| {
            let names = Self::ALL.map(|(name, _)| name).join(", ");
            format!("the type {text:?} is none of {names}")
        })
    }

    /// The type that a value looks like.
    fn of(value: &str) -> Self {
        let like = |kind: &&Self| kind.accepts(value, None).is_ok();
        [Self::Int, Self::Float, Self::Bool, Self::Date, Self::Timestamp, Self::Interval]
            .iter()
            .find(like)
            .copied()
            .filter(|kind| *kind != Self::Int && *kind != Self::Float || !is_dialled(value))
            .unwrap_or(Self::Text)
    }

    /// The literal of a value of this type, as SQL.
    fn accepts(self, value: &str, zone: Option<&ZoneRule>) -> Result<String, String> {
        let not = |what: &str| format!("{value:?} is not {what}");
        match self {
            Self::Text => Ok(quoted(value)),
            Self::Int => value.parse::<i64>().map(|n| n.to_string()).map_err(|_| not("a whole number")),
            Self::Float => {
                let number = value.parse::<f64>().ok().filter(|n| n.is_finite());
                number.map(|n| format!("CAST('{n:e}' AS DOUBLE)")).ok_or_else(|| not("a number"))
            }
            Self::Bool => value.parse::<bool>().map(|b| b.to_string()).map_err(|_| not("true or false")),
            Self::Timestamp => timestamp(value, zone),
            Self::Date => {
                let date = value.parse::<jiff::civil::Date>().ok().filter(|_| value.len() == "2025-06-01".len());
                date.map(|d| format!("DATE '{d}'")).ok_or_else(|| not("a date such as 2025-06-01"))
            }
            Self::Interval => interval(value).ok_or_else(|| not("a duration such as 2 minutes")),
        }
    }
}

/// Digits that stand for themselves: a telephone number or an identifier, whose `0` or `+` a number would lose.
fn is_dialled(value: &str) -> bool {
    let digits = value.trim_start_matches('-');
    value.starts_with('+') || (digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0."))
}

fn timestamp(value: &str, zone: Option<&ZoneRule>) -> Result<String, String> {
    let reading = parse_iso(value, zone).map_err(|e| format!("{value:?}: {e}; write it as 2025-06-01T12:00:00Z"))?;
    if reading.ambiguous {
        return Err(format!("{value:?} had two readings when the clocks went back: give the offset"));
    }
    Ok(format!("arrow_cast({}, 'Timestamp(Microsecond, Some(\"UTC\"))')", reading.t0_us))
}

fn interval(value: &str) -> Option<String> {
    const UNITS: [&str; 9] = ["microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "year"];
    let (number, unit) = value.trim().split_once(' ')?;
    let unit = unit.trim().to_ascii_lowercase();
    let known = UNITS.contains(&unit.strip_suffix('s').unwrap_or(&unit));
    let number = number.parse::<i64>().ok().filter(|_| known)?;
    Some(format!("INTERVAL '{number} {unit}'"))
}

impl Parameter {
    /// Reads `NAME=VALUE` or `NAME:TYPE=VALUE`; the value begins after the first `=`.
    ///
    /// # Errors
    /// What is wrong with the name or the type.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (left, value) = text.split_once('=').ok_or("write NAME=VALUE, such as radius_m=100")?;
        let (name, kind) = match left.split_once(':') {
            Some((name, kind)) => (name, Kind::parse(kind)?),
            None => (left, Kind::of(value)),
        };
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(format!("the name {name:?} must be letters, digits and _"));
        }
        Ok(Self { name: name.to_owned(), kind, value: value.to_owned() })
    }

    /// The value as a literal in brackets; a time without an offset is read in `zone`.
    ///
    /// # Errors
    /// What is wrong with the value.
    pub fn literal(&self, zone: Option<&ZoneRule>) -> Result<String, String> {
        let sql = self.kind.accepts(&self.value, zone).map_err(|e| format!("the parameter {}: {e}", self.name))?;
        Ok(format!("({sql})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str) -> Result<String, String> {
        Parameter::parse(text)?.literal(None)
    }

    #[test]
    fn a_value_has_the_type_it_looks_like() {
        let cases = [
            ("n=120", "(120)"),
            ("n=-5", "(-5)"),
            ("x=0.5", "(CAST('5e-1' AS DOUBLE))"),
            ("x=1e3", "(CAST('1e3' AS DOUBLE))"),
            ("b=true", "(true)"),
            ("d=2025-06-01", "(DATE '2025-06-01')"),
            ("w=2 minutes", "(INTERVAL '2 minutes')"),
            ("t=phone-1", "('phone-1')"),
            ("t=", "('')"),
            ("t=a=b", "('a=b')"),
            ("t=inf", "('inf')"),
            ("t=NaN", "('NaN')"),
        ];
        for (text, expected) in cases {
            assert_eq!(literal(text).as_deref(), Ok(expected), "{text}");
        }
        let at = literal("t=2025-06-01T13:00:00+01:00").unwrap();
        assert!(at.contains("1748779200000000"), "{at}");
    }

    #[test]
    fn a_telephone_number_keeps_its_zero_and_its_plus() {
        for number in ["07700900123", "+447700900123", "007", "+1.5"] {
            assert_eq!(literal(&format!("n={number}")).unwrap(), format!("('{number}')"));
        }
        assert_eq!(literal("n=0").unwrap(), "(0)");
        assert_eq!(literal("n=-0.25").unwrap(), "(CAST('-2.5e-1' AS DOUBLE))");
    }

    #[test]
    fn a_named_type_rules_and_a_value_that_is_not_of_it_is_refused() {
        assert_eq!(literal("imei:text=353456789012345").unwrap(), "('353456789012345')");
        assert_eq!(literal("n:float=5").unwrap(), "(CAST('5e0' AS DOUBLE))");
        for bad in ["n:int=5.5", "n:float=inf", "b:bool=yes", "d:date=1/6/2025", "w:interval=soon", "t:timestamp=now"] {
            assert!(literal(bad).is_err(), "{bad}");
        }
        assert!(literal("t:timestamp=2025-06-01T12:00:00").unwrap_err().contains("zone"), "no zone is guessed");
        assert!(Parameter::parse("n:number=5").unwrap_err().contains("interval"));
        for bad in ["n", "=5", "my name=5", "a$=1"] {
            assert!(Parameter::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_time_without_an_offset_is_read_in_the_zone_given() {
        let london = ZoneRule::parse("Europe/London").unwrap();
        let read = |text: &str| Parameter::parse(text).unwrap().literal(Some(&london));
        assert!(read("t:timestamp=2025-06-01T13:00:00").unwrap().contains("1748779200000000"));
        assert!(read("t:timestamp=2025-10-26T01:30:00").unwrap_err().contains("two readings"));
    }

    #[test]
    fn a_value_cannot_leave_its_quotes() {
        assert_eq!(literal("t='; DROP TABLE s; --").unwrap(), "('''; DROP TABLE s; --')");
        assert_eq!(literal("t:interval=1 day' OR '1").ok(), None);
    }
}
