//! Reading a conjunct as a bound between the times of the two sides.
//!
//! Every usual spelling is one inequality `sum of signed terms <= 0`. Terms of the left side stay on the left, the rest
//! goes to the right: `abs(s.ts - v.ts) <= w` gives `s.ts <= v.ts + w` and `v.ts <= s.ts + w`, with `w` from either table.
//! A comparison whose two sides already read one table each is taken as it is, and is exact; a rearranged one is used
//! to find candidates (`time_sum`: it never loses one) and stays in the residual.
//!
//! Not rearranged, because SQL does not compare them as it subtracts them: unsigned integers (a difference below zero
//! wraps) and intervals of days or months (`INTERVAL '1 day'` is more than any difference of two timestamps, which
//! is an interval of nanoseconds).

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::{Cast, ScalarFunction};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator, lit};

use super::predicate::Side;
use super::recognise::{Schemas, is_time_like, type_of};
use super::time_sum::{End, Term, time_sum};

/// A bound between an expression of the left side and one of the right.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeBound {
    /// `left <= right` if true, `right <= left` if false.
    pub left_is_low: bool,
    /// `<` instead of `<=`.
    pub strict: bool,
    /// The comparison itself, not a consequence of it.
    pub exact: bool,
    /// Reads the left side only.
    pub left: Expr,
    /// Reads the right side only.
    pub right: Expr,
    /// The type of the times compared.
    pub kind: DataType,
}

/// The bounds that a conjunct gives: none, one, or two for an `abs`.
#[must_use]
pub fn time_bounds(conjunct: &Expr, schemas: Schemas<'_>) -> Vec<TimeBound> {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = conjunct else { return Vec::new() };
    let (low, high, strict) = match op {
        Operator::LtEq => (left, right, false),
        Operator::Lt => (left, right, true),
        Operator::GtEq => (right, left, false),
        Operator::Gt => (right, left, true),
        _ => return Vec::new(),
    };
    if let Some(bound) = direct(low, high, strict, schemas) {
        return vec![bound];
    }
    if let Some(inner) = absolute(low) {
        let one = rearranged(&[(inner, 1), (high, -1)], schemas);
        let other = rearranged(&[(inner, -1), (high, -1)], schemas);
        return one.into_iter().chain(other).collect();
    }
    rearranged(&[(low, 1), (high, -1)], schemas).into_iter().collect()
}

fn direct(low: &Expr, high: &Expr, strict: bool, schemas: Schemas<'_>) -> Option<TimeBound> {
    let (low_side, high_side) = (schemas.side(low).ok()?, schemas.side(high).ok()?);
    if low_side == high_side {
        return None;
    }
    let left_is_low = low_side == Side::Left;
    let (left, right) = if left_is_low { (low, high) } else { (high, low) };
    // Both must be of one type that orders as an integer does.
    let (kind, other) = (type_of(left, Side::Left, schemas)?, type_of(right, Side::Right, schemas)?);
    (kind == other && is_time_like(&kind)).then(|| TimeBound {
        left_is_low,
        strict,
        exact: true,
        left: left.clone(),
        right: right.clone(),
        kind,
    })
}

fn absolute(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::ScalarFunction(ScalarFunction { func, args }) if func.name() == "abs" => args.first(),
        Expr::Cast(Cast { expr, .. }) => absolute(expr),
        _ => None,
    }
}

/// A bound from `sum of signed parts <= 0`; never strict, because it only has to lose nothing.
fn rearranged(parts: &[(&Expr, i8)], schemas: Schemas<'_>) -> Option<TimeBound> {
    let mut terms = Vec::new();
    for (expr, sign) in parts {
        flatten(expr, *sign, &mut terms);
    }
    let mut sums = Sums { left: Vec::new(), right: Vec::new(), bits: 64, kind: None };
    let typed = terms.into_iter().map(|(expr, sign)| Some((schemas.kind(&expr)?, expr, sign)));
    let typed: Vec<(DataType, Expr, i8)> = typed.collect::<Option<_>>()?;
    sums.kind = typed.iter().map(|t| &t.0).find(|t| matches!(t, DataType::Timestamp(..))).cloned();
    for (kind, expr, sign) in typed {
        match schemas.side(&expr) {
            Ok(Side::Left) => sums.add(Side::Left, &kind, expr, sign)?,
            Ok(Side::Right) | Err(false) => sums.add(Side::Right, &kind, expr, sign)?,
            Err(true) => return None,
        }
    }
    sums.bound(schemas)
}

