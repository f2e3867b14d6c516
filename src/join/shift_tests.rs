//! Adding integers is what the expression gives: its values, its NULLs and its refusals.

use std::sync::Arc;

use datafusion::arrow::array::{TimestampSecondArray, new_null_array};
use datafusion::arrow::datatypes::{Field, IntervalDayTime, IntervalMonthDayNano, Schema};
use datafusion::physical_expr::expressions::Column;
use proptest::prelude::*;

use super::*;

const UNITS: [TimeUnit; 4] = [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond];

fn batch(times: &[Option<i64>], unit: TimeUnit, zone: Option<&str>) -> RecordBatch {
    let kind = DataType::Timestamp(unit, zone.map(Into::into));
    let times = cast(&Int64Array::from(times.to_vec()), &kind).unwrap();
    let schema = Schema::new(vec![Field::new("ts", kind, true)]);
    RecordBatch::try_new(Arc::new(schema), vec![times]).unwrap()
}

fn sum(op: Operator, interval: ScalarValue, interval_first: bool) -> BinaryExpr {
    let column: Arc<dyn PhysicalExpr> = Arc::new(Column::new("ts", 0));
    let interval: Arc<dyn PhysicalExpr> = Arc::new(Literal::new(interval));
    if interval_first { BinaryExpr::new(interval, op, column) } else { BinaryExpr::new(column, op, interval) }
}

/// What the expression gives, as integers; `None` for an error.
fn as_written(expr: &BinaryExpr, batch: &RecordBatch) -> Option<Int64Array> {
    let sums = expr.evaluate(batch).ok()?.into_array(batch.num_rows()).unwrap();
    Some(cast(&sums, &DataType::Int64).unwrap().as_primitive::<Int64Type>().clone())
}

const fn nanoseconds(n: i64) -> ScalarValue {
    ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano { months: 0, days: 0, nanoseconds: n }))
}

fn intervals() -> impl Strategy<Value = ScalarValue> {
    let calendar = (-2..3i32, -2..3i32, any::<i64>());
    prop_oneof![
        4 => (-1_000_000..1_000_000i64).prop_map(|s| nanoseconds(s * 1_000_000_000)),
        2 => (any::<i64>(), prop_oneof![Just(1), Just(1_000), Just(1_000_000), Just(1_000_000_000i64)])
            .prop_map(|(n, unit)| nanoseconds(n / unit * unit)),
        1 => prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(0), any::<i64>()].prop_map(nanoseconds),
        1 => calendar.prop_map(|(months, days, nanoseconds)| ScalarValue::IntervalMonthDayNano(Some(
            IntervalMonthDayNano { months, days, nanoseconds }))),
        1 => (-1..2i32, any::<i32>()).prop_map(|(days, milliseconds)| ScalarValue::IntervalDayTime(Some(
            IntervalDayTime { days, milliseconds }))),
        1 => Just(ScalarValue::IntervalMonthDayNano(None)),
    ]
}

/// Times of a unit: near today, near the ends of the calendar and of the type, before 1970, and anything.
fn times(unit: TimeUnit) -> impl Strategy<Value = Vec<Option<i64>>> {
    let per_second = units_per_second(unit);
    let seconds = prop_oneof![
        8 => -4_000_000_000..4_000_000_000i64,
        1 => -8_400_000_000_000..8_400_000_000_000i64,
        1 => prop_oneof![7_999_999_000_000..8_000_001_000_000i64, 8_210_266_000_000..8_210_267_000_000i64],
    ];
    let ordinary = (seconds, 0..1_000_000_000i64)
        .prop_map(move |(s, fraction)| s.saturating_mul(per_second).saturating_add(fraction % per_second));
    let any = prop_oneof![Just(i64::MIN), Just(i64::MAX), any::<i64>()];
    prop::collection::vec(prop::option::weighted(0.9, prop_oneof![30 => ordinary, 1 => any]), 1..20)
}

fn questions() -> impl Strategy<Value = (TimeUnit, Vec<Option<i64>>)> {
    prop::sample::select(UNITS.to_vec()).prop_flat_map(|unit| (Just(unit), times(unit)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8192))]
    #[test]
    fn what_is_added_directly_is_what_the_expression_gives(
        (unit, times) in questions(), interval in intervals(),
        zone in prop::sample::select(vec![None, Some("UTC"), Some("+05:30"), Some("Europe/London"), Some("-11:00")]),
        minus in any::<bool>(), interval_first in any::<bool>()) {
        let op = if minus { Operator::Minus } else { Operator::Plus };
        let (expr, batch) = (sum(op, interval, interval_first && !minus), batch(&times, unit, zone));
        if let Some(direct) = shifted(&expr, &batch).unwrap() {
            let written = as_written(&expr, &batch);
            prop_assert_eq!(Some(direct), written);
        }
    }
}

/// The shortcut is taken where it is meant to be, or the property above would say nothing.
#[test]
fn ordinary_times_and_windows_are_added_directly() {
    for unit in UNITS {
        let t = 1_700_000_000 * units_per_second(unit);
        let by = 120 * units_per_second(unit);
        for zone in [None, Some("UTC"), Some("+01:00")] {
            let batch = batch(&[Some(t), None, Some(-t)], unit, zone);
            let day_time = ScalarValue::IntervalDayTime(Some(IntervalDayTime { days: 0, milliseconds: 120_000 }));
            for interval in [nanoseconds(120_000_000_000), day_time] {
                let shift = |op, first| shifted(&sum(op, interval.clone(), first), &batch).unwrap();
                let (later, earlier) =
                    (vec![Some(t + by), None, Some(by - t)], vec![Some(t - by), None, Some(-t - by)]);
                assert_eq!(shift(Operator::Plus, false), Some(later.clone().into()));
                assert_eq!(shift(Operator::Plus, true), Some(later.into()));
                assert_eq!(shift(Operator::Minus, false), Some(earlier.into()));
            }
        }
    }
}

/// A sum beyond the calendar, a zone that is none, a part of a unit, a month: the expression decides, and may refuse.
#[test]
fn what_is_not_plain_is_left_to_the_expression() {
    let second = TimeUnit::Second;
    let asked =
        |interval: ScalarValue, batch: &RecordBatch| shifted(&sum(Operator::Plus, interval, false), batch).unwrap();
    let today = batch(&[Some(1_700_000_000)], second, None);
    assert_eq!(asked(nanoseconds(1), &today), None);
    let month = IntervalMonthDayNano { months: 1, days: 0, nanoseconds: 0 };
    assert_eq!(asked(ScalarValue::IntervalMonthDayNano(Some(month)), &today), None);
    let far = batch(&[Some(1), Some(i64::MAX)], second, None);
    assert_eq!(asked(nanoseconds(1_000_000_000), &far), None);
    assert_eq!(as_written(&sum(Operator::Plus, nanoseconds(1_000_000_000), false), &far), None);
    let kind = DataType::Timestamp(second, Some("No/Where".into()));
    let times = TimestampSecondArray::from(vec![1]).with_timezone("No/Where");
    let schema = Arc::new(Schema::new(vec![Field::new("ts", kind.clone(), true)]));
    let nowhere = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(times)]).unwrap();
    assert_eq!(asked(nanoseconds(1_000_000_000), &nowhere), None);
    let nulls = RecordBatch::try_new(schema, vec![new_null_array(&kind, 2)]).unwrap();
    assert_eq!(asked(nanoseconds(1_000_000_000), &nulls), None);
}
