//! `custody_left`: how much is left of the custody clock.

use datafusion::arrow::array::IntervalMonthDayNanoArray;
use datafusion::arrow::datatypes::{DataType, IntervalMonthDayNano, IntervalUnit};
use datafusion::common::DataFusionError;

use crate::time::custody::{CustodyRules, plain_left_us};

use super::argument::{Argument, Kind};
use super::rows::each;
use super::scalar::Plain;

const ARGUMENTS: [Argument; 3] = [
    Argument::new("relevant_time", Kind::Time, "the relevant time (s.41(2)), as custody staff state it"),
    Argument::new("now", Kind::Time, "the moment that is asked about: `now()`"),
    Argument::new(
        "authorised_until",
        Kind::Time,
        "to when detention has been authorised past 24 hours; NULL if it has not",
    ),
];

/// The function of the custody clock.
pub fn functions() -> Vec<Plain> {
    vec![Plain {
        section: "Custody",
        name: "custody_left",
        arguments: &ARGUMENTS,
        optional: 1,
        result: DataType::Interval(IntervalUnit::MonthDayNano),
        meaning: "what is left of detention by the PACE table (24 hours of elapsed time, with an authority as long as that, \
                  never past 96 hours); negative once it has passed",
        null: "It knows of no stop of the clock and no review.",
        example: "SELECT custody_left('2026-03-28T23:30:00Z', '2026-03-29T09:30:00+01:00')",
        kernel: |a| {
            let rules = CustodyRules::pace().map_err(|e| DataFusionError::External(Box::new(e)))?;
            each::<_, IntervalMonthDayNanoArray>(a, |call| {
                let (Some(relevant_us), Some(now_us)) = (call.time_us(0), call.time_us(1)) else { return Ok(None) };
                let until_us = if call.has(2) { call.time_us(2) } else { None };
                Ok(plain_left_us(relevant_us, until_us, now_us, &rules).and_then(interval))
            })
        },
    }]
}

/// Elapsed time as an interval of nanoseconds only, so that it is compared exactly; `None` past 292 years.
fn interval(us: i64) -> Option<IntervalMonthDayNano> {
    Some(IntervalMonthDayNano::new(0, 0, us.checked_mul(1_000)?))
}
