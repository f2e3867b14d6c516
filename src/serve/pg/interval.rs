//! Intervals as clients write them: `2 days 0:00:03`, `1 year 2 mons 04:05:06`, `3 day 4 second`.

use datafusion::arrow::datatypes::IntervalMonthDayNano;

const US_PER_S: f64 = 1e6;

/// Months, days and microseconds.
#[derive(Default)]
struct Sum {
    months: i32,
    days: i32,
    us: i64,
}

/// The interval of a text; `None` if it is none.
pub(super) fn parse(text: &str) -> Option<IntervalMonthDayNano> {
    let mut sum = Sum::default();
    let mut words = text.split_whitespace();
    let mut any = false;
    while let Some(word) = words.next() {
        any = true;
        if word.contains(':') {
            sum.us = sum.us.checked_add(clock(word)?)?;
        } else {
            sum.add(word, words.next()?)?;
        }
    }
    let ns = sum.us.checked_mul(1000)?;
    any.then(|| IntervalMonthDayNano::new(sum.months, sum.days, ns))
}

impl Sum {
    fn add(&mut self, count: &str, unit: &str) -> Option<()> {
        let whole = || count.parse::<i32>().ok();
        let unit = unit.to_lowercase();
        match unit.strip_suffix('s').filter(|u| u.len() > 1).unwrap_or(&unit) {
            "year" => self.months = self.months.checked_add(whole()?.checked_mul(12)?)?,
            "mon" | "month" => self.months = self.months.checked_add(whole()?)?,
            "week" => self.days = self.days.checked_add(whole()?.checked_mul(7)?)?,
            "day" => self.days = self.days.checked_add(whole()?)?,
            "hour" => self.add_us(count, 3600.0 * US_PER_S)?,
            "min" | "minute" => self.add_us(count, 60.0 * US_PER_S)?,
            "sec" | "second" => self.add_us(count, US_PER_S)?,
            "millisecond" => self.add_us(count, 1000.0)?,
            "microsecond" => self.add_us(count, 1.0)?,
            _ => return None,
        }
        Some(())
    }

    fn add_us(&mut self, count: &str, factor: f64) -> Option<()> {
        self.us = self.us.checked_add(rounded(count.parse::<f64>().ok()? * factor)?)?;
        Some(())
    }
}

/// Whole microseconds, if they are not too many.
fn rounded(us: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "bounded on the same line")]
    (us.is_finite() && us.abs() < 9e18).then_some(us.round() as i64)
}

/// `-04:05:06.5`, `0:00:03`, `04:05`.
fn clock(word: &str) -> Option<i64> {
    let (sign, rest) = match word.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, word.strip_prefix('+').unwrap_or(word)),
    };
    let mut parts = rest.split(':');
    let hours: i64 = parts.next()?.parse().ok()?;
    let minutes: i64 = parts.next()?.parse().ok()?;
    let seconds: f64 = parts.next().map_or(Some(0.0), |s| s.parse().ok())?;
    let fine = parts.next().is_none() && hours >= 0 && (0..60).contains(&minutes) && (0.0..61.0).contains(&seconds);
    let us = hours
        .checked_mul(60)?
        .checked_add(minutes)?
        .checked_mul(60_000_000)?
        .checked_add(rounded(seconds * US_PER_S)?)?;
    fine.then_some(sign * us)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_write_is_read() {
        for (text, months, days, us) in [
            ("2 days 0:00:03", 0, 2, 3_000_000),
            ("1 year 2 mons 3 days 04:05:06.5", 14, 3, 14_706_500_000),
            ("-1 days +01:00:00", 0, -1, 3_600_000_000),
            ("3 day 4 second 5 microsecond", 0, 3, 4_000_005),
            ("1 week", 0, 7, 0),
            ("-00:00:00.5", 0, 0, -500_000),
            ("1.5 hours", 0, 0, 5_400_000_000),
        ] {
            assert_eq!(parse(text), Some(IntervalMonthDayNano::new(months, days, us * 1000)), "{text}");
        }
        for text in ["", "a day", "1 fortnight", "1", "1:99:00", "999999999999 years"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
