//! Finding a proximity predicate in a join's condition: a pure function from expressions to a predicate or a refusal.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::logical_expr::expr::{Between, ScalarFunction};
use datafusion::logical_expr::utils::{conjunction, split_conjunction};
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, Operator};

use crate::index::Metric;

use super::bounds::TimeBound;
use super::choose::{Chosen, choose_bounds};
use super::predicate::{ProximityPredicate, RadiusTerm, Side, SideExprs};

/// Why a join that measures a distance is not planned as a proximity join.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Only inner joins are.
    #[error("it is a {0} join: only INNER joins are planned as proximity joins")]
    JoinType(String),
    /// The distance is not bounded from above.
    #[error("{0} is not bounded from above by <= or < in a conjunct of its own")]
    Unbounded(String),
    /// The four arguments are not two of one table and two of the other.
    #[error("{0}: its first two arguments must read one table and its last two the other")]
    Arguments(String),
    /// The radius mixes the tables in one term.
    #[error("the radius {0} mixes both tables in one term: write it as a sum of terms that each read one table")]
    Radius(String),
    /// The condition draws a random number for every pair.
    #[error("{0} gives another value each time it is asked, so it must be asked of every pair")]
    Volatile(String),
    /// The rule is switched off.
    #[error("locard.proximity_join is false")]
    Off,
}

/// The two inputs' schemas, to tell which side an expression reads.
#[derive(Debug, Clone, Copy)]
pub struct Schemas<'a> {
    /// Left input.
    pub left: &'a DFSchema,
    /// Right input.
    pub right: &'a DFSchema,
}

impl<'a> Schemas<'a> {
    /// The schema of a side.
    #[must_use]
    pub const fn of(&self, side: Side) -> &'a DFSchema {
        match side {
            Side::Left => self.left,
            Side::Right => self.right,
        }
    }

    /// The one side an expression reads.
    ///
    /// # Errors
    /// `false` if it reads none, `true` if it reads both.
    pub fn side(&self, expr: &Expr) -> Result<Side, bool> {
        let columns = expr.column_refs();
        if columns.is_empty() {
            return Err(false);
        }
        [Side::Left, Side::Right].into_iter().find(|s| columns.iter().all(|c| self.of(*s).has_column(c))).ok_or(true)
    }

    /// The type of an expression that reads at most one side.
    #[must_use]
    pub fn kind(&self, expr: &Expr) -> Option<DataType> {
        match self.side(expr) {
            Ok(side) => type_of(expr, side, *self),
            Err(false) => type_of(expr, Side::Left, *self),
            Err(true) => None,
        }
    }
}

/// Whether an expression calls one of our distance functions.
#[must_use]
pub fn mentions_distance(expr: &Expr) -> bool {
    use datafusion::common::tree_node::TreeNode as _;
    expr.exists(|e| Ok(distance_call(e).is_some())).unwrap_or(false)
}

/// Finds the predicate in a join's filter; `None` if no distance is measured at all.
#[must_use]
pub fn recognise(
    on: &[(Expr, Expr)],
    filter: &Expr,
    schemas: Schemas<'_>,
) -> Option<Result<ProximityPredicate, Refusal>> {
    mentions_distance(filter).then(|| build(on, filter, schemas))
}

fn build(on: &[(Expr, Expr)], filter: &Expr, schemas: Schemas<'_>) -> Result<ProximityPredicate, Refusal> {
    let mut near: Option<Near> = None;
    let mut refusal = None;
    let (mut others, mut residual) = (Vec::new(), Vec::new());
    for conjunct in split_conjunction(filter).into_iter().flat_map(split_between) {
        if !mentions_distance(&conjunct) {
            others.push(conjunct);
            continue;
        }
        match recognise_distance(&conjunct, schemas) {
            Ok(found) if near.is_none() => near = Some(found),
            Ok(_) => residual.push(conjunct),
            Err(why) => {
                refusal = refusal.or(Some(why));
                residual.push(conjunct);
            }
        }
    }
    let near = near.ok_or_else(|| refusal.unwrap_or_else(|| Refusal::Unbounded(filter.to_string())))?;
    let Chosen { lower, upper, rest } = choose_bounds(&others, schemas);
    Ok(assemble(near, on, lower, upper, rest.into_iter().chain(residual).collect()))
}

fn assemble(
    near: Near,
    on: &[(Expr, Expr)],
    lower: Option<TimeBound>,
    upper: Option<TimeBound>,
    residual: Vec<Expr>,
) -> ProximityPredicate {
    let (left_keys, right_keys) = on.iter().cloned().unzip();
    let side = |(lat, lon), keys| SideExprs { lat, lon, lo: None, hi: None, keys };
    let (mut left, mut right) = (side(near.left, left_keys), side(near.right, right_keys));
    let (mut strict_lo, mut strict_hi) = (false, false);
    if let Some(b) = lower {
        (left.lo, right.hi, strict_lo) = (Some(b.left), Some(b.right), b.strict);
    }
    if let Some(b) = upper {
        (left.hi, right.lo, strict_hi) = (Some(b.left), Some(b.right), b.strict);
    }
    ProximityPredicate {
        metric: near.metric,
        right_first: near.right_first,
        strict: near.strict,
        strict_lo,
        strict_hi,
        left,
        right,
        radius: near.radius,
        residual: conjunction(residual),
    }
}

