//! Reading a conjunct as a bound between the times of the two sides.
//!
//! Every usual spelling is one inequality `sum of signed terms <= 0`. Terms of the left side stay on the left, the rest
//! goes to the right: `abs(s.ts - v.ts) <= w` gives `s.ts <= v.ts + w` and `v.ts <= s.ts + w`, with `w` from either table.
//! A comparison whose two sides already read one table each is taken as it is, and is exact; a rearranged one is used
//! to find candidates and stays in the residual.

use datafusion::arrow::datatypes::DataType;
use datafusion::logical_expr::expr::{Cast, ScalarFunction};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator, binary_expr, cast, lit};

use super::predicate::Side;
use super::recognise::{Schemas, is_time_like, type_of};

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
    checked(TimeBound { left_is_low, strict, exact: true, left: left.clone(), right: right.clone() }, schemas)
}

/// Both sides must be of one type that orders as an integer does.
fn checked(bound: TimeBound, schemas: Schemas<'_>) -> Option<TimeBound> {
    let (l, r) = (type_of(&bound.left, Side::Left, schemas)?, type_of(&bound.right, Side::Right, schemas)?);
    (l == r && is_time_like(&l)).then_some(bound)
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
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for (expr, sign) in terms {
        match schemas.side(&expr) {
            Ok(Side::Left) => left.push((expr, sign)),
            Ok(Side::Right) | Err(false) => right.push((expr, -sign)),
            Err(true) => return None,
        }
    }
    let left_type = lead(&mut left, Side::Left, schemas)?;
    let right_type = lead(&mut right, Side::Right, schemas)?;
    // `left - right <= 0` if the left's time is counted up, `right - left <= 0` if it is counted down.
    let left_is_low = match (left_type.1, right_type.1) {
        (1, 1) => true,
        (-1, -1) => false,
        _ => return None,
    };
    let flip = if left_is_low { 1 } else { -1 };
    let bound = TimeBound {
        left_is_low,
        strict: false,
        exact: false,
        left: sum(&left, flip, &left_type.0),
        right: sum(&right, flip, &right_type.0),
    };
    checked(bound, schemas)
}

/// Moves the term that is a time itself to the front; for integers that is the first term that reads the side.
fn lead(terms: &mut [(Expr, i8)], side: Side, schemas: Schemas<'_>) -> Option<(DataType, i8)> {
    let is_lead = |t: &DataType| is_time_like(t);
    let at = terms
        .iter()
        .position(|(e, _)| schemas.side(e) == Ok(side) && type_of(e, side, schemas).is_some_and(|t| is_lead(&t)))?;
    terms.swap(0, at);
    let data_type = type_of(&terms[0].0, side, schemas)?;
    let integer = data_type.is_integer();
    let rest_fits = terms[1..]
        .iter()
        .all(|(e, _)| type_of(e, side, schemas).is_some_and(|t| if integer { t.is_integer() } else { is_span(&t) }));
    rest_fits.then_some((data_type, terms[0].1))
}

fn is_span(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Interval(_) | DataType::Duration(_))
}

fn sum(terms: &[(Expr, i8)], flip: i8, lead_type: &DataType) -> Expr {
    let fit = |e: &Expr| if lead_type.is_integer() { cast(e.clone(), DataType::Int64) } else { e.clone() };
    let mut terms = terms.iter();
    let Some((first, sign)) = terms.next() else { return lit(0i64) };
    let start = if sign * flip > 0 { fit(first) } else { binary_expr(lit(0i64), Operator::Minus, fit(first)) };
    terms.fold(start, |acc, (expr, sign)| {
        binary_expr(acc, if sign * flip > 0 { Operator::Plus } else { Operator::Minus }, fit(expr))
    })
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
        Expr::Cast(Cast { expr: inner, field }) if is_span(field.data_type()) && is_difference(inner) => {
            flatten(inner, sign, terms);
        }
        other => terms.push((other.clone(), sign)),
    }
}

fn is_difference(expr: &Expr) -> bool {
    matches!(expr, Expr::BinaryExpr(BinaryExpr { op: Operator::Minus, .. }))
}
