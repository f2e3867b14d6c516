//! A time plus or minus a constant interval, added as the integers they are stored as.
//!
//! `ts + INTERVAL '120 seconds'` is the same by the calendar and by the clock: without months and days, no zone and no
//! leap year has a say. `DataFusion` goes through the calendar for each row all the same. Here the addition is one of
//! integers where that is certain to give the same: the interval is whole in the times' unit, the zone is known, and
//! all times and sums lie well within what the calendar can express. Anything else, errors above all, is left to the
//! expression as written.

use std::str::FromStr as _;

use datafusion::arrow::array::timezone::Tz;
use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, Int64Array, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type, TimeUnit};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, Operator};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{BinaryExpr, Literal};

/// Times and sums are at most so far from 1970, seconds; the calendar ends at 8.2e12.
const MOST_SECONDS: u64 = 8_000_000_000_000;
/// Two numbers of at most this size add up without overflow.
const MOST_UNITS: u64 = (1 << 62) - 1;

/// The values of `time + interval` or `time - interval` as integers of the time's unit.
///
/// `None` where adding integers is not certain to give what the expression gives, which is then to be evaluated.
///
/// # Errors
/// Those of evaluating the time.
pub fn shifted(expr: &dyn PhysicalExpr, batch: &RecordBatch) -> Result<Option<Int64Array>> {
    let Some((time, interval, sign)) = parts(expr) else { return Ok(None) };
    // The type is asked first, so that nothing is evaluated in vain.
    let DataType::Timestamp(unit, zone) = time.data_type(batch.schema_ref())? else { return Ok(None) };
    let Some(by) = whole_units(interval, unit) else { return Ok(None) };
    if zone.is_some_and(|zone| Tz::from_str(&zone).is_err()) {
        return Ok(None);
    }
    let ColumnarValue::Array(times) = time.evaluate(batch)? else { return Ok(None) };
    add(&times, by * sign, unit)
}

/// A sum of an expression and a constant: the expression, the constant, and 1 or -1 for its sign.
fn parts(expr: &dyn PhysicalExpr) -> Option<(&dyn PhysicalExpr, &ScalarValue, i64)> {
    let sum = expr.downcast_ref::<BinaryExpr>()?;
    let (left, right) = (sum.left().as_ref(), sum.right().as_ref());
    let constant = |e: &dyn PhysicalExpr| e.downcast_ref::<Literal>().is_some();
    let value = |e| <dyn PhysicalExpr>::downcast_ref::<Literal>(e).map(Literal::value);
    match sum.op() {
        Operator::Plus if constant(left) => Some((right, value(left)?, 1)),
        Operator::Plus => Some((left, value(right)?, 1)),
        Operator::Minus => Some((left, value(right)?, -1)),
        _ => None,
    }
}

/// An interval without months and days as a whole number of units, of moderate size.
fn whole_units(interval: &ScalarValue, unit: TimeUnit) -> Option<i64> {
    let nanoseconds = match interval {
        ScalarValue::IntervalMonthDayNano(Some(i)) if i.months == 0 && i.days == 0 => i.nanoseconds,
        ScalarValue::IntervalDayTime(Some(i)) if i.days == 0 => i64::from(i.milliseconds) * 1_000_000,
        _ => return None,
    };
    let per_unit = 1_000_000_000 / units_per_second(unit);
    let is_moderate = |units: &i64| units.unsigned_abs() <= MOST_UNITS;
    (nanoseconds % per_unit == 0).then_some(nanoseconds / per_unit).filter(is_moderate)
}

const fn units_per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

/// Adds a moderate number of units to times; `None` if a time or a sum is not moderate, what NULLs hide included.
fn add(times: &ArrayRef, by: i64, unit: TimeUnit) -> Result<Option<Int64Array>> {
    let times = cast(times, &DataType::Int64)?;
    let times = times.as_primitive::<Int64Type>();
    let most = MOST_SECONDS.saturating_mul(units_per_second(unit).unsigned_abs()).min(MOST_UNITS);
    // One pass without branches.
    let mut all_moderate = true;
    let sums = times.values().iter().map(|time| {
        let sum = time.wrapping_add(by);
        all_moderate &= (time.unsigned_abs() <= most) & (sum.unsigned_abs() <= most);
        sum
    });
    let sums: Vec<i64> = sums.collect();
    Ok(all_moderate.then(|| Int64Array::new(sums.into(), times.nulls().cloned())))
}

#[cfg(test)]
#[path = "shift_tests.rs"]
mod tests;