/// Signed terms of both sides, all integers of one unit, that add up to at most 0.
struct Sums {
    left: Vec<Term>,
    right: Vec<Term>,
    bits: u32,
    /// The timestamps' type; `None` if the times are integers.
    kind: Option<DataType>,
}

impl Sums {
    fn add(&mut self, side: Side, kind: &DataType, expr: Expr, sign: i8) -> Option<()> {
        let term = match (&self.kind, kind) {
            (None, DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64) => {
                let bits = u32::try_from(kind.primitive_width()?).ok()? * 8;
                self.bits = self.bits.min(bits);
                (expr, sign)
            }
            (Some(times), kind) if times == kind => (expr, sign),
            (Some(DataType::Timestamp(unit, _)), DataType::Duration(of)) if unit == of => (expr, sign),
            (Some(DataType::Timestamp(unit, _)), _) => (lit(whole(&expr, sign, *unit)?), 1),
            _ => return None,
        };
        let terms = if side == Side::Left { &mut self.left } else { &mut self.right };
        terms.push(term);
        Some(())
    }

    /// `left - right <= 0` if the left's time is counted up, `right - left <= 0` if it is counted down.
    fn bound(self, schemas: Schemas<'_>) -> Option<TimeBound> {
        let is_time = |(expr, _): &&Term| match &self.kind {
            Some(kind) => schemas.kind(expr).as_ref() == Some(kind),
            None => schemas.side(expr) != Err(false),
        };
        let (l, r) = (self.left.iter().find(is_time)?.1, self.right.iter().find(is_time)?.1);
        if l == r {
            return None;
        }
        let left_is_low = l > 0;
        let (left_end, right_end) = if left_is_low { (End::Low, End::High) } else { (End::High, End::Low) };
        let turned = |terms: &[Term], by: i8| terms.iter().map(|(e, sign)| (e.clone(), sign * by)).collect::<Vec<_>>();
        Some(TimeBound {
            left_is_low,
            strict: false,
            exact: false,
            left: time_sum(&turned(&self.left, l), left_end, self.bits),
            right: time_sum(&turned(&self.right, -l), right_end, self.bits),
            kind: self.kind.unwrap_or(DataType::Int64),
        })
    }
}

/// A constant interval of nanoseconds as a whole number of units, rounded so that the bound is the weaker one.
fn whole(expr: &Expr, sign: i8, unit: TimeUnit) -> Option<i64> {
    let Expr::Literal(ScalarValue::IntervalMonthDayNano(Some(interval)), _) = expr else { return None };
    let per_unit = match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    };
    let nanoseconds = interval.nanoseconds.checked_mul(i64::from(sign))?;
    (interval.months == 0 && interval.days == 0).then(|| nanoseconds.div_euclid(per_unit))
}

fn flatten(expr: &Expr, sign: i8, terms: &mut Vec<(Expr, i8)>) {
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Plus, right }) => {
            flatten(left, sign, terms);
            flatten(right, sign, terms);
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Minus, right }) => {
            flatten(left, sign, terms);
            flatten(right, -sign, terms);
        }
        Expr::Negative(inner) => flatten(inner, -sign, terms),
        // A difference of times that was cast to be compared with an interval is still that difference.
        Expr::Cast(Cast { expr: inner, field })
            if matches!(field.data_type(), DataType::Interval(_) | DataType::Duration(_)) && is_difference(inner) =>
        {
            flatten(inner, sign, terms);
        }
        other => terms.push((other.clone(), sign)),
    }
}

fn is_difference(expr: &Expr) -> bool {
    matches!(expr, Expr::BinaryExpr(BinaryExpr { op: Operator::Minus, .. }))
}