/// `a BETWEEN b AND c` as its two comparisons; anything else as it is.
fn split_between(expr: &Expr) -> Vec<Expr> {
    match expr {
        Expr::Between(Between { expr, negated: false, low, high }) => {
            vec![expr.as_ref().clone().gt_eq(low.as_ref().clone()), expr.as_ref().clone().lt_eq(high.as_ref().clone())]
        }
        other => vec![other.clone()],
    }
}

struct Near {
    metric: Metric,
    right_first: bool,
    strict: bool,
    left: (Expr, Expr),
    right: (Expr, Expr),
    radius: Vec<RadiusTerm>,
}

fn distance_call(expr: &Expr) -> Option<(Metric, &[Expr])> {
    let Expr::ScalarFunction(ScalarFunction { func, args }) = expr else { return None };
    let metric = [Metric::Geodesic, Metric::Haversine].into_iter().find(|m| m.function_name() == func.name())?;
    Some((metric, args))
}

fn recognise_distance(conjunct: &Expr, schemas: Schemas<'_>) -> Result<Near, Refusal> {
    if conjunct.is_volatile() {
        return Err(Refusal::Volatile(conjunct.to_string()));
    }
    let unbounded = || Refusal::Unbounded(conjunct.to_string());
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = conjunct else { return Err(unbounded()) };
    let (call, radius, strict) = match op {
        Operator::LtEq => (left, right, false),
        Operator::Lt => (left, right, true),
        Operator::GtEq => (right, left, false),
        Operator::Gt => (right, left, true),
        _ => return Err(unbounded()),
    };
    let (metric, args) = distance_call(call).ok_or_else(unbounded)?;
    let arguments = || Refusal::Arguments(call.to_string());
    let [lat1, lon1, lat2, lon2] = args else { return Err(arguments()) };
    let side_of = |a: &Expr, b: &Expr| match (schemas.side(a), schemas.side(b)) {
        (Ok(a), Ok(b)) if a == b => Ok(a),
        _ => Err(arguments()),
    };
    let (first, second) = (side_of(lat1, lon1)?, side_of(lat2, lon2)?);
    if first == second {
        return Err(arguments());
    }
    let (one, other) = ((lat1.clone(), lon1.clone()), (lat2.clone(), lon2.clone()));
    let right_first = first == Side::Right;
    let (left, right) = if right_first { (other, one) } else { (one, other) };
    Ok(Near { metric, right_first, strict, left, right, radius: radius_terms(radius, schemas)? })
}

/// The terms of a radius in the order they are added: one that reads one side (or none) is a term of its own.
fn radius_terms(expr: &Expr, schemas: Schemas<'_>) -> Result<Vec<RadiusTerm>, Refusal> {
    let refused = || Refusal::Radius(expr.to_string());
    match schemas.side(expr) {
        Ok(side) => Ok(vec![RadiusTerm { side: Some(side), expr: expr.clone() }]),
        Err(false) => Ok(vec![RadiusTerm { side: None, expr: expr.clone() }]),
        Err(true) => {
            let Expr::BinaryExpr(BinaryExpr { left, op: Operator::Plus, right }) = expr else { return Err(refused()) };
            let mut terms = radius_terms(left, schemas)?;
            // Only a left-leaning sum adds in the order of its terms; another order may round differently.
            match radius_terms(right, schemas)?.as_slice() {
                [term] => terms.push(term.clone()),
                _ => return Err(refused()),
            }
            Ok(terms)
        }
    }
}

/// Whether a type can be read as an integer that keeps its order.
#[must_use]
pub fn is_time_like(data_type: &DataType) -> bool {
    use DataType::{Date32, Date64, Int8, Int16, Int32, Int64, Timestamp, UInt8, UInt16, UInt32};
    matches!(data_type, Timestamp(..) | Date32 | Date64 | Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32)
}

/// The type of an expression over one side, if it has one.
#[must_use]
pub fn type_of(expr: &Expr, side: Side, schemas: Schemas<'_>) -> Option<DataType> {
    expr.get_type(schemas.of(side)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::logical_expr::{col, lit};

    #[test]
    fn between_is_two_comparisons() {
        let e = col("a").between(lit(1), lit(2));
        assert_eq!(split_between(&e), vec![col("a").gt_eq(lit(1)), col("a").lt_eq(lit(2))]);
    }
}
